//! Writers by hand: one function for a message, which appends its body.
//!
//! They refuse what the crate refuses: a text beyond its maximum, a list longer than its counter can
//! say, more than 2000 bytes of named variables; and write what `other` kept.

use bytes::{BufMut, BytesMut};
use cti_proto::codec::{Blob, NamedArray, NamedVariable, RawField, Text};
use cti_proto::message::{AgentStateEvent, BeginCallEvent, CallDeliveredEvent};

use crate::cti::layout::Layout;

/// CALL_DELIVERED_EVENT.
pub fn call_delivered<L: Layout>(event: &CallDeliveredEvent, out: &mut BytesMut) -> Option<()> {
    out.put_u32(event.monitor_id);
    out.put_u32(event.peripheral_id.0);
    out.put_u16(event.peripheral_type.0);
    out.put_u16(event.connection_device_id_type.0);
    out.put_u32(event.connection_call_id.0);
    out.put_u16(event.line_handle.0);
    out.put_u16(event.line_type.0);
    out.put_u32(event.service_number.0);
    out.put_u32(event.service_id.0);
    out.put_u32(event.skill_group_number.0);
    out.put_u32(event.skill_group_id.0);
    out.put_u16(event.skill_group_priority);
    out.put_u16(event.alerting_device_type.0);
    out.put_u16(event.calling_device_type.0);
    out.put_u16(event.called_device_type.0);
    out.put_u16(event.last_redirect_device_type.0);
    out.put_u16(event.local_connection_state.0);
    out.put_u16(event.event_cause.0);
    out.put_u16(u16::try_from(event.named_variables.len()).ok()?);
    out.put_u16(u16::try_from(event.named_arrays.len()).ok()?);
    text::<L>(out, 25, &event.connection_device_id, 64)?;
    text::<L>(out, 26, &event.alerting_device_id, 64)?;
    text::<L>(out, 27, &event.calling_device_id, 64)?;
    text::<L>(out, 28, &event.called_device_id, 64)?;
    text::<L>(out, 29, &event.last_redirect_device_id, 64)?;
    long::<L>(out, 121, event.trunk_number)?;
    long::<L>(out, 122, event.trunk_group_number)?;
    long::<L>(out, 202, event.secondary_connection_call_id.map(|id| id.0))?;
    text::<L>(out, 8, &event.ani, 40)?;
    text::<L>(out, 215, &event.ani_ii, 2)?;
    blob::<L>(out, 9, &event.user_to_user_info, 131)?;
    text::<L>(out, 10, &event.dnis, 32)?;
    text::<L>(out, 11, &event.dialed_number, 40)?;
    text::<L>(out, 12, &event.caller_entered_digits, 40)?;
    let max = if L::UCCE { 41 } else { 40 };
    text::<L>(out, 13, &event.call_variable1, max)?;
    text::<L>(out, 14, &event.call_variable2, max)?;
    text::<L>(out, 15, &event.call_variable3, max)?;
    text::<L>(out, 16, &event.call_variable4, max)?;
    text::<L>(out, 17, &event.call_variable5, max)?;
    text::<L>(out, 18, &event.call_variable6, max)?;
    text::<L>(out, 19, &event.call_variable7, max)?;
    text::<L>(out, 20, &event.call_variable8, max)?;
    text::<L>(out, 21, &event.call_variable9, max)?;
    text::<L>(out, 22, &event.call_variable10, max)?;
    text::<L>(out, 46, &event.call_wrapup_data, 40)?;
    call_data::<L>(out, &event.named_variables, &event.named_arrays)?;
    other::<L>(out, &event.other)
}

/// AGENT_STATE_EVENT.
pub fn agent_state<L: Layout>(event: &AgentStateEvent, out: &mut BytesMut) -> Option<()> {
    out.put_u32(event.monitor_id);
    out.put_u32(event.peripheral_id.0);
    out.put_u32(event.session_id);
    out.put_u16(event.peripheral_type.0);
    out.put_u16(event.skill_group_state.0);
    out.put_u32(event.state_duration);
    out.put_u32(event.skill_group_number.0);
    out.put_u32(event.skill_group_id.0);
    out.put_u16(event.skill_group_priority);
    out.put_u16(event.agent_state.0);
    out.put_u16(event.event_reason_code.0);
    out.put_i32(event.mrd_id);
    out.put_u32(event.num_tasks);
    out.put_u16(event.agent_mode.0);
    out.put_u32(event.max_task_limit);
    out.put_i32(event.icm_agent_id);
    out.put_u32(event.agent_availability_status);
    out.put_u16(u16::try_from(event.skill_groups.len()).ok()?);
    if L::UCCE {
        out.put_i32(event.department_id);
    }
    let (signature, agent_id, id_max) = if L::UCCE { (3, 5, 12) } else { (23, 194, 129) };
    text::<L>(out, signature, &event.cti_client_signature, 64)?;
    text::<L>(out, agent_id, &event.agent_id, id_max)?;
    text::<L>(out, 4, &event.agent_extension, 16)?;
    if L::UCCE {
        text::<L>(out, 303, &event.active_terminal, 64)?;
    }
    text::<L>(out, 6, &event.agent_instrument, 64)?;
    long::<L>(out, 150, event.duration)?;
    short::<L>(out, 123, event.next_agent_state.map(|state| state.0))?;
    long::<L>(out, 244, event.direction.map(|direction| direction.0))?;
    if L::UCCE {
        long::<L>(out, 266, event.max_beyond_task_limit)?;
    }
    other::<L>(out, &event.other)?;
    for group in &event.skill_groups {
        long::<L>(out, 62, group.number.map(|number| number.0))?;
        long::<L>(out, 63, group.id.map(|id| id.0))?;
        short::<L>(out, 64, group.priority)?;
        short::<L>(out, 65, group.state.map(|state| state.0))?;
    }
    Some(())
}

