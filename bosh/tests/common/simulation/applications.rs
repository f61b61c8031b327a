//! What speaks at both ends, and what it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bosh::session::{ClientEvent, CloseReason, Error, Event, Farewell, Opened, SessionId};
use bosh::{Condition, Payload};
use bytes::Bytes;

use super::books::{Item, Kept, Said};
use super::{Ending, FAREWELL, Host, Simulation};

impl Simulation {
    /// Takes everything out of both machines until they are silent.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        loop {
            let mut moved = false;
            while let Some(event) = self.client.poll_event() {
                moved = true;
                self.on_client_event(event)?;
            }
            while !self.client_gone
                && let Some(transmit) = self.client.poll_transmit()
            {
                moved = true;
                self.on_client_transmit(&transmit)?;
            }
            while !self.server_gone
                && let Some((id, event)) = self.server.poll_event()
            {
                moved = true;
                self.on_server_event(id, event)?;
            }
            while !self.server_gone
                && let Some(transmit) = self.server.poll_transmit()
            {
                moved = true;
                self.on_server_transmit(transmit)?;
            }
            if !moved {
                break;
            }
        }
        for host in self.hosts.values_mut() {
            if let Some(mut undelivered) = host.undelivered.take() {
                let last_words = host.last_words.take();
                if last_words.is_some() && undelivered.pop() != last_words {
                    return Err(format!("undelivered: not {last_words:?}"));
                }
                host.said
                    .settle(&undelivered)
                    .map_err(|fault| format!("undelivered: {fault}"))?;
            }
        }
        Ok(())
    }

    fn on_client_event(&mut self, event: ClientEvent) -> Result<(), String> {
        self.note("client", &format_args!("tells {event:?}"));
        if let Some(reason) = self.client_over {
            return Err(format!("the client tells {event:?} after {reason:?}"));
        }
        match event {
            ClientEvent::Opened(opened) => self.on_opened(&opened),
            ClientEvent::Payload(payload) => {
                let bound = self.bound.and_then(|id| self.hosts.get_mut(&id));
                let Some(item) = item(&payload) else {
                    return Ok(());
                };
                let host = bound.ok_or("a payload before the session")?;
                host.said.hear(&item, host.over.is_some())
            }
            ClientEvent::Closed { reason, unsent } => {
                self.client_over = Some(reason);
                self.said
                    .settle(&unsent)
                    .map_err(|fault| format!("unsent: {fault}"))?;
                self.check_client_reason(reason)
            }
            _ => Ok(()),
        }
    }

    fn on_opened(&mut self, opened: &Opened) -> Result<(), String> {
        let sid = opened.sid.as_str();
        let mut hosts = self.hosts.iter();
        let bound = hosts.find(|(_, host)| host.sid == sid);
        let (&id, _) = bound.ok_or_else(|| format!("opened {sid}, which is no session"))?;
        if self.bound.replace(id).is_some() {
            return Err("opened twice".into());
        }
        if opened.wait != self.wait() {
            return Err(format!("BOSH-7.2-03: wait is {:?}", opened.wait));
        }
        Ok(())
    }

    /// A client does not make up why a session is over.
    fn check_client_reason(&self, reason: CloseReason) -> Result<(), String> {
        let over = self.hosts.values().filter_map(|host| host.over);
        let mut over = over.peekable();
        let refused = self.shut_down;
        let plausible = match reason {
            CloseReason::Peer(_) => over.peek().is_some() || refused,
            CloseReason::Unreachable => !self.is_harmless() || self.server_gone,
            CloseReason::Malformed => self.scenario.weather.proxy > 0,
            _ => self.ended,
        };
        if plausible {
            return Ok(());
        }
        Err(format!("the client is over: {reason:?}"))
    }

    fn on_server_event(&mut self, id: SessionId, event: Event) -> Result<(), String> {
        self.note("server", &format_args!("tells session={id} {event:?}"));
        if let Some(reason) = self.hosts.get(&id).and_then(|host| host.over) {
            return Err(format!("session {id} tells {event:?} after {reason:?}"));
        }
        match event {
            Event::Open(open) => {
                let sid = self.server.session(id).ok_or("an open session of nobody")?;
                let sid = sid.sid().as_str().to_owned();
                let first = self.asked.keys().next().copied().unwrap_or_default();
                let host = Host {
                    sid,
                    said: Said::new("s", self.hosts.len() + 1),
                    first,
                    arrived: BTreeSet::new(),
                    through: first,
                    answers: BTreeMap::new(),
                    closing: false,
                    waits_for_word: self.random.permille(200),
                    over: None,
                    undelivered: None,
                    last_words: None,
                    queue: Kept::default(),
                    replay: Kept::default(),
                    early: Kept::default(),
                };
                if !host.waits_for_word {
                    let _ = self.server.set_authenticated(id);
                }
                self.hosts.insert(id, host);
                if let Some(wire) = self.wires.get_mut(&open.slot) {
                    wire.session = Some(id);
                }
                match self.random.below(100) {
                    // The host is about to go.
                    _ if self.ended && self.scenario.ending == Ending::HostCloses => {
                        self.host_closes(id)
                    }
                    0 => self.host_closes(id),
                    1..80 => self.host_says(id, 1),
                    _ => Ok(()),
                }
            }
            Event::Payload(payload) => match item(&payload) {
                Some(item) => self.on_server_item(id, &item),
                None => Ok(()),
            },
            Event::Restart(_) => self.on_server_item(id, &Item::Restart),
            Event::Terminated {
                reason,
                undelivered,
            } => self.on_terminated(id, reason, undelivered),
            _ => Ok(()),
        }
    }

    fn on_server_item(&mut self, id: SessionId, item: &Item) -> Result<(), String> {
        if self.bound != Some(id) {
            return Err(format!("session {id} hears of a client of another"));
        }
        self.said.hear(item, false)?;
        let host = self.hosts.get_mut(&id).ok_or("no session")?;
        if host.waits_for_word {
            host.waits_for_word = false;
            let _ = self.server.set_authenticated(id);
        }
        match item {
            Item::Restart => self.host_says(id, 1),
            Item::Payload(_) if self.random.permille(300) => self.host_says(id, 1),
            Item::Payload(_) => Ok(()),
        }
    }

    fn on_terminated(
        &mut self,
        id: SessionId,
        reason: CloseReason,
        undelivered: Vec<Bytes>,
    ) -> Result<(), String> {
        let harmless = self.is_harmless();
        let host = self.hosts.get_mut(&id).ok_or("no session")?;
        host.over = Some(reason);
        host.undelivered = Some(undelivered);
        let plausible = match reason {
            CloseReason::Peer(_) => self.ended,
            CloseReason::Local(_) => host.closing || self.shut_down,
            CloseReason::NotAuthenticated => host.waits_for_word,
            // A creation request that is repeated leaves a session that nobody uses (J12).
            _ if self.figures.hand_overs > 0 && self.bound != Some(id) => true,
            _ => !harmless || self.ended || self.client_over.is_some(),
        };
        if plausible {
            return Ok(());
        }
        Err(format!("session {id} is over: {reason:?}"))
    }

    /// The client's application does something, and thinks about the next.
    pub(super) fn client_acts(&mut self) -> Result<(), String> {
        self.next_client = self.now + self.random.up_to(self.scenario.pace);
        if self.weather.sleep > 0 && self.random.permille(self.weather.sleep / 10) {
            return self.carry(super::Packet::Sleep);
        }
        if self.client_sleeps() || self.client_over.is_some() || self.bound.is_none() {
            return Ok(());
        }
        match self.random.below(24) {
            // One pause at a time.
            0 if self.client.outstanding() <= self.requests() => {
                let length = Duration::from_secs(1 + self.random.below(100));
                let result = self.client.pause(self.client_now(), length);
                self.note("client", &format_args!("pauses {length:?} {result:?}"));
            }
            1 => {
                self.note("client", &"resumes");
                self.client.resume(self.client_now());
            }
            2 if self.client.restart(self.client_now()).is_ok() => {
                self.note("client", &"restarts");
                self.said.say(Item::Restart);
            }
            _ => {
                for _ in 0..=self.random.below(self.scenario.burst) {
                    self.client_says()?;
                }
            }
        }
        Ok(())
    }

    fn client_says(&mut self) -> Result<(), String> {
        let most = self.scenario.client.max_queue;
        let filling = self.filling(most);
        let payload = self.said.compose(filling);
        let length = payload.len();
        let given = Bytes::copy_from_slice(&payload);
        let probe = given.clone();
        let result = self.client.send(self.client_now(), given);
        self.note("client", &format_args!("says bytes={length} {result:?}"));
        let queued = self.said.queued() + length;
        match result {
            Ok(()) => {
                self.client_queue.watch(&probe);
                self.said.say(Item::Payload(payload));
                drop(probe);
                // What was sent at once is in no queue.
                self.settle()
            }
            Err(Error::QueueFull { .. }) if queued > most => Ok(()),
            Err(Error::Caller { .. }) if self.client_over.is_some() || self.ended => Ok(()),
            Err(error) => Err(format!("{error} with {queued} of {most} bytes")),
        }
    }

    /// Mostly short, now and then up to the limit.
    fn filling(&mut self, most: usize) -> usize {
        if self.scenario.burst > 1_000 {
            return 0;
        }
        let most = u64::try_from(most.min(60_000)).unwrap();
        let filling = match self.random.below(40) {
            0 => self.random.below(most),
            1..4 => self.random.below(1_000.min(most)),
            _ => self.random.below(60),
        };
        usize::try_from(filling).unwrap()
    }

    /// The application behind the server does something.
    pub(super) fn host_acts(&mut self) -> Result<(), String> {
        self.next_host = self.now + self.random.up_to(self.scenario.pace);
        if self.server_gone {
            return Ok(());
        }
        let open = |host: &Host| host.over.is_none() && !host.closing;
        let ids: Vec<SessionId> = match self.bound {
            Some(id) => vec![id],
            None => self.hosts.keys().copied().collect(),
        };
        let ids: Vec<SessionId> = ids.into_iter().filter(|id| open(&self.hosts[id])).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let id = self.random.one(&ids);
        let count = 1 + self.random.below(self.scenario.burst);
        self.host_says(id, count)
    }

    fn host_says(&mut self, id: SessionId, count: u64) -> Result<(), String> {
        for _ in 0..count {
            let most = self.scenario.server.max_queue;
            let (now, filling) = (self.server_now(), self.filling(most));
            let Some(host) = self.hosts.get_mut(&id) else {
                return Ok(());
            };
            let payload = host.said.compose(filling);
            let length = payload.len();
            let given = Bytes::copy_from_slice(&payload);
            let probe = given.clone();
            let result = self.server.send(now, id, given);
            let queued = host.said.queued() + length;
            match result {
                Ok(()) => {
                    host.queue.watch(&probe);
                    host.said.say(Item::Payload(payload));
                }
                Err(Error::QueueFull { .. }) if queued > most => {}
                Err(Error::NoSession) if host.closing || host.over.is_some() => {}
                // It has ended in this very moment.
                Err(Error::NoSession) if self.server.session(id).is_none() => {}
                Err(error) => return Err(format!("{error} with {queued} of {most} bytes")),
            }
            self.note(
                "host",
                &format_args!("says session={id} bytes={length} {result:?}"),
            );
        }
        Ok(())
    }

    fn host_closes(&mut self, id: SessionId) -> Result<(), String> {
        let conditions = [
            Condition::HostGone,
            Condition::RemoteConnectionFailed,
            Condition::UndefinedCondition,
        ];
        let mut last_words = None;
        let farewell = match self.random.below(5) {
            0 => Farewell::plain(),
            1 => Farewell::see_other_uri("https://elsewhere.example/http-bind"),
            2 => {
                let error = Bytes::from_static(STREAM_ERROR.as_bytes());
                last_words = Some(error.clone());
                Farewell::stream_error(error)
            }
            _ => Farewell::condition(self.random.one(&conditions)),
        };
        self.note("host", &format_args!("closes session={id} {farewell:?}"));
        let result = self.server.close(self.server_now(), id, farewell);
        if let Some(host) = self.hosts.get_mut(&id)
            && result.is_ok()
        {
            host.closing = true;
            host.last_words = last_words;
        }
        self.settle()
    }

    /// Somebody ends it.
    pub(super) fn end(&mut self) -> Result<(), String> {
        self.ended = true;
        let ending = self.scenario.ending;
        self.note("seed", &format_args!("ends by {ending:?}"));
        match self.scenario.ending {
            Ending::ClientTerminates => self.client_terminates()?,
            Ending::HostCloses => {
                let ids: Vec<SessionId> = self.hosts.keys().copied().collect();
                for &id in &ids {
                    self.host_closes(id)?;
                }
                if ids.is_empty() {
                    self.shut_down()?;
                }
            }
            Ending::Shutdown => self.shut_down()?,
            Ending::ClientVanishes => {
                self.client_gone = true;
            }
            Ending::ServerVanishes => self.server_gone = true,
        }
        self.settle()
    }

    fn client_terminates(&mut self) -> Result<(), String> {
        let mut then = self.said.clone();
        then.forget_restarts();
        let payload = then.compose(FAREWELL / 2);
        let result = self
            .client
            .terminate(self.client_now(), &[Bytes::copy_from_slice(&payload)]);
        self.note("client", &format_args!("terminates {result:?}"));
        match result {
            Ok(()) => {
                // Nobody waits for a new stream any more.
                self.said = then;
                self.said.say(Item::Payload(payload));
            }
            // It is not open yet, or over: the server's host does it.
            Err(_) => self.shut_down()?,
        }
        Ok(())
    }

    pub(super) fn shut_down(&mut self) -> Result<(), String> {
        self.note("host", &"shuts down");
        self.shut_down = true;
        for host in self.hosts.values_mut() {
            host.closing |= host.over.is_none();
        }
        self.server.shutdown(self.server_now());
        self.settle()
    }
}

/// What of the conversation a payload is; nothing if it belongs to an error.
fn item(payload: &Payload) -> Option<Item> {
    let ours = ["urn:c", "urn:s"].contains(&payload.name().ns());
    ours.then(|| Item::Payload(payload.bytes().clone()))
}

/// What a host may have to say at the end.
pub(super) const STREAM_ERROR: &str =
    "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
