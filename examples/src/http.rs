//! The HTTP/1.1 accept loop that all web-facing servers share, with a limit on everything a peer sends.

mod held;
mod library;

use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

pub use self::held::Hold;
use crate::{
    server::{self, Room},
    shutdown::Shutdown,
};

/// What a peer may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at one time; a further one is turned away.
    pub connections: usize,
    /// From the accept to the end of the TLS handshake, and for the head of each request. Also how long
    /// an idle connection is kept.
    pub head_timeout: Duration,
    /// Bytes of a request head, at least 8192.
    pub head_bytes: usize,
    /// From the head of a request to the last byte of its body.
    pub body_timeout: Duration,
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// How long a peer may take none of an answer that is on its way.
    pub write_timeout: Duration,
    /// How long open requests may go on once the end was asked for.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Two thousand desktops with two connections each, and some air.
            connections: 8192,
            // Longer than the 30 s between two requests of a desktop that polls.
            head_timeout: Duration::from_secs(40),
            head_bytes: 16 * 1024,
            body_timeout: Duration::from_secs(10),
            body_bytes: 256 * 1024,
            write_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(3),
        }
    }
}

/// Who sent a request; in the request's extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Peer {
    /// The other end.
    pub address: SocketAddr,
    /// How the bytes came.
    pub transport: Transport,
}

/// How bytes travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Plain TCP.
    Clear,
    /// TLS.
    Tls,
}

/// Serves `router` on `listener` until the end is asked for and the open requests are answered.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
) {
    accept(listener, tls, ByRouter(router), limits, shutdown).await;
}

/// As [`serve`], for a service whose clients leave requests unanswered for a long time: while one waits, its connection
/// has no buffer. What `hold` takes does not pass through `router`, unless its HTTP is unusual.
pub async fn serve_held(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    hold: impl Hold,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
) {
    accept(listener, tls, ByHold(hold, router), limits, shutdown).await;
}

/// What speaks HTTP on a connection.
trait Exchange: Clone + Send + 'static {
    fn exchange<S>(
        self,
        stream: S,
        peer: Peer,
        limits: Limits,
        shutdown: Shutdown,
    ) -> impl Future<Output = ()> + Send
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static;
}

#[derive(Clone)]
struct ByRouter(Router);

impl Exchange for ByRouter {
    async fn exchange<S>(self, stream: S, peer: Peer, limits: Limits, shutdown: Shutdown)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        library::to_the_end(stream, peer, self.0, limits, shutdown).await;
    }
}

#[derive(Clone)]
struct ByHold<H>(H, Router);

impl<H: Hold> Exchange for ByHold<H> {
    async fn exchange<S>(self, stream: S, peer: Peer, limits: Limits, shutdown: Shutdown)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        held::exchange(stream, peer, self.0, self.1, limits, shutdown).await;
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    by: impl Exchange,
    limits: Limits,
    shutdown: Shutdown,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    server::accept(
        listener,
        limits.connections,
        limits.grace,
        &shutdown,
        |stream, room| {
            connection(
                stream,
                room,
                acceptor.clone(),
                by.clone(),
                limits,
                shutdown.clone(),
            )
        },
    )
    .await;
}

/// Boxed by transport: there are thousands, most of them idle, and one in clear need not be as large as one over
/// TLS.
fn connection(
    stream: TcpStream,
    room: Room,
    acceptor: Option<TlsAcceptor>,
    by: impl Exchange,
    limits: Limits,
    shutdown: Shutdown,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let Ok(address) = stream.peer_addr() else {
        // It has gone already.
        return Box::pin(async {});
    };
    if room == Room::None {
        tracing::warn!("too many connections; one is turned away");
        return Box::pin(async {});
    }
    // Answers to a held request are small and must leave at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let stream = Box::pin(stream);
    match acceptor {
        None => {
            let peer = Peer {
                address,
                transport: Transport::Clear,
            };
            Box::pin(by.exchange(stream, peer, limits, shutdown))
        }
        Some(acceptor) => Box::pin(async move {
            let handshake = tokio::time::timeout(limits.head_timeout, acceptor.accept(stream));
            let shaken = tokio::select! {
                () = shutdown.requested() => return,
                shaken = handshake => shaken,
            };
            let peer = Peer {
                address,
                transport: Transport::Tls,
            };
            match shaken {
                Ok(Ok(stream)) => Box::pin(by.exchange(stream, peer, limits, shutdown)).await,
                Ok(Err(error)) => tracing::debug!(%address, %error, "TLS handshake failed"),
                Err(_) => tracing::debug!(%address, "TLS handshake took too long"),
            }
        }),
    }
}

