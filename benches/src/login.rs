//! Sessions over TCP in the clear, of servers on this machine.

use std::{io, net::SocketAddr, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};
use xmpp_pubsub::{
    Jid,
    sasl::Password,
    session::{Client, ClientConfig, ClientEvent},
    stream::Form,
};

/// A stream that is bound, with its address.
#[derive(Debug)]
pub struct Session {
    /// What comes after the address was told.
    pub stream: TcpStream,
    /// The full address.
    pub jid: Jid,
}

impl Session {
    /// Logs in with SASL PLAIN. Presence is not sent: nobody is told of anybody.
    ///
    /// # Errors
    ///
    /// The server is on another machine, does not answer within 30 s, or refuses.
    pub async fn log_in(server: SocketAddr, jid: Jid, password: &str) -> io::Result<Self> {
        if !server.ip().is_loopback() {
            return Err(io::Error::other("load is for servers on this machine only"));
        }
        let user = jid.to_string();
        timeout(PATIENCE, negotiate(server, jid, password))
            .await?
            .map_err(|error| io::Error::other(format!("{user}: {error}")))
    }

    /// Sends a request and waits for its result.
    ///
    /// # Errors
    ///
    /// It is refused, or not answered within 30 s.
    pub async fn ask(&mut self, iq: &str, id: &str) -> io::Result<()> {
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
        timeout(PATIENCE, answered).await?
    }
}

async fn negotiate(server: SocketAddr, jid: Jid, password: &str) -> io::Result<Session> {
    let config = ClientConfig::new(jid, Password::new(password), 1).with_initial_presence(None);
    let mut client = Client::new(config, Form::Tcp);
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let started = Instant::now();
    client.open(Duration::ZERO).map_err(io::Error::other)?;
    let mut input = BytesMut::new();
    loop {
        while let Some(event) = client.poll_event() {
            match event {
                ClientEvent::Online { jid } => {
                    return Ok(Session { stream, jid });
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

const PATIENCE: Duration = Duration::from_secs(30);
