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
use tokio::sync::mpsc::{self, error::TryRecvError};
use xmpp_pubsub::{
    Stanza,
    session::{Error, Server},
    stream::{Form, SUBPROTOCOL, StreamCondition, StreamError},
};

use super::{
    hub::{ToSession, Way},
    pace::Pace,
    session::{Carrier, Clients, MAX_OUTPUT, Step},
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
        let all = clients.clone();
        let messages = |machine| Messages::new(machine, socket, &all);
        clients.serve(room, Form::WebSocket, messages).await;
    })
}

/// A machine, its WebSocket, and what is between them.
struct Messages {
    machine: Server,
    out: Outgoing,
    clock: Clock,
    /// Our end of the way, until it is given to the hub.
    sender: Option<mpsc::Sender<ToSession>>,
    commands: mpsc::Receiver<ToSession>,
    /// Of what is no message of XMPP.
    pace: Pace,
    ended: Option<Ended<Error>>,
}

/// A WebSocket and what waits for it.
struct Outgoing {
    socket: WebSocket,
    waiting: VecDeque<Bytes>,
    /// Bytes in `waiting`.
    waiting_bytes: usize,
    /// The socket took a message that it may still hold.
    unflushed: bool,
}

impl Messages {
    fn new(machine: Server, socket: WebSocket, clients: &Clients) -> Self {
        let clock = clients.clock();
        let (sender, commands) = mpsc::channel(clients.queue());
        Self {
            machine,
            out: Outgoing {
                socket,
                waiting: VecDeque::new(),
                waiting_bytes: 0,
                unflushed: false,
            },
            clock,
            sender: Some(sender),
            commands,
            pace: Pace::new(clock.now()),
            ended: None,
        }
    }

    /// Hands the client what is there for it, up to a limit. Returns what the session must end with.
    fn take_commands(&mut self) -> Option<StreamError> {
        for _ in 0..AT_ONCE {
            let last = match self.commands.try_recv() {
                Ok(command) => self.on_command(Some(command)),
                Err(TryRecvError::Disconnected) => self.on_command(None),
                Err(TryRecvError::Empty) => break,
            };
            if last.is_some() {
                return last;
            }
        }
        None
    }

    /// Returns what the session must end with.
    fn on_command(&mut self, command: Option<ToSession>) -> Option<StreamError> {
        match command {
            Some(ToSession::Stanza(stanza)) => {
                self.machine.send_outgoing(&stanza);
                None
            }
            Some(ToSession::Close(error)) => Some(error),
            // The hub has let go of us, because we did not keep up.
            None => Some(StreamError::new(
                StreamCondition::RESOURCE_CONSTRAINT,
                "the client does not keep up",
            )),
        }
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

impl Outgoing {
    fn collect(&mut self, machine: &mut Server) {
        while let Some(message) = machine.poll_transmit() {
            self.waiting_bytes += message.len();
            self.waiting.push_back(message);
        }
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.unflushed
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
}

impl Carrier for Messages {
    fn with_machine<T>(&mut self, ask: impl FnOnce(&mut Server) -> T) -> T {
        ask(&mut self.machine)
    }

    fn way(&self) -> Option<Way> {
        self.sender.clone().map(Way::Task)
    }

    fn bound(&mut self) {
        self.sender = None;
    }

    async fn next(&mut self) -> Result<Step, Ended<Error>> {
        // Whoever sends all the time must be answered too.
        if let Some(error) = self.take_commands() {
            return Ok(Step::Close(error));
        }
        loop {
            if let Some(event) = self.machine.poll_event() {
                return Ok(Step::Event(event));
            }
            self.out.collect(&mut self.machine);
            if matches!(self.ended, Some(Ended::Session(_))) {
                self.flush().await;
            }
            if let Some(ended) = self.ended.take() {
                return Err(ended);
            }
            if self.out.waiting_bytes > MAX_OUTPUT {
                return Err(Ended::SlowPeer);
            }
            let timeout = self.machine.poll_timeout();
            let timeout = timeout.map(|time| self.clock.instant(time));
            if !self.out.is_empty() {
                // A client that does not take what it is told is not heard. The connection has a limit for that.
                tokio::select! {
                    sent = self.out.send() => if sent.is_err() {
                        self.ended = Some(Ended::Disconnected);
                    },
                    command = self.commands.recv() => if let Some(error) = self.on_command(command) {
                        return Ok(Step::Close(error));
                    },
                    () = sleep_until(timeout) => self.machine.handle_timeout(self.clock.now()),
                }
                continue;
            }
            tokio::select! {
                message = self.out.socket.next() => self.on_message(message),
                command = self.commands.recv() => if let Some(error) = self.on_command(command) {
                    return Ok(Step::Close(error));
                },
                () = sleep_until(timeout) => self.machine.handle_timeout(self.clock.now()),
            }
        }
    }

    fn resume(&mut self) {}

    async fn flush(&mut self) {
        self.out.collect(&mut self.machine);
        let farewell = async {
            while !self.out.is_empty() {
                self.out.send().await?;
            }
            self.out.socket.close().await?;
            // The client's own closing frame.
            while let Some(Ok(_)) = self.out.socket.next().await {}
            Ok::<_, axum::Error>(())
        };
        // The session is over either way.
        let _ = tokio::time::timeout(GOODBYE, farewell).await;
    }

    fn left(&mut self) -> Vec<Stanza> {
        self.commands.close();
        let left = std::iter::from_fn(|| self.commands.try_recv().ok());
        left.filter_map(ToSession::into_stanza).collect()
    }
}

/// Stanzas for the client after one from it: a few, so that they are written before there are too many.
const AT_ONCE: usize = 8;

/// Bytes of a message, which is one stanza: as many as a BOSH request may have.
const MAX_MESSAGE: usize = 256 * 1024;
/// Bytes read at a time.
const BUFFER: usize = 4096;
const GOODBYE: Duration = Duration::from_secs(1);
