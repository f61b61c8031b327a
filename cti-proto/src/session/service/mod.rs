//! The server's side of many sessions: one machine for all clients.
//!
//! A [`Service`] holds a session for each connection and what they share: which client stands for
//! which agent and device, which calls run, monitors, teams, configuration, peripherals, and
//! whether this side is active. The application has the switch and the data; the service knows
//! what the protocol makes of it.
//!
//! ```text
//!     bytes, eof ┌─────────────────────────────┐ events (requests, opens, ends)
//!   ────────────►│ sessions ─► agents, devices │────────────────────────────────►
//!   ◄────────────│ outboxes ◄─ calls, monitors │◄────────────────────────────────
//!     bytes      │             teams, config   │ admit, answer, publish
//!                └─────────────────────────────┘
//! ```
//!
//! What the service decides and does by itself, beside all that [`Server`] does for one session:
//!
//! - **Takeover.** A device belongs to one CLIENT_EVENTS client. The same client (same ClientID)
//!   that opens again ends its old session with status 11; another one is refused with 10. Agent
//!   data that disagree with what the application says of the agent are refused with 32, a switch
//!   that does not exist with 7.
//! - **What follows OPEN_CONF.** ALL_EVENTS clients get a SYSTEM_EVENT for each peripheral,
//!   CLIENT_EVENTS clients a BEGIN_CALL_EVENT for each call at their devices, supervisors of UCCE
//!   an AGENT_TEAM_CONFIG_EVENT for each team.
//! - **Who gets an event.** [`Service::publish`] filters by services, masks, device, agent and
//!   team, through indexes. A CLIENT_EVENTS client follows a call from the moment its device takes
//!   part, told by BEGIN_CALL_EVENT, until END_CALL_EVENT. A message is encoded once for each
//!   version in use; clients share the bytes.
//! - **Monitors** of calls, devices, teams and sessions, each event with its MonitorID.
//! - **Configuration** upload and updates from a [`ConfigStore`], paced by what the client takes.
//! - **Requests without the service** they need are refused with 12 (17 in UCCX).
//! - **Active and standby**: [`Service::set_standing`], [`Service::begin_maintenance`].
//!
//! Left to the application: whether a password is right, whether agent and device exist, what a
//! request does, whether a client may control what it names, REGISTER_VARIABLES_REQ, services of
//! CTI_SERVICE_SERVER, and the services that only shape events (ACD_LINE_ONLY,
//! IGNORE_DUPLICATE_AGENT_EVENTS, UPDATE_EVENTS, task events): do not grant what you do not do.
//!
//! # The drive loop
//!
//! After any call that takes `&mut self`, drain [`Service::poll_event`] and
//! [`Service::poll_ready`], and re-arm from [`Service::poll_timeout`]. A connection that
//! `poll_ready` names has bytes: take them by [`Service::poll_transmit`] when its socket can be
//! written, until there are none. Connections with nothing to do cost nothing.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::time::Duration;
//!
//! use bytes::BytesMut;
//! use cti_proto::code::{PeripheralId, PeripheralType, ServiceMask, StatusCode};
//! use cti_proto::message::OpenConf;
//! use cti_proto::session::service::{Config, ConnectionId, Event, Peripheral, Service};
//! use cti_proto::session::server;
//! use cti_proto::Dialect;
//!
//! /// What a runtime gives: something happened to a connection, or time passed.
//! enum Happening {
//!     Bytes(ConnectionId, Vec<u8>),
//!     Eof(ConnectionId),
//!     Timer,
//! }
//!
//! fn drive(
//!     service: &mut Service,
//!     now: Duration,
//!     inputs: &mut BTreeMap<ConnectionId, BytesMut>,
//!     happening: Happening,
//!     mut write: impl FnMut(ConnectionId, &[u8]),
//! ) {
//!     match happening {
//!         Happening::Bytes(connection, bytes) => {
//!             let input = inputs.entry(connection).or_default();
//!             input.extend_from_slice(&bytes);
//!             service.handle_input(now, connection, input);
//!         }
//!         Happening::Eof(connection) => service.handle_eof(now, connection),
//!         Happening::Timer => service.handle_timeout(now),
//!     }
//!     while let Some(event) = service.poll_event() {
//!         match event {
//!             Event::OpenRequested { connection, request, .. } => {
//!                 let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::ALL_EVENTS);
//!                 let known = request.client_password.is_some_and(|password| password.expose() == b"pw");
//!                 if known {
//!                     service.admit(now, connection, conf).expect("the connection asked for it");
//!                 } else {
//!                     let status = StatusCode::INVALID_PASSWORD;
//!                     service.refuse(now, connection, status).expect("the connection asked for it");
//!                 }
//!                 // What came behind the OPEN_REQ has waited.
//!                 if let Some(input) = inputs.get_mut(&connection) {
//!                     service.handle_input(now, connection, input);
//!                 }
//!             }
//!             Event::Request { connection, invoke_id, .. } => {
//!                 // Ask the switch; answer now or later.
//!                 let status = StatusCode::FUNCTION_NOT_AVAILABLE;
//!                 let _ = service.fail(now, connection, invoke_id, status);
//!             }
//!             Event::Closed { connection, .. } => {
//!                 inputs.remove(&connection);
//!             }
//!             _ => {}
//!         }
//!     }
//!     while let Some(connection) = service.poll_ready() {
//!         while let Some(bytes) = service.poll_transmit(connection) {
//!             write(connection, &bytes);
//!         }
//!     }
//! }
//!
//! # use cti_proto::codec::{Secret, Text};
//! # use cti_proto::session::{Client, client};
//! # use cti_proto::Version;
//! let mut service = Service::new(Config::new(server::Config::new(Dialect::Uccx, 10..=17)));
//! service.set_peripheral(Duration::ZERO, Peripheral::new(PeripheralId(1), PeripheralType::ACMI_CRS));
//! let mut inputs = BTreeMap::new();
//! let connection = service.accept(Duration::ZERO).expect("there is room");
//! # let config = client::Config::new(Version::uccx(17), Text::try_from("desk").unwrap(), Secret::new(&b"pw"[..]));
//! # let mut client = Client::new(config.services(ServiceMask::ALL_EVENTS));
//! # client.open(Duration::ZERO).unwrap();
//! # let from_client = client.poll_transmit().unwrap().to_vec();
//! let mut written = Vec::new();
//! drive(&mut service, Duration::ZERO, &mut inputs, Happening::Bytes(connection, from_client), |_, bytes| {
//!     written.extend_from_slice(bytes);
//! });
//! // OPEN_CONF, and a SYSTEM_EVENT for the one peripheral.
//! assert_eq!(written[4..8], [0, 0, 0, 4]);
//! # let len = 8 + usize::from(u16::from_be_bytes([written[2], written[3]]));
//! # assert_eq!(written[len + 4..len + 8], [0, 0, 0, 31]);
//! assert!(service.is_open(connection));
//! # drive(&mut service, Duration::ZERO, &mut inputs, Happening::Timer, |_, _| {});
//! # drive(&mut service, Duration::ZERO, &mut inputs, Happening::Eof(connection), |_, _| {});
//! # assert!(!service.is_open(connection));
//! ```

