//! What a run did and found.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use cti_proto::code::StatusCode;
use cti_proto::{DecodeError, Message};

/// Counts of a run, and what ended it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Hostile sessions played.
    pub sessions: u64,
    /// Pieces sent in them.
    pub messages: u64,
    /// Bytes sent in them.
    pub bytes: u64,
    /// How often the server ended a hostile session.
    pub closed: u64,
    /// What came back, by name of the message or by status.
    pub answers: BTreeMap<String, u64>,
    /// What is wrong with the server; the run ends at the first finding.
    pub finding: Option<Finding>,
}

impl Report {
    pub(crate) fn answered(&mut self, message: &Message) {
        let name = if let Message::FailureConf(failure) = message {
            format!("FAILURE_CONF {:?}", failure.status)
        } else if let Message::FailureEvent(failure) = message {
            format!("FAILURE_EVENT {:?}", failure.status)
        } else {
            let number = message.message_type().0;
            let table = message.table();
            table.map_or_else(
                || format!("message {number}, not read"),
                |table| table.name.to_owned(),
            )
        };
        *self.answers.entry(name).or_default() += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} sessions, {} pieces of {} bytes in all; the server ended {} sessions",
            self.sessions, self.messages, self.bytes, self.closed
        )?;
        for (name, count) in &self.answers {
            writeln!(f, "{count:>8} {name}")?;
        }
        match &self.finding {
            Some(finding) => finding.fmt(f),
            None => writeln!(f, "no finding"),
        }
    }
}

/// Something a server must not do, and when it did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Number of the session.
    pub session: u64,
    /// The last step, from 0, that sent something before it was seen; with several sessions it may stem from an earlier
    /// one.
    pub step: usize,
    /// What was seen.
    pub fault: Fault,
    /// All steps of the session, in words.
    pub steps: Vec<String>,
    /// What became of the steps that were played; the others were not.
    pub fates: Vec<Fate>,
    /// What that step sends.
    pub bytes: Vec<u8>,
}

/// How a step was played.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fate {
    /// On the connection that stood, if it needs one.
    Played,
    /// The server had ended the session: on a new connection, opened as it should be.
    Anew,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FINDING in session {}: {}", self.session, self.fault)?;
        for (place, what) in self.steps.iter().enumerate() {
            let sign = if place == self.step { '>' } else { ' ' };
            let fate = match self.fates.get(place) {
                Some(Fate::Played) => "",
                Some(Fate::Anew) => " (in a new session)",
                None => " (not played)",
            };
            writeln!(f, "{sign} {:>2} {what}{fate}", place + 1)?;
        }
        if !self.bytes.is_empty() {
            let shown = &self.bytes[..self.bytes.len().min(MOST_SHOWN)];
            write!(f, "   {} bytes:", self.bytes.len())?;
            for byte in shown {
                write!(f, " {byte:02x}")?;
            }
            writeln!(
                f,
                "{}",
                if shown.len() < self.bytes.len() {
                    " .."
                } else {
                    ""
                }
            )?;
        }
        Ok(())
    }
}

/// What is wrong with a server.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// It takes no connection any more.
    Gone(ErrorKind),
    /// It ended the honest session.
    Ended,
    /// It did not answer the honest session in this time.
    Silent(Duration),
    /// It refused the honest session, or a heartbeat on it.
    Refused(StatusCode),
    /// It opens no new honest session any more; what became of the last that was tried.
    Shut(Box<Self>),
    /// It sent what cannot be read.
    Malformed(DecodeError),
    /// It closed a connection in order when it had sent so many bytes of a message.
    Cut(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(kind) => write!(f, "the server takes no connection any more ({kind})"),
            Self::Ended => f.write_str("the server ended the honest session"),
            Self::Silent(time) => write!(f, "no answer to the honest session within {time:?}"),
            Self::Refused(status) => write!(f, "the server refused the honest session: {status:?}"),
            Self::Shut(fault) => write!(f, "the server opens no session any more: {fault}"),
            Self::Cut(count) => write!(
                f,
                "the server closed a connection after {count} bytes of a message"
            ),
            Self::Malformed(error) => write!(f, "the server sent what cannot be read: {error}"),
        }
    }
}

/// Bytes of a message that are printed.
const MOST_SHOWN: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_what_was_played_and_what_was_sent_last() {
        let finding = Finding {
            session: 7,
            step: 2,
            fault: Fault::Shut(Box::new(Fault::Silent(Duration::from_secs(5)))),
            steps: ["connect", "CLOSE_REQ, and more", "HEARTBEAT_REQ", "drop"]
                .map(str::to_owned)
                .into(),
            fates: vec![Fate::Played, Fate::Played, Fate::Anew],
            bytes: vec![0, 0, 0, 4, 0xff],
        };
        let shown = "\
FINDING in session 7: the server opens no session any more: no answer to the honest session within 5s
   1 connect
   2 CLOSE_REQ, and more
>  3 HEARTBEAT_REQ (in a new session)
   4 drop (not played)
   5 bytes: 00 00 00 04 ff
";
        assert_eq!(finding.to_string(), shown);
    }
}
