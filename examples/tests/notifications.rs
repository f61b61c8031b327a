//! All servers in one process, over real sockets: what REST asks for comes back as notifications of the
//! agent who asked, in order, with the id of the request, and so it goes on when the notification
//! service dies in between.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use examples::{
    cucm,
    driver::{Clock, Driver, Machine},
    engine, finesse, notification,
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use xmpp_pubsub::{
    Jid, Stanza,
    event::{Event, ItemChange},
    notification::unwrap,
    ns,
    sasl::Password,
    session::{Client, ClientConfig, ClientEvent, Error},
    stream::Form,
};

struct Center {
    settings: Settings,
    notification: (JoinHandle<()>, ShutdownTrigger),
    _others: Vec<ShutdownTrigger>,
    _dir: tempfile::TempDir,
}

impl Center {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::with_data_dir(dir.path().to_owned());
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        settings.cucm.axl = free;
        settings.cucm.switch = free;
        settings.engine.cti = free;
        settings.notification.xmpp = free;
        settings.notification.xmpp_tls = free;
        settings.notification.bosh = free;
        settings.notification.bosh_tls = free;
        settings.finesse.http = free;
        settings.finesse.https = free;
        settings.caller.calls_per_minute = 0;
        let mut triggers = Vec::new();

        let (trigger, shutdown) = shutdown::channel();
        triggers.push(trigger);
        let cucm = cucm::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        settings.cucm.axl = cucm.address("axl").unwrap();
        settings.cucm.switch = cucm.address("switch").unwrap();

        let (trigger, shutdown) = shutdown::channel();
        triggers.push(trigger);
        let engine = engine::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        settings.engine.cti = engine.address("cti").unwrap();

        let (trigger, shutdown) = shutdown::channel();
        let server = notification::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        settings.notification.xmpp = server.address("xmpp").unwrap();
        let notification = (server.task, trigger);

        let (trigger, shutdown) = shutdown::channel();
        triggers.push(trigger);
        let finesse = finesse::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        settings.finesse.http = finesse.address("http").unwrap();

        let center = Self {
            settings,
            notification,
            _others: triggers,
            _dir: dir,
        };
        let up = async {
            while !center
                .request("1001001", "GET", "/finesse/api/SystemInfo", "", "")
                .await
                .1
                .contains("IN_SERVICE")
            {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LIMIT, up).await.unwrap();
        center
    }

    /// Sends a request on a connection of its own; returns status and body.
    async fn request(
        &self,
        user: &str,
        method: &str,
        path: &str,
        id: &str,
        body: &str,
    ) -> (u16, String) {
        let token = base64::engine::general_purpose::STANDARD.encode(format!("{user}:ccx-{user}"));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nrequestId: {id}\r\n\
             Authorization: Basic {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.settings.finesse.http)
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(LIMIT, stream.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (answer[9..12].parse().unwrap(), body.to_owned())
    }

    async fn ask(&self, user: &str, method: &str, path: &str, id: &str, body: &str) {
        let path = format!("/finesse/api/{path}");
        let (status, answer) = self.request(user, method, &path, id, body).await;
        assert_eq!(status, 202, "{path} {body}: {answer}");
    }

    async fn act(&self, user: &str, dialog: &str, action: &str) {
        let body = format!(
            "<Dialog><requestedAction>{action}</requestedAction>\
             <targetMediaAddress>{user}</targetMediaAddress></Dialog>"
        );
        self.ask(user, "PUT", &format!("Dialog/{dialog}"), action, &body)
            .await;
    }

    /// How many entries the journal of the notification service has had.
    fn written(&self) -> i64 {
        let path = self.settings.data_dir.join("notification.sqlite");
        let database = rusqlite::Connection::open(path).unwrap();
        let count = "SELECT max(seq) FROM entry";
        database.query_row(count, [], |row| row.get(0)).unwrap()
    }

    async fn login(&self, user: &str) {
        let body = format!("<User><state>LOGIN</state><extension>{user}</extension></User>");
        self.ask(user, "PUT", &format!("User/{user}"), "LOGIN", &body)
            .await;
    }

    async fn ready(&self, user: &str) {
        let body = "<User><state>READY</state></User>";
        self.ask(user, "PUT", &format!("User/{user}"), "READY", body)
            .await;
    }
}

/// An agent's desktop, as far as events go.
struct Desk(Driver<Session, TcpStream>);

#[derive(Debug)]
struct Session(Client);

impl Machine for Session {
    type Event = ClientEvent;
    type Error = Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        self.0.handle_input(now, input)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        self.0.handle_timeout(now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        self.0.poll_transmit()
    }

