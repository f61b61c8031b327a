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
    if text.is_empty() {
        return Err(JidError::Empty(part));
    }
    // Preparation can shrink a text, but a longer one is no name that anybody typed.
    if text.len() > Jid::MAX_PART_LEN {
        return Err(JidError::TooLong(part));
    }
    let lacks_label = |text: &str| part == Part::Domain && has_empty_label(text.as_bytes());
    if text.is_ascii() {
        let text = match part {
            Part::Domain => text.strip_suffix('.').unwrap_or(text),
            Part::Local | Part::Resource => text,
        };
        if text.is_empty() || lacks_label(text) {
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
mod tests {
    use super::*;

    #[test]
    fn xc_ji_04_first_slash_splits_resource_and_at_before_it_splits_local() {
        let jid = Jid::new("a@b/c@d/e").unwrap();
        assert_eq!(
            (jid.local(), jid.domain(), jid.resource()),
            (Some("a"), "b", Some("c@d/e"))
        );
        let service = Jid::new("pubsub.localhost").unwrap();
        assert_eq!(
            (service.local(), service.domain(), service.resource()),
            (None, "pubsub.localhost", None)
        );
        assert!(service.is_bare());
    }

    #[test]
    fn xc_ji_01_empty_and_long_parts_are_refused() {
        assert_eq!(Jid::new(""), Err(JidError::Empty(Part::Domain)));
        assert_eq!(Jid::new("@b"), Err(JidError::Empty(Part::Local)));
        assert_eq!(Jid::new("a@"), Err(JidError::Empty(Part::Domain)));
        assert_eq!(Jid::new("a@b/"), Err(JidError::Empty(Part::Resource)));
        for domain in [
            ".",
            "..",
            "...",
            ".b",
            "b..",
            "b..c",
            "B..c",
            "\u{f6}..c",
            "\u{3002}b",
            "b\u{ff0e}.",
        ] {
            assert_eq!(
                Jid::new(domain),
                Err(JidError::Empty(Part::Domain)),
                "{domain}"
            );
        }
        assert_eq!(Jid::new("a@b."), Jid::new("a@b"));
        let longest = "x".repeat(1023);
        let jid = Jid::new(&format!("{longest}@{longest}/{longest}")).unwrap();
        assert_eq!(jid.resource().unwrap().len(), 1023);
        assert_eq!(
            Jid::new(&format!("{longest}y@b")),
            Err(JidError::TooLong(Part::Local))
        );
    }

    #[test]
    fn xc_ji_02_excluded_characters_of_the_local_part() {
        for c in ['"', '&', '\'', ':', '<', '>', ' ', '\u{7f}', '\n'] {
            assert_eq!(
                Jid::new(&format!("a{c}b@localhost")),
                Err(JidError::Forbidden(Part::Local)),
                "{c:?}"
            );
        }
    }

    #[test]
    fn xc_ji_03_comparison_is_on_the_prepared_form() {
        assert_eq!(
            Jid::new("JÖRG@Example.COM/Büro"),
            Jid::new("jörg@example.com/Büro")
        );
        assert_ne!(Jid::new("a@b/Desktop"), Jid::new("a@b/desktop"));
        assert_eq!(Jid::new("a@example.com."), Jid::new("a@example.com"));
    }

    #[test]
    fn a_compatibility_form_cannot_smuggle_a_separator() {
        // U+FF20 is a wide `@`, U+FF0F a wide `/`.
        assert!(Jid::new("a\u{ff20}b@c").is_err());
        assert!(Jid::new("b\u{ff0f}c").is_err());
    }

    #[test]
    fn an_address_that_needs_no_preparation_is_taken_as_it_stands_and_no_other() {
        for (text, is_plain) in [
            ("a@b/C d", true),
            ("localhost", true),
            ("[::1]", true),
            ("A@b", false),
            ("a@B", false),
            ("a@b.", false),
            ("@b", false),
            ("a@", false),
            ("a@b/", false),
            ("a b@c", false),
            ("ö@b", false),
            ("", false),
        ] {
            assert_eq!(plain(text).is_some(), is_plain, "{text}");
            if is_plain {
                let (taken, prepared) = (Jid::new(text).unwrap(), Jid::prepare(text).unwrap());
                let parts = |jid: &Jid| {
                    let part = |part: Option<&str>| part.map(str::to_owned);
                    (
                        part(jid.local()),
                        jid.domain().to_owned(),
                        part(jid.resource()),
                    )
                };
                assert_eq!(parts(&taken), parts(&prepared));
            }
        }
    }

    #[test]
    fn an_address_among_others_is_the_same_and_can_be_detached() {
        let input = "from='a@b/c' to='service'".to_owned();
        let (from, to) = (&input[6..11], &input[17..24]);
        let mut stretch = Stretch::over(input.as_bytes(), [Some(from), Some(to)]);
        let to = Jid::within(to, &mut stretch).unwrap();
        let from = Jid::within(from, &mut stretch).unwrap();
        assert_eq!(
            (from.local(), from.domain(), from.resource()),
            (Some("a"), "b", Some("c"))
        );
        assert_eq!(
            (to.local(), to.domain(), to.resource()),
            (None, "service", None)
        );
        assert_eq!(from.bare().as_str(), "a@b");
        assert_eq!(from.bare().to_domain().as_str(), "b");
        let bare = from.bare().detach();
        assert_eq!(
            (bare.local(), bare.domain(), bare.resource()),
            (Some("a"), "b", None)
        );
        assert_eq!(&*bare.text, "a@b");
    }

    #[test]
    fn bare_shares_the_text_and_equals_what_was_parsed_bare() {
        let full = Jid::new("1001001@localhost/desktop").unwrap();
        let bare = Jid::new("1001001@localhost").unwrap();
        assert_eq!(full.bare(), bare);
        assert!(full.same_bare(&bare));
        assert_eq!(full.bare().resource(), None);
        assert_eq!(full.to_domain().as_str(), "localhost");
        assert_eq!(
            bare.with_resource("x").unwrap().as_str(),
            "1001001@localhost/x"
        );
    }
}
