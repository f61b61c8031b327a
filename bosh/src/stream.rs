//! Feature `futures`: a client over any HTTP library, as a `Stream` and a `Sink`.
//!
//! [`ClientStream`] makes the requests that a [`Client`] asks for, hands back what became of them, and
//! yields the session's events. It has no timers and no runtime: the caller sleeps until
//! [`poll_timeout`](ClientStream::poll_timeout) beside waiting for the next event.
//!
//! ```
//! use std::io;
//! use std::time::Duration;
//!
//! use bosh::session::{Client, ClientConfig, ClientEvent, ClientTransmit, Error};
//! use bosh::stream::ClientStream;
//! use bytes::Bytes;
//! use futures_core::Stream;
//! use futures_sink::Sink;
//!
//! /// What an HTTP library has to offer: it makes a POST, and tells status and body of the response.
//! async fn post(request: ClientTransmit) -> io::Result<(u16, Bytes)> {
//!     // client.post(uri).header("content-type", "text/xml; charset=utf-8").body(request.body) ..
//! #   let _ = request;
//! #   Err(io::ErrorKind::Unsupported.into())
//! }
//!
//! /// `clock` counts from a fixed origin.
//! fn connect(
//!     config: ClientConfig,
//!     clock: impl FnMut() -> Duration + Unpin,
//! ) -> Result<impl Stream<Item = ClientEvent> + Sink<Bytes, Error = Error>, Error> {
//!     let mut session = ClientStream::new(Client::new(config), post, clock);
//!     let now = session.now();
//!     session.client_mut().open(now)?;
//!     Ok(session)
//! }
//! ```

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;

use crate::session::{Client, ClientEvent, ClientTransmit, Error, RequestId};

/// A client session and the requests that it has under way.
///
/// The stream yields the session's events and ends behind [`ClientEvent::Closed`]. Being polled it also
/// makes requests, so poll it after each call through [`client_mut`](Self::client_mut), and after
/// [`handle_timeout`](Self::handle_timeout).
///
/// `post` makes one HTTP request, on a connection that has no other in flight; it is called in the order
/// in which requests are to leave. An error is a broken connection to the session, which sends the request
/// again and drops the future of the copy before. Why it broke is for `post` to tell.
///
/// The sink takes payloads. Flushing it makes the requests that may be made now; what waits for a response
/// first leaves when the stream is polled. Closing it terminates the session.
pub struct ClientStream<P, F, C> {
    client: Client,
    post: P,
    clock: C,
    /// Never more than the session has requests outstanding.
    in_flight: Vec<(RequestId, Pin<Box<F>>)>,
}

impl<P, F, C, E> ClientStream<P, F, C>
where
    P: FnMut(ClientTransmit) -> F,
    F: Future<Output = Result<(u16, Bytes), E>>,
    C: FnMut() -> Duration,
{
    /// Joins `client` to an HTTP library: the future of `post` resolves to status and body of the
    /// response. `clock` tells the time since an origin that the caller fixed once.
    pub fn new(client: Client, post: P, clock: C) -> Self {
        Self {
            client,
            post,
            clock,
            in_flight: Vec::new(),
        }
    }

    /// The session, to be told what its own methods offer.
    pub const fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The session, to be asked.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The time that the clock tells.
    pub fn now(&mut self) -> Duration {
        (self.clock)()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. Any event can change it.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.client.poll_timeout()
    }

    /// Does what is due at `now`. Poll the stream afterwards.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.client.handle_timeout(now);
    }

    fn make_requests(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            let id = transmit.id;
            // The copy before counts as lost.
            self.in_flight.retain(|(other, _)| other.rid != id.rid);
            self.in_flight.push((id, Box::pin((self.post)(transmit))));
        }
    }

    /// Hands over what has become of requests; whether anything has.
    fn take_responses(&mut self, cx: &mut Context<'_>) -> bool {
        let mut taken = false;
        let mut at = 0;
        while let Some((id, response)) = self.in_flight.get_mut(at) {
            let Poll::Ready(outcome) = response.as_mut().poll(cx) else {
                at += 1;
                continue;
            };
            let id = *id;
            self.in_flight.remove(at);
            taken = true;
            let now = self.now();
            match outcome {
                Ok((status, body)) => self.client.handle_response(now, id, status, &body),
                Err(_) => self.client.handle_failure(now, id),
            }
        }
        taken
    }
}

impl<P, F, C, E> Stream for ClientStream<P, F, C>
where
    P: FnMut(ClientTransmit) -> F + Unpin,
    F: Future<Output = Result<(u16, Bytes), E>>,
    C: FnMut() -> Duration + Unpin,
{
    type Item = ClientEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ClientEvent>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.client.poll_event() {
                return Poll::Ready(Some(event));
            }
            if this.client.is_closed() {
                this.in_flight.clear();
                return Poll::Ready(None);
            }
            this.make_requests();
            if !this.take_responses(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl<P, F, C, E> Sink<Bytes> for ClientStream<P, F, C>
where
    P: FnMut(ClientTransmit) -> F + Unpin,
    F: Future<Output = Result<(u16, Bytes), E>>,
    C: FnMut() -> Duration + Unpin,
{
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // A payload that finds no room is refused by `start_send`.
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, payload: Bytes) -> Result<(), Error> {
        let this = self.get_mut();
        let now = this.now();
        this.client.send(now, payload)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        this.make_requests();
        // A request is under way only once its future was polled.
        this.take_responses(cx);
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.as_mut().get_mut();
        if !this.client.is_closed() {
            let now = this.now();
            this.client.terminate(now, &[])?;
        }
        self.poll_flush(cx)
    }
}

/// Payloads, which may hold secrets, do not show.
impl<P, F, C> fmt::Debug for ClientStream<P, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStream")
            .field("client", &self.client)
            .field("in_flight", &self.in_flight.len())
            .finish_non_exhaustive()
    }
}
