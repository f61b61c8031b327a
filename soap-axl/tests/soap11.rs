//! The SOAP 1.1 note and Basic Profile 1.1, one requirement after the other.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;

use common::envelope11;
use soap_axl::{
    Body, DecodeError, DecodeErrorKind, Envelope, EnvelopeCodec, Fault, FaultCode, Role,
    SoapVersion, Strictness, encode, ns,
    xml::{Element, ErrorKind, Name},
};

fn decode(message: &str) -> Result<Envelope<Element>, DecodeError> {
    EnvelopeCodec::default().decode_element(message.as_bytes())
}

fn strict(message: &str) -> Result<Envelope<Element>, DecodeError> {
    EnvelopeCodec::default()
        .with_strictness(Strictness::Strict)
        .decode_element(message.as_bytes())
}

fn kind(message: &str) -> DecodeErrorKind {
    decode(message).unwrap_err().kind
}

fn entry(message: &str) -> Element {
    match decode(message).unwrap().body {
        Body::Entry(entry) => entry,
        other => panic!("{other:?}"),
    }
}

fn fault(inside: &str) -> Result<Fault, DecodeError> {
    let body = format!("<e:Body><e:Fault>{inside}</e:Fault></e:Body>");
    match decode(&envelope11(&body))?.body {
        Body::Fault(fault) => Ok(*fault),
        other => panic!("{other:?}"),
    }
}

#[test]
fn soap11_env_1_another_namespace_is_a_version_mismatch() {
    let message = "<Envelope xmlns='urn:soap'><Body/></Envelope>";
    assert_eq!(
        kind(message),
        DecodeErrorKind::Version("urn:soap".to_owned()),
        "SOAP11-ENV-1"
    );
    let fault = decode(message).unwrap_err().to_fault();
    assert_eq!(fault.code, FaultCode::VersionMismatch);
    let written = EnvelopeCodec::default().encode_fault(SoapVersion::V11, &fault);
    let written = String::from_utf8(written.to_vec()).unwrap();
    assert!(
        written.contains("<faultcode>soapenv:VersionMismatch</faultcode>"),
        "{written}"
    );
    assert!(
        written.contains(ns::SOAP11),
        "SOAP11-ENV-1: answered in 1.1: {written}"
    );
    assert_eq!(kind("<a/>"), DecodeErrorKind::NotEnvelope("a".to_owned()));
}

#[test]
fn soap11_env_2_header_then_exactly_one_body() {
    assert!(decode(&envelope11("<e:Body/>")).is_ok());
    assert!(
        decode(&envelope11("<e:Header/><e:Body/>")).is_ok(),
        "SOAP11-ENV-2"
    );
    assert_eq!(kind(&envelope11("<e:Header/>")), DecodeErrorKind::NoBody);
    for wrong in [
        "<e:Body/><e:Header/>",
        "<e:Header/><e:Header/><e:Body/>",
        "<e:Body/><e:Body/>",
        "<a/><e:Body/>",
        "<e:Other/><e:Body/>",
    ] {
        let kind = kind(&envelope11(wrong));
        assert!(
            matches!(kind, DecodeErrorKind::Misplaced { .. }),
            "SOAP11-ENV-2: {wrong}: {kind:?}"
        );
    }
}

#[test]
fn soap11_env_3_elements_behind_the_body_are_read_only_when_lenient() {
    let message = envelope11("<e:Body><a/></e:Body><x:b xmlns:x='urn:x'><c/></x:b>");
    assert!(decode(&message).is_ok(), "SOAP11-ENV-3: read leniently");
    assert!(
        matches!(
            strict(&message).unwrap_err().kind,
            DecodeErrorKind::Misplaced {
                place: "the envelope",
                ..
            }
        ),
        "SOAP11-ENV-3: refused when strict"
    );
    let written = encode(SoapVersion::V11, &[], |_| {});
    assert!(
        written.ends_with(b"<soapenv:Body/></soapenv:Envelope>"),
        "SOAP11-ENV-3: never written: {written:?}"
    );
}

