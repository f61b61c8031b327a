//! The reader beside quick-xml's `NsReader`: the same documents are accepted, and read as the same.
//!
//! quick-xml takes tags with attributes, sections and comments apart for both, but the reader asks it for one at a time and
//! leaves its namespaces, its copies of open names and most of its checks aside. What is compared: the scanner that finds text,
//! references and plain tags, which must refuse the same, end where quick-xml's tokens end, and pass the same limits, whether it
//! reads an element or skips it; namespaces; and the rules of XML that quick-xml leaves to its caller. `tests/reader.rs` says what
//! is right where both could be wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod oracle;

use proptest::prelude::*;

#[test]
fn documents_at_the_edges_are_read_alike() {
    for input in [
        "",
        "<a/>",
        "<a>",
        "<a/ >",
        "< a/>",
        "<a b='1'c='2'/>",
        "<a b = \"1\" />",
        "<a b='>'/>",
        "<a b='<'/>",
        "<a>]]></a>",
        "<a>]]&gt;</a>",
        "<a><![CDATA[]]></a>",
        "<a><![CDATA[<b>]]>]]></a>",
        "<a>x<![CDATA[y]]>z</a>",
        "<a>1<!-- 2 -->3</a>",
        "<a><!-- -- --></a>",
        "<a><!--></a>",
        "<a><!---></a>",
        "<!----><a/><!---->",
        "<?xml version='1.0'?><a/>",
        "<?xml version='1.0' ?><a/>",
        "<?xml version='1.0'standalone='no'?><a/>",
        "<?xml?><a/>",
        "<?xml ?><a/>",
        "<?xmlx?><a/>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.0'?><?xml version='1.0'?><a/>",
        "<?XML version='1.0'?><a/>",
        "<?xml version=\"1.0\" encoding='x'?><a/>",
        "<?xml encoding='utf-8' version='1.0'?><a/>",
        "<!DOCTYPE a><a/>",
        "<!doctype a><a/>",
        "<a><!b></a>",
        "<a></a >",
        "<a></ a>",
        "<a></a b>",
        "<a></a",
        "</a>",
        "<a/></a>",
        "<a xmlns=''/>",
        "<a xmlns='urn:a'><b xmlns=''/></a>",
        "<p:a xmlns:p='urn:p'><p:b p:c='1'/></p:a>",
        "<p:a/>",
        "<a xmlns:p='urn:p' xmlns:q='urn:p' p:b='' q:b=''/>",
        "<a b='' b=''/>",
        "<a xmlns='1' xmlns='2'/>",
        "<a xmlns:xml='x'/>",
        "<a xml:lang='en'/>",
        "<xml:a/>",
        "<xmlns:a/>",
        "<a xmlns:xmlns='x'/>",
        "<a xmlns:p='&amp;'/>",
        "<a xmlns:p=' x '/>",
        "<a xmlns:p='a&#32;b'><p:b xmlns:p='a b'/></a>",
        "<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x41;</a>",
        "<a>&#0;</a>",
        "<a>&#+9;</a>",
        "<a>&x;</a>",
        "<a>&</a>",
        "<a>&;</a>",
        "<a>&lt</a>",
        "<a>&#x;</a>",
        "<a>&#1234567890123;</a>",
        "<a>&#00000000000000000065;</a>",
        "<a b='&#10;\n\r\n\t'>\r\n\r</a>",
        "<a>\u{1}</a>",
        "<a>\u{fffe}</a>",
        "<\u{e9}/>",
        "<a.b-c_d1/>",
        "<1/>",
        "<a:b:c xmlns:a='a'/>",
        "<:a/>",
        "<a:/>",
        "<a/>x",
        "x<a/>",
        "<a/>&#32;",
        "<a/><b/>",
        "<a><a><a/></a></a>",
        "<ab><a/></ab>",
        "<a><ab></ab></a>",
        "<a xmlns='u'><b>&lt;/a></b><!--</a>--></a>",
        "<a xmlns='u'><![CDATA[</a>]]></a>",
        "<a xmlns='u'><b xmlns='u' c='</a>'/></a>",
        "<a xmlns='u'><b c='/a>'/></a>",
        "<a xmlns='u' xmlns:p='v'><b xmlns='w'><p:c/></b></a>",
        "<a xmlns='u'><b xmlns='w'><c xmlns=''/></b></a>",
        "<a xmlns='u'><p:b xmlns:p='v'><c></c></p:b></a>",
        "<a><b c='\"'/><b c=\"'\"/></a>",
        "<a b='&'/>",
        "<a b='&lt;&#x20;'/>",
        "<a b=''/><!-- ",
        "<a b= '1'\n\tc\n=\n'2'\n/>",
        "<a b/>",
        "<a =''/>",
    ] {
        oracle::compare(input.as_bytes());
        for end in 0..input.len() {
            oracle::compare(&input.as_bytes()[..end]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn markup_soup_is_read_alike(parts in prop::collection::vec(prop::sample::select(PARTS), 0..24)) {
        oracle::compare(parts.concat().as_bytes());
        oracle::compare(format!("<a xmlns='urn:a' xmlns:p='urn:p'>{}</a>", parts.concat()).as_bytes());
    }

    #[test]
    fn elements_with_one_fault_are_read_alike(
        document in element(),
        at in any::<prop::sample::Index>(),
        part in prop::sample::select(PARTS),
        cut in 0_usize..4,
    ) {
        oracle::compare(document.as_bytes());
        let mut damaged = document.clone().into_bytes();
        let at = at.index(damaged.len());
        let end = (at + cut).min(damaged.len());
        damaged.splice(at..end, part.bytes());
        oracle::compare(&damaged);
    }
}

const PARTS: &[&str] = &[
    "<a>",
    "</a>",
    "<a/>",
    "<p:a>",
    "</p:a>",
    "<p:b p:c='1'/>",
    "<a xmlns='urn:b'>",
    "<a xmlns=''>",
    "<p:a xmlns:p='urn:q'>",
    "<q:a/>",
    "<",
    ">",
    "/",
    "/>",
    "</",
    "=",
    "'",
    "\"",
    "&",
    ";",
    "&lt;",
    "&amp;",
    "&#65;",
    "&#x1;",
    "<!--",
    "-->",
    "--",
    "<![CDATA[",
    "]]>",
    "]",
    "<?xml version='1.0'?>",
    "<?",
    "?>",
    "<!DOCTYPE",
    " ",
    "\r\n",
    "\r",
    "\t",
    "x",
    "xmlns",
    ":",
    "b='1'",
    " c=\"2\"",
    "é",
    "\u{300}",
    "1",
    "-",
    "notification and more of it than sixteen bytes",
    " p:d='3'",
    " xml:lang='en'",
];

/// Elements in elements, with declarations, attributes and text.
fn element() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        &[
            "text",
            "",
            "&lt;x&gt;",
            "<![CDATA[<a>]]>",
            "\r\n",
            "]]",
            "<!-- c -->",
            "<b/>",
        ][..],
    );
    let name = prop::sample::select(&["a", "b", "p:a", "q:a", "long-name_1.2", "é"][..]);
    let attributes = prop::sample::select(
        &[
            "",
            " xmlns='urn:x'",
            " xmlns:q='urn:q'",
            " c='1' p:c='2'",
            " xmlns='' d='&quot;'",
            " xmlns:p='urn:y' p:e='<'",
            " c='1' c='2'",
        ][..],
    );
    let root = leaf
        .prop_map(str::to_owned)
        .prop_recursive(5, 24, 4, move |inner| {
            (
                name.clone(),
                attributes.clone(),
                prop::collection::vec(inner, 0..4),
            )
                .prop_map(|(name, attributes, content)| {
                    format!("<{name}{attributes}>{}</{name}>", content.concat())
                })
        });
    root.prop_map(|content| format!("<r xmlns:p='urn:p' xmlns:q='urn:q'>{content}</r>"))
}
