//! The examples of XEP-0060, which are no part of this project: read from the folder that the environment variable
//! `XEP0060_EXAMPLES` names, or from one beside the workspace. Each is decoded by the type that the table says, down to
//! fields of forms, encoded again, and must mean the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;
#[path = "common/examples.rs"]
mod examples;
#[path = "common/typed.rs"]
mod typed;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use canonical::{canonical, changed, read, renamed, stream_scope, with_nodes};
use examples::folder;
use wire_xml::{Element, Limits, Node, Scope};
use xmpp_pubsub::stanza::{IqContent, Stanza};
use xmpp_pubsub::{DecodeError, Uri, ns};

#[test]
fn every_example_is_written_as_it_was_read() {
    let Some(folder) = folder() else {
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "xep_examples: no examples of XEP-0060 here, nothing tested"
        );
        return;
    };
    let index = index(&folder);
    let table: BTreeMap<_, _> = TABLE.iter().copied().collect();
    assert_eq!(table.len(), TABLE.len(), "a file is listed twice");
    assert!(
        index.keys().map(String::as_str).eq(table.keys().copied()),
        "the table does not list the files of the index"
    );
    let mut wrong = Vec::new();
    for (name, expected) in table {
        let example = Example::load(&folder, name);
        let found = match example.text.strip_prefix("xmpp:") {
            Some(_) => uri(&example),
            None => stanza(&example, &index[name].kind),
        };
        if found != expected {
            wrong.push(format!("(\"{name}\", \"{found}\"),"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_placeholders_are_those_of_the_index() {
    let Some(folder) = folder() else { return };
    let marked = index(&folder)
        .into_iter()
        .filter(|(_, row)| row.has_placeholder)
        .map(|(name, _)| name);
    let listed = PLACEHOLDERS.iter().map(|(name, _)| (*name).to_owned());
    assert!(marked.eq(listed));
}

/// Errors are what the table of errors says of the example's number.
#[test]
fn the_errors_are_those_of_the_table() {
    let Some(folder) = folder() else { return };
    let mut count = 0;
    for (name, row) in index(&folder) {
        if row.kind != "iq/error" {
            continue;
        }
        let Ok(Stanza::Iq(iq)) = Example::load(&folder, &name).decode() else {
            panic!("{name}");
        };
        let IqContent::Error { error, .. } = iq.content else {
            panic!("{name}");
        };
        let found = [
            error.kind.as_str(),
            error.condition.as_str(),
            error
                .pubsub
                .as_ref()
                .map_or("-", |condition| condition.as_str()),
            error.feature.as_deref().unwrap_or("-"),
        ];
        let listed: Vec<_> = include_str!("../spec/errors.tsv")
            .lines()
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .filter(|cells| {
                let mut numbers = cells[7].split(", ");
                numbers.any(|number| number == row.number)
            })
            .map(|cells| [cells[2], cells[3], cells[4], cells[5]])
            .collect();
        assert_eq!(listed, [found], "{name}");
        count += 1;
    }
    assert!(count > 60, "only {count} errors");
}

/// Decodes a stanza and what is in it, compares what is written, and says what it was.
fn stanza(example: &Example, kind: &str) -> String {
    let name = example.name.as_str();
    let refused = REFUSED.iter().find(|(refused, ..)| *refused == name);
    let (text, prefix) = match (refused, example.decode()) {
        (None, Ok(_)) => (example.text.clone(), String::new()),
        (None, Err(error)) => panic!("{name}: {error}"),
        (Some((_, field, _)), Err(DecodeError::Stanza(malformed))) => {
            let missing = DecodeError::Missing {
                element: "iq",
                field,
            };
            assert_eq!(malformed.reason, missing, "{name}");
            let prefix = format!("no {field}");
            if kind == "iq/-" {
                return prefix;
            }
            // With an id of its own the stanza can be read.
            (
                example.text.replacen("<iq ", "<iq id='made' ", 1),
                prefix + "; ",
            )
        }
        (Some(_), found) => panic!("{name} is not refused: {found:?}"),
    };
    let mut stanza = Stanza::decode(text.as_bytes(), &stream_scope(), &Limits::default()).unwrap();
    assert_eq!(typed::kind(&stanza), kind, "{name}");
    let found = typed::retype(&mut stanza);
    let expected = expected(name, read(text.as_bytes(), &stream_scope()));
    let written = read(&stanza.to_bytes(), &Scope::new());
    assert_eq!(canonical(&written), canonical(&expected), "{name}");
    // Inside a stream, which declares the namespace for all.
    let mut out = bytes::BytesMut::new();
    stanza.write(&mut wire_xml::Writer::within(&mut out, &stream_scope()));
    let written = read(&out, &stream_scope());
    assert_eq!(canonical(&written), canonical(&expected), "{name}");
    prefix + &found
}

fn uri(example: &Example) -> String {
    let text = example.text.trim();
    let uri: Uri = text.parse().unwrap();
    assert_eq!(uri.to_string(), text, "{}", example.name);
    let mut found = format!("uri {}", uri.address);
    for (name, value) in [
        ("action", uri.action()),
        ("node", uri.node()),
        ("item", uri.item()),
    ] {
        if let Some(value) = value {
            found.push_str(&format!(", {name} {value}"));
        }
    }
    found
}

/// What must be written: the example, but for what is listed as left out and as put right.
fn expected(name: &str, document: Element) -> Element {
    let is_placeholder = |text: &str| matches!(text.trim().get(..3), Some("..." | "[ ."));
    let document = match PLACEHOLDERS.iter().any(|(listed, _)| *listed == name) {
        true => changed(&document, &|element| {
            let nodes = element.nodes().iter();
            let kept = nodes.filter(|node| match node {
                Node::Text(text) => !is_placeholder(text),
                Node::Element(_) => true,
            });
            with_nodes(&element, kept.cloned())
        }),
        false => document,
    };
    match PUT_RIGHT.iter().find(|(listed, ..)| *listed == name) {
        Some((_, _, put_right)) => changed(&document, put_right),
        None => document,
    }
}

/// Puts the values of a field before its options, in the order of the schema of XEP-0004.
fn values_first(field: Element) -> Element {
    if !field.is(ns::DATA_FORMS, "field") {
        return field;
    }
    let is_option =
        |node: &Node| matches!(node, Node::Element(child) if child.is(ns::DATA_FORMS, "option"));
    let (options, others): (Vec<_>, Vec<_>) = field.nodes().iter().cloned().partition(is_option);
    with_nodes(&field, others.into_iter().chain(options))
}

fn spelt_affiliation(element: Element) -> Element {
    match element.is(ns::PUBSUB, "affilation") {
        true => renamed(&element, "affiliation"),
        false => element,
    }
}

struct Example {
    name: String,
    text: String,
}

impl Example {
    fn load(folder: &Path, name: &str) -> Self {
        let files = ["xml", "uri"].map(|end| folder.join(format!("{name}.{end}")));
        let file = files.iter().find(|file| file.is_file());
        let file = file.unwrap_or_else(|| panic!("{name} has no file"));
        Self {
            name: name.to_owned(),
            text: std::fs::read_to_string(file).unwrap(),
        }
    }

    fn decode(&self) -> Result<Stanza, DecodeError> {
        Stanza::decode(self.text.as_bytes(), &stream_scope(), &Limits::default())
    }
}

/// A row of the index that lies beside the examples.
struct Row {
    number: String,
    kind: String,
    has_placeholder: bool,
}

fn index(folder: &Path) -> BTreeMap<String, Row> {
    let text = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split('\t').collect();
        let [number, file, _, _, kind, placeholder] = cells[..] else {
            panic!("{line}");
        };
        let (name, _) = file.rsplit_once('.').unwrap();
        let row = Row {
            number: number.to_owned(),
            kind: kind.to_owned(),
            has_placeholder: placeholder == "yes",
        };
        (name.to_owned(), row)
    });
    rows.collect()
}

/// Stanzas that RFC 6120 §8.1.3 and §8.2.3 do not allow: what is missing, and why (trap 9 of XEP-0060).
const REFUSED: &[(&str, &str, &str)] = &[
    ("ex-004", "id", "shows only an address"),
    ("ex-005", "id", "shows only an address"),
    (
        "ex-232",
        "id",
        "the stanza that a URI leads to; its sender adds an id",
    ),
    (
        "ex-234",
        "id",
        "the stanza that a URI leads to; its sender adds an id",
    ),
];

/// Examples that leave something out: dots stand where elements should, and text there means nothing.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("ex-002-a", "the payload"),
    ("ex-002-b", "the payload"),
    ("ex-002-c", "the payload"),
    ("ex-002-d", "the payload"),
    ("ex-004", "all content"),
    ("ex-005", "all content"),
    ("ex-054", "other features"),
    ("ex-102", "the payload"),
    ("ex-103", "the payload, and more items"),
    ("ex-216", "other fields"),
    ("ex-223-b", "other fields"),
    ("ex-223-c", "other fields"),
];

type PutRight = fn(Element) -> Element;

/// Examples that are written otherwise than they were read.
const PUT_RIGHT: &[(&str, &str, PutRight)] = &[
    (
        "ex-056",
        "options stand before values; the schema of XEP-0004 has them the other way round",
        values_first,
    ),
    (
        "ex-210",
        "a misspelt element is read, and written as it should be (trap 24)",
        spelt_affiliation,
    ),
];

/// What each example is, by the types that it is decoded to. Numbers count items, entries, fields and the like; what
/// is in brackets is the type of a form.
const TABLE: &[(&str, &str)] = &[
    ("ex-001", "pubsub publish 1"),
    ("ex-002-a", "event item"),
    ("ex-002-b", "event item"),
    ("ex-002-c", "event item"),
    ("ex-002-d", "event item"),
    ("ex-004", "no id"),
    ("ex-005", "no id"),
    ("ex-007", "disco#info"),
    ("ex-008", "disco#info pubsub/service 1"),
    ("ex-010", "disco#items 2"),
    ("ex-014", "disco#info pubsub/leaf 1 [result MetaData 13]"),
    ("ex-015-a", "disco#items"),
    ("ex-015-b", "disco#items 4"),
    ("ex-016", "pubsub subscriptions"),
    ("ex-018", "pubsub subscriptions"),
    (
        "ex-019",
        "error cancel feature-not-implemented unsupported retrieve-subscriptions",
    ),
    ("ex-020", "pubsub subscriptions"),
    ("ex-021", "pubsub subscriptions 2"),
    ("ex-022", "pubsub affiliations"),
    ("ex-026", "pubsub affiliations"),
    ("ex-027", "pubsub affiliations 1"),
    ("ex-029", "pubsub subscription subscribed"),
    ("ex-030", "error modify bad-request invalid-jid"),
    (
        "ex-031",
        "error auth not-authorized presence-subscription-required",
    ),
    ("ex-035", "error cancel forbidden"),
    ("ex-036", "error auth not-authorized pending-subscription"),
    ("ex-037", "error auth forbidden"),
    (
        "ex-038",
        "error wait policy-violation too-many-subscriptions",
    ),
    ("ex-041", "error cancel item-not-found"),
    ("ex-042", "pubsub subscription pending"),
    (
        "ex-044",
        "error modify not-acceptable configuration-required; pubsub subscribe + options [SubscribeOptions 4]",
    ),
    ("ex-045", "pubsub subscription unconfigured Optional"),
    ("ex-046", "event item 1; delay"),
    ("ex-047", "pubsub unsubscribe"),
    ("ex-049", "error modify bad-request subid-required"),
    ("ex-050", "error cancel unexpected-request not-subscribed"),
    ("ex-052", "error cancel item-not-found"),
    ("ex-054", "disco#info 1"),
    ("ex-055", "pubsub options"),
    ("ex-056", "pubsub options [form SubscribeOptions 4]"),
    ("ex-058", "error modify unexpected-request not-subscribed"),
    ("ex-060", "error modify bad-request subid-required"),
    ("ex-061", "error modify not-acceptable invalid-subid"),
    ("ex-063", "error cancel item-not-found"),
    ("ex-064", "pubsub options [SubscribeOptions 4]"),
    ("ex-065", "empty"),
    ("ex-067", "pubsub subscribe + options [SubscribeOptions 4]"),
    ("ex-069", "pubsub default"),
    ("ex-070", "pubsub default"),
    (
        "ex-072",
        "error cancel feature-not-implemented unsupported subscription-options",
    ),
    ("ex-074", "pubsub items"),
    ("ex-075", "pubsub items 4"),
    ("ex-077", "pubsub items 1"),
    ("ex-080", "pubsub items"),
    ("ex-081", "pubsub items 2"),
    ("ex-083", "pubsub items 1"),
    ("ex-084", "error modify bad-request subid-required"),
    ("ex-085", "error modify not-acceptable invalid-subid"),
    (
        "ex-087",
        "error cancel feature-not-implemented unsupported persistent-items",
    ),
    (
        "ex-088",
        "error cancel feature-not-implemented unsupported retrieve-items",
    ),
    (
        "ex-089",
        "error auth not-authorized presence-subscription-required",
    ),
    ("ex-090", "error auth not-authorized not-in-roster-group"),
    ("ex-091", "error cancel not-allowed closed-node"),
    ("ex-092", "error auth payment-required"),
    ("ex-093", "error auth forbidden"),
    ("ex-095", "pubsub items"),
    ("ex-096", "pubsub publish 1"),
    ("ex-098", "pubsub publish"),
    ("ex-099", "pubsub publish 1"),
    ("ex-101-a", "event item"),
    ("ex-101-b", "event item"),
    ("ex-101-c", "event item"),
    ("ex-101-d", "event item"),
    ("ex-102", "event item"),
    ("ex-103", "pubsub items 1"),
    ("ex-104", "event item; headers 2"),
    ("ex-105", "error auth forbidden"),
    ("ex-107", "error cancel item-not-found"),
    ("ex-108", "error cancel conflict node-full"),
    ("ex-109", "error modify not-acceptable payload-too-big"),
    ("ex-110", "error modify bad-request invalid-payload"),
    ("ex-111", "error modify bad-request item-required"),
    ("ex-112", "error modify bad-request payload-required"),
    ("ex-113", "error modify bad-request item-forbidden"),
    (
        "ex-114",
        "pubsub publish 1 + publish-options [PublishOptions 1]",
    ),
    ("ex-115", "pubsub retract 1"),
    ("ex-116", "empty"),
    ("ex-117-a", "event retract"),
    ("ex-117-b", "event retract"),
    ("ex-118", "event retract; headers 2"),
    ("ex-119", "error auth forbidden"),
    ("ex-121", "error modify bad-request nodeid-required"),
    ("ex-122", "error modify bad-request item-required"),
    (
        "ex-123",
        "error cancel feature-not-implemented unsupported persistent-items",
    ),
    ("ex-125", "pubsub create"),
    (
        "ex-126",
        "error cancel feature-not-implemented unsupported create-nodes",
    ),
    ("ex-128", "error auth forbidden"),
    ("ex-130", "error modify not-acceptable nodeid-required"),
    ("ex-131", "pubsub create"),
    ("ex-133", "pubsub create"),
    ("ex-134", "pubsub create + configure [NodeConfig 1]"),
    (
        "ex-136",
        "error modify not-acceptable unsupported-access-model",
    ),
    ("ex-137", "pubsub create + configure [NodeConfig 19]"),
    ("ex-138", "empty"),
    ("ex-139", "owner configure"),
    (
        "ex-141",
        "error cancel feature-not-implemented unsupported config-node",
    ),
    ("ex-142", "error auth forbidden"),
    ("ex-144", "error cancel not-allowed"),
    ("ex-147", "owner configure [cancel - 0]"),
    ("ex-150", "event configuration"),
    ("ex-152", "owner default"),
    (
        "ex-155",
        "error cancel feature-not-implemented unsupported config-node",
    ),
    (
        "ex-156",
        "error cancel feature-not-implemented unsupported retrieve-default",
    ),
    ("ex-157", "owner delete"),
    ("ex-158", "owner delete redirect"),
    ("ex-159", "empty"),
    ("ex-162", "error cancel item-not-found"),
    ("ex-163", "owner purge"),
    ("ex-165-a", "event purge"),
    ("ex-165-b", "event purge"),
    ("ex-167", "error auth forbidden"),
    (
        "ex-168",
        "error cancel feature-not-implemented unsupported persistent-items",
    ),
    ("ex-169", "error cancel item-not-found"),
    ("ex-170", "x [form SubscribeAuthorization 4]"),
    ("ex-172", "event subscription subscribed"),
    ("ex-174", "event subscription none"),
    ("ex-175", "x [cancel SubscribeAuthorization 0]"),
    ("ex-176", "command execute"),
    ("ex-178", "error cancel service-unavailable"),
    (
        "ex-179",
        "error cancel feature-not-implemented unsupported get-pending",
    ),
    ("ex-180", "error cancel forbidden"),
    ("ex-181", "error cancel item-not-found"),
    ("ex-182", "command execute [- 1]"),
    ("ex-183", "command completed"),
    ("ex-184", "owner subscriptions"),
    ("ex-185", "owner subscriptions 4"),
    ("ex-187", "error auth forbidden"),
    ("ex-188", "error cancel item-not-found"),
    ("ex-190", "empty"),
    (
        "ex-191",
        "error cancel feature-not-implemented unsupported manage-subscriptions",
    ),
    ("ex-192", "error auth forbidden"),
    ("ex-193", "error cancel item-not-found"),
    ("ex-194", "owner subscriptions 2"),
    (
        "ex-195",
        "error modify not-acceptable; owner subscriptions 1",
    ),
    ("ex-196", "event subscription none"),
    ("ex-197", "owner affiliations"),
    ("ex-198", "owner affiliations 2"),
    (
        "ex-199",
        "error cancel feature-not-implemented unsupported modify-affiliations",
    ),
    ("ex-200", "error auth forbidden"),
    ("ex-201", "error cancel item-not-found"),
    (
        "ex-205",
        "error cancel feature-not-implemented unsupported member-affiliation",
    ),
    ("ex-206", "error auth forbidden"),
    ("ex-208", "owner affiliations 3"),
    (
        "ex-209",
        "error modify not-acceptable; owner affiliations 1",
    ),
    ("ex-210", "pubsub affiliations 1"),
    ("ex-211", "disco#info account/registered 1"),
    ("ex-212", "caps"),
    ("ex-213-a", "caps"),
    ("ex-213-b", "caps"),
    ("ex-214-a", "disco#info"),
    ("ex-214-b", "disco#info client/pc 7"),
    ("ex-216", "pubsub options [SubscribeOptions 1]"),
    ("ex-217", "pubsub configure [NodeConfig 1]"),
    ("ex-218", "event subscription subscribed"),
    ("ex-219", "event subscription none"),
    ("ex-222", "event subscription subscribed expiry"),
    ("ex-223-a", "pubsub options"),
    ("ex-223-b", "pubsub options [form SubscribeOptions 1]"),
    ("ex-223-c", "pubsub options [SubscribeOptions 1]"),
    ("ex-223-d", "empty"),
    ("ex-225", "event item 1; headers 1"),
    ("ex-226", "pubsub publish 1"),
    (
        "ex-228",
        "uri pubsub.shakespeare.lit, node princely_musings, item ae890ac52d0df67ed7cfdf51b644e901",
    ),
    (
        "ex-229",
        "uri pubsub.shakespeare.lit, action subscribe, node princely_musings",
    ),
    (
        "ex-230",
        "uri pubsub.shakespeare.lit, action retrieve, node princely_musings, item ae890ac52d0df67ed7cfdf51b644e901",
    ),
    (
        "ex-231",
        "uri pubsub.shakespeare.lit, action subscribe, node princely_musings",
    ),
    ("ex-232", "no id; pubsub subscribe"),
    ("ex-234", "no id; pubsub unsubscribe"),
    (
        "ex-235",
        "uri pubsub.shakespeare.lit, action retrieve, node princely_musings",
    ),
];
