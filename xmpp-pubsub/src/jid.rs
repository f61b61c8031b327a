//! Addresses. RFC 7622.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{OpaqueString, UsernameCaseMapped};

use crate::shared::{Shared, Stretch};

/// An XMPP address, `local@domain/resource`, in prepared form. RFC 7622 §3.
///
/// One shared string with the places of its separators: a clone costs a reference count, and so do
/// [`bare`](Self::bare) and [`to_domain`](Self::to_domain). The string is never a slice of input: a copy of its own, or
/// one with the names that stood beside it. Two addresses are equal when their prepared forms are.
///
/// Plain ASCII is prepared without tables. For the rest, the local part follows UsernameCaseMapped and the resource
/// OpaqueString (RFC 8265, by the tables of Unicode 6.3, which are those of its registry), the domain Nameprep (RFC 3491).
///
/// ```
/// # use xmpp_pubsub::Jid;
/// let jid = Jid::new("Agent1001@Localhost/Desktop").unwrap();
/// assert_eq!(jid.as_str(), "agent1001@localhost/Desktop");
/// assert_eq!(jid.bare().as_str(), "agent1001@localhost");
/// assert_eq!(jid.resource(), Some("Desktop"));
/// ```
#[derive(Clone)]
pub struct Jid {
    text: Arc<str>,
    /// Where the address begins.
    start: u16,
    /// Where the local part ends; `start` when there is none.
    local_end: u16,
    /// Where the domain ends.
    domain_end: u16,
    /// Where the address ends; the text may go on with a resource that `bare` left out.
    end: u16,
}

impl Jid {
    /// The most bytes that each part may have after preparation. RFC 7622 §3.1.
    pub const MAX_PART_LEN: usize = 1023;

    /// Splits, prepares and checks an address.
    ///
    /// # Errors
    ///
    /// A part is empty beside its separator, too long, or holds what its preparation forbids.
    pub fn new(text: &str) -> Result<Self, JidError> {
        match plain(text) {
            Some(places) => Ok(Self::at(Shared::copy(text), places)),
            None => Self::prepare(text),
        }
    }

    /// As [`new`](Self::new), out of the copy of its neighbours where it needs no preparation.
    pub(crate) fn within(text: &str, stretch: &mut Stretch<'_>) -> Result<Self, JidError> {
        match plain(text) {
            Some(places) => Ok(Self::at(stretch.text(text), places)),
            None => Self::prepare(text),
        }
    }

    fn at(text: Shared, (local, domain_end): (usize, usize)) -> Self {
        let (text, range) = text.into_parts();
        Self {
            text,
            start: narrow(range.start),
            local_end: narrow(range.start + local),
            domain_end: narrow(range.start + domain_end),
            end: narrow(range.end),
        }
    }

    fn prepare(text: &str) -> Result<Self, JidError> {
        let (address, resource) = match text.split_once('/') {
            Some((address, resource)) => (address, Some(resource)),
            None => (text, None),
        };
        let (local, domain) = match address.split_once('@') {
            Some((local, domain)) => (Some(local), domain),
            None => (None, address),
        };
        Self::from_parts(local, domain, resource)
    }

