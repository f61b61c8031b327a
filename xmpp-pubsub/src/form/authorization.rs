//! A request to approve a subscription. XEP-0060 §8.6 and §16.4.1.

use super::typed::typed_form;
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::ns;

typed_form! {
    /// What an owner is asked, and answers, about somebody who wants to subscribe. XEP-0060 §8.6.
    pub struct SubscribeAuthorization: ns::SUBSCRIBE_AUTHORIZATION => {
        /// The answer.
        allow: Boolean bool = "pubsub#allow",
        /// To what.
        node: TextSingle NodeId = "pubsub#node",
        /// Who.
        subscriber_jid: JidSingle Jid = "pubsub#subscriber_jid",
        /// Which of several subscriptions.
        subid: TextSingle SubId = "pubsub#subid",
    }
}
