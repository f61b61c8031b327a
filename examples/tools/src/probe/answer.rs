//! An answer, read as a wrapper.

use std::fmt;
use std::time::Duration;

use bosh::xml::{Element, Limits};
use bosh::{Body, BodyCodec, BodyKind, Condition, DecodeError};

use crate::net::{Broken, Response};

/// An HTTP response and the wrapper in it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// When it was whole, since the scenario began.
    pub(crate) at: Duration,
    /// How long after its request was sent.
    pub(crate) took: Duration,
    pub(crate) response: Response,
    /// The wrapper; `Err` for what is none.
    pub(crate) body: Result<Body, DecodeError>,
}

impl Answer {
    pub(crate) fn new(at: Duration, took: Duration, response: Response) -> Self {
        let body = BodyCodec::default().decode(&response.body);
        Self {
            at,
            took,
            response,
            body,
        }
    }

    /// Whether the session is over, by the wrapper or by an HTTP error.
    pub(crate) fn ends(&self) -> bool {
        self.http_condition().is_some()
            || matches!(&self.body, Ok(body) if body.kind == BodyKind::Terminate)
    }

    /// Whether it ends the session with this condition, in one form or the other.
    pub(crate) fn ends_with(&self, condition: Condition) -> bool {
        self.ends() && self.condition() == Some(condition)
    }

    pub(crate) fn condition(&self) -> Option<Condition> {
        self.http_condition()
            .or_else(|| self.body.as_ref().ok().and_then(|body| body.condition))
    }

    /// Of an HTTP error (XEP-0124 §17.1).
    pub(crate) fn http_condition(&self) -> Option<Condition> {
        Condition::from_legacy_status(self.response.status)
    }

    /// Whether it is a recoverable error.
    pub(crate) fn is_error(&self) -> bool {
        matches!(&self.body, Ok(body) if body.kind == BodyKind::Error)
    }

    /// Whether it is a wrapper without payloads that neither ends the session nor is an error.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_plain() && matches!(&self.body, Ok(body) if body.payloads.is_empty())
    }

    /// Whether it is a wrapper that neither ends the session nor is an error.
    pub(crate) fn is_plain(&self) -> bool {
        self.response.status == 200
            && matches!(&self.body, Ok(body) if body.kind == BodyKind::Normal)
    }

    /// Whether it creates a session.
    pub(crate) fn creates(&self) -> bool {
        self.is_plain() && matches!(&self.body, Ok(body) if body.sid.is_some())
    }

    pub(crate) fn payloads(&self) -> Vec<Element> {
        let Ok(body) = &self.body else {
            return Vec::new();
        };
        let limits = Limits::default();
        body.payloads
            .iter()
            .filter_map(|payload| payload.to_element(&limits).ok())
            .collect()
    }

    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }
}

/// In a few words, for a reason.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.response.status != 200 {
            return write!(f, "HTTP {}", self.response.status);
        }
        match &self.body {
            Err(error) => write!(f, "no wrapper: {error}"),
            Ok(body) => match (body.kind, body.condition) {
                (BodyKind::Terminate, Some(condition)) => {
                    write!(f, "terminate, {}", condition.as_str())
                }
                (BodyKind::Terminate, None) => f.write_str("terminate"),
                (BodyKind::Error, _) => f.write_str("a recoverable error"),
                (BodyKind::Normal, _) if body.payloads.is_empty() => {
                    f.write_str("an empty wrapper")
                }
                (BodyKind::Normal, _) => {
                    f.write_str("a wrapper with")?;
                    for payload in &body.payloads {
                        write!(f, " {}", payload.name().local())?;
                    }
                    Ok(())
                }
            },
        }
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Answer(Box<Answer>),
    Broken(Broken),
    /// Nothing yet, in the time given.
    Silent(Duration),
}

impl Seen {
    pub(crate) const fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Broken(_) | Self::Silent(_) => None,
        }
    }

    /// Whether it is still unanswered on a connection that stands.
    pub(crate) const fn is_silent(&self) -> bool {
        matches!(self, Self::Silent(_))
    }

    /// Whether an answer is there and as `test` has it.
    pub(crate) fn is(&self, test: impl Fn(&Answer) -> bool) -> bool {
        self.answer().is_some_and(test)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::Broken(broken) => broken.fmt(f),
            Self::Silent(time) => write!(f, "no answer within {:.1} s", time.as_secs_f64()),
        }
    }
}