    fn poll_event(&mut self) -> Option<ClientEvent> {
        self.0.poll_event()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.0.poll_timeout()
    }
}

impl Desk {
    async fn open(center: &Center, user: &str) -> Self {
        let stream = TcpStream::connect(center.settings.notification.xmpp)
            .await
            .unwrap();
        let jid = Jid::new(&format!("{user}@localhost/desktop")).unwrap();
        let password = Password::new(&format!("ccx-{user}"));
        let client = Client::new(ClientConfig::new(jid, password, 1), Form::Tcp);
        let mut driver = Driver::new(Session(client), stream, Clock::start(), 1 << 20);
        let now = driver.now();
        driver.machine.0.open(now).unwrap();
        let mut desk = Self(driver);
        while !matches!(desk.event().await, ClientEvent::Online { .. }) {}
        // Its presence comes back once the service has taken it; events flow from then on.
        while !matches!(desk.event().await, ClientEvent::Stanza(Stanza::Presence(_))) {}
        desk
    }

    async fn event(&mut self) -> ClientEvent {
        timeout(LIMIT, self.0.next()).await.unwrap().unwrap()
    }

    /// The next notification as `node event requestId state`, and its document.
    async fn next(&mut self) -> (String, String) {
        loop {
            let ClientEvent::Stanza(Stanza::Message(message)) = self.event().await else {
                continue;
            };
            let Some(payload) = message.payloads.find(ns::PUBSUB_EVENT, "event") else {
                continue;
            };
            let Event::Items { node, changes, .. } = Event::decode(payload).unwrap() else {
                continue;
            };
            let [ItemChange::Published(item)] = &changes[..] else {
                panic!("{changes:?}")
            };
            let update = item.payload().and_then(unwrap).unwrap();
            let part = |name: &str| between(&update, name).to_owned();
            let node = node.as_str().trim_start_matches("/finesse/api/");
            let what = if update.contains("<apiErrors>") {
                "error".to_owned()
            } else {
                state(&update)
            };
            return (
                format!("{node} {} {} {what}", part("event"), part("requestId")),
                update,
            );
        }
    }

    /// Skips to the notification that begins so.
    async fn until(&mut self, start: &str) -> String {
        loop {
            let (line, update) = self.next().await;
            if line.starts_with(start) {
                return update;
            }
        }
    }

    async fn lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(self.next().await.0);
        }
        lines
    }
}

/// Text of the first element of this name; empty where it is empty.
fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text
        .split_once(&format!("<{name}>"))
        .map_or("", |(_, rest)| rest);
    rest.split_once(&format!("</{name}>"))
        .map_or("", |(text, _)| text)
}

/// State of the object itself, not of a participant.
fn state(update: &str) -> String {
    let outside = update
        .split_once("</participants>")
        .map_or(update, |(_, rest)| rest);
    between(
        outside,
        if outside.contains("<status>") {
            "status"
        } else {
            "state"
        },
    )
    .to_owned()
}

#[tokio::test]
async fn each_step_of_a_call_comes_back_in_order_with_its_request_id() {
    let center = Center::start().await;
    let mut desk = Desk::open(&center, "1001001").await;
    center.login("1001001").await;
    desk.until("User/1001001 PUT LOGIN NOT_READY").await;
    center.ready("1001001").await;
    desk.until("User/1001001 PUT READY READY").await;

    let (status, _) = center
        .request("1001001", "POST", "/desktop/call-me", "", "")
        .await;
    assert_eq!(status, 202);
    desk.until("User/1001001 PUT  RESERVED").await;
    let update = desk.until("User/1001001/Dialogs POST  ALERTING").await;
    let dialog = between(&update, "id").to_owned();

    center.act("1001001", &dialog, "ANSWER").await;
    let expected = [
        "User/1001001/Dialogs PUT ANSWER ACTIVE",
        "User/1001001 PUT  TALKING",
    ];
    assert_eq!(desk.lines(2).await, expected);
    center.act("1001001", &dialog, "HOLD").await;
    assert_eq!(
        desk.lines(1).await,
        ["User/1001001/Dialogs PUT HOLD ACTIVE"]
    );
    center.act("1001001", &dialog, "ANSWER").await;
    assert_eq!(
        desk.lines(1).await,
        ["User/1001001/Dialogs PUT ANSWER error"]
    );
    center.act("1001001", &dialog, "RETRIEVE").await;
    assert_eq!(
        desk.lines(1).await,
        ["User/1001001/Dialogs PUT RETRIEVE ACTIVE"]
    );
    center.act("1001001", &dialog, "DROP").await;
    desk.until("User/1001001/Dialogs PUT DROP DROPPED").await;
    desk.until("User/1001001 PUT  WORK").await;
    center.ready("1001001").await;
    desk.until("User/1001001 PUT READY READY").await;
    desk.until("User/1001001/Dialogs DELETE  DROPPED").await;
}

