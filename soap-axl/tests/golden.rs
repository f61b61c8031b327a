//! Messages written down by hand, to value and back.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;

use common::{answer, axl_head, golden, serve, text};
use soap_axl::{
    Body, CallError, EnvelopeCodec, Fault, FaultCode, Reason, Secret, SoapVersion,
    axl::{
        AxlCallError, AxlCode, Blame, Client, ClientConfig, Dirn, DoAuthenticateUser,
        DoAuthenticateUserReply, ExecuteSqlQuery, ExecuteSqlQueryReply, ForeignKey, GetPhone,
        GetPhoneReply, ListPhone, ListPhoneReply, Phone, PhoneCriteria, PhoneLine, PhoneLines,
        Presence, Product, Request, Row, Tags, UserSecret, Uuid, Version,
    },
    xml::{Element, Name},
};

const XML: &str = "text/xml;charset=UTF-8";

#[test]
fn do_authenticate_user_request() {
    let operation = DoAuthenticateUser::password("1001001", "a<b&c");
    let expected = golden("doAuthenticateUser.request.xml");

    let call = Client::new(ClientConfig::new(Version::V14_0)).call(&operation);
    assert_eq!(call.request.body, expected);
    assert_eq!(call.request.method, "POST");
    assert_eq!(call.request.path, "/axl/");
    let headers: Vec<_> = call.request.headers.iter().collect();
    assert_eq!(
        headers,
        [
            ("Content-Type", "text/xml;charset=UTF-8"),
            ("Accept", "text/xml"),
            ("SOAPAction", "\"CUCM:DB ver=14.0 doAuthenticateUser\""),
        ]
    );

    let received = serve(axl_head(""), &expected).unwrap();
    let Request::DoAuthenticateUser(read) = received.request() else {
        panic!("{:?}", received.request());
    };
    assert_eq!(read, &operation);
    assert_eq!(read.secret, UserSecret::Password(Secret::new("a<b&c")));
    let printed = format!("{received:?}");
    assert!(
        !printed.contains("a<b") && !printed.contains("a&lt;b"),
        "{printed}"
    );
}

#[test]
fn do_authenticate_user_response() {
    let reply = DoAuthenticateUserReply {
        user_authenticated: false,
        code: 1,
        days_to_expiry: Some(90),
        is_warning_needed: Some(false),
        other: Vec::new(),
    };
    let expected = golden("doAuthenticateUser.response.xml");
    let received = serve(axl_head(""), &golden("doAuthenticateUser.request.xml")).unwrap();
    let response = received.answer(&reply);
    assert_eq!(text(&response), expected);
    assert_eq!(response.status, 200);
    assert_eq!(response.headers.value("content-type"), Some(XML));

    let operation = DoAuthenticateUser::password("1001001", "x");
    assert_eq!(answer(&operation, 200, XML, &expected).unwrap(), reply);
}

#[test]
fn list_phone_request_with_a_nested_mask() {
    let line = Tags::of([]).with_inner("line", Tags::of(["index"]));
    let operation = ListPhone {
        criteria: PhoneCriteria {
            name: Some("SEP%".to_owned()),
            device_pool_name: Some("Default".to_owned()),
            ..Default::default()
        },
        returned_tags: Tags::of(["name"]).with_inner("lines", line),
        skip: Some(0),
        first: Some(1000),
        other: Vec::new(),
    };
    let expected = golden("listPhone.request.xml");
    let call = Client::new(ClientConfig::new(Version::V12_5)).call_numbered(&operation, u64::MAX);
    assert_eq!(call.request.body, expected);

    let received = serve(axl_head(""), &expected).unwrap();
    assert_eq!(received.version(), Version::V12_5);
    assert_eq!(received.request(), &Request::ListPhone(operation));
}

fn phone() -> Phone {
    let uuid = |first: char| Uuid::new(format!("{{{first}B1B9EB6-7803-11D3-BDF0-00108302EAD1}}"));
    let vendor_config = Element::new("", "vendorConfig")
        .with_child(Element::new("", "webAccess").with_text("0"))
        .with_child(
            Element::new("", "sshAccess")
                .with_attr("a", "1")
                .with_text("t"),
        );
    let line = PhoneLine {
        ctiid: Some(9),
        uuid: Some(uuid('2')),
        index: "1".into(),
        dirn: Presence::Value(Dirn {
            uuid: Some(uuid('3')),
            pattern: "1001001".into(),
            route_partition_name: ForeignKey::default().into(),
            other: Vec::new(),
        }),
        ..Default::default()
    };
    Phone {
        ctiid: Some(42),
        uuid: Some(Uuid::new("{0D5C1A3B-7E1F-4A55-9C3E-2F6B8A0D1E42}")),
        name: "SEP001122334455".into(),
        description: "".into(),
        product: Product::CISCO_8841.into(),
        protocol: soap_axl::axl::DeviceProtocol::SIP.into(),
        device_pool_name: ForeignKey::new("Default", uuid('1')).into(),
        vendor_config: Some(vendor_config),
        lines: PhoneLines {
            lines: vec![line],
            ..Default::default()
        }
        .into(),
        primary_phone_name: Presence::Nil,
        allow_cti_control_flag: true.into(),
        other: vec![Element::new("", "addedByAServiceUpdate").with_text("1")],
        ..Default::default()
    }
}

