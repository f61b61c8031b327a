//! What a client tells.

use super::follow::Gap;
use super::request::RequestId;
use crate::delay::Delay;
use crate::disco;
use crate::event::Event as PubSubEvent;
use crate::form::{Form, SubscribeAuthorization};
use crate::id::{ItemId, NodeId, StanzaId};
use crate::jid::Jid;
use crate::pubsub::{AffiliationEntry, Item, Subscription};
use crate::stanza::StanzaError;

/// What the application should know.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A request was carried out.
    Done {
        /// Which.
        request: RequestId,
        /// What came of it.
        outcome: Outcome,
    },
    /// A request was not carried out.
    Failed {
        /// Which.
        request: RequestId,
        /// Why.
        failure: Failure,
    },
    /// Something happened at a node.
    Notification(Notification),
    /// Somebody wants to subscribe to a node of this user's. Answer with [`PubSub::decide`](super::PubSub::decide).
    Approval(Box<Approval>),
    /// A followed node is subscribed to, now or again. The state may be `pending`: events come when an owner approves.
    Followed {
        /// Which.
        node: NodeId,
        /// The subscription.
        subscription: Option<Subscription>,
    },
    /// A node is not followed any more: the service refused, or ended it.
    FollowEnded {
        /// Which.
        node: NodeId,
        /// Why, where the service refused.
        failure: Option<Failure>,
    },
    /// Events of a followed node may be missing before the next one.
    PossibleGap {
        /// Which.
        node: NodeId,
        /// Why.
        reason: Gap,
    },
    /// [`PubSub::leave`](super::PubSub::leave) has done what it can; close the session now.
    Left {
        /// How many subscriptions are left behind.
        remaining: usize,
    },
}

/// An event message of the service.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The address that is subscribed.
    pub to: Option<Jid>,
    /// What happened.
    pub event: PubSubEvent,
    /// When it happened, if it was held back.
    pub delay: Option<Delay>,
    /// How it became known.
    pub origin: Origin,
}

/// How an event became known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The service sent it.
    Live,
    /// It was missed while there was no connection, and found among the items that the node keeps.
    Recovered,
}

/// Somebody wants to subscribe, and an owner decides. XEP-0060 §8.6.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approval {
    /// The id of the message, repeated in the answer.
    pub(super) id: Option<StanzaId>,
    /// Who, and to what.
    pub request: SubscribeAuthorization,
}

/// What an owner says to a subscription.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// It is approved.
    Allow,
    /// It is refused.
    Deny,
    /// Nothing yet: it goes on waiting.
    Later,
}

/// What came of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Published; with the id that the service made, if it says so.
    Published(Option<ItemId>),
    /// The subscription as it is now.
    Subscribed(Option<Subscription>),
    /// The subscriptions of this user, or of a node to its owner.
    Subscriptions(Vec<Subscription>),
    /// The affiliations of this user, or of a node to its owner.
    Affiliations(Vec<AffiliationEntry>),
    /// Options of a subscription, or those that a new one gets.
    Options(Form),
    /// The items of a node.
    Items(Vec<Item>),
    /// The node is there; with its name, if the service chose it.
    Created(Option<NodeId>),
    /// Settings of a node, or those that a new one gets.
    Configuration(Form),
    /// Nodes of this user's at which subscriptions wait for approval.
    Pending {
        /// Which.
        nodes: Vec<NodeId>,
        /// Names this run of the command, for [`PubSub::ask_pending`](super::PubSub::ask_pending).
        session: Option<String>,
    },
    /// What a service or node is.
    Info(Box<disco::Info>),
    /// Nodes of a service, children of a collection, or items of a leaf node.
    Entries(disco::Items),
    /// Done, without further words.
    Done,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The service refused.
    #[error("refused: {0}")]
    Refused(StanzaError),
    /// No answer came in time. It may have been carried out.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke before the answer came. It may have been carried out.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The answer could not be read.
    #[error("the answer could not be read")]
    Unreadable,
    /// So many requests are open that this one was not sent.
    #[error("too many requests are open")]
    TooManyOpen,
}
