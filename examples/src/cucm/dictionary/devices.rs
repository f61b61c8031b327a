//! Phones, device profiles, trunks and route points: rows of `device`, told apart by their class.

use super::{
    CTIID, Column, Field, LineUse, List, Object, UUID, dropped, flag, group, key, kind, list, name,
    number, text,
};

/// Classes of devices, as `typeclass` numbers them.
const CLASS_PHONE: i64 = 1;
const CLASS_CTI_ROUTE_POINT: i64 = 10;
const CLASS_TRUNK: i64 = 18;
const CLASS_DEVICE_PROFILE: i64 = 254;

pub(super) const PHONE: Object = Object {
    name: "Phone",
    element: "phone",
    table: "device",
    only: Some(("tkclass", CLASS_PHONE)),
    keys: &["name"],
    narrowing: &[],
    fields: &[
        CTIID,
        UUID,
        text("name", "name").required(),
        text("description", "description"),
        kind("product", "tkproduct", "typeproduct").required(),
        kind("model", "tkmodel", "typemodel").or("=product"),
        kind("class", "tkclass", "typeclass").read_only(),
        kind("protocol", "tkdeviceprotocol", "typedeviceprotocol").or("SIP"),
        kind("protocolSide", "tkprotocolside", "typeprotocolside").or("User"),
        key("callingSearchSpaceName", "fkcallingsearchspace", CSS),
        key("devicePoolName", "fkdevicepool", "devicepool").required(),
        key(
            "commonDeviceConfigName",
            "fkcommondeviceconfig",
            "commondeviceconfig",
        ),
        key(
            "commonPhoneConfigName",
            "fkcommonphoneconfig",
            "commonphoneconfig",
        )
        .or("Standard Common Phone Profile"),
        kind(
            "networkLocation",
            "tknetworklocation",
            "typenetworklocation",
        )
        .or("Use System Default"),
        key("locationName", "fklocation", "location").or("Hub_None"),
        key(
            "mediaResourceListName",
            "fkmediaresourcelist",
            "mediaresourcelist",
        ),
        number("networkHoldMohAudioSourceId", "networkholdmohaudiosourceid"),
        number("userHoldMohAudioSourceId", "userholdmohaudiosourceid"),
        key(
            "automatedAlternateRoutingCssName",
            "fkcallingsearchspace_aar",
            CSS,
        ),
        key(
            "aarNeighborhoodName",
            "fkaarneighborhood",
            "aarneighborhood",
        ),
        flag("traceFlag", "traceflag"),
        kind(
            "useTrustedRelayPoint",
            "tkstatus_usetrustedrelaypoint",
            STATUS,
        )
        .or("Default"),
        flag("retryVideoCallAsAudio", "retryvideocallasaudio").or("true"),
        key(
            "securityProfileName",
            "fksecurityprofile",
            "securityprofile",
        ),
        key("sipProfileName", "fksipprofile", "sipprofile"),
        key(
            "cgpnTransformationCssName",
            "fkcallingsearchspace_cgpntransform",
            CSS,
        ),
        flag(
            "useDevicePoolCgpnTransformCss",
            "usedevicepoolcgpntransformcss",
        )
        .or("true"),
        key("geoLocationName", "fkgeolocation", "geolocation"),
        list("lines", &LINES),
        number("numberOfButtons", "numberofbuttons").read_only(),
        key("phoneTemplateName", "fkphonetemplate", "phonetemplate"),
        key("primaryPhoneName", "ikdevice_primaryphone", "device"),
        kind("userLocale", "tkuserlocale", "typeuserlocale"),
        kind("networkLocale", "tkcountry", "typecountry"),
        number("idleTimeout", "idletimeout"),
        text("authenticationUrl", "authenticationurl"),
        text("directoryUrl", "directoryurl"),
        text("idleUrl", "idleurl"),
        text("servicesUrl", "servicesurl"),
        key(
            "softkeyTemplateName",
            "fksoftkeytemplate",
            "softkeytemplate",
        ),
        name("loginUserId", "fkenduser_login", "enduser").read_only(),
        key("defaultProfileName", "ikdevice_defaultprofile", "device"),
        flag("enableExtensionMobility", "allowhotelingflag"),
        key(
            "currentProfileName",
            "ikdevice_currentloginprofile",
            "device",
        )
        .read_only(),
        number("loginTime", "em_logintime").read_only(),
        number("loginDuration", "em_loginduration").read_only(),
        kind("singleButtonBarge", "tkbarge", "typebarge").or("Default"),
        kind("joinAcrossLines", "tkstatus_joinacrosslines", STATUS).or("Default"),
        kind("builtInBridgeStatus", "tkstatus_builtinbridge", STATUS).or("Default"),
        kind("callInfoPrivacyStatus", "tkstatus_callinfoprivate", STATUS).or("Default"),
        kind("hlogStatus", "tkstatus_hlog", STATUS).or("On"),
        key("ownerUserName", "fkenduser", "enduser"),
        flag("ignorePresentationIndicators", "ignorepi"),
        kind(
            "packetCaptureMode",
            "tkpacketcapturemode",
            "typepacketcapturemode",
        )
        .or("None"),
        number("packetCaptureDuration", "packetcaptureduration").or("0"),
        key(
            "subscribeCallingSearchSpaceName",
            "fkcallingsearchspace_restrict",
            CSS,
        ),
        key(
            "rerouteCallingSearchSpaceName",
            "fkcallingsearchspace_reroute",
            CSS,
        ),
        flag("allowCtiControlFlag", "allowcticontrolflag").or("true"),
        key("presenceGroupName", "fkmatrix_presence", "presencegroup")
            .or("Standard Presence group"),
        kind(
            "certificateOperation",
            "tkcertificateoperation",
            "typecertificateoperation",
        )
        .or("No Pending Operation"),
        dropped("authenticationString"),
        kind(
            "certificateStatus",
            "tkcertificatestatus",
            "typecertificatestatus",
        )
        .or("None")
        .read_only(),
        kind("deviceMobilityMode", "tkstatus_devicemobilitymode", STATUS).or("Default"),
        key(
            "roamingDevicePoolName",
            "fkdevicepool_roaming",
            "devicepool",
        )
        .read_only(),
        flag("remoteDevice", "remotedevice"),
        kind("dndOption", "tkdndoption", "typedndoption").or("Ringer Off"),
        kind("dndRingSetting", "tkringsetting_dnd", "typeringsetting"),
        flag("dndStatus", "dndstatus"),
        flag("isActive", "isactive").or("true"),
        key("mobilityUserIdName", "fkenduser_mobility", "enduser"),
        flag("mtpRequired", "mtprequired"),
        key("dialRulesName", "fkdialrules", "dialrules"),
        text("sshUserId", "sshuserid"),
        dropped("sshPwd"),
        name("digestUser", "fkenduser_digest", "enduser"),
        flag("hotlineDevice", "hotlinedevice"),
        kind("alwaysUsePrimeLine", "tkstatus_alwaysuseprimeline", STATUS).or("Default"),
        kind(
            "alwaysUsePrimeLineForVoiceMessage",
            "tkstatus_alwaysuseprimelineforvm",
            STATUS,
        )
        .or("Default"),
        key(
            "featureControlPolicy",
            "fkfeaturecontrolpolicy",
            "featurecontrolpolicy",
        ),
        kind(
            "deviceTrustMode",
            "tkdevicetrustmode",
            "typedevicetrustmode",
        )
        .or("Not Trusted"),
        flag("requireOffPremiseLocation", "requireoffpremiselocation"),
        flag("enableActivationID", "enableactivationid").new_in_12_5(),
        key("mraServiceDomain", "fkmraservicedomain", "mraservicedomain").new_in_12_5(),
        flag("allowMraMode", "allowmramode").new_in_12_5(),
    ],
};

