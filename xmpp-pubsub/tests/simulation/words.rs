//! Requests as stanzas, and stanzas of the service as the words in which the model speaks.

use std::fmt::Write as _;

use wire_xml::Limits;
use wire_xml::text::format_date_time;
use xmpp_pubsub::event::{Association, Event, ItemChange};
use xmpp_pubsub::form::Form;
use xmpp_pubsub::owner::Owner;
use xmpp_pubsub::pubsub::{self, Child, Item, PubSub};
use xmpp_pubsub::rsm::Set;
use xmpp_pubsub::shim::Headers;
use xmpp_pubsub::stanza::{IqContent, Message, Payload, Stanza};
use xmpp_pubsub::{Jid, ns};

use super::acts::{Delivered, Edge, Request, Subid, Which};
use crate::canonical::stream_scope;

pub(crate) const SERVICE: &str = "pubsub.d.lit";

pub(crate) fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

/// The payload that the model calls by this text.
pub(crate) fn payload(text: &str) -> Payload {
    let xml = format!("<v xmlns='urn:v'>{text}</v>");
    Payload::parse(xml.as_bytes(), &Limits::default()).unwrap()
}

/// A request on its way to the service.
pub(crate) fn stanza(to: &str, from: &str, id: &str, request: &Request) -> Stanza {
    let (kind, ns, content) = content(request);
    let content = if ns == ns::PING {
        content
    } else {
        format!("<pubsub xmlns='{ns}'>{content}</pubsub>")
    };
    let iq = format!("<iq type='{kind}' from='{from}' to='{to}' id='{id}'>{content}</iq>");
    Stanza::decode(iq.as_bytes(), &stream_scope(), &Limits::default()).unwrap()
}

fn content(request: &Request) -> (&'static str, &'static str, String) {
    let own = |content| ("set", ns::PUBSUB, content);
    match request {
        Request::Ping => ("get", ns::PING, "<ping xmlns='urn:xmpp:ping'/>".to_owned()),
        Request::Create {
            node,
            fields,
            parent,
        } => {
            let mut fields = fields.clone();
            fields.push(("roster_groups_allowed", "friends".to_owned()));
            fields.extend(parent.iter().map(|parent| ("collection", parent.clone())));
            let form = form("node_config", &fields);
            own(format!(
                "<create node='{node}'/><configure>{form}</configure>"
            ))
        }
        Request::Delete { node, redirect } => {
            let redirect = redirect.iter().map(|to| format!("<redirect uri='{to}'/>"));
            let redirect: String = redirect.collect();
            (
                "set",
                ns::PUBSUB_OWNER,
                format!("<delete node='{node}'>{redirect}</delete>"),
            )
        }
        Request::Configure { node, field, value } => {
            let form = form("node_config", &[(field, value.clone())]);
            (
                "set",
                ns::PUBSUB_OWNER,
                format!("<configure node='{node}'>{form}</configure>"),
            )
        }
        Request::Subscribe { node, jid, options } => {
            let form = if options.is_empty() {
                String::new()
            } else {
                format!(
                    "<options>{}</options>",
                    form("subscribe_options", &dated(options))
                )
            };
            own(format!("<subscribe node='{node}' jid='{jid}'/>{form}"))
        }
        Request::Unsubscribe { node, jid, subid } => {
            let subid = match subid {
                Some(Subid::Known { text, .. }) => format!(" subid='{text}'"),
                Some(Subid::Unknown) => " subid='unknown'".to_owned(),
                None => String::new(),
            };
            own(format!("<unsubscribe node='{node}' jid='{jid}'{subid}/>"))
        }
        Request::Publish { node, items } => {
            let items = items
                .iter()
                .map(|(id, text)| format!("<item id='{id}'><v xmlns='urn:v'>{text}</v></item>"));
            let items: String = items.collect();
            own(format!("<publish node='{node}'>{items}</publish>"))
        }
        Request::Retract {
            node,
            items,
            notify,
        } => {
            let notify = if *notify { " notify='1'" } else { "" };
            let items = named(items);
            own(format!("<retract node='{node}'{notify}>{items}</retract>"))
        }
        Request::Purge { node } => ("set", ns::PUBSUB_OWNER, format!("<purge node='{node}'/>")),
        Request::Items { node, which } => ("get", ns::PUBSUB, items(node, which)),
        Request::Affiliate {
            node,
            user,
            affiliation,
        } => {
            let entry = format!("<affiliation jid='{user}' affiliation='{affiliation}'/>");
            let list = format!("<affiliations node='{node}'>{entry}</affiliations>");
            ("set", ns::PUBSUB_OWNER, list)
        }
        Request::Decide { node, jid, state } => {
            let entry = format!("<subscription jid='{jid}' subscription='{state}'/>");
            let list = format!("<subscriptions node='{node}'>{entry}</subscriptions>");
            ("set", ns::PUBSUB_OWNER, list)
        }
        Request::Subscriptions => ("get", ns::PUBSUB, "<subscriptions/>".to_owned()),
        Request::Affiliations => ("get", ns::PUBSUB, "<affiliations/>".to_owned()),
        Request::Subscribers { node } => (
            "get",
            ns::PUBSUB_OWNER,
            format!("<subscriptions node='{node}'/>"),
        ),
        Request::Affiliated { node } => (
            "get",
            ns::PUBSUB_OWNER,
            format!("<affiliations node='{node}'/>"),
        ),
    }
}

