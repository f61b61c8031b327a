//! What waits to be sent to one client.

use alloc::collections::VecDeque;
use core::mem;

use bytes::{Bytes, BytesMut};

/// Encoded messages in order: whole ones that many clients share, and own ones.
///
/// Empty, it holds no memory.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Chunk>,
    /// Own messages behind all `chunks`.
    tail: BytesMut,
    tail_messages: usize,
    len: usize,
    messages: usize,
}

#[derive(Debug)]
struct Chunk {
    bytes: Bytes,
    messages: usize,
}

impl Outbox {
    /// Appends what `write` writes: one message.
    pub(crate) fn write<E>(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.tail.len();
        write(&mut self.tail)?;
        self.len += self.tail.len() - before;
        self.tail_messages += 1;
        self.messages += 1;
        Ok(())
    }

    /// Appends one message that others may share.
    pub(crate) fn share(&mut self, bytes: Bytes) {
        self.seal();
        self.len += bytes.len();
        self.messages += 1;
        self.chunks.push_back(Chunk { bytes, messages: 1 });
    }

    /// Takes what one write to the connection should carry: a long message as it is, short ones
    /// together.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        self.seal();
        let first = self.pop_within(usize::MAX)?;
        let bytes = match self.pop_within(WRITE_LEN.saturating_sub(first.len())) {
            None => first,
            Some(second) => {
                let room = WRITE_LEN.min(first.len() + second.len() + self.len);
                let mut joined = BytesMut::with_capacity(room);
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&second);
                while let Some(next) = self.pop_within(WRITE_LEN - joined.len()) {
                    joined.extend_from_slice(&next);
                }
                joined.freeze()
            }
        };
        if self.chunks.is_empty() {
            *self = Self::default();
        }
        Some(bytes)
    }

    /// Drops all that waits.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that wait.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Messages that wait.
    pub(crate) const fn messages(&self) -> usize {
        self.messages
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push_back(Chunk {
                bytes: mem::take(&mut self.tail).freeze(),
                messages: mem::take(&mut self.tail_messages),
            });
        }
    }

    /// The first chunk, unless it is longer than `room`.
    fn pop_within(&mut self, room: usize) -> Option<Bytes> {
        self.chunks
            .front()
            .filter(|chunk| chunk.bytes.len() <= room)?;
        let chunk = self.chunks.pop_front()?;
        self.len -= chunk.bytes.len();
        self.messages -= chunk.messages;
        Some(chunk.bytes)
    }
}

/// Short messages are joined up to this length: a few TCP segments, so that one system call
/// carries many events, and a long upload does not make a second copy of itself.
const WRITE_LEN: usize = 16_384;

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn one_shared_message_leaves_as_it_came_and_several_leave_joined_in_order() {
        let mut outbox = Outbox::default();
        let shared = Bytes::from_static(b"event");
        outbox.share(shared.clone());
        assert_eq!(outbox.take().unwrap().as_ptr(), shared.as_ptr());
        assert!(outbox.take().is_none());

        let written: Result<(), ()> = outbox.write(|out| {
            out.extend_from_slice(b"answer ");
            Ok(())
        });
        written.unwrap();
        outbox.share(shared);
        assert_eq!((outbox.len(), outbox.messages()), (12, 2));
        assert_eq!(outbox.take().unwrap(), "answer event");
        assert_eq!((outbox.len(), outbox.messages()), (0, 0));
    }

    #[test]
    fn a_write_carries_no_more_than_its_length_unless_one_message_is_longer() {
        let mut outbox = Outbox::default();
        let long = Bytes::from(vec![1; WRITE_LEN + 1]);
        outbox.share(Bytes::from_static(b"x"));
        outbox.share(long.clone());
        outbox.share(Bytes::from(vec![2; WRITE_LEN - 1]));
        outbox.share(Bytes::from_static(b"y"));
        outbox.share(Bytes::from_static(b"z"));
        let lens: Vec<usize> = core::iter::from_fn(|| outbox.take())
            .map(|bytes| bytes.len())
            .collect();
        assert_eq!(lens, [1, WRITE_LEN + 1, WRITE_LEN, 1]);
    }
}