pub(super) const DEVICE_PROFILE: Object = Object {
    name: "DeviceProfile",
    element: "deviceProfile",
    table: "device",
    only: Some(("tkclass", CLASS_DEVICE_PROFILE)),
    keys: &["name"],
    narrowing: &[],
    fields: &[
        CTIID,
        UUID,
        text("name", "name").required(),
        text("description", "description"),
        kind("product", "tkproduct", "typeproduct").required(),
        kind("model", "tkmodel", "typemodel").or("=product"),
        kind("class", "tkclass", "typeclass").read_only(),
        kind("protocol", "tkdeviceprotocol", "typedeviceprotocol").or("SIP"),
        kind("protocolSide", "tkprotocolside", "typeprotocolside").or("User"),
        number("userHoldMohAudioSourceId", "userholdmohaudiosourceid"),
        list("lines", &LINES),
        key("phoneTemplateName", "fkphonetemplate", "phonetemplate"),
        kind("userLocale", "tkuserlocale", "typeuserlocale"),
        kind("singleButtonBarge", "tkbarge", "typebarge").or("Default"),
        kind("joinAcrossLines", "tkstatus_joinacrosslines", STATUS).or("Default"),
        key("loginUserId", "fkenduser_login", "enduser"),
        flag("ignorePresentationIndicators", "ignorepi"),
        kind("dndOption", "tkdndoption", "typedndoption").or("Ringer Off"),
        flag("dndStatus", "dndstatus"),
        kind("alwaysUsePrimeLine", "tkstatus_alwaysuseprimeline", STATUS).or("Default"),
        key(
            "softkeyTemplateName",
            "fksoftkeytemplate",
            "softkeytemplate",
        ),
        kind("callInfoPrivacyStatus", "tkstatus_callinfoprivate", STATUS).or("Default"),
    ],
};

