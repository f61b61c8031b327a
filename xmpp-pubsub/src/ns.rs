//! Namespaces, each with the document that defines it.

/// Stanzas between client and server. RFC 6120 §4.8.2.
pub const CLIENT: &str = "jabber:client";
/// The stream element, its features and errors. RFC 6120 §4.8.1.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
/// Conditions of stream errors. RFC 6120 §4.9.2.
pub const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// Conditions of stanza errors. RFC 6120 §8.3.2.
pub const STANZA_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// TLS negotiation. RFC 6120 §5.
pub const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// SASL negotiation. RFC 6120 §6.
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// Resource binding. RFC 6120 §7.
pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// Session establishment of RFC 3921 §3, kept for older clients.
pub const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
/// Framing over WebSocket. RFC 7395 §3.
pub const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
/// The attributes that BOSH adds for XMPP. XEP-0206 §3.
pub const XBOSH: &str = "urn:xmpp:xbosh";
/// Roster management. RFC 6121 §2.
pub const ROSTER: &str = "jabber:iq:roster";
/// Data forms. XEP-0004.
pub const DATA_FORMS: &str = "jabber:x:data";
/// Discovery of identities and features. XEP-0030 §3.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// Discovery of items. XEP-0030 §4.
pub const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
/// Requests and items of publish-subscribe. XEP-0060 §16.1.
pub const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// Events. XEP-0060 §16.1.
pub const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
/// Owner use cases. XEP-0060 §16.1.
pub const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
/// Application conditions of errors. XEP-0060 §16.1.
pub const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
/// `FORM_TYPE` of a node's configuration. XEP-0060 §16.4.4.
pub const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// `FORM_TYPE` of a node's metadata. XEP-0060 §16.4.3.
pub const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";
/// `FORM_TYPE` of subscription options. XEP-0060 §16.4.2.
pub const SUBSCRIBE_OPTIONS: &str = "http://jabber.org/protocol/pubsub#subscribe_options";
/// `FORM_TYPE` of a request to approve a subscription. XEP-0060 §8.6.
pub const SUBSCRIBE_AUTHORIZATION: &str =
    "http://jabber.org/protocol/pubsub#subscribe_authorization";
/// `FORM_TYPE` of preconditions for a publish. XEP-0060 §7.1.5.
pub const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";
/// The command that lists subscriptions which wait for approval. XEP-0060 §8.7.
pub const GET_PENDING: &str = "http://jabber.org/protocol/pubsub#get-pending";
/// Commands. XEP-0050.
pub const COMMANDS: &str = "http://jabber.org/protocol/commands";
/// Paging through result sets. XEP-0059.
pub const RSM: &str = "http://jabber.org/protocol/rsm";
/// Capabilities of an entity. XEP-0115.
pub const CAPS: &str = "http://jabber.org/protocol/caps";
/// Stanza headers. XEP-0131.
pub const SHIM: &str = "http://jabber.org/protocol/shim";
/// Addresses of a message, of which replies use one. XEP-0033.
pub const ADDRESS: &str = "http://jabber.org/protocol/address";
/// Delayed delivery. XEP-0203.
pub const DELAY: &str = "urn:xmpp:delay";
/// Ping. XEP-0199.
pub const PING: &str = "urn:xmpp:ping";
/// The namespace that some releases of the push service put on `notification`.
pub const PUSH: &str = "urn:xmpp:push:0";

/// A namespace that costs nothing to clone where it is one of those above.
pub(crate) fn intern(ns: &str) -> wire_xml::Str<'static> {
    match KNOWN.iter().find(|known| **known == ns) {
        Some(known) => wire_xml::Str::borrowed(known),
        None => wire_xml::Str::from(ns).to_shared(),
    }
}

/// In the order of how often they come.
const KNOWN: &[&str] = &[
    CLIENT,
    PUBSUB_EVENT,
    PUBSUB,
    PING,
    PUBSUB_OWNER,
    DISCO_INFO,
    DISCO_ITEMS,
    SHIM,
    ROSTER,
    BIND,
    SESSION,
    SASL,
    STREAM,
    STANZA_ERRORS,
    DATA_FORMS,
    DELAY,
    CAPS,
    RSM,
    COMMANDS,
    FRAMING,
];
