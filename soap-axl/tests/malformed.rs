//! What a hostile peer sends: nothing panics, nothing grows without bound, secrets stay inside.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;

use std::fmt::Write as _;

use common::{answer, axl_head, envelope11, golden, serve, text};
use soap_axl::{
    Credentials, DecodeErrorKind, EnvelopeCodec, Fault,
    axl::{AxlError, GetPhone, GetUser, Request},
    xml::{ErrorKind, Limits},
};

const MESSAGES: &[&str] = &[
    "doAuthenticateUser.request.xml",
    "doAuthenticateUser.response.xml",
    "executeSQLQuery.response.xml",
    "fault.5007.xml",
    "fault.release7.xml",
    "fault.soap12.xml",
    "getPhone.response.xml",
    "listPhone.empty.xml",
    "listPhone.request.xml",
];

fn kind(message: &str) -> DecodeErrorKind {
    EnvelopeCodec::default()
        .decode_element(message.as_bytes())
        .unwrap_err()
        .kind
}

#[test]
fn a_message_cut_at_any_byte_is_an_error() {
    for name in MESSAGES {
        let message = golden(name);
        for end in 0..message.len() {
            let cut = &message.as_bytes()[..end];
            assert!(
                EnvelopeCodec::default().decode_element(cut).is_err(),
                "{name} at {end}"
            );
        }
        assert!(
            EnvelopeCodec::default()
                .decode_element(message.as_bytes())
                .is_ok(),
            "{name}"
        );
    }
}

#[test]
fn a_request_or_answer_cut_at_any_byte_is_refused_at_both_ends() {
    let request = golden("doAuthenticateUser.request.xml");
    let response = golden("getPhone.response.xml");
    for end in 0..request.len() {
        let Some(cut) = request.get(..end) else {
            continue;
        };
        let refused = serve(axl_head(""), cut).unwrap_err();
        assert!(
            matches!(refused.status, 400 | 500),
            "{end}: {}",
            refused.status
        );
    }
    for end in 0..response.len() {
        let Some(cut) = response.get(..end) else {
            continue;
        };
        assert!(
            answer(&GetPhone::by_name("x"), 200, "text/xml", cut).is_err(),
            "{end}"
        );
    }
}

#[test]
fn a_message_with_any_byte_changed_does_not_panic() {
    for name in MESSAGES {
        // The HTTP halves take the declaration off with the charset.
        let message = golden(name);
        let (_, message) = message.split_once("?>").unwrap();
        let message = message.as_bytes().to_vec();
        for at in 0..message.len() {
            for byte in [b'<', b'&', b'"', b'x'] {
                let mut changed = message.clone();
                changed[at] = byte;
                // Whatever comes out is a value; the typed ends see the same bytes.
                let tree = EnvelopeCodec::default().decode_element(&changed);
                if let Ok(changed) = std::str::from_utf8(&changed) {
                    let served = serve(axl_head(""), changed);
                    assert!(tree.is_ok() || served.is_err(), "{name} at {at}");
                }
            }
        }
    }
}

#[test]
fn entities_are_never_expanded() {
    let laughs = "<!DOCTYPE a [<!ENTITY a '&b;&b;'><!ENTITY b '&a;'>]>";
    let message = format!("{laughs}{}", envelope11("<e:Body>&a;</e:Body>"));
    assert_eq!(kind(&message), DecodeErrorKind::Xml(ErrorKind::Dtd));
    let external = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>";
    let message = format!("{external}{}", envelope11("<e:Body/>"));
    assert_eq!(kind(&message), DecodeErrorKind::Xml(ErrorKind::Dtd));
    let unknown = envelope11("<e:Body><a>&nbsp;</a></e:Body>");
    assert_eq!(kind(&unknown), DecodeErrorKind::Xml(ErrorKind::Entity));
    for wrong in ["&#0;", "&#xD800;", "&#xFFFE;", "&#x110000;"] {
        let message = envelope11(&format!("<e:Body><a>{wrong}</a></e:Body>"));
        assert_eq!(
            kind(&message),
            DecodeErrorKind::Xml(ErrorKind::CharacterReference),
            "{wrong}"
        );
    }
}

