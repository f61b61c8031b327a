//! One CTI connection: bytes between its socket and the hub.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use cti_proto::session::service::ConnectionId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::{Duration, timeout},
};

/// What a connection tells the hub.
#[derive(Debug)]
pub(super) enum FromClient {
    /// It was taken. `reply` gets its name, unless there is no room.
    Connected {
        writer: mpsc::Sender<Bytes>,
        reply: oneshot::Sender<ConnectionId>,
    },
    /// Bytes came. The next are read once this is dropped.
    Bytes {
        connection: ConnectionId,
        bytes: BytesMut,
        turn: OwnedSemaphorePermit,
    },
    /// A piece was written; there is room for another one.
    Written(ConnectionId),
    /// It is gone.
    Gone(ConnectionId),
}

/// Carries bytes both ways until one side ends, and says that it is over.
pub(super) async fn serve(stream: TcpStream, hub: mpsc::Sender<FromClient>) {
    // Only latency suffers without it.
    let _ = stream.set_nodelay(true);
    let (writer, pieces) = mpsc::channel(PIECES);
    let (reply, name) = oneshot::channel();
    let connected = FromClient::Connected { writer, reply };
    if hub.send(connected).await.is_err() {
        return;
    }
    let Ok(connection) = name.await else {
        return tracing::debug!("CTI: no room for one more client");
    };
    let (reader, writer) = stream.into_split();
    tokio::select! {
        () = read(connection, reader, &hub) => {}
        () = write(connection, writer, pieces, &hub) => {}
    }
    // A hub that has ended needs no farewell.
    let _ = hub.send(FromClient::Gone(connection)).await;
}

/// Ends with the client's side of the connection. One piece is with the hub at a time, so that a client who
/// floods does not come before the others.
async fn read(connection: ConnectionId, mut reader: OwnedReadHalf, hub: &mpsc::Sender<FromClient>) {
    let turns = Arc::new(Semaphore::new(1));
    while let Ok(turn) = Arc::clone(&turns).acquire_owned().await {
        let mut bytes = BytesMut::with_capacity(READ);
        if !matches!(reader.read_buf(&mut bytes).await, Ok(count) if count > 0) {
            return;
        }
        let from = FromClient::Bytes {
            connection,
            bytes,
            turn,
        };
        if hub.send(from).await.is_err() {
            return;
        }
    }
}

/// Ends once the hub has nothing more to say, or the client takes nothing.
async fn write(
    connection: ConnectionId,
    mut writer: OwnedWriteHalf,
    mut pieces: mpsc::Receiver<Bytes>,
    hub: &mpsc::Sender<FromClient>,
) {
    while let Some(piece) = pieces.recv().await {
        let written = timeout(WRITE_LIMIT, writer.write_all(&piece)).await;
        if !matches!(written, Ok(Ok(())))
            || hub.send(FromClient::Written(connection)).await.is_err()
        {
            return;
        }
    }
    // The session is over; a connection that is broken already is as good as closed.
    let _ = writer.shutdown().await;
}

/// Bytes read at a time.
const READ: usize = 4096;
/// Pieces that wait for the socket; the rest waits in the session, which has its own bound.
const PIECES: usize = 4;
/// A client that takes no byte for so long is gone.
const WRITE_LIMIT: Duration = Duration::from_secs(5);
