//! The words that settings of a node choose from. XEP-0060 §4.5 and §16.4.4, XEP-0248 §7.2.1.

use crate::feature::Feature;
use crate::names::closed_names;

closed_names! {
    /// Who may subscribe and retrieve. XEP-0060 §4.5.
    pub enum AccessModel {
        /// Whom an owner approves.
        Authorize = "authorize",
        /// Anyone but outcasts.
        Open = "open",
        /// Who may see an owner's presence.
        Presence = "presence",
        /// Who is in certain groups of an owner's roster.
        Roster = "roster",
        /// Members, publishers and owners.
        Whitelist = "whitelist",
    }
}

impl AccessModel {
    /// The feature that says that a service has it.
    #[must_use]
    pub const fn feature(self) -> Feature {
        match self {
            Self::Authorize => Feature::ACCESS_AUTHORIZE,
            Self::Open => Feature::ACCESS_OPEN,
            Self::Presence => Feature::ACCESS_PRESENCE,
            Self::Roster => Feature::ACCESS_ROSTER,
            Self::Whitelist => Feature::ACCESS_WHITELIST,
        }
    }

    /// Whether it goes by what the rosters of owners have.
    pub(super) const fn is_by_roster(self) -> bool {
        match self {
            Self::Presence | Self::Roster => true,
            Self::Authorize | Self::Open | Self::Whitelist => false,
        }
    }
}

closed_names! {
    /// Who may publish. XEP-0060 §16.4.4.
    pub enum PublishModel {
        /// Publishers and owners.
        Publishers = "publishers",
        /// Subscribers too.
        Subscribers = "subscribers",
        /// Anyone but outcasts.
        Open = "open",
    }
}

closed_names! {
    /// What happens to a publish where no more items fit. XEP-0060 §7.1.2.5.
    pub enum NodeFull {
        /// The oldest item goes, and is told as retracted.
        RetractOldest = "retract-oldest",
        /// The oldest item goes in silence.
        DiscardOldest = "discard-oldest",
        /// The publish is refused.
        Reject = "reject",
    }
}

closed_names! {
    /// When the last item is sent to a subscriber. XEP-0060 §6.1.7.
    pub enum SendLast {
        /// Never.
        Never = "never",
        /// When he subscribes.
        OnSub = "on_sub",
        /// When he becomes available too.
        OnSubAndPresence = "on_sub_and_presence",
    }
}

closed_names! {
    /// Whose address events carry for a reply. XEP-0060 §12.17.
    pub enum ItemReply {
        /// An owner's.
        Owner = "owner",
        /// The publisher's: `publisher` is set on items.
        Publisher = "publisher",
        /// Nobody's.
        None = "none",
    }
}

closed_names! {
    /// Whether a node holds items or nodes. XEP-0248 §7.2.1.
    pub enum NodeType {
        /// Items.
        Leaf = "leaf",
        /// Nodes.
        Collection = "collection",
    }
}

closed_names! {
    /// Who may add a node to a collection. XEP-0248 §7.2.1.
    pub enum AssociationPolicy {
        /// Anyone.
        All = "all",
        /// Owners of the collection.
        Owner = "owner",
        /// Who is listed.
        Whitelist = "whitelist",
    }
}
