//! Teams of a supervisor.
//!
//! A session with [`ServiceMask::SUPERVISOR`](crate::code::ServiceMask::SUPERVISOR) is told of them:
//! in UCCE by AGENT_TEAM_CONFIG_EVENT after it opened (GED-188, "Session rules" 13), in UCCX by
//! TEAM_CONFIG_EVENT once it asked by
//! [`Client::request_teams`](crate::session::Client::request_teams).

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::code::{
    AgentFlags, AgentState, MemberType, PeripheralId, RecordType, TeamConfigOperation,
    TeamOperation,
};
use crate::codec::Text;
use crate::message::{AgentTeamConfigEvent, TeamAgent, TeamConfigEvent, TeamMember};
use crate::session::client::Event;

/// Names a team.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TeamId {
    /// The switch; 1 in UCCX.
    pub peripheral_id: PeripheralId,
    /// Number of the team there.
    pub team_id: u32,
}

/// Names a member of a team.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MemberId {
    /// What it is; in UCCE always an agent or supervisor.
    pub member_type: MemberType,
    /// Login id; for a CSQ its id.
    pub id: Text,
}

/// A member of a team.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Member {
    /// Standing in the team.
    pub flags: AgentFlags,
    /// State when the server told of the member (UCCE); AGENT_STATE_EVENT tells the later ones.
    pub state: Option<AgentState>,
}

/// A team and its members.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Team {
    /// Its name; UCCE tells it since version 16.
    pub name: Option<Text>,
    /// Its members.
    pub members: BTreeMap<MemberId, Member>,
}

/// What changed in [`Teams`]; follows the message that brought it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TeamChange {
    /// Members came, left, or changed their standing, or the name changed. A team that was not
    /// known begins with this.
    Members {
        /// The team.
        team: TeamId,
        /// Who is new or changed.
        joined: Vec<MemberId>,
        /// Who is gone.
        left: Vec<MemberId>,
    },
    /// The team is gone.
    Removed {
        /// The team.
        team: TeamId,
    },
}

/// The teams of a supervisor. Changes come as [`Event::Team`].
#[derive(Debug)]
pub struct Teams {
    /// Most teams, and most members in all of them.
    max: usize,
    teams: BTreeMap<TeamId, Team>,
    /// Who is in a team for a time only.
    temporary: BTreeMap<TeamId, BTreeSet<MemberId>>,
    members: usize,
    complete: bool,
}

/// What a message does to one member.
struct Step {
    id: MemberId,
    what: Option<Member>,
}

impl Teams {
    pub(super) const fn new(max: usize) -> Self {
        Self {
            max,
            teams: BTreeMap::new(),
            temporary: BTreeMap::new(),
            members: 0,
            complete: true,
        }
    }

    /// All teams, by id.
    pub fn iter(&self) -> impl Iterator<Item = (TeamId, &Team)> {
        self.teams.iter().map(|(id, team)| (*id, team))
    }

    /// One team.
    pub fn get(&self, id: TeamId) -> Option<&Team> {
        self.teams.get(&id)
    }

    /// How many teams there are.
    pub fn len(&self) -> usize {
        self.teams.len()
    }

    /// Whether there is no team.
    pub fn is_empty(&self) -> bool {
        self.teams.is_empty()
    }

