//! HTTP requests and responses on their way, and what becomes of them.

use std::fmt;
use std::time::Duration;

use bosh::Condition;
use bosh::session::{ClientTransmit, CloseReason, RequestId, RequestSlot, SessionId, Transmit};
use bytes::Bytes;

use super::applications::STREAM_ERROR;
use super::books::{attribute, number};
use super::{Answer, Asked, Simulation};

/// Something that arrives at a time.
pub(crate) enum Packet {
    Request {
        slot: RequestSlot,
        body: Bytes,
    },
    Response {
        id: RequestId,
        status: u16,
        body: Bytes,
    },
    /// The client sees its connection break.
    Broken(RequestId),
    /// A connection breaks.
    Cut {
        slot: RequestSlot,
        seen: Seen,
    },
    /// The application closes the laptop.
    Sleep,
}

/// Who notices that a connection broke.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    client: bool,
    server: bool,
}

/// An HTTP connection with a request on it.
pub(crate) struct Wire {
    /// The copy that the client waits for, if this is one.
    id: Option<RequestId>,
    rid: u64,
    pub(super) session: Option<SessionId>,
    /// Whether the request id was new then.
    first: bool,
    /// Whether that session was alive when the request came.
    live: bool,
    pub(crate) arrived: Option<Duration>,
    /// When the answer must be there.
    pub(crate) deadline: Option<Duration>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rid, arrived, deadline) = (self.rid, self.arrived, self.deadline);
        write!(f, "rid={rid} arrived={arrived:?} deadline={deadline:?}")
    }
}

impl Simulation {
    fn post(&mut self, after: Duration, packet: Packet) {
        self.packets.insert((self.now + after, self.packet), packet);
        self.packet += 1;
    }

    fn delay(&mut self) -> Duration {
        let slowest = u64::try_from(self.weather.slowest.as_millis()).unwrap();
        self.random.up_to(slowest)
    }

    fn is_down(&self) -> bool {
        self.now < self.outage_until || self.server_gone
    }

    /// Nothing gets through for a while.
    pub(super) fn outage(&mut self) {
        let longest = u64::try_from(self.weather.outage.as_millis()).unwrap();
        let every = u64::try_from(self.weather.outage_every.as_millis()).unwrap();
        self.outage_until = self.now + self.random.up_to(longest);
        self.next_outage = self.outage_until + self.random.up_to(2 * every);
        let until = self.outage_until;
        self.note("network", &format_args!("down until={until:?}"));
    }

    /// The client makes an HTTP request.
    pub(super) fn on_client_transmit(&mut self, transmit: &ClientTransmit) -> Result<(), String> {
        let ClientTransmit { id, body, .. } = transmit;
        let (id, rid) = (*id, id.rid.get());
        self.figures.requests += 1;
        let text = std::str::from_utf8(body).unwrap();
        let (length, text) = (body.len(), text.to_owned());
        let first = !self.asked.contains_key(&rid);
        self.newest.insert(rid, id.attempt);
        self.note(
            "client",
            &format_args!(
                "posts rid={rid} attempt={} bytes={length} {}",
                id.attempt,
                brief(&text)
            ),
        );
        if attribute(&text, "pause").is_some() {
            self.pauses.insert(rid);
        }
        if first {
            self.client_requests.watch(body);
            self.said.put(&text)?;
            let through = self.said.put;
            let body = Bytes::copy_from_slice(body);
            self.asked.insert(rid, Asked { body, through });
        } else if self.asked[&rid].body != body {
            return Err(format!(
                "BOSH-14.3-03: rid {rid} is sent again with another body"
            ));
        }
        let delay = self.delay();
        let weather = self.weather;
        if self.is_down() || self.random.permille(weather.refused) {
            self.figures.lost += 1;
            // A host that is away does not even refuse.
            if self.random.permille(700) {
                self.post(delay, Packet::Broken(id));
            }
            return Ok(());
        }
        if self.random.permille(weather.swallowed) {
            self.figures.lost += 1;
            return Ok(());
        }
        if self.random.permille(weather.proxy) {
            return self.intermediary(id, body);
        }
        let body = Bytes::copy_from_slice(body);
        let slot = self.wire(Some(id), rid);
        self.post(
            delay,
            Packet::Request {
                slot,
                body: body.clone(),
            },
        );
        if self.random.permille(weather.copied) {
            self.figures.copies += 1;
            let slot = self.wire(None, rid);
            let late = u64::try_from(weather.copy_late.as_millis()).unwrap();
            let late = self.random.up_to(late);
            let body = Bytes::copy_from_slice(&body);
            self.post(late, Packet::Request { slot, body });
        }
        if self.random.permille(weather.cut) {
            let seen = Seen {
                client: self.random.permille(700),
                server: self.random.permille(500),
            };
            let longest = u64::try_from(self.wait().as_millis()).unwrap() + 2_000;
            let after = self.random.up_to(longest);
            self.post(after, Packet::Cut { slot, seen });
        }
        Ok(())
    }

