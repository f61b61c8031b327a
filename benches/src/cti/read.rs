//! Readers by hand: one function for a message, which fills the crate's struct from its body.
//!
//! They check what the crate checks: every length, a second field where one has its place, data that
//! do not fit their type; what has no place is kept in `other`.

use std::ops::Range;

use bytes::Bytes;
use cti_proto::Tag;
use cti_proto::code::{
    AgentMode, AgentState, CallDirection, CallId, CallType, ConnectionDeviceIdType, DeviceIdType,
    DispositionCode, EventCause, LineHandle, LineType, LocalConnectionState, PeripheralId,
    PeripheralType, ReasonCode, ServiceId, SkillGroupId, Timestamp,
};
use cti_proto::codec::{Blob, NamedArray, NamedVariable, RawField, Text};
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, CallDeliveredEvent, CtiClient, SkillGroup,
};

use crate::cti::layout::Layout;

/// CALL_DELIVERED_EVENT.
pub fn call_delivered<L: Layout>(body: &Bytes) -> Option<CallDeliveredEvent> {
    let mut event = CallDeliveredEvent::new();
    let mut front = Front(body);
    event.monitor_id = front.u32()?;
    event.peripheral_id = PeripheralId(front.u32()?);
    event.peripheral_type = PeripheralType(front.u16()?);
    event.connection_device_id_type = ConnectionDeviceIdType(front.u16()?);
    event.connection_call_id = CallId(front.u32()?);
    event.line_handle = LineHandle(front.u16()?);
    event.line_type = LineType(front.u16()?);
    event.service_number = ServiceId(front.u32()?);
    event.service_id = ServiceId(front.u32()?);
    event.skill_group_number = SkillGroupId(front.u32()?);
    event.skill_group_id = SkillGroupId(front.u32()?);
    event.skill_group_priority = front.u16()?;
    event.alerting_device_type = DeviceIdType(front.u16()?);
    event.calling_device_type = DeviceIdType(front.u16()?);
    event.called_device_type = DeviceIdType(front.u16()?);
    event.last_redirect_device_type = DeviceIdType(front.u16()?);
    event.local_connection_state = LocalConnectionState(front.u16()?);
    event.event_cause = EventCause(front.u16()?);
    front.u16()?;
    front.u16()?;
    let mut fields = Walk::<L>::new(body, front.0.len());
    while let Some(field) = fields.next()? {
        let taken = match field.tag {
            8 => field.text(&mut event.ani),
            9 => field.blob(&mut event.user_to_user_info),
            10 => field.text(&mut event.dnis),
            11 => field.text(&mut event.dialed_number),
            12 => field.text(&mut event.caller_entered_digits),
            13 => field.text(&mut event.call_variable1),
            14 => field.text(&mut event.call_variable2),
            15 => field.text(&mut event.call_variable3),
            16 => field.text(&mut event.call_variable4),
            17 => field.text(&mut event.call_variable5),
            18 => field.text(&mut event.call_variable6),
            19 => field.text(&mut event.call_variable7),
            20 => field.text(&mut event.call_variable8),
            21 => field.text(&mut event.call_variable9),
            22 => field.text(&mut event.call_variable10),
            25 => field.text(&mut event.connection_device_id),
            26 => field.text(&mut event.alerting_device_id),
            27 => field.text(&mut event.calling_device_id),
            28 => field.text(&mut event.called_device_id),
            29 => field.text(&mut event.last_redirect_device_id),
            46 => field.text(&mut event.call_wrapup_data),
            82 => field.variable(&mut event.named_variables),
            83 => field.array(&mut event.named_arrays),
            121 => field.long(&mut event.trunk_number, |number| number),
            122 => field.long(&mut event.trunk_group_number, |number| number),
            202 => field.long(&mut event.secondary_connection_call_id, CallId),
            215 => field.text(&mut event.ani_ii),
            _ => false,
        };
        if !taken {
            event.other.push(field.raw());
        }
    }
    Some(event)
}

