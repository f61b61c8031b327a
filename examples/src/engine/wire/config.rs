//! The upload of configuration and of teams.

use cti_proto::{
    Message,
    code::{
        AgentFlags, AgentType, ConfigDeviceType, ConfigEndStatus, ConfigKeyStatus, ConfigMask,
        ConfigType, MemberType, RecordType, SkillGroupId, StatusCode, TeamOperation,
    },
    message::{
        AgentRecord, AgentSkillGroup, ApplicationRecord, ConfigAgentEvent, ConfigApplicationEvent,
        ConfigBeginEvent, ConfigCsqEvent, ConfigDeviceEvent, ConfigEndEvent, ConfigKeyEvent,
        CsqRecord, DeviceRecord, TeamConfigConf, TeamConfigEvent, TeamMember,
    },
};

use super::{MAX_EXTENSION, MAX_LOGIN_ID, text};
use crate::engine::machine::{Config, Profile};

/// The answer to CONFIG_REQUEST_EVENT: for each kind that is wanted CONFIG_BEGIN_EVENT, its records,
/// CONFIG_END_EVENT.
pub(in crate::engine) fn config_upload(config: &Config, wanted: ConfigMask) -> Vec<Message> {
    let kinds = [
        (ConfigMask::SERVICE, applications(config)),
        (ConfigMask::SKILL_GROUP, queues(config)),
        (ConfigMask::AGENT, agents(config)),
        (ConfigMask::DEVICE, devices(config)),
    ];
    let mut messages = Vec::new();
    for (kind, mut records) in kinds {
        if !wanted.contains(kind) {
            continue;
        }
        messages.push(
            ConfigBeginEvent::with(|begin| {
                begin.config_type = ConfigType::SOLICITED;
                begin.config_information = kind;
            })
            .into(),
        );
        messages.append(&mut records);
        messages.push(ConfigEndEvent::with(|end| end.status = ConfigEndStatus::SUCCESS).into());
    }
    messages
}

/// The answer to CONFIG_REQUEST_KEY_EVENT: keys are not kept, an upload is needed.
pub(in crate::engine) fn config_keys() -> ConfigKeyEvent {
    ConfigKeyEvent::with(|event| event.status = ConfigKeyStatus::NO_KEY_SUPPORT)
}

/// The answer to TEAM_CONFIG_REQ: a TEAM_CONFIG_EVENT for each team, and the confirmation.
pub(in crate::engine) fn team_upload(config: &Config) -> (Vec<Message>, TeamConfigConf) {
    let mut messages = Vec::new();
    for (team, name) in &config.teams {
        let of_team = |profile: &&Profile| profile.team == *team;
        let members: Vec<TeamMember> = config.agents.iter().filter(of_team).map(member).collect();
        // A large team takes several messages.
        for members in members.chunks(MEMBERS_PER_MESSAGE) {
            messages.push(
                TeamConfigEvent::with(|event| {
                    event.team_id = *team;
                    event.operation = TeamOperation::ADD_TEAM;
                    event.team_name = Some(text(name, MAX_TEAM_NAME));
                    event.members = members.to_vec();
                })
                .into(),
            );
        }
    }
    (
        messages,
        TeamConfigConf::with(|conf| conf.status = StatusCode::NO_ERROR),
    )
}

fn member(profile: &Profile) -> TeamMember {
    TeamMember::with(|member| {
        member.agent_id = Some(text(&profile.login_id, MAX_LOGIN_ID));
        member.flags = Some(if profile.supervisor {
            AgentFlags::PRIMARY_SUPERVISOR
        } else {
            AgentFlags::NONE
        });
        member.record_type = Some(RecordType::ADD);
        member.member_type = Some(MemberType::AGENT_OR_SUPERVISOR);
    })
}

/// One application answers for the queue; it has the queue's number.
fn applications(config: &Config) -> Vec<Message> {
    let record = ApplicationRecord::with(RecordType::ADD, |record| {
        record.application_id = Some(config.queue.id);
        record.application_name = Some(text(&config.queue.name, MAX_NAME));
    });
    vec![ConfigApplicationEvent::with(|event| event.records = vec![record]).into()]
}

fn queues(config: &Config) -> Vec<Message> {
    let record = CsqRecord::with(RecordType::ADD, |record| {
        record.csq_id = Some(SkillGroupId(config.queue.id));
        record.auto_work = Some(!config.queue.wrap_up.is_zero());
        record.csq_name = Some(text(&config.queue.name, MAX_NAME));
    });
    vec![ConfigCsqEvent::with(|event| event.records = vec![record]).into()]
}

fn agents(config: &Config) -> Vec<Message> {
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
    let message = |profiles: &[Profile]| {
        ConfigAgentEvent::with(|event| event.records = profiles.iter().map(record).collect()).into()
    };
    config
        .agents
        .chunks(RECORDS_PER_MESSAGE)
        .map(message)
        .collect()
}

/// The agents' lines and the route point of the queue.
fn devices(config: &Config) -> Vec<Message> {
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
    let records: Vec<DeviceRecord> = config
        .agents
        .iter()
        .map(line)
        .chain([route_point])
        .collect();
    let message = |records: &[DeviceRecord]| {
        ConfigDeviceEvent::with(|event| event.records = records.to_vec()).into()
    };
    records.chunks(RECORDS_PER_MESSAGE).map(message).collect()
}

/// GED-188 allows ten.
const RECORDS_PER_MESSAGE: usize = 10;
const MEMBERS_PER_MESSAGE: usize = 20;
const MAX_NAME: usize = 63;
const MAX_PERSON_NAME: usize = 31;
const MAX_TEAM_NAME: usize = 49;
