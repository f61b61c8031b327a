//! All BOSH sessions, in one task: HTTP requests go in, each is answered when there is something to say.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bosh::{
    Condition,
    session::{Channel, Event, Farewell, Manager, RequestSlot, ServerConfig, SessionId, Transmit},
};
use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use xmpp_pubsub::{
    Jid, Stanza,
    sasl::SaslCondition,
    session::{self, Error, Security, Server, ServerEvent, SessionKey},
    stream::{Form, StreamCondition, StreamError},
    xml::{Limits, Scope},
};

use super::{
    hub::{Hub, ToSession, Way},
    login::Login,
    pace::{self, Pace},
};
use crate::{
    driver::{Clock, sleep_until},
    settings::NotificationSettings,
    shutdown::Shutdown,
};

/// The way to the task. Clones lead to the same one.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    commands: mpsc::UnboundedSender<Command>,
    last_slot: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Command {
    Request {
        slot: RequestSlot,
        channel: Channel,
        body: Bytes,
        respond: oneshot::Sender<Transmit>,
    },
    Disconnect(RequestSlot),
    Verdict {
        id: SessionId,
        verdict: Result<(), SaslCondition>,
    },
}

impl Sessions {
    /// Starts the task.
    pub(super) fn spawn(
        domain: Jid,
        settings: &NotificationSettings,
        hub: Hub,
        login: Login,
        shutdown: Shutdown,
    ) -> (Self, JoinHandle<()>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (way, stanzas) = mpsc::unbounded_channel();
        let task = Task {
            domain,
            clock: hub.clock(),
            hub,
            login,
            commands: commands.clone(),
            way,
            manager: Manager::new(config(settings), session_id),
            clients: HashMap::new(),
            by_key: HashMap::new(),
            waiting: HashMap::new(),
        };
        let handle = tokio::spawn(task.run(receiver, stanzas, shutdown));
        (
            Self {
                commands,
                last_slot: Arc::default(),
            },
            handle,
        )
    }

    /// Answers the body of a POST. The number of those who wait is bounded by that of HTTP connections.
    /// `None` once the service has ended.
    pub(super) async fn request(&self, channel: Channel, body: Bytes) -> Option<Transmit> {
        let slot = RequestSlot(self.last_slot.fetch_add(1, Ordering::Relaxed));
        let (respond, response) = oneshot::channel();
        self.commands
            .send(Command::Request {
                slot,
                channel,
                body,
                respond,
            })
            .ok()?;
        let waiting = Waiting {
            commands: &self.commands,
            slot,
            answered: false,
        };
        waiting.wait(response).await
    }
}

/// A request that waits: if it is dropped before the answer, the client has gone.
struct Waiting<'a> {
    commands: &'a mpsc::UnboundedSender<Command>,
    slot: RequestSlot,
    answered: bool,
}

impl Waiting<'_> {
    async fn wait(mut self, response: oneshot::Receiver<Transmit>) -> Option<Transmit> {
        let response = response.await;
        self.answered = true;
        response.ok()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            // If the task has ended there is nobody to tell.
            let _ = self.commands.send(Command::Disconnect(self.slot));
        }
    }
}

struct Task {
    domain: Jid,
    clock: Clock,
    hub: Hub,
    login: Login,
    /// To ourselves, for verdicts.
    commands: mpsc::UnboundedSender<Command>,
    /// To ourselves, for the hub.
    way: mpsc::UnboundedSender<(SessionKey, ToSession)>,
    manager: Manager,
    /// Boxed: a map keeps room for more than it has.
    clients: HashMap<SessionId, Box<Client>>,
    by_key: HashMap<SessionKey, SessionId>,
    waiting: HashMap<RequestSlot, Held>,
}

/// A request that is not answered yet.
struct Held {
    /// `None` if it is refused.
    session: Option<SessionId>,
    respond: oneshot::Sender<Transmit>,
}

/// One client: the stream inside its bodies.
struct Client {
    key: SessionKey,
    stream: Server,
    pace: Pace,
}

