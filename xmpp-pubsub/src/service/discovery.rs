//! What the service and its nodes say of themselves. XEP-0060 §5.

use super::Service;
use super::refusal::{closed_node, not_found};
use crate::disco;
use crate::form::{Field, Form, FormKind};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::ns;
use crate::stanza::{Payload, StanzaError};

impl Service {
    pub(super) fn on_disco_info(
        &self,
        from: &Jid,
        query: &disco::Info,
    ) -> Result<Option<Payload>, StanzaError> {
        let info = match query.node.as_deref() {
            None | Some("") => disco::Info {
                node: query.node.clone(),
                identities: vec![disco::Identity {
                    name: Some(self.config.name.clone()),
                    ..disco::Identity::new("pubsub", "service")
                }],
                features: self.features(),
                ..disco::Info::default()
            },
            Some(name) => self.node_info(from, name)?,
        };
        Ok(Some(info.to_payload()))
    }

    pub(super) fn on_disco_items(
        &self,
        from: &Jid,
        query: &disco::Items,
    ) -> Result<Option<Payload>, StanzaError> {
        let items = match query.node.as_deref() {
            None | Some("") => self
                .nodes
                .iter()
                .filter(|(_, node)| !self.config.hide_closed_nodes || self.may_read(node, from))
                .take(self.config.max_listed)
                .map(|(id, node)| disco::Item {
                    node: Some(id.to_string()),
                    name: (!node.config.title.is_empty()).then(|| node.config.title.clone()),
                    ..disco::Item::new(self.config.address.clone())
                })
                .collect(),
            Some(name) => {
                let node = self.nodes.get(name).ok_or_else(not_found)?;
                if !self.may_read(node, from) {
                    return Err(self.hidden_or(closed_node()));
                }
                // PS-5.5-01: the name is the item's id, and there is no node.
                node.items
                    .newest(self.config.max_listed)
                    .map(|(id, _)| disco::Item {
                        name: Some(id.to_string()),
                        ..disco::Item::new(self.config.address.clone())
                    })
                    .collect()
            }
        };
        Ok(Some(
            disco::Items {
                node: query.node.clone(),
                items,
                ..disco::Items::default()
            }
            .to_payload(),
        ))
    }

    /// What the service can do: computed from its settings, so that nothing is listed that answers `unsupported`.
    pub(super) fn features(&self) -> Vec<String> {
        let pubsub = FEATURES.iter().copied().chain(
            [
                ("auto-create", self.config.auto_create),
                ("multi-subscribe", self.config.multi_subscribe),
                ("multi-items", self.config.max_items > 1),
            ]
            .into_iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| name),
        );
        [ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING, ns::PUBSUB]
            .into_iter()
            .map(str::to_owned)
            .chain(pubsub.map(|name| format!("{}#{name}", ns::PUBSUB)))
            .collect()
    }

    fn node_info(&self, from: &Jid, name: &str) -> Result<disco::Info, StanzaError> {
        let id = NodeId::new(name).map_err(|_| not_found())?;
        let node = self.nodes.get(&id).ok_or_else(not_found)?;
        if self.config.hide_closed_nodes && !self.may_read(node, from) {
            return Err(not_found());
        }
        let mut form = Form::new(FormKind::Result, ns::META_DATA);
        form.fields.extend([
            Field::text("pubsub#title", &node.config.title),
            Field::text("pubsub#access_model", node.config.access_model.as_str()),
            Field::text("pubsub#publish_model", node.config.publish_model.as_str()),
            Field::text(
                "pubsub#num_subscribers",
                &node.subscribers.len().to_string(),
            ),
        ]);
        Ok(disco::Info {
            node: Some(name.to_owned()),
            identities: vec![disco::Identity::new("pubsub", "leaf")],
            features: vec![ns::DISCO_INFO.to_owned(), ns::PUBSUB.to_owned()],
            forms: vec![form],
            ..disco::Info::default()
        })
    }
}

/// What is always there.
const FEATURES: &[&str] = &[
    "access-open",
    "access-whitelist",
    "config-node",
    "config-node-max",
    "create-and-configure",
    "create-nodes",
    "delete-items",
    "delete-nodes",
    "instant-nodes",
    "item-ids",
    "manage-subscriptions",
    "member-affiliation",
    "meta-data",
    "modify-affiliations",
    "outcast-affiliation",
    "persistent-items",
    "publish",
    "publish-only-affiliation",
    "publish-options",
    "publisher-affiliation",
    "purge-nodes",
    "retract-items",
    "retrieve-affiliations",
    "retrieve-default",
    "retrieve-items",
    "retrieve-subscriptions",
    "subscribe",
    "subscription-notifications",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Feature;

    #[test]
    fn every_feature_has_a_name_of_the_text() {
        for name in FEATURES {
            assert!(Feature::KNOWN.contains(name), "{name}");
        }
    }
}