#[tokio::test]
async fn a_call_between_two_agents_reaches_both() {
    let center = Center::start().await;
    let mut first = Desk::open(&center, "1001001").await;
    let mut second = Desk::open(&center, "1001002").await;
    center.login("1001001").await;
    center.login("1001002").await;
    second.until("User/1001002 PUT LOGIN NOT_READY").await;
    first.until("User/1001001 PUT LOGIN NOT_READY").await;

    let body = "<Dialog><requestedAction>MAKE_CALL</requestedAction>\
        <fromAddress>1001001</fromAddress><toAddress>1001002</toAddress></Dialog>";
    center
        .ask("1001001", "POST", "User/1001001/Dialogs", "CALL", body)
        .await;
    first
        .until("User/1001001/Dialogs POST CALL INITIATING")
        .await;
    first.until("User/1001001/Dialogs PUT  ALERTING").await;
    let update = second.until("User/1001002/Dialogs POST  ALERTING").await;
    let dialog = between(&update, "id").to_owned();
    center.act("1001002", &dialog, "ANSWER").await;
    second.until("User/1001002/Dialogs PUT ANSWER ACTIVE").await;
    first.until("User/1001001/Dialogs PUT  ACTIVE").await;
    center.act("1001002", &dialog, "DROP").await;
    second.until("User/1001002/Dialogs DELETE").await;
    first.until("User/1001001/Dialogs DELETE").await;
}

#[tokio::test]
async fn events_of_agents_and_calls_are_not_written_down() {
    let center = Center::start().await;
    let before = center.written();
    assert!(before > 0, "the nodes of the seed");
    let mut desk = Desk::open(&center, "1001001").await;
    center.login("1001001").await;
    desk.until("User/1001001 PUT LOGIN NOT_READY").await;
    center.ready("1001001").await;
    desk.until("User/1001001 PUT READY READY").await;
    center
        .request("1001001", "POST", "/desktop/call-me", "", "")
        .await;
    let update = desk.until("User/1001001/Dialogs POST  ALERTING").await;
    let dialog = between(&update, "id").to_owned();
    center.act("1001001", &dialog, "ANSWER").await;
    desk.until("User/1001001/Dialogs PUT ANSWER ACTIVE").await;
    center.act("1001001", &dialog, "DROP").await;
    desk.until("User/1001001 PUT  WORK").await;
    assert_eq!(center.written(), before);
}

#[tokio::test]
async fn a_notification_service_that_is_back_gets_the_last_state() {
    let mut center = Center::start().await;
    center.login("1001001").await;
    let (trigger, shutdown) = shutdown::channel();
    let (task, old) =
        std::mem::replace(&mut center.notification, (tokio::spawn(async {}), trigger));
    old.request();
    task.await.unwrap();

    // Nobody can be told now, and REST goes on.
    center.ready("1001001").await;
    let known = center.settings.notification.xmpp;
    let mut elsewhere = center.settings.clone();
    elsewhere.notification.xmpp = "127.0.0.1:0".parse().unwrap();
    let server = notification::start(Arc::new(elsewhere), shutdown)
        .await
        .unwrap();
    center.settings.notification.xmpp = server.address("xmpp").unwrap();
    center.notification.0 = server.task;
    let mut desk = Desk::open(&center, "1001001").await;
    // The web service finds it only now, so that the desk misses nothing.
    let way = tokio::spawn(lead(known, center.settings.notification.xmpp));
    desk.until("User/1001001 PUT").await;
    center.login("1001001").await;
    desk.until("User/1001001 PUT LOGIN READY").await;
    way.abort();
}

/// Leads whoever connects to one address to another.
async fn lead(from: SocketAddr, to: SocketAddr) {
    let listener = TcpListener::bind(from).await.unwrap();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut far = TcpStream::connect(to).await.unwrap();
            // Either end may go first.
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(15);
