//! Requests to a publish-subscribe service, each with a handle, and the events that come back. XEP-0060 §6 to §8.
//!
//! [`PubSub`] stands on a session and outlives it: hand it the stanzas that [`session::Client`](crate::session::Client)
//! yields, and send what it gives.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::delay::Delay;
use crate::event::Event as PubSubEvent;
use crate::form::Form;
use crate::id::{IdSource, ItemId, NodeId, StanzaId, SubId};
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::owner::Owner;
use crate::pubsub::{Child, Item, Items, PubSub as Element, Subscription};
use crate::stanza::{Iq, IqContent, Message, MessageKind, Payload, Stanza, StanzaError};

/// Settings of a [`PubSub`] client.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the service, such as `pubsub.localhost`.
    pub service: Jid,
    /// Random number of the host's: makes the ids of requests. Another one for each process, so that late answers of an
    /// earlier one match nothing.
    pub seed: u64,
    /// How long to wait for an answer. Default 30 s.
    pub timeout: Duration,
}

impl Config {
    /// Settings for a service. `seed` is a random number of the host's.
    #[must_use]
    pub const fn new(service: Jid, seed: u64) -> Self {
        Self {
            service,
            seed,
            timeout: Duration::from_secs(30),
        }
    }

    /// Sets how long to wait for an answer.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Names a request until its outcome is known.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(u64);

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
}

/// What came of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Published; with the id that the service made, if it says so.
    Published(Option<ItemId>),
    /// The subscription as it is now.
    Subscribed(Option<Subscription>),
    /// The subscriptions of this user.
    Subscriptions(Vec<Subscription>),
    /// The items of a node.
    Items(Vec<Item>),
    /// The node is there; with its name, if the service chose it.
    Created(Option<NodeId>),
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
}

/// A client of one publish-subscribe service.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event),
/// and re-arm a timer from [`poll_timeout`](Self::poll_timeout).
///
/// Requests are answered in any order. What is sent before the session is online must be held back by the caller, or
/// is lost; [`connection_lost`](Self::connection_lost) then ends what was open.
#[derive(Debug)]
pub struct PubSub {
    config: Config,
    ids: IdSource,
    next_request: u64,
    pending: BTreeMap<StanzaId, Pending>,
    /// In the order of time, since all requests wait equally long.
    deadlines: VecDeque<(Duration, StanzaId)>,
    out: VecDeque<Stanza>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
struct Pending {
    request: RequestId,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Publish,
    Subscribe,
    Subscriptions,
    Items,
    Create,
    Other,
}

impl PubSub {
    /// A client without open requests.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            ids: IdSource::new(config.seed),
            config,
            next_request: 0,
            pending: BTreeMap::new(),
            deadlines: VecDeque::new(),
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Publishes an item. XEP-0060 §7.1.
    pub fn publish(&mut self, now: Duration, node: &NodeId, item: Item) -> RequestId {
        let child = Child::Publish {
            node: Some(node.clone()),
            items: vec![item],
            other: Other::new(),
        };
        self.set(now, Kind::Publish, child)
    }

    /// Deletes an item. XEP-0060 §7.2.
    pub fn retract(&mut self, now: Duration, node: &NodeId, id: ItemId) -> RequestId {
        let item = Item {
            id: Some(id),
            ..Item::default()
        };
        let child = Child::Retract {
            node: Some(node.clone()),
            notify: Some(true),
            items: vec![item],
            other: Other::new(),
        };
        self.set(now, Kind::Other, child)
    }

    /// Subscribes an address of this user: bare for all sessions, full for one. XEP-0060 §6.1.
    pub fn subscribe(&mut self, now: Duration, node: &NodeId, jid: Jid) -> RequestId {
        let child = Child::Subscribe {
            node: Some(node.clone()),
            jid: Some(jid),
            other: Other::new(),
        };
        self.set(now, Kind::Subscribe, child)
    }

