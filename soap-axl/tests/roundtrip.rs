//! Values survive writing and reading, at both ends of a call.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;

use common::{axl_head, serve};
use proptest::{collection::vec, option, prelude::*};
use soap_axl::{
    ResponseHead,
    axl::{
        Client, ClientConfig, Content, DeviceProtocol, DoAuthenticateUser, ExecuteSqlQuery,
        ExecuteSqlQueryReply, ForeignKey, GetPhone, GetPhoneReply, GetUser, ListUser,
        ListUserReply, Operation, Phone, PhoneLine, PhoneLines, Presence, PrimaryExtension,
        Product, Request, Row, Tags, User, UserCriteria, UserKey, Uuid, Version,
    },
    xml::Element,
};

/// Any text that XML can hold, with much of what needs care.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        "[<>&\"'\\]\t\r\n ]{0,8}",
        "\\PC{0,8}".prop_map(|text: String| text.replace(['\u{fffe}', '\u{ffff}'], "?")),
    ]
}

fn presence<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Presence<T>>
where
    Presence<T>: Clone + std::fmt::Debug,
{
    option::of(option::of(value)).prop_map(|value| match value {
        None => Presence::Absent,
        Some(None) => Presence::Nil,
        Some(Some(value)) => Presence::Value(value),
    })
}

fn uuid() -> impl Strategy<Value = Uuid> {
    "[!-~]{1,38}".prop_map(Uuid::new)
}

fn foreign_key() -> impl Strategy<Value = ForeignKey> {
    (text(), option::of(uuid())).prop_map(|(name, uuid)| ForeignKey { name, uuid })
}

fn element() -> impl Strategy<Value = Element> {
    let leaf = ("[a-z]{1,8}", text()).prop_map(|(name, text)| {
        Element::new("", format!("x{name}"))
            .with_attr("a", text.clone())
            .with_text(text)
    });
    leaf.prop_recursive(3, 12, 4, |inner| {
        ("[a-z]{1,8}", vec(inner, 0..4)).prop_map(|(name, children)| {
            children.into_iter().fold(
                Element::new("urn:x", format!("x{name}")),
                Element::with_child,
            )
        })
    })
}

prop_compose! {
    fn user()(
        uuid in option::of(uuid()),
        first_name in presence(text()),
        userid in presence(text()),
        enable_cti in presence(any::<bool>()),
        presence_group_name in presence(foreign_key()),
        extension in option::of(presence(text())),
        other in vec(element(), 0..3),
    ) -> User {
        let primary_extension = extension
            .map(|pattern| PrimaryExtension { pattern, ..Default::default() })
            .into();
        User {
            uuid, first_name, userid, enable_cti, presence_group_name, primary_extension, other,
            ..Default::default()
        }
    }
}

prop_compose! {
    fn phone()(
        ctiid in option::of(any::<u64>()),
        name in presence(text()),
        product in presence(text().prop_map(Product::new)),
        vendor in option::of(vec(element(), 0..4)),
        lines in vec((presence(text()), option::of(any::<u64>())), 0..4),
        device_pool_name in presence(foreign_key()),
    ) -> Phone {
        let line = |(label, ctiid)| PhoneLine { label, ctiid, ..Default::default() };
        let lines: Vec<_> = lines.into_iter().map(line).collect();
        Phone {
            ctiid, name, product, device_pool_name,
            protocol: DeviceProtocol::SIP.into(),
            vendor_config: vendor.map(|children| {
                children.into_iter().fold(Element::new("", "vendorConfig"), Element::with_child)
            }),
            lines: PhoneLines { lines, ..Default::default() }.into(),
            ..Default::default()
        }
    }
}

/// Sends an operation through client and server, and a reply back.
fn round_trip<O>(operation: &O, reply: &O::Reply) -> (Request, O::Reply)
where
    O: Operation,
{
    let call = Client::new(ClientConfig::new(Version::V14_0)).call_numbered(operation, 3);
    let body = std::str::from_utf8(&call.request.body).unwrap();
    let received = serve(axl_head(""), body).unwrap();
    let response = received.answer(reply);
    let mut incoming = call
        .pending
        .receive(ResponseHead::new(response.status))
        .unwrap();
    incoming.handle_body(&response.body).unwrap();
    (received.request().clone(), incoming.finish().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn users(users in vec(user(), 0..4), pattern in option::of(text()), names in vec("[a-z]{1,6}", 0..4)) {
        let operation = ListUser {
            criteria: UserCriteria { userid: pattern, ..Default::default() },
            returned_tags: Tags::of(names.iter().map(String::as_str)),
            skip: Some(1),
            first: None,
            other: Vec::new(),
        };
        let reply = ListUserReply { users, other: Vec::new() };
        let (request, answer) = round_trip(&operation, &reply);
        prop_assert_eq!(request, Request::ListUser(operation));
        prop_assert_eq!(answer, reply);
    }

    #[test]
    fn phones(phone in phone(), name in text()) {
        let operation = GetPhone::by_name(name);
        let reply = GetPhoneReply { phone, other: Vec::new() };
        let (request, answer) = round_trip(&operation, &reply);
        prop_assert_eq!(request, Request::GetPhone(operation));
        prop_assert_eq!(answer, reply);
    }

    #[test]
    fn rows(rows in vec(vec(("[a-z][a-z0-9_]{0,8}", text()), 0..4), 0..4), sql in text()) {
        let operation = ExecuteSqlQuery::new(sql);
        let row = |columns: Vec<(String, String)>| {
            columns.into_iter().fold(Row::new(), |row, (name, value)| row.with(name, value))
        };
        let reply = ExecuteSqlQueryReply {
            rows: rows.into_iter().map(row).collect(),
            other: Vec::new(),
        };
        let (request, answer) = round_trip(&operation, &reply);
        prop_assert_eq!(request, Request::ExecuteSqlQuery(operation));
        prop_assert_eq!(answer, reply);
    }

    #[test]
    fn passwords_and_keys(userid in text(), password in text(), uuid in uuid()) {
        let operation = DoAuthenticateUser::password(userid, password);
        let call = Client::new(ClientConfig::new(Version::V11_5)).call(&operation);
        let received = serve(axl_head(""), std::str::from_utf8(&call.request.body).unwrap());
        let received = received.unwrap();
        prop_assert_eq!(received.request(), &Request::DoAuthenticateUser(operation));
        let operation = GetUser { key: UserKey::Uuid(uuid), ..GetUser::by_userid("") };
        let call = Client::new(ClientConfig::new(Version::V11_5)).call(&operation);
        let received = serve(axl_head(""), std::str::from_utf8(&call.request.body).unwrap());
        let received = received.unwrap();
        prop_assert_eq!(received.request(), &Request::GetUser(operation));
    }

    #[test]
    fn a_mask_takes_away_and_adds_nothing(user in user(), names in vec("firstName|userid|enableCti|primaryExtension|x[a-z]", 0..4)) {
        let tags = Tags::of(names.iter().map(String::as_str));
        let mut masked = user.clone();
        masked.mask(&tags);
        prop_assert_eq!(&masked.uuid, &user.uuid);
        let expected = if tags.wants("firstName") { user.first_name.clone() } else { Presence::Absent };
        prop_assert_eq!(&masked.first_name, &expected);
        prop_assert!(masked.other.iter().all(|element| tags.wants(element.local())));
        let once = masked.clone();
        masked.mask(&tags);
        prop_assert_eq!(masked, once);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        let body = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert!(serve(axl_head(""), &body).is_err());
    }
}
