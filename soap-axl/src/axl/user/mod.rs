//! End users: `doAuthenticateUser`, `addUser`, `getUser`, `listUser`, `updateUser`,
//! `removeUser`.

mod record;

pub use record::{
    AssociatedCapfProfiles, AssociatedDevices, AssociatedGroups, AssociatedHeadsets,
    CustomUserField, CustomUserFields, Extension, Extensions, LineAppearance, LineAppearances,
    PasswordCredentials, PinCredentials, PrimaryExtension, ProfileNames, RemoteDestinationProfiles,
    TodAccesses, User, UserGroup, UserRoles,
};

use crate::{
    Secret,
    axl::{
        ForeignKey, Presence, Tags, Uuid,
        macros::{choice, command, operation, record},
    },
};

record! {
    /// What users to list: `LIKE` patterns with `%`, all of which must match.
    UserCriteria "searchCriteria" with Default {
        children {
            /// Given name.
            first_name: Option<String> = "firstName";
            /// Family name.
            last_name: Option<String> = "lastName";
            /// Login name.
            userid: Option<String> = "userid";
            /// Department.
            department: Option<String> = "department";
            /// Customer.
            customer_name: Option<String> = "customerName";
        }
    }
}

choice! {
    /// Names a user.
    UserKey {
        /// By login name.
        Userid(String) = "userid",
        /// By key.
        Uuid(Uuid) = "uuid",
    }

    /// What a user proves itself with.
    UserSecret {
        /// The password.
        Password(Secret) = "password",
        /// The PIN: four digits or more.
        Pin(Secret) = "pin",
    }
}

