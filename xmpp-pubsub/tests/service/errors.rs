//! Every row of the error table, provoked: `spec/errors.tsv`.

use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{
    AccessModel, Config, Configuration, CreatePolicy, NodeConfig, NodeFull, Standing,
};
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, NOW, OWNER, READER, attribute, config, form, jid, node};

const TABLE: &str = include_str!("../../spec/errors.tsv");
const FRANCISCO: &str = "francisco@denmark.lit";
const SUBSCRIBE: &str = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>";
const OWN: &str = "node='princely_musings' jid='francisco@denmark.lit'";
const ITEM: &str = "<item id='a'><e xmlns='urn:e'/></item>";

#[test]
fn every_row_of_the_table_is_answered_as_it_says() {
    let mut rows = 0;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [operation, situation, kind, condition, pubsub, feature, ..] = cells[..] else {
            panic!("{line}");
        };
        let expected = match (pubsub, feature) {
            ("-", _) => None,
            (pubsub, "-") => Some(pubsub.to_owned()),
            (pubsub, feature) => Some(format!("{pubsub}[{feature}]")),
        };
        let answer = provoke(operation, situation, feature);
        assert_eq!(
            crate::common::error(&answer),
            (kind.to_owned(), condition.to_owned(), expected),
            "PS-7.1-18, PS-7.2-06, PS-8.1-03, PS-8.4-05, PS-8.9-04: {operation}, {situation}: {answer}"
        );
        rows += 1;
    }
    assert_eq!(rows, 107, "rows of the table");
}

fn off(feature: &str) -> Config {
    config().with_feature(Feature::from_name(feature), false)
}

fn model(access_model: AccessModel) -> Bench {
    let config_of_node = NodeConfig::default().with_access_model(access_model);
    Bench::with(config(), config_of_node)
}

fn usual(config: Config) -> Bench {
    Bench::with(config, NodeConfig::default())
}

/// A node to which Francisco is subscribed twice.
fn twice() -> Bench {
    let mut bench = usual(config().with_multi_subscribe(true));
    for _ in 0..2 {
        bench.pubsub(READER, "set", SUBSCRIBE);
    }
    bench
}

fn outcast() -> Bench {
    let mut bench = Bench::open();
    let name = node("princely_musings");
    bench
        .service
        .set_affiliation(NOW, &name, &jid(FRANCISCO), Affiliation::Outcast)
        .unwrap();
    bench
}

fn standing(standing: Standing) -> Bench {
    let mut bench = Bench::open();
    bench.service.set_standing(NOW, &jid(FRANCISCO), standing);
    bench
}

fn collections() -> Config {
    config()
        .with_multi_subscribe(true)
        .with_feature(Feature::COLLECTIONS, true)
}

fn options(attributes: &str, fields: &[(&str, &str)]) -> String {
    let form = form("subscribe_options", fields);
    format!("<options {attributes}>{form}</options>")
}

fn publish(items: &str) -> String {
    format!("<publish node='princely_musings'>{items}</publish>")
}

fn configuration(name: &str, fields: &[(&str, &str)]) -> String {
    let form = form("node_config", fields);
    format!("<configure node='{name}'>{form}</configure>")
}

fn command(bench: &mut Bench, from: &str, form: &str) -> String {
    let command = format!(
        "<command xmlns='{}' node='{}' action='execute'>{form}</command>",
        ns::COMMANDS,
        ns::GET_PENDING
    );
    bench.ask(from, "set", &command)
}

