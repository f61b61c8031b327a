//! The configuration and the teams that clients can upload.

use core::time::Duration;

use cti_proto::{
    code::{AgentFlags, AgentType, ConfigDeviceType, RecordType, SkillGroupId, Timestamp},
    message::{AgentRecord, AgentSkillGroup, ApplicationRecord, CsqRecord, DeviceRecord},
    session::service::{
        ConfigKey, ConfigSection, ConfigStore, Peripheral, Service, Team, TeamMembership,
    },
};

use super::{MAX_EXTENSION, MAX_LOGIN_ID, PERIPHERAL, PERIPHERAL_TYPE, text};
use crate::engine::machine::{Config, Profile};

/// Gives the service what it uploads by itself: configuration and teams.
pub(in crate::engine) fn set_up(service: &mut Service, config: &Config, now: Duration) {
    service.set_clock(
        now,
        Timestamp(u32::try_from(now.as_secs()).unwrap_or(u32::MAX)),
    );
    service.set_peripheral(now, peripheral(false));
    let mut store = ConfigStore::new();
    // Keys are not kept: clients upload each time.
    let key = ConfigKey::ZERO;
    store.set(key, ConfigSection::Applications(vec![application(config)]));
    store.set(key, ConfigSection::Csqs(vec![csq(config)]));
    store.set(key, ConfigSection::Agents(agents(config)));
    store.set(key, ConfigSection::Devices(devices(config)));
    service.set_config_store(store);
    for (team, name) in &config.teams {
        let of_team = |profile: &&Profile| profile.team == *team;
        let members = config.agents.iter().filter(of_team).map(member).collect();
        let team = Team::new(*team, PERIPHERAL, members).name(text(name, MAX_TEAM_NAME));
        let told = service.set_team(now, team);
        debug_assert_eq!(told, Ok(()), "its texts are cut to what fits");
    }
}

/// The switch as clients see it.
pub(in crate::engine) fn peripheral(in_service: bool) -> Peripheral {
    Peripheral::new(PERIPHERAL, PERIPHERAL_TYPE).online(in_service)
}

fn member(profile: &Profile) -> TeamMembership {
    TeamMembership {
        agent_id: text(&profile.login_id, MAX_LOGIN_ID),
        flags: if profile.supervisor {
            AgentFlags::PRIMARY_SUPERVISOR
        } else {
            AgentFlags::NONE
        },
    }
}

/// One application answers for the queue; it has the queue's number.
fn application(config: &Config) -> ApplicationRecord {
    ApplicationRecord::with(RecordType::ADD, |record| {
        record.application_id = Some(config.queue.id);
        record.application_name = Some(text(&config.queue.name, MAX_NAME));
    })
}

fn csq(config: &Config) -> CsqRecord {
    CsqRecord::with(RecordType::ADD, |record| {
        record.csq_id = Some(SkillGroupId(config.queue.id));
        record.auto_work = Some(!config.queue.wrap_up.is_zero());
        record.csq_name = Some(text(&config.queue.name, MAX_NAME));
    })
}

fn agents(config: &Config) -> Vec<AgentRecord> {
    let record = |profile: &Profile| {
        AgentRecord::with(RecordType::ADD, |record| {
            record.agent_type = Some(if profile.supervisor {
                AgentType::SUPERVISOR
            } else {
                AgentType::AGENT
            });
            record.login_id = Some(text(&profile.login_id, MAX_LOGIN_ID));
            record.last_name = Some(text(&profile.last_name, MAX_PERSON_NAME));
            record.first_name = Some(text(&profile.first_name, MAX_PERSON_NAME));
            record.extension = Some(text(profile.extension.as_str(), MAX_EXTENSION));
            record.num_skills = Some(1);
            record.skill_groups = vec![AgentSkillGroup::with(|group| {
                group.number = Some(SkillGroupId(config.queue.id));
                group.priority = Some(0);
            })];
        })
    };
    config.agents.iter().map(record).collect()
}

/// The agents' lines and the route point of the queue.
fn devices(config: &Config) -> Vec<DeviceRecord> {
    let line = |profile: &Profile| {
        DeviceRecord::with(RecordType::ADD, |record| {
            record.device_type = Some(ConfigDeviceType::AGENT_ID);
            record.dialed_number = Some(text(&profile.login_id, MAX_LOGIN_ID));
            record.extension = Some(text(profile.extension.as_str(), MAX_EXTENSION));
        })
    };
    let route_point = DeviceRecord::with(RecordType::ADD, |record| {
        record.device_type = Some(ConfigDeviceType::ROUTE_POINT);
        record.dialed_number = Some(text(config.queue.route_point.as_str(), MAX_LOGIN_ID));
    });
    let lines = config.agents.iter().map(line);
    lines.chain([route_point]).collect()
}

const MAX_NAME: usize = 63;
const MAX_PERSON_NAME: usize = 31;
const MAX_TEAM_NAME: usize = 49;
