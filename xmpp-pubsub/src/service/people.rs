//! Who is available, and whose contact he is: facts that the host feeds in. RFC 6121, XEP-0060 §12.5 and §12.6.

use std::collections::{BTreeMap, BTreeSet};

use super::by_address::ByAddress;
use crate::form::ShowValue;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::stanza::Show;

/// Whether a session is available.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Availability {
    /// Its client said that it is.
    Available {
        /// How available.
        show: Option<Show>,
        /// From -128 to 127; a negative one gets nothing that is sent to the bare address.
        priority: i8,
    },
    /// It is not, or not any more.
    Unavailable,
}

impl Availability {
    /// Available, and no more said.
    pub const ONLINE: Self = Self::Available {
        show: None,
        priority: 0,
    };
}

/// What the roster of an account says of a contact. RFC 6121 §2.1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// Whether the contact sees the presence of the account: `from` or `both`.
    pub sees_presence: bool,
    /// The groups that the contact is in.
    pub groups: Vec<String>,
}

/// Whether the host has said all that the rosters have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rosters {
    /// It has, and goes on to say what changes.
    Complete,
    /// It has not: that a contact is not known says nothing yet.
    Incomplete,
}

/// What else the host knows of a user that keeps him from something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Nothing.
    Good,
    /// He has no account of his own, as his identity `account/anonymous` says: he does not subscribe. XEP-0060 §6.1.3.6.
    Anonymous,
    /// He has to pay before he subscribes or retrieves, unless he is affiliated. §6.1.3.5.
    PaymentDue,
    /// He has to register before he creates nodes. §8.1.1.
    Unregistered,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) show: Option<Show>,
    pub(super) priority: i8,
    /// Nodes that the session wants events of, by its capabilities. XEP-0060 §9.2.
    pub(super) interests: BTreeSet<NodeId>,
}

#[derive(Debug, Default)]
pub(super) struct People {
    /// By full address.
    sessions: ByAddress<Session>,
    /// By the account's bare address, then by the contact's.
    contacts: BTreeMap<Jid, BTreeMap<Jid, Contact>>,
    contact_count: usize,
    /// By bare address; who is in good standing has no entry.
    standings: BTreeMap<Jid, Standing>,
    /// Who wants events of a node, by full address.
    pub(super) interested: BTreeMap<NodeId, BTreeSet<Jid>>,
}

/// What a presence changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// Nothing, or how available he is.
    None,
    /// The session came.
    Came,
    /// The session went, and so did its user if it was his last.
    Went { last: bool },
}

impl People {
    pub(super) fn set_presence(
        &mut self,
        jid: &Jid,
        availability: Availability,
        most: usize,
    ) -> Change {
        match availability {
            Availability::Available { show, priority } => {
                if let Some(session) = self.sessions.get_mut(jid) {
                    session.show = show;
                    session.priority = priority;
                    return Change::None;
                }
                if jid.is_bare() || self.sessions.len() >= most {
                    return Change::None;
                }
                let session = Session {
                    show,
                    priority,
                    interests: BTreeSet::new(),
                };
                self.sessions.insert(jid.clone(), session);
                Change::Came
            }
            Availability::Unavailable => {
                let Some(session) = self.sessions.remove(jid) else {
                    return Change::None;
                };
                self.forget_interests(jid, &session.interests);
                Change::Went {
                    last: !self.is_available(&jid.bare()),
                }
            }
        }
    }

    /// Returns the nodes that are new among what the session wants.
    pub(super) fn set_interests(&mut self, jid: &Jid, nodes: BTreeSet<NodeId>) -> Vec<NodeId> {
        let Some(session) = self.sessions.get_mut(jid) else {
            return Vec::new();
        };
        let before = core::mem::replace(&mut session.interests, nodes.clone());
        let gone: BTreeSet<_> = before.difference(&nodes).cloned().collect();
        self.forget_interests(jid, &gone);
        let new: Vec<_> = nodes.difference(&before).cloned().collect();
        for node in &new {
            let all = self.interested.entry(node.clone()).or_default();
            all.insert(jid.clone());
        }
        new
    }

    fn forget_interests(&mut self, jid: &Jid, nodes: &BTreeSet<NodeId>) {
        for node in nodes {
            if let Some(all) = self.interested.get_mut(node) {
                all.remove(jid);
                if all.is_empty() {
                    self.interested.remove(node);
                }
            }
        }
    }

    /// Returns whether the fact was taken; there may be too many of them.
    pub(super) fn set_contact(
        &mut self,
        account: &Jid,
        contact: &Jid,
        fact: Option<Contact>,
        most: usize,
    ) -> bool {
        let Some(fact) = fact else {
            if let Some(contacts) = self.contacts.get_mut(account) {
                self.contact_count -= usize::from(contacts.remove(contact).is_some());
                if contacts.is_empty() {
                    self.contacts.remove(account);
                }
            }
            return true;
        };
        let known = self.contact(account, contact).is_some();
        if !known && self.contact_count >= most {
            return false;
        }
        self.contact_count += usize::from(!known);
        let contacts = self.contacts.entry(account.clone()).or_default();
        contacts.insert(contact.clone(), fact);
        true
    }

    /// Returns whether the fact was taken; there may be too many of them.
    pub(super) fn set_standing(&mut self, user: &Jid, standing: Standing, most: usize) -> bool {
        if standing == Standing::Good {
            self.standings.remove(user);
            return true;
        }
        if self.standings.len() >= most && !self.standings.contains_key(user) {
            return false;
        }
        self.standings.insert(user.clone(), standing);
        true
    }

    pub(super) fn standing(&self, user: &Jid) -> Standing {
        let known = self.standings.get(user.bare_str());
        known.copied().unwrap_or(Standing::Good)
    }

    pub(super) fn contact(&self, account: &Jid, contact: &Jid) -> Option<&Contact> {
        self.contacts
            .get(account.bare_str())?
            .get(contact.bare_str())
    }

    /// Whether the session is available, or for a bare address any of the user's.
    pub(super) fn is_available(&self, jid: &Jid) -> bool {
        if jid.is_bare() {
            return self.sessions_of(jid).next().is_some();
        }
        self.sessions.contains_key(jid)
    }

    /// Whether the session gets what is sent to its user.
    pub(super) fn is_reachable(&self, jid: &Jid) -> bool {
        let session = self.sessions.get(jid);
        session.is_some_and(|session| session.priority >= 0)
    }

    /// Whether the session, or any of the user's, shows one of these.
    pub(super) fn shows(&self, jid: &Jid, wanted: &[ShowValue]) -> bool {
        let fits = |session: &Session| {
            let shown = session.show.map_or("online", Show::as_str);
            wanted.iter().any(|wanted| wanted.as_str() == shown)
        };
        if jid.is_bare() {
            return self.sessions_of(jid).any(|(_, session)| fits(session));
        }
        self.sessions.get(jid).is_some_and(fits)
    }

    pub(super) fn sessions_of<'a>(
        &'a self,
        user: &Jid,
    ) -> impl Iterator<Item = (&'a Jid, &'a Session)> + use<'a> {
        self.sessions.of_user(user)
    }
}
