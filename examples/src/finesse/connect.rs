//! Connections to the other servers: none is waited for longer than it takes, or beyond the end.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use crate::shutdown::Shutdown;

/// Connects to a server of this system; `None` when the end is asked for first.
pub(super) async fn connect(
    address: SocketAddr,
    shutdown: &Shutdown,
) -> Option<io::Result<TcpStream>> {
    let stream = within(LIMIT, TcpStream::connect(address), shutdown).await?;
    if let Ok(stream) = &stream {
        // Messages are small and must leave at once; GED-188 asks for it too. A stream that cannot do
        // it works nevertheless.
        let _ = stream.set_nodelay(true);
    }
    Some(stream)
}

async fn within<T>(
    limit: Duration,
    connecting: impl Future<Output = io::Result<T>>,
    shutdown: &Shutdown,
) -> Option<io::Result<T>> {
    tokio::select! {
        biased;
        () = shutdown.requested() => None,
        result = timeout(limit, connecting) => Some(result.unwrap_or_else(|late| Err(late.into()))),
    }
}

/// A host that drops what it is sent would be waited for about two minutes.
const LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::shutdown::channel;

    const LONG: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn a_host_that_is_silent_is_given_up() {
        let (_trigger, shutdown) = channel();
        let result = within(SHORT, pending::<io::Result<()>>(), &shutdown).await;
        let error = result.expect("the end was not asked for").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn the_end_is_not_delayed_by_a_host_that_is_silent() {
        let (trigger, shutdown) = channel();
        let silent = within(LONG, pending::<io::Result<()>>(), &shutdown);
        let (result, ()) = tokio::join!(silent, async { trigger.request() });
        assert!(result.is_none());
    }
}
