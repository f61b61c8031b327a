//! The sessions of a manager, where they lie in memory, and what finds them.

use std::collections::HashMap;
use std::ops::Range;

use super::{Channel, SessionId};
use crate::rid::Sid;
use crate::session::moment::Moment;
use crate::session::server::Session;

/// Sessions by place and by session id.
///
/// A session lies in its place with all that an event or a request needs, so that the place leads
/// to it without a pointer of its own; its memory is given back when none is left of those beside
/// it.
#[derive(Default)]
pub(super) struct Sessions {
    /// How many sessions there were.
    pub(super) next: u64,
    blocks: Vec<Block>,
    /// Places that are free.
    free: Vec<u32>,
    /// Places. Nothing is ever done in the order of hashes.
    by_sid: HashMap<Sid, u32>,
}

/// Memory for some sessions, given back when the last one of them ends. The place that became free
/// last is used first, whichever block it is in, so sessions that outlive many others can keep a
/// block each: there are never more blocks than so many sessions lived at once need, which
/// `ServerConfig::max_sessions` bounds.
#[derive(Default)]
struct Block {
    /// Up to the last one that was ever used, with room for [`BLOCK`]; or none, and no room, if
    /// nobody lives there.
    places: Vec<Option<Entry>>,
    living: usize,
}

/// A session of a manager. It begins where a line of a cache does.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Entry {
    pub(super) id: SessionId,
    /// What is set in the wheel: the deadline, or a time before it.
    pub(super) armed: Option<Moment>,
    /// That of the creation request.
    pub(super) channel: Channel,
    pub(super) authenticating: bool,
    pub(super) unflushed: bool,
    pub(super) session: Session,
}

impl Sessions {
    /// An id for a session that is [put](Self::put) in next; `None` if there is no more place.
    pub(super) fn next_id(&mut self) -> Option<SessionId> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let mut places = places_of(self.blocks.len())?;
                let first = places.next()?;
                self.blocks.push(Block::default());
                // The first one is used first.
                self.free.extend(places.rev());
                first
            }
        };
        let serial = self.next;
        self.next += 1;
        Some(SessionId { serial, index })
    }

    /// Puts a session in, whose session id no other one has.
    pub(super) fn put(&mut self, id: SessionId, channel: Channel, session: Session) {
        let sid = session.sid().clone();
        let (block, place) = split(id.index);
        let Some(block) = self.blocks.get_mut(block) else {
            return;
        };
        if block.living == 0 {
            block.places.reserve_exact(BLOCK);
        }
        if block.places.len() <= place {
            block.places.resize_with(place + 1, || None);
        }
        block.living += 1;
        block.places[place] = Some(Entry {
            id,
            armed: None,
            session,
            channel,
            authenticating: false,
            unflushed: false,
        });
        self.by_sid.insert(sid, id.index);
    }

    /// Takes a session out. Requests that wait in it are the caller's business.
    pub(super) fn remove(&mut self, id: SessionId) -> Option<Entry> {
        let (block, place) = split(id.index);
        let block = self.blocks.get_mut(block)?;
        let place = block.places.get_mut(place)?;
        let entry = place.take_if(|entry| entry.id == id)?;
        block.living -= 1;
        if block.living == 0 {
            block.places = Vec::new();
        }
        self.free.push(id.index);
        self.by_sid.remove(entry.session.sid());
        Some(entry)
    }

    /// Reads a little of everything that a payload for a session touches. Of many sessions none is
    /// in a cache: so all lines are asked for together, and not one when the one before has come and
    /// been dealt with. The benchmark "an event to one of so many held sessions" shows it.
    pub(super) fn prefetch(&self, id: SessionId) {
        if let Some(entry) = self.get(id) {
            entry.session.prefetch();
        }
    }

    pub(super) fn get_mut(&mut self, id: SessionId) -> Option<&mut Entry> {
        let (block, place) = split(id.index);
        let block = self.blocks.get_mut(block)?;
        let entry = block.places.get_mut(place)?.as_mut()?;
        (entry.id == id).then_some(entry)
    }

    pub(super) fn get(&self, id: SessionId) -> Option<&Entry> {
        at(&self.blocks, id.index).filter(|entry| entry.id == id)
    }

    /// The session with this session id.
    pub(super) fn find(&self, sid: &Sid) -> Option<&Entry> {
        at(&self.blocks, *self.by_sid.get(sid)?)
    }

    /// Which session is at a place.
    pub(super) fn id_at(&self, index: u32) -> Option<SessionId> {
        Some(at(&self.blocks, index)?.id)
    }

    pub(super) fn len(&self) -> usize {
        self.by_sid.len()
    }

    /// In no order that means anything.
    pub(super) fn ids(&self) -> impl Iterator<Item = SessionId> {
        let places = self.blocks.iter().flat_map(|block| &block.places);
        places.flatten().map(|entry| entry.id)
    }

    /// In no order that means anything.
    #[cfg(feature = "serde")]
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry> {
        let places = self.blocks.into_iter().flat_map(|block| block.places);
        places.flatten()
    }
}

