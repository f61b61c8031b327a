//! Frames out of WebSocket messages. RFC 7395 §3.
//!
//! The layer that speaks RFC 6455 hands over the content of each text message, which it has limited in size. Pings and
//! pongs of WebSocket are its own (§3.8), and so is TLS (§3.9).

use bytes::Bytes;
use wire_xml::{Event, Limits, Profile, Reader, Scope};

use super::{Fragment, Frame, Header, StreamCondition, StreamError};
use crate::ns;

/// What `Sec-WebSocket-Protocol` must say at both ends. RFC 7395 §3.1.
pub const SUBPROTOCOL: &str = "xmpp";

/// Where a server wants its client to go on: another WebSocket, or another transport such as BOSH. RFC 7395 §3.6.1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeeOtherUri(String);

impl SeeOtherUri {
    /// Takes an absolute URI of at most 2,048 bytes; `None` if it is none.
    #[must_use]
    pub fn new(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let is_uri = is_scheme
            && !rest.is_empty()
            && uri.len() <= MAX_URI
            && uri.bytes().all(|byte| byte.is_ascii_graphic());
        is_uri.then(|| Self(uri.to_owned()))
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether TLS is below it: `wss` and `https`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.split_once(':').is_some_and(|(scheme, _)| {
            ["wss", "https"]
                .iter()
                .any(|secure| scheme.eq_ignore_ascii_case(secure))
        })
    }
}

/// Reads one text message: an element that declares its own namespaces.
///
/// # Errors
///
/// The stream error to send: the stream cannot go on.
pub fn decode_message(message: Bytes, limits: &Limits) -> Result<Frame, StreamError> {
    // §3.3.3: no white space before the element. So white space alone keeps nothing alive (§3.8).
    if message.first() != Some(&b'<') {
        return Err(StreamError::new(
            StreamCondition::NOT_WELL_FORMED,
            "a message begins with an element",
        ));
    }
    let message = without_declaration(message, limits)?;
    let mut reader = Reader::document_in(&message, Profile::Xmpp, limits, &Scope::new())?;
    let Some(Event::Start(start)) = reader.next_event()? else {
        return Err(StreamCondition::BAD_FORMAT.into());
    };
    match start.name.parts() {
        (ns::FRAMING, "open") => {
            let header = Header::read(&reader);
            expect_empty(&mut reader)?;
            Ok(Frame::Open(header?))
        }
        (ns::FRAMING, "close") => {
            let uri = reader.attribute("", "see-other-uri");
            let uri = uri.and_then(SeeOtherUri::new);
            expect_empty(&mut reader)?;
            Ok(uri.map_or(Frame::Close, Frame::Moved))
        }
        (ns::FRAMING, _) => Err(StreamCondition::BAD_FORMAT.into()),
        // §3.3: the start tag of a stream over TCP is no message.
        (ns::STREAM, "stream") => Err(StreamError::new(
            StreamCondition::BAD_FORMAT,
            "a stream is opened by <open/>",
        )),
        // §3.3.3: a message inherits nothing, the namespace of stanzas included.
        ("", _) => Err(StreamError::new(
            StreamCondition::INVALID_NAMESPACE,
            "an element has a namespace of its own",
        )),
        _ => {
            drop(reader);
            let fragment = Fragment::new(message, Scope::new(), limits)?;
            Ok(Frame::Fragment(fragment))
        }
    }
}

/// §3.3.3 does not recommend an XML declaration, but allows it.
fn without_declaration(message: Bytes, limits: &Limits) -> Result<Bytes, StreamError> {
    if !message.starts_with(b"<?xml") {
        return Ok(message);
    }
    // That it is one, and what stands in it, the reader knows.
    Reader::document(&message, Profile::Xmpp, limits)?.next_event()?;
    let after = message
        .windows(2)
        .position(|window| window == b"?>")
        .map_or(message.len(), |at| at + 2);
    let blanks = message[after..]
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    Ok(message.slice(after + blanks..))
}

/// §3.4, §3.6: `open` and `close` have no content, and nothing stands beside them.
fn expect_empty(reader: &mut Reader<'_>) -> Result<(), StreamError> {
    match (reader.next_event()?, reader.next_event()?) {
        (Some(Event::End), None) => Ok(()),
        _ => Err(StreamError::new(
            StreamCondition::BAD_FORMAT,
            "<open/> and <close/> are empty",
        )),
    }
}