mod answer;
mod call;
mod config;
mod directory;
mod event;
mod lifecycle;
mod monitor;
mod open;
mod peripheral;
mod publish;
mod request;
mod standing;
mod store;
mod subject;
mod team;
mod upload;
mod user_message;

pub use crate::session::ConfigKey;
pub use config::Config;
pub use event::{ConnectionId, Event};
pub use peripheral::Peripheral;
pub use store::{ConfigSection, ConfigStore};
pub use team::{Team, TeamMembership};

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use core::time::Duration;

use self::call::Calls;
use self::directory::{Directory, Identity};
use self::monitor::Monitors;
use self::peripheral::Clock;
use self::standing::Maintenance;
use self::team::Teams;
use self::upload::Upload;
use super::server::{self, Server, Standing};
use crate::code::{ConfigMask, PeripheralId, ServiceMask};
use crate::codec::Text;

/// A server's sessions with all its clients.
#[derive(Debug)]
pub struct Service {
    config: Config,
    /// What each session has of `config`.
    session: Arc<server::Config>,
    standing: Standing,
    parties: BTreeMap<ConnectionId, Party>,
    next_connection: u64,
    /// Counts messages that go to many, so that a client with two reasons gets one copy.
    round: u64,
    /// One entry for each connection with a deadline; may lie before it.
    timers: BTreeSet<(Duration, ConnectionId)>,
    /// Connections with bytes that `poll_ready` has not named.
    ready: VecDeque<ConnectionId>,
    /// Clients that did not keep up with what went to many: their sessions are over, and nobody
    /// was told yet.
    slow: VecDeque<ConnectionId>,
    events: VecDeque<Event>,
    directory: Directory,
    calls: Calls,
    monitors: Monitors,
    teams: Teams,
    peripherals: BTreeMap<PeripheralId, Peripheral>,
    store: ConfigStore,
    maintenance: Option<Maintenance>,
    clock: Clock,
}

/// One connection.
#[derive(Debug)]
struct Party {
    session: Server,
    /// When its entry in `timers` is due.
    armed: Option<Duration>,
    /// Whether it stands in `ready`.
    is_ready: bool,
    /// The last message to many that it got.
    round: u64,
    /// After the end: until when its bytes are kept.
    lingers_until: Option<Duration>,
    client: Client,
    upload: Upload,
}

/// Who the client is; filled by its OPEN_REQ.
#[derive(Debug, Default)]
struct Client {
    client_id: Text,
    signature: Option<Text>,
    peripheral: Option<PeripheralId>,
    asked: Asked,
    /// From the end of the opening on.
    identity: Identity,
    /// Kinds of configuration whose updates it wants, once it asked.
    config_records: ConfigMask,
}

/// Agent data of OPEN_REQ.
#[derive(Debug, Default)]
struct Asked {
    services: ServiceMask,
    agent_id: Option<Text>,
    agent_extension: Option<Text>,
    agent_instrument: Option<Text>,
}