impl Task {
    async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut stanzas: mpsc::UnboundedReceiver<(SessionKey, ToSession)>,
        shutdown: Shutdown,
    ) {
        loop {
            let timeout = self
                .manager
                .poll_timeout()
                .map(|time| self.clock.instant(time));
            tokio::select! {
                () = shutdown.requested() => break,
                // We hold a sender of each, so that neither ends.
                Some(command) = commands.recv() => self.on_command(command),
                Some((key, item)) = stanzas.recv() => {
                    self.on_item(key, item);
                    // What is there already travels in the same answer.
                    while let Ok((key, item)) = stanzas.try_recv() {
                        self.on_item(key, item);
                    }
                }
                () = sleep_until(timeout) => self.manager.handle_timeout(self.clock.now()),
            }
            self.settle();
        }
        // Requests and stanzas that are here already. HTTP ends at the same time: no others can come.
        while let Ok(command) = commands.try_recv() {
            self.on_command(command);
            self.settle();
        }
        while let Ok((key, item)) = stanzas.try_recv() {
            self.on_item(key, item);
        }
        self.settle();
        self.manager.shutdown(self.clock.now());
        self.settle();
    }

    fn on_command(&mut self, command: Command) {
        let now = self.clock.now();
        match command {
            Command::Request {
                slot,
                channel,
                body,
                respond,
            } => {
                let session = self.manager.handle_request_over(now, channel, slot, body);
                self.waiting.insert(slot, Held { session, respond });
            }
            Command::Disconnect(slot) => {
                let held = self.waiting.remove(&slot);
                if let Some(session) = held.and_then(|held| held.session) {
                    self.manager.handle_disconnect(now, session, slot);
                }
            }
            Command::Verdict { id, verdict } => {
                let Some(client) = self.clients.get_mut(&id) else {
                    return;
                };
                let answered = match verdict {
                    Ok(()) => client.stream.authenticate_ok(),
                    Err(condition) => client.stream.authenticate_failed(condition),
                };
                if let Err(error) = answered {
                    tracing::debug!(%id, %error, "BOSH: a late verdict");
                }
                self.pump(id);
            }
        }
    }

    fn on_item(&mut self, key: SessionKey, item: ToSession) {
        let Some(&id) = self.by_key.get(&key) else {
            // Its client has gone meanwhile.
            return self.hub.undelivered(item.into_stanza());
        };
        if let Some(client) = self.clients.get_mut(&id) {
            match item {
                ToSession::Stanza(stanza) => client.stream.send_outgoing(&stanza),
                ToSession::Close(error) => client.stream.close(Some(error)),
            }
            self.pump(id);
        }
    }

    /// Carries out what the manager asks for until it asks for nothing, then sends its answers.
    fn settle(&mut self) {
        while let Some((id, event)) = self.manager.poll_event() {
            self.on_event(id, event);
        }
        while let Some(transmit) = self.manager.poll_transmit() {
            if let Some(held) = self.waiting.remove(&transmit.slot) {
                // A client that is gone is noticed by the end of its request.
                let _ = held.respond.send(transmit);
            }
        }
    }

    fn on_event(&mut self, id: SessionId, event: Event) {
        match event {
            Event::Open(open) => {
                if let Some(condition) = self.refusal(open.to.as_deref()) {
                    // If it is over already, that was what we wanted.
                    let _ =
                        self.manager
                            .close(self.clock.now(), id, Farewell::condition(condition));
                    return;
                }
                let Ok(seed) = getrandom::u64() else {
                    let farewell = Farewell::condition(Condition::InternalServerError);
                    let _ = self.manager.close(self.clock.now(), id, farewell);
                    return;
                };
                // In clear only loopback addresses are taken, so that passwords are safe on both.
                let config = session::ServerConfig::new(
                    self.domain.clone(),
                    seed,
                    Security::Protected,
                )
                // The manager watches over the time of the login.
                .with_negotiation_timeout(Duration::MAX);
                let stream = Server::new(self.clock.now(), config, Form::Bosh);
                let key = self.hub.next_key();
                let pace = Pace::new(self.clock.now());
                self.clients
                    .insert(id, Box::new(Client { key, stream, pace }));
                self.by_key.insert(key, id);
                self.give(id, |stream, now| {
                    let (to, from) = (open.to.as_deref(), open.from.as_deref());
                    stream.handle_opening(now, to, from, open.lang.as_deref())
                });
            }
            Event::Restart(restart) => self.give(id, |stream, now| {
                let (to, from) = (restart.to.as_deref(), restart.from.as_deref());
                stream.handle_opening(now, to, from, restart.lang.as_deref())
            }),
            Event::Payload(payload) => self.give(id, |stream, now| {
                stream.handle_payload(now, payload.bytes().clone(), payload.scope().clone())
            }),
            Event::Terminated {
                reason,
                undelivered,
            } => {
                tracing::debug!(%id, ?reason, undelivered = undelivered.len(), "BOSH: over");
                if let Some(client) = self.clients.remove(&id) {
                    self.by_key.remove(&client.key);
                    self.hub.unbind(client.key);
                    self.hub.undelivered(stanzas(&undelivered));
                }
            }
            // One stream a session is what the settings allow.
            Event::Stream(_) | _ => {}
        }
    }

    /// Why there is no stream to this domain (XEP-0124 §17.2). Who names none gets ours.
    fn refusal(&self, to: Option<&str>) -> Option<Condition> {
        match Jid::new(to?) {
            Ok(to) if to == self.domain => None,
            Ok(_) => Some(Condition::HostUnknown),
            Err(_) => Some(Condition::ImproperAddressing),
        }
    }

    fn give(
        &mut self,
        id: SessionId,
        take: impl FnOnce(&mut Server, Duration) -> Result<(), Error>,
    ) {
        let now = self.clock.now();
        if let Some(client) = self.clients.get_mut(&id) {
            if let Err(error) = take(&mut client.stream, now) {
                tracing::debug!(%id, %error, "BOSH: the client broke the protocol");
            }
            self.pump(id);
        }
    }

    /// Hands on what a stream has to say.
    fn pump(&mut self, id: SessionId) {
        let now = self.clock.now();
        loop {
            let Some(client) = self.clients.get_mut(&id) else {
                return;
            };
            match client.stream.poll_event() {
                Some(ServerEvent::Authenticate { user, credentials }) => {
                    let (login, commands) = (self.login.clone(), self.commands.clone());
                    tokio::spawn(async move {
                        let verdict = login.check(&user, &credentials).await;
                        // If the task has ended there is nobody to tell.
                        let _ = commands.send(Command::Verdict { id, verdict });
                    });
                }
                Some(ServerEvent::Bind { user, resource }) => {
                    let way = Way::Bosh(self.way.clone());
                    let bound = self.hub.bind(client.key, &user, resource.as_deref(), way);
                    let answered = match bound {
                        Ok(jid) => {
                            tracing::info!(%jid, "BOSH: online");
                            // It is there: its stream spoke just now.
                            let _ = self.manager.set_authenticated(id);
                            client.stream.bind_ok(jid)
                        }
                        Err(error) => client.stream.bind_failed(error),
                    };
                    if let Err(error) = answered {
                        tracing::debug!(%id, %error, "BOSH: a late address");
                    }
                }
                // A body cannot be read more slowly.
                Some(ServerEvent::Stanza(stanza))
                    if !client.pace.take(now, pace::cost(&stanza)) =>
                {
                    client.stream.close(Some(StreamError::new(
                        StreamCondition::POLICY_VIOLATION,
                        "too many stanzas",
                    )));
                }
                // Other clients have tasks of their own to write it.
                Some(ServerEvent::Stanza(stanza)) => drop(self.hub.stanza(client.key, stanza)),
                Some(ServerEvent::Closed { reason }) => {
                    tracing::debug!(%id, %reason, "BOSH: the stream ended");
                    return self.end(id);
                }
                Some(_) => {}
                None => break,
            }
        }
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        while let Some(payload) = client.stream.poll_transmit() {
            if let Err(error) = self.manager.send(now, id, payload) {
                tracing::warn!(jid = ?client.stream.jid(), %error, "BOSH: a client does not keep up");
                let farewell = Farewell::condition(Condition::PolicyViolation);
                // If it is over already, that was what we wanted.
                let _ = self.manager.close(now, id, farewell);
                return;
            }
        }
    }

    /// Ends the BOSH session of a stream that has ended.
    fn end(&mut self, id: SessionId) {
        let now = self.clock.now();
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        while let Some(payload) = client.stream.poll_transmit() {
            // A queue that is full loses what comes before the end.
            let _ = self.manager.send(now, id, payload);
        }
        let error = client.stream.poll_stream_error();
        let farewell = error.map_or_else(Farewell::plain, Farewell::stream_error);
        // If it is over already, that was what we wanted.
        let _ = self.manager.close(now, id, farewell);
    }
}

