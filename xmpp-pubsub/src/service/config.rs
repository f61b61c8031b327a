//! What a service and a node are set to, and the form in which owners see a node. XEP-0060 §16.4.4.

use crate::form::{Field, Form, FormKind, parse_boolean};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::names::closed_names;
use crate::ns;
use crate::stanza::{Condition, ErrorType, MessageKind, PubSubCondition, StanzaError};

/// Settings of a [`Service`](super::Service).
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the service, such as `pubsub.localhost`.
    pub address: Jid,
    /// Random number of the host's: makes ids of messages, nodes, items and subscriptions.
    pub seed: u64,
    /// The `name` of the service's identity. XEP-0060 §5.1.
    pub name: String,
    /// What a new node is set to where its creator says nothing.
    pub node_defaults: NodeConfig,
    /// Who creates nodes.
    pub create: CreatePolicy,
    /// Whether a publish to a node that is not there creates it, by whoever may create. XEP-0060 §7.1.4. Off by default.
    pub auto_create: bool,
    /// Whether an address may subscribe to a node several times, told apart by subid. XEP-0060 §6.1.6. Off by default.
    pub multi_subscribe: bool,
    /// What happens where a user and one of his sessions are both subscribed.
    pub overlap: Overlap,
    /// Whether nodes that the requester may not read are answered as if they were not there, and are left out of
    /// lists (PS-14.5-01). Off by default, since XEP-0060 names another error.
    pub hide_closed_nodes: bool,
    /// Most nodes. Default 100,000.
    pub max_nodes: usize,
    /// Most subscriptions of one user, all resources together. Default 1,000. At the limit those end first that he made
    /// by the full address of a session that is not [reachable](super::Service::set_reachable) any more.
    pub max_subscriptions_per_user: usize,
    /// Most affiliations that one node keeps. Default 10,000.
    pub max_affiliations_per_node: usize,
    /// Most items that a node can be set to keep. Default 1,000.
    pub max_items: usize,
    /// Longest payload that a node can be set to take, in bytes. Default 64 KiB.
    pub max_payload: usize,
    /// Most entries in one answer of disco#items. Default 1,000.
    pub max_listed: usize,
}

impl Config {
    /// Settings for a service at `address`. `seed` is a random number of the host's.
    #[must_use]
    pub fn new(address: Jid, seed: u64) -> Self {
        Self {
            address,
            seed,
            name: "Publish-subscribe".to_owned(),
            node_defaults: NodeConfig::default(),
            create: CreatePolicy::Anyone,
            auto_create: false,
            multi_subscribe: false,
            overlap: Overlap::Both,
            hide_closed_nodes: false,
            max_nodes: 100_000,
            max_subscriptions_per_user: 1_000,
            max_affiliations_per_node: 10_000,
            max_items: 1_000,
            max_payload: 64 * 1024,
            max_listed: 1_000,
        }
    }

    /// Sets the name of the service's identity.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets what new nodes start with.
    #[must_use]
    pub fn with_node_defaults(mut self, defaults: NodeConfig) -> Self {
        self.node_defaults = defaults;
        self
    }

    /// Sets who creates nodes.
    #[must_use]
    pub const fn with_create(mut self, policy: CreatePolicy) -> Self {
        self.create = policy;
        self
    }

    /// Sets whether a publish creates its node.
    #[must_use]
    pub const fn with_auto_create(mut self, on: bool) -> Self {
        self.auto_create = on;
        self
    }

    /// Sets whether an address may hold several subscriptions to a node.
    #[must_use]
    pub const fn with_multi_subscribe(mut self, on: bool) -> Self {
        self.multi_subscribe = on;
        self
    }

    /// Sets what happens where a user and one of his sessions are both subscribed.
    #[must_use]
    pub const fn with_overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }
}

/// Who creates nodes by stanza. The host always can.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CreatePolicy {
    /// Any entity that the service does not bar.
    Anyone,
    /// Owners of the service only: see [`Service::set_service_affiliation`](super::Service::set_service_affiliation).
    ServiceOwners,
}

