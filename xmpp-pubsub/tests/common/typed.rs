//! Decodes what a stanza carries by the types of this crate, and says which they were.

use xmpp_pubsub::caps::Capabilities;
use xmpp_pubsub::command::Command;
use xmpp_pubsub::delay::Delay;
use xmpp_pubsub::disco::{Info, Items};
use xmpp_pubsub::event::{Event, ItemChange};
use xmpp_pubsub::form::{
    Field, Form, FormKind, MetaData, NodeConfig, PublishOptions, SubscribeAuthorization,
    SubscribeOptions,
};
use xmpp_pubsub::owner::Owner;
use xmpp_pubsub::pubsub::{AffiliationEntry, Child, Item, PubSub, Subscription};
use xmpp_pubsub::shim::Headers;
use xmpp_pubsub::stanza::{IqContent, MessageKind, Payloads, PresenceKind, Stanza};
use xmpp_pubsub::{Other, Payload, StanzaError, ns};

/// Name and type of a stanza.
pub(crate) fn kind(stanza: &Stanza) -> String {
    match stanza {
        Stanza::Iq(iq) => match &iq.content {
            IqContent::Get(_) => "iq/get".to_owned(),
            IqContent::Set(_) => "iq/set".to_owned(),
            IqContent::Result(_) => "iq/result".to_owned(),
            IqContent::Error { .. } => "iq/error".to_owned(),
        },
        Stanza::Message(message) if message.kind == MessageKind::Normal => "message/-".to_owned(),
        Stanza::Message(message) => format!("message/{}", message.kind),
        Stanza::Presence(presence) if presence.kind == PresenceKind::Available => {
            "presence/-".to_owned()
        }
        Stanza::Presence(presence) => format!("presence/{}", presence.kind),
    }
}

/// Replaces each payload by what its type encodes, and says what it was. Fails where something is not understood.
pub(crate) fn retype(stanza: &mut Stanza) -> String {
    nothing(match stanza {
        Stanza::Iq(iq) => &iq.other,
        Stanza::Message(message) => &message.other,
        Stanza::Presence(presence) => &presence.other,
    });
    match stanza {
        Stanza::Iq(iq) => match &mut iq.content {
            IqContent::Get(payload) | IqContent::Set(payload) => replace(payload),
            IqContent::Result(payload) => match payload {
                Some(payload) => replace(payload),
                None => "empty".to_owned(),
            },
            IqContent::Error { error, request } => {
                let found = stanza_error(error);
                match request {
                    Some(request) => format!("{found}; {}", replace(request)),
                    None => found,
                }
            }
        },
        Stanza::Message(message) => replace_all(&mut message.payloads),
        Stanza::Presence(presence) => replace_all(&mut presence.payloads),
    }
}

fn replace_all(payloads: &mut Payloads) -> String {
    let mut all = payloads.as_slice().to_vec();
    let found: Vec<_> = all.iter_mut().map(replace).collect();
    *payloads = all.into();
    found.join("; ")
}

