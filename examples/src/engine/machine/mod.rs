//! The engine without its sockets: what the switch tells and what clients ask goes in, requests to
//! the switch, answers, notices and changes to keep come out.
//!
//! `now` is the time since the Unix epoch: the engine's host asks the calendar once, when it starts,
//! and lets a monotonic clock go on from there. So an engine knows what the one before it meant by
//! "since" and "until". Same inputs, same outputs. After any call drain [`Engine::poll_output`] and re-arm from
//! [`Engine::poll_timeout`].

mod command;
mod follow;
mod routing;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use self::command::{Command, Done};
use super::{
    agent::{Agent, AgentState},
    call::{self, Tracked},
    failure::Failure,
    notice::{AgentNotice, CallEvent, CallNotice, Notice, Party},
    record::{AgentRecord, Change, Saved},
};
use crate::telephony::{Address, CallId, Cause, Event, Refusal, Reply, Request, Snapshot};

/// Who and what the engine knows.
#[derive(Clone, Debug)]
pub struct Config {
    /// Agents and supervisors.
    pub agents: Vec<Profile>,
    /// Teams, by number.
    pub teams: BTreeMap<u32, String>,
    /// The one queue.
    pub queue: Queue,
    /// How long a phone rings before the call goes back to the queue and the agent to NOT_READY.
    pub ring_limit: Duration,
}

/// Who an agent is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Profile {
    /// Login id.
    pub login_id: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The line that the agent signs in on.
    pub extension: Address,
    /// Whether the agent supervises the team.
    pub supervisor: bool,
    /// The team.
    pub team: u32,
}

/// A contact service queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Queue {
    /// Its number.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// The route point that callers reach it by.
    pub route_point: Address,
    /// How long agents wrap up; nought for no wrap-up.
    pub wrap_up: Duration,
}

/// Joins a command with its answer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket(pub u64);

/// Joins a request to the switch with its answer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct AskId(u64);

/// Something to be done outside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// Keep this before anything that follows is told.
    Save(Change),
    /// Ask the switch.
    Ask {
        /// Returned in [`Engine::switch_answer`].
        id: AskId,
        /// What to ask.
        request: Request,
    },
    /// Answer a command.
    Answer {
        /// The command.
        ticket: Ticket,
        /// What came of it.
        result: Result<Done, Failure>,
    },
    /// Tell the clients.
    Tell(Notice),
}

/// The engine.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    agents: BTreeMap<String, Agent>,
    calls: BTreeMap<CallId, Tracked>,
    /// Calls that wait, by arrival.
    waiting: BTreeMap<u64, CallId>,
    next_arrival: u64,
    in_service: bool,
    asked: BTreeMap<AskId, Purpose>,
    next_ask: AskId,
    /// The switch refused what should have been possible: until then calls are not routed, and
    /// after that everything which is still to be done is asked again.
    pause: Option<Duration>,
    /// What has changed since the last save.
    dirty_agents: BTreeSet<String>,
    dirty_calls: BTreeSet<CallId>,
    outputs: VecDeque<Output>,
}

/// Why the switch was asked.
#[derive(Clone, Debug)]
enum Purpose {
    /// For a client.
    Command(Ticket),
    /// To let a call wait.
    Queue { call: CallId },
    /// To send a call to an agent.
    Route { login_id: String, call: CallId },
    /// To take a call back from an agent who does not answer, or is no longer signed in.
    TakeBack { login_id: String, call: CallId },
}

