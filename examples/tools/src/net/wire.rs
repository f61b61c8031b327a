//! One HTTP connection under full control: bytes as given, answers as they came.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustls::{ClientConnection, StreamOwned};

use super::trust::reason_of;
use super::{Fingerprint, Target};

/// A connection to the server.
pub(crate) struct Connection {
    stream: Stream,
    /// To close the connection while another thread reads from it.
    socket: TcpStream,
    /// Read, and belonging to the next response.
    input: Vec<u8>,
    /// Longest response.
    limit: usize,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// An HTTP response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
        self.headers.iter().find(found).map(|(_, value)| &**value)
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding")
            .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"))
    }
}

/// Why there is no response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Broken {
    /// No connection came about.
    Refused(String),
    /// TLS came about, but not with somebody to trust.
    Untrusted {
        /// What is wrong with the certificate.
        reason: String,
        /// The certificate, by which it may be pinned.
        fingerprint: Option<Fingerprint>,
    },
    /// The connection ended before a whole response.
    Closed {
        /// Whether part of a response was there.
        partial: bool,
    },
    /// What came is no HTTP response, or a too long one.
    NotHttp(String),
    /// Nothing came in the time that the whole run may take for an answer.
    Silent,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "no connection: {reason}"),
            Self::Untrusted { reason, .. } => write!(f, "no connection: TLS: {reason}"),
            Self::Closed { partial: false } => f.write_str("connection closed without an answer"),
            Self::Closed { partial: true } => f.write_str("connection closed inside the answer"),
            Self::NotHttp(reason) => write!(f, "no HTTP response: {reason}"),
            Self::Silent => f.write_str("no answer"),
        }
    }
}

impl Connection {
    pub(crate) fn open(target: &Target, timeout: Duration) -> Result<Self, Broken> {
        let refused = |error: io::Error| Broken::Refused(error.to_string());
        let socket = TcpStream::connect_timeout(&target.address, timeout).map_err(refused)?;
        socket.set_nodelay(true).map_err(refused)?;
        socket.set_write_timeout(Some(timeout)).map_err(refused)?;
        socket.set_read_timeout(Some(timeout)).map_err(refused)?;
        let own = socket.try_clone().map_err(refused)?;
        let stream = match &target.tls {
            None => Stream::Plain(own),
            Some(tls) => {
                let session = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone())
                    .map_err(|error| Broken::Refused(error.to_string()))?;
                let mut stream = StreamOwned::new(session, own);
                while stream.conn.is_handshaking() {
                    let done = stream.conn.complete_io(&mut stream.sock);
                    done.map_err(|error| no_tls(&error, target))?;
                }
                Stream::Tls(Box::new(stream))
            }
        };
        Ok(Self {
            stream,
            socket,
            input: Vec::new(),
            limit: MAX_RESPONSE,
        })
    }

    /// Takes responses of at most so many bytes; else 4 MiB.
    pub(crate) fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// A handle that closes this connection.
    pub(crate) fn closer(&self) -> Result<TcpStream, Broken> {
        self.socket
            .try_clone()
            .map_err(|error| Broken::Refused(error.to_string()))
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let stream: &mut dyn Write = match &mut self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream,
        };
        stream
            .write_all(bytes)
            .and_then(|()| stream.flush())
            .map_err(|_| Broken::Closed { partial: false })
    }

    /// Reads one response; what follows it stays for the next.
    pub(crate) fn read(&mut self, patience: Duration) -> Result<Response, Broken> {
        let end = Instant::now() + patience;
        loop {
            match parse(&self.input, false, self.limit)? {
                Parsed::Whole(response, length) => {
                    self.input.drain(..length);
                    return Ok(response);
                }
                Parsed::Interim(length) => {
                    self.input.drain(..length);
                    continue;
                }
                Parsed::Partial => {}
            }
            if !self.fill(end)? {
                return match parse(&self.input, true, self.limit)? {
                    Parsed::Whole(response, _) => Ok(response),
                    Parsed::Interim(_) | Parsed::Partial => Err(Broken::Closed {
                        partial: !self.input.is_empty(),
                    }),
                };
            }
            if self.input.len() > self.limit {
                return Err(Broken::NotHttp(format!("more than {} bytes", self.limit)));
            }
        }
    }

    /// Closes the connection, without waiting for anything.
    pub(crate) fn close(self) {
        // What is not open any more is closed already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Reads once. `false` at the end.
    fn fill(&mut self, end: Instant) -> Result<bool, Broken> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Broken::Silent);
            }
            if self.socket.set_read_timeout(Some(left)).is_err() {
                return Ok(false);
            }
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut buffer),
                Stream::Tls(stream) => stream.read(&mut buffer),
            };
            match read {
                Ok(count) => {
                    self.input.extend_from_slice(&buffer[..count]);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Err(Broken::Silent);
                }
                // A reset, or TLS without its goodbye: the end all the same.
                Err(_) => return Ok(false),
            }
        }
    }
}

enum Parsed {
    /// A response and its length.
    Whole(Response, usize),
    /// An interim response (1xx), which another one follows.
    Interim(usize),
    Partial,
}

