//! Errors of stanzas. RFC 6120 §8.3, XEP-0060 §11 and §16.1.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::error::DecodeError;
use crate::jid::Jid;
use crate::names::{closed_names, open_names};
use crate::ns;
use crate::other::Other;

closed_names! {
    /// What the sender of the refused stanza can do about it. RFC 6120 §8.3.2.
    pub enum ErrorType {
        /// Try again with credentials.
        Auth = "auth",
        /// Do not try again.
        Cancel = "cancel",
        /// Go on: it was only a warning.
        Continue = "continue",
        /// Try again with other data.
        Modify = "modify",
        /// Try again later.
        Wait = "wait",
    }
}

open_names! {
    /// What went wrong, in words that every entity knows. RFC 6120 §8.3.3.
    pub struct Condition {
        /// Malformed content. §8.3.3.1.
        BAD_REQUEST = "bad-request",
        /// The name is taken. §8.3.3.2.
        CONFLICT = "conflict",
        /// Understood, but not built. §8.3.3.3.
        FEATURE_NOT_IMPLEMENTED = "feature-not-implemented",
        /// No permission. §8.3.3.4.
        FORBIDDEN = "forbidden",
        /// Moved for good; the element may hold the new address. §8.3.3.5.
        GONE = "gone",
        /// A fault of ours. §8.3.3.6.
        INTERNAL_SERVER_ERROR = "internal-server-error",
        /// Nothing there by that name. §8.3.3.7.
        ITEM_NOT_FOUND = "item-not-found",
        /// An address that cannot be prepared. §8.3.3.8.
        JID_MALFORMED = "jid-malformed",
        /// The values are not acceptable. §8.3.3.9.
        NOT_ACCEPTABLE = "not-acceptable",
        /// Nobody may do that. §8.3.3.10.
        NOT_ALLOWED = "not-allowed",
        /// Credentials first. §8.3.3.11.
        NOT_AUTHORIZED = "not-authorized",
        /// Against local policy. §8.3.3.12.
        POLICY_VIOLATION = "policy-violation",
        /// Not reachable for now. §8.3.3.13.
        RECIPIENT_UNAVAILABLE = "recipient-unavailable",
        /// Moved for now; the element may hold the new address. §8.3.3.14.
        REDIRECT = "redirect",
        /// Register first. §8.3.3.15.
        REGISTRATION_REQUIRED = "registration-required",
        /// No such server. §8.3.3.16.
        REMOTE_SERVER_NOT_FOUND = "remote-server-not-found",
        /// The server did not answer. §8.3.3.17.
        REMOTE_SERVER_TIMEOUT = "remote-server-timeout",
        /// Too busy, or over a limit. §8.3.3.18.
        RESOURCE_CONSTRAINT = "resource-constraint",
        /// Nobody there serves that. §8.3.3.19.
        SERVICE_UNAVAILABLE = "service-unavailable",
        /// Subscribe first. §8.3.3.20.
        SUBSCRIPTION_REQUIRED = "subscription-required",
        /// Look at the application condition. §8.3.3.21.
        UNDEFINED_CONDITION = "undefined-condition",
        /// Not now. §8.3.3.22.
        UNEXPECTED_REQUEST = "unexpected-request",
        /// Of older texts; XEP-0060 still uses it.
        PAYMENT_REQUIRED = "payment-required",
    }
}

