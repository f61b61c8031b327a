//! Which server is tested: its URL, its address, and the TLS that leads there.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::trust::{Shown, client_config};
use super::{Fingerprint, Trust};

/// Where requests go.
#[derive(Clone, Debug)]
pub struct Target {
    /// `host:port` as the Host header has it.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) address: SocketAddr,
    pub(super) tls: Option<Tls>,
    host: String,
    url: String,
}

#[derive(Clone, Debug)]
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
    shown: Arc<Shown>,
}

/// Why a URL cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Not of the form.
    #[error("{0} is no URL of the form http://host[:port]/path or https://host[:port]/path")]
    Url(String),
    /// No address belongs to the name.
    #[error("no address of {name}: {source}")]
    Resolve {
        /// The host.
        name: String,
        /// What the system says.
        source: io::Error,
    },
    /// The certificates cannot be read.
    #[error("no certificates to trust from {from}: {reason}")]
    Certificates {
        /// A file, or the system.
        from: String,
        /// What is wrong.
        reason: String,
    },
}

impl Target {
    /// Reads a URL and looks its host up.
    ///
    /// # Errors
    ///
    /// Not a URL of HTTP, no address, or no certificates to trust.
    pub fn new(url: &str, trust: &Trust) -> Result<Self, TargetError> {
        let malformed = || TargetError::Url(url.to_owned());
        let (secure, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err(malformed()),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let printable = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        if !printable(authority) || !printable(path) || authority.contains('@') {
            return Err(malformed());
        }
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let (host, port) = split_port(authority).ok_or_else(malformed)?;
        let port = port.unwrap_or(if secure { 443 } else { 80 });
        let resolve = |source| TargetError::Resolve {
            name: host.to_owned(),
            source,
        };
        let address = (host, port)
            .to_socket_addrs()
            .map_err(resolve)?
            // Small servers listen on IPv4 alone.
            .min_by_key(SocketAddr::is_ipv6)
            .ok_or_else(|| resolve(io::ErrorKind::NotFound.into()))?;
        let tls = if secure {
            let name = ServerName::try_from(host.to_owned()).map_err(|_| malformed())?;
            let shown = Arc::default();
            Some(Tls {
                config: client_config(trust, Arc::clone(&shown))?,
                name,
                shown,
            })
        } else {
            None
        };
        Ok(Self {
            authority: authority.to_owned(),
            path,
            address,
            tls,
            host: host.to_owned(),
            url: url.to_owned(),
        })
    }

    /// Host of the URL: what sessions ask for unless a domain is named.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether TLS leads there.
    pub const fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The certificate that the server showed last.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.tls.as_ref()?.shown.fingerprint()
    }

    /// Whether the server is on this machine: nobody else's can be hit by a slip of the pen.
    pub const fn is_local(&self) -> bool {
        match self.address.ip() {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(ip) => ip.is_loopback(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Host without brackets, and port.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        (host, rest.strip_prefix(':'))
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    if host.is_empty() {
        return None;
    }
    Some((host, port.map(str::parse).transpose().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Option<Target> {
        Target::new(url, &Trust::Anyone).ok()
    }

    #[test]
    fn a_url_is_taken_apart() {
        let plain = target("http://127.0.0.1:5280/http-bind?x=1").unwrap();
        assert_eq!(plain.address, "127.0.0.1:5280".parse().unwrap());
        assert_eq!(plain.path, "/http-bind?x=1");
        assert_eq!(plain.authority, "127.0.0.1:5280");
        assert!(plain.tls.is_none() && plain.is_local());
        let secure = target("HTTPS://[::1]/").unwrap();
        assert_eq!(secure.address, "[::1]:443".parse().unwrap());
        assert_eq!(secure.host(), "::1");
        assert!(secure.tls.is_some() && secure.is_local());
        assert_eq!(target("http://127.0.0.1").unwrap().path, "/");
        assert!(!target("http://192.0.2.1/").unwrap().is_local());
    }

    #[test]
    fn what_could_change_a_request_is_no_url() {
        for url in [
            "127.0.0.1:5280/http-bind",
            "ftp://127.0.0.1/",
            "http:///x",
            "http://127.0.0.1:port/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1/a b",
            "http://127.0.0.1/\r\nX: y",
        ] {
            assert!(target(url).is_none(), "{url}");
        }
    }
}
