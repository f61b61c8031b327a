//! Feature `futures`: a client as stream and sink, with a connection manager in memory behind it and
//! without a runtime.
#![cfg(feature = "futures")]
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests may panic like tests and name the few events they act on"
)]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bosh::Rid;
use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientTransmit, CloseReason, Error, Event, Manager,
    RequestId, RequestSlot, ServerConfig,
};
use bosh::stream::ClientStream;
use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;

/// The server, which says everything back, and the wires to it.
struct World {
    manager: Manager,
    now: Duration,
    slots: u64,
    answers: BTreeMap<RequestSlot, (u16, Bytes)>,
    /// Requests that never arrive.
    cut: bool,
    made: Vec<RequestId>,
    dropped: usize,
}

impl World {
    fn new() -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            manager: Manager::new(ServerConfig::default(), || "a".to_owned()),
            now: Duration::ZERO,
            slots: 0,
            answers: BTreeMap::new(),
            cut: false,
            made: Vec::new(),
            dropped: 0,
        }))
    }

    fn settle(&mut self) {
        let now = self.now;
        while let Some((id, event)) = self.manager.poll_event() {
            let reply = match event {
                Event::Open(_) => {
                    let _ = self.manager.set_authenticated(id);
                    Bytes::from_static(b"<stream:features/>")
                }
                Event::Payload(payload) => payload.to_standalone(),
                _ => continue,
            };
            self.manager.send(now, id, reply).unwrap();
        }
        while let Some(transmit) = self.manager.poll_transmit() {
            let answer = (transmit.status, transmit.body);
            self.answers.insert(transmit.slot, answer);
        }
    }
}

/// One HTTP request.
struct Post {
    world: Rc<RefCell<World>>,
    slot: Option<RequestSlot>,
    is_cut: bool,
    answered: bool,
}

impl Future for Post {
    type Output = Result<(u16, Bytes), &'static str>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(slot) = self.slot else {
            // Half open: neither an answer nor an error, unless the wire is seen to be cut.
            return if self.is_cut {
                Poll::Ready(Err("cut"))
            } else {
                Poll::Pending
            };
        };
        let answer = self.world.borrow_mut().answers.remove(&slot);
        self.answered |= answer.is_some();
        answer.map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if !self.answered {
            self.world.borrow_mut().dropped += 1;
        }
    }
}

type Posts = Box<dyn FnMut(ClientTransmit) -> Post>;
type Clock = Box<dyn FnMut() -> Duration>;

fn client(world: &Rc<RefCell<World>>, is_cut: &Rc<Cell<bool>>) -> ClientStream<Posts, Post, Clock> {
    let config = ClientConfig::new("localhost", Rid::new(1_000).unwrap());
    let (wires, time, is_cut) = (world.clone(), world.clone(), is_cut.clone());
    let post: Posts = Box::new(move |transmit| {
        let mut world = wires.borrow_mut();
        world.made.push(transmit.id);
        let slot = (!world.cut).then(|| {
            world.slots += 1;
            let (now, slot) = (world.now, RequestSlot(world.slots));
            world.manager.handle_request(now, slot, transmit.body);
            world.settle();
            slot
        });
        Post {
            world: wires.clone(),
            slot,
            is_cut: is_cut.get(),
            answered: false,
        }
    });
    let mut stream = ClientStream::new(
        Client::new(config),
        post,
        Box::new(move || time.borrow().now) as Clock,
    );
    let now = stream.now();
    stream.client_mut().open(now).unwrap();
    stream
}

/// All that is there without waiting, and whether the stream has ended.
fn events<S: Stream<Item = ClientEvent> + Unpin>(stream: &mut S) -> (Vec<ClientEvent>, bool) {
    let mut context = Context::from_waker(Waker::noop());
    let mut events = Vec::new();
    loop {
        match Pin::new(&mut *stream).poll_next(&mut context) {
            Poll::Ready(Some(event)) => events.push(event),
            Poll::Ready(None) => return (events, true),
            Poll::Pending => return (events, false),
        }
    }
}

fn send<S: Sink<Bytes, Error = Error> + Unpin>(sink: &mut S, payload: &'static str) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut *sink).poll_ready(&mut context).is_ready());
    let bytes = Bytes::from_static(payload.as_bytes());
    Pin::new(&mut *sink).start_send(bytes).unwrap();
    assert!(Pin::new(sink).poll_flush(&mut context).is_ready());
}

fn names(events: &[ClientEvent]) -> Vec<String> {
    let payloads = events.iter().filter_map(|event| match event {
        ClientEvent::Payload(payload) => Some(payload.name().local().to_string()),
        _ => None,
    });
    payloads.collect()
}

#[test]
fn a_session_from_its_creation_to_its_end() {
    let (world, is_cut) = (World::new(), Rc::new(Cell::new(false)));
    let mut stream = client(&world, &is_cut);
    let (opened, _) = events(&mut stream);
    assert!(matches!(opened[0], ClientEvent::Opened(_)));
    assert_eq!(names(&opened), ["features"]);

    send(&mut stream, "<one xmlns='urn:x'/>");
    send(&mut stream, "<two xmlns='urn:x'/>");
    assert_eq!(names(&events(&mut stream).0), ["one", "two"]);

    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut stream).poll_close(&mut context).is_ready());
    let (last, ended) = events(&mut stream);
    assert!(ended);
    assert!(matches!(
        last[..],
        [ClientEvent::Closed {
            reason: CloseReason::Local(None),
            ..
        }]
    ));
    let refused = Pin::new(&mut stream).start_send(Bytes::from_static(b"<late/>"));
    assert!(refused.is_err(), "the session is over");
}

#[test]
fn a_request_whose_connection_broke_is_made_again() {
    let (world, is_cut) = (World::new(), Rc::new(Cell::new(true)));
    let mut stream = client(&world, &is_cut);
    assert_eq!(names(&events(&mut stream).0), ["features"]);
    world.borrow_mut().cut = true;
    send(&mut stream, "<one xmlns='urn:x'/>");
    assert!(events(&mut stream).0.is_empty());
    let (rid, first) = world
        .borrow()
        .made
        .last()
        .map(|id| (id.rid, id.attempt))
        .unwrap();
    assert_eq!(first, 1);

    world.borrow_mut().cut = false;
    let due = stream.poll_timeout().unwrap();
    world.borrow_mut().now = due;
    stream.handle_timeout(due);
    assert_eq!(names(&events(&mut stream).0), ["one"]);
    assert!(world.borrow().made.contains(&RequestId { rid, attempt: 2 }));
}

#[test]
fn the_copy_before_of_a_request_that_is_made_again_is_dropped() {
    let (world, is_cut) = (World::new(), Rc::new(Cell::new(false)));
    let mut stream = client(&world, &is_cut);
    assert_eq!(names(&events(&mut stream).0), ["features"]);
    world.borrow_mut().cut = true;
    send(&mut stream, "<one xmlns='urn:x'/>");
    assert!(events(&mut stream).0.is_empty());
    let dropped = world.borrow().dropped;

    world.borrow_mut().cut = false;
    while world.borrow().made.last().is_some_and(|id| id.attempt == 1) {
        let due = stream.poll_timeout().unwrap();
        world.borrow_mut().now = due;
        stream.handle_timeout(due);
        if !names(&events(&mut stream).0).is_empty() {
            break;
        }
    }
    assert_eq!(world.borrow().dropped, dropped + 1);
}
