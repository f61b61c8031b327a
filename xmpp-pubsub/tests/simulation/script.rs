//! What happens next, by chance.

use super::acts::{Act, Call, Delivered, Edge, Request, Subid, Which};
use super::facts::Facts;
use super::random::Random;

const NODES: [&str; 5] = ["n0", "n1", "n2", "c0", "c1"];
const ITEMS: [&str; 4] = ["a", "b", "c", "d"];
const LEAVES: [&str; 3] = ["n0", "n1", "n2"];
pub(crate) const USERS: [&str; 4] = ["u0@d.lit", "u1@d.lit", "u2@d.lit", "u3@d.lit"];

/// Whose service it is, where it is that of an account.
pub(crate) const ACCOUNT: &str = "u0@d.lit";

/// Fields of a form, each with the values that it may get.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "access_model",
        &[
            "open",
            "open",
            "open",
            "authorize",
            "authorize",
            "presence",
            "roster",
            "whitelist",
        ],
    ),
    (
        "publish_model",
        &["publishers", "subscribers", "open", "open"],
    ),
    ("persist_items", &["1", "1", "1", "0"]),
    ("max_items", &["1", "2", "3"]),
    ("item_expire", &["max", "max", "15"]),
    (
        "publish_node_full",
        &["retract-oldest", "discard-oldest", "reject"],
    ),
    ("purge_offline", &["0", "1"]),
    ("deliver_payloads", &["1", "1", "0"]),
    ("deliver_notifications", &["1", "1", "1", "0"]),
    ("presence_based_delivery", &["0", "0", "1"]),
    (
        "send_last_published_item",
        &["never", "on_sub", "on_sub_and_presence"],
    ),
    ("itemreply", &["none", "publisher"]),
    ("notify_config", &["0", "1"]),
    ("notify_delete", &["1", "0"]),
    ("notify_retract", &["1", "0"]),
    ("notify_sub", &["0", "1"]),
    ("tempsub", &["0", "0", "0", "1"]),
];

/// What the script draws on besides chance.
pub(crate) struct Known<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) now: i64,
    /// How many acts there were: names requests and payloads.
    pub(crate) count: usize,
    /// Subids that were told, by the model's numbers.
    pub(crate) subids: &'a [(String, String)],
    /// Messages that can come back.
    pub(crate) delivered: &'a [Delivered],
}

pub(crate) fn next(random: &mut Random, known: &Known<'_>) -> Act {
    let is_account = known.facts.account.is_some();
    // What an account tells hangs on facts that the host says.
    if random.chance(if is_account { 45 } else { 25 }) {
        return call(random, known);
    }
    // One of the last messages, in most cases.
    let all = known.delivered;
    let few = if random.chance(80) { 6 } else { all.len() };
    let late = &all[all.len().saturating_sub(few)..];
    if !late.is_empty() && random.chance(7) {
        return Act::Bounce {
            message: random.pick(late),
            error: random.pick(&[
                ("cancel", "service-unavailable"),
                ("modify", "gone"),
                ("wait", "recipient-unavailable"),
                ("wait", "recipient-unavailable"),
                ("auth", "forbidden"),
            ]),
        };
    }
    let mut user = random.pick(&USERS);
    if is_account && random.chance(50) {
        user = ACCOUNT;
    }
    let from = format!("{user}/{}", random.pick(&["a", "b"]));
    Act::Request {
        request: request(random, known, user),
        id: format!("i{}", known.count),
        from,
    }
}

fn call(random: &mut Random, known: &Known<'_>) -> Act {
    let user = random.pick(&USERS).to_owned();
    let session = format!("{user}/{}", random.pick(&["a", "b"]));
    Act::Call(match random.below(100) {
        0..25 => Call::Publish {
            node: existing(random, known, &LEAVES),
            id: random.pick(&["a", "b", "c", "d"]).to_owned(),
            payload: known.count.to_string(),
        },
        45..75 if known.facts.account.is_some() && random.chance(60) => Call::Interests {
            session: if known.facts.online.is_empty() || random.chance(10) {
                session
            } else {
                random.pick(&known.facts.online)
            },
            nodes: NODES
                .into_iter()
                .filter(|_| random.chance(70))
                .map(str::to_owned)
                .collect(),
        },
        25..55 => Call::Presence {
            online: !known.facts.online.contains(&session) || random.chance(10),
            session,
        },
        55..75 => {
            let fact = (random.chance(60), random.chance(60));
            let account = random.pick(&USERS);
            Call::Contact {
                account: match known.facts.account {
                    Some(_) if random.chance(70) => ACCOUNT.to_owned(),
                    _ => account.to_owned(),
                },
                user,
                fact: (!random.chance(20)).then_some(fact),
            }
        }
        75..84 => Call::Automatic {
            node: existing(random, known, &NODES),
            jid: random.pick(&[user, session]),
            on: random.chance(70),
        },
        84..90 => Call::Everywhere {
            // An account is its own.
            user: match known.facts.account {
                Some(_) if user == ACCOUNT => "u3@d.lit".to_owned(),
                _ => user,
            },
            affiliation: random.pick(&["none", "none", "member", "outcast", "owner"]),
        },
        90..93 => Call::Delete {
            node: random.pick(&NODES).to_owned(),
        },
        _ => associate(random, known),
    })
}

