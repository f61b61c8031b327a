//! Feature `futures`: one session from OPEN_REQ to CLOSE_CONF through streams and sinks, over a pipe
//! in memory and without a runtime.
#![cfg(feature = "futures")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use cti_proto::code::{AgentState, CallEventMask, CallId, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{EndCallEvent, OpenConf, QueryAgentStateConf, QueryAgentStateReq};
use cti_proto::session::{Client, CloseReason, Error, Server, client, server};
use cti_proto::stream::{Machine, SessionStream, StreamError};
use cti_proto::{Dialect, Message, Version};
use futures_core::Stream;
use futures_sink::Sink;

const VERSION: Version = Version::uccx(17);

/// One direction of the wire.
#[derive(Clone, Default)]
struct Pipe {
    chunks: Rc<RefCell<VecDeque<Bytes>>>,
    closed: Rc<Cell<bool>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the wire is cut")]
struct Cut;

/// One end of the wire.
struct End {
    reads: Pipe,
    writes: Pipe,
    /// Takes nothing.
    stuck: Rc<Cell<bool>>,
    cut: Rc<Cell<bool>>,
}

impl Stream for End {
    type Item = Result<Bytes, Cut>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.cut.get() {
            return Poll::Ready(Some(Err(Cut)));
        }
        match self.reads.chunks.borrow_mut().pop_front() {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None if self.reads.closed.get() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Sink<Bytes> for End {
    type Error = Cut;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        match (self.cut.get(), self.stuck.get()) {
            (true, _) => Poll::Ready(Err(Cut)),
            (false, true) => Poll::Pending,
            (false, false) => Poll::Ready(Ok(())),
        }
    }

    fn start_send(self: Pin<&mut Self>, bytes: Bytes) -> Result<(), Cut> {
        // In small pieces, as a network may deliver them.
        let mut chunks = self.writes.chunks.borrow_mut();
        chunks.extend(bytes.chunks(5).map(Bytes::copy_from_slice));
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        self.writes.closed.set(true);
        Poll::Ready(Ok(()))
    }
}

type Side<M> = SessionStream<M, End, Box<dyn FnMut() -> Duration>, Cut>;

struct Wire {
    client: Side<Client>,
    server: Side<Server>,
    now: Rc<Cell<Duration>>,
    up: Pipe,
    down: Pipe,
    /// Of the client's end.
    stuck: Rc<Cell<bool>>,
    cut: Rc<Cell<bool>>,
}

fn wire() -> Wire {
    let (up, down) = (Pipe::default(), Pipe::default());
    let end = |reads: &Pipe, writes: &Pipe| End {
        reads: reads.clone(),
        writes: writes.clone(),
        stuck: Rc::default(),
        cut: Rc::default(),
    };
    let (client_end, server_end) = (end(&down, &up), end(&up, &down));
    let (stuck, cut) = (client_end.stuck.clone(), client_end.cut.clone());
    let now = Rc::new(Cell::new(Duration::ZERO));
    let clock = || -> Box<dyn FnMut() -> Duration> {
        let now = now.clone();
        Box::new(move || now.get())
    };
    let config = client::Config::new(VERSION, Text::try_from("c").unwrap(), Secret::default())
        .services(ServiceMask::ALL_EVENTS)
        .call_events(CallEventMask::KNOWN);
    let server = server::Config::new(Dialect::Uccx, 10..=17);
    Wire {
        client: SessionStream::new(Client::new(config), client_end, clock()),
        server: SessionStream::new(Server::new(Duration::ZERO, server), server_end, clock()),
        now: now.clone(),
        up,
        down,
        stuck,
        cut,
    }
}

/// Polls until nothing more comes.
fn drain<S: Stream + Unpin>(stream: &mut S) -> Vec<Option<S::Item>> {
    let mut context = Context::from_waker(Waker::noop());
    let mut items = Vec::new();
    while let Poll::Ready(item) = Pin::new(&mut *stream).poll_next(&mut context) {
        let end = item.is_none();
        items.push(item);
        if end {
            break;
        }
    }
    items
}

/// The events of a stream that goes on.
fn events<M>(side: &mut Side<M>) -> Vec<M::Event>
where
    M: Machine + Unpin,
    M::Event: std::fmt::Debug,
{
    let items = drain(side).into_iter();
    items.map(|item| item.unwrap().unwrap()).collect()
}

fn send<M: Machine + Unpin>(
    side: &mut Side<M>,
    message: impl Into<Message>,
) -> Result<(), StreamError<Cut>> {
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(
        Pin::new(&mut *side).poll_ready(&mut context),
        Poll::Ready(Ok(()))
    );
    Pin::new(&mut *side).start_send(message.into())?;
    assert_eq!(Pin::new(side).poll_flush(&mut context), Poll::Ready(Ok(())));
    Ok(())
}

fn end_call_event() -> EndCallEvent {
    EndCallEvent::with(|event| {
        event.connection_call_id = CallId(77);
        event.connection_device_id = Some(Text::try_from("1001").unwrap());
    })
}

/// A wire with an open session.
fn open() -> Wire {
    let mut wire = wire();
    let now = wire.client.now();
    wire.client.session_mut().open(now).unwrap();
    assert_eq!(events(&mut wire.client), []);
    let asked = events(&mut wire.server);
    assert!(
        matches!(
            &asked[..],
            [server::Event::OpenRequested {
                version: VERSION,
                ..
            }]
        ),
        "{asked:?}"
    );
    let granted = OpenConf::with(|conf| conf.services_granted = ServiceMask::ALL_EVENTS);
    wire.server.session_mut().accept(now, granted).unwrap();
    assert_eq!(events(&mut wire.server), []);
    let opened = events(&mut wire.client);
    assert!(
        matches!(&opened[..], [client::Event::Opened(_), ..]),
        "{opened:?}"
    );
    wire
}

#[test]
fn a_session_runs_from_its_opening_to_its_close() {
    let mut wire = open();
    let now = wire.client.now();

    // A request and its answer.
    let session = wire.client.session_mut();
    let handle = session.request(now, QueryAgentStateReq::new()).unwrap();
    assert_eq!(events(&mut wire.client), []);
    let [server::Event::Request { invoke_id, .. }] = events(&mut wire.server)[..] else {
        panic!("no request");
    };
    assert_eq!(invoke_id, handle.invoke_id());
    let answer = QueryAgentStateConf::with(|conf| conf.agent_state = AgentState::TALKING);
    wire.server.session_mut().answer(invoke_id, answer).unwrap();
    assert_eq!(events(&mut wire.server), []);
    let answered = events(&mut wire.client);
    let [client::Event::Answer(answer)] = &answered[..] else {
        panic!("{answered:?}");
    };
    let Ok(conf) = answer.of(handle).unwrap() else {
        panic!("{answered:?}");
    };
    assert_eq!(conf.agent_state, AgentState::TALKING);

    // An event, through the sink.
    send(&mut wire.server, end_call_event()).unwrap();
    let got = events(&mut wire.client);
    assert_eq!(got, [client::Event::Message(end_call_event().into())]);

    // The end: both streams end, once the session and the writing do.
    wire.client.session_mut().close(now, StatusCode::NO_ERROR);
    assert_eq!(events(&mut wire.client), []);
    let closed = CloseReason::Peer {
        status: StatusCode::NO_ERROR,
    };
    let last = drain(&mut wire.server);
    assert_eq!(last, [Some(Ok(server::Event::Closed(closed))), None]);
    let last = drain(&mut wire.client);
    assert_eq!(
        last,
        [Some(Ok(client::Event::Closed(CloseReason::Local))), None]
    );
    assert_eq!(drain(&mut wire.client), [None]);
}

#[test]
fn the_caller_keeps_the_timers() {
    let mut wire = open();
    let heartbeat = wire.client.poll_timeout().unwrap();
    assert_eq!(heartbeat, Duration::from_secs(5));
    wire.now.set(heartbeat);
    wire.client.handle_timeout(heartbeat);
    assert_eq!(events(&mut wire.client), []);
    let idle = wire.server.poll_timeout().unwrap();
    assert_eq!(events(&mut wire.server), [], "it was answered");
    let later = wire.server.poll_timeout().unwrap();
    assert_eq!(
        later - idle,
        heartbeat,
        "and counted as life, at the time of the clock"
    );
}

#[test]
fn a_sink_refuses_what_the_session_refuses() {
    let mut wire = open();
    let refused = send(&mut wire.client, QueryAgentStateReq::new());
    assert!(
        matches!(refused, Err(StreamError::Session(Error::WrongRole { .. }))),
        "{refused:?}"
    );
    assert_eq!(events(&mut wire.client), [], "the session goes on");
}

#[test]
fn what_the_transport_does_not_take_waits_in_the_session() {
    let mut wire = open();
    wire.stuck.set(true);
    let now = wire.client.now();
    let session = wire.client.session_mut();
    let handle = session.request(now, QueryAgentStateReq::new()).unwrap();
    assert_eq!(events(&mut wire.client), []);
    assert_eq!(events(&mut wire.server), [], "nothing came");
    // Reading goes on meanwhile.
    send(&mut wire.server, end_call_event()).unwrap();
    assert_eq!(events(&mut wire.client).len(), 1);
    // The stream does not end before the last bytes are out.
    wire.client.session_mut().handle_eof();
    let last = drain(&mut wire.client);
    assert_eq!(
        last.len(),
        2,
        "the answer and the end of the session: {last:?}"
    );
    assert!(last.iter().all(Option::is_some), "{last:?}");
    wire.stuck.set(false);
    assert_eq!(drain(&mut wire.client), [None]);
    let got = events(&mut wire.server);
    assert!(
        matches!(&got[..], [server::Event::Request { invoke_id, .. }] if *invoke_id == handle.invoke_id()),
        "{got:?}"
    );
}

#[test]
fn a_cut_transport_ends_the_session_and_says_why() {
    let mut wire = open();
    wire.cut.set(true);
    let last = drain(&mut wire.client);
    let closed = client::Event::Closed(CloseReason::Disconnected);
    assert_eq!(
        last,
        [
            Some(Ok(closed)),
            Some(Err(StreamError::Transport(Cut))),
            None
        ]
    );
    assert_eq!(StreamError::Transport(Cut).to_string(), "the wire is cut");
}

#[test]
fn the_end_of_the_input_ends_the_session() {
    let mut wire = open();
    let mut context = Context::from_waker(Waker::noop());
    let closed = Pin::new(&mut wire.client).poll_close(&mut context);
    assert_eq!(closed, Poll::Ready(Ok(())));
    let last = drain(&mut wire.server);
    let closed = server::Event::Closed(CloseReason::Disconnected);
    assert_eq!(last, [Some(Ok(closed)), None]);
}

#[test]
fn an_error_of_the_session_comes_behind_its_events() {
    let mut wire = open();
    // A header that announces more than any message may have.
    let header = Bytes::from_static(&[0xff, 0, 0, 0, 0, 0, 0, 5]);
    wire.up.chunks.borrow_mut().push_back(header);
    let last = drain(&mut wire.server);
    let closed = server::Event::Closed(CloseReason::Protocol);
    let [
        Some(Ok(first)),
        Some(Err(StreamError::Session(Error::Decode(_)))),
        None,
    ] = &last[..]
    else {
        panic!("{last:?}");
    };
    assert_eq!(*first, closed);
}

#[test]
fn what_comes_behind_an_open_request_waits_for_the_decision_within_limits() {
    let mut wire = wire();
    let now = wire.client.now();
    wire.client.session_mut().open(now).unwrap();
    assert_eq!(events(&mut wire.client), []);
    // A client that does not wait: heartbeats of 12 bytes.
    let beat = Bytes::from_static(&[0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 7]);
    let beats = vec![beat; 10_000];
    wire.up.chunks.borrow_mut().extend(beats);
    assert_eq!(events(&mut wire.server).len(), 1, "OPEN_REQ");
    let left = wire.up.chunks.borrow().len();
    assert!((4_000..5_000).contains(&left), "{left} are not read");
    wire.server
        .session_mut()
        .accept(now, OpenConf::new())
        .unwrap();
    assert_eq!(events(&mut wire.server), []);
    assert_eq!(wire.up.chunks.borrow().len(), 0);
    let answers: usize = wire.down.chunks.borrow().iter().map(Bytes::len).sum();
    assert!(answers > 120_000, "{answers}");
}
