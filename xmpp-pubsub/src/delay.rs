//! When a stanza was first sent. XEP-0203.

use wire_xml::text::{format_date_time, parse_date_time};

use crate::decode::{expect, jid};
use crate::error::DecodeError;
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::stanza::Payload;

/// The `delay` element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delay {
    /// Who held the stanza back.
    pub from: Option<Jid>,
    /// When it was first sent, in milliseconds since 1970, UTC.
    pub stamp: i64,
    /// Why it was held back.
    pub reason: Option<String>,
    /// What else was there.
    pub other: Other,
}

impl Delay {
    /// Reads a `delay` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or has no date.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::DELAY, "delay")?;
        let stamp = element.attr("stamp").and_then(parse_date_time);
        let reason = element.text();
        Ok(Self {
            from: jid(&element, "delay", "from")?,
            stamp: stamp.ok_or(DecodeError::Invalid {
                element: "delay",
                field: "stamp",
            })?,
            reason: (!reason.is_empty()).then(|| reason.into_owned()),
            other: Other::of(&element, &["from", "stamp"], |_| false),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::DELAY, "delay", |writer| {
            let tag = writer
                .start(ns::DELAY, "delay")
                .attr_opt("from", self.from.as_ref().map(Jid::as_str))
                .attr("stamp", &format_date_time(self.stamp));
            self.other
                .write_attributes(tag)
                .text(self.reason.as_deref().unwrap_or_default());
            self.other.write_elements(writer);
            writer.end();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_6_1_25_a_stamp_is_a_date_of_xep_0082() {
        let delay = Delay {
            from: None,
            stamp: 1_069_718_400_000,
            reason: None,
            other: Other::new(),
        };
        let payload = delay.to_payload();
        let text = String::from_utf8_lossy(payload.as_bytes()).into_owned();
        assert!(text.contains("2003-11-25T00:00:00"), "{text}");
        assert_eq!(Delay::decode(&payload).unwrap(), delay);
    }
}
