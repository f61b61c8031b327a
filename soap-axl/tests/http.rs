//! The HTTP binding of SOAP 1.1 and what AXL adds to it, at both ends.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;

use common::{answer, axl_head, envelope11, golden, serve, text};
use soap_axl::{
    CallError, Credentials, EnvelopeCodec, Fault, FaultCode, HttpResponse, Incoming, MAX_EXCERPT,
    RefusalKind, RequestHead, ResponseHead, Service, SoapVersion,
    axl::{
        AxlCallError, AxlCode, AxlError, Client, ClientConfig, Dynamic, Effect, GetUser, Request,
        Server, ServerConfig, TooLarge, Version,
    },
    xml::{Element, Limits},
};

fn call(status: u16, content_type: &str, body: &[u8]) -> Result<Option<Element>, CallError> {
    let head = ResponseHead::new(status).header("Content-Type", content_type.as_bytes());
    let mut incoming = Incoming::new(EnvelopeCodec::default(), head)?;
    incoming.handle_body(body)?;
    incoming
        .finish(|_, decoder| decoder.element())
        .map(|answer| answer.body)
}

fn refusal(error: CallError) -> soap_axl::Refusal {
    match error {
        CallError::Status(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

fn axl(operation: &str) -> String {
    envelope11(&format!(
        "<e:Body><ns:{operation} xmlns:ns='http://www.cisco.com/AXL/API/14.0'>\
         <userid>1</userid></ns:{operation}></e:Body>"
    ))
}

#[test]
fn soap11_http_1_the_charset_parameter_beats_the_declaration() {
    let message = format!(
        "<?xml version='1.0' encoding='UTF-8'?>{}",
        envelope11("<e:Body><a>\u{e4}</a></e:Body>")
    );
    let latin: Vec<u8> = message
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let read = call(200, "text/xml;charset=ISO-8859-1", &latin)
        .unwrap()
        .unwrap();
    assert_eq!(read.text(), "\u{e4}", "SOAP11-HTTP-1: beats it");
    assert!(matches!(
        call(200, "text/xml", &latin),
        Err(CallError::Decode(_))
    ));
    let wide: Vec<u8> = message.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(
        call(200, "text/xml;charset=utf-16", &wide)
            .unwrap()
            .unwrap()
            .text(),
        "\u{e4}",
        "SOAP11-ENV-5: UTF-16"
    );
}

#[test]
fn soap11_http_2_the_action_is_always_sent_and_quoted() {
    let request = soap_axl::post(SoapVersion::V11, "/", "", &[], |_| {});
    assert_eq!(
        (request.method, request.headers.value("SOAPAction")),
        ("POST", Some("\"\"")),
        "SOAP11-HTTP-2"
    );
    assert_eq!(
        request.headers.value("Content-Type"),
        Some("text/xml;charset=UTF-8"),
        "SOAP11-HTTP-1"
    );
}

#[test]
fn soap11_http_3_axl_takes_quoted_bare_and_missing_actions() {
    let with = |value: &str| serve(axl_head(value), &axl("getUser"));
    for value in [
        "\"CUCM:DB ver=14.0 getUser\"",
        "CUCM:DB ver=12.5",
        "\"\"",
        "urn:other",
    ] {
        assert!(with(value).is_ok(), "SOAP11-HTTP-3: {value}");
    }
    let head = RequestHead::new("POST", "/axl/").header("Authorization", b"Basic YTpi");
    assert!(
        serve(head, &axl("getUser")).is_ok(),
        "SOAP11-HTTP-3: missing"
    );
}

#[test]
fn soap11_http_4_statuses_of_a_server() {
    let service = Service::default();
    let head = |method| RequestHead::new(method, "/").header("Content-Type", b"text/xml");
    let refused = service.receive(head("PUT")).unwrap_err();
    assert_eq!(
        (refused.status, refused.headers.value("Allow")),
        (405, Some("POST")),
        "SOAP11-HTTP-4: another method"
    );
    let json = RequestHead::new("POST", "/").header("Content-Type", b"application/json");
    assert_eq!(
        service.receive(json).unwrap_err().status,
        415,
        "SOAP11-HTTP-4: another type"
    );
    let long = head("POST").header("Content-Length", b"99999999999");
    assert_eq!(service.receive(long).unwrap_err().status, 413);

    let status = |message: &str| {
        let mut receiving = service.receive(head("POST")).unwrap();
        receiving.handle_body(message.as_bytes()).unwrap();
        receiving
            .finish(|_, decoder| decoder.element())
            .map_err(|refused| refused.status)
    };
    assert_eq!(status("hello").unwrap_err(), 400);
    assert_eq!(status("<a").unwrap_err(), 400, "SOAP11-HTTP-4: no XML");
    assert_eq!(status("<a/>").unwrap_err(), 500, "SOAP11-HTTP-4: a fault");
    assert_eq!(status(&envelope11("<e:Body/>")).unwrap_err(), 500);
    assert!(status(&envelope11("<e:Body><a/></e:Body>")).is_ok());
    assert_eq!(
        service.answer(SoapVersion::V11, |_| {}).status,
        200,
        "SOAP11-HTTP-4: a result"
    );
    for code in [FaultCode::Sender, FaultCode::Receiver] {
        let fault = Fault::new(code, "x");
        assert_eq!(
            service.fault(SoapVersion::V11, &fault).status,
            500,
            "SOAP11-HTTP-4: every fault"
        );
    }
    let accepted = service.accepted();
    assert_eq!(
        (accepted.status, accepted.body.len()),
        (202, 0),
        "SOAP11-HTTP-4: one way"
    );
}

#[test]
fn soap11_flt_4_the_detail_is_there_when_the_body_is_at_fault() {
    let service = Service::default();
    let refused = |message: &str| {
        let head = RequestHead::new("POST", "/").header("Content-Type", b"text/xml");
        let mut receiving = service.receive(head).unwrap();
        receiving.handle_body(message.as_bytes()).unwrap();
        let result = receiving.finish(|_, decoder| Err::<(), _>(decoder.missing("userid")));
        text(&result.unwrap_err()).to_owned()
    };
    assert!(
        refused(&envelope11("<e:Body><a/></e:Body>")).contains("<detail/>"),
        "SOAP11-FLT-4: about the body"
    );
    let header =
        "<e:Header><x:a xmlns:x='urn:x' e:mustUnderstand='1'/></e:Header><e:Body><a/></e:Body>";
    assert!(
        !refused(&envelope11(header)).contains("detail"),
        "SOAP11-FLT-4, SOAP11-HDR-5: about a header"
    );
}

#[test]
fn soap11_http_5_pages_are_typed_refusals_with_a_bounded_excerpt() {
    for (status, kind) in [
        (401, RefusalKind::Unauthorized),
        (403, RefusalKind::Forbidden),
        (404, RefusalKind::NotFound),
        (500, RefusalKind::Other),
        (503, RefusalKind::Throttled),
        (599, RefusalKind::UnknownVersion),
    ] {
        let refusal = refusal(call(status, "text/html", b"<html>no &nbsp;</html>").unwrap_err());
        assert_eq!(
            (refusal.status, refusal.kind()),
            (status, kind),
            "SOAP11-HTTP-5"
        );
        assert_eq!(refusal.excerpt, "<html>no &nbsp;</html>");
    }
    let huge = vec![b'x'; 10_000_000];
    assert_eq!(
        refusal(call(404, "text/html", &huge).unwrap_err())
            .excerpt
            .len(),
        MAX_EXCERPT,
        "SOAP11-HTTP-5: bounded"
    );
    assert_eq!(
        refusal(call(200, "text/html", b"<html/>").unwrap_err()).kind(),
        RefusalKind::NotSoap
    );
}

#[test]
fn soap11_http_5_a_fault_counts_with_any_status() {
    let body = golden("fault.5007.xml");
    for status in [200, 400, 403, 500] {
        let error = call(status, "text/xml", body.as_bytes()).unwrap_err();
        let CallError::Fault {
            status: seen,
            fault,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(seen, status, "SOAP11-HTTP-5");
        assert!(fault.reason().ends_with("was not found"));
    }
    // An error status whose XML is no fault says no more than its status.
    let no_fault = envelope11("<e:Body><a/></e:Body>");
    for body in [no_fault.as_str(), "<broken"] {
        assert_eq!(
            refusal(call(500, "text/xml", body.as_bytes()).unwrap_err()).status,
            500
        );
    }
}

#[test]
fn soap11_http_6_redirects_are_not_followed() {
    for status in [301, 302, 303, 307] {
        let refusal = refusal(call(status, "text/html", b"").unwrap_err());
        assert_eq!(refusal.kind(), RefusalKind::Redirected, "SOAP11-HTTP-6");
    }
}

#[test]
fn an_answer_over_the_limit_is_refused_before_and_while_it_comes() {
    let codec = EnvelopeCodec::default().with_limits(Limits::default().with_document(100));
    let head = ResponseHead::new(200).header("Content-Length", b"101");
    let error = Incoming::new(codec.clone(), head).unwrap_err();
    assert_eq!(error, CallError::TooLong { max: 100 });
    let mut incoming = Incoming::new(codec, ResponseHead::new(200)).unwrap();
    assert_eq!(incoming.handle_body(&[b' '; 100]), Ok(()));
    assert_eq!(
        incoming.handle_body(b" "),
        Err(CallError::TooLong { max: 100 }),
        "SOAP11-LIM-1: bytes"
    );
}

#[test]
fn throttling_says_how_long_to_wait() {
    let head = ResponseHead::new(503).header("Retry-After", b"120");
    let incoming = Incoming::new(EnvelopeCodec::default(), head).unwrap();
    let error = incoming.finish(|_, decoder| decoder.element()).unwrap_err();
    assert_eq!(refusal(error).retry_after, Some(120));
}

fn axl_server(head: RequestHead) -> Result<soap_axl::axl::Incoming, HttpResponse> {
    Server::new(ServerConfig::default().with_realm("a \"b\" c")).receive(head)
}

#[test]
fn axl_without_credentials_is_401_with_a_basic_challenge() {
    for head in [
        RequestHead::new("POST", "/axl/"),
        RequestHead::new("POST", "/axl/").header("Authorization", b"Bearer x"),
        RequestHead::new("GET", "/axl/"),
    ] {
        let refused = axl_server(head).unwrap_err();
        assert_eq!(refused.status, 401, "SOAP11-HTTP-4: before SOAP");
        assert_eq!(
            refused.headers.value("WWW-Authenticate"),
            Some("Basic realm=\"a b c\"")
        );
        assert_eq!(
            refused.headers.value("Content-Type"),
            Some("text/html;charset=UTF-8")
        );
    }
    assert_eq!(
        axl_server(RequestHead::new("POST", "/other/"))
            .unwrap_err()
            .status,
        404
    );
}

#[test]
fn axl_probe_is_a_get_with_credentials() {
    let credentials = Credentials::new("reader", "secret").unwrap();
    let config = ClientConfig::new(Version::V14_0).with_credentials(credentials);
    let probe = Client::new(config).probe();
    let mut head = RequestHead::new(probe.method, &probe.path);
    for (name, value) in probe.headers.iter() {
        head = head.header(name, value.as_bytes());
    }
    let incoming = axl_server(head).unwrap();
    assert!(incoming.is_probe());
    assert_eq!(incoming.credentials().user(), "reader");
    assert_eq!(incoming.finish(|_, _| true).unwrap_err().status, 200);
}

#[test]
fn axl_version_that_is_not_served_is_599_by_header_or_namespace() {
    let by_header = serve(axl_head("CUCM:DB ver=9.1 getUser"), &axl("getUser")).unwrap_err();
    let by_namespace = serve(axl_head(""), &axl("getUser").replace("14.0", "16.0")).unwrap_err();
    for refused in [by_header, by_namespace] {
        assert_eq!(refused.status, 599);
        let body = text(&refused);
        assert!(body.contains("Incorrect axl version"), "{body}");
        assert!(body.contains("11.5, 12.0, 12.5, 14.0, 15.0"), "{body}");
        let error = answer(&GetUser::by_userid("1"), 599, "text/html", body).unwrap_err();
        assert_eq!(error.refusal(), Some(RefusalKind::UnknownVersion));
    }
}

#[test]
fn axl_refuses_what_the_role_does_not_allow_with_a_fault_and_403() {
    let finish = |operation: &str, role: Effect| {
        let mut incoming = axl_server(axl_head("")).unwrap();
        incoming.handle_body(axl(operation).as_bytes()).unwrap();
        incoming.finish(|effect, _| role == Effect::Write || effect == Effect::Read)
    };
    assert!(finish("getUser", Effect::Read).is_ok());
    assert!(finish("removeUser", Effect::Write).is_ok());
    let refused = finish("removeUser", Effect::Read).unwrap_err();
    assert_eq!(refused.status, 403);
    let operation = GetUser::by_userid("1");
    let error = answer(&operation, 403, "text/xml", text(&refused)).unwrap_err();
    let AxlCallError::Operation { status, error } = error else {
        panic!("{error:?}")
    };
    assert_eq!((status, error.request.as_str()), (403, "removeUser"));
}

#[test]
fn axl_says_what_is_wrong_with_an_operation() {
    let fault = |body: &str| {
        let refused = serve(axl_head(""), body).unwrap_err();
        assert_eq!(refused.status, 500);
        let error = answer(&GetUser::by_userid("1"), 500, "text/xml", text(&refused)).unwrap_err();
        match error {
            AxlCallError::Operation { error, .. } => error,
            AxlCallError::Call(error) => panic!("{error:?}"),
            other => panic!("{other:?}"),
        }
    };
    let missing = fault(&axl("doAuthenticateUser"));
    assert_eq!(missing.message, "password | pin is missing");
    assert_eq!(missing.request, "doAuthenticateUser");
    let twice = axl("getUser").replace("</userid>", "</userid><uuid>{1}</uuid>");
    assert_eq!(fault(&twice).message, "userid | uuid came twice");
    let foreign = fault(&envelope11("<e:Body><a/></e:Body>"));
    assert_eq!(
        (foreign.code, foreign.request.as_str()),
        (AxlCode::GENERAL, "")
    );
}

#[test]
fn axl_echoes_the_sequence_and_a_client_checks_it() {
    let client = Client::new(ClientConfig::new(Version::V15_0));
    let call = client.call_numbered(&GetUser::by_userid("1"), 7);
    let body = std::str::from_utf8(&call.request.body).unwrap();
    let received = serve(axl_head(""), body).unwrap();
    assert_eq!(received.version(), Version::V15_0);
    let response = received.answer_with(|encoder| encoder.text_element("other", ""));
    assert!(text(&response).contains(
        "<ns:getUserResponse xmlns:ns=\"http://www.cisco.com/AXL/API/15.0\" sequence=\"7\">"
    ));
    let wrong = text(&response).replace("sequence=\"7\"", "sequence=\"8\"");
    let mut reply = call.pending.receive(ResponseHead::new(200)).unwrap();
    reply.handle_body(wrong.as_bytes()).unwrap();
    assert!(matches!(
        reply.finish(),
        Err(AxlCallError::Call(CallError::Decode(_)))
    ));
}

#[test]
fn axl_operations_without_a_type_travel_as_trees() {
    let operation = Dynamic::new("addSipProfile")
        .with(Element::new("", "css").with_child(Element::new("", "name").with_text("Inside")));
    let call = Client::new(ClientConfig::new(Version::V14_0)).call_dynamic(&operation);
    let body = std::str::from_utf8(&call.request.body).unwrap();
    let received = serve(axl_head("CUCM:DB ver=14.0 addSipProfile"), body).unwrap();
    assert_eq!(received.request(), &Request::Other(operation));

    let result = Dynamic::new("").with(Element::new("", "css"));
    let response = received.answer(&result);
    let mut reply = call.pending.receive(ResponseHead::new(200)).unwrap();
    reply.handle_body(&response.body).unwrap();
    let answer = reply.finish().unwrap();
    assert_eq!(answer.returned().unwrap().children().count(), 1);
    // What came whole goes on whole.
    assert_eq!(received.answer_inside(&answer).body, response.body);
}

/// What a client reads of an answer to an operation that has no type; `inside` is what AXL 14.0 has in it.
fn read_dynamic(operation: &str, inside: &str) -> Dynamic {
    let body = envelope11(&format!(
        "<e:Body><ns:{operation}Response xmlns:ns=\"http://www.cisco.com/AXL/API/14.0\" \
         sequence=\"1\">{inside}</ns:{operation}Response></e:Body>"
    ));
    let call =
        Client::new(ClientConfig::new(Version::V14_0)).call_dynamic(&Dynamic::new(operation));
    let mut reply = call.pending.receive(ResponseHead::new(200)).unwrap();
    reply.handle_body(body.as_bytes()).unwrap();
    reply.finish().unwrap()
}

#[test]
fn axl_answers_without_a_type_are_had_whole_wherever_they_say_it() {
    let key = "{0D5C1A3B-7E1F-4A55-9C3E-2F6B8A0D1E42}";
    let answer = read_dynamic("addSipProfile", &format!("<return>{key}</return>"));
    assert_eq!(answer.returned().unwrap().text(), key);

    let answer = read_dynamic("updateSyslogConfiguration", "<message>done</message>");
    assert_eq!(answer.returned(), None);
    assert_eq!(answer.child("message").unwrap().text(), "done");

    let answer = read_dynamic(
        "getSmartLicenseStatus",
        "<return>success</return>\
         <LicenseDetails><SmartLicensing>ENABLED</SmartLicensing></LicenseDetails>",
    );
    assert_eq!(answer.returned().unwrap().text(), "success");
    let details = answer.child("LicenseDetails").unwrap();
    assert_eq!(
        details.child("", "SmartLicensing").unwrap().text(),
        "ENABLED"
    );
    assert_eq!((answer.name.as_str(), &*answer.attributes), ("", &[][..]));
}

#[test]
fn axl_cookies_are_sent_back_beside_the_credentials() {
    let credentials = Credentials::new("reader", "secret").unwrap();
    let config = ClientConfig::new(Version::V14_0).with_credentials(credentials);
    let mut client = Client::new(config);
    client.remember(
        &ResponseHead::new(200)
            .header("Set-Cookie", b"JSESSIONIDSSO=abc; Path=/; Secure; HttpOnly")
            .header("Set-Cookie", b"JSESSIONID=def"),
    );
    client.remember(&ResponseHead::new(200).header("Set-Cookie", b"JSESSIONIDSSO=xyz"));
    let headers = client.call(&GetUser::by_userid("1")).request.headers;
    assert_eq!(
        headers.value("Cookie"),
        Some("JSESSIONID=def; JSESSIONIDSSO=xyz")
    );
    assert_eq!(
        headers.value("Authorization"),
        Some("Basic cmVhZGVyOnNlY3JldA==")
    );
    let printed = format!("{client:?} {headers:?}");
    assert!(
        !printed.contains("xyz") && !printed.contains("secret"),
        "{printed}"
    );
}

#[test]
fn axl_too_large_results_name_both_numbers() {
    let error = AxlError::new(
        AxlCode::GENERAL,
        "Query request too large. Total rows matched: 12345 rows. \
         Suggestive Row Fetch: less than 678 rows",
    );
    let numbers = TooLarge {
        matched: 12345,
        suggested: 678,
    };
    assert_eq!(error.too_large(), Some(numbers));
    assert_eq!(AxlError::query_too_large(12345, 678), error);
    assert_eq!(AxlError::not_found("Phone").too_large(), None);
}
