//! What is asked of an engine after the session is open, until the picture of its world is complete.
//!
//! ```text
//! CONFIG_REQUEST_EVENT ... CONFIG_END_EVENT
//!   -> TEAM_CONFIG_REQ ... TEAM_CONFIG_CONF
//!     -> QUERY_AGENT_STATE_REQ for each agent
//!       -> SNAPSHOT_DEVICE_REQ for each line in use
//!         -> SNAPSHOT_CALL_REQ for each call on it
//! ```
//!
//! An engine that describes agents and calls by itself is heard all the while; the answers then say the
//! same again. One that does not know a query is believed by its events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cti_proto::{
    Message,
    code::{ConfigMask, InvokeId},
    message::{ConfigRequestEvent, TeamConfigReq},
    session::client::Failure,
};

use super::{read, write};
use crate::finesse::core::EngineEvent;

/// The sequence, for one session.
#[derive(Debug)]
pub(super) struct Rebuild {
    /// Kinds of records that are being sent.
    current: ConfigMask,
    /// Kinds of records that have come whole.
    complete: ConfigMask,
    queries: VecDeque<Query>,
    waiting: BTreeMap<InvokeId, Query>,
    agents: BTreeSet<String>,
    calls: BTreeSet<u32>,
    finished: bool,
}

/// Something to ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Query {
    Teams,
    Agent(String),
    Line(String),
    Call { id: u32, line: String },
}

impl Rebuild {
    pub(super) fn new() -> Self {
        Self {
            current: ConfigMask::NONE,
            complete: ConfigMask::NONE,
            queries: VecDeque::new(),
            waiting: BTreeMap::new(),
            agents: BTreeSet::new(),
            calls: BTreeSet::new(),
            finished: false,
        }
    }

    /// The message that begins it.
    pub(super) fn begin() -> Message {
        ConfigRequestEvent::with(|message| message.config_information = records()).into()
    }

    /// A message came that answers no request.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "three messages move the sequence on"
    )]
    pub(super) fn on_message(&mut self, message: &Message) {
        match message {
            Message::ConfigBeginEvent(begin) => self.current = begin.config_information,
            Message::ConfigAgentEvent(event) => {
                let agents = event
                    .records
                    .iter()
                    .filter_map(|record| record.login_id.as_ref());
                self.agents.extend(agents.map(ToString::to_string));
            }
            Message::ConfigEndEvent(_) => {
                let before = self.complete;
                self.complete = self.complete | self.current;
                if self.complete.contains(records()) && !before.contains(records()) {
                    self.queries.push_back(Query::Teams);
                }
            }
            _ => {}
        }
    }

    /// What to ask next; tell [`sent`](Self::sent).
    pub(super) fn next_query(&mut self) -> Option<(Query, Message)> {
        if self.waiting.len() >= AT_ONCE {
            return None;
        }
        let query = self.queries.pop_front()?;
        let message = match &query {
            Query::Teams => {
                TeamConfigReq::with(|message| message.config_param = INITIAL_UPLOAD).into()
            }
            Query::Agent(login_id) => write::query_agent(login_id),
            Query::Line(line) => write::snapshot_device(line),
            Query::Call { id, line } => write::snapshot_call(*id, line),
        };
        Some((query, message))
    }

    /// The query was sent.
    pub(super) fn sent(&mut self, id: InvokeId, query: Query) {
        self.waiting.insert(id, query);
    }

    /// An answer came. Returns what it says of agents and calls.
    pub(super) fn on_answer(
        &mut self,
        id: InvokeId,
        result: &Result<Message, Failure>,
    ) -> Option<EngineEvent> {
        let query = self.waiting.remove(&id)?;
        let event = match (query, result) {
            (Query::Teams, _) => {
                let agents = std::mem::take(&mut self.agents);
                self.queries.extend(agents.into_iter().map(Query::Agent));
                None
            }
            (Query::Agent(login_id), Ok(message)) => {
                let event = read::answer(&login_id, message);
                if let Some(EngineEvent::AgentState(report)) = &event
                    && let Some(line) = &report.extension
                    && !line.is_empty()
                {
                    self.queries.push_back(Query::Line(line.clone()));
                }
                event
            }
            (Query::Line(line), Ok(Message::SnapshotDeviceConf(conf))) => {
                let calls = conf
                    .calls
                    .iter()
                    .filter_map(|call| Some(call.connection_call_id?.0));
                for id in calls {
                    if self.calls.insert(id) {
                        self.queries.push_back(Query::Call {
                            id,
                            line: line.clone(),
                        });
                    }
                }
                None
            }
            (Query::Call { id, .. }, Ok(message)) => read::snapshot(id, message),
            (Query::Line(_), Ok(_)) | (_, Err(_)) => None,
        };
        self.finished = self.waiting.is_empty() && self.queries.is_empty();
        event
    }

    /// Whether everything was asked and answered.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }
}

/// CSQs and agents; in UCCX the bit of skill groups stands for CSQs.
fn records() -> ConfigMask {
    ConfigMask::SKILL_GROUP | ConfigMask::AGENT
}

/// `ConfigParam` of TEAM_CONFIG_REQ.
const INITIAL_UPLOAD: u16 = 1;

/// Queries that wait for an answer at one time.
const AT_ONCE: usize = 64;
