//! Subscriptions that an owner approves. XEP-0060 §6.1.4, §8.6 and §8.7.

use std::collections::VecDeque;

use super::Service;
use super::journal::{Change, Subscription};
use super::refusal::unsupported;
use super::request::{Outcome, Reply};
use super::subscribe::shown;
use crate::command::{Action, Command, Status};
use crate::feature::Feature;
use crate::form::{Field, FieldKind, FieldOption, Form, FormKind, SubscribeAuthorization};
use crate::id::{NodeId, StanzaId, SubId};
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::pubsub::{Affiliation, SubscriptionState};
use crate::stanza::{Condition, ErrorType, Message, MessageKind, StanzaError};

/// Which message asked about what: an answer may leave that out, and keeps the id (PS-8.6-03).
#[derive(Debug, Default)]
pub(super) struct Approvals {
    asked: VecDeque<(u64, NodeId, Jid, Option<SubId>)>,
    most: usize,
}

impl Approvals {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    fn remember(&mut self, number: u64, node: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        self.asked
            .push_back((number, node.clone(), jid.clone(), subid.cloned()));
        while self.asked.len() > self.most {
            self.asked.pop_front();
        }
    }

    fn find(&self, number: u64) -> Option<(NodeId, Jid, Option<SubId>)> {
        let place = self.asked.partition_point(|(known, ..)| *known < number);
        let (known, node, jid, subid) = self.asked.get(place)?;
        (*known == number).then(|| (node.clone(), jid.clone(), subid.clone()))
    }
}

impl Service {
    /// Asks every owner of the node, or of the service where the node has none. PS-8.6-01.
    pub(super) fn ask_owners(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let mut owners: Vec<Jid> = node.owners().cloned().collect();
        if owners.is_empty() {
            owners.extend(self.state.service_owners.iter().cloned());
        }
        for owner in owners {
            self.ask_owner(owner, id, jid, subid);
        }
    }

    fn ask_owner(&mut self, owner: Jid, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        let form = authorization_form(id, jid, subid);
        self.send_message(owner, MessageKind::Normal, form.to_payload().into());
        self.approvals.remember(self.messages, id, jid, subid);
    }

    /// What an owner says to it. PS-8.6-06: only an owner's answer counts.
    pub(super) fn on_answer_of_owner(&mut self, message: &Message) {
        let Some(from) = &message.from else {
            return;
        };
        let payload = message.payloads.find(ns::DATA_FORMS, "x");
        let form = payload.and_then(|payload| Form::decode(payload).ok());
        // PS-8.6-05: who gives the form up leaves the request as it is.
        let Some(form) = form.filter(|form| form.kind == FormKind::Submit && !self.ended) else {
            return;
        };
        if form.form_type() != Some(SubscribeAuthorization::FORM_TYPE) {
            return;
        }
        let Ok(answer) = SubscribeAuthorization::from_form(&form) else {
            return;
        };
        let asked = self.asked_in(message.id.as_ref());
        let (node, jid, subid) = match (answer.node, answer.subscriber_jid, asked) {
            (Some(node), Some(jid), _) => (node, jid, answer.subid),
            (_, _, Some(asked)) => asked,
            (_, _, None) => return,
        };
        let Some(allow) = answer.allow else {
            return;
        };
        let Some(known) = self.state.nodes.get(&node) else {
            return;
        };
        let owner = self.affiliation_at(known, from) == Affiliation::Owner;
        let made = known.subscribers.get(&jid).map(|known| known.made.iter());
        // Without a subid it is the one that waits: an address has no second one while it does.
        let pending = made.into_iter().flatten().find(|made| {
            made.state == SubscriptionState::Pending && (subid.is_none() || made.subid == subid)
        });
        let (true, Some(made)) = (owner, pending.cloned()) else {
            return;
        };
        if allow {
            self.approve(&node, &jid, made);
        } else {
            self.end_subscription(&node, &jid, made.subid.as_ref());
        }
    }

    fn asked_in(&self, id: Option<&StanzaId>) -> Option<(NodeId, Jid, Option<SubId>)> {
        let number = self.outbox.number_of(id?)?;
        self.approvals.find(number)
    }

    /// Makes a pending subscription a live one, and says so.
    pub(super) fn approve(&mut self, id: &NodeId, jid: &Jid, mut made: Subscription) {
        made.state = self.state_of(made.options.as_deref());
        made.options = self.with_lease(id, made.state, made.options);
        let told = shown(id, jid, &made);
        let (state, subid) = (made.state, made.subid.clone());
        self.commit(Change::Subscribed {
            node: id.shown(),
            jid: jid.clone(),
            subscription: made,
        });
        self.see_node(id);
        self.send_subscription(jid.clone(), told);
        if state == SubscriptionState::Subscribed {
            self.tell_owners(id, jid, subid.as_ref(), state);
            self.send_last_to(id, jid, subid.as_ref());
        }
    }