#[test]
fn depth_is_bounded_in_trees_masks_and_header_blocks() {
    let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    let tree = envelope11(&format!("<e:Body>{}</e:Body>", deep(100_000)));
    assert_eq!(kind(&tree), DecodeErrorKind::Xml(ErrorKind::Limit("depth")));
    let header = format!(
        "<e:Header><x:h xmlns:x='urn:x'>{}</x:h></e:Header><e:Body/>",
        deep(100)
    );
    assert_eq!(
        kind(&envelope11(&header)),
        DecodeErrorKind::Xml(ErrorKind::Limit("depth"))
    );
    let mask = envelope11(&format!(
        "<e:Body><ns:listUser xmlns:ns='http://www.cisco.com/AXL/API/14.0'><searchCriteria/>\
         <returnedTags>{}</returnedTags></ns:listUser></e:Body>",
        deep(50)
    ));
    let received = serve(axl_head(""), &mask).unwrap();
    assert!(matches!(received.request(), Request::ListUser(_)));
    assert!(serve(axl_head(""), &mask.replace(&deep(50), &deep(100))).is_err());
}

#[test]
fn a_million_attributes_or_declarations_are_refused_early() {
    let mut attributes = String::new();
    for number in 0..100_000 {
        let _ = write!(attributes, " a{number}=''");
    }
    let message = envelope11(&format!("<e:Body><a{attributes}/></e:Body>"));
    assert_eq!(
        kind(&message),
        DecodeErrorKind::Xml(ErrorKind::Limit("attributes"))
    );
    let declarations = attributes
        .replace(" a", " xmlns:a")
        .replace("=''", "='urn:x'");
    let message = envelope11(&format!("<e:Body><a{declarations}/></e:Body>"));
    assert_eq!(
        kind(&message),
        DecodeErrorKind::Xml(ErrorKind::Limit("namespaces"))
    );
    let twice = envelope11("<e:Body><a xmlns:x='urn:x' xmlns:y='urn:x' x:b='' y:b=''/></e:Body>");
    assert_eq!(
        kind(&twice),
        DecodeErrorKind::Xml(ErrorKind::DuplicateAttribute)
    );
    let unbound = envelope11("<e:Body><x:a/></e:Body>");
    assert_eq!(
        kind(&unbound),
        DecodeErrorKind::Xml(ErrorKind::UndeclaredPrefix)
    );
}

#[test]
fn a_tree_is_as_hard_to_break_as_any_answer() {
    let codec = EnvelopeCodec::default();
    let kind = |message: String| codec.decode_tree(message).unwrap_err().kind;
    let limit = |name| DecodeErrorKind::Xml(ErrorKind::Limit(name));
    let mut attributes = String::new();
    for number in 0..1_000_000 {
        let _ = write!(attributes, " a{number}=''");
    }
    let many = envelope11(&format!("<e:Body><a{attributes}/></e:Body>"));
    assert_eq!(kind(many), limit("attributes"));
    let deep = "<a>".repeat(100_000);
    assert_eq!(
        kind(envelope11(&format!("<e:Body>{deep}</e:Body>"))),
        limit("depth")
    );
    let wide = "<a/>".repeat(2_100_000);
    assert_eq!(
        kind(envelope11(&format!("<e:Body><a>{wide}</a></e:Body>"))),
        DecodeErrorKind::TooManyElements(2_000_000)
    );
    let long = "x".repeat(17 * 1024 * 1024);
    assert_eq!(
        kind(envelope11(&format!("<e:Body><a>{long}</a></e:Body>"))),
        limit("document")
    );
    let two = kind(envelope11("<e:Body><a/></e:Body><e:Body><a/></e:Body>"));
    assert!(matches!(two, DecodeErrorKind::Misplaced { .. }), "{two:?}");
    for name in MESSAGES {
        let message = golden(name);
        for end in 0..message.len() {
            let cut = &message.as_bytes()[..end];
            assert!(codec.decode_tree(cut).is_err(), "{name} at {end}");
        }
    }
}

