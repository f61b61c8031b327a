//! The simulated switch: JTAPI's tables under random requests, calls from end to end, and the line
//! protocol on a real socket.
#![expect(clippy::unwrap_used, reason = "a test ends where its helpers fail")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
    time::Duration,
};

use examples::{
    settings::Settings,
    shutdown,
    telephony::{
        Address, AddressKind, Call, CallData, CallId, Cause, Config, ConnectionState, Event, Leg,
        Provider as _, ProviderEvent, Refusal, RemoteProvider, Reply, Request, Sequenced,
        SimulatedCall, Snapshot, Switch, TerminalState, server,
    },
};
use proptest::prelude::*;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

const LINES: [&str; 4] = ["1001", "1002", "1003", "1004"];
const ROUTE_POINT: &str = "6000";

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn switch() -> Switch {
    Switch::new(Config {
        lines: LINES.map(address).into(),
        route_points: [address(ROUTE_POINT)].into(),
        max_calls: 6,
        ..Config::default()
    })
}

fn make_call(from: &str, to: &str) -> Request {
    Request::MakeCall {
        from: address(from),
        to: address(to),
        data: CallData::default(),
    }
}

fn simulate(to: &str) -> Request {
    Request::SimulateCall(SimulatedCall {
        from: address("4085550100"),
        to: address(to),
        data: CallData::default(),
        patience_ms: Some(30_000),
        talk_ms: Some(60_000),
    })
}

/// What the events so far say, checked against JTAPI's tables as this test states them.
#[derive(Default)]
struct Watcher {
    sequence: u64,
    calls: BTreeMap<CallId, Call>,
    over: BTreeSet<CallId>,
}

impl Watcher {
    fn watch(&mut self, Sequenced { sequence, event }: Sequenced) {
        assert_eq!(
            sequence,
            self.sequence + 1,
            "events are numbered without gaps"
        );
        self.sequence = sequence;
        match event {
            Event::CallActive(call) => {
                assert!(!self.over.contains(&call.id), "INVALID is final");
                assert_eq!(call.legs, [], "legs follow as events");
                assert!(self.calls.insert(call.id, call).is_none());
            }
            Event::Connection {
                call,
                address,
                kind,
                state,
                ..
            } => {
                let legs = &mut self.calls.get_mut(&call).unwrap().legs;
                if !legs.iter().any(|leg| leg.address == address) {
                    let connection = ConnectionState::Idle;
                    legs.push(Leg {
                        address: address.clone(),
                        kind,
                        connection,
                        terminal: None,
                    });
                }
                let leg = legs.iter_mut().find(|leg| leg.address == address).unwrap();
                assert_legal(CONNECTION_STEPS, &leg.connection, &state);
                leg.connection = state;
                if state == ConnectionState::Disconnected {
                    assert!(matches!(leg.terminal, None | Some(TerminalState::Dropped)));
                    legs.retain(|leg| leg.address != address);
                }
            }
            Event::Terminal {
                call,
                address,
                state,
                ..
            } => {
                let legs = &mut self.calls.get_mut(&call).unwrap().legs;
                let leg = legs.iter_mut().find(|leg| leg.address == address).unwrap();
                assert_eq!(leg.kind, AddressKind::Line, "only lines have phones");
                let from = leg.terminal.unwrap_or(TerminalState::Idle);
                assert_legal(TERMINAL_STEPS, &from, &state);
                leg.terminal = Some(state);
            }
            Event::Data { call, data } => self.calls.get_mut(&call).unwrap().data = data,
            Event::CallInvalid { call } => {
                let gone = self.calls.remove(&call).unwrap();
                assert_eq!(gone.legs, [], "a call is over when no connection is left");
                self.over.insert(call);
            }
        }
    }

