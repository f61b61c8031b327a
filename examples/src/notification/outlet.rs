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
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes};
use tokio::{io::AsyncWrite, sync::Notify, task::coop::unconstrained};
use xmpp_pubsub::{
    Stanza,
    session::Server,
    stream::{StreamCondition, StreamError},
};

use super::{hub::ToSession, session::MAX_OUTPUT};

/// What the hub knows of it.
pub(super) trait Outlet: fmt::Debug + Send + Sync {
    /// Puts an item behind those that wait.
    fn put(&self, item: ToSession) -> Put;

    /// Writes what waits, as much as can be written without waiting.
    fn write(&self);

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

/// A session's line: its machine and the half of its stream that writes.
#[derive(Debug)]
pub(super) struct Line<W> {
    waiting: Mutex<Waiting>,
    end: Mutex<End<W>>,
    /// The session's task has something to do.
    told: Notify,
}

#[derive(Debug)]
struct Waiting {
    stanzas: VecDeque<Stanza>,
    /// Most stanzas.
    room: usize,
    /// What the session ends with, behind them.
    last: Option<StreamError>,
}

/// The end of a line.
#[derive(Debug)]
pub(super) struct End<W> {
    pub(super) machine: Server,
    writer: W,
    /// Partly written.
    current: Bytes,
    behind: VecDeque<Bytes>,
    /// Bytes in `current` and `behind`.
    output_bytes: usize,
    /// The stream took bytes that it may still hold: TLS does when its socket is full.
    unflushed: bool,
    /// The stream takes nothing: the session's task waits until it does, and nobody else writes.
    full: bool,
    /// The stream is gone.
    broken: bool,
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

impl<W: AsyncWrite + Unpin> Line<W> {
    /// A line for a session that is not bound, with room for so many stanzas.
    pub(super) fn new(machine: Server, writer: W, room: usize) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                stanzas: VecDeque::new(),
                room,
                last: None,
            }),
            end: Mutex::new(End {
                machine,
                writer,
                current: Bytes::new(),
                behind: VecDeque::new(),
                output_bytes: 0,
                unflushed: false,
                full: false,
                broken: false,
            }),
            told: Notify::new(),
        }
    }

    /// The end, for the session's task.
    pub(super) fn end(&self) -> MutexGuard<'_, End<W>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves what waits, and writes it unless the machine has `more` to tell and there is little.
    pub(super) fn push(&self, end: &mut End<W>, more: bool) -> State {
        end.take(&self.waiting, AT_ONCE);
        if !end.full && (!more || end.output_bytes >= AT_ONCE) {
            end.push_now(&self.waiting);
        }
        if end.full {
            end.take(&self.waiting, usize::MAX);
        }
        let mut waiting = lock(&self.waiting);
        let last = match waiting.stanzas.is_empty() {
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
            end.push(&self.waiting, cx);
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
            end.push(&self.waiting, cx);
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
    pub(super) fn left(&self) -> VecDeque<Stanza> {
        std::mem::take(&mut lock(&self.waiting).stanzas)
    }
}

impl<W: AsyncWrite + fmt::Debug + Send + Unpin> Outlet for Line<W> {
    fn put(&self, item: ToSession) -> Put {
        let mut waiting = lock(&self.waiting);
        let last = match item {
            ToSession::Stanza(stanza) if waiting.stanzas.len() < waiting.room => {
                let is_first = waiting.stanzas.is_empty();
                waiting.stanzas.push_back(stanza);
                return if is_first { Put::First } else { Put::Kept };
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

    fn write(&self) {
        let mut end = match self.end.try_lock() {
            Ok(end) => end,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return self.wake(),
        };
        if !end.full {
            end.push_now(&self.waiting);
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

impl<W: AsyncWrite + Unpin> End<W> {
    /// As [`Self::push`], for whoever does not wait for the stream.
    fn push_now(&mut self, waiting: &Mutex<Waiting>) {
        let pushed = poll_fn(|cx| {
            self.push(waiting, cx);
            Poll::Ready(())
        });
        // One task writes to many streams, so that none may be held back for what was written to others.
        let pushed = pin!(unconstrained(pushed)).poll(&mut Context::from_waker(Waker::noop()));
        debug_assert!(pushed.is_ready());
    }

    /// Writes until nothing waits or the stream is full.
    fn push(&mut self, waiting: &Mutex<Waiting>, cx: &mut Context<'_>) {
        self.full = false;
        while !self.broken && !self.full {
            self.take(waiting, AT_ONCE);
            if !self.current.has_remaining() {
                // An empty slice of a buffer would keep the machine from using it again.
                self.current = self.behind.pop_front().unwrap_or_default();
            }
            if self.current.is_empty() {
                if self.unflushed {
                    match Pin::new(&mut self.writer).poll_flush(cx) {
                        Poll::Ready(Ok(())) => self.unflushed = false,
                        Poll::Ready(Err(_)) => self.broken = true,
                        Poll::Pending => self.full = true,
                    }
                }
                return;
            }
            match Pin::new(&mut self.writer).poll_write(cx, &self.current) {
                Poll::Ready(Ok(count @ 1..)) => {
                    self.current.advance(count);
                    self.output_bytes -= count;
                    self.unflushed = true;
                }
                Poll::Ready(Ok(0) | Err(_)) => self.broken = true,
                Poll::Pending => self.full = true,
            }
        }
    }

    /// Gives the machine what waits, while no more than `most` bytes are to be written. Before it is bound it takes nothing.
    fn take(&mut self, waiting: &Mutex<Waiting>, most: usize) {
        self.collect();
        while self.output_bytes <= most && self.machine.jid().is_some() {
            for _ in 0..JOINED {
                let Some(stanza) = Waiting::next(waiting) else {
                    return self.collect();
                };
                self.machine.send(&stanza);
            }
            self.collect();
        }
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.machine.poll_transmit() {
            self.output_bytes += bytes.len();
            match self.current.has_remaining() {
                true => self.behind.push_back(bytes),
                false => self.current = bytes,
            }
        }
    }
}

impl Waiting {
    /// The next stanza. Sessions are idle most of the time, and stanzas are large: no more room is kept than for a few.
    fn next(waiting: &Mutex<Self>) -> Option<Stanza> {
        let mut waiting = lock(waiting);
        let next = waiting.stanzas.pop_front();
        if next.is_none() && waiting.stanzas.capacity() > KEPT {
            waiting.stanzas = VecDeque::new();
        }
        next
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes that are written before more is encoded.
const AT_ONCE: usize = 64 * 1024;
/// Stanzas that leave in one piece, where so many wait.
const JOINED: usize = 16;
/// Stanzas that an empty queue keeps room for.
const KEPT: usize = 4;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::BytesMut;
    use tokio::io::{AsyncReadExt as _, DuplexStream, WriteHalf, duplex, split};
    use xmpp_pubsub::{
        Jid,
        session::{Security, ServerConfig, ServerEvent},
        stream::Form,
        xml::{Limits, Scope},
    };

    use super::*;

    const HEADER: &str = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams'>";

    fn say(machine: &mut Server, text: &str) {
        let mut input = BytesMut::from(text);
        machine.handle_input(Duration::ZERO, &mut input).unwrap();
    }

    /// A machine up to the moment in which the client asks for an address.
    fn binding() -> Server {
        let domain = Jid::new("localhost").unwrap();
        let config = ServerConfig::new(domain, 1, Security::Protected);
        let mut machine = Server::new(Duration::ZERO, config, Form::Tcp);
        say(&mut machine, HEADER);
        say(
            &mut machine,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
        );
        let event = machine.poll_event();
        assert!(
            matches!(event, Some(ServerEvent::Authenticate { .. })),
            "{event:?}"
        );
        machine.authenticate_ok().unwrap();
        say(&mut machine, HEADER);
        let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
        say(&mut machine, bind);
        let event = machine.poll_event();
        assert!(matches!(event, Some(ServerEvent::Bind { .. })), "{event:?}");
        while machine.poll_transmit().is_some() {}
        machine
    }

    fn bound() -> Server {
        let mut machine = binding();
        machine.bind_ok(Jid::new("a@localhost/r").unwrap()).unwrap();
        while machine.poll_transmit().is_some() {}
        machine
    }

    /// A line, and the client's end of its stream, which holds so many bytes.
    fn line(
        machine: Server,
        bytes: usize,
        room: usize,
    ) -> (Line<WriteHalf<DuplexStream>>, DuplexStream) {
        let (stream, client) = duplex(bytes);
        let (_, writer) = split(stream);
        (Line::new(machine, writer, room), client)
    }

    fn message(number: usize) -> ToSession {
        let text = format!("<message id='m{number}'><body>something to read</body></message>");
        let scope = Scope::new().with("", "jabber:client");
        let stanza = Stanza::decode(text.as_bytes(), &scope, &Limits::default());
        ToSession::Stanza(stanza.unwrap())
    }

    /// Ids of the messages in what the client read.
    fn ids(text: &[u8]) -> Vec<usize> {
        let text = String::from_utf8_lossy(text);
        let ids = text.split("id=\"m").skip(1);
        ids.map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect()
    }

    fn is_told<W: AsyncWrite + Unpin>(line: &Line<W>) -> bool {
        let told = pin!(line.told());
        let mut cx = Context::from_waker(Waker::noop());
        told.poll(&mut cx).is_ready()
    }

    #[tokio::test]
    async fn whoever_brings_something_writes_it() {
        let (line, mut client) = line(bound(), 4096, 8);
        assert_eq!(line.put(message(1)), Put::First);
        assert_eq!(line.put(message(2)), Put::Kept);
        line.write();
        let mut heard = BytesMut::with_capacity(4096);
        client.read_buf(&mut heard).await.unwrap();
        assert_eq!(ids(&heard), [1, 2]);
        assert!(!is_told(&line), "the session's task sleeps on");
        assert_eq!(line.put(message(3)), Put::First);
    }

    #[tokio::test]
    async fn what_a_full_stream_does_not_take_is_the_tasks_and_keeps_its_order() {
        let (line, mut client) = line(bound(), 100, 64);
        for number in 0..40 {
            let _ = line.put(message(number));
            line.write();
        }
        assert!(is_told(&line));
        let state = line.push(&mut line.end(), false);
        assert!(state.full && !state.over_limit && state.last.is_none());
        let mut heard = BytesMut::new();
        let read = async {
            while ids(&heard).len() < 40 || !heard.ends_with(b"</message>") {
                client.read_buf(&mut heard).await.unwrap();
            }
        };
        tokio::join!(line.emptied(), read);
        assert_eq!(ids(&heard), (0..40).collect::<Vec<_>>());
        assert!(!line.push(&mut line.end(), false).full);
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_over_its_limit_some_time() {
        let (line, _client) = line(bound(), 100, usize::MAX);
        let mut count = 0;
        while !line.push(&mut line.end(), false).over_limit {
            let _ = line.put(message(count));
            count += 1;
            line.write();
        }
        assert!(count * 60 > MAX_OUTPUT / 2, "{count}");
        tokio::time::timeout(Duration::from_secs(5), line.emptied())
            .await
            .expect("nobody waits for it");
    }

    #[test]
    fn nothing_is_sent_before_the_client_has_its_address() {
        let (line, _client) = line(binding(), 4096, 8);
        assert_eq!(line.put(message(1)), Put::First);
        line.write();
        assert!(is_told(&line), "it is left to the session's task");
        assert_eq!(line.put(message(2)), Put::Kept);
        assert_eq!(line.left().len(), 2);
    }

    #[test]
    fn who_has_no_room_ends_behind_what_waits() {
        let (line, _client) = line(bound(), 4096, 1);
        assert_eq!(line.put(message(1)), Put::First);
        assert_eq!(line.put(message(2)), Put::Full);
        assert!(is_told(&line));
        let last = line.push(&mut line.end(), false).last.unwrap();
        assert_eq!(last.condition, StreamCondition::RESOURCE_CONSTRAINT);
        assert!(line.left().is_empty());
    }

    #[test]
    fn a_conflict_is_told_behind_what_waits() {
        let (line, _client) = line(bound(), 4096, 8);
        assert_eq!(line.put(message(1)), Put::First);
        let conflict = StreamError::from(StreamCondition::CONFLICT);
        assert_eq!(line.put(ToSession::Close(conflict)), Put::Kept);
        assert!(is_told(&line));
        let last = line.push(&mut line.end(), false).last.unwrap();
        assert_eq!(last.condition, StreamCondition::CONFLICT);
        assert!(line.left().is_empty());
    }

    #[tokio::test]
    async fn a_stream_that_is_gone_is_told() {
        let (line, client) = line(bound(), 4096, 8);
        drop(client);
        let _ = line.put(message(1));
        line.write();
        assert!(is_told(&line));
        assert!(line.push(&mut line.end(), false).broken);
    }
}
