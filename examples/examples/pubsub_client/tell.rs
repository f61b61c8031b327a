//! What is told, in lines.

use xmpp_pubsub::{
    ItemId, Jid, NodeId,
    client::{Event, Notification, Origin, Outcome},
    event::{Event as PubSubEvent, ItemChange},
    notification,
    pubsub::{Item, Subscription, SubscriptionState},
};

use super::Client;

impl Client {
    pub(super) fn on_event(&mut self, event: Event) {
        match event {
            Event::Done { outcome, .. } => tell_outcome(outcome),
            Event::Failed { failure, .. } => println!("failed {failure}"),
            Event::Notification(notification) => tell_notification(&notification),
            Event::Approval(approval) => {
                let request = &approval.request;
                let node = request.node.as_ref().map_or("", NodeId::as_str);
                let who = request.subscriber_jid.as_ref().map_or("", Jid::as_str);
                println!("approval {node} {who}");
                self.approvals.push_back(*approval);
            }
            Event::Followed { node, subscription } => {
                let state = subscription.and_then(|subscription| subscription.state);
                println!(
                    "followed {node} {}",
                    state.map_or("", SubscriptionState::as_str)
                );
            }
            Event::FollowEnded { node, failure } => {
                let why = failure.map_or_else(String::new, |failure| failure.to_string());
                println!("unfollowed {node} {why}");
            }
            Event::PossibleGap { node, reason } => println!("gap {node} {reason:?}"),
            Event::Left { remaining } => {
                println!("left {remaining}");
                match &mut self.link {
                    Some(link) => link.session.close(),
                    None => self.is_over = true,
                }
            }
            _ => println!("unknown event"),
        }
    }
}

fn tell_outcome(outcome: Outcome) {
    match outcome {
        Outcome::Published(Some(id)) => println!("published {id}"),
        Outcome::Subscribed(Some(subscription)) => tell_subscription(&subscription),
        Outcome::Subscriptions(list) => list.iter().for_each(tell_subscription),
        Outcome::Affiliations(list) => {
            for entry in list {
                let node = entry.node.as_ref().map(NodeId::as_str);
                let whose = entry.jid.as_ref().map(Jid::as_str).or(node);
                println!(
                    "affiliation {} {}",
                    whose.unwrap_or_default(),
                    entry.affiliation
                );
            }
        }
        Outcome::Options(form) | Outcome::Configuration(form) => {
            for field in form.fields {
                let name = field.var.unwrap_or_default();
                println!("field {name}={}", field.values.join("|"));
            }
        }
        Outcome::Items(items) => {
            for item in &items {
                println!("item {}", show(item));
            }
        }
        Outcome::Created(Some(node)) => println!("created {node}"),
        Outcome::Pending { nodes, .. } => nodes.iter().for_each(|node| println!("pending {node}")),
        Outcome::Info(info) => {
            for identity in &info.identities {
                println!("identity {} {}", identity.category, identity.kind);
            }
            info.features
                .iter()
                .for_each(|feature| println!("feature {feature}"));
        }
        Outcome::Entries(entries) => {
            for entry in entries.items {
                let node = entry.node.unwrap_or_default();
                println!("entry {node} {}", entry.name.unwrap_or_default());
            }
        }
        Outcome::Published(None)
        | Outcome::Subscribed(None)
        | Outcome::Created(None)
        | Outcome::Done
        | _ => {}
    }
    println!("done");
}

fn tell_subscription(subscription: &Subscription) {
    let node = subscription.node.as_ref().map_or("", NodeId::as_str);
    let state = subscription.state.map_or("", SubscriptionState::as_str);
    println!("subscription {node} {} {state}", subscription.jid);
}

fn tell_notification(notification: &Notification) {
    let how = match notification.origin {
        Origin::Live => "event",
        Origin::Recovered => "missed",
    };
    match &notification.event {
        PubSubEvent::Items { node, changes, .. } if changes.is_empty() => {
            println!("{how} items {node}");
        }
        PubSubEvent::Items { node, changes, .. } => {
            for change in changes {
                match change {
                    ItemChange::Published(item) => println!("{how} publish {node} {}", show(item)),
                    ItemChange::Retracted(id) => println!("{how} retract {node} {id}"),
                }
            }
        }
        PubSubEvent::Purge { node, .. } => println!("{how} purge {node}"),
        PubSubEvent::Delete { node, redirect, .. } => {
            println!(
                "{how} delete {node} {}",
                redirect.as_deref().unwrap_or_default()
            );
        }
        PubSubEvent::Configuration { node, .. } => {
            println!(
                "{how} configuration {}",
                node.as_ref().map_or("", NodeId::as_str)
            );
        }
        PubSubEvent::Subscription(subscription) => {
            print!("{how} ");
            tell_subscription(subscription);
        }
        PubSubEvent::Collection { node, .. } => {
            println!(
                "{how} collection {}",
                node.as_ref().map_or("", NodeId::as_str)
            );
        }
        PubSubEvent::Other(_) | _ => println!("{how} unknown"),
    }
}

/// Id and payload in one line: text that was escaped as text, an element as it came.
fn show(item: &Item) -> String {
    let id = item.id.as_ref().map_or("", ItemId::as_str);
    let payload = item.payload().map(|payload| {
        let text = notification::unwrap(payload).map(|text| format!("text {text}"));
        text.unwrap_or_else(|| format!("{payload:?}"))
    });
    format!("{id} {}", payload.unwrap_or_default()).replace('\n', "&#10;")
}
