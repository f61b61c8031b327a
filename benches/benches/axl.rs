//! Answers of AXL beside a bare quick-xml walk and roxmltree over the same bytes.

use benches::axl::{add_phone, list_phone, phones, pulled, rows, typed};
use benches::{Comparison, quick_xml_walk};
use soap_axl::axl::{Client, ClientConfig, ExecuteSqlQuery, Operation, Version};
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
    let operation = add_phone();
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

fn roxmltree_nodes(answer: &str) -> usize {
    let tree = roxmltree::Document::parse(answer).unwrap_or_else(|error| panic!("{error}"));
    tree.descendants().count()
}
