//! What a subscriber and a publisher ask, and discovery. XEP-0060 §5, §6 and §7.

use std::time::Duration;

use super::PubSub;
use super::request::{Kind, RequestId};
use crate::disco;
use crate::form::{Form, FormKind, PublishOptions, SubscribeOptions};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::{Child, Item, PubSub as Element};
use crate::stanza::IqContent;

impl PubSub {
    /// Subscribes an address of this user: bare for all sessions, full for one. Here and below, no node (`None::<&NodeId>`) is
    /// the root collection. §6.1.
    pub fn subscribe<'n>(
        &mut self,
        now: Duration,
        node: impl Into<Option<&'n NodeId>>,
        jid: Jid,
    ) -> RequestId {
        let content = subscribe_content(node.into(), jid, None);
        self.request(now, Kind::Subscribe, content)
    }

    /// Subscribes, with options for the subscription. §6.3.7.
    pub fn subscribe_with<'n>(
        &mut self,
        now: Duration,
        node: impl Into<Option<&'n NodeId>>,
        jid: Jid,
        options: &SubscribeOptions,
    ) -> RequestId {
        let content = subscribe_content(node.into(), jid, Some(options));
        self.request(now, Kind::Subscribe, content)
    }

    /// Ends a subscription. §6.2.
    pub fn unsubscribe<'n>(
        &mut self,
        now: Duration,
        node: impl Into<Option<&'n NodeId>>,
        jid: Jid,
        subid: Option<SubId>,
    ) -> RequestId {
        self.request(
            now,
            Kind::Other,
            unsubscribe_content(node.into(), jid, subid),
        )
    }

    /// Asks which subscriptions this user has, at one node or all. §5.6.
    pub fn subscriptions(&mut self, now: Duration, node: Option<&NodeId>) -> RequestId {
        self.request(now, Kind::Subscriptions, subscriptions_content(node))
    }

    /// Asks which affiliations this user has, with one node or all. §5.7.
    pub fn affiliations(&mut self, now: Duration, node: Option<&NodeId>) -> RequestId {
        let child = Child::Affiliations {
            node: node.cloned(),
            entries: Vec::new(),
            other: Other::new(),
        };
        self.get(now, Kind::Affiliations, child)
    }

    /// Asks for the options of a subscription. §6.3.2.
    pub fn options<'n>(
        &mut self,
        now: Duration,
        node: impl Into<Option<&'n NodeId>>,
        jid: Jid,
        subid: Option<SubId>,
    ) -> RequestId {
        let child = options(node.into(), jid, subid, None);
        self.get(now, Kind::Options, child)
    }

    /// Sets options of a subscription; those that are left out keep their values. §6.3.5.
    pub fn set_options<'n>(
        &mut self,
        now: Duration,
        node: impl Into<Option<&'n NodeId>>,
        jid: Jid,
        subid: Option<SubId>,
        wanted: &SubscribeOptions,
    ) -> RequestId {
        let form = wanted.to_form(FormKind::Submit);
        let child = options(node.into(), jid, subid, Some(form));
        self.set(now, Kind::Other, child)
    }

    /// Asks which options a new subscription gets, at a node or anywhere. §6.4.
    pub fn default_options(&mut self, now: Duration, node: Option<&NodeId>) -> RequestId {
        let child = Child::Default {
            node: node.cloned(),
            form: None,
            other: Other::new(),
        };
        self.get(now, Kind::Options, child)
    }

    /// Publishes an item. §7.1.
    pub fn publish(&mut self, now: Duration, node: &NodeId, item: Item) -> RequestId {
        let child = publish(node, item);
        self.set(now, Kind::Publish, child)
    }

    /// Publishes an item if the node is configured like that; where there is no node, it is made like that. §7.1.5.
    pub fn publish_with(
        &mut self,
        now: Duration,
        node: &NodeId,
        item: Item,
        preconditions: &PublishOptions,
    ) -> RequestId {
        let mut element = Element::new(publish(node, item));
        element.children.push(Child::PublishOptions {
            form: Some(preconditions.to_form()),
            other: Other::new(),
        });
        self.request(now, Kind::Publish, IqContent::Set(element.to_payload()))
    }

    /// Publishes the item of a node that has only one. §12.21.
    pub fn publish_current(&mut self, now: Duration, node: &NodeId, item: Item) -> RequestId {
        let id = ItemId::new("current").ok();
        self.publish(now, node, Item { id, ..item })
    }

    /// Deletes an item, and has the subscribers told. §7.2.
    pub fn retract(&mut self, now: Duration, node: &NodeId, id: ItemId) -> RequestId {
        let item = Item {
            id: Some(id),
            ..Item::default()
        };
        let child = Child::Retract {
            node: Some(node.clone()),
            notify: Some(true),
            items: vec![item],
            other: Other::new(),
        };
        self.set(now, Kind::Other, child)
    }

    /// Asks what the service, or one of its nodes, is. §5.1 and §5.3.
    pub fn info(&mut self, now: Duration, node: Option<&NodeId>) -> RequestId {
        let query = disco::Info {
            node: node.map(|node| node.as_str().to_owned()),
            ..disco::Info::default()
        };
        self.request(now, Kind::Info, IqContent::Get(query.to_payload()))
    }

    /// Asks for the nodes of the service, the children of a collection, or the items of a leaf node. §5.2, §5.5.
    pub fn entries(&mut self, now: Duration, node: Option<&NodeId>) -> RequestId {
        let query = disco::Items {
            node: node.map(|node| node.as_str().to_owned()),
            ..disco::Items::default()
        };
        self.request(now, Kind::Entries, IqContent::Get(query.to_payload()))
    }

    fn get(&mut self, now: Duration, kind: Kind, child: Child) -> RequestId {
        self.request(now, kind, IqContent::Get(Element::new(child).to_payload()))
    }

    pub(super) fn set(&mut self, now: Duration, kind: Kind, child: Child) -> RequestId {
        self.request(now, kind, IqContent::Set(Element::new(child).to_payload()))
    }
}

fn publish(node: &NodeId, item: Item) -> Child {
    Child::Publish {
        node: Some(node.clone()),
        items: vec![item],
        other: Other::new(),
    }
}

fn options(node: Option<&NodeId>, jid: Jid, subid: Option<SubId>, form: Option<Form>) -> Child {
    Child::Options {
        node: node.cloned(),
        jid: Some(jid),
        subid,
        form,
        other: Other::new(),
    }
}

pub(super) fn subscribe_content(
    node: Option<&NodeId>,
    jid: Jid,
    options: Option<&SubscribeOptions>,
) -> IqContent {
    let mut element = Element::new(Child::Subscribe {
        node: node.cloned(),
        jid: Some(jid),
        other: Other::new(),
    });
    if let Some(options) = options {
        element.children.push(Child::Options {
            node: None,
            jid: None,
            subid: None,
            form: Some(options.to_form(FormKind::Submit)),
            other: Other::new(),
        });
    }
    IqContent::Set(element.to_payload())
}

pub(super) fn unsubscribe_content(
    node: Option<&NodeId>,
    jid: Jid,
    subid: Option<SubId>,
) -> IqContent {
    let child = Child::Unsubscribe {
        node: node.cloned(),
        jid: Some(jid),
        subid,
        other: Other::new(),
    };
    IqContent::Set(Element::new(child).to_payload())
}

pub(super) fn subscriptions_content(node: Option<&NodeId>) -> IqContent {
    let child = Child::Subscriptions {
        node: node.cloned(),
        entries: Vec::new(),
        other: Other::new(),
    };
    IqContent::Get(Element::new(child).to_payload())
}