pub(super) const SIP_TRUNK: Object = Object {
    name: "SipTrunk",
    element: "sipTrunk",
    table: "device",
    only: Some(("tkclass", CLASS_TRUNK)),
    keys: &["name"],
    narrowing: &[],
    fields: &[
        CTIID,
        UUID,
        text("name", "name").required(),
        text("description", "description"),
        kind("product", "tkproduct", "typeproduct").or("SIP Trunk"),
        kind("model", "tkmodel", "typemodel").or("SIP Trunk"),
        kind("class", "tkclass", "typeclass").read_only(),
        kind("protocol", "tkdeviceprotocol", "typedeviceprotocol").or("SIP"),
        kind("protocolSide", "tkprotocolside", "typeprotocolside").or("Network"),
        key("callingSearchSpaceName", "fkcallingsearchspace", CSS),
        key("devicePoolName", "fkdevicepool", "devicepool").required(),
        key(
            "commonDeviceConfigName",
            "fkcommondeviceconfig",
            "commondeviceconfig",
        ),
        kind(
            "networkLocation",
            "tknetworklocation",
            "typenetworklocation",
        )
        .or("Use System Default"),
        key("locationName", "fklocation", "location").or("Hub_None"),
        key(
            "mediaResourceListName",
            "fkmediaresourcelist",
            "mediaresourcelist",
        ),
        key(
            "securityProfileName",
            "fksecurityprofile",
            "securityprofile",
        )
        .or("Non Secure SIP Trunk Profile"),
        key("sipProfileName", "fksipprofile", "sipprofile").or("Standard SIP Profile"),
        key(
            "subscribeCallingSearchSpaceName",
            "fkcallingsearchspace_restrict",
            CSS,
        ),
        key(
            "rerouteCallingSearchSpaceName",
            "fkcallingsearchspace_reroute",
            CSS,
        ),
        flag("mtpRequired", "mtprequired"),
        key("presenceGroupName", "fkmatrix_presence", "presencegroup")
            .or("Standard Presence group"),
        flag("destAddrIsSrv", "destaddrissrv"),
        flag("srtpAllowed", "srtpallowed"),
        kind(
            "dtmfSignalingMethod",
            "tkdtmfsignaling",
            "typedtmfsignaling",
        )
        .or("No Preference"),
        flag("runOnEveryNode", "runoneverynode"),
        list("destinations", &DESTINATIONS),
        kind(
            "callingAndCalledPartyInfoFormat",
            "tksipidentityinfoformat",
            "typesipidentityinfoformat",
        )
        .or("Deliver DN only in connected party"),
    ],
};