    /// Builds an address from its parts, each prepared and checked.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_parts(
        local: Option<&str>,
        domain: &str,
        resource: Option<&str>,
    ) -> Result<Self, JidError> {
        let mut text = String::with_capacity(
            local.map_or(0, |part| part.len() + 1)
                + domain.len()
                + resource.map_or(0, |part| part.len() + 1),
        );
        let mut local_len = 0;
        if let Some(local) = local {
            push_part(&mut text, Part::Local, local)?;
            local_len = text.len();
            text.push('@');
        }
        push_part(&mut text, Part::Domain, domain)?;
        let domain_end = text.len();
        if let Some(resource) = resource {
            text.push('/');
            push_part(&mut text, Part::Resource, resource)?;
        }
        Ok(Self {
            start: 0,
            local_end: narrow(local_len),
            domain_end: narrow(domain_end),
            end: narrow(text.len()),
            text: Arc::from(text),
        })
    }

    /// The same user at another resource.
    ///
    /// # Errors
    ///
    /// The resource is empty, too long, or holds a forbidden character.
    pub fn with_resource(&self, resource: &str) -> Result<Self, JidError> {
        Self::from_parts(self.local(), self.domain(), Some(resource))
    }

    /// The address without its resource.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self {
            end: self.domain_end,
            ..self.clone()
        }
    }

    /// The address of the domain alone.
    #[must_use]
    pub fn to_domain(&self) -> Self {
        let start = narrow(self.domain_start());
        Self {
            start,
            local_end: start,
            end: self.domain_end,
            ..self.clone()
        }
    }

    /// The same address with a copy of its own, for whoever keeps it: the copy that it may share with the names beside it
    /// has up to 512 bytes, and a bare address may share that of a full one.
    #[must_use]
    pub fn detach(&self) -> Self {
        if self.as_str().len() == self.text.len() {
            return self.clone();
        }
        Self {
            text: Arc::from(self.as_str()),
            start: 0,
            local_end: self.local_end - self.start,
            domain_end: self.domain_end - self.start,
            end: self.end - self.start,
        }
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.part(self.start, self.end)
    }

    /// The part before `@`: the user.
    #[must_use]
    pub fn local(&self) -> Option<&str> {
        (self.local_end > self.start).then(|| self.part(self.start, self.local_end))
    }

    /// The host or service.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[self.domain_start()..usize::from(self.domain_end)]
    }

    /// The part after `/`: one of the user's sessions.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        (self.end > self.domain_end).then(|| self.part(self.domain_end + 1, self.end))
    }

    /// Whether the address has no resource.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.end == self.domain_end
    }

    /// Whether both addresses name the same user or service, whatever the resource.
    #[must_use]
    pub fn same_bare(&self, other: &Self) -> bool {
        self.bare_str() == other.bare_str()
    }

    pub(crate) fn bare_str(&self) -> &str {
        self.part(self.start, self.domain_end)
    }

    fn domain_start(&self) -> usize {
        usize::from(self.local_end) + usize::from(self.local_end > self.start)
    }

    fn part(&self, start: u16, end: u16) -> &str {
        &self.text[usize::from(start)..usize::from(end)]
    }
}

impl fmt::Debug for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for Jid {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Jid {}

impl PartialOrd for Jid {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Jid {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl core::hash::Hash for Jid {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl core::borrow::Borrow<str> for Jid {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl core::str::FromStr for Jid {
    type Err = JidError;

    fn from_str(text: &str) -> Result<Self, JidError> {
        Self::new(text)
    }
}

/// One of the three parts of an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Before `@`.
    Local,
    /// The host or service.
    Domain,
    /// After `/`.
    Resource,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local part",
            Self::Domain => "domain",
            Self::Resource => "resource",
        })
    }
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JidError {
    /// The part is missing beside its separator, or one of the labels of the domain is.
    #[error("{0} is empty")]
    Empty(Part),
    /// The part has more than [`Jid::MAX_PART_LEN`] bytes, as written or when prepared.
    #[error("{0} is too long")]
    TooLong(Part),
    /// The part holds a character that its preparation forbids.
    #[error("{0} holds a forbidden character")]
    Forbidden(Part),
}

/// The lengths of the local part, 0 if there is none, and of all before the resource, of an address that is prepared as it
/// stands: plain ASCII without capitals. `None` leaves it to [`Jid::from_parts`], which may still refuse it.
fn plain(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let end_of = |part: &[u8], separator| part.iter().position(|&byte| byte == separator);
    let domain_end = end_of(bytes, b'/').unwrap_or(bytes.len());
    let (address, resource) = bytes.split_at(domain_end);
    let local = end_of(address, b'@');
    let (local, domain) = match local {
        Some(len) => (&address[..len], &address[len + 1..]),
        None => (&[][..], address),
    };
    let holds = |part: &[u8], class: u8| {
        part.len() <= Jid::MAX_PART_LEN
            && part.iter().fold(true, |all, &byte| {
                all & (PLAIN[usize::from(byte)] & class != 0)
            })
    };
    let is_plain = holds(local, PLAIN_LOCAL)
        && !(local.is_empty() && domain.len() < address.len())
        && holds(domain, PLAIN_DOMAIN)
        && !domain.is_empty()
        && !has_empty_label(domain)
        && resource
            .split_first()
            .is_none_or(|(_, resource)| !resource.is_empty() && holds(resource, PLAIN_RESOURCE));
    is_plain.then_some((local.len(), domain_end))
}

/// Whether nothing stands before, between or behind dots. RFC 1034 §3.1: only the root, whose dot was taken off.
fn has_empty_label(domain: &[u8]) -> bool {
    domain.first() == Some(&b'.')
        || domain.ends_with(b".")
        || domain.windows(2).any(|two| two == b"..")
}

const PLAIN_LOCAL: u8 = 1;
const PLAIN_DOMAIN: u8 = 2;
const PLAIN_RESOURCE: u8 = 4;

/// In which parts of an address a byte may stand that preparation leaves as it is.
static PLAIN: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        if !c.is_ascii_uppercase() {
            if allowed(Part::Local, c as char) {
                classes[byte] |= PLAIN_LOCAL;
            }
            if allowed(Part::Domain, c as char) {
                classes[byte] |= PLAIN_DOMAIN;
            }
        }
        if allowed(Part::Resource, c as char) {
            classes[byte] |= PLAIN_RESOURCE;
        }
        byte += 1;
    }
    classes
};