/// A leaf or the second collection comes into a collection that it is not in, or leaves it.
fn associate(random: &mut Random, known: &Known<'_>) -> Call {
    let node = random.pick(&["n0", "n1", "n2", "c1"]);
    let collection = if node == "c1" {
        "c0"
    } else {
        random.pick(&["c0", "c1"])
    };
    let there = known.facts.node(node);
    let inside = there.is_some_and(|node| node.parents.iter().any(|known| known == collection));
    if inside || there.is_none() || known.facts.node(collection).is_none() {
        return Call::Associate {
            collection: collection.to_owned(),
            node: node.to_owned(),
            on: false,
        };
    }
    Call::Associate {
        collection: collection.to_owned(),
        node: node.to_owned(),
        on: true,
    }
}

fn request(random: &mut Random, known: &Known<'_>, user: &str) -> Request {
    let missing: Vec<&str> = NODES
        .into_iter()
        .filter(|name| known.facts.node(name).is_none())
        .collect();
    if !missing.is_empty() && random.chance(25) {
        let node = random.pick(&missing);
        return create(random, node);
    }
    let node = existing(random, known, &NODES);
    let leaf = existing(random, known, &LEAVES);
    let other = random.pick(&USERS);
    // What owners do is mostly done to nodes that they own.
    let own = known
        .facts
        .nodes
        .iter()
        .filter(|node| known.facts.owns(&node.name, user));
    let own: Vec<String> = own.map(|node| node.name.clone()).collect();
    let owned = if own.is_empty() || random.chance(10) {
        node.clone()
    } else {
        random.pick(&own)
    };
    match random.below(100) {
        0..2 => create(random, &node),
        2..4 => Request::Delete {
            node: owned,
            redirect: random.chance(30).then(|| "xmpp:elsewhere.lit".to_owned()),
        },
        4..12 => {
            let (field, values) = random.pick(FIELDS);
            Request::Configure {
                node: owned,
                field,
                value: random.pick(values).to_owned(),
            }
        }
        12..34 => {
            let jid = address(random, user, other);
            let options = options(random, known, &node);
            Request::Subscribe { node, jid, options }
        }
        34..40 => {
            let made = known.facts.made_by(&node, user);
            let his = (!made.is_empty() && random.chance(80)).then(|| random.pick(&made));
            let jid = his.as_ref().map(|made| made.jid.clone());
            Request::Unsubscribe {
                jid: jid.unwrap_or_else(|| address(random, user, other)),
                node,
                subid: his.and_then(|made| subid(random, known, made.number)),
            }
        }
        40..63 => {
            let names = items(random, 8);
            let numbered = names.into_iter().enumerate();
            Request::Publish {
                // A publish that makes its node makes a leaf of it.
                node: if random.chance(5) && known.facts.node(&node).is_some() {
                    node
                } else {
                    leaf
                },
                items: numbered
                    .map(|(place, name)| (name, format!("{}.{place}", known.count)))
                    .collect(),
            }
        }
        63..69 => Request::Retract {
            node: leaf,
            items: items(random, 0),
            notify: random.chance(40),
        },
        69..71 => Request::Purge { node: leaf },
        71..82 => Request::Items {
            node: leaf,
            which: which(random),
        },
        82..88 => Request::Affiliate {
            node: owned,
            user: other.to_owned(),
            affiliation: random.pick(&[
                "owner",
                "publisher",
                "publish-only",
                "member",
                "none",
                "outcast",
            ]),
        },
        88..92 => {
            let all = known.facts.subscriptions.iter();
            let all: Vec<_> = all
                .filter(|made| made.node == owned)
                .map(|made| made.jid.clone())
                .collect();
            let jid = if all.is_empty() {
                other.to_owned()
            } else {
                random.pick(&all)
            };
            Request::Decide {
                node: owned,
                jid,
                state: random.pick(&["subscribed", "subscribed", "none"]),
            }
        }
        92..94 => Request::Subscriptions,
        94..95 => Request::Affiliations,
        95..97 => Request::Subscribers { node: owned },
        97..98 => Request::Affiliated { node: owned },
        _ => Request::Ping,
    }
}