/// What happens where `user@domain` and `user@domain/resource` are both subscribed to a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Overlap {
    /// Each gets its event, so that the session sees it twice. XEP-0060 §6.1.6 counts addresses.
    Both,
    /// A session that is available, and so gets what its user gets, is not sent a second copy.
    OncePerSession,
}

closed_names! {
    /// Who may subscribe and retrieve. XEP-0060 §4.5. The models `presence`, `roster` and `authorize` are not built yet:
    /// they are refused with `unsupported-access-model` and not advertised.
    pub enum AccessModel {
        /// Anyone but outcasts.
        Open = "open",
        /// Members, publishers and owners.
        Whitelist = "whitelist",
    }
}

closed_names! {
    /// Who may publish. XEP-0060 §16.4.4.
    pub enum PublishModel {
        /// Publishers and owners.
        Publishers = "publishers",
        /// Subscribers too.
        Subscribers = "subscribers",
        /// Anyone but outcasts.
        Open = "open",
    }
}

/// Settings of a node: the fields of `pubsub#node_config` that this service knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeConfig {
    /// `pubsub#title`: a name for people.
    pub title: String,
    /// `pubsub#access_model`. Default `open` (PS-4.5-01).
    pub access_model: AccessModel,
    /// `pubsub#publish_model`. Default `publishers`.
    pub publish_model: PublishModel,
    /// `pubsub#persist_items`. Default true.
    pub persist_items: bool,
    /// `pubsub#max_items`, where items persist. The oldest goes when one more comes. Default 1.
    pub max_items: usize,
    /// `pubsub#max_payload_size`, in bytes. Default 64 KiB.
    pub max_payload_size: usize,
    /// `pubsub#deliver_payloads`. Default true.
    pub deliver_payloads: bool,
    /// `pubsub#deliver_notifications`. Default true.
    pub deliver_notifications: bool,
    /// `pubsub#notification_type`: `normal` or `headline`. Default `headline`, which servers do not store.
    pub notification_type: MessageKind,
    /// `pubsub#notify_delete`. Default true.
    pub notify_delete: bool,
    /// `pubsub#notify_retract`: retract and purge are told. Default true.
    pub notify_retract: bool,
    /// `pubsub#subscribe`: whether it can be subscribed to by stanza. Default true.
    pub subscribe: bool,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            title: String::new(),
            access_model: AccessModel::Open,
            publish_model: PublishModel::Publishers,
            persist_items: true,
            max_items: 1,
            max_payload_size: 64 * 1024,
            deliver_payloads: true,
            deliver_notifications: true,
            notification_type: MessageKind::Headline,
            notify_delete: true,
            notify_retract: true,
            subscribe: true,
        }
    }
}

impl NodeConfig {
    /// Nothing is kept, payloads are delivered: events as they happen and no history.
    #[must_use]
    pub fn transient() -> Self {
        Self {
            persist_items: false,
            ..Self::default()
        }
    }

    /// Sets who may subscribe.
    #[must_use]
    pub const fn with_access_model(mut self, model: AccessModel) -> Self {
        self.access_model = model;
        self
    }

    /// Sets who may publish.
    #[must_use]
    pub const fn with_publish_model(mut self, model: PublishModel) -> Self {
        self.publish_model = model;
        self
    }

    /// Sets the type of the messages that carry events.
    #[must_use]
    pub const fn with_notification_type(mut self, kind: MessageKind) -> Self {
        self.notification_type = kind;
        self
    }

    /// Sets how many items are kept.
    #[must_use]
    pub const fn with_max_items(mut self, count: usize) -> Self {
        self.max_items = count;
        self
    }

