//! End users: `doAuthenticateUser`, `addUser`, `getUser`, `listUser`, `removeUser`.

use crate::{
    Secret,
    axl::{
        ForeignKey, Presence, Tags, Uuid,
        macros::{choice, command, operation, record},
    },
};

record! {
    /// An end user, as `getUser` (all fields) and `listUser` (no nested lists) answer it.
    #[derive(Default)]
    User "user" {
        attributes {
            /// Key of the user.
            uuid: Uuid = "uuid";
        }
        children {
            /// Given name.
            first_name: Presence<String> = "firstName";
            /// Name as shown to others.
            display_name: Presence<String> = "displayName";
            /// Middle name.
            middle_name: Presence<String> = "middleName";
            /// Family name.
            last_name: Presence<String> = "lastName";
            /// Login name, unique among end users.
            userid: Presence<String> = "userid";
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
            /// Phones that the user's applications may control.
            associated_devices: Presence<AssociatedDevices> = "associatedDevices";
            /// The user's own line.
            primary_extension: Presence<PrimaryExtension> = "primaryExtension";
            /// Groups, which carry the roles.
            associated_groups: Presence<AssociatedGroups> = "associatedGroups";
            /// Whether CTI applications may act for the user.
            enable_cti: Presence<bool> = "enableCti";
            /// Presence group.
            presence_group_name: Presence<ForeignKey> = "presenceGroupName";
            /// 1 for an active user.
            status: Presence<String> = "status";
            /// Whether this cluster is the user's home.
            home_cluster: Presence<bool> = "homeCluster";
            /// Telephone number, free text.
            telephone_number: Presence<String> = "telephoneNumber";
            /// Title.
            title: Presence<String> = "title";
            /// The line that contact-centre calls go to.
            ipcc_extension: Presence<ForeignKey> = "ipccExtension";
        }
    }

    /// Phones of a user.
    #[derive(Default)]
    AssociatedDevices "associatedDevices" {
        children {
            /// Names of devices.
            devices: Vec<String> = "device";
        }
    }

    /// A line by pattern and partition.
    #[derive(Default)]
    PrimaryExtension "primaryExtension" {
        children {
            /// Directory number.
            pattern: Presence<String> = "pattern";
            /// Partition; empty for none.
            route_partition_name: Presence<String> = "routePartitionName";
        }
    }

    /// Groups of a user.
    #[derive(Default)]
    AssociatedGroups "associatedGroups" {
        children {
            /// The groups.
            groups: Vec<UserGroup> = "userGroup";
        }
    }

    /// A group of users.
    #[derive(Default)]
    UserGroup "userGroup" {
        children {
            /// Name of the group.
            name: Presence<String> = "name";
            /// Roles that it gives.
            roles: Presence<UserRoles> = "userRoles";
        }
    }

    /// Roles of a group.
    #[derive(Default)]
    UserRoles "userRoles" {
        children {
            /// Names of roles.
            roles: Vec<String> = "userRole";
        }
    }

    /// What users to list: `LIKE` patterns with `%`, all of which must match.
    #[derive(Default)]
    UserCriteria "searchCriteria" {
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
        user: Box<User> = "user";
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
