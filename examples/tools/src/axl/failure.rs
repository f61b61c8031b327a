//! What can go wrong, in words that help, and the exit status of each.

use std::fmt;
use std::io;

use soap_axl::axl::schema::Violation;
use soap_axl::axl::{AxlCallError, PageError, Version};
use soap_axl::{CallError, Refusal, RefusalKind};

use crate::net::{Broken, TargetError};
use crate::schema_file::SchemaFileError;

/// Why there is nothing to show.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line says what cannot be done.
    Usage(String),
    /// The request is not what the schema wants.
    Schema {
        violations: Vec<Violation>,
        /// Whether it can be sent all the same.
        optional: bool,
    },
    SchemaFile(SchemaFileError),
    Target(TargetError),
    Password(io::Error),
    /// A file or standard input cannot be read.
    Input(io::Error),
    /// No answer.
    Broken(Broken),
    /// An answer that is none, or says no.
    Call(AxlCallError),
    /// A list that ends early.
    Page(PageError),
    Write(io::Error),
}

/// Of whom the words speak.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) host: String,
    pub(super) user: String,
    pub(super) version: Version,
}

impl Failure {
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// Exit status, as the help has them.
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Schema { .. }
            | Self::SchemaFile(_)
            | Self::Password(_)
            | Self::Input(_) => BAD_REQUEST,
            Self::Target(TargetError::Resolve { .. }) | Self::Broken(_) => UNREACHABLE,
            Self::Target(_) => BAD_REQUEST,
            Self::Call(error) | Self::Page(PageError::Call(error)) => status_of(error),
            Self::Page(_) => UNFIT,
            Self::Write(_) => BAD_REQUEST,
        }
    }

    /// What happened, then what may help, a line each.
    pub(super) fn lines(&self, context: Option<&Context>) -> Vec<String> {
        let host = context.map_or("the server", |context| &context.host);
        match self {
            Self::Usage(text) => vec![text.clone()],
            Self::Schema {
                violations,
                optional,
            } => {
                let head = "the schema does not allow this request, and it was not sent";
                let mut lines = vec![head.to_owned()];
                lines.extend(violations.iter().map(ToString::to_string));
                if *optional {
                    lines.push("--unchecked sends it all the same.".to_owned());
                }
                lines
            }
            Self::SchemaFile(error) => vec![error.to_string()],
            Self::Target(error) => vec![error.to_string()],
            Self::Password(error) => vec![
                format!("no password: {error}"),
                "Set AXL_PASSWORD, name a file with --password-file, or run it on a terminal, which \
                 asks."
                    .to_owned(),
            ],
            Self::Input(error) => vec![format!("cannot read the request: {error}")],
            Self::Broken(broken) => of_broken(broken, host),
            Self::Call(error) | Self::Page(PageError::Call(error)) => of_call(error, context),
            Self::Page(error) => vec![error.to_string()],
            Self::Write(error) => vec![format!("cannot write: {error}")],
        }
    }
}

fn status_of(error: &AxlCallError) -> u8 {
    match error {
        AxlCallError::Operation { status: 403, .. } => NO_ACCESS,
        AxlCallError::Operation { .. } | AxlCallError::Call(CallError::Fault { .. }) => REFUSED,
        AxlCallError::Call(CallError::Status(refusal)) => {
            if matches!(refusal.status, 401 | 403) {
                NO_ACCESS
            } else {
                UNFIT
            }
        }
        AxlCallError::Call(_) | _ => UNFIT,
    }
}

fn of_broken(broken: &Broken, host: &str) -> Vec<String> {
    let (reason, fingerprint) = match broken {
        Broken::Untrusted {
            reason,
            fingerprint,
        } => (reason, fingerprint),
        Broken::Refused(reason) => return vec![format!("{host} cannot be reached: {reason}")],
        Broken::Closed { .. } | Broken::NotHttp(_) | Broken::Silent => {
            return vec![format!("no answer from {host}: {broken}")];
        }
    };
    let mut lines = vec![format!(
        "the certificate of {host} is not trusted: {reason}"
    )];
    if let Some(fingerprint) = fingerprint {
        lines.push(format!("It is {fingerprint}"));
        lines.push(
            "If the administrator of the server confirms that, say --pin with it; or name the \
             authority that signed it with --ca-file. Nothing was sent."
                .to_owned(),
        );
    }
    lines
}