pub(super) const CTI_ROUTE_POINT: Object = Object {
    name: "CtiRoutePoint",
    element: "ctiRoutePoint",
    table: "device",
    only: Some(("tkclass", CLASS_CTI_ROUTE_POINT)),
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("name", "name").required(),
        text("description", "description"),
        kind("product", "tkproduct", "typeproduct").or("CTI Route Point"),
        kind("model", "tkmodel", "typemodel").or("CTI Route Point"),
        kind("class", "tkclass", "typeclass").read_only(),
        kind("protocol", "tkdeviceprotocol", "typedeviceprotocol").or("SCCP"),
        kind("protocolSide", "tkprotocolside", "typeprotocolside").or("User"),
        key("callingSearchSpaceName", "fkcallingsearchspace", CSS),
        key("devicePoolName", "fkdevicepool", "devicepool").required(),
        key("locationName", "fklocation", "location").or("Hub_None"),
        list("lines", &LINES),
    ],
};

/// Lines on a device.
static LINES: List = List::of_records(
    "devicenumplanmap",
    "fkdevice",
    "line",
    &[
        CTIID,
        UUID,
        number("index", "numplanindex"),
        text("label", "label"),
        text("display", "display"),
        Field::new("dirn", Column::Line("fknumplan", LineUse::Make)).required(),
        kind("ringSetting", "tkringsetting", "typeringsetting").or("Use System Default"),
        text("displayAscii", "displayascii"),
        text("e164Mask", "e164mask"),
        number("maxNumCalls", "maxnumcalls").or("4"),
        number("busyTrigger", "busytrigger").or("2"),
        group(
            "callInfoDisplay",
            &[
                flag("callerName", "callerinfoname").or("true"),
                flag("callerNumber", "callerinfonumber"),
                flag("redirectedNumber", "callerinforedirectednumber"),
                flag("dialedNumber", "callerinfodialednumber").or("true"),
            ],
        ),
        key(
            "recordingProfileName",
            "fkrecordingprofile",
            "recordingprofile",
        ),
        key("monitoringCssName", "fkcallingsearchspace_monitoring", CSS),
        kind("recordingFlag", "tkrecordingflag", "typerecordingflag").or("Call Recording Disabled"),
        list("associatedEndusers", &ENDUSERS_OF_LINE),
        flag("missedCallLogging", "logmissedcallsflag").or("true"),
    ],
)
.position("numplanindex")
.identity(&["fknumplan", "numplanindex"]);

static ENDUSERS_OF_LINE: List = List::of_records(
    "devicenumplanmapendusermap",
    "fkdevicenumplanmap",
    "enduser",
    &[name("userId", "fkenduser", "enduser").required()],
)
.identity(&["fkenduser"]);

static DESTINATIONS: List = List::of_records(
    "siptrunkdestination",
    "fkdevice",
    "destination",
    &[
        text("addressIpv4", "address"),
        text("addressIpv6", "addressipv6"),
        number("port", "port").or("5060"),
        number("sortOrder", "sortorder"),
    ],
)
.position("sortorder")
.identity(&["address", "addressipv6", "port", "sortorder"]);

const CSS: &str = "callingsearchspace";
/// `On`, `Off` and `Default`.
const STATUS: &str = "typestatus";