    /// It answers by itself, having passed the request on or not.
    fn intermediary(&mut self, id: RequestId, body: &Bytes) -> Result<(), String> {
        let status = self.random.one(&[502, 503, 504, 200]);
        self.note("proxy", &format_args!("answers status={status}"));
        self.figures.lost += 1;
        if self.random.permille(500) {
            let (slot, delay) = (self.wire(None, id.rid.get()), self.delay());
            let body = Bytes::copy_from_slice(body);
            self.post(delay, Packet::Request { slot, body });
            if self.random.permille(500) {
                let seen = Seen {
                    client: false,
                    server: true,
                };
                self.post(Duration::from_secs(2), Packet::Cut { slot, seen });
            }
        }
        let body = Bytes::copy_from_slice(b"<html><body>Come back later.</body></html>");
        let delay = self.delay();
        self.post(delay, Packet::Response { id, status, body });
        Ok(())
    }

    fn wire(&mut self, id: Option<RequestId>, rid: u64) -> RequestSlot {
        let slot = RequestSlot(self.slots);
        self.slots += 1;
        let wire = Wire {
            id,
            rid,
            session: None,
            first: true,
            live: false,
            arrived: None,
            deadline: None,
        };
        self.wires.insert(slot, wire);
        slot
    }

    /// Something arrives.
    pub(super) fn carry(&mut self, packet: Packet) -> Result<(), String> {
        match packet {
            Packet::Request { slot, body } => self.on_arrival(slot, body),
            Packet::Cut { slot, seen } => self.on_cut(slot, seen),
            Packet::Sleep => {
                if !self.client_sleeps() {
                    self.asleep_until = self.now + self.random.up_to(90_000);
                    let until = self.asleep_until;
                    self.note("client", &format_args!("sleeps until={until:?}"));
                }
            }
            Packet::Response { .. } | Packet::Broken(_) if self.client_gone => {}
            Packet::Response { .. } | Packet::Broken(_) if self.client_sleeps() => {
                let after = self.asleep_until - self.now;
                self.post(after, packet);
            }
            Packet::Broken(id) => {
                self.note(
                    "client",
                    &format_args!("sees broken rid={} attempt={}", id.rid, id.attempt),
                );
                self.client.handle_failure(self.client_now(), id);
            }
            Packet::Response { id, status, body } => {
                let text = String::from_utf8_lossy(&body).into_owned();
                self.note(
                    "client",
                    &format_args!(
                        "hears rid={} attempt={} status={status} {}",
                        id.rid,
                        id.attempt,
                        brief(&text)
                    ),
                );
                self.client_responses.watch(&body);
                self.client
                    .handle_response(self.client_now(), id, status, &body);
                drop(body);
                // What the client takes must be told before anything else happens.
                let was_open = self.client_over.is_none();
                self.settle()?;
                // §14.3: an empty answer to an older copy may only say that the newest has its place.
                let is_answer =
                    text.contains("</") || self.newest.get(&id.rid.get()) == Some(&id.attempt);
                if was_open && is_normal(status, &text) && is_answer {
                    self.handed.insert(id.rid.get());
                }
                self.check_heard()?;
            }
        }
        Ok(())
    }

    fn on_arrival(&mut self, slot: RequestSlot, body: Bytes) {
        let down = self.is_down();
        let Some(wire) = self.wires.get_mut(&slot) else {
            return;
        };
        if down {
            let id = wire.id;
            self.wires.remove(&slot);
            self.figures.lost += 1;
            if let Some(id) = id {
                self.post(Duration::from_millis(1), Packet::Broken(id));
            }
            return;
        }
        let text = std::str::from_utf8(&body).unwrap();
        let session = self
            .hosts
            .iter()
            .find(|(_, host)| attribute(text, "sid") == Some(&host.sid))
            .map(|(&id, _)| id);
        let config = &self.scenario.server;
        let longest = match session {
            Some(_) => self.scenario.client.wait.min(config.max_wait) + config.gap_margin,
            None if attribute(text, "sid").is_some() => Duration::ZERO,
            None => config.creation_grace,
        };
        wire.session = session;
        wire.live = session.is_some_and(|id| self.hosts[&id].over.is_none());
        wire.arrived = Some(self.now);
        wire.deadline = Some(self.now + longest);
        let rid = wire.rid;
        if let Some(host) = session.and_then(|id| self.hosts.get_mut(&id)) {
            wire.first = host.arrived.insert(rid);
            while host.arrived.contains(&(host.through + 1)) {
                host.through += 1;
            }
            host.early.watch(&body);
        }
        let what = brief(text);
        self.note(
            "server",
            &format_args!("takes slot={} rid={rid} {what}", slot.0),
        );
        self.server.handle_request(self.server_now(), slot, body);
    }