/// AGENT_STATE_EVENT.
pub fn agent_state<L: Layout>(body: &Bytes) -> Option<AgentStateEvent> {
    let mut event = AgentStateEvent::new(AgentState::LOGIN);
    let mut front = Front(body);
    event.monitor_id = front.u32()?;
    event.peripheral_id = PeripheralId(front.u32()?);
    event.session_id = front.u32()?;
    event.peripheral_type = PeripheralType(front.u16()?);
    event.skill_group_state = AgentState(front.u16()?);
    event.state_duration = front.u32()?;
    event.skill_group_number = SkillGroupId(front.u32()?);
    event.skill_group_id = SkillGroupId(front.u32()?);
    event.skill_group_priority = front.u16()?;
    event.agent_state = AgentState(front.u16()?);
    event.event_reason_code = ReasonCode(front.u16()?);
    event.mrd_id = front.u32()?.cast_signed();
    event.num_tasks = front.u32()?;
    event.agent_mode = AgentMode(front.u16()?);
    event.max_task_limit = front.u32()?;
    event.icm_agent_id = front.u32()?.cast_signed();
    event.agent_availability_status = front.u32()?;
    front.u16()?;
    if L::UCCE {
        event.department_id = front.u32()?.cast_signed();
    }
    let (signature, agent_id) = if L::UCCE { (3, 5) } else { (23, 194) };
    let mut fields = Walk::<L>::new(body, front.0.len());
    while let Some(field) = fields.next()? {
        let taken = match field.tag {
            tag if tag == signature => field.text(&mut event.cti_client_signature),
            tag if tag == agent_id => field.text(&mut event.agent_id),
            4 => field.text(&mut event.agent_extension),
            6 => field.text(&mut event.agent_instrument),
            62..=65 => skill_group(&mut event.skill_groups, &field),
            123 => field.short(&mut event.next_agent_state, AgentState),
            150 => field.long(&mut event.duration, |seconds| seconds),
            244 => field.long(&mut event.direction, CallDirection),
            266 if L::UCCE => field.long(&mut event.max_beyond_task_limit, |limit| limit),
            303 if L::UCCE => field.text(&mut event.active_terminal),
            _ => false,
        };
        if !taken {
            event.other.push(field.raw());
        }
    }
    Some(event)
}

/// BEGIN_CALL_EVENT.
pub fn begin_call<L: Layout>(body: &Bytes) -> Option<BeginCallEvent> {
    let mut event = BeginCallEvent::new();
    let mut front = Front(body);
    event.monitor_id = front.u32()?;
    event.peripheral_id = PeripheralId(front.u32()?);
    event.peripheral_type = PeripheralType(front.u16()?);
    front.u16()?;
    front.u16()?;
    front.u16()?;
    event.call_type = CallType(front.u16()?);
    event.connection_device_id_type = ConnectionDeviceIdType(front.u16()?);
    event.connection_call_id = CallId(front.u32()?);
    event.called_party_disposition = DispositionCode(front.u16()?);
    let mut fields = Walk::<L>::new(body, front.0.len());
    while let Some(field) = fields.next()? {
        let taken = match field.tag {
            8 => field.text(&mut event.ani),
            9 => field.blob(&mut event.user_to_user_info),
            10 => field.text(&mut event.dnis),
            11 => field.text(&mut event.dialed_number),
            12 => field.text(&mut event.caller_entered_digits),
            13 => field.text(&mut event.call_variable1),
            14 => field.text(&mut event.call_variable2),
            15 => field.text(&mut event.call_variable3),
            16 => field.text(&mut event.call_variable4),
            17 => field.text(&mut event.call_variable5),
            18 => field.text(&mut event.call_variable6),
            19 => field.text(&mut event.call_variable7),
            20 => field.text(&mut event.call_variable8),
            21 => field.text(&mut event.call_variable9),
            22 => field.text(&mut event.call_variable10),
            23 | 24 => cti_client(&mut event.cti_clients, &field),
            25 => field.text(&mut event.connection_device_id),
            46 => field.text(&mut event.call_wrapup_data),
            72 => field.long(&mut event.router_call_key_day, |day| day),
            73 => field.long(&mut event.router_call_key_call_id, |id| id),
            82 => field.variable(&mut event.named_variables),
            83 => field.array(&mut event.named_arrays),
            110 => field.long(&mut event.router_call_key_sequence_number, |number| number),
            223 => field.blob(&mut event.call_reference_id),
            _ => false,
        };
        if !taken {
            event.other.push(field.raw());
        }
    }
    Some(event)
}

/// Puts a field of a skill group into the last one, or opens the next.
fn skill_group(list: &mut Vec<SkillGroup>, field: &Field<'_>) -> bool {
    let new = match (list.last(), field.tag) {
        (None, _) => true,
        (Some(last), 62) => last.number.is_some() || later(last),
        (Some(last), 63) => last.id.is_some() || last.priority.is_some() || last.state.is_some(),
        (Some(last), 64) => last.priority.is_some() || last.state.is_some(),
        (Some(last), _) => last.state.is_some(),
    };
    if field.data().len() != if field.tag < 64 { 4 } else { 2 } {
        return false;
    }
    if new {
        list.push(SkillGroup::default());
    }
    list.last_mut().is_some_and(|group| match field.tag {
        62 => field.long(&mut group.number, SkillGroupId),
        63 => field.long(&mut group.id, SkillGroupId),
        64 => field.short(&mut group.priority, |priority| priority),
        _ => field.short(&mut group.state, AgentState),
    })
}