#[test]
fn soap11_env_4_prefixes_mean_nothing_also_in_a_fault_code() {
    let message = "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>\
        <Fault><faultcode xmlns:z='http://schemas.xmlsoap.org/soap/envelope/'> z:Client </faultcode>\
        <faultstring>x</faultstring></Fault></Body></Envelope>";
    let Body::Fault(fault) = decode(message).unwrap().body else {
        panic!("no fault")
    };
    assert_eq!(fault.code, FaultCode::Sender, "SOAP11-ENV-4: in content");
    assert_eq!(
        entry(&envelope11("<e:Body><q:a xmlns:q='urn:q'/></e:Body>")),
        Element::new("urn:q", "a"),
        "SOAP11-ENV-4: in names"
    );
}

#[test]
fn soap11_env_5_no_dtd_and_no_processing_instruction() {
    let bomb = format!(
        "<!DOCTYPE e:Envelope [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>{}",
        envelope11("<e:Body>&b;</e:Body>")
    );
    assert_eq!(
        kind(&bomb),
        DecodeErrorKind::Xml(ErrorKind::Dtd),
        "SOAP11-ENV-5: before any entity"
    );
    let message = envelope11("<e:Body><?php ?></e:Body>");
    assert_eq!(
        kind(&message),
        DecodeErrorKind::Xml(ErrorKind::ProcessingInstruction),
        "SOAP11-ENV-5"
    );
    let declared = format!("<?xml version='1.0'?>{}", envelope11("<e:Body/>"));
    assert!(decode(&declared).is_ok(), "SOAP11-ENV-5: the declaration");
}

#[test]
fn soap11_env_6_header_entries_are_qualified_and_the_body_has_one_entry() {
    assert!(
        matches!(
            kind(&envelope11("<e:Header><a/></e:Header><e:Body/>")),
            DecodeErrorKind::Misplaced {
                place: "the header",
                ..
            }
        ),
        "SOAP11-ENV-6: qualified"
    );
    assert_eq!(decode(&envelope11("<e:Body/>")).unwrap().body, Body::Empty);
    assert!(
        matches!(
            kind(&envelope11("<e:Body><a/><b/></e:Body>")),
            DecodeErrorKind::Misplaced { .. }
        ),
        "SOAP11-ENV-6: one entry"
    );
}

#[test]
fn soap11_env_7_white_space_and_comments_mean_nothing() {
    let message =
        envelope11(" \n<!-- a --><e:Header> </e:Header>\t<e:Body> <!-- b --><a/> </e:Body> ");
    assert_eq!(entry(&message), Element::new("", "a"), "SOAP11-ENV-7");
}

#[test]
fn soap11_env_8_and_enc_1_foreign_attributes_and_encoding_style_are_ignored() {
    let message = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:x='urn:x' \
        x:a='1' e:encodingStyle='http://schemas.xmlsoap.org/soap/encoding/'>\
        <e:Header x:a='1'/><e:Body x:a='1' e:encodingStyle=''><a/></e:Body></e:Envelope>";
    assert_eq!(
        entry(message),
        Element::new("", "a"),
        "SOAP11-ENV-8, SOAP11-ENC-1: ignored"
    );
    assert!(strict(message).is_ok());
    let written = encode(SoapVersion::V11, &[], |encoder| {
        encoder.text_element("a", "")
    });
    assert!(
        !written.windows(13).any(|bytes| bytes == b"encodingStyle"),
        "SOAP11-ENC-1: never written"
    );
}

