//! What is said about a requirement, and the exchange that shows it.

use std::time::Duration;

use super::catalog::Requirement;

/// What a scenario says about a requirement. The later ones weigh more when several scenarios
/// look at the same.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Verdict {
    /// The server does not offer what the requirement is about.
    NotApplicable,
    /// It could not be seen.
    Inconclusive,
    /// The server does what is required.
    Pass,
    /// Allowed either way; the text says which way the server goes.
    Note,
    /// The server does not do what it should, or what peers rely on.
    Deviates,
    /// The server does not do what it must.
    Fail,
}

impl Verdict {
    /// All of them, the gravest first.
    pub const ALL: [Self; 6] = [
        Self::Fail,
        Self::Deviates,
        Self::Note,
        Self::Pass,
        Self::NotApplicable,
        Self::Inconclusive,
    ];

    /// As it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Deviates => "deviates",
            Self::Note => "note",
            Self::NotApplicable => "not applicable",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// What not doing as a requirement says amounts to.
    pub(crate) fn of_broken(requirement: &Requirement) -> Self {
        if requirement.is_must() {
            Self::Fail
        } else if requirement.is_free() {
            Self::Note
        } else {
            Self::Deviates
        }
    }
}

/// A verdict on one requirement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The requirement.
    pub requirement: &'static Requirement,
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen; empty for a plain pass.
    pub text: String,
    /// What was sent and received, for a failure or a deviation.
    pub exchanges: Vec<Exchange>,
}

/// Something sent, received or done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// Since the scenario began.
    pub at: Duration,
    /// Number of the HTTP connection in the scenario.
    pub connection: usize,
    /// What it was.
    pub what: What,
}

/// One line of a conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// A request, or a part of one.
    Sent {
        /// Request line and what is unusual about the head.
        head: String,
        /// Body, secrets taken out.
        body: String,
    },
    /// A response.
    Received {
        /// Status, reason phrase and Content-Type.
        head: String,
        /// Body, secrets taken out.
        body: String,
    },
    /// Neither.
    Remark(String),
}

/// Why a scenario, or a part of it, came to no verdict.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
}

impl Stop {
    pub(crate) fn inconclusive(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            reason: reason.into(),
        }
    }

    pub(crate) fn not_applicable(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::NotApplicable,
            reason: reason.into(),
        }
    }
}
