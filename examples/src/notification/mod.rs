//! The notification service: XMPP with publish-subscribe, over TCP, TLS, WebSocket and BOSH.
//!
//! | file | what it does |
//! | --- | --- |
//! | `hub.rs` | one router and one pubsub service for all sessions, whatever their transport |
//! | `nodes.rs` | which nodes there are, and who may see them |
//! | `journal.rs` | writes down what lasts, in a thread of its own |
//! | `login.rs` | checks passwords: the web service's secret, everybody else's with CUCM |
//! | `session.rs` | a client with a task of its own |
//! | `outlet.rs` | the way out to a client over TCP: what waits, its machine, the writing half of its stream |
//! | `tcp.rs` | the listeners on 5222 and 5223 |
//! | `websocket.rs` | `/ws/` beside BOSH |
//! | `bosh.rs` | all BOSH sessions, in one task |
//! | `pace.rs` | how much one client may say |
//! | `web.rs` | HTTP around BOSH and WebSocket, and the tunnel's files |
//!
//! The protocol is in `xmpp-pubsub` and `bosh`; here are sockets, tasks and policy.

mod bosh;
mod hub;
mod journal;
mod login;
mod nodes;
mod outlet;
mod pace;
mod session;
mod tcp;
#[cfg(test)]
mod tests;
mod web;
mod websocket;
mod writer;

use std::sync::Arc;

use tokio::{net::TcpListener, sync::oneshot};
use xmpp_pubsub::Jid;

use self::{
    bosh::Sessions,
    hub::Hub,
    journal::{Journal, Writing},
    login::Login,
    session::Clients,
};
use crate::{
    data_dir,
    http::{self, Limits},
    repository::{NotificationRepository as _, SqliteNotificationRepository},
    server::{Exposure, Server, StartError, bind},
    settings::{NotificationStorage, Settings},
    shutdown::{self, Shutdown},
    tls,
};

/// Starts the notification service on its four own. It ends by itself when what clients did cannot be written down.
///
/// # Errors
///
/// An address is taken or not allowed, the domain is none, or the data folder or the database cannot be used.
pub async fn start(settings: Arc<Settings>, shutdown: Shutdown) -> Result<Server, StartError> {
    let own = settings.notification;
    let xmpp = bind(
        &settings,
        "--notification-xmpp",
        own.xmpp,
        Exposure::Loopback,
    )
    .await?;
    let flag = "--notification-xmpp-tls";
    let xmpp_tls = bind(&settings, flag, own.xmpp_tls, Exposure::Network).await?;
    let clear = bind(
        &settings,
        "--notification-bosh",
        own.bosh,
        Exposure::Loopback,
    )
    .await?;
    let flag = "--notification-bosh-tls";
    let secure = bind(&settings, flag, own.bosh_tls, Exposure::Network).await?;

    let domain = |name: &str| {
        Jid::new(name).map_err(|reason| StartError::Domain {
            domain: name.to_owned(),
            reason,
        })
    };
    let names = hub::Names {
        domain: domain(&settings.xmpp_domain)?,
        pubsub: domain(&settings.pubsub_domain())?,
    };
    let secret = data_dir::secret(&settings.data_dir, login::SECRET_FILE)?;
    let login = Login::new(&settings, secret)?;
    let tls = tls::server_config(&settings)?;
    let (hub, writing) = open_hub(&settings, &names)?;

    let listening = vec![
        ("xmpp", local(&xmpp, own.xmpp)?),
        ("xmpp-tls", local(&xmpp_tls, own.xmpp_tls)?),
        ("bosh", local(&clear, own.bosh)?),
        ("bosh-tls", local(&secure, own.bosh_tls)?),
    ];

    // The end comes from outside, or from the journal.
    let asked = shutdown;
    let (trigger, shutdown) = shutdown::channel();
    let (sessions, bosh) = Sessions::spawn(
        names.domain.clone(),
        &own,
        hub.clone(),
        login.clone(),
        shutdown.clone(),
    );
    let clients = Clients::new(names.domain, &own, hub.clone(), login, shutdown.clone());
    let limits = Limits {
        connections: own.connections(),
        ..Limits::default()
    };
    let router = web::router(&settings, sessions.clone(), clients.clone());
    let mut direct = (*tls).clone();
    // Clients that offer ALPN on this port offer XMPP (XEP-0368).
    direct.alpn_protocols = vec![b"xmpp-client".to_vec()];
    let tasks = [
        tokio::spawn(tcp::accept(clients.clone(), xmpp, None)),
        tokio::spawn(tcp::accept(
            clients.clone(),
            xmpp_tls,
            Some(Arc::new(direct)),
        )),
        tokio::spawn(clients.farewell()),
        tokio::spawn(hub.clone().keep_time(shutdown.clone())),
        tokio::spawn(http::serve_held(
            clear,
            None,
            sessions.clone(),
            router.clone(),
            limits,
            shutdown.clone(),
        )),
        tokio::spawn(http::serve_held(
            secure,
            Some(tls),
            sessions,
            router,
            limits,
            shutdown,
        )),
        bosh,
    ];
    let (alive, journal_ended) = oneshot::channel();
    let journal = writing.map(|writing| tokio::spawn(keep_journal(hub.clone(), writing, alive)));
    let task = tokio::spawn(async move {
        tokio::select! {
            () = asked.requested() => {}
            _ = journal_ended, if journal.is_some() => {}
        }
        trigger.request();
        for task in tasks {
            // A panic in it has been printed.
            let _ = task.await;
        }
        hub.close_journal();
        if let Some(journal) = journal {
            let _ = journal.await;
        }
    });
    Ok(Server {
        addresses: listening,
        task,
    })
}

/// The hub with the nodes of the journal and of the seed.
fn open_hub(settings: &Settings, names: &hub::Names) -> Result<(Hub, Option<Writing>), StartError> {
    let (for_service, for_router) = (random()?, random()?);
    let seed = &settings.seed;
    let (service, journal, writing) = match settings.notification.storage {
        NotificationStorage::Memory => {
            let service = nodes::service(names, seed, for_service, None);
            (service, None, None)
        }
        NotificationStorage::Sqlite => {
            let path = settings.data_dir.join(DATABASE);
            let mut repository = SqliteNotificationRepository::open(&path)?;
            let entries = repository.entries()?;
            let mut service = nodes::service(names, seed, for_service, Some(entries));
            let (journal, writing) = Journal::begin(repository, &mut service)?;
            (service, Some(journal), Some(writing))
        }
    };
    let hub = Hub::new(names.clone(), service, journal, for_router);
    Ok((hub, writing))
}

/// Hands on what the journal's thread reports, until it ends; `alive` is dropped as soon as it cannot write any more.
async fn keep_journal(hub: Hub, writing: Writing, alive: oneshot::Sender<()>) {
    let Writing { reports, thread } = writing;
    hub.keep_journal(reports).await;
    drop(alive);
    // A panic in it has been printed.
    let _ = thread.await;
}

fn local(
    listener: &TcpListener,
    asked: std::net::SocketAddr,
) -> Result<std::net::SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Bind {
        address: asked,
        flag: "--notification-xmpp",
        source,
    })
}

/// A number that nobody else knows.
fn random() -> Result<u64, StartError> {
    getrandom::u64().map_err(|error| StartError::Tls(error.to_string()))
}

/// Name of the database file in the data folder.
const DATABASE: &str = "notification.sqlite";
