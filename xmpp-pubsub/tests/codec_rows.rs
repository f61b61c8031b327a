//! The requirements of the codec, row by row. The elements are those of the specifications.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use wire_xml::Limits;
use xmpp_pubsub::form::{
    Field, FieldKind, FieldOption, Form, FormKind, IntegerOrMax, MetaData, NodeConfig,
    PublishOptions, SubscribeOptions,
};
use xmpp_pubsub::pubsub::{Child, PubSub};
use xmpp_pubsub::{DecodeError, Jid, Payload, Uri, ns};

#[test]
fn booleans_have_four_spellings() {
    for (text, value) in [("0", false), ("1", true), ("false", false), ("true", true)] {
        let form = submit(
            ns::SUBSCRIBE_OPTIONS,
            &format!("<field var='pubsub#deliver'><value>{text}</value></field>"),
        );
        let options = SubscribeOptions::from_form(&form).unwrap();
        assert_eq!(options.deliver, Some(value), "PS-6.3-05: {text}");
        // An attribute of the same type.
        let retract = format!(
            "<pubsub xmlns='{}'><retract node='n' notify='{text}'><item id='1'/></retract></pubsub>",
            ns::PUBSUB
        );
        let children = PubSub::decode(&payload(&retract)).unwrap().children;
        let [Child::Retract { notify, .. }] = children.as_slice() else {
            panic!("{children:?}");
        };
        assert_eq!(*notify, Some(value), "PS-6.3-05: {text}");
    }
    let form = submit(
        ns::SUBSCRIBE_OPTIONS,
        "<field var='pubsub#deliver'><value>yes</value></field>",
    );
    let invalid = DecodeError::Invalid {
        element: "field",
        field: "pubsub#deliver",
    };
    assert_eq!(
        SubscribeOptions::from_form(&form),
        Err(invalid),
        "PS-6.3-05"
    );
}

#[test]
fn uris_of_nodes_items_and_actions() {
    for (text, action, node, item) in [
        (
            "xmpp:pubsub.shakespeare.lit?;node=princely_musings",
            None,
            Some("princely_musings"),
            None,
        ),
        (
            "xmpp:pubsub.shakespeare.lit?;node=n;item=i",
            None,
            Some("n"),
            Some("i"),
        ),
        (
            "xmpp:pubsub.shakespeare.lit?pubsub;action=subscribe;node=n",
            Some("subscribe"),
            Some("n"),
            None,
        ),
        (
            "xmpp:pubsub.shakespeare.lit?pubsub;action=unsubscribe;node=n",
            Some("unsubscribe"),
            Some("n"),
            None,
        ),
        (
            "xmpp:pubsub.shakespeare.lit?pubsub;action=retrieve;node=n;item=i",
            Some("retrieve"),
            Some("n"),
            Some("i"),
        ),
    ] {
        let uri: Uri = text.parse().unwrap();
        assert_eq!(
            uri.address,
            Jid::new("pubsub.shakespeare.lit").unwrap(),
            "PS-12.22-01: {text}"
        );
        assert_eq!(
            (uri.action(), uri.node(), uri.item()),
            (action, node, item),
            "PS-12.22-01: {text}"
        );
        assert_eq!(uri.to_string(), text, "PS-12.22-01");
    }
}

#[test]
fn a_number_or_the_limit_of_the_service() {
    for (text, value) in [
        ("max", IntegerOrMax::Max),
        ("0", IntegerOrMax::Integer(0)),
        ("604800", IntegerOrMax::Integer(604_800)),
    ] {
        let fields: String = ["children_max", "item_expire", "max_items"]
            .map(|var| format!("<field var='pubsub#{var}'><value>{text}</value></field>"))
            .concat();
        let form = submit(ns::NODE_CONFIG, &fields);
        let config = NodeConfig::from_form(&form).unwrap();
        let found = [config.children_max, config.item_expire, config.max_items];
        assert_eq!(found, [Some(value); 3], "PS-12.23-01: {text}");
        let written = config.to_form(FormKind::Submit);
        let field = written.field("pubsub#item_expire").unwrap();
        assert_eq!(field.values, [text], "PS-12.23-01");
    }
    assert_eq!(
        xmpp_pubsub::Feature::CONFIG_NODE_MAX.as_str(),
        "config-node-max",
        "PS-12.23-01"
    );
}

