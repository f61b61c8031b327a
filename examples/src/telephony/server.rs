//! The switch behind its socket: the [line protocol](super::line) on `--cucm-switch`.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::OwnedWriteHalf},
    time::{Duration, Instant, sleep_until, timeout},
};

use super::{
    host::{self, LocalProvider, SwitchHandle},
    line::{self, Ask, Closing, GREETING_LIMIT, IDLE_LIMIT, MAX_REQUEST, Report},
    message::{Address, CallId, InvalidAddress},
    provider::RequestId,
    script::Script,
    switch::{Config, Switch},
};
use crate::{
    server::{Exposure, Room, Server, StartError, accept, bind},
    settings::Settings,
    shutdown::{Shutdown, serve_while},
};

/// Starts the switch that the seed describes, its scripted caller, and its listener. The handle
/// is for programs of the same process.
///
/// # Errors
///
/// The address is taken or not a loopback one, or the seed holds an extension or route point that
/// cannot be dialled.
pub async fn start(
    settings: Arc<Settings>,
    shutdown: Shutdown,
) -> Result<(Server, SwitchHandle), StartError> {
    let listener = bind(
        &settings,
        "--cucm-switch",
        settings.cucm.switch,
        Exposure::Loopback,
    )
    .await?;
    let address = listener.local_addr().map_err(|source| StartError::Bind {
        address: settings.cucm.switch,
        flag: "--cucm-switch",
        source,
    })?;
    let (switch, script) = from_settings(&settings)?;
    let (handle, host) = host::spawn(switch, script, shutdown.clone());
    let switch = handle.clone();
    let task = tokio::spawn(async move {
        let listen = accept(listener, MAX_PROGRAMS, GRACE, &shutdown, |stream, room| {
            program(stream, room, handle.clone(), shutdown.clone())
        });
        serve_while("switch", host, listen, &shutdown).await;
    });
    Ok((
        Server {
            addresses: vec![("switch", address)],
            task,
        },
        switch,
    ))
}

/// The switch and the caller that the settings describe.
fn from_settings(settings: &Settings) -> Result<(Switch, Option<Script>), StartError> {
    let address = |text: &str| {
        Address::new(text).map_err(|InvalidAddress| StartError::Number(text.to_owned()))
    };
    let seed = &settings.seed;
    let lines: Result<_, StartError> = seed
        .agents
        .iter()
        .map(|agent| address(&agent.extension))
        .collect();
    let queue = address(&seed.queue.route_point)?;
    // The second in which the switch starts: at less than one call a second, numbers never come
    // twice.
    let epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let started = epoch.as_secs() % u64::from(u32::MAX);
    let config = Config {
        lines: lines?,
        route_points: [queue.clone()].into(),
        first_call: CallId(u32::try_from(started).unwrap_or(1)),
        ..Config::default()
    };
    let script = Script::new(queue, settings.caller.calls_per_minute, started);
    Ok((Switch::new(config), script))
}

/// Serves one connection of the listener.
async fn program(stream: TcpStream, room: Room, switch: SwitchHandle, shutdown: Shutdown) {
    match room {
        Room::Taken => {
            let reason = serve(stream, switch.provider(), &shutdown).await;
            tracing::debug!(?reason, "switch: program gone");
        }
        Room::None => {
            let (_, mut writer) = stream.into_split();
            close(&mut writer, Closing::Full).await;
        }
    }
}

/// Serves one program. Returns why the connection ended, or `None` if the program hung up.
async fn serve(
    stream: TcpStream,
    mut provider: LocalProvider,
    shutdown: &Shutdown,
) -> Option<Closing> {
    // Only latency suffers without it.
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.into_split();
    let mut input = BytesMut::with_capacity(MAX_REQUEST);
    let mut deadline = Instant::now() + GREETING_LIMIT;
    let closing = loop {
        tokio::select! {
            () = shutdown.requested() => break Closing::Shutdown,
            () = sleep_until(deadline) => break Closing::Idle,
            told = provider.next_told() => {
                let Some((sequence, event)) = told else { break Closing::TooSlow };
                let Some(report) = Report::from_told(sequence, event) else { continue };
                let Ok(bytes) = line::encode(&report) else { continue };
                match timeout(WRITE_LIMIT, writer.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => break Closing::TooSlow,
                }
            }
            read = reader.read_buf(&mut input) => {
                if !matches!(read, Ok(1..)) {
                    return None;
                }
                match take_requests(&mut input, &mut provider) {
                    Ok(0) => {}
                    Ok(_) => deadline = Instant::now() + IDLE_LIMIT,
                    Err(error) => {
                        tracing::debug!(%error, "switch: bad line");
                        break Closing::BadLine;
                    }
                }
            }
        }
    };
    close(&mut writer, closing).await;
    Some(closing)
}

fn take_requests(
    input: &mut BytesMut,
    provider: &mut LocalProvider,
) -> Result<usize, line::LineError> {
    let mut taken = 0;
    while let Some(Ask { id, request }) = line::decode(input, MAX_REQUEST)? {
        provider.request_as(RequestId(id), request);
        taken += 1;
    }
    Ok(taken)
}

async fn close(writer: &mut OwnedWriteHalf, closing: Closing) {
    if let Ok(bytes) = line::encode(&Report::Closing(closing)) {
        // The connection ends whether or not the program hears why.
        let _ = timeout(GOODBYE_LIMIT, writer.write_all(&bytes)).await;
    }
}

/// Programs at one time: an engine or two, a web service that plays callers, a few tools.
const MAX_PROGRAMS: usize = 64;
/// How long connections have to end when the switch does.
const GRACE: Duration = Duration::from_secs(3);
/// How long a program may take to read what it is told.
const WRITE_LIMIT: Duration = Duration::from_secs(5);
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);