fn parse(input: &[u8], ended: bool, limit: usize) -> Result<Parsed, Broken> {
    let not_http = |reason: String| Broken::NotHttp(reason);
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Response::new(&mut fields);
    let body_at = match head.parse(input) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(Parsed::Partial),
        Err(error) => return Err(not_http(error.to_string())),
    };
    let status = head.code.unwrap_or_default();
    if (100..200).contains(&status) {
        return Ok(Parsed::Interim(body_at));
    }
    let mut response = Response {
        status,
        reason: head.reason.unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|field| {
                let value = String::from_utf8_lossy(field.value).into_owned();
                (field.name.to_owned(), value)
            })
            .collect(),
        body: Bytes::new(),
    };
    let rest = &input[body_at..];
    if matches!(status, 204 | 304) {
        return Ok(Parsed::Whole(response, body_at));
    }
    if response.is_chunked() {
        let Some((body, length)) = unchunk(rest, limit)? else {
            return Ok(Parsed::Partial);
        };
        response.body = body.into();
        return Ok(Parsed::Whole(response, body_at + length));
    }
    let length = match response.header("content-length") {
        Some(length) => length
            .trim()
            .parse::<usize>()
            .map_err(|_| not_http(format!("Content-Length is {length}")))?,
        // It ends with the connection.
        None if ended => rest.len(),
        None => return Ok(Parsed::Partial),
    };
    let Some(body) = rest.get(..length) else {
        return Ok(Parsed::Partial);
    };
    response.body = Bytes::copy_from_slice(body);
    Ok(Parsed::Whole(response, body_at + length))
}

/// Joins chunks; the length of all with the framing.
fn unchunk(input: &[u8], limit: usize) -> Result<Option<(Vec<u8>, usize)>, Broken> {
    let broken = || Broken::NotHttp("a malformed chunk".to_owned());
    // Joined once all are there: what comes in small pieces is looked at again with each.
    let mut chunks: Vec<&[u8]> = Vec::new();
    let mut at = 0;
    loop {
        let (line, size) = match httparse::parse_chunk_size(&input[at..]) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(broken()),
        };
        at += line;
        if size == 0 {
            let mut fields = [httparse::EMPTY_HEADER; 20];
            return match httparse::parse_headers(&input[at..], &mut fields) {
                Ok(httparse::Status::Complete((length, _))) => {
                    Ok(Some((chunks.concat(), at + length)))
                }
                Ok(httparse::Status::Partial) => Ok(None),
                Err(_) => Err(broken()),
            };
        }
        let size = usize::try_from(size).map_err(|_| broken())?;
        if size > limit {
            return Err(broken());
        }
        let Some(chunk) = input.get(at..at + size + 2) else {
            return Ok(None);
        };
        chunks.push(chunk.strip_suffix(b"\r\n").ok_or_else(broken)?);
        at += size + 2;
    }
}

fn no_tls(error: &io::Error, target: &Target) -> Broken {
    let cause = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(reason)) => Broken::Untrusted {
            reason: reason_of(reason),
            fingerprint: target.fingerprint(),
        },
        Some(_) | None => Broken::Refused(format!("TLS: {error}")),
    }
}

/// Far more than a BOSH server has to say.
const MAX_RESPONSE: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(input: &[u8]) -> Option<(Response, usize)> {
        match parse(input, false, MAX_RESPONSE) {
            Ok(Parsed::Whole(response, length)) => Some((response, length)),
            _ => None,
        }
    }

    #[test]
    fn a_response_ends_with_its_length() {
        let input = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-a: b\r\n\r\nabcHTTP";
        let (response, length) = whole(input).unwrap();
        assert_eq!(&response.body[..], b"abc");
        assert_eq!(&input[length..], b"HTTP");
        assert_eq!(response.header("x-A"), Some("b"));
        for end in 0..length {
            assert!(whole(&input[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn chunks_are_joined() {
        let input =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n";
        let (response, length) = whole(input).unwrap();
        assert_eq!(&response.body[..], b"abcd");
        assert_eq!(length, input.len());
        for end in 0..length {
            assert!(whole(&input[..end]).is_none(), "{end}");
        }
        let mut broken = input.to_vec();
        // Behind the first chunk.
        broken[53] = b'z';
        assert!(parse(&broken, false, MAX_RESPONSE).is_err());
    }

    #[test]
    fn without_a_length_the_connection_ends_it() {
        let input = b"HTTP/1.0 404 Not Found\r\n\r\ngone";
        assert!(matches!(
            parse(input, false, MAX_RESPONSE),
            Ok(Parsed::Partial)
        ));
        let Ok(Parsed::Whole(response, _)) = parse(input, true, MAX_RESPONSE) else {
            panic!("no response");
        };
        assert_eq!((response.status, &response.body[..]), (404, &b"gone"[..]));
        assert!(parse(b"SSH-2.0-x\r\n", false, MAX_RESPONSE).is_err());
        let huge = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n";
        assert!(parse(huge, false, MAX_RESPONSE).is_err());
    }
}
