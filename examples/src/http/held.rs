//! Connections on which requests are held: between two requests, and while one waits for its answer, such a connection
//! has no buffer.
//!
//! hyper keeps two of 8 KiB for each of its connections, which is most of what a held request costs. So a request of
//! the plain form that clients of BOSH send is read and answered here, and everything else is left to hyper:
//!
//! ```text
//!            first bytes             plain POST, whole
//!   idle ───────────────────▶ look ───────────────────▶ held ──▶ answered ──▶ idle
//!    ▲                         │ anything else
//!    │   no body, no upgrade   ▼
//!    └────────────────────── hyper ──▶ end of the connection, or WebSocket
//! ```
//!
//! *Plain* is: the head comes at once and is whole, HTTP/1.1, POST, one of the paths of [`Hold`], one `Content-Length`
//! of digits alone, within the limit, and no header that changes how the body is framed, coded or announced. What is
//! not plain, or comes too slowly, or breaks off, hyper sees from its first byte, and decides as it does anywhere else:
//! what one reader of a request could understand in another way than the next is never decided here. The head is read
//! by `httparse`, as in hyper.

use std::{
    io::{self, Write as _},
    mem::{self, MaybeUninit},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::SystemTime,
};

use axum::Router;
use bytes::Bytes;
use futures::future::poll_fn;
use http::header;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::{Instant, Sleep, sleep, timeout_at},
};

use super::{
    Limits, Peer,
    library::{self, Rewound},
};
use crate::shutdown::Shutdown;

/// Who answers requests that may be held.
pub trait Hold: Clone + Send + Sync + 'static {
    /// Whether POST requests to this path are its own. The router has to answer them as well, for those that are not
    /// plain.
    fn takes(&self, path: &str) -> bool;

    /// The answer to a body. The future is dropped when the peer goes first.
    fn answer(&self, peer: Peer, body: Bytes)
    -> impl Future<Output = http::Response<Bytes>> + Send;
}

/// Answers requests until the peer goes, or, once the end was asked for, until the present one is answered.
pub(super) async fn exchange<S, H>(
    stream: S,
    peer: Peer,
    hold: H,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Hold,
{
    let mut line = Line {
        stream,
        heard: Vec::new(),
    };
    let mut ending = pin!(shutdown.requested());
    let mut is_ending = false;
    let mut alarm = pin!(sleep(limits.head_timeout));
    loop {
        let idle_until = Instant::now() + limits.head_timeout;
        let is_there = poll_fn(|cx| {
            if !line.heard.is_empty() {
                return Poll::Ready(true);
            }
            if ending.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            if let Poll::Ready(heard) = line.poll_hear(cx) {
                return Poll::Ready(heard.is_ok_and(|count| count > 0));
            }
            poll_due(alarm.as_mut(), cx, idle_until).map(|()| false)
        });
        if !is_there.await {
            return line.close().await;
        }
        let Some(post) = Post::parse(&line.heard, &hold, limits.body_bytes) else {
            let stream = line.into_rewound();
            let rest = library::until_rest(stream, peer, router.clone(), limits, &shutdown);
            // Boxed: it is large, and most connections never need it.
            match Box::pin(rest).await {
                Some((stream, heard)) => line = Line { stream, heard },
                None => return,
            }
            continue;
        };
        let body_until = Instant::now() + limits.body_timeout;
        while line.heard.len() < post.end() {
            let heard = timeout_at(body_until, poll_fn(|cx| line.poll_hear(cx))).await;
            if !matches!(heard, Ok(Ok(1..))) {
                // Too slow, or broken off.
                let limits = Limits {
                    body_timeout: body_until.saturating_duration_since(Instant::now()),
                    ..limits
                };
                let stream = line.into_rewound();
                Box::pin(library::until_rest(stream, peer, router, limits, &shutdown)).await;
                return;
            }
        }
        let body = line.take(&post);
        let answer = {
            let mut answer = pin!(hold.answer(peer, body));
            poll_fn(|cx| {
                is_ending = is_ending || ending.as_mut().poll(cx).is_ready();
                // Behind the beginning of another request the end of the connection is not looked for.
                if line.heard.is_empty()
                    && let Poll::Ready(Ok(0) | Err(_)) = line.poll_hear(cx)
                {
                    return Poll::Ready(None);
                }
                answer.as_mut().poll(cx).map(Some)
            })
            .await
        };
        let Some(answer) = answer else {
            tracing::debug!(address = %peer.address, "the peer has gone while its request was held");
            return;
        };
        let closes = post.closes || is_ending || asks_to_close(&answer);
        if let Err(error) = line.say(&encode(&answer, closes)).await {
            tracing::debug!(address = %peer.address, %error, "an answer could not be written");
            return;
        }
        if closes {
            return line.close().await;
        }
    }
}

/// Bytes to and from a peer.
struct Line<S> {
    stream: S,
    /// What came and was not taken yet.
    heard: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// How many bytes came; 0 at the end. Room to read into is on the stack: only what came is kept.
    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut room = [const { MaybeUninit::uninit() }; ROOM];
        let mut room = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room))?;
        self.heard.extend_from_slice(room.filled());
        Poll::Ready(Ok(room.filled().len()))
    }

    /// Takes a request that is there whole; returns its body. What stays behind is no more than what came after it.
    fn take(&mut self, post: &Post) -> Bytes {
        let rest = self.heard.split_off(post.end().min(self.heard.len()));
        let request = mem::replace(&mut self.heard, rest);
        Bytes::copy_from_slice(request.get(post.head..).unwrap_or_default())
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn close(mut self) {
        // A peer that has gone does not mind.
        let _ = self.stream.shutdown().await;
    }

    fn into_rewound(self) -> Rewound<S> {
        Rewound::new(self.heard.into(), self.stream)
    }
}

