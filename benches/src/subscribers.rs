//! A publish-subscribe service whose only node has many subscribers.

use std::{ops::Range, time::Duration};

use xmpp_pubsub::{
    Iq, Jid, NodeId, Other, Outgoing, Stanza, StanzaId, notification,
    pubsub::{Child, Item, PubSub},
    service::{AccessModel, Config, NewNode, NodeConfig, Service},
    stanza::IqContent,
};

use crate::pubsub::{Form, document};

/// The service, the subscribers of its node, and who publishes there.
#[derive(Debug)]
pub struct Subscribers {
    service: Service,
    publish: Stanza,
    count: usize,
}

impl Subscribers {
    /// An open node that keeps nothing, and nobody yet.
    ///
    /// # Panics
    ///
    /// Never: its names are good.
    #[must_use]
    pub fn none() -> Self {
        let mut service = Service::new(Config::new(jid(SERVICE), 1));
        let publisher = jid("finesse@localhost/publisher");
        let new = NewNode {
            node: node(),
            config: NodeConfig::transient().with_access_model(AccessModel::Open),
            owner: Some(publisher.bare()),
        };
        assert_eq!(service.create_node(NOW, new), Ok(()));
        let payload = notification::wrap(&document(Form::Escaped, EVENT));
        let publish = PubSub::new(Child::Publish {
            node: Some(node()),
            items: vec![Item::new(payload)],
            other: Other::new(),
        });
        Self {
            service,
            publish: request(publisher, &publish),
            count: 0,
        }
    }

    /// So many subscribers.
    #[must_use]
    pub fn of(count: usize) -> Self {
        let mut subscribers = Self::none();
        subscribers.subscribe(&requests(0..count));
        subscribers
    }

    /// Takes requests for subscriptions, each of which is answered.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub fn subscribe(&mut self, requests: &[Stanza]) {
        for request in requests {
            self.service.handle_stanza(NOW, request);
            let Some(Stanza::Iq(answer)) = self.service.poll_transmit() else {
                panic!("no answer");
            };
            assert!(matches!(answer.content, IqContent::Result(_)), "{answer:?}");
        }
        self.count += requests.len();
    }

    /// Takes a request to publish an event of about 1 KB, and hands `take` the notifications. Returns their number.
    ///
    /// # Panics
    ///
    /// If not every subscriber gets one, or the publisher no answer.
    pub fn publish(&mut self, mut take: impl FnMut(Outgoing)) -> usize {
        self.service.handle_stanza(NOW, &self.publish);
        let answer = self.service.poll_transmit();
        assert!(matches!(answer, Some(Stanza::Iq(_))), "{answer:?}");
        let mut notifications = 0;
        while let Some(notification) = self.service.poll_outgoing() {
            notifications += 1;
            take(notification);
        }
        assert_eq!(notifications, self.count);
        notifications
    }

    /// How many there are, as the service counts them.
    #[must_use]
    pub fn counted(&self) -> usize {
        self.service.subscriber_count(&node())
    }
}

/// The requests of subscribers, who come in an order that suits no cache. At most a million are different users.
///
/// # Panics
///
/// Never: their names are good.
#[must_use]
pub fn requests(numbers: Range<usize>) -> Vec<Stanza> {
    numbers
        .map(|number| {
            let user = jid(&format!("{:07}@localhost", number * STEP % MOST));
            let subscribe = PubSub::new(Child::Subscribe {
                node: Some(node()),
                jid: Some(user.clone()),
                other: Other::new(),
            });
            request(user, &subscribe)
        })
        .collect()
}

fn request(from: Jid, content: &PubSub) -> Stanza {
    let id = StanzaId::new("request").expect("an id");
    let mut iq = Iq::new(id, IqContent::Set(content.to_payload())).with_to(jid(SERVICE));
    iq.from = Some(from);
    Stanza::Iq(iq)
}

fn jid(text: &str) -> Jid {
    Jid::new(text).expect("an address")
}

fn node() -> NodeId {
    NodeId::new("/finesse/api/SystemInfo").expect("a name")
}

const SERVICE: &str = "pubsub.localhost";
const NOW: Duration = Duration::ZERO;
/// Bytes of an event, about.
const EVENT: usize = 1_024;
const MOST: usize = 1_000_000;
/// Has no divisor in common with [`MOST`].
const STEP: usize = 618_033;
