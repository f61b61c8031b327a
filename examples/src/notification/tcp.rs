//! XMPP over TCP, in clear and over TLS: a task for each connection.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Poll, ready},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use xmpp_pubsub::{
    Stanza,
    session::{Error, Server},
    stream::{Form, StreamError},
};

use super::{
    hub::Way,
    outlet::Line,
    session::{Carrier, Clients, Room, Step},
    writer::Writer,
};
use crate::driver::{Clock, Ended, sleep_until};

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
        let (reader, writer) = stream.into_split();
        return session(clients, reader, writer, room).await;
    };
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let (reader, writer) = tokio::io::split(stream);
            session(clients, reader, writer, room).await;
        }
        Ok(Err(error)) => tracing::debug!(%address, %error, "XMPP: no TLS"),
        Err(_) => tracing::debug!(%address, "XMPP: the TLS handshake took too long"),
    }
}

async fn session<R, W>(clients: Clients, reader: R, writer: W, room: Room)
where
    R: AsyncRead + Unpin,
    W: Writer,
{
    let (clock, waiting) = (clients.clock(), clients.queue());
    let connection = |machine| Connection {
        line: Arc::new(Line::new(machine, writer, waiting)),
        reader,
        input: BytesMut::new(),
        clock,
        last: None,
        ended: None,
    };
    clients.serve(room, Form::Tcp, connection).await;
}

/// A client's session: its line, and the half of its stream that reads.
struct Connection<R, W> {
    line: Arc<Line<W>>,
    reader: R,
    input: BytesMut,
    clock: Clock,
    /// What the session has to end with, once the events before are told.
    last: Option<StreamError>,
    ended: Option<Ended<Error>>,
}

impl<R, W> Carrier for Connection<R, W>
where
    R: AsyncRead + Unpin,
    W: Writer,
{
    fn with_machine<T>(&mut self, ask: impl FnOnce(&mut Server) -> T) -> T {
        ask(&mut self.line.end().machine)
    }

    fn way(&self) -> Option<Way> {
        let line = Arc::clone(&self.line);
        Some(Way::Outlet(line))
    }

    fn bound(&mut self) {}

    async fn next(&mut self) -> Result<Step, Ended<Error>> {
        loop {
            let (event, state, timeout) = {
                let mut end = self.line.end();
                let event = end.machine.poll_event();
                let state = self.line.push(&mut end, event.is_some());
                (event, state, end.machine.poll_timeout())
            };
            if state.over_limit {
                return Err(Ended::SlowPeer);
            }
            if let Some(event) = event {
                self.last = self.last.take().or(state.last);
                return Ok(Step::Event(event));
            }
            if matches!(self.ended, Some(Ended::Session(_))) {
                self.flush().await;
            }
            if state.broken {
                self.ended.get_or_insert(Ended::Disconnected);
            }
            if let Some(ended) = self.ended.take() {
                return Err(ended);
            }
            if let Some(error) = self.last.take().or(state.last) {
                return Ok(Step::Close(error));
            }
            let timeout = timeout.map(|time| self.clock.instant(time));
            let result = tokio::select! {
                () = self.line.told() => Ok(()),
                () = self.line.emptied(), if state.full => Ok(()),
                read = read(&mut self.reader, &mut self.input), if self.input.len() < MAX_INPUT => match read {
                    Ok(1..) => self.line.end().machine.handle_input(self.clock.now(), &mut self.input),
                    Ok(0) | Err(_) => {
                        self.ended = Some(Ended::Disconnected);
                        Ok(())
                    }
                },
                () = sleep_until(timeout) => {
                    self.line.end().machine.handle_timeout(self.clock.now());
                    Ok(())
                }
            };
            if let Err(error) = result {
                self.ended = Some(Ended::Session(error));
            }
        }
    }

    fn resume(&mut self) {
        let now = self.clock.now();
        let taken = self.line.end().machine.handle_input(now, &mut self.input);
        if let Err(error) = taken {
            self.ended = Some(Ended::Session(error));
        }
    }

    async fn flush(&mut self) {
        // The session is over either way.
        let _ = tokio::time::timeout(GOODBYE, self.line.shut()).await;
    }

    fn left(&mut self) -> Vec<Stanza> {
        self.line.left()
    }
}

/// Reads what there is, by one call of the system for a stanza of common size, into a buffer that an idle session does not
/// keep. Nothing is lost when the future is dropped.
async fn read(reader: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<usize> {
    poll_fn(|cx| {
        let mut bytes = [const { MaybeUninit::uninit() }; AT_ONCE];
        let mut bytes = ReadBuf::uninit(&mut bytes);
        ready!(Pin::new(&mut *reader).poll_read(cx, &mut bytes))?;
        input.extend_from_slice(bytes.filled());
        Poll::Ready(Ok(bytes.filled().len()))
    })
    .await
}

/// Bytes read at a time.
const AT_ONCE: usize = 8 * 1024;
/// Bytes that the machine may leave for later; beyond, the client waits. More than a stanza may have.
const MAX_INPUT: usize = 2 << 20;
const GOODBYE: Duration = Duration::from_secs(1);
const HANDSHAKE: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
