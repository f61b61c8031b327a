//! Between the engine's own words and GED-188 messages.

mod config;
mod event;
mod request;
mod snapshot;
#[cfg(test)]
mod tests;

pub(super) use config::{peripheral, set_up};
pub(super) use event::{agent_state, call_event, extension};
pub(super) use request::{Asks, confirmation, parse};
pub(super) use snapshot::{device_info, query_agent, snapshot_call, snapshot_device};

use cti_proto::{
    code::{self, DeviceIdType, PeripheralId, PeripheralType},
    codec::{NamedVariable, Text},
};

use super::agent::AgentState;
use crate::telephony::{AddressKind, CallData};

/// The one peripheral of UCCX.
const PERIPHERAL: PeripheralId = PeripheralId(1);

/// UCCX always writes 21.
const PERIPHERAL_TYPE: PeripheralType = PeripheralType::ACMI_CRS;

/// A text for the wire, cut to `max` bytes.
fn text(text: &str, max: usize) -> Text {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Text::until_nul(text[..end].to_owned())
}

/// A device id; addresses are shorter than the field.
fn device(address: &crate::telephony::Address) -> Option<Text> {
    Some(text(address.as_str(), MAX_DEVICE_ID))
}

fn device_type(kind: AddressKind) -> DeviceIdType {
    match kind {
        AddressKind::Line => DeviceIdType::AGENT_DEVICE,
        AddressKind::RoutePoint => DeviceIdType::ROUTE_POINT,
        // UCCX has no type for what is outside.
        AddressKind::Outside => DeviceIdType::DEVICE_IDENTIFIER,
    }
}

fn state(state: AgentState) -> code::AgentState {
    match state {
        AgentState::Logout => code::AgentState::LOGOUT,
        AgentState::NotReady => code::AgentState::NOT_READY,
        AgentState::Ready => code::AgentState::AVAILABLE,
        AgentState::Reserved => code::AgentState::RESERVED,
        AgentState::Talking => code::AgentState::TALKING,
        // UCCX has one kind of wrap-up.
        AgentState::Work => code::AgentState::WORK_NOT_READY,
    }
}

/// A call variable of the ten with tags of their own.
fn variable(data: &CallData, name: &str) -> Option<Text> {
    data.0
        .get(name)
        .map(|value| text(value, CallData::MAX_CALL_VARIABLE))
}

/// All other variables.
fn named_variables(data: &CallData) -> Vec<NamedVariable> {
    data.0
        .iter()
        .filter(|(name, _)| !CallData::has_tag(name))
        .map(|(name, value)| {
            let name = text(name, CallData::MAX_NAME);
            NamedVariable::new(name, text(value, CallData::MAX_VALUE))
        })
        .collect()
}

/// Writes call data into the fields that several messages share.
macro_rules! put_data {
    ($message:ident, $data:expr) => {{
        let data: &$crate::telephony::CallData = $data;
        $message.call_variable1 = $crate::engine::wire::variable(data, "callVariable1");
        $message.call_variable2 = $crate::engine::wire::variable(data, "callVariable2");
        $message.call_variable3 = $crate::engine::wire::variable(data, "callVariable3");
        $message.call_variable4 = $crate::engine::wire::variable(data, "callVariable4");
        $message.call_variable5 = $crate::engine::wire::variable(data, "callVariable5");
        $message.call_variable6 = $crate::engine::wire::variable(data, "callVariable6");
        $message.call_variable7 = $crate::engine::wire::variable(data, "callVariable7");
        $message.call_variable8 = $crate::engine::wire::variable(data, "callVariable8");
        $message.call_variable9 = $crate::engine::wire::variable(data, "callVariable9");
        $message.call_variable10 = $crate::engine::wire::variable(data, "callVariable10");
        $message.call_wrapup_data = $crate::engine::wire::variable(data, "wrapUpReason");
        $message.named_variables = $crate::engine::wire::named_variables(data);
    }};
}

/// Reads call data from the fields that several messages share.
macro_rules! take_data {
    ($message:ident) => {{
        let fields = [
            ("callVariable1", &$message.call_variable1),
            ("callVariable2", &$message.call_variable2),
            ("callVariable3", &$message.call_variable3),
            ("callVariable4", &$message.call_variable4),
            ("callVariable5", &$message.call_variable5),
            ("callVariable6", &$message.call_variable6),
            ("callVariable7", &$message.call_variable7),
            ("callVariable8", &$message.call_variable8),
            ("callVariable9", &$message.call_variable9),
            ("callVariable10", &$message.call_variable10),
            ("wrapUpReason", &$message.call_wrapup_data),
        ];
        let tagged = fields.into_iter().filter_map(|(name, value)| {
            value
                .as_ref()
                .map(|value| (name.to_owned(), value.to_string()))
        });
        let named = $message
            .named_variables
            .iter()
            .map(|variable| (variable.name.to_string(), variable.value.to_string()));
        $crate::telephony::CallData(tagged.chain(named).collect())
    }};
}

use {put_data, take_data};

const MAX_DEVICE_ID: usize = 63;
/// AgentExtension and Extension have room for 15 and the NUL.
pub(super) const MAX_EXTENSION: usize = 15;
const MAX_LOGIN_ID: usize = 128;
