//! The cluster itself: `getCCMVersion`, `doLdapSync`.

use crate::axl::{
    NameKey, Presence,
    macros::{command, operation, record},
};

record! {
    /// The version of a component.
    ComponentVersion "componentVersion" with Default {
        children {
            /// Full version, as in `14.0.1.10000(20)`.
            version: Presence<String> = "version";
        }
    }
}

operation! {
    /// Asks for the release of a node.
    GetCcmVersion "getCCMVersion" {
        /// Name of the node; the publisher when it is left out.
        process_node_name: Option<String> = "processNodeName";
    }
    /// The release.
    -> GetCcmVersionReply {
        /// Version of the call manager.
        component_version: ComponentVersion = "componentVersion";
    }
}

command! {
    /// Starts or stops fetching users from an LDAP directory. The answer is text for people.
    DoLdapSync "doLdapSync" {
        /// Which directory.
        key: NameKey = "name | uuid";
        /// Whether to start.
        sync: bool = "sync";
    }
}
