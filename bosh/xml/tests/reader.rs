//! What the reader accepts, what it refuses, and what it says about places.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use wire_xml::{Element, Error, ErrorKind, Event, Limits, Profile, Reader, Scope};

fn refused_with(input: &str, profile: Profile, limits: &Limits) -> Option<ErrorKind> {
    Element::parse(input.as_bytes(), profile, limits)
        .err()
        .map(|error: Error| error.kind)
}

fn refused(input: &str) -> Option<ErrorKind> {
    refused_with(input, Profile::Xmpp, &Limits::default())
}

fn parse(input: &str) -> Element {
    Element::parse(input.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap()
}

#[test]
fn names_are_resolved_through_nested_declarations() {
    let tree = parse(
        r#"<a xmlns="urn:1" xmlns:p="urn:2" p:x="1" x="2"><p:b xmlns:p="urn:3" p:x="3"/><c xmlns=""/><p:d/></a>"#,
    );
    assert!(tree.is("urn:1", "a"));
    assert_eq!(tree.attr_ns("urn:2", "x"), Some("1"));
    assert_eq!(
        tree.attr("x"),
        Some("2"),
        "an attribute without prefix has no namespace"
    );
    let names: Vec<_> = tree
        .children()
        .map(|child| child.name().to_string())
        .collect();
    assert_eq!(names, ["{urn:3}b", "c", "{urn:2}d"]);
    assert_eq!(
        tree.child("urn:3", "b").unwrap().attr_ns("urn:3", "x"),
        Some("3")
    );
}

#[test]
fn the_prefix_xml_needs_no_declaration() {
    let tree = parse("<a xml:lang='en'/>");
    assert_eq!(tree.attr_ns(wire_xml::XML_NAMESPACE, "lang"), Some("en"));
}

#[test]
fn text_is_one_run_whatever_it_is_made_of() {
    let tree = parse("<a>1 &lt; 2 &#x26; <![CDATA[<3>]]> ]] &gt;\r\nx\ry&#13;</a>");
    assert_eq!(tree.text(), "1 < 2 & <3> ]] >\nx\ny\r");
    assert_eq!(tree.nodes().len(), 1);
}

#[test]
fn white_space_in_attributes_becomes_spaces_unless_it_was_referenced() {
    let tree = parse("<a b='1\t2\r\n3&#10;4&apos;'/>");
    assert_eq!(tree.attr("b"), Some("1 2 3\n4'"));
}

#[test]
fn xmpp_refuses_what_rfc_6120_11_1_lists() {
    assert_eq!(refused("<!DOCTYPE a><a/>"), Some(ErrorKind::Dtd));
    assert_eq!(
        refused("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        Some(ErrorKind::Dtd)
    );
    assert_eq!(refused("<a><!-- b --></a>"), Some(ErrorKind::Comment));
    assert_eq!(
        refused("<a><?b c?></a>"),
        Some(ErrorKind::ProcessingInstruction)
    );
    assert_eq!(refused("<a>&nbsp;</a>"), Some(ErrorKind::Entity));
    assert_eq!(refused("<a b='&c;'/>"), Some(ErrorKind::Entity));
    assert_eq!(
        refused("<?xml version='1.0' encoding='latin-1'?><a/>"),
        Some(ErrorKind::Declaration)
    );
    assert_eq!(refused("\u{feff}<a/>"), Some(ErrorKind::ByteOrderMark));
    assert_eq!(
        refused("<?xml version='1.0' encoding='UTF-8'?>\n<a/>"),
        None
    );
}

#[test]
fn soap_skips_comments_and_refuses_the_rest() {
    let limits = Limits::default();
    let tree = Element::parse(
        b"<!-- x --><a>1<!-- - -->2</a><!---->",
        Profile::Soap,
        &limits,
    )
    .unwrap();
    assert_eq!(
        tree.text(),
        "12",
        "SOAP 1.1 section 3: comments do not split text"
    );
    let refused = |input| refused_with(input, Profile::Soap, &limits);
    assert_eq!(refused("<a><!-- -- --></a>"), Some(ErrorKind::Syntax));
    assert_eq!(refused("<a><!-- b ---></a>"), Some(ErrorKind::Syntax));
    assert_eq!(refused("<a><!--></a>"), Some(ErrorKind::Syntax));
    assert_eq!(refused("<a><!---></a>"), Some(ErrorKind::Syntax));
    assert_eq!(refused("<a><!-- b</a>"), Some(ErrorKind::Syntax));
    assert_eq!(refused("<a><!----></a>"), None);
    assert_eq!(refused("<!DOCTYPE a><a/>"), Some(ErrorKind::Dtd));
    assert_eq!(
        refused("<a><?b?></a>"),
        Some(ErrorKind::ProcessingInstruction)
    );
    assert_eq!(refused("<?xml version='1.0' encoding='UTF-16'?><a/>"), None);
}

#[test]
fn a_byte_order_mark_inside_is_text() {
    let (limits, scope) = (Limits::default(), Scope::new());
    let input = "<a/>\u{feff}<a/>\u{feff}&lt;\u{feff}";
    let mut reader = Reader::fragment(input.as_bytes(), Profile::Xmpp, &limits, &scope).unwrap();
    let mut texts = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        if let Event::Text(text) = event {
            texts.push(text.into_owned());
        }
    }
    assert_eq!(texts, ["\u{feff}", "\u{feff}<\u{feff}"]);
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for input in [
        "<a b='1'c='2'/>",
        "<a b=1/>",
        "<a b/>",
        "<a b='<'/>",
        "<a b='1/>",
        "<a b = />",
        "<a>]]></a>",
        "<a b='&lt'/>",
        "<a",
        "<a><",
        "<a>&lt</a>",
        "<a>&</a>",
        "<a/ >",
        "<a =''/>",
    ] {
        let kind = refused(input);
        assert!(
            matches!(kind, Some(ErrorKind::Syntax | ErrorKind::Name)),
            "{input}: {kind:?}"
        );
    }
    for (input, kind) in [
        ("", ErrorKind::UnexpectedEnd),
        ("<a>", ErrorKind::UnexpectedEnd),
        ("<a></b>", ErrorKind::MismatchedEnd),
        ("</a>", ErrorKind::MismatchedEnd),
        ("<a></a></a>", ErrorKind::MismatchedEnd),
        ("<a/><b/>", ErrorKind::OutsideRoot),
        ("<a/>x", ErrorKind::OutsideRoot),
        ("x<a/>", ErrorKind::OutsideRoot),
        ("<a/>&#32;", ErrorKind::OutsideRoot),
        (
            "<a/><?xml version='1.0'?>",
            ErrorKind::ProcessingInstruction,
        ),
        (
            " <?xml version='1.0'?><a/>",
            ErrorKind::ProcessingInstruction,
        ),
        ("<?xml version='2.0'?><a/>", ErrorKind::Declaration),
        ("<?xml encoding='UTF-8'?><a/>", ErrorKind::Declaration),
        ("<a>\u{1}</a>", ErrorKind::Character),
        ("<a>\u{ffff}</a>", ErrorKind::Character),
        ("<a>&#0;</a>", ErrorKind::CharacterReference),
        ("<a>&#xD800;</a>", ErrorKind::CharacterReference),
        ("<a>&#x110000;</a>", ErrorKind::CharacterReference),
        ("<a>&#+9;</a>", ErrorKind::CharacterReference),
        ("<a>&#;</a>", ErrorKind::CharacterReference),
        ("<a>&#x;</a>", ErrorKind::CharacterReference),
        ("<1/>", ErrorKind::Name),
        ("<:a/>", ErrorKind::Name),
        ("<a:/>", ErrorKind::Name),
        ("<a:b:c xmlns:a='urn:a'/>", ErrorKind::Name),
        ("<a 1='b'/>", ErrorKind::Name),
    ] {
        assert_eq!(refused(input), Some(kind), "{input}");
    }
    let limits = Limits::default();
    let error = Element::parse(b"<a>\xff</a>", Profile::Xmpp, &limits).unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::NotUtf8, 3));
}

