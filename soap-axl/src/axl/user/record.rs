//! The end user itself.

use crate::{
    Secret,
    axl::{ForeignKey, Presence, Uuid, macros::record},
};

record! {
    /// An end user, as `getUser` (all fields) and `listUser` (no nested lists) answer it.
    User "user" with Default {
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
            /// Minutes after which extension mobility signs the user out.
            em_max_login_time: Presence<String> = "emMaxLoginTime";
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
            /// Profiles of remote destinations; only read.
            associated_remote_destination_profiles: Presence<RemoteDestinationProfiles> = "associatedRemoteDestinationProfiles";
            /// Rules of the password, and its state.
            password_credentials: Presence<PasswordCredentials> = "passwordCredentials";
            /// Rules of the PIN, and its state.
            pin_credentials: Presence<PinCredentials> = "pinCredentials";
            /// When remote destinations ring; only read.
            associated_tod_access: Presence<TodAccesses> = "associatedTodAccess";
            /// 1 for an active user.
            status: Presence<String> = "status";
            /// Whether the user may sign in at other clusters.
            enable_emcc: Presence<bool> = "enableEmcc";
            /// Certificates of the user's applications; only read.
            associated_capf_profiles: Presence<AssociatedCapfProfiles> = "associatedCapfProfiles";
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
            /// Headsets of the user, by serial number.
            associated_headsets: Presence<AssociatedHeadsets> = "associatedHeadsets";
        }
    }

    /// Phones of a user.
    AssociatedDevices "associatedDevices" with Default {
        children {
            /// Names of devices.
            devices: Vec<String> = "device";
        }
    }

    /// A line by pattern and partition.
    PrimaryExtension "primaryExtension" with Default {
        children {
            /// Directory number.
            pattern: Presence<String> = "pattern";
            /// Partition; empty for none.
            route_partition_name: Presence<String> = "routePartitionName";
        }
    }

    /// Names of device profiles.
    ProfileNames "profiles" with Default {
        children {
            /// The profiles.
            profile_names: Vec<ForeignKey> = "profileName";
        }
    }

    /// Groups of a user.
    AssociatedGroups "associatedGroups" with Default {
        children {
            /// The groups.
            groups: Vec<UserGroup> = "userGroup";
        }
    }

    /// A group of users.
    UserGroup "userGroup" with Default {
        children {
            /// Name of the group.
            name: Presence<String> = "name";
            /// Roles that it gives.
            roles: Presence<UserRoles> = "userRoles";
        }
    }

    /// Roles of a group.
    UserRoles "userRoles" with Default {
        children {
            /// Names of roles.
            roles: Vec<String> = "userRole";
        }
    }

    /// Rules of a password, and its state.
    PasswordCredentials "passwordCredentials" with Default {
        children {
            /// Credential policy.
            pwd_cred_policy_name: Presence<ForeignKey> = "pwdCredPolicyName";
            /// Whether the user cannot change it.
            pwd_cred_user_cant_change: Presence<bool> = "pwdCredUserCantChange";
            /// Whether the user has to change it at the next sign in.
            pwd_cred_user_must_change: Presence<bool> = "pwdCredUserMustChange";
            /// Whether it never expires.
            pwd_cred_does_not_expire: Presence<bool> = "pwdCredDoesNotExpire";
            /// When it was changed.
            pwd_cred_time_changed: Presence<String> = "pwdCredTimeChanged";
            /// When an administrator locked it.
            pwd_cred_time_admin_lockout: Presence<String> = "pwdCredTimeAdminLockout";
            /// Whether an administrator locked it.
            pwd_cred_locked_by_administrator: Presence<bool> = "pwdCredLockedByAdministrator";
            /// Whether failed attempts are forgotten.
            pwd_reset_hack_count: Presence<bool> = "pwdResetHackCount";
        }
    }

    /// Rules of a PIN, and its state.
    PinCredentials "pinCredentials" with Default {
        children {
            /// Credential policy.
            pin_cred_policy_name: Presence<ForeignKey> = "pinCredPolicyName";
            /// Whether the user cannot change it.
            pin_cred_user_cant_change: Presence<bool> = "pinCredUserCantChange";
            /// Whether the user has to change it at the next sign in.
            pin_cred_user_must_change: Presence<bool> = "pinCredUserMustChange";
            /// Whether it never expires.
            pin_cred_does_not_expire: Presence<bool> = "pinCredDoesNotExpire";
            /// When it was changed; the schema says a boolean.
            pin_cred_time_changed: Presence<String> = "pinCredTimeChanged";
            /// When an administrator locked it.
            pin_cred_time_admin_lockout: Presence<String> = "pinCredTimeAdminLockout";
            /// Whether an administrator locked it.
            pin_cred_locked_by_administrator: Presence<bool> = "pinCredLockedByAdministrator";
            /// Whether failed attempts are forgotten.
            pin_reset_hack_count: Presence<bool> = "pinResetHackCount";
        }
    }

    /// Fields that an administrator invented.
    CustomUserFields "customUserFields" with Default {
        children {
            /// The fields.
            custom_user_fields: Vec<CustomUserField> = "customUserField";
        }
    }

    /// A field that an administrator invented.
    CustomUserField "customUserField" with Default {
        children {
            /// Its name.
            name: Presence<String> = "name";
            /// What it holds.
            value: Presence<String> = "value";
        }
    }

    /// Lines on phones that count for a user's presence.
    LineAppearances "lineAppearanceAssociationForPresences" with Default {
        children {
            /// The lines.
            line_appearances: Vec<LineAppearance> = "lineAppearanceAssociationForPresence";
        }
    }

    /// A line on a phone that counts for a user's presence.
    LineAppearance "lineAppearanceAssociationForPresence" with Default {
        attributes {
            /// Key of the association.
            uuid: Uuid = "uuid";
        }
        children {
            /// The association.
            laap_associate: Presence<ForeignKey> = "laapAssociate";
            /// Product of the phone.
            laap_product_type: Presence<String> = "laapProductType";
            /// Name of the phone.
            laap_device_name: Presence<String> = "laapDeviceName";
            /// Directory number.
            laap_directory: Presence<String> = "laapDirectory";
            /// Its partition.
            laap_partition: Presence<String> = "laapPartition";
            /// Description of the phone.
            laap_description: Presence<String> = "laapDescription";
        }
    }

    /// Lines of a user across clusters.
    Extensions "extensionsInfo" with Default {
        children {
            /// The lines.
            extensions: Vec<Extension> = "extension";
        }
    }

    /// A line of a user across clusters.
    Extension "extension" with Default {
        attributes {
            /// Key of the line.
            uuid: Uuid = "uuid";
        }
        children {
            /// Where it stands among them, from 1.
            sort_order: Presence<String> = "sortOrder";
            /// Directory number.
            pattern: Presence<ForeignKey> = "pattern";
            /// Partition, by name.
            route_partition: Presence<String> = "routePartition";
            /// URI that the line is called by.
            line_primary_uri: Presence<String> = "linePrimaryUri";
            /// Partition.
            partition: Presence<ForeignKey> = "partition";
        }
    }

    /// Headsets of a user.
    AssociatedHeadsets "associatedHeadsets" with Default {
        children {
            /// Serial numbers.
            headsets: Vec<String> = "headset";
        }
    }

    /// Certificates of a user's applications.
    AssociatedCapfProfiles "associatedCapfProfiles" with Default {
        children {
            /// Instance ids.
            capf_profile_instance_ids: Vec<String> = "capfProfileInstanceId";
        }
    }

    /// Profiles of remote destinations.
    RemoteDestinationProfiles "associatedRemoteDestinationProfiles" with Default {
        children {
            /// Names of profiles.
            remote_destination_profiles: Vec<String> = "remoteDestinationProfile";
        }
    }

    /// When remote destinations ring.
    TodAccesses "associatedTodAccess" with Default {
        children {
            /// Names of access lists by the time of day.
            tod_accesses: Vec<String> = "todAccess";
        }
    }
}