    /// Ends a subscription. XEP-0060 §6.2.
    pub fn unsubscribe(
        &mut self,
        now: Duration,
        node: &NodeId,
        jid: Jid,
        subid: Option<SubId>,
    ) -> RequestId {
        let child = Child::Unsubscribe {
            node: Some(node.clone()),
            jid: Some(jid),
            subid,
            other: Other::new(),
        };
        self.set(now, Kind::Other, child)
    }

    /// Asks which subscriptions this user has, at one node or all. XEP-0060 §5.6.
    pub fn subscriptions(&mut self, now: Duration, node: Option<&NodeId>) -> RequestId {
        let child = Child::Subscriptions {
            node: node.cloned(),
            entries: Vec::new(),
            other: Other::new(),
        };
        let payload = Element::new(child).to_payload();
        self.request(now, Kind::Subscriptions, IqContent::Get(payload))
    }

    /// Asks for the newest items of a node, or all that it keeps. XEP-0060 §6.5.
    pub fn items(&mut self, now: Duration, node: &NodeId, newest: Option<u64>) -> RequestId {
        let items = Items {
            node: Some(node.clone()),
            max_items: newest,
            ..Items::default()
        };
        let payload = Element::new(Child::Items(items)).to_payload();
        self.request(now, Kind::Items, IqContent::Get(payload))
    }

    /// Makes a node, with settings if the defaults will not do. XEP-0060 §8.1.
    pub fn create(
        &mut self,
        now: Duration,
        node: Option<&NodeId>,
        configure: Option<Form>,
    ) -> RequestId {
        let mut element = Element::new(Child::Create {
            node: node.cloned(),
            other: Other::new(),
        });
        if let Some(form) = configure {
            element.children.push(Child::Configure {
                node: None,
                form: Some(form),
                other: Other::new(),
            });
        }
        self.request(now, Kind::Create, IqContent::Set(element.to_payload()))
    }

    /// Deletes a node. XEP-0060 §8.4.
    pub fn delete(&mut self, now: Duration, node: &NodeId) -> RequestId {
        let owner = Owner::Delete {
            node: Some(node.clone()),
            redirect: None,
            other: Other::new(),
        };
        self.request(now, Kind::Other, IqContent::Set(owner.to_payload()))
    }

    /// Sends any request to the service; its answer becomes [`Outcome::Done`] or a failure.
    pub fn request_raw(&mut self, now: Duration, content: IqContent) -> RequestId {
        self.request(now, Kind::Other, content)
    }

    /// Takes a stanza that the session got. What is not from the service, or answers nothing of ours, is given back.
    pub fn handle_stanza(&mut self, stanza: Stanza) -> Option<Stanza> {
        if stanza.sender() != Some(&self.config.service) {
            return Some(stanza);
        }
        match stanza {
            Stanza::Iq(iq) => match self.pending.remove(iq.id.as_str()) {
                Some(pending) => {
                    self.on_answer(&pending, iq.content);
                    None
                }
                None => Some(Stanza::Iq(iq)),
            },
            Stanza::Message(message) => self.on_message(message).map(Stanza::Message),
            Stanza::Presence(presence) => Some(Stanza::Presence(presence)),
        }
    }

