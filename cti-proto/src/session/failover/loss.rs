//! What a break loses for good, whatever is asked afterwards.

use alloc::vec::Vec;
use core::time::Duration;

use crate::code::{AgentStateMask, CallEventMask, ConfigMask, ServiceMask};
use crate::session::client;

/// What may have happened while no side was heard, and that no snapshot tells.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Lost {
    /// When the old side was last heard, or, if it can stand by, last known to serve.
    pub since: Duration,
    /// When the new side took over.
    pub until: Duration,
    /// What may be missing, in the order of [`Loss`].
    pub kinds: Vec<Loss>,
}

/// A kind of thing that can happen between the break and the snapshot without a trace.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Loss {
    /// States that an agent entered and left again, and how long each lasted.
    AgentTransitions,
    /// Why an agent changed state: QUERY_AGENT_STATE_CONF has no EventReasonCode, no Direction and no
    /// StateDuration.
    AgentReasons,
    /// Agents who logged in and whom nobody watches: there is no message that lists the agents.
    UnwatchedAgents,
    /// States that a connection entered and left again, and the causes.
    ConnectionTransitions,
    /// Calls that began and ended, with all their data.
    ShortCalls,
    /// Calls that began at devices which nobody watches and where no known agent sits.
    UnwatchedCalls,
    /// What was last said about calls that ended: wrap-up data, and the cause of the end.
    LastWordsOfCalls,
    /// Values of call data that were overwritten, and data that SNAPSHOT_CALL_CONF does not have: the
    /// campaign, the customer's number and account, before version 6 all expanded call context (ECC)
    /// variables.
    CallData,
    /// How calls wait in queues: CALL_QUEUED_EVENT and CALL_DEQUEUED_EVENT.
    Queues,
    /// Announced calls and their abortion, media streams, greetings and recordings: these events have
    /// no snapshot.
    Notices,
    /// USER_MESSAGE_EVENT of other clients.
    UserMessages,
    /// SYSTEM_EVENT: what went off-line and came back. OPEN_CONF tells where that led to.
    SystemEvents,
    /// Changes of teams, and calls of agents for help.
    Teams,
    /// Changes of the configuration. An upload brings the present one.
    Configuration,
    /// What the application set up in the old session and the new one does not know: monitors,
    /// registered services and variables, a request for configuration updates.
    Registrations,
}

/// What a session like `config` can lose. `registered` tells whether the application set something
/// up in the old one.
pub(super) fn losses(config: &client::Config, registered: bool) -> Vec<Loss> {
    let all_events = config.services.contains(ServiceMask::ALL_EVENTS);
    let events = all_events || config.services.contains(ServiceMask::CLIENT_EVENTS);
    let agents = events && config.agent_states != AgentStateMask::NONE;
    let calls = events && config.call_events.without(NOT_OF_CALLS) != CallEventMask::NONE;
    let heard = |mask| events && config.call_events.intersects(mask);
    let kinds = [
        (Loss::AgentTransitions, agents),
        (Loss::AgentReasons, agents),
        (Loss::UnwatchedAgents, agents && all_events),
        (Loss::ConnectionTransitions, calls),
        (Loss::ShortCalls, calls),
        (Loss::UnwatchedCalls, calls && all_events),
        (Loss::LastWordsOfCalls, calls),
        (Loss::CallData, heard(CALL_DATA)),
        (Loss::Queues, heard(QUEUES)),
        (Loss::Notices, heard(NOTICES)),
        (Loss::UserMessages, true),
        (Loss::SystemEvents, true),
        (
            Loss::Teams,
            config.services.contains(ServiceMask::SUPERVISOR),
        ),
        (
            Loss::Configuration,
            config.config_records != ConfigMask::NONE,
        ),
        (Loss::Registrations, registered),
    ];
    let kinds = kinds
        .into_iter()
        .filter(|(_, may_be_missing)| *may_be_missing);
    kinds.map(|(kind, _)| kind).collect()
}

const CALL_DATA: CallEventMask =
    CallEventMask::CALL_DATA_UPDATE_MASK.with(CallEventMask::BEGIN_CALL_MASK);
const QUEUES: CallEventMask =
    CallEventMask::CALL_QUEUED_MASK.with(CallEventMask::CALL_DEQUEUED_MASK);
const NOTICES: CallEventMask = CallEventMask::AGENT_PRE_CALL_MASK
    .with(CallEventMask::AGENT_PRE_CALL_ABORT_MASK)
    .with(CallEventMask::RTP_STARTED_MASK)
    .with(CallEventMask::RTP_STOPPED_MASK)
    .with(CallEventMask::CALL_AGENT_GREETING_MASK)
    .with(CallEventMask::NETWORK_RECORDING_STARTED_MASK)
    .with(CallEventMask::NETWORK_RECORDING_ENDED_MASK)
    .with(CallEventMask::NETWORK_RECORDING_FAILED_MASK)
    .with(CallEventMask::NETWORK_RECORDING_TARGET_INFO_MASK);
/// Bits of CallMsgMask whose events say nothing about the course of a call.
const NOT_OF_CALLS: CallEventMask = NOTICES.with(CallEventMask::AGENT_TEAM_CONFIG_MASK);
