//! Entries as bytes: one XML element each, so that a storage can write them down.

use bytes::{Bytes, BytesMut};
use wire_xml::{Element, Limits, Profile, Writer};

use super::{Change, Entry, ItemRecord, Subscription};
use crate::decode;
use crate::error::DecodeError;
use crate::feature::Feature;
use crate::form::{Form, FormKind, SubscribeOptions};
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::ns;
use crate::pubsub::{Affiliation, SubscriptionState};
use crate::service::config::Config;
use crate::service::node_config::NodeConfig;
use crate::stanza::Payload;

impl Entry {
    /// The entry as bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        let writer = &mut Writer::new(&mut out);
        writer.start(NS, "entry").attr("seq", &self.seq.to_string());
        for change in &self.changes {
            change.write(writer);
        }
        writer.end();
        out.freeze()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let element = Element::parse(bytes, Profile::Xmpp, &Limits::MAX)?;
        decode::expect(&element, NS, "entry")?;
        Ok(Self {
            seq: required_number(&element, "seq")?,
            changes: element
                .children()
                .map(Change::from_element)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Change {
    fn write(&self, writer: &mut Writer<&mut BytesMut>) {
        match self {
            Self::NodeCreated {
                node,
                config,
                creator,
                created_at,
            } => {
                writer
                    .start(NS, "created")
                    .attr("node", node.as_str())
                    .attr_opt("creator", creator.as_ref().map(Jid::as_str))
                    .attr("at", &created_at.to_string());
                write_config(writer, config);
            }
            Self::NodeConfigured { node, config } => {
                writer
                    .start(NS, "configured")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                write_config(writer, config);
            }
            Self::NodeDeleted { node, moved_to } => {
                writer
                    .start(NS, "deleted")
                    .attr("node", node.as_str())
                    .attr_opt("to", moved_to.as_deref());
            }
            Self::Associated { collection, node } => {
                writer
                    .start(NS, "associated")
                    .attr("collection", collection.as_str())
                    .attr("node", node.as_str());
            }
            Self::Disassociated { collection, node } => {
                writer
                    .start(NS, "disassociated")
                    .attr("collection", collection.as_str())
                    .attr("node", node.as_str());
            }
            Self::Affiliated {
                node,
                user,
                affiliation,
            } => {
                writer
                    .start(NS, "affiliated")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str))
                    .attr("jid", user.as_str())
                    .attr("affiliation", affiliation.as_str());
            }
            Self::ServiceAffiliated { user, affiliation } => {
                writer
                    .start(NS, "service-affiliated")
                    .attr("jid", user.as_str())
                    .attr("affiliation", affiliation.as_str());
            }
            Self::Subscribed {
                node,
                jid,
                subscription,
            } => {
                writer
                    .start(NS, "subscribed")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str))
                    .attr("jid", jid.as_str())
                    .attr_opt("subid", subscription.subid.as_ref().map(|s| s.as_str()))
                    .attr("state", subscription.state.as_str());
                if let Some(options) = &subscription.options {
                    options.to_form(FormKind::Submit).write(writer);
                }
            }
            Self::Unsubscribed { node, jid, subid } => {
                writer
                    .start(NS, "unsubscribed")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str))
                    .attr("jid", jid.as_str())
                    .attr_opt("subid", subid.as_ref().map(|subid| subid.as_str()));
            }
            Self::ItemPublished {
                node,
                item,
                payload,
            } => {
                write_item(writer, "published", node, item);
                if let Some(payload) = payload {
                    writer.raw(payload.as_bytes());
                }
            }
            Self::ItemKept { node, item } => write_item(writer, "kept", node, item),
            Self::ItemsRemoved { node, items } => {
                writer.start(NS, "removed").attr("node", node.as_str());
                for item in items {
                    writer.start(NS, "item").attr("id", item.as_str()).end();
                }
            }
            Self::Purged { node } => {
                writer.start(NS, "purged").attr("node", node.as_str());
            }
        }
        writer.end();
    }

    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let optional_node = || decode::node(element, CHANGE);
        let node = || named(optional_node()?, "node");
        let collection = || {
            let name = element.attr("collection").map(NodeId::new);
            named(name.and_then(Result::ok), "collection")
        };
        let jid = || named(decode::jid(element, CHANGE, "jid")?, "jid");
        let affiliation = || {
            let word = decode::word(element, CHANGE, "affiliation", Affiliation::from_name)?;
            named(word, "affiliation")
        };
        if element.ns() != NS {
            return Err(decode::unexpected(element));
        }
        Ok(match element.local() {
            "created" => Self::NodeCreated {
                node: node()?,
                config: Box::new(read_config(element)?),
                creator: decode::jid(element, CHANGE, "creator")?,
                created_at: required_number(element, "at")?,
            },
            "configured" => Self::NodeConfigured {
                node: optional_node()?,
                config: Box::new(read_config(element)?),
            },
            "deleted" => Self::NodeDeleted {
                node: node()?,
                moved_to: element.attr("to").map(str::to_owned),
            },
            "associated" => Self::Associated {
                collection: collection()?,
                node: node()?,
            },
            "disassociated" => Self::Disassociated {
                collection: collection()?,
                node: node()?,
            },
            "affiliated" => Self::Affiliated {
                node: optional_node()?,
                user: jid()?,
                affiliation: affiliation()?,
            },
            "service-affiliated" => Self::ServiceAffiliated {
                user: jid()?,
                affiliation: affiliation()?,
            },
            "subscribed" => Self::Subscribed {
                node: optional_node()?,
                jid: jid()?,
                subscription: read_subscription(element)?,
            },
            "unsubscribed" => Self::Unsubscribed {
                node: optional_node()?,
                jid: jid()?,
                subid: decode::sub_id(element, CHANGE)?,
            },
            "published" => Self::ItemPublished {
                node: node()?,
                item: read_item(element)?,
                payload: element.children().next().map(Payload::from_element),
            },
            "kept" => Self::ItemKept {
                node: node()?,
                item: read_item(element)?,
            },
            "removed" => Self::ItemsRemoved {
                node: node()?,
                items: element
                    .children_named(NS, "item")
                    .map(|item| named(decode::item_id(item, CHANGE)?, "id"))
                    .collect::<Result<Vec<ItemId>, _>>()?,
            },
            "purged" => Self::Purged { node: node()? },
            _ => return Err(decode::unexpected(element)),
        })
    }
}

