//! Subscriptions that end by themselves. XEP-0060 §12.5 and §12.19.

use core::time::Duration;

use wire_xml::text::format_date_time;

use super::Service;
use super::journal::Subscription;
use super::refusal::{bad_request, unsupported};
use super::subscribe::shown;
use crate::feature::Feature;
use crate::form::Expire;
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::stanza::{Presence, PresenceKind, PubSubCondition, StanzaError};

impl Service {
    /// What of a wished end is granted: at most the longest lease from now (PS-12.19-03).
    pub(super) fn granted(&self, asked: Expire) -> Result<Expire, StanzaError> {
        let Expire::At(utc) = asked else {
            return Ok(asked);
        };
        if !self.config.has(&Feature::LEASED_SUBSCRIPTION) {
            return Err(unsupported(&Feature::LEASED_SUBSCRIPTION));
        }
        if utc <= self.utc {
            return Err(bad_request(PubSubCondition::INVALID_OPTIONS));
        }
        Ok(match self.longest_lease() {
            Some(Expire::At(longest)) => Expire::At(utc.min(longest)),
            Some(Expire::Presence) | None => asked,
        })
    }

    /// The end of a lease that starts now, where the service has a longest one.
    pub(super) fn longest_lease(&self) -> Option<Expire> {
        let leased = self.config.has(&Feature::LEASED_SUBSCRIPTION);
        let longest = self.config.max_lease.filter(|_| leased)?;
        Some(self.after(longest))
    }

    pub(super) fn after(&self, time: Duration) -> Expire {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Expire::At(self.utc.saturating_add(millis))
    }

    /// PS-12.19-02: the lease ends soon.
    pub(super) fn warn_of_end(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let Some((made, end)) = node
            .made(jid, subid)
            .and_then(|made| Some((made, made.ends_at()?)))
        else {
            return;
        };
        let mut told = shown(id, jid, made);
        told.expiry = Some(format_date_time(end));
        self.see_node(id);
        self.send_subscription(jid.clone(), told);
    }

    pub(super) fn end_lease(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        self.end_subscription(id, jid, subid);
    }

    /// PS-12.6-01: the service asks to see the presence that a subscription hangs on, where the host does not know it.
    pub(super) fn ask_presence(&mut self, id: &NodeId, jid: &Jid, made: &Subscription) {
        let by_presence = self
            .state
            .nodes
            .get(id)
            .is_some_and(|node| node.config.presence_based_delivery);
        let options = made.options.as_deref();
        let shown = options.is_some_and(|options| options.show_values.is_some());
        if !self.config.ask_presence
            || !(by_presence || shown || made.is_transient())
            || self.people.is_available(jid)
        {
            return;
        }
        let mut presence = Presence::new(PresenceKind::Subscribe);
        presence.from = Some(self.config.address.clone());
        presence.to = Some(jid.bare());
        self.stage(presence);
    }

    /// PS-12.5-01: what ends with presence, of a session or, where it was the last, of its user.
    pub(super) fn end_presence_bound(&mut self, session: &Jid, last: bool) {
        let Some(user) = self.state.users.get(&session.bare()) else {
            return;
        };
        let mut ended = Vec::new();
        for id in user.nodes.iter() {
            let Some(node) = self.state.nodes.get(id) else {
                continue;
            };
            for (jid, subscriber) in node.of_user(session) {
                if jid != session && !(last && jid.is_bare()) {
                    continue;
                }
                let bound = subscriber.made.iter().filter(|made| made.is_transient());
                ended.extend(bound.map(|made| (id.clone(), jid.clone(), made.subid.clone())));
            }
        }
        for (id, jid, subid) in ended {
            self.end_subscription(&id, &jid, subid.as_ref());
        }
    }
}