#[test]
fn get_phone_response_keeps_absent_nil_empty_and_unknown_apart() {
    let reply = GetPhoneReply {
        phone: phone(),
        other: Vec::new(),
    };
    let expected = golden("getPhone.response.xml");
    let read = answer(&GetPhone::by_name("SEP001122334455"), 200, XML, &expected).unwrap();
    assert_eq!(read, reply);
    assert!(read.phone.primary_phone_name.is_nil(), "SOAP11-XSI-1: nil");
    assert!(read.phone.model.is_absent(), "SOAP11-XSI-1: absent");
    assert_eq!(
        read.phone.description,
        Presence::Value(String::new()),
        "SOAP11-XSI-1: empty"
    );

    let request = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>\
        <x:getPhone xmlns:x='http://www.cisco.com/AXL/API/14.0' sequence='7'>\
        <name>SEP001122334455</name></x:getPhone></e:Body></e:Envelope>";
    let received = serve(axl_head("CUCM:DB ver=14.0 getPhone"), request).unwrap();
    assert_eq!(text(&received.answer(&reply)), expected);
}

#[test]
fn a_mask_keeps_what_it_names_and_all_attributes() {
    use soap_axl::axl::Content as _;

    let mut masked = phone();
    let line = Tags::of([]).with_inner("line", Tags::of(["index"]));
    masked.mask(&Tags::of(["name", "primaryPhoneName"]).with_inner("lines", line));
    let mut expected = Phone {
        ctiid: phone().ctiid,
        uuid: phone().uuid,
        name: phone().name,
        primary_phone_name: Presence::Nil,
        lines: phone().lines,
        ..Default::default()
    };
    let Presence::Value(lines) = &mut expected.lines else {
        panic!("no lines")
    };
    lines.lines[0].dirn = Presence::Absent;
    assert_eq!(masked, expected);
}

#[test]
fn past_the_end_of_a_list_the_return_is_empty() {
    let reply = ListPhoneReply {
        phones: Vec::new(),
        other: Vec::new(),
    };
    let expected = golden("listPhone.empty.xml");
    let operation = ListPhone {
        criteria: PhoneCriteria::default(),
        returned_tags: Tags::default(),
        skip: None,
        first: None,
        other: Vec::new(),
    };
    assert_eq!(answer(&operation, 200, XML, &expected).unwrap(), reply);
    let request = Client::new(ClientConfig::new(Version::V14_0))
        .call(&operation)
        .request;
    let received = serve(axl_head(""), std::str::from_utf8(&request.body).unwrap()).unwrap();
    assert_eq!(text(&received.answer(&reply)), expected);
}

#[test]
fn execute_sql_query_response() {
    let row = |name: &str, description: Presence<String>, pkid: &str| {
        Row::new()
            .with("name", name)
            .with("description", description)
            .with("pkid", pkid)
    };
    let rows = |null: Presence<String>| {
        vec![
            row(
                "SEP001122334455",
                null,
                "0d5c1a3b-7e1f-4a55-9c3e-2f6b8a0d1e42",
            ),
            row(
                "SEP001122334456",
                "Lobby & gate".into(),
                "0d5c1a3b-7e1f-4a55-9c3e-2f6b8a0d1e43",
            ),
        ]
    };
    let expected = golden("executeSQLQuery.response.xml");
    let operation = ExecuteSqlQuery::new("select name, description, pkid from device");
    let read = answer(&operation, 200, XML, &expected).unwrap();
    assert_eq!(read.rows, rows("".into()));
    assert_eq!(read.rows[1].text("DESCRIPTION"), Some("Lobby & gate"));
    assert_eq!(read.rows[0].text("none"), None);

    let request = Client::new(ClientConfig::new(Version::V14_0))
        .call(&operation)
        .request;
    let received = serve(axl_head(""), std::str::from_utf8(&request.body).unwrap()).unwrap();
    let reply = ExecuteSqlQueryReply {
        rows: rows(Presence::Absent),
        other: Vec::new(),
    };
    assert_eq!(text(&received.answer(&reply)), expected);
}

#[test]
fn fault_of_axl() {
    let expected = golden("fault.5007.xml");
    let error = answer(&GetPhone::by_name("x"), 500, XML, &expected).unwrap_err();
    let AxlCallError::Operation { status, error } = error else {
        panic!("{error:?}")
    };
    assert_eq!(status, 500);
    assert_eq!(error.code, AxlCode::NOT_FOUND);
    assert_eq!(
        error.message,
        "Item not valid: The specified Phone was not found"
    );
    assert_eq!(
        (error.request.as_str(), error.blame),
        ("getPhone", Blame::Server)
    );

    let request = Client::new(ClientConfig::new(Version::V14_0)).call(&GetPhone::by_name("x"));
    let body = std::str::from_utf8(&request.request.body)
        .unwrap()
        .to_owned();
    let received = serve(axl_head(""), &body).unwrap();
    let response = received.fault(&soap_axl::axl::AxlError::not_found("Phone"));
    assert_eq!((response.status, text(&response)), (500, expected.as_str()));
}

