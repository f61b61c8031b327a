//! The web service without its sockets: what the engine reports and what users ask goes in, requests to
//! the engine, notifications and answers come out.
//!
//! Same inputs, same outputs: there is no clock, socket, lock or thread in this folder. After any call on
//! [`Core`], take what [`Core::poll_output`] has until it is empty, then sleep until [`Core::poll_timeout`]
//! at the longest and call [`Core::handle_timeout`].
//!
//! What a client may rely on:
//!
//! - Notifications of a user leave in the order of the engine's events.
//! - Where one event changes a dialog and a user, the dialog goes first.
//! - Each accepted request with a `requestId` causes exactly one notification that carries it, be it a
//!   change or an error.
//! - `DELETE` is the last event of a dialog on a node.
//!
//! This is what leaves the core. On the way to the client it holds as long as the link to the notification
//! service does. Over a broken link, what was not confirmed is published again: a client may get the same
//! notification twice, with the same item id. Of a service that stays away, state is dropped first, which the
//! last state of everything then makes up for; answers, `POST` and `DELETE` are kept, but only some
//! thousands of them, and not over a restart of the web service.

mod agents;
mod body;
mod calls;
mod dialog;
mod engine;
mod error;
mod model;
mod pending;
mod presence;
mod reason;
mod recovery;
mod rest;
#[cfg(test)]
mod tests;
mod time;
mod variable;
mod xml;

use core::time::Duration;
use std::collections::VecDeque;

pub use self::{
    body::{BodyError, DialogChange, MAX_BODY, UserChange, client_log},
    dialog::CallState,
    engine::{
        AgentRecord, AgentReport, AskedState, CallAction, CallData, CallEvent, CallId, EngineEvent,
        EngineRequest, Failure, FailureCause, PartyState, QueueRecord, TeamMember, TeamRecord,
        Token,
    },
    error::ApiError,
    model::{AgentState, Role},
    reason::{Category, ReasonCode, WrapUpReason, default_reason_codes, default_wrap_up_reasons},
    time::{Moment, UtcMillis},
    variable::Variable,
    xml::error_body,
};
use self::{
    model::World,
    pending::{Expiry, Limits, Object, Request, Requests},
    presence::Presence,
    xml::{Update, Verb},
};

/// What the web service is set up with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name of this node, `primaryNode/host`.
    pub host: String,
    /// Port of the API over TLS.
    pub https_port: u16,
    /// XMPP domain.
    pub xmpp_domain: String,
    /// Domain of the pubsub service.
    pub pubsub_domain: String,
    /// Port of XMPP in clear.
    pub xmpp_port: u16,
    /// Port of XMPP over TLS.
    pub xmpp_secure_port: u16,
    /// Host of the engine, `ctiServer/host`.
    pub cti_host: String,
    /// GED-188 version spoken with the engine.
    pub cti_version: u32,
    /// Time between heartbeats.
    pub heartbeat_interval: Duration,
    /// Longest wrap-up, seconds; `wrapUpTimer`.
    pub wrap_up_seconds: u32,
    /// Reasons for NOT_READY and LOGOUT.
    pub reason_codes: Vec<ReasonCode>,
    /// Reasons for wrap-up.
    pub wrap_up_reasons: Vec<WrapUpReason>,
    /// How long a user may be without a session before the sign-out is forced.
    pub sign_out_after: Duration,
    /// Requests that may wait for one object.
    pub queue_limit: usize,
    /// How long the engine may take to confirm a request.
    pub confirmation_timeout: Duration,
    /// How long after its confirmation a request waits for the event that it causes.
    pub event_grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            https_port: 8445,
            xmpp_domain: "localhost".to_owned(),
            pubsub_domain: "pubsub.localhost".to_owned(),
            xmpp_port: 5222,
            xmpp_secure_port: 5223,
            cti_host: "127.0.0.1".to_owned(),
            cti_version: 17,
            heartbeat_interval: Duration::from_secs(5),
            wrap_up_seconds: 60,
            reason_codes: default_reason_codes(),
            wrap_up_reasons: default_wrap_up_reasons(),
            // A desktop that reloads is back within it.
            sign_out_after: Duration::from_secs(60),
            queue_limit: 16,
            confirmation_timeout: Duration::from_secs(10),
            // The event and the confirmation leave the engine together; this covers their order.
            event_grace: Duration::from_millis(500),
        }
    }
}

/// Something to be done outside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// Send this to the engine.
    Engine {
        /// Returned in [`EngineEvent::Confirmed`] or [`EngineEvent::Refused`].
        token: Token,
        /// What to ask.
        request: EngineRequest,
    },
    /// Publish this.
    Publish(Notification),
}

/// A notification.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notification {
    /// Pubsub node.
    pub node: String,
    /// Item id: unique, and growing with each notification.
    pub item: u64,
    /// The `Update` document, without an XML declaration.
    pub update: String,
    /// Whether it says no more than how an object stands: the next one of the same object makes up for its
    /// loss. Answers to requests, `POST` and `DELETE` are said once.
    pub is_state: bool,
}

/// The web service.
#[derive(Debug)]
pub struct Core {
    config: Config,
    world: World,
    service: Service,
    requests: Requests,
    /// Requests whose answer the loss of the engine cut off.
    owed: Vec<(Object, Request)>,
    presence: Presence,
    last_item: u64,
    outputs: VecDeque<Output>,
}

/// Whether the engine is there.
#[derive(Debug)]
enum Service {
    /// No session with the engine.
    Out {
        since: UtcMillis,
        heard: Option<UtcMillis>,
    },
    /// A session; the picture of the engine's world is being made.
    Rebuilding {
        world: Box<World>,
        /// What was reported of agents and calls: it can come before their configuration.
        reports: Vec<(Moment, EngineEvent)>,
        since: UtcMillis,
        heard: Option<UtcMillis>,
    },
    /// In service.
    In { since: UtcMillis, heard: UtcMillis },
}

