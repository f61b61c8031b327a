//! SOAP 1.2 parts 1 and 2, one requirement after the other.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;

use common::{envelope11, envelope12};
use soap_axl::{
    Body, CallError, DecodeError, DecodeErrorKind, Envelope, EnvelopeCodec, Fault, FaultCode,
    Incoming, RequestHead, ResponseHead, Role, Service, SoapVersion, Strictness,
    xml::{Element, ErrorKind, Name},
};

fn decode(message: &str) -> Result<Envelope<Element>, DecodeError> {
    EnvelopeCodec::default().decode_element(message.as_bytes())
}

fn kind(message: &str) -> DecodeErrorKind {
    decode(message).unwrap_err().kind
}

fn block(attributes: &str) -> String {
    envelope12(&format!(
        "<e:Header><x:a xmlns:x='urn:x' {attributes}/></e:Header><e:Body/>"
    ))
}

/// What a service of these versions answers to a message with this content type.
fn serve(versions: &[SoapVersion], content_type: &str, message: &str) -> (u16, String) {
    let service = Service::new(EnvelopeCodec::default().with_versions(versions));
    let head = RequestHead::new("POST", "/").header("Content-Type", content_type.as_bytes());
    let mut receiving = service.receive(head).unwrap();
    receiving.handle_body(message.as_bytes()).unwrap();
    let response = match receiving.finish(|_, decoder| decoder.element()) {
        Ok(message) => service.answer(message.version, |encoder| encoder.element(&message.body)),
        Err(response) => response,
    };
    (
        response.status,
        String::from_utf8(response.body.to_vec()).unwrap(),
    )
}

#[test]
fn soap12_env_1_nothing_stands_behind_the_body() {
    assert!(decode(&envelope12("<e:Header/><e:Body><a/></e:Body>")).is_ok());
    assert_eq!(
        kind(&envelope12("")),
        DecodeErrorKind::NoBody,
        "SOAP12-ENV-1: a body"
    );
    let behind = envelope12("<e:Body/><x:b xmlns:x='urn:x'/>");
    assert!(
        matches!(kind(&behind), DecodeErrorKind::Misplaced { .. }),
        "SOAP12-ENV-1: nothing behind"
    );
}

#[test]
fn soap12_env_2_a_dtd_is_answered_with_a_sender_fault() {
    let message = format!("<!DOCTYPE e>{}", envelope12("<e:Body/>"));
    assert_eq!(kind(&message), DecodeErrorKind::Xml(ErrorKind::Dtd));
    let (status, body) = serve(&[SoapVersion::V12], "application/soap+xml", &message);
    assert_eq!(status, 400);
    assert!(
        body.contains("<env:Value>env:Sender</env:Value>"),
        "SOAP12-ENV-2: {body}"
    );
    let message = envelope12("<e:Body><?a b?></e:Body>");
    assert_eq!(
        kind(&message),
        DecodeErrorKind::Xml(ErrorKind::ProcessingInstruction),
        "SOAP12-ENV-2"
    );
}

#[test]
fn soap12_env_3_encoding_style_stands_on_blocks_and_entries_only() {
    let strict = EnvelopeCodec::default().with_strictness(Strictness::Strict);
    let check = |inside: &str| strict.decode_element(envelope12(inside).as_bytes()).is_ok();
    assert!(
        check("<e:Body><a e:encodingStyle='urn:s'/></e:Body>"),
        "SOAP12-ENV-3: on entries"
    );
    let block = "<e:Header><x:a xmlns:x='urn:x' e:encodingStyle='urn:s'/></e:Header><e:Body/>";
    assert!(check(block), "SOAP12-ENV-3: on blocks");
    let fault = |code: &str, detail: &str| {
        format!(
            "<e:Body><e:Fault><e:Code{code}><e:Value>e:Sender</e:Value></e:Code><e:Reason>\
             <e:Text xml:lang='en'>x</e:Text></e:Reason><e:Detail><d{detail}/></e:Detail>\
             </e:Fault></e:Body>"
        )
    };
    let style = " e:encodingStyle='urn:s'";
    assert!(
        check(&fault("", style)),
        "SOAP12-ENV-3: on entries of a detail"
    );
    for wrong in [
        "<e:Body e:encodingStyle='urn:s'/>",
        "<e:Header e:encodingStyle='urn:s'/><e:Body/>",
        &fault(style, ""),
        &fault("", "").replace("<e:Fault>", &format!("<e:Fault{style}>")),
    ] {
        assert!(!check(wrong), "SOAP12-ENV-3: {wrong}");
    }
    assert!(decode(&envelope12("<e:Body e:encodingStyle='urn:s'/>")).is_ok());
}

