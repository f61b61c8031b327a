//! What must be so before a request, as the table says it.

use std::collections::BTreeMap;
use std::time::Duration;

use wire_xml::Limits;
use xmpp_pubsub::form::{Depth, Expire, Field, Form, FormKind, ShowValue, SubscribeOptions};
use xmpp_pubsub::pubsub::{Affiliation, SubscriptionState};
use xmpp_pubsub::service::journal::{Change, Entry, ItemRecord, Subscription};
use xmpp_pubsub::service::{
    Availability, Config, Configuration, Contact, CreatePolicy, NodeConfig, SendLast, Service,
    Standing,
};
use xmpp_pubsub::stanza::Payload;
use xmpp_pubsub::{Feature, ItemId, Jid, NodeId, SubId, ns};

use crate::Examples;
use crate::tree::Tree;

/// 2006-01-01T00:00:00Z, before the dates of the examples.
pub(crate) const START: i64 = 1_136_073_600_000;
pub(crate) const NOW: Duration = Duration::from_secs(1);
const SERVICE: &str = "pubsub.shakespeare.lit";
const OWNER: &str = "hamlet@denmark.lit";
/// Where an example shows several subscriptions, these are their names.
const SUBIDS: [&str; 2] = ["123-abc", "004-yyy"];

pub(crate) struct Scenario {
    pub(crate) service: Service,
    pub(crate) address: String,
}

pub(crate) fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

pub(crate) fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

/// Makes a service of which all of this is so. `example` shows what the table leaves to it.
pub(crate) fn build(text: &str, example: &Tree, examples: &Examples) -> Scenario {
    let parts: Vec<Vec<&str>> = text
        .split("; ")
        .map(|part| part.split(' ').collect())
        .collect();
    let of = |name: &'static str| parts.iter().filter(move |part| part[0] == name);
    let account = of("account").next().map(|part| part[1]);
    let mut config = match account {
        Some(account) => Config::account(&jid(account), 1),
        None => offers_all(Config::new(jid(SERVICE), 1)),
    };
    config.body = Some(|_| Some(String::new()));
    let last_item = of("on").any(|part| part[1] == "last-item-cache");
    for part in of("on").chain(of("off")) {
        let on = part[0] == "on";
        match part[1] {
            "commands" => config.commands = on,
            // Not the service's to offer.
            "anonymous" | "last-item-cache" => {}
            name => config = config.with_feature(Feature::from_name(name), on),
        }
    }
    for part in of("options") {
        config.configuration = match part[1] {
            "refused" => Configuration::WithRequest,
            "optional" => Configuration::Offered,
            other => panic!("{other}"),
        };
    }
    if of("barred").next().is_some() {
        config.create = CreatePolicy::ServiceOwners;
    }
    for part in of("limit") {
        let (_, most) = part[1].split_once('=').unwrap();
        config.max_subscriptions_per_user = most.parse().unwrap();
    }
    let mut changes = Vec::new();
    for part in of("node") {
        add_node(&mut changes, part, &config, example, last_item);
    }
    for part in of("affiliation") {
        changes.push(affiliated(
            part[1],
            part[2],
            Affiliation::from_name(part[3]).unwrap(),
        ));
    }
    let mut made = BTreeMap::new();
    for part in of("subscription") {
        changes.push(subscribed(part, example, &mut made));
    }
    for part in of("item") {
        changes.push(published(part, example, examples));
    }
    let mut service = Service::restore(config, [Entry { seq: 1, changes }]);
    service.set_clock(Duration::ZERO, START);
    for part in of("locked") {
        service.lock_node(NOW, &node(part[1]), true).unwrap();
    }
    for part in of("missing") {
        assert!(!service.contains_node(&node(part[1])));
    }
    for part in of("contact") {
        let fact = Contact {
            sees_presence: matches!(part[2], "both" | "from"),
            groups: Vec::new(),
        };
        let owner = jid(account.unwrap_or(OWNER));
        assert!(service.set_contact(NOW, &owner, &jid(part[1]), Some(fact)));
    }
    for part in of("anonymous") {
        assert!(service.set_standing(NOW, &jid(part[1]), Standing::Anonymous));
    }
    for part in of("online") {
        service.set_presence(NOW, &jid(part[1]), Availability::ONLINE);
    }
    for part in of("presence") {
        service.handle_stanza(NOW, &examples.stanza(part[1]));
    }
    for part in &parts {
        let known = [
            "-",
            "account",
            "on",
            "off",
            "options",
            "barred",
            "limit",
            "node",
            "affiliation",
            "subscription",
            "item",
            "locked",
            "missing",
            "contact",
            "anonymous",
            "online",
            "presence",
        ];
        assert!(known.contains(&part[0]), "{part:?}");
    }
    Scenario {
        service,
        address: account.unwrap_or(SERVICE).to_owned(),
    }
}

fn offers_all(config: Config) -> Config {
    [Feature::COLLECTIONS, Feature::MULTI_COLLECTION]
        .into_iter()
        .fold(config, |config, feature| config.with_feature(feature, true))
}