#[test]
fn soap11_hdr_1_must_understand_is_0_or_1() {
    let block = |value: &str| {
        envelope11(&format!(
            "<e:Header><x:a xmlns:x='urn:x' e:mustUnderstand='{value}' e:actor='urn:else'/></e:Header><e:Body/>"
        ))
    };
    for (value, expected) in [("0", false), ("1", true), ("true", true), ("false", false)] {
        assert_eq!(
            decode(&block(value)).unwrap().headers[0].must_understand,
            expected,
            "SOAP11-HDR-1: {value}"
        );
    }
    for wrong in ["2", "yes", ""] {
        assert!(
            matches!(kind(&block(wrong)), DecodeErrorKind::Value { .. }),
            "SOAP11-HDR-1: {wrong}"
        );
    }
    assert!(strict(&block("1")).is_ok());
    assert!(
        strict(&block("true")).is_err(),
        "SOAP11-HDR-1: words only when lenient"
    );
    let absent = envelope11("<e:Header><x:a xmlns:x='urn:x'/></e:Header><e:Body/>");
    assert!(
        !decode(&absent).unwrap().headers[0].must_understand,
        "SOAP11-HDR-1: absent is 0"
    );
}

#[test]
fn soap11_hdr_2_what_is_not_understood_stops_the_message_before_its_body() {
    let message = envelope11(
        "<e:Header><x:a xmlns:x='urn:x' e:mustUnderstand='1'/></e:Header><e:Body><a/></e:Body>",
    );
    let result = EnvelopeCodec::default().decode(message.as_bytes(), |_, _| -> Result<(), _> {
        panic!("the body was processed")
    });
    let error = result.unwrap_err();
    let name = Name::new("urn:x", "a");
    assert_eq!(
        error.kind,
        DecodeErrorKind::NotUnderstood(vec![name.clone()]),
        "SOAP11-HDR-2: the body is not read"
    );
    let fault = error.to_fault();
    assert_eq!(fault.code, FaultCode::MustUnderstand, "SOAP11-HDR-2");
    assert_eq!(fault.detail, None, "SOAP11-HDR-5");

    let codec = EnvelopeCodec::default().with_understood(vec![name]);
    assert!(codec.decode_element(message.as_bytes()).is_ok());
}

#[test]
fn soap11_hdr_3_blocks_for_others_are_left_alone() {
    let block = |actor: &str| {
        envelope11(&format!(
            "<e:Header><x:a xmlns:x='urn:x' e:mustUnderstand='1' e:actor='{actor}'/></e:Header><e:Body/>"
        ))
    };
    let other = decode(&block("urn:else")).unwrap();
    assert_eq!(
        other.headers[0].role,
        Role::Uri("urn:else".to_owned()),
        "SOAP11-HDR-3: left alone"
    );
    for ours in ["", "http://schemas.xmlsoap.org/soap/actor/next"] {
        assert!(
            matches!(kind(&block(ours)), DecodeErrorKind::NotUnderstood(_)),
            "SOAP11-HDR-3: {ours}"
        );
    }
}

#[test]
fn soap11_hdr_4_a_node_keeps_what_is_addressed_to_it() {
    let message = envelope11(
        "<e:Header><x:a xmlns:x='urn:x' e:actor='http://schemas.xmlsoap.org/soap/actor/next'/>\
         <x:b xmlns:x='urn:x' e:actor='urn:me'/><x:c xmlns:x='urn:x' e:actor='urn:else'/>\
         <x:d xmlns:x='urn:x'/></e:Header><e:Body/>",
    );
    let headers = decode(&message).unwrap().headers;
    let me = Role::Uri("urn:me".to_owned());
    let passed: Vec<_> = headers
        .iter()
        .filter(|block| block.passes(|role| *role == me, false))
        .map(|block| block.element.local())
        .collect();
    assert_eq!(passed, ["c", "d"], "SOAP11-HDR-4");
}

#[test]
fn soap11_flt_1_a_fault_is_the_only_entry() {
    let two = envelope11(
        "<e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring/></e:Fault><a/></e:Body>",
    );
    assert!(
        matches!(kind(&two), DecodeErrorKind::Misplaced { .. }),
        "SOAP11-FLT-1"
    );
    // Only a Fault in the envelope's namespace is one.
    assert_eq!(
        entry(&envelope11("<e:Body><Fault/></e:Body>")),
        Element::new("", "Fault"),
        "SOAP11-FLT-1: of the envelope's namespace"
    );
}

