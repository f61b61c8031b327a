//! BOSH requests and sessions beside a bare quick-xml walk over the same bytes.

use std::time::Duration;

use benches::bosh::{Pushes, stanza};
use benches::memory::Lines;
use benches::{Comparison, quick_xml_walk};
use bosh::BodyCodec;
use bosh::session::{
    Client, ClientConfig, ClientEvent, Event, Manager, RequestId, RequestSlot, ServerConfig,
};
use bytes::Bytes;

fn main() {
    let stanza = Bytes::from(stanza());
    let request = wrapper(&stanza);
    Comparison::new(format!("a BOSH request of {} bytes", request.len()))
        .candidate("quick-xml, events and attributes", || {
            quick_xml_walk(&request)
        })
        .candidate("bosh wrapper", || {
            BodyCodec::default()
                .decode(&request)
                .map(|body| body.payloads.len())
        })
        .run();

    let mut server = Server::start();
    Comparison::new("a message round trip of a held session, at the server")
        .candidate("quick-xml walk of the request, copy of the answer", || {
            (quick_xml_walk(&request), request.to_vec())
        })
        .candidate("bosh manager: request in, event out, answer", || {
            server.exchange(&stanza)
        })
        .run();

    let mut client = Peer::start();
    Comparison::new("a message round trip of a held session, at the client")
        .candidate("quick-xml walk of the answer, copy of the request", || {
            (quick_xml_walk(&request), request.to_vec())
        })
        .candidate("bosh client: answer in, event out, request", || {
            client.exchange(&stanza)
        })
        .run();

    let mut few = Pushes::to(1_000);
    let mut many = Pushes::to(100_000);
    Comparison::new("an event to one of so many held sessions, and its next request")
        .candidate("1,000 sessions", || few.next_event())
        .candidate("100,000 sessions", || many.next_event())
        .run();

    let mut few = Lines::of(1_000 * SESSION);
    let mut many = Lines::of(100_000 * SESSION);
    Comparison::new("a line read from as much memory as so many held sessions take")
        .units(READS, "read")
        .candidate("1,000 sessions", || few.read(READS as usize))
        .candidate("100,000 sessions", || many.read(READS as usize))
        .run();
}

/// Lines of 64 bytes that a held session takes with two stored answers and its place in the tables.
const SESSION: usize = 24;
/// In one run of a candidate.
const READS: u32 = 100;

fn wrapper(content: &Bytes) -> Bytes {
    let head = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000000' sid='sid'>";
    Bytes::from([head.as_bytes(), content, b"</body>"].concat())
}

/// One session; each exchange sends a request with a message and gets one back.
struct Server {
    manager: Manager,
    rid: u64,
    slot: u64,
    now: Duration,
}

impl Server {
    fn start() -> Self {
        let mut manager = Manager::new(ServerConfig::default(), || "sid".to_owned());
        let create = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' wait='60' \
                      hold='1' ver='1.6'/>";
        manager.handle_request(Duration::ZERO, RequestSlot(0), Bytes::from(create));
        let Some((session, Event::Open(_))) = manager.poll_event() else {
            panic!("a session opens");
        };
        assert_eq!(manager.set_authenticated(session), Ok(()));
        assert_eq!(
            manager.send(Duration::ZERO, session, Bytes::from_static(b"<a/>")),
            Ok(())
        );
        assert!(manager.poll_transmit().is_some());
        Self {
            manager,
            rid: 1,
            slot: 0,
            now: Duration::ZERO,
        }
    }

    fn exchange(&mut self, stanza: &Bytes) -> usize {
        self.rid += 1;
        self.slot += 1;
        self.now += Duration::from_secs(6);
        let head = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' sid='sid'>",
            self.rid
        );
        let request = Bytes::from([head.as_bytes(), stanza, b"</body>"].concat());
        self.manager
            .handle_request(self.now, RequestSlot(self.slot), request);
        let Some((session, Event::Payload(payload))) = self.manager.poll_event() else {
            panic!("a payload comes");
        };
        let answer = payload.bytes().clone();
        assert_eq!(self.manager.send(self.now, session, answer), Ok(()));
        self.manager
            .poll_transmit()
            .map_or(0, |answer| answer.body.len())
    }
}

/// One session from the other end; each exchange takes an answer with a message and sends one.
struct Peer {
    client: Client,
    held: RequestId,
    now: Duration,
}

impl Peer {
    fn start() -> Self {
        let rid = bosh::Rid::new(1).unwrap_or(bosh::Rid::MAX);
        let mut client = Client::new(ClientConfig::new("localhost", rid));
        assert_eq!(client.open(Duration::ZERO), Ok(()));
        let create = client.poll_transmit().expect("a creation request");
        let created = "<body xmlns='http://jabber.org/protocol/httpbind' sid='sid' wait='60' hold='1' \
                       requests='2' inactivity='30' ver='1.6'/>";
        client.handle_response(Duration::ZERO, create.id, 200, &Bytes::from(created));
        assert!(matches!(client.poll_event(), Some(ClientEvent::Opened(_))));
        let held = client.poll_transmit().expect("an empty request").id;
        Self {
            client,
            held,
            now: Duration::ZERO,
        }
    }

    fn exchange(&mut self, stanza: &Bytes) -> usize {
        self.now += Duration::from_secs(6);
        let head = "<body xmlns='http://jabber.org/protocol/httpbind'>";
        let answer = Bytes::from([head.as_bytes(), stanza, b"</body>"].concat());
        self.client
            .handle_response(self.now, self.held, 200, &answer);
        let Some(ClientEvent::Payload(payload)) = self.client.poll_event() else {
            panic!("a payload comes");
        };
        let message = payload.bytes().clone();
        assert_eq!(self.client.send(self.now, message), Ok(()));
        let request = self.client.poll_transmit().expect("a request");
        self.held = request.id;
        request.body.len()
    }
}
