//! POST requests on connections that are used again.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Uri,
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::spawn_local};

/// What all connections together have done.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Requests that were answered.
    pub(super) requests: Cell<u64>,
    /// Bytes of their bodies.
    pub(super) bytes: Cell<u64>,
    /// Requests that broke.
    pub(super) errors: Cell<u64>,
}

/// Where requests go. Clones are for the same place and count together.
#[derive(Clone, Debug)]
pub(super) struct Target {
    address: SocketAddr,
    uri: Uri,
    pub(super) counts: Rc<Counts>,
}

impl Target {
    /// # Errors
    ///
    /// It is not `http`, or not on this machine.
    pub(super) fn new(url: &str) -> io::Result<Self> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
        let rest = url
            .strip_prefix("http://")
            .ok_or_else(|| invalid("the URL does not start with http://"))?;
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let address: SocketAddr = address
            .parse()
            .map_err(|_| invalid("the URL names no address and port"))?;
        if !address.ip().is_loopback() {
            return Err(invalid("load is for servers on this machine only"));
        }
        let uri = format!("/{path}")
            .parse()
            .map_err(|_| invalid("the URL has no good path"))?;
        Ok(Self {
            address,
            uri,
            counts: Rc::default(),
        })
    }

    /// Another path of the same server.
    pub(super) fn with_path(&self, path: &'static str) -> Self {
        Self {
            uri: Uri::from_static(path),
            ..self.clone()
        }
    }
}

/// The connections of one client.
#[derive(Debug)]
pub(super) struct Connections {
    target: Target,
    idle: RefCell<Vec<SendRequest<Full<Bytes>>>>,
}

impl Connections {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            idle: RefCell::default(),
        }
    }

    /// Status and body of the answer.
    pub(super) async fn post(&self, body: Bytes) -> io::Result<(u16, Bytes)> {
        let Counts {
            requests,
            bytes,
            errors,
        } = &*self.target.counts;
        let length = body.len() as u64;
        let answer = self.exchange(body).await;
        if answer.is_ok() {
            requests.set(requests.get() + 1);
            bytes.set(bytes.get() + length);
        } else {
            errors.set(errors.get() + 1);
        }
        answer
    }

    async fn exchange(&self, body: Bytes) -> io::Result<(u16, Bytes)> {
        let mut connection = match self.free() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let request = Request::post(self.target.uri.clone())
            .header(HOST, self.target.address.to_string())
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .body(Full::new(body))
            .map_err(io::Error::other)?;
        let response = connection.send_request(request).await;
        let response = response.map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        let body = body.map_err(io::Error::other)?.to_bytes();
        self.idle.borrow_mut().push(connection);
        Ok((status, body))
    }

    fn free(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.borrow_mut();
        // The server may have closed it, or not yet be through with it.
        idle.retain(|connection| !connection.is_closed());
        let at = idle.iter().rposition(SendRequest::is_ready)?;
        let found = idle.swap_remove(at);
        // Who waits has no need of the second one, which was opened in order to send.
        idle.clear();
        Some(found)
    }

    async fn connect(&self) -> io::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.target.address).await?;
        stream.set_nodelay(true)?;
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(io::Error::other)?;
        spawn_local(async move {
            // Why it broke is told to the request.
            let _ = connection.await;
        });
        Ok(sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_stays_on_this_machine() {
        assert!(Target::new("http://127.0.0.1:80/http-bind").is_ok());
        assert!(Target::new("http://[::1]:80/").is_ok());
        for url in [
            "http://192.0.2.1:80/",
            "http://localhost:80/",
            "http://127.0.0.1/",
            "https://127.0.0.1:80/",
        ] {
            assert!(Target::new(url).is_err(), "{url}");
        }
    }
}
