//! What `Debug` prints: everything that people look for, and no text that may be secret.

mod common;

use std::time::Duration;

use common::{axl_head, envelope11, serve};
use soap_axl::{
    EnvelopeCodec, Fault, FaultCode, HeaderBlock, Incoming, ResponseHead, Role, Service, Tree,
    axl::{
        AddUser, Call, ChangedTag, Client, ClientConfig, Dynamic, PageEvent, Pager, PagerConfig,
        Phone, Presence, Row, User, Version,
    },
    xml::{Element, Limits, Profile},
};

const SECRET: &str = "hunter2";

/// An element that holds the secret as text, as an attribute and further inside.
fn secret(name: &'static str) -> Element {
    Element::new("", name)
        .with_attr("plain", SECRET)
        .with_text(SECRET)
        .with_child(Element::new("", "pin").with_text(SECRET))
}

fn client() -> Client {
    Client::new(ClientConfig::new(Version::V14_0))
}

#[test]
fn what_no_table_names_is_printed_by_name_alone() {
    let phone = Phone {
        name: "SEP001122334455".into(),
        vendor_config: Some(secret("vendorConfig")),
        load_information: None,
        description: Presence::Nil,
        other: vec![secret("adminPassword")],
        ..Phone::default()
    };
    assert_eq!(
        format!("{phone:?}"),
        "Phone { name: Value(\"SEP001122334455\"), description: Nil, \
         vendor_config: Some(<vendorConfig plain>[<pin>]), \
         other: [<adminPassword plain>[<pin>]] }"
    );
}

#[test]
fn a_secret_field_is_printed_as_one() {
    let add = AddUser {
        user: User {
            password: Presence::Value(SECRET.into()),
            ..User::default()
        },
        other: Vec::new(),
    };
    let printed = "AddUser { user: User { password: Value(Secret(..)) } }";
    assert_eq!(format!("{add:?}"), printed);
}

#[test]
fn an_operation_as_trees_is_printed_by_name_alone() {
    let dynamic = Dynamic::new("doSomething")
        .with_attribute("token", SECRET)
        .with(secret("password"))
        .with(Element::new("", "userid"));
    assert_eq!(
        format!("{dynamic:?}"),
        "Dynamic { name: \"doSomething\", attributes: [\"token\"], \
         children: [<password plain>[<pin>], <userid>] }"
    );
    let Call { request, pending } = client().call_dynamic(&dynamic);
    assert!(std::str::from_utf8(&request.body).unwrap().contains(SECRET));
    let printed = format!("{request:?} {pending:?}");
    assert!(!printed.contains(SECRET), "{printed}");
    assert!(printed.contains(&format!("body: {} bytes", request.body.len())));
}

#[test]
fn what_a_server_received_is_printed_without_what_may_be_secret() {
    for name in ["doSomething", "updatePhone", "addUser"] {
        let inside = match name {
            "updatePhone" => format!("<name>SEP1</name><newPassword>{SECRET}</newPassword>"),
            "addUser" => format!("<user><password>{SECRET}</password><pin>{SECRET}</pin></user>"),
            _ => format!("<password>{SECRET}</password><pin>{SECRET}</pin>"),
        };
        let space = Version::V14_0.namespace();
        let body = envelope11(&format!(
            "<e:Body><n:{name} xmlns:n=\"{space}\">{inside}</n:{name}></e:Body>"
        ));
        let received = serve(axl_head(""), &body).unwrap();
        let printed = format!("{received:?} {:?}", received.request());
        assert!(!printed.contains(SECRET), "{printed}");
        assert!(printed.to_lowercase().contains("password"), "{printed}");
    }
}

