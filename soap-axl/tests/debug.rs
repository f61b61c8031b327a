//! What `Debug` prints: everything that people look for, and no text that may be secret.

mod common;

use common::{axl_head, envelope11, serve};
use soap_axl::{
    Fault, FaultCode, HeaderBlock, ResponseHead, Role, Service, Tree,
    axl::{AddUser, Call, Client, ClientConfig, Dynamic, Phone, Presence, User, Version},
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
    let printed = format!("{fault:?} {block:?} {tree:?} {:?}", tree.root());
    assert!(!printed.contains(SECRET), "{printed}");
    assert!(printed.contains("<Security plain>[<pin>]"), "{printed}");
}