fn push_part(out: &mut String, part: Part, text: &str) -> Result<(), JidError> {
    // RFC 7622 §3.2: before anything else is done with a domain. Beyond ASCII its last dot may be another character.
    let text = match part {
        Part::Domain if text.is_ascii() => text.strip_suffix('.').unwrap_or(text),
        Part::Domain | Part::Local | Part::Resource => text,
    };
    if text.is_empty() {
        return Err(JidError::Empty(part));
    }
    // Preparation can shrink a text, but a longer one is no name that anybody typed.
    if text.len() > Jid::MAX_PART_LEN {
        return Err(JidError::TooLong(part));
    }
    let lacks_label = |text: &str| part == Part::Domain && has_empty_label(text.as_bytes());
    if text.is_ascii() {
        if lacks_label(text) {
            return Err(JidError::Empty(part));
        }
        return push_ascii(out, part, text);
    }
    let prepared = prepare(part, text).ok_or(JidError::Forbidden(part))?;
    if prepared.is_empty() || lacks_label(&prepared) {
        return Err(JidError::Empty(part));
    }
    if prepared.len() > Jid::MAX_PART_LEN {
        return Err(JidError::TooLong(part));
    }
    // Compatibility mapping may yield ASCII that separates parts, such as U+FF0F to `/`.
    if !prepared.chars().all(|c| !c.is_ascii() || allowed(part, c)) {
        return Err(JidError::Forbidden(part));
    }
    out.push_str(&prepared);
    Ok(())
}

/// RFC 7622 §3.2 to §3.4, beyond ASCII.
fn prepare(part: Part, text: &str) -> Option<String> {
    // What a profile yields must be what it yields again: RFC 8264 §7.
    let stable = |once: Cow<'_, str>, again: Option<Cow<'_, str>>| {
        again.filter(|again| *again == once).map(Cow::into_owned)
    };
    match part {
        Part::Local => {
            let once = UsernameCaseMapped::enforce(text).ok()?;
            stable(once.clone(), UsernameCaseMapped::enforce(&*once).ok())
        }
        Part::Resource => {
            let once = OpaqueString::enforce(text).ok()?;
            stable(once.clone(), OpaqueString::enforce(&*once).ok())
        }
        Part::Domain => {
            let prepared = stringprep::nameprep(text).ok()?;
            // RFC 3490 §3.1: what separates labels in other scripts.
            let prepared = prepared.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
            Some(prepared.strip_suffix('.').unwrap_or(&prepared).to_owned())
        }
    }
}

fn push_ascii(out: &mut String, part: Part, text: &str) -> Result<(), JidError> {
    if !text.chars().all(|c| allowed(part, c)) {
        return Err(JidError::Forbidden(part));
    }
    match part {
        Part::Local | Part::Domain => out.extend(text.chars().map(|c| c.to_ascii_lowercase())),
        Part::Resource => out.push_str(text),
    }
    Ok(())
}

const fn allowed(part: Part, c: char) -> bool {
    match part {
        // RFC 7622 §3.3.1 names eight characters beside what UsernameCaseMapped leaves out.
        Part::Local => {
            c.is_ascii_graphic() && !matches!(c, '"' | '&' | '\'' | '/' | ':' | '<' | '>' | '@')
        }
        // Names, IPv4 and bracketed IPv6.
        Part::Domain => c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '[' | ']'),
        Part::Resource => c == ' ' || c.is_ascii_graphic(),
    }
}

/// Three parts of at most 1023 bytes and two separators fit.
fn narrow(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
