//! A world of few agents, devices and calls, so that messages concern each other.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use cti_proto::code::{CallId, PeripheralId};
use cti_proto::codec::Text;
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, CallClearedEvent, CallDeliveredEvent, CallEstablishedEvent,
    EndCallEvent,
};
use cti_proto::{Message, Version};

pub(super) const PERIPHERAL: PeripheralId = PeripheralId(1);

/// One of the connections whose state fits.
pub(super) fn choose<C: Copy, S>(
    connections: &BTreeMap<C, S>,
    data: &mut Unstructured<'_>,
    fits: impl Fn(&S) -> bool,
) -> Result<Option<C>> {
    let fitting: Vec<C> = connections
        .iter()
        .filter(|(_, state)| fits(state))
        .map(|(connection, _)| *connection)
        .collect();
    if fitting.is_empty() {
        return Ok(None);
    }
    data.choose(&fitting).copied().map(Some)
}

/// An event about one of a few agents or calls, so that several concern the same one.
pub(super) fn tamed(version: Version, data: &mut Unstructured<'_>) -> Result<Message> {
    macro_rules! call {
        ($kind:ident) => {{
            let mut event = $kind::arbitrary_in(version, data)?;
            event.peripheral_id = PERIPHERAL;
            event.connection_call_id = call_id(data)?;
            event.connection_device_id = Some(text(data)?);
            event.into()
        }};
    }
    Ok(match data.int_in_range(0..=6)? {
        0 | 1 => {
            let mut event = AgentStateEvent::arbitrary_in(version, data)?;
            event.peripheral_id = PERIPHERAL;
            event.agent_id = Some(text(data)?);
            event.agent_instrument = Some(text(data)?);
            event.into()
        }
        2 => call!(BeginCallEvent),
        3 => call!(CallDeliveredEvent),
        4 => call!(CallEstablishedEvent),
        5 => call!(CallClearedEvent),
        _ => call!(EndCallEvent),
    })
}

pub(super) fn call_id(data: &mut Unstructured<'_>) -> Result<CallId> {
    Ok(CallId(data.int_in_range(1..=12)?))
}

pub(super) fn text(data: &mut Unstructured<'_>) -> Result<Text> {
    let number = data.int_in_range(0..=11_u8)?;
    Ok(Text::until_nul(Bytes::from(number.to_string())))
}
