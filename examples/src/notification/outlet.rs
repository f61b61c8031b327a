//! The way out to one client over a byte stream.
//!
//! ```text
//!  hub ──put──▶ waiting ──send──▶ machine ──▶ output ──▶ socket
//!  └─ locked ─────────┘ └─────────── locked: line ───────────┘
//! ```
//!
//! What a client is sent has its place in the order of all once it waits. Whoever brought it writes it too, when it has let
//! go of the hub: no task wakes for it, as long as the socket takes everything at once. When the socket is full, the stream
//! ends, or somebody else holds the line, that is left to the session's own task.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    task::{Context, Poll},
};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::sync::Notify;
use xmpp_pubsub::{
    Outgoing, Stanza,
    session::Server,
    stream::{StreamCondition, StreamError},
};

use super::{
    hub::ToSession,
    session::MAX_OUTPUT,
    writer::{Writer, at_once},
};

/// What the hub knows of it.
pub(super) trait Outlet: fmt::Debug + Send + Sync {
    /// Puts an item behind those that wait.
    fn put(&self, item: ToSession) -> Put;

    /// Writes what waits, as much as can be written without waiting. `room` is where it is put together.
    fn write(&self, room: &mut BytesMut);

    /// Has the session's own task write it.
    fn wake(&self);
}

/// What became of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Put {
    /// It is the first, so that [`Outlet::write`] or [`Outlet::wake`] is due.
    First,
    /// It waits behind others, or the session's task has been told.
    Kept,
    /// There is no room: the session ends.
    Full,
}

/// A session's line: its machine and the half of its stream that writes. In the order of memory: what a stanza on its way
/// touches stands together.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Line<W> {
    waiting: Mutex<Waiting>,
    end: Mutex<End<W>>,
    /// The session's task has something to do.
    told: Notify,
}

#[derive(Debug)]
#[repr(C)]
struct Waiting {
    /// The first stanza: mostly the only one.
    first: Option<Outgoing>,
    behind: VecDeque<Outgoing>,
    /// Most stanzas.
    room: usize,
    /// What the session ends with, behind them.
    last: Option<StreamError>,
}

/// The end of a line.
#[derive(Debug)]
#[repr(C)]
pub(super) struct End<W> {
    /// The stream took bytes that it may still hold: TLS does when its socket is full.
    unflushed: bool,
    /// The stream takes nothing: the session's task waits until it does, and nobody else writes.
    full: bool,
    /// The stream is gone.
    broken: bool,
    /// Bytes in `current` and `behind`.
    output_bytes: usize,
    writer: W,
    pub(super) machine: Server,
    /// Partly written.
    current: Bytes,
    behind: VecDeque<Bytes>,
}

/// What a session's task has to look after.
#[derive(Debug)]
pub(super) struct State {
    /// It waits for [`Line::emptied`].
    pub(super) full: bool,
    pub(super) broken: bool,
    /// More bytes wait than may.
    pub(super) over_limit: bool,
    /// What the session has to end with.
    pub(super) last: Option<StreamError>,
}