fn write_item(writer: &mut Writer<&mut BytesMut>, local: &str, node: &NodeId, item: &ItemRecord) {
    writer
        .start(NS, local)
        .attr("node", node.as_str())
        .attr("id", item.id.as_str())
        .attr("publisher", item.publisher.as_str())
        .attr("at", &item.published_at.to_string())
        .attr("size", &item.size.to_string());
}

fn read_item(element: &Element) -> Result<ItemRecord, DecodeError> {
    Ok(ItemRecord {
        id: named(decode::item_id(element, CHANGE)?, "id")?,
        publisher: named(decode::jid(element, CHANGE, "publisher")?, "publisher")?,
        published_at: required_number(element, "at")?,
        size: required_number(element, "size")?,
    })
}

fn read_subscription(element: &Element) -> Result<Subscription, DecodeError> {
    let state = decode::word(element, CHANGE, "state", SubscriptionState::from_name)?;
    let form = element.child(ns::DATA_FORMS, "x").map(Form::from_element);
    let options = form
        .transpose()?
        .map(|form| SubscribeOptions::from_form(&form));
    Ok(Subscription {
        subid: decode::sub_id(element, CHANGE)?,
        state: named(state, "state")?,
        options: options.transpose()?.map(Box::new),
    })
}

fn write_config(writer: &mut Writer<&mut BytesMut>, config: &NodeConfig) {
    let mut form = Form::new(FormKind::Submit, ns::NODE_CONFIG);
    form.fields.extend(config.fields(&everything()));
    for field in &mut form.fields {
        field.options.clear();
        field.kind = None;
    }
    form.write(writer);
}

fn read_config(element: &Element) -> Result<NodeConfig, DecodeError> {
    let invalid = || DecodeError::Invalid {
        element: CHANGE,
        field: "x",
    };
    let form = element.child(ns::DATA_FORMS, "x").ok_or_else(invalid)?;
    let form = Form::from_element(form)?;
    let mut config = NodeConfig::default();
    config.apply(&form, &everything()).map_err(|_| invalid())?;
    Ok(config)
}

