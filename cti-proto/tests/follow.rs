//! A captured stream is followed from any place, over losses and through garbage.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cti_proto::code::MessageType;
use cti_proto::follow::{Certainty, Event, Finding, Follower, SkipReason, VersionGuess, findings};
use cti_proto::{Dialect, Frame, Tag, Version};
use proptest::prelude::*;

#[test]
fn a_stream_from_its_beginning_is_cut_into_its_messages() {
    for conversation in conversations() {
        let events = follow(Follower::at_the_beginning(), &[&conversation.bytes]);
        assert_eq!(
            events,
            conversation.frames_between(0, usize::MAX),
            "{}",
            conversation.version
        );
    }
}

#[test]
fn from_every_cut_point_on_the_next_message_is_found() {
    for conversation in conversations() {
        for cut in 0..conversation.bytes.len() {
            let next = conversation.next_boundary(cut);
            let end = conversation.next_boundary(next + 400);
            let events = follow(Follower::in_the_middle(), &[&conversation.bytes[cut..end]]);
            let mut expected = Vec::new();
            if next > cut {
                expected.push(Event::Skipped {
                    offset: 0,
                    len: (next - cut) as u64,
                    reason: SkipReason::Middle,
                });
            }
            expected.extend(shifted(conversation.frames_between(next, end), cut as u64));
            assert_eq!(events, expected, "{} cut at {cut}", conversation.version);
        }
    }
}

#[test]
fn a_known_version_finds_the_same_messages() {
    for conversation in conversations() {
        for cut in (0..conversation.bytes.len()).step_by(7) {
            let mut follower = Follower::in_the_middle();
            follower.set_version(conversation.version);
            let next = conversation.next_boundary(cut);
            let end = conversation.next_boundary(next + 400);
            let events = follow(follower, &[&conversation.bytes[cut..end]]);
            assert_eq!(
                frames(&events),
                shifted(conversation.frames_between(next, end), cut as u64),
                "{} cut at {cut}",
                conversation.version
            );
        }
    }
}

#[test]
fn a_stream_that_ends_anywhere_says_what_is_missing() {
    for conversation in extracts() {
        for cut in 0..conversation.bytes.len() {
            let events = follow(Follower::at_the_beginning(), &[&conversation.bytes[..cut]]);
            let last = conversation.last_boundary(cut);
            let mut expected = conversation.frames_between(0, usize::MAX);
            expected.retain(|event| offset(event) < last as u64);
            if last < cut {
                expected.push(Event::Skipped {
                    offset: last as u64,
                    len: (cut - last) as u64,
                    reason: SkipReason::End,
                });
            }
            assert_eq!(events, expected, "{} ends at {cut}", conversation.version);
        }
    }
}

#[test]
fn a_loss_inside_a_message_costs_that_message_only() {
    for conversation in extracts() {
        let boundaries = &conversation.boundaries;
        for (index, start) in boundaries.iter().enumerate().skip(1).step_by(3) {
            let end = boundaries
                .get(index + 1)
                .copied()
                .unwrap_or(conversation.bytes.len());
            let (from, to) = (start + 8, end - 1);
            let mut follower = Follower::at_the_beginning();
            follower.handle_input(&conversation.bytes[..from]);
            follower.handle_gap((to - from) as u64);
            follower.handle_input(&conversation.bytes[to..]);
            follower.handle_end();
            let events = drain(&mut follower);
            let mut expected = conversation.frames_between(0, usize::MAX);
            expected[index] = Event::Skipped {
                offset: *start as u64,
                len: (end - start) as u64,
                reason: SkipReason::Gap,
            };
            assert_eq!(
                events, expected,
                "{} loses {from} to {to}",
                conversation.version
            );
        }
    }
}

#[test]
fn after_a_loss_across_messages_the_next_whole_one_is_found() {
    for conversation in extracts() {
        let len = conversation.bytes.len();
        for from in (0..len - 200).step_by(13) {
            for to in [from + 1, from + 9, from + 60, from + 150] {
                let mut follower = Follower::at_the_beginning();
                follower.handle_input(&conversation.bytes[..from]);
                follower.handle_gap((to - from) as u64);
                follower.handle_input(&conversation.bytes[to..]);
                follower.handle_end();
                let events = drain(&mut follower);
                let (last, next) = (
                    conversation.last_boundary(from),
                    conversation.next_boundary(to),
                );
                let mut expected = conversation.frames_between(0, usize::MAX);
                expected.retain(|event| {
                    let start = offset(event) as usize;
                    start < last || start >= next
                });
                assert_eq!(
                    frames(&events),
                    expected,
                    "{} loses {from} to {to}",
                    conversation.version
                );
                let skipped: Vec<&Event> = events
                    .iter()
                    .filter(|event| matches!(event, Event::Skipped { .. }))
                    .collect();
                assert_eq!(
                    skipped,
                    [&Event::Skipped {
                        offset: last as u64,
                        len: (next - last) as u64,
                        reason: SkipReason::Gap,
                    }],
                    "{} loses {from} to {to}",
                    conversation.version
                );
            }
        }
    }
}