impl<W: Writer> Line<W> {
    /// A line for a session that is not bound, with room for so many stanzas.
    pub(super) fn new(machine: Server, writer: W, room: usize) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                first: None,
                behind: VecDeque::new(),
                room,
                last: None,
            }),
            end: Mutex::new(End {
                unflushed: false,
                full: false,
                broken: false,
                output_bytes: 0,
                writer,
                machine,
                current: Bytes::new(),
                behind: VecDeque::new(),
            }),
            told: Notify::new(),
        }
    }

    /// The end, for the session's task.
    pub(super) fn end(&self) -> MutexGuard<'_, End<W>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits, unless the machine has `more` to tell and there is little. Then the machine has it: for whoever brings
    /// something next nothing waits, so that he writes all of it.
    pub(super) fn push(&self, end: &mut End<W>, more: bool) -> State {
        end.collect();
        let later = more && end.output_bytes < AT_ONCE;
        if !end.full && !later {
            end.push_now(&self.waiting, &mut BytesMut::new());
        }
        if end.full || later {
            end.take_all(&self.waiting);
        }
        let mut waiting = lock(&self.waiting);
        let last = match waiting.first.is_none() {
            true => waiting.last.take(),
            false => None,
        };
        State {
            full: end.full,
            broken: end.broken,
            over_limit: end.output_bytes > MAX_OUTPUT,
            last,
        }
    }

    /// Waits until there is something to do that is not written yet.
    pub(super) async fn told(&self) {
        self.told.notified().await;
    }

    /// Waits until a full stream has taken what waits. Nothing is lost when the future is dropped.
    pub(super) async fn emptied(&self) {
        poll_fn(|cx| {
            let mut end = self.end();
            end.push(&self.waiting, &mut BytesMut::new(), cx);
            match end.full && end.output_bytes <= MAX_OUTPUT {
                true => Poll::Pending,
                false => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Writes all there is and ends the stream.
    pub(super) async fn shut(&self) {
        poll_fn(|cx| {
            let mut end = self.end();
            end.push(&self.waiting, &mut BytesMut::new(), cx);
            if end.broken {
                return Poll::Ready(());
            }
            if end.full {
                return Poll::Pending;
            }
            // The session is over either way.
            Pin::new(&mut end.writer).poll_shutdown(cx).map(drop)
        })
        .await;
    }

    /// What waits, and is not going to be sent.
    pub(super) fn left(&self) -> Vec<Stanza> {
        let mut waiting = lock(&self.waiting);
        let left = std::iter::from_fn(|| waiting.next().0);
        left.map(Outgoing::into_stanza).collect()
    }
}

impl<W: Writer> Outlet for Line<W> {
    fn put(&self, item: ToSession) -> Put {
        let mut waiting = lock(&self.waiting);
        let last = match item {
            ToSession::Stanza(stanza) if waiting.len() < waiting.room => {
                if waiting.first.is_none() {
                    waiting.first = Some(stanza);
                    return Put::First;
                }
                waiting.behind.push_back(stanza);
                return Put::Kept;
            }
            ToSession::Stanza(_) => None,
            ToSession::Close(error) => Some(error),
        };
        let put = match last {
            Some(_) => Put::Kept,
            None => Put::Full,
        };
        waiting.last = last.or_else(|| {
            let condition = StreamCondition::RESOURCE_CONSTRAINT;
            Some(StreamError::new(condition, "the client does not keep up"))
        });
        drop(waiting);
        self.wake();
        put
    }

    fn write(&self, room: &mut BytesMut) {
        let mut end = match self.end.try_lock() {
            Ok(end) => end,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return self.wake(),
        };
        if !end.full {
            end.push_now(&self.waiting, room);
        }
        let is_done = !end.full && !end.broken && end.machine.jid().is_some();
        drop(end);
        if !is_done {
            self.wake();
        }
    }

    fn wake(&self) {
        self.told.notify_one();
    }
}

impl<W: Writer> End<W> {
    /// As [`Self::push`], for whoever does not wait for the stream.
    fn push_now(&mut self, waiting: &Mutex<Waiting>, room: &mut BytesMut) {
        // Mostly nothing waits but what has just been put.
        if self.output_bytes == 0 && !self.broken && self.machine.jid().is_some() {
            room.clear();
            let more = self.fill(waiting, room);
            self.write(room, W::write_now);
            if !more && self.output_bytes == 0 && !self.unflushed {
                return;
            }
        }
        let pushed = at_once(|cx| {
            self.push(waiting, room, cx);
            Poll::Ready(())
        });
        debug_assert!(pushed.is_ready());
    }

    /// Writes until nothing waits or the stream is full. `room` is where stanzas are put together; nothing is left there.
    fn push(&mut self, waiting: &Mutex<Waiting>, room: &mut BytesMut, cx: &mut Context<'_>) {
        self.full = false;
        self.collect();
        let mut more = true;
        while !self.broken && !self.full {
            if self.output_bytes > 0 {
                let mut bytes = std::mem::take(&mut self.current);
                if bytes.is_empty() {
                    bytes = self.behind.pop_front().unwrap_or_default();
                }
                match Pin::new(&mut self.writer).poll_write(cx, &bytes) {
                    Poll::Ready(Ok(count @ 1..)) => {
                        bytes.advance(count);
                        self.output_bytes -= count;
                        self.unflushed = W::HOLDS;
                    }
                    Poll::Ready(Ok(0) | Err(_)) => self.broken = true,
                    Poll::Pending => self.full = true,
                }
                if bytes.has_remaining() {
                    // An empty slice of a buffer would keep the machine from using it again.
                    self.current = bytes;
                }
            } else if more && self.machine.jid().is_some() {
                room.clear();
                more = self.fill(waiting, room);
                self.write(room, |writer, bytes| Pin::new(writer).poll_write(cx, bytes));
            } else if self.unflushed {
                match Pin::new(&mut self.writer).poll_flush(cx) {
                    Poll::Ready(Ok(())) => self.unflushed = false,
                    Poll::Ready(Err(_)) => self.broken = true,
                    Poll::Pending => self.full = true,
                }
            } else {
                break;
            }
        }
    }

    /// Writes bytes, before which nothing waits. What the stream does not take is kept.
    fn write(
        &mut self,
        bytes: &[u8],
        write: impl FnOnce(&mut W, &[u8]) -> Poll<io::Result<usize>>,
    ) {
        if bytes.is_empty() {
            return;
        }
        let count = match write(&mut self.writer, bytes) {
            Poll::Ready(Ok(count @ 1..)) => count,
            Poll::Ready(Ok(0) | Err(_)) => return self.broken = true,
            Poll::Pending => 0,
        };
        self.unflushed |= W::HOLDS;
        if let Some(rest @ [_, ..]) = bytes.get(count..) {
            self.output_bytes += rest.len();
            self.current = Bytes::copy_from_slice(rest);
        }
    }

    /// Puts what waits into `room`, up to what leaves in one piece. Returns whether there is more.
    fn fill(&mut self, waiting: &Mutex<Waiting>, room: &mut BytesMut) -> bool {
        while room.len() < IN_ONE_PIECE {
            let (next, more) = lock(waiting).next();
            if let Some(stanza) = next {
                self.machine.send_outgoing_into(&stanza, room);
            }
            if !more {
                return false;
            }
        }
        true
    }

    /// Has the machine encode all that waits, since it counts as output of a stream that is full. Before it is bound it takes
    /// nothing.
    fn take_all(&mut self, waiting: &Mutex<Waiting>) {
        while self.machine.jid().is_some() {
            let (next, more) = lock(waiting).next();
            if let Some(stanza) = next {
                self.machine.send_outgoing(&stanza);
            }
            if !more {
                break;
            }
        }
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.machine.poll_transmit() {
            self.output_bytes += bytes.len();
            self.behind.push_back(bytes);
        }
    }
}

impl Waiting {
    /// The next stanza, and whether there are more. Sessions are idle most of the time: no more room is kept than for a few.
    fn next(&mut self) -> (Option<Outgoing>, bool) {
        let next = std::mem::replace(&mut self.first, self.behind.pop_front());
        if self.behind.is_empty() && self.behind.capacity() > KEPT {
            self.behind = VecDeque::new();
        }
        (next, self.first.is_some())
    }

    fn len(&self) -> usize {
        self.behind.len() + usize::from(self.first.is_some())
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of the machine's that are written before it tells more.
const AT_ONCE: usize = 64 * 1024;
/// Bytes that leave in one piece, where so many wait: as many as a record of TLS has.
const IN_ONE_PIECE: usize = 16 * 1024;
/// Stanzas that an empty queue keeps room for.
const KEPT: usize = 4;

#[cfg(test)]
mod tests;
