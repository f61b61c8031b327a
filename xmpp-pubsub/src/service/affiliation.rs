//! Who may do what. XEP-0060 §4.1 and §4.5.

use super::config::{AccessModel, PublishModel};
use crate::pubsub::Affiliation;

/// What an affiliation allows by itself, before the node's models widen or narrow it.
impl Affiliation {
    /// Whether events and items are open to it on a node with this access model. The second matrix of XEP-0060 §4.5:
    /// whoever is on the list retrieves without a subscription too.
    #[must_use]
    pub const fn may_read(self, access: AccessModel) -> bool {
        match self {
            Self::Owner | Self::Publisher | Self::Member => true,
            Self::None => matches!(access, AccessModel::Open),
            Self::PublishOnly | Self::Outcast => false,
        }
    }

    /// Whether it may publish on a node with this publish model. `subscribed` says whether it has a subscription.
    #[must_use]
    pub const fn may_publish(self, model: PublishModel, subscribed: bool) -> bool {
        match self {
            Self::Owner | Self::Publisher | Self::PublishOnly => true,
            Self::Outcast => false,
            Self::Member | Self::None => match model {
                PublishModel::Publishers => false,
                PublishModel::Subscribers => subscribed,
                PublishModel::Open => true,
            },
        }
    }

    /// The stronger of two, where one comes from the service and one from the node. `outcast` of either side wins:
    /// who is barred from the service is barred from each node.
    #[must_use]
    pub const fn combine(self, other: Self) -> Self {
        if matches!(self, Self::Outcast) || matches!(other, Self::Outcast) {
            return Self::Outcast;
        }
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Outcast => 0,
            Self::None => 1,
            Self::Member => 2,
            Self::PublishOnly => 3,
            Self::Publisher => 4,
            Self::Owner => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_4_1_03_matrix_of_affiliations() {
        // affiliation, retrieve on an open node, retrieve on a whitelist node, publish
        let matrix = [
            (Affiliation::Owner, true, true, true),
            (Affiliation::Publisher, true, true, true),
            (Affiliation::PublishOnly, false, false, true),
            (Affiliation::Member, true, true, false),
            (Affiliation::None, true, false, false),
            (Affiliation::Outcast, false, false, false),
        ];
        for (affiliation, open, listed, publish) in matrix {
            assert_eq!(
                affiliation.may_read(AccessModel::Open),
                open,
                "{affiliation}"
            );
            assert_eq!(
                affiliation.may_read(AccessModel::Whitelist),
                listed,
                "{affiliation}"
            );
            assert_eq!(
                affiliation.may_publish(PublishModel::Publishers, true),
                publish,
                "{affiliation}"
            );
        }
        assert!(Affiliation::None.may_publish(PublishModel::Open, false));
        assert!(!Affiliation::Outcast.may_publish(PublishModel::Open, true));
        assert!(Affiliation::Member.may_publish(PublishModel::Subscribers, true));
        assert!(!Affiliation::Member.may_publish(PublishModel::Subscribers, false));
    }

    #[test]
    fn barred_on_one_side_is_barred() {
        assert_eq!(
            Affiliation::Owner.combine(Affiliation::Outcast),
            Affiliation::Outcast
        );
        assert_eq!(
            Affiliation::None.combine(Affiliation::Member),
            Affiliation::Member
        );
        assert_eq!(
            Affiliation::Owner.combine(Affiliation::Member),
            Affiliation::Owner
        );
    }
}