/// A plain request, by the lengths of its parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Post {
    head: usize,
    body: usize,
    /// The peer wants no other on this connection.
    closes: bool,
}

impl Post {
    /// Reads a head that is there whole. `None` for every request that is not plain; most of them are good ones.
    fn parse(heard: &[u8], hold: &impl Hold, most: usize) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head)) = request.parse(heard) else {
            return None;
        };
        if request.method != Some("POST")
            || request.version != Some(1)
            || !hold.takes(request.path?)
        {
            return None;
        }
        let mut length = None;
        let mut closes = false;
        for header in request.headers.iter() {
            let is = |name: &header::HeaderName| header.name.eq_ignore_ascii_case(name.as_str());
            if is(&header::CONTENT_LENGTH) {
                if length.is_some() {
                    return None;
                }
                length = Some(decimal(header.value)?);
            } else if is(&header::CONNECTION) {
                if header.value.eq_ignore_ascii_case(b"close") {
                    closes = true;
                } else if !header.value.eq_ignore_ascii_case(b"keep-alive") {
                    return None;
                }
            } else if NOT_PLAIN.iter().any(is) {
                return None;
            }
        }
        let body = length.filter(|length| *length <= most)?;
        Some(Self { head, body, closes })
    }

    const fn end(&self) -> usize {
        self.head.saturating_add(self.body)
    }
}

/// A number of digits alone.
fn decimal(value: &[u8]) -> Option<usize> {
    let all_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let value = all_digits.then(|| str::from_utf8(value).ok()).flatten()?;
    value.parse().ok()
}

/// Whether it is `due`. The alarm rings at that time or earlier, and is set anew only when it has rung: a busy connection
/// leaves it alone.
fn poll_due(mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>, due: Instant) -> Poll<()> {
    while alarm.as_mut().poll(cx).is_ready() {
        if alarm.deadline() >= due {
            return Poll::Ready(());
        }
        alarm.as_mut().reset(due);
    }
    Poll::Pending
}

fn asks_to_close(answer: &http::Response<Bytes>) -> bool {
    let value = answer.headers().get(header::CONNECTION);
    value.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// Head and body, in one piece for one write.
fn encode(answer: &http::Response<Bytes>, closes: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + answer.body().len());
    let status = answer.status();
    for part in [
        "HTTP/1.1 ",
        status.as_str(),
        " ",
        status.canonical_reason().unwrap_or_default(),
        "\r\n",
    ] {
        bytes.extend_from_slice(part.as_bytes());
    }
    for (name, value) in answer.headers() {
        if name != header::CONNECTION {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
    }
    if closes {
        bytes.extend_from_slice(b"connection: close\r\n");
    }
    let length = answer.body().len();
    let date = httpdate::HttpDate::from(SystemTime::now());
    // Memory takes all that is written to it.
    let _ = write!(bytes, "content-length: {length}\r\ndate: {date}\r\n\r\n");
    bytes.extend_from_slice(answer.body());
    bytes
}

/// Headers of requests that are left to hyper.
const NOT_PLAIN: [header::HeaderName; 5] = [
    header::TRANSFER_ENCODING,
    header::CONTENT_ENCODING,
    header::EXPECT,
    header::UPGRADE,
    header::TRAILER,
];
/// Headers of a plain request, at most. Browsers send about fifteen.
const HEADERS: usize = 48;
/// Bytes read at a time.
const ROOM: usize = 8 * 1024;
/// Bytes of the head of an answer, as a rule.
const HEAD: usize = 384;

#[cfg(test)]
mod tests;
