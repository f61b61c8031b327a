//! Carries out commands.

use std::{io, rc::Rc, time::Duration};

use benches::login::Session;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::{JoinHandle, spawn_local},
    time::{Instant, timeout},
};
use xmpp_pubsub::Jid;

use super::{
    Options,
    subscriber::{Tally, count_events, count_pieces},
};

/// Does what standard input says, until it ends.
pub(super) async fn run(options: Options) -> io::Result<()> {
    let mut load = Load {
        options,
        tally: Rc::default(),
        tasks: Vec::new(),
        source: None,
        published: 0,
    };
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| -> io::Result<usize> {
            let word = words.get(index);
            word.and_then(|word| word.parse().ok())
                .ok_or_else(|| io::Error::other(format!("`{line}` lacks a number")))
        };
        let answer = match words.first() {
            Some(&"login") => load.log_in(number(1)?).await?,
            Some(&"publish") => load.publish(number(1)?).await?,
            Some(&"sink") => load.sink(number(1)?, number(2)?).await?,
            Some(&"pour") => load.publish(number(1)?).await?,
            Some(&"end") => return Ok(()),
            _ => return Err(io::Error::other(format!("`{line}` is no command"))),
        };
        println!("{answer}");
    }
    Ok(())
}

struct Load {
    options: Options,
    tally: Rc<Tally>,
    /// One for each subscriber.
    tasks: Vec<JoinHandle<()>>,
    source: Option<Source>,
    published: usize,
}

/// Who publishes, and what.
struct Source {
    writer: OwnedWriteHalf,
    piece: Piece,
}

