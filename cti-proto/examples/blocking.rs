//! Both ends of a session over a loopback socket, with threads and nothing else.
//!
//! The server takes one client, answers its request to go ready and tells it of the new state.
//! The client prints what happens and closes. `cargo run -p cti-proto --example blocking`
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example of a caller: it owns the sockets, the clock and the threads"
)]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use cti_proto::code::{AgentState, AgentStateMask, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{AgentStateEvent, OpenConf, SetAgentStateConf, SetAgentStateReq};
use cti_proto::session::{Client, Server, client, server};
use cti_proto::{Dialect, Message, Version};

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> io::Result<()> {
        let (socket, _) = listener.accept()?;
        serve(socket)
    });
    ask(TcpStream::connect(address)?)?;
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

fn ask(mut socket: TcpStream) -> Result<(), Box<dyn Error>> {
    let origin = Instant::now();
    let agent = Text::try_from("1001001")?;
    let config = client::Config::new(
        Version::uccx(17),
        Text::try_from("example")?,
        Secret::default(),
    )
    .services(ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL)
    .agent_states(AgentStateMask::KNOWN);
    let mut client = Client::new(config);
    let mut input = BytesMut::new();
    let mut asked = None;
    client.open(origin.elapsed())?;
    while !client.is_closed() {
        while let Some(bytes) = client.poll_transmit() {
            socket.write_all(&bytes)?;
        }
        receive(&mut socket, &mut input, client.poll_timeout(), origin)?;
        client.handle_input(origin.elapsed(), &mut input)?;
        client.handle_timeout(origin.elapsed());
        while let Some(event) = client.poll_event() {
            match event {
                client::Event::Opened(conf) => {
                    println!("client: open, services {:?}", conf.services_granted);
                    let request = SetAgentStateReq::with(|request| {
                        request.agent_state = AgentState::AVAILABLE;
                        request.agent_id = Some(agent.clone());
                    });
                    asked = Some(client.request(origin.elapsed(), request)?);
                }
                client::Event::Answer(answer) => match asked.and_then(|asked| answer.of(asked)) {
                    Some(Ok(_)) => println!("client: the switch takes it"),
                    other => println!("client: {other:?}"),
                },
                client::Event::Message(Message::AgentStateEvent(event)) => {
                    println!("client: {:?} is {:?}", event.agent_id, event.agent_state);
                    client.close(origin.elapsed(), StatusCode::NO_ERROR);
                }
                other @ (client::Event::Message(_)
                | client::Event::System(_)
                | client::Event::Team(_)
                | client::Event::Config(_)
                | client::Event::Malformed { .. }
                | client::Event::Closed(_)
                | _) => println!("client: {other:?}"),
            }
        }
    }
    Ok(())
}

fn serve(mut socket: TcpStream) -> io::Result<()> {
    let origin = Instant::now();
    let config = server::Config::new(Dialect::Uccx, 10..=17);
    let mut server = Server::new(Duration::ZERO, config);
    let mut input = BytesMut::new();
    loop {
        while let Some(event) = server.poll_event() {
            on_event(&mut server, origin.elapsed(), event).map_err(io::Error::other)?;
        }
        while let Some(bytes) = server.poll_transmit() {
            socket.write_all(&bytes)?;
        }
        if server.is_closed() {
            return Ok(());
        }
        receive(&mut socket, &mut input, server.poll_timeout(), origin)?;
        server
            .handle_input(origin.elapsed(), &mut input)
            .map_err(io::Error::other)?;
        server.handle_timeout(origin.elapsed());
    }
}

fn on_event(
    server: &mut Server,
    now: Duration,
    event: server::Event,
) -> Result<(), cti_proto::session::Error> {
    match event {
        server::Event::OpenRequested { version, request } => {
            println!("server: {:?} asks for {version}", request.client_id);
            let conf = OpenConf::with(|conf| conf.services_granted = request.services_requested);
            server.accept(now, conf)
        }
        server::Event::Request {
            invoke_id,
            message: Message::SetAgentStateReq(request),
        } => {
            server.answer(invoke_id, SetAgentStateConf::new())?;
            let event = AgentStateEvent::with(|event| {
                event.agent_state = request.agent_state;
                event.agent_id = request.agent_id;
            });
            server.send(event).map(|_| ())
        }
        server::Event::Request { invoke_id, .. } => {
            server.fail(invoke_id, StatusCode::FUNCTION_NOT_AVAILABLE)
        }
        other @ (server::Event::Message(_)
        | server::Event::Rejected { .. }
        | server::Event::Closed(_)
        | _) => {
            println!("server: {other:?}");
            Ok(())
        }
    }
}

/// Reads what is there, waiting no longer than until `deadline`.
fn receive(
    socket: &mut TcpStream,
    input: &mut BytesMut,
    deadline: Option<Duration>,
    origin: Instant,
) -> io::Result<()> {
    let wait = deadline.map(|at| {
        at.saturating_sub(origin.elapsed())
            .max(Duration::from_millis(1))
    });
    socket.set_read_timeout(wait)?;
    let mut buffer = [0; 4096];
    match socket.read(&mut buffer) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(len) => {
            input.extend_from_slice(&buffer[..len]);
            Ok(())
        }
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}