    /// The form that an owner is shown: present values, with what may be chosen. XEP-0060 §8.2.2.
    #[must_use]
    pub fn to_form(&self, kind: FormKind) -> Form {
        let mut form = Form::new(kind, ns::NODE_CONFIG);
        form.fields.extend([
            Field::text("pubsub#title", &self.title),
            Field::choice(
                "pubsub#access_model",
                self.access_model.as_str(),
                AccessModel::ALL.iter().map(|model| model.as_str()),
            ),
            Field::choice(
                "pubsub#publish_model",
                self.publish_model.as_str(),
                PublishModel::ALL.iter().map(|model| model.as_str()),
            ),
            Field::boolean("pubsub#persist_items", self.persist_items),
            Field::text("pubsub#max_items", &self.max_items.to_string()),
            Field::text(
                "pubsub#max_payload_size",
                &self.max_payload_size.to_string(),
            ),
            Field::boolean("pubsub#deliver_payloads", self.deliver_payloads),
            Field::boolean("pubsub#deliver_notifications", self.deliver_notifications),
            Field::choice(
                "pubsub#notification_type",
                self.notification_type.as_str(),
                NOTIFICATION_TYPES.iter().copied(),
            ),
            Field::boolean("pubsub#notify_delete", self.notify_delete),
            Field::boolean("pubsub#notify_retract", self.notify_retract),
            Field::boolean("pubsub#subscribe", self.subscribe),
        ]);
        if kind == FormKind::Submit {
            // A submit carries values, not what could be chosen. XEP-0004 §3.2.
            for field in &mut form.fields {
                field.options.clear();
                field.kind = None;
            }
        }
        form
    }

    /// Takes over the fields that a form gives; fields left out keep their value, unknown ones are ignored
    /// (PS-8.2-05, DF-01).
    ///
    /// # Errors
    ///
    /// `not-acceptable` for a value that cannot be, with `unsupported-access-model` where it is the access model.
    pub fn apply(&mut self, form: &Form, limits: &Config) -> Result<(), StanzaError> {
        for field in &form.fields {
            self.apply_field(field, limits)?;
        }
        Ok(())
    }

    /// Whether the configuration has the value that the field asks for; `None` where it knows no such field.
    #[must_use]
    pub(super) fn matches(&self, field: &Field, limits: &Config) -> Option<bool> {
        let mut wanted = self.clone();
        match wanted.apply_field(field, limits) {
            Ok(Known::Yes) => Some(wanted == *self),
            Ok(Known::No) => None,
            Err(_) => Some(false),
        }
    }

    fn apply_field(&mut self, field: &Field, limits: &Config) -> Result<Known, StanzaError> {
        let Some(var) = &field.var else {
            return Ok(Known::No);
        };
        match var.as_str() {
            "FORM_TYPE" => {}
            "pubsub#title" => field
                .value()
                .unwrap_or_default()
                .clone_into(&mut self.title),
            "pubsub#access_model" => {
                self.access_model = AccessModel::from_name(field.value().unwrap_or_default())
                    .ok_or_else(|| {
                        not_acceptable(field).with_pubsub(PubSubCondition::UNSUPPORTED_ACCESS_MODEL)
                    })?;
            }
            "pubsub#publish_model" => {
                self.publish_model = PublishModel::from_name(field.value().unwrap_or_default())
                    .ok_or_else(|| not_acceptable(field))?;
            }
            "pubsub#notification_type" => {
                self.notification_type = match field.value() {
                    Some("normal") => MessageKind::Normal,
                    Some("headline") => MessageKind::Headline,
                    _ => return Err(not_acceptable(field)),
                };
            }
            "pubsub#max_items" => self.max_items = count(field, limits.max_items)?,
            "pubsub#max_payload_size" => {
                self.max_payload_size = count(field, limits.max_payload)?;
            }
            "pubsub#persist_items" => self.persist_items = boolean(field)?,
            "pubsub#deliver_payloads" => self.deliver_payloads = boolean(field)?,
            "pubsub#deliver_notifications" => self.deliver_notifications = boolean(field)?,
            "pubsub#notify_delete" => self.notify_delete = boolean(field)?,
            "pubsub#notify_retract" => self.notify_retract = boolean(field)?,
            "pubsub#subscribe" => self.subscribe = boolean(field)?,
            // Collections are not built; the value that leaf nodes have is no change.
            "pubsub#node_type" if field.value() == Some("leaf") => {}
            "pubsub#node_type" => return Err(StanzaError::unsupported("collections")),
            _ => return Ok(Known::No),
        }
        Ok(Known::Yes)
    }
}

/// What the host says of a node that it makes.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// Its name.
    pub node: NodeId,
    /// Its settings.
    pub config: NodeConfig,
    /// Its first owner, if any besides the owners of the service.
    pub owner: Option<Jid>,
}

