//! What a domain, and an account on it, answers by itself: ping, roster, discovery.

use crate::disco;
use crate::jid::Jid;
use crate::ns;
use crate::stanza::{Condition, ErrorType, Iq, IqContent, Payload, StanzaError};

/// Answers for a domain and its accounts.
pub(super) struct Domain<'a> {
    pub(super) address: &'a Jid,
    pub(super) components: &'a [Jid],
}

impl Domain<'_> {
    /// The answer to a request, or `None` if none is due. What is not known is `service-unavailable` (XC-SZ-03).
    pub(super) fn answer(&self, iq: &Iq) -> Option<Iq> {
        let to_domain = iq.to.as_ref().is_some_and(|to| to.local().is_none());
        let own_account = match (&iq.to, &iq.from) {
            (None, _) => true,
            (Some(to), Some(from)) => to.same_bare(from),
            (Some(_), None) => false,
        };
        let (payload, get) = match &iq.content {
            IqContent::Get(payload) => (payload, true),
            IqContent::Set(payload) => (payload, false),
            IqContent::Result(_) | IqContent::Error { .. } => return None,
        };
        let unavailable = || {
            iq.to_error(StanzaError::new(
                ErrorType::Cancel,
                Condition::SERVICE_UNAVAILABLE,
            ))
        };
        if !to_domain && !own_account {
            return Some(unavailable());
        }
        Some(match (get, payload.name().parts()) {
            (true, (ns::PING, "ping")) => iq.to_result(None),
            (true, (ns::ROSTER, "query")) if own_account => {
                // There is no roster; an empty one is what clients wait for (XC-PR-04).
                iq.to_result(Some(Payload::empty(ns::ROSTER, "query")))
            }
            (false, (ns::ROSTER, "query")) if own_account => {
                iq.to_error(StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED))
            }
            (false, (ns::SESSION, "session")) => iq.to_result(None),
            (true, (ns::DISCO_INFO, "query")) => self.info(iq, payload, to_domain),
            (true, (ns::DISCO_ITEMS, "query")) => self.items(iq, payload, to_domain),
            _ => unavailable(),
        })
    }

    fn info(&self, iq: &Iq, payload: &Payload, to_domain: bool) -> Iq {
        let query = match disco::Info::decode(payload) {
            Ok(query) => query,
            Err(error) => return iq.to_error(error.to_stanza_error()),
        };
        if query.node.is_some() {
            return iq.to_error(StanzaError::new(
                ErrorType::Cancel,
                Condition::ITEM_NOT_FOUND,
            ));
        }
        let (identity, features) = if to_domain {
            (disco::Identity::new("server", "im"), DOMAIN_FEATURES)
        } else {
            (
                disco::Identity::new("account", "registered"),
                ACCOUNT_FEATURES,
            )
        };
        let info = disco::Info {
            identities: vec![identity],
            features: features
                .iter()
                .map(|feature| (*feature).to_owned())
                .collect(),
            ..disco::Info::default()
        };
        iq.to_result(Some(info.to_payload()))
    }

    fn items(&self, iq: &Iq, payload: &Payload, to_domain: bool) -> Iq {
        let query = match disco::Items::decode(payload) {
            Ok(query) => query,
            Err(error) => return iq.to_error(error.to_stanza_error()),
        };
        let known = to_domain && query.node.is_none();
        let components = if known { self.components } else { &[] };
        let items = components
            .iter()
            .filter(|component| *component != self.address)
            .map(|component| disco::Item::new(component.clone()))
            .collect();
        iq.to_result(Some(
            disco::Items {
                node: query.node,
                items,
                ..disco::Items::default()
            }
            .to_payload(),
        ))
    }
}

const DOMAIN_FEATURES: &[&str] = &[ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING];
const ACCOUNT_FEATURES: &[&str] = &[ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING, ns::ROSTER];