#[test]
fn garbage_between_messages_is_skipped_with_the_header_that_it_would_be() {
    let conversation = &conversations()[0];
    let garbage = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let half = conversation.boundaries[10];
    let mut stream = conversation.bytes[..half].to_vec();
    stream.extend_from_slice(garbage);
    stream.extend_from_slice(&conversation.bytes[half..]);
    let events = follow(Follower::at_the_beginning(), &[&stream]);
    assert_eq!(
        events[10],
        Event::Skipped {
            offset: half as u64,
            len: garbage.len() as u64,
            reason: SkipReason::Header {
                len: u32::from_be_bytes(*b"GET "),
                number: u32::from_be_bytes(*b"/ HT"),
            },
        }
    );
    assert_eq!(events.len(), conversation.boundaries.len() + 1);
}

#[test]
fn a_message_that_no_list_has_keeps_the_step() {
    let mut stream = vec![0, 0, 0, 3, 0, 0, 1, 144, 1, 2, 3];
    stream.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 7]);
    let events = follow(Follower::at_the_beginning(), &[&stream]);
    let [Event::Frame { frame, .. }, Event::Frame { offset: 11, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        findings(Version::uccx(17), frame),
        [Finding::UnknownType { number: 400 }]
    );
}

#[test]
fn an_open_request_tells_the_version_and_the_fields_tell_the_dialect() {
    for conversation in conversations() {
        let mut guess = VersionGuess::new();
        for frame in conversation.open_first() {
            guess.observe(&frame);
        }
        assert_eq!(guess.certainty(), Certainty::Opened);
        assert_eq!(guess.version(), conversation.version);
    }
}