    fn assert_sees(&self, snapshot: &Snapshot) {
        assert_eq!(snapshot.sequence, self.sequence);
        let calls: Vec<Call> = self.calls.values().cloned().collect();
        assert_eq!(snapshot.calls, calls, "events and snapshot tell the same");
        for line in LINES.map(address) {
            let on_phone = |call: &&Call| {
                let terminal = call.leg(&line).and_then(|leg| leg.terminal);
                matches!(
                    terminal,
                    Some(TerminalState::Ringing | TerminalState::Talking)
                )
            };
            assert!(
                calls.iter().filter(on_phone).count() <= 1,
                "{line} has one ear"
            );
        }
    }
}

/// Steps of the call-control package, transcribed apart from the switch. IDLE aside, nothing is
/// entered that is not named here.
const CONNECTION_STEPS: &str = "
    Idle: Initiated Offered Queued
    Offered: Alerting Disconnected Queued
    Queued: Offered Alerting Disconnected
    Alerting: Established Disconnected Failed
    Initiated: Dialing Established Disconnected Failed
    Dialing: Established NetworkReached Disconnected Failed
    NetworkReached: NetworkAlerting Established Disconnected Failed
    NetworkAlerting: Established Disconnected Failed
    Established: Disconnected Failed
    Failed: Disconnected
    Disconnected:";

const TERMINAL_STEPS: &str = "
    Idle: Ringing Talking Held Bridged InUse Dropped
    Ringing: Talking Bridged InUse Dropped
    Talking: Held Bridged InUse Dropped
    Held: Talking Bridged InUse Dropped
    Bridged: Talking Dropped
    InUse: Dropped
    Dropped:";

fn assert_legal(table: &str, from: &impl std::fmt::Debug, to: &impl std::fmt::Debug) {
    let (from, to) = (format!("{from:?}"), format!("{to:?}"));
    let row = table
        .lines()
        .find_map(|line| line.trim().strip_prefix(&format!("{from}:")));
    let legal = row
        .unwrap_or_default()
        .split_whitespace()
        .any(|state| state == to);
    assert!(legal, "{from} to {to} is in no table of JTAPI");
}

#[derive(Clone, Debug)]
enum Step {
    Ask(Request),
    Wait(u32),
}

