//! The errors of XEP-0060, one function per row that several operations share.

use crate::feature::Feature;
use crate::stanza::{Condition, ErrorType, PubSubCondition, StanzaError};

pub(super) const fn not_found() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::ITEM_NOT_FOUND)
}

pub(super) const fn forbidden() -> StanzaError {
    StanzaError::new(ErrorType::Auth, Condition::FORBIDDEN)
}

pub(super) const fn not_allowed() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED)
}

/// The whitelist does not name the requester. §6.1.3.4.
pub(super) fn closed_node() -> StanzaError {
    not_allowed().with_pubsub(PubSubCondition::CLOSED_NODE)
}

/// §6.1.3.2, §6.1.3.3, §6.1.3.7 and §6.5.9.3.
pub(super) fn not_authorized(condition: PubSubCondition) -> StanzaError {
    StanzaError::new(ErrorType::Auth, Condition::NOT_AUTHORIZED).with_pubsub(condition)
}

pub(super) fn bad_request(condition: PubSubCondition) -> StanzaError {
    plain_bad_request().with_pubsub(condition)
}

pub(super) const fn plain_bad_request() -> StanzaError {
    StanzaError::new(ErrorType::Modify, Condition::BAD_REQUEST)
}

/// §6.2.3.2 says `cancel`, §6.3.4.2 says `modify` (trap 3).
pub(super) fn not_subscribed(kind: ErrorType) -> StanzaError {
    StanzaError::new(kind, Condition::UNEXPECTED_REQUEST)
        .with_pubsub(PubSubCondition::NOT_SUBSCRIBED)
}

pub(super) const fn not_acceptable() -> StanzaError {
    StanzaError::new(ErrorType::Modify, Condition::NOT_ACCEPTABLE)
}

pub(super) fn invalid_subid() -> StanzaError {
    not_acceptable().with_pubsub(PubSubCondition::INVALID_SUBID)
}

pub(super) fn nodeid_required() -> StanzaError {
    bad_request(PubSubCondition::NODEID_REQUIRED)
}

pub(super) const fn service_unavailable() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::SERVICE_UNAVAILABLE)
}

/// Too much is under way: try again later.
pub(super) const fn busy() -> StanzaError {
    StanzaError::new(ErrorType::Wait, Condition::RESOURCE_CONSTRAINT)
}

/// The storage failed.
pub(super) const fn internal() -> StanzaError {
    StanzaError::new(ErrorType::Wait, Condition::INTERNAL_SERVER_ERROR)
}

/// What XEP-0248 refuses: a cycle, children of a leaf, a collection turned into a leaf.
pub(super) fn invalid_graph() -> StanzaError {
    not_allowed().with_pubsub(PubSubCondition::INVALID_OPTIONS)
}

pub(super) fn too_many_nodes() -> StanzaError {
    not_allowed().with_pubsub(PubSubCondition::MAX_NODES_EXCEEDED)
}

/// Several items where one can be, or more than the node keeps (trap 1, PS-12.11-03).
pub(super) fn max_items_exceeded() -> StanzaError {
    not_allowed().with_pubsub(PubSubCondition::MAX_ITEMS_EXCEEDED)
}

pub(super) fn unsupported(feature: &Feature) -> StanzaError {
    StanzaError::unsupported(feature.as_str())
}