#[test]
fn without_an_open_request_dialect_and_width_are_found() {
    for conversation in conversations() {
        let mut guess = VersionGuess::new();
        for frame in conversation.open_first().into_iter().skip(1) {
            guess.observe(&frame);
        }
        assert_eq!(guess.certainty(), Certainty::Guessed);
        let version = conversation.version;
        assert_eq!(guess.version().dialect(), version.dialect(), "{version}");
        assert_eq!(
            guess.version().field_width(),
            version.field_width(),
            "{version}"
        );
        assert!(
            guess.equals().any(|equal| equal == version),
            "{version} is not among {:?}",
            guess.equals().collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_hint_and_a_given_version_are_kept() {
    let conversation = &conversations()[0];
    let other = match conversation.version.dialect() {
        Dialect::Ucce => Dialect::Uccx,
        Dialect::Uccx => Dialect::Ucce,
    };
    let mut hinted = VersionGuess::new().with_dialect(other);
    let mut given = VersionGuess::given(Version::ucce(7));
    for frame in conversation.open_first() {
        hinted.observe(&frame);
        given.observe(&frame);
    }
    let number = conversation.version.number();
    assert_eq!(hinted.version(), Version::new(other, number));
    assert_eq!(
        (given.version(), given.certainty()),
        (Version::ucce(7), Certainty::Given)
    );
}

#[test]
fn a_version_that_nobody_speaks_changes_nothing() {
    let mut guess = VersionGuess::new();
    let mut body = vec![0; 44];
    body[4..8].copy_from_slice(&99_u32.to_be_bytes());
    guess.observe(&Frame {
        message_type: MessageType::OPEN_REQ,
        body: body.into(),
    });
    assert_eq!(guess.certainty(), Certainty::Guessed);
}

#[test]
fn golden_bytes_have_nothing_unforeseen_but_reserved_fields() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs::read_to_string(directory.join("index.tsv")).unwrap();
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let number = columns[2].parse().unwrap();
        let version = match columns[1] {
            "ucce" => Version::ucce(number),
            _ => Version::uccx(number),
        };
        let text = fs::read_to_string(directory.join(columns[0])).unwrap();
        let reserved = text
            .lines()
            .filter(|line| line.starts_with("# reserved["))
            .count();
        let found = findings(version, &frame(&hex(&text)));
        assert!(found.len() <= reserved, "{}: {found:?}", columns[0]);
    }
}

#[test]
fn a_message_with_many_unknown_fields_is_read_in_step_only() {
    // AGENT_DESK_SETTINGS_REQ with a field of tag 240.
    let odd = [
        0, 0, 0, 11, 0, 0, 0, 131, 0, 0, 0, 1, 0, 0, 0x13, 0x88, 240, 1, 0,
    ];
    let heartbeat = [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 7];
    let found = |follower| frames(&follow(follower, &[&heartbeat, &odd, &heartbeat])).len();
    assert_eq!(found(Follower::at_the_beginning()), 3);
    assert_eq!(found(Follower::in_the_middle()), 3);
    // Behind a byte that belongs to nothing, the heartbeat is the next one.
    let events = follow(Follower::in_the_middle(), &[&[1], &odd, &heartbeat]);
    assert_eq!(offset(&frames(&events)[0]), 20);
}

#[test]
fn findings_name_field_and_offset() {
    let version = Version::uccx(17);
    let system_event = |counted: &[u8]| {
        let mut body = vec![0; 26];
        body.extend_from_slice(counted);
        Frame {
            message_type: MessageType::SYSTEM_EVENT,
            body: body.into(),
        }
    };
    let text = |finding: &Finding| finding.to_string();
    let found = findings(
        version,
        &system_event(&[7, 2, b'a', b'b', 240, 1, 0, 7, 1, 0]),
    );
    assert_eq!(
        found.iter().map(text).collect::<Vec<_>>(),
        [
            "text at byte 26 has no closing NUL",
            "Tag(0xf0) (tag 240, 1 bytes) at byte 30 is no field of the message",
            "text comes again at byte 33",
        ]
    );
    let found = findings(version, &system_event(&[7, 200, b'a']));
    let [Finding::Unreadable(error)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        error.to_string(),
        "SYSTEM_EVENT ends inside the floating field that begins at byte 26"
    );
    let team_config = Frame {
        message_type: MessageType::NETWORK_RECORDING_STARTED_EVENT,
        body: Bytes::new(),
    };
    assert_eq!(
        findings(version, &team_config),
        [Finding::NotInVersion {
            message: "NETWORK_RECORDING_STARTED_EVENT",
            version
        }]
    );
}

#[test]
fn a_body_with_the_other_width_of_uccx_18_is_read_as_the_decoder_reads_it() {
    // CALL_CLEARED_EVENT of call 77 at device 10015, with tag and length of 1 byte.
    let mut body = vec![
        0, 0, 0, 0, 0, 0, 0, 1, 0, 21, 0, 0, 0, 0, 0, 77, 0, 3, 0xff, 0xff,
    ];
    body.extend([25, 6, b'1', b'0', b'0', b'1', b'5', 0]);
    let frame = Frame {
        message_type: MessageType::CALL_CLEARED_EVENT,
        body: Bytes::from(body),
    };
    assert_eq!(findings(Version::uccx(18), &frame), []);
    assert_eq!(findings(Version::uccx(17), &frame), []);
}

#[test]
fn a_required_field_that_did_not_come_is_found() {
    // OPEN_REQ of UCCE 23: 44 bytes of fixed part, no ClientID and no ClientPassword.
    let frame = Frame {
        message_type: MessageType::OPEN_REQ,
        body: Bytes::from(vec![0; 44]),
    };
    let version = Version::ucce(23);
    let missing = |field| Finding::Missing { field, version };
    let found = findings(version, &frame);
    assert_eq!(found, ["client_id", "client_password"].map(missing));
}

#[test]
fn a_counter_that_disagrees_with_its_list_is_found() {
    let conversation = conversations()
        .iter()
        .find(|conversation| conversation.version == Version::ucce(15))
        .unwrap();
    let event = conversation
        .open_first()
        .into_iter()
        .find(|frame| frame.message_type == MessageType::AGENT_STATE_EVENT)
        .unwrap();
    let mut body = event.body.to_vec();
    // NumFltSkillGroups, the last two bytes of the 58 of the fixed part.
    body[57] = 3;
    let frame = Frame {
        body: body.into(),
        ..event
    };
    let found = findings(conversation.version, &frame);
    let [
        Finding::Counter {
            says: 3,
            has: 1,
            list: "skill_groups",
            ..
        },
    ] = found[..]
    else {
        panic!("{found:?}");
    };
    assert_eq!(Tag::SKILL_GROUP_NUMBER.0, 62);
}

#[test]
fn a_stream_of_false_headers_takes_linear_time() {
    // Each eighth byte begins a header that can be believed, with a body of tags that are known.
    let mut patterns = vec![
        [0, 0, 0x30, 0, 0, 0, 0, 30].repeat(20_000),
        [0, 0, 0x20, 0, 0, 0, 0, 83].repeat(20_000),
        [0; 160_000].to_vec(),
    ];
    let mut narrow = vec![0, 0, 0x30, 0, 0, 0, 0, 30];
    narrow.extend([5, 1, 0].repeat(50_000));
    patterns.push(narrow);
    for pattern in patterns {
        #[allow(
            clippy::disallowed_methods,
            reason = "the time that passes is what is tested"
        )]
        let start = Instant::now();
        let events = follow(Follower::in_the_middle(), &[&pattern]);
        let passed = start.elapsed();
        assert!(passed < Duration::from_secs(5), "{passed:?} {events:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_of_the_input_gives_the_same_events(
        pick in 0..4_usize,
        start in 0..1_500_usize,
        noise in proptest::collection::vec((0..3_000_usize, any::<u8>()), 0..6),
        splits in proptest::collection::vec(1..200_usize, 1..40),
    ) {
        let mut stream = conversations()[pick].bytes[start..].to_vec();
        for (at, byte) in noise {
            if let Some(place) = stream.get_mut(at) {
                *place = byte;
            }
        }
        let whole = follow(Follower::in_the_middle(), &[&stream]);
        let mut chunks = Vec::new();
        let mut rest = &stream[..];
        for split in splits.iter().cycle() {
            let (chunk, others) = rest.split_at((*split).min(rest.len()));
            chunks.push(chunk);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(&follow(Follower::in_the_middle(), &chunks), &whole);
        prop_assert_eq!(covered(&whole), stream.len() as u64);
    }

    #[test]
    fn any_bytes_and_gaps_are_accounted_for(
        steps in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..60).prop_map(Step::Bytes),
                (0..4_usize, 0..40_usize).prop_map(|(pick, index)| Step::Message(pick, index)),
                (0..100_u64).prop_map(Step::Gap),
                Just(Step::End),
            ],
            0..30,
        ),
    ) {
        let conversations = conversations();
        let mut follower = Follower::in_the_middle();
        let mut total = 0;
        for step in steps {
            match step {
                Step::Bytes(bytes) => {
                    total += bytes.len() as u64;
                    follower.handle_input(&bytes);
                }
                Step::Message(pick, index) => {
                    let conversation = &conversations[pick];
                    let message = conversation.message(index % conversation.boundaries.len());
                    total += message.len() as u64;
                    follower.handle_input(message);
                }
                Step::Gap(lost) => {
                    total += lost;
                    follower.handle_gap(lost);
                }
                Step::End => follower.handle_end(),
            }
        }
        follower.handle_end();
        prop_assert_eq!(covered(&drain(&mut follower)), total);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Bytes(Vec<u8>),
    Message(usize, usize),
    Gap(u64),
    End,
}