fn any_address() -> impl Strategy<Value = Address> {
    prop_oneof![
        6 => proptest::sample::select(LINES.as_slice()).prop_map(address),
        2 => Just(address(ROUTE_POINT)),
        1 => Just(address("9004085550")),
        1 => Just(address("7777")),
        1 => Just(address("4085550100")),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let call = || (1_u32..12).prop_map(CallId);
    let at = move || (call(), any_address());
    let ask = prop_oneof![
        3 => (any_address(), any_address())
            .prop_map(|(from, to)| Request::MakeCall { from, to, data: CallData::default() }),
        3 => any_address().prop_map(|to| simulate(to.as_str())),
        4 => at().prop_map(|(call, address)| Request::Answer { call, address }),
        2 => at().prop_map(|(call, address)| Request::Hold { call, address }),
        2 => at().prop_map(|(call, address)| Request::Unhold { call, address }),
        2 => at().prop_map(|(call, address)| Request::Disconnect { call, address }),
        1 => call().prop_map(|call| Request::Clear { call }),
        2 => (at(), any_address())
            .prop_map(|((call, address), to)| Request::Redirect { call, address, to }),
        3 => call().prop_map(|call| Request::Queue { call, address: address(ROUTE_POINT) }),
        3 => (call(), any_address()).prop_map(|(call, to)| Request::Route {
            call,
            address: address(ROUTE_POINT),
            to,
        }),
    ];
    prop_oneof![5 => ask.prop_map(Step::Ask), 1 => (0_u32..40_000).prop_map(Step::Wait)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_request_makes_a_step_that_jtapi_does_not_know(
        steps in proptest::collection::vec(any_step(), 1..120)
    ) {
        let mut switch = switch();
        let mut watcher = Watcher::default();
        let mut now = Duration::ZERO;
        for step in steps {
            match step {
                Step::Ask(request) => {
                    let before = switch.snapshot();
                    if switch.handle_request(now, request).is_err() {
                        prop_assert_eq!(switch.poll_event(), None);
                        prop_assert_eq!(switch.snapshot(), before);
                    }
                }
                Step::Wait(ms) => {
                    now += Duration::from_millis(ms.into());
                    switch.handle_timeout(now);
                    prop_assert!(switch.poll_timeout().is_none_or(|due| due > now));
                }
            }
            while let Some(event) = switch.poll_event() {
                watcher.watch(event);
            }
            watcher.assert_sees(&switch.snapshot());
        }
    }
}

/// The events of one call in short.
fn told(switch: &mut Switch) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(Sequenced { event, .. }) = switch.poll_event() {
        told.push(match event {
            Event::CallActive(_) => "active".to_owned(),
            Event::Connection { address, state, .. } => format!("{address} {state:?}"),
            Event::Terminal { address, state, .. } => format!("{address} {state:?}"),
            Event::Data { .. } => "data".to_owned(),
            Event::CallInvalid { .. } => "invalid".to_owned(),
        });
    }
    told
}

fn new_call(switch: &mut Switch, request: Request) -> CallId {
    match switch.handle_request(Duration::ZERO, request) {
        Ok(Reply::Call(call)) => call,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_between_two_lines_has_the_documented_order_of_events() {
    let mut switch = switch();
    let call = new_call(&mut switch, make_call("1001", "1002"));
    assert_eq!(
        told(&mut switch),
        [
            "active",
            "1001 Initiated",
            "1001 Talking",
            "1001 Dialing",
            "1001 Established",
            "1002 Offered",
            "1002 Alerting",
            "1002 Ringing",
        ]
    );
    let answer = Request::Answer {
        call,
        address: address("1002"),
    };
    switch.handle_request(Duration::ZERO, answer).unwrap();
    assert_eq!(told(&mut switch), ["1002 Established", "1002 Talking"]);
    let hang_up = Request::Disconnect {
        call,
        address: address("1001"),
    };
    switch.handle_request(Duration::ZERO, hang_up).unwrap();
    assert_eq!(
        told(&mut switch),
        [
            "1001 Dropped",
            "1001 Disconnected",
            "1002 Dropped",
            "1002 Disconnected",
            "invalid"
        ]
    );
}

#[test]
fn a_queued_call_goes_to_an_agent_and_back() {
    let mut switch = switch();
    let call = new_call(&mut switch, simulate(ROUTE_POINT));
    told(&mut switch);
    let queue = Request::Queue {
        call,
        address: address(ROUTE_POINT),
    };
    switch
        .handle_request(Duration::ZERO, queue.clone())
        .unwrap();
    assert_eq!(
        switch.handle_request(Duration::ZERO, queue),
        Err(Refusal::InvalidState)
    );
    let redirect = |from: &str, to: &str| Request::Redirect {
        call,
        address: address(from),
        to: address(to),
    };
    // JTAPI redirects from OFFERED and ALERTING only.
    let refused = switch.handle_request(Duration::ZERO, redirect(ROUTE_POINT, "1003"));
    assert_eq!(refused, Err(Refusal::InvalidState));
    let route = Request::Route {
        call,
        address: address(ROUTE_POINT),
        to: address("1003"),
    };
    switch.handle_request(Duration::ZERO, route).unwrap();
    assert_eq!(
        told(&mut switch),
        [
            "6000 Queued",
            "6000 Offered",
            "6000 Disconnected",
            "1003 Offered",
            "1003 Alerting",
            "1003 Ringing",
        ]
    );
    switch
        .handle_request(Duration::ZERO, redirect("1003", ROUTE_POINT))
        .unwrap();
    assert_eq!(
        told(&mut switch),
        ["1003 Dropped", "1003 Disconnected", "6000 Offered"]
    );
}

#[test]
fn a_busy_line_and_a_number_that_is_none_fail_at_the_caller() {
    for (to, cause) in [("1002", Cause::Busy), ("7777", Cause::BadDestination)] {
        let mut switch = switch();
        new_call(&mut switch, make_call("1002", "1003"));
        told(&mut switch);
        let call = new_call(&mut switch, make_call("1001", to));
        let mut last = None;
        while let Some(event) = switch.poll_event() {
            last = Some(event.event);
        }
        let failed = Event::Connection {
            call,
            address: address("1001"),
            kind: AddressKind::Line,
            state: ConnectionState::Failed,
            cause,
        };
        assert_eq!(last, Some(failed));
        let hang_up = Request::Disconnect {
            call,
            address: address("1001"),
        };
        switch.handle_request(Duration::ZERO, hang_up).unwrap();
        assert_eq!(
            told(&mut switch),
            ["1001 Dropped", "1001 Disconnected", "invalid"]
        );
    }
}

#[test]
fn a_call_that_leaves_the_system_reaches_the_network() {
    let mut switch = switch();
    new_call(&mut switch, make_call("1001", "94085550100"));
    assert_eq!(
        told(&mut switch)[3..],
        [
            "1001 Dialing",
            "1001 NetworkReached",
            "94085550100 Offered",
            "94085550100 Alerting",
            "1001 NetworkAlerting",
        ]
    );
    switch.handle_timeout(switch.poll_timeout().unwrap());
    assert_eq!(
        told(&mut switch),
        ["94085550100 Established", "1001 Established"]
    );
}

#[test]
fn a_caller_gives_up_when_patience_ends_and_hangs_up_when_all_is_said() {
    let mut switch = switch();
    new_call(&mut switch, simulate(ROUTE_POINT));
    told(&mut switch);
    switch.handle_timeout(Duration::from_millis(29_999));
    assert_eq!(told(&mut switch), [""; 0]);
    switch.handle_timeout(Duration::from_secs(30));
    assert_eq!(told(&mut switch).last().unwrap(), "invalid");

    let call = new_call(&mut switch, simulate("1001"));
    let answer = Request::Answer {
        call,
        address: address("1001"),
    };
    switch
        .handle_request(Duration::from_secs(5), answer)
        .unwrap();
    told(&mut switch);
    switch.handle_timeout(Duration::from_millis(64_999));
    assert_eq!(told(&mut switch), [""; 0]);
    switch.handle_timeout(Duration::from_secs(65));
    assert_eq!(told(&mut switch).last().unwrap(), "invalid");
}

#[test]
fn a_phone_that_nobody_answers_fails_the_call() {
    let mut switch = switch();
    new_call(&mut switch, make_call("1001", "1002"));
    told(&mut switch);
    switch.handle_timeout(Duration::from_secs(60));
    assert_eq!(
        told(&mut switch),
        [
            "1002 Failed",
            "1002 Dropped",
            "1002 Disconnected",
            "1001 Failed"
        ]
    );
}

#[test]
fn a_held_call_is_not_retrieved_while_the_phone_is_in_use() {
    let mut switch = switch();
    let first = new_call(&mut switch, simulate("1001"));
    let at = |call| (call, address("1001"));
    let (call, address) = at(first);
    switch
        .handle_request(Duration::ZERO, Request::Answer { call, address })
        .unwrap();
    let (call, address) = at(first);
    switch
        .handle_request(Duration::ZERO, Request::Hold { call, address })
        .unwrap();
    new_call(&mut switch, make_call("1001", "1002"));
    let (call, address) = at(first);
    let refused = switch.handle_request(Duration::ZERO, Request::Unhold { call, address });
    assert_eq!(refused, Err(Refusal::Busy));
}

fn settings() -> Arc<Settings> {
    let mut settings = Settings::with_data_dir("unused".into());
    settings.cucm.switch = "127.0.0.1:0".parse().unwrap();
    settings.caller.calls_per_minute = 0;
    Arc::new(settings)
}

async fn next(provider: &mut RemoteProvider) -> ProviderEvent {
    let next = provider.next();
    tokio::time::timeout(Duration::from_secs(10), next)
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn a_program_far_away_sees_and_moves_a_call() {
    let (_trigger, shutdown) = shutdown::channel();
    let (server, _handle) = server::start(settings(), shutdown).await.unwrap();
    let mut provider = RemoteProvider::connect(server.address("switch").unwrap());
    let ProviderEvent::InService(snapshot) = next(&mut provider).await else {
        panic!()
    };
    assert_eq!(snapshot.lines.len(), 20);
    assert_eq!(snapshot.calls, []);

    let request = provider.request(simulate("1001001"));
    let answer = next(&mut provider).await;
    let ProviderEvent::Answer {
        request: answered,
        result: Ok(Reply::Call(call)),
    } = answer
    else {
        panic!("{answer:?}")
    };
    assert_eq!(answered, request);
    let ringing = Event::Terminal {
        call,
        address: address("1001001"),
        state: TerminalState::Ringing,
        cause: Cause::NewCall,
    };
    while next(&mut provider).await != ProviderEvent::Event(ringing.clone()) {}

    // Another program that comes now finds the call in its snapshot.
    let mut other = RemoteProvider::connect(server.address("switch").unwrap());
    let ProviderEvent::InService(snapshot) = next(&mut other).await else {
        panic!()
    };
    assert_eq!(snapshot.calls.len(), 1);
    assert_eq!(snapshot.calls[0].id, call);

    let request = other.request(Request::Hold {
        call,
        address: address("1001001"),
    });
    let refused = ProviderEvent::Answer {
        request,
        result: Err(Refusal::InvalidState),
    };
    assert_eq!(next(&mut other).await, refused);
}

#[tokio::test]
async fn a_program_is_told_that_the_switch_is_away_and_back() {
    let (trigger, shutdown) = shutdown::channel();
    let (server, _handle) = server::start(settings(), shutdown).await.unwrap();
    let address = server.address("switch").unwrap();
    let mut provider = RemoteProvider::connect(address);
    assert!(matches!(
        next(&mut provider).await,
        ProviderEvent::InService(_)
    ));
    trigger.request();
    server.task.await.unwrap();
    assert_eq!(next(&mut provider).await, ProviderEvent::OutOfService);
    let request = provider.request(Request::Snapshot);
    let lost = ProviderEvent::Answer {
        request,
        result: Err(Refusal::Lost),
    };
    assert_eq!(next(&mut provider).await, lost);

    let mut again = (*settings()).clone();
    again.cucm.switch = address;
    let (_trigger, shutdown) = shutdown::channel();
    let _server = server::start(Arc::new(again), shutdown).await.unwrap();
    assert!(matches!(
        next(&mut provider).await,
        ProviderEvent::InService(_)
    ));
}

#[tokio::test]
async fn bytes_that_are_no_request_end_the_connection_with_a_reason() {
    let (_trigger, shutdown) = shutdown::channel();
    let (server, _handle) = server::start(settings(), shutdown).await.unwrap();
    let address = server.address("switch").unwrap();
    let bad: [&[u8]; 4] = [
        b"GET / HTTP/1.1\r\n",
        b"{}\n",
        b"\xff\xfe\n",
        &[b'x'; 64 * 1024],
    ];
    for bytes in bad {
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert!(line.starts_with("{\"snapshot\":"), "{line}");
        stream.write_all(bytes).await.unwrap();
        line.clear();
        match stream.read_line(&mut line).await {
            Ok(_) => assert_eq!(line, "{\"closing\":\"bad_line\"}\n"),
            // What the switch never read makes the system reset the connection.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        }
    }
}

#[tokio::test]
async fn a_program_too_many_is_told_that_there_is_no_room() {
    let (_trigger, shutdown) = shutdown::channel();
    let (server, _handle) = server::start(settings(), shutdown).await.unwrap();
    let address = server.address("switch").unwrap();
    let mut streams = Vec::new();
    for _ in 0..64 {
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        streams.push(stream);
    }
    let mut last = String::new();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.read_to_string(&mut last).await.unwrap();
    assert_eq!(last, "{\"closing\":\"full\"}\n");
}
