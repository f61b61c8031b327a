//! The metadata of a node. XEP-0060 §5.4 and §16.4.3.

use super::node_config::{AccessModel, PublishModel};
use super::typed::typed_form;
use super::value::{DateTime, IntegerOrMax};
use crate::jid::Jid;
use crate::ns;

typed_form! {
    /// What a node says of itself to everybody. XEP-0060 §5.4.
    pub struct MetaData: ns::META_DATA => {
        /// Whom to ask about it.
        contact: JidMulti Vec<Jid> = "pubsub#contact",
        /// When it was made.
        creation_date: TextSingle DateTime = "pubsub#creation_date",
        /// Who made it.
        creator: JidSingle Jid = "pubsub#creator",
        /// Words for people.
        description: TextSingle String = "pubsub#description",
        /// The language of the payloads.
        language: ListSingle String = "pubsub#language",
        /// Who may subscribe and retrieve.
        access_model: ListSingle AccessModel = "pubsub#access_model",
        /// Who may publish.
        publish_model: ListSingle PublishModel = "pubsub#publish_model",
        /// How many subscribers it has.
        num_subscribers: TextSingle u64 = "pubsub#num_subscribers",
        /// Its owners.
        owner: JidMulti Vec<Jid> = "pubsub#owner",
        /// Its publishers.
        publisher: JidMulti Vec<Jid> = "pubsub#publisher",
        /// A name for people.
        title: TextSingle String = "pubsub#title",
        /// What the payloads are: usually their namespace.
        payload_type: TextSingle String = "pubsub#type",
        /// How many items are kept.
        max_items: TextSingle IntegerOrMax = "pubsub#max_items",
    }
}
