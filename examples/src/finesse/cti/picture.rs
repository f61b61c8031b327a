//! When the picture of an engine's world is complete.
//!
//! ```text
//! Uploading --(configuration)--> Asking --(teams; agents, lines and calls)--> complete
//! ```
//!
//! The failover client asks about every agent that is watched, about the lines where agents sit and
//! about the calls there. What is watched follows from the configuration.

use std::collections::BTreeSet;

use cti_proto::{
    code::{ConfigMask, InvokeId, PeripheralId, RecordType},
    codec::Text,
    message::ConfigAgentEvent,
    session::{client::ConfigUpload, failover::AgentKey},
};
use tokio::time::Instant;

/// How far the picture is, in one session.
#[derive(Debug)]
pub(super) struct Progress {
    stage: Stage,
    /// Agents of the configuration that was uploaded.
    uploaded: BTreeSet<AgentKey>,
    deadline: Instant,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Uploading,
    Asking { teams: Option<InvokeId> },
}

/// What a record of configuration asks of the failover client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Watch {
    Begin(AgentKey),
    End(AgentKey),
}

impl Progress {
    pub(super) const fn new(deadline: Instant) -> Self {
        Self {
            stage: Stage::Uploading,
            uploaded: BTreeSet::new(),
            deadline,
        }
    }

    /// When the engine must have described itself.
    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Records of the upload came.
    pub(super) fn on_uploaded(&mut self, watches: &[Watch]) {
        for watch in watches {
            match watch {
                Watch::Begin(key) => self.uploaded.insert(key.clone()),
                Watch::End(key) => self.uploaded.remove(key),
            };
        }
    }

    /// The upload is over and the teams are asked for.
    pub(super) const fn on_asked(&mut self, teams: InvokeId) {
        self.stage = Stage::Asking { teams: Some(teams) };
    }

    /// A request was answered, or will not be: an engine that does not know of teams has none.
    pub(super) fn on_answer(&mut self, id: InvokeId) {
        if self.stage == (Stage::Asking { teams: Some(id) }) {
            self.stage = Stage::Asking { teams: None };
        }
    }

    /// Whether nothing is missing but what the failover client asks about.
    pub(super) fn is_asked(&self) -> bool {
        self.stage == Stage::Asking { teams: None }
    }

    /// Who was watched and is not in the configuration any more.
    pub(super) fn gone(&self, watched: &BTreeSet<AgentKey>) -> Vec<AgentKey> {
        watched.difference(&self.uploaded).cloned().collect()
    }
}

/// What is uploaded: CSQs and agents; in UCCX the bit of skill groups stands for CSQs.
pub(super) fn upload() -> ConfigUpload {
    ConfigUpload::new(ConfigMask::SKILL_GROUP | ConfigMask::AGENT)
}

/// Whom records of agents ask to be watched.
pub(super) fn watches(event: &ConfigAgentEvent) -> Vec<Watch> {
    let keys = event.records.iter().filter_map(|record| {
        let key = agent(record.login_id.as_ref()?);
        Some(if record.record_type == RecordType::DELETE {
            Watch::End(key)
        } else {
            Watch::Begin(key)
        })
    });
    keys.collect()
}

fn agent(login_id: &Text) -> AgentKey {
    AgentKey::new(PERIPHERAL, login_id)
}

/// UCCX has the one.
pub(super) const PERIPHERAL: PeripheralId = PeripheralId(1);