fn replace(payload: &mut Payload) -> String {
    let (found, written) = match payload.name().parts() {
        (ns::PUBSUB, "pubsub") => {
            let pubsub = PubSub::decode(payload).unwrap();
            nothing(&pubsub.other);
            let children: Vec<_> = pubsub.children.iter().map(child).collect();
            (
                format!("pubsub {}", children.join(" + ")),
                pubsub.to_payload(),
            )
        }
        (ns::PUBSUB_OWNER, "pubsub") => {
            let owner = Owner::decode(payload).unwrap();
            (format!("owner {}", of_owner(&owner)), owner.to_payload())
        }
        (ns::PUBSUB_EVENT, "event") => {
            let event = Event::decode(payload).unwrap();
            (format!("event {}", of_event(&event)), event.to_payload())
        }
        (ns::DISCO_INFO, "query") => {
            let info = Info::decode(payload).unwrap();
            (of_info(&info), info.to_payload())
        }
        (ns::DISCO_ITEMS, "query") => {
            let items = Items::decode(payload).unwrap();
            nothing(&items.other);
            items.items.iter().for_each(|item| nothing(&item.other));
            (count("disco#items", items.items.len()), items.to_payload())
        }
        (ns::DATA_FORMS, "x") => {
            let form = Form::decode(payload).unwrap();
            (format!("x{}", typed_form(Some(&form))), form.to_payload())
        }
        (ns::COMMANDS, "command") => {
            let command = Command::decode(payload).unwrap();
            nothing(&command.other);
            let action = command
                .action
                .as_ref()
                .map_or("-", |action| action.as_str());
            let form = typed_form(command.form.as_ref());
            (format!("command {action}{form}"), command.to_payload())
        }
        (ns::SHIM, "headers") => {
            let headers = Headers::decode(payload).unwrap();
            nothing(&headers.other);
            headers
                .headers
                .iter()
                .for_each(|header| nothing(&header.other));
            (
                count("headers", headers.headers.len()),
                headers.to_payload(),
            )
        }
        (ns::DELAY, "delay") => {
            let delay = Delay::decode(payload).unwrap();
            nothing(&delay.other);
            ("delay".to_owned(), delay.to_payload())
        }
        (ns::CAPS, "c") => {
            let caps = Capabilities::decode(payload).unwrap();
            nothing(&caps.other);
            ("caps".to_owned(), caps.to_payload())
        }
        _ => panic!("no type for {payload:?}"),
    };
    *payload = written;
    found
}

fn stanza_error(error: &StanzaError) -> String {
    nothing(&error.other);
    let mut found = format!("error {} {}", error.kind, error.condition);
    let pubsub = error.pubsub.as_ref().map(|condition| condition.as_str());
    for more in [pubsub, error.feature.as_deref()].into_iter().flatten() {
        found.push_str(&format!(" {more}"));
    }
    found
}

fn child(child: &Child) -> String {
    nothing(
        child
            .other()
            .unwrap_or_else(|| panic!("not known: {child:?}")),
    );
    match child {
        Child::Affiliations { entries, .. } => count("affiliations", affiliations(entries)),
        Child::Configure { form, .. } => format!("configure{}", typed_form(form.as_ref())),
        Child::Create { .. } => "create".to_owned(),
        Child::Default { form, .. } => format!("default{}", typed_form(form.as_ref())),
        Child::Items(found) => count("items", items(&found.items)),
        Child::Options { form, .. } => format!("options{}", typed_form(form.as_ref())),
        Child::Publish { items: found, .. } => count("publish", items(found)),
        Child::PublishOptions { form, .. } => {
            format!("publish-options{}", typed_form(form.as_ref()))
        }
        Child::Retract { items: found, .. } => count("retract", items(found)),
        Child::Set(_) => "set".to_owned(),
        Child::Subscribe { .. } => "subscribe".to_owned(),
        Child::Subscription(subscription) => of_subscription(subscription),
        Child::Subscriptions { entries, .. } => count("subscriptions", subscriptions(entries)),
        Child::Unsubscribe { .. } => "unsubscribe".to_owned(),
        Child::Other(_) | _ => panic!("not known: {child:?}"),
    }
}

fn of_owner(owner: &Owner) -> String {
    nothing(
        owner
            .other()
            .unwrap_or_else(|| panic!("not known: {owner:?}")),
    );
    match owner {
        Owner::Affiliations { entries, .. } => count("affiliations", affiliations(entries)),
        Owner::Configure { form, .. } => format!("configure{}", typed_form(form.as_ref())),
        Owner::Default { form, .. } => format!("default{}", typed_form(form.as_ref())),
        Owner::Delete { redirect, .. } => match redirect {
            Some(_) => "delete redirect".to_owned(),
            None => "delete".to_owned(),
        },
        Owner::Purge { .. } => "purge".to_owned(),
        Owner::Subscriptions { entries, .. } => count("subscriptions", subscriptions(entries)),
        Owner::Other(_) | _ => panic!("not known: {owner:?}"),
    }
}

