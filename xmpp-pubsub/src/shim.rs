//! Stanza headers. XEP-0131, as XEP-0060 §7.1.2.6 uses them for `SubID` and `Collection`.

use crate::decode::expect;
use crate::error::DecodeError;
use crate::ns;
use crate::stanza::Payload;

/// The `headers` element.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Headers(pub Vec<Header>);

/// One header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// Its registered name, such as `SubID`.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Headers {
    /// Reads a `headers` element. Headers without a name are skipped.
    ///
    /// # Errors
    ///
    /// If it is another element.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::SHIM, "headers")?;
        Ok(Self(
            element
                .children_named(ns::SHIM, "header")
                .filter_map(|header| {
                    let name = header.attr("name")?.to_owned();
                    Some(Header {
                        name,
                        value: header.text().into_owned(),
                    })
                })
                .collect(),
        ))
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::SHIM, "headers", |writer| {
            writer.start(ns::SHIM, "headers");
            for header in &self.0 {
                writer.start(ns::SHIM, "header").attr("name", &header.name);
                writer.text(&header.value).end();
            }
            writer.end();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_7_1_14_subids_of_an_event() {
        let value = "123-abc".to_owned();
        let headers = Headers(vec![Header {
            name: "SubID".to_owned(),
            value,
        }]);
        let payload = headers.to_payload();
        assert_eq!(
            payload.as_bytes().as_ref(),
            br#"<headers xmlns="http://jabber.org/protocol/shim"><header name="SubID">123-abc</header></headers>"#
        );
        assert_eq!(Headers::decode(&payload).unwrap(), headers);
    }
}
