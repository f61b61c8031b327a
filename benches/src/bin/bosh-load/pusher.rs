//! Somebody who writes to sessions, over TCP: the web service has such a stream, and the pace that a server prescribes
//! for BOSH clients does not hold for it.

use std::{io, net::SocketAddr};

use benches::login::Session;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::tcp::OwnedWriteHalf,
    task::{JoinHandle, spawn_local},
};
use xmpp_pubsub::Jid;

/// A stream with an address. What comes in is read and thrown away.
#[derive(Debug)]
pub(super) struct Pusher {
    writer: OwnedWriteHalf,
    reader: JoinHandle<()>,
}

impl Pusher {
    /// Logs in.
    pub(super) async fn connect(server: SocketAddr, jid: Jid, password: &str) -> io::Result<Self> {
        let session = Session::log_in(server, jid, password).await?;
        let (mut reader, writer) = session.stream.into_split();
        let reader = spawn_local(async move {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(1..) = reader.read(&mut buffer).await {}
        });
        Ok(Self { writer, reader })
    }

    /// Writes to a full address.
    pub(super) async fn send(&mut self, to: &Jid, text: &str) -> io::Result<()> {
        let message = format!("<message to='{to}' type='chat'><body>{text}</body></message>");
        self.writer.write_all(message.as_bytes()).await
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