fn at(blocks: &[Block], index: u32) -> Option<&Entry> {
    let (block, place) = split(index);
    blocks.get(block)?.places.get(place)?.as_ref()
}

/// The places of a block; `None` if they cannot all be numbered. The highest number is none of them.
fn places_of(block: usize) -> Option<Range<u32>> {
    let first = u32::try_from(block.checked_mul(BLOCK)?).ok()?;
    Some(first..first.checked_add(BLOCK as u32)?)
}

fn split(index: u32) -> (usize, usize) {
    let index = index as usize;
    (index / BLOCK, index % BLOCK)
}

/// Sessions that lie side by side: so many that what leads to all blocks of a large manager stays
/// in a cache.
const BLOCK: usize = 128;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::body::Body;
    use crate::rid::Rid;
    use crate::session::RequestSlot;
    use crate::session::config::ServerConfig;

    /// A session more.
    fn put(sessions: &mut Sessions, name: &str) -> SessionId {
        let config = Arc::new(ServerConfig::default());
        let (now, sid, slot) = (Duration::ZERO, Sid::new(name), RequestSlot(0));
        let rid = Rid::new(1).unwrap();
        let session = Session::create(config, sid, now, slot, rid, Body::default());
        let id = sessions.next_id().unwrap();
        sessions.put(id, Channel::Clear, session);
        id
    }

    #[test]
    fn an_id_leads_to_nobody_when_its_place_is_used_again() {
        let mut sessions = Sessions::default();
        let first = put(&mut sessions, "a");
        assert!(sessions.remove(first).is_some());
        let second = put(&mut sessions, "b");
        assert_eq!(first.index, second.index);
        assert!(sessions.get(first).is_none() && sessions.get_mut(first).is_none());
        assert!(sessions.remove(first).is_none());
        assert!(sessions.find(&Sid::new("a")).is_none());
        assert_eq!(sessions.find(&Sid::new("b")).unwrap().id, second);
        assert_eq!(sessions.len(), 1);
    }

    #[test]
    fn memory_of_a_block_is_given_back_and_taken_again() {
        let mut sessions = Sessions::default();
        let ids: Vec<_> = (0..=BLOCK as u64)
            .map(|number| put(&mut sessions, &number.to_string()))
            .collect();
        let (last, first_block) = ids.split_last().unwrap();
        for &id in first_block {
            assert_eq!(sessions.blocks[0].places.capacity(), BLOCK);
            assert!(sessions.remove(id).is_some());
        }
        assert_eq!(sessions.blocks[0].places.capacity(), 0);
        assert!(sessions.get(*last).is_some());
        let again = put(&mut sessions, "again");
        assert_eq!(split(again.index).0, 0);
        assert_eq!(sessions.blocks[0].places.capacity(), BLOCK);
        let mut ids: Vec<_> = sessions.ids().collect();
        ids.sort_unstable();
        assert_eq!(ids, [*last, again]);
    }

    #[test]
    fn places_end_before_their_numbers_do() {
        let all = (1_usize << 32) / BLOCK;
        assert_eq!(places_of(0), Some(0..BLOCK as u32));
        let last = places_of(all - 2).unwrap();
        assert!(last.end < u32::MAX);
        assert_eq!(places_of(all - 1), None);
        assert_eq!(places_of(all), None);
        assert_eq!(places_of(usize::MAX), None);
    }
}
