//! A follower over a captured stream with losses.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use cti_proto::Message;
use cti_proto::follow::{Event, Finding, Follower, VersionGuess, findings};

use super::pick_version;

/// One direction of a captured connection. The first byte tells whether the capture has its beginning, the second the
/// version, if it is told; then come pieces of the stream and losses.
///
/// Every byte belongs to one event, in order. What the follower says does not depend on how the stream was cut into
/// pieces. A body that is found to be right can be read.
pub fn follow(data: &[u8]) {
    let [how, version, data @ ..] = data else {
        return;
    };
    let mut follower = match how & 1 {
        0 => Follower::at_the_beginning(),
        _ => Follower::in_the_middle(),
    };
    if how & 2 != 0 {
        follower.set_version(pick_version(*version));
    }
    let stream = pieces(data);
    let whole = events(follower.clone(), &stream, usize::MAX);
    assert_eq!(events(follower, &stream, 1 + usize::from(how >> 2)), whole);
    accounted_for(&stream, &whole);
    readable(&whole);
}

enum Piece<'a> {
    Bytes(&'a [u8]),
    Lost(u16),
}

/// Pieces and losses of `data`; once it cannot be told, the rest is one piece.
fn pieces(data: &[u8]) -> Vec<Piece<'_>> {
    let mut data = Unstructured::new(data);
    let mut pieces = Vec::new();
    while !data.is_empty() {
        match u8::arbitrary(&mut data).unwrap_or(0) {
            0..=31 => pieces.push(Piece::Lost(u16::arbitrary(&mut data).unwrap_or(0))),
            32..=127 => pieces.push(Piece::Bytes(data.bytes(data.len()).unwrap_or(&[]))),
            len => {
                let len = usize::from(len - 127).min(data.len());
                pieces.push(Piece::Bytes(data.bytes(len).unwrap_or(&[])));
            }
        }
    }
    pieces
}

fn events(mut follower: Follower, stream: &[Piece<'_>], most: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for piece in stream {
        match piece {
            Piece::Bytes(bytes) => {
                for part in bytes.chunks(most.min(bytes.len()).max(1)) {
                    follower.handle_input(part);
                    events.extend(std::iter::from_fn(|| follower.poll_event()));
                }
            }
            Piece::Lost(lost) => follower.handle_gap(u64::from(*lost)),
        }
    }
    follower.handle_end();
    events.extend(std::iter::from_fn(|| follower.poll_event()));
    events
}

fn accounted_for(stream: &[Piece<'_>], events: &[Event]) {
    // What was lost is no byte of any frame.
    let mut captured = Vec::new();
    for piece in stream {
        match piece {
            Piece::Bytes(bytes) => captured.extend(bytes.iter().copied().map(Some)),
            Piece::Lost(lost) => captured.extend((0..*lost).map(|_| None)),
        }
    }
    let mut place = 0;
    for event in events {
        let (offset, len) = match event {
            Event::Frame { offset, frame } => (*offset, frame.wire_len() as u64),
            Event::Skipped { offset, len, .. } => (*offset, *len),
            _ => unreachable!("a new event"),
        };
        assert_eq!(
            offset, place,
            "bytes without an event, or in two: {event:?}"
        );
        assert!(len > 0, "an event of nothing");
        place += len;
        if let Event::Frame { frame, .. } = event {
            let end = usize::try_from(place).expect("not longer than the stream");
            let body = &captured[end - frame.body.len()..end];
            assert!(
                body.iter()
                    .copied()
                    .eq(frame.body.iter().copied().map(Some)),
                "{event:?} is not what was captured"
            );
        }
    }
    assert_eq!(place, captured.len() as u64, "bytes without an event");
}

fn readable(events: &[Event]) {
    let mut guess = VersionGuess::new();
    for event in events {
        let Event::Frame { frame, .. } = event else {
            continue;
        };
        guess.observe(frame);
        let version = guess.version();
        let found = findings(version, frame);
        let unreadable = found
            .iter()
            .any(|finding| matches!(finding, Finding::Unreadable(_)));
        let message = Message::decode(version, frame.clone());
        assert_eq!(message.is_err(), unreadable, "{found:?}: {message:?}");
        if let (Ok(message), true) = (message, found.is_empty())
            && let Err(error) = message.encode(version, &mut BytesMut::new())
        {
            // The total of expanded call context data, and records past their maximum, are no field's fault.
            assert!(
                frame.body.len() > 500,
                "{message:?} cannot be written: {error}"
            );
        }
    }
}