fn of_call(error: &AxlCallError, context: Option<&Context>) -> Vec<String> {
    match error {
        AxlCallError::Operation { status, error } => {
            let of = if error.request.is_empty() {
                String::new()
            } else {
                format!("{}: ", plain(&error.request))
            };
            let code = error.code;
            let mut lines = vec![format!("{of}{} (AXL error {code})", plain(&error.message))];
            if *status == 403 {
                lines.push(ROLES.to_owned());
            } else if error.too_large().is_some() {
                lines.push(
                    "The server sends 8 MB at most: ask for fewer columns, or add ORDER BY, and the \
                     rows are fetched in pages."
                        .to_owned(),
                );
            }
            lines
        }
        AxlCallError::Call(CallError::Status(refusal)) => of_refusal(refusal, context),
        AxlCallError::Call(CallError::Fault { status, fault }) => {
            vec![format!("{} (HTTP {status})", plain(fault.reason()))]
        }
        other @ (AxlCallError::Call(_) | _) => vec![other.to_string()],
    }
}

fn of_refusal(refusal: &Refusal, context: Option<&Context>) -> Vec<String> {
    let user = context.map_or("the user", |context| &context.user);
    let host = context.map_or("the server", |context| &context.host);
    let status = refusal.status;
    let said = plain(&without_tags(&refusal.excerpt));
    let text = match refusal.kind() {
        RefusalKind::Unauthorized => vec![
            format!("{host} does not accept user {user} with this password (HTTP {status})"),
            "A user that is locked after wrong tries gets the same answer.".to_owned(),
        ],
        RefusalKind::Forbidden => vec![
            format!("{user} has no access to AXL (HTTP {status})"),
            ROLES.to_owned(),
        ],
        RefusalKind::NotFound => vec![
            format!("{host} serves no AXL (HTTP {status})"),
            "Activate \"Cisco AXL Web Service\" under Cisco Unified Serviceability, Service \
             Activation; AXL is on port 8443 of the publisher."
                .to_owned(),
        ],
        RefusalKind::Throttled => vec![
            format!("{host} still asks to wait (HTTP {status})"),
            "It has too many changes to pass on. Try again later; --tries sets how often."
                .to_owned(),
        ],
        RefusalKind::UnknownVersion => {
            let version =
                context.map_or_else(String::new, |context| format!(" {}", context.version));
            vec![
                format!("{host} does not know version{version} of AXL (HTTP {status})"),
                format!("It says: {said}"),
                "Name one that it knows with --version.".to_owned(),
            ]
        }
        RefusalKind::NotSoap => vec![
            format!("what answers at {host} is not AXL"),
            format!("It says: {said}"),
        ],
        RefusalKind::Redirected | RefusalKind::Other | _ => vec![
            format!("{host} refuses with HTTP {status}"),
            format!("It says: {said}"),
        ],
    };
    text.into_iter()
        .filter(|line| line != "It says: ")
        .collect()
}

/// Text of a peer on one line, without control characters.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ");
    text.chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// What a page says, as far as a line can.
fn without_tags(page: &str) -> String {
    let body = page.find("<body").and_then(|at| page.get(at..));
    let mut text = String::new();
    let mut inside = false;
    for c in body.unwrap_or(page).chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.chars().take(MAX_SAID).collect()
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        Self::Target(error)
    }
}

impl From<AxlCallError> for Failure {
    fn from(error: AxlCallError) -> Self {
        Self::Call(error)
    }
}

impl From<SchemaFileError> for Failure {
    fn from(error: SchemaFileError) -> Self {
        Self::SchemaFile(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines(None).join("\n"))
    }
}

/// The server says why it does not do it.
const REFUSED: u8 = 1;
/// Nothing was sent.
const BAD_REQUEST: u8 = 2;
const UNREACHABLE: u8 = 3;
const NO_ACCESS: u8 = 4;
/// It answers, but not as AXL of this version does.
const UNFIT: u8 = 5;
const MAX_SAID: usize = 200;
const ROLES: &str = "A user needs the role \"Standard AXL API Access\", or \"Standard AXL Read Only API \
                     Access\" to look at things.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_a_line() {
        let page = "<html><head><title>Error</title></head>\n<body class='a'><h1>Error 404</h1>\u{1b}[2J not here</body>";
        assert_eq!(plain(&without_tags(page)), "Error 404 \u{fffd}[2J not here");
    }
}
