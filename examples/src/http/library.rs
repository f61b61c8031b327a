//! Connections that hyper has.

use std::{
    convert::Infallible,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::{Buf as _, Bytes};
use futures::{FutureExt as _, future::poll_fn};
use http::header;
use http_body_util::Limited;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{BodyError, Limits, Peer};
use crate::shutdown::Shutdown;

/// Answers requests until the peer goes, or, once the end was asked for, until the present one is answered.
pub(super) async fn to_the_end<S>(
    stream: S,
    peer: Peer,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(respond(router, request, peer, limits).await) }
    });
    let connection = builder(limits).serve_connection(TokioIo::new(stream), service);
    // To WebSocket, which outlives this.
    let mut connection = pin!(connection.with_upgrades());
    let mut ending = false;
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            () = shutdown.requested(), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(address = %peer.address, %error, "connection ended");
    }
}

/// As [`to_the_end`], but returns the connection, with what was read of the next request, once nothing is under way on it:
/// when every request that came had neither a body nor a wish to change over to another protocol, and is answered.
pub(super) async fn until_rest<S>(
    stream: Rewound<S>,
    peer: Peer,
    router: Router,
    limits: Limits,
    shutdown: &Shutdown,
) -> Option<(S, Vec<u8>)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let progress = stream.progress.clone();
    let service = {
        let progress = progress.clone();
        service_fn(move |request: hyper::Request<Incoming>| {
            progress.begin(&request);
            let (router, open) = (router.clone(), Open(progress.clone()));
            async move {
                let response = respond(router, request, peer, limits).await;
                Ok::<_, Infallible>(response.map(|inner| OpenBody { inner, _open: open }))
            }
        })
    };
    let connection = builder(limits).serve_connection(TokioIo::new(stream), service);
    let mut connection = connection.with_upgrades();
    let mut ending = pin!(shutdown.requested());
    let mut is_ending = false;
    let ended = poll_fn(|cx| {
        if !is_ending && ending.as_mut().poll(cx).is_ready() {
            is_ending = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        progress.is_flushed.store(false, Ordering::Relaxed);
        match connection.poll_unpin(cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending if progress.is_at_rest() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    });
    match ended.await {
        Some(Ok(())) => None,
        Some(Err(error)) => {
            tracing::debug!(address = %peer.address, %error, "connection ended");
            None
        }
        None => {
            let parts = connection.into_parts()?;
            let rewound = parts.io.into_inner();
            let mut heard = Vec::from(parts.read_buf);
            heard.extend_from_slice(&rewound.heard);
            Some((rewound.stream, heard))
        }
    }
}

fn builder(limits: Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_bytes);
    builder
}

async fn respond(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: Peer,
    limits: Limits,
) -> Response {
    use tower::ServiceExt as _;

    let (mut head, body) = request.into_parts();
    head.extensions.insert(peer);
    let body = Body::new(TimedBody {
        inner: Limited::new(body, limits.body_bytes),
        // Its head is here.
        until: Instant::now() + limits.body_timeout,
        deadline: None,
        done: false,
    });
    match router.oneshot(Request::from_parts(head, body)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// A body that must be complete by a deadline.
struct TimedBody<B> {
    inner: B,
    until: Instant,
    /// Once the body was waited for: most are there at once.
    deadline: Option<Pin<Box<Sleep>>>,
    done: bool,
}

impl<B> hyper::body::Body for TimedBody<B>
where
    B: hyper::body::Body<Error = Box<dyn std::error::Error + Send + Sync>> + Unpin,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.done = frame.is_none();
            return Poll::Ready(frame);
        }
        let until = this.until;
        let deadline = this
            .deadline
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        ready!(deadline.poll_unpin(cx));
        Poll::Ready(Some(Err(Box::new(BodyError::TooSlow))))
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.inner.size_hint()
    }
}

/// What is under way on a connection.
#[derive(Debug, Default)]
struct Progress {
    /// Requests that came.
    begun: AtomicUsize,
    /// Those whose answer was not taken whole.
    open: AtomicUsize,
    /// Some request had a body, of which bytes may still come, or wants another protocol.
    stays: AtomicBool,
    /// Nothing was written since the last flush.
    is_flushed: AtomicBool,
}

impl Progress {
    fn begin(&self, request: &hyper::Request<Incoming>) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        if !request.body().is_end_stream()
            || request.headers().contains_key(header::UPGRADE)
            || request.method() == http::Method::CONNECT
        {
            self.stays.store(true, Ordering::Relaxed);
        }
    }

    /// To be asked when hyper waits. It flushes before it does: where the last it did to the stream was a flush, it has
    /// nothing left to write.
    fn is_at_rest(&self) -> bool {
        self.begun.load(Ordering::Relaxed) > 0
            && self.open.load(Ordering::Relaxed) == 0
            && !self.stays.load(Ordering::Relaxed)
            && self.is_flushed.load(Ordering::Relaxed)
    }
}

/// One request that is under way, until it is dropped.
#[derive(Debug)]
struct Open(Arc<Progress>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body of an answer, which hyper drops when it has taken all of it.
struct OpenBody {
    inner: Body,
    _open: Open,
}

impl hyper::body::Body for OpenBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.inner.size_hint()
    }
}

/// A stream of which some was read before.
#[derive(Debug)]
pub(super) struct Rewound<S> {
    heard: Bytes,
    stream: S,
    progress: Arc<Progress>,
}

impl<S> Rewound<S> {
    /// A stream that begins with what was heard.
    pub(super) fn new(heard: Bytes, stream: S) -> Self {
        Self {
            heard,
            stream,
            progress: Arc::default(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.heard.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, room);
        }
        let count = self.heard.len().min(room.remaining());
        self.heard.copy_to_slice(room.initialize_unfilled_to(count));
        room.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.progress.is_flushed.store(false, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.progress.is_flushed.store(false, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.progress.is_flushed.store(true, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
