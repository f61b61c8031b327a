//! GED-188 decoding and encoding beside code written by hand for the one message, and beside a walk
//! that only looks at tags and lengths.
//!
//! The hand-written readers fill the same structs from the same bytes, with the same checks of
//! lengths and the same slices, so that the difference is what the tables cost.

use benches::Comparison;
use bytes::{BufMut, Bytes, BytesMut};
use cti_proto::code::{
    AgentMode, AgentState, CallDirection, CallId, ConnectionDeviceIdType, DeviceIdType, EventCause,
    LineHandle, LineType, LocalConnectionState, PeripheralId, PeripheralType, ReasonCode,
    ServiceId, SkillGroupId,
};
use cti_proto::codec::{Fields, NamedArray, NamedVariable, Ranges, RawField, Text};
use cti_proto::message::{AgentStateEvent, AnyBody, Body, CallDeliveredEvent, SkillGroup};
use cti_proto::{Message, Tag, Version};

const VERSION: Version = Version::uccx(17);

fn main() {
    let delivered = body_of(call_delivered().into());
    assert_eq!(
        CallDeliveredEvent::decode(VERSION, &delivered),
        Ok(call_delivered())
    );
    assert_eq!(delivered_by_hand(&delivered), Some(call_delivered()));
    let fields = walk(&delivered, 54).expect("a whole body").0;
    assert_eq!(fields, 20);
    Comparison::new(format!(
        "decode CALL_DELIVERED_EVENT, {} bytes, 20 fields",
        delivered.len()
    ))
    .candidate("by hand", || delivered_by_hand(&delivered))
    .candidate("CallDeliveredEvent::decode", || {
        CallDeliveredEvent::decode(VERSION, &delivered)
    })
    .run();
    Comparison::new("look at the fields of CALL_DELIVERED_EVENT")
        .candidate("raw walk over tags and lengths", || walk(&delivered, 54))
        .candidate("Ranges", || ranges(&delivered, 54))
        .candidate("Fields::next_field", || slices(&delivered, 54))
        .run();

    let state = body_of(agent_state().into());
    assert_eq!(AgentStateEvent::decode(VERSION, &state), Ok(agent_state()));
    assert_eq!(state_by_hand(&state), Some(agent_state()));
    Comparison::new(format!("decode AGENT_STATE_EVENT, {} bytes", state.len()))
        .candidate("by hand", || state_by_hand(&state))
        .candidate("AgentStateEvent::decode", || {
            AgentStateEvent::decode(VERSION, &state)
        })
        .run();

    let event = call_delivered();
    let mut out = BytesMut::with_capacity(4096);
    let mut own = BytesMut::with_capacity(4096);
    put_delivered(&event, &mut own);
    assert_eq!(own, delivered);
    Comparison::new("encode CALL_DELIVERED_EVENT")
        .candidate("by hand", || {
            own.clear();
            put_delivered(&event, &mut own);
            own.len()
        })
        .candidate("CallDeliveredEvent::encode_body", || {
            out.clear();
            event.encode_body(VERSION, &mut out).map(|()| out.len())
        })
        .run();
}

fn text(text: &'static str) -> Option<Text> {
    Some(Text::until_nul(Bytes::from_static(text.as_bytes())))
}

/// A call with 20 floating fields.
fn call_delivered() -> CallDeliveredEvent {
    CallDeliveredEvent::with(|event| {
        event.peripheral_id = PeripheralId(1);
        event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        event.connection_call_id = CallId(16_777_300);
        event.service_number = ServiceId(4);
        event.local_connection_state = LocalConnectionState::ALERTING;
        event.event_cause = EventCause::NEW_CALL;
        event.connection_device_id = text("1001001");
        event.alerting_device_id = text("1001001");
        event.calling_device_id = text("+4930555123");
        event.called_device_id = text("8000");
        event.last_redirect_device_id = text("8000");
        event.secondary_connection_call_id = Some(CallId(7));
        event.ani = text("+4930555123");
        event.dnis = text("8000");
        event.dialed_number = text("8000");
        event.caller_entered_digits = text("4711");
        event.call_variable1 = text("gold");
        event.call_variable2 = text("order 52311");
        event.call_variable3 = text("de");
        event.call_variable4 = text("returning");
        event.call_variable5 = text("0");
        event.call_variable6 = text("blue");
        event.call_variable10 = text("last");
        event.call_wrapup_data = text("done");
        let name = Text::until_nul(&b"user.order"[..]);
        let value = Text::until_nul(&b"52311"[..]);
        event
            .named_variables
            .push(NamedVariable::new(name.clone(), value.clone()));
        event.named_variables.push(NamedVariable::new(name, value));
    })
}