#[test]
fn soap12_env_4_blocks_are_qualified_and_entries_need_not_be() {
    let unqualified = envelope12("<e:Header><a/></e:Header><e:Body/>");
    assert!(
        matches!(kind(&unqualified), DecodeErrorKind::Misplaced { .. }),
        "SOAP12-ENV-4: blocks"
    );
    let message = envelope12("<e:Body><a/></e:Body>");
    assert_eq!(
        decode(&message).unwrap().body,
        Body::Entry(Element::new("", "a")),
        "SOAP12-ENV-4: entries"
    );
}

#[test]
fn soap12_env_5_other_versions_get_an_upgrade_or_an_answer_of_their_own() {
    let old = envelope11("<e:Body/>");
    let (status, body) = serve(&[SoapVersion::V12], "text/xml", &old);
    assert_eq!(status, 500);
    assert!(
        body.contains("http://schemas.xmlsoap.org/soap/envelope/"),
        "{body}"
    );
    assert!(
        body.contains("<faultcode>soapenv:VersionMismatch</faultcode>"),
        "SOAP12-ENV-5: 1.1 is answered in 1.1: {body}"
    );

    let unknown = "<Envelope xmlns='urn:soap'/>";
    let both = [SoapVersion::V12, SoapVersion::V11];
    let (status, body) = serve(&both, "application/soap+xml", unknown);
    assert_eq!(status, 500);
    let upgrade = "<env:Header><env:Upgrade>\
        <env:SupportedEnvelope qname=\"env:Envelope\"/>\
        <env:SupportedEnvelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
        qname=\"soapenv:Envelope\"/></env:Upgrade></env:Header>";
    assert!(body.contains(upgrade), "SOAP12-ENV-5: {body}");
}

#[test]
fn soap12_hdr_1_role_takes_the_place_of_actor() {
    let role = |uri: &str| {
        decode(&block(&format!("e:role='{uri}'"))).unwrap().headers[0]
            .role
            .clone()
    };
    let base = "http://www.w3.org/2003/05/soap-envelope/role/";
    assert_eq!(role(""), Role::UltimateReceiver, "SOAP12-HDR-1: empty");
    assert_eq!(
        role(&format!("{base}ultimateReceiver")),
        Role::UltimateReceiver,
        "SOAP12-HDR-1"
    );
    assert_eq!(role(&format!("{base}next")), Role::Next, "SOAP12-HDR-1");
    assert_eq!(role(&format!("{base}none")), Role::None, "SOAP12-HDR-1");
    assert_eq!(role("urn:x"), Role::Uri("urn:x".to_owned()));
    assert_eq!(
        decode(&block("")).unwrap().headers[0].role,
        Role::UltimateReceiver,
        "SOAP12-HDR-1: absent"
    );
}

#[test]
fn soap12_hdr_2_a_block_for_nobody_is_never_processed() {
    let nobody = "e:role='http://www.w3.org/2003/05/soap-envelope/role/none' e:mustUnderstand='1'";
    let read = decode(&block(nobody)).unwrap();
    assert!(!read.headers[0].role.is_ours(), "SOAP12-HDR-2");
}

#[test]
fn soap12_hdr_3_flags_are_booleans() {
    for (value, expected) in [("true", true), ("1", true), ("false", false), ("0", false)] {
        let attributes = format!("e:relay='{value}'");
        assert_eq!(
            decode(&block(&attributes)).unwrap().headers[0].relay,
            expected,
            "SOAP12-HDR-3: {value}"
        );
    }
    for flag in ["relay", "mustUnderstand"] {
        let wrong = kind(&block(&format!("e:{flag}='yes'")));
        assert!(
            matches!(wrong, DecodeErrorKind::Value { .. }),
            "SOAP12-HDR-3: {flag}"
        );
    }
    assert!(
        matches!(
            kind(&block("e:mustUnderstand='true'")),
            DecodeErrorKind::NotUnderstood(_)
        ),
        "SOAP12-HDR-3: a word counts"
    );
}

#[test]
fn soap12_hdr_4_every_block_that_is_not_understood_is_named() {
    let message = envelope12(
        "<e:Header><x:a xmlns:x='urn:x' e:mustUnderstand='1'/><x:ok xmlns:x='urn:x'/>\
         <y:b xmlns:y='urn:y' e:mustUnderstand='1'/></e:Header><e:Body><a/></e:Body>",
    );
    let (status, body) = serve(&[SoapVersion::V12], "application/soap+xml", &message);
    assert_eq!(status, 500);
    let blocks = "<env:NotUnderstood xmlns:block=\"urn:x\" qname=\"block:a\"/>\
        <env:NotUnderstood xmlns:block=\"urn:y\" qname=\"block:b\"/>";
    assert!(body.contains(blocks), "SOAP12-HDR-4: {body}");
    assert!(
        body.contains("<env:Value>env:MustUnderstand</env:Value>"),
        "SOAP12-HDR-4: {body}"
    );
}