/// Why a body could not be had whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// More bytes than the server takes.
    #[error("the request body is too large")]
    TooLarge,
    /// It did not come in time.
    #[error("the request body did not come in time")]
    TooSlow,
    /// The peer broke off, or framed it wrongly.
    #[error("the request body is broken")]
    Broken,
}

/// Reads a body whole, within the limits of [`serve`].
///
/// # Errors
///
/// Too large, too slow, or broken.
pub async fn read_body(body: Body) -> Result<Bytes, BodyError> {
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => {
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(error) = cause {
                if error.is::<http_body_util::LengthLimitError>() {
                    return Err(BodyError::TooLarge);
                }
                if let Some(error) = error.downcast_ref::<BodyError>() {
                    return Err(*error);
                }
                cause = error.source();
            }
            Err(BodyError::Broken)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::Request, routing::post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::shutdown;

    async fn start(limits: Limits) -> (SocketAddr, shutdown::ShutdownTrigger) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = shutdown::channel();
        let router = Router::new().route(
            "/",
            post(|request: Request| async {
                match read_body(request.into_body()).await {
                    Ok(body) => format!("{} bytes", body.len()),
                    Err(error) => error.to_string(),
                }
            }),
        );
        tokio::spawn(serve(listener, None, router, limits, shutdown));
        (address, trigger)
    }

    async fn exchange(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_body_is_read_whole() {
        let (address, _trigger) = start(Limits::default()).await;
        let answer = exchange(
            address,
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
        )
        .await;
        assert!(answer.ends_with("3 bytes"), "{answer}");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        let limits = Limits {
            body_bytes: 2,
            ..Limits::default()
        };
        let (address, _trigger) = start(limits).await;
        let answer = exchange(
            address,
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
        )
        .await;
        assert!(
            answer.ends_with("the request body is too large"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let limits = Limits {
            body_timeout: Duration::from_millis(50),
            ..Limits::default()
        };
        let (address, _trigger) = start(limits).await;
        let answer = exchange(
            address,
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\na",
        )
        .await;
        assert!(
            answer.ends_with("the request body did not come in time"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_given_up() {
        let limits = Limits {
            head_timeout: Duration::from_millis(50),
            ..Limits::default()
        };
        let (address, _trigger) = start(limits).await;
        let answer = exchange(address, b"POST / HTTP/1.1\r\nHost:").await;
        assert!(!answer.contains("200"), "{answer}");
    }

    #[tokio::test]
    async fn a_peer_that_never_reads_is_given_up() {
        let limits = Limits {
            write_timeout: Duration::from_millis(50),
            ..Limits::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_trigger, shutdown) = shutdown::channel();
        let large = "x".repeat(16 << 20);
        let router = Router::new().route("/", axum::routing::get(|| async move { large }));
        tokio::spawn(serve(listener, None, router, limits, shutdown));

        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;

        // What the system had taken is still there, and then comes the end instead of the rest.
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer).await;
        assert!(
            ended.is_err() || answer.len() < 16 << 20,
            "{} bytes",
            answer.len()
        );
    }

    #[tokio::test]
    async fn the_end_waits_for_open_requests() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = shutdown::channel();
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            "done"
        };
        let router = Router::new().route("/", axum::routing::get(slow));
        let server = tokio::spawn(serve(listener, None, router, Limits::default(), shutdown));

        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        trigger.request();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        tokio::time::timeout(Duration::from_secs(2), server)
            .await
            .unwrap()
            .unwrap();
    }

    #[tokio::test]
    async fn the_end_closes_the_listener() {
        let (address, trigger) = start(Limits::default()).await;
        trigger.request();
        tokio::time::timeout(Duration::from_secs(5), async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
    }
}
