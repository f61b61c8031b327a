//! How parts of a record are read.

use wire_xml::Limits;

use super::{OTHER, RecordError, SAME, invalid, is_shared};
use crate::id::{MemberId, StanzaId};
use crate::jid::Jid;
use crate::pubsub::Affiliation;
use crate::service::cluster::record::{Input, Outcome, Output, Part, SessionRecord, Snapshot};
use crate::service::journal::Entry;
use crate::service::people::Availability;
use crate::stanza::{Message, Show, Stanza};

pub(super) struct In<'a>(pub(super) &'a [u8]);

impl<'a> In<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, RecordError> {
        let (byte, rest) = self.0.split_first().ok_or(RecordError::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    pub(super) fn number(&mut self) -> Result<u64, RecordError> {
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

    pub(super) fn member(&mut self) -> Result<MemberId, RecordError> {
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

    pub(super) fn input(&mut self) -> Result<Input, RecordError> {
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

    pub(super) fn outcome(&mut self) -> Result<Outcome, RecordError> {
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
            (SAME, Some(before)) if is_shared(before) => {
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

    pub(super) fn snapshot(&mut self) -> Result<Snapshot, RecordError> {
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