    fn on_cut(&mut self, slot: RequestSlot, seen: Seen) {
        let Some(wire) = self.wires.get_mut(&slot) else {
            return;
        };
        let (id, rid) = (wire.id.take(), wire.rid);
        let arrived = wire.arrived.is_some();
        self.figures.lost += 1;
        self.note(
            "network",
            &format_args!("cuts slot={} rid={rid} {seen:?}", slot.0),
        );
        if let Some(id) = id.filter(|_| seen.client) {
            self.post(Duration::from_millis(1), Packet::Broken(id));
        }
        if !arrived {
            self.wires.remove(&slot);
        } else if seen.server {
            let session = self.wires.remove(&slot).and_then(|wire| wire.session);
            if let Some(session) = session {
                let now = self.server_now();
                self.server.handle_disconnect(now, session, slot);
            }
        }
    }

    /// Requests that wait, of one session or of all.
    #[cfg(feature = "serde")]
    pub(super) fn waiting(&self, session: Option<SessionId>) -> Vec<RequestSlot> {
        let wires = self.wires.iter().filter(|(_, wire)| {
            wire.arrived.is_some() && (session.is_none() || wire.session == session)
        });
        let mut wires: Vec<_> = wires.map(|(&slot, wire)| (wire.rid, slot)).collect();
        wires.sort_unstable();
        wires.into_iter().map(|(_, slot)| slot).collect()
    }

    /// The server's end of a connection is gone.
    #[cfg(feature = "serde")]
    pub(super) fn break_wire(&mut self, slot: RequestSlot) {
        let wire = self.wires.remove(&slot);
        self.figures.lost += 1;
        let id = wire.and_then(|wire| wire.id);
        if let Some(id) = id
            && (self.weather.is_harmless() || self.random.permille(700))
        {
            let delay = self.delay();
            self.post(delay, Packet::Broken(id));
        }
    }

    /// The client's ends of all connections are gone.
    #[cfg(feature = "serde")]
    pub(super) fn forget_connections(&mut self) {
        self.packets
            .retain(|_, packet| !matches!(packet, Packet::Response { .. } | Packet::Broken(_)));
        let slots: Vec<RequestSlot> = self.wires.keys().copied().collect();
        for slot in slots {
            let Some(wire) = self.wires.get_mut(&slot) else {
                continue;
            };
            if wire.id.take().is_none() {
                continue;
            }
            self.figures.lost += 1;
            let (rid, arrived) = (wire.rid, wire.arrived.is_some());
            let asked = std::str::from_utf8(&self.asked[&rid].body).unwrap();
            let is_pause = attribute(asked, "pause").is_some();
            let (client, server) = (false, self.random.permille(500));
            let (seen, delay) = (Seen { client, server }, self.delay());
            if arrived || !self.weather.is_harmless() {
                self.post(delay, Packet::Cut { slot, seen });
            } else if !is_pause {
                // A copy that wanders about does harm, and so does a pause that does not arrive: the
                // server waits no longer than usual.
                self.wires.remove(&slot);
            }
        }
    }

    /// The server answers.
    pub(super) fn on_server_transmit(&mut self, transmit: Transmit) -> Result<(), String> {
        let Transmit {
            slot, status, body, ..
        } = transmit;
        let wire = self.wires.remove(&slot);
        let wire = wire.filter(|wire| wire.arrived.is_some());
        let Some(wire) = wire else {
            return Err(format!("slot {} is not waiting for an answer", slot.0));
        };
        let text = String::from_utf8(body.to_vec()).map_err(|error| error.to_string())?;
        let rid = wire.rid;
        self.note(
            "server",
            &format_args!(
                "answers slot={} rid={rid} status={status} {}",
                slot.0,
                brief(&text)
            ),
        );
        if wire.deadline.is_some_and(|deadline| deadline < self.now) {
            return Err(format!("answered late: {wire:?}"));
        }
        self.check_answer(&wire, status, &body, &text)?;
        let is_mute =
            self.scenario.mute_pauses && self.pauses.contains(&rid) && is_normal(status, &text);
        // The client's copy is bytes of its own.
        let body = Bytes::from(text);
        let Some(id) = wire.id else {
            return Ok(());
        };
        let delay = self.delay();
        if is_mute {
            self.figures.mute_pauses += 1;
            self.note("network", &format_args!("keeps the pause rid={rid} open"));
        } else if self.is_down() || self.random.permille(self.weather.response_lost) {
            self.figures.lost += 1;
            if self.random.permille(700) {
                self.post(delay, Packet::Broken(id));
            }
        } else {
            self.post(delay, Packet::Response { id, status, body });
        }
        Ok(())
    }

