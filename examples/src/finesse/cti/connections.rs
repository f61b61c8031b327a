//! The connections that the session machine asks for: a task each, which connects, reads and writes.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use cti_proto::session::failover::{Connection, Side, Transmit};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use crate::{finesse::connect::connect, shutdown::Shutdown};

/// All connections to the engines.
#[derive(Debug)]
pub(super) struct Connections {
    /// Of the sides, in their order.
    addresses: Vec<SocketAddr>,
    shutdown: Shutdown,
    open: BTreeMap<Connection, Open>,
    tasks: JoinSet<()>,
    sender: mpsc::Sender<(Connection, Arrival)>,
    arrivals: mpsc::Receiver<(Connection, Arrival)>,
}

/// What became of a connection.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It stands.
    Connected,
    /// Bytes came.
    Input(BytesMut),
    /// It could not be made, or broke.
    Ended,
}

#[derive(Debug)]
struct Open {
    side: Side,
    output: mpsc::Sender<Bytes>,
    /// What the machine has left.
    input: BytesMut,
}

impl Connections {
    pub(super) fn new(addresses: &[SocketAddr], shutdown: &Shutdown) -> Self {
        let (sender, arrivals) = mpsc::channel(MAX_ARRIVALS);
        Self {
            addresses: addresses.to_vec(),
            shutdown: shutdown.clone(),
            open: BTreeMap::new(),
            tasks: JoinSet::new(),
            sender,
            arrivals,
        }
    }

    /// Begins to connect to a side.
    pub(super) fn connect(&mut self, connection: Connection, side: Side) {
        while self.tasks.try_join_next().is_some() {}
        let Some(address) = self.addresses.get(side.0).copied() else {
            return;
        };
        let (output, waiting) = mpsc::channel(MAX_WAITING);
        let open = Open {
            side,
            output,
            input: BytesMut::new(),
        };
        self.open.insert(connection, open);
        let (sender, shutdown) = (self.sender.clone(), self.shutdown.clone());
        self.tasks.spawn(async move {
            let arrive = |arrival| sender.send((connection, arrival));
            if let Some(Ok(stream)) = connect(address, &shutdown).await {
                // Nobody hears of it once the session is over.
                let _ = arrive(Arrival::Connected).await;
                carry(stream, waiting, &arrive).await;
            } else {
                tracing::debug!(%address, "no engine");
            }
            let _ = arrive(Arrival::Ended).await;
        });
    }

    /// Sends; `false` if the engine does not read.
    pub(super) fn send(&self, transmit: Transmit) -> bool {
        let open = self.open.get(&transmit.connection);
        open.is_none_or(|open| open.output.try_send(transmit.bytes).is_ok())
    }

    /// Drops a connection once all is written.
    pub(super) fn disconnect(&mut self, connection: Connection) {
        self.open.remove(&connection);
    }

    /// The last connection that was begun to a side.
    pub(super) fn newest(&self, side: Side) -> Option<Connection> {
        let of_side = |(_, open): &(_, &Open)| open.side == side;
        let newest = self.open.iter().rfind(of_side);
        newest.map(|(connection, _)| *connection)
    }

    /// What happened next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> (Connection, Arrival) {
        match self.arrivals.recv().await {
            Some(arrival) => arrival,
            // The sender is kept here, too.
            None => std::future::pending().await,
        }
    }

    /// What the machine has not taken yet, with `input` behind it.
    pub(super) fn input(
        &mut self,
        connection: Connection,
        input: BytesMut,
    ) -> Option<&mut BytesMut> {
        let open = self.open.get_mut(&connection)?;
        open.input.unsplit(input);
        Some(&mut open.input)
    }

    /// Drops all connections once what waits is written, for at most a second.
    pub(super) async fn finish(mut self) {
        self.open.clear();
        // Nobody waits for what still comes.
        self.arrivals.close();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // The session is over either way.
        let _ = timeout(GOODBYE, all).await;
    }
}

/// Reads until the stream ends, and writes until nothing will come or the engine does not read.
async fn carry<Told: Future>(
    stream: TcpStream,
    mut output: mpsc::Receiver<Bytes>,
    arrive: impl Fn(Arrival) -> Told,
) {
    let (mut reader, mut writer) = stream.into_split();
    let write = async {
        while let Some(mut bytes) = output.recv().await {
            timeout(STUCK, writer.write_all_buf(&mut bytes)).await??;
        }
        writer.shutdown().await
    };
    let read = async {
        loop {
            let mut input = BytesMut::with_capacity(CHUNK);
            match reader.read_buf(&mut input).await {
                Ok(count) if count > 0 => arrive(Arrival::Input(input)).await,
                Ok(_) | Err(_) => return,
            };
        }
    };
    tokio::select! {
        () = read => {}
        // A broken stream ends either way.
        _ = write => {}
    }
}

/// Chunks of input that wait: an engine that says more waits for us.
const MAX_ARRIVALS: usize = 16;
/// Bytes that are read at a time.
const CHUNK: usize = 16 * 1024;
/// Outputs of the machine that wait for an engine that does not read.
const MAX_WAITING: usize = 1024;
/// How long the engine may read nothing of what is written.
const STUCK: Duration = Duration::from_secs(10);
const GOODBYE: Duration = Duration::from_secs(1);
