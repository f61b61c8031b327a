//! Records as bytes: a version, a kind, numbers as LEB128, texts and stanzas with their length before them. Outputs that
//! say the same to several addresses say it once.

use bytes::{BufMut, Bytes, BytesMut};
use wire_xml::Limits;

use super::record::{Input, Outcome, Output, Part, Record, SessionRecord, Snapshot};
use crate::error::DecodeError;
use crate::id::{IdError, MemberId, StanzaId};
use crate::jid::{Jid, JidError};
use crate::pubsub::Affiliation;
use crate::service::journal::Entry;
use crate::service::people::Availability;
use crate::stanza::{Message, Show, Stanza};

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

struct Out(BytesMut);

impl Out {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.put_u8((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.put_u8((number & 0x7f) as u8);
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Nothing is 0, and a number one more than it is. The last number of all is not an offset or a place.
    fn optional(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |number| number.saturating_add(1)));
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.put_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    fn input(&mut self, input: &Input) {
        match input {
            Input::Stanza(stanza) => {
                self.0.put_u8(0);
                self.blob(&stanza.to_bytes());
            }
            Input::Opened(jid) => {
                self.0.put_u8(1);
                self.text(jid.as_str());
            }
            Input::Presence(jid, availability) => {
                self.0.put_u8(2);
                self.text(jid.as_str());
                self.availability(Some(*availability));
            }
            Input::Closed(jid) => {
                self.0.put_u8(3);
                self.text(jid.as_str());
            }
            Input::ServiceAffiliation(jid, affiliation) => {
                self.0.put_u8(4);
                self.text(jid.as_str());
                self.text(affiliation.as_str());
            }
            Input::Gone(member) => {
                self.0.put_u8(5);
                self.text(member.as_str());
            }
        }
    }

    fn availability(&mut self, availability: Option<Availability>) {
        match availability {
            None => self.0.put_u8(0),
            Some(Availability::Unavailable) => self.0.put_u8(1),
            Some(Availability::Available { show, priority }) => {
                self.0.put_u8(match show {
                    None => 2,
                    Some(Show::Away) => 3,
                    Some(Show::Chat) => 4,
                    Some(Show::Dnd) => 5,
                    Some(Show::Xa) => 6,
                });
                self.0.put_i8(priority);
            }
        }
    }

    fn part(&mut self, part: Part) {
        self.0
            .put_u8(u8::from(part.first) | (u8::from(part.last) << 1));
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.part(outcome.part);
        self.optional(outcome.handled);
        self.count(outcome.entries.len());
        for entry in &outcome.entries {
            self.blob(&entry.encode());
        }
        self.count(outcome.outputs.len());
        let mut before = None;
        for output in &outcome.outputs {
            self.text(output.member.as_str());
            self.optional(output.answers);
            match (&output.stanza, before) {
                (Stanza::Message(message), Some(before)) if says_the_same(message, before) => {
                    self.0.put_u8(SAME);
                    let to = message.to.as_ref().map_or("", Jid::as_str);
                    self.text(to);
                    self.text(message.id.as_ref().map_or("", StanzaId::as_str));
                }
                (stanza, _) => {
                    self.0.put_u8(OTHER);
                    self.blob(&stanza.to_bytes());
                }
            }
            before = match &output.stanza {
                Stanza::Message(message) => Some(message),
                Stanza::Iq(_) | Stanza::Presence(_) => before,
            };
        }
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.part(snapshot.part);
        self.optional(snapshot.handled);
        self.blob(&snapshot.entry.encode());
        self.count(snapshot.sessions.len());
        for session in &snapshot.sessions {
            self.text(session.jid.as_str());
            self.text(session.member.as_str());
            self.availability(session.availability);
        }
        self.count(snapshot.members.len());
        for (member, number) in &snapshot.members {
            self.text(member.as_str());
            self.number(*number);
        }
        self.count(snapshot.gone.len());
        for member in &snapshot.gone {
            self.text(member.as_str());
        }
    }
}

/// Whether only the addressee and the id differ.
pub(super) fn says_the_same(one: &Message, other: &Message) -> bool {
    one.from == other.from
        && one.kind == other.kind
        && one.lang == other.lang
        && one.error == other.error
        && one.other == other.other
        && one.payloads == other.payloads
}

struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn byte(&mut self) -> Result<u8, RecordError> {
        let (byte, rest) = self.0.split_first().ok_or(RecordError::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<u64, RecordError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(invalid("number", byte));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(RecordError::Invalid {
            field: "number",
            value: number,
        })
    }

    fn optional(&mut self) -> Result<Option<u64>, RecordError> {
        Ok(self.number()?.checked_sub(1))
    }

    fn blob(&mut self) -> Result<&'a [u8], RecordError> {
        let len = usize::try_from(self.number()?).map_err(|_| RecordError::Truncated)?;
        let (blob, rest) = self.0.split_at_checked(len).ok_or(RecordError::Truncated)?;
        self.0 = rest;
        Ok(blob)
    }

