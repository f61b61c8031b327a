//! Partitions, search spaces, and what is dialled: lines and route patterns, both in `numplan`.

use super::{Field, List, Object, UUID, flag, group, key, kind, list, name, number, text};

/// Usages of patterns, as `typepatternusage` numbers them.
pub(in super::super) const USAGE_DEVICE: i64 = 2;
const USAGE_ROUTE: i64 = 5;

pub(super) const ROUTE_PARTITION: Object = Object {
    name: "RoutePartition",
    element: "routePartition",
    table: "routepartition",
    only: None,
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("name", "name").required(),
        text("description", "description"),
        text("dialPlanWizardGenId", "dialplanwizardgenid").read_only(),
        key("timeScheduleIdName", "fktimeschedule", "timeschedule"),
        flag(
            "useOriginatingDeviceTimeZone",
            "useoriginatingdevicetimezone",
        ),
        kind("timeZone", "tktimezone", "typetimezone"),
        kind("partitionUsage", "tkpartitionusage", "typepartitionusage").or("General"),
    ],
};

pub(super) const CSS: Object = Object {
    name: "Css",
    element: "css",
    table: "callingsearchspace",
    only: None,
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("description", "description"),
        text("clause", "clause").read_only(),
        list("members", &MEMBERS),
        kind("partitionUsage", "tkpartitionusage", "typepartitionusage").or("General"),
        text("name", "name").required(),
    ],
};

static MEMBERS: List = List::of_records(
    "callingsearchspacemember",
    "fkcallingsearchspace",
    "member",
    &[
        UUID,
        key("routePartitionName", "fkroutepartition", "routepartition").required(),
        number("index", "sortorder"),
    ],
)
.position("sortorder")
.identity(&["fkroutepartition"]);

/// Where calls go instead: an element of a line, the beginning of its columns, and what it has
/// beside a number, a calling search space and voice mail.
macro_rules! forward {
    ($tag:literal, $column:literal $(, $before:expr)? $(; $after:expr)?) => {
        group(
            $tag,
            &[
                flag("forwardToVoiceMail", concat!($column, "voicemailenabled")),
                key(
                    "callingSearchSpaceName",
                    concat!("fkcallingsearchspace_", $column),
                    SEARCH_SPACE,
                ),
                $($before,)?
                text("destination", concat!($column, "destination")),
                $($after,)?
            ],
        )
    };
}

/// The partition that stands beside a pattern.
pub(in super::super) const PARTITION_OF_LINE: Field =
    key("routePartitionName", "fkroutepartition", "routepartition");

pub(super) const LINE: Object = Object {
    name: "Line",
    element: "line",
    table: "numplan",
    only: Some(("tkpatternusage", USAGE_DEVICE)),
    keys: &["pattern", "routePartitionName"],
    narrowing: &[],
    fields: &[
        UUID,
        text("pattern", "dnorpattern").required(),
        text("description", "description"),
        kind("usage", "tkpatternusage", "typepatternusage").read_only(),
        PARTITION_OF_LINE,
        key(
            "aarNeighborhoodName",
            "fkaarneighborhood",
            "aarneighborhood",
        ),
        text("aarDestinationMask", "aardestinationmask"),
        forward!(
            "callForwardAll",
            // The columns of `callforwarddynamic`, which is a view here.
            "dynamiccfa",
            key(
                "secondaryCallingSearchSpaceName",
                "fkcallingsearchspace_scfa",
                SEARCH_SPACE
            )
        ),
        forward!("callForwardBusy", "cfb"),
        forward!("callForwardBusyInt", "cfbint"),
        forward!("callForwardNoAnswer", "cfna"; number("duration", "cfnaduration")),
        forward!("callForwardNoAnswerInt", "cfnaint"; number("duration", "cfnaintduration")),
        forward!("callForwardNoCoverage", "pff"),
        forward!("callForwardNoCoverageInt", "pffint"),
        forward!("callForwardOnFailure", "devicefailure"),
        forward!("callForwardNotRegistered", "cfur"),
        forward!("callForwardNotRegisteredInt", "cfurint"),
        key("callPickupGroupName", "fkpickupgroup", "pickupgroup"),
        kind("autoAnswer", "tkautoanswer", "typeautoanswer").or("Auto Answer Off"),
        number("networkHoldMohAudioSourceId", "networkholdmohaudiosourceid"),
        number("userHoldMohAudioSourceId", "userholdmohaudiosourceid"),
        text("alertingName", "alertingname"),
        text("asciiAlertingName", "alertingnameascii").or("=alertingName"),
        key("presenceGroupName", "fkmatrix_presence", "presencegroup")
            .or("Standard Presence group"),
        key(
            "shareLineAppearanceCssName",
            "fkcallingsearchspace_sharedlineappear",
            SEARCH_SPACE,
        ),
        key(
            "voiceMailProfileName",
            "fkvoicemessagingprofile",
            "voicemessagingprofile",
        ),
        kind(
            "patternPrecedence",
            "tkpatternprecedence",
            "typepatternprecedence",
        )
        .or("Default"),
        kind(
            "releaseClause",
            "tkreleasecausevalue",
            "typereleasecausevalue",
        )
        .or("No Error"),
        number("hrDuration", "hrduration"),
        number("hrInterval", "hrinterval"),
        kind(
            "cfaCssPolicy",
            "tkcfacssactivationpolicy",
            "typecfacssactivationpolicy",
        )
        .or("Use System Default"),
        kind(
            "partyEntranceTone",
            "tkstatus_partyentrancetone",
            "typestatus",
        )
        .or("Default"),
        flag("allowCtiControlFlag", "allowcticontrolflag").or("true"),
        flag("rejectAnonymousCall", "rejectanonymouscall"),
        flag("patternUrgency", "patternurgency"),
        key(
            "externalCallControlProfile",
            "fkexternalcallcontrolprofile",
            "externalcallcontrolprofile",
        ),
        list("associatedDevices", &DEVICES_OF_LINE).read_only(),
        flag("active", "isactive").or("true"),
    ],
};

