//! What an affiliation allows by itself, before a node's models widen or narrow it. XEP-0060 §4.1 and §8.9.

use super::models::PublishModel;
use crate::feature::Feature;
use crate::pubsub::Affiliation;

impl Affiliation {
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

    /// The feature without which a service has no such affiliation; `owner` and `none` are always there (PS-3-03).
    #[must_use]
    pub const fn feature(self) -> Option<Feature> {
        Some(match self {
            Self::Member => Feature::MEMBER_AFFILIATION,
            Self::Outcast => Feature::OUTCAST_AFFILIATION,
            Self::Publisher => Feature::PUBLISHER_AFFILIATION,
            Self::PublishOnly => Feature::PUBLISH_ONLY_AFFILIATION,
            Self::Owner | Self::None => return None,
        })
    }

    /// Whether an owner can turn one into the other: the chart of §4.1 (PS-8.9-15). `resigns` says that it is the
    /// owner himself; `publisher_to_member` allows what the chart leaves out (trap 15).
    pub(super) const fn may_become(
        self,
        wanted: Self,
        resigns: bool,
        publisher_to_member: bool,
    ) -> bool {
        match (self, wanted) {
            (Self::Owner, Self::None) => resigns,
            (Self::Owner, Self::Owner) => true,
            (Self::Owner, _) => false,
            (Self::Publisher, Self::Member) => publisher_to_member,
            _ => true,
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
    fn ps_4_1_03_who_publishes() {
        for (affiliation, publishes) in [
            (Affiliation::Owner, true),
            (Affiliation::Publisher, true),
            (Affiliation::PublishOnly, true),
            (Affiliation::Member, false),
            (Affiliation::None, false),
            (Affiliation::Outcast, false),
        ] {
            assert_eq!(
                affiliation.may_publish(PublishModel::Publishers, true),
                publishes,
                "PS-4.1-03: {affiliation}"
            );
        }
        assert!(Affiliation::None.may_publish(PublishModel::Open, false));
        assert!(!Affiliation::Outcast.may_publish(PublishModel::Open, true));
        assert!(Affiliation::Member.may_publish(PublishModel::Subscribers, true));
        assert!(!Affiliation::Member.may_publish(PublishModel::Subscribers, false));
    }

    #[test]
    fn ps_8_9_15_the_chart_of_transitions() {
        let all = Affiliation::ALL;
        for from in all {
            for to in all {
                let expected = match (*from, *to) {
                    (Affiliation::Owner, to) => to == Affiliation::Owner,
                    (Affiliation::Publisher, Affiliation::Member) => false,
                    _ => true,
                };
                let found = from.may_become(*to, false, false);
                assert_eq!(found, expected, "PS-8.9-15, PS-4.1-06: {from} to {to}");
            }
        }
        assert!(Affiliation::Owner.may_become(Affiliation::None, true, false));
        assert!(!Affiliation::Owner.may_become(Affiliation::Member, true, false));
        assert!(Affiliation::Publisher.may_become(Affiliation::Member, false, true));
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
