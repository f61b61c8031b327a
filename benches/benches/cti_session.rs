//! GED-188 sessions beside a copy of the bytes they take, and the fan-out of one event beside a bare
//! loop over queues. One thread, so what is measured is one core.

use std::collections::VecDeque;
use std::time::Duration;

use benches::Comparison;
use benches::cti::layout::{Layout, Wide};
use benches::cti::{agent_state, begin_call, call_delivered};
use bytes::{Buf, Bytes, BytesMut};
use cti_proto::code::{AgentState, AgentStateMask, CallEventMask, PeripheralId, ServiceMask};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, QueryAgentStateConf, QueryAgentStateReq};
use cti_proto::session::server::InferredLayouts;
use cti_proto::session::service::{self, Service};
use cti_proto::session::{Client, Server, client, server};
use cti_proto::{Dialect, FrameCodec, HEADER_LEN, Message};

const NOW: Duration = Duration::ZERO;

fn main() {
    events();
    requests();
    fan_out();
}

/// A client takes a read full of events.
fn events() {
    let messages: [Message; 3] = [
        call_delivered().into(),
        agent_state().into(),
        begin_call().into(),
    ];
    let mut wire = BytesMut::new();
    let mut frames = 0;
    for message in messages.iter().cycle() {
        if wire.len() >= READ_LEN {
            break;
        }
        put(message, &mut wire);
        frames += 1;
    }
    let codec = FrameCodec::new(Wide::VERSION);
    let (mut client, _) = open();
    let mut input = BytesMut::new();
    let mut copy = BytesMut::new();
    let mut walked = BytesMut::new();
    let mut cut = BytesMut::new();
    Comparison::new(format!("a client takes events, {} bytes", wire.len()))
        .units(frames, "frame")
        .candidate("copy of the bytes", || {
            copy.clear();
            copy.extend_from_slice(&wire);
            copy.len()
        })
        .candidate("copy, raw walk over frames and fields", || {
            walked.clear();
            walked.extend_from_slice(&wire);
            assert_eq!(walk(&walked), Some(frames));
        })
        .candidate("copy, FrameCodec::decode", || {
            cut.extend_from_slice(&wire);
            let mut count = 0;
            while let Ok(Some(_)) = codec.decode(&mut cut) {
                count += 1;
            }
            assert_eq!(count, frames);
        })
        .candidate("copy, Client: handle_input, poll_event", || {
            input.extend_from_slice(&wire);
            client.handle_input(NOW, &mut input).expect("good bytes");
            let mut count = 0;
            while let Some(client::Event::Message(_)) = client.poll_event() {
                count += 1;
            }
            assert_eq!(count, frames);
        })
        .run();
}

/// Requests go to the server and their answers come back, [`IN_FLIGHT`] at a time.
fn requests() {
    let (mut client, mut server) = open();
    let mut to_server = BytesMut::new();
    let mut to_client = BytesMut::new();
    let bytes = exchange(&mut client, &mut server, &mut to_server, &mut to_client);
    let wire = vec![0; bytes];
    let mut copy = BytesMut::new();
    Comparison::new(format!(
        "{IN_FLIGHT} requests and answers, {bytes} bytes both ways"
    ))
    .units(2 * IN_FLIGHT, "frame")
    .candidate("copy of the bytes", || {
        copy.clear();
        copy.extend_from_slice(&wire);
        copy.len()
    })
    .candidate("Client asks, Server answers", || {
        exchange(&mut client, &mut server, &mut to_server, &mut to_client)
    })
    .run();
}

/// One call rings, and 1,000 clients are told.
fn fan_out() {
    let event = call_delivered();
    let mut wire = BytesMut::new();
    put(&event.clone().into(), &mut wire);
    let wire = wire.freeze();

    let mut queues = vec![VecDeque::<Bytes>::new(); CLIENTS as usize];
    let mut servers: Vec<Server> = (0..CLIENTS).map(|_| open().1).collect();
    let mut service = full_service();
    Comparison::new(format!(
        "one event of {} bytes to {CLIENTS} clients",
        wire.len()
    ))
    .units(CLIENTS, "client")
    .candidate("bare loop: a clone of the bytes into each queue", || {
        for queue in &mut queues {
            queue.push_back(wire.clone());
        }
        for queue in &mut queues {
            assert_eq!(queue.pop_front().map(|bytes| bytes.len()), Some(wire.len()));
        }
    })
    .candidate("Service::publish, poll_ready, poll_transmit", || {
        let told = service.publish(NOW, event.clone());
        assert_eq!(told, Ok(CLIENTS as usize));
        let mut count = 0;
        while let Some(connection) = service.poll_ready() {
            while let Some(bytes) = service.poll_transmit(connection) {
                assert_eq!(bytes.len(), wire.len());
                count += 1;
            }
        }
        assert_eq!(count, CLIENTS);
    })
    .candidate("Server::send, poll_transmit: encoded for each", || {
        for server in &mut servers {
            let sent = server.send(event.clone());
            assert_eq!(sent, Ok(server::Delivery::Queued));
        }
        for server in &mut servers {
            let bytes = server.poll_transmit();
            assert_eq!(bytes.map(|bytes| bytes.len()), Some(wire.len()));
        }
    })
    .run();
}

