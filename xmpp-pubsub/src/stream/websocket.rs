//! Frames out of WebSocket messages. RFC 7395 §3.

use bytes::Bytes;
use wire_xml::{Event, Limits, Profile, Reader, Scope};

use super::{Fragment, Frame, Header, StreamCondition, StreamError};
use crate::ns;

/// Reads one text message: an element that declares its own namespaces.
///
/// # Errors
///
/// The stream error to send: the stream cannot go on.
pub fn decode_message(message: Bytes, limits: &Limits) -> Result<Frame, StreamError> {
    // RFC 7395 §3.3.3: no white space before the element, and no XML declaration.
    if message.first() != Some(&b'<') {
        return Err(StreamCondition::NOT_WELL_FORMED.into());
    }
    let mut reader = Reader::document_in(&message, Profile::Xmpp, limits, &Scope::new())?;
    let Some(Event::Start(start)) = reader.next_event()? else {
        return Err(StreamCondition::BAD_FORMAT.into());
    };
    match start.name.parts() {
        (ns::FRAMING, "open") => Ok(Frame::Open(Header::read(&reader)?)),
        (ns::FRAMING, "close") => Ok(Frame::Close),
        (ns::FRAMING, _) => Err(StreamCondition::BAD_FORMAT.into()),
        _ => Ok(Frame::Fragment(Fragment::new(
            message,
            Scope::new(),
            limits,
        )?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(message: &'static str) -> Result<Frame, StreamError> {
        decode_message(Bytes::from_static(message.as_bytes()), &Limits::default())
    }

    #[test]
    fn xc_st_13_open_close_and_a_stanza() {
        let open =
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
        let Ok(Frame::Open(header)) = decode(open) else {
            panic!()
        };
        assert_eq!(header.to.unwrap().as_str(), "localhost");
        assert_eq!(
            decode("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
            Ok(Frame::Close)
        );
        let Ok(Frame::Fragment(fragment)) = decode("<presence xmlns='jabber:client'/>") else {
            panic!()
        };
        assert!(fragment.name().is(ns::CLIENT, "presence"));
        assert!(decode(" <presence xmlns='jabber:client'/>").is_err());
    }
}
