//! XEP-0124 §6 and the attributes of both XEPs: bytes to value and back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bosh::xml::{ErrorKind, Limits};
use bosh::{Body, BodyCodec, BodyKind, Condition, DecodeError, Rid, Sid, Version};
use bytes::{Bytes, BytesMut};

fn decode(text: &str) -> Result<Body, DecodeError> {
    BodyCodec::default().decode(&Bytes::copy_from_slice(text.as_bytes()))
}

fn wrapper(rest: &str) -> String {
    format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='1'{rest}")
}

fn refused_as(text: &str) -> Option<ErrorKind> {
    match decode(text) {
        Err(DecodeError::Xml(error)) => Some(error.kind),
        _ => None,
    }
}

#[test]
fn bosh_6_01_the_root_is_body_under_any_prefix() {
    let body = decode("<b:body xmlns:b='http://jabber.org/protocol/httpbind' rid='7'/>").unwrap();
    assert_eq!(body.rid, Rid::new(7), "BOSH-6-01");
    for text in [
        "<body rid='7'/>",
        "<body xmlns='urn:x'/>",
        "<bodY xmlns='http://jabber.org/protocol/httpbind'/>",
    ] {
        assert_eq!(decode(text), Err(DecodeError::NotBody), "BOSH-6-01 {text}");
    }
}

#[test]
fn bosh_6_02_to_6_04_only_complete_namespace_well_formed_xml_passes() {
    assert_eq!(
        refused_as(&wrapper("><a>")),
        Some(ErrorKind::UnexpectedEnd),
        "BOSH-6-04"
    );
    assert_eq!(
        refused_as(&wrapper("><a></b></body>")),
        Some(ErrorKind::MismatchedEnd),
        "BOSH-6-02"
    );
    assert_eq!(
        refused_as(&wrapper("><x:a/></body>")),
        Some(ErrorKind::UndeclaredPrefix),
        "BOSH-6-03"
    );
    let twice = format!("{0}{0}", wrapper("/>"));
    assert_eq!(
        refused_as(&twice),
        Some(ErrorKind::OutsideRoot),
        "BOSH-5-05"
    );
}

#[test]
fn bosh_6_05_to_6_08_forbidden_parts_of_xml_are_refused() {
    assert_eq!(
        refused_as(&wrapper("><!-- a --></body>")),
        Some(ErrorKind::Comment),
        "BOSH-6-05"
    );
    assert_eq!(
        refused_as(&wrapper("><?a?></body>")),
        Some(ErrorKind::ProcessingInstruction),
        "BOSH-6-06"
    );
    let dtd = format!("<!DOCTYPE body>{}", wrapper("/>"));
    assert_eq!(refused_as(&dtd), Some(ErrorKind::Dtd), "BOSH-6-07");
    assert_eq!(
        refused_as(&wrapper("><a>&eacute;</a></body>")),
        Some(ErrorKind::Entity),
        "BOSH-6-08"
    );
    let predefined = "<a xmlns='urn:a'>&#233;&#xe9;&lt;&gt;&amp;&apos;&quot;</a>";
    let body = decode(&wrapper(&format!(">{predefined}</body>"))).unwrap();
    assert_eq!(body.payloads[0].bytes(), predefined, "BOSH-6-08");
}

#[test]
fn bosh_6_09_text_inside_the_wrapper_is_refused_white_space_is_not() {
    assert_eq!(
        decode(&wrapper("> \r\n\t</body>")).map(|body| body.payloads.len()),
        Ok(0),
        "J1"
    );
    let text = decode(&wrapper("><a xmlns='urn:a'/>hello</body>"));
    assert!(matches!(text, Err(DecodeError::Text { .. })), "BOSH-6-09");
    let body = decode(&wrapper("><a xmlns='urn:a'>hello</a></body>")).unwrap();
    assert_eq!(
        body.payloads[0].bytes(),
        "<a xmlns='urn:a'>hello</a>",
        "BOSH-6-09"
    );
}