    /// §8.7, by XEP-0050.
    pub(super) fn on_command(&mut self, from: &Jid, command: &Command) -> Outcome {
        if !self.config.commands {
            return Err(super::refusal::service_unavailable().into());
        }
        if command.node != ns::GET_PENDING {
            return Err(super::refusal::not_found().into());
        }
        if !self.config.has(&Feature::GET_PENDING) {
            return Err(unsupported(&Feature::GET_PENDING).into());
        }
        let session = command
            .session_id
            .clone()
            .unwrap_or_else(|| self.ids.next_hex());
        if command.action == Some(Action::CANCEL) {
            return Ok(command_reply(session, Status::CANCELED, None));
        }
        let Some(form) = &command.form else {
            let nodes = self.pending_nodes(from)?;
            let form = pending_form(&nodes);
            return Ok(command_reply(session, Status::EXECUTING, Some(form)));
        };
        let value = form.field("pubsub#node").and_then(Field::value);
        let id = value.and_then(|value| NodeId::new(value).ok());
        let id = id.ok_or_else(super::refusal::plain_bad_request)?;
        self.see_node(&id);
        let node = self.node(&id)?;
        if self.affiliation_at(node, from) != Affiliation::Owner {
            return Err(cancel_forbidden().into());
        }
        let mut asked = Vec::new();
        for jid in &node.pending {
            let made = node.subscribers.get(jid).map(|known| known.made.iter());
            let pending = made
                .into_iter()
                .flatten()
                .filter(|made| made.state == SubscriptionState::Pending);
            asked.extend(pending.map(|made| (jid.clone(), made.subid.clone())));
        }
        for (jid, subid) in asked.into_iter().take(self.config.max_listed) {
            self.ask_owner(from.clone(), &id, &jid, subid.as_ref());
        }
        Ok(command_reply(session, Status::COMPLETED, None))
    }

    /// The nodes with something to approve that the user may approve. PS-8.7-02.
    fn pending_nodes(&mut self, from: &Jid) -> Result<Vec<NodeId>, StanzaError> {
        let everywhere = self.service_affiliation(from) == Affiliation::Owner;
        let is_owner = |id: &NodeId| {
            let node = self.state.nodes.get(id);
            node.is_some_and(|node| self.affiliation_at(node, from) == Affiliation::Owner)
        };
        let roles = self.state.roles.get(&from.bare());
        let own = roles.map(|roles| &roles.affiliated).into_iter().flatten();
        if !everywhere && !own.clone().any(is_owner) {
            return Err(cancel_forbidden());
        }
        let waiting = |id: &&NodeId| self.state.pending.contains(*id);
        let nodes: Vec<NodeId> = if everywhere {
            let all = self.state.pending.iter();
            all.take(self.config.max_listed).cloned().collect()
        } else {
            let own = own.filter(waiting).filter(|id| is_owner(id));
            own.take(self.config.max_listed).cloned().collect()
        };
        for id in &nodes {
            self.see_node(id);
        }
        Ok(nodes)
    }
}

/// The table has `cancel` for the command (§8.7.3.3).
const fn cancel_forbidden() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::FORBIDDEN)
}

fn command_reply(session: String, status: Status, form: Option<Form>) -> Reply {
    let command = Command {
        node: ns::GET_PENDING.to_owned(),
        session_id: Some(session),
        action: None,
        status: Some(status),
        actions: None,
        form,
        notes: Vec::new(),
        other: Other::new(),
    };
    Reply::Done(Some(command.to_payload()))
}

fn pending_form(nodes: &[NodeId]) -> Form {
    let mut form = Form::new(FormKind::Form, SubscribeAuthorization::FORM_TYPE);
    form.fields.push(Field {
        options: nodes
            .iter()
            .map(|node| FieldOption::new(node.as_str()))
            .collect(),
        ..Field::new("pubsub#node", Some(FieldKind::ListSingle), Vec::new())
    });
    form
}

/// PS-8.6-02, with words for people.
fn authorization_form(id: &NodeId, jid: &Jid, subid: Option<&SubId>) -> Form {
    let mut form = Form::new(FormKind::Form, SubscribeAuthorization::FORM_TYPE);
    form.title = Some("Request to subscribe".to_owned());
    form.instructions
        .push("Allow this address to subscribe, or deny it.".to_owned());
    if let Some(subid) = subid {
        let values = vec![subid.to_string()];
        form.fields
            .push(Field::new("pubsub#subid", Some(FieldKind::Hidden), values));
    }
    let labelled = |label: &str, field: Field| Field {
        label: Some(label.to_owned()),
        ..field
    };
    form.fields
        .push(labelled("Node", Field::text("pubsub#node", id.as_str())));
    let subscriber = Field::new(
        "pubsub#subscriber_jid",
        Some(FieldKind::JidSingle),
        vec![jid.to_string()],
    );
    form.fields.push(labelled("Subscriber", subscriber));
    form.fields
        .push(labelled("Allow it?", Field::boolean("pubsub#allow", false)));
    form
}
