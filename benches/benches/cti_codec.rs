//! GED-188 decoding and encoding beside code written by hand for the one message and version, and a
//! look at fields in place beside a walk that only looks at lengths.

use benches::Comparison;
use benches::cti::layout::{Layout, Narrow, Wide, WideTag};
use benches::cti::{agent_state, begin_call, body_of, call_delivered, read, write};
use bytes::{Bytes, BytesMut};
use cti_proto::code::MessageType;
use cti_proto::message::{AnyBody, Body};
use cti_proto::{Frame, FrameRef, Message, Version, View};

fn main() {
    every_message::<Narrow>();
    every_message::<WideTag>();
    every_message::<Wide>();
}

fn every_message<L: Layout>() {
    let version = L::VERSION;
    let delivered = call_delivered();
    let body = body_of::<L>(delivered.clone());
    decode(&body, &delivered, version, read::call_delivered::<L>);
    look::<L>(&body, MessageType::CALL_DELIVERED_EVENT);
    encode(&body, &delivered, version, write::call_delivered::<L>);

    let state = agent_state();
    let body = body_of::<L>(state.clone());
    decode(&body, &state, version, read::agent_state::<L>);
    look::<L>(&body, MessageType::AGENT_STATE_EVENT);
    encode(&body, &state, version, write::agent_state::<L>);

    let begin = begin_call();
    let body = body_of::<L>(begin.clone());
    decode(&body, &begin, version, read::begin_call::<L>);
    look::<L>(&body, MessageType::BEGIN_CALL_EVENT);
    encode(&body, &begin, version, write::begin_call::<L>);
}

fn decode<T>(body: &Bytes, message: &T, version: Version, by_hand: fn(&Bytes) -> Option<T>)
where
    T: Body + Into<Message> + PartialEq + std::fmt::Debug,
{
    assert_eq!(T::decode(version, body).as_ref(), Ok(message));
    assert_eq!(by_hand(body).as_ref(), Some(message));
    let frame = Frame {
        message_type: T::TABLE.number,
        body: body.clone(),
    };
    Comparison::new(format!(
        "decode {}, {version}, {} bytes",
        T::TABLE.name,
        body.len()
    ))
    .candidate("by hand", || by_hand(body))
    .candidate("Body::decode", || T::decode(version, body))
    .candidate("Message::decode, type unknown before", || {
        Message::decode(version, frame.clone())
    })
    .run();
}

/// Lines of the fixed part and floating fields of each message, 20 of the latter.
fn look<L: Layout>(body: &Bytes, message_type: MessageType) {
    let version = L::VERSION;
    let table = Message::table_of(version, message_type).expect("a typed message");
    let frame = FrameRef { message_type, body };
    let empty = View::new(version, frame).expect("a whole fixed part");
    let fixed: Vec<usize> = empty
        .expect("a typed message")
        .fixed()
        .map(|(_, range)| range.len())
        .collect();
    let raw = walk::<L>(body, &fixed).expect("a whole body");
    assert_eq!(raw.0, fixed.len() + 20);
    assert_eq!(view::<L>(frame), Some(raw));
    Comparison::new(format!("look at all fields of {}, {version}", table.name))
        .candidate("raw walk over widths, tags and lengths", || {
            walk::<L>(body, &fixed)
        })
        .candidate("View: fixed fields, then (tag, range) pairs", || {
            view::<L>(frame)
        })
        .run();
}

fn encode<T: AnyBody>(
    body: &Bytes,
    message: &T,
    version: Version,
    by_hand: fn(&T, &mut BytesMut) -> Option<()>,
) {
    let mut own = BytesMut::with_capacity(4096);
    let mut out = BytesMut::with_capacity(4096);
    assert_eq!(by_hand(message, &mut own), Some(()));
    assert_eq!(own, body);
    Comparison::new(format!("encode {}, {version}", message.table().name))
        .candidate("by hand", || {
            own.clear();
            by_hand(message, &mut own).map(|()| own.len())
        })
        .candidate("AnyBody::encode_body", || {
            out.clear();
            message.encode_body(version, &mut out).map(|()| out.len())
        })
        .run();
}

/// Number of fields, and a sum over what they are.
fn walk<L: Layout>(body: &[u8], fixed: &[usize]) -> Option<(usize, usize)> {
    let (mut fields, mut sum, mut at) = (0, 0, 0);
    for width in fixed {
        sum += at ^ width;
        at += width;
        fields += 1;
    }
    let mut rest = body.get(at..)?;
    while !rest.is_empty() {
        let (tag, len) = L::header(rest)?;
        rest = rest.get(L::HEADER_LEN + len..)?;
        sum += usize::from(tag) + len;
        fields += 1;
    }
    Some((fields, sum))
}

fn view<L: Layout>(frame: FrameRef<'_>) -> Option<(usize, usize)> {
    let view = View::new(L::VERSION, frame).ok()??;
    let (mut fields, mut sum) = (0, 0);
    for (_, range) in view.fixed() {
        sum += range.start ^ range.len();
        fields += 1;
    }
    for field in view.floating() {
        let (tag, range) = field.ok()?;
        sum += usize::from(tag.0) + range.len();
        fields += 1;
    }
    Some((fields, sum))
}
