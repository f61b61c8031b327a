//! What the service and its nodes say of themselves. XEP-0060 §5.

use core::ops::Bound;
use std::collections::BTreeSet;

use super::node::Node;
use super::node_config::NodeConfig;
use super::refusal::not_found;
use super::request::{Outcome, Reply};
use super::retrieve::page;
use super::{Kind, Service};
use crate::disco;
use crate::feature::Feature;
use crate::form::{DateTime, FormKind, IntegerOrMax, MetaData};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::ns;
use crate::pubsub::Affiliation;
use crate::rsm;
use crate::stanza::StanzaError;

impl Service {
    pub(super) fn on_disco_info(
        &mut self,
        from: &Jid,
        query: &disco::Info,
        addressed: Option<&NodeId>,
    ) -> Outcome {
        let named = query.node.as_deref().filter(|name| !name.is_empty());
        let info = match named.or_else(|| addressed.map(NodeId::as_str)) {
            None => disco::Info {
                node: query.node.clone(),
                identities: self.identities(),
                features: self.feature_names(),
                ..disco::Info::default()
            },
            Some(ns::GET_PENDING) if self.config.has(&Feature::GET_PENDING) => disco::Info {
                node: query.node.clone(),
                identities: vec![disco::Identity::new("automation", "command-node")],
                features: [ns::DISCO_INFO, ns::COMMANDS, ns::DATA_FORMS]
                    .map(str::to_owned)
                    .to_vec(),
                ..disco::Info::default()
            },
            Some(name) => disco::Info {
                node: query.node.clone(),
                ..self.node_info(from, name)?
            },
        };
        Ok(Reply::Done(Some(info.to_payload())))
    }

    pub(super) fn on_disco_items(
        &mut self,
        from: &Jid,
        query: &disco::Items,
        addressed: Option<&NodeId>,
    ) -> Outcome {
        let named = query.node.as_deref().filter(|name| !name.is_empty());
        let id = match named.or_else(|| addressed.map(NodeId::as_str)) {
            None => NodeId::root(),
            Some(ns::COMMANDS) => return Ok(self.commands(query)),
            Some(name) => NodeId::new(name).map_err(|_| not_found())?,
        };
        let node = self.node(&id)?;
        let set = query.set.as_ref();
        let (items, set) = if id.is_root() || node.config.is_collection() {
            if !id.is_root() {
                self.access(node, from)
                    .map_err(|error| self.hidden_or(error))?;
            }
            self.listed_nodes(from, &node.children, set)?
        } else {
            self.check_retrieve(node, from)?;
            self.listed_items(node, set)?
        };
        self.see_list();
        for item in &items {
            if let Some(id) = item.node.as_deref().and_then(|node| NodeId::new(node).ok()) {
                self.see_node(&id);
            }
        }
        let answer = disco::Items {
            node: query.node.clone(),
            items,
            set,
            ..disco::Items::default()
        };
        Ok(Reply::Done(Some(answer.to_payload())))
    }

    fn identities(&self) -> Vec<disco::Identity> {
        let named = |category, kind| disco::Identity {
            name: Some(self.config.name.clone()),
            ..disco::Identity::new(category, kind)
        };
        match self.config.kind {
            Kind::Service => vec![named("pubsub", "service")],
            // PS-9.3-01.
            Kind::Account => vec![
                disco::Identity::new("account", "registered"),
                named("pubsub", "pep"),
            ],
        }
    }

    /// What the service can do: computed from its settings, so that nothing is listed that answers `unsupported`.
    fn feature_names(&self) -> Vec<String> {
        let mut names: Vec<String> = [
            ns::DISCO_INFO,
            ns::DISCO_ITEMS,
            ns::PING,
            ns::RSM,
            ns::PUBSUB,
        ]
        .map(str::to_owned)
        .to_vec();
        if self.config.has(&Feature::GET_PENDING) {
            names.push(ns::COMMANDS.to_owned());
        }
        for feature in self.config.features() {
            names.push(feature.to_namespace());
            if feature == Feature::MULTI_COLLECTION {
                // CN-01: the text has another name than the registry.
                names.push(format!("{}s", feature.to_namespace()));
            }
        }
        names
    }

    fn commands(&self, query: &disco::Items) -> Reply {
        let mut answer = disco::Items {
            node: query.node.clone(),
            ..disco::Items::default()
        };
        if self.config.has(&Feature::GET_PENDING) {
            answer.items.push(disco::Item {
                node: Some(ns::GET_PENDING.to_owned()),
                name: Some("Subscriptions that wait for approval".to_owned()),
                ..disco::Item::new(self.config.address.clone())
            });
        }
        Reply::Done(Some(answer.to_payload()))
    }

