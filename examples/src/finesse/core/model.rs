//! Agents, teams, queues and dialogs as the engine reports them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Moment,
    dialog::{CallState, Dialog, Participant},
    engine::{AgentRecord, AgentReport, CallEvent, CallId, EngineRequest, QueueRecord, TeamRecord},
    pending::Request,
    time::UtcMillis,
};

/// State of a user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgentState {
    /// Signed out.
    Logout,
    /// Signed in, takes no calls.
    NotReady,
    /// Waits for a call.
    Ready,
    /// A call is offered.
    Reserved,
    /// On a call.
    Talking,
    /// On a call that is on hold.
    Hold,
    /// Wrap-up.
    Work,
    /// Wrap-up that ends in READY; UCCX has none.
    WorkReady,
    /// Not known.
    Unknown,
}

impl AgentState {
    /// The constant in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::NotReady => "NOT_READY",
            Self::Ready => "READY",
            Self::Reserved => "RESERVED",
            Self::Talking => "TALKING",
            Self::Hold => "HOLD",
            Self::Work => "WORK",
            Self::WorkReady => "WORK_READY",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether a state asked for now becomes the pending state.
    pub fn is_on_call(self) -> bool {
        matches!(self, Self::Reserved | Self::Talking | Self::Hold)
    }

    /// Whether this is one of the wrap-up states.
    pub fn is_wrap_up(self) -> bool {
        matches!(self, Self::Work | Self::WorkReady)
    }
}

/// What a user may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Own objects.
    Agent,
    /// Objects of the teams too.
    Supervisor,
}

/// An agent or supervisor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Agent {
    /// Who it is.
    pub record: AgentRecord,
    /// Line the agent is signed in on; empty in LOGOUT.
    pub extension: String,
    /// State.
    pub state: AgentState,
    /// State that begins when the call ends.
    pub pending: Option<AgentState>,
    /// Number of the reason code, where the state has one.
    pub reason: Option<u16>,
    /// Since when.
    pub state_changed: UtcMillis,
}

/// A team.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Team {
    /// Shown to people.
    pub name: String,
    /// Login ids of the members.
    pub members: BTreeSet<String>,
    /// Login ids of those members who supervise it.
    pub supervisors: BTreeSet<String>,
}

/// Everything that the engine reported.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    /// By login id.
    pub agents: BTreeMap<String, Agent>,
    /// By number.
    pub teams: BTreeMap<u32, Team>,
    /// By number.
    pub queues: BTreeMap<u32, QueueRecord>,
    /// By call.
    pub dialogs: BTreeMap<CallId, Dialog>,
    /// Login id of the agent who is signed in on a line.
    lines: BTreeMap<String, String>,
}

impl World {
    /// Adds an agent or changes who it is. Returns whether anything changed.
    pub(super) fn configure_agent(&mut self, now: Moment, record: AgentRecord) -> bool {
        match self.agents.get_mut(&record.login_id) {
            Some(agent) if agent.record == record => false,
            Some(agent) => {
                agent.record = record;
                true
            }
            None => {
                let agent = Agent {
                    extension: String::new(),
                    state: AgentState::Logout,
                    pending: None,
                    reason: None,
                    state_changed: now.utc,
                    record,
                };
                self.agents.insert(agent.record.login_id.clone(), agent);
                true
            }
        }
    }

    /// Forgets an agent.
    pub(super) fn remove_agent(&mut self, login_id: &str) -> Option<Agent> {
        let agent = self.agents.remove(login_id)?;
        self.lines.remove(&agent.extension);
        for team in self.teams.values_mut() {
            team.members.remove(login_id);
            team.supervisors.remove(login_id);
        }
        Some(agent)
    }

    /// Adds a team or changes it.
    pub(super) fn configure_team(&mut self, record: TeamRecord) {
        let team = self.teams.entry(record.id).or_default();
        team.name = record.name;
        for member in record.members {
            team.members.remove(&member.login_id);
            team.supervisors.remove(&member.login_id);
            if member.removed {
                continue;
            }
            if member.supervises {
                team.supervisors.insert(member.login_id.clone());
            }
            team.members.insert(member.login_id);
        }
    }

    /// Takes over a reported state. Returns whether anything that users see changed; `None` for an
    /// agent that is not configured.
    pub(super) fn report_agent(&mut self, now: Moment, report: &AgentReport) -> Option<bool> {
        let agent = self.agents.get_mut(&report.login_id)?;
        let before = agent.clone();
        if agent.state != report.state || report.for_seconds.is_some_and(|age| age > 0) {
            let age = u64::from(report.for_seconds.unwrap_or(0)) * 1000;
            let since = UtcMillis(now.utc.0.saturating_sub(age));
            // A report of the same state again carries its age in whole seconds: not a change.
            if agent.state != report.state || agent.state_changed.0.abs_diff(since.0) > 2000 {
                agent.state_changed = since;
            }
        }
        agent.state = report.state;
        agent.reason = match report.state {
            AgentState::Logout | AgentState::NotReady => report
                .reason
                .or_else(|| agent.reason.filter(|_| before.state == report.state))
                .filter(|code| *code != NO_REASON),
            AgentState::Ready
            | AgentState::Reserved
            | AgentState::Talking
            | AgentState::Hold
            | AgentState::Work
            | AgentState::WorkReady
            | AgentState::Unknown => None,
        };
        agent.pending = report
            .next
            .or(agent.pending)
            .filter(|_| report.state.is_on_call() || report.state.is_wrap_up());
        let line = match &report.extension {
            _ if report.state == AgentState::Logout => String::new(),
            Some(extension) => extension.clone(),
            None if agent.extension.is_empty() => agent.record.extension.clone(),
            None => agent.extension.clone(),
        };
        if line != agent.extension {
            self.lines.remove(&agent.extension);
            if !line.is_empty() {
                self.lines.insert(line.clone(), report.login_id.clone());
            }
            agent.extension = line;
        }
        Some(*agent != before)
    }

