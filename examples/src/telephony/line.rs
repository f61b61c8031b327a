//! The line protocol between a switch and the programs that use it.
//!
//! It is this project's own, made for demonstrations and tests on one machine. It is **not**
//! Cisco's CTIQBE, although it has that protocol's usual port by default, and no JTAPI client can
//! speak it. There is no password: the listener is for loopback only.
//!
//! One JSON object per line, UTF-8, ended by a line feed. A program's line is at most
//! [`MAX_REQUEST`] bytes, one of the switch at most [`MAX_REPORT`].
//!
//! | from | line | meaning |
//! | --- | --- | --- |
//! | switch | `{"snapshot":{"sequence":9,"lines":[..],"route_points":[..],"calls":[..]}}` | first line after the connection is made |
//! | program | `{"id":1,"request":{"answer":{"call":7,"address":"1001001"}}}` | a [`Request`] under a number of the program's own |
//! | switch | `{"answer":{"id":1,"done":"done"}}` | the [`Reply`] |
//! | switch | `{"answer":{"id":1,"refused":"invalid_state"}}` | the [`Refusal`] |
//! | switch | `{"event":{"sequence":10,"event":{"terminal":{..}}}}` | an [`Event`]; numbers go up by one |
//! | switch | `{"closing":"idle"}` | a [`Closing`], the last line before the switch hangs up |
//!
//! An answer precedes the events that its request caused. A program sends its first request within
//! [`GREETING_LIMIT`]; one that has nothing to say sends `{"id":2,"request":"ping"}` at least every
//! [`IDLE_LIMIT`]. A line that is too long or is no
//! request ends the connection; calls are not touched by that.

use core::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    message::{Event, Refusal, Reply, Request, Snapshot},
    provider::{ProviderEvent, RequestId},
};

/// Longest line of a program, in bytes, its line feed included.
pub const MAX_REQUEST: usize = 16 * 1024;

/// Longest line of the switch, in bytes, its line feed included: a snapshot of 250 calls with
/// full variables.
pub const MAX_REPORT: usize = 4 * 1024 * 1024;

/// The switch ends a connection on which no first request has come by then.
pub const GREETING_LIMIT: Duration = Duration::from_secs(5);

/// The switch ends a connection on which a program has said nothing for this long.
pub const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// A line of a program.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Repeated in the answer.
    pub id: u64,
    /// What is asked.
    pub request: Request,
}

/// A line of the switch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// How the switch stands.
    Snapshot(Snapshot),
    /// Something happened.
    Event {
        /// Place in the order of events.
        sequence: u64,
        /// What happened.
        event: Event,
    },
    /// The answer to a request.
    Answer {
        /// Number of the request.
        id: u64,
        /// Present if it was carried out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        done: Option<Reply>,
        /// Present if it was not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<Refusal>,
    },
    /// The switch is about to hang up.
    Closing(Closing),
}

/// Why the switch ends a connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Every place is taken.
    #[error("the switch has no room for one more program")]
    Full,
    /// Nothing was heard for [`GREETING_LIMIT`] or [`IDLE_LIMIT`].
    #[error("the program said nothing for too long")]
    Idle,
    /// A line was too long or no request.
    #[error("the program sent a line that is no request")]
    BadLine,
    /// The program does not read what it is told.
    #[error("the program does not keep up with events")]
    TooSlow,
    /// The switch is going down.
    #[error("the switch is going down")]
    Shutdown,
}

/// Why bytes are no line of the protocol.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// More bytes than a line may have.
    #[error("line is longer than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// Not JSON of a known form.
    #[error("line is no message: {0}")]
    Malformed(String),
}

impl Report {
    /// The report for what a provider tells, or `None` for what only a program's own side tells.
    #[must_use]
    pub fn from_told(sequence: u64, event: ProviderEvent) -> Option<Self> {
        match event {
            ProviderEvent::InService(snapshot) => Some(Self::Snapshot(snapshot)),
            ProviderEvent::OutOfService => None,
            ProviderEvent::Event(event) => Some(Self::Event { sequence, event }),
            ProviderEvent::Answer {
                request: RequestId(id),
                result,
            } => {
                let (done, refused) = match result {
                    Ok(reply) => (Some(reply), None),
                    Err(refusal) => (None, Some(refusal)),
                };
                Some(Self::Answer { id, done, refused })
            }
        }
    }
}

