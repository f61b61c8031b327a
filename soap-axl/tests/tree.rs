//! Answers of any operation as trees over the bytes that came.

#![allow(clippy::unwrap_used, reason = "helpers of a test may do as tests do")]

mod common;

use common::{envelope11, golden};
use proptest::prelude::*;
use soap_axl::{
    Body, DecodeErrorKind, EnvelopeCodec, ResponseHead, Tree, TreeContent,
    axl::{AxlCallError, AxlCode, Client, ClientConfig, Dynamic, Presence, Version},
    xml::{Element, Limits, Name},
};

fn tree(message: &str) -> Tree {
    match EnvelopeCodec::default().decode_tree(message).unwrap().body {
        Body::Entry(tree) => tree,
        Body::Empty | Body::Fault(_) => panic!("no entry"),
    }
}

fn answer(operation: &str, status: u16, body: &[u8]) -> Result<Tree, AxlCallError> {
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let call = client.call_dynamic(&Dynamic::new(operation));
    let head = ResponseHead::new(status).header("Content-Type", b"text/xml");
    let mut reply = call.pending.receive(head)?;
    reply.handle_body(body)?;
    reply.finish_tree()
}

#[test]
fn an_answer_is_looked_up_by_paths_of_local_names() {
    let tree = answer("getPhone", 200, golden("getPhone.response.xml").as_bytes()).unwrap();
    let root = tree.root();
    assert!(root.is("http://www.cisco.com/AXL/API/14.0", "getPhoneResponse"));
    let phone = root.path("return/phone").unwrap();
    assert_eq!(
        phone.attr("uuid"),
        Some("{0D5C1A3B-7E1F-4A55-9C3E-2F6B8A0D1E42}")
    );
    assert_eq!(phone.child("name").unwrap().text(), "SEP001122334455");
    assert_eq!(
        phone.path("lines/line/dirn/pattern").unwrap().text(),
        "1001001"
    );
    assert!(phone.path("lines/line/none").is_none());
    assert_eq!(
        phone.path("").unwrap().children().count(),
        phone.children().count()
    );
}

#[test]
fn absent_nil_empty_and_a_value_are_four() {
    let tree = answer("getPhone", 200, golden("getPhone.response.xml").as_bytes()).unwrap();
    let phone = tree.root().path("return/phone").unwrap();
    assert_eq!(phone.presence("primaryPhoneName"), Presence::Nil);
    assert_eq!(phone.presence("model"), Presence::Absent);
    assert_eq!(phone.presence("description"), Presence::Value("".into()));
    assert_eq!(
        phone.presence("product"),
        Presence::Value("Cisco 8841".into())
    );
}

#[test]
fn text_that_needs_no_unescaping_is_not_copied() {
    let tree = tree(&envelope11(
        "<e:Body><a><b c='plain' d='1&lt;2'>plain</b><b>1 &lt; 2</b><b>x<!-- --><![CDATA[&]]></b>\
         </a></e:Body>",
    ));
    let message = tree.source();
    let is_inside = |text: &str| {
        let start = text.as_ptr().addr().wrapping_sub(message.as_ptr().addr());
        start < message.len()
    };
    let nodes: Vec<_> = tree.root().children().collect();
    let texts: Vec<_> = nodes.iter().map(|node| node.text()).collect();
    assert_eq!(texts, ["plain", "1 < 2", "x&"]);
    assert!(is_inside(&texts[0]) && !is_inside(&texts[1]));
    assert!(is_inside(nodes[0].attr("c").unwrap()) && is_inside(nodes[0].local()));
    assert_eq!(nodes[0].attr("d"), Some("1<2"));
}