#[test]
fn bosh_6_10_payloads_of_any_namespaces_keep_their_order_and_bytes() {
    let body = decode(&wrapper(
        " xmlns:x='urn:x'> <message xmlns='jabber:client'/><x:a  b = \"1\" /><c xmlns=''/></body>",
    ))
    .unwrap();
    let names: Vec<_> = body
        .payloads
        .iter()
        .map(|payload| payload.name().to_string())
        .collect();
    assert_eq!(
        names,
        ["{jabber:client}message", "{urn:x}a", "c"],
        "BOSH-6-10"
    );
    assert_eq!(body.payloads[1].bytes(), "<x:a  b = \"1\" />", "BOSH-6-10");
    for none in ["/>", "></body>"] {
        let body = decode(&wrapper(none)).unwrap();
        assert!(body.payloads.is_empty(), "BOSH-6-10: nor any at all");
    }
}

#[test]
fn payloads_are_slices_of_the_request() {
    let request = Bytes::from(wrapper("><a xmlns='urn:a'/></body>"));
    let body = BodyCodec::default().decode(&request).unwrap();
    let whole = request.as_ptr().addr()..request.as_ptr().addr() + request.len();
    assert!(whole.contains(&body.payloads[0].bytes().as_ptr().addr()));
}

#[test]
fn xbosh_2_04_inherited_httpbind_means_jabber_client_in_the_whole_subtree() {
    let body = decode(&wrapper(
        "><message to='a'><body>hi</body><x xmlns='urn:x'><y/></x></message></body>",
    ))
    .unwrap();
    let message = &body.payloads[0];
    assert!(message.name().is("jabber:client", "message"), "XBOSH-2-04");
    assert_eq!(
        message.bytes(),
        "<message to='a'><body>hi</body><x xmlns='urn:x'><y/></x></message>"
    );
    let tree = message.to_element(&Limits::default()).unwrap();
    assert_eq!(
        tree.child("jabber:client", "body").unwrap().text(),
        "hi",
        "XBOSH-2-04, J8"
    );
    assert!(
        tree.child("urn:x", "x")
            .unwrap()
            .child("urn:x", "y")
            .is_some(),
        "J8"
    );
    assert_eq!(
        message.to_standalone(),
        "<message xmlns=\"jabber:client\" to='a'><body>hi</body><x xmlns='urn:x'><y/></x></message>"
    );
}

#[test]
fn a_payload_that_says_httpbind_itself_is_left_alone() {
    let body = decode(&wrapper(
        "><message xmlns='http://jabber.org/protocol/httpbind'/></body>",
    ));
    let name = body.unwrap().payloads[0].name().clone();
    assert!(
        name.is("http://jabber.org/protocol/httpbind", "message"),
        "J8"
    );
}

#[test]
fn a_standalone_payload_takes_along_the_prefixes_it_uses() {
    let body = decode(
        "<b:body xmlns:b='http://jabber.org/protocol/httpbind' xmlns:stream='http://etherx.jabber.org/streams' xmlns:u='urn:u' rid='1'><stream:features><a xmlns='urn:a'/></stream:features></b:body>",
    )
    .unwrap();
    assert_eq!(
        body.payloads[0].to_standalone(),
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\"><a xmlns='urn:a'/></stream:features>"
    );
}

