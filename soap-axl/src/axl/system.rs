//! The cluster itself: `getCCMVersion`.

use crate::axl::{
    Presence,
    macros::{operation, record},
};

record! {
    /// The version of a component.
    #[derive(Default)]
    ComponentVersion "componentVersion" {
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
