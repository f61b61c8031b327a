//! The CTI server: the listener on `--engine-cti` and what it starts.

use std::{collections::BTreeMap, sync::Arc};

use cti_proto::{
    Dialect,
    session::{server, service},
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    time::Duration,
};

use super::{
    connection::{self, FromClient},
    hub::{EngineClock, Hub},
    machine::{Config, Engine, Profile, Queue},
    wire::MAX_EXTENSION,
};
use crate::{
    data_dir,
    repository::{EngineRepository as _, SqliteEngineRepository},
    seed::{Seed, SeedRole},
    server::{Exposure, Room, Server, StartError, accept, bind},
    settings::Settings,
    shutdown::{Shutdown, serve_while},
    telephony::{Address, RemoteProvider},
};

/// Starts the engine: reads what the last one kept, looks for the switch at `--cucm-switch`, and
/// listens on `--engine-cti`. Clients are taken once the switch has shown itself.
///
/// # Errors
///
/// The address is taken or not a loopback one, the database cannot be used, or the seed holds an
/// extension or route point that cannot be dialled.
pub async fn start(settings: Arc<Settings>, shutdown: Shutdown) -> Result<Server, StartError> {
    let listener = bind(&settings, FLAG, settings.engine.cti, Exposure::Loopback).await?;
    let address = listener.local_addr().map_err(|source| StartError::Bind {
        address: settings.engine.cti,
        flag: FLAG,
        source,
    })?;
    let config = engine_config(&settings.seed)?;
    data_dir::create(&settings.data_dir)?;
    let path = settings.data_dir.join("engine.sqlite");
    let mut repository = SqliteEngineRepository::open(&path)?;
    let saved = repository.load()?;
    let clock = EngineClock::start();
    let engine = Engine::new(clock.now(), config, saved);
    let provider = RemoteProvider::connect(settings.cucm.switch);
    let hub = Hub::new(engine, session_config(), clock, provider, repository);

    let (clients, from_clients) = mpsc::channel(REQUESTS);
    let (ready, is_ready) = oneshot::channel();
    let hub = tokio::spawn(hub.run(from_clients, ready, shutdown.clone()));
    let task = tokio::spawn(async move {
        let listen = async {
            // The hub lets this go only if it ends.
            if is_ready.await.is_ok() {
                accept(listener, MAX_CLIENTS, GRACE, &shutdown, |stream, room| {
                    client(stream, room, clients.clone())
                })
                .await;
            }
            drop(clients);
        };
        serve_while("engine", hub, listen, &shutdown).await;
    });
    Ok(Server {
        addresses: vec![("cti", address)],
        task,
    })
}

/// The agents, teams and queue of the seed.
fn engine_config(seed: &Seed) -> Result<Config, StartError> {
    let address = |text: &str| {
        Address::new(text)
            .ok()
            .filter(|address| address.as_str().len() <= MAX_EXTENSION)
            .ok_or_else(|| StartError::Number(text.to_owned()))
    };
    let agents: Result<_, StartError> = seed
        .agents
        .iter()
        .map(|agent| {
            Ok(Profile {
                login_id: agent.login_id.clone(),
                first_name: agent.first_name.clone(),
                last_name: agent.last_name.clone(),
                extension: address(&agent.extension)?,
                supervisor: agent.role == SeedRole::Supervisor,
                team: agent.team,
            })
        })
        .collect();
    Ok(Config {
        agents: agents?,
        teams: seed
            .teams
            .iter()
            .map(|team| (team.id, team.name.clone()))
            .collect::<BTreeMap<_, _>>(),
        queue: Queue {
            id: seed.queue.id,
            name: seed.queue.name.clone(),
            route_point: address(&seed.queue.route_point)?,
            wrap_up: Duration::from_secs(seed.queue.wrap_up_seconds.into()),
        },
        ring_limit: RING_LIMIT,
    })
}

/// Serves one connection of the listener. One without a place is dropped: it has not said which
/// version a refusal would have to be written in.
async fn client(stream: TcpStream, room: Room, hub: mpsc::Sender<FromClient>) {
    match room {
        Room::Taken => connection::serve(stream, hub).await,
        Room::None => tracing::debug!(max = MAX_CLIENTS, "CTI: no room for one more client"),
    }
}

fn session_config() -> service::Config {
    let session = server::Config::new(Dialect::Uccx, VERSIONS)
        // Version 18, whose wide tags rest on one sentence of the guide.
        .inferred_layouts(server::InferredLayouts::Taken)
        .open_timeout(OPEN_TIMEOUT);
    service::Config::new(session).max_connections(MAX_CLIENTS)
}

const FLAG: &str = "--engine-cti";
/// UCCX versions whose messages the engine can fill.
const VERSIONS: core::ops::RangeInclusive<u32> = 10..=18;
/// How long a connection may stay without OPEN_REQ.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Clients at one time.
const MAX_CLIENTS: usize = 256;
/// What connections may have to say while the hub is busy; beyond, they wait.
const REQUESTS: usize = 1024;
/// How long a phone rings before its call goes back to the queue.
const RING_LIMIT: Duration = Duration::from_secs(20);
/// How long sessions have to end when the engine does.
const GRACE: Duration = Duration::from_secs(3);