/// Bytes that the events speak of; they must follow each other without hole or overlap.
fn covered(events: &[Event]) -> u64 {
    let mut at = 0;
    for event in events {
        assert_eq!(offset(event), at, "{events:?}");
        at += match event {
            Event::Frame { frame, .. } => frame.wire_len() as u64,
            Event::Skipped { len, .. } => *len,
            _ => unreachable!("a new event"),
        };
    }
    at
}

fn follow(mut follower: Follower, chunks: &[&[u8]]) -> Vec<Event> {
    for chunk in chunks {
        follower.handle_input(chunk);
    }
    follower.handle_end();
    drain(&mut follower)
}

fn drain(follower: &mut Follower) -> Vec<Event> {
    std::iter::from_fn(|| follower.poll_event()).collect()
}

fn frames(events: &[Event]) -> Vec<Event> {
    let frames = events
        .iter()
        .filter(|event| matches!(event, Event::Frame { .. }));
    frames.cloned().collect()
}

fn offset(event: &Event) -> u64 {
    match event {
        Event::Frame { offset, .. } | Event::Skipped { offset, .. } => *offset,
        _ => unreachable!("a new event"),
    }
}

fn shifted(events: Vec<Event>, back: u64) -> Vec<Event> {
    let shift = |event| match event {
        Event::Frame { offset, frame } => Event::Frame {
            offset: offset - back,
            frame,
        },
        other @ (Event::Skipped { .. } | _) => other,
    };
    events.into_iter().map(shift).collect()
}