operation! {
    /// Asks whether an end user's password or PIN is right.
    ///
    /// A wrong one is no fault: the answer says `userAuthenticated` false.
    DoAuthenticateUser "doAuthenticateUser" {
        /// Login name of the end user.
        userid: String = "userid";
        /// What it proves itself with.
        secret: UserSecret = "password | pin";
    }
    /// Whether the user was authenticated.
    -> DoAuthenticateUserReply {
        /// Whether password or PIN was right.
        user_authenticated: bool = "userAuthenticated";
        /// 0 when it was; otherwise a reason, whose values the schema does not name.
        code: i64 = "code";
        /// Days until the password expires.
        days_to_expiry: Option<i64> = "daysToExpiry";
        /// Whether the user should be told of the expiry.
        is_warning_needed: Option<bool> = "isWarningNeeded";
    }

    /// Asks for one user.
    GetUser "getUser" {
        /// Which.
        key: UserKey = "userid | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The user.
    -> GetUserReply {
        /// The user, reduced to what was asked.
        user: User = "user";
    }

    /// Asks for users.
    ListUser "listUser" {
        /// Which.
        criteria: UserCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The users; past the end there are none.
    -> ListUserReply {
        /// The users, reduced to what was asked.
        users: Vec<User> = "user";
    }
}

command! {
    /// Adds an end user. The schema wants lastName, userid and presenceGroupName.
    AddUser "addUser" {
        /// The user.
        user: User = "user";
    }

    /// Changes an end user. What is absent stays as it is; nil, or an empty value, clears.
    UpdateUser "updateUser" {
        /// Which.
        key: UserKey = "userid | uuid";
        /// Given name.
        first_name: Presence<String> = "firstName";
        /// Name as shown to others.
        display_name: Presence<String> = "displayName";
        /// Middle name.
        middle_name: Presence<String> = "middleName";
        /// Family name.
        last_name: Presence<String> = "lastName";
        /// Minutes after which extension mobility signs the user out.
        em_max_login_time: Presence<String> = "emMaxLoginTime";
        /// New login name.
        new_userid: Presence<String> = "newUserid";
        /// Password; answers leave it out.
        password: Presence<Secret> = "password";
        /// PIN; answers leave it out.
        pin: Presence<Secret> = "pin";
        /// Mail address.
        mailid: Presence<String> = "mailid";
        /// Department.
        department: Presence<String> = "department";
        /// Login name of the manager.
        manager: Presence<String> = "manager";
        /// Language.
        user_locale: Presence<String> = "userLocale";
        /// Phones that the user's applications may control.
        associated_devices: Presence<AssociatedDevices> = "associatedDevices";
        /// The user's own line.
        primary_extension: Presence<PrimaryExtension> = "primaryExtension";
        /// Address of the user's computer.
        associated_pc: Presence<String> = "associatedPc";
        /// Groups, which carry the roles.
        associated_groups: Presence<AssociatedGroups> = "associatedGroups";
        /// Whether CTI applications may act for the user.
        enable_cti: Presence<bool> = "enableCti";
        /// Secret of SIP digests; answers leave it out.
        digest_credentials: Presence<Secret> = "digestCredentials";
        /// Device profiles that the user can sign in with.
        phone_profiles: Presence<ProfileNames> = "phoneProfiles";
        /// The one of them that is taken without being asked.
        default_profile: Presence<ForeignKey> = "defaultProfile";
        /// Presence group.
        presence_group_name: Presence<ForeignKey> = "presenceGroupName";
        /// Calling search space of presence requests.
        subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
        /// Whether calls follow to other phones.
        enable_mobility: Presence<bool> = "enableMobility";
        /// Whether the user may call through the enterprise from outside.
        enable_mobile_voice_access: Presence<bool> = "enableMobileVoiceAccess";
        /// Milliseconds to take a call over at the desk.
        max_desk_pickup_wait_time: Presence<String> = "maxDeskPickupWaitTime";
        /// How many remote destinations the user may have.
        remote_destination_limit: Presence<String> = "remoteDestinationLimit";
        /// Rules of the password, and its state.
        password_credentials: Presence<PasswordCredentials> = "passwordCredentials";
        /// Rules of the PIN, and its state.
        pin_credentials: Presence<PinCredentials> = "pinCredentials";
        /// Whether the user may sign in at other clusters.
        enable_emcc: Presence<bool> = "enableEmcc";
        /// Device profiles that the user's applications may control.
        cti_controlled_device_profiles: Presence<ProfileNames> = "ctiControlledDeviceProfiles";
        /// Highest precedence of the user's calls.
        pattern_precedence: Presence<String> = "patternPrecedence";
        /// Number that the user is known by to precedence calls.
        numeric_user_id: Presence<String> = "numericUserId";
        /// Password of precedence calls.
        mlpp_password: Presence<Secret> = "mlppPassword";
        /// Fields that the administrator invented.
        custom_user_fields: Presence<CustomUserFields> = "customUserFields";
        /// Whether this cluster is the user's home.
        home_cluster: Presence<bool> = "homeCluster";
        /// Whether the user has messages and presence.
        im_and_presence_enable: Presence<bool> = "imAndPresenceEnable";
        /// Service profile.
        service_profile: Presence<ForeignKey> = "serviceProfile";
        /// Lines on phones that count for the user's presence.
        line_appearance_association_for_presences: Presence<LineAppearances> = "lineAppearanceAssociationForPresences";
        /// URI that the user is called by.
        directory_uri: Presence<String> = "directoryUri";
        /// Telephone number, free text.
        telephone_number: Presence<String> = "telephoneNumber";
        /// Title.
        title: Presence<String> = "title";
        /// Mobile number, free text.
        mobile_number: Presence<String> = "mobileNumber";
        /// Number at home, free text.
        home_number: Presence<String> = "homeNumber";
        /// Number of a pager, free text.
        pager_number: Presence<String> = "pagerNumber";
        /// Lines to take away.
        remove_extensions_info: Presence<Extensions> = "removeExtensionsInfo";
        /// Lines to add.
        add_extensions_info: Presence<Extensions> = "addExtensionsInfo";
        /// Lines of the user across clusters.
        extensions_info: Presence<Extensions> = "extensionsInfo";
        /// Number that the user is known by to the self-provisioning service.
        self_service: Presence<String> = "selfService";
        /// User profile.
        user_profile: Presence<ForeignKey> = "userProfile";
        /// Whether meetings count for presence.
        calendar_presence: Presence<bool> = "calendarPresence";
        /// Directory that the user comes from.
        ldap_directory_name: Presence<ForeignKey> = "ldapDirectoryName";
        /// Identity at another service.
        user_identity: Presence<String> = "userIdentity";
        /// Name for dialling by name.
        name_dialing: Presence<String> = "nameDialing";
        /// The line that contact-centre calls go to.
        ipcc_extension: Presence<ForeignKey> = "ipccExtension";
        /// Its partition.
        ipcc_route_partition: Presence<ForeignKey> = "ipccRoutePartition";
        /// Directory whose user a local one becomes.
        convert_user_account: Presence<ForeignKey> = "convertUserAccount";
        /// Whether the user may host conferences.
        enable_user_to_host_conference_now: Presence<bool> = "enableUserToHostConferenceNow";
        /// Code of those who join the user's conferences.
        attendees_access_code: Presence<Secret> = "attendeesAccessCode";
        /// Whether the user is reached without a gateway in between.
        zero_hop: Presence<bool> = "zeroHop";
        /// Customer. From 12.5 on.
        customer_name: Presence<ForeignKey> = "customerName";
        /// Headsets to take away.
        remove_associated_headsets: Presence<AssociatedHeadsets> = "removeAssociatedHeadsets";
        /// Headsets to add.
        add_associated_headsets: Presence<AssociatedHeadsets> = "addAssociatedHeadsets";
        /// Headsets of the user, by serial number.
        associated_headsets: Presence<AssociatedHeadsets> = "associatedHeadsets";
    }

    /// Takes an end user out of the configuration.
    RemoveUser "removeUser" {
        /// Which.
        key: UserKey = "userid | uuid";
    }
}

impl DoAuthenticateUser {
    /// Checks a password.
    pub fn password(userid: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            userid: userid.into(),
            secret: UserSecret::Password(password.into()),
            other: Vec::new(),
        }
    }
}

impl GetUser {
    /// Asks for a user by login name, whole.
    pub fn by_userid(userid: impl Into<String>) -> Self {
        Self {
            key: UserKey::Userid(userid.into()),
            returned_tags: None,
            other: Vec::new(),
        }
    }
}