/// What common HTTP software takes.
const MAX_URI: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(message: &'static str) -> Result<Frame, StreamError> {
        decode_message(Bytes::from_static(message.as_bytes()), &Limits::default())
    }

    fn refused(message: &'static str) -> StreamCondition {
        decode(message).expect_err(message).condition
    }

    #[test]
    fn xc_st_13_open_close_and_a_stanza() {
        let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0' \
                    xml:lang='en' id='++TR84Sm6A3hnt3Q065SnAbbk3Y='/>";
        let Ok(Frame::Open(header)) = decode(open) else {
            panic!()
        };
        assert_eq!(header.to.unwrap().as_str(), "localhost");
        assert_eq!(header.version.as_deref(), Some("1.0"));
        assert_eq!(header.lang.as_deref(), Some("en"));
        assert_eq!(header.id.as_deref(), Some("++TR84Sm6A3hnt3Q065SnAbbk3Y="));
        assert_eq!(
            decode("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
            Ok(Frame::Close)
        );
        let Ok(Frame::Fragment(fragment)) = decode("<presence xmlns='jabber:client'/>") else {
            panic!()
        };
        assert!(fragment.name().is(ns::CLIENT, "presence"));
    }

    #[test]
    fn section_3_3_1_the_framing_elements_have_their_namespace_by_any_prefix() {
        let open = "<f:open xmlns:f='urn:ietf:params:xml:ns:xmpp-framing' to='localhost'></f:open>";
        assert!(matches!(decode(open), Ok(Frame::Open(_))));
        assert_eq!(
            refused("<opened xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
            StreamCondition::BAD_FORMAT
        );
        let header = "<stream:stream to='localhost' xmlns='jabber:client' \
                      xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
        assert_eq!(
            refused(header),
            StreamCondition::BAD_FORMAT,
            "the tag of TCP"
        );
    }

    #[test]
    fn section_3_3_3_each_message_is_a_document_of_its_own() {
        for blank in ["", " ", "\n", " <presence xmlns='jabber:client'/>"] {
            assert_eq!(
                refused(blank),
                StreamCondition::NOT_WELL_FORMED,
                "{blank:?}"
            );
        }
        assert_eq!(refused("<presence/>"), StreamCondition::INVALID_NAMESPACE);
        assert_eq!(
            refused("<stream:features/>"),
            StreamCondition::BAD_NAMESPACE_PREFIX,
            "no prefix is shared"
        );
        for restricted in ["<!-- c -->", "<?pi?>", "<!DOCTYPE a>"] {
            assert_eq!(refused(restricted), StreamCondition::RESTRICTED_XML);
        }
    }

    #[test]
    fn section_3_3_3_one_stanza_in_a_message() {
        let two = "<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>";
        let Ok(Frame::Fragment(fragment)) = decode(two) else {
            panic!()
        };
        assert!(fragment.to_stanza(&Limits::default()).is_err());
        let more = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/><presence xmlns='a'/>";
        assert_eq!(refused(more), StreamCondition::NOT_WELL_FORMED);
    }

    #[test]
    fn section_3_3_3_an_xml_declaration_is_of_no_use_but_no_fault() {
        let message = "<?xml version='1.0'?>\n<presence xmlns='jabber:client'/>";
        let Ok(Frame::Fragment(fragment)) = decode(message) else {
            panic!()
        };
        assert!(fragment.to_stanza(&Limits::default()).is_ok());
        assert_eq!(
            refused("<?xml version='1.0' encoding='latin1'?><a xmlns='b'/>"),
            StreamCondition::UNSUPPORTED_ENCODING
        );
        assert!(decode("<?xml version='1.0'?>").is_err());
    }

    #[test]
    fn section_3_4_open_is_empty() {
        for content in ["x", "<a xmlns='b'/>"] {
            let open = format!(
                "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='a'>{content}</open>"
            );
            let error = decode_message(open.into(), &Limits::default()).unwrap_err();
            assert_eq!(error.condition, StreamCondition::BAD_FORMAT, "{content}");
        }
        let unfinished = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='a'>";
        assert_eq!(refused(unfinished), StreamCondition::NOT_WELL_FORMED);
    }

    #[test]
    fn section_3_6_1_close_may_name_another_endpoint() {
        let message = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' \
                       see-other-uri='wss://otherendpoint.example/xmpp-bind'/>";
        let Ok(Frame::Moved(uri)) = decode(message) else {
            panic!()
        };
        assert_eq!(uri.as_str(), "wss://otherendpoint.example/xmpp-bind");
        assert!(uri.is_secure());
        for (uri, is_secure) in [
            ("HTTPS://a/", true),
            ("ws://a/", false),
            ("http://a/", false),
            ("xmpp:a", false),
        ] {
            assert_eq!(
                SeeOtherUri::new(uri).unwrap().is_secure(),
                is_secure,
                "{uri}"
            );
        }
        for none in ["", "a", "wss:", ":a", "1a:b", "wss://a b", "wss://\u{e9}"] {
            assert_eq!(SeeOtherUri::new(none), None, "{none}");
        }
        assert_eq!(SeeOtherUri::new(&format!("wss:{}", "a".repeat(2045))), None);
        let nowhere = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='there'/>";
        assert_eq!(decode(nowhere), Ok(Frame::Close));
    }

    #[test]
    fn xc_st_11_a_message_over_the_limit_is_policy_violation() {
        let limits = Limits::default().with_document(10_000).with_depth(8);
        let long = format!("<a xmlns='b'>{}</a>", "x".repeat(10_000));
        for message in [long.clone(), format!("<?xml version='1.0'?>{long}")] {
            let error = decode_message(message.into(), &limits).unwrap_err();
            assert_eq!(
                error.condition,
                StreamCondition::POLICY_VIOLATION,
                "XC-ST-11"
            );
        }
    }
}
