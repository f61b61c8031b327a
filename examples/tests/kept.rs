//! The notification service as a process that is killed, or finds no room on its disk: what it has acknowledged is there
//! when it comes back, and what it says when it cannot go on.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_notification");
const LIMIT: Duration = Duration::from_secs(30);

/// The service on free ports of this machine.
struct Service {
    child: Child,
    xmpp: SocketAddr,
}

impl Service {
    fn start(dir: &Path) -> Self {
        Self::of(command(PROGRAM, dir), dir)
    }

    /// One for which no file may grow beyond half a megabyte or one, as the shell counts.
    fn with_small_disk(dir: &Path) -> Self {
        let limited = "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", limited, PROGRAM]);
        shell.args(command(PROGRAM, dir).get_args());
        Self::of(shell, dir)
    }

    fn of(mut command: Command, dir: &Path) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut xmpp = None;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let (name, address) = line.split_once(' ').unwrap();
            match name {
                "xmpp" => xmpp = Some(address.parse().unwrap()),
                // It is the last one that is printed.
                "bosh-tls" => break,
                _ => {}
            }
        }
        let xmpp = xmpp.unwrap_or_else(|| panic!("it does not listen: {}", log(dir)));
        Self { child, xmpp }
    }

    fn kill(mut self) {
        // SIGKILL.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Either fails only when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--data-dir").arg(dir);
    for listener in ["xmpp", "xmpp-tls", "bosh", "bosh-tls"] {
        command.args([&format!("--notification-{listener}"), "127.0.0.1:0"]);
    }
    command
}

fn log(dir: &Path) -> String {
    fs::read_to_string(dir.join("log")).unwrap()
}

/// How a start that must fail ends.
fn refused(dir: &Path) -> String {
    let output = command(PROGRAM, dir).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// The session of the web service, typed by hand.
struct Web {
    stream: TcpStream,
    heard: String,
}

impl Web {
    fn login(service: &Service, dir: &Path) -> Self {
        use base64::Engine as _;

        let stream = TcpStream::connect(service.xmpp).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut web = Self {
            stream,
            heard: String::new(),
        };
        let secret = fs::read_to_string(dir.join("finesse.secret")).unwrap();
        let message = base64::engine::general_purpose::STANDARD
            .encode(format!("\0finesse\0{}", secret.trim()));
        web.say(HEADER);
        web.hear("</stream:features>");
        web.say(&format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{message}</auth>"
        ));
        web.hear("<success ");
        web.say(HEADER);
        web.hear("</stream:features>");
        web.say(
            "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <resource>finesse</resource></bind></iq>",
        );
        web.hear("</iq>");
        web
    }

    fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads on until the text has come, and takes everything up to its end.
    fn hear(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.heard.find(text) {
                return self.heard.drain(..at + text.len()).collect();
            }
            assert!(self.read(), "ended before {text}: {}", self.heard);
        }
    }

    /// Whether there was more.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        // A reset is an end too.
        let count = self.stream.read(&mut buffer).unwrap_or(0);
        self.heard
            .push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        count > 0
    }

    /// Makes a node that keeps a thousand items.
    fn create(&mut self) {
        self.say(
            "<iq type='set' to='pubsub.localhost' id='c'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='kept'/><configure>\
             <x xmlns='jabber:x:data' type='submit'>\
             <field var='FORM_TYPE' type='hidden'>\
             <value>http://jabber.org/protocol/pubsub#node_config</value></field>\
             <field var='pubsub#persist_items'><value>1</value></field>\
             <field var='pubsub#max_items'><value>1000</value></field>\
             </x></configure></pubsub></iq>",
        );
        self.hear("id=\"c\" type=\"result\"");
    }

    /// The items that were acknowledged, as far as has been heard.
    fn acknowledged(&self) -> BTreeSet<usize> {
        let answers = self.heard.split("<iq ").filter_map(|answer| {
            let (_, id) = answer.split_once("id=\"p")?;
            let (id, rest) = id.split_once('"')?;
            rest.starts_with(" type=\"result\"").then_some(id)
        });
        answers.map(|id| id.parse().unwrap()).collect()
    }

    fn items(&mut self) -> BTreeSet<usize> {
        self.say(
            "<iq type='get' to='pubsub.localhost' id='i'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='kept'/></pubsub></iq>",
        );
        let answer = self.hear("</iq>");
        let items = answer.split("<item id=\"").skip(1).map(|item| {
            let (id, rest) = item.split_once('"').unwrap();
            assert!(rest.contains(&format!(">{id} ")), "{id} holds what it held");
            id.parse().unwrap()
        });
        items.collect()
    }
}

