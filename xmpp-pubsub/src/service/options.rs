//! Options of subscriptions. XEP-0060 §6.3 and §6.4.

use super::Service;
use super::journal::{Change, Subscription};
use super::node::Node;
use super::refusal::{bad_request, forbidden, plain_bad_request, unsupported};
use super::request::{Outcome, Reply};
use crate::feature::Feature;
use crate::form::{
    Depth, Expire, Field, FieldKind, FieldOption, Form, FormKind, ShowValue, SubscribeOptions,
    SubscriptionType,
};
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::pubsub::{Child, PubSub, SubscriptionState};
use crate::stanza::{ErrorType, PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_options_get(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
        subid: Option<&SubId>,
    ) -> Outcome {
        let (id, jid, made) = self.optioned(from, id, jid, subid)?;
        let node = self.node(&id)?;
        let form = self.options_form(node, made.options.as_deref(), FormKind::Form);
        Ok(PubSub::new(Child::Options {
            node: id.shown(),
            jid: Some(jid),
            subid: made.subid,
            form: Some(form),
            other: Other::new(),
        })
        .into())
    }

    pub(super) fn on_options_set(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
        subid: Option<&SubId>,
        form: Option<&Form>,
    ) -> Outcome {
        let (id, jid, made) = self.optioned(from, id, jid, subid)?;
        let form = form.ok_or_else(plain_bad_request)?;
        if form.kind != FormKind::Cancel {
            self.reconfigure(&id, &jid, &made, form)?;
        }
        Ok(Reply::Done(None))
    }

    /// §6.4: of a node, or of the service.
    pub(super) fn on_default_options(&mut self, from: &Jid, id: Option<&NodeId>) -> Outcome {
        for feature in [Feature::SUBSCRIPTION_OPTIONS, Feature::RETRIEVE_DEFAULT_SUB] {
            if !self.config.has(&feature) {
                return Err(unsupported(&feature).into());
            }
        }
        let node = match id {
            Some(id) => {
                let node = self.node(id)?;
                self.access(node, from)
                    .map_err(|error| self.hidden_or(error))?;
                Some(node)
            }
            None => None,
        };
        let form = self.form_of(node, None, FormKind::Form);
        Ok(PubSub::new(Child::Default {
            node: id.cloned(),
            form: Some(form),
            other: Other::new(),
        })
        .into())
    }

    /// Sets the options of a subscription, and what follows from that. Returns what it is now.
    pub(super) fn reconfigure(
        &mut self,
        id: &NodeId,
        jid: &Jid,
        made: &Subscription,
        form: &Form,
    ) -> Result<Subscription, StanzaError> {
        let node = self.node(id)?;
        let unconfigured = made.state == SubscriptionState::Unconfigured;
        let mut before = made.options.clone();
        if let (true, Some(before)) = (unconfigured, &mut before) {
            // The end that it had for want of options.
            before.expire = None;
        }
        let options = self.read_options(node, before.as_deref(), form)?;
        let state = if unconfigured {
            SubscriptionState::Subscribed
        } else {
            made.state
        };
        let changed = Subscription {
            subid: made.subid.clone(),
            state,
            options: self.with_lease(id, state, options.or(before)),
        };
        if changed != *made {
            self.ask_presence(id, jid, &changed);
            self.commit(Change::Subscribed {
                node: id.shown(),
                jid: jid.clone(),
                subscription: changed.clone(),
            });
        }
        if unconfigured {
            self.tell_owners(id, jid, changed.subid.as_ref(), state);
            self.send_last_to(id, jid, changed.subid.as_ref());
        }
        Ok(changed)
    }

    /// Reads a form of options; what it leaves out stays as it was. `None` for a form that is given up.
    pub(super) fn read_options(
        &self,
        node: &Node,
        before: Option<&SubscribeOptions>,
        form: &Form,
    ) -> Result<Option<Box<SubscribeOptions>>, StanzaError> {
        if !self.config.has(&Feature::SUBSCRIPTION_OPTIONS) {
            return Err(unsupported(&Feature::SUBSCRIPTION_OPTIONS));
        }
        if form.kind == FormKind::Cancel {
            return Ok(None);
        }
        let invalid = || bad_request(PubSubCondition::INVALID_OPTIONS);
        if form.fields.len() > self.config.max_form_fields {
            return Err(invalid());
        }
        let asked = SubscribeOptions::from_form(form).map_err(|_| invalid())?;
        let mut options = before.cloned().unwrap_or_default();
        options.deliver = asked.deliver.or(options.deliver);
        options.digest = asked.digest.or(options.digest);
        options.digest_frequency = asked.digest_frequency.or(options.digest_frequency);
        options.include_body = asked.include_body.or(options.include_body);
        if asked.include_body == Some(true) && self.config.body.is_none() {
            return Err(invalid());
        }
        if let Some(wanted) = asked.show_values {
            if wanted.len() > ShowValue::KNOWN.len() || !wanted.iter().all(is_known) {
                return Err(invalid());
            }
            options.show_values = Some(wanted);
        }
        if let Some(expire) = asked.expire {
            options.expire = Some(self.granted(expire)?);
        }
        let collection = node.config.is_collection();
        if let Some(kind) = asked.subscription_type {
            let fits = if collection {
                SubscriptionType::KNOWN.contains(&kind.as_str())
            } else {
                kind == SubscriptionType::ITEMS
            };
            if !fits {
                return Err(invalid());
            }
            options.subscription_type = collection.then_some(kind);
        }
        if let Some(depth) = asked.subscription_depth {
            options.subscription_depth = collection.then_some(depth);
        }
        Ok(Some(Box::new(options)))
    }

    /// The options of a subscription as a result (PS-6.3-13).
    pub(super) fn options_result(&self, node: &Node, made: &Subscription) -> Form {
        self.options_form(node, made.options.as_deref(), FormKind::Result)
    }

    fn options_form(
        &self,
        node: &Node,
        options: Option<&SubscribeOptions>,
        kind: FormKind,
    ) -> Form {
        self.form_of(Some(node), options, kind)
    }

    /// The subscription whose options are meant: the rows of §6.3.4.
    fn optioned(
        &self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
        subid: Option<&SubId>,
    ) -> Result<(NodeId, Jid, Subscription), StanzaError> {
        if !self.config.has(&Feature::SUBSCRIPTION_OPTIONS) {
            return Err(unsupported(&Feature::SUBSCRIPTION_OPTIONS));
        }
        let jid = jid.ok_or_else(|| bad_request(PubSubCondition::JID_REQUIRED))?;
        let id = self.named_or_root(id)?;
        let his = self.may_act_for(from, jid);
        let node = self.visible(&id, if his { jid } else { from })?;
        if !his {
            return Err(forbidden());
        }
        let subid = self.which(node, jid, subid, ErrorType::Modify)?;
        let made = node.made(jid, subid.as_ref()).cloned();
        let made = made.ok_or_else(|| super::refusal::not_subscribed(ErrorType::Modify))?;
        Ok((id, jid.clone(), made))
    }

    /// The form, with the fields that the service offers. PS-6.3-04.
    fn form_of(
        &self,
        node: Option<&Node>,
        options: Option<&SubscribeOptions>,
        kind: FormKind,
    ) -> Form {
        let empty = SubscribeOptions::default();
        let options = options.unwrap_or(&empty);
        let boolean = |name: &str, value: Option<bool>, default| {
            Field::boolean(&format!("pubsub#{name}"), value.unwrap_or(default))
        };
        let mut form = Form::new(kind, ns::SUBSCRIBE_OPTIONS);
        form.fields.push(boolean("deliver", options.deliver, true));
        form.fields.push(boolean("digest", options.digest, false));
        let frequency = options.digest_frequency.unwrap_or_else(|| {
            u64::try_from(self.config.digest_frequency.as_millis()).unwrap_or(u64::MAX)
        });
        form.fields.push(Field::text(
            "pubsub#digest_frequency",
            &frequency.to_string(),
        ));
        let expire = match options.expire {
            Some(Expire::At(utc)) => vec![wire_xml::text::format_date_time(utc)],
            Some(Expire::Presence) => vec!["presence".to_owned()],
            None => Vec::new(),
        };
        form.fields.push(Field::new(
            "pubsub#expire",
            Some(FieldKind::TextSingle),
            expire,
        ));
        if self.config.body.is_some() {
            form.fields
                .push(boolean("include_body", options.include_body, false));
        }
        let shown = options.show_values.as_ref().map_or_else(
            || {
                ShowValue::KNOWN
                    .iter()
                    .map(|show| (*show).to_owned())
                    .collect()
            },
            |wanted| wanted.iter().map(ToString::to_string).collect(),
        );
        form.fields.push(Field {
            options: choices(ShowValue::KNOWN),
            ..Field::new("pubsub#show-values", Some(FieldKind::ListMulti), shown)
        });
        if node.is_some_and(|node| node.config.is_collection()) {
            let wanted = options.subscription_type.as_ref();
            form.fields.push(Field::choice(
                "pubsub#subscription_type",
                wanted.unwrap_or(&SubscriptionType::NODES).as_str(),
                SubscriptionType::KNOWN.iter().copied(),
            ));
            let depth = match options.subscription_depth {
                Some(Depth::All) => "all".to_owned(),
                Some(Depth::Levels(levels)) => levels.to_string(),
                None => "1".to_owned(),
            };
            form.fields.push(Field::choice(
                "pubsub#subscription_depth",
                &depth,
                ["1", "all"],
            ));
        }
        form
    }
}

fn is_known(show: &ShowValue) -> bool {
    ShowValue::KNOWN.contains(&show.as_str())
}

fn choices(all: &[&str]) -> Vec<FieldOption> {
    all.iter().map(|value| FieldOption::new(value)).collect()
}