    fn text(&mut self) -> Result<&'a str, RecordError> {
        core::str::from_utf8(self.blob()?).map_err(|_| RecordError::Text)
    }

    fn member(&mut self) -> Result<MemberId, RecordError> {
        Ok(MemberId::new(self.text()?)?)
    }

    fn jid(&mut self) -> Result<Jid, RecordError> {
        Ok(Jid::new(self.text()?)?)
    }

    /// Reads so many of something. Each takes a byte at least, so that no count can ask for more memory than there is input.
    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, RecordError>,
    ) -> Result<Vec<T>, RecordError> {
        let count = self.number()?;
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn input(&mut self) -> Result<Input, RecordError> {
        Ok(match self.byte()? {
            0 => Input::Stanza(Box::new(self.stanza()?)),
            1 => Input::Opened(self.jid()?),
            2 => {
                let jid = self.jid()?;
                let availability = self.availability()?.ok_or_else(|| invalid("presence", 0))?;
                Input::Presence(jid, availability)
            }
            3 => Input::Closed(self.jid()?),
            4 => {
                let jid = self.jid()?;
                let affiliation = Affiliation::from_name(self.text()?);
                let affiliation = affiliation.ok_or_else(|| invalid("affiliation", 0))?;
                Input::ServiceAffiliation(jid, affiliation)
            }
            5 => Input::Gone(self.member()?),
            other => return Err(invalid("kind of input", other)),
        })
    }

    fn availability(&mut self) -> Result<Option<Availability>, RecordError> {
        let show = match self.byte()? {
            0 => return Ok(None),
            1 => return Ok(Some(Availability::Unavailable)),
            2 => None,
            3 => Some(Show::Away),
            4 => Some(Show::Chat),
            5 => Some(Show::Dnd),
            6 => Some(Show::Xa),
            other => return Err(invalid("availability", other)),
        };
        let priority = i8::from_ne_bytes([self.byte()?]);
        Ok(Some(Availability::Available { show, priority }))
    }

    /// What a member took from its own peers was held to its limits there.
    fn stanza(&mut self) -> Result<Stanza, RecordError> {
        Ok(Stanza::parse(self.blob()?, &Limits::MAX)?)
    }

    fn part(&mut self) -> Result<Part, RecordError> {
        match self.byte()? {
            flags @ 0..=3 => Ok(Part {
                first: flags & 1 != 0,
                last: flags & 2 != 0,
            }),
            other => Err(invalid("part", other)),
        }
    }

    fn entry(&mut self) -> Result<Entry, RecordError> {
        Ok(Entry::decode(self.blob()?)?)
    }

    fn outcome(&mut self) -> Result<Outcome, RecordError> {
        let mut before = None;
        Ok(Outcome {
            part: self.part()?,
            handled: self.optional()?,
            entries: self.list(Self::entry)?,
            outputs: self.list(|input| {
                Ok(Output {
                    member: input.member()?,
                    answers: input.optional()?,
                    stanza: input.output(&mut before)?,
                })
            })?,
        })
    }

    fn output(&mut self, before: &mut Option<Message>) -> Result<Stanza, RecordError> {
        let stanza = match (self.byte()?, &before) {
            (OTHER, _) => self.stanza()?,
            (SAME, Some(before)) => {
                let mut message = before.clone();
                message.to = match self.text()? {
                    "" => None,
                    jid => Some(Jid::new(jid)?),
                };
                message.id = match self.text()? {
                    "" => None,
                    id => Some(StanzaId::new(id)?),
                };
                Stanza::Message(message)
            }
            (other, _) => return Err(invalid("kind of output", other)),
        };
        if let Stanza::Message(message) = &stanza {
            *before = Some(message.clone());
        }
        Ok(stanza)
    }

    fn snapshot(&mut self) -> Result<Snapshot, RecordError> {
        Ok(Snapshot {
            part: self.part()?,
            handled: self.optional()?,
            entry: self.entry()?,
            sessions: self.list(|input| {
                Ok(SessionRecord {
                    jid: input.jid()?,
                    member: input.member()?,
                    availability: input.availability()?,
                })
            })?,
            members: self.list(|input| Ok((input.member()?, input.number()?)))?,
            gone: self.list(Self::member)?,
        })
    }
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
    use crate::service::NodeConfig;
    use crate::service::journal::Change;
    use crate::stanza::{Iq, IqContent, MessageKind, Payload};
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
}