/// Sends requests and answers all; returns the bytes of both ways.
fn exchange(
    client: &mut Client,
    server: &mut Server,
    to_server: &mut BytesMut,
    to_client: &mut BytesMut,
) -> usize {
    for _ in 0..IN_FLIGHT {
        let request = QueryAgentStateReq::with(|request| {
            request.peripheral_id = PeripheralId(1);
            request.agent_id = Some(Text::until_nul(&b"1001001"[..]));
        });
        let _ = client.request(NOW, request).expect("an open session");
    }
    let mut bytes = 0;
    while let Some(sent) = client.poll_transmit() {
        bytes += sent.len();
        to_server.extend_from_slice(&sent);
    }
    server.handle_input(NOW, to_server).expect("good bytes");
    while let Some(event) = server.poll_event() {
        let server::Event::Request { invoke_id, .. } = event else {
            panic!("{event:?}");
        };
        let conf = QueryAgentStateConf::with(|conf| {
            conf.agent_state = AgentState::AVAILABLE;
            conf.agent_id = Some(Text::until_nul(&b"1001001"[..]));
        });
        server.answer(invoke_id, conf).expect("a waiting request");
    }
    while let Some(sent) = server.poll_transmit() {
        bytes += sent.len();
        to_client.extend_from_slice(&sent);
    }
    client.handle_input(NOW, to_client).expect("good bytes");
    let mut answers = 0;
    while let Some(event) = client.poll_event() {
        assert!(
            matches!(&event, client::Event::Answer(answer) if answer.result.is_ok()),
            "{event:?}"
        );
        answers += 1;
    }
    assert_eq!(answers, IN_FLIGHT);
    bytes
}

/// An open session of both sides that lets all events through.
fn open() -> (Client, Server) {
    let mut client = new_client();
    let mut server = Server::new(NOW, server_config());
    let mut to_server = sent(|| client.poll_transmit());
    server
        .handle_input(NOW, &mut to_server)
        .expect("good bytes");
    let event = server.poll_event();
    assert!(
        matches!(event, Some(server::Event::OpenRequested { .. })),
        "{event:?}"
    );
    server.accept(NOW, open_conf()).expect("an asking client");
    let mut to_client = sent(|| server.poll_transmit());
    client
        .handle_input(NOW, &mut to_client)
        .expect("good bytes");
    assert!(matches!(
        client.poll_event(),
        Some(client::Event::Opened(_))
    ));
    (client, server)
}

/// A service with [`CLIENTS`] open sessions that let all events through.
fn full_service() -> Service {
    let config = service::Config::new(server_config()).max_connections(CLIENTS as usize);
    let mut service = Service::new(config);
    for _ in 0..CLIENTS {
        let mut client = new_client();
        let mut input = sent(|| client.poll_transmit());
        let connection = service.accept(NOW).expect("room");
        service.handle_input(NOW, connection, &mut input);
        let event = service.poll_event();
        assert!(
            matches!(event, Some(service::Event::OpenRequested { .. })),
            "{event:?}"
        );
        let admitted = service.admit(NOW, connection, open_conf());
        assert_eq!(admitted, Ok(true));
        while let Some(connection) = service.poll_ready() {
            while service.poll_transmit(connection).is_some() {}
        }
    }
    while service.poll_event().is_some() {}
    service
}

fn new_client() -> Client {
    let mut client = Client::new(
        client::Config::new(Wide::VERSION, Text::EMPTY, Secret::default())
            .services(ServiceMask::ALL_EVENTS)
            .call_events(CallEventMask::KNOWN)
            .agent_states(AgentStateMask::KNOWN)
            .heartbeat(None),
    );
    client.open(NOW).expect("a new session");
    client
}

fn server_config() -> server::Config {
    server::Config::new(Dialect::Ucce, 24..=24).inferred_layouts(InferredLayouts::Taken)
}

fn open_conf() -> OpenConf {
    OpenConf::with(|conf| conf.services_granted = ServiceMask::ALL_EVENTS)
}

fn sent(mut poll: impl FnMut() -> Option<Bytes>) -> BytesMut {
    let mut all = BytesMut::new();
    while let Some(bytes) = poll() {
        all.extend_from_slice(&bytes);
    }
    all
}

fn put(message: &Message, wire: &mut BytesMut) {
    let written = message.encode(Wide::VERSION, wire);
    assert_eq!(written, Ok(()));
}

/// Counts frames and looks at each tag and length.
fn walk(mut wire: &[u8]) -> Option<u32> {
    let mut frames = 0;
    while wire.has_remaining() {
        let len = usize::try_from(u32::from_be_bytes(*wire.first_chunk()?)).ok()?;
        let message_type = u32::from_be_bytes(*wire.get(4..)?.first_chunk()?);
        let (body, rest) = wire.get(HEADER_LEN..)?.split_at_checked(len)?;
        // CALL_DELIVERED_EVENT, AGENT_STATE_EVENT, BEGIN_CALL_EVENT.
        let fixed = match message_type {
            9 => 54,
            30 => 62,
            _ => 26,
        };
        let mut fields = body.get(fixed..)?;
        while !fields.is_empty() {
            let (_, len) = Wide::header(fields)?;
            fields = fields.get(Wide::HEADER_LEN + len..)?;
        }
        frames += 1;
        wire = rest;
    }
    Some(frames)
}

/// What a busy socket gives at once.
const READ_LEN: usize = 65_536;
const IN_FLIGHT: u32 = 64;
const CLIENTS: u32 = 1_000;
