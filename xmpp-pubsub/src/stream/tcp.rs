//! Frames out of a byte stream. RFC 6120 §4.

use bytes::BytesMut;
use wire_xml::{Limits, Part, Profile, Reader, Scope, Splitter};

use super::{Fragment, Frame, Header, StreamCondition, StreamError};
use crate::ns;

/// Cuts the bytes of a connection into [`Frame`]s.
#[derive(Clone, Debug)]
pub struct TcpFraming {
    limits: Limits,
    splitter: Splitter,
    /// What the stream header declares.
    scope: Scope,
}

impl TcpFraming {
    /// Waits for a stream header.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            splitter: Splitter::new(limits),
            scope: Scope::new(),
        }
    }

    /// Waits for another header, as after authentication (XC-ST-05).
    pub fn restart(&mut self, limits: Limits) {
        *self = Self::new(limits);
    }

    /// Takes the next frame off the front of `buffer`, or returns `None` until more has come. Bytes that are not used
    /// stay; in between, they may only be added to.
    ///
    /// # Errors
    ///
    /// The stream error to send: the stream cannot go on.
    pub fn next_frame(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, StreamError> {
        Ok(match self.splitter.next_part(buffer)? {
            Some(Part::Header(header)) => Some(Frame::Open(self.on_header(&header)?)),
            Some(Part::Stanza(xml)) => Some(Frame::Fragment(Fragment::new(
                xml,
                self.scope.clone(),
                &self.limits,
            )?)),
            Some(Part::End) => Some(Frame::Close),
            None => None,
        })
    }

    fn on_header(&mut self, bytes: &[u8]) -> Result<Header, StreamError> {
        let mut reader = Reader::header(bytes, Profile::Xmpp, &self.limits)?;
        let name = match reader.next_event()? {
            Some(wire_xml::Event::Start(start)) => start.name,
            Some(_) | None => return Err(StreamCondition::BAD_FORMAT.into()),
        };
        match name.parts() {
            (ns::STREAM, "stream") => {}
            (ns::STREAM, _) => return Err(StreamCondition::BAD_FORMAT.into()),
            _ => return Err(StreamCondition::INVALID_NAMESPACE.into()),
        }
        self.scope = reader.scope();
        // RFC 6120 §4.8.2: the content namespace is that of clients. Without one, stanzas declare their own.
        if self
            .scope
            .namespace("")
            .is_some_and(|content| content != ns::CLIENT)
        {
            return Err(StreamCondition::INVALID_NAMESPACE.into());
        }
        Header::read(&reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' \
        xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

    fn error(input: &str) -> StreamCondition {
        let mut framing = TcpFraming::new(Limits::default());
        let mut buffer = BytesMut::from(input);
        loop {
            match framing.next_frame(&mut buffer) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no error for {input}"),
                Err(error) => return error.condition,
            }
        }
    }

    #[test]
    fn xc_st_01_namespaces_of_the_stream() {
        assert_eq!(
            error("<stream to='localhost' xmlns='urn:other'>"),
            StreamCondition::INVALID_NAMESPACE
        );
        assert_eq!(
            error("<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams'>"),
            StreamCondition::INVALID_NAMESPACE
        );
        assert_eq!(
            error("<s:strom xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>"),
            StreamCondition::BAD_FORMAT
        );
    }

    #[test]
    fn xc_st_08_what_xmpp_forbids_is_restricted_xml() {
        for part in ["<!-- c -->", "<?pi?>", "<!DOCTYPE a>"] {
            assert_eq!(
                error(&format!("{HEADER}{part}")),
                StreamCondition::RESTRICTED_XML,
                "{part}"
            );
        }
        assert_eq!(
            error("GET / HTTP/1.1\r\n"),
            StreamCondition::NOT_WELL_FORMED
        );
    }

    #[test]
    fn xc_st_11_a_stanza_over_the_limit_is_policy_violation() {
        let mut framing = TcpFraming::new(Limits::default().with_document(10_000));
        let mut buffer = BytesMut::from(HEADER);
        assert!(matches!(
            framing.next_frame(&mut buffer),
            Ok(Some(Frame::Open(_)))
        ));
        buffer.extend_from_slice(b"<message><body>");
        buffer.extend_from_slice(&[b'x'; 10_000]);
        let error = framing.next_frame(&mut buffer).unwrap_err();
        assert_eq!(error.condition, StreamCondition::POLICY_VIOLATION);
    }

    #[test]
    fn xc_st_09_white_space_between_stanzas_is_ignored() {
        let mut framing = TcpFraming::new(Limits::default());
        let mut buffer =
            BytesMut::from(format!("{HEADER} \n <presence/> </stream:stream>").as_str());
        let mut frames = Vec::new();
        while let Some(frame) = framing.next_frame(&mut buffer).unwrap() {
            frames.push(frame);
        }
        let [Frame::Open(header), Frame::Fragment(presence), Frame::Close] = frames.as_slice()
        else {
            panic!("{frames:?}");
        };
        assert_eq!(header.to.as_ref().unwrap().as_str(), "localhost");
        assert!(header.is_version_1());
        assert!(presence.name().is(ns::CLIENT, "presence"));
    }
}