#[test]
fn the_types_of_forms_and_fields() {
    for (text, kind) in [
        ("form", FormKind::Form),
        ("submit", FormKind::Submit),
        ("cancel", FormKind::Cancel),
        ("result", FormKind::Result),
    ] {
        let source = format!("<x xmlns='jabber:x:data' type='{text}'/>");
        let form = Form::decode(&payload(&source)).unwrap();
        assert_eq!(form.kind, kind, "DF-01");
        let written = format!("<x xmlns=\"jabber:x:data\" type=\"{text}\"/>");
        assert_eq!(
            form.to_payload().as_bytes().as_ref(),
            written.as_bytes(),
            "DF-01"
        );
    }
    assert_eq!(FormKind::ALL.len(), 4, "DF-01: and no other");
    // A listed form takes what it knows; an unknown field does no harm.
    let form = submit(
        ns::NODE_CONFIG,
        "<field var='pubsub#title'><value>t</value></field><field var='urn:unknown'><value>1</value></field>",
    );
    let config = NodeConfig::from_form(&form).unwrap();
    assert_eq!(config.title.as_deref(), Some("t"), "DF-01");
    assert_eq!(
        config.other.len(),
        1,
        "DF-01: kept for publish-options, where it counts"
    );
    let options = submit(
        ns::PUBLISH_OPTIONS,
        "<field var='urn:unknown'><value>1</value></field>",
    );
    assert_eq!(
        PublishOptions::from_form(&options).unwrap().0.other.len(),
        1,
        "DF-01"
    );

    let names = [
        "boolean",
        "fixed",
        "hidden",
        "jid-multi",
        "jid-single",
        "list-multi",
        "list-single",
        "text-multi",
        "text-private",
        "text-single",
    ];
    assert_eq!(
        FieldKind::ALL
            .iter()
            .map(|kind| kind.as_str())
            .collect::<Vec<_>>(),
        names,
        "DF-02"
    );
    let fields: String = names
        .map(|name| format!("<field var='{name}' type='{name}'/>"))
        .concat();
    let form = read(
        "form",
        &format!("{fields}<field var='a' type='colour'/><field var='b'/>"),
    );
    let kinds: Vec<_> = form
        .fields
        .iter()
        .map(|field| field.kind_in(form.kind))
        .collect();
    let known = FieldKind::ALL.iter().copied().map(Some);
    let expected: Vec<_> = known.chain([Some(FieldKind::TextSingle); 2]).collect();
    assert_eq!(
        kinds, expected,
        "DF-02: unknown and missing types are text-single"
    );
    let form = submit(ns::NODE_CONFIG, "<field var='b'/>");
    assert_eq!(
        form.fields[1].kind_in(form.kind),
        None,
        "DF-02: a submit has none"
    );
}

#[test]
fn how_many_values_and_options_a_field_has() {
    let many = [
        FieldKind::Hidden,
        FieldKind::JidMulti,
        FieldKind::ListMulti,
        FieldKind::TextMulti,
    ];
    let lists = [FieldKind::ListMulti, FieldKind::ListSingle];
    for &kind in FieldKind::ALL {
        let mut form = read("form", "");
        let values = ["a.b", "c.d"].map(str::to_owned).to_vec();
        form.fields.push(Field::new("f", Some(kind), values));
        assert_eq!(form.check().is_ok(), many.contains(&kind), "DF-03: {kind}");
        form.fields[0].values.truncate(1);
        assert_eq!(form.check(), Ok(()), "DF-03: {kind}");
        form.fields[0].options = vec![FieldOption::new("1"), FieldOption::new("2")];
        assert_eq!(form.check().is_ok(), lists.contains(&kind), "DF-04: {kind}");
        form.fields[0].options.clear();
        form.fields[0].var = None;
        assert_eq!(
            form.check().is_ok(),
            kind == FieldKind::Fixed,
            "DF-04: {kind}"
        );
    }
    // A typed field with one value refuses two, whatever the form says of its type.
    let two = "<field var='pubsub#max_items'><value>1</value><value>2</value></field>";
    let invalid = DecodeError::Invalid {
        element: "field",
        field: "pubsub#max_items",
    };
    assert_eq!(
        NodeConfig::from_form(&submit(ns::NODE_CONFIG, two)),
        Err(invalid),
        "DF-03"
    );
    let option = "<field var='l' type='list-single'><option label='L'><value>1</value><value>2</value></option></field>";
    let form = read("form", option);
    assert_eq!(
        form.fields[0].options[0].value, "1",
        "DF-04: one value each"
    );
}

