//! A switch that runs in a task, and the in-process provider.
//!
//! The task owns the [`Switch`], feeds it the clock, plays the scripted caller, and tells
//! everybody who listens. A listener that does not keep up is let go: it finds its stream at an
//! end, and starts over from a snapshot.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::{Instant, sleep_until},
};

use super::{
    message::{Refusal, Request, SimulatedCall},
    provider::{Provider, ProviderEvent, RequestId, not_sent},
    script::Script,
    switch::{Sequenced, Switch},
};
use crate::shutdown::Shutdown;

/// A handle on a running switch. Clones reach the same switch.
#[derive(Clone, Debug)]
pub struct SwitchHandle {
    commands: mpsc::Sender<Command>,
}

/// A provider for a switch of the same process.
#[derive(Debug)]
pub struct LocalProvider {
    commands: mpsc::Sender<Command>,
    told: mpsc::Receiver<Told>,
    listener: Option<ListenerId>,
    last_request: RequestId,
    /// Answers that the switch itself could not give.
    undelivered: VecDeque<(RequestId, Refusal)>,
    ended: bool,
}

/// What the switch tells a listener, with the number of the last event that it follows.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) listener: ListenerId,
    pub(super) sequence: u64,
    pub(super) event: ProviderEvent,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct ListenerId(u64);

#[derive(Debug)]
enum Command {
    Listen(mpsc::Sender<Told>),
    Request {
        listener: ListenerId,
        id: RequestId,
        request: Request,
    },
}

/// Starts a switch, and the scripted caller if there is one, until `shutdown`.
#[must_use]
pub fn spawn(
    switch: Switch,
    script: Option<Script>,
    shutdown: Shutdown,
) -> (SwitchHandle, tokio::task::JoinHandle<()>) {
    let (sender, commands) = mpsc::channel(COMMANDS);
    let host = Host {
        switch,
        script,
        commands,
        listeners: BTreeMap::new(),
        next_listener: ListenerId(1),
        origin: Instant::now(),
    };
    let task = tokio::spawn(host.run(shutdown));
    (SwitchHandle { commands: sender }, task)
}

impl SwitchHandle {
    /// A provider of its own for a program. It begins with a snapshot.
    #[must_use]
    pub fn provider(&self) -> LocalProvider {
        let (sender, told) = mpsc::channel(TOLD);
        // A switch that is overrun or gone drops the sender, and the provider finds its end.
        let ended = self.commands.try_send(Command::Listen(sender)).is_err();
        LocalProvider {
            commands: self.commands.clone(),
            told,
            listener: None,
            last_request: RequestId(0),
            undelivered: VecDeque::new(),
            ended,
        }
    }
}

impl LocalProvider {
    /// As [`Provider::next`], with the sequence number of the switch.
    pub(super) async fn next_told(&mut self) -> Option<(u64, ProviderEvent)> {
        if let Some((request, refusal)) = self.undelivered.pop_front() {
            let result = Err(refusal);
            return Some((0, ProviderEvent::Answer { request, result }));
        }
        if self.ended {
            return None;
        }
        let Some(told) = self.told.recv().await else {
            self.ended = true;
            return None;
        };
        self.listener = Some(told.listener);
        Some((told.sequence, told.event))
    }

    /// Sends a request under an id of the caller's choice.
    pub(super) fn request_as(&mut self, id: RequestId, request: Request) {
        let Some(listener) = self.listener else {
            // Its snapshot has not been seen yet.
            self.undelivered.push_back((id, Refusal::Lost));
            return;
        };
        let command = Command::Request {
            listener,
            id,
            request,
        };
        if let Err(error) = self.commands.try_send(command) {
            self.undelivered.push_back((id, not_sent(&error)));
        }
    }
}

impl Provider for LocalProvider {
    fn request(&mut self, request: Request) -> RequestId {
        self.last_request = RequestId(self.last_request.0 + 1);
        self.request_as(self.last_request, request);
        self.last_request
    }

    async fn next(&mut self) -> Option<ProviderEvent> {
        self.next_told().await.map(|(_, event)| event)
    }
}

struct Host {
    switch: Switch,
    script: Option<Script>,
    commands: mpsc::Receiver<Command>,
    listeners: BTreeMap<ListenerId, mpsc::Sender<Told>>,
    next_listener: ListenerId,
    origin: Instant,
}