impl Engine {
    /// An engine that goes on where `saved` left off. It routes nothing until
    /// [`Self::switch_in_service`].
    #[must_use]
    pub fn new(now: Duration, config: Config, saved: Saved) -> Self {
        let mut agents: BTreeMap<String, Agent> = config
            .agents
            .iter()
            .map(|profile| (profile.login_id.clone(), Agent::new(now)))
            .collect();
        for record in saved.agents {
            let profile = config.agents.iter().find(|p| p.login_id == record.login_id);
            // Whoever is no longer configured, or has another line now, is not signed in.
            let kept = |profile: &Profile| {
                record
                    .line
                    .as_ref()
                    .is_none_or(|line| *line == profile.extension)
            };
            if profile.is_some_and(kept) {
                agents.insert(record.login_id.clone(), restored(now, &config, &record));
            }
        }
        let calls: BTreeMap<CallId, Tracked> = saved
            .calls
            .into_iter()
            .map(|call| (call.id(), call))
            .collect();
        let next_arrival = calls
            .values()
            .filter_map(|call| call.arrival)
            .max()
            .unwrap_or(0)
            + 1;
        Self {
            config,
            agents,
            calls,
            waiting: BTreeMap::new(),
            next_arrival,
            in_service: false,
            asked: BTreeMap::new(),
            next_ask: AskId(1),
            pause: None,
            dirty_agents: BTreeSet::new(),
            dirty_calls: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The switch is there. What it did unheard is made up for: agents and clients are told as if
    /// they had heard it.
    pub fn switch_in_service(&mut self, now: Duration, snapshot: &Snapshot) {
        let gone: Vec<CallId> = self
            .calls
            .values()
            .filter(|known| !known.over && !snapshot.calls.iter().any(|c| c.id == known.id()))
            .map(Tracked::id)
            .collect();
        for id in gone {
            let missed = self.calls.get(&id).map(|known| call::ended(&known.call));
            for event in missed.unwrap_or_default() {
                self.follow(now, event);
            }
        }
        for current in &snapshot.calls {
            let known = self.calls.get(&current.id).filter(|known| !known.over);
            for event in call::missed(known.map(|known| &known.call), current) {
                self.follow(now, event);
            }
        }
        self.in_service = true;
        self.outputs
            .push_back(Output::Tell(Notice::Switch { in_service: true }));
        self.put_right(now);
        self.settle(now);
    }

    /// The switch is away. Calls and agents stay as they were last seen.
    pub fn switch_out_of_service(&mut self) {
        self.in_service = false;
        self.pause = None;
        self.waiting.clear();
        for purpose in core::mem::take(&mut self.asked).into_values() {
            if let Purpose::Command(ticket) = purpose {
                self.refuse(ticket, Failure::OUT_OF_SERVICE);
            }
        }
        self.outputs
            .push_back(Output::Tell(Notice::Switch { in_service: false }));
    }

    /// Something happened on the switch.
    pub fn switch_event(&mut self, now: Duration, event: Event) {
        self.follow(now, event);
        self.settle(now);
    }

    /// The switch answered.
    pub fn switch_answer(&mut self, now: Duration, id: AskId, result: Result<Reply, Refusal>) {
        // Asked of a switch that went away since.
        let Some(purpose) = self.asked.remove(&id) else {
            return;
        };
        match purpose {
            Purpose::Command(ticket) => {
                let result = result.map_err(Failure::from).map(|reply| Done {
                    call: match reply {
                        Reply::Call(call) => Some(call),
                        Reply::Done | Reply::Snapshot(_) => None,
                    },
                });
                self.outputs.push_back(Output::Answer { ticket, result });
            }
            Purpose::Queue { call } => {
                if let Err(refusal) = result {
                    self.queue_refused(now, call, refusal);
                }
            }
            Purpose::Route { login_id, call } => {
                if let Err(refusal) = result {
                    self.route_refused(now, &login_id, call, refusal);
                }
            }
            Purpose::TakeBack { login_id, call } => {
                if let Err(refusal) = result {
                    self.take_back_refused(now, &login_id, call, refusal);
                }
            }
        }
        self.settle(now);
    }
    /// Lets time pass. Harmless when nothing is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        let due: Vec<String> = self
            .agents
            .iter()
            .filter(|(_, agent)| agent.due.is_some_and(|due| due <= now))
            .map(|(login_id, _)| login_id.clone())
            .collect();
        for login_id in due {
            let Some(agent) = self.agents.get_mut(&login_id) else {
                continue;
            };
            match agent.state {
                AgentState::Work => {
                    let call = agent.call;
                    agent.wrap_up_over(now);
                    self.agent_changed(now, &login_id);
                    self.end_if_wrapped_up(call);
                }
                AgentState::Reserved => {
                    agent.due = None;
                    let (call, line) = (agent.call, agent.line.clone());
                    self.take_back(login_id, call, line);
                }
                AgentState::Logout
                | AgentState::NotReady
                | AgentState::Ready
                | AgentState::Talking => agent.due = None,
            }
        }
        if self.pause.is_some_and(|until| until <= now) {
            self.pause = None;
            self.ask_again();
        }
        self.settle(now);
    }

    /// Takes the next thing to do outside.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let agents = self.agents.values().filter_map(|agent| agent.due);
        agents.chain(self.pause).min()
    }

    /// What the engine was set up with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the switch can be reached.
    #[must_use]
    pub fn in_service(&self) -> bool {
        self.in_service
    }