fn agent_state() -> AgentStateEvent {
    AgentStateEvent::with(|event| {
        event.peripheral_id = PeripheralId(1);
        event.agent_state = AgentState::AVAILABLE;
        event.state_duration = 12;
        event.agent_id = text("1001001");
        event.agent_extension = text("1001001");
        event.agent_instrument = text("1001001");
        for number in 1..=2 {
            event.skill_groups.push(SkillGroup::with(|group| {
                group.number = Some(SkillGroupId(number));
                group.id = Some(SkillGroupId::NULL);
                group.priority = Some(0);
                group.state = Some(AgentState::AVAILABLE);
            }));
        }
    })
}

fn body_of(message: Message) -> Bytes {
    let mut wire = BytesMut::new();
    message.encode(VERSION, &mut wire).expect("a legal message");
    wire.split_off(8).freeze()
}

/// Takes numbers off the front.
struct Front<'a>(&'a [u8]);

impl Front<'_> {
    fn u16(&mut self) -> Option<u16> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*value))
    }

    fn u32(&mut self) -> Option<u32> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*value))
    }

    fn i32(&mut self) -> Option<i32> {
        self.u32().map(u32::cast_signed)
    }
}

fn number(data: &[u8]) -> Option<u32> {
    data.try_into().ok().map(u32::from_be_bytes)
}

fn short(data: &[u8]) -> Option<u16> {
    data.try_into().ok().map(u16::from_be_bytes)
}

fn delivered_by_hand(body: &Bytes) -> Option<CallDeliveredEvent> {
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
    let mut at = body.len() - front.0.len();
    while at < body.len() {
        let (&tag, &len) = (body.get(at)?, body.get(at + 1)?);
        let (start, end) = (at + 2, at + 2 + usize::from(len));
        let data = body.get(start..end)?;
        let text = || Some(Text::until_nul(body.slice(start..end)));
        match tag {
            25 => event.connection_device_id = text(),
            26 => event.alerting_device_id = text(),
            27 => event.calling_device_id = text(),
            28 => event.called_device_id = text(),
            29 => event.last_redirect_device_id = text(),
            202 => event.secondary_connection_call_id = number(data).map(CallId),
            8 => event.ani = text(),
            10 => event.dnis = text(),
            11 => event.dialed_number = text(),
            12 => event.caller_entered_digits = text(),
            13 => event.call_variable1 = text(),
            14 => event.call_variable2 = text(),
            15 => event.call_variable3 = text(),
            16 => event.call_variable4 = text(),
            17 => event.call_variable5 = text(),
            18 => event.call_variable6 = text(),
            19 => event.call_variable7 = text(),
            20 => event.call_variable8 = text(),
            21 => event.call_variable9 = text(),
            22 => event.call_variable10 = text(),
            46 => event.call_wrapup_data = text(),
            82 => {
                let nul = start + data.iter().position(|byte| *byte == 0)?;
                let name = Text::until_nul(body.slice(start..nul));
                let value = Text::until_nul(body.slice(nul + 1..end));
                event.named_variables.push(NamedVariable::new(name, value));
            }
            83 => {
                let (index, rest) = data.split_first()?;
                let nul = start + 1 + rest.iter().position(|byte| *byte == 0)?;
                let name = Text::until_nul(body.slice(start + 1..nul));
                let value = Text::until_nul(body.slice(nul + 1..end));
                event
                    .named_arrays
                    .push(NamedArray::new(*index, name, value));
            }
            _ => event.other.push(RawField {
                tag: Tag(u16::from(tag)),
                data: body.slice(start..end),
            }),
        }
        at = end;
    }
    Some(event)
}