#[test]
fn namespace_faults_are_refused() {
    for (input, kind) in [
        ("<p:a/>", ErrorKind::UndeclaredPrefix),
        ("<a p:b=''/>", ErrorKind::UndeclaredPrefix),
        (
            "<a><b xmlns:p='urn:p'/><p:c/></a>",
            ErrorKind::UndeclaredPrefix,
        ),
        ("<a b='' b=''/>", ErrorKind::DuplicateAttribute),
        (
            "<a xmlns='urn:1' xmlns='urn:1'/>",
            ErrorKind::DuplicateAttribute,
        ),
        (
            "<a xmlns:p='urn:1' xmlns:q='urn:1' p:b='' q:b=''/>",
            ErrorKind::DuplicateAttribute,
        ),
        ("<a xmlns:p=''/>", ErrorKind::NamespaceDeclaration),
        ("<a xmlns:xmlns='urn:1'/>", ErrorKind::NamespaceDeclaration),
        ("<a xmlns:xml='urn:1'/>", ErrorKind::NamespaceDeclaration),
        (
            "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
            ErrorKind::NamespaceDeclaration,
        ),
        (
            "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            ErrorKind::NamespaceDeclaration,
        ),
    ] {
        assert_eq!(refused(input), Some(kind), "{input}");
    }
    let many: String = (0..40).map(|n| format!(" a{}=''", n % 39)).collect();
    assert_eq!(
        refused(&format!("<a{many}/>")),
        Some(ErrorKind::DuplicateAttribute)
    );
}

