//! Both ends of a session over a loopback socket, with threads and nothing else.
//!
//! The client signs an agent in, makes it ready, prints what it is told and closes. The server takes
//! one client, carries out each change of state and tells of it.
//! `cargo run -p cti-proto --example blocking`
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
use cti_proto::code::{AgentState, StatusCode};
use cti_proto::codec::{Secret, Text, TextError};
use cti_proto::message::{AgentStateEvent, OpenConf, SetAgentStateConf, SetAgentStateReq};
use cti_proto::session::client::Handle;
use cti_proto::session::{self, Client, Server, client, server};
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
    let name = Text::try_from("example")?;
    let config = client::Config::new(Version::uccx(17), name, Secret::default()).bridge_mode();
    let mut client = Client::new(config);
    let mut desk = Desk::new()?;
    let mut input = BytesMut::new();
    client.open(origin.elapsed())?;
    loop {
        // Events first: what the desk asks for goes out with the rest.
        while let Some(event) = client.poll_event() {
            desk.on_event(&mut client, origin.elapsed(), event)?;
        }
        while let Some(bytes) = client.poll_transmit() {
            socket.write_all(&bytes)?;
        }
        if client.is_closed() {
            return Ok(());
        }
        if !receive(&mut socket, &mut input, client.poll_timeout(), origin)? {
            client.handle_eof();
        }
        client.handle_input(origin.elapsed(), &mut input)?;
        client.handle_timeout(origin.elapsed());
    }
}

/// The application of the client: one agent.
struct Desk {
    agent_id: Text,
    instrument: Text,
    /// The change of state that waits for its answer.
    asked: Option<Handle<SetAgentStateReq>>,
}

impl Desk {
    fn new() -> Result<Self, TextError> {
        Ok(Self {
            agent_id: Text::try_from("1001001")?,
            instrument: Text::try_from("1001")?,
            asked: None,
        })
    }

    fn on_event(
        &mut self,
        client: &mut Client,
        now: Duration,
        event: client::Event,
    ) -> Result<(), session::Error> {
        match event {
            client::Event::Opened(conf) => {
                println!("client: open, {}", conf.services_granted);
                self.ask_for(client, now, AgentState::LOGIN)?;
            }
            // The answer in the type that belongs to the request.
            client::Event::Answer(answer) => match self.asked.and_then(|asked| answer.of(asked)) {
                Some(Ok(_)) => println!("client: the switch takes it"),
                Some(Err(failure)) => println!("client: refused: {failure:?}"),
                None => {}
            },
            client::Event::Message(Message::AgentStateEvent(event)) => {
                println!("client: {event}");
                match event.agent_state {
                    AgentState::LOGIN => self.ask_for(client, now, AgentState::AVAILABLE)?,
                    _ => client.close(now, StatusCode::NO_ERROR),
                }
            }
            client::Event::Message(message) => println!("client: {message}"),
            other @ (client::Event::System(_)
            | client::Event::Team(_)
            | client::Event::Config(_)
            | client::Event::Malformed { .. }
            | client::Event::Closed(_)
            | _) => println!("client: {other:?}"),
        }
        Ok(())
    }

    fn ask_for(
        &mut self,
        client: &mut Client,
        now: Duration,
        state: AgentState,
    ) -> Result<(), session::Error> {
        let mut request = SetAgentStateReq::new(state);
        request.agent_id = Some(self.agent_id.clone());
        request.agent_instrument = Some(self.instrument.clone());
        self.asked = Some(client.request(now, request)?);
        Ok(())
    }
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
        if !receive(&mut socket, &mut input, server.poll_timeout(), origin)? {
            server.handle_eof();
        }
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
) -> Result<(), session::Error> {
    match event {
        server::Event::OpenRequested { version, request } => {
            println!("server: {version}: {request}");
            let conf = OpenConf::with(|conf| {
                conf.services_granted = request.services_requested;
                conf.peripheral_online = true;
            });
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
                event.agent_instrument = request.agent_instrument;
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

/// Reads what is there, waiting no longer than until `deadline`. Returns whether the connection still
/// stands.
fn receive(
    socket: &mut TcpStream,
    input: &mut BytesMut,
    deadline: Option<Duration>,
    origin: Instant,
) -> io::Result<bool> {
    let wait = deadline.map(|at| {
        at.saturating_sub(origin.elapsed())
            .max(Duration::from_millis(1))
    });
    socket.set_read_timeout(wait)?;
    let mut buffer = [0; 4096];
    match socket.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(len) => {
            input.extend_from_slice(&buffer[..len]);
            Ok(true)
        }
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_come_to_an_end() {
        main().unwrap();
    }
}
