//! All servers in one process, over real loopback sockets.

use std::{fmt, future::Future, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::task::JoinHandle;

use crate::{
    cucm, engine, finesse, notification,
    server::{Server, StartError},
    settings::Settings,
    shutdown::{self, Shutdown, ShutdownTrigger},
    tls,
};

/// The running servers.
#[derive(Debug)]
pub struct ContactCenter {
    /// The settings with the addresses that are really in use.
    pub settings: Arc<Settings>,
    /// In the order in which they end.
    servers: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    addresses: Vec<(&'static str, SocketAddr)>,
    trigger: ShutdownTrigger,
    task: JoinHandle<()>,
}

impl ContactCenter {
    /// Starts the servers one after the other. Port 0 takes any free port; the servers that come later
    /// are told which.
    ///
    /// # Errors
    ///
    /// One of them could not start; those already up are stopped.
    pub async fn start(mut settings: Settings) -> Result<Self, StartError> {
        let mut servers = Vec::new();

        let part = start("cucm", &settings, cucm::start).await?;
        part.take("axl", &mut settings.cucm.axl);
        part.take("switch", &mut settings.cucm.switch);
        servers.push(part);

        let part = start("engine", &settings, engine::start).await?;
        part.take("cti", &mut settings.engine.cti);
        servers.push(part);

        let part = start("notification", &settings, notification::start).await?;
        part.take("xmpp", &mut settings.notification.xmpp);
        part.take("xmpp-tls", &mut settings.notification.xmpp_tls);
        part.take("bosh", &mut settings.notification.bosh);
        part.take("bosh-tls", &mut settings.notification.bosh_tls);
        servers.push(part);

        let part = start("finesse", &settings, finesse::start).await?;
        part.take("http", &mut settings.finesse.http);
        part.take("https", &mut settings.finesse.https);
        servers.push(part);

        // Whoever depends on another ends before it.
        servers.reverse();
        Ok(Self {
            settings: Arc::new(settings),
            servers,
        })
    }

    /// Ends the servers in order: the web service first, the switch last.
    pub async fn stop(self) {
        for part in self.servers {
            part.trigger.request();
            if part.task.await.is_err() {
                tracing::error!(server = part.name, "panicked while it closed");
            }
        }
    }

    /// Returns when one of the servers has ended by itself, with its name.
    pub async fn failed(&mut self) -> &'static str {
        let ends = self.servers.iter_mut().map(|part| {
            let name = part.name;
            Box::pin(async move {
                let _ = (&mut part.task).await;
                name
            })
        });
        futures::future::select_all(ends).await.0
    }
}

impl Part {
    fn take(&self, name: &str, address: &mut SocketAddr) {
        if let Some((_, bound)) = self.addresses.iter().find(|(word, _)| *word == name) {
            *address = *bound;
        }
    }
}

async fn start<F, S>(name: &'static str, settings: &Settings, start: F) -> Result<Part, StartError>
where
    F: FnOnce(Arc<Settings>, Shutdown) -> S,
    S: Future<Output = Result<Server, StartError>>,
{
    let (trigger, shutdown) = shutdown::channel();
    let server = start(Arc::new(settings.clone()), shutdown).await?;
    Ok(Part {
        name,
        addresses: server.addresses,
        trigger,
        task: server.task,
    })
}

/// What a person reads when everything is up.
#[derive(Debug)]
pub struct Welcome<'a>(pub &'a Settings);

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0;
        let authority: PathBuf = tls::authority_path(settings);
        let clear = url_host(settings.finesse.http);
        let secure = url_host(settings.finesse.https);
        writeln!(f, "The contact centre is up.\n")?;
        writeln!(f, "  Agent desktop   http://{clear}/desktop/")?;
        writeln!(
            f,
            "                  https://{secure}/desktop/ (certificates: see below)"
        )?;
        if let Some(agent) = settings.seed.agents.first() {
            let last = settings.seed.agents.last().unwrap_or(agent);
            writeln!(
                f,
                "  Sign in as      {}, extension {}",
                agent.login_id, agent.extension
            )?;
            if settings.seed.has_default_password() {
                writeln!(
                    f,
                    "  Password        ccx-<id>, so ccx-{}; agents go up to {}",
                    agent.login_id, last.login_id
                )?;
            }
        }
        match settings.caller.calls_per_minute {
            0 => writeln!(
                f,
                "  Calls           none by themselves; use \"Call me\" on the page"
            )?,
            calls => writeln!(
                f,
                "  Calls           {calls} a minute to whoever is READY (--calls-per-minute)"
            )?,
        }
        writeln!(f)?;
        writeln!(f, "  REST API        http://{clear}/finesse/api/")?;
        writeln!(f, "  CTI (GED-188)   {}, UCCX dialect", settings.engine.cti)?;
        writeln!(
            f,
            "  XMPP            {}, TLS {}; domain {}",
            settings.notification.xmpp, settings.notification.xmpp_tls, settings.xmpp_domain
        )?;
        writeln!(
            f,
            "  BOSH            http://{}/http-bind/, https://{}/http-bind/",
            url_host(settings.notification.bosh),
            url_host(settings.notification.bosh_tls)
        )?;
        writeln!(
            f,
            "  WebSocket       ws://{}/ws/, wss://{}/ws/",
            url_host(settings.notification.bosh),
            url_host(settings.notification.bosh_tls)
        )?;
        writeln!(
            f,
            "  AXL             https://{}/axl/",
            url_host(settings.cucm.axl)
        )?;
        writeln!(f, "  Switch          {}", settings.cucm.switch)?;
        writeln!(f)?;
        writeln!(f, "  Certificates are signed by {}.", authority.display())?;
        writeln!(
            f,
            "  Data is kept in {}. Ctrl-C ends it.",
            settings.data_dir.display()
        )
    }
}

/// `localhost` for this machine's own addresses: a person's browser knows that name.
fn url_host(address: SocketAddr) -> String {
    if address.ip().is_loopback() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}
