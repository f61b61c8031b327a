//! XMPP over WebSocket (RFC 7395) at `/ws/`: a task for each connection.

use std::{collections::VecDeque, future::poll_fn, pin::Pin, task::Poll, time::Duration};

use axum::{
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures::{Sink as _, SinkExt as _, StreamExt as _};
use http::StatusCode;
use xmpp_pubsub::{
    session::{Error, Server, ServerEvent},
    stream::{Form, SUBPROTOCOL, StreamCondition, StreamError},
};

use super::{
    pace::Pace,
    session::{Carrier, Clients, MAX_OUTPUT},
};
use crate::driver::{Clock, Ended, sleep_until};

/// Takes a request to change over to WebSocket. As with BOSH, any page may: it has to bring the password.
pub(super) async fn upgrade(State(clients): State<Clients>, socket: WebSocketUpgrade) -> Response {
    let socket = socket
        .protocols([SUBPROTOCOL])
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_OUTPUT)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE);
    if socket.selected_protocol().is_none() {
        let answer = "ask for the subprotocol xmpp (RFC 7395, section 3.1)\n";
        return (StatusCode::BAD_REQUEST, answer).into_response();
    }
    let Some(room) = clients.room() else {
        tracing::warn!("XMPP: no room for one more WebSocket");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    socket.on_upgrade(|socket| async move {
        let clock = clients.clock();
        let messages = |machine| Messages::new(machine, socket, clock);
        clients.serve(room, Form::WebSocket, messages).await;
    })
}

/// A machine, its WebSocket, and what is between them.
struct Messages {
    machine: Server,
    socket: WebSocket,
    clock: Clock,
    /// Of what is no message of XMPP.
    pace: Pace,
    waiting: VecDeque<Bytes>,
    /// Bytes in `waiting`.
    waiting_bytes: usize,
    /// The socket took a message that it may still hold.
    unflushed: bool,
    ended: Option<Ended<Error>>,
}

impl Messages {
    fn new(machine: Server, socket: WebSocket, clock: Clock) -> Self {
        Self {
            machine,
            socket,
            clock,
            pace: Pace::new(clock.now()),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            unflushed: false,
            ended: None,
        }
    }

    fn collect(&mut self) {
        while let Some(message) = self.machine.poll_transmit() {
            self.waiting_bytes += message.len();
            self.waiting.push_back(message);
        }
    }

    /// Hands one message to the socket, or flushes it when none is left. Nothing is lost when the future is dropped.
    async fn send(&mut self) -> Result<(), axum::Error> {
        poll_fn(|cx| {
            let mut socket = Pin::new(&mut self.socket);
            if self.waiting.is_empty() {
                return socket.poll_flush(cx).map_ok(|()| self.unflushed = false);
            }
            if socket.as_mut().poll_ready(cx)?.is_pending() {
                return Poll::Pending;
            }
            let message = self.waiting.pop_front().unwrap_or_default();
            self.waiting_bytes -= message.len();
            self.unflushed = true;
            Poll::Ready(match Utf8Bytes::try_from(message) {
                Ok(text) => socket.start_send(Message::Text(text)),
                Err(error) => Err(axum::Error::new(error)),
            })
        })
        .await
    }

    fn on_message(&mut self, message: Option<Result<Message, axum::Error>>) {
        let taken = match message {
            Some(Ok(Message::Text(text))) => {
                self.machine.handle_message(self.clock.now(), text.into())
            }
            // RFC 7395 section 3.2.
            Some(Ok(Message::Binary(_))) => {
                self.machine.close(Some(StreamError::new(
                    StreamCondition::BAD_FORMAT,
                    "a message is text",
                )));
                Ok(())
            }
            // The library answers pings, each of which costs as much as a stanza.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                if !self.pace.take(self.clock.now(), 1) {
                    self.machine.close(Some(StreamError::new(
                        StreamCondition::POLICY_VIOLATION,
                        "too many pings",
                    )));
                }
                Ok(())
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => {
                self.ended = Some(Ended::Disconnected);
                Ok(())
            }
        };
        if let Err(error) = taken {
            self.ended = Some(Ended::Session(error));
        }
    }
}

impl Carrier for Messages {
    fn machine(&mut self) -> &mut Server {
        &mut self.machine
    }

    async fn next(&mut self) -> Result<ServerEvent, Ended<Error>> {
        loop {
            if let Some(event) = self.machine.poll_event() {
                return Ok(event);
            }
            self.collect();
            if matches!(self.ended, Some(Ended::Session(_))) {
                self.flush().await;
            }
            if let Some(ended) = self.ended.take() {
                return Err(ended);
            }
            if self.waiting_bytes > MAX_OUTPUT {
                return Err(Ended::SlowPeer);
            }
            let timeout = self.machine.poll_timeout();
            let timeout = timeout.map(|time| self.clock.instant(time));
            if self.unflushed || !self.waiting.is_empty() {
                // A client that does not take what it is told is not heard. The connection has a limit for that.
                tokio::select! {
                    sent = self.send() => if sent.is_err() {
                        self.ended = Some(Ended::Disconnected);
                    },
                    () = sleep_until(timeout) => self.machine.handle_timeout(self.clock.now()),
                }
                continue;
            }
            tokio::select! {
                message = self.socket.next() => self.on_message(message),
                () = sleep_until(timeout) => self.machine.handle_timeout(self.clock.now()),
            }
        }
    }

    fn resume(&mut self) {}

    async fn flush(&mut self) {
        self.collect();
        let farewell = async {
            while self.unflushed || !self.waiting.is_empty() {
                self.send().await?;
            }
            self.socket.close().await?;
            // The client's own closing frame.
            while let Some(Ok(_)) = self.socket.next().await {}
            Ok::<_, axum::Error>(())
        };
        // The session is over either way.
        let _ = tokio::time::timeout(GOODBYE, farewell).await;
    }
}

/// Bytes of a message, which is one stanza: as many as a BOSH request may have.
const MAX_MESSAGE: usize = 256 * 1024;
/// Bytes read at a time.
const BUFFER: usize = 4096;
const GOODBYE: Duration = Duration::from_secs(1);