fn publish(item: usize, room: usize) -> String {
    let text = "x".repeat(room);
    format!(
        "<iq type='set' to='pubsub.localhost' id='p{item}'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='kept'>\
         <item id='{item}'><e xmlns='urn:e'>{item} {text}</e></item></publish></pubsub></iq>"
    )
}

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' \
    xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(dir.path());
    let mut web = Web::login(&service, dir.path());
    web.create();
    // All at once: many entries are on their way when the end comes.
    let mut writer = web.stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        let all: String = (0..1000).map(|item| publish(item, 10)).collect();
        // It is cut off in the middle.
        let _ = writer.write_all(all.as_bytes());
    });
    while web.acknowledged().len() < 100 {
        assert!(web.read(), "{}", web.heard);
    }
    service.kill();
    while web.read() {}
    writing.join().unwrap();
    let acknowledged = web.acknowledged();

    let service = Service::start(dir.path());
    let items = Web::login(&service, dir.path()).items();
    let lost: Vec<_> = acknowledged.difference(&items).collect();
    assert!(lost.is_empty(), "{lost:?} of {}", acknowledged.len());
}

#[test]
fn a_full_disk_ends_the_service_with_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::with_small_disk(dir.path());
    let mut web = Web::login(&service, dir.path());
    web.create();
    let mut item = 0;
    loop {
        web.say(&publish(item, 50_000));
        let answer = format!("id=\"p{item}\" type=\"result\"");
        while !web.heard.contains(&answer) {
            if !web.read() {
                break;
            }
        }
        if !web.heard.contains(&answer) {
            break;
        }
        item += 1;
        assert!(item < 1000, "the disk is not full");
    }
    assert!(item > 0);
    assert!(web.heard.contains("<system-shutdown "), "{}", web.heard);
    let end = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = service.child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < end, "it goes on");
        thread::sleep(Duration::from_millis(20));
    };
    assert!(!status.success());
    let log = log(dir.path());
    assert!(
        log.contains("the journal cannot be written") && log.contains("notification.sqlite"),
        "{log}"
    );
    assert!(log.contains("ended by itself"), "{log}");
    let acknowledged = web.acknowledged();
    assert_eq!(acknowledged.len(), item);

    // With room again it goes on from there.
    let service = Service::start(dir.path());
    let mut web = Web::login(&service, dir.path());
    let items = web.items();
    assert!(acknowledged.is_subset(&items), "{items:?}");
    web.say(&publish(999, 10));
    web.hear("id=\"p999\" type=\"result\"");
}

#[test]
fn a_database_that_cannot_be_used_is_named_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notification.sqlite");
    fs::create_dir(&path).unwrap();
    let error = refused(dir.path());
    let expected = format!("notification: cannot use the database {}: ", path.display());
    assert!(error.contains(&expected), "{error}");

    fs::remove_dir(&path).unwrap();
    fs::write(
        &path,
        "this is a text of some length and no database at all",
    )
    .unwrap();
    let error = refused(dir.path());
    assert!(error.contains(&expected), "{error}");
}

#[test]
fn a_second_service_does_not_write_the_same_journal() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(dir.path());
    let error = refused(dir.path());
    assert!(
        error.contains("another notification service keeps its nodes here"),
        "{error}"
    );
    service.kill();
    drop(Service::start(dir.path()));
}
