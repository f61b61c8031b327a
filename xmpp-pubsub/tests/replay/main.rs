//! The examples of XEP-0060 against the service: each request succeeds, each response and each event is what the service
//! says, equal as XML but for what `pairs.tsv` lets differ. The examples are no part of this project, see
//! `tests/xep_examples.rs`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "service")]

#[path = "../common/canonical.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod canonical;
#[path = "../common/examples.rs"]
mod examples;
mod requests;
mod scenario;
mod tree;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use canonical::{read, stream_scope};
use scenario::{NOW, START, Scenario, jid, node};
use tree::{Tree, mask};
use wire_xml::{Element, Scope};
use xmpp_pubsub::Jid;
use xmpp_pubsub::pubsub::Item;
use xmpp_pubsub::service::{NewNode, NodeConfig};
use xmpp_pubsub::stanza::{IqContent, Payload, Stanza};

const TABLE: &str = include_str!("pairs.tsv");

pub(crate) struct Examples {
    folder: PathBuf,
}

impl Examples {
    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(format!("{name}.xml"))).unwrap()
    }

    pub(crate) fn element(&self, name: &str) -> Element {
        read(self.text(name).as_bytes(), &stream_scope())
    }

    pub(crate) fn stanza(&self, name: &str) -> Stanza {
        requests::read(&self.text(name))
    }

    /// The tree of an example, which remembers where it is from.
    fn tree(&self, name: &str) -> Tree {
        let mut tree = Tree::new(&self.element(name));
        tree.attributes.insert("file".to_owned(), name.to_owned());
        tree
    }
}

struct Row<'a> {
    example: &'a str,
    what: &'a str,
    request: &'a str,
    scenario: &'a str,
    differs: &'a str,
}

fn rows() -> Vec<(Row<'static>, bool)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [example, what, _, request, scenario, differs, replay, note] = cells[..] else {
            panic!("{line}");
        };
        assert!(
            replay == "yes" || note != "-",
            "{example} is left out without a reason"
        );
        let row = Row {
            example,
            what,
            request,
            scenario,
            differs,
        };
        (row, replay == "yes")
    });
    rows.collect()
}

#[test]
#[allow(clippy::print_stdout, reason = "the counts are part of the result")]
fn the_examples_are_what_the_service_says() {
    let Some(folder) = examples::folder() else {
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "replay: no examples of XEP-0060 here, nothing replayed"
        );
        return;
    };
    let examples = Examples { folder };
    let mut counts = [("request", 0), ("response", 0), ("event", 0)];
    let mut left_out = 0;
    let mut wrong = Vec::new();
    for (row, is_replayed) in rows() {
        if !is_replayed {
            left_out += 1;
            continue;
        }
        let count = counts.iter_mut().find(|(what, _)| *what == row.what);
        count.unwrap().1 += 1;
        if let Err(fault) = replay(&row, &examples) {
            wrong.push(format!("{}: {fault}", row.example));
        }
    }
    let [requests, responses, events] = counts.map(|(_, count)| count);
    println!(
        "replayed: {requests} requests, {responses} responses, {events} events; {left_out} left out"
    );
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        requests + responses + events > 160,
        "fewer than the table had"
    );
}

fn replay(row: &Row<'_>, examples: &Examples) -> Result<(), String> {
    let expected = examples.tree(row.example);
    let mut scenario = scenario::build(row.scenario, &expected, examples);
    if row.example == "ex-214-b" {
        return interests(&mut scenario, examples);
    }
    if row.example == "ex-214-a" {
        return heard(row, &expected, &mut scenario);
    }
    if row.request == "time" {
        let date = expected
            .find("subscription")
            .unwrap()
            .attr("expiry")
            .unwrap();
        let end = wire_xml::text::parse_date_time(date).unwrap() - START;
        let soon = Duration::from_millis(end.unsigned_abs()) - Duration::from_secs(60);
        scenario.service.handle_timeout(soon);
        return heard(row, &expected, &mut scenario);
    }
    let request = match row.what {
        "request" => asked(row.example, &expected, examples, &scenario.address, true),
        _ if row.request.starts_with("ex-") => asked(
            row.request,
            &expected,
            examples,
            &scenario.address,
            row.differs.split(' ').any(|word| word == "to"),
        ),
        _ => requests::made(row.request, &expected, &scenario.address, examples),
    };
    scenario.service.handle_stanza(NOW, &request);
    if row.what == "request" {
        return succeeded(&request, &mut scenario);
    }
    heard(row, &expected, &mut scenario)
}