#[test]
fn every_limit_refuses_one_more_and_lets_its_value_pass() {
    let limits = Limits::default();
    let check = |limits: Limits, fits: &str, passes: &str, field: &'static str| {
        assert_eq!(refused_with(fits, Profile::Xmpp, &limits), None, "{field}");
        let kind = refused_with(passes, Profile::Xmpp, &limits);
        assert_eq!(kind, Some(ErrorKind::Limit(field)));
    };
    check(limits.with_document(6), "<aaa/>", "<aaaa/>", "document");
    check(
        limits.with_depth(2),
        "<a><b/></a>",
        "<a><b><c/></b></a>",
        "depth",
    );
    check(
        limits.with_attributes(1),
        "<a b='' xmlns:x='y'/>",
        "<a b='' c=''/>",
        "attributes",
    );
    check(
        limits.with_namespaces(2),
        "<a xmlns:x='x'><b xmlns:y='y'/><b xmlns:y='y'/></a>",
        "<a xmlns:x='x'><b xmlns:y='y' xmlns:z='z'/></a>",
        "namespaces",
    );
    check(limits.with_name(3), "<abc/>", "<abcd/>", "name");
    check(
        limits.with_namespace_name(3),
        "<a xmlns='123'/>",
        "<a xmlns='1234'/>",
        "namespace_name",
    );
    check(
        limits.with_attribute_value(3),
        "<a b='123'/>",
        "<a b='1234'/>",
        "attribute_value",
    );
    check(
        limits.with_text(8),
        "<a>&lt;&lt;</a>",
        "<a>&lt;&lt;1</a>",
        "text",
    );
    assert_eq!(limits.with_depth(usize::MAX).depth, Limits::MAX_DEPTH);
}