impl Core {
    /// A web service without an engine.
    pub fn new(now: Moment, config: Config) -> Self {
        let limits = Limits {
            queue: config.queue_limit,
            confirmation: config.confirmation_timeout,
            grace: config.event_grace,
        };
        Self {
            requests: Requests::new(limits),
            presence: Presence::new(config.sign_out_after),
            world: World::default(),
            service: Service::Out {
                since: now.utc,
                heard: None,
            },
            owed: Vec::new(),
            last_item: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// The engine reported something.
    pub fn handle_engine(&mut self, now: Moment, event: EngineEvent) {
        self.heard(now);
        if let Service::Rebuilding { reports, .. } = &mut self.service
            && matches!(event, EngineEvent::AgentState(_) | EngineEvent::Call { .. })
        {
            if reports.len() < MAX_REPORTS {
                reports.push((now, event));
            }
            return;
        }
        match event {
            EngineEvent::Agent(record) => self.agent_configured(now, record),
            EngineEvent::AgentRemoved { login_id } => self.agent_removed(now, &login_id),
            EngineEvent::Queue(record) => {
                self.reported_world().queues.insert(record.id, record);
            }
            EngineEvent::Team(record) => self.reported_world().configure_team(record),
            EngineEvent::TeamRemoved { id } => {
                self.reported_world().teams.remove(&id);
            }
            EngineEvent::AgentState(report) => self.agent_reported(now, &report),
            EngineEvent::Call { id, event } => self.call_reported(now, id, &event),
            EngineEvent::Confirmed { token, call } => self.confirmed(now, token, call),
            EngineEvent::Refused { token, failure } => self.refused(now, token, &failure),
        }
    }

    /// A session of a user became available at the notification service.
    pub fn user_available(&mut self, user: &str, resource: &str) {
        if self.world.agents.contains_key(user) || !self.is_in_service() {
            self.presence.available(user, resource);
            // Were it sent now, it would sign out the session that has just begun.
            self.requests
                .withdraw_forced(&Object::User(user.to_owned()));
        }
    }

    /// A session of a user is gone.
    pub fn user_unavailable(&mut self, now: Moment, user: &str, resource: &str) {
        self.presence.unavailable(now.monotonic, user, resource);
    }

    /// The link to the notification service is gone.
    pub fn publisher_lost(&mut self) {
        self.presence.unknown();
    }

    /// The link to the notification service is back: publishes the last state of everything, since
    /// nobody knows what its clients missed.
    pub fn publisher_ready(&mut self, now: Moment) {
        self.presence.known_again(now.monotonic);
        self.publish_everything(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Moment) {
        if !self.is_in_service() {
            return;
        }
        for (object, request, expiry) in self.requests.expire(now.monotonic) {
            if let Some(request) = request {
                match expiry {
                    Expiry::NothingChanged => self.publish_unchanged(now, &object, &request),
                    Expiry::NoAnswer => {
                        self.publish_failure(now, &object, &request, &Failure::timeout());
                    }
                }
            }
            self.send_next(now, &object);
        }
        for user in self.presence.take_due(now.monotonic) {
            self.force_sign_out(now, &user);
        }
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest.
    pub fn poll_timeout(&self) -> Option<Duration> {
        if !self.is_in_service() {
            return None;
        }
        self.requests
            .deadline()
            .into_iter()
            .chain(self.presence.deadline())
            .min()
    }

    /// Whether the engine is there.
    pub fn is_in_service(&self) -> bool {
        matches!(self.service, Service::In { .. })
    }

    /// The world that reports of the engine go to.
    fn reported_world(&mut self) -> &mut World {
        match &mut self.service {
            Service::Rebuilding { world, .. } => world,
            Service::Out { .. } | Service::In { .. } => &mut self.world,
        }
    }

    /// Accepts a request, and sends it unless one for the same object is under way.
    fn submit(&mut self, now: Moment, object: &Object, request: Request) -> Result<(), ApiError> {
        self.requests
            .submit(object.clone(), request)
            .map_err(|_| ApiError::maximum_exceeded(&xml::object_uri(object)))?;
        self.send_next(now, object);
        Ok(())
    }

    fn send_next(&mut self, now: Moment, object: &Object) {
        if let Some((token, request)) = self.requests.next(now.monotonic, object) {
            self.outputs.push_back(Output::Engine { token, request });
        }
    }

    fn publish(&mut self, now: Moment, node: String, update: Update) {
        // Grows over a restart too, as long as fewer than a million items a second are published.
        self.last_item = (self.last_item + 1).max(now.utc.0.saturating_mul(1000));
        let notification = Notification {
            node,
            item: self.last_item,
            update: update.text,
            is_state: update.is_state,
        };
        self.outputs.push_back(Output::Publish(notification));
    }

    /// Publishes an error that the engine reported for an accepted request.
    fn publish_failure(&mut self, now: Moment, object: &Object, request: &Request, why: &Failure) {
        // Nobody waits for the answer, and the clock of the user's presence asks again.
        if request.is_forced() {
            return;
        }
        let node = match object {
            Object::User(_) => xml::user_uri(&request.user),
            Object::Dialogs(_) | Object::Dialog(_) => xml::dialogs_uri(&request.user),
        };
        let source = xml::object_uri(object);
        let update = xml::update(Verb::Put, &request.id, &source, |doc| {
            xml::failure(doc, object, why);
        });
        self.publish(now, node, update);
    }
}

/// Far more than an engine says of all agents and calls while it describes them.
const MAX_REPORTS: usize = 200_000;
