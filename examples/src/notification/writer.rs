//! Writing to a stream without waiting for it.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncWrite, WriteHalf},
    net::tcp::OwnedWriteHalf,
    task::coop::unconstrained,
};

/// The half of a stream that writes.
pub(super) trait Writer: AsyncWrite + fmt::Debug + Send + Unpin + 'static {
    /// Whether it may hold what it took, so that it has to be flushed.
    const HOLDS: bool;

    /// Writes what can be written without waiting. Nobody is woken when it takes more.
    fn write_now(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>>;
}

impl Writer for OwnedWriteHalf {
    const HOLDS: bool = false;

    fn write_now(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            written => Poll::Ready(written),
        }
    }
}

/// Of TLS.
impl<S: AsyncWrite + fmt::Debug + Send + 'static> Writer for WriteHalf<S> {
    const HOLDS: bool = true;

    fn write_now(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        at_once(|cx| Pin::new(&mut *self).poll_write(cx, bytes))
    }
}

/// Polls once, for whoever does not wait. One task writes to many streams, so that none may be held back for what was written
/// to others.
pub(super) fn at_once<T>(poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let future = pin!(unconstrained(poll_fn(poll)));
    future.poll(&mut Context::from_waker(Waker::noop()))
}
