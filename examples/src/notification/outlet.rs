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

    /// Writes what waits, unless the machine has `more` to tell and there is little.
    pub(super) fn push(&self, end: &mut End<W>, more: bool) -> State {
        end.collect();
        let many = end.output_bytes >= AT_ONCE || lock(&self.waiting).len() >= MANY;
        if !end.full && (!more || many) {
            end.push_now(&self.waiting, &mut BytesMut::new());
        }
        if end.full {
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
                self.machine.hand_on_into(&stanza, room);
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
                self.machine.hand_on(&stanza);
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
/// Stanzas that may wait while it does.
const MANY: usize = 64;
/// Bytes that leave in one piece, where so many wait: as many as a record of TLS has.
const IN_ONE_PIECE: usize = 16 * 1024;
/// Stanzas that an empty queue keeps room for.
const KEPT: usize = 4;

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Waker, time::Duration};

    use tokio::{
        io::{AsyncReadExt as _, DuplexStream, WriteHalf, duplex, split},
        net::{TcpListener, TcpStream},
    };
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
        ToSession::Stanza(stanza.unwrap().into())
    }

    /// Ids of the messages in what the client read.
    fn ids(text: &[u8]) -> Vec<usize> {
        let text = String::from_utf8_lossy(text);
        let ids = text.split("id=\"m").skip(1);
        ids.map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect()
    }

    fn is_told<W: Writer>(line: &Line<W>) -> bool {
        let told = pin!(line.told());
        let mut cx = Context::from_waker(Waker::noop());
        told.poll(&mut cx).is_ready()
    }

    #[tokio::test]
    async fn whoever_brings_something_writes_it() {
        let (line, mut client) = line(bound(), 4096, 8);
        assert_eq!(line.put(message(1)), Put::First);
        assert_eq!(line.put(message(2)), Put::Kept);
        line.write(&mut BytesMut::new());
        let mut heard = BytesMut::with_capacity(4096);
        client.read_buf(&mut heard).await.unwrap();
        assert_eq!(ids(&heard), [1, 2]);
        assert!(!is_told(&line), "the session's task sleeps on");
        assert_eq!(line.put(message(3)), Put::First);
    }

    #[tokio::test]
    async fn what_a_socket_does_not_take_at_once_is_the_tasks_and_keeps_its_order() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address);
        let (client, accepted) = tokio::join!(client, listener.accept());
        let (mut client, (_reader, writer)) = (client.unwrap(), accepted.unwrap().0.into_split());
        // A connection is told that it can be written to by the runtime.
        writer.writable().await.unwrap();
        let line = Line::new(bound(), writer, usize::MAX);
        let mut room = BytesMut::new();
        let mut count = 0;
        while !is_told(&line) {
            let _ = line.put(message(count));
            line.write(&mut room);
            count += 1;
        }
        let mut heard = BytesMut::new();
        let read = async {
            while ids(&heard).len() < count || !heard.ends_with(b"</message>") {
                client.read_buf(&mut heard).await.unwrap();
            }
        };
        assert!(line.push(&mut line.end(), false).full);
        tokio::join!(line.emptied(), read);
        assert_eq!(ids(&heard), (0..count).collect::<Vec<_>>());
        assert!(!line.push(&mut line.end(), false).full);
    }

    #[tokio::test]
    async fn what_a_full_stream_does_not_take_is_the_tasks_and_keeps_its_order() {
        let (line, mut client) = line(bound(), 100, 64);
        for number in 0..40 {
            let _ = line.put(message(number));
            line.write(&mut BytesMut::new());
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
            line.write(&mut BytesMut::new());
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
        line.write(&mut BytesMut::new());
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
        line.write(&mut BytesMut::new());
        assert!(is_told(&line));
        assert!(line.push(&mut line.end(), false).broken);
    }
}
