//! What an owner asks. XEP-0060 §8.

use std::collections::BTreeSet;
use std::time::Duration;

use super::PubSub;
use super::event::{Approval, Decision};
use super::request::{Kind, RequestId};
use crate::command::Command;
use crate::form::{Field, Form, FormKind, NodeType, SubscribeAuthorization};
use crate::id::NodeId;
use crate::ns;
use crate::other::Other;
use crate::owner::Owner;
use crate::pubsub::{AffiliationEntry, Child, PubSub as Element, Subscription};
use crate::stanza::{IqContent, Message, MessageKind, Stanza};

impl PubSub {
    /// Makes a node, with settings if the defaults will not do. §8.1.
    pub fn create(
        &mut self,
        now: Duration,
        node: Option<&NodeId>,
        configure: Option<Form>,
    ) -> RequestId {
        let mut element = Element::new(Child::Create {
            node: node.cloned(),
            other: Other::new(),
        });
        if let Some(form) = configure {
            element.children.push(Child::Configure {
                node: None,
                form: Some(form),
                other: Other::new(),
            });
        }
        self.request(now, Kind::Create, IqContent::Set(element.to_payload()))
    }

    /// Asks for the settings of a node. §8.2.1.
    pub fn configuration(&mut self, now: Duration, node: &NodeId) -> RequestId {
        let owner = Owner::Configure {
            node: Some(node.clone()),
            form: None,
            other: Other::new(),
        };
        self.owner_get(now, Kind::Configuration, &owner)
    }

    /// Changes settings of a node. §8.2.4. The form is of type `submit`, or [`Form::cancel`] to give up what
    /// [`configuration`](Self::configuration) began.
    pub fn configure(&mut self, now: Duration, node: &NodeId, form: Form) -> RequestId {
        let owner = Owner::Configure {
            node: Some(node.clone()),
            form: Some(form),
            other: Other::new(),
        };
        self.owner_set(now, &owner)
    }

    /// Asks for the settings that a new node gets, of that type or a leaf. §8.3.
    pub fn default_configuration(&mut self, now: Duration, kind: Option<&NodeType>) -> RequestId {
        let owner = Owner::Default {
            kind: kind.map(|kind| kind.as_str().to_owned()),
            form: None,
            other: Other::new(),
        };
        self.owner_get(now, Kind::Configuration, &owner)
    }

    /// Deletes a node. §8.4.
    pub fn delete(&mut self, now: Duration, node: &NodeId) -> RequestId {
        self.delete_with(now, node, None)
    }

    /// Deletes a node, and says where its subscribers should go on. §8.4.1.
    pub fn delete_with(
        &mut self,
        now: Duration,
        node: &NodeId,
        redirect: Option<String>,
    ) -> RequestId {
        let owner = Owner::Delete {
            node: Some(node.clone()),
            redirect,
            other: Other::new(),
        };
        self.owner_set(now, &owner)
    }

    /// Deletes all items of a node. §8.5.
    pub fn purge(&mut self, now: Duration, node: &NodeId) -> RequestId {
        let owner = Owner::Purge {
            node: Some(node.clone()),
            other: Other::new(),
        };
        self.owner_set(now, &owner)
    }

    /// Asks who is subscribed to a node. §8.8.1.
    pub fn node_subscriptions(&mut self, now: Duration, node: &NodeId) -> RequestId {
        let owner = node_subscriptions(node, Vec::new());
        self.owner_get(now, Kind::NodeSubscriptions, &owner)
    }

    /// Changes who is subscribed to a node; who is not named stays as he is. Of several entries for one address and subid the
    /// last counts. §8.8.2.
    pub fn set_node_subscriptions(
        &mut self,
        now: Duration,
        node: &NodeId,
        changes: Vec<Subscription>,
    ) -> RequestId {
        let changes = last_of_each(changes, |entry| (entry.jid.clone(), entry.subid.clone()));
        let owner = node_subscriptions(node, changes);
        self.owner_set(now, &owner)
    }

    /// Asks who is affiliated with a node. §8.9.1.
    pub fn node_affiliations(&mut self, now: Duration, node: &NodeId) -> RequestId {
        let owner = node_affiliations(node, Vec::new());
        self.owner_get(now, Kind::NodeAffiliations, &owner)
    }

    /// Changes who is affiliated with a node; who is not named stays as he is. Of several entries for one address the last
    /// counts. §8.9.2.
    pub fn set_node_affiliations(
        &mut self,
        now: Duration,
        node: &NodeId,
        changes: Vec<AffiliationEntry>,
    ) -> RequestId {
        let changes = last_of_each(changes, |entry| entry.jid.clone());
        let owner = node_affiliations(node, changes);
        self.owner_set(now, &owner)
    }

    /// Asks at which nodes of this user's subscriptions wait for approval. §8.7.
    pub fn pending(&mut self, now: Duration) -> RequestId {
        let command = Command::execute(ns::GET_PENDING);
        self.request(now, Kind::Pending, IqContent::Set(command.to_payload()))
    }

    /// Asks for the subscriptions that wait at a node; each becomes an
    /// [`Event::Approval`](super::Event::Approval). `session` is what [`pending`](Self::pending) gave. §8.7.
    pub fn ask_pending(
        &mut self,
        now: Duration,
        node: &NodeId,
        session: Option<String>,
    ) -> RequestId {
        // Example 182 has no `FORM_TYPE` here.
        let mut form = Form::cancel();
        form.kind = FormKind::Submit;
        let node = Field::new("pubsub#node", None, vec![node.as_str().to_owned()]);
        form.fields.push(node);
        let command = Command {
            session_id: session,
            form: Some(form),
            ..Command::execute(ns::GET_PENDING)
        };
        self.request(now, Kind::Other, IqContent::Set(command.to_payload()))
    }

    /// Answers somebody who wants to subscribe. The service says nothing to that. §8.6.
    pub fn decide(&mut self, approval: &Approval, decision: Decision) {
        let allow = match decision {
            Decision::Allow => Some(true),
            Decision::Deny => Some(false),
            Decision::Later => None,
        };
        let form = match allow {
            Some(_) => SubscribeAuthorization {
                allow,
                ..approval.request.clone()
            }
            .to_form(FormKind::Submit),
            None => Form::cancel(),
        };
        let mut message = Message::new(MessageKind::Normal, form.to_payload());
        message.to = Some(self.config.service.clone());
        message.id.clone_from(&approval.id);
        self.out.push_back(Stanza::Message(message));
    }

    fn owner_get(&mut self, now: Duration, kind: Kind, owner: &Owner) -> RequestId {
        self.request(now, kind, IqContent::Get(owner.to_payload()))
    }

    fn owner_set(&mut self, now: Duration, owner: &Owner) -> RequestId {
        self.request(now, Kind::Other, IqContent::Set(owner.to_payload()))
    }
}

fn node_subscriptions(node: &NodeId, entries: Vec<Subscription>) -> Owner {
    Owner::Subscriptions {
        node: Some(node.clone()),
        entries,
        other: Other::new(),
    }
}

fn node_affiliations(node: &NodeId, entries: Vec<AffiliationEntry>) -> Owner {
    Owner::Affiliations {
        node: Some(node.clone()),
        entries,
        other: Other::new(),
    }
}

/// The list without entries that a later one with the same key stands in for.
fn last_of_each<T, K: Ord>(entries: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<T> = entries
        .into_iter()
        .rev()
        .filter(|entry| seen.insert(key(entry)))
        .collect();
    kept.reverse();
    kept
}