fn later(group: &SkillGroup) -> bool {
    group.id.is_some() || group.priority.is_some() || group.state.is_some()
}

fn cti_client(list: &mut Vec<CtiClient>, field: &Field<'_>) -> bool {
    if field.tag == 24 && field.data().len() != 4 {
        return false;
    }
    let new = list.last().is_none_or(|last| {
        last.timestamp.is_some() || (field.tag == 23 && last.signature.is_some())
    });
    if new {
        list.push(CtiClient::default());
    }
    list.last_mut().is_some_and(|client| match field.tag {
        23 => field.text(&mut client.signature),
        _ => field.long(&mut client.timestamp, Timestamp),
    })
}

/// Takes numbers off the front.
struct Front<'a>(&'a [u8]);

impl Front<'_> {
    #[inline]
    fn u16(&mut self) -> Option<u16> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*value))
    }

    #[inline]
    fn u32(&mut self) -> Option<u32> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*value))
    }
}

/// The floating part from its first field on.
struct Walk<'a, L> {
    body: &'a Bytes,
    at: usize,
    layout: std::marker::PhantomData<L>,
}

struct Field<'a> {
    tag: u16,
    body: &'a Bytes,
    range: Range<usize>,
}

impl<'a, L: Layout> Walk<'a, L> {
    fn new(body: &'a Bytes, left: usize) -> Self {
        Self {
            body,
            at: body.len() - left,
            layout: std::marker::PhantomData,
        }
    }

    /// The next field; the outer `None` when the body ends inside one.
    #[inline]
    fn next(&mut self) -> Option<Option<Field<'a>>> {
        if self.at == self.body.len() {
            return Some(None);
        }
        let (tag, len) = L::header(&self.body[self.at..])?;
        let start = self.at + L::HEADER_LEN;
        self.at = start + len;
        (self.at <= self.body.len()).then_some(Some(Field {
            tag,
            body: self.body,
            range: start..self.at,
        }))
    }
}

impl Field<'_> {
    #[inline]
    fn data(&self) -> &[u8] {
        &self.body[self.range.clone()]
    }

    #[inline]
    fn bytes(&self) -> Bytes {
        self.body.slice(self.range.clone())
    }

    fn raw(&self) -> RawField {
        RawField {
            tag: Tag(self.tag),
            data: self.bytes(),
        }
    }

    #[inline]
    fn text(&self, slot: &mut Option<Text>) -> bool {
        let room = slot.is_none();
        if room {
            *slot = Some(Text::until_nul(self.bytes()));
        }
        room
    }

    fn blob(&self, slot: &mut Option<Blob>) -> bool {
        let room = slot.is_none();
        if room {
            *slot = Some(Blob(self.bytes()));
        }
        room
    }

    #[inline]
    fn long<T>(&self, slot: &mut Option<T>, make: impl Fn(u32) -> T) -> bool {
        let (None, Ok(data)) = (&slot, self.data().try_into()) else {
            return false;
        };
        *slot = Some(make(u32::from_be_bytes(data)));
        true
    }

    #[inline]
    fn short<T>(&self, slot: &mut Option<T>, make: impl Fn(u16) -> T) -> bool {
        let (None, Ok(data)) = (&slot, self.data().try_into()) else {
            return false;
        };
        *slot = Some(make(u16::from_be_bytes(data)));
        true
    }

    fn variable(&self, list: &mut Vec<NamedVariable>) -> bool {
        let Some((name, value)) = self.pair(0) else {
            return false;
        };
        list.push(NamedVariable::new(name, value));
        true
    }

    fn array(&self, list: &mut Vec<NamedArray>) -> bool {
        let (Some(index), Some((name, value))) = (self.data().first(), self.pair(1)) else {
            return false;
        };
        list.push(NamedArray::new(*index, name, value));
        true
    }

    /// Name, NUL, value from byte `skip` on.
    fn pair(&self, skip: usize) -> Option<(Text, Text)> {
        let data = self.data().get(skip..)?;
        let name_len = data.iter().position(|byte| *byte == 0)?;
        let start = self.range.start + skip;
        let nul = start + name_len;
        Some((
            Text::until_nul(self.body.slice(start..nul)),
            Text::until_nul(self.body.slice(nul + 1..self.range.end)),
        ))
    }
}
