//! Answers of AXL beside a bare quick-xml walk and roxmltree over the same bytes.

use benches::axl::{phones, rows};
use benches::{Comparison, quick_xml_walk};
use soap_axl::axl::{
    AddPhone, AxlCallError, Client, ClientConfig, DeviceProtocol, Dirn, ExecuteSqlQuery,
    ForeignKey, ListPhone, Operation, Phone, PhoneCriteria, PhoneLine, PhoneLines, Presence,
    Product, Tags, Version,
};
use soap_axl::{ResponseHead, Tree};

const PHONES: usize = 1000;
const ROWS: usize = 10_000;

fn main() {
    let answer = phones(PHONES);
    Comparison::new(format!("listPhone, 1,000 phones, {} bytes", answer.len()))
        .candidate("quick-xml, events and attributes", || {
            quick_xml_walk(answer.as_bytes())
        })
        .candidate("wire-xml, namespaces resolved", || wire_walk(&answer))
        .candidate("roxmltree", || roxmltree_nodes(&answer))
        .candidate("soap-axl, tree", || tree(&list_phone(), answer.as_bytes()))
        .candidate("soap-axl, typed", || {
            let phones = typed(&list_phone(), answer.as_bytes()).phones;
            assert_eq!(phones.len(), PHONES);
            phones
        })
        .run();

    let answer = rows(ROWS);
    Comparison::new(format!(
        "executeSQLQuery, 10,000 rows, {} bytes",
        answer.len()
    ))
    .candidate("quick-xml, events and attributes", || {
        quick_xml_walk(answer.as_bytes())
    })
    .candidate("wire-xml, namespaces resolved", || wire_walk(&answer))
    .candidate("roxmltree", || roxmltree_nodes(&answer))
    .candidate("soap-axl, tree", || {
        tree(&ExecuteSqlQuery::new("select 1"), answer.as_bytes())
    })
    .candidate("soap-axl, rows in pieces of 16 KiB", || {
        let bytes = pulled(&ExecuteSqlQuery::new("select 1"), answer.as_bytes());
        assert!(bytes > 100 * ROWS);
    })
    .candidate("soap-axl, typed", || {
        let rows = typed(&ExecuteSqlQuery::new("select 1"), answer.as_bytes()).rows;
        assert_eq!(rows.len(), ROWS);
        rows
    })
    .run();

    written();
}

/// The request is written whole, HTTP headers and all; the peer writes the events of its body.
fn written() {
    let operation = AddPhone {
        phone: Box::new(phone()),
        other: Vec::new(),
    };
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let body = client.call(&operation).request.body;
    let events = events(&body);
    Comparison::new(format!("addPhone, written, {} bytes", body.len()))
        .candidate("quick-xml, the same events", || {
            let mut writer = quick_xml::Writer::new(Vec::new());
            for event in &events {
                writer
                    .write_event(event.borrow())
                    .unwrap_or_else(|error| panic!("{error}"));
            }
            writer.into_inner()
        })
        .candidate("soap-axl, typed", || client.call(&operation).request)
        .run();
}

