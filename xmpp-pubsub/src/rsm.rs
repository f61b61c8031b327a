//! Paging through result sets. XEP-0059, as XEP-0060 §6.5.4 uses it beside `items`.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::decode::{expect, number};
use crate::error::DecodeError;
use crate::ns;
use crate::other::Other;

/// The `set` element, of a request or an answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Set {
    /// At most so many in the page; 0 asks for the count alone. §2.7.
    pub max: Option<u64>,
    /// The page that follows this entry. Opaque, as given in `last` (RS-04). §2.2.
    pub after: Option<String>,
    /// The page before this entry; empty asks for the last page. §2.3 and §2.5.
    pub before: Option<String>,
    /// The page that starts at this position, counted from 0. §2.4.
    pub index: Option<u64>,
    /// The first entry of the page; an empty page has none.
    pub first: Option<First>,
    /// The last entry of the page; an empty page has none.
    pub last: Option<String>,
    /// How many there are in all pages.
    pub count: Option<u64>,
    /// What else was there.
    pub other: Other,
}

/// The first entry of a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct First {
    /// Its position in all pages, counted from 0.
    ///
    /// Quirk: ejabberd says `-7` where ten items are asked for and three are there. What is no position is read as none.
    pub index: Option<u64>,
    /// Its name, for `before`.
    pub id: String,
}

impl Set {
    /// Asks for the first page of at most so many entries.
    #[must_use]
    pub fn with_max(max: u64) -> Self {
        Self {
            max: Some(max),
            ..Self::default()
        }
    }

    /// Reads a `set` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or a number is none.
    pub fn from_element(element: &Element) -> Result<Self, DecodeError> {
        expect(element, ns::RSM, "set")?;
        let text = |local| {
            element
                .child(ns::RSM, local)
                .map(|child| child.text().into_owned())
        };
        let mut seen = Vec::new();
        Ok(Self {
            max: number(text("max").as_deref(), "set", "max")?,
            after: text("after"),
            before: text("before"),
            index: number(text("index").as_deref(), "set", "index")?,
            first: element.child(ns::RSM, "first").map(First::from_element),
            last: text("last"),
            count: number(text("count").as_deref(), "set", "count")?,
            other: Other::of(element, &[], |child| {
                let known = FIELDS.iter().find(|local| child.is(ns::RSM, local));
                known.is_some_and(|local| {
                    let again = seen.contains(local);
                    seen.push(*local);
                    !again
                })
            }),
        })
    }

    /// Writes the `set` element where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let tag = writer.start(ns::RSM, "set");
        self.other.write_attributes(tag);
        let decimal = |number: Option<u64>| number.map(|number| number.to_string());
        write_text(writer, "max", decimal(self.max).as_deref());
        write_text(writer, "after", self.after.as_deref());
        write_text(writer, "before", self.before.as_deref());
        write_text(writer, "index", decimal(self.index).as_deref());
        if let Some(first) = &self.first {
            writer
                .start(ns::RSM, "first")
                .attr_opt("index", decimal(first.index).as_deref())
                .text(&first.id)
                .end();
        }
        write_text(writer, "last", self.last.as_deref());
        write_text(writer, "count", decimal(self.count).as_deref());
        self.other.write_elements(writer);
        writer.end();
    }
}

impl First {
    fn from_element(element: &Element) -> Self {
        Self {
            index: number(element.attr("index"), "first", "index").unwrap_or_default(),
            id: element.text().into_owned(),
        }
    }
}

fn write_text<B: BufMut>(writer: &mut Writer<B>, local: &str, text: Option<&str>) {
    if let Some(text) = text {
        writer.text_element(ns::RSM, local, text);
    }
}

/// The children that a `set` may have, each once.
const FIELDS: &[&str] = &["max", "after", "before", "index", "first", "last", "count"];

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use wire_xml::{Limits, Profile};

    use super::*;

    fn read(source: &str) -> Result<Set, DecodeError> {
        let element = Element::parse(source.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap();
        Set::from_element(&element)
    }

    fn written(set: &Set) -> String {
        let mut out = BytesMut::new();
        set.write(&mut Writer::new(&mut out));
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn rs_01_an_answer_has_first_with_its_index_and_last_and_count() {
        let source = r#"<set xmlns="http://jabber.org/protocol/rsm"><first index="10">a</first><last>b</last><count>800</count></set>"#;
        let set = read(source).unwrap();
        let first = set.first.as_ref().unwrap();
        assert_eq!((first.index, first.id.as_str()), (Some(10), "a"));
        assert_eq!((set.last.as_deref(), set.count), (Some("b"), Some(800)));
        assert_eq!(written(&set), source);
    }

    #[test]
    fn rs_01_an_empty_before_asks_for_the_last_page_and_is_kept() {
        let source =
            r#"<set xmlns="http://jabber.org/protocol/rsm"><max>10</max><before></before></set>"#;
        let set = read(source).unwrap();
        assert_eq!((set.max, set.before.as_deref()), (Some(10), Some("")));
        assert_eq!(read(&written(&set)).unwrap(), set);
    }

    #[test]
    fn a_second_child_and_an_unknown_one_are_kept() {
        let source = r#"<set xmlns="http://jabber.org/protocol/rsm" a="1"><max>1</max><max>2</max><more/></set>"#;
        let set = read(source).unwrap();
        assert_eq!(set.max, Some(1));
        assert_eq!(written(&set), source);
    }

    #[test]
    fn a_position_that_is_none_does_not_spoil_the_page() {
        // Of ejabberd 23.01, asked for the newest 10 items of 3.
        let set = read(
            "<set xmlns='http://jabber.org/protocol/rsm'><count>3</count>\
             <first index='-7'>2026-11-29T15:45:59.142708Z</first>\
             <last>2026-11-29T15:45:59.224973Z</last></set>",
        )
        .unwrap();
        let first = set.first.unwrap();
        let id = "2026-11-29T15:45:59.142708Z";
        assert_eq!((first.index, first.id.as_str()), (None, id));
        assert_eq!(set.count, Some(3));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let error =
            read(r#"<set xmlns="http://jabber.org/protocol/rsm"><max>-1</max></set>"#).unwrap_err();
        assert_eq!(
            error,
            DecodeError::Invalid {
                element: "set",
                field: "max"
            }
        );
    }
}