#[test]
fn values_of_many_addresses_and_lines() {
    let addresses =
        "<field var='pubsub#owner'><value>a@b</value><value>A@B</value><value>c@d</value></field>";
    let form = submit(ns::META_DATA, addresses);
    let owners = MetaData::from_form(&form).unwrap().owner.unwrap();
    let expected = ["a@b", "c@d"].map(|text| Jid::new(text).unwrap());
    assert_eq!(owners, expected, "DF-05: one address twice is one");
    let lines = Field::lines("t", "one\ntwo\n\nthree");
    assert_eq!(lines.values, ["one", "two", "", "three"], "DF-05");
    let form = read(
        "form",
        "<field var='t' type='text-multi'><value>one</value><value>two</value></field>",
    );
    assert_eq!(form.fields[0].values, ["one", "two"], "DF-05");
}

#[test]
fn tables_of_results() {
    let source = "<x xmlns=\"jabber:x:data\" type=\"result\"><reported><field var=\"a\" type=\"text-single\" label=\"A\"/></reported>\
                  <item><field var=\"a\"><value>1</value></field></item><item><field var=\"a\"><value>2</value></field></item></x>";
    let form = Form::decode(&payload(source)).unwrap();
    let table = form.table.as_ref().unwrap();
    assert_eq!(
        table.reported.as_ref().unwrap().fields[0].label.as_deref(),
        Some("A"),
        "DF-06"
    );
    let values: Vec<_> = table
        .items
        .iter()
        .map(|row| row.fields[0].value())
        .collect();
    assert_eq!(values, [Some("1"), Some("2")], "DF-06");
    assert_eq!(
        form.to_payload().as_bytes().as_ref(),
        source.as_bytes(),
        "DF-06"
    );
}

#[test]
fn anchors_of_pages_are_opaque() {
    for anchor in ["stpeter@jabber.org", " 0 ", "<&>", "ä\u{10000}"] {
        let escaped = anchor
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let source = format!(
            "<pubsub xmlns='{}'><items node='n'/><set xmlns='{}'><first index='0'>{escaped}</first><last>{escaped}</last></set></pubsub>",
            ns::PUBSUB,
            ns::RSM
        );
        let children = PubSub::decode(&payload(&source)).unwrap().children;
        let [_, Child::Set(page)] = children.as_slice() else {
            panic!("{children:?}");
        };
        assert_eq!(page.last.as_deref(), Some(anchor), "RS-04");
        let next = xmpp_pubsub::rsm::Set {
            after: page.last.clone(),
            ..Default::default()
        };
        let request = PubSub::new(Child::Set(next)).to_payload();
        let written = format!("<after>{escaped}</after>");
        let text = String::from_utf8_lossy(request.as_bytes()).into_owned();
        assert!(text.contains(&written), "RS-04: {text}");
    }
}

fn submit(form_type: &str, fields: &str) -> Form {
    let form_type =
        format!("<field var='FORM_TYPE' type='hidden'><value>{form_type}</value></field>");
    read("submit", &(form_type + fields))
}

fn read(kind: &str, fields: &str) -> Form {
    let source = format!("<x xmlns='jabber:x:data' type='{kind}'>{fields}</x>");
    Form::decode(&payload(&source)).unwrap()
}

fn payload(source: &str) -> Payload {
    Payload::parse(source.as_bytes(), &Limits::default()).unwrap()
}