    /// An agent's state, by login id.
    #[must_use]
    pub fn agent(&self, now: Duration, login_id: &str) -> Option<AgentNotice> {
        let (login_id, agent) = self.agents.get_key_value(login_id)?;
        Some(AgentNotice {
            login_id: login_id.clone(),
            line: agent.line.clone(),
            state: agent.state,
            reason: agent.reason,
            duration: now.saturating_sub(agent.since),
            pending_not_ready: agent.pending.is_some(),
        })
    }

    /// The login id of whoever is signed in on a line.
    #[must_use]
    pub fn agent_on(&self, line: &Address) -> Option<&str> {
        let signed_in = |(_, agent): &(&String, &Agent)| agent.line.as_ref() == Some(line);
        self.agents
            .iter()
            .find(signed_in)
            .map(|(login_id, _)| login_id.as_str())
    }

    /// Everything a client must be told that comes now: all agents, then all calls.
    #[must_use]
    pub fn picture(&self, now: Duration) -> Vec<Notice> {
        let agents = self
            .agents
            .keys()
            .filter_map(|login_id| self.agent(now, login_id));
        let calls = self.calls.values().flat_map(|tracked| {
            tracked.replay().into_iter().map(|(event, device)| {
                let call = tracked.facts();
                Notice::Call(CallNotice {
                    event,
                    device,
                    cause: Cause::Normal,
                    call,
                })
            })
        });
        // Calls first: an agent in WORK wraps up a call that the client has then heard of.
        calls.chain(agents.map(Notice::Agent)).collect()
    }

    /// A call that the engine follows.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&Tracked> {
        self.calls.get(&id)
    }

    /// Numbers of the calls that the engine follows.
    pub fn call_ids(&self) -> impl Iterator<Item = CallId> + '_ {
        self.calls.keys().copied()
    }

    /// What every input ends with.
    fn settle(&mut self, now: Duration) {
        self.dispatch(now);
        // Saved first, told after: nobody hears of what a crash would undo.
        let mut told = core::mem::take(&mut self.outputs);
        for login_id in core::mem::take(&mut self.dirty_agents) {
            if let Some(agent) = self.agents.get(&login_id) {
                let record = AgentRecord::of(&login_id, agent);
                self.outputs.push_back(Output::Save(Change::Agent(record)));
            }
        }
        for id in core::mem::take(&mut self.dirty_calls) {
            self.outputs
                .push_back(Output::Save(match self.calls.get(&id) {
                    Some(tracked) => Change::Call(Box::new(tracked.clone())),
                    None => Change::CallGone(id),
                }));
        }
        self.outputs.append(&mut told);
    }

    fn agent_changed(&mut self, now: Duration, login_id: &str) {
        self.dirty_agents.insert(login_id.to_owned());
        if let Some(notice) = self.agent(now, login_id) {
            self.outputs.push_back(Output::Tell(Notice::Agent(notice)));
        }
    }

    fn tell_call(&mut self, id: CallId, event: CallEvent, device: Party, cause: Cause) {
        if let Some(tracked) = self.calls.get(&id) {
            let call = tracked.facts();
            self.outputs
                .push_back(Output::Tell(Notice::Call(CallNotice {
                    event,
                    device,
                    cause,
                    call,
                })));
        }
    }

    fn ask(&mut self, purpose: Purpose, request: Request) {
        let id = self.next_ask;
        self.next_ask = AskId(id.0 + 1);
        self.asked.insert(id, purpose);
        self.outputs.push_back(Output::Ask { id, request });
    }

    fn refuse(&mut self, ticket: Ticket, failure: Failure) {
        self.outputs.push_back(Output::Answer {
            ticket,
            result: Err(failure),
        });
    }

    fn is_line(&self, address: &Address) -> bool {
        self.config
            .agents
            .iter()
            .any(|profile| profile.extension == *address)
    }

    fn line_is_idle(&self, line: &Address) -> bool {
        !self
            .calls
            .values()
            .any(|tracked| tracked.call.leg(line).is_some())
    }
}

/// The agent of a record. The clock may have been set back since: nothing lies in the future but
/// a due time, and that no further than it could be from now.
fn restored(now: Duration, config: &Config, record: &AgentRecord) -> Agent {
    let mut agent = record.agent();
    agent.since = agent.since.min(now);
    let longest = config.ring_limit.max(config.queue.wrap_up);
    agent.due = agent.due.map(|due| due.min(now.saturating_add(longest)));
    agent
}