fn affiliations(entries: &[(&str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(jid, what)| format!("<affiliation jid='{jid}' affiliation='{what}'/>"))
        .collect();
    format!("<affiliations node='princely_musings'>{entries}</affiliations>")
}

fn provoke(operation: &str, situation: &str, feature: &str) -> String {
    match operation {
        "subscriptions get" => usual(off(feature)).pubsub(READER, "get", "<subscriptions/>"),
        "affiliations get" => usual(off(feature)).pubsub(READER, "get", "<affiliations/>"),
        "subscribe" => subscribe(situation),
        "unsubscribe" => unsubscribe(situation),
        "options" | "options set" | "default (sub)" => of_options(situation, feature),
        "items" | "items + RSM" => items(situation, feature),
        "publish" => of_publish(situation),
        "retract" => retract(situation, feature),
        "create" => create(situation, feature),
        "configure" | "configure set" | "default (node)" => {
            configure(operation, situation, feature)
        }
        "delete" | "purge" => delete(operation, situation, feature),
        "get-pending" => pending(situation, feature),
        "owner subscriptions"
        | "owner subscriptions set"
        | "owner affiliations"
        | "owner affiliations set" => owners(operation, situation, feature),
        "collections" => of_collections(situation),
        _ => panic!("{operation}"),
    }
}

fn subscribe(situation: &str) -> String {
    let mut bench = match situation {
        "presence model, no presence subscription" => model(AccessModel::Presence),
        "roster model, not in a group" => model(AccessModel::Roster),
        "whitelist model, not listed" => model(AccessModel::Whitelist),
        "payment due" => standing(Standing::PaymentDue),
        "anonymous sender" => standing(Standing::Anonymous),
        "already pending" => {
            let mut bench = model(AccessModel::Authorize);
            bench.pubsub(READER, "set", SUBSCRIBE);
            bench
        }
        "outcast" => outcast(),
        "too many" => {
            let mut few = config();
            few.max_subscriptions_per_user = 0;
            usual(few)
        }
        "node takes no subscriptions" => {
            let mut bench = Bench::open();
            bench.configure(&[("subscribe", "0")]);
            bench
        }
        "node moved for good" => {
            let mut bench = Bench::open();
            let name = node("princely_musings");
            bench.service.delete_node(NOW, &name, Some("xmpp:x"));
            bench
        }
        "node moved for now" => {
            let mut bench = Bench::open();
            let name = node("princely_musings");
            bench
                .service
                .set_redirect(NOW, &name, Some("xmpp:x"))
                .unwrap();
            bench
        }
        "no such node" => Bench::new(config()),
        "options needed in the same request" => {
            let mut strict = config();
            strict.configuration = Configuration::WithRequest;
            usual(strict)
        }
        _ => Bench::open(),
    };
    let request = match situation {
        "jid is not the sender" => {
            "<subscribe node='princely_musings' jid='b@denmark.lit'/>".to_owned()
        }
        "options element misplaced, or with node/jid" => {
            format!("{SUBSCRIBE}{}", options(OWN, &[]))
        }
        _ => SUBSCRIBE.to_owned(),
    };
    bench.pubsub(READER, "set", &request)
}

fn unsubscribe(situation: &str) -> String {
    let (mut bench, attributes) = match situation {
        "several subscriptions, no subid" => (twice(), OWN.to_owned()),
        "jid not subscribed" => (Bench::open(), OWN.to_owned()),
        "another entity's subscription" => (Bench::open(), OWN.replace("francisco", "bernardo")),
        "no such node" => (Bench::new(config()), OWN.to_owned()),
        "wrong subid" => (twice(), format!("{OWN} subid='x'")),
        _ => panic!("{situation}"),
    };
    bench.pubsub(READER, "set", &format!("<unsubscribe {attributes}/>"))
}

fn of_options(situation: &str, feature: &str) -> String {
    let set = |bench: &mut Bench, attributes: &str| {
        bench.pubsub(READER, "set", &options(attributes, &[("deliver", "1")]))
    };
    match situation {
        "another entity's subscription" => {
            set(&mut Bench::open(), &OWN.replace("francisco", "bernardo"))
        }
        "not subscribed" => set(&mut Bench::open(), OWN),
        "no jid" => set(&mut Bench::open(), "node='princely_musings'"),
        "no subid where needed" => set(&mut twice(), OWN),
        "wrong subid" => set(&mut twice(), &format!("{OWN} subid='x'")),
        "not offered" => set(&mut usual(off(feature)), OWN),
        "no such node" => set(&mut Bench::new(config()), OWN),
        "invalid values" => {
            let mut bench = Bench::open();
            bench.pubsub(READER, "set", SUBSCRIBE);
            bench.pubsub(READER, "set", &options(OWN, &[("deliver", "perhaps")]))
        }
        "options not offered" | "retrieval not offered" => {
            usual(off(feature)).pubsub(READER, "get", "<default/>")
        }
        _ => panic!("{situation}"),
    }
}

fn items(situation: &str, feature: &str) -> String {
    let (mut bench, subid) = match situation {
        "several subscriptions, no subid" => (twice(), ""),
        "wrong subid" => (twice(), " subid='x'"),
        "subscription needed" => (model(AccessModel::Authorize), ""),
        "nothing is persisted" => (Bench::with(config(), NodeConfig::transient()), ""),
        "not offered" => (usual(off(feature)), ""),
        "presence model" => (model(AccessModel::Presence), ""),
        "roster model" => (model(AccessModel::Roster), ""),
        "whitelist model" => (model(AccessModel::Whitelist), ""),
        "payment due" => (standing(Standing::PaymentDue), ""),
        "outcast" => (outcast(), ""),
        "no such node" => (Bench::new(config()), ""),
        "unknown anchor" => (Bench::open(), ""),
        _ => panic!("{situation}"),
    };
    let set = if situation == "unknown anchor" {
        format!(
            "<set xmlns='{}'><max>1</max><after>x</after></set>",
            ns::RSM
        )
    } else {
        String::new()
    };
    bench.pubsub(
        READER,
        "get",
        &format!("<items node='princely_musings'{subid}/>{set}"),
    )
}

fn of_publish(situation: &str) -> String {
    let mut from = OWNER;
    let mut request = publish(ITEM);
    let mut bench = Bench::open();
    match situation {
        "no right" => from = READER,
        "node takes no items" => {
            bench = Bench::new(collections());
            bench.add("princely_musings", NodeConfig::collection());
        }
        "no such node, no auto-create" => bench = Bench::new(config()),
        "full, policy reject" => {
            let full = NodeConfig {
                publish_node_full: NodeFull::Reject,
                ..NodeConfig::default()
            };
            bench = Bench::with(config(), full);
            bench.publish("another");
        }
        "payload too large" => {
            bench.configure(&[("max_payload_size", "4")]);
        }
        "not one payload element, or wrong namespace" => {
            request = publish("<item><a xmlns='urn:e'/><b xmlns='urn:e'/></item>");
        }
        "persistent, no item" => request = publish(""),
        "payload node, no payload" => request = publish("<item/>"),
        "transient notification node, item given" => {
            bench.configure(&[("persist_items", "0"), ("deliver_payloads", "0")]);
        }
        "precondition differs or field unknown" => {
            let form = form("publish-options", &[("access_model", "whitelist")]);
            request.push_str(&format!("<publish-options>{form}</publish-options>"));
        }
        "batch over the cap" => {
            let mut batches = config();
            batches.batches = true;
            bench = usual(batches);
            request = publish(&format!("{ITEM}{}", ITEM.replace("'a'", "'b'")));
        }
        _ => panic!("{situation}"),
    }
    bench.pubsub(from, "set", &request)
}

fn retract(situation: &str, feature: &str) -> String {
    let mut from = OWNER;
    let mut request = "<retract node='princely_musings'><item id='a'/></retract>";
    let mut bench = Bench::open();
    bench.publish("a");
    match situation {
        "no right" => from = READER,
        "no such node or item" => {
            request = "<retract node='princely_musings'><item id='x'/></retract>"
        }
        "no node" => request = "<retract><item id='a'/></retract>",
        "no item or no id" => request = "<retract node='princely_musings'><item/></retract>",
        "nothing is persisted" => bench = Bench::with(config(), NodeConfig::transient()),
        "not offered" => bench = usual(off(feature)),
        _ => panic!("{situation}"),
    }
    bench.pubsub(from, "set", request)
}

fn create(situation: &str, feature: &str) -> String {
    let mut request = "<create node='new'/>".to_owned();
    let with = |fields: &[(&str, &str)]| {
        format!(
            "<create node='new'/><configure>{}</configure>",
            form("node_config", fields)
        )
    };
    let mut bench = Bench::open();
    match situation {
        "not offered" => bench = usual(off(feature)),
        "must register first" => bench = standing(Standing::Unregistered),
        "no right" => bench = usual(config().with_create(CreatePolicy::ServiceOwners)),
        "id taken" => request = "<create node='princely_musings'/>".to_owned(),
        "no id, no instant nodes" => {
            bench = usual(off("instant-nodes"));
            request = "<create/>".to_owned();
        }
        "access model not offered" => {
            bench = usual(off("access-roster"));
            request = with(&[("access_model", "roster")]);
        }
        "configure before create, or with node" => {
            request = with(&[]).replace("<configure>", "<configure node='new'>");
        }
        "over the limit of nodes" => {
            let mut small = config();
            small.max_nodes = 1;
            bench = usual(small);
        }
        _ => panic!("{situation}"),
    }
    bench.pubsub(READER, "set", &request)
}

fn configure(operation: &str, situation: &str, feature: &str) -> String {
    let mut from = OWNER;
    let mut request = "<configure node='princely_musings'/>";
    let mut bench = Bench::open();
    match situation {
        "not offered" => bench = usual(off(feature)),
        "no configuration" | "retrieval not offered" => {
            return usual(off(feature)).owner(OWNER, "get", "<default/>");
        }
        "no right" => from = READER,
        "no node" => request = "<configure/>",
        "locked" => {
            let name = node("princely_musings");
            bench.service.lock_node(NOW, &name, true).unwrap();
        }
        "no such node" => request = "<configure node='none'/>",
        "change impossible" => return bench.configure(&[("max_items", "0")]),
        _ => panic!("{operation}, {situation}"),
    }
    bench.owner(from, "get", request)
}

fn delete(operation: &str, situation: &str, feature: &str) -> String {
    let mut from = OWNER;
    let mut name = " node='princely_musings'";
    let mut bench = Bench::open();
    match situation {
        "not offered" => bench = usual(off(feature)),
        "no right" => from = READER,
        "no such node" => name = " node='none'",
        "root node" => {
            bench = usual(collections());
            name = "";
        }
        "nothing is persisted" => bench = Bench::with(config(), NodeConfig::transient()),
        _ => panic!("{operation}, {situation}"),
    }
    bench.owner(from, "set", &format!("<{operation}{name}/>"))
}

fn pending(situation: &str, feature: &str) -> String {
    match situation {
        "no ad-hoc commands" => {
            let mut none = config();
            none.commands = false;
            command(&mut usual(none), OWNER, "")
        }
        "not offered" => command(&mut usual(off(feature)), OWNER, ""),
        "no right" => command(&mut Bench::open(), READER, ""),
        "no such node" => {
            let form = form("subscribe_authorization", &[("node", "none")]);
            command(&mut Bench::open(), OWNER, &form)
        }
        _ => panic!("{situation}"),
    }
}

fn owners(operation: &str, situation: &str, feature: &str) -> String {
    let subscriptions = operation.starts_with("owner subscriptions");
    let list = if subscriptions {
        "subscriptions"
    } else {
        "affiliations"
    };
    let get = |bench: &mut Bench, from: &str, name: &str| {
        bench.owner(from, "get", &format!("<{list} node='{name}'/>"))
    };
    match situation {
        "not offered" => get(&mut usual(off(feature)), OWNER, "princely_musings"),
        "not owner" => get(&mut Bench::open(), READER, "princely_musings"),
        "no such node" => get(&mut Bench::open(), OWNER, "none"),
        "some entries invalid" => Bench::open().owner(
            OWNER,
            "set",
            "<subscriptions node='princely_musings'><subscription jid='a@b' subscription='pending'/></subscriptions>",
        ),
        "affiliation not offered" => {
            let name = feature.strip_suffix("-affiliation").unwrap();
            usual(off(feature)).owner(OWNER, "set", &affiliations(&[("a@b", name)]))
        }
        "some entries invalid, last owner" => {
            Bench::open().owner(OWNER, "set", &affiliations(&[("hamlet@denmark.lit", "none")]))
        }
        "one entity twice" => Bench::open().owner(
            OWNER,
            "set",
            &affiliations(&[("a@b", "member"), ("a@b/c", "none")]),
        ),
        _ => panic!("{operation}, {situation}"),
    }
}

fn of_collections(situation: &str) -> String {
    let create = |bench: &mut Bench| {
        let form = form("node_config", &[("node_type", "collection")]);
        let content = format!("<create node='c'/><configure>{form}</configure>");
        bench.pubsub(OWNER, "set", &content)
    };
    let mut bench = usual(collections());
    bench.add("c", NodeConfig::collection());
    let mut subscribe = |kind: &str| {
        let options = options("", &[("subscription_type", kind)]);
        let content = format!("<subscribe node='c' jid='{FRANCISCO}'/>{options}");
        bench.pubsub(READER, "set", &content)
    };
    match situation {
        "not offered" => create(&mut usual(config())),
        "creation off" => {
            let mut none = collections();
            none.create_collections = false;
            create(&mut usual(none))
        }
        "leaf given children, cycle, collection to leaf" => {
            bench.owner(OWNER, "set", &configuration("c", &[("node_type", "leaf")]))
        }
        "too many children" => {
            let full = [("children_max", "1"), ("children", "princely_musings|d")];
            bench.add("d", NodeConfig::default());
            bench.owner(OWNER, "set", &configuration("c", &full))
        }
        "second subscription, same type" => {
            let first = subscribe("items");
            assert!(!attribute(&first, "subid").is_empty());
            subscribe("items")
        }
        "items+all not allowed" => {
            subscribe("items");
            subscribe("all")
        }
        _ => panic!("{situation}"),
    }
}