#[test]
fn every_attribute_is_read() {
    let body = decode(concat!(
        "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmlns:o='urn:o' ",
        "rid='1573741820' sid='SomeSID' ack='1' type='terminate' condition='host-gone' to='a' from='b' ",
        "route='xmpp:jabber.org:9999' xml:lang='en' ver='1.6' wait='60' hold='1' requests='2' polling='5' ",
        "inactivity='30' maxpause='120' pause='60' content='text/html; charset=utf-8' accept='deflate,gzip' ",
        "charsets='ISO_8859-1 ISO-2022-JP' key='k' newkey='n' report='1573741820' time='852' stream='s' ",
        "authid='ServerStreamID' secure='true' xmpp:version='1.0' xmpp:restart='1' xmpp:restartlogic='true' ",
        "window='5' o:a='b'/>"
    ))
    .unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        (body.rid, body.sid),
        (Rid::new(1_573_741_820), Some(Sid::new("SomeSID")))
    );
    assert_eq!(
        (body.ack, body.report),
        (Rid::new(1), Rid::new(1_573_741_820))
    );
    assert_eq!(
        (body.kind, body.condition),
        (BodyKind::Terminate, Some(Condition::HostGone))
    );
    assert_eq!((body.to, body.from), (text("a"), text("b")));
    assert_eq!(body.route, text("xmpp:jabber.org:9999"));
    assert_eq!(
        (body.lang, body.ver),
        (text("en"), Some(Version::new(1, 6)))
    );
    assert_eq!(
        (body.wait, body.hold, body.requests),
        (Some(60), Some(1), Some(2))
    );
    assert_eq!((body.polling, body.inactivity), (Some(5), Some(30)));
    assert_eq!((body.maxpause, body.pause), (Some(120), Some(60)));
    assert_eq!(body.content, text("text/html; charset=utf-8"));
    assert_eq!(
        (body.accept, body.charsets),
        (text("deflate,gzip"), text("ISO_8859-1 ISO-2022-JP"))
    );
    assert_eq!((body.key, body.newkey), (text("k"), text("n")));
    assert_eq!((body.time, body.stream), (Some(852), text("s")));
    assert_eq!(
        (body.authid, body.secure),
        (text("ServerStreamID"), Some(true)),
        "OLD-1"
    );
    assert_eq!(body.xmpp_version, Some(Version::new(1, 0)));
    assert_eq!((body.restart, body.restartlogic), (true, Some(true)));
    let other: Vec<_> = body
        .other
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(other, ["window=5", "{urn:o}a=b"], "OLD-2");
}

#[test]
fn bosh_7_1_14_the_route_is_no_uri() {
    // Not one of these could be read as a URI, and each comes back as it was.
    for route in ["xmpp:a b:1", "://", "xmpp:[::1:5222", "a%zz"] {
        let body = decode(&wrapper(&format!(" route='{route}'/>"))).unwrap();
        assert_eq!(body.route.as_deref(), Some(route), "BOSH-7.1-14");
        let written = format!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" rid=\"1\" route=\"{route}\"/>"
        );
        assert_eq!(body.to_bytes(), written, "BOSH-7.1-14");
    }
}

#[test]
fn xbosh_4_03_booleans_have_two_spellings() {
    for (text, value) in [("true", true), ("1", true), ("false", false), ("0", false)] {
        let body = decode(&wrapper(&format!(
            " xmlns:x='urn:xmpp:xbosh' x:restart='{text}' x:restartlogic='{text}'/>"
        )))
        .unwrap();
        assert_eq!(
            (body.restart, body.restartlogic),
            (value, Some(value)),
            "XBOSH-4-03 {text}"
        );
    }
}

#[test]
fn bosh_7_1_06_versions_are_two_integers() {
    let version = |text| Version::parse(text);
    assert!(version("1.10") > version("1.6"), "BOSH-7.1-06");
    for text in [
        "1",
        "1.",
        ".1",
        "1.a",
        "-1.0",
        "1.6.1",
        "+1.6",
        "4294967296.0",
    ] {
        assert_eq!(version(text), None, "BOSH-7.1-06 {text}");
    }
}

#[test]
fn numbers_that_are_none_are_bad_requests() {
    for (attribute, name) in [
        (" wait='-1'", "wait"),
        (" hold='1.0'", "hold"),
        (" pause=''", "pause"),
        (" ack='0'", "ack"),
        (" ver='1'", "ver"),
        (" time='x'", "time"),
    ] {
        let error = decode(&wrapper(&format!("{attribute}/>"))).unwrap_err();
        assert_eq!(error, DecodeError::Attribute { name });
        assert_eq!(error.condition(), Condition::BadRequest, "BOSH-17.2-03");
    }
    let body = decode(&wrapper(" wait='99999999999999999999'/>")).unwrap();
    assert_eq!(body.wait, Some(u32::MAX));
}

