//! Stanza headers. XEP-0131, as XEP-0060 §7.1.2.6 uses them for `SubID` and `Collection`.

use wire_xml::Element;

use crate::decode::expect;
use crate::error::DecodeError;
use crate::ns;
use crate::other::Other;
use crate::stanza::Payload;

/// The `headers` element.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Headers {
    /// The headers, in order; a name may come several times.
    pub headers: Vec<Header>,
    /// What else was there, headers without a name among it.
    pub other: Other,
}

/// One header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// Its registered name, such as `SubID`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What else was there.
    pub other: Other,
}

impl Header {
    /// A header.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            other: Other::new(),
        }
    }

    fn from_element(element: &Element) -> Option<Self> {
        if !element.is(ns::SHIM, "header") {
            return None;
        }
        Some(Self {
            name: element.attr("name")?.to_owned(),
            value: element.text().into_owned(),
            other: Other::of(element, &["name"], |_| false),
        })
    }
}

impl Headers {
    /// These headers and nothing else.
    #[must_use]
    pub const fn new(headers: Vec<Header>) -> Self {
        Self {
            headers,
            other: Other::new(),
        }
    }

    /// Reads a `headers` element.
    ///
    /// # Errors
    ///
    /// If it is another element.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::SHIM, "headers")?;
        let is_header =
            |child: &Element| child.is(ns::SHIM, "header") && child.attr("name").is_some();
        Ok(Self {
            headers: element
                .children()
                .filter_map(Header::from_element)
                .collect(),
            other: Other::of(&element, &[], is_header),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::SHIM, "headers", |writer| {
            let tag = writer.start(ns::SHIM, "headers");
            self.other.write_attributes(tag);
            for header in &self.headers {
                let tag = writer.start(ns::SHIM, "header").attr("name", &header.name);
                header.other.write_attributes(tag).text(&header.value);
                header.other.write_elements(writer);
                writer.end();
            }
            self.other.write_elements(writer);
            writer.end();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_7_1_14_subids_of_an_event() {
        let headers = Headers::new(vec![Header::new("SubID", "123-abc")]);
        let payload = headers.to_payload();
        assert_eq!(
            payload.as_bytes().as_ref(),
            br#"<headers xmlns="http://jabber.org/protocol/shim"><header name="SubID">123-abc</header></headers>"#
        );
        assert_eq!(Headers::decode(&payload).unwrap(), headers);
    }
}
