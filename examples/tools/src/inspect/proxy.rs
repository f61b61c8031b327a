//! Between a live client and its server.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use bytes::Bytes;

use crate::inspect::Failure;
use crate::inspect::args::{Proxy, Show};
use crate::inspect::conversation::{Begin, Conversation, Peers, Sender};
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
    /// The server could not be reached.
    Refused(String),
    Sent(Sender, Piece),
    Closed,
    /// No more connections come after so many.
    Stopped(u64),
}

/// Forwards until the listener ends. When looking is slower than bytes come, what is missed is
/// shown as a gap: nothing waits for it.
pub(crate) fn run(proxy: &Proxy, show: &Show, report: &mut Report) -> Result<(), Failure> {
    report.flush_each_line();
    let listening = TcpListener::bind(&proxy.listen).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    let (listener, address) = listening.map_err(|source| Failure::Listen {
        address: proxy.listen.clone(),
        source,
    })?;
    report.progress(&format!(
        "listening on {address}, forwarding to {}",
        proxy.connect
    ))?;
    let (news, inbox) = sync_channel(MOST_NEWS);
    let (server, connections) = (proxy.connect.clone(), proxy.connections);
    thread::spawn(move || accept(&listener, &server, connections, &news));
    show_news(&inbox, show, report)
}

fn show_news(inbox: &Receiver<News>, show: &Show, report: &mut Report) -> Result<(), Failure> {
    let mut conversations = BTreeMap::new();
    let (mut over, mut all) = (0, None);
    while all != Some(over) {
        let Ok(News {
            connection,
            time,
            what,
        }) = inbox.recv()
        else {
            break;
        };
        match what {
            What::Opened(peers) => {
                let begin = Begin {
                    peers: Some(peers),
                    from_its_beginning: true,
                    trusted: true,
                    sides_are_known: true,
                };
                let wanted = show.client.is_none_or(|filter| filter.admits(peers.client));
                let conversation = wanted.then(|| Conversation::new(show, begin));
                conversations.insert(connection, conversation);
            }
            What::Refused(refused) => {
                over += 1;
                report.notice(&refused)?;
            }
            What::Sent(sender, piece) => {
                if let Some(Some(conversation)) = conversations.get_mut(&connection) {
                    conversation.take(Some(time), sender, piece, report)?;
                    conversation.tell_if_lost(Some(time), sender, report)?;
                }
            }
            What::Closed => {
                over += 1;
                if let Some(Some(mut conversation)) = conversations.remove(&connection) {
                    conversation.finish(time, report)?;
                }
            }
            What::Stopped(connections) => all = Some(connections),
        }
    }
    Ok(())
}

fn accept(listener: &TcpListener, server: &str, most: Option<u64>, news: &SyncSender<News>) {
    let mut connection = 0;
    while most.is_none_or(|most| connection < most) {
        let Ok((client, address)) = listener.accept() else {
            // Out of descriptors, or a client that was gone at once: the next one may do.
            thread::sleep(std::time::Duration::from_millis(50));
            continue;
        };
        connection += 1;
        let (server, news) = (server.to_owned(), news.clone());
        thread::spawn(move || forward(connection, &client, address, &server, &news));
    }
    tell(news, connection, What::Stopped(connection));
}

/// Carries one connection until both directions are closed.
fn forward(
    connection: u64,
    client: &TcpStream,
    address: SocketAddr,
    server: &str,
    news: &SyncSender<News>,
) {
    let connected = TcpStream::connect(server).and_then(|server| {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let peer = server.peer_addr()?;
        Ok((server, peer))
    });
    match connected {
        Ok((server, peer)) => {
            let peers = Peers {
                client: address,
                server: peer,
            };
            tell(news, connection, What::Opened(peers));
            thread::scope(|scope| {
                scope.spawn(|| copy(connection, client, &server, Sender::Client, news));
                copy(connection, &server, client, Sender::Server, news);
            });
            tell(news, connection, What::Closed);
        }
        Err(error) => {
            let refused = format!("{address}: cannot connect to {server}: {error}");
            tell(news, connection, What::Refused(refused));
        }
    }
}

/// Carries one direction until its sender closes it or the receiver is gone.
fn copy(
    connection: u64,
    mut from: &TcpStream,
    mut to: &TcpStream,
    sender: Sender,
    news: &SyncSender<News>,
) {
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
        let time = Timestamp::now();
        let pieces = [
            Piece::Gap(missed),
            Piece::Data(time, Bytes::copy_from_slice(bytes)),
        ];
        for piece in pieces.into_iter().filter(|piece| *piece != Piece::Gap(0)) {
            let what = What::Sent(sender, piece);
            let news_of_piece = News {
                connection,
                time,
                what,
            };
            match news.try_send(news_of_piece) {
                Ok(()) => missed = 0,
                Err(TrySendError::Full(_)) => {
                    missed += len as u64;
                    break;
                }
                // Nobody looks any more: the process is about to end.
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    if missed > 0 {
        tell(news, connection, What::Sent(sender, Piece::Gap(missed)));
    }
    tell(news, connection, What::Sent(sender, Piece::End));
    // The other direction may still be open; errors mean that it is not.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

/// Tells what must not be missed.
fn tell(news: &SyncSender<News>, connection: u64, what: What) {
    let time = Timestamp::now();
    // Nobody listens when the process is about to end.
    let _ = news.send(News {
        connection,
        time,
        what,
    });
}

/// Reads that may wait to be shown, 64 KiB each.
const MOST_NEWS: usize = 1_024;