fn state_by_hand(body: &Bytes) -> Option<AgentStateEvent> {
    let mut event = AgentStateEvent::new();
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
    event.mrd_id = front.i32()?;
    event.num_tasks = front.u32()?;
    event.agent_mode = AgentMode(front.u16()?);
    event.max_task_limit = front.u32()?;
    event.icm_agent_id = front.i32()?;
    event.agent_availability_status = front.u32()?;
    front.u16()?;
    let mut at = body.len() - front.0.len();
    while at < body.len() {
        let (&tag, &len) = (body.get(at)?, body.get(at + 1)?);
        let (start, end) = (at + 2, at + 2 + usize::from(len));
        let data = body.get(start..end)?;
        let text = || Some(Text::until_nul(body.slice(start..end)));
        match tag {
            23 => event.cti_client_signature = text(),
            194 => event.agent_id = text(),
            4 => event.agent_extension = text(),
            6 => event.agent_instrument = text(),
            150 => event.duration = number(data),
            123 => event.next_agent_state = short(data).map(AgentState),
            244 => event.direction = number(data).map(CallDirection),
            62 => event.skill_groups.push(SkillGroup::with(|group| {
                group.number = number(data).map(SkillGroupId);
            })),
            63 => event.skill_groups.last_mut()?.id = number(data).map(SkillGroupId),
            64 => event.skill_groups.last_mut()?.priority = short(data),
            65 => event.skill_groups.last_mut()?.state = short(data).map(AgentState),
            _ => event.other.push(RawField {
                tag: Tag(u16::from(tag)),
                data: body.slice(start..end),
            }),
        }
        at = end;
    }
    Some(event)
}

/// Number of fields and a sum over their tags and lengths.
fn walk(body: &[u8], fixed: usize) -> Option<(usize, usize)> {
    let mut rest = body.get(fixed..)?;
    let (mut fields, mut sum) = (0, 0);
    while let [tag, len, data @ ..] = rest {
        rest = data.get(usize::from(*len)..)?;
        fields += 1;
        sum += usize::from(*tag) + usize::from(*len);
    }
    rest.is_empty().then_some((fields, sum))
}

fn ranges(body: &Bytes, fixed: usize) -> Option<(usize, usize)> {
    let walk = Ranges::new("CALL_DELIVERED_EVENT", VERSION.field_width(), body, fixed);
    let (mut fields, mut sum) = (0, 0);
    for field in walk {
        let (tag, range) = field.ok()?;
        fields += 1;
        sum += usize::from(tag.0) + range.len();
    }
    Some((fields, sum))
}

fn slices(body: &Bytes, fixed: usize) -> Option<(usize, usize)> {
    let mut walk = Fields::new("CALL_DELIVERED_EVENT", VERSION.field_width(), body, fixed);
    let (mut fields, mut sum) = (0, 0);
    while let Some(field) = walk.next_field().ok()? {
        fields += 1;
        sum += usize::from(field.tag.0) + field.data.len();
    }
    Some((fields, sum))
}

fn put_delivered(event: &CallDeliveredEvent, out: &mut BytesMut) {
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
    out.put_u16(u16::try_from(event.named_variables.len()).unwrap_or(u16::MAX));
    out.put_u16(u16::try_from(event.named_arrays.len()).unwrap_or(u16::MAX));
    put_text(out, 25, &event.connection_device_id);
    put_text(out, 26, &event.alerting_device_id);
    put_text(out, 27, &event.calling_device_id);
    put_text(out, 28, &event.called_device_id);
    put_text(out, 29, &event.last_redirect_device_id);
    if let Some(call_id) = event.secondary_connection_call_id {
        out.put_slice(&[202, 4]);
        out.put_u32(call_id.0);
    }
    put_text(out, 8, &event.ani);
    put_text(out, 10, &event.dnis);
    put_text(out, 11, &event.dialed_number);
    put_text(out, 12, &event.caller_entered_digits);
    put_text(out, 13, &event.call_variable1);
    put_text(out, 14, &event.call_variable2);
    put_text(out, 15, &event.call_variable3);
    put_text(out, 16, &event.call_variable4);
    put_text(out, 17, &event.call_variable5);
    put_text(out, 18, &event.call_variable6);
    put_text(out, 19, &event.call_variable7);
    put_text(out, 20, &event.call_variable8);
    put_text(out, 21, &event.call_variable9);
    put_text(out, 22, &event.call_variable10);
    put_text(out, 46, &event.call_wrapup_data);
    for variable in &event.named_variables {
        let (name, value) = (variable.name.as_bytes(), variable.value.as_bytes());
        out.put_u8(82);
        out.put_u8(u8::try_from(name.len() + value.len() + 2).unwrap_or(u8::MAX));
        out.put_slice(name);
        out.put_u8(0);
        out.put_slice(value);
        out.put_u8(0);
    }
}

fn put_text(out: &mut BytesMut, tag: u8, text: &Option<Text>) {
    if let Some(text) = text {
        out.put_u8(tag);
        out.put_u8(u8::try_from(text.as_bytes().len() + 1).unwrap_or(u8::MAX));
        out.put_slice(text.as_bytes());
        out.put_u8(0);
    }
}