fn of_event(event: &Event) -> String {
    nothing(
        event
            .other()
            .unwrap_or_else(|| panic!("not known: {event:?}")),
    );
    match event {
        Event::Items { changes, .. } => {
            let changes = changes.iter().map(|change| match change {
                ItemChange::Published(item) => {
                    nothing(&item.other);
                    count("item", item.payloads.len())
                }
                ItemChange::Retracted(_) => "retract".to_owned(),
            });
            changes.collect::<Vec<_>>().join(" + ")
        }
        Event::Collection { changes, .. } => count("collection", changes.len()),
        Event::Configuration { form, .. } => {
            format!("configuration{}", typed_form(form.as_ref()))
        }
        Event::Delete { .. } => "delete".to_owned(),
        Event::Purge { .. } => "purge".to_owned(),
        Event::Subscription(subscription) => of_subscription(subscription),
        Event::Other(_) | _ => panic!("not known: {event:?}"),
    }
}

fn of_subscription(subscription: &Subscription) -> String {
    nothing(&subscription.other);
    let mut found = "subscription".to_owned();
    if let Some(state) = subscription.state {
        found.push_str(&format!(" {state}"));
    }
    if let Some(options) = subscription.options {
        found.push_str(&format!(" {options:?}"));
    }
    if subscription.expiry.is_some() {
        found.push_str(" expiry");
    }
    found
}

fn of_info(info: &Info) -> String {
    nothing(&info.other);
    let mut found = "disco#info".to_owned();
    for identity in &info.identities {
        nothing(&identity.other);
        found.push_str(&format!(" {}/{}", identity.category, identity.kind));
    }
    if !info.features.is_empty() {
        found = count(&found, info.features.len());
    }
    for form in &info.forms {
        found.push_str(&typed_form(Some(form)));
    }
    found
}

/// Reads a form by its own type, which must know every field, and says how many there are beside `FORM_TYPE`.
fn typed_form(form: Option<&Form>) -> String {
    let Some(form) = form else {
        return String::new();
    };
    nothing(&form.other);
    assert!(form.table.is_none());
    for field in &form.fields {
        nothing(&field.other);
        field
            .options
            .iter()
            .for_each(|option| nothing(&option.other));
    }
    // The type knows every field, a form that is filled with its own values does not change, and what the type writes
    // it reads as the same.
    macro_rules! as_type {
        ($kind:ident) => {{
            let values = $kind::from_form(form).unwrap();
            assert_eq!(values.other, Vec::<Field>::new());
            let mut filled = form.clone();
            values.fill(&mut filled);
            assert_eq!(&filled, form);
            assert_eq!(
                $kind::from_form(&values.to_form(form.kind)).unwrap(),
                values
            );
            stringify!($kind)
        }};
    }
    let name = match form.form_type() {
        Some(ns::NODE_CONFIG) => as_type!(NodeConfig),
        Some(ns::SUBSCRIBE_OPTIONS) => as_type!(SubscribeOptions),
        Some(ns::SUBSCRIBE_AUTHORIZATION) => as_type!(SubscribeAuthorization),
        Some(ns::META_DATA) => as_type!(MetaData),
        Some(ns::PUBLISH_OPTIONS) => {
            let options = PublishOptions::from_form(form).unwrap();
            assert_eq!(options.0.other, Vec::<Field>::new());
            assert_eq!(
                PublishOptions::from_form(&options.to_form()).unwrap(),
                options
            );
            "PublishOptions"
        }
        Some(other) => panic!("no type for {other}"),
        None => "-",
    };
    let fields = form.fields.len() - usize::from(form.form_type().is_some());
    let kind = match form.kind {
        FormKind::Submit => String::new(),
        FormKind::Form | FormKind::Cancel | FormKind::Result => format!("{} ", form.kind),
    };
    format!(" [{kind}{name} {fields}]")
}

fn items(items: &[Item]) -> usize {
    items.iter().for_each(|item| nothing(&item.other));
    items.len()
}

fn affiliations(entries: &[AffiliationEntry]) -> usize {
    entries.iter().for_each(|entry| nothing(&entry.other));
    entries.len()
}

fn subscriptions(entries: &[Subscription]) -> usize {
    entries.iter().for_each(|entry| nothing(&entry.other));
    entries.len()
}

fn nothing(other: &Other) {
    assert!(other.is_empty(), "not understood: {other:?}");
}

fn count(name: &str, count: usize) -> String {
    match count {
        0 => name.to_owned(),
        count => format!("{name} {count}"),
    }
}
