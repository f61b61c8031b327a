//! Whom and what an event is about.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "events are told from the rest of the messages"
)]

use alloc::vec::Vec;

use crate::code::{CallId, PeripheralId, SystemEventId};
use crate::codec::Text;
use crate::message::Message;

/// What decides who gets an event.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) audience: Audience,
    /// The switch; NULL in messages that do not name it.
    pub(super) peripheral: PeripheralId,
    /// The call, and the second one of a conference or transfer.
    pub(super) calls: [CallId; 2],
    /// Devices that take part in the call, or stand for the agent.
    pub(super) devices: Vec<&'a Text>,
    /// The device that leaves the call.
    pub(super) left: Option<&'a Text>,
    /// The agent.
    pub(super) agent: Option<&'a Text>,
}

/// Who gets an event, beside the clients that watch everything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Audience {
    /// Those whose device takes or took part in the call.
    Call,
    /// The agent's own client, and its supervisors.
    Agent,
    /// The supervisors of the agent.
    Supervisors,
    /// The supervisors of a team.
    Team(u32),
    /// Everybody who watches anything at the switch, or at all.
    Watchers(Option<PeripheralId>),
    /// Nobody.
    Bridge,
}

impl<'a> Subject<'a> {
    pub(super) fn new(message: &'a Message) -> Self {
        let mut subject = Self {
            audience: Audience::Bridge,
            peripheral: PeripheralId::NULL,
            calls: [CallId::NULL; 2],
            devices: Vec::new(),
            left: None,
            agent: None,
        };
        subject.fill(message);
        subject
    }

    /// The called device counts once it rings: till then it may be a queue or a route point.
    fn fill(&mut self, message: &'a Message) {
        macro_rules! call {
            ($event:ident, $($device:ident)*) => {{
                self.audience = Audience::Call;
                self.peripheral = $event.peripheral_id;
                self.calls = [$event.connection_call_id, CallId::NULL];
                self.devices.extend([$( &$event.$device ),*].into_iter().flatten());
            }};
        }
        macro_rules! two_calls {
            ($event:ident, $($device:ident)*) => {{
                self.audience = Audience::Call;
                self.peripheral = $event.peripheral_id;
                self.calls = [$event.primary_call_id, $event.secondary_call_id];
                self.devices.extend([$( &$event.$device ),*].into_iter().flatten());
                let parties = $event.connected_parties.iter();
                self.devices.extend(parties.filter_map(|party| party.device_id.as_ref()));
            }};
        }
        match message {
            Message::BeginCallEvent(event) => call!(event, connection_device_id),
            Message::EndCallEvent(event) => call!(event, connection_device_id),
            Message::CallDataUpdateEvent(event) => call!(event, connection_device_id),
            Message::CallDeliveredEvent(event) => {
                call!(event, connection_device_id alerting_device_id calling_device_id);
            }
            Message::CallEstablishedEvent(event) => {
                call!(event, connection_device_id answering_device_id calling_device_id);
            }
            Message::CallHeldEvent(event) => call!(event, connection_device_id holding_device_id),
            Message::CallRetrievedEvent(event) => {
                call!(event, connection_device_id retrieving_device_id);
            }
            Message::CallClearedEvent(event) => call!(event, connection_device_id),
            Message::CallConnectionClearedEvent(event) => {
                call!(event, connection_device_id releasing_device_id);
                self.left = event
                    .releasing_device_id
                    .as_ref()
                    .or(event.connection_device_id.as_ref());
            }
            Message::CallOriginatedEvent(event) => {
                call!(event, connection_device_id calling_device_id);
            }
            Message::CallFailedEvent(event) => call!(event, connection_device_id failing_device_id),
            Message::CallDivertedEvent(event) => {
                call!(event, connection_device_id diverting_device_id);
                self.left = event.diverting_device_id.as_ref();
            }
            Message::CallServiceInitiatedEvent(event) => {
                call!(event, connection_device_id calling_device_id);
            }
            Message::CallQueuedEvent(event) => call!(event, connection_device_id calling_device_id),
            Message::CallReachedNetworkEvent(event) => call!(event, connection_device_id),
            Message::CallDequeuedEvent(event) => call!(event, connection_device_id),
            Message::CsqDequeuedEvent(event) => {
                self.audience = Audience::Call;
                self.calls = [event.call_id, CallId::NULL];
                self.devices.extend(&event.connection_device_id);
            }
            Message::CallConferencedEvent(event) => {
                two_calls!(event, primary_device_id secondary_device_id controller_device_id
                    added_party_device_id);
            }
            Message::CallTransferredEvent(event) => {
                two_calls!(event, primary_device_id secondary_device_id transferring_device_id
                    transferred_device_id);
                self.left = event.transferring_device_id.as_ref();
            }
            Message::CallAttributeChangeEvent(event) => {
                self.audience = Audience::Call;
                self.peripheral = event.peripheral_id;
                self.devices.extend(&event.connection_device_id);
            }
            Message::CallAgentGreetingEvent(event) => {
                call!(event, connection_device_id);
                self.agent = event.agent_id.as_ref();
            }
            Message::RtpStartedEvent(event) => {
                call!(event, connection_device_id agent_extension agent_instrument);
                self.agent = event.agent_id.as_ref();
            }
            Message::RtpStoppedEvent(event) => {
                call!(event, connection_device_id agent_extension agent_instrument);
                self.agent = event.agent_id.as_ref();
            }
            Message::NetworkRecordingStartedEvent(event) => call!(event, connection_device_id),
            Message::NetworkRecordingEndedEvent(event) => call!(event, connection_device_id),
            Message::NetworkRecordingFailedEvent(event) => call!(event, connection_device_id),
            Message::NetworkRecordingTargetInfoEvent(event) => call!(event, connection_device_id),
            Message::AgentStateEvent(event) => {
                self.audience = Audience::Agent;
                self.peripheral = event.peripheral_id;
                self.agent = event.agent_id.as_ref();
                let devices = [&event.agent_extension, &event.agent_instrument];
                self.devices.extend(devices.into_iter().flatten());
            }
            Message::AgentPreCallEvent(event) => {
                self.audience = Audience::Agent;
                self.devices.extend(&event.agent_instrument);
            }
            Message::AgentPreCallAbortEvent(event) => {
                self.audience = Audience::Agent;
                self.devices.extend(&event.agent_instrument);
            }
            Message::EmergencyCallEvent(event) => {
                self.audience = Audience::Supervisors;
                self.peripheral = event.peripheral_id;
                self.agent = event.agent_id.as_ref();
            }
            Message::AgentTeamConfigEvent(event) => {
                self.audience = Audience::Team(event.team_id);
                self.peripheral = event.peripheral_id;
            }
            Message::TeamConfigEvent(event) => self.audience = Audience::Team(event.team_id),
            Message::SystemEvent(event) => {
                let about_one = matches!(
                    event.system_event_id,
                    SystemEventId::PERIPHERAL_ONLINE | SystemEventId::PERIPHERAL_OFFLINE
                );
                let peripheral = about_one.then_some(PeripheralId(event.system_event_arg1));
                self.audience = Audience::Watchers(peripheral);
            }
            _ => {}
        }
        self.devices.retain(|device| !device.is_empty());
    }
}