/// The stanzas among payloads; the rest is about the stream and concerns nobody else.
fn stanzas(payloads: &[Bytes]) -> Vec<Stanza> {
    let decode = |payload: &Bytes| Stanza::decode(payload, &Scope::new(), &Limits::default()).ok();
    payloads.iter().filter_map(decode).collect()
}

/// Figures of the product: `wait` 30 s, `hold` 1, silence of 60 s ends a session.
fn config(settings: &NotificationSettings) -> ServerConfig {
    ServerConfig::default()
        .with_max_wait(Duration::from_secs(30))
        .with_inactivity(Some(Duration::from_secs(60)))
        .with_authentication_timeout(Some(NEGOTIATION))
        .with_sessions(settings.places(), settings.strangers())
}

/// 128 random bits. Without randomness it is empty, and the manager refuses the session.
fn session_id() -> String {
    match (getrandom::u64(), getrandom::u64()) {
        (Ok(high), Ok(low)) => format!("{high:016x}{low:016x}"),
        _ => String::new(),
    }
}

/// Time for login and resource; a password is checked within five seconds.
const NEGOTIATION: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use xmpp_pubsub::{
        Stanza,
        xml::{Limits, Scope},
    };

    use super::*;
    use crate::{
        notification::hub::tests::{hub, names},
        seed::Password,
        settings::Settings,
        shutdown,
    };

    const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\
        AGZpbmVzc2UAc2VjcmV0</auth>";

    /// Posts a body and returns the answer.
    async fn post(sessions: &Sessions, sid: &str, rid: u32, more: &str, content: &str) -> String {
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' \
             rid='{rid}' {sid} {more}>{content}</body>"
        );
        let answer = sessions.request(Channel::Clear, body.into()).await.unwrap();
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    fn stanza(text: &str) -> Stanza {
        let scope = Scope::new().with("", "jabber:client");
        Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap()
    }

    /// Logs in as `finesse@localhost/r`; the next request id is 5.
    async fn online(sessions: &Sessions) -> String {
        let opening = "to='localhost' hold='1' wait='30' ver='1.9' xmpp:version='1.0'";
        let answer = post(sessions, "", 1, opening, "").await;
        let sid = answer.split("sid=").nth(1).unwrap();
        let sid = format!("sid='{}'", &sid[1..33]);
        let answer = post(sessions, &sid, 2, "", AUTH).await;
        assert!(answer.contains("<success "), "{answer}");
        post(sessions, &sid, 3, "xmpp:restart='true'", "").await;
        let bind = "<iq xmlns='jabber:client' type='set' id='b'>\
            <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>";
        let answer = post(sessions, &sid, 4, "", bind).await;
        assert!(answer.contains("finesse@localhost/r"), "{answer}");
        sid
    }

    /// `finesse@localhost/other`, by another way.
    fn other(hub: &Hub) -> (SessionKey, mpsc::Receiver<ToSession>) {
        let (way, stanzas) = mpsc::channel(8);
        let key = hub.next_key();
        let user = Jid::new("finesse@localhost").unwrap();
        hub.bind(key, &user, Some("other"), Way::Task(way)).unwrap();
        (key, stanzas)
    }

    fn service(
        dir: &tempfile::TempDir,
    ) -> (Hub, Sessions, JoinHandle<()>, shutdown::ShutdownTrigger) {
        let settings = Settings::with_data_dir(dir.path().to_owned());
        let names = names("localhost");
        let hub = hub();
        let login = Login::new(&settings, Password::new("secret")).unwrap();
        let (trigger, shutdown) = shutdown::channel();
        let (sessions, task) = Sessions::spawn(
            names.domain,
            &settings.notification,
            hub.clone(),
            login,
            shutdown,
        );
        (hub, sessions, task, trigger)
    }

    #[tokio::test(start_paused = true)]
    async fn the_senders_of_what_a_dead_client_did_not_get_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let (hub, sessions, _task, _trigger) = service(&dir);
        online(&sessions).await;
        let (key, mut stanzas) = other(&hub);
        for sent in [
            "<message to='finesse@localhost/r' type='chat' id='m'><body>lost</body></message>",
            "<message to='finesse@localhost/r' type='headline' id='h'/>",
            "<iq to='finesse@localhost/r' type='get' id='q'><q xmlns='urn:q'/></iq>",
        ] {
            hub.stanza(key, stanza(sent));
        }
        let mut told = Vec::new();
        // The client is silent, for longer than it may be.
        while told.len() < 2 {
            let item = tokio::time::timeout(Duration::from_secs(90), stanzas.recv()).await;
            let stanza = item.expect("in time").unwrap().into_stanza().unwrap();
            told.push(String::from_utf8(stanza.to_bytes().to_vec()).unwrap());
        }
        assert!(told[0].contains("id=\"m\"") && told[0].contains("<recipient-unavailable "));
        assert!(told[1].contains("id=\"q\"") && told[1].contains("<service-unavailable "));
        assert!(
            stanzas.try_recv().is_err(),
            "XBOSH-7-01: a headline is dropped"
        );
    }

    #[tokio::test]
    async fn what_was_sent_before_the_end_comes_before_the_end() {
        let dir = tempfile::tempdir().unwrap();
        // Which of two things is taken first is left to chance.
        for _ in 0..20 {
            let (hub, sessions, task, trigger) = service(&dir);
            let sid = online(&sessions).await;
            let (key, _stanzas) = other(&hub);
            let held = post(&sessions, &sid, 5, "", "");
            let stop = async {
                tokio::task::yield_now().await;
                let message =
                    "<message to='finesse@localhost/r' type='headline'><body>last</body></message>";
                hub.stanza(key, stanza(message));
                trigger.request();
            };
            let (answer, ()) = tokio::join!(held, stop);
            assert!(answer.contains(">last</body>"), "{answer}");
            task.await.unwrap();
        }
    }
}