fn named(items: &[String]) -> String {
    let items = items.iter().map(|id| format!("<item id='{id}'/>"));
    items.collect()
}

fn items(node: &str, which: &Which) -> String {
    let all = format!("<items node='{node}'/>");
    let (max, edge) = match which {
        Which::All => return all,
        Which::Newest(newest) => return format!("<items node='{node}' max_items='{newest}'/>"),
        Which::Named(names) => return format!("<items node='{node}'>{}</items>", named(names)),
        Which::Page { max, edge } => (max, edge),
    };
    let max = max.map_or_else(String::new, |max| format!("<max>{max}</max>"));
    let edge = match edge {
        Edge::First => String::new(),
        Edge::Last => "<before/>".to_owned(),
        Edge::After(anchor) => format!("<after>{anchor}</after>"),
        Edge::Before(anchor) => format!("<before>{anchor}</before>"),
        Edge::From(index) => format!("<index>{index}</index>"),
    };
    format!("{all}<set xmlns='{}'>{max}{edge}</set>", ns::RSM)
}

/// A message on its way back.
pub(crate) fn bounce(
    service: &str,
    message: &Delivered,
    (kind, condition): (&str, &str),
) -> Stanza {
    let message = format!(
        "<message type='error' from='{}' to='{service}' id='{}'><error type='{kind}'>\
         <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
        message.to, message.id
    );
    Stanza::decode(message.as_bytes(), &stream_scope(), &Limits::default()).unwrap()
}

/// Ends of leases are written as dates.
fn dated(options: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let dated = options.iter().map(|(field, value)| match value.parse() {
        Ok(millis) if *field == "expire" => (*field, format_date_time(millis)),
        _ => (*field, value.clone()),
    });
    dated.collect()
}

