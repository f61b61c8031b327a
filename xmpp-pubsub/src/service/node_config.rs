//! What a node is set to, and the form in which owners see it. XEP-0060 §16.4.4 and XEP-0248 §7.2.1.

use super::config::Config;
use super::models::{
    AccessModel, AssociationPolicy, ItemReply, NodeFull, NodeType, PublishModel, SendLast,
};
use super::refusal::{self, unsupported};
use crate::feature::Feature;
use crate::form::{Field, FieldKind, Form, FormKind, parse_boolean};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::ns;
use crate::stanza::{MessageKind, PubSubCondition, StanzaError};

/// Settings of a node: the fields of `pubsub#node_config`. In which collections it is, and what a collection holds, is
/// not among them: see [`Service::associate`](super::Service::associate).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeConfig {
    /// `pubsub#node_type`. Default `leaf` (PS-8.1-08).
    pub node_type: NodeType,
    /// `pubsub#title`: a name for people.
    pub title: String,
    /// `pubsub#description`: words for people.
    pub description: String,
    /// `pubsub#language`: that of the payloads, as a language tag.
    pub language: String,
    /// `pubsub#type`: the namespace that payloads must have; empty takes any.
    pub payload_type: String,
    /// `pubsub#contact`: whom to ask.
    pub contact: Vec<Jid>,
    /// `pubsub#access_model`. Default `open` (PS-4.5-01).
    pub access_model: AccessModel,
    /// `pubsub#roster_groups_allowed`, for the model `roster`.
    pub roster_groups_allowed: Vec<String>,
    /// `pubsub#publish_model`. Default `publishers`.
    pub publish_model: PublishModel,
    /// `pubsub#persist_items`. Default true.
    pub persist_items: bool,
    /// `pubsub#max_items`, where items persist. Default 1.
    pub max_items: usize,
    /// `pubsub#item_expire`: items older than so many seconds go. `None`, the default, is `max`.
    pub item_expire: Option<u64>,
    /// `pubsub#publish_node_full`. Default `retract-oldest` (PS-7.1-16).
    pub publish_node_full: NodeFull,
    /// `pubsub#purge_offline`: items go when their publisher does. Default false.
    pub purge_offline: bool,
    /// `pubsub#max_payload_size`, in bytes. Default 64 KiB.
    pub max_payload_size: usize,
    /// `pubsub#deliver_payloads`. Default true.
    pub deliver_payloads: bool,
    /// `pubsub#deliver_notifications`. Default true.
    pub deliver_notifications: bool,
    /// `pubsub#presence_based_delivery`: only who is available gets events. Default false.
    pub presence_based_delivery: bool,
    /// `pubsub#notification_type`: `normal` or `headline`. Default `headline`, which servers do not store.
    pub notification_type: MessageKind,
    /// `pubsub#send_last_published_item`. Default `on_sub_and_presence` (PS-4.3-02).
    pub send_last: SendLast,
    /// `pubsub#itemreply`. Default `none`.
    pub itemreply: ItemReply,
    /// `pubsub#notify_config`. Default false.
    pub notify_config: bool,
    /// `pubsub#notify_delete`: whether all subscribers are told of the node's end, as XEP-0060 §8.4.2 has it, whatever
    /// else holds back events. Default true.
    pub notify_delete: bool,
    /// `pubsub#notify_retract`: retract and purge are told. Default true.
    pub notify_retract: bool,
    /// `pubsub#notify_sub`: owners are told of subscriptions that come and go. Default false.
    pub notify_sub: bool,
    /// `pubsub#subscribe`: whether it can be subscribed to by stanza. Default true.
    pub subscribe: bool,
    /// `pubsub#tempsub`: all subscriptions end with presence. Default false.
    pub tempsub: bool,
    /// `pubsub#dataform_xslt`: where clients find a transformation of payloads to data forms.
    pub dataform_xslt: String,
    /// `pubsub#children_max` of a collection.
    pub children_max: usize,
    /// `pubsub#children_association_policy` of a collection. Default `owner`.
    pub children_association_policy: AssociationPolicy,
    /// `pubsub#children_association_whitelist` of a collection.
    pub children_association_whitelist: Vec<Jid>,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            node_type: NodeType::Leaf,
            title: String::new(),
            description: String::new(),
            language: String::new(),
            payload_type: String::new(),
            contact: Vec::new(),
            access_model: AccessModel::Open,
            roster_groups_allowed: Vec::new(),
            publish_model: PublishModel::Publishers,
            persist_items: true,
            max_items: 1,
            item_expire: None,
            publish_node_full: NodeFull::RetractOldest,
            purge_offline: false,
            max_payload_size: 64 * 1024,
            deliver_payloads: true,
            deliver_notifications: true,
            presence_based_delivery: false,
            notification_type: MessageKind::Headline,
            send_last: SendLast::OnSubAndPresence,
            itemreply: ItemReply::None,
            notify_config: false,
            notify_delete: true,
            notify_retract: true,
            notify_sub: false,
            subscribe: true,
            tempsub: false,
            dataform_xslt: String::new(),
            children_max: 10_000,
            children_association_policy: AssociationPolicy::Owner,
            children_association_whitelist: Vec::new(),
        }
    }
}