fn add_node(
    changes: &mut Vec<Change>,
    part: &[&str],
    limits: &Config,
    example: &Tree,
    last_item: bool,
) {
    let mut config = NodeConfig {
        notify_delete: false,
        notify_retract: false,
        send_last: if last_item {
            SendLast::OnSub
        } else {
            SendLast::Never
        },
        ..NodeConfig::default().with_max_items(10)
    };
    let mut owner = OWNER;
    for field in &part[2..] {
        let (name, value) = field.split_once('=').unwrap();
        if name == "owner" {
            owner = value;
            continue;
        }
        let var = format!("pubsub#{name}");
        let values = if value == "@" {
            shown_field(example, &var).unwrap_or_else(|| vec![shown_name(example, part[1])])
        } else {
            vec![value.to_owned()]
        };
        let mut form = Form::new(FormKind::Submit, ns::NODE_CONFIG);
        form.fields.push(Field::new(&var, None, values));
        config.apply(&form, limits).unwrap();
    }
    changes.push(Change::NodeCreated {
        node: node(part[1]),
        config: Box::new(config),
        creator: Some(jid(owner)),
        created_at: START,
    });
    changes.push(affiliated(part[1], owner, Affiliation::Owner));
}

/// What a form of the example has in a field.
fn shown_field(example: &Tree, var: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    example.all("field", &mut fields);
    let field = fields
        .into_iter()
        .find(|field| field.attr("var") == Some(var))?;
    let values = field.children.iter().filter(|child| child.name == "value");
    Some(values.map(|value| value.text.clone()).collect())
}

/// What a list of the example calls a node.
fn shown_name(example: &Tree, node: &str) -> String {
    let mut items = Vec::new();
    example.all("item", &mut items);
    let item = items
        .into_iter()
        .find(|item| item.attr("node") == Some(node));
    item.and_then(|item| item.attr("name"))
        .unwrap_or("any")
        .to_owned()
}

fn affiliated(name: &str, user: &str, affiliation: Affiliation) -> Change {
    Change::Affiliated {
        node: Some(node(name)),
        user: jid(user),
        affiliation,
    }
}

fn subscribed(part: &[&str], example: &Tree, made: &mut BTreeMap<String, usize>) -> Change {
    let state = part.get(3).map_or(SubscriptionState::Subscribed, |name| {
        SubscriptionState::from_name(name).unwrap()
    });
    let count = made.entry(part[2].to_owned()).or_default();
    // Two without names are two of a service that names them.
    let named = part.get(4).map_or(*count > 0, |subid| *subid == "@");
    let subid = named.then(|| SubId::new(SUBIDS[*count]).unwrap());
    *count += 1;
    let mut options = None;
    for option in part.get(5..).unwrap_or_default() {
        let (name, value) = option.split_once('=').unwrap();
        assert_eq!(value, "@");
        let shown = shown_field(example, &format!("pubsub#{name}")).unwrap_or_default();
        let options: &mut Box<SubscribeOptions> = options.get_or_insert_default();
        let is = |word: &str| shown.first().is_some_and(|value| value == word);
        match name {
            "deliver" => options.deliver = Some(is("1") || is("true")),
            "digest" => options.digest = Some(is("1") || is("true")),
            "include_body" => options.include_body = Some(is("1") || is("true")),
            "show-values" => {
                options.show_values = Some(
                    shown
                        .iter()
                        .map(|value| ShowValue::from_name(value))
                        .collect(),
                );
            }
            "expire" => {
                let mut all = Vec::new();
                example.all("subscription", &mut all);
                let date = all[0].attr("expiry").unwrap();
                options.expire = Some(Expire::At(wire_xml::text::parse_date_time(date).unwrap()));
            }
            "subscription_depth" => options.subscription_depth = Some(Depth::All),
            other => panic!("{other}"),
        }
    }
    Change::Subscribed {
        node: Some(node(part[1])),
        jid: jid(part[2]),
        subscription: Subscription {
            subid,
            state,
            options,
        },
    }
}

fn published(part: &[&str], example: &Tree, examples: &Examples) -> Change {
    let publisher = part
        .get(3)
        .map_or(OWNER, |field| field.trim_start_matches("publisher="));
    let id = ItemId::new(part[2]).unwrap();
    // Which example shows what the item holds: this one, or the one that lists all of them.
    let shown = [&example.attributes["file"], "ex-075"]
        .into_iter()
        .find_map(|name| {
            let element = examples.element(name);
            payload_of(&element, id.as_str())
        });
    let payload = shown
        .unwrap_or_else(|| Payload::parse(b"<any xmlns='urn:any'/>", &Limits::default()).unwrap());
    Change::ItemPublished {
        node: node(part[1]),
        item: ItemRecord {
            id,
            publisher: jid(publisher),
            published_at: START,
            size: 0,
        },
        payload: Some(payload),
    }
}

fn payload_of(element: &wire_xml::Element, id: &str) -> Option<Payload> {
    if element.local() == "item" && element.attr("id") == Some(id) {
        return element.children().next().map(Payload::from_element);
    }
    element.children().find_map(|child| payload_of(child, id))
}
