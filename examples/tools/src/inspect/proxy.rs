//! Between a live client and its server.
//!
//! Forwarding waits for nothing but the two sockets. Bytes that are read wait in a queue of some
//! length to be shown; when it is full they are forwarded and not shown. What else is to be told is
//! short and always goes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender as Queue, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;

use crate::inspect::Failure;
use crate::inspect::args::{Proxy, Show};
use crate::inspect::conversation::{Begin, Conversation, Over, Peers, Sender, Trust};
use crate::inspect::reassembly::Piece;
use crate::inspect::report::Report;
use crate::inspect::timestamp::Timestamp;

/// What a connection's threads tell the one that prints.
struct News {
    connection: u64,
    time: Timestamp,
    what: What,
}

enum What {
    Opened(Peers),
    /// The connection cannot be carried.
    Refused(String),
    Sent(Sender, Piece),
    Closed,
    /// No more connections come after so many.
    Stopped(u64),
}

/// Where the threads tell their news.
#[derive(Clone)]
struct Wire {
    news: Queue<News>,
    /// Reads that wait to be shown.
    waiting: Arc<AtomicUsize>,
    /// Connections that are carried.
    live: Arc<AtomicUsize>,
}

impl Wire {
    /// Tells what must not be missed.
    fn tell(&self, connection: u64, time: Timestamp, what: What) {
        let news = News {
            connection,
            time,
            what,
        };
        // Nobody listens when the process is about to end.
        self.news.send(news).ok();
    }

    /// Tells of bytes, and of those that were missed before them, if there is room.
    fn tell_bytes(
        &self,
        connection: u64,
        sender: Sender,
        missed: u64,
        bytes: &[u8],
    ) -> Result<(), Full> {
        if self.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            return Err(Full);
        }
        let time = Timestamp::now();
        if missed > 0 {
            let gap = What::Sent(sender, Piece::Gap(missed));
            self.tell(connection, time, gap);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let data = Piece::Data(time, Bytes::copy_from_slice(bytes));
        self.tell(connection, time, What::Sent(sender, data));
        Ok(())
    }
}

/// No room for more reads.
struct Full;

/// A connection that counts as carried; tells when it is over, whatever ended it.
struct Carried {
    wire: Wire,
    connection: u64,
}

impl Carried {
    fn new(wire: Wire, connection: u64) -> Self {
        wire.live.fetch_add(1, Ordering::Relaxed);
        Self { wire, connection }
    }

    fn refuse(&self, refused: String) {
        let what = What::Refused(refused);
        self.wire.tell(self.connection, Timestamp::now(), what);
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.wire.live.fetch_sub(1, Ordering::Relaxed);
        let time = Timestamp::now();
        self.wire.tell(self.connection, time, What::Closed);
    }
}

/// Forwards until the listener ends. When looking is slower than bytes come, what is missed is
/// shown as a gap: nothing waits for it.
pub(crate) fn run(proxy: &Proxy, show: &Show, report: &mut Report) -> Result<(), Failure> {
    report.flush_each_line();
    report.outlive_reader();
    let listening = TcpListener::bind(&proxy.listen).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    let cannot_listen = |source| Failure::Listen {
        address: proxy.listen.clone(),
        source,
    };
    let (listener, address) = listening.map_err(cannot_listen)?;
    report.progress(&format!(
        "listening on {address}, forwarding to {}",
        proxy.connect
    ))?;
    let (news, inbox) = channel();
    let wire = Wire {
        news,
        waiting: Arc::default(),
        live: Arc::default(),
    };
    let waiting = Arc::clone(&wire.waiting);
    let (server, connections) = (proxy.connect.clone(), proxy.connections);
    thread::Builder::new()
        .spawn(move || accept(&listener, &server, connections, &wire))
        .map_err(cannot_listen)?;
    show_news(&inbox, &waiting, show, report)
}

