//! What is counted of a stream.

use std::{cell::Cell, rc::Rc};

use tokio::{io::AsyncReadExt as _, net::TcpStream, sync::Notify};

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

const BUFFER: usize = 16 * 1024;
const END: &[u8] = super::load::REQUEST_ID.as_bytes();