/// An example as a request. It comes from whom the answer goes to, unless the answer leaves that open.
fn asked(
    name: &str,
    answer: &Tree,
    examples: &Examples,
    address: &str,
    keeps_sender: bool,
) -> Stanza {
    let mut text = examples.text(name);
    for dots in ["...\n", "[ ... ENTRY ... ]"] {
        text = text.replace(dots, "\n");
    }
    if name == "ex-217" {
        // Configuring a node belongs to the namespace of owners.
        text = text.replacen("protocol/pubsub'", "protocol/pubsub#owner'", 1);
    }
    let mut request = requests::read(&text);
    let exchanged = answer.attr("to") == Some(address);
    let known = answer.attr(if exchanged { "from" } else { "to" });
    let known = known.filter(|_| answer.name == "iq" && !keeps_sender);
    let sender = known.map(jid).or_else(|| request.sender().cloned());
    request.set_sender(Some(sender.unwrap_or_else(|| jid(requests::SENDER))));
    if let Stanza::Iq(iq) = &mut request {
        iq.to = Some(jid(address));
        if let Some(id) = answer.attr("id").filter(|_| answer.name == "iq") {
            iq.id = xmpp_pubsub::StanzaId::new(id).unwrap();
        }
    }
    request
}

/// A request gets a result, and a message of an owner's gets nothing.
fn succeeded(request: &Stanza, scenario: &mut Scenario) -> Result<(), String> {
    let mut answers = Vec::new();
    while let Some(stanza) = scenario.service.poll_transmit() {
        if let Stanza::Iq(iq) = &stanza {
            answers.push(matches!(iq.content, IqContent::Result(_)));
        }
    }
    let expected: &[bool] = if matches!(request, Stanza::Iq(_)) {
        &[true]
    } else {
        &[]
    };
    if answers == expected {
        return Ok(());
    }
    Err(format!("results: {answers:?}"))
}

/// One of the things that the service says is the example.
fn heard(row: &Row<'_>, example: &Tree, scenario: &mut Scenario) -> Result<(), String> {
    let mut others = Vec::new();
    while let Some(stanza) = scenario.service.poll_transmit() {
        let mut found = Tree::new(&read(&stanza.to_bytes(), &Scope::new()));
        let mut expected = example.clone();
        expected.attributes.remove("file");
        if expected.name == "message" {
            // Its type is the setting of a node, which the examples leave out.
            found.attributes.remove("type");
            expected.attributes.remove("type");
        }
        mask(row.differs, &mut expected, &mut found);
        if expected == found {
            return Ok(());
        }
        others.push(format!(
            "found\n{}instead of\n{}",
            found.lines(),
            expected.lines()
        ));
    }
    Err(others.join("\n"))
}

/// Who answers with his capabilities gets events of the nodes that he lists there.
fn interests(scenario: &mut Scenario, examples: &Examples) -> Result<(), String> {
    scenario
        .service
        .handle_stanza(NOW, &examples.stanza("ex-213-a"));
    let Some(Stanza::Iq(question)) = scenario.service.poll_transmit() else {
        return Err("nobody asks for capabilities".to_owned());
    };
    let mut answer = examples.stanza("ex-214-b");
    if let Stanza::Iq(iq) = &mut answer {
        iq.id = question.id;
    }
    scenario.service.handle_stanza(NOW, &answer);
    let to = answer.sender().cloned();
    for name in ["activity", "geoloc", "tune", "muc"] {
        let id = node(&format!("http://jabber.org/protocol/{name}"));
        let new = NewNode {
            node: id.clone(),
            config: NodeConfig::default()
                .with_access_model(xmpp_pubsub::service::AccessModel::Presence),
            owner: None,
        };
        scenario.service.create_node(NOW, new).unwrap();
        let payload =
            Payload::parse(b"<any xmlns='urn:any'/>", &wire_xml::Limits::default()).unwrap();
        scenario
            .service
            .publish(NOW, &id, &jid("juliet@capulet.lit"), Item::new(payload))
            .unwrap();
        let event: Option<Jid> = scenario
            .service
            .poll_transmit()
            .and_then(|event| event.recipient().cloned());
        let expected = to.clone().filter(|_| name != "muc");
        if event != expected {
            return Err(format!("{name}: {event:?}"));
        }
    }
    Ok(())
}
