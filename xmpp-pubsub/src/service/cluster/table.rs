//! Who is where, and whose inputs were handled how far: the same for everybody who went through the log as far.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::record::{Input, SessionRecord, Snapshot};
use crate::id::MemberId;
use crate::jid::Jid;
use crate::service::by_address::ByAddress;
use crate::service::people::Availability;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// By full address.
    sessions: ByAddress<Session>,
    /// The number of the last input of each member.
    members: BTreeMap<MemberId, u64>,
    gone: VecDeque<MemberId>,
}

#[derive(Debug)]
struct Session {
    member: MemberId,
    availability: Option<Availability>,
}

/// How much of it there can be. Every member has the same limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) sessions: usize,
    pub(super) members: usize,
    pub(super) gone: usize,
}

impl Table {
    /// Whether an input is to be handled: it is none that was handled before, and its member is not gone.
    pub(super) fn admit(&mut self, member: &MemberId, number: u64, room: Room) -> bool {
        if self.gone.contains(member) {
            return false;
        }
        if let Some(last) = self.members.get_mut(member) {
            let new = number > *last;
            *last = number.max(*last);
            return new;
        }
        if self.members.len() >= room.members {
            return false;
        }
        self.members.insert(member.clone(), number);
        true
    }

    /// Takes what an input says of sessions. Returns what the service has to hear of it.
    pub(super) fn apply(
        &mut self,
        member: &MemberId,
        input: &Input,
        room: Room,
    ) -> Vec<(Jid, Availability)> {
        match input {
            Input::Opened(jid) => self.open(member, jid, room).into_iter().collect(),
            Input::Presence(jid, availability) => {
                let mut told = Vec::new();
                if *availability != Availability::Unavailable {
                    told.extend(self.open(member, jid, room));
                }
                let session = self.sessions.get_mut(jid);
                if let Some(session) = session.filter(|session| session.member == *member) {
                    session.availability = Some(*availability);
                    told.push((jid.clone(), *availability));
                }
                told
            }
            Input::Closed(jid) => {
                let here = |session: &Session| session.member == *member;
                if !self.sessions.get(jid).is_some_and(here) {
                    return Vec::new();
                }
                self.sessions.remove(jid);
                vec![(jid.clone(), Availability::Unavailable)]
            }
            Input::Gone(gone) => self.part_with(gone, room),
            Input::Stanza(_) | Input::ServiceAffiliation(..) => Vec::new(),
        }
    }

    /// Who delivers what is for an address: where the session is, or all who have sessions of the user.
    pub(super) fn places(&self, jid: &Jid) -> BTreeSet<MemberId> {
        if jid.is_bare() {
            let sessions = self.sessions.of_user(jid);
            return sessions
                .map(|(_, session)| session.member.clone())
                .collect();
        }
        let session = self.sessions.get(jid);
        session
            .map(|session| session.member.clone())
            .into_iter()
            .collect()
    }