#[test]
fn soap11_flt_2_children_in_any_order_qualified_or_not() {
    let read = fault(
        "<detail/><e:faultstring>s</e:faultstring><faultactor> urn:a </faultactor>\
         <x xmlns='urn:x'/><e:faultcode>e:Client</e:faultcode>",
    )
    .unwrap();
    assert_eq!(
        (read.code, read.role.as_deref()),
        (FaultCode::Sender, Some("urn:a")),
        "SOAP11-FLT-2: read in any order"
    );
    for (inside, missing) in [
        ("<faultstring/>", "faultcode"),
        ("<faultcode>e:Server</faultcode>", "faultstring"),
    ] {
        assert_eq!(
            fault(inside).unwrap_err().kind,
            DecodeErrorKind::Missing(missing),
            "SOAP11-FLT-2"
        );
    }
    let twice = "<faultcode>e:Server</faultcode><faultcode>e:Client</faultcode><faultstring/>";
    assert_eq!(
        fault(twice).unwrap_err().kind,
        DecodeErrorKind::Repeated("faultcode")
    );

    let mut written = Fault::new(FaultCode::Receiver, "no <luck>");
    written.role = Some("urn:a".to_owned());
    written.detail = Some(Element::new("", "detail").with_child(Element::new("urn:d", "d")));
    let written = EnvelopeCodec::default().encode_fault(SoapVersion::V11, &written);
    let written = String::from_utf8(written.to_vec()).unwrap();
    assert!(
        written.contains(
            "<soapenv:Fault><faultcode>soapenv:Server</faultcode>\
             <faultstring>no &lt;luck&gt;</faultstring><faultactor>urn:a</faultactor>\
             <detail><d xmlns=\"urn:d\"/></detail></soapenv:Fault>"
        ),
        "SOAP11-FLT-2: written in order, unqualified: {written}"
    );
}

#[test]
fn soap11_flt_3_dotted_and_foreign_codes_are_legal() {
    let code = |text: &str| {
        fault(&format!(
            "<faultcode xmlns:x='urn:x'>{text}</faultcode><faultstring/>"
        ))
    };
    let dotted = code("e:Client.Authentication.Password").unwrap();
    assert_eq!(dotted.code, FaultCode::Sender);
    let names: Vec<_> = dotted
        .subcodes
        .iter()
        .map(|name| name.local().to_owned())
        .collect();
    assert_eq!(names, ["Authentication", "Password"], "SOAP11-FLT-3");
    let written = EnvelopeCodec::default().encode_fault(SoapVersion::V11, &dotted);
    let written = String::from_utf8(written.to_vec()).unwrap();
    assert!(
        written.contains(">soapenv:Client.Authentication.Password<"),
        "{written}"
    );

    let foreign = code("x:Busy.Line").unwrap();
    assert_eq!(
        foreign.code,
        FaultCode::Other(Name::new("urn:x", "Busy.Line"))
    );
    let written = EnvelopeCodec::default().encode_fault(SoapVersion::V11, &foreign);
    let again = EnvelopeCodec::default()
        .decode_element(&written)
        .unwrap()
        .body;
    let Body::Fault(again) = again else {
        panic!("{again:?}")
    };
    assert_eq!(again.code, foreign.code, "SOAP11-FLT-3: written and read");

    assert!(
        matches!(
            code("unbound:Client").unwrap_err().kind,
            DecodeErrorKind::Value { .. }
        ),
        "SOAP11-FLT-3: the prefix is bound"
    );
}

#[test]
fn soap11_flt_5_unqualified_detail_entries_are_kept_as_a_tree() {
    let read = fault(
        "<faultcode>e:Server</faultcode><faultstring/>\
         <detail a='1'><axlError><axlcode>5007</axlcode></axlError></detail>",
    )
    .unwrap();
    let detail = read.detail.unwrap();
    assert_eq!(detail.attr("a"), Some("1"));
    let error = detail.child("", "axlError").unwrap();
    assert_eq!(
        error.child("", "axlcode").unwrap().text(),
        "5007",
        "SOAP11-FLT-5"
    );
}

