//! Process nodes: the servers of the cluster.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A node.
    ProcessNode "processNode" with Default {
        attributes {
            /// Key of the node.
            uuid: Uuid = "uuid";
        }
        children {
            /// Host name or address.
            name: Presence<String> = "name";
            /// Free text.
            description: Presence<String> = "description";
            /// Hardware address, 12 digits.
            mac: Presence<String> = "mac";
            /// Address of IPv6.
            ipv6_name: Presence<String> = "ipv6Name";
            /// `Publisher` or `Subscriber`; only read.
            node_usage: Presence<String> = "nodeUsage";
            /// Group that tells others of bandwidth.
            lbm_hub_group: Presence<ForeignKey> = "lbmHubGroup";
            /// `CUCM Voice/Video` or `CUCM IM and Presence`.
            process_node_role: Presence<String> = "processNodeRole";
            /// Domain of presence.
            cup_domain: Presence<String> = "cupDomain";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    ProcessNodeCriteria "searchCriteria" with Default {
        children {
            /// Name.
            name: Option<String> = "name";
            /// Description.
            description: Option<String> = "description";
            /// Role.
            process_node_role: Option<String> = "processNodeRole";
        }
    }
}

operation! {
    /// Asks for one node.
    GetProcessNode "getProcessNode" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The node.
    -> GetProcessNodeReply {
        /// The node, reduced to what was asked.
        process_node: ProcessNode = "processNode";
    }

    /// Asks for nodes.
    ListProcessNode "listProcessNode" {
        /// Which.
        criteria: ProcessNodeCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The nodes; past the end there are none.
    -> ListProcessNodeReply {
        /// The nodes, reduced to what was asked.
        process_nodes: Vec<ProcessNode> = "processNode";
    }
}

command! {
    /// Adds a node. The schema wants name and processNodeRole.
    AddProcessNode "addProcessNode" {
        /// The node.
        process_node: ProcessNode = "processNode";
    }

    /// Changes a node. What is absent stays as it is; nil, or an empty value, clears.
    UpdateProcessNode "updateProcessNode" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Free text.
        description: Presence<String> = "description";
        /// Hardware address, 12 digits.
        mac: Presence<String> = "mac";
        /// Address of IPv6.
        ipv6_name: Presence<String> = "ipv6Name";
        /// Group that tells others of bandwidth.
        lbm_hub_group: Presence<ForeignKey> = "lbmHubGroup";
        /// Domain of presence.
        cup_domain: Presence<String> = "cupDomain";
    }

    /// Takes a node out of the configuration.
    RemoveProcessNode "removeProcessNode" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
