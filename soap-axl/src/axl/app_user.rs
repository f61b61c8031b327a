//! Application users.

use crate::{
    Secret,
    axl::{
        AssociatedCapfProfiles, AssociatedDevices, AssociatedGroups, ForeignKey,
        PasswordCredentials, Presence, Tags, UserKey, Uuid,
        macros::{command, operation, record},
    },
};

record! {
    /// An application user, as `getAppUser` (all fields) and `listAppUser` (no nested lists) answer
    /// it.
    AppUser "appUser" with Default {
        attributes {
            /// Key of the user.
            uuid: Uuid = "uuid";
        }
        children {
            /// Login name, unique among application users.
            userid: Presence<String> = "userid";
            /// Password; answers leave it out.
            password: Presence<Secret> = "password";
            /// Rules of the password, and its state.
            password_credentials: Presence<PasswordCredentials> = "passwordCredentials";
            /// Secret for SIP digests; answers leave it out.
            digest_credentials: Presence<Secret> = "digestCredentials";
            /// Presence group.
            presence_group_name: Presence<ForeignKey> = "presenceGroupName";
            /// Whether others may watch it.
            accept_presence_subscription: Presence<bool> = "acceptPresenceSubscription";
            /// Whether REFER outside of a dialog is taken.
            accept_out_of_dialog_refer: Presence<bool> = "acceptOutOfDialogRefer";
            /// Whether NOTIFY without a subscription is taken.
            accept_unsolicited_notification: Presence<bool> = "acceptUnsolicitedNotification";
            /// Whether calls may replace others.
            allow_replace_header: Presence<bool> = "allowReplaceHeader";
            /// Whether CUCM came with it.
            is_standard: Presence<bool> = "isStandard";
            /// Phones that the user may control.
            associated_devices: Presence<AssociatedDevices> = "associatedDevices";
            /// Groups, which carry the roles.
            associated_groups: Presence<AssociatedGroups> = "associatedGroups";
            /// Certificates of the user's applications; only read.
            associated_capf_profiles: Presence<AssociatedCapfProfiles> = "associatedCapfProfiles";
            /// Device profiles that the user may control.
            cti_controlled_device_profiles: Presence<DeviceProfileNames> = "ctiControlledDeviceProfiles";
        }
    }

    /// Names of device profiles.
    DeviceProfileNames "ctiControlledDeviceProfiles" with Default {
        children {
            /// The profiles.
            device_profiles: Vec<String> = "deviceProfile";
        }
    }

    /// What application users to list: `LIKE` patterns with `%`.
    AppUserCriteria "searchCriteria" with Default {
        children {
            /// Login name.
            userid: Option<String> = "userid";
        }
    }
}

operation! {
    /// Asks for one application user.
    GetAppUser "getAppUser" {
        /// Which.
        key: UserKey = "userid | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The application user.
    -> GetAppUserReply {
        /// The user, reduced to what was asked.
        app_user: AppUser = "appUser";
    }

    /// Asks for application users.
    ListAppUser "listAppUser" {
        /// Which.
        criteria: AppUserCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The application users; past the end there are none.
    -> ListAppUserReply {
        /// The users, reduced to what was asked.
        app_users: Vec<AppUser> = "appUser";
    }
}

command! {
    /// Adds an application user. The schema wants the userid.
    AddAppUser "addAppUser" {
        /// The user.
        app_user: AppUser = "appUser";
    }

    /// Changes an application user. What is absent stays as it is; nil, or an empty value, clears.
    UpdateAppUser "updateAppUser" {
        /// Which.
        key: UserKey = "userid | uuid";
        /// New login name.
        new_userid: Presence<String> = "newUserid";
        /// Password; answers leave it out.
        password: Presence<Secret> = "password";
        /// Rules of the password, and its state.
        password_credentials: Presence<PasswordCredentials> = "passwordCredentials";
        /// Secret for SIP digests; answers leave it out.
        digest_credentials: Presence<Secret> = "digestCredentials";
        /// Presence group.
        presence_group_name: Presence<ForeignKey> = "presenceGroupName";
        /// Whether others may watch it.
        accept_presence_subscription: Presence<bool> = "acceptPresenceSubscription";
        /// Whether REFER outside of a dialog is taken.
        accept_out_of_dialog_refer: Presence<bool> = "acceptOutOfDialogRefer";
        /// Whether NOTIFY without a subscription is taken.
        accept_unsolicited_notification: Presence<bool> = "acceptUnsolicitedNotification";
        /// Whether calls may replace others.
        allow_replace_header: Presence<bool> = "allowReplaceHeader";
        /// Phones that the user may control.
        associated_devices: Presence<AssociatedDevices> = "associatedDevices";
        /// Groups, which carry the roles.
        associated_groups: Presence<AssociatedGroups> = "associatedGroups";
        /// Device profiles that the user may control.
        cti_controlled_device_profiles: Presence<DeviceProfileNames> = "ctiControlledDeviceProfiles";
    }

    /// Takes an application user out of the configuration.
    RemoveAppUser "removeAppUser" {
        /// Which.
        key: UserKey = "userid | uuid";
    }
}
