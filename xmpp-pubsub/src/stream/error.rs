//! Errors that end a stream. RFC 6120 §4.9.

use bytes::BufMut;
use wire_xml::{Element, ErrorClass, Writer};

use crate::names::open_names;
use crate::ns;

open_names! {
    /// Why a stream ends. RFC 6120 §4.9.3.
    pub struct StreamCondition {
        /// XML that cannot be processed. §4.9.3.1.
        BAD_FORMAT = "bad-format",
        /// A prefix that is not bound. §4.9.3.2.
        BAD_NAMESPACE_PREFIX = "bad-namespace-prefix",
        /// A newer stream took this one's place. §4.9.3.3.
        CONFLICT = "conflict",
        /// The peer fell silent. §4.9.3.4.
        CONNECTION_TIMEOUT = "connection-timeout",
        /// The domain is not served here any more. §4.9.3.5.
        HOST_GONE = "host-gone",
        /// The domain is not served here. §4.9.3.6.
        HOST_UNKNOWN = "host-unknown",
        /// A stanza lacks an address that it needs. §4.9.3.7.
        IMPROPER_ADDRESSING = "improper-addressing",
        /// A fault of ours. §4.9.3.8.
        INTERNAL_SERVER_ERROR = "internal-server-error",
        /// A `from` that is not the stream's own. §4.9.3.9.
        INVALID_FROM = "invalid-from",
        /// A stream or content namespace that is not ours. §4.9.3.10.
        INVALID_NAMESPACE = "invalid-namespace",
        /// XML that validation refuses. §4.9.3.11.
        INVALID_XML = "invalid-xml",
        /// Data before authentication. §4.9.3.12.
        NOT_AUTHORIZED = "not-authorized",
        /// Not XML. §4.9.3.13.
        NOT_WELL_FORMED = "not-well-formed",
        /// Against local policy, such as a limit. §4.9.3.14.
        POLICY_VIOLATION = "policy-violation",
        /// A server behind this one is not reachable. §4.9.3.15.
        REMOTE_CONNECTION_FAILED = "remote-connection-failed",
        /// Start again. §4.9.3.16.
        RESET = "reset",
        /// Too busy, or over a limit. §4.9.3.17.
        RESOURCE_CONSTRAINT = "resource-constraint",
        /// XML that XMPP forbids: comments, processing instructions, DTD. §4.9.3.18.
        RESTRICTED_XML = "restricted-xml",
        /// Go to another host. §4.9.3.19.
        SEE_OTHER_HOST = "see-other-host",
        /// The server is going down. §4.9.3.20.
        SYSTEM_SHUTDOWN = "system-shutdown",
        /// Look at the application condition. §4.9.3.21.
        UNDEFINED_CONDITION = "undefined-condition",
        /// Not UTF-8. §4.9.3.22.
        UNSUPPORTED_ENCODING = "unsupported-encoding",
        /// A required feature that the peer lacks. §4.9.3.23.
        UNSUPPORTED_FEATURE = "unsupported-feature",
        /// Not a stanza. §4.9.3.24.
        UNSUPPORTED_STANZA_TYPE = "unsupported-stanza-type",
        /// Another major version. §4.9.3.25.
        UNSUPPORTED_VERSION = "unsupported-version",
    }
}

/// The `stream:error` element.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("stream error {condition}{}", text.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct StreamError {
    /// Why the stream ends.
    pub condition: StreamCondition,
    /// Words for people.
    pub text: Option<String>,
}

impl StreamError {
    /// An error with words for people.
    #[must_use]
    pub fn new(condition: StreamCondition, text: &str) -> Self {
        Self {
            condition,
            text: Some(text.to_owned()),
        }
    }

    /// Reads a `stream:error` element. An unknown condition is kept by name.
    #[must_use]
    pub fn from_element(element: &Element) -> Self {
        let mut error = Self::from(StreamCondition::UNDEFINED_CONDITION);
        for child in element.children() {
            match child.name().parts() {
                (ns::STREAM_ERRORS, "text") => error.text = Some(child.text().into_owned()),
                (ns::STREAM_ERRORS, name) => error.condition = StreamCondition::from_name(name),
                _ => {}
            }
        }
        error
    }

    /// Writes the element where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        writer.start_prefixed("stream", ns::STREAM, "error");
        writer
            .start(ns::STREAM_ERRORS, self.condition.as_str())
            .end();
        if let Some(text) = &self.text {
            writer.text_element(ns::STREAM_ERRORS, "text", text);
        }
        writer.end();
    }
}

impl From<StreamCondition> for StreamError {
    fn from(condition: StreamCondition) -> Self {
        Self {
            condition,
            text: None,
        }
    }
}

/// The stream error for XML that cannot be read. RFC 6120 §4.9.3.
impl From<wire_xml::Error> for StreamError {
    fn from(error: wire_xml::Error) -> Self {
        let condition = match error.class() {
            ErrorClass::Malformed => StreamCondition::NOT_WELL_FORMED,
            ErrorClass::Restricted => StreamCondition::RESTRICTED_XML,
            ErrorClass::Encoding => StreamCondition::UNSUPPORTED_ENCODING,
            ErrorClass::Namespace => StreamCondition::BAD_NAMESPACE_PREFIX,
            ErrorClass::Limit => StreamCondition::POLICY_VIOLATION,
            _ => StreamCondition::INVALID_XML,
        };
        Self::new(condition, &error.to_string())
    }
}
