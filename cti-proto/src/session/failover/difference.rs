//! What a snapshot changes in what the application believes.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::code::LocalConnectionState;
use crate::codec::Text;
use crate::message::QueryDeviceInfoConf;
use crate::session::failover::event::DeviceKey;
use crate::session::failover::picture::{Agent, AgentKey, Call, CallKey};

/// A difference between what events told and what a snapshot shows.
///
/// Events that the new side sent before the snapshot are taken in first: what they tell is no
/// difference.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "one is made and moved into an event, never kept"
)]
pub enum Difference {
    /// An agent is in another state, at another device or has other skill groups.
    Agent {
        /// The agent.
        key: AgentKey,
        /// What was believed; `None` if nothing was.
        before: Option<Agent>,
        /// What is so; `None` if the server does not know the agent.
        after: Option<Agent>,
    },
    /// A call that nobody told about.
    CallBegan {
        /// The call.
        key: CallKey,
        /// All about it.
        call: Call,
    },
    /// A call changed.
    CallChanged {
        /// The call.
        key: CallKey,
        /// What was believed.
        before: Call,
        /// What is so.
        after: Call,
    },
    /// A call is over.
    CallEnded {
        /// The call.
        key: CallKey,
        /// What was believed.
        call: Call,
    },
    /// A watched device has other lines, features or limits, or is asked about for the first time.
    Device {
        /// The device.
        key: DeviceKey,
        /// What it can do.
        info: QueryDeviceInfoConf,
    },
}

/// The state of one connection before and after.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConnectionChange {
    /// ConnectionDeviceID.
    pub device: Text,
    /// `None` if the connection is new.
    pub before: Option<LocalConnectionState>,
    /// `None` if the connection is gone.
    pub after: Option<LocalConnectionState>,
}

impl Difference {
    /// The connections of a call that began, changed or ended, as far as they differ; none for agents
    /// and devices.
    pub fn connections(&self) -> Vec<ConnectionChange> {
        let (before, after) = match self {
            Self::CallBegan { call, .. } => (None, Some(call)),
            Self::CallChanged { before, after, .. } => (Some(before), Some(after)),
            Self::CallEnded { call, .. } => (Some(call), None),
            Self::Agent { .. } | Self::Device { .. } => (None, None),
        };
        let devices = before.into_iter().chain(after);
        let devices: BTreeSet<&Text> = devices.flat_map(|call| call.parties.keys()).collect();
        let state = |call: Option<&Call>, device| Some(call?.parties.get(device)?.state);
        let changes = devices.into_iter().map(|device| ConnectionChange {
            device: device.clone(),
            before: state(before, device),
            after: state(after, device),
        });
        changes
            .filter(|change| change.before != change.after)
            .collect()
    }

    /// What differs about an agent. Why the agent is in the same state is no difference.
    pub(super) fn of_agent(
        key: &AgentKey,
        before: Option<Agent>,
        after: Option<&Agent>,
    ) -> Option<Self> {
        if before.as_ref() == after {
            return None;
        }
        Some(Self::Agent {
            key: key.clone(),
            before,
            after: after.cloned(),
        })
    }

    /// What differs about a call.
    pub(super) fn of_call(
        key: CallKey,
        before: Option<Call>,
        after: Option<&Call>,
    ) -> Option<Self> {
        match (before, after) {
            (None, Some(call)) => Some(Self::CallBegan {
                key,
                call: call.clone(),
            }),
            (Some(call), None) => Some(Self::CallEnded { key, call }),
            (Some(before), Some(after)) if before != *after => Some(Self::CallChanged {
                key,
                before,
                after: after.clone(),
            }),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }
}
