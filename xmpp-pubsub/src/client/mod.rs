//! Requests to a publish-subscribe service, each with a handle, and the events that come back. XEP-0060 §5 to §8.
//!
//! [`PubSub`] stands on a session and outlives it: hand it the stanzas that [`session::Client`](crate::session::Client)
//! yields, and send what it gives.
//!
//! ```
//! use std::time::Duration;
//! use xmpp_pubsub::client::{Config, Event, Follow, PubSub};
//! use xmpp_pubsub::stanza::{Iq, IqContent, Stanza};
//! use xmpp_pubsub::{Jid, NodeId};
//!
//! # fn from_session(sent: Stanza) -> Option<Stanza> {
//! #     let Stanza::Iq(iq) = sent else { return None };
//! #     let mut answer = iq.to_result(None);
//! #     answer.from = iq.to;
//! #     Some(Stanza::Iq(answer))
//! # }
//! let mut pubsub = PubSub::new(Config::new(Jid::new("pubsub.localhost")?, 42));
//! let node = NodeId::new("/finesse/api/User/1001001")?;
//! let mut now = Duration::ZERO;
//! // Followed: subscribed to in each session anew, with what was missed in between.
//! pubsub.follow(now, &node, Follow::default());
//! // The session said that it is online.
//! pubsub.connected(now, &Jid::new("1001001@localhost/desktop")?);
//! let ping = pubsub.info(now, None);
//!
//! // The drive loop: after each call drain both, then sleep until `poll_timeout`.
//! # let mut rounds = 0;
//! loop {
//!     while let Some(stanza) = pubsub.poll_transmit() {
//!         // `session.send(&stanza)`; what it yields later comes back:
//!         if let Some(answer) = from_session(stanza) {
//!             // What is not the service's is given back.
//!             assert!(pubsub.handle_stanza(now, answer).is_none());
//!         }
//!     }
//!     while let Some(event) = pubsub.poll_event() {
//!         match event {
//!             Event::Notification(notification) => println!("{:?}", notification.event),
//!             Event::Done { request, outcome } => println!("{request:?}: {outcome:?}"),
//!             Event::Failed { request, failure } => println!("{request:?}: {failure}"),
//!             Event::PossibleGap { node, reason } => println!("{node}: {reason:?}"),
//!             other => println!("{other:?}"),
//!         }
//!     }
//!     // The application sleeps until the earlier of this and the session's.
//!     let Some(wake_at) = pubsub.poll_timeout() else { break };
//!     now = wake_at;
//!     pubsub.handle_timeout(now);
//!     # rounds += 1;
//!     # assert!(rounds < 10, "nothing is open any more");
//! }
//! // Before the application exits: `leave`, and close the session at `Event::Left`.
//! pubsub.leave(now);
//! # assert!(pubsub.poll_transmit().is_some());
//! # let _ = ping;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod config;
mod event;
mod follow;
mod items;
mod owner;
mod request;
mod seen;
mod subscriber;

use std::collections::VecDeque;
use std::time::Duration;

use self::follow::Follows;
use self::request::{Kind, Requests};
use crate::delay::Delay;
use crate::event::Event as PubSubEvent;
use crate::form::{Form, SubscribeAuthorization};
use crate::id::{IdSource, StanzaId};
use crate::jid::Jid;
use crate::ns;
use crate::stanza::{Iq, IqContent, Message, MessageKind, Stanza};

pub use config::Config;
pub use event::{Approval, Decision, Event, Failure, Notification, Origin, Outcome};
pub use follow::{Address, Follow, Gap};
pub use request::RequestId;

/// A client of one publish-subscribe service.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event),
/// and re-arm a timer from [`poll_timeout`](Self::poll_timeout).
///
/// Requests are answered in any order. What is sent before the session is online must be held back by the caller, or
/// is lost; [`connection_lost`](Self::connection_lost) then ends what was open. What is
/// [followed](Self::follow) waits by itself.
#[derive(Debug)]
pub struct PubSub {
    config: Config,
    ids: IdSource,
    next_request: u64,
    requests: Requests,
    /// The session's address, while there is one.
    own: Option<Jid>,
    follows: Follows,
    out: VecDeque<Stanza>,
    events: VecDeque<Event>,
}

impl PubSub {
    /// A client without open requests.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            ids: IdSource::new(config.seed),
            config,
            next_request: 0,
            requests: Requests::new(),
            own: None,
            follows: Follows::new(),
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Sends any request to the service; its answer becomes [`Outcome::Done`] or a failure.
    pub fn request_raw(&mut self, now: Duration, content: IqContent) -> RequestId {
        self.request(now, Kind::Other, content)
    }

    /// Gives a request another deadline than [`Config::timeout`] from its start; whether it is open.
    pub fn set_deadline(&mut self, request: RequestId, ends: Duration) -> bool {
        self.requests.set_deadline(request, ends)
    }

