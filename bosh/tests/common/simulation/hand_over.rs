//! Both ends are handed over to another process now and then, whose clock shows another time.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::mem;
use std::time::Duration;

use bosh::session::{
    Client, ClientState, Manager, ManagerState, ServerConfig, SessionId, SessionState,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::clock::Clock;
use super::{Host, Random, Simulation};

/// When it happens, from a seed of its own: a seed of the simulation says the same without it.
pub(super) struct HandOvers {
    random: Random,
    pub(super) next: Duration,
    /// A request may be repeated so often, and each one repeats those that wait.
    left: u32,
}

impl HandOvers {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random(!seed);
        Self {
            next: random.up_to(60_000),
            left: 4,
            random,
        }
    }
}

/// The state as text, and what that is to another process.
fn carried<S: Serialize + DeserializeOwned + Debug>(state: &S) -> Result<(S, usize), String> {
    let text = serde_json::to_string(state).map_err(|error| error.to_string())?;
    let read: S = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let again = serde_json::to_string(&read).map_err(|error| error.to_string())?;
    if text != again {
        return Err(format!("{state:?} is written in two ways"));
    }
    Ok((read, text.len()))
}

impl Simulation {
    pub(super) fn hand_over(&mut self) -> Result<(), String> {
        let now = self.now;
        let HandOvers { random, next, left } = &mut self.hand_overs;
        *next = now + random.up_to(60_000);
        if self.scenario.weather.is_harmless() {
            *left -= 1;
            if *left == 0 {
                *next = Duration::MAX;
            }
        }
        let shown = match random.below(3) {
            0 => Duration::ZERO,
            _ => random.up_to(100_000_000),
        };
        // Both at once, too: then the response that is lost is asked for where nobody gave it.
        let which = random.below(6);
        let clock = Clock::new(now, shown);
        if which >= 3 && !self.client_gone && !self.client_sleeps() {
            self.hand_over_client(clock)?;
            self.settle()?;
        }
        match which {
            0 | 1 | 5 if !self.server_gone => self.hand_over_server(clock)?,
            2 if !self.server_gone && !self.shut_down => self.hand_over_sessions()?,
            _ => {}
        }
        self.settle()
    }

    /// The server's process ends, and another goes on.
    fn hand_over_server(&mut self, clock: Clock) -> Result<(), String> {
        let replacement = Manager::new(ServerConfig::default(), String::new);
        let server = mem::replace(&mut self.server, replacement);
        let (state, length) = carried::<ManagerState>(&server.into_state(self.server_now()))?;
        self.note("server", &format_args!("is handed over, bytes={length}"));
        self.server_clock = clock;
        let (config, sids) = (self.scenario.server.clone(), self.sids());
        self.server = Manager::from_state(config, sids, self.server_now(), state)
            .map_err(|error| error.to_string())?;
        let slots = self.waiting(None);
        slots.into_iter().for_each(|slot| self.break_wire(slot));
        let ids: BTreeMap<String, SessionId> = self
            .server
            .sessions()
            .map(|(id, session)| (session.sid().as_str().to_owned(), id))
            .collect();
        self.rename(|id, host| ids.get(&host.sid).copied().unwrap_or(id));
        self.figures.hand_overs += 1;
        Ok(())
    }

    /// Each session leaves its manager alone, and comes back.
    fn hand_over_sessions(&mut self) -> Result<(), String> {
        let ids: Vec<SessionId> = self.server.sessions().map(|(id, _)| id).collect();
        for id in ids {
            let now = self.server_now();
            let (state, slots) = self.server.take_down(now, id).ok_or("no session")?;
            if slots != self.waiting(Some(id)) {
                return Err(format!("session {id} gives up {slots:?}"));
            }
            let (state, length) = carried::<SessionState>(&state)?;
            let back = self
                .server
                .take_up(now, state)
                .map_err(|error| error.to_string())?;
            self.note(
                "server",
                &format_args!("session={id} is session={back}, bytes={length}"),
            );
            slots.into_iter().for_each(|slot| self.break_wire(slot));
            self.rename(|other, _| if other == id { back } else { other });
            self.figures.hand_overs += 1;
        }
        Ok(())
    }

    /// The page is loaded again.
    fn hand_over_client(&mut self, clock: Clock) -> Result<(), String> {
        let replacement = Client::new(self.scenario.client.clone());
        let client = mem::replace(&mut self.client, replacement);
        let (state, length) = carried::<ClientState>(&client.into_state(self.client_now()))?;
        self.note("client", &format_args!("is handed over, bytes={length}"));
        self.client_clock = clock;
        let (now, config) = (self.client_now(), self.scenario.client.clone());
        let taken_up = match self.scenario.keys {
            Some(length) => {
                let mut seeds = self.figures.hand_overs * 1_000;
                let seeds = move || {
                    seeds += 1;
                    format!("later seed {seeds}")
                };
                Client::from_state_with_keys(config, now, state, length, seeds)
            }
            None => Client::from_state(config, now, state),
        };
        self.client = taken_up.map_err(|error| error.to_string())?;
        self.forget_connections();
        self.figures.hand_overs += 1;
        Ok(())
    }

    fn rename(&mut self, name: impl Fn(SessionId, &Host) -> SessionId) {
        if let Some(bound) = self.bound {
            self.bound = Some(name(bound, &self.hosts[&bound]));
        }
        self.hosts = mem::take(&mut self.hosts)
            .into_iter()
            .map(|(id, host)| (name(id, &host), host))
            .collect();
    }
}
