//! Somebody who writes to sessions, over TCP: the web service has such a stream, and the pace that a server prescribes
//! for BOSH clients does not hold for it.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::OwnedWriteHalf},
    task::{JoinHandle, spawn_local},
    time::timeout,
};
use wire_xml::text::encode_base64;

/// A stream with an address. What comes in is read and thrown away.
#[derive(Debug)]
pub(super) struct Pusher {
    writer: OwnedWriteHalf,
    reader: JoinHandle<()>,
}

impl Pusher {
    /// Logs in.
    pub(super) async fn connect(
        address: SocketAddr,
        domain: &str,
        user: &str,
        password: &str,
    ) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::other("load is for servers on this machine only"));
        }
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let opening = format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
        );
        let secret = encode_base64(format!("\0{user}\0{password}"));
        let auth = format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"
        );
        let bind = "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                    <resource>pusher</resource></bind></iq>";
        for (said, expected) in [
            (opening.as_str(), "</stream:features>"),
            (&auth, "<success"),
            (&opening, "</stream:features>"),
            (bind, "</jid>"),
        ] {
            stream.write_all(said.as_bytes()).await?;
            let heard = timeout(LOGIN, until(&mut stream, expected)).await?;
            heard.map_err(|error| io::Error::other(format!("pusher: {error}")))?;
        }
        let (mut reader, writer) = stream.into_split();
        let reader = spawn_local(async move {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(1..) = reader.read(&mut buffer).await {}
        });
        Ok(Self { writer, reader })
    }

    /// Writes to a full address.
    pub(super) async fn send(&mut self, to: &str, text: &str) -> io::Result<()> {
        let message = format!("<message to='{to}' type='chat'><body>{text}</body></message>");
        self.writer.write_all(message.as_bytes()).await
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn until(stream: &mut TcpStream, expected: &str) -> io::Result<()> {
    let mut heard = Vec::new();
    while heard.len() < MAX_ANSWER {
        if stream.read_buf(&mut heard).await? == 0 {
            break;
        }
        if String::from_utf8_lossy(&heard).contains(expected) {
            return Ok(());
        }
    }
    let heard = String::from_utf8_lossy(&heard);
    Err(io::Error::other(format!("no {expected} in {heard}")))
}

const LOGIN: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 64 * 1024;
