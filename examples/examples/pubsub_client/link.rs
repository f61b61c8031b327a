//! One connection: a socket, TLS on it, and the session. The machine says when TLS is due, and nothing here decides.

use std::{
    error::Error,
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use rustls::{
    ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use xmpp_pubsub::{
    sasl::{Mechanism, Password},
    session::{Client as Session, ClientConfig, Security},
    stream::Form as Transport,
};

use super::{Arguments, Weakest};

/// How long one look at the socket takes at most, and so how late a command is heard.
pub(super) const TICK: Duration = Duration::from_millis(10);
const TLS_LIMIT: Duration = Duration::from_secs(10);

/// One connection and the session on it.
pub(super) struct Link {
    stream: Stream,
    pub(super) session: Session,
    /// What has come and is not used yet.
    input: BytesMut,
}

impl Link {
    /// Connects. The outer error may pass, the inner one does not.
    pub(super) fn new(
        now: Duration,
        arguments: &Arguments,
    ) -> io::Result<Result<Self, Box<dyn Error>>> {
        let jid = &arguments.jid;
        let stream = match &arguments.server {
            Some(server) => TcpStream::connect(server)?,
            None => TcpStream::connect((jid.domain(), 5222))?,
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        if arguments.clear && !stream.peer_addr()?.ip().is_loopback() {
            return Ok(Err(
                "a server elsewhere is not talked to in the clear".into()
            ));
        }
        Ok(Self::open(now, arguments, stream))
    }

    fn open(
        now: Duration,
        arguments: &Arguments,
        stream: TcpStream,
    ) -> Result<Self, Box<dyn Error>> {
        // In the clear the session asks for TLS, and sends no password before. What stays on this machine counts as
        // protected.
        let security = if arguments.clear {
            Security::Protected
        } else {
            Security::Clear
        };
        let password = Password::new(&arguments.password);
        let config = ClientConfig::new(arguments.jid.clone(), password, getrandom::u64()?)
            .with_security(security)
            .with_weakest(match arguments.weakest {
                Weakest::Plain => Mechanism::Plain,
                Weakest::ScramSha1 => Mechanism::ScramSha1,
                Weakest::ScramSha256 => Mechanism::ScramSha256,
            });
        let mut session = Session::new(config, Transport::Tcp);
        session.open(now)?;
        Ok(Self {
            stream: Stream::Clear(stream),
            session,
            input: BytesMut::new(),
        })
    }

    /// Reads what is there within a tick.
    pub(super) fn receive(&mut self, now: Duration) {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.session.transport_lost(),
            Ok(count) => self
                .input
                .extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if is_nothing_yet(&error) => {}
            Err(_) => self.session.transport_lost(),
        }
        // An error is told by `ClientEvent::Closed`.
        let _ = self.session.handle_input(now, &mut self.input);
        self.session.handle_timeout(now);
    }

    pub(super) fn flush(&mut self) {
        while let Some(bytes) = self.session.poll_transmit() {
            if self
                .stream
                .write_all(&bytes)
                .and_then(|()| self.stream.flush())
                .is_err()
            {
                self.session.transport_lost();
            }
        }
    }

    pub(super) fn start_tls(&mut self, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
        self.flush();
        let mut roots = RootCertStore::empty();
        match &arguments.ca {
            Some(file) => {
                for certificate in CertificateDer::pem_file_iter(file)? {
                    roots.add(certificate?)?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // The certificate must be the domain's, whatever host serves it. RFC 6120 §13.7.
        let name = ServerName::try_from(arguments.jid.domain().to_owned())?;
        let connection = ClientConnection::new(Arc::new(config), name)?;
        if let Err(error) = self.stream.secure(connection) {
            // Anything but a certificate that is none may pass.
            if error.kind() == io::ErrorKind::InvalidData {
                return Err(error.into());
            }
            self.session.transport_lost();
            return Ok(());
        }
        // Which kind of channel binding a server knows is said by XEP-0440 only, so that none is used here.
        Ok(self.session.tls_ok(None)?)
    }
}

/// The socket, and TLS on it later.
enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    fn secure(&mut self, mut connection: ClientConnection) -> io::Result<()> {
        let Self::Clear(socket) = self else {
            return Ok(());
        };
        let mut socket = socket.try_clone()?;
        socket.set_read_timeout(Some(TLS_LIMIT))?;
        connection.complete_io(&mut socket)?;
        socket.set_read_timeout(Some(TICK))?;
        *self = Self::Tls(Box::new(StreamOwned::new(connection, socket)));
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}