#[test]
fn fault_of_release_7_has_other_names_and_another_order() {
    let error = answer(
        &GetPhone::by_name("x"),
        500,
        XML,
        &golden("fault.release7.xml"),
    )
    .unwrap_err();
    let AxlCallError::Operation { error, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (error.code, error.blame),
        (AxlCode::DUPLICATE, Blame::Client)
    );
    assert_eq!(
        (error.message.as_str(), error.request.as_str()),
        ("duplicate value", "addPhone")
    );
}

#[test]
fn fault_without_axl_detail_stays_a_soap_fault() {
    let body = golden("fault.5007.xml").replace("axlError", "other");
    let error = answer(&GetPhone::by_name("x"), 500, XML, &body).unwrap_err();
    let AxlCallError::Call(CallError::Fault { fault, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(fault.code, FaultCode::Receiver);
}

#[test]
fn fault_of_soap_12_with_subcodes_and_languages() {
    let expected = golden("fault.soap12.xml");
    let name = |local: &'static str| Name::new("urn:example:codes", local);
    let reason = |language: &str, text: &str| Reason {
        language: language.to_owned(),
        text: text.to_owned(),
    };
    let mut fault = Fault::new(FaultCode::Sender, "");
    fault.subcodes = vec![name("MessageTimeout"), name("P5M")];
    fault.reasons = vec![
        reason("en", "Sender timed out"),
        reason("de", "Zeit abgelaufen"),
    ];
    fault.role = Some("urn:example:role".to_owned());

    let read = EnvelopeCodec::default()
        .decode_element(expected.as_bytes())
        .unwrap();
    assert_eq!(read.version, SoapVersion::V12);
    let Body::Fault(read) = read.body else {
        panic!("{read:?}")
    };
    assert_eq!(
        read.detail
            .as_ref()
            .unwrap()
            .children()
            .next()
            .unwrap()
            .text(),
        "P5M"
    );
    fault.detail.clone_from(&read.detail);
    assert_eq!(
        read.subcodes,
        [name("MessageTimeout"), name("P5M")],
        "SOAP12-FLT-2: nested"
    );
    let languages: Vec<_> = read
        .reasons
        .iter()
        .map(|reason| &*reason.language)
        .collect();
    assert_eq!(languages, ["en", "de"], "SOAP12-FLT-3: distinct languages");
    assert_eq!(
        read.role.as_deref(),
        Some("urn:example:role"),
        "SOAP12-FLT-4: a role"
    );
    assert_eq!(*read, fault);

    let written = EnvelopeCodec::default().encode_fault(SoapVersion::V12, &fault);
    let read_again = EnvelopeCodec::default().decode_element(&written).unwrap();
    assert_eq!(read_again.body, Body::Fault(Box::new(fault)));
    let written = String::from_utf8(written.to_vec()).unwrap();
    // The detail's own prefix is not kept.
    let (before, _) = expected.split_once("<m:MaxTime").unwrap();
    assert!(
        written.starts_with(before),
        "SOAP12-FLT-1: qualified and in order: {written}"
    );
}

#[test]
fn commands_are_answered_with_a_key_or_true() {
    use soap_axl::axl::{LineKey, NameKey, RemoveLine, RemovePhone, Returned};

    let operation = RemoveLine {
        key: LineKey::Pattern("1001001".to_owned()),
        route_partition_name: Presence::Nil,
        other: Vec::new(),
    };
    let call = Client::new(ClientConfig::new(Version::V14_0)).call(&operation);
    let body = std::str::from_utf8(&call.request.body).unwrap();
    assert!(
        body.contains(
            "<pattern>1001001</pattern><routePartitionName \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>"
        ),
        "{body}"
    );
    let received = serve(axl_head(""), body).unwrap();
    assert_eq!(received.request(), &Request::RemoveLine(operation.clone()));

    let uuid = Uuid::new("0d5c1a3b-7e1f-4a55-9c3e-2f6b8a0d1e42");
    let response = received.answer(&Returned::key(&uuid));
    assert!(
        text(&response).contains("<return>{0D5C1A3B-7E1F-4A55-9C3E-2F6B8A0D1E42}</return>"),
        "{}",
        text(&response)
    );
    let read = answer(&operation, 200, XML, text(&response)).unwrap();
    assert_eq!(read.uuid(), Some(uuid));

    let operation = RemovePhone {
        key: NameKey::Name("x".to_owned()),
        other: Vec::new(),
    };
    let done = golden("listPhone.empty.xml")
        .replace("listPhoneResponse", "removePhoneResponse")
        .replace("<return/>", "<return>true</return>");
    let read = answer(&operation, 200, XML, &done).unwrap();
    assert_eq!((read.clone(), read.uuid()), (Returned::done(), None));
}