/// Limits that take whatever was allowed when it was written.
fn everything() -> Config {
    let address = Jid::new("journal.invalid");
    let address = address.unwrap_or_else(|_| unreachable!("the address above is one"));
    let mut config = Config::new(address, 0).with_feature(Feature::COLLECTIONS, true);
    config.max_items = usize::MAX;
    config.max_payload = usize::MAX;
    config.max_children = usize::MAX;
    config.max_form_fields = usize::MAX;
    config
}

fn named<T>(value: Option<T>, field: &'static str) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Missing {
        element: CHANGE,
        field,
    })
}

fn required_number<T: core::str::FromStr>(
    element: &Element,
    field: &'static str,
) -> Result<T, DecodeError> {
    let number = element.attr(field).and_then(|text| text.parse().ok());
    named(number, field)
}

/// Of entries of the journal.
const NS: &str = "urn:xmpp-pubsub:journal";
/// What errors call a change.
const CHANGE: &str = "change";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Expire, ShowValue};
    use crate::id::SubId;

    fn jid(text: &str) -> Jid {
        Jid::new(text).unwrap()
    }

    #[test]
    fn every_change_is_read_as_it_was_written() {
        let node = NodeId::new("a\t<b>").unwrap();
        let item = ItemRecord {
            id: ItemId::new("i&\"").unwrap(),
            publisher: jid("a@b/c"),
            published_at: -1,
            size: 7,
        };
        let config = NodeConfig {
            title: "T".to_owned(),
            max_items: 100_000,
            contact: vec![jid("a@b"), jid("c@d")],
            ..NodeConfig::collection()
        };
        let options = SubscribeOptions {
            deliver: Some(false),
            expire: Some(Expire::At(1_143_849_599_000)),
            show_values: Some(vec![ShowValue::CHAT]),
            ..SubscribeOptions::default()
        };
        let payload = Payload::from_element(&Element::new("urn:e", "e").with_text("<&>"));
        let entry = Entry {
            seq: u64::MAX,
            changes: vec![
                Change::NodeCreated {
                    node: node.clone(),
                    config: Box::new(config),
                    creator: Some(jid("a@b")),
                    created_at: 1,
                },
                Change::NodeConfigured {
                    node: None,
                    config: Box::new(NodeConfig::transient()),
                },
                Change::NodeDeleted {
                    node: node.clone(),
                    moved_to: Some("xmpp:x".to_owned()),
                },
                Change::Associated {
                    collection: node.clone(),
                    node: node.clone(),
                },
                Change::Disassociated {
                    collection: node.clone(),
                    node: node.clone(),
                },
                Change::Affiliated {
                    node: Some(node.clone()),
                    user: jid("a@b"),
                    affiliation: Affiliation::PublishOnly,
                },
                Change::ServiceAffiliated {
                    user: jid("a@b"),
                    affiliation: Affiliation::Outcast,
                },
                Change::Subscribed {
                    node: None,
                    jid: jid("a@b/c"),
                    subscription: Subscription {
                        subid: Some(SubId::new("s").unwrap()),
                        state: SubscriptionState::Pending,
                        options: Some(Box::new(options)),
                    },
                },
                Change::Unsubscribed {
                    node: Some(node.clone()),
                    jid: jid("a@b"),
                    subid: None,
                },
                Change::ItemPublished {
                    node: node.clone(),
                    item: item.clone(),
                    payload: Some(payload),
                },
                Change::ItemKept {
                    node: node.clone(),
                    item,
                },
                Change::ItemsRemoved {
                    node: node.clone(),
                    items: vec![ItemId::new("i").unwrap()],
                },
                Change::Purged { node },
            ],
        };
        let bytes = entry.encode();
        assert_eq!(Entry::decode(&bytes), Ok(entry), "{bytes:?}");
    }

    #[test]
    fn something_else_is_an_error() {
        for bytes in [
            "",
            "<entry/>",
            "<entry xmlns='urn:xmpp-pubsub:journal'/>",
            "<entry xmlns='urn:xmpp-pubsub:journal' seq='1'><created/></entry>",
            "<entry xmlns='urn:xmpp-pubsub:journal' seq='1'><more/></entry>",
        ] {
            assert!(Entry::decode(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
