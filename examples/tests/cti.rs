//! The engine's CTI server on real sockets, with a switch behind it: bridge mode and agent mode, a switch that
//! goes away, an engine that is started anew, clients that misbehave.
#![expect(clippy::unwrap_used, reason = "a test ends where its helpers fail")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one message among many"
)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use cti_proto::{
    Message, Version,
    code::{self, AgentState, CallId},
    code::{
        AgentStateMask, CallEventMask, ConfigMask, ForcedFlag, ServiceMask, StatusCode,
        SystemEventId,
    },
    codec::{Secret, Text},
    message::{
        AnswerCallReq, ClearCallReq, ConfigRequestEvent, HoldCallReq, QueryAgentStateReq,
        SetAgentStateReq, SetCallDataReq, SnapshotCallReq, SnapshotDeviceReq,
    },
    session::{
        Client, CloseReason,
        client::{Config, Event, Failure, OffLine},
    },
};
use examples::{
    driver::{Clock, Driver},
    engine,
    server::Server,
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
    telephony::{
        self, Address, CallData, Provider as _, ProviderEvent, RemoteProvider, Reply, Request,
        SimulatedCall, script::variables,
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const LIMIT: Duration = Duration::from_secs(10);

/// A switch and an engine in this process, each with an end of its own.
struct Site {
    settings: Settings,
    switch: Option<(Server, ShutdownTrigger)>,
    engine: Option<(Server, ShutdownTrigger)>,
    _data: tempfile::TempDir,
}

impl Site {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings::with_data_dir(data.path().to_owned());
        settings.cucm.switch = "127.0.0.1:0".parse().unwrap();
        settings.engine.cti = "127.0.0.1:0".parse().unwrap();
        settings.caller.calls_per_minute = 0;
        settings.seed.queue.wrap_up_seconds = 1;
        let mut site = Self {
            settings,
            switch: None,
            engine: None,
            _data: data,
        };
        site.start_switch().await;
        site.start_engine().await;
        site
    }

    async fn start_switch(&mut self) {
        let (trigger, shutdown) = shutdown::channel();
        let settings = Arc::new(self.settings.clone());
        let (server, _handle) = telephony::server::start(settings, shutdown).await.unwrap();
        self.settings.cucm.switch = server.address("switch").unwrap();
        self.switch = Some((server, trigger));
    }

    async fn stop_switch(&mut self) {
        let (server, trigger) = self.switch.take().unwrap();
        trigger.request();
        server.task.await.unwrap();
    }

    async fn start_engine(&mut self) {
        let (trigger, shutdown) = shutdown::channel();
        let server = engine::start(Arc::new(self.settings.clone()), shutdown)
            .await
            .unwrap();
        self.settings.engine.cti = server.address("cti").unwrap();
        self.engine = Some((server, trigger));
    }

    async fn stop_engine(&mut self) {
        let (server, trigger) = self.engine.take().unwrap();
        trigger.request();
        timeout(LIMIT, server.task).await.unwrap().unwrap();
    }

    fn cti(&self) -> SocketAddr {
        self.settings.engine.cti
    }

    async fn bridge(&self) -> Peer {
        Peer::open(self.cti(), bridge(17)).await.unwrap()
    }

    /// Somebody calls the queue.
    async fn call_in(&self) -> CallId {
        let mut provider = RemoteProvider::connect(self.settings.cucm.switch);
        let call = SimulatedCall {
            from: Address::new("4085550100").unwrap(),
            to: Address::new("6000").unwrap(),
            data: variables("Invoice", "A-1", "English"),
            patience_ms: None,
            talk_ms: None,
        };
        let mut asked = None;
        loop {
            match timeout(LIMIT, provider.next()).await.unwrap().unwrap() {
                ProviderEvent::InService(_) => {
                    asked = Some(provider.request(Request::SimulateCall(call.clone())));
                }
                ProviderEvent::Answer { request, result } if Some(request) == asked => {
                    let Ok(Reply::Call(call)) = result else {
                        panic!("{result:?}")
                    };
                    return CallId(call.0);
                }
                _ => {}
            }
        }
    }
}

fn bridge(version: u32) -> Config {
    config(version)
        .services(
            ServiceMask::ALL_EVENTS
                | ServiceMask::CLIENT_CONTROL
                | ServiceMask::CONFIG_EVENTS
                | ServiceMask::SUPERVISOR,
        )
        .config_records(ConfigMask(0xf))
}

fn of_agent(login_id: &str) -> Config {
    let mut config = config(17).services(ServiceMask::CLIENT_EVENTS | ServiceMask::CLIENT_CONTROL);
    config.agent_id = Some(text(login_id));
    config
}

fn config(version: u32) -> Config {
    Config::new(Version::uccx(version), text("test"), Secret::default())
        .call_events(CallEventMask::KNOWN)
        .agent_states(AgentStateMask::KNOWN)
        .off_line(OffLine::Tells)
}

fn text(text: &str) -> Text {
    Text::until_nul(text.to_owned())
}

/// A client of the engine.
struct Peer {
    driver: Driver<Client, TcpStream>,
}

impl Peer {
    async fn open(address: SocketAddr, config: Config) -> Result<Self, CloseReason> {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut driver = Driver::new(Client::new(config), stream, Clock::start(), 1 << 20);
        let now = driver.now();
        driver.machine.open(now).unwrap();
        let mut peer = Self { driver };
        match peer.event().await {
            Event::Opened(_) => Ok(peer),
            Event::Closed(reason) => Err(reason),
            other => panic!("{other:?}"),
        }
    }

    async fn event(&mut self) -> Event {
        timeout(LIMIT, self.driver.next()).await.unwrap().unwrap()
    }

    /// The next event of the kind that `pick` takes.
    async fn find<T>(&mut self, pick: impl Fn(&Message) -> Option<T>) -> T {
        loop {
            match self.event().await {
                Event::Message(message) => {
                    if let Some(found) = pick(&message) {
                        return found;
                    }
                }
                Event::Closed(reason) => panic!("{reason:?}"),
                _ => {}
            }
        }
    }

    async fn request(&mut self, message: impl Into<Message>) -> Result<Message, Failure> {
        let now = self.driver.now();
        let handle = self.driver.machine.request(now, message.into()).unwrap();
        loop {
            if let Event::Answer(answer) = self.event().await
                && answer.of(handle).is_some()
            {
                return answer.result;
            }
        }
    }

    /// Asks for a state; the code of the refusal if it is refused.
    async fn set_state(&mut self, agent: &str, state: AgentState) -> Result<(), u16> {
        let request = SetAgentStateReq::with(|request| {
            request.agent_state = state;
            request.agent_id = Some(text(agent));
            request.agent_instrument = Some(text(agent));
            request.forced_flag = ForcedFlag::FALSE;
        });
        match self.request(request).await {
            Ok(_) => Ok(()),
            Err(Failure::Switch(failure)) => Err(failure.failure_code.0),
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn state_of(&mut self, agent: &str) -> AgentState {
        let query = QueryAgentStateReq::with(|query| query.agent_id = Some(text(agent)));
        match self.request(query).await {
            Ok(Message::QueryAgentStateConf(conf)) => conf.agent_state,
            other => panic!("{other:?}"),
        }
    }

    async fn answer(&mut self, call: CallId, line: &str) -> Result<Message, Failure> {
        self.request(AnswerCallReq::with(|request| {
            request.connection_call_id = call;
            request.connection_device_id = Some(text(line));
        }))
        .await
    }

    async fn closed(&mut self) -> CloseReason {
        loop {
            if let Event::Closed(reason) = self.event().await {
                return reason;
            }
        }
    }
}

/// Signs an agent in, makes it READY, lets a call in and answers it.
async fn talking(site: &Site, bridge: &mut Peer, agent: &str) -> CallId {
    bridge.set_state(agent, AgentState::LOGIN).await.unwrap();
    bridge
        .set_state(agent, AgentState::AVAILABLE)
        .await
        .unwrap();
    let call = site.call_in().await;
    bridge
        .find(|message| matches!(message, Message::CallDeliveredEvent(_)).then_some(()))
        .await;
    bridge.answer(call, agent).await.unwrap();
    call
}

#[tokio::test]
async fn a_bridge_follows_a_call_from_the_queue_to_wrap_up() {
    let site = Site::start().await;
    let mut bridge = site.bridge().await;
    bridge
        .set_state("1001001", AgentState::LOGIN)
        .await
        .unwrap();
    bridge
        .set_state("1001001", AgentState::AVAILABLE)
        .await
        .unwrap();
    let call = site.call_in().await;
    let delivered = bridge
        .find(|message| match message {
            Message::CallDeliveredEvent(event) => Some(event.clone()),
            _ => None,
        })
        .await;
    assert_eq!(delivered.connection_call_id, call);
    assert_eq!(delivered.alerting_device_id.unwrap(), "1001001");
    assert_eq!(delivered.calling_device_id.unwrap(), "4085550100");
    assert_eq!(delivered.call_variable1.unwrap(), "Invoice");
    assert_eq!(delivered.skill_group_number, code::SkillGroupId(1));
    assert_eq!(bridge.state_of("1001001").await, AgentState::RESERVED);

    bridge.answer(call, "1001001").await.unwrap();
    assert_eq!(bridge.state_of("1001001").await, AgentState::TALKING);
    let hold = HoldCallReq::with(|request| {
        request.connection_call_id = call;
        request.agent_instrument = Some(text("1001001"));
    });
    bridge.request(hold.clone()).await.unwrap();
    let Err(Failure::Switch(twice)) = bridge.request(hold).await else {
        panic!()
    };
    assert_eq!(
        twice.failure_code,
        code::ControlFailureCode::INVALID_OBJECT_STATE
    );

    let snapshot = SnapshotDeviceReq::with(|query| query.agent_instrument = Some(text("1001001")));
    let Ok(Message::SnapshotDeviceConf(device)) = bridge.request(snapshot).await else {
        panic!()
    };
    assert_eq!(device.calls[0].connection_call_id, Some(call));
    assert_eq!(
        device.calls[0].state,
        Some(code::LocalConnectionState::HOLD)
    );
    let snapshot = SnapshotCallReq::with(|query| {
        query.connection_call_id = call;
        query.connection_device_id = Some(text("1001001"));
    });
    let Ok(Message::SnapshotCallConf(conf)) = bridge.request(snapshot).await else {
        panic!()
    };
    assert_eq!(conf.call_devices.len(), 2);

    let clear = cti_proto::message::ClearConnectionReq::with(|request| {
        request.connection_call_id = call;
        request.connection_device_id = Some(text("1001001"));
    });
    bridge.request(clear).await.unwrap();
    // One second of wrap-up, and the call ends with it.
    let ended = bridge
        .find(|message| match message {
            Message::EndCallEvent(event) => Some(event.connection_call_id),
            _ => None,
        })
        .await;
    assert_eq!(ended, call);
    assert_eq!(bridge.state_of("1001001").await, AgentState::AVAILABLE);
}

#[tokio::test]
async fn an_engine_started_anew_has_agent_and_call_as_they_were() {
    let mut site = Site::start().await;
    let mut bridge = site.bridge().await;
    let call = talking(&site, &mut bridge, "1001001").await;
    site.stop_engine().await;
    // UCCX has no status for "off-line".
    let offline = CloseReason::Failure {
        status: StatusCode::SERVER_NOT_MASTER,
    };
    assert_eq!(bridge.closed().await, offline);

    site.start_engine().await;
    let mut bridge = site.bridge().await;
    let established = bridge
        .find(|message| match message {
            Message::CallEstablishedEvent(event) => Some(event.connection_call_id),
            _ => None,
        })
        .await;
    assert_eq!(established, call);
    assert_eq!(bridge.state_of("1001001").await, AgentState::TALKING);
}

#[tokio::test]
async fn without_its_switch_the_engine_says_so_and_takes_no_sessions() {
    let mut site = Site::start().await;
    let mut bridge = site.bridge().await;
    site.stop_switch().await;
    let system = |message: &Message| match message {
        Message::SystemEvent(event) => Some(event.system_event_id),
        _ => None,
    };
    assert_eq!(bridge.find(system).await, SystemEventId::PERIPHERAL_ONLINE);
    assert_eq!(bridge.find(system).await, SystemEventId::PERIPHERAL_OFFLINE);
    assert_eq!(
        bridge.set_state("1001001", AgentState::LOGIN).await,
        Err(34)
    );
    let refused = Peer::open(site.cti(), self::bridge(17)).await.err();
    let status = StatusCode::JTAPI_CCM_PROBLEM;
    assert_eq!(refused, Some(CloseReason::Refused { status }));

    site.start_switch().await;
    assert_eq!(bridge.find(system).await, SystemEventId::PERIPHERAL_ONLINE);
    bridge
        .set_state("1001001", AgentState::LOGIN)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_agents_client_hears_of_its_agent_only_and_controls_no_other() {
    let site = Site::start().await;
    let mut bridge = site.bridge().await;
    let mut agent = Peer::open(site.cti(), of_agent("1001002")).await.unwrap();
    let other = talking(&site, &mut bridge, "1001001").await;
    assert_eq!(
        agent.set_state("1001001", AgentState::NOT_READY).await,
        Err(8)
    );
    let Err(Failure::Switch(failure)) = agent.answer(other, "1001001").await else {
        panic!()
    };
    assert_eq!(failure.failure_code.0, 8);
    harms_no_call(&mut agent, other).await;

    agent.set_state("1001002", AgentState::LOGIN).await.unwrap();
    agent
        .set_state("1001002", AgentState::AVAILABLE)
        .await
        .unwrap();
    let own = site.call_in().await;
    // The first thing heard of any call is of this one.
    let heard = agent
        .find(|message| match message {
            Message::CallDeliveredEvent(event) => Some(event.connection_call_id),
            Message::BeginCallEvent(event) => Some(event.connection_call_id),
            _ => None,
        })
        .await;
    assert_eq!(heard, own);
}

/// Neither ends the call nor changes its data.
async fn harms_no_call(peer: &mut Peer, call: CallId) {
    let clear = ClearCallReq::with(|request| {
        request.connection_call_id = call;
        request.connection_device_id = Some(text("1001001"));
    });
    let Err(Failure::Switch(failure)) = peer.request(clear).await else {
        panic!()
    };
    assert_eq!(failure.failure_code.0, 8, "CLEAR_CALL");
    let data = SetCallDataReq::with(|request| {
        request.connection_call_id = call;
        request.connection_device_id = Some(text("1001001"));
        request.call_variable4 = Some(text("x"));
    });
    let Err(Failure::Switch(failure)) = peer.request(data).await else {
        panic!()
    };
    assert_eq!(failure.failure_code.0, 8, "SET_CALL_DATA");
}

#[tokio::test]
async fn a_session_without_events_controls_nothing() {
    let site = Site::start().await;
    let mut bridge = site.bridge().await;
    let services = config(17).services(ServiceMask::CLIENT_CONTROL);
    let mut peer = Peer::open(site.cti(), services).await.unwrap();
    let call = talking(&site, &mut bridge, "1001001").await;
    harms_no_call(&mut peer, call).await;
    let refused = peer.set_state("1001001", AgentState::NOT_READY).await;
    assert_eq!(refused, Err(8));
}

#[tokio::test]
async fn a_second_session_of_an_agent_ends_the_first() {
    let site = Site::start().await;
    let mut first = Peer::open(site.cti(), of_agent("1001002")).await.unwrap();
    let _second = Peer::open(site.cti(), of_agent("1001002")).await.unwrap();
    let status = StatusCode::NEW_SESSION_OPENED;
    assert_eq!(first.closed().await, CloseReason::Failure { status });
    let unknown = Peer::open(site.cti(), of_agent("4711")).await.err();
    let status = StatusCode::INVALID_AGENT_DATA;
    assert_eq!(unknown, Some(CloseReason::Refused { status }));
}

#[tokio::test]
async fn every_version_of_uccx_opens_and_uploads_its_configuration() {
    let site = Site::start().await;
    for version in 10..=18 {
        let mut peer = Peer::open(site.cti(), bridge(version)).await.unwrap();
        let ask = ConfigRequestEvent::with(|ask| ask.config_information = ConfigMask::AGENT);
        peer.driver.machine.send(ask).unwrap();
        let first = peer
            .find(|message| match message {
                Message::ConfigAgentEvent(event) => event.records[0].login_id.clone(),
                _ => None,
            })
            .await;
        assert_eq!(first, "1001001", "version {version}");
    }
    let refused = Peer::open(site.cti(), bridge(99)).await.err();
    let status = StatusCode::INVALID_VERSION;
    assert_eq!(refused, Some(CloseReason::Refused { status }));
}

#[tokio::test]
async fn what_is_no_session_is_dropped_and_others_do_not_notice() {
    let site = Site::start().await;
    let mut honest = site.bridge().await;
    let bad: [&[u8]; 3] = [
        b"GET / HTTP/1.1\r\n\r\n",
        // A message of four gigabytes.
        &[0xff; 16],
        // A heartbeat before the open.
        &[0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 7],
    ];
    for bytes in bad {
        let mut stream = TcpStream::connect(site.cti()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let end = timeout(LIMIT, stream.read_to_end(&mut rest)).await.unwrap();
        assert!(end.is_err() || rest.len() <= 16, "{rest:?}");
    }
    // Sessions that say nothing and clients that never read do no harm either.
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(site.cti()).await.unwrap());
    }
    honest
        .set_state("1001001", AgentState::LOGIN)
        .await
        .unwrap();
    assert_eq!(honest.state_of("1001001").await, AgentState::NOT_READY);
    drop(silent);
}

#[tokio::test]
async fn a_client_that_never_reads_is_let_go_and_others_do_not_notice() {
    let site = Site::start().await;
    let mut honest = site.bridge().await;
    let mut lazy = TcpStream::connect(site.cti()).await.unwrap();
    let mut bytes = hex("00 00 00 38 00 00 00 03 00 00 00 01 00 00 00 11 ff ff ff ff 00 00 00 01");
    // ServicesRequested: ALL_EVENTS and CONFIG_EVENTS; ConfigMsgMask: all.
    bytes.extend(hex("00 04 00 10 00 00 00 00 00 00 00 00 00 00 00 0f"));
    bytes.extend(hex("00 00 00 00 00 00 00 00 00 00 00 00"));
    bytes.extend(hex("01 08 66 69 6e 65 73 73 65 00 02 00"));
    lazy.write_all(&bytes).await.unwrap();
    // CONFIG_REQUEST_EVENT: sixteen bytes that are answered by some thousands.
    let ask = hex("00 00 00 08 00 00 00 e8 00 00 00 0f 00 00 00 01");
    let flood = async { while lazy.write_all(&ask).await.is_ok() {} };
    let mine = async {
        loop {
            honest
                .set_state("1001001", AgentState::LOGIN)
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = flood => {}
        () = mine => {}
        () = tokio::time::sleep(3 * LIMIT) => panic!("the lazy client is still there"),
    }
    honest
        .set_state("1001001", AgentState::LOGIN)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_comes_behind_the_open_request_is_answered_too() {
    let site = Site::start().await;
    let mut stream = TcpStream::connect(site.cti()).await.unwrap();
    let mut bytes = hex("00 00 00 38 00 00 00 03 00 00 00 01 00 00 00 11 ff ff ff ff 00 00 00 01");
    bytes.extend(hex("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"));
    bytes.extend(hex("00 00 00 00 00 00 00 00 00 00 00 00"));
    bytes.extend(hex("01 08 66 69 6e 65 73 73 65 00 02 00"));
    bytes.extend(hex("00 00 00 04 00 00 00 05 00 00 00 07"));
    stream.write_all(&bytes).await.unwrap();
    let beat = hex("00 00 00 04 00 00 00 06 00 00 00 07");
    let mut got = Vec::new();
    while !got.ends_with(&beat) {
        assert_ne!(
            timeout(LIMIT, stream.read_buf(&mut got))
                .await
                .unwrap()
                .unwrap(),
            0
        );
    }
}

fn hex(digits: &str) -> Vec<u8> {
    digits
        .split(' ')
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

#[tokio::test]
async fn call_data_set_by_a_client_reaches_the_others() {
    let site = Site::start().await;
    let mut bridge = site.bridge().await;
    let call = talking(&site, &mut bridge, "1001001").await;
    let mut other = site.bridge().await;
    let set = SetCallDataReq::with(|request| {
        request.connection_call_id = call;
        request.connection_device_id = Some(text("1001001"));
        request.call_variable4 = Some(text("Premium"));
    });
    bridge.request(set).await.unwrap();
    let update = other
        .find(|message| match message {
            Message::CallDataUpdateEvent(event) => Some(event.clone()),
            _ => None,
        })
        .await;
    assert_eq!(update.call_variable4.unwrap(), "Premium");
    assert_eq!(update.call_variable1.unwrap(), "Invoice");
    let data = CallData([("callVariable1".to_owned(), "x".repeat(40))].into());
    assert!(
        !data.is_valid(),
        "one byte more than the field has room for"
    );
}