fn events(body: &[u8]) -> Vec<quick_xml::events::Event<'static>> {
    let mut reader = quick_xml::Reader::from_reader(body);
    let mut events = Vec::new();
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => return events,
            Ok(event) => events.push(event.into_owned()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A phone with what the schema wants and some more.
fn phone() -> Phone {
    let key = |name: &str| ForeignKey::named(name).into();
    let line = PhoneLine {
        index: "1".into(),
        label: "Desk 1, R&D".into(),
        dirn: Presence::Value(Dirn {
            pattern: "1001001".into(),
            route_partition_name: key("Internal"),
            ..Dirn::default()
        }),
        ..PhoneLine::default()
    };
    Phone {
        name: "SEP001122334455".into(),
        description: "Desk 1, R&D building".into(),
        product: Product::CISCO_8841.into(),
        class: "Phone".into(),
        protocol: DeviceProtocol::SIP.into(),
        protocol_side: "User".into(),
        calling_search_space_name: key("Internal"),
        device_pool_name: key("Default"),
        common_phone_config_name: key("Standard Common Phone Profile"),
        location_name: key("Hub_None"),
        use_trusted_relay_point: "Default".into(),
        security_profile_name: key("Cisco 8841 - Standard SIP Non-Secure Profile"),
        sip_profile_name: key("Standard SIP Profile"),
        lines: PhoneLines {
            lines: vec![line],
            ..PhoneLines::default()
        }
        .into(),
        phone_template_name: key("Standard 8841 SIP"),
        primary_phone_name: Presence::Nil,
        built_in_bridge_status: "On".into(),
        owner_user_name: key("user1"),
        packet_capture_mode: "None".into(),
        allow_cti_control_flag: true.into(),
        certificate_operation: "No Pending Operation".into(),
        device_mobility_mode: "Default".into(),
        ..Phone::default()
    }
}

fn wire_walk(answer: &str) -> usize {
    let limits = wire_xml::Limits::default().with_document(1 << 30);
    let mut reader =
        wire_xml::Reader::document(answer.as_bytes(), wire_xml::Profile::Soap, &limits)
            .unwrap_or_else(|error| panic!("{error}"));
    let mut count = 0;
    loop {
        match reader.next_event() {
            Ok(Some(_)) => count += 1,
            Ok(None) => return count,
            Err(error) => panic!("{error}"),
        }
    }
}

fn list_phone() -> ListPhone {
    ListPhone {
        criteria: PhoneCriteria::default(),
        returned_tags: Tags::of(["name"]),
        skip: None,
        first: None,
        other: Vec::new(),
    }
}

/// What a client makes of the whole answer.
fn typed<O: Operation>(operation: &O, body: &[u8]) -> O::Reply {
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let head = ResponseHead::new(200).header("Content-Type", b"text/xml;charset=UTF-8");
    let reply = client.call(operation).pending.receive(head);
    let answer = reply.and_then(|mut reply| {
        reply.handle_body(body)?;
        reply.finish()
    });
    answer.unwrap_or_else(|error| panic!("{error}"))
}

/// The answer as a tree; a name deep inside is looked up.
fn tree<O: Operation>(operation: &O, body: &[u8]) -> Tree {
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let head = ResponseHead::new(200).header("Content-Type", b"text/xml;charset=UTF-8");
    let reply = client.call(operation).pending.receive(head);
    let answer = reply.and_then(|mut reply| {
        reply.handle_body(body)?;
        reply.finish_tree()
    });
    let tree = answer.unwrap_or_else(|error| panic!("{error}"));
    let first = tree
        .root()
        .child("return")
        .and_then(|list| list.children().next());
    assert!(first.is_some_and(|item| item.child("name").is_some()));
    tree
}

/// The answer in pieces, as a socket gives them, row by row; how many bytes of text it held.
fn pulled<O: Operation>(operation: &O, body: &[u8]) -> usize {
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let head = ResponseHead::new(200).header("Content-Type", b"text/xml;charset=UTF-8");
    let read = || {
        let mut rows = client.call(operation).pending.receive_rows(head);
        let mut bytes = 0;
        for piece in body.chunks(16 * 1024) {
            rows.handle_body(piece)?;
            while let Some(row) = rows.next_row()? {
                bytes += row
                    .children()
                    .map(|column| column.text().len())
                    .sum::<usize>();
            }
        }
        rows.handle_end();
        while let Some(row) = rows.next_row()? {
            bytes += row
                .children()
                .map(|column| column.text().len())
                .sum::<usize>();
        }
        Ok::<usize, AxlCallError>(bytes)
    };
    read().unwrap_or_else(|error| panic!("{error}"))
}

fn roxmltree_nodes(answer: &str) -> usize {
    let tree = roxmltree::Document::parse(answer).unwrap_or_else(|error| panic!("{error}"));
    tree.descendants().count()
}
