//! What is written is read back as the same tree, and bytes never panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use wire_xml::{Element, Limits, Profile, Reader, Scope, Writer};

fn parse(bytes: &[u8]) -> Element {
    Element::parse(bytes, Profile::Xmpp, &Limits::default()).unwrap()
}

#[test]
fn an_element_can_be_a_constant() {
    const PING: Element = Element::from_static("urn:xmpp:ping", "ping");
    assert_eq!(PING, Element::new("urn:xmpp:ping", "ping"));
    assert_eq!(parse(&PING.to_bytes()), PING);
}

#[test]
fn namespaces_are_declared_where_they_change() {
    let mut out = BytesMut::new();
    let mut writer = Writer::new(&mut out);
    writer
        .start_prefixed("stream", "http://etherx.jabber.org/streams", "stream")
        .declare("x", "urn:x")
        .attr_ns(wire_xml::XML_NAMESPACE, "lang", "en")
        .attr_ns("urn:x", "a", "1")
        .attr_ns("urn:y", "a", "2");
    writer.start("jabber:client", "iq");
    writer.start("jabber:client", "a").end();
    writer.start("", "b").end();
    writer
        .start_prefixed("stream", "http://etherx.jabber.org/streams", "c")
        .text("d");
    writer.end().end();
    assert_eq!(writer.depth(), 1);
    let scope = writer.scope();
    writer.end();
    assert_eq!(
        out,
        concat!(
            r#"<stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns:x="urn:x""#,
            r#" xml:lang="en" x:a="1" xmlns:ns2="urn:y" ns2:a="2">"#,
            r#"<iq xmlns="jabber:client"><a/><b xmlns=""/><stream:c>d</stream:c></iq>"#,
            "</stream:stream>"
        )
    );
    assert_eq!(scope.namespace("x"), Some("urn:x"));
    assert_eq!(scope.namespace(""), None);
    parse(&out);
}

#[test]
fn inside_a_scope_nothing_is_declared_twice() {
    let scope = Scope::new()
        .with("", "jabber:client")
        .with("stream", "urn:s");
    let mut out = Vec::new();
    let mut writer = Writer::within(&mut out, &scope);
    writer.start("jabber:client", "message").end();
    writer.start_prefixed("stream", "urn:s", "error").end();
    assert_eq!(out, b"<message/><stream:error/>");
}

#[test]
fn a_stream_header_is_left_open() {
    let mut out = Vec::new();
    Writer::new(&mut out)
        .start("urn:s", "s")
        .attr("to", "a")
        .end();
    assert_eq!(out, br#"<s xmlns="urn:s" to="a"/>"#);
    out.clear();
    let mut writer = Writer::new(&mut out);
    writer.start("urn:s", "s");
    writer.finish_tag();
    assert_eq!(out, br#"<s xmlns="urn:s">"#);
}

#[test]
fn markup_in_text_and_attributes_is_escaped() {
    let element = Element::new("", "a")
        .with_attr("b", "<\"'&\t\r\n>")
        .with_text("]]>\r&<\t\n\"");
    assert_eq!(
        &element.to_bytes()[..],
        b"<a b=\"&lt;&quot;'&amp;&#9;&#13;&#10;&gt;\">]]&gt;&#13;&amp;&lt;\t\n\"</a>"
    );
    assert_eq!(parse(&element.to_bytes()), element);
}

#[test]
fn what_xml_cannot_hold_is_replaced() {
    let element = Element::new("", "a")
        .with_attr("b", "\0")
        .with_text("x\u{1f}\u{fffe}\u{ffee}y");
    let read = parse(&element.to_bytes());
    assert_eq!(read.attr("b"), Some("\u{fffd}"));
    assert_eq!(read.text(), "x\u{fffd}\u{fffd}\u{ffee}y");
}

#[test]
fn elements_are_equal_when_they_mean_the_same() {
    let one = parse(b"<a xmlns='urn:1' b='1' c='2'>x&#121;<d/></a>");
    let two = parse(b"<p:a c=\"2\" b=\"1\" xmlns:p='urn:1'>xy<p:d></p:d></p:a>");
    assert_eq!(one, two);
    assert_ne!(one, parse(b"<a xmlns='urn:1' b='1' c='2'><d/>xy</a>"));
    assert_ne!(one, parse(b"<a xmlns='urn:2' b='1' c='2'>xy<d/></a>"));
}

#[test]
fn what_is_written_stays_in_proportion_to_what_was_read() {
    let ns = format!("urn:{}", "x".repeat(500));
    for element in ["<b><p:c/></b>", "<b p:c=''/>", "<p:c/><d/>"] {
        let input = format!("<a xmlns:p='{ns}'>{}</a>", element.repeat(10_000));
        let tree = parse(input.as_bytes());
        let written = tree.to_bytes();
        assert!(
            written.len() < 2 * input.len(),
            "{element}: {}",
            written.len()
        );
        assert_eq!(parse(&written), tree);
    }
    let few = parse(b"<a xmlns='urn:a'><b xmlns='urn:b'/><b xmlns='urn:b'/></a>");
    assert_eq!(
        few.to_bytes(),
        "<a xmlns=\"urn:a\"><b xmlns=\"urn:b\"/><b xmlns=\"urn:b\"/></a>"
    );
}

fn text() -> impl Strategy<Value = String> {
    "[ -~\\t\\r\\n\u{80}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}\\]>&<'\"]{0,12}"
}

fn ns() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("urn:1".to_owned()),
        Just("urn:2&\"".to_owned())
    ]
}