/// Names of items: one in most cases, none in so many of a hundred.
fn items(random: &mut Random, none: usize) -> Vec<String> {
    let count = match random.below(100) {
        chance if chance < none => 0,
        chance if chance < 85 => 1,
        chance if chance < 95 => 2,
        _ => 3,
    };
    let name = |_| random.pick(&ITEMS).to_owned();
    (0..count).map(name).collect()
}

fn which(random: &mut Random) -> Which {
    let name = |random: &mut Random| random.pick(&ITEMS).to_owned();
    match random.below(100) {
        0..40 => Which::All,
        40..50 => Which::Newest(random.below(4)),
        50..65 => {
            let count = 1 + random.below(3);
            Which::Named((0..count).map(|_| name(random)).collect())
        }
        _ => Which::Page {
            max: (!random.chance(20)).then(|| random.below(4)),
            edge: match random.below(5) {
                0 => Edge::First,
                1 => Edge::Last,
                2 => Edge::After(name(random)),
                3 => Edge::Before(name(random)),
                _ => Edge::From(random.below(4)),
            },
        },
    }
}

/// A node that is there, in most cases.
fn existing(random: &mut Random, known: &Known<'_>, names: &[&str]) -> String {
    let there = names.iter().filter(|name| known.facts.node(name).is_some());
    let there: Vec<&str> = there.copied().collect();
    let names = if there.is_empty() || random.chance(4) {
        names
    } else {
        &there
    };
    random.pick(names).to_owned()
}

fn create(random: &mut Random, node: &str) -> Request {
    let collection = node.starts_with('c');
    let mut fields = Vec::new();
    if collection {
        fields.push(("node_type", "collection".to_owned()));
    }
    for (field, values) in FIELDS {
        if random.chance(40) {
            fields.push((*field, random.pick(values).to_owned()));
        }
    }
    let inside = !collection && random.chance(30);
    Request::Create {
        node: node.to_owned(),
        fields,
        parent: inside.then(|| random.pick(&["c0", "c1", "n0"]).to_owned()),
    }
}

fn address(random: &mut Random, user: &str, other: &str) -> String {
    match random.below(20) {
        0 => other.to_owned(),
        1..9 => user.to_owned(),
        _ => format!("{user}/{}", random.pick(&["a", "b"])),
    }
}

fn options(random: &mut Random, known: &Known<'_>, node: &str) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    if node.starts_with('c') && random.chance(70) {
        let kind = random.pick(&["items", "items", "nodes", "all"]);
        options.push(("subscription_type", kind.to_owned()));
        if random.chance(50) {
            options.push(("subscription_depth", "all".to_owned()));
        }
    }
    if random.chance(15) {
        options.push(("deliver", random.pick(&["0", "1"]).to_owned()));
    }
    if random.chance(60) {
        options.push(("digest", random.pick(&["1", "1", "1", "0"]).to_owned()));
        if random.chance(60) {
            let frequency = random.pick(&["2000", "8000", "90000"]);
            options.push(("digest_frequency", frequency.to_owned()));
        }
    }
    match random.below(100) {
        0..15 => options.push(("expire", "presence".to_owned())),
        15..30 => {
            // Whole seconds, as dates are written.
            let seconds = i64::try_from(5 + random.below(90)).unwrap();
            let end = (known.now / 1000 + seconds) * 1000;
            options.push(("expire", end.to_string()));
        }
        _ => {}
    }
    options
}

fn subid(random: &mut Random, known: &Known<'_>, number: usize) -> Option<Subid> {
    let wanted = format!("#{number}");
    match random.below(10) {
        0 => None,
        1 => Some(Subid::Unknown),
        _ => {
            let told = known.subids.iter().find(|(known, _)| *known == wanted)?;
            Some(Subid::Known {
                number,
                text: told.1.trim_start_matches('#').to_owned(),
            })
        }
    }
}
