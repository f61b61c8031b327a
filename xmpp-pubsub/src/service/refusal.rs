//! The errors of XEP-0060, one function per row that several operations share.

use crate::stanza::{Condition, ErrorType, PubSubCondition, StanzaError};

pub(super) const fn not_found() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::ITEM_NOT_FOUND)
}

pub(super) const fn forbidden() -> StanzaError {
    StanzaError::new(ErrorType::Auth, Condition::FORBIDDEN)
}

/// The whitelist does not name the requester. §6.1.3.4.
pub(super) fn closed_node() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED)
        .with_pubsub(PubSubCondition::CLOSED_NODE)
}

pub(super) fn bad_request(condition: PubSubCondition) -> StanzaError {
    plain_bad_request().with_pubsub(condition)
}

pub(super) const fn plain_bad_request() -> StanzaError {
    StanzaError::new(ErrorType::Modify, Condition::BAD_REQUEST)
}

/// §6.2.3.2; §6.5.9.3 has another condition for items.
pub(super) fn not_subscribed() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::UNEXPECTED_REQUEST)
        .with_pubsub(PubSubCondition::NOT_SUBSCRIBED)
}

pub(super) fn invalid_subid() -> StanzaError {
    StanzaError::new(ErrorType::Modify, Condition::NOT_ACCEPTABLE)
        .with_pubsub(PubSubCondition::INVALID_SUBID)
}

pub(super) fn nodeid_required() -> StanzaError {
    bad_request(PubSubCondition::NODEID_REQUIRED)
}

pub(super) const fn service_unavailable() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::SERVICE_UNAVAILABLE)
}

/// Entries that could not be changed are given back; the others were. §8.8.2.4, §8.9.2.4.
pub(super) const fn some_not_acceptable() -> StanzaError {
    StanzaError::new(ErrorType::Modify, Condition::NOT_ACCEPTABLE)
}
