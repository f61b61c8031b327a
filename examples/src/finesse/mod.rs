//! The web service: REST, notifications, and the agent desktop.
//!
//! ```text
//!   browser --REST--> api --\                  /--> cti --GED-188--> engine
//!                            > node { core } --
//!   engine --GED-188--> cti -/                  \--> publisher --XMPP--> notification service
//! ```
//!
//! [`core`] holds all rules and no socket; `node` gives it clocks and a lock; the others move bytes.

mod api;
mod caller;
mod connect;
pub mod core;
mod cti;
mod desktop;
mod node;
mod publisher;

use std::sync::Arc;

use tokio::task::JoinSet;

use self::{api::App, core::Config, node::Node};
use crate::{
    data_dir, http,
    realm::Realm,
    repository::{FinesseRepository as _, SqliteFinesseRepository},
    server::{Exposure, Server, StartError, bind},
    settings::Settings,
    shutdown::Shutdown,
    tls,
};

/// Starts the web service.
///
/// # Errors
///
/// An address is taken, or the data folder cannot be used.
pub async fn start(settings: Arc<Settings>, shutdown: Shutdown) -> Result<Server, StartError> {
    let clear = bind(
        &settings,
        "--finesse-http",
        settings.finesse.http,
        Exposure::Loopback,
    )
    .await?;
    let secure = bind(
        &settings,
        "--finesse-https",
        settings.finesse.https,
        Exposure::Network,
    )
    .await?;
    let tls = tls::server_config(&settings)?;
    let addresses = [("http", clear.local_addr()), ("https", secure.local_addr())];
    let addresses = addresses
        .into_iter()
        .filter_map(|(name, address)| Some((name, address.ok()?)));
    let addresses: Vec<_> = addresses.collect();

    let secret = data_dir::secret(&settings.data_dir, publisher::SECRET_FILE)?;
    let account = publisher::Account::new(&settings, secret.expose()).map_err(|reason| {
        StartError::Domain {
            domain: settings.xmpp_domain.clone(),
            reason,
        }
    })?;
    let mut config = config(&settings)?;
    if let Ok(address) = secure.local_addr() {
        config.https_port = address.port();
    }
    let node = Node::new(config);
    let app = App {
        node: node.clone(),
        realm: Realm::new(&settings)?,
    };
    let router = api::router()
        .with_state(app.clone())
        .merge(desktop::router(app, Arc::clone(&settings)));
    let limits = http::Limits {
        body_bytes: core::MAX_BODY,
        ..http::Limits::default()
    };

    let mut tasks = JoinSet::new();
    tasks.spawn(http::serve(
        clear,
        None,
        router.clone(),
        limits,
        shutdown.clone(),
    ));
    tasks.spawn(http::serve(
        secure,
        Some(tls),
        router,
        limits,
        shutdown.clone(),
    ));
    let engines = [settings.engine.cti];
    let (engine_node, engine_shutdown) = (node.clone(), shutdown.clone());
    tasks.spawn(async move { cti::run(engine_node, &engines, engine_shutdown).await });
    tasks.spawn(publisher::run(node.clone(), account, shutdown.clone()));
    tasks.spawn(async move { node.keep_time(shutdown).await });
    let task = tokio::spawn(async move { while tasks.join_next().await.is_some() {} });
    Ok(Server { addresses, task })
}

fn config(settings: &Settings) -> Result<Config, StartError> {
    data_dir::create(&settings.data_dir)?;
    let path = settings.data_dir.join(DATABASE);
    let (codes, reasons) = (
        core::default_reason_codes(),
        core::default_wrap_up_reasons(),
    );
    let mut repository = SqliteFinesseRepository::open(&path, &codes, &reasons)?;
    let (reason_codes, wrap_up_reasons) =
        (repository.reason_codes()?, repository.wrap_up_reasons()?);
    Ok(Config {
        host: settings.xmpp_domain.clone(),
        https_port: settings.finesse.https.port(),
        xmpp_domain: settings.xmpp_domain.clone(),
        pubsub_domain: settings.pubsub_domain(),
        xmpp_port: settings.notification.xmpp.port(),
        xmpp_secure_port: settings.notification.xmpp_tls.port(),
        cti_host: settings.engine.cti.ip().to_string(),
        cti_version: cti::VERSION,
        wrap_up_seconds: settings.seed.queue.wrap_up_seconds,
        reason_codes,
        wrap_up_reasons,
        ..Config::default()
    })
}

/// Name of the database file in the data folder.
const DATABASE: &str = "finesse.sqlite";