open_names! {
    /// What went wrong in terms of publish-subscribe. XEP-0060 §16.1, namespace `pubsub#errors`.
    pub struct PubSubCondition {
        /// The whitelist does not name the requester.
        CLOSED_NODE = "closed-node",
        /// Options must come with the subscribe request.
        CONFIGURATION_REQUIRED = "configuration-required",
        /// The address is not the requester's own.
        INVALID_JID = "invalid-jid",
        /// The options cannot hold together.
        INVALID_OPTIONS = "invalid-options",
        /// Not one payload element, or of another namespace.
        INVALID_PAYLOAD = "invalid-payload",
        /// No subscription has that id.
        INVALID_SUBID = "invalid-subid",
        /// The node takes no items.
        ITEM_FORBIDDEN = "item-forbidden",
        /// An item is missing.
        ITEM_REQUIRED = "item-required",
        /// An address is missing.
        JID_REQUIRED = "jid-required",
        /// More items than the node holds.
        MAX_ITEMS_EXCEEDED = "max-items-exceeded",
        /// More nodes than the service holds.
        MAX_NODES_EXCEEDED = "max-nodes-exceeded",
        /// The node is full and refuses more.
        NODE_FULL = "node-full",
        /// A node id is missing.
        NODEID_REQUIRED = "nodeid-required",
        /// The requester is in none of the groups.
        NOT_IN_ROSTER_GROUP = "not-in-roster-group",
        /// There is no subscription.
        NOT_SUBSCRIBED = "not-subscribed",
        /// A payload is missing.
        PAYLOAD_REQUIRED = "payload-required",
        /// The payload exceeds the node's limit.
        PAYLOAD_TOO_BIG = "payload-too-big",
        /// An owner has not yet decided.
        PENDING_SUBSCRIPTION = "pending-subscription",
        /// The node's configuration differs from what the publisher expects.
        PRECONDITION_NOT_MET = "precondition-not-met",
        /// Subscribe to the owner's presence first.
        PRESENCE_SUBSCRIPTION_REQUIRED = "presence-subscription-required",
        /// Several subscriptions; say which.
        SUBID_REQUIRED = "subid-required",
        /// Over the limit of subscriptions.
        TOO_MANY_SUBSCRIPTIONS = "too-many-subscriptions",
        /// The service lacks a feature, which the attribute names.
        UNSUPPORTED = "unsupported",
        /// The service lacks that access model.
        UNSUPPORTED_ACCESS_MODEL = "unsupported-access-model",
    }
}

/// The `error` element of a stanza: the lists of conditions are open, unknown names are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StanzaError {
    /// What the sender can do about it.
    pub kind: ErrorType,
    /// What went wrong.
    pub condition: Condition,
    /// The new address inside `gone` or `redirect`.
    pub address: Option<Box<str>>,
    /// Words for people.
    pub text: Option<Box<str>>,
    /// What went wrong in terms of publish-subscribe.
    pub pubsub: Option<PubSubCondition>,
    /// The `feature` attribute of `unsupported`.
    pub feature: Option<Box<str>>,
    /// What else was there: conditions of other applications, `by`, and the texts that say which language they are in.
    /// Of these the first is in `text` too.
    pub other: Other,
}

impl StanzaError {
    /// An error with nothing but type and condition.
    #[must_use]
    pub const fn new(kind: ErrorType, condition: Condition) -> Self {
        Self {
            kind,
            condition,
            address: None,
            text: None,
            pubsub: None,
            feature: None,
            other: Other::new(),
        }
    }

    /// `feature-not-implemented` with the feature that XEP-0060 names.
    #[must_use]
    pub fn unsupported(feature: &str) -> Self {
        let mut error = Self::new(ErrorType::Cancel, Condition::FEATURE_NOT_IMPLEMENTED)
            .with_pubsub(PubSubCondition::UNSUPPORTED);
        error.feature = Some(Box::from(feature));
        error
    }