fn form(form_type: &str, fields: &[(&'static str, String)]) -> String {
    let mut form = format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>{}#{form_type}</value></field>",
        ns::PUBSUB
    );
    for (field, value) in fields {
        let _ = write!(
            form,
            "<field var='pubsub#{field}'><value>{value}</value></field>"
        );
    }
    form + "</x>"
}

/// Whom the service speaks to, and what it says.
pub(crate) fn heard(stanza: &Stanza) -> (String, String) {
    let to = stanza.recipient().unwrap().to_string();
    let text = match stanza {
        Stanza::Iq(iq) => {
            let words = match &iq.content {
                IqContent::Error { error, .. } => {
                    let pubsub = error.pubsub.as_ref().map_or("-", |known| known.as_str());
                    let mut words =
                        format!("error {} {} {pubsub}", error.kind, error.condition.as_str());
                    if let Some(feature) = &error.feature {
                        let _ = write!(words, " {feature}");
                    }
                    words
                }
                IqContent::Result(None) => "result".to_owned(),
                IqContent::Result(Some(payload)) => answer(payload),
                other @ (IqContent::Get(_) | IqContent::Set(_)) => format!("{other:?}"),
            };
            format!("{} {words}", iq.id)
        }
        Stanza::Message(message) => event(message),
        Stanza::Presence(presence) => format!("{presence:?}"),
    };
    (to, text)
}

fn answer(payload: &Payload) -> String {
    if let Ok(owner) = Owner::decode(payload) {
        return match owner {
            Owner::Subscriptions { entries, .. } => {
                let entries = entries
                    .iter()
                    .map(|entry| format!(" {}", subscription(entry)));
                format!("subscribers{}", entries.collect::<String>())
            }
            Owner::Affiliations { entries, .. } => {
                let entries = entries
                    .iter()
                    .map(|entry| format!(" {} {}", entry.jid.as_ref().unwrap(), entry.affiliation));
                format!("affiliated{}", entries.collect::<String>())
            }
            other => format!("{other:?}"),
        };
    }
    let answer = PubSub::decode(payload).unwrap();
    match answer.children.first() {
        Some(Child::Subscription(made)) => format!("subscription {}", subscription(made)),
        Some(Child::Items(items)) => {
            let shown: String = items
                .items
                .iter()
                .map(|item| format!(" {}", shown(item)))
                .collect();
            let set = answer.children.iter().find_map(|child| match child {
                Child::Set(set) => Some(page(set)),
                _ => None,
            });
            let set = set.unwrap_or_default();
            format!("items {}{shown}{set}", items.node.as_ref().unwrap())
        }
        Some(Child::Subscriptions { entries, .. }) => {
            let entries = entries
                .iter()
                .map(|entry| format!(" {}", subscription(entry)));
            format!("subscriptions{}", entries.collect::<String>())
        }
        Some(Child::Affiliations { entries, .. }) => {
            let entries = entries
                .iter()
                .map(|entry| format!(" {} {}", entry.node.as_ref().unwrap(), entry.affiliation));
            format!("affiliations{}", entries.collect::<String>())
        }
        other => format!("{other:?}"),
    }
}

fn page(set: &Set) -> String {
    let edges = match (&set.first, &set.last) {
        (Some(first), Some(last)) => format!("{}@{}-{last}", first.id, first.index.unwrap()),
        (None, None) => String::new(),
        other => format!("{other:?}"),
    };
    format!(" page:{edges}/{}", set.count.unwrap())
}

fn event(message: &Message) -> String {
    if let Some(payload) = message.payloads.find(ns::DATA_FORMS, "x") {
        let form = Form::decode(payload).unwrap();
        let value = |var: &str| {
            form.field(var)
                .and_then(|field| field.values.first())
                .cloned()
        };
        let mut words = format!(
            "ask {} {}",
            value("pubsub#node").unwrap(),
            value("pubsub#subscriber_jid").unwrap()
        );
        if let Some(subid) = value("pubsub#subid") {
            let _ = write!(words, " #{subid}");
        }
        return words;
    }
    if let Some(payload) = message.payloads.find(ns::PUBSUB, "pubsub") {
        let told = PubSub::decode(payload).unwrap();
        let Some(Child::Affiliations {
            node: Some(node),
            entries,
            ..
        }) = told.children.first()
        else {
            return format!("{told:?}");
        };
        return format!("affiliation {node} {}", entries[0].affiliation);
    }
    let Some(payload) = message.payloads.find(ns::PUBSUB_EVENT, "event") else {
        return format!("{message:?}");
    };
    let last = message.payloads.find(ns::DELAY, "delay").is_some();
    let mut words = String::from(if last { "last " } else { "" });
    match Event::decode(payload).unwrap() {
        Event::Items { node, changes, .. } => {
            let _ = write!(words, "items {node}");
            for change in &changes {
                let _ = match change {
                    ItemChange::Published(item) => write!(words, " {}", shown(item)),
                    ItemChange::Retracted(id) => write!(words, " -{id}"),
                };
            }
        }
        Event::Collection { node, changes, .. } => {
            let change = match &changes[0] {
                Association::Associate(node) => format!("+{node}"),
                Association::Disassociate(node) => format!("-{node}"),
            };
            let _ = write!(words, "collection {} {change}", node.unwrap());
        }
        Event::Configuration { node, .. } => {
            let _ = write!(words, "configuration {}", node.unwrap());
        }
        Event::Delete { node, redirect, .. } => {
            let _ = write!(words, "delete {node}");
            if let Some(to) = redirect {
                let _ = write!(words, " {to}");
            }
        }
        Event::Purge { node, .. } => {
            let _ = write!(words, "purge {node}");
        }
        Event::Subscription(made) => {
            let expires = if made.expiry.is_some() {
                " expires"
            } else {
                ""
            };
            let _ = write!(words, "subscription {}{expires}", subscription(&made));
        }
        other => words.push_str(&format!("{other:?}")),
    }
    if let Some(payload) = message.payloads.find(ns::SHIM, "headers") {
        for header in &Headers::decode(payload).unwrap().headers {
            let _ = match header.name.as_str() {
                "SubID" => write!(words, " #{}", header.value),
                _ => write!(words, " via {}", header.value),
            };
        }
    }
    words
}

fn subscription(made: &pubsub::Subscription) -> String {
    let node = made
        .node
        .as_ref()
        .map_or_else(|| "-".to_owned(), ToString::to_string);
    let mut words = format!("{node} {} {}", made.jid, made.state.unwrap());
    if let Some(subid) = &made.subid {
        let _ = write!(words, " #{subid}");
    }
    words
}

fn shown(item: &Item) -> String {
    let bytes = item.payload().map(|payload| payload.as_bytes().clone());
    let text = bytes
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let text = text
        .split_once('>')
        .and_then(|(_, rest)| rest.split_once('<'));
    let text = text.map_or("", |(text, _)| text);
    let publisher = item
        .publisher
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    format!("{}={text}/{publisher}", item.id.as_ref().unwrap())
}
