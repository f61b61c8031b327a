//! Documents read with [`Reader::next_leaf`] and without: what it takes is what the events say, and it takes nothing that
//! they find wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use wire_xml::{Error, Event, Limits, Profile, Reader, Scope};

/// What is said of a document: each event with where it ends, and what is wrong.
fn told(reader: &mut Reader<'_>, leaves: bool) -> (Vec<(String, usize)>, Option<Error>) {
    let mut events = Vec::new();
    loop {
        if leaves && let Some(leaf) = reader.next_leaf() {
            assert!(leaf.inside < reader.position());
            events.push((format!("<{}>", leaf.name), leaf.inside));
            if !leaf.text.is_empty() {
                events.push((format!("{:?}", leaf.text), 0));
            }
            events.push(("</>".to_owned(), reader.position()));
            assert!(reader.attributes().is_empty());
            continue;
        }
        match reader.next_event() {
            Ok(Some(Event::Start(start))) => {
                let attributes: Vec<_> = reader.attributes().to_vec();
                let name = format!("<{}>{}", start.name, attributes.len());
                let name = name.strip_suffix('0').unwrap_or(&name);
                events.push((name.to_owned(), reader.position()));
            }
            // Where text ends is known of the tag behind it.
            Ok(Some(Event::Text(text))) => events.push((format!("{text:?}"), 0)),
            Ok(Some(Event::End)) => events.push(("</>".to_owned(), reader.position())),
            Ok(None) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}

fn is_read_alike(input: &str, limits: &Limits) {
    for profile in [Profile::Soap, Profile::Xmpp] {
        let scope = Scope::new().with("", "urn:outside").with("p", "urn:p");
        let document = || Reader::document(input.as_bytes(), profile, limits);
        let fragment = || Reader::fragment(input.as_bytes(), profile, limits, &scope);
        for (one, other) in [(document(), document()), (fragment(), fragment())] {
            match (one, other) {
                (Ok(mut one), Ok(mut other)) => {
                    assert_eq!(told(&mut one, true), told(&mut other, false), "{input}");
                }
                (one, other) => assert_eq!(one.err(), other.err(), "{input}"),
            }
        }
    }
}

const PARTS: &[&str] = &[
    "<a>",
    "</a>",
    "<b>",
    "</b>",
    "<a/>",
    "<p:a>",
    "</p:a>",
    "<a xmlns='urn:a'>",
    "<a b='1'>",
    "x",
    " ",
    "\r\n",
    "&amp;",
    "&#65;",
    "&x;",
    "]",
    "]]",
    "]]>",
    ">",
    "<",
    "</",
    "/>",
    "<!-- c -->",
    "<![CDATA[d]]>",
    "<?p?>",
    "\u{e9}",
    "<\u{e9}>",
    "</\u{e9}>",
    "</a >",
    "<a >",
    "<",
    "a long text that goes on and on",
];

#[test]
fn elements_at_the_edges_are_read_alike() {
    let limits = Limits::default();
    for inside in [
        "<a></a>",
        "<a>x</a>",
        "<a>x</b>",
        "<a>x</a",
        "<a>x",
        "<a>",
        "<a>x</ab>",
        "<ab>x</a>",
        "<a>&lt;x&gt;</a>",
        "<a>&lt</a>",
        "<a>&#0;</a>",
        "<a>x]]y</a>",
        "<a>x]]>y</a>",
        "<a>x\r\ny</a>",
        "<a>x<!-- y -->z</a>",
        "<a>x<![CDATA[y]]>z</a>",
        "<a>x</a ><b>y</b>",
        "<a xmlns=''>x</a><b>y</b>",
        "<1>x</1>",
        "<a.b-c_1>x</a.b-c_1>",
        "<xml>x</xml>",
    ] {
        is_read_alike(inside, &limits);
        is_read_alike(&format!("<r>{inside}</r>"), &limits);
        is_read_alike(
            &format!("<r xmlns='urn:r'> {inside}<s>{inside}</s></r>"),
            &limits,
        );
    }
}

#[test]
fn limits_hold_for_leaves_too() {
    let document = "<r><a>four</a><abcd>x</abcd><b><c>x</c></b></r>";
    for size in 0..8 {
        is_read_alike(document, &Limits::default().with_text(size));
        is_read_alike(document, &Limits::default().with_name(size));
        is_read_alike(document, &Limits::default().with_depth(size));
    }
}

#[test]
fn whether_an_element_stands_alone_is_known_of_its_leaves() {
    for (document, standalone) in [
        ("<r xmlns='urn:r'><s xmlns='urn:s'><a>x</a></s></r>", true),
        (
            "<r xmlns='urn:r'><s xmlns:p='urn:p'><a>x</a></s></r>",
            false,
        ),
    ] {
        let limits = Limits::default();
        let mut reader = Reader::document(document.as_bytes(), Profile::Soap, &limits).unwrap();
        reader.next_event().unwrap();
        reader.next_event().unwrap();
        assert!(reader.next_leaf().is_some());
        assert_eq!(reader.skip().unwrap().standalone, standalone);
    }
}

proptest! {
    #[test]
    fn markup_soup_is_read_alike(parts in prop::collection::vec(prop::sample::select(PARTS), 0..24)) {
        let soup = parts.concat();
        is_read_alike(&soup, &Limits::default());
        is_read_alike(&format!("<r>{soup}</r>"), &Limits::default());
    }
}
