//! One CTI client: its socket and its session.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use cti_proto::{
    Message,
    code::{ControlFailureCode, InvokeId, PeripheralErrorCode, StatusCode},
    message::{OpenConf, OpenReq},
    session::{
        self,
        server::{Config, Event, Server},
    },
};
use tokio::{net::TcpStream, sync::mpsc, time::Duration};

use super::failure::Failure;
use crate::driver::{Clock, Driver, Ended, Machine};

/// Names a client within the engine.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct ClientId(pub(super) u64);

/// What a client's session tells the engine.
#[derive(Debug)]
pub(super) enum FromClient {
    /// It wants to open; `client` takes the verdict and what follows.
    Open {
        request: Box<OpenReq>,
        client: mpsc::Sender<ToClient>,
    },
    /// It asks for something.
    Request {
        invoke_id: InvokeId,
        message: Box<Message>,
    },
    /// It says something that has no answer of its own.
    Message(Box<Message>),
    /// It is gone.
    Gone,
}

/// What the engine tells a client's session.
#[derive(Clone, Debug)]
pub(super) enum ToClient {
    /// The session is open.
    Accept(Box<OpenConf>),
    /// The session is not.
    Refuse(StatusCode),
    /// An event.
    Event(Arc<Message>),
    /// A confirmation.
    Answer(InvokeId, Box<Message>),
    /// FAILURE_CONF.
    Fail(InvokeId, StatusCode),
    /// CONTROL_FAILURE_CONF.
    FailControl(InvokeId, Failure),
    /// The session ends.
    Close(StatusCode),
}

/// Serves a client until its session is over, and says that it is.
pub(super) async fn serve(
    id: ClientId,
    stream: TcpStream,
    config: Config,
    engine: mpsc::Sender<(ClientId, FromClient)>,
) {
    // Only latency suffers without it.
    let _ = stream.set_nodelay(true);
    let clock = Clock::start();
    let session = Server::new(clock.now(), config);
    let mut driver = Driver::new(session, stream, clock, MAX_OUTPUT);
    let reason = converse(id, &mut driver, &engine).await;
    tracing::debug!(client = id.0, reason, "CTI connection over");
    driver.flush().await;
    // An engine that has ended needs no farewell.
    let _ = engine.send((id, FromClient::Gone)).await;
}

/// Returns why the session ended.
async fn converse(
    id: ClientId,
    driver: &mut Driver<Server, TcpStream>,
    engine: &mpsc::Sender<(ClientId, FromClient)>,
) -> String {
    let (sender, mut told) = mpsc::channel(TOLD);
    // Handed to the engine with the OPEN_REQ.
    let mut sender = Some(sender);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            event = driver.next() => {
                let from_client = match event {
                    Ok(Event::OpenRequested { request, .. }) => {
                        // The session yields this once.
                        let Some(client) = sender.take() else { continue };
                        FromClient::Open { request: Box::new(request), client }
                    }
                    Ok(Event::Request { invoke_id, message }) => {
                        FromClient::Request { invoke_id, message: Box::new(message) }
                    }
                    Ok(Event::Message(message)) => FromClient::Message(Box::new(message)),
                    Ok(Event::Rejected { frame, status }) => {
                        tracing::debug!(client = id.0, ?frame.message_type, ?status, "rejected");
                        continue;
                    }
                    Ok(Event::Closed(reason)) => return format!("{reason:?}"),
                    Ok(other) => {
                        tracing::debug!(client = id.0, ?other, "unforeseen event");
                        continue;
                    }
                    Err(Ended::Session(error)) => return error.to_string(),
                    Err(ended) => return format!("{ended:?}"),
                };
                if engine.send((id, from_client)).await.is_err() {
                    return "the engine ended".to_owned();
                }
            }
            count = told.recv_many(&mut batch, BATCH), if sender.is_none() => {
                if count == 0 && driver.machine.is_closed() {
                    return "closed by the engine".to_owned();
                }
                if count == 0 {
                    // The engine let go of a client that does not keep up.
                    driver.machine.close(StatusCode::UNSPECIFIED_FAILURE);
                    return "too slow".to_owned();
                }
                for told in batch.drain(..) {
                    if let Err(error) = tell(driver, told) {
                        tracing::warn!(client = id.0, %error, "message not sent");
                    }
                }
            }
        }
    }
}

fn tell(driver: &mut Driver<Server, TcpStream>, told: ToClient) -> Result<(), session::Error> {
    let session = &mut driver.machine;
    match told {
        ToClient::Accept(conf) => {
            let now = driver.now();
            if let Err(error) = driver.machine.accept(now, *conf) {
                // Nobody else would end a session that is never decided.
                driver.machine.refuse(StatusCode::UNSPECIFIED_FAILURE)?;
                return Err(error);
            }
            // What the client sent behind its OPEN_REQ has waited for this.
            driver.resume();
        }
        ToClient::Refuse(status) => session.refuse(status)?,
        // What the client did not ask for is filtered by its session.
        ToClient::Event(message) => {
            let _ = session.send(Message::clone(&message))?;
        }
        ToClient::Answer(invoke_id, message) => session.answer(invoke_id, *message)?,
        ToClient::Fail(invoke_id, status) => session.fail(invoke_id, status)?,
        ToClient::FailControl(invoke_id, failure) => session.fail_control(
            invoke_id,
            ControlFailureCode(failure.code),
            PeripheralErrorCode(failure.peripheral),
        )?,
        ToClient::Close(status) => session.close(status),
    }
    Ok(())
}

impl Machine for Server {
    type Event = Event;
    type Error = session::Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), session::Error> {
        Self::handle_input(self, now, input)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), session::Error> {
        Self::handle_timeout(self, now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        Self::poll_transmit(self)
    }

    fn poll_event(&mut self) -> Option<Event> {
        Self::poll_event(self)
    }

    fn poll_timeout(&self) -> Option<Duration> {
        Self::poll_timeout(self)
    }
}

/// Bytes that may wait for a client that reads slowly.
const MAX_OUTPUT: usize = 1 << 20;
/// Messages of the engine that may wait for a client's task.
const TOLD: usize = 4096;
/// Messages written at once.
const BATCH: usize = 64;