#[test]
fn soap11_flt_6_an_intermediary_names_itself() {
    let written = |fault: &Fault| {
        let bytes = EnvelopeCodec::default().encode_fault(SoapVersion::V11, fault);
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    let mut fault = Fault::new(FaultCode::Receiver, "x");
    assert!(
        !written(&fault).contains("faultactor"),
        "SOAP11-FLT-6: optional for the ultimate receiver"
    );
    fault.role = Some("urn:gateway".to_owned());
    assert!(
        written(&fault).contains("</faultstring><faultactor>urn:gateway</faultactor>"),
        "SOAP11-FLT-6"
    );
}

#[test]
fn soap11_flt_7_the_string_has_a_language_and_is_not_trimmed() {
    let read = fault("<faultcode>e:Server</faultcode><faultstring xml:lang='de'> x </faultstring>");
    let read = read.unwrap();
    assert_eq!(
        (read.reasons[0].language.as_str(), read.reason()),
        ("de", " x "),
        "SOAP11-FLT-7"
    );
}

#[test]
fn soap11_xsi_1_nil_and_type_are_read_with_the_namespaces_in_scope() {
    let message = envelope11(
        "<e:Body xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><a>\
         <b i:nil='1'/><c i:nil='false'/><d/><f i:type='t:long' xmlns:t='urn:t'>1</f>\
         <g i:type='t:long'/><h i:nil='maybe'/></a></e:Body>",
    );
    let mut seen = Vec::new();
    let result = EnvelopeCodec::default().decode(message.as_bytes(), |_, decoder| {
        while let Some(name) = decoder.child()? {
            let kind = decoder
                .attribute(ns::XSI, "type")
                .map(|kind| decoder.resolve(kind));
            seen.push((name.local().to_owned(), decoder.is_nil()?, kind));
            decoder.skip()?;
        }
        Ok(())
    });
    let seen: Vec<_> = seen
        .iter()
        .map(|(name, nil, kind)| (name.as_str(), *nil, kind))
        .collect();
    let long = Some(Some(Name::new("urn:t", "long")));
    // Out of the scope of its prefix the type means nothing.
    assert_eq!(
        seen,
        [
            ("b", true, &None),
            ("c", false, &None),
            ("d", false, &None),
            ("f", false, &long),
            ("g", false, &Some(None)),
        ],
        "SOAP11-XSI-1"
    );
    let error = result.unwrap_err().kind;
    assert_eq!(
        error,
        DecodeErrorKind::Value {
            field: "xsi:nil",
            expected: "a boolean"
        }
    );
}

#[test]
fn soap11_lim_1_passing_a_limit_is_an_error_value() {
    use soap_axl::xml::Limits;

    let message = envelope11("<e:Body><a><b/><b/><b/></a></e:Body>");
    let with = |codec: EnvelopeCodec| {
        codec
            .decode(message.as_bytes(), |_, decoder| {
                while decoder.child()?.is_some() {
                    decoder.skip()?;
                }
                Ok(())
            })
            .map(|_| ())
    };
    assert_eq!(with(EnvelopeCodec::default()), Ok(()));
    let kind = with(EnvelopeCodec::default().with_max_elements(4))
        .unwrap_err()
        .kind;
    assert_eq!(kind, DecodeErrorKind::TooManyElements(4), "SOAP11-LIM-1");
    for limits in [
        Limits::default().with_document(20),
        Limits::default().with_depth(3),
        Limits::default().with_name(3),
    ] {
        let error = with(EnvelopeCodec::default().with_limits(limits)).unwrap_err();
        assert!(
            matches!(error.kind, DecodeErrorKind::Xml(ErrorKind::Limit(_))),
            "SOAP11-LIM-1: {error}"
        );
        assert_eq!(error.to_fault().code, FaultCode::Sender);
    }
}