#[test]
fn soap12_hdr_5_an_unprocessed_block_goes_on_only_with_relay() {
    let next = "e:role='http://www.w3.org/2003/05/soap-envelope/role/next'";
    let passes = |attributes: &str, processed: bool| {
        decode(&block(attributes)).unwrap().headers[0].passes(|_| false, processed)
    };
    assert!(!passes(next, false), "SOAP12-HDR-5: removed");
    let relayed = format!("{next} e:relay='true'");
    assert!(passes(&relayed, false), "SOAP12-HDR-5: relayed");
    assert!(!passes(&relayed, true), "SOAP12-HDR-5: processed");
    assert!(
        passes("e:role='urn:else'", false),
        "SOAP12-HDR-5: of others"
    );
}

fn fault(inside: &str) -> Result<Fault, DecodeError> {
    let body = format!("<e:Body><e:Fault>{inside}</e:Fault></e:Body>");
    match decode(&envelope12(&body))?.body {
        Body::Fault(fault) => Ok(*fault),
        other => panic!("{other:?}"),
    }
}

#[test]
fn soap12_flt_1_to_4_the_parts_of_a_fault() {
    let code = "<e:Code><e:Value>e:Receiver</e:Value></e:Code>";
    let reason = "<e:Reason><e:Text xml:lang='en'>x</e:Text></e:Reason>";
    let read = fault(&format!(
        "{code}{reason}<e:Node>urn:n</e:Node><e:Detail a='1'/>"
    ))
    .unwrap();
    assert_eq!(
        (read.code, read.node.as_deref()),
        (FaultCode::Receiver, Some("urn:n")),
        "SOAP12-FLT-1"
    );
    assert_eq!(
        (read.role, read.detail.unwrap().attr("a")),
        (None, Some("1")),
        "SOAP12-FLT-4"
    );
    assert_eq!(
        fault(reason).unwrap_err().kind,
        DecodeErrorKind::Missing("Code"),
        "SOAP12-FLT-1"
    );
    assert_eq!(
        fault(code).unwrap_err().kind,
        DecodeErrorKind::Missing("Reason"),
        "SOAP12-FLT-1"
    );
}

#[test]
fn soap12_flt_2_subcodes_are_bounded_by_the_depth() {
    let deep = |levels: usize| {
        let open = "<e:Subcode><e:Value>e:x</e:Value>".repeat(levels);
        let close = "</e:Subcode>".repeat(levels);
        fault(&format!(
            "<e:Code><e:Value>e:Sender</e:Value>{open}{close}</e:Code>\
             <e:Reason><e:Text xml:lang='en'/></e:Reason>"
        ))
    };
    assert_eq!(deep(30).unwrap().subcodes.len(), 30, "SOAP12-FLT-2");
    assert!(
        matches!(
            deep(100).unwrap_err().kind,
            DecodeErrorKind::Xml(ErrorKind::Limit(_))
        ),
        "SOAP12-FLT-2: bounded"
    );
}