    /// What an answer says must be so.
    fn check_answer(
        &mut self,
        wire: &Wire,
        status: u16,
        body: &Bytes,
        text: &str,
    ) -> Result<(), String> {
        let rid = wire.rid;
        let created = attribute(text, "sid");
        let id = wire.session.or_else(|| {
            let mut hosts = self.hosts.iter();
            hosts
                .find(|(_, host)| created == Some(&host.sid))
                .map(|(&id, _)| id)
        });
        let normal = is_normal(status, text);
        let requests = self.requests() as u64;
        if text.contains(STREAM_ERROR)
            && let Some(host) = id.and_then(|id| self.hosts.get_mut(&id))
        {
            host.last_words = None;
        }
        let Some(host) = id.and_then(|id| self.hosts.get_mut(&id)) else {
            return match normal {
                true => Err(format!("rid {rid} is answered in no session")),
                false => Ok(()),
            };
        };
        if !normal {
            let is_recent = wire.live && rid + requests > host.through;
            let answered = host.answers.get(&rid).filter(|_| is_recent);
            let is_pause = answered.is_some_and(|answer| !answer.is_stored);
            if answered.is_some() && matches!(host.over, Some(CloseReason::Local(_))) {
                return Err(format!(
                    "BOSH-14.3-04: the response to rid {rid} is kept back"
                ));
            }
            let unknown = CloseReason::Violation(Condition::ItemNotFound);
            if is_pause && host.over == Some(unknown) {
                return Err(format!(
                    "BOSH-14.3-04: the pause rid {rid} is not known again"
                ));
            }
            if attribute(text, "type") == Some("terminate") {
                host.said.put(text)?;
            }
            return Ok(());
        }
        // What is confirmed has arrived: its response says so.
        let asked = self.asked.get(&rid).ok_or("a request id of nobody")?;
        if id != self.bound && asked.through > 0 && rid != host.first {
            return Err(format!("rid {rid} is answered outside of its session"));
        }
        if rid != host.first && self.said.heard < asked.through {
            return Err(format!(
                "BOSH-8-02: rid {rid} is answered, with {} heard of {}",
                self.said.heard, asked.through
            ));
        }
        let ack = number(text, "ack");
        if ack.is_some_and(|ack| ack > host.through) {
            return Err(format!(
                "BOSH-9.1-01: ack {ack:?} with all up to {} received",
                host.through
            ));
        }
        if let Some(answer) = host.answers.get(&rid) {
            // What answers a pause is made anew: it says what has come since (§9.1).
            let is_same = match answer.is_stored {
                true => answer.body == body,
                false => !text.contains("</"),
            };
            if !is_same {
                return Err(format!("BOSH-14.3-04: rid {rid} has a second response"));
            }
            return Ok(());
        }
        let last = host.answers.last_key_value().map(|(&rid, _)| rid);
        if wire.first && last.is_some_and(|last| last > rid) {
            return Err(format!("BOSH-8-07: rid {rid} is answered behind {last:?}"));
        }
        if host.over.is_none() {
            host.replay.watch(body);
        }
        host.said.put(text)?;
        // One that was given to a broken connection comes to light later than others.
        let later = host.answers.range(rid..).next().is_some();
        let through = match host.answers.range(..rid).next_back() {
            Some((_, earlier)) if later => earlier.through,
            _ if later => 0,
            _ => host.said.put,
        };
        let asked = std::str::from_utf8(&asked.body).unwrap();
        let answer = Answer {
            body: Bytes::copy_from_slice(body),
            through,
            // §14.3.
            is_stored: attribute(asked, "pause").is_none(),
        };
        host.answers.insert(rid, answer);
        Ok(())
    }

    /// What the client was given in order, it has told.
    fn check_heard(&self) -> Result<(), String> {
        let Some(host) = self.bound.and_then(|id| self.hosts.get(&id)) else {
            return Ok(());
        };
        let mut through = 0;
        let mut rid = host.first;
        // A pause counts as answered when a later request is (§10).
        while self.handed.contains(&rid) || self.pauses.contains(&rid) {
            through = host.answers.get(&rid).map_or(through, |it| it.through);
            rid += 1;
        }
        if host.said.heard < through {
            return Err(format!(
                "BOSH-14.2-02: the client was given {through} and told {}",
                host.said.heard
            ));
        }
        Ok(())
    }
}

/// Neither an HTTP error, a condition, nor the words of an intermediary.
fn is_normal(status: u16, text: &str) -> bool {
    status == 200 && !text.starts_with("<html") && attribute(text, "type").is_none()
}

/// A body as the transcript shows it.
fn brief(text: &str) -> &str {
    let mut end = text.len().min(300);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
