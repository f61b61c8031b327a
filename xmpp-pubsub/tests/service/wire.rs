//! Literal stanzas go in; what comes out is compared by what it means, or told in one line.

use wire_xml::{Limits, Profile};
use xmpp_pubsub::form::Form;
use xmpp_pubsub::service::NodeConfig;
use xmpp_pubsub::stanza::Payload;
use xmpp_pubsub::xml::Element;
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, READER, config, error};

/// `princely_musings` on a service that does not offer something.
pub(crate) fn without(feature: Feature) -> Bench {
    let config = config().with_feature(feature, false);
    Bench::with(config, NodeConfig::default().with_max_items(10))
}

/// A stanza such that equal text means an equal stanza. The id of a message is left out: the service makes it up.
pub(crate) fn xml(stanza: &str) -> String {
    let element = crate::canonical::read(stanza.as_bytes(), &crate::canonical::stream_scope());
    let text = crate::canonical::canonical(&element);
    match (element.local(), element.attr("id")) {
        ("message", Some(id)) => text.replacen(&format!(" {{}}id={id:?}"), "", 1),
        _ => text,
    }
}

/// Everything that came back, in the form of [`xml`].
pub(crate) fn all(sent: &str) -> Vec<String> {
    sent.lines().map(xml).collect()
}

/// The messages of what came back.
pub(crate) fn messages(sent: &str) -> Vec<String> {
    let messages = sent.lines().filter(|line| line.starts_with("<message"));
    messages.map(xml).collect()
}

/// An event to this address in a headline message.
pub(crate) fn event(to: &str, content: &str) -> String {
    xml(&format!(
        "<message type='headline' from='pubsub.shakespeare.lit' to='{to}'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'>{content}</event></message>"
    ))
}

/// The result of a request that [`Bench::ask`] sent for hamlet, with nothing in it.
pub(crate) fn empty_result() -> String {
    xml(
        "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'/>",
    )
}

/// An error in one line, as the table has it: type, condition, and condition of publish-subscribe.
pub(crate) fn fault(answer: &str) -> String {
    let (kind, condition, pubsub) = error(answer);
    let words = [kind, condition].into_iter().chain(pubsub);
    words.collect::<Vec<_>>().join(" ")
}

/// What stands for a feature that is not offered.
pub(crate) fn missing(feature: &str) -> String {
    format!("cancel feature-not-implemented unsupported[{feature}]")
}

/// Whether disco#info lists the feature.
pub(crate) fn offers(bench: &mut Bench, feature: &str) -> bool {
    let query = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    let info = bench.ask(READER, "get", query);
    info.contains(&format!(
        "<feature var=\"http://jabber.org/protocol/pubsub#{feature}\"/>"
    ))
}

/// The data form in a stanza.
pub(crate) fn form(stanza: &str) -> Form {
    fn find(element: &Element) -> Option<&Element> {
        if element.is(ns::DATA_FORMS, "x") {
            return Some(element);
        }
        element.children().find_map(find)
    }
    let line = stanza.lines().next().unwrap();
    let stanza = Element::parse(line.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap();
    Form::decode(&Payload::from_element(find(&stanza).unwrap())).unwrap()
}

/// The one value of a field.
pub(crate) fn value(form: &Form, var: &str) -> String {
    let field = form.field(var).unwrap();
    let [value] = field.values.as_slice() else {
        panic!("{field:?}");
    };
    value.clone()
}

/// A form that is submitted.
pub(crate) fn submit(form_type: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields
        .iter()
        .map(|(var, value)| format!("<field var='{var}'><value>{value}</value></field>"))
        .collect();
    format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#{form_type}</value></field>{fields}</x>"
    )
}

/// The ids of the items, or of the retracted ones, in a stanza, in their order.
pub(crate) fn ids(stanza: &str, element: &str) -> Vec<String> {
    values(stanza, element, "id")
}

/// What an attribute says on elements of this name.
pub(crate) fn values(stanza: &str, element: &str, attribute: &str) -> Vec<String> {
    let start = format!("<{element} ");
    let tags = stanza.split(&start).skip(1);
    let value = |tag: &str| {
        let tag = tag.split('>').next()?;
        let rest = tag.split(&format!("{attribute}=\"")).nth(1)?;
        rest.split('"').next().map(str::to_owned)
    };
    tags.filter_map(value).collect()
}

/// The ids of the items that the node keeps, the newest last.
pub(crate) fn kept(bench: &mut Bench) -> Vec<String> {
    let owner = "hamlet@denmark.lit/elsinore";
    let items = bench.pubsub(owner, "get", "<items node='princely_musings'/>");
    ids(&items, "item")
}
