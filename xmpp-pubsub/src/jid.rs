//! Addresses. RFC 7622.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{OpaqueString, UsernameCaseMapped};

/// An XMPP address, `local@domain/resource`, in prepared form. RFC 7622 §3.
///
/// One shared string with the places of its separators: a clone costs a reference count, and so does
/// [`bare`](Self::bare). Two addresses are equal when their prepared forms are.
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
    /// Length of the local part, 0 when there is none.
    local: u16,
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
        push_part(
            &mut text,
            Part::Domain,
            domain.strip_suffix('.').unwrap_or(domain),
        )?;
        let domain_end = text.len();
        if let Some(resource) = resource {
            text.push('/');
            push_part(&mut text, Part::Resource, resource)?;
        }
        Ok(Self {
            local: narrow(local_len),
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
        if self.local == 0 {
            return self.bare();
        }
        let text: Arc<str> = Arc::from(self.domain());
        let end = narrow(text.len());
        Self {
            text,
            local: 0,
            domain_end: end,
            end,
        }
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text[..usize::from(self.end)]
    }

    /// The part before `@`: the user.
    #[must_use]
    pub fn local(&self) -> Option<&str> {
        (self.local > 0).then(|| &self.text[..usize::from(self.local)])
    }

    /// The host or service.
    #[must_use]
    pub fn domain(&self) -> &str {
        let start = match self.local {
            0 => 0,
            len => usize::from(len) + 1,
        };
        &self.text[start..usize::from(self.domain_end)]
    }

    /// The part after `/`: one of the user's sessions.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        (self.end > self.domain_end)
            .then(|| &self.text[usize::from(self.domain_end) + 1..usize::from(self.end)])
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
        &self.text[..usize::from(self.domain_end)]
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
    /// The part is missing beside its separator.
    #[error("{0} is empty")]
    Empty(Part),
    /// The part has more than [`Jid::MAX_PART_LEN`] bytes, as written or when prepared.
    #[error("{0} is too long")]
    TooLong(Part),
    /// The part holds a character that its preparation forbids.
    #[error("{0} holds a forbidden character")]
    Forbidden(Part),
}

fn push_part(out: &mut String, part: Part, text: &str) -> Result<(), JidError> {
    if text.is_empty() {
        return Err(JidError::Empty(part));
    }
    // Preparation can shrink a text, but a longer one is no name that anybody typed.
    if text.len() > Jid::MAX_PART_LEN {
        return Err(JidError::TooLong(part));
    }
    if text.is_ascii() {
        return push_ascii(out, part, text);
    }
    let prepared = prepare(part, text).ok_or(JidError::Forbidden(part))?;
    if prepared.is_empty() {
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

fn allowed(part: Part, c: char) -> bool {
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