/// All golden bytes of one version in a row.
struct Conversation {
    version: Version,
    bytes: Vec<u8>,
    /// Where each message begins.
    boundaries: Vec<usize>,
}

impl Conversation {
    fn message(&self, index: usize) -> &[u8] {
        let end = self.boundaries.get(index + 1).copied();
        &self.bytes[self.boundaries[index]..end.unwrap_or(self.bytes.len())]
    }

    fn frame(&self, index: usize) -> Frame {
        frame(self.message(index))
    }

    fn frames_between(&self, start: usize, end: usize) -> Vec<Event> {
        (0..self.boundaries.len())
            .filter(|index| (start..end).contains(&self.boundaries[*index]))
            .map(|index| Event::Frame {
                offset: self.boundaries[index] as u64,
                frame: self.frame(index),
            })
            .collect()
    }

    /// All messages, but an OPEN_REQ that the server takes stands in front and no other one is left.
    fn open_first(&self) -> Vec<Frame> {
        let frames: Vec<Frame> = (0..self.boundaries.len())
            .map(|index| self.frame(index))
            .collect();
        let (opens, others): (Vec<Frame>, Vec<Frame>) = frames
            .into_iter()
            .partition(|frame| frame.message_type == MessageType::OPEN_REQ);
        let number = self.version.number().to_be_bytes();
        let open = opens
            .into_iter()
            .find(|open| open.body[4..8] == number)
            .unwrap();
        std::iter::once(open).chain(others).collect()
    }

    fn next_boundary(&self, at: usize) -> usize {
        let mut later = self
            .boundaries
            .iter()
            .copied()
            .filter(|boundary| *boundary >= at);
        later.next().unwrap_or(self.bytes.len())
    }

    fn last_boundary(&self, at: usize) -> usize {
        let mut ends = self.boundaries.iter().copied().chain([self.bytes.len()]);
        ends.rfind(|boundary| *boundary <= at).unwrap_or(0)
    }
}

/// Some messages of each conversation at a time, for tests that go over them many times.
fn extracts() -> Vec<Conversation> {
    let mut extracts = Vec::new();
    for conversation in conversations() {
        let boundaries = &conversation.boundaries;
        for first in (0..boundaries.len() - 16).step_by(12) {
            let (start, end) = (boundaries[first], boundaries[first + 16]);
            extracts.push(Conversation {
                version: conversation.version,
                bytes: conversation.bytes[start..end].to_vec(),
                boundaries: boundaries[first..first + 16]
                    .iter()
                    .map(|boundary| boundary - start)
                    .collect(),
            });
        }
    }
    extracts
}

/// UCCX 17 and 18, UCCE 15 and 23. Messages with reserved fields, which no table has, are left out: they
/// are too odd to be the first one after a loss.
fn conversations() -> &'static [Conversation] {
    static READ: LazyLock<Vec<Conversation>> = LazyLock::new(read_conversations);
    &READ
}

fn read_conversations() -> Vec<Conversation> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs::read_to_string(directory.join("index.tsv")).unwrap();
    [
        ("uccx", Version::uccx(17)),
        ("uccx", Version::uccx(18)),
        ("ucce", Version::ucce(15)),
        ("ucce", Version::ucce(23)),
    ]
    .into_iter()
    .map(|(dialect, version)| {
        let number = version.number().to_string();
        let mut conversation = Conversation {
            version,
            bytes: Vec::new(),
            boundaries: Vec::new(),
        };
        for line in index.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            if columns[1] == dialect && columns[2] == number {
                let text = fs::read_to_string(directory.join(columns[0])).unwrap();
                let message = hex(&text);
                let frame = frame(&message);
                if findings(version, &frame).is_empty() {
                    conversation.boundaries.push(conversation.bytes.len());
                    conversation.bytes.extend(message);
                }
            }
        }
        conversation
    })
    .collect()
}

fn frame(message: &[u8]) -> Frame {
    Frame {
        message_type: MessageType(u32::from_be_bytes(*message[4..].first_chunk().unwrap())),
        body: Bytes::copy_from_slice(&message[8..]),
    }
}

/// Hexadecimal digits before the `#` of each line.
fn hex(text: &str) -> Vec<u8> {
    text.lines()
        .map(|line| line.split('#').next().unwrap())
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}