#[test]
fn mixed_content_and_namespaces_are_kept() {
    let tree = tree(&envelope11(
        "<e:Body><a xmlns='urn:a' xmlns:x='urn:x'>1<x:b x:k='v' k='w'/>2<b xmlns=''><b/></b></a></e:Body>",
    ));
    let root = tree.root();
    let contents: Vec<_> = root
        .contents()
        .map(|content| match content {
            TreeContent::Element(node) => node.name().to_string(),
            TreeContent::Text(text) => text.to_owned(),
        })
        .collect();
    assert_eq!(contents, ["1", "{urn:x}b", "2", "b"]);
    assert_eq!(root.text(), "12");
    let b = root.child("b").unwrap();
    assert_eq!(
        (b.attr("k"), b.attr_ns("urn:x", "k")),
        (Some("w"), Some("v"))
    );
    assert_eq!(root.children_named("b").count(), 2);
    assert_eq!(tree.elements().count(), 4);
}

#[test]
fn a_type_is_resolved_where_it_stands() {
    let tree = tree(&envelope11(
        "<e:Body xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><a>\
         <f i:type=' t:long ' xmlns:t='urn:t'/><g i:type='t:long'/><h i:nil=' 1 '/></a></e:Body>",
    ));
    let root = tree.root();
    let kind = |local: &str| root.child(local).unwrap().xsi_type();
    assert_eq!(kind("f"), Some(Name::new("urn:t", "long")));
    assert_eq!(kind("g"), None);
    assert!(root.child("h").unwrap().is_nil() && !root.child("g").unwrap().is_nil());
}

#[test]
fn faults_and_answers_to_others_are_errors() {
    let error = answer("getPhone", 500, golden("fault.5007.xml").as_bytes()).unwrap_err();
    assert!(
        matches!(&error, AxlCallError::Operation { error, .. } if error.code == AxlCode::NOT_FOUND),
        "{error:?}"
    );
    let other = answer("getLine", 200, golden("getPhone.response.xml").as_bytes());
    assert!(matches!(other, Err(AxlCallError::Call(_))), "{other:?}");
}

#[test]
fn utf_16_is_read_into_a_tree() {
    let message = golden("getPhone.response.xml").replace("UTF-8", "UTF-16");
    let wide: Vec<u8> = core::iter::once(0xfeff)
        .chain(message.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let tree = answer("getPhone", 200, &wide).unwrap();
    let phone = tree.root().path("return/phone").unwrap();
    assert_eq!(phone.child("name").unwrap().text(), "SEP001122334455");
}

#[test]
fn elements_of_a_tree_are_bounded() {
    let message = envelope11(&format!("<e:Body><a>{}</a></e:Body>", "<b/>".repeat(100)));
    let codec = EnvelopeCodec::default().with_max_elements(50);
    let error = codec.decode_tree(message.as_str()).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooManyElements(50));
    let codec = EnvelopeCodec::default().with_limits(Limits::default().with_depth(3));
    assert!(
        codec
            .decode_tree(envelope11("<e:Body><a><b/></a></e:Body>"))
            .is_err()
    );
}

/// Any element, so deep and so wide.
fn element() -> impl Strategy<Value = Element> {
    let text = prop_oneof!["[ -~]{0,12}", "[<>&\"'\\]\t\r\n\u{e4}]{0,6}"];
    let leaf = ("[a-c]", text.clone(), text).prop_map(|(name, value, text)| {
        Element::new("", name).with_attr("k", value).with_text(text)
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        (
            "[a-c]",
            "(|urn:x|urn:y)",
            prop::collection::vec((inner, "[ -~]{0,3}"), 0..4),
        )
            .prop_map(|(name, ns, children)| {
                children.into_iter().fold(
                    Element::new(ns.clone(), name).with_attr_ns("urn:z", "k", ns),
                    |element, (child, text)| element.with_child(child).with_text(text),
                )
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_tree_has_what_an_element_has(element in element()) {
        let message = soap_axl::encode(soap_axl::SoapVersion::V11, &[], |encoder| {
            encoder.element(&element);
        });
        let Body::Entry(tree) = EnvelopeCodec::default().decode_tree(message).unwrap().body else {
            panic!("no entry");
        };
        prop_assert_eq!(tree.root().to_element(), element);
    }
}
