//! Feature `futures`: a session over a transport of byte chunks, as a `Stream` and a `Sink`.
//!
//! [`SessionStream`] carries bytes between a session and a transport and yields the session's
//! events. It has no timers and no runtime: the caller sleeps until
//! [`poll_timeout`](SessionStream::poll_timeout) beside waiting for the next event.
//!
//! ```
//! use core::time::Duration;
//!
//! use bytes::Bytes;
//! use cti_proto::session::{Client, client};
//! use cti_proto::stream::{SessionStream, StreamError};
//! use futures_core::Stream;
//! use futures_sink::Sink;
//!
//! /// `transport` is what a socket looks like behind `BytesCodec`, `clock` counts from a fixed origin.
//! fn connect<T, E>(
//!     config: client::Config,
//!     transport: T,
//!     clock: impl FnMut() -> Duration + Unpin,
//! ) -> Result<impl Stream<Item = Result<client::Event, StreamError<E>>>, StreamError<E>>
//! where
//!     T: Stream<Item = Result<Bytes, E>> + Sink<Bytes, Error = E> + Unpin,
//!     E: Unpin,
//! {
//!     let mut session = SessionStream::new(Client::new(config), transport, clock);
//!     let now = session.now();
//!     session.session_mut().open(now)?;
//!     Ok(session)
//! }
//! ```

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_sink::Sink;

use crate::message::Message;
use crate::session::{Client, Error, Server, client, server};

/// What a [`SessionStream`] drives: a [`Client`] or a [`Server`].
pub trait Machine {
    /// What the application should know.
    type Event;

    /// Takes complete messages off the front of `input`.
    ///
    /// # Errors
    ///
    /// What ended the session.
    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error>;

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Duration);

    /// The connection ended.
    fn handle_eof(&mut self);

    /// Sends a message that is no request.
    ///
    /// # Errors
    ///
    /// As the session's own `send`.
    fn send(&mut self, message: Message) -> Result<(), Error>;

    /// Bytes for the peer.
    fn poll_transmit(&mut self) -> Option<Bytes>;

    /// The next thing to know.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When to call `handle_timeout` next.
    fn poll_timeout(&self) -> Option<Duration>;

    /// Whether the session is over.
    fn is_closed(&self) -> bool;
}

macro_rules! machines {
    ($($machine:ident, $event:ty;)*) => {$(
        impl Machine for $machine {
            type Event = $event;

            fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
                Self::handle_input(self, now, input)
            }

            fn handle_timeout(&mut self, now: Duration) {
                Self::handle_timeout(self, now);
            }

            fn handle_eof(&mut self) {
                Self::handle_eof(self);
            }

            fn send(&mut self, message: Message) -> Result<(), Error> {
                Self::send(self, message).map(drop)
            }

            fn poll_transmit(&mut self) -> Option<Bytes> {
                Self::poll_transmit(self)
            }

            fn poll_event(&mut self) -> Option<$event> {
                Self::poll_event(self)
            }

            fn poll_timeout(&self) -> Option<Duration> {
                Self::poll_timeout(self)
            }

            fn is_closed(&self) -> bool {
                Self::is_closed(self)
            }
        }
    )*};
}

machines! {
    Client, client::Event;
    Server, server::Event;
}

/// What ends a [`SessionStream`], or what [`Sink::start_send`] cannot send.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// The transport failed.
    #[error(transparent)]
    Transport(E),
    /// The session failed, or refuses what was asked of it.
    #[error(transparent)]
    Session(#[from] Error),
}

/// A session and its transport.
///
/// The stream yields the session's events. An error is yielded behind the events that led to it, and
/// once; the stream ends when the session is over and its last bytes are written. Being polled it
/// also writes, so poll it after each call through [`session_mut`](Self::session_mut).
///
/// The sink takes messages that are no requests. Closing it closes the transport; the session itself
/// is closed by its own `close`.
#[derive(Debug)]
pub struct SessionStream<M, T, C, E> {
    machine: M,
    transport: T,
    clock: C,
    /// Read and not yet taken by the session.
    input: BytesMut,
    /// Yielded when there is no event left.
    error: Option<StreamError<E>>,
    /// The transport is not used any more.
    broken: bool,
}

