//! Names of publish-subscribe as URIs. XEP-0060 §12.22 and §16.6, RFC 5122, XEP-0147.

use std::str::FromStr;

use crate::id::{ItemId, NodeId};
use crate::jid::{Jid, JidError};

/// An `xmpp` URI: a node, an item, or something to do with them.
///
/// ```
/// # use xmpp_pubsub::{Jid, NodeId, Uri};
/// let uri: Uri = "xmpp:pubsub.shakespeare.lit?pubsub;action=subscribe;node=princely%5Fmusings".parse()?;
/// assert_eq!(uri.action(), Some("subscribe"));
/// assert_eq!(uri.node(), Some("princely_musings"));
/// let node = NodeId::new("a node; of ours")?;
/// let uri = Uri::of_node(Jid::new("pubsub.localhost")?, &node);
/// assert_eq!(uri.to_string(), "xmpp:pubsub.localhost?;node=a%20node%3B%20of%20ours");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Uri {
    /// The service, or the account.
    pub address: Jid,
    /// What kind of query it is: `pubsub` where something is to be done, empty where something is named, and none
    /// where the address is all.
    pub query: Option<String>,
    /// Names and values, unescaped, in order.
    pub parameters: Vec<(String, String)>,
}

impl Uri {
    /// Names a node.
    #[must_use]
    pub fn of_node(address: Jid, node: &NodeId) -> Self {
        Self {
            address,
            query: Some(String::new()),
            parameters: vec![("node".to_owned(), node.to_string())],
        }
    }

    /// Names an item.
    #[must_use]
    pub fn of_item(address: Jid, node: &NodeId, item: &ItemId) -> Self {
        Self::of_node(address, node).with_parameter("item", item.as_str())
    }

    /// Something to be done with a node: `subscribe`, `unsubscribe` or `retrieve`. XEP-0060 §16.6.
    #[must_use]
    pub fn of_action(address: Jid, action: &str, node: &NodeId) -> Self {
        Self {
            address,
            query: Some("pubsub".to_owned()),
            parameters: vec![("action".to_owned(), action.to_owned())],
        }
        .with_parameter("node", node.as_str())
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What is to be done, where it is a query of publish-subscribe.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        let query = self.query.as_deref()?;
        (query == "pubsub").then(|| self.parameter("action"))?
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.parameter("node")
    }

    /// The item.
    #[must_use]
    pub fn item(&self) -> Option<&str> {
        self.parameter("item")
    }

    /// The first value of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let (scheme, rest) = text.split_once(':').ok_or(UriError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("xmpp") {
            return Err(UriError::Scheme);
        }
        if rest.starts_with("//") || rest.contains('#') {
            return Err(UriError::Unsupported);
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        // The separators are found before anything is unescaped. RFC 5122 §2.7.2.
        let (bare, resource) = match path.split_once('/') {
            Some((bare, resource)) => (bare, Some(unescape(resource)?)),
            None => (path, None),
        };
        let (local, domain) = match bare.split_once('@') {
            Some((local, domain)) => (Some(unescape(local)?), domain),
            None => (None, bare),
        };
        let domain = unescape(domain)?;
        let address = Jid::from_parts(local.as_deref(), &domain, resource.as_deref())?;
        let mut pieces = query.unwrap_or_default().split(';');
        let kind = pieces.next().map(unescape).transpose()?;
        let parameters = pieces.map(|piece| {
            let (name, value) = piece.split_once('=').ok_or(UriError::Parameter)?;
            Ok((unescape(name)?, unescape(value)?))
        });
        Ok(Self {
            address,
            parameters: parameters.collect::<Result<_, UriError>>()?,
            query: kind.filter(|_| query.is_some()),
        })
    }
}

impl core::fmt::Display for Uri {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("xmpp:")?;
        if let Some(local) = self.address.local() {
            escape(f, local)?;
            f.write_str("@")?;
        }
        escape_host(f, self.address.domain())?;
        if let Some(resource) = self.address.resource() {
            f.write_str("/")?;
            escape(f, resource)?;
        }
        if self.query.is_none() && self.parameters.is_empty() {
            return Ok(());
        }
        f.write_str("?")?;
        escape(f, self.query.as_deref().unwrap_or_default())?;
        for (name, value) in &self.parameters {
            f.write_str(";")?;
            escape(f, name)?;
            f.write_str("=")?;
            escape(f, value)?;
        }
        Ok(())
    }
}

/// Why a text is no URI of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// It does not begin with `xmpp:`.
    #[error("not an xmpp uri")]
    Scheme,
    /// It says who is to log in, or has a fragment.
    #[error("an authority or a fragment is not supported")]
    Unsupported,
    /// The address cannot be prepared.
    #[error(transparent)]
    Address(#[from] JidError),
    /// A parameter has no value.
    #[error("a parameter has no value")]
    Parameter,
    /// An escape is cut short or does not stand for text.
    #[error("bad escape")]
    Escape,
}

fn unescape(text: &str) -> Result<String, UriError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(UriError::Escape);
        };
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).map_err(|_| UriError::Escape)
}

/// Everything but the unreserved characters of RFC 3986 §2.3 is escaped.
fn escape(f: &mut core::fmt::Formatter<'_>, text: &str) -> core::fmt::Result {
    escape_unless(f, text, |byte| {
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
    })
}

/// A host may be an address of IPv6 in brackets.
fn escape_host(f: &mut core::fmt::Formatter<'_>, text: &str) -> core::fmt::Result {
    escape_unless(f, text, |byte| {
        byte.is_ascii_alphanumeric() || b"-._~[]:".contains(&byte)
    })
}

fn escape_unless(
    f: &mut core::fmt::Formatter<'_>,
    text: &str,
    is_plain: fn(u8) -> bool,
) -> core::fmt::Result {
    for byte in text.bytes() {
        if is_plain(byte) {
            write!(f, "{}", char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_12_22_01_an_address_alone_and_one_with_all_parts() {
        for text in [
            "xmpp:pubsub.localhost",
            "xmpp:hamlet@denmark.lit?;node=blog",
            "xmpp:a%21b@denmark.lit/x%3Fy?pubsub;action=retrieve;node=%C3%A4",
            "xmpp:[::1]?;node=n",
        ] {
            let uri: Uri = text
                .parse()
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(uri.to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (text, error) in [
            ("http://a", UriError::Scheme),
            ("pubsub.localhost", UriError::Scheme),
            ("xmpp://guest@a/b", UriError::Unsupported),
            ("xmpp:a#b", UriError::Unsupported),
            ("xmpp:a?;node", UriError::Parameter),
            ("xmpp:a?;node=%", UriError::Escape),
            ("xmpp:a?;node=%f", UriError::Escape),
            ("xmpp:a?;node=%zz", UriError::Escape),
            ("xmpp:a?;node=%ff", UriError::Escape),
        ] {
            assert_eq!(text.parse::<Uri>(), Err(error), "{text}");
        }
        assert!(matches!("xmpp:".parse::<Uri>(), Err(UriError::Address(_))));
    }
}