    /// The sessions that said whether they are available.
    pub(super) fn presences(&self) -> impl Iterator<Item = (&Jid, Availability)> {
        self.sessions
            .iter()
            .filter_map(|(jid, session)| Some((jid, session.availability?)))
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = SessionRecord> {
        self.sessions.iter().map(|(jid, session)| SessionRecord {
            jid: jid.clone(),
            member: session.member.clone(),
            availability: session.availability,
        })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (MemberId, u64)> {
        let members = self.members.iter();
        members.map(|(member, number)| (member.clone(), *number))
    }

    pub(super) fn gone(&self) -> impl Iterator<Item = MemberId> {
        self.gone.iter().cloned()
    }

    /// The table as it was when the snapshot was taken.
    pub(super) fn restore(snapshot: &Snapshot) -> Self {
        let mut sessions = ByAddress::new();
        for session in &snapshot.sessions {
            let known = Session {
                member: session.member.clone(),
                availability: session.availability,
            };
            sessions.insert(session.jid.clone(), known);
        }
        Self {
            sessions,
            members: snapshot.members.iter().cloned().collect(),
            gone: snapshot.gone.iter().cloned().collect(),
        }
    }

    /// A session that was elsewhere is gone from there.
    fn open(&mut self, member: &MemberId, jid: &Jid, room: Room) -> Option<(Jid, Availability)> {
        let known = self.sessions.get(jid);
        if known.is_some_and(|session| session.member == *member)
            || (known.is_none() && self.sessions.len() >= room.sessions)
            || jid.is_bare()
        {
            return None;
        }
        let session = Session {
            member: member.clone(),
            availability: None,
        };
        let before = self.sessions.insert(jid.clone(), session);
        before.map(|_| (jid.clone(), Availability::Unavailable))
    }

    fn part_with(&mut self, gone: &MemberId, room: Room) -> Vec<(Jid, Availability)> {
        self.members.remove(gone);
        if !self.gone.contains(gone) {
            self.gone.push_back(gone.clone());
            while self.gone.len() > room.gone {
                self.gone.pop_front();
            }
        }
        let theirs = self.sessions.iter();
        let theirs = theirs.filter(|(_, session)| session.member == *gone);
        let theirs: Vec<_> = theirs.map(|(jid, _)| jid.clone()).collect();
        for jid in &theirs {
            self.sessions.remove(jid);
        }
        theirs
            .into_iter()
            .map(|jid| (jid, Availability::Unavailable))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        sessions: 2,
        members: 2,
        gone: 1,
    };

    fn member(text: &str) -> MemberId {
        MemberId::new(text).unwrap()
    }

    fn jid(text: &str) -> Jid {
        Jid::new(text).unwrap()
    }

    fn places(table: &Table, address: &str) -> Vec<String> {
        let places = table.places(&jid(address)).into_iter();
        places.map(|member| member.to_string()).collect()
    }

    #[test]
    fn an_input_is_admitted_once_and_never_of_who_is_gone() {
        let mut table = Table::default();
        let admitted = [("a", 1), ("a", 1), ("a", 2), ("b", 7), ("b", 6), ("a", 3)]
            .map(|(name, number)| table.admit(&member(name), number, ROOM));
        assert_eq!(admitted, [true, false, true, true, false, true]);
        assert!(!table.admit(&member("c"), 1, ROOM), "the third of two");
        table.apply(&member("b"), &Input::Gone(member("a")), ROOM);
        assert!(!table.admit(&member("a"), 4, ROOM));
        assert!(table.admit(&member("c"), 1, ROOM));
        table.apply(&member("b"), &Input::Gone(member("c")), ROOM);
        assert_eq!(table.gone.len(), 1, "so many are remembered");
    }

    #[test]
    fn sessions_are_where_they_were_opened_last() {
        let mut table = Table::default();
        let (a, b) = (member("a"), member("b"));
        let online = |name: &str| Input::Presence(jid(name), Availability::ONLINE);
        assert_eq!(table.apply(&a, &Input::Opened(jid("u@h/1")), ROOM), []);
        assert_eq!(table.apply(&b, &online("u@h/2"), ROOM).len(), 1);
        assert_eq!(places(&table, "u@h"), ["a", "b"]);
        assert_eq!(places(&table, "u@h/2"), ["b"]);
        table.apply(&a, &Input::Opened(jid("u@h/3")), ROOM);
        assert!(places(&table, "u@h/3").is_empty(), "the third of two");
        let gone = (jid("u@h/2"), Availability::Unavailable);
        let told = table.apply(&a, &Input::Opened(jid("u@h/2")), ROOM);
        assert_eq!(told.as_slice(), core::slice::from_ref(&gone));
        assert_eq!(places(&table, "u@h"), ["a"]);
        assert_eq!(table.apply(&b, &Input::Closed(jid("u@h/2")), ROOM), []);
        assert_eq!(table.apply(&b, &online("u@h/2"), ROOM).len(), 2);
        assert_eq!(table.apply(&a, &Input::Gone(b), ROOM), [gone]);
        assert_eq!(places(&table, "u@h"), ["a"]);
    }
}
