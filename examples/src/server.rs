//! What every server has in common: a listener with its exposure checked, and a running task.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
};

use crate::{repository::RepositoryError, settings::Settings, shutdown::Shutdown};

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    /// What it listens on: a word for people, and the address.
    pub addresses: Vec<(&'static str, SocketAddr)>,
    /// Ends when the shutdown was asked for and everything is closed.
    pub task: JoinHandle<()>,
}

impl Server {
    /// The address with this word.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses
            .iter()
            .find(|(word, _)| *word == name)
            .map(|(_, address)| *address)
    }
}

/// Who may reach a listener.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exposure {
    /// Carries secrets in clear: this machine only.
    Loopback,
    /// Any network, once no default password is left.
    Network,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken or cannot be had.
    #[error("cannot listen on {address}: {source}; choose another address with {flag}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A listener in clear was given an address that other machines reach.
    #[error("{flag} carries passwords in clear and takes a loopback address only, not {address}")]
    ClearOnNetwork {
        /// What was asked for.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
    },
    /// A password that stands in the documentation would be reachable from other machines.
    #[error(
        "{flag} {address} can be reached from other machines, but a user still has the default \
         password; give your own users with --seed"
    )]
    DefaultPassword {
        /// What was asked for.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
    },
    /// An extension or route point of the seed is no number.
    #[error("`{0}` is no number that a phone can dial; change it in the file of --seed")]
    Number(String),
    /// The data folder cannot be used.
    #[error("cannot use {path}: {source}; name another folder with --data-dir")]
    DataDir {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Keys or certificates cannot be made or read.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// The XMPP domain makes no address.
    #[error("`{domain}` is no XMPP domain: {reason}; give one with --xmpp-domain")]
    Domain {
        /// What was given.
        domain: String,
        /// What is wrong with it.
        reason: xmpp_pubsub::JidError,
    },
    /// The database cannot be opened, read or written.
    #[error("cannot use the database {path}: {reason}")]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

impl From<RepositoryError> for StartError {
    fn from(error: RepositoryError) -> Self {
        Self::Database {
            path: error.path,
            reason: error.reason,
        }
    }
}

/// Opens the listener behind `flag`.
///
/// # Errors
///
/// The exposure is not allowed with these settings, or the address cannot be had.
pub async fn bind(
    settings: &Settings,
    flag: &'static str,
    address: SocketAddr,
    exposure: Exposure,
) -> Result<TcpListener, StartError> {
    if !address.ip().is_loopback() {
        if exposure == Exposure::Loopback {
            return Err(StartError::ClearOnNetwork { address, flag });
        }
        if settings.seed.has_default_password() {
            return Err(StartError::DefaultPassword { address, flag });
        }
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Bind {
            address,
            flag,
            source,
        })
}

/// Whether a connection found one of the places that [`accept`] keeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Room {
    /// It has one until it is served.
    Taken,
    /// All are taken; all that is left is to say so.
    None,
}

/// Takes connections until the end is asked for, serves each in a task, `places` at a time, and then waits
/// for those that are open, at most for `grace`.
pub async fn accept<S>(
    listener: TcpListener,
    places: usize,
    grace: Duration,
    shutdown: &Shutdown,
    mut serve: impl FnMut(TcpStream, Room) -> S,
) where
    S: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(places));
    let mut open = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = shutdown.requested() => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let place = Arc::clone(&places).try_acquire_owned().ok();
        let room = if place.is_some() {
            Room::Taken
        } else {
            Room::None
        };
        // Boxed, since a task would keep room for it twice: given, and being awaited.
        let served = Box::pin(serve(stream, room));
        open.spawn(async move {
            served.await;
            drop(place);
        });
    }
    drop(listener);
    let all = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, all).await.is_err() {
        open.shutdown().await;
    }
}

/// After an error that may last, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::with_data_dir(PathBuf::new())
    }

    #[tokio::test]
    async fn a_listener_in_clear_stays_on_loopback() {
        let address = "0.0.0.0:0".parse().unwrap();
        let result = bind(&settings(), "--finesse-http", address, Exposure::Loopback).await;
        assert!(matches!(result, Err(StartError::ClearOnNetwork { .. })));
    }

    #[tokio::test]
    async fn a_default_password_stays_on_loopback() {
        let address = "0.0.0.0:0".parse().unwrap();
        let result = bind(&settings(), "--finesse-https", address, Exposure::Network).await;
        assert!(matches!(result, Err(StartError::DefaultPassword { .. })));
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_flag_that_changes_it() {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(&settings(), "--finesse-https", address, Exposure::Network)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("--finesse-https"), "{error}");
        assert!(error.contains(&address.to_string()), "{error}");
    }
}