enum Known {
    Yes,
    No,
}

fn boolean(field: &Field) -> Result<bool, StanzaError> {
    field
        .value()
        .and_then(parse_boolean)
        .ok_or_else(|| not_acceptable(field))
}

/// `integer-or-max` (PS-12.23-01): `max` means the limit of the service.
fn count(field: &Field, max: usize) -> Result<usize, StanzaError> {
    let value = field.value().unwrap_or_default();
    if value == "max" {
        return Ok(max);
    }
    match value.parse() {
        Ok(count) if (1..=max).contains(&count) => Ok(count),
        _ => Err(not_acceptable(field)),
    }
}

fn not_acceptable(field: &Field) -> StanzaError {
    StanzaError::new(ErrorType::Modify, Condition::NOT_ACCEPTABLE).with_text(&format!(
        "{} cannot be set to that value",
        field.var.as_deref().unwrap_or_default()
    ))
}

const NOTIFICATION_TYPES: &[&str] = &["normal", "headline"];

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Config {
        Config::new(Jid::new("pubsub.localhost").unwrap(), 1)
    }

    fn submit(var: &str, value: &str) -> Form {
        let mut form = Form::new(FormKind::Submit, ns::NODE_CONFIG);
        form.fields.push(Field::text(var, value));
        form
    }

    #[test]
    fn ps_8_2_05_fields_left_out_keep_their_value() {
        let mut config = NodeConfig::transient();
        config
            .apply(&submit("pubsub#title", "Calls"), &limits())
            .unwrap();
        assert_eq!(
            config,
            NodeConfig {
                title: "Calls".to_owned(),
                ..NodeConfig::transient()
            }
        );
    }

    #[test]
    fn df_01_unknown_fields_are_ignored() {
        let mut config = NodeConfig::default();
        config
            .apply(&submit("pubsub#replyroom", "x"), &limits())
            .unwrap();
        assert_eq!(config, NodeConfig::default());
    }

    #[test]
    fn ps_8_1_07_access_model_that_is_not_built_is_refused() {
        for model in ["presence", "roster", "authorize", "nonsense"] {
            let error = NodeConfig::default()
                .apply(&submit("pubsub#access_model", model), &limits())
                .unwrap_err();
            assert_eq!(error.condition, Condition::NOT_ACCEPTABLE);
            assert_eq!(
                error.pubsub,
                Some(PubSubCondition::UNSUPPORTED_ACCESS_MODEL)
            );
        }
    }

    #[test]
    fn ps_6_3_05_booleans_have_four_spellings() {
        for (value, expected) in [("0", false), ("false", false), ("1", true), ("true", true)] {
            let mut config = NodeConfig::default();
            config
                .apply(&submit("pubsub#persist_items", value), &limits())
                .unwrap();
            assert_eq!(config.persist_items, expected, "{value}");
        }
        assert!(
            NodeConfig::default()
                .apply(&submit("pubsub#persist_items", "yes"), &limits())
                .is_err()
        );
    }

    #[test]
    fn ps_12_23_01_max_means_the_limit_of_the_service() {
        let mut config = NodeConfig::default();
        config
            .apply(&submit("pubsub#max_items", "max"), &limits())
            .unwrap();
        assert_eq!(config.max_items, limits().max_items);
        assert!(
            config
                .apply(&submit("pubsub#max_items", "1001"), &limits())
                .is_err()
        );
        assert!(
            config
                .apply(&submit("pubsub#max_items", "0"), &limits())
                .is_err()
        );
    }

    #[test]
    fn every_field_of_the_form_can_be_submitted_back() {
        let config = NodeConfig {
            title: "x".to_owned(),
            access_model: AccessModel::Whitelist,
            publish_model: PublishModel::Open,
            persist_items: false,
            max_items: 7,
            max_payload_size: 9,
            deliver_payloads: false,
            deliver_notifications: false,
            notification_type: MessageKind::Normal,
            notify_delete: false,
            notify_retract: false,
            subscribe: false,
        };
        let mut other = NodeConfig::default();
        other
            .apply(&config.to_form(FormKind::Submit), &limits())
            .unwrap();
        assert_eq!(other, config);
    }
}
