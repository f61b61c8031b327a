//! The options of a subscription. XEP-0060 §16.4.2.

use wire_xml::text::{format_date_time, parse_date_time};

use super::typed::typed_form;
use super::value::{Value, single, word_value};
use crate::names::open_names;
use crate::ns;

open_names! {
    /// A state of presence in which a subscriber wants events. XEP-0060 §6.3.
    pub struct ShowValue {
        /// Not at the desk.
        AWAY = "away",
        /// Glad to talk.
        CHAT = "chat",
        /// Not to be disturbed.
        DND = "dnd",
        /// Available, and no more said.
        ONLINE = "online",
        /// Not at the desk for long.
        XA = "xa",
    }
}

open_names! {
    /// What events a subscription to a collection brings. XEP-0248 §6.1.
    pub struct SubscriptionType {
        /// Those of items.
        ITEMS = "items",
        /// Those of nodes.
        NODES = "nodes",
        /// Both; XEP-0248 §6.1.
        ALL = "all",
    }
}

word_value!(SubscriptionType);

/// When a subscription ends. XEP-0060 §12.19 and §12.5.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expire {
    /// At a time, in milliseconds since 1970, UTC.
    At(i64),
    /// When the subscriber is not available any more.
    Presence,
}

/// How far below a collection a subscription reaches. XEP-0248 §6.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Depth {
    /// That many levels.
    Levels(u64),
    /// All.
    All,
}

impl Value for Vec<ShowValue> {
    fn read(texts: &[String]) -> Option<Self> {
        Some(
            texts
                .iter()
                .map(|text| ShowValue::from_name(text))
                .collect(),
        )
    }

    fn to_texts(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

impl Value for Expire {
    fn read(texts: &[String]) -> Option<Self> {
        match single(texts)? {
            "presence" => Some(Self::Presence),
            date => parse_date_time(date).map(Self::At),
        }
    }

    fn to_texts(&self) -> Vec<String> {
        vec![match self {
            Self::At(millis) => format_date_time(*millis),
            Self::Presence => "presence".to_owned(),
        }]
    }
}

impl Value for Depth {
    fn read(texts: &[String]) -> Option<Self> {
        match single(texts)? {
            "all" => Some(Self::All),
            levels => levels.parse().ok().map(Self::Levels),
        }
    }

    fn to_texts(&self) -> Vec<String> {
        vec![match self {
            Self::Levels(levels) => levels.to_string(),
            Self::All => "all".to_owned(),
        }]
    }
}

typed_form! {
    /// What a subscriber wants of a subscription. XEP-0060 §16.4.2.
    pub struct SubscribeOptions: ns::SUBSCRIBE_OPTIONS => {
        /// Whether events are sent.
        deliver: Boolean bool = "pubsub#deliver",
        /// Whether events are collected.
        digest: Boolean bool = "pubsub#digest",
        /// How long they are collected, in milliseconds.
        digest_frequency: TextSingle u64 = "pubsub#digest_frequency",
        /// When the subscription ends.
        expire: TextSingle Expire = "pubsub#expire",
        /// Whether events carry a message body.
        include_body: Boolean bool = "pubsub#include_body",
        /// In which states of presence events are wanted.
        show_values: ListMulti Vec<ShowValue> = "pubsub#show-values",
        /// What events are wanted of a collection.
        subscription_type: ListSingle SubscriptionType = "pubsub#subscription_type",
        /// How far below a collection.
        subscription_depth: ListSingle Depth = "pubsub#subscription_depth",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Field, Form, FormKind};

    #[test]
    fn ps_12_19_a_lease_ends_at_a_time_or_with_presence() {
        for (text, expire) in [
            ("2006-03-31T23:59:59Z", Expire::At(1_143_849_599_000)),
            ("presence", Expire::Presence),
        ] {
            let mut form = Form::new(FormKind::Submit, ns::SUBSCRIBE_OPTIONS);
            form.fields
                .push(Field::new("pubsub#expire", None, vec![text.to_owned()]));
            let options = SubscribeOptions::from_form(&form).unwrap();
            assert_eq!(options.expire, Some(expire));
            assert_eq!(options.to_form(FormKind::Submit), form);
        }
    }

    #[test]
    fn depth_is_a_number_or_all() {
        for (text, depth) in [("1", Depth::Levels(1)), ("all", Depth::All)] {
            assert_eq!(Depth::read(&[text.to_owned()]), Some(depth));
            assert_eq!(depth.to_texts(), [text]);
        }
    }

    #[test]
    fn a_shown_field_without_a_value_says_nothing() {
        let mut form = Form::new(FormKind::Form, ns::SUBSCRIBE_OPTIONS);
        form.fields
            .push(Field::new("pubsub#expire", None, Vec::new()));
        let options = SubscribeOptions::from_form(&form).unwrap();
        assert_eq!(options, SubscribeOptions::default());
    }
}
