//! Calling search spaces: which partitions a caller reaches.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A calling search space.
    Css "css" with Default {
        attributes {
            /// Key of the calling search space.
            uuid: Uuid = "uuid";
        }
        children {
            /// Free text.
            description: Presence<String> = "description";
            /// Names of the partitions in order, parted by colons; only read.
            clause: Presence<String> = "clause";
            /// Number from the dial plan wizard; only read.
            dial_plan_wizard_gen_id: Presence<String> = "dialPlanWizardGenId";
            /// Partitions.
            members: Presence<CssMembers> = "members";
            /// `General` for one that people make.
            partition_usage: Presence<String> = "partitionUsage";
            /// Name.
            name: Presence<String> = "name";
        }
    }

    /// Partitions of a calling search space.
    CssMembers "members" with Default {
        children {
            /// In the order they are searched.
            members: Vec<CssMember> = "member";
        }
    }

    /// A partition in a calling search space.
    CssMember "member" with Default {
        attributes {
            /// Key of the membership.
            uuid: Uuid = "uuid";
        }
        children {
            /// The partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
            /// Place in the order, from 1.
            index: Presence<String> = "index";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    CssCriteria "searchCriteria" with Default {
        children {
            /// Description.
            description: Option<String> = "description";
            /// Usage.
            partition_usage: Option<String> = "partitionUsage";
            /// Name.
            name: Option<String> = "name";
        }
    }
}

operation! {
    /// Asks for one calling search space.
    GetCss "getCss" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The calling search space.
    -> GetCssReply {
        /// The calling search space, reduced to what was asked.
        css: Css = "css";
    }

    /// Asks for calling search spaces.
    ListCss "listCss" {
        /// Which.
        criteria: CssCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The calling search spaces; past the end there are none.
    -> ListCssReply {
        /// The calling search spaces, reduced to what was asked.
        css: Vec<Css> = "css";
    }
}

command! {
    /// Adds a calling search space. The schema wants the name.
    AddCss "addCss" {
        /// The calling search space.
        css: Css = "css";
    }

    /// Changes a calling search space. What is absent stays as it is; nil, or an empty value, clears.
    UpdateCss "updateCss" {
        /// Which.
        key: NameKey = "name | uuid";
        /// Free text.
        description: Presence<String> = "description";
        /// Partitions to take out.
        remove_members: Presence<CssMembers> = "removeMembers";
        /// Partitions to put in.
        add_members: Presence<CssMembers> = "addMembers";
        /// All partitions, instead of what there is; not together with the two above.
        members: Presence<CssMembers> = "members";
        /// New name.
        new_name: Presence<String> = "newName";
    }

    /// Takes a calling search space out of the configuration.
    RemoveCss "removeCss" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