impl<M, B, T, C, E> SessionStream<M, T, C, E>
where
    M: Machine,
    B: AsRef<[u8]>,
    T: Stream<Item = Result<B, E>> + Sink<Bytes, Error = E> + Unpin,
    C: FnMut() -> Duration,
{
    /// Joins `machine` to a transport that stands. `clock` tells the time since an origin that the
    /// caller fixed once.
    pub fn new(machine: M, transport: T, clock: C) -> Self {
        Self {
            machine,
            transport,
            clock,
            input: BytesMut::new(),
            error: None,
            broken: false,
        }
    }

    /// The session, to be asked and told what its own methods offer.
    pub const fn session_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// The time that the clock tells.
    pub fn now(&mut self) -> Duration {
        (self.clock)()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. Any event can change it.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.machine.poll_timeout()
    }

    /// Does what is due at `now`. Poll the stream afterwards.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.machine.handle_timeout(now);
    }

    /// Takes bytes from the session as long as the transport takes them: what waits stays in the
    /// session, where it counts against its limit.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        if self.broken {
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(Pin::new(&mut self.transport).poll_ready(cx))?;
            match self.machine.poll_transmit() {
                Some(bytes) => Pin::new(&mut self.transport).start_send(bytes)?,
                None => return Pin::new(&mut self.transport).poll_flush(cx),
            }
        }
    }

    /// Gives the session what was read; one that decides about an OPEN_REQ takes it later.
    fn take_input(&mut self) {
        if self.input.is_empty() {
            return;
        }
        let now = self.now();
        if let Err(error) = self.machine.handle_input(now, &mut self.input) {
            self.error.get_or_insert_with(|| error.into());
        }
    }

    fn fail(&mut self, error: E) {
        self.broken = true;
        self.machine.handle_eof();
        self.error
            .get_or_insert_with(|| StreamError::Transport(error));
    }
}

impl<M, B, T, C, E> Stream for SessionStream<M, T, C, E>
where
    M: Machine + Unpin,
    B: AsRef<[u8]>,
    T: Stream<Item = Result<B, E>> + Sink<Bytes, Error = E> + Unpin,
    C: FnMut() -> Duration + Unpin,
    E: Unpin,
{
    type Item = Result<M::Event, StreamError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            this.take_input();
            let written = this.poll_write(cx).map_err(|error| this.fail(error));
            if let Some(event) = this.machine.poll_event() {
                return Poll::Ready(Some(Ok(event)));
            }
            if let Some(error) = this.error.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if this.machine.is_closed() {
                return written.map(|_| None);
            }
            if this.input.len() >= MAX_UNREAD {
                return Poll::Pending;
            }
            match ready!(Pin::new(&mut this.transport).poll_next(cx)) {
                Some(Ok(bytes)) => this.input.extend_from_slice(bytes.as_ref()),
                Some(Err(error)) => this.fail(error),
                None => this.machine.handle_eof(),
            }
        }
    }
}

impl<M, B, T, C, E> Sink<Message> for SessionStream<M, T, C, E>
where
    M: Machine + Unpin,
    B: AsRef<[u8]>,
    T: Stream<Item = Result<B, E>> + Sink<Bytes, Error = E> + Unpin,
    C: FnMut() -> Duration + Unpin,
    E: Unpin,
{
    type Error = StreamError<E>;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StreamError<E>>> {
        let transport = Pin::new(&mut self.get_mut().transport);
        transport.poll_ready(cx).map_err(StreamError::Transport)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), StreamError<E>> {
        Ok(self.get_mut().machine.send(message)?)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StreamError<E>>> {
        self.get_mut()
            .poll_write(cx)
            .map_err(StreamError::Transport)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StreamError<E>>> {
        let this = self.get_mut();
        ready!(this.poll_write(cx)).map_err(StreamError::Transport)?;
        Pin::new(&mut this.transport)
            .poll_close(cx)
            .map_err(StreamError::Transport)
    }
}

/// Bytes behind an OPEN_REQ that is being decided about, from which on nothing more is read: the
/// longest message fits several times.
const MAX_UNREAD: usize = 65_536;
