//! Requests of which the table gives the words where no example is one.

use wire_xml::{Element, Limits};
use xmpp_pubsub::ns;
use xmpp_pubsub::stanza::Stanza;

use crate::Examples;
use crate::canonical::stream_scope;
use crate::tree::Tree;

/// Whom a request comes from where nothing says it.
pub(crate) const SENDER: &str = "hamlet@denmark.lit/elsinore";

/// The request that `words` tell. `answer` is the example that follows from it.
pub(crate) fn made(words: &str, answer: &Tree, address: &str, examples: &Examples) -> Stanza {
    let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
    let parts: Vec<(&str, &str)> = rest
        .split(' ')
        .filter_map(|part| part.split_once('='))
        .collect();
    let value = |name: &str| {
        parts
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    };
    let attributes = |names: &[&str]| -> String {
        let shown = names
            .iter()
            .filter_map(|name| Some(format!(" {name}='{}'", value(name)?)));
        shown.collect()
    };
    let named = attributes(&["node"]);
    let mut sender = SENDER.to_owned();
    if verb == "subscribe" {
        sender = format!("{}/any", value("jid").unwrap());
    }
    let (mut kind, mut namespace) = ("set", ns::PUBSUB);
    let content = match verb {
        "subscribe" => format!("<subscribe{}/>", attributes(&["node", "jid"])),
        "items" => {
            kind = "get";
            let item = value("item").map(|id| format!("<item id='{id}'/>"));
            format!(
                "<items{}>{}</items>",
                attributes(&["node", "subid"]),
                item.unwrap_or_default()
            )
        }
        "options" => {
            kind = "get";
            format!("<options{}/>", attributes(&["node", "jid", "subid"]))
        }
        "subscriptions" => {
            kind = "get";
            format!("<subscriptions{named}/>")
        }
        "retract" => {
            let item = value("item").map(|id| format!("<item id='{id}'/>"));
            format!("<retract{named}>{}</retract>", item.unwrap_or_default())
        }
        "publish" => {
            let payload = value("payload").map(|name| shown_payload(&examples.element(name)));
            let id = value("item").map(|id| format!(" id='{id}'"));
            let item = (value("item").is_some() || payload.is_some()).then(|| {
                format!(
                    "<item{}>{}</item>",
                    id.unwrap_or_default(),
                    payload.unwrap_or_default()
                )
            });
            format!("<publish{named}>{}</publish>", item.unwrap_or_default())
        }
        "owner-subscriptions" | "owner-affiliations" => {
            namespace = ns::PUBSUB_OWNER;
            let list = verb.trim_start_matches("owner-");
            let name = list.trim_end_matches('s');
            let entries = parts.iter().filter(|(key, _)| *key != "node");
            let entries: String = entries
                .map(|(jid, value)| format!("<{name} jid='{jid}' {name}='{value}'/>"))
                .collect();
            format!("<{list}{named}>{entries}</{list}>")
        }
        "configure" => {
            namespace = ns::PUBSUB_OWNER;
            let fields = parts.iter().filter(|(key, _)| *key != "node");
            format!(
                "<configure{named}>{}</configure>",
                form("node_config", fields)
            )
        }
        "approve" => {
            let fields = [
                ("node", value("node").unwrap()),
                ("subscriber_jid", value("jid").unwrap()),
                ("allow", value("allow").unwrap()),
            ];
            let form = form("subscribe_authorization", fields.iter());
            let message =
                format!("<message from='{SENDER}' to='{address}' id='approve1'>{form}</message>");
            return read(&message);
        }
        "disco#info" | "disco#items" => {
            let query = format!("<query xmlns='http://jabber.org/protocol/{verb}'{named}/>");
            return iq("get", &sender, answer, address, &query);
        }
        other => panic!("{other}"),
    };
    let content = format!("<pubsub xmlns='{namespace}'>{content}</pubsub>");
    iq(kind, &sender, answer, address, &content)
}

/// Sender and id are those that the answer goes back to.
fn iq(kind: &str, sender: &str, answer: &Tree, address: &str, content: &str) -> Stanza {
    let is_answer = answer.name == "iq";
    let from = answer.attr("to").filter(|_| is_answer).unwrap_or(sender);
    let id = answer.attr("id").filter(|_| is_answer).unwrap_or("made");
    read(&format!(
        "<iq type='{kind}' from='{from}' to='{address}' id='{id}'>{content}</iq>"
    ))
}

fn form<'a>(name: &str, fields: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
    let fields = fields
        .map(|(var, value)| format!("<field var='pubsub#{var}'><value>{value}</value></field>"));
    format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>{}#{name}</value></field>{}</x>",
        ns::PUBSUB,
        fields.collect::<String>()
    )
}

/// The payload of the only item that an example shows, as XML.
fn shown_payload(element: &Element) -> String {
    fn find(element: &Element) -> Option<&Element> {
        if element.local() == "item" {
            return element.children().next();
        }
        element.children().find_map(find)
    }
    String::from_utf8(find(element).unwrap().to_bytes().to_vec()).unwrap()
}

pub(crate) fn read(text: &str) -> Stanza {
    Stanza::decode(text.as_bytes(), &stream_scope(), &Limits::default()).unwrap()
}