/// Takes one line off the front of `src`, or returns `None` and leaves `src` alone.
///
/// # Errors
///
/// The line is longer than `max` bytes, or no `T`.
pub fn decode<T: DeserializeOwned>(src: &mut BytesMut, max: usize) -> Result<Option<T>, LineError> {
    let window = &src[..src.len().min(max)];
    let Some(end) = memchr::memchr(b'\n', window) else {
        return if src.len() >= max {
            Err(LineError::TooLong { max })
        } else {
            Ok(None)
        };
    };
    let value = serde_json::from_slice(&src[..end])
        .map_err(|error| LineError::Malformed(error.to_string()))?;
    src.advance(end + 1);
    Ok(Some(value))
}

/// Writes one line.
///
/// # Errors
///
/// [`LineError::Malformed`] when the value has no JSON form, which no type of this module is.
pub fn encode<T: Serialize>(value: &T) -> Result<Bytes, LineError> {
    let mut line =
        serde_json::to_vec(value).map_err(|error| LineError::Malformed(error.to_string()))?;
    line.push(b'\n');
    Ok(line.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telephony::message::{Address, CallId};

    #[test]
    fn a_request_reads_as_documented() {
        let mut src = BytesMut::from(
            &b"{\"id\":1,\"request\":{\"answer\":{\"call\":7,\"address\":\"1001001\"}}}\nrest"[..],
        );
        let ask: Ask = decode(&mut src, MAX_REQUEST).unwrap().unwrap();
        let address = Address::new("1001001").unwrap();
        assert_eq!(
            ask,
            Ask {
                id: 1,
                request: Request::Answer {
                    call: CallId(7),
                    address
                }
            }
        );
        assert_eq!(&src[..], b"rest");
    }

    #[test]
    fn an_answer_is_written_as_documented() {
        let told = ProviderEvent::Answer {
            request: RequestId(1),
            result: Err(Refusal::InvalidState),
        };
        let line = encode(&Report::from_told(0, told).unwrap()).unwrap();
        assert_eq!(
            &line[..],
            b"{\"answer\":{\"id\":1,\"refused\":\"invalid_state\"}}\n"
        );
        let told = ProviderEvent::Answer {
            request: RequestId(2),
            result: Ok(Reply::Done),
        };
        let line = encode(&Report::from_told(0, told).unwrap()).unwrap();
        assert_eq!(&line[..], b"{\"answer\":{\"id\":2,\"done\":\"done\"}}\n");
    }

    #[test]
    fn a_line_without_end_is_refused_at_the_limit() {
        let mut src = BytesMut::from(&vec![b'['; MAX_REQUEST][..]);
        let error = decode::<Ask>(&mut src, MAX_REQUEST).unwrap_err();
        assert_eq!(error, LineError::TooLong { max: MAX_REQUEST });
    }

    #[test]
    fn deep_nesting_is_refused_without_deep_recursion() {
        let mut line = b"{\"id\":1,\"request\":".to_vec();
        line.extend(core::iter::repeat_n(b'[', 10_000));
        line.push(b'\n');
        let error = decode::<Ask>(&mut BytesMut::from(&line[..]), MAX_REQUEST).unwrap_err();
        assert!(matches!(error, LineError::Malformed(_)), "{error}");
    }

    #[test]
    fn half_a_line_is_left_alone() {
        let mut src = BytesMut::from(&b"{\"id\":1"[..]);
        assert_eq!(decode::<Ask>(&mut src, MAX_REQUEST), Ok(None));
        assert_eq!(&src[..], b"{\"id\":1");
    }

    #[test]
    fn an_address_with_a_blank_is_no_request() {
        let line = b"{\"id\":1,\"request\":{\"answer\":{\"call\":7,\"address\":\"10 01\"}}}\n";
        assert!(decode::<Ask>(&mut BytesMut::from(&line[..]), MAX_REQUEST).is_err());
    }
}