#[test]
fn messages_on_their_way_are_printed_by_length() {
    let mut receiving = Service::default().receive(axl_head("")).unwrap();
    receiving.handle_body(SECRET.as_bytes()).unwrap();
    let printed = format!("{receiving:?}");
    assert!(printed.contains("body: 7 bytes"), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");

    let call = client().call(&soap_axl::axl::GetPhone::by_name("SEP1"));
    let mut reply = call.pending.receive(ResponseHead::new(200)).unwrap();
    reply.handle_body(SECRET.as_bytes()).unwrap();
    let printed = format!("{reply:?}");
    assert!(!printed.contains(SECRET), "{printed}");
    assert!(printed.contains("7 bytes"), "{printed}");
}

#[test]
fn rows_pages_and_changes_are_printed_by_names_and_counts() {
    let row = Row::new().with("pin", Presence::Value(SECRET.to_owned()));
    assert_eq!(format!("{row:?}"), "Row([\"pin\"])");
    let tag = ChangedTag {
        name: "sshPwd".to_owned(),
        value: SECRET.to_owned(),
    };
    assert_eq!(format!("{tag:?}"), "ChangedTag { name: \"sshPwd\", .. }");
    let event = PageEvent::Items(vec![secret("phone"), secret("phone")]);
    assert_eq!(format!("{event:?}"), "Items(2 items)");

    let mut pager = Pager::new(PagerConfig::default(), Dynamic::new("listPhone"));
    pager.poll_transmit().expect("the first page");
    let page = Dynamic::new("").with(Element::new("", "return").with_child(secret("phone")));
    pager.handle_answer(Duration::ZERO, Ok(page));
    let printed = format!("{pager:?}");
    assert!(printed.contains("events: [Items(1 items)]"), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
}

soap_axl::axl_choice! {
    /// A name, or free XML.
    Chosen {
        /// The name.
        Name(String) = "name",
        /// Anything.
        Free(Element) = "vendorConfig",
    }
}

#[test]
fn a_choice_is_printed_as_a_field_is() {
    let free = Chosen::Free(secret("vendorConfig"));
    let printed = "Free(<vendorConfig plain>[<pin>])";
    assert_eq!(format!("{free:?}"), printed);
    assert_eq!(format!("{:?}", Chosen::Name("a".to_owned())), "Name(\"a\")");
}

#[test]
fn a_decoder_is_printed_by_its_place() {
    let body = envelope11(&format!(
        "<e:Body><pin a=\"{SECRET}\">{SECRET}</pin></e:Body>"
    ));
    let head = ResponseHead::new(200).header("Content-Type", b"text/xml");
    let mut incoming = Incoming::new(EnvelopeCodec::default(), head).unwrap();
    incoming.handle_body(body.as_bytes()).unwrap();
    let read = incoming.finish(|_, decoder| {
        let printed = format!("{decoder:?}");
        decoder.skip()?;
        Ok(printed)
    });
    let printed = read.unwrap().body.unwrap();
    assert!(
        printed.starts_with("Decoder { reader: Reader {"),
        "{printed}"
    );
    assert!(printed.contains("elements_left: "), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
}

#[test]
fn faults_and_header_blocks_and_trees_are_printed_by_names() {
    let mut fault = Fault::new(FaultCode::Sender, "wrong");
    fault.detail = Some(secret("detail"));
    let block = HeaderBlock {
        element: secret("Security"),
        must_understand: false,
        role: Role::Next,
        relay: false,
    };
    let tree = Tree::parse(
        format!("<a><pin>{SECRET}</pin></a>"),
        Profile::Soap,
        &Limits::default(),
    )
    .unwrap();
    let inside: Vec<_> = tree
        .elements()
        .flat_map(soap_axl::TreeNode::contents)
        .collect();
    assert!(
        format!("{inside:?}").contains("Text(7 bytes)"),
        "{inside:?}"
    );
    let printed = format!("{fault:?} {block:?} {tree:?} {:?} {inside:?}", tree.root());
    assert!(!printed.contains(SECRET), "{printed}");
    assert!(printed.contains("<Security plain>[<pin>]"), "{printed}");
}