#[test]
fn soap12_flt_5_faults_of_either_version_translate() {
    for (code, old, new) in [
        (FaultCode::Sender, "soapenv:Client", "env:Sender"),
        (FaultCode::Receiver, "soapenv:Server", "env:Receiver"),
        (
            FaultCode::MustUnderstand,
            "soapenv:MustUnderstand",
            "env:MustUnderstand",
        ),
        (
            FaultCode::DataEncodingUnknown,
            "soapenv:Client",
            "env:DataEncodingUnknown",
        ),
        (
            FaultCode::Other(Name::new("urn:x", "Busy")),
            "code:Busy",
            "env:Receiver",
        ),
    ] {
        let fault = Fault::new(code, "x");
        let written = |version| {
            let bytes = EnvelopeCodec::default().encode_fault(version, &fault);
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        assert!(
            written(SoapVersion::V11).contains(&format!(">{old}</faultcode>")),
            "SOAP12-FLT-5: {old}"
        );
        assert!(
            written(SoapVersion::V12).contains(&format!("<env:Value>{new}<")),
            "SOAP12-FLT-5: {new}"
        );
    }
}

#[test]
fn soap12_http_1_the_action_is_a_parameter_of_the_type() {
    let request = soap_axl::post(SoapVersion::V12, "/s", "urn:do \"it\"", &[], |_| {});
    let content_type = request.headers.value("content-type").unwrap();
    assert_eq!(
        content_type, "application/soap+xml;charset=UTF-8;action=\"urn:do \\\"it\\\"\"",
        "SOAP12-HTTP-1"
    );
    assert_eq!(request.headers.value("SOAPAction"), None);
    let head = RequestHead::new("POST", "/s").header("Content-Type", content_type.as_bytes());
    assert_eq!(head.action(), Some("urn:do \"it\""), "SOAP12-HTTP-1: read");
}

#[test]
fn soap12_http_2_statuses_of_a_server() {
    let both = [SoapVersion::V11, SoapVersion::V12];
    let status = |content_type: &str, message: &str| serve(&both, content_type, message).0;
    let soap12 = "application/soap+xml";
    let two = "<e:Body><a/><b/></e:Body>";
    assert_eq!(
        status(soap12, &envelope12(two)),
        400,
        "SOAP12-HTTP-2: Sender"
    );
    let mandatory = envelope12(
        "<e:Header><x:a xmlns:x='urn:x' e:mustUnderstand='1'/></e:Header><e:Body><a/></e:Body>",
    );
    for (message, code) in [
        (mandatory.as_str(), "MustUnderstand"),
        ("<Envelope xmlns='urn:soap'/>", "VersionMismatch"),
    ] {
        assert_eq!(status(soap12, message), 500, "SOAP12-HTTP-2: {code}");
    }
    for code in [FaultCode::Receiver, FaultCode::DataEncodingUnknown] {
        let fault = Fault::new(code, "x");
        let response = Service::default().fault(SoapVersion::V12, &fault);
        assert_eq!(response.status, 500, "SOAP12-HTTP-2: {fault}");
    }
    let one = envelope12("<e:Body><a/></e:Body>");
    assert_eq!(status(soap12, &one), 200, "SOAP12-HTTP-2: a result");
    assert_eq!(status("text/xml", &envelope11(two)), 500);
    for (method, content_type, refused) in [("PUT", soap12, 405), ("POST", "text/plain", 415)] {
        let head = RequestHead::new(method, "/").header("Content-Type", content_type.as_bytes());
        let response = Service::default().receive(head).unwrap_err();
        assert_eq!(response.status, refused, "SOAP12-HTTP-2: {method}");
    }
    let accepted = Service::default().accepted();
    assert_eq!(
        (accepted.status, accepted.body.len()),
        (202, 0),
        "SOAP12-HTTP-2: accepted"
    );
}

#[test]
fn soap12_http_3_which_bodies_a_client_reads() {
    let body = envelope12(
        "<e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code>\
         <e:Reason><e:Text xml:lang='en'>x</e:Text></e:Reason></e:Fault></e:Body>",
    );
    let call = |status: u16, content_type: &[u8]| {
        let head = ResponseHead::new(status).header("Content-Type", content_type);
        let mut incoming = Incoming::new(EnvelopeCodec::default(), head).unwrap();
        incoming.handle_body(body.as_bytes()).unwrap();
        incoming.finish(|_, decoder| decoder.element()).unwrap_err()
    };
    for status in [200, 400, 500] {
        let error = call(status, b"application/soap+xml");
        assert!(
            matches!(error, CallError::Fault { .. }),
            "SOAP12-HTTP-3: {status}: {error:?}"
        );
    }
    for (status, content_type) in [(404, "application/soap+xml"), (502, "text/html")] {
        let error = call(status, content_type.as_bytes());
        assert!(
            matches!(error, CallError::Status(_)),
            "SOAP12-HTTP-3: {status}: {error:?}"
        );
    }
}

#[test]
fn soap12_http_4_there_is_no_get() {
    let refused = Service::default()
        .receive(RequestHead::new("GET", "/"))
        .unwrap_err();
    assert_eq!(refused.status, 405, "SOAP12-HTTP-4");
}

#[test]
fn soap12_gen_1_the_envelope_tells_the_version_and_strict_servers_check_the_type() {
    let message = envelope12("<e:Body><a/></e:Body>");
    let both = [SoapVersion::V11, SoapVersion::V12];
    let (status, body) = serve(&both, "text/xml", &message);
    assert_eq!(status, 200);
    assert!(
        body.contains("http://www.w3.org/2003/05/soap-envelope"),
        "SOAP12-GEN-1: {body}"
    );

    let codec = EnvelopeCodec::default().with_strictness(Strictness::Strict);
    let head = RequestHead::new("POST", "/").header("Content-Type", b"text/xml");
    let mut receiving = Service::new(codec).receive(head).unwrap();
    receiving.handle_body(message.as_bytes()).unwrap();
    let refusal = receiving
        .finish(|_, decoder| decoder.element())
        .unwrap_err();
    assert_eq!(refusal.status, 415, "SOAP12-GEN-1: strict");
}
