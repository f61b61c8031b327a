//! Records as bytes: a version, a kind, numbers as LEB128, texts and stanzas with their length before them. Outputs that
//! say the same to several addresses say it once.

mod read;
mod write;

use bytes::{BufMut, Bytes, BytesMut};

use self::read::In;
use self::write::Out;
use super::record::Record;
use crate::error::DecodeError;
use crate::id::IdError;
use crate::jid::JidError;
use crate::stanza::Message;

/// Why bytes are no record.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// They end too early.
    #[error("the record ends too early")]
    Truncated,
    /// Something follows.
    #[error("{0} bytes follow the record")]
    Trailing(usize),
    /// Another version than this one.
    #[error("version {0} of records is not known")]
    Version(u8),
    /// A kind, flag or number that there is not.
    #[error("{value} is no {field}")]
    Invalid {
        /// Where it stands.
        field: &'static str,
        /// What stands there.
        value: u64,
    },
    /// A text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A name that cannot be.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An address that cannot be.
    #[error(transparent)]
    Jid(#[from] JidError),
    /// A stanza or an entry that cannot be read.
    #[error(transparent)]
    Xml(#[from] DecodeError),
}

impl Record {
    /// The record as bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Out(BytesMut::new());
        out.0.put_u8(VERSION);
        match self {
            Self::Input {
                member,
                number,
                input,
            } => {
                out.0.put_u8(INPUT);
                out.text(member.as_str());
                out.number(*number);
                out.input(input);
            }
            Self::Claim { epoch, member } => {
                out.0.put_u8(CLAIM);
                out.number(*epoch);
                out.text(member.as_str());
            }
            Self::Outcome {
                epoch,
                number,
                outcome,
            } => {
                out.0.put_u8(OUTCOME);
                out.number(*epoch);
                out.number(*number);
                out.outcome(outcome);
            }
            Self::Snapshot {
                epoch,
                number,
                snapshot,
            } => {
                out.0.put_u8(SNAPSHOT);
                out.number(*epoch);
                out.number(*number);
                out.snapshot(snapshot);
            }
        }
        out.0.freeze()
    }

    /// Reads what [`encode`](Self::encode) wrote. Nothing of the bytes is kept.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut input = In(bytes);
        match input.byte()? {
            VERSION => {}
            other => return Err(RecordError::Version(other)),
        }
        let record = match input.byte()? {
            INPUT => Self::Input {
                member: input.member()?,
                number: input.number()?,
                input: input.input()?,
            },
            CLAIM => Self::Claim {
                epoch: input.number()?,
                member: input.member()?,
            },
            OUTCOME => Self::Outcome {
                epoch: input.number()?,
                number: input.number()?,
                outcome: input.outcome()?,
            },
            SNAPSHOT => Self::Snapshot {
                epoch: input.number()?,
                number: input.number()?,
                snapshot: input.snapshot()?,
            },
            other => return Err(invalid("kind of record", other)),
        };
        match input.0.len() {
            0 => Ok(record),
            left => Err(RecordError::Trailing(left)),
        }
    }
}

/// Whether only the addressee and the id differ, in a message that is cheap to copy.
pub(super) fn says_the_same(one: &Message, other: &Message) -> bool {
    is_shared(one)
        && one.from == other.from
        && one.kind == other.kind
        && is_shared(other)
        && one.payloads == other.payloads
}

/// Whether all that a message has is shared by its copies, so that a few bytes that repeat it ask for no more memory.
const fn is_shared(message: &Message) -> bool {
    message.lang.is_none() && message.error.is_none() && message.other.is_empty()
}

fn invalid(field: &'static str, value: u8) -> RecordError {
    RecordError::Invalid {
        field,
        value: value.into(),
    }
}

const VERSION: u8 = 1;

const INPUT: u8 = 0;
const CLAIM: u8 = 1;
const OUTCOME: u8 = 2;
const SNAPSHOT: u8 = 3;

