//! End users and application users, with the devices and groups they have.

use super::{
    Column, Field, LineUse, List, Object, SecretKind, UUID, dropped, flag, key, kind, list, name,
    number, one, text,
};

pub(super) const USER: Object = Object {
    name: "User",
    element: "user",
    table: "enduser",
    only: None,
    keys: &["userid"],
    narrowing: &[],
    fields: &[
        UUID,
        text("firstName", "firstname"),
        text("displayName", "displayname"),
        text("middleName", "middlename"),
        text("lastName", "lastname").required(),
        number("emMaxLoginTime", "emmaxlogintime"),
        text("userid", "userid").required(),
        Field::new("password", Column::Secret(SecretKind::Password)),
        Field::new("pin", Column::Secret(SecretKind::Pin)),
        text("mailid", "mailid"),
        text("department", "department"),
        text("manager", "manager"),
        kind("userLocale", "tkuserlocale", "typeuserlocale"),
        list("associatedDevices", &DEVICES),
        one("primaryExtension", &PRIMARY_EXTENSION),
        text("associatedPc", "associatedpc"),
        list("associatedGroups", &GROUPS),
        flag("enableCti", "allowcticontrolflag").or("true"),
        dropped("digestCredentials"),
        list("phoneProfiles", &PROFILES),
        key("defaultProfile", "fkdevice_defaultprofile", "device"),
        key("presenceGroupName", "fkmatrix_presence", "presencegroup")
            .or("Standard Presence group"),
        key(
            "subscribeCallingSearchSpaceName",
            "fkcallingsearchspace_restrict",
            CSS,
        ),
        flag("enableMobility", "enablemobility"),
        number("status", "status").or("1").read_only(),
        flag("enableEmcc", "enableemcc"),
        list("ctiControlledDeviceProfiles", &CONTROLLED_PROFILES),
        dropped("mlppPassword"),
        flag("homeCluster", "islocaluser").or("true"),
        flag("imAndPresenceEnable", "enableups"),
        key("serviceProfile", "fkserviceprofile", "serviceprofile"),
        text("directoryUri", "directoryuri"),
        text("telephoneNumber", "telephonenumber"),
        text("title", "title"),
        text("mobileNumber", "mobile"),
        text("homeNumber", "homephone"),
        text("pagerNumber", "pager"),
        text("selfService", "selfservice"),
        key("userProfile", "fkuserprofile", "userprofile"),
        flag("calendarPresence", "enablecalendarpresence"),
        key(
            "ldapDirectoryName",
            "fkdirectorypluginconfig",
            "directorypluginconfig",
        ),
        text("userIdentity", "useridentity"),
        text("nameDialing", "namedialing"),
        one("ipccExtension", &IPCC_EXTENSION),
        dropped("attendeesAccessCode"),
        key("customerName", "fkcustomer", "customer").new_in_12_5(),
    ],
};

pub(super) const APP_USER: Object = Object {
    name: "AppUser",
    element: "appUser",
    table: "applicationuser",
    only: None,
    keys: &["userid"],
    narrowing: &[],
    fields: &[
        UUID,
        text("userid", "name").required(),
        Field::new("password", Column::Secret(SecretKind::Password)),
        dropped("digestCredentials"),
        key("presenceGroupName", "fkmatrix_presence", "presencegroup")
            .or("Standard Presence group"),
        flag("acceptPresenceSubscription", "acceptpresencesubscription"),
        flag("acceptOutOfDialogRefer", "acceptoutofdialogrefer"),
        flag(
            "acceptUnsolicitedNotification",
            "acceptunsolicitednotification",
        ),
        flag("allowReplaceHeader", "allowreplaceheader"),
        flag("isStandard", "isstandard").read_only(),
        list("associatedDevices", &APP_DEVICES),
        list("associatedGroups", &APP_GROUPS),
        list("ctiControlledDeviceProfiles", &APP_PROFILES),
    ],
};

/// Kinds of association with a device, as `typeuserassociation` numbers them.
const CONTROLLED_DEVICE: (&str, i64) = ("tkuserassociation", 1);
const PROFILE: (&str, i64) = ("tkuserassociation", 2);
const CONTROLLED_PROFILE: (&str, i64) = ("tkuserassociation", 6);

static DEVICES: List = List::of_values(
    "enduserdevicemap",
    "fkenduser",
    name("device", "fkdevice", "device"),
)
.only(&[CONTROLLED_DEVICE]);

static PROFILES: List = List::of_values(
    "enduserdevicemap",
    "fkenduser",
    key("profileName", "fkdevice", "device"),
)
.only(&[PROFILE]);

static CONTROLLED_PROFILES: List = List::of_values(
    "enduserdevicemap",
    "fkenduser",
    key("profileName", "fkdevice", "device"),
)
.only(&[CONTROLLED_PROFILE]);

static PRIMARY_EXTENSION: List = List::of_values(
    "endusernumplanmap",
    "fkenduser",
    Field::new("primaryExtension", Column::Line("fknumplan", LineUse::Find)),
)
.only(&[("tkdnusage", 1)]);

static IPCC_EXTENSION: List = List::of_values(
    "endusernumplanmap",
    "fkenduser",
    key("ipccExtension", "fknumplan", "numplan"),
)
.only(&[("tkdnusage", 2)]);

static GROUPS: List = List::of_records(
    "enduserdirgroupmap",
    "fkenduser",
    "userGroup",
    &[
        name("name", "fkdirgroup", "dirgroup").required(),
        list("userRoles", &ROLES).read_only(),
    ],
)
.identity(&["fkdirgroup"]);

static ROLES: List = List::of_values(
    "functionroledirgroupmap",
    "fkdirgroup",
    name("userRole", "fkfunctionrole", "functionrole"),
)
.of("fkdirgroup");

static APP_DEVICES: List = List::of_values(
    "applicationuserdevicemap",
    "fkapplicationuser",
    name("device", "fkdevice", "device"),
)
.only(&[CONTROLLED_DEVICE]);

static APP_PROFILES: List = List::of_values(
    "applicationuserdevicemap",
    "fkapplicationuser",
    name("deviceProfile", "fkdevice", "device"),
)
.only(&[CONTROLLED_PROFILE]);

static APP_GROUPS: List = List::of_records(
    "applicationuserdirgroupmap",
    "fkapplicationuser",
    "userGroup",
    &[
        name("name", "fkdirgroup", "dirgroup").required(),
        list("userRoles", &ROLES).read_only(),
    ],
)
.identity(&["fkdirgroup"]);

const CSS: &str = "callingsearchspace";