    /// Reads an `error` element. Unknown conditions are kept by name; without any it is `undefined-condition`.
    ///
    /// # Errors
    ///
    /// If the type is missing or unknown.
    pub fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let kind = element.attr("type").and_then(ErrorType::from_name);
        let kind = kind.ok_or(DecodeError::Invalid {
            element: "error",
            field: "type",
        })?;
        let mut error = Self::new(kind, Condition::UNDEFINED_CONDITION);
        let mut condition = None;
        error.other = Other::of(element, &["type"], |child| {
            match child.name().parts() {
                (ns::STANZA_ERRORS, "text") if error.text.is_none() => {
                    error.text = Some(Box::from(&*child.text()));
                    return child.attributes().is_empty();
                }
                (ns::STANZA_ERRORS, name) if name != "text" && condition.is_none() => {
                    condition = Some(Condition::from_name(name));
                    let address = child.text();
                    error.address = (!address.is_empty()).then(|| Box::from(&*address));
                }
                (ns::PUBSUB_ERRORS, name) if error.pubsub.is_none() => {
                    error.pubsub = Some(PubSubCondition::from_name(name));
                    error.feature = child.attr("feature").map(Box::from);
                }
                _ => return false,
            }
            true
        });
        error.condition = condition.unwrap_or(error.condition);
        Ok(error)
    }

    /// Writes the `error` element where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let tag = writer
            .start(ns::CLIENT, "error")
            .attr("type", self.kind.as_str());
        self.other.write_attributes(tag);
        let address = self.address.as_deref().unwrap_or_default();
        writer.text_element(ns::STANZA_ERRORS, self.condition.as_str(), address);
        if let Some(text) = self.text.as_ref().filter(|text| !self.keeps(text)) {
            writer.text_element(ns::STANZA_ERRORS, "text", text);
        }
        if let Some(condition) = &self.pubsub {
            writer
                .start(ns::PUBSUB_ERRORS, condition.as_str())
                .attr_opt("feature", self.feature.as_deref())
                .end();
        }
        self.other.write_elements(writer);
        writer.end();
    }

    /// Who found the error, where he is named and is not the addressee.
    #[must_use]
    pub fn by(&self) -> Option<Jid> {
        let by = self.other.attributes().iter();
        let mut by = by.filter(|attribute| attribute.name.is("", "by"));
        by.next().and_then(|by| Jid::new(&by.value).ok())
    }

    /// Adds the condition of publish-subscribe.
    #[must_use]
    pub fn with_pubsub(mut self, condition: PubSubCondition) -> Self {
        self.pubsub = Some(condition);
        self
    }

    /// Adds words for people.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.text = Some(Box::from(text));
        self
    }

    /// Whether the text stands among what is not understood, with its language.
    fn keeps(&self, text: &str) -> bool {
        let mut texts = self.other.elements().iter();
        texts.any(|element| element.is(ns::STANZA_ERRORS, "text") && element.text() == text)
    }
}

impl core::fmt::Display for StanzaError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} ({})", self.condition, self.kind)?;
        if let Some(condition) = &self.pubsub {
            write!(f, ", {condition}")?;
        }
        if let Some(feature) = &self.feature {
            write!(f, " {feature}")?;
        }
        if let Some(text) = &self.text {
            write!(f, ": {text}")?;
        }
        Ok(())
    }
}

impl core::error::Error for StanzaError {}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use wire_xml::{Limits, Profile};

    use super::*;

    #[test]
    fn xc_sz_07_what_another_application_says_is_kept() {
        let source = br#"<error xmlns="jabber:client" type="wait" by="a.b" code="500"><resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">full</text><full xmlns="urn:other"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="de">voll</text></error>"#;
        let element = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let error = StanzaError::from_element(&element).unwrap();
        assert_eq!(error.condition, Condition::RESOURCE_CONSTRAINT);
        assert_eq!(error.text.as_deref(), Some("full"));
        assert_eq!(error.by(), Some(Jid::new("a.b").unwrap()));
        assert_eq!(error.other.elements().len(), 3);
        let mut out = BytesMut::new();
        error.write(&mut Writer::new(&mut out));
        assert_eq!(out, source.as_slice());
    }

    #[test]
    fn without_a_condition_it_is_undefined() {
        let source = br#"<error xmlns="jabber:client" type="cancel"/>"#;
        let element = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let error = StanzaError::from_element(&element).unwrap();
        assert_eq!(error.condition, Condition::UNDEFINED_CONDITION);
    }
}