static DEVICES_OF_LINE: List = List::of_values(
    "devicenumplanmap",
    "fknumplan",
    name("device", "fkdevice", "device"),
);

pub(super) const ROUTE_PATTERN: Object = Object {
    name: "RoutePattern",
    element: "routePattern",
    table: "numplan",
    only: Some(("tkpatternusage", USAGE_ROUTE)),
    keys: &["pattern", "routePartitionName"],
    narrowing: &["dialPlanName", "routeFilterName"],
    fields: &[
        UUID,
        text("pattern", "dnorpattern").required(),
        text("description", "description"),
        kind("usage", "tkpatternusage", "typepatternusage").read_only(),
        PARTITION_OF_LINE,
        flag("blockEnable", "blockenable"),
        text(
            "calledPartyTransformationMask",
            "calledpartytransformationmask",
        ),
        text(
            "callingPartyTransformationMask",
            "callingpartytransformationmask",
        ),
        kind(
            "useCallingPartyPhoneMask",
            "tkstatus_usefullyqualcallingpartynum",
            "typestatus",
        )
        .or("Default"),
        text("callingPartyPrefixDigits", "callingpartyprefixdigits"),
        key("dialPlanName", "fkdialplan", "dialplan"),
        key(
            "digitDiscardInstructionName",
            "fkdigitdiscardinstruction",
            "digitdiscardinstruction",
        ),
        kind(
            "networkLocation",
            "tknetworklocation",
            "typenetworklocation",
        )
        .or("OnNet"),
        flag("patternUrgency", "patternurgency"),
        text("prefixDigitsOut", "prefixdigitsout"),
        key("routeFilterName", "fkroutefilter", "routefilter"),
        flag("supportOverlapSending", "supportoverlapsending"),
        kind(
            "patternPrecedence",
            "tkpatternprecedence",
            "typepatternprecedence",
        )
        .or("Default"),
        kind(
            "releaseClause",
            "tkreleasecausevalue",
            "typereleasecausevalue",
        )
        .or("No Error"),
        flag("allowDeviceOverride", "allowdeviceoverride"),
        flag("provideOutsideDialtone", "outsidedialtone").or("true"),
        group(
            "destination",
            &[
                key("gatewayName", "fkdevice_gateway", "device").left_out_if_empty(),
                key("routeListName", "fkdevice_routelist", "device").left_out_if_empty(),
            ],
        ),
        flag("authorizationCodeRequired", "authorizationcoderequired"),
        number("authorizationLevelRequired", "authorizationlevelrequired").or("0"),
        flag("clientCodeRequired", "clientcoderequired"),
        flag("isEmergencyServiceNumber", "isemergencyservicenumber"),
    ],
};

const SEARCH_SPACE: &str = "callingsearchspace";