    /// Takes over what happened to a call. Returns whether the call is followed.
    pub(super) fn report_call(&mut self, now: Moment, id: CallId, event: &CallEvent) -> bool {
        let mut dialog = match self.dialogs.remove(&id) {
            Some(dialog) => dialog,
            None if *event == CallEvent::Ended || self.dialogs.len() >= MAX_DIALOGS => {
                return false;
            }
            None => Dialog::new(id),
        };
        if *event == CallEvent::Ended {
            return true;
        }
        dialog.is_left_out = false;
        dialog.apply(now.utc, event, &|line| self.is_agent_line(line));
        self.dialogs.insert(id, dialog);
        true
    }

    /// Whether a call has the data that a request for it asks for; any call, where it asks for none.
    pub(super) fn has_asked_data(&self, id: CallId, request: &Request) -> bool {
        let EngineRequest::SetCallData { data, .. } = &request.asks else {
            return true;
        };
        let dialog = self.dialogs.get(&id);
        dialog.is_some_and(|dialog| dialog.data.holds(data))
    }

    /// Whether an agent who was on this call is in wrap-up.
    pub(super) fn wraps_up(&self, dialog: &Dialog) -> bool {
        let was_on = |party: &&Participant| party.state != CallState::Dropped;
        let mut agents = dialog
            .participants
            .iter()
            .filter(was_on)
            .filter_map(|party| self.agents.get(self.agent_on(&party.address)?));
        agents.any(|agent| agent.state.is_wrap_up())
    }

    /// Login id of the agent who is signed in on this line.
    pub(super) fn agent_on(&self, line: &str) -> Option<&str> {
        self.lines.get(line).map(String::as_str)
    }

    /// Whether this is the line of an agent, signed in or not.
    pub(super) fn is_agent_line(&self, line: &str) -> bool {
        self.lines.contains_key(line)
            || self
                .agents
                .values()
                .any(|agent| agent.record.extension == line)
    }

    /// The team whose member this is. Where someone is in several, the one not supervised counts.
    pub(super) fn team_of(&self, login_id: &str) -> Option<(u32, &Team)> {
        let teams = || {
            self.teams
                .iter()
                .filter(|(_, team)| team.members.contains(login_id))
        };
        let own = teams().find(|(_, team)| !team.supervisors.contains(login_id));
        own.or_else(|| teams().next()).map(|(id, team)| (*id, team))
    }

    /// All teams with this member.
    pub(super) fn teams_of<'a>(
        &'a self,
        login_id: &'a str,
    ) -> impl Iterator<Item = (u32, &'a Team)> {
        self.teams
            .iter()
            .filter(move |(_, team)| team.members.contains(login_id))
            .map(|(id, team)| (*id, team))
    }

    /// Teams that this user supervises.
    pub(super) fn supervised_by<'a>(
        &'a self,
        login_id: &'a str,
    ) -> impl Iterator<Item = (u32, &'a Team)> {
        self.teams
            .iter()
            .filter(move |(_, team)| team.supervisors.contains(login_id))
            .map(|(id, team)| (*id, team))
    }

    /// Whether `supervisor` supervises a team of `login_id`.
    pub(super) fn supervises(&self, supervisor: &str, login_id: &str) -> bool {
        self.teams_of(login_id)
            .any(|(_, team)| team.supervisors.contains(supervisor))
    }

    /// Whether this user is party to any call; `mediaState`.
    pub(super) fn is_busy(&self, login_id: &str) -> bool {
        self.agents.get(login_id).is_some_and(|agent| {
            !agent.extension.is_empty()
                && self
                    .dialogs
                    .values()
                    .any(|dialog| dialog.engages(&agent.extension))
        })
    }

    /// Dialogs that this user was told of.
    pub(super) fn dialogs_of<'a>(&'a self, login_id: &'a str) -> impl Iterator<Item = &'a Dialog> {
        self.dialogs
            .values()
            .filter(move |dialog| dialog.told.contains(login_id))
    }
}

/// EventReasonCode that stands for no reason.
const NO_REASON: u16 = 0;

/// More than the lines of any system; the engine cannot fill the memory.
const MAX_DIALOGS: usize = 50_000;
