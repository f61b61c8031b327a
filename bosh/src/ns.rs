//! Namespaces that BOSH itself knows.

/// The wrapper element and its children of BOSH's own (XEP-0124 §6).
pub const HTTPBIND: &str = "http://jabber.org/protocol/httpbind";

/// Attributes that XEP-0206 adds to the wrapper.
pub const XBOSH: &str = "urn:xmpp:xbosh";

/// Stream features and stream errors (RFC 6120 §4.8.1).
pub const STREAMS: &str = "http://etherx.jabber.org/streams";

/// Stanzas (RFC 6120 §4.8.2).
pub const CLIENT: &str = "jabber:client";
