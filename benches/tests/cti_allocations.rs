//! What the codec asks of the allocator, counted.

use allocation_counter::measure;
use benches::cti::layout::{Layout, Narrow, Wide, WideTag};
use benches::cti::{agent_state, begin_call, body_of, call_delivered};
use bytes::BytesMut;
use cti_proto::message::Body;
use cti_proto::{Frame, FrameCodec, Message, View};

/// Named variables; skill groups; clients and named variables.
const LISTS: [u64; 3] = [1, 1, 2];

#[test]
fn a_message_is_decoded_without_an_allocation_but_its_lists() {
    allocations::<Narrow>();
    allocations::<WideTag>();
    allocations::<Wide>();
}

fn allocations<L: Layout>() {
    let [delivered, state, begin] = LISTS;
    decode::<L, _>(&call_delivered(), delivered);
    decode::<L, _>(&agent_state(), state);
    decode::<L, _>(&begin_call(), begin);
}

fn decode<L: Layout, T>(message: &T, lists: u64)
where
    T: Body + Clone + Into<Message>,
{
    let body = body_of::<L>(message.clone());
    let mut decoded = None;
    let count = measure(|| decoded = Some(T::decode(L::VERSION, &body)));
    assert!(matches!(decoded, Some(Ok(_))));
    assert_eq!(count.count_total, lists, "{}", T::TABLE.name);

    let frame = Frame {
        message_type: T::TABLE.number,
        body,
    };
    let count = measure(|| drop(Message::decode(L::VERSION, frame.clone())));
    assert_eq!(count.count_total, lists, "{}", T::TABLE.name);
    assert_eq!(count.count_current, 0);
}

#[test]
fn a_message_is_encoded_into_a_buffer_with_room_without_an_allocation() {
    let messages: [Message; 3] = [
        call_delivered().into(),
        agent_state().into(),
        begin_call().into(),
    ];
    for version in [Narrow::VERSION, WideTag::VERSION, Wide::VERSION] {
        let mut out = BytesMut::with_capacity(2_048);
        for message in &messages {
            let count = measure(|| assert_eq!(message.encode(version, &mut out), Ok(())));
            assert_eq!(count.count_total, 0, "{:?}", message.message_type());
        }
    }
}

#[test]
fn a_view_allocates_nothing() {
    let mut wire = BytesMut::new();
    assert_eq!(
        Message::from(call_delivered()).encode(Wide::VERSION, &mut wire),
        Ok(())
    );
    let mut fields = 0;
    let count = measure(|| {
        let codec = FrameCodec::new(Wide::VERSION);
        let frame = codec.peek(&wire).ok().flatten().expect("a whole frame");
        let view = View::new(Wide::VERSION, frame);
        let view = view.ok().flatten().expect("a typed message");
        fields = view.fixed().count() + view.floating().filter(Result::is_ok).count();
        assert_eq!(view.text("ani"), Ok(Some(&b"+4930555123"[..])));
    });
    assert_eq!(fields, 40);
    assert_eq!(count.count_total, 0);
}