    /// Takes a stanza that the session got. What is not from the service, or answers nothing of ours, is given back
    /// (XC-SZ-04).
    pub fn handle_stanza(&mut self, now: Duration, stanza: Stanza) -> Option<Stanza> {
        if !self.is_service(stanza.sender()) {
            return Some(stanza);
        }
        match stanza {
            Stanza::Iq(iq) if !iq.is_request() => match self.requests.take(&iq.id) {
                Some((request, kind)) => {
                    self.on_answer(now, request, kind, iq.content);
                    self.pump_follows(now);
                    None
                }
                None => Some(Stanza::Iq(iq)),
            },
            Stanza::Iq(iq) => Some(Stanza::Iq(iq)),
            Stanza::Message(message) => self.on_message(now, message).map(Stanza::Message),
            Stanza::Presence(presence) => Some(Stanza::Presence(presence)),
        }
    }

    /// Ends requests that waited too long. Early or repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some((request, kind)) = self.requests.take_late(now) {
            self.on_failure(now, request, kind, Failure::Timeout);
        }
        self.pump_follows(now);
    }

    /// The session is over: nothing that is open will be answered. What is followed waits for
    /// [`connected`](Self::connected).
    pub fn connection_lost(&mut self) {
        self.out.clear();
        self.own = None;
        while let Some((request, kind)) = self.requests.take_any() {
            if !matches!(kind, Kind::Follow(_)) {
                let failure = Failure::ConnectionLost;
                self.events.push_back(Event::Failed { request, failure });
            }
        }
        self.follows_lost();
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
        self.requests.next_deadline()
    }

    /// How many requests are open.
    #[must_use]
    pub fn open_requests(&self) -> usize {
        self.requests.len()
    }

    fn request(&mut self, now: Duration, kind: Kind, content: IqContent) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        if self.requests.len() >= self.config.max_open {
            self.on_failure(now, request, kind, Failure::TooManyOpen);
        } else {
            self.send_as(now, request, kind, content);
        }
        request
    }

    /// Sends a request, or what follows in it.
    fn send_as(&mut self, now: Duration, request: RequestId, kind: Kind, content: IqContent) {
        // Sixteen hexadecimal digits are always an identifier.
        if let Ok(id) = StanzaId::new(&self.ids.next_hex()) {
            let iq = Iq::new(id.clone(), content).with_to(self.config.service.clone());
            self.out.push_back(Stanza::Iq(iq));
            let ends = now.saturating_add(self.config.timeout);
            self.requests.insert(request, id, ends, kind);
        }
    }

    fn on_answer(&mut self, now: Duration, request: RequestId, kind: Kind, content: IqContent) {
        if let Kind::Pages(paging) = kind {
            let children =
                answer::payload(content).and_then(|payload| answer::children(payload.as_ref()));
            return match children {
                Ok(children) => self.on_page(now, request, *paging, children),
                Err(failure) => self.events.push_back(Event::Failed { request, failure }),
            };
        }
        let outcome = answer::outcome(&kind, content);
        if let Kind::Follow(step) = kind {
            return self.on_follow_step(now, step, outcome);
        }
        self.events.push_back(match outcome {
            Ok(outcome) => Event::Done { request, outcome },
            Err(failure) => Event::Failed { request, failure },
        });
    }

    fn on_failure(&mut self, now: Duration, request: RequestId, kind: Kind, failure: Failure) {
        match kind {
            Kind::Follow(step) => self.on_follow_step(now, step, Err(failure)),
            Kind::Publish
            | Kind::Subscribe
            | Kind::Subscriptions
            | Kind::Affiliations
            | Kind::Options
            | Kind::Items
            | Kind::Pages(_)
            | Kind::Create
            | Kind::Configuration
            | Kind::NodeSubscriptions
            | Kind::NodeAffiliations
            | Kind::Pending
            | Kind::Info
            | Kind::Entries
            | Kind::Other => self.events.push_back(Event::Failed { request, failure }),
        }
    }

    fn on_message(&mut self, now: Duration, message: Message) -> Option<Message> {
        if message.kind == MessageKind::Error {
            return Some(message);
        }
        if let Some(approval) = approval(&message) {
            self.events.push_back(Event::Approval(Box::new(approval)));
            return None;
        }
        let event = message.payloads.find(ns::PUBSUB_EVENT, "event");
        let Some(Ok(event)) = event.map(PubSubEvent::decode) else {
            return Some(message);
        };
        let delay = message.payloads.find(ns::DELAY, "delay").map(Delay::decode);
        let notification = Notification {
            to: message.to,
            event,
            delay: delay.and_then(Result::ok),
            origin: Origin::Live,
        };
        self.on_notification(now, notification);
        None
    }

    /// Whether a stanza is the service's. Where that is the user's own account, it may come without a sender.
    fn is_service(&self, sender: Option<&Jid>) -> bool {
        let service = &self.config.service;
        let is_own_account = || self.own.as_ref().is_some_and(|own| own.bare() == *service);
        sender.map_or_else(is_own_account, |sender| sender == service)
    }
}

/// The form by which a service asks an owner. XEP-0060 §8.6.
fn approval(message: &Message) -> Option<Approval> {
    let form = message.payloads.find(ns::DATA_FORMS, "x")?;
    let form = Form::decode(form).ok()?;
    let request = SubscribeAuthorization::from_form(&form).ok()?;
    Some(Approval {
        id: message.id.clone(),
        request,
    })
}