fn show_news(
    inbox: &Receiver<News>,
    waiting: &AtomicUsize,
    show: &Show,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut conversations = BTreeMap::new();
    let (mut over, mut all) = (0, None);
    while all != Some(over) {
        let Ok(News {
            connection,
            time,
            what,
        }) = inbox.recv()
        else {
            return Err(Failure::Accept);
        };
        if let What::Sent(_, Piece::Data(..)) = &what {
            waiting.fetch_sub(1, Ordering::Relaxed);
        }
        match what {
            What::Opened(peers) => {
                report.begin(time);
                let begin = Begin {
                    peers: Some(peers),
                    from_its_beginning: true,
                    trust: Trust::Full,
                    sides_are_known: true,
                };
                let wanted = show.client.is_none_or(|filter| filter.admits(peers.client));
                let conversation = wanted.then(|| Conversation::new(show, begin));
                conversations.insert(connection, conversation);
            }
            What::Refused(refused) => report.notice(&refused)?,
            What::Sent(sender, piece) => {
                if let Some(Some(conversation)) = conversations.get_mut(&connection) {
                    conversation.take(Some(time), sender, piece, report)?;
                    conversation.tell_if_lost(Some(time), sender, report)?;
                }
            }
            What::Closed => {
                over += 1;
                if let Some(Some(mut conversation)) = conversations.remove(&connection) {
                    conversation.finish(time, Over::Closed, report)?;
                }
            }
            What::Stopped(connections) => all = Some(connections),
        }
    }
    Ok(())
}

fn accept(listener: &TcpListener, server: &str, most: Option<u64>, wire: &Wire) {
    let mut connection = 0;
    while most.is_none_or(|most| connection < most) {
        let Ok((client, address)) = listener.accept() else {
            // Out of descriptors, or a client that was gone at once: the next one may do.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        connection += 1;
        let carried = Carried::new(wire.clone(), connection);
        if wire.live.load(Ordering::Relaxed) > MOST_CONNECTIONS {
            carried.refuse(format!(
                "{address}: {MOST_CONNECTIONS} connections are open, no more are taken"
            ));
            continue;
        }
        let server = server.to_owned();
        let carry = move || forward(&carried, &client, address, &server);
        if let Err(error) = thread::Builder::new().spawn(carry) {
            // The connection is closed: its guard went with what was to be run.
            let refused = What::Refused(format!("{address}: cannot be carried: {error}"));
            wire.tell(connection, Timestamp::now(), refused);
        }
    }
    wire.tell(connection, Timestamp::now(), What::Stopped(connection));
}

/// Carries one connection until both directions are closed.
fn forward(carried: &Carried, client: &TcpStream, address: SocketAddr, server: &str) {
    let connected = TcpStream::connect(server).and_then(|server| {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let peer = server.peer_addr()?;
        Ok((server, peer))
    });
    let (server, peer) = match connected {
        Ok(connected) => connected,
        Err(error) => {
            carried.refuse(format!("{address}: cannot connect to {server}: {error}"));
            return;
        }
    };
    let peers = Peers {
        client: address,
        server: peer,
    };
    let (wire, connection) = (&carried.wire, carried.connection);
    thread::scope(|scope| {
        let to_server = || copy(connection, client, &server, Sender::Client, wire);
        // Before all that passes.
        wire.tell(connection, Timestamp::now(), What::Opened(peers));
        match thread::Builder::new().spawn_scoped(scope, to_server) {
            Ok(_) => copy(connection, &server, client, Sender::Server, wire),
            Err(error) => carried.refuse(format!("{address}: cannot be carried: {error}")),
        }
    });
}

/// Carries one direction until its sender closes it or the receiver is gone.
fn copy(connection: u64, mut from: &TcpStream, mut to: &TcpStream, sender: Sender, wire: &Wire) {
    let mut buffer = vec![0; 64 * 1024];
    let mut missed = 0;
    loop {
        let len = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let bytes = buffer.get(..len).unwrap_or_default();
        // Told before it is forwarded, so that an answer is never shown before its request.
        match wire.tell_bytes(connection, sender, missed, bytes) {
            Ok(()) => missed = 0,
            Err(Full) => missed += len as u64,
        }
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    // The other direction may still be open; errors mean that it is not.
    to.shutdown(Shutdown::Write).ok();
    from.shutdown(Shutdown::Read).ok();
    let time = Timestamp::now();
    if missed > 0 {
        let gap = What::Sent(sender, Piece::Gap(missed));
        wire.tell(connection, time, gap);
    }
    wire.tell(connection, time, What::Sent(sender, Piece::End));
}

/// Reads that may wait to be shown, 64 KiB each.
const MOST_WAITING: usize = 1_024;

/// Connections that are carried at a time, each by two threads.
const MOST_CONNECTIONS: usize = 256;
