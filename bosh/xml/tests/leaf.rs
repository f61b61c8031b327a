//! Documents read with [`Reader::next_leaf`] and without: what it takes is what the events say, and it takes nothing that
//! they find wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "oracle/leaves.rs"]
mod leaves;

use proptest::prelude::*;
use wire_xml::{Limits, Profile, Reader};

fn is_read_alike(input: &str, limits: &Limits) {
    leaves::compare(input.as_bytes(), limits);
}

const PARTS: &[&str] = &[
    "<a>",
    "</a>",
    "<b>",
    "</b>",
    "<a/>",
    "<p:a>",
    "</p:a>",
    "<p:a xmlns:p='urn:q'>",
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
            &format!("<r xmlns='urn:r'><q:s xmlns:q='urn:q'>{inside}</q:s></r>"),
            &limits,
        );
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
        // Of these two only the leaf rests on what is outside.
        (
            "<r xmlns='urn:r'><p:s xmlns:p='urn:p'><a>x</a></p:s></r>",
            false,
        ),
        ("<r><p:s xmlns:p='urn:p'><a>x</a></p:s></r>", false),
        (
            "<r xmlns='urn:r'><p:s xmlns:p='urn:p' xmlns='urn:s'><a>x</a></p:s></r>",
            true,
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