/// BEGIN_CALL_EVENT.
pub fn begin_call<L: Layout>(event: &BeginCallEvent, out: &mut BytesMut) -> Option<()> {
    out.put_u32(event.monitor_id);
    out.put_u32(event.peripheral_id.0);
    out.put_u16(event.peripheral_type.0);
    out.put_u16(u16::try_from(event.cti_clients.len()).ok()?);
    out.put_u16(u16::try_from(event.named_variables.len()).ok()?);
    out.put_u16(u16::try_from(event.named_arrays.len()).ok()?);
    out.put_u16(event.call_type.0);
    out.put_u16(event.connection_device_id_type.0);
    out.put_u32(event.connection_call_id.0);
    out.put_u16(event.called_party_disposition.0);
    text::<L>(out, 25, &event.connection_device_id, 64)?;
    text::<L>(out, 8, &event.ani, 40)?;
    blob::<L>(out, 9, &event.user_to_user_info, 131)?;
    text::<L>(out, 10, &event.dnis, 32)?;
    text::<L>(out, 11, &event.dialed_number, 40)?;
    text::<L>(out, 12, &event.caller_entered_digits, 40)?;
    long::<L>(out, 72, event.router_call_key_day)?;
    long::<L>(out, 73, event.router_call_key_call_id)?;
    long::<L>(out, 110, event.router_call_key_sequence_number)?;
    let max = if L::UCCE { 41 } else { 40 };
    text::<L>(out, 13, &event.call_variable1, max)?;
    text::<L>(out, 14, &event.call_variable2, max)?;
    text::<L>(out, 15, &event.call_variable3, max)?;
    text::<L>(out, 16, &event.call_variable4, max)?;
    text::<L>(out, 17, &event.call_variable5, max)?;
    text::<L>(out, 18, &event.call_variable6, max)?;
    text::<L>(out, 19, &event.call_variable7, max)?;
    text::<L>(out, 20, &event.call_variable8, max)?;
    text::<L>(out, 21, &event.call_variable9, max)?;
    text::<L>(out, 22, &event.call_variable10, max)?;
    text::<L>(out, 46, &event.call_wrapup_data, 40)?;
    call_data::<L>(out, &event.named_variables, &event.named_arrays)?;
    blob::<L>(out, 223, &event.call_reference_id, 32)?;
    other::<L>(out, &event.other)?;
    for client in &event.cti_clients {
        text::<L>(out, 23, &client.signature, 64)?;
        long::<L>(out, 24, client.timestamp.map(|time| time.0))?;
    }
    Some(())
}

#[inline]
fn text<L: Layout>(out: &mut BytesMut, tag: u16, text: &Option<Text>, max: usize) -> Option<()> {
    let Some(text) = text else {
        return Some(());
    };
    let text = text.as_bytes();
    if text.len() >= max {
        return None;
    }
    L::put_header(out, tag, text.len() + 1)?;
    out.put_slice(text);
    out.put_u8(0);
    Some(())
}

#[inline]
fn blob<L: Layout>(out: &mut BytesMut, tag: u16, blob: &Option<Blob>, max: usize) -> Option<()> {
    let Some(Blob(data)) = blob else {
        return Some(());
    };
    if data.len() > max {
        return None;
    }
    L::put_header(out, tag, data.len())?;
    out.put_slice(data);
    Some(())
}

#[inline]
fn long<L: Layout>(out: &mut BytesMut, tag: u16, number: Option<u32>) -> Option<()> {
    if let Some(number) = number {
        L::put_header(out, tag, 4)?;
        out.put_u32(number);
    }
    Some(())
}

#[inline]
fn short<L: Layout>(out: &mut BytesMut, tag: u16, number: Option<u16>) -> Option<()> {
    if let Some(number) = number {
        L::put_header(out, tag, 2)?;
        out.put_u16(number);
    }
    Some(())
}

fn call_data<L: Layout>(
    out: &mut BytesMut,
    variables: &[NamedVariable],
    arrays: &[NamedArray],
) -> Option<()> {
    let mut total = 0;
    for variable in variables {
        let (name, value) = (variable.name.as_bytes(), variable.value.as_bytes());
        let len = name.len() + value.len() + 2;
        total += len;
        if len > 251 || total > 2_000 {
            return None;
        }
        L::put_header(out, 82, len)?;
        pair(out, name, value);
    }
    for array in arrays {
        let (name, value) = (array.name.as_bytes(), array.value.as_bytes());
        let len = name.len() + value.len() + 3;
        total += len;
        if len > 252 || total > 2_000 {
            return None;
        }
        L::put_header(out, 83, len)?;
        out.put_u8(array.index);
        pair(out, name, value);
    }
    Some(())
}

fn pair(out: &mut BytesMut, name: &[u8], value: &[u8]) {
    out.put_slice(name);
    out.put_u8(0);
    out.put_slice(value);
    out.put_u8(0);
}

fn other<L: Layout>(out: &mut BytesMut, fields: &[RawField]) -> Option<()> {
    for field in fields {
        L::put_header(out, field.tag.0, field.data.len())?;
        out.put_slice(&field.data);
    }
    Some(())
}