    /// Nodes in the order of their names, page by page.
    fn listed_nodes(
        &self,
        from: &Jid,
        all: &BTreeSet<NodeId>,
        set: Option<&rsm::Set>,
    ) -> Result<(Vec<disco::Item>, Option<rsm::Set>), StanzaError> {
        let most = self.config.max_listed;
        let limit = set
            .and_then(|set| set.max)
            .map_or(most, |max| usize::try_from(max).unwrap_or(most).min(most));
        let anchor = |name: &str| {
            let known = NodeId::new(name).ok().filter(|id| all.contains(id));
            known.ok_or_else(not_found)
        };
        let visible = |id: &&NodeId| {
            let node = self.state.nodes.get(*id);
            node.is_some_and(|node| self.is_visible(node, from))
        };
        let after = set.and_then(|set| set.after.as_deref());
        let before = set.and_then(|set| set.before.as_deref());
        let index = set.and_then(|set| set.index);
        let index = index.map_or(0, |index| usize::try_from(index).unwrap_or(usize::MAX));
        // Where the page starts, if that is known without counting.
        let mut first_index = None;
        let chosen: Vec<&NodeId> = if let Some(after) = after {
            let from = (Bound::Excluded(anchor(after)?), Bound::Unbounded);
            all.range(from).filter(visible).take(limit).collect()
        } else if let Some(before) = before {
            let end = if before.is_empty() {
                first_index = Some(all.len().saturating_sub(limit));
                Bound::Unbounded
            } else {
                Bound::Excluded(anchor(before)?)
            };
            let backwards = all.range((Bound::Unbounded, end)).rev();
            let mut chosen: Vec<_> = backwards.filter(visible).take(limit).collect();
            chosen.reverse();
            chosen
        } else {
            first_index = Some(index);
            let visible = all.iter().filter(visible);
            visible.skip(index).take(limit).collect()
        };
        // How many are hidden is not counted.
        let counted = !self.config.hide_closed_nodes;
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let truncated = if counted {
            chosen.len() < all.len()
        } else {
            chosen.len() == limit
        };
        let answer = (set.is_some() || truncated).then(|| rsm::Set {
            first: chosen.first().map(|first| rsm::First {
                index: first_index.filter(|_| counted).map(number),
                id: first.to_string(),
            }),
            last: chosen.last().map(ToString::to_string),
            count: counted.then(|| number(all.len())),
            ..rsm::Set::default()
        });
        let items = chosen.into_iter().map(|id| {
            let title = self.state.nodes.get(id).map(|node| &node.config.title);
            disco::Item {
                node: Some(id.to_string()),
                name: title.filter(|title| !title.is_empty()).cloned(),
                ..disco::Item::new(self.config.address.clone())
            }
        });
        Ok((items.collect(), answer))
    }

    /// PS-5.5-01: the name is the item's id, and there is no node.
    fn listed_items(
        &self,
        node: &Node,
        set: Option<&rsm::Set>,
    ) -> Result<(Vec<disco::Item>, Option<rsm::Set>), StanzaError> {
        let all: Vec<_> = node.items.iter().collect();
        let most = self.config.max_listed;
        let asked = set.cloned().unwrap_or_default();
        let (range, answer) = page(&all, |item| item.id.as_str(), &asked, most)?;
        let chosen = all.get(range).unwrap_or_default();
        let truncated = chosen.len() < all.len();
        let items = chosen.iter().map(|item| disco::Item {
            name: Some(item.id.to_string()),
            ..disco::Item::new(self.config.address.clone())
        });
        let answer = (set.is_some() || truncated).then_some(answer);
        Ok((items.collect(), answer))
    }

    fn node_info(&self, from: &Jid, name: &str) -> Result<disco::Info, StanzaError> {
        let id = NodeId::new(name).map_err(|_| not_found())?;
        let node = self.node(&id)?;
        if !self.is_visible(node, from) {
            return Err(not_found());
        }
        let mut features = vec![ns::DISCO_INFO.to_owned(), ns::PUBSUB.to_owned()];
        features.push(ns::DISCO_ITEMS.to_owned());
        let mut info = disco::Info {
            identities: vec![disco::Identity::new(
                "pubsub",
                node.config.node_type.as_str(),
            )],
            features,
            ..disco::Info::default()
        };
        if self.config.has(&Feature::META_DATA) {
            info.forms
                .push(self.meta_data(node).to_form(FormKind::Result));
        }
        Ok(info)
    }

    /// PS-5.4-02: settings, and what the service knows by itself.
    fn meta_data(&self, node: &Node) -> MetaData {
        let NodeConfig {
            title,
            description,
            language,
            payload_type,
            contact,
            access_model,
            publish_model,
            max_items,
            ..
        } = &node.config;
        let text = |text: &String| (!text.is_empty()).then(|| text.clone());
        let listed = |wanted| -> Option<Vec<Jid>> {
            let some: Vec<Jid> = node
                .with_affiliation(wanted)
                .take(MAX_NAMED)
                .cloned()
                .collect();
            (!some.is_empty()).then_some(some)
        };
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        MetaData {
            contact: (!contact.is_empty()).then(|| contact.clone()),
            creation_date: Some(DateTime(node.created_at)),
            creator: node.creator.clone(),
            description: text(description),
            language: text(language),
            access_model: Some(crate::form::AccessModel::from_name(access_model.as_str())),
            publish_model: Some(crate::form::PublishModel::from_name(publish_model.as_str())),
            num_subscribers: Some(number(node.subscribed_addresses())),
            owner: listed(Affiliation::Owner),
            publisher: listed(Affiliation::Publisher),
            title: text(title),
            payload_type: text(payload_type),
            max_items: (node.config.persist_items && !node.config.is_collection())
                .then(|| IntegerOrMax::Integer(number(*max_items))),
            other: Vec::new(),
        }
    }
}

/// How many owners, and publishers, the metadata names at most.
const MAX_NAMED: usize = 100;