#[test]
fn namespaces_of_a_tree_take_linear_time() {
    let mut elements = String::new();
    for number in 0..100_000 {
        let _ = write!(elements, "<a xmlns='u{number}'/>");
    }
    let message = envelope11(&format!("<e:Body><a>{elements}</a></e:Body>"));
    let envelope = EnvelopeCodec::default().decode_tree(message).unwrap();
    let soap_axl::Body::Entry(tree) = envelope.body else {
        panic!("no entry");
    };
    let last = tree.root().children().last().unwrap();
    assert_eq!(last.ns(), "u99999");
}

#[test]
fn giant_text_is_bounded_by_the_message() {
    let codec = EnvelopeCodec::default().with_limits(Limits::default().with_text(1000));
    let message = envelope11(&format!("<e:Body><a>{}</a></e:Body>", "x".repeat(1001)));
    let error = codec.decode_element(message.as_bytes()).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::Xml(ErrorKind::Limit("text")));
}

#[test]
fn long_runs_of_what_counts_for_little_take_linear_time() {
    // Quadratic work on this would take minutes.
    for unit in [
        "&amp;",
        "<b/>",
        "<!-- -->",
        "<![CDATA[x]]>",
        " ",
        "<b></b>x",
    ] {
        let body = unit.repeat(400_000 / unit.len());
        let message = envelope11(&format!("<e:Body><a>{body}</a></e:Body>"));
        assert!(
            EnvelopeCodec::default()
                .decode_element(message.as_bytes())
                .is_ok(),
            "{unit}"
        );
    }
}

#[test]
fn wrong_namespaces_are_no_operation() {
    let operation = |namespace: &str| {
        envelope11(&format!(
            "<e:Body><getUser xmlns='{namespace}'><userid>1</userid></getUser></e:Body>"
        ))
    };
    for namespace in ["", "urn:x", "http://www.cisco.com/AXL/14.0"] {
        let refused = serve(axl_head(""), &operation(namespace)).unwrap_err();
        assert_eq!(refused.status, 500, "{namespace}");
    }
    // A default namespace makes the children qualified; they are taken by their local names.
    assert!(
        serve(
            axl_head(""),
            &operation("http://www.cisco.com/AXL/API/14.0")
        )
        .is_ok()
    );
}

#[test]
fn a_secret_of_the_peer_is_in_no_error() {
    let request = golden("doAuthenticateUser.request.xml").replace("a&lt;b&amp;c", "hunter2");
    for end in (0..request.len()).filter(|end| request.is_char_boundary(*end)) {
        let refused = serve(axl_head(""), &request[..end]).unwrap_err();
        assert!(
            !format!("{refused:?}{}", text(&refused)).contains("hunter2"),
            "{end}"
        );
    }
    let error = Credentials::from_header(b"Basic hunter2:!").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn what_a_server_says_of_an_error_cannot_break_its_markup() {
    let error = AxlError::not_found("</axlmessage><axlcode>0</axlcode>&#0;\u{1}]]>");
    let fault = Fault::from(&error);
    let bytes = EnvelopeCodec::default().encode_fault(soap_axl::SoapVersion::V11, &fault);
    let read = answer(
        &GetUser::by_userid("1"),
        500,
        "text/xml",
        &String::from_utf8_lossy(&bytes),
    );
    let soap_axl::axl::AxlCallError::Operation { error: read, .. } = read.unwrap_err() else {
        panic!("no operation error");
    };
    assert_eq!(read.code, error.code);
    assert_eq!(read.message, error.message.replace('\u{1}', "\u{fffd}"));
}