/// An output that has a stanza of its own.
const OTHER: u8 = 0;
/// An output that says what the message before it said.
const SAME: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{MemberId, StanzaId};
    use crate::jid::Jid;
    use crate::other::Other;
    use crate::service::NodeConfig;
    use crate::service::cluster::record::{Input, Outcome, Output, Part, SessionRecord, Snapshot};
    use crate::service::journal::{Change, Entry};
    use crate::service::people::Availability;
    use crate::stanza::{Iq, IqContent, MessageKind, Payload, Show, Stanza};
    use crate::{NodeId, pubsub::Affiliation};

    fn jid(text: &str) -> Jid {
        Jid::new(text).unwrap()
    }

    fn member(text: &str) -> MemberId {
        MemberId::new(text).unwrap()
    }

    fn event(to: &str, id: &str) -> Stanza {
        let mut message = Message::new(MessageKind::Headline, Payload::empty("urn:e", "e"));
        message.from = Some(jid("pubsub.localhost"));
        message.to = Some(jid(to));
        message.id = Some(StanzaId::new(id).unwrap());
        Stanza::Message(message)
    }

    fn entry() -> Entry {
        Entry {
            seq: 7,
            changes: vec![Change::NodeCreated {
                node: NodeId::new("a").unwrap(),
                config: Box::new(NodeConfig::transient()),
                creator: None,
                created_at: -1,
            }],
        }
    }

    fn records() -> Vec<Record> {
        let available = Availability::Available {
            show: Some(Show::Dnd),
            priority: -128,
        };
        let ping = IqContent::Get(Payload::empty(crate::ns::PING, "ping"));
        let iq = Iq::new(StanzaId::new("1").unwrap(), ping).with_to(jid("pubsub.localhost"));
        let inputs = [
            Input::Stanza(Box::new(Stanza::Iq(iq.clone()))),
            Input::Opened(jid("a@b/c")),
            Input::Presence(jid("a@b/c"), available),
            Input::Presence(jid("a@b/c"), Availability::Unavailable),
            Input::Closed(jid("a@b/c")),
            Input::ServiceAffiliation(jid("a@b"), Affiliation::PublishOnly),
            Input::Gone(member("n")),
        ];
        let mut records: Vec<_> = inputs
            .into_iter()
            .map(|input| Record::Input {
                member: member("m"),
                number: u64::MAX,
                input,
            })
            .collect();
        records.push(Record::Claim {
            epoch: 300,
            member: member("m"),
        });
        let output = |to: &str, answers, stanza| Output {
            member: member(to),
            answers,
            stanza,
        };
        records.push(Record::Outcome {
            epoch: 1,
            number: 2,
            outcome: Outcome {
                part: Part {
                    first: false,
                    last: true,
                },
                handled: Some(0),
                entries: vec![entry(), entry()],
                outputs: vec![
                    output("m", None, event("a@b", "1")),
                    output("m", Some(9), Stanza::Iq(iq.to_result(None))),
                    output("n", None, event("c@b/d", "2")),
                ],
            },
        });
        records.push(Record::Snapshot {
            epoch: 1,
            number: 3,
            snapshot: Snapshot {
                part: Part::WHOLE,
                handled: None,
                entry: entry(),
                sessions: vec![SessionRecord {
                    jid: jid("a@b/c"),
                    member: member("m"),
                    availability: Some(Availability::ONLINE),
                }],
                members: vec![(member("m"), 5)],
                gone: vec![member("n")],
            },
        });
        records
    }

    #[test]
    fn every_record_is_read_as_it_was_written() {
        for record in records() {
            let bytes = record.encode();
            assert_eq!(Record::decode(&bytes), Ok(record), "{bytes:?}");
        }
    }

    #[test]
    fn a_claim_has_these_bytes() {
        let claim = Record::Claim {
            epoch: 300,
            member: member("m"),
        };
        assert_eq!(claim.encode().as_ref(), [1, 1, 0xac, 0x02, 1, b'm']);
    }

    #[test]
    fn what_is_cut_or_has_a_tail_is_refused() {
        for record in records() {
            let bytes = record.encode();
            for len in (0..bytes.len()).step_by(3) {
                assert!(Record::decode(&bytes[..len]).is_err(), "{len} of {bytes:?}");
            }
            let longer = [bytes.as_ref(), b"x"].concat();
            assert_eq!(Record::decode(&longer), Err(RecordError::Trailing(1)));
        }
        assert_eq!(Record::decode(&[2, 0]), Err(RecordError::Version(2)));
        let endless = [
            1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
        ];
        assert!(matches!(
            Record::decode(&endless),
            Err(RecordError::Invalid { .. })
        ));
    }

    #[test]
    fn what_is_garbled_is_refused_or_is_another_record() {
        for record in records() {
            let bytes = record.encode();
            // All of the head, and a sample of the XML behind it.
            for place in (0..bytes.len()).filter(|place| *place < 16 || place % 11 == 0) {
                let mut garbled = bytes.to_vec();
                garbled[place] ^= 1 << (place % 8);
                if let Ok(read) = Record::decode(&garbled) {
                    assert_eq!(Record::decode(&read.encode()), Ok(read));
                }
            }
        }
    }

    #[test]
    fn an_event_to_many_is_written_once() {
        let outputs = |count: usize| -> Vec<Output> {
            (0..count)
                .map(|place| {
                    let payload = crate::xml::Element::new("urn:e", "e").with_text("x".repeat(500));
                    let mut message =
                        Message::new(MessageKind::Headline, Payload::from_element(&payload));
                    message.to = Some(jid(&format!("u{place}@b")));
                    Output {
                        member: member("m"),
                        answers: None,
                        stanza: Stanza::Message(message),
                    }
                })
                .collect()
        };
        let size = |count| {
            let record = Record::Outcome {
                epoch: 1,
                number: 1,
                outcome: Outcome {
                    part: Part::WHOLE,
                    handled: None,
                    entries: Vec::new(),
                    outputs: outputs(count),
                },
            };
            record.encode().len()
        };
        assert!(size(100) < size(1) + 99 * 20, "{} {}", size(1), size(100));
    }

    #[test]
    fn what_would_have_to_be_copied_is_written_in_full() {
        let said = |more: Other| {
            let Stanza::Message(mut message) = event("a@b", "1") else {
                unreachable!("an event is a message");
            };
            message.other = more;
            let output = Output {
                member: member("m"),
                answers: None,
                stanza: Stanza::Message(message),
            };
            Record::Outcome {
                epoch: 1,
                number: 1,
                outcome: Outcome {
                    part: Part::WHOLE,
                    handled: None,
                    entries: Vec::new(),
                    outputs: vec![output.clone(), output],
                },
            }
        };
        let attribute = crate::xml::Attribute {
            name: crate::xml::Name::new("urn:e", "more"),
            value: "x".repeat(100),
        };
        let plain = said(Other::new()).encode();
        let rich = said(Other::new().with_attribute(attribute));
        assert!(rich.encode().len() > plain.len() + 200, "twice");
        assert_eq!(Record::decode(&rich.encode()), Ok(rich));
    }
}
