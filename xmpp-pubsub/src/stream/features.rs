//! What a server offers. RFC 6120 §4.3.2.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::ns;

/// Whether a stream in the clear goes on over TLS. RFC 6120 §5. Only TCP can.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StartTls {
    /// A server does not offer it, a client does not use it.
    #[default]
    Off,
    /// A server offers it, a client uses it where it is offered.
    Optional,
    /// A server takes nothing else before it, a client gives up where it is not offered.
    Required,
}

/// The `stream:features` element.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Features {
    /// Whether the stream can, or must, go on over TLS. §5.4.1.
    pub starttls: StartTls,
    /// SASL mechanisms, best first. §6.4.1.
    pub mechanisms: Vec<String>,
    /// Whether a resource is to be bound. §7.4.
    pub bind: bool,
    /// Whether a session of RFC 3921 can be asked for; it is never needed.
    pub session: bool,
}

impl Features {
    /// Reads the element; what is not known is skipped.
    #[must_use]
    pub fn from_element(element: &Element) -> Self {
        Self {
            starttls: match element.child(ns::TLS, "starttls") {
                None => StartTls::Off,
                Some(offer) if offer.child(ns::TLS, "required").is_some() => StartTls::Required,
                Some(_) => StartTls::Optional,
            },
            mechanisms: element
                .child(ns::SASL, "mechanisms")
                .into_iter()
                .flat_map(|mechanisms| mechanisms.children_named(ns::SASL, "mechanism"))
                .map(|mechanism| mechanism.text().trim().to_owned())
                .collect(),
            bind: element.child(ns::BIND, "bind").is_some(),
            session: element.child(ns::SESSION, "session").is_some(),
        }
    }

    /// Writes the element where `writer` stands. Its prefix is `stream`: clients are known that look for it by that.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        writer.start_prefixed("stream", ns::STREAM, "features");
        if self.starttls != StartTls::Off {
            writer.start(ns::TLS, "starttls");
            if self.starttls == StartTls::Required {
                writer.start(ns::TLS, "required").end();
            }
            writer.end();
        }
        if !self.mechanisms.is_empty() {
            writer.start(ns::SASL, "mechanisms");
            for mechanism in &self.mechanisms {
                writer.text_element(ns::SASL, "mechanism", mechanism);
            }
            writer.end();
        }
        if self.bind {
            writer.start(ns::BIND, "bind").end();
        }
        if self.session {
            writer.start(ns::SESSION, "session");
            writer.start(ns::SESSION, "optional").end();
            writer.end();
        }
        writer.end();
    }
}