#[test]
fn bosh_7_1_19_a_content_type_cannot_break_an_http_header() {
    for content in [
        "a&#13;&#10;Set-Cookie: b",
        "a&#127;",
        "",
        " ",
        "text/\u{e9}",
    ] {
        let error = decode(&wrapper(&format!(" content='{content}'/>"))).unwrap_err();
        assert_eq!(
            error,
            DecodeError::Attribute { name: "content" },
            "BOSH-7.1-19 {content:?}"
        );
    }
    assert!(decode(&wrapper(&format!(" content='{}'/>", "x".repeat(129)))).is_err());
}

#[test]
fn bosh_17_2_16_unknown_conditions_and_old_types_are_understood() {
    let body = decode(&wrapper(" type='terminate' condition='new-one'/>")).unwrap();
    assert_eq!(
        body.condition,
        Some(Condition::UndefinedCondition),
        "BOSH-17.2-16"
    );
    assert_eq!(
        decode(&wrapper(" type='terminal'/>")).unwrap().kind,
        BodyKind::Terminate,
        "OLD-5"
    );
    assert_eq!(
        decode(&wrapper(" type='other'/>")).unwrap().kind,
        BodyKind::Normal
    );
}

#[test]
fn bosh_17_2_13_the_other_uri_is_read_and_written() {
    let text = "<body xmlns=\"http://jabber.org/protocol/httpbind\" type=\"terminate\" condition=\"see-other-uri\"><uri>https://b.example/x?a&amp;b</uri></body>";
    let body = decode(text).unwrap();
    assert_eq!(
        body.uri.as_deref(),
        Some("https://b.example/x?a&b"),
        "BOSH-17.2-13"
    );
    assert!(body.payloads.is_empty());
    assert_eq!(body.to_bytes(), text, "BOSH-17.2-13");
}

#[test]
fn xbosh_2_02_the_wrapper_declares_the_stream_prefix_of_features() {
    let mut body = Body::terminate(None);
    body.xmpp_version = Some(Version::new(1, 0));
    let features = Bytes::from_static(b"<stream:features/>");
    let mut out = BytesMut::new();
    body.encode([&features], &mut out);
    assert_eq!(
        out,
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:xmpp=\"urn:xmpp:xbosh\" ",
            "xmlns:stream=\"http://etherx.jabber.org/streams\" type=\"terminate\" xmpp:version=\"1.0\">",
            "<stream:features/></body>"
        ),
        "XBOSH-2-02"
    );
}

#[test]
fn what_is_written_is_read_back() {
    let rid = Rid::new(42).unwrap();
    let mut body = Body::request(rid, Some(Sid::new("s")));
    body.to = Some("<&\"'>\r\n".to_owned());
    body.lang = Some("en".to_owned());
    body.ver = Some(Version::new(1, 11));
    body.wait = Some(60);
    body.restart = true;
    assert_eq!(BodyCodec::default().decode(&body.to_bytes()), Ok(body));
}

#[test]
fn limits_hold() {
    let codec = BodyCodec::new(Limits::default().with_document(200)).with_max_payloads(2);
    let decode = |text: String| codec.decode(&Bytes::from(text));
    assert!(decode(wrapper("><a xmlns=''/><b xmlns=''/></body>")).is_ok());
    let error = decode(wrapper("><a xmlns=''/><b xmlns=''/><c xmlns=''/></body>")).unwrap_err();
    assert_eq!(error, DecodeError::TooManyPayloads { max: 2 });
    assert!(
        decode(wrapper(&format!(
            "><a xmlns=''>{}</a></body>",
            "x".repeat(200)
        )))
        .is_err()
    );
}

#[test]
fn a_wrapper_cut_at_any_byte_is_refused() {
    let text = wrapper("><message xmlns='jabber:client'><body>&lt;é</body></message></body>");
    for end in 0..text.len() {
        let cut = Bytes::copy_from_slice(&text.as_bytes()[..end]);
        assert!(BodyCodec::default().decode(&cut).is_err(), "cut at {end}");
    }
}
