//! What the hand-written peers of the codec benches are worth: they give what the crate gives, for the
//! samples and for bytes that a peer should not send.

use benches::cti::layout::{Layout, Narrow, Wide, WideTag};
use benches::cti::{agent_state, begin_call, body_of, call_delivered, read, write};
use bytes::{Bytes, BytesMut};
use cti_proto::Message;
use cti_proto::message::{AnyBody, Body};

#[test]
fn readers_and_writers_agree_with_the_crate() {
    agree::<Narrow>();
    agree::<WideTag>();
    agree::<Wide>();
}

fn agree<L: Layout>() {
    all_of::<L, _>(
        call_delivered(),
        read::call_delivered::<L>,
        write::call_delivered::<L>,
    );
    all_of::<L, _>(
        agent_state(),
        read::agent_state::<L>,
        write::agent_state::<L>,
    );
    all_of::<L, _>(begin_call(), read::begin_call::<L>, write::begin_call::<L>);
}

fn all_of<L: Layout, T>(
    message: T,
    read: fn(&Bytes) -> Option<T>,
    write: fn(&T, &mut BytesMut) -> Option<()>,
) where
    T: Body + AnyBody + Clone + Into<Message> + PartialEq + std::fmt::Debug,
{
    let body = body_of::<L>(message.clone());
    let mut own = BytesMut::new();
    assert_eq!(write(&message, &mut own), Some(()));
    assert_eq!(own, body);
    for len in 0..=body.len() {
        compare::<L, T>(body.slice(..len), read);
    }
    // The floating part twice: second fields, and lists of eight. Then each byte of it another one:
    // other tags, lengths that lie, texts with a NUL inside.
    let fixed = T::TABLE.fixed_len(L::VERSION);
    let twice = Bytes::from([&body[..], &body[fixed..]].concat());
    compare::<L, T>(twice, read);
    for at in fixed..body.len() {
        for byte in [0, 1, 2, 23, 24, 62, 63, 64, 65, 82, 83, 255] {
            let mut bytes = body.to_vec();
            bytes[at] = byte;
            compare::<L, T>(bytes.into(), read);
        }
    }
}

fn compare<L: Layout, T>(body: Bytes, read: fn(&Bytes) -> Option<T>)
where
    T: Body + PartialEq + std::fmt::Debug,
{
    let decoded = T::decode(L::VERSION, &body);
    assert_eq!(read(&body), decoded.ok(), "{body:02x?}");
}