impl Host {
    async fn run(mut self, shutdown: Shutdown) {
        loop {
            let due = self.due();
            tokio::select! {
                () = shutdown.requested() => return,
                command = self.commands.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => return,
                },
                () = sleep_until(due) => {
                    let now = self.now();
                    self.switch.handle_timeout(now);
                    let caller = self.script.as_mut().and_then(|script| script.poll(now));
                    if let Some(caller) = caller {
                        self.call_in(now, caller);
                    }
                }
            }
            self.tell();
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Listen(sender) => {
                // Whoever left in a quiet time has not been noticed by a failed event.
                self.listeners.retain(|_, listener| !listener.is_closed());
                let listener = self.next_listener;
                self.next_listener = ListenerId(listener.0 + 1);
                let snapshot = self.switch.snapshot();
                let told = Told {
                    listener,
                    sequence: snapshot.sequence,
                    event: ProviderEvent::InService(snapshot),
                };
                if sender.try_send(told).is_ok() {
                    self.listeners.insert(listener, sender);
                }
            }
            Command::Request {
                listener,
                id,
                request,
            } => {
                let before = self.switch.last_sequence();
                let result = self.switch.handle_request(self.now(), request);
                let event = ProviderEvent::Answer {
                    request: id,
                    result,
                };
                self.send(
                    listener,
                    Told {
                        listener,
                        sequence: before,
                        event,
                    },
                );
            }
        }
    }

    fn call_in(&mut self, now: Duration, caller: SimulatedCall) {
        if let Err(refusal) = self
            .switch
            .handle_request(now, Request::SimulateCall(caller))
        {
            tracing::debug!(%refusal, "a scripted caller did not get through");
        }
    }

    /// Tells every listener what happened.
    fn tell(&mut self) {
        while let Some(Sequenced { sequence, event }) = self.switch.poll_event() {
            tracing::trace!(sequence, ?event, "switch");
            let listeners: Vec<ListenerId> = self.listeners.keys().copied().collect();
            for listener in listeners {
                let event = ProviderEvent::Event(event.clone());
                self.send(
                    listener,
                    Told {
                        listener,
                        sequence,
                        event,
                    },
                );
            }
        }
    }

    fn send(&mut self, listener: ListenerId, told: Told) {
        let Some(sender) = self.listeners.get(&listener) else {
            return;
        };
        match sender.try_send(told) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                tracing::warn!("a listener of the switch does not keep up; it is let go");
                self.listeners.remove(&listener);
            }
            Err(TrySendError::Closed(_)) => {
                self.listeners.remove(&listener);
            }
        }
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn due(&self) -> Instant {
        let script = self.script.as_ref().map(Script::poll_timeout);
        let due = [self.switch.poll_timeout(), script]
            .into_iter()
            .flatten()
            .min();
        self.origin + due.unwrap_or_else(|| self.now() + IDLE)
    }
}

/// Requests that may wait for the switch.
const COMMANDS: usize = 256;
/// Events that may wait for one listener.
const TOLD: usize = 1024;
/// How long an idle switch sleeps; nothing depends on it.
const IDLE: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telephony::Config;

    #[tokio::test]
    async fn programs_that_come_and_go_in_a_quiet_time_leave_nothing_behind() {
        let (_sender, commands) = mpsc::channel(COMMANDS);
        let mut host = Host {
            switch: Switch::new(Config::default()),
            script: None,
            commands,
            listeners: BTreeMap::new(),
            next_listener: ListenerId(1),
            origin: Instant::now(),
        };
        for _ in 0..1000 {
            let (sender, told) = mpsc::channel(TOLD);
            host.on_command(Command::Listen(sender));
            drop(told);
        }
        assert_eq!(
            host.listeners.len(),
            1,
            "the last has not been looked at yet"
        );
    }

    #[tokio::test]
    async fn a_program_that_does_not_listen_is_let_go() {
        let (_trigger, shutdown) = crate::shutdown::channel();
        let to = crate::telephony::Address::new("6000").unwrap();
        let config = Config {
            route_points: [to.clone()].into(),
            ..Config::default()
        };
        let (switch, _task) = spawn(Switch::new(config), None, shutdown);
        let mut deaf = switch.provider();
        let mut caller = switch.provider();
        while !matches!(caller.next().await, Some(ProviderEvent::InService(_))) {}
        // Each call is some events more.
        for _ in 0..TOLD {
            let request = caller.request(Request::SimulateCall(SimulatedCall {
                from: crate::telephony::Address::new("4085550100").unwrap(),
                to: to.clone(),
                data: Default::default(),
                patience_ms: Some(0),
                talk_ms: None,
            }));
            loop {
                match caller.next().await {
                    Some(ProviderEvent::Answer {
                        request: answered, ..
                    }) if answered == request => {
                        break;
                    }
                    Some(_) => {}
                    None => panic!("the one who listens was let go"),
                }
            }
        }
        let mut told = 0;
        while deaf.next().await.is_some() {
            told += 1;
        }
        assert_eq!(told, TOLD);
    }
}
