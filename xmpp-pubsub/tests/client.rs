//! A publish-subscribe client against the service, and against answers that never come.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "service")]

use std::time::Duration;

use wire_xml::Limits;
use xmpp_pubsub::client::{Config, Event, Failure, Outcome, PubSub};
use xmpp_pubsub::event::{Event as Happened, ItemChange};
use xmpp_pubsub::pubsub::{Item, SubscriptionState};
use xmpp_pubsub::service::{self, NodeConfig, Service};
use xmpp_pubsub::stanza::{Condition, Stanza};
use xmpp_pubsub::{Jid, NodeId, notification};

const NOW: Duration = Duration::from_secs(5);

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

fn client() -> PubSub {
    PubSub::new(Config::new(jid("pubsub.localhost"), 3))
}

/// A service and a user of it, whose stanzas pass as bytes.
struct Bench {
    service: Service,
    client: PubSub,
}

impl Bench {
    fn new() -> Self {
        let config = service::Config::new(jid("pubsub.localhost"), 2)
            .with_node_defaults(NodeConfig::default().with_max_items(5));
        Self {
            service: Service::new(config),
            client: client(),
        }
    }

    fn settle(&mut self) -> Vec<Event> {
        while let Some(mut stanza) = self.client.poll_transmit() {
            stanza.set_sender(Some(jid("a@localhost/x")));
            let stanza = Stanza::parse(&stanza.to_bytes(), &Limits::default()).unwrap();
            self.service.handle_stanza(NOW, &stanza);
        }
        while let Some(stanza) = self.service.poll_transmit() {
            let stanza = Stanza::parse(&stanza.to_bytes(), &Limits::default()).unwrap();
            assert!(self.client.handle_stanza(NOW, stanza).is_none());
        }
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }
}

#[test]
fn each_request_has_its_outcome() {
    let mut bench = Bench::new();
    let name = node("/finesse/api/User/1001001");
    let create = bench.client.create(NOW, Some(&name), None);
    let subscribe = bench.client.subscribe(NOW, &name, jid("a@localhost"));
    let publish = bench
        .client
        .publish(NOW, &name, Item::new(notification::wrap("<Update/>")));
    let items = bench.client.items(NOW, &name, Some(1));
    let list = bench.client.subscriptions(NOW, None);
    let end = bench
        .client
        .unsubscribe(NOW, &name, jid("a@localhost"), None);
    let delete = bench.client.delete(NOW, &name);
    let mut outcomes = Vec::new();
    let mut notifications = Vec::new();
    for event in bench.settle() {
        match event {
            Event::Done { request, outcome } => outcomes.push((request, outcome)),
            Event::Notification(notification) => notifications.push(notification),
            other @ (Event::Failed { .. } | _) => panic!("{other:?}"),
        }
    }
    let requests: Vec<_> = outcomes.iter().map(|(request, _)| *request).collect();
    assert_eq!(
        requests,
        [create, subscribe, publish, items, list, end, delete]
    );
    assert_eq!(outcomes[0].1, Outcome::Created(None));
    let Outcome::Subscribed(Some(subscription)) = &outcomes[1].1 else {
        panic!("{outcomes:?}")
    };
    assert_eq!(subscription.state, Some(SubscriptionState::Subscribed));
    let Outcome::Published(Some(id)) = &outcomes[2].1 else {
        panic!("{outcomes:?}")
    };
    let Outcome::Items(kept) = &outcomes[3].1 else {
        panic!("{outcomes:?}")
    };
    assert_eq!(kept[0].id.as_ref(), Some(id));
    let Outcome::Subscriptions(held) = &outcomes[4].1 else {
        panic!("{outcomes:?}")
    };
    assert_eq!(held[0].node.as_ref(), Some(&name));
    let [notification] = notifications.as_slice() else {
        panic!("{notifications:?}")
    };
    let Happened::Items { node, changes, .. } = &notification.event else {
        panic!()
    };
    assert_eq!(node, &name);
    let [ItemChange::Published(item)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(
        notification::unwrap(item.payload().unwrap()).unwrap(),
        "<Update/>"
    );
    assert_eq!(bench.client.open_requests(), 0);
    assert_eq!(bench.client.poll_timeout(), None, "no timer is left behind");
}

#[test]
fn a_refusal_carries_its_error() {
    let mut bench = Bench::new();
    let request = bench
        .client
        .subscribe(NOW, &node("none"), jid("a@localhost"));
    let events = bench.settle();
    let [
        Event::Failed {
            request: failed,
            failure: Failure::Refused(error),
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!(*failed, request);
    assert_eq!(error.condition, Condition::ITEM_NOT_FOUND);
}

#[test]
fn xc_sz_04_an_answer_of_somebody_else_is_none() {
    let mut client = client();
    client.publish(NOW, &node("n"), Item::default());
    let Some(Stanza::Iq(iq)) = client.poll_transmit() else {
        panic!()
    };
    let mut forged = iq.to_result(None);
    forged.from = Some(jid("evil@localhost"));
    assert!(client.handle_stanza(NOW, Stanza::Iq(forged)).is_some());
    assert_eq!(client.open_requests(), 1);
    let mut answer = iq.to_result(None);
    answer.from = Some(jid("pubsub.localhost"));
    assert!(
        client
            .handle_stanza(NOW, Stanza::Iq(answer.clone()))
            .is_none()
    );
    assert!(
        client.handle_stanza(NOW, Stanza::Iq(answer)).is_some(),
        "a second answer is none"
    );
}

#[test]
fn what_is_not_answered_fails_in_time_or_with_the_connection() {
    let mut client = client();
    let first = client.publish(NOW, &node("n"), Item::default());
    assert_eq!(client.poll_timeout(), Some(NOW + Duration::from_secs(30)));
    client.handle_timeout(NOW + Duration::from_secs(29));
    assert!(client.poll_event().is_none());
    client.handle_timeout(NOW + Duration::from_secs(30));
    client.handle_timeout(NOW + Duration::from_secs(30));
    let Some(Event::Failed {
        request,
        failure: Failure::Timeout,
    }) = client.poll_event()
    else {
        panic!();
    };
    assert_eq!(request, first);
    let second = client.publish(NOW, &node("n"), Item::default());
    client.connection_lost();
    let Some(Event::Failed {
        request,
        failure: Failure::ConnectionLost,
    }) = client.poll_event()
    else {
        panic!();
    };
    assert_eq!(request, second);
    assert!(
        client.poll_transmit().is_none(),
        "nothing is sent on the next connection"
    );
    assert!(client.poll_event().is_none());
}
