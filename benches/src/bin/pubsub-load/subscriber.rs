//! A session over TCP, and what it counts.

use std::{cell::Cell, io, rc::Rc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{Instant, timeout},
};
use xmpp_pubsub::{
    Jid,
    sasl::Password,
    session::{Client, ClientConfig, ClientEvent},
    stream::Form,
};

use super::Options;

/// A stream that is bound, with its address.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stream: TcpStream,
    pub(super) jid: String,
}

/// Logs in. Presence is not sent: nobody is told of anybody.
pub(super) async fn log_in(options: &Options, user: &str, password: &str) -> io::Result<Session> {
    timeout(LOGIN, negotiate(options, user, password))
        .await?
        .map_err(|error| io::Error::other(format!("{user}: {error}")))
}

async fn negotiate(options: &Options, user: &str, password: &str) -> io::Result<Session> {
    let jid = Jid::from_parts(Some(user), &options.domain, Some("load"));
    let jid = jid.map_err(io::Error::other)?;
    let config = ClientConfig::new(jid, Password::new(password), 1).with_initial_presence(None);
    let mut client = Client::new(config, Form::Tcp);
    let mut stream = TcpStream::connect(options.xmpp).await?;
    stream.set_nodelay(true)?;
    let started = Instant::now();
    client.open(Duration::ZERO).map_err(io::Error::other)?;
    let mut input = BytesMut::new();
    loop {
        while let Some(event) = client.poll_event() {
            match event {
                ClientEvent::Online { jid } => {
                    return Ok(Session {
                        stream,
                        jid: jid.to_string(),
                    });
                }
                ClientEvent::Closed { reason } => return Err(io::Error::other(reason.to_string())),
                ClientEvent::Restart | ClientEvent::Stanza(_) | _ => {}
            }
        }
        while let Some(bytes) = client.poll_transmit() {
            stream.write_all(&bytes).await?;
        }
        if stream.read_buf(&mut input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        client
            .handle_input(started.elapsed(), &mut input)
            .map_err(io::Error::other)?;
    }
}

impl Session {
    /// Sends a request and waits for its result.
    pub(super) async fn ask(&mut self, iq: &str, id: &str) -> io::Result<()> {
        self.stream.write_all(iq.as_bytes()).await?;
        let mut heard = Vec::new();
        let answered = async {
            loop {
                if self.stream.read_buf(&mut heard).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let text = String::from_utf8_lossy(&heard);
                let whole = text.contains("</iq>") || text.contains("/>");
                if whole
                    && (text.contains(&format!("'{id}'")) || text.contains(&format!("\"{id}\"")))
                {
                    let refused = text.contains("type='error'") || text.contains("type=\"error\"");
                    return if refused {
                        Err(io::Error::other(format!("refused: {text}")))
                    } else {
                        Ok(())
                    };
                }
            }
        };
        timeout(LOGIN, answered).await?
    }
}

/// What is still to come to all sinks, and what came.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) left: Cell<usize>,
    pub(super) bytes: Cell<usize>,
    pub(super) all: Notify,
}

impl Tally {
    fn came(&self, count: usize, bytes: usize) {
        self.bytes.set(self.bytes.get() + bytes);
        let left = self.left.get().saturating_sub(count);
        self.left.set(left);
        if left == 0 && count > 0 {
            self.all.notify_one();
        }
    }
}

/// Counts events until the stream ends. Servers send other messages too: what is counted stands in each event once.
pub(super) async fn count_events(mut stream: TcpStream, tally: Rc<Tally>) {
    let mut buffer = Vec::with_capacity(BUFFER);
    while let Ok(read @ 1..) = stream.read_buf(&mut buffer).await {
        let ends = buffer.windows(END.len()).filter(|part| *part == END);
        tally.came(ends.count(), read);
        // The beginning of an end stays.
        let kept = buffer.len().min(END.len() - 1);
        buffer.drain(..buffer.len() - kept);
    }
}

/// Counts pieces of one size until the stream ends.
pub(super) async fn count_pieces(mut stream: TcpStream, size: usize, tally: Rc<Tally>) {
    let mut buffer = vec![0; BUFFER];
    let mut part = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        part += read;
        tally.came(part / size, read);
        part %= size;
    }
}

const LOGIN: Duration = Duration::from_secs(30);
const BUFFER: usize = 16 * 1024;
const END: &[u8] = super::load::REQUEST_ID.as_bytes();