fn element() -> impl Strategy<Value = Element> {
    let leaf = (ns(), "[a-c_][a-c0-9.-]{0,3}").prop_map(|(ns, local)| Element::new(ns, local));
    leaf.prop_recursive(4, 24, 4, |inner| {
        (
            (ns(), "[a-c]{1,3}"),
            vec((ns(), "[a-c]{1,2}", text()), 0..4),
            vec(prop_oneof![text().prop_map(Err), inner.prop_map(Ok)], 0..5),
        )
            .prop_map(|((ns, local), attributes, nodes)| {
                let mut element = Element::new(ns, local);
                for (ns, local, value) in attributes {
                    element.set_attr(ns, local, value);
                }
                for node in nodes {
                    match node {
                        Ok(child) => element.push_child(child),
                        Err(text) => element.push_text(text),
                    }
                }
                element
            })
    })
}

proptest! {
    #[test]
    fn a_tree_written_is_read_back(element in element()) {
        let bytes = element.to_bytes();
        prop_assert_eq!(&Element::parse(&bytes, Profile::Xmpp, &Limits::default()).unwrap(), &element);
        let soap = Element::parse(&bytes, Profile::Soap, &Limits::default()).unwrap();
        prop_assert_eq!(soap, element);
    }

    #[test]
    fn a_part_means_the_same_out_of_context(element in element()) {
        let scope = Scope::new().with("", "urn:1").with("p", "urn:2&\"");
        let limits = Limits::default();
        let mut inside = Vec::new();
        Writer::within(&mut inside, &scope).element(&element);
        let read = Element::parse_in(&inside, Profile::Xmpp, &limits, &scope).unwrap();
        prop_assert_eq!(&read, &element);
        let mut alone = Vec::new();
        scope.write_standalone(&inside, Profile::Xmpp, &limits, &mut alone).unwrap();
        prop_assert_eq!(parse(&alone), element);
    }

    #[test]
    fn markup_soup_never_panics(input in "[<>/abxmlns:='\" !\\?\\[\\]&;#\\-CDATAé\r\n]{0,80}") {
        for profile in [Profile::Xmpp, Profile::Soap] {
            let limits = Limits::default();
            let _ = Element::parse(input.as_bytes(), profile, &limits);
            let mut reader =
                Reader::fragment(input.as_bytes(), profile, &limits, &Scope::new()).unwrap();
            while let Ok(Some(_)) = reader.next_event() {
                prop_assert!(reader.position() <= input.len());
            }
            if let Ok(mut reader) = Reader::header(input.as_bytes(), profile, &limits) {
                let _ = reader.next_event();
                let _ = reader.skip_element();
            }
        }
    }

    #[test]
    fn damage_at_any_byte_never_panics(element in element(), at in 0_usize..200, byte: u8) {
        let mut bytes = element.to_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = Element::parse(&bytes, Profile::Soap, &Limits::default());
        let _ = Element::parse(&bytes[..at], Profile::Xmpp, &Limits::default());
    }
}