enum Piece {
    /// A request, whose id goes in between.
    Publish { before: String, behind: String },
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Load {
    async fn log_in(&mut self, count: usize) -> io::Result<Value> {
        let started = Instant::now();
        if self.source.is_none() {
            self.source = Some(self.publisher().await?);
        }
        let service = &self.options.service;
        for number in self.tasks.len() + 1..=count {
            let (user, password) = (format!("agent{number}"), format!("secret-{number}"));
            let mut session = self.log_in_as(&user, &password).await?;
            let jid = &session.jid;
            let subscribe = format!(
                "<iq type='set' id='subscribe' to='{service}'><pubsub xmlns='{PUBSUB}'>\
                 <subscribe node='{NODE}' jid='{jid}'/></pubsub></iq>"
            );
            session.ask(&subscribe, "subscribe").await?;
            self.tasks.push(spawn_local(count_events(
                session.stream,
                Rc::clone(&self.tally),
            )));
        }
        Ok(json!({ "subscribers": self.tasks.len(), "seconds": started.elapsed().as_secs_f64() }))
    }

    async fn log_in_as(&self, user: &str, password: &str) -> io::Result<Session> {
        let jid = Jid::from_parts(Some(user), &self.options.domain, Some("load"));
        let jid = jid.map_err(io::Error::other)?;
        Session::log_in(self.options.xmpp, jid, password).await
    }

    /// Logs in, and makes a node that is open and keeps nothing.
    async fn publisher(&self) -> io::Result<Source> {
        let Options {
            publisher,
            publisher_password,
            service,
            ..
        } = &self.options;
        let mut session = self.log_in_as(publisher, publisher_password).await?;
        let field = |name: &str, value: &str| {
            format!("<field var='pubsub#{name}'><value>{value}</value></field>")
        };
        let fields = field("access_model", "open")
            + &field("persist_items", "0")
            + &field("deliver_payloads", "1");
        let create = format!(
            "<iq type='set' id='create' to='{service}'><pubsub xmlns='{PUBSUB}'><create node='{NODE}'/>\
             <configure><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
             <value>{PUBSUB}#node_config</value></field>{fields}</x></configure></pubsub></iq>"
        );
        session.ask(&create, "create").await?;
        let (reader, writer) = session.stream.into_split();
        spawn_local(discard(reader));
        let before = format!("<iq type='set' to='{service}' id='");
        let behind = format!(
            "'><pubsub xmlns='{PUBSUB}'><publish node='{NODE}'><item>\
             <notification xmlns='http://jabber.org/protocol/pubsub'>{}</notification></item></publish></pubsub></iq>",
            UPDATE
                .replace("REQUEST", REQUEST_ID)
                .replace('<', "&lt;")
                .replace('>', "&gt;")
        );
        let piece = Piece::Publish { before, behind };
        Ok(Source { writer, piece })
    }

    async fn sink(&mut self, count: usize, size: usize) -> io::Result<Value> {
        let started = Instant::now();
        for _ in self.tasks.len()..count {
            let mut stream = TcpStream::connect(self.options.xmpp).await?;
            stream.write_all(b"sink\n").await?;
            self.tasks.push(spawn_local(count_pieces(
                stream,
                size,
                Rc::clone(&self.tally),
            )));
        }
        let mut stream = TcpStream::connect(self.options.xmpp).await?;
        stream.set_nodelay(true)?;
        stream
            .write_all(format!("pour {size}\n").as_bytes())
            .await?;
        let (_, writer) = stream.into_split();
        let piece = Piece::Bytes(vec![b'x'; size]);
        self.source = Some(Source { writer, piece });
        Ok(json!({ "subscribers": self.tasks.len(), "seconds": started.elapsed().as_secs_f64() }))
    }

    async fn publish(&mut self, count: usize) -> io::Result<Value> {
        let source = self
            .source
            .as_mut()
            .ok_or_else(|| io::Error::other("nobody is there"))?;
        let started = Instant::now();
        self.tally.bytes.set(0);
        let mut lost = 0;
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            self.published += 1;
            self.tally.left.set(self.tasks.len());
            let sent = Instant::now();
            match &source.piece {
                Piece::Publish { before, behind } => {
                    let request = format!("{before}p{}{behind}", self.published);
                    source.writer.write_all(request.as_bytes()).await?;
                }
                Piece::Bytes(bytes) => source.writer.write_all(bytes).await?,
            }
            if timeout(ARRIVAL, self.tally.all.notified()).await.is_err() {
                lost += self.tally.left.get();
            }
            times.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
        times.sort_unstable();
        let time = |share: usize| {
            times.get((times.len() * share / 100).min(times.len().saturating_sub(1)))
        };
        Ok(json!({
            "notifications": count * self.tasks.len() - lost,
            "lost": lost,
            "bytes": self.tally.bytes.get(),
            "seconds": started.elapsed().as_secs_f64(),
            "p50": time(50),
            "p99": time(99),
        }))
    }
}

async fn discard(mut reader: OwnedReadHalf) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(1..) = reader.read(&mut buffer).await {}
}

/// Lines of standard input, until it ends.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
const NODE: &str = "load";
/// Later than that it is lost.
const ARRIVAL: Duration = Duration::from_secs(10);
/// By which an event is known.
pub(super) const REQUEST_ID: &str = "6a3b0f9e-0000-4000-8000-000000000001";
/// What Finesse tells when an agent changes state, about as long as its own.
const UPDATE: &str = "<Update><data><user><uri>/finesse/api/User/1001001</uri><roles><role>Agent</role></roles>\
<loginId>1001001</loginId><loginName>agent</loginName><state>NOT_READY</state><stateChangeTime>2026-01-01T08:00:00.000Z\
</stateChangeTime><pendingState></pendingState><reasonCodeId>-1</reasonCodeId><settings><wrapUpOnIncoming>OPTIONAL\
</wrapUpOnIncoming></settings><extension>1001001</extension><mobileAgent><mode></mode><dialNumber></dialNumber>\
</mobileAgent><firstName>Agent</firstName><lastName>One</lastName><teamId>1</teamId><teamName>Support</teamName>\
<dialogs>/finesse/api/User/1001001/Dialogs</dialogs><teams></teams></user></data><event>PUT</event>\
<requestId>REQUEST</requestId><source>/finesse/api/User/1001001</source></Update>";
