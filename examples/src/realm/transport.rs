//! AXL calls over HTTPS, with connections kept for the next call.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use soap_axl::{HttpRequest, ResponseHead, axl};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::parking::lock;

/// Connections to one AXL server.
pub(super) struct Transport {
    address: SocketAddr,
    tls: TlsConnector,
    idle: Mutex<Vec<Sender>>,
}

type Sender = http1::SendRequest<Full<Bytes>>;

/// What went wrong below AXL.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// TCP or TLS.
    #[error("{0}")]
    Io(Arc<std::io::Error>),
    /// HTTP.
    #[error("{0}")]
    Http(Arc<hyper::Error>),
    /// A header or path that HTTP cannot carry.
    #[error("{0}")]
    Request(Arc<http::Error>),
}

impl From<std::io::Error> for TransportError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<hyper::Error> for TransportError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(Arc::new(error))
    }
}

impl From<http::Error> for TransportError {
    fn from(error: http::Error) -> Self {
        Self::Request(Arc::new(error))
    }
}

impl Transport {
    pub(super) fn new(address: SocketAddr, tls: Arc<rustls::ClientConfig>) -> Self {
        // A server that listens everywhere is asked on loopback.
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        let address = SocketAddr::new(ip, address.port());
        Self {
            address,
            tls: tls.into(),
            idle: Mutex::default(),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a call and reads its answer. Only for operations that may be done twice: when a kept
    /// connection breaks, the call goes out again on a new one.
    pub(super) async fn call<R: axl::Content>(
        &self,
        call: axl::Call<R>,
    ) -> Result<Result<R, axl::AxlCallError>, TransportError> {
        let axl::Call { request, pending } = call;
        let (sender, response) = self.send(&request).await?;
        let (head, mut body) = response.into_parts();
        let mut response = ResponseHead::new(head.status.as_u16());
        for (name, value) in &head.headers {
            response = response.header(name.as_str(), value.as_bytes());
        }
        let mut reply = match pending.receive(response) {
            Ok(reply) => reply,
            Err(error) => return Ok(Err(error)),
        };
        while let Some(frame) = body.frame().await {
            if let Some(chunk) = frame?.data_ref()
                && let Err(error) = reply.handle_body(chunk)
            {
                // The rest is not wanted: the connection is dropped with it.
                return Ok(Err(error));
            }
        }
        self.keep(sender);
        Ok(reply.finish())
    }

    async fn send(
        &self,
        request: &HttpRequest,
    ) -> Result<(Sender, hyper::Response<Incoming>), TransportError> {
        while let Some(mut sender) = self.take() {
            // One that the server has closed meanwhile.
            let alive = sender.ready().await.is_ok();
            if alive && let Ok(response) = sender.send_request(self.to_hyper(request)?).await {
                return Ok((sender, response));
            }
        }
        let mut sender = self.connect().await?;
        let response = sender.send_request(self.to_hyper(request)?).await?;
        Ok((sender, response))
    }

    async fn connect(&self) -> Result<Sender, TransportError> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::IpAddress(self.address.ip().into());
        let stream = self.tls.connect(name, stream).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // How a connection ends is told to whoever waits on it.
            let _ = connection.await;
        });
        Ok(sender)
    }

    fn to_hyper(
        &self,
        request: &HttpRequest,
    ) -> Result<hyper::Request<Full<Bytes>>, TransportError> {
        let mut builder = hyper::Request::builder()
            .method(request.method)
            .uri(&request.path)
            .header("Host", self.address.to_string());
        for (name, value) in request.headers.iter() {
            let mut value = http::HeaderValue::try_from(value).map_err(http::Error::from)?;
            value.set_sensitive(matches!(name, "Authorization" | "Cookie"));
            builder = builder.header(name, value);
        }
        Ok(builder.body(Full::new(request.body.clone()))?)
    }

    fn take(&self) -> Option<Sender> {
        lock(&self.idle).pop()
    }

    fn keep(&self, sender: Sender) {
        let mut idle = lock(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(sender);
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Connections kept for the next call.
const MAX_IDLE: usize = 8;