    /// Ends requests that waited too long. Early or repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some((ends, _)) = self.deadlines.front() {
            if *ends > now {
                break;
            }
            if let Some((_, id)) = self.deadlines.pop_front() {
                self.fail(&id, &Failure::Timeout);
            }
        }
    }

    /// The session is over: nothing that is open will be answered.
    pub fn connection_lost(&mut self) {
        self.out.clear();
        for (_, id) in core::mem::take(&mut self.deadlines) {
            self.fail(&id, &Failure::ConnectionLost);
        }
    }

    /// The next stanza to send.
    pub fn poll_transmit(&mut self) -> Option<Stanza> {
        self.out.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.deadlines.front().map(|(ends, _)| *ends)
    }

    /// How many requests are open.
    #[must_use]
    pub fn open_requests(&self) -> usize {
        self.pending.len()
    }

    fn set(&mut self, now: Duration, kind: Kind, child: Child) -> RequestId {
        self.request(now, kind, IqContent::Set(Element::new(child).to_payload()))
    }

    fn request(&mut self, now: Duration, kind: Kind, content: IqContent) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        // Sixteen hexadecimal digits are always an identifier.
        if let Ok(id) = StanzaId::new(&self.ids.next_hex()) {
            let iq = Iq::new(id.clone(), content).with_to(self.config.service.clone());
            self.out.push_back(Stanza::Iq(iq));
            self.deadlines
                .push_back((now.saturating_add(self.config.timeout), id.clone()));
            self.pending.insert(id, Pending { request, kind });
        }
        request
    }

    fn on_answer(&mut self, pending: &Pending, content: IqContent) {
        // Answers come in order as a rule, so that this keeps the list as short as the table.
        while self
            .deadlines
            .front()
            .is_some_and(|(_, id)| !self.pending.contains_key(id))
        {
            self.deadlines.pop_front();
        }
        let request = pending.request;
        self.events.push_back(match outcome(pending.kind, content) {
            Ok(outcome) => Event::Done { request, outcome },
            Err(failure) => Event::Failed { request, failure },
        });
    }

    fn on_message(&mut self, message: Message) -> Option<Message> {
        let event = message
            .payloads
            .find(ns::PUBSUB_EVENT, "event")
            .map(PubSubEvent::decode);
        let (Some(Ok(event)), false) = (event, message.kind == MessageKind::Error) else {
            return Some(message);
        };
        let delay = message.payloads.find(ns::DELAY, "delay").map(Delay::decode);
        let delay = delay.and_then(Result::ok);
        self.events.push_back(Event::Notification(Notification {
            to: message.to,
            event,
            delay,
        }));
        None
    }

    fn fail(&mut self, id: &StanzaId, failure: &Failure) {
        if let Some(pending) = self.pending.remove(id) {
            let failure = failure.clone();
            self.events.push_back(Event::Failed {
                request: pending.request,
                failure,
            });
        }
    }
}

fn outcome(kind: Kind, content: IqContent) -> Result<Outcome, Failure> {
    let payload = match content {
        IqContent::Result(payload) => payload,
        IqContent::Error { error, .. } => return Err(Failure::Refused(*error)),
        IqContent::Get(_) | IqContent::Set(_) => return Err(Failure::Unreadable),
    };
    let child = match payload {
        Some(payload) if payload.is(ns::PUBSUB, "pubsub") => first_child(&payload)?,
        Some(_) | None => None,
    };
    Ok(match (kind, child) {
        (Kind::Publish, Some(Child::Publish { items, .. })) => {
            Outcome::Published(items.into_iter().next().and_then(|item| item.id))
        }
        (Kind::Publish, _) => Outcome::Published(None),
        (Kind::Subscribe, Some(Child::Subscription(subscription))) => {
            Outcome::Subscribed(Some(subscription))
        }
        (Kind::Subscribe, _) => Outcome::Subscribed(None),
        (Kind::Subscriptions, Some(Child::Subscriptions { entries, .. })) => {
            Outcome::Subscriptions(entries)
        }
        (Kind::Items, Some(Child::Items(items))) => Outcome::Items(items.items),
        (Kind::Create, Some(Child::Create { node, .. })) => Outcome::Created(node),
        (Kind::Create, _) => Outcome::Created(None),
        // RS trap 12: an empty answer means that there is nothing.
        (Kind::Items, None) => Outcome::Items(Vec::new()),
        (Kind::Subscriptions | Kind::Items, _) => return Err(Failure::Unreadable),
        (Kind::Other, _) => Outcome::Done,
    })
}

fn first_child(payload: &Payload) -> Result<Option<Child>, Failure> {
    let element = Element::decode(payload).map_err(|_| Failure::Unreadable)?;
    Ok(element.children.into_iter().next())
}
