//! Teams of agents and their supervisors.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::directory::{Identity, Key};
use super::store::encoded;
use super::upload::pages;
use super::{ConnectionId, Service};
use crate::code::{
    AgentFlags, AgentState, InvokeId, MemberType, PeripheralId, RecordType, StatusCode,
    TeamConfigOperation, TeamOperation,
};
use crate::codec::Text;
use crate::error::EncodeError;
use crate::message::{
    AgentTeamConfigEvent, ListAgentTeamConf, Message, TeamAgent, TeamConfigConf, TeamConfigEvent,
    TeamMember,
};
use crate::session::Error;
use crate::version::Dialect;

/// A team of agents.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Team {
    /// Its number.
    pub id: u32,
    /// The switch of its agents; of no meaning in UCCX.
    pub peripheral_id: PeripheralId,
    /// Its name.
    pub name: Option<Text>,
    /// Its agents and supervisors.
    pub members: Vec<TeamMembership>,
}

/// An agent's part in a team.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TeamMembership {
    /// The agent.
    pub agent_id: Text,
    /// What the agent is in it. The supervisors get the team's events.
    pub flags: AgentFlags,
}

impl Team {
    /// A team of `members`.
    pub const fn new(id: u32, peripheral_id: PeripheralId, members: Vec<TeamMembership>) -> Self {
        Self {
            id,
            peripheral_id,
            name: None,
            members,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(mut self, name: Text) -> Self {
        self.name = Some(name);
        self
    }
}

impl TeamMembership {
    fn supervises(&self) -> bool {
        let supervisor = AgentFlags::PRIMARY_SUPERVISOR | AgentFlags::SUPERVISOR;
        self.flags.intersects(supervisor)
    }
}

/// Teams by number, agent and listening supervisor.
#[derive(Debug, Default)]
pub(super) struct Teams {
    teams: BTreeMap<u32, Team>,
    /// Teams by member.
    of_agent: BTreeMap<Key, BTreeSet<u32>>,
    /// Teams by supervising agent.
    supervised: BTreeMap<Key, BTreeSet<u32>>,
    /// Sessions of supervisors, by the agent they stand for.
    clients: BTreeMap<Key, ConnectionId>,
    by_client: BTreeMap<ConnectionId, Key>,
    /// Sessions that are told of all teams: in UCCE supervisors without an agent, in UCCX those
    /// that sent TEAM_CONFIG_REQ.
    listeners: BTreeSet<ConnectionId>,
    /// State of members, and since when.
    states: BTreeMap<Key, (AgentState, Duration)>,
}

impl Teams {
    pub(super) fn add_client(
        &mut self,
        dialect: Dialect,
        client: ConnectionId,
        identity: &Identity,
    ) {
        if let Some(agent) = &identity.agent {
            self.clients.insert(agent.clone(), client);
            self.by_client.insert(client, agent.clone());
        } else if dialect == Dialect::Ucce {
            self.listeners.insert(client);
        }
    }

    pub(super) fn remove_client(&mut self, client: ConnectionId) {
        self.listeners.remove(&client);
        if let Some(agent) = self.by_client.remove(&client)
            && self.clients.get(&agent) == Some(&client)
        {
            self.clients.remove(&agent);
        }
    }

    pub(super) fn of_agent(&self, agent: &Key) -> impl Iterator<Item = u32> {
        self.of_agent.get(agent).into_iter().flatten().copied()
    }

    /// Sessions of the supervisors of a team.
    pub(super) fn supervisors(&self, team: u32) -> impl Iterator<Item = ConnectionId> {
        let team = self.teams.get(&team);
        team.into_iter()
            .flat_map(|team| {
                let supervisors = team.members.iter().filter(|member| member.supervises());
                supervisors.map(|member| Key::new(team.peripheral_id, &member.agent_id))
            })
            .filter_map(|agent| self.clients.get(&agent).copied())
    }

    pub(super) fn supervisors_of(&self, agent: &Key) -> impl Iterator<Item = ConnectionId> {
        self.of_agent(agent).flat_map(|team| self.supervisors(team))
    }

    /// The agents of the teams of an agent.
    pub(super) fn mates_of(&self, agent: &Key) -> impl Iterator<Item = Key> {
        let teams = self
            .of_agent(agent)
            .filter_map(|team| self.teams.get(&team));
        teams.flat_map(|team| {
            let members = team.members.iter();
            members.map(|member| Key::new(team.peripheral_id, &member.agent_id))
        })
    }

    /// Notes the state of an agent who is in a team.
    pub(super) fn note_state(&mut self, now: Duration, agent: Option<&Key>, state: AgentState) {
        if let Some(agent) = agent.filter(|agent| self.of_agent.contains_key(*agent)) {
            let since = match self.states.get(agent) {
                Some((known, since)) if *known == state => *since,
                Some(_) | None => now,
            };
            self.states.insert(agent.detach(), (state, since));
        }
    }

    /// Teams that the agent of a session supervises; all, if it stands for no agent.
    fn supervised_by(&self, client: ConnectionId) -> Vec<&Team> {
        match self.by_client.get(&client) {
            None => self.teams.values().collect(),
            Some(agent) => {
                let teams = self.supervised.get(agent).into_iter().flatten();
                teams.filter_map(|team| self.teams.get(team)).collect()
            }
        }
    }

    fn insert(&mut self, team: Team) -> Option<Team> {
        let old = self.remove(team.id);
        for member in &team.members {
            let key = Key::new(team.peripheral_id, &member.agent_id);
            if member.supervises() {
                self.supervised
                    .entry(key.clone())
                    .or_default()
                    .insert(team.id);
            }
            self.of_agent.entry(key).or_default().insert(team.id);
        }
        self.teams.insert(team.id, team);
        old
    }

    fn remove(&mut self, id: u32) -> Option<Team> {
        let team = self.teams.remove(&id)?;
        for member in &team.members {
            let key = Key::new(team.peripheral_id, &member.agent_id);
            for map in [&mut self.of_agent, &mut self.supervised] {
                if let Some(teams) = map.get_mut(&key) {
                    teams.remove(&id);
                    if teams.is_empty() {
                        map.remove(&key);
                    }
                }
            }
            if !self.of_agent.contains_key(&key) {
                self.states.remove(&key);
            }
        }
        Some(team)
    }

    /// The events that tell of a team.
    fn messages(
        &self,
        now: Duration,
        dialect: Dialect,
        team: &Team,
        operation: Change,
    ) -> Vec<Message> {
        chunks(&team.members)
            .into_iter()
            .map(|members| match dialect {
                Dialect::Ucce => AgentTeamConfigEvent::with(|event| {
                    event.peripheral_id = team.peripheral_id;
                    event.team_id = team.id;
                    event.config_operation = match operation {
                        Change::Shown => TeamConfigOperation::ADD_AGENT,
                        Change::Gone => TeamConfigOperation::REMOVE_AGENT,
                        Change::Replaced => TeamConfigOperation::RESTORE_PERMANENT,
                    };
                    event.agent_team_name.clone_from(&team.name);
                    event.agents = members
                        .iter()
                        .map(|member| self.team_agent(now, team.peripheral_id, member))
                        .collect();
                })
                .into(),
                Dialect::Uccx => TeamConfigEvent::with(|event| {
                    event.team_id = team.id;
                    event.operation = match operation {
                        Change::Shown => TeamOperation::ADD_TEAM,
                        Change::Gone => TeamOperation::REMOVE_TEAM,
                        Change::Replaced => TeamOperation::CHANGE_TEAM,
                    };
                    // UCCX requires it.
                    event.team_name = Some(team.name.clone().unwrap_or_default());
                    event.members = members.iter().map(team_member).collect();
                })
                .into(),
            })
            .collect()
    }

    fn team_agent(
        &self,
        now: Duration,
        peripheral: PeripheralId,
        member: &TeamMembership,
    ) -> TeamAgent {
        let state = self.states.get(&Key::new(peripheral, &member.agent_id));
        TeamAgent {
            agent_id: Some(member.agent_id.clone()),
            flags: Some(member.flags),
            state: Some(state.map_or(AgentState::LOGOUT, |(state, _)| *state)),
            state_duration: state.map(|(_, since)| {
                let seconds = now.saturating_sub(*since).as_secs();
                u32::try_from(seconds).unwrap_or(u32::MAX)
            }),
        }
    }
}

/// What a team event says.
#[derive(Clone, Copy, Debug)]
enum Change {
    Shown,
    Replaced,
    Gone,
}

impl Service {
    /// Adds a team or replaces it; its supervisors are told.
    ///
    /// States of agents are known from the AGENT_STATE_EVENTs that were published. A team without
    /// a name has an empty one in UCCX. UCCE tells the name from version 16 on, and no teams below
    /// version 8. LIST_AGENT_TEAM_CONF names the first 256 teams of a supervisor.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] when the name or an AgentID is too long: UCCE takes 31 and 11 bytes, UCCX
    /// 49 and 128. Nothing changes then.
    pub fn set_team(&mut self, now: Duration, team: Team) -> Result<(), Error> {
        let team = Team {
            peripheral_id: self.peripheral_id(team.peripheral_id),
            ..team
        };
        let dialect = self.session.dialect;
        for message in self.teams.messages(now, dialect, &team, Change::Shown) {
            match encoded(self.session.newest(), &message) {
                Ok(_) | Err(EncodeError::NotInVersion { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let id = team.id;
        let change = match self.teams.insert(team) {
            Some(_) => Change::Replaced,
            None => Change::Shown,
        };
        self.tell_team(now, id, change);
        Ok(())
    }

    /// Takes a team away; its supervisors are told.
    pub fn remove_team(&mut self, now: Duration, id: u32) {
        self.tell_team(now, id, Change::Gone);
        self.teams.remove(id);
        self.monitors.end_team(id);
    }

    /// AGENT_TEAM_CONFIG_EVENTs after OPEN_CONF.
    pub(super) fn upload_teams(&mut self, now: Duration, connection: ConnectionId) {
        let teams = self.teams.supervised_by(connection);
        let messages: Vec<Message> = teams
            .into_iter()
            .flat_map(|team| self.teams.messages(now, Dialect::Ucce, team, Change::Shown))
            .collect();
        self.upload(now, connection, &messages);
    }

    /// Whether TEAM_CONFIG_REQ can be answered now: the answer before it has been taken.
    pub(super) fn begin_team_answer(&mut self, connection: ConnectionId) -> bool {
        let party = self.parties.get_mut(&connection);
        party.is_some_and(|party| party.upload.begin_team_answer())
    }

    /// TEAM_CONFIG_REQ of UCCX: an event for each team, then the confirmation.
    pub(super) fn answer_team_config(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        config_param: u16,
    ) {
        let mut messages: Vec<Message> = Vec::new();
        if config_param != UPDATES_ONLY {
            let teams = self.teams.teams.values();
            messages.extend(
                teams.flat_map(|team| self.teams.messages(now, Dialect::Uccx, team, Change::Shown)),
            );
        }
        messages.push(
            TeamConfigConf::with(|conf| {
                conf.invoke_id = invoke_id;
                conf.status = StatusCode::NO_ERROR;
            })
            .into(),
        );
        self.teams.listeners.insert(connection);
        if let Some(party) = self.parties.get_mut(&connection) {
            party.session.settle_request(invoke_id);
        }
        self.upload(now, connection, &messages);
    }

    /// LIST_AGENT_TEAM_REQ: the numbers of the teams that the client supervises.
    pub(super) fn list_teams(&self, connection: ConnectionId) -> Message {
        let teams = self.teams.supervised_by(connection);
        ListAgentTeamConf::with(|conf| {
            conf.segment_number = 1;
            conf.team_ids = teams
                .iter()
                .map(|team| team.id)
                .take(TEAMS_PER_LIST)
                .collect();
        })
        .into()
    }

    fn tell_team(&mut self, now: Duration, id: u32, change: Change) {
        let dialect = self.session.dialect;
        let Some(team) = self.teams.teams.get(&id) else {
            return;
        };
        let messages = self.teams.messages(now, dialect, team, change);
        let mut clients = self.teams.listeners.clone();
        if dialect == Dialect::Ucce {
            clients.extend(self.teams.supervisors(id));
        }
        for client in clients {
            self.upload(now, client, &messages);
        }
    }

    /// Sends messages behind whatever is being uploaded.
    fn upload(&mut self, now: Duration, connection: ConnectionId, messages: &[Message]) {
        let Some(party) = self.parties.get_mut(&connection) else {
            return;
        };
        let Some(version) = party.session.version().filter(|_| !messages.is_empty()) else {
            return;
        };
        if party.upload.is_full() {
            // As slow as one whose outbox is full.
            party.session.close_slow();
        } else {
            party.upload.push(Arc::from(pages(version, messages)));
            party.upload.pump(&mut party.session);
        }
        self.settle(now, connection);
    }
}

/// Members as they go into messages: each holds as many as fit into it in every version. A team
/// without members is told of, too.
fn chunks(members: &[TeamMembership]) -> Vec<&[TeamMembership]> {
    let mut chunks = Vec::new();
    let mut rest = members;
    loop {
        let mut room = MEMBERS_LEN;
        let fits = |member: &&TeamMembership| {
            let len = MEMBER_LEN + member.agent_id.as_bytes().len();
            let fits = len <= room;
            room = room.saturating_sub(len);
            fits
        };
        let count = rest
            .iter()
            .take(MEMBERS_PER_MESSAGE)
            .take_while(fits)
            .count();
        // One that fits into no message has been refused by `set_team`.
        let (chunk, left) = rest.split_at(count.max(1).min(rest.len()));
        chunks.push(chunk);
        rest = left;
        if rest.is_empty() {
            return chunks;
        }
    }
}

fn team_member(member: &TeamMembership) -> TeamMember {
    TeamMember {
        agent_id: Some(member.agent_id.clone()),
        flags: Some(member.flags),
        record_type: Some(RecordType::ADD),
        member_type: Some(MemberType::AGENT_OR_SUPERVISOR),
    }
}

/// TEAM_CONFIG_EVENT holds 64 members at most; the same is kept for AGENT_TEAM_CONFIG_EVENT.
const MEMBERS_PER_MESSAGE: usize = 64;
/// Bytes of the members of one message: versions below UCCE 20 have 4,329 for header, fixed fields,
/// name and members.
const MEMBERS_LEN: usize = 4_096;
/// What a member takes beside its AgentID, at most: four tags and lengths of two bytes each, a NUL,
/// three values of up to four bytes.
const MEMBER_LEN: usize = 4 * (2 + 2) + 1 + 3 * 4;
/// ConfigParam of TEAM_CONFIG_REQ.
const UPDATES_ONLY: u16 = 2;
/// What fits into one LIST_AGENT_TEAM_CONF of every version; supervisors have a few.
const TEAMS_PER_LIST: usize = 256;
