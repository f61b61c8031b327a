//! XMPP over TCP, in clear and over TLS: a task for each connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use xmpp_pubsub::{
    session::{Error, Server, ServerEvent},
    stream::Form,
};

use super::session::{Carrier, Clients, MAX_OUTPUT, Room};
use crate::driver::{Driver, Ended, Machine};

/// Serves a listener until the end is asked for.
pub(super) async fn accept(
    clients: Clients,
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let mut connections = JoinSet::new();
    loop {
        let (stream, address) = tokio::select! {
            () = clients.shutdown().requested() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "XMPP: cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Some(room) = clients.room() else {
            tracing::warn!(%address, "XMPP: no room for one more connection");
            continue;
        };
        // Events are small and must leave at once.
        let _ = stream.set_nodelay(true);
        let (clients, acceptor) = (clients.clone(), acceptor.clone());
        connections.spawn(connection(clients, stream, address, acceptor, room));
    }
    drop(listener);
    clients.farewell().await;
    connections.shutdown().await;
}

async fn connection(
    clients: Clients,
    stream: TcpStream,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    room: Room,
) {
    let Some(acceptor) = acceptor else {
        return session(clients, stream, room).await;
    };
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => session(clients, stream, room).await,
        Ok(Err(error)) => tracing::debug!(%address, %error, "XMPP: no TLS"),
        Err(_) => tracing::debug!(%address, "XMPP: the TLS handshake took too long"),
    }
}

async fn session<S: AsyncRead + AsyncWrite + Unpin>(clients: Clients, stream: S, room: Room) {
    let clock = clients.clock();
    let driver = |machine| Driver::new(machine, stream, clock, MAX_OUTPUT);
    clients.serve(room, Form::Tcp, driver).await;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Carrier for Driver<Server, S> {
    fn machine(&mut self) -> &mut Server {
        &mut self.machine
    }

    async fn next(&mut self) -> Result<ServerEvent, Ended<Error>> {
        self.next().await
    }

    fn resume(&mut self) {
        self.resume();
    }

    async fn flush(&mut self) {
        self.flush().await;
    }
}

impl Machine for Server {
    type Event = ServerEvent;
    type Error = Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        self.handle_input(now, input)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        self.handle_timeout(now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        self.poll_transmit()
    }

    fn poll_event(&mut self) -> Option<ServerEvent> {
        self.poll_event()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.poll_timeout()
    }
}

const HANDSHAKE: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