impl NodeConfig {
    /// Nothing is kept, not even the last item, and payloads are delivered: events as they happen and no history.
    #[must_use]
    pub fn transient() -> Self {
        Self {
            persist_items: false,
            send_last: SendLast::Never,
            ..Self::default()
        }
    }

    /// A node that holds nodes. XEP-0248.
    #[must_use]
    pub fn collection() -> Self {
        Self {
            node_type: NodeType::Collection,
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

    /// Sets when the last item is sent.
    #[must_use]
    pub const fn with_send_last(mut self, when: SendLast) -> Self {
        self.send_last = when;
        self
    }

    pub(super) const fn is_collection(&self) -> bool {
        matches!(self.node_type, NodeType::Collection)
    }

    /// The form that an owner is shown: present values, with what may be chosen. XEP-0060 §8.2.2. Only fields whose
    /// feature `limits` has are in it.
    #[must_use]
    pub fn to_form(&self, kind: FormKind, limits: &Config) -> Form {
        let mut form = Form::new(kind, ns::NODE_CONFIG);
        form.fields.extend(
            self.fields(limits)
                .into_iter()
                .filter(|field| is_offered(field.var.as_deref().unwrap_or_default(), self, limits)),
        );
        if kind == FormKind::Submit {
            // A submit carries values, not what could be chosen. XEP-0004 §3.2.
            for field in &mut form.fields {
                field.options.clear();
                field.kind = None;
                field.label = None;
            }
        }
        form
    }

    /// Every field, offered or not.
    pub(super) fn fields(&self, limits: &Config) -> Vec<Field> {
        let models = AccessModel::ALL
            .iter()
            .filter(|model| limits.has(&model.feature()))
            .map(|model| model.as_str());
        let or_max = |value: Option<u64>| value.map_or_else(|| "max".to_owned(), |n| n.to_string());
        vec![
            choice(
                "node_type",
                self.node_type.as_str(),
                NodeType::ALL,
                NodeType::as_str,
            ),
            Field::text("pubsub#title", &self.title),
            Field::text("pubsub#description", &self.description),
            Field::choice(
                "pubsub#language",
                &self.language,
                limits.languages.iter().map(String::as_str),
            ),
            Field::text("pubsub#type", &self.payload_type),
            multi(
                "contact",
                FieldKind::JidMulti,
                self.contact.iter().map(ToString::to_string),
            ),
            Field::choice("pubsub#access_model", self.access_model.as_str(), models),
            multi(
                "roster_groups_allowed",
                FieldKind::ListMulti,
                self.roster_groups_allowed.iter().cloned(),
            ),
            choice(
                "publish_model",
                self.publish_model.as_str(),
                PublishModel::ALL,
                PublishModel::as_str,
            ),
            Field::boolean("pubsub#persist_items", self.persist_items),
            Field::text("pubsub#max_items", &self.max_items.to_string()),
            Field::text("pubsub#item_expire", &or_max(self.item_expire)),
            choice(
                "publish_node_full",
                self.publish_node_full.as_str(),
                NodeFull::ALL,
                NodeFull::as_str,
            ),
            Field::boolean("pubsub#purge_offline", self.purge_offline),
            Field::text(
                "pubsub#max_payload_size",
                &self.max_payload_size.to_string(),
            ),
            Field::boolean("pubsub#deliver_payloads", self.deliver_payloads),
            Field::boolean("pubsub#deliver_notifications", self.deliver_notifications),
            Field::boolean(
                "pubsub#presence_based_delivery",
                self.presence_based_delivery,
            ),
            Field::choice(
                "pubsub#notification_type",
                self.notification_type.as_str(),
                NOTIFICATION_TYPES.iter().copied(),
            ),
            choice(
                "send_last_published_item",
                self.send_last.as_str(),
                SendLast::ALL,
                SendLast::as_str,
            ),
            choice(
                "itemreply",
                self.itemreply.as_str(),
                ItemReply::ALL,
                ItemReply::as_str,
            ),
            Field::boolean("pubsub#notify_config", self.notify_config),
            Field::boolean("pubsub#notify_delete", self.notify_delete),
            Field::boolean("pubsub#notify_retract", self.notify_retract),
            Field::boolean("pubsub#notify_sub", self.notify_sub),
            Field::boolean("pubsub#subscribe", self.subscribe),
            Field::boolean("pubsub#tempsub", self.tempsub),
            Field::text("pubsub#dataform_xslt", &self.dataform_xslt),
            Field::text("pubsub#children_max", &self.children_max.to_string()),
            choice(
                "children_association_policy",
                self.children_association_policy.as_str(),
                AssociationPolicy::ALL,
                AssociationPolicy::as_str,
            ),
            multi(
                "children_association_whitelist",
                FieldKind::JidMulti,
                self.children_association_whitelist
                    .iter()
                    .map(ToString::to_string),
            ),
        ]
    }

    /// Takes over the fields that a form gives; fields left out keep their value, unknown ones are ignored
    /// (PS-8.2-05, DF-01).
    ///
    /// # Errors
    ///
    /// `not-acceptable` for a value that cannot be, with `unsupported-access-model` where it is the access model;
    /// `feature-not-implemented` for what the service does not offer.
    pub fn apply(&mut self, form: &Form, limits: &Config) -> Result<(), StanzaError> {
        if form.fields.len() > limits.max_form_fields {
            return Err(refusal::not_acceptable().with_text("too many fields"));
        }
        for field in &form.fields {
            self.apply_field(field, limits)?;
        }
        Ok(())
    }

    /// Whether the configuration has the value that the field asks for; `None` where it knows no such field.
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
        if var == "FORM_TYPE" {
            return Ok(Known::Yes);
        }
        let mut wanted = self.clone();
        if !wanted.set_field(var, field, limits)? {
            return Ok(Known::No);
        }
        // What is switched off can be said again, not changed.
        let missing = feature_of(var).filter(|feature| !limits.has(feature));
        match missing {
            Some(_) if wanted == *self => {}
            Some(feature) => return Err(unsupported(&feature)),
            None => *self = wanted,
        }
        Ok(Known::Yes)
    }

    /// Sets what one field says. Returns whether there is such a field.
    fn set_field(
        &mut self,
        var: &str,
        field: &Field,
        limits: &Config,
    ) -> Result<bool, StanzaError> {
        let Some(name) = var.strip_prefix("pubsub#") else {
            return Ok(false);
        };
        match name {
            "node_type" => self.node_type = word(field, NodeType::from_name)?,
            "title" => self.title = text(field)?,
            "description" => self.description = text(field)?,
            "language" => self.language = text(field)?,
            "type" => self.payload_type = text(field)?,
            "contact" => self.contact = jids(field)?,
            "access_model" => {
                let model = AccessModel::from_name(field.value().unwrap_or_default());
                let model = model.filter(|model| limits.has(&model.feature()));
                self.access_model = model.ok_or_else(|| {
                    unfit(field).with_pubsub(PubSubCondition::UNSUPPORTED_ACCESS_MODEL)
                })?;
            }
            "roster_groups_allowed" => {
                if field.values.len() > MAX_LIST {
                    return Err(unfit(field));
                }
                self.roster_groups_allowed.clone_from(&field.values);
            }
            "publish_model" => self.publish_model = word(field, PublishModel::from_name)?,
            "persist_items" => self.persist_items = boolean(field)?,
            "max_items" => self.max_items = count(field, limits.max_items, limits)?,
            "item_expire" => self.item_expire = seconds(field, limits)?,
            "publish_node_full" => self.publish_node_full = word(field, NodeFull::from_name)?,
            "purge_offline" => self.purge_offline = boolean(field)?,
            "max_payload_size" => {
                self.max_payload_size = count(field, limits.max_payload, limits)?;
            }
            "deliver_payloads" => self.deliver_payloads = boolean(field)?,
            "deliver_notifications" => self.deliver_notifications = boolean(field)?,
            "presence_based_delivery" => self.presence_based_delivery = boolean(field)?,
            "notification_type" => {
                self.notification_type = match field.value() {
                    Some("normal") => MessageKind::Normal,
                    Some("headline") => MessageKind::Headline,
                    _ => return Err(unfit(field)),
                };
            }
            "send_last_published_item" => self.send_last = word(field, SendLast::from_name)?,
            "itemreply" => self.itemreply = word(field, ItemReply::from_name)?,
            "notify_config" => self.notify_config = boolean(field)?,
            "notify_delete" => self.notify_delete = boolean(field)?,
            "notify_retract" => self.notify_retract = boolean(field)?,
            "notify_sub" => self.notify_sub = boolean(field)?,
            "subscribe" => self.subscribe = boolean(field)?,
            "tempsub" => self.tempsub = boolean(field)?,
            "dataform_xslt" => self.dataform_xslt = text(field)?,
            "children_max" => self.children_max = count(field, limits.max_children, limits)?,
            "children_association_policy" => {
                self.children_association_policy = word(field, AssociationPolicy::from_name)?;
            }
            "children_association_whitelist" => {
                self.children_association_whitelist = jids(field)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The nodes that a field of associations names: `pubsub#collection` or `pubsub#children`. The root is left out.
pub(super) fn associations(
    form: &Form,
    var: &str,
    limits: &Config,
) -> Result<Option<Vec<NodeId>>, StanzaError> {
    let Some(field) = form.field(var) else {
        return Ok(None);
    };
    if !limits.has(&Feature::COLLECTIONS) {
        let none = field.values.iter().all(String::is_empty);
        return if none {
            Ok(None)
        } else {
            Err(unsupported(&Feature::COLLECTIONS))
        };
    }
    if field.values.len() > limits.max_children {
        return Err(refusal::too_many_nodes());
    }
    let named = field.values.iter().filter(|value| !value.is_empty());
    let mut nodes = Vec::new();
    for value in named {
        let node = NodeId::new(value).map_err(|_| unfit(field))?;
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    Ok(Some(nodes))
}

/// The feature without which a field is not offered.
pub(super) fn feature_of(var: &str) -> Option<Feature> {
    Some(match var.strip_prefix("pubsub#")? {
        "persist_items" | "item_expire" | "purge_offline" => Feature::PERSISTENT_ITEMS,
        "max_items" => Feature::MULTI_ITEMS,
        "publish_node_full" => Feature::PUBLISH_NODE_FULL,
        "presence_based_delivery" => Feature::PRESENCE_NOTIFICATIONS,
        "roster_groups_allowed" => Feature::ACCESS_ROSTER,
        "node_type"
        | "collection"
        | "children"
        | "children_max"
        | "children_association_policy"
        | "children_association_whitelist" => Feature::COLLECTIONS,
        _ => return None,
    })
}

fn is_offered(var: &str, config: &NodeConfig, limits: &Config) -> bool {
    let name = var.strip_prefix("pubsub#").unwrap_or_default();
    let fits = if config.is_collection() {
        !OF_LEAVES.contains(&name)
    } else {
        !name.starts_with("children")
    };
    fits && feature_of(var).is_none_or(|feature| limits.has(&feature))
}

/// What a collection has no use for.
const OF_LEAVES: &[&str] = &[
    "persist_items",
    "max_items",
    "item_expire",
    "publish_node_full",
    "purge_offline",
    "max_payload_size",
    "send_last_published_item",
    "itemreply",
    "type",
];

enum Known {
    Yes,
    No,
}

fn choice<T: Copy + 'static>(
    name: &str,
    value: &str,
    all: &'static [T],
    as_str: fn(T) -> &'static str,
) -> Field {
    let options = all.iter().map(|option| as_str(*option));
    Field::choice(&format!("pubsub#{name}"), value, options)
}

fn multi(name: &str, kind: FieldKind, values: impl Iterator<Item = String>) -> Field {
    Field::new(&format!("pubsub#{name}"), Some(kind), values.collect())
}

fn word<T>(field: &Field, parse: fn(&str) -> Option<T>) -> Result<T, StanzaError> {
    field.value().and_then(parse).ok_or_else(|| unfit(field))
}

fn text(field: &Field) -> Result<String, StanzaError> {
    let text = field.value().unwrap_or_default();
    if text.len() > MAX_TEXT {
        return Err(unfit(field));
    }
    Ok(text.to_owned())
}

fn jids(field: &Field) -> Result<Vec<Jid>, StanzaError> {
    if field.values.len() > MAX_LIST {
        return Err(unfit(field));
    }
    let mut jids = Vec::new();
    for value in field.values.iter().filter(|value| !value.is_empty()) {
        let jid = Jid::new(value).map_err(|_| unfit(field))?;
        // DF-05: an address that comes again is dropped.
        if !jids.contains(&jid) {
            jids.push(jid);
        }
    }
    Ok(jids)
}

fn boolean(field: &Field) -> Result<bool, StanzaError> {
    word(field, parse_boolean)
}

/// `integer-or-max` (PS-12.23-01): `max` means the limit of the service.
fn count(field: &Field, max: usize, limits: &Config) -> Result<usize, StanzaError> {
    let value = field.value().unwrap_or_default();
    if value == "max" {
        return allow_max(limits).map(|()| max);
    }
    match value.parse() {
        Ok(count) if (1..=max).contains(&count) => Ok(count),
        _ => Err(unfit(field)),
    }
}

fn seconds(field: &Field, limits: &Config) -> Result<Option<u64>, StanzaError> {
    let value = field.value().unwrap_or_default();
    if value == "max" {
        return allow_max(limits).map(|()| None);
    }
    match value.parse() {
        Ok(seconds) if (1..=MAX_SECONDS).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(unfit(field)),
    }
}

fn allow_max(limits: &Config) -> Result<(), StanzaError> {
    if limits.has(&Feature::CONFIG_NODE_MAX) {
        return Ok(());
    }
    Err(unsupported(&Feature::CONFIG_NODE_MAX))
}

fn unfit(field: &Field) -> StanzaError {
    let var = field.var.as_deref().unwrap_or_default();
    refusal::not_acceptable().with_text(&format!("{var} cannot be set to that value"))
}

const NOTIFICATION_TYPES: &[&str] = &["normal", "headline"];
/// The longest text of a field, in bytes.
const MAX_TEXT: usize = 4096;
/// The most values of a field that has several.
const MAX_LIST: usize = 100;
/// A thousand years.
const MAX_SECONDS: u64 = 31_536_000_000;

#[cfg(test)]
#[path = "node_config_tests.rs"]
mod tests;