#[test]
fn an_element_is_cut_out_with_its_scope_and_read_alone() {
    let document =
        br#"<body xmlns="urn:b" xmlns:x="urn:x"> <m a="1"><x:y>t</x:y></m><x:z/></body>"#;
    let limits = Limits::default();
    let mut reader = Reader::document(document, Profile::Xmpp, &limits).unwrap();
    assert!(matches!(reader.next_event(), Ok(Some(Event::Start(_)))));
    let scope = reader.scope();
    assert!(matches!(reader.next_event(), Ok(Some(Event::Text(_)))));
    assert!(matches!(reader.next_event(), Ok(Some(Event::Start(_)))));
    let m = reader.skip_element().unwrap();
    assert_eq!(&document[m.clone()], br#"<m a="1"><x:y>t</x:y></m>"#);
    assert!(matches!(reader.next_event(), Ok(Some(Event::Start(_)))));
    let z = reader.skip_element().unwrap();
    assert_eq!(&document[z.clone()], b"<x:z/>");
    assert_eq!(reader.next_event(), Ok(Some(Event::End)));
    assert_eq!(reader.next_event(), Ok(None));

    let tree = Element::parse_in(&document[m.clone()], Profile::Xmpp, &limits, &scope).unwrap();
    assert!(tree.is("urn:b", "m") && tree.child("urn:x", "y").is_some());

    let mut out = Vec::new();
    scope
        .write_standalone(&document[m], Profile::Xmpp, &limits, &mut out)
        .unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"<m xmlns="urn:b" xmlns:x="urn:x" a="1"><x:y>t</x:y></m>"#
    );
}

#[test]
fn a_standalone_copy_declares_only_what_is_missing() {
    let scope = Scope::new()
        .with("", "urn:d")
        .with("p", "urn:p")
        .with("q", "urn:q");
    let limits = Limits::default();
    for (element, expected) in [
        (
            "<a xmlns='urn:o' p:b=''/>",
            "<a xmlns:p=\"urn:p\" xmlns='urn:o' p:b=''/>",
        ),
        (
            "<a><b xmlns:p='urn:o' p:c=''/></a>",
            "<a xmlns=\"urn:d\"><b xmlns:p='urn:o' p:c=''/></a>",
        ),
        ("<q:a/>", "<q:a xmlns=\"urn:d\" xmlns:q=\"urn:q\"/>"),
    ] {
        let mut out = Vec::new();
        scope
            .write_standalone(element.as_bytes(), Profile::Xmpp, &limits, &mut out)
            .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

#[test]
fn a_stream_header_is_read_without_its_end() {
    let header =
        b"<?xml version='1.0'?><stream:stream to='x' xmlns='jabber:client' xmlns:stream='urn:s'>";
    let mut reader = Reader::header(header, Profile::Xmpp, &Limits::default()).unwrap();
    let Ok(Some(Event::Start(start))) = reader.next_event() else {
        panic!("no start tag")
    };
    assert!(start.name.is("urn:s", "stream"));
    assert_eq!(reader.attribute("", "to"), Some("x"));
    assert_eq!(reader.scope().namespace(""), Some("jabber:client"));
    assert_eq!(reader.next_event(), Ok(None));
}

#[test]
fn an_error_is_final() {
    let mut reader = Reader::document(b"<a></b></a>", Profile::Xmpp, &Limits::default()).unwrap();
    assert!(reader.next_event().is_ok());
    let error = reader.next_event().unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::MismatchedEnd, 3));
    assert_eq!(reader.next_event(), Err(error));
    assert_eq!(reader.skip_element(), Err(error));
}

#[test]
fn a_namespace_repeated_by_many_elements_is_kept_once() {
    // An escaped namespace cannot be borrowed from the input.
    let long = format!("urn:{}&amp;", "x".repeat(500));
    let input = format!("<a xmlns='{long}'>{}</a>", "<b/>".repeat(10_000));
    let tree = parse(&input);
    let places: std::collections::BTreeSet<_> =
        tree.children().map(|child| child.ns().as_ptr()).collect();
    assert_eq!(places.len(), 1);
}
