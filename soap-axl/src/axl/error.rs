//! What a failed operation says: the `axlError` detail of a fault.

use core::fmt;

use crate::{Fault, FaultCode, xml::Element};

/// Code of an AXL error. Open: CUCM passes database codes through, and adds its own.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AxlCode(pub i64);

impl AxlCode {
    /// The object is not there.
    pub const NOT_FOUND: Self = Self(5007);
    /// A rule of the object is violated, such as two settings that exclude each other.
    pub const RULE: Self = Self(5003);
    /// A unique key is there already; a code of the database.
    pub const DUPLICATE: Self = Self(-239);
    /// The object cannot go while another one refers to it; a code of the database.
    pub const REFERENCED: Self = Self(-692);
    /// Syntax error in SQL; a code of the database.
    pub const SYNTAX: Self = Self(-201);
    /// Anything else, a too large result among it.
    pub const GENERAL: Self = Self(-1);
    /// Anything else, in older releases.
    pub const GENERAL_OLD: Self = Self(0);
}

impl fmt::Debug for AxlCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::NOT_FOUND => "NOT_FOUND",
            Self::RULE => "RULE",
            Self::DUPLICATE => "DUPLICATE",
            Self::REFERENCED => "REFERENCED",
            Self::SYNTAX => "SYNTAX",
            Self::GENERAL => "GENERAL",
            Self::GENERAL_OLD => "GENERAL_OLD",
            Self(other) => return write!(f, "AxlCode({other})"),
        };
        f.write_str(name)
    }
}

impl fmt::Display for AxlCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An operation failed, and CUCM says why.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message} (axl error {code})")]
pub struct AxlError {
    /// Family and kind of the error.
    pub code: AxlCode,
    /// For people, and for [`AxlError::too_large`].
    pub message: String,
    /// Name of the operation that failed; may be empty.
    pub request: String,
    /// Who has to change something; the fault code.
    pub blame: Blame,
}

/// Who has to change something before the operation can work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// `soapenv:Server`, which CUCM says in nearly all cases.
    Server,
    /// `soapenv:Client`: bad input.
    Client,
}

impl AxlError {
    /// An error with the fault code that CUCM uses mostly, `Server`.
    pub fn new(code: AxlCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            request: String::new(),
            blame: Blame::Server,
        }
    }

    /// The object is not there: `Item not valid: The specified <Object> was not found`.
    pub fn not_found(object: &str) -> Self {
        let message = format!("Item not valid: The specified {object} was not found");
        Self::new(AxlCode::NOT_FOUND, message)
    }

    /// The result is larger than the server sends; the message carries both numbers.
    pub fn query_too_large(matched: u64, suggested: u64) -> Self {
        let message = format!(
            "Query request too large. Total rows matched: {matched} rows. \
             Suggestive Row Fetch: less than {suggested} rows"
        );
        Self::new(AxlCode::GENERAL, message)
    }

    /// Blames the client's input.
    #[must_use]
    pub fn by_client(mut self) -> Self {
        self.blame = Blame::Client;
        self
    }

    /// Reads the detail of a fault; `None` when it has no AXL detail, as errors of the parser or
    /// the framework may.
    ///
    /// Quirk: the schema declares `axlError` in the namespace, CUCM sends it unqualified, and
    /// release 7 sent `axl:error` with other names of the children. All are read, by local name.
    pub fn from_fault(fault: &Fault) -> Option<Self> {
        let detail = fault.detail.as_ref()?;
        let entry = detail
            .children()
            .find(|entry| matches!(entry.name().local(), "axlError" | "error"))?;
        let text = |names: [&str; 2]| {
            let child = entry
                .children()
                .find(|child| names.contains(&child.name().local()));
            child.map(Element::text)
        };
        let code = text(["axlcode", "code"])?.trim().parse().ok()?;
        let message = text(["axlmessage", "message"]).unwrap_or_default();
        let request = text(["request", "request"]).unwrap_or_default();
        let is_client = fault.code == FaultCode::Sender;
        let blame = if is_client {
            Blame::Client
        } else {
            Blame::Server
        };
        Some(Self {
            code: AxlCode(code),
            message: message.into_owned(),
            request: request.into_owned(),
            blame,
        })
    }

    /// The two numbers of the fault for a result over 8 MB.
    pub fn too_large(&self) -> Option<TooLarge> {
        let (_, rest) = self.message.split_once("Total rows matched:")?;
        let (matched, rest) = leading_number(rest)?;
        let (_, rest) = rest.split_once("less than")?;
        let (suggested, _) = leading_number(rest)?;
        Some(TooLarge { matched, suggested })
    }
}

/// A result is over the server's 8 MB.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooLarge {
    /// Rows that the criteria match.
    pub matched: u64,
    /// Ask for fewer rows than this at a time.
    pub suggested: u64,
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start();
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}
