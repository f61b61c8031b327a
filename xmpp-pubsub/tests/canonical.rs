//! The comparison of documents that other tests rely on.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;

use canonical::{canonical, read};
use wire_xml::Scope;

fn lines(source: &str) -> String {
    canonical(&read(source.as_bytes(), &Scope::new()))
}

#[test]
fn what_does_not_count() {
    let document = r#"<a xmlns="urn:a" x="1" y="2"><b>text</b><c xmlns="urn:c"/></a>"#;
    for same in [
        r#"<a y="2" x="1" xmlns="urn:a"><b>text</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns='urn:a' x='1' y='2'><b>text</b><c xmlns='urn:c'></c></a>"#,
        r#"<p:a xmlns:p="urn:a" x="1" y="2"><p:b>text</p:b><q:c xmlns:q="urn:c"/></p:a>"#,
        "<a xmlns=\"urn:a\" x=\"1\" y=\"2\">\n  <b>text</b>\n  <c xmlns=\"urn:c\"/>\n</a>",
        r#"<a xmlns="urn:a" x="&#49;" y="2"><b>t&#101;xt</b><c xmlns="urn:c"/></a>"#,
    ] {
        assert_eq!(lines(same), lines(document), "{same}");
    }
}

#[test]
fn what_counts() {
    let document = r#"<a xmlns="urn:a" x="1" y="2"><b>text</b><c xmlns="urn:c"/></a>"#;
    for other in [
        // A name, a namespace, of an element and of an attribute.
        r#"<A xmlns="urn:a" x="1" y="2"><b>text</b><c xmlns="urn:c"/></A>"#,
        r#"<a xmlns="urn:b" x="1" y="2"><b>text</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2"><b>text</b><c/></a>"#,
        r#"<a xmlns="urn:a" x="1" z="2"><b>text</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" xmlns:p="urn:a" x="1" p:y="2"><b>text</b><c xmlns="urn:c"/></a>"#,
        // A value, one less, one more.
        r#"<a xmlns="urn:a" x="1" y="3"><b>text</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" x="1"><b>text</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2" z=""><b>text</b><c xmlns="urn:c"/></a>"#,
        // Text: another, white space in it, white space alone, beside elements.
        r#"<a xmlns="urn:a" x="1" y="2"><b>texts</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2"><b> text</b><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2"><b>text</b><c xmlns="urn:c"> </c></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2">...<b>text</b><c xmlns="urn:c"/></a>"#,
        // Children: the order, one less, one more, one level down.
        r#"<a xmlns="urn:a" x="1" y="2"><c xmlns="urn:c"/><b>text</b></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2"><b>text</b></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2"><b>text</b><c xmlns="urn:c"/><c xmlns="urn:c"/></a>"#,
        r#"<a xmlns="urn:a" x="1" y="2"><b>text<c xmlns="urn:c"/></b></a>"#,
    ] {
        assert_ne!(lines(other), lines(document), "{other}");
    }
}

#[test]
fn a_value_does_not_pass_for_markup() {
    assert_ne!(
        lines(r#"<a x="1&quot; {}y=&quot;2"/>"#),
        lines(r#"<a x="1" y="2"/>"#)
    );
    assert_ne!(lines("<a>\n  {}b</a>"), lines("<a><b/></a>"));
}