    /// Whether all that was told is held: `false` after more teams or members than
    /// [`Config::max_tracked`](crate::session::client::Config::max_tracked).
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Forgets all, because the server tells all anew.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.max);
    }

    /// GED-188, "AGENT_TEAM_CONFIG_EVENT". A team may need several messages, so the list of a
    /// `RESTORE_PERMANENT` is no whole one: it ends the temporary memberships that it does not name.
    pub(super) fn on_agent_team(
        &mut self,
        event: &AgentTeamConfigEvent,
        changes: &mut VecDeque<Event>,
    ) {
        let id = TeamId {
            peripheral_id: event.peripheral_id,
            team_id: event.team_id,
        };
        let removes = event.config_operation == TeamConfigOperation::REMOVE_AGENT;
        let mut steps: Vec<_> = event
            .agents
            .iter()
            .filter_map(|agent| agent_step(agent, removes))
            .collect();
        if event.config_operation == TeamConfigOperation::RESTORE_PERMANENT {
            let temporary = self.temporary.remove(&id).unwrap_or_default();
            // First, so that what the message names stays.
            steps.splice(
                0..0,
                temporary.into_iter().map(|id| Step { id, what: None }),
            );
        }
        self.change(id, event.agent_team_name.as_ref(), steps, changes);
    }

    /// GED-188, "TEAM_CONFIG_EVENT".
    pub(super) fn on_team(&mut self, event: &TeamConfigEvent, changes: &mut VecDeque<Event>) {
        let id = TeamId {
            peripheral_id: PeripheralId(1),
            team_id: event.team_id,
        };
        if event.operation == TeamOperation::REMOVE_TEAM {
            if let Some(team) = self.teams.remove(&id) {
                self.members -= team.members.len();
                self.temporary.remove(&id);
                changes.push_back(Event::Team(TeamChange::Removed { team: id }));
            }
            return;
        }
        let steps = event.members.iter().filter_map(member_step).collect();
        self.change(id, event.team_name.as_ref(), steps, changes);
    }

    fn change(
        &mut self,
        id: TeamId,
        name: Option<&Text>,
        steps: Vec<Step>,
        changes: &mut VecDeque<Event>,
    ) {
        let known = self.teams.contains_key(&id);
        if !known && self.teams.len() >= self.max {
            self.complete = false;
            return;
        }
        let team = self.teams.entry(id).or_default();
        let renamed = name.is_some_and(|name| team.name.as_ref() != Some(name));
        if renamed {
            team.name = name.map(Text::detach);
        }
        let before = team.members.len();
        let room = self.max - (self.members - before).min(self.max);
        let mut touched = BTreeMap::new();
        for step in steps {
            let old = team.members.get(&step.id).cloned();
            if step.what.is_some() && old.is_none() && team.members.len() >= room {
                self.complete = false;
                continue;
            }
            let temporary = self.temporary.entry(id).or_default();
            match step.what {
                None => {
                    team.members.remove(&step.id);
                    temporary.remove(&step.id);
                }
                Some(member) => {
                    if member.flags.contains(AgentFlags::TEMPORARY_AGENT) {
                        temporary.insert(step.id.clone());
                    } else {
                        temporary.remove(&step.id);
                    }
                    team.members.insert(step.id.clone(), member);
                }
            }
            touched.entry(step.id).or_insert(old);
        }
        self.members = self.members - before + team.members.len();
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (id, old) in touched {
            match team.members.get(&id) {
                now if now == old.as_ref() => {}
                Some(_) => joined.push(id),
                None => left.push(id),
            }
        }
        if !known || renamed || !joined.is_empty() || !left.is_empty() {
            let team = id;
            changes.push_back(Event::Team(TeamChange::Members { team, joined, left }));
        }
    }
}

fn agent_step(agent: &TeamAgent, removes: bool) -> Option<Step> {
    let id = MemberId {
        member_type: MemberType::AGENT_OR_SUPERVISOR,
        id: agent.agent_id.as_ref()?.detach(),
    };
    let member = Member {
        flags: agent.flags.unwrap_or_default(),
        state: agent.state,
    };
    let what = (!removes).then_some(member);
    Some(Step { id, what })
}

fn member_step(member: &TeamMember) -> Option<Step> {
    let id = MemberId {
        member_type: member
            .member_type
            .unwrap_or(MemberType::AGENT_OR_SUPERVISOR),
        id: member.agent_id.as_ref()?.detach(),
    };
    let stays = member.record_type != Some(RecordType::DELETE);
    let what = stays.then(|| Member {
        flags: member.flags.unwrap_or_default(),
        state: None,
    });
    Some(Step { id, what })
}
