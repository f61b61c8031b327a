//! The engine against the real switch, both in virtual time.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::telephony::{
    self, Address, CallData, CallId, Request, Sequenced, SimulatedCall, Switch, TerminalState,
    script::variables,
};

const RING: Duration = Duration::from_secs(20);
const WRAP_UP: Duration = Duration::from_secs(60);
/// The engine's clock does not start at nought.
const START: Duration = Duration::from_secs(1_800_000_000);

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn config() -> Config {
    let profile = |id: &str| Profile {
        login_id: id.to_owned(),
        first_name: "Alfa".to_owned(),
        last_name: "Amber".to_owned(),
        extension: address(id),
        supervisor: false,
        team: 1,
    };
    Config {
        agents: ["1001", "1002", "1003"].map(profile).into(),
        teams: [(1, "Service".to_owned())].into(),
        queue: Queue {
            id: 1,
            name: "Service".to_owned(),
            route_point: address("6000"),
            wrap_up: WRAP_UP,
        },
        ring_limit: RING,
    }
}

/// A switch, an engine, and the wire between them, which can be cut.
struct World {
    now: Duration,
    switch: Switch,
    engine: Option<Engine>,
    connected: bool,
    /// What the wire answers, in place of the switch, to so many requests.
    failing: Option<(telephony::Refusal, usize)>,
    kept: BTreeMap<String, AgentRecord>,
    kept_calls: BTreeMap<CallId, Tracked>,
    told: Vec<Notice>,
    answers: Vec<(Ticket, Result<Done, Failure>)>,
    tickets: u64,
}

impl World {
    fn new() -> Self {
        let lines = config()
            .agents
            .into_iter()
            .map(|profile| profile.extension)
            .collect();
        let switch = Switch::new(telephony::Config {
            lines,
            route_points: [address("6000")].into(),
            ..telephony::Config::default()
        });
        let mut world = Self {
            now: START,
            switch,
            engine: None,
            connected: false,
            failing: None,
            kept: BTreeMap::new(),
            kept_calls: BTreeMap::new(),
            told: Vec::new(),
            answers: Vec::new(),
            tickets: 0,
        };
        world.start_engine();
        world.told.clear();
        world
    }

    /// Starts an engine from what the last one kept, and connects it.
    fn start_engine(&mut self) {
        let saved = Saved {
            agents: self.kept.values().cloned().collect(),
            calls: self.kept_calls.values().cloned().collect(),
        };
        self.engine = Some(Engine::new(self.now, config(), saved));
        self.connect();
    }

    fn kill_engine(&mut self) {
        self.engine = None;
        self.connected = false;
    }

    fn connect(&mut self) {
        self.connected = true;
        let snapshot = self.switch.snapshot();
        self.engine
            .as_mut()
            .unwrap()
            .switch_in_service(self.now, &snapshot);
        self.run();
    }

    fn cut(&mut self) {
        self.connected = false;
        self.engine.as_mut().unwrap().switch_out_of_service();
        self.run();
    }

    fn run(&mut self) {
        let mut outputs = VecDeque::new();
        loop {
            // Each input is carried out before the next, and the switch is never ahead of a request.
            while let Some(Sequenced { event, .. }) = self.switch.poll_event() {
                if let Some(engine) = self.engine.as_mut().filter(|_| self.connected) {
                    engine.switch_event(self.now, event);
                }
                outputs.extend(self.outputs());
            }
            outputs.extend(self.outputs());
            let Some(output) = outputs.pop_front() else {
                return;
            };
            self.on_output(output);
        }
    }

    fn outputs(&mut self) -> Vec<Output> {
        let engine = self.engine.as_mut();
        engine.map_or_else(Vec::new, |engine| {
            core::iter::from_fn(|| engine.poll_output()).collect()
        })
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::Save(Change::Agent(record)) => {
                self.kept.insert(record.login_id.clone(), record);
            }
            Output::Save(Change::Call(call)) => {
                self.kept_calls.insert(call.id(), *call);
            }
            Output::Save(Change::CallGone(call)) => {
                self.kept_calls.remove(&call);
            }
            Output::Ask { id, request } => {
                let result = match &mut self.failing {
                    _ if !self.connected => Err(telephony::Refusal::Lost),
                    Some((refusal, left @ 1..)) => {
                        *left -= 1;
                        Err(*refusal)
                    }
                    Some((_, 0)) | None => self.switch.handle_request(self.now, request),
                };
                self.engine
                    .as_mut()
                    .unwrap()
                    .switch_answer(self.now, id, result);
            }
            Output::Answer { ticket, result } => self.answers.push((ticket, result)),
            Output::Tell(notice) => self.told.push(notice),
        }
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let engine = self.engine.as_ref().and_then(Engine::poll_timeout);
            let due = [self.switch.poll_timeout(), engine]
                .into_iter()
                .flatten()
                .min();
            self.now = due.unwrap_or(until).clamp(self.now, until);
            self.switch.handle_timeout(self.now);
            if let Some(engine) = &mut self.engine {
                engine.handle_timeout(self.now);
            }
            self.run();
            if self.now == until {
                return;
            }
        }
    }

    fn command(&mut self, command: Command) -> Result<Done, Failure> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.engine
            .as_mut()
            .unwrap()
            .command(self.now, ticket, command);
        self.run();
        let answered: Vec<_> = self.answers.extract_if(.., |(t, _)| *t == ticket).collect();
        assert_eq!(answered.len(), 1, "each command is answered once");
        answered[0].1
    }

    fn set_state(&mut self, agent: &str, asked: Asked) -> Result<(), u16> {
        let login_id = agent.to_owned();
        let force = Force::Asked;
        self.command(Command::SetState {
            login_id,
            line: None,
            asked,
            force,
        })
        .map(|_| ())
        .map_err(|failure| failure.code)
    }

    fn ready(&mut self, agent: &str) {
        self.set_state(agent, Asked::Login).unwrap();
        self.set_state(agent, Asked::Ready).unwrap();
        self.told.clear();
    }

    fn ask_switch(&mut self, request: Request) -> Result<telephony::Reply, telephony::Refusal> {
        let result = self.switch.handle_request(self.now, request);
        self.run();
        result
    }

    fn call_in(&mut self, to: &str) -> CallId {
        let caller = SimulatedCall {
            from: address("4085550100"),
            to: address(to),
            data: variables("Invoice", "A-1", "English"),
            patience_ms: Some(300_000),
            talk_ms: None,
        };
        match self.ask_switch(Request::SimulateCall(caller)) {
            Ok(telephony::Reply::Call(call)) => call,
            other => panic!("{other:?}"),
        }
    }

    fn caller_hangs_up(&mut self, call: CallId) {
        let address = address("4085550100");
        self.ask_switch(Request::Disconnect { call, address })
            .unwrap();
    }

    fn answer(&mut self, call: CallId, line: &str) {
        let line = address(line);
        self.command(Command::Answer {
            call: Some(call),
            line,
        })
        .unwrap();
    }

    fn hang_up(&mut self, call: CallId, line: &str) {
        self.command(Command::Drop {
            call,
            line: address(line),
        })
        .unwrap();
    }

    fn state(&self, agent: &str) -> (AgentState, u16) {
        let engine = self.engine.as_ref().unwrap();
        let notice = engine.agent(self.now, agent).unwrap();
        (notice.state, notice.reason)
    }

    /// What was told since the last look, in short.
    fn heard(&mut self) -> Vec<String> {
        self.told
            .drain(..)
            .map(|notice| in_short(&notice))
            .collect()
    }
}

fn in_short(notice: &Notice) -> String {
    match notice {
        Notice::Agent(agent) => format!("{} {:?}", agent.login_id, agent.state),
        Notice::Call(call) => format!("{:?} {}", call.event, call.device.address),
        Notice::Switch { in_service } => format!("switch {in_service}"),
    }
}

#[test]
fn a_call_of_the_queue_from_ring_to_wrap_up() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    assert_eq!(
        world.heard(),
        [
            "Began 4085550100",
            "Queued 6000",
            "1001 Reserved",
            "Delivered 1001"
        ]
    );
    world.answer(call, "1001");
    assert_eq!(world.heard(), ["Established 1001", "1001 Talking"]);
    let line = address("1001");
    world
        .command(Command::Hold {
            call,
            line: line.clone(),
        })
        .unwrap();
    world.command(Command::Retrieve { call, line }).unwrap();
    // UCCX: a held call leaves the agent TALKING.
    assert_eq!(world.heard(), ["Held 1001", "Retrieved 1001"]);
    world.hang_up(call, "1001");
    assert_eq!(
        world.heard(),
        [
            "ConnectionCleared 1001",
            "1001 Work",
            "ConnectionCleared 4085550100",
            "Cleared 4085550100"
        ]
    );
    world.wait(WRAP_UP);
    assert_eq!(world.heard(), ["1001 Ready", "Ended 4085550100"]);
    assert_eq!(world.kept_calls, BTreeMap::new());
}

#[test]
fn wrap_up_that_the_agent_ends_ends_the_call() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.caller_hangs_up(call);
    assert_eq!(world.state("1001").0, AgentState::Work);
    world.told.clear();
    world.set_state("1001", Asked::NotReady(4)).unwrap();
    assert_eq!(world.heard(), ["1001 NotReady", "Ended 4085550100"]);
}

#[test]
fn a_wrap_up_reason_is_taken_after_the_call_is_cleared() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.hang_up(call, "1001");
    world.told.clear();
    let data = CallData([("wrapUpReason".to_owned(), "Sold".to_owned())].into());
    world
        .command(Command::SetData {
            call,
            data: data.clone(),
        })
        .unwrap();
    let Some(Notice::Call(notice)) = world.told.pop() else {
        panic!()
    };
    assert_eq!(notice.event, CallEvent::DataUpdated);
    assert_eq!(notice.call.data.0["wrapUpReason"], "Sold");
    assert_eq!(notice.call.data.0["callVariable1"], "Invoice");
    world.wait(WRAP_UP);
    let gone = world.command(Command::SetData { call, data });
    assert_eq!(gone.map_err(|failure| failure.code), Err(11));
}

#[test]
fn the_agent_who_waited_longest_gets_the_call_that_waited_longest() {
    let mut world = World::new();
    let first = world.call_in("6000");
    let second = world.call_in("6000");
    world.wait(Duration::from_secs(1));
    world.ready("1002");
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(first)
            .unwrap()
            .call
            .leg(&address("1002"))
            .is_some()
    );
    world.wait(Duration::from_secs(1));
    world.ready("1003");
    world.wait(Duration::from_secs(1));
    world.ready("1001");
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(second)
            .unwrap()
            .call
            .leg(&address("1003"))
            .is_some()
    );
    let third = world.call_in("6000");
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(third)
            .unwrap()
            .call
            .leg(&address("1001"))
            .is_some()
    );
}

#[test]
fn a_call_that_is_not_answered_goes_to_the_next_agent_before_others() {
    let mut world = World::new();
    world.ready("1001");
    let first = world.call_in("6000");
    let second = world.call_in("6000");
    world.told.clear();
    world.wait(RING);
    assert_eq!(
        world.heard(),
        ["ConnectionCleared 1001", "1001 NotReady", "Queued 6000"]
    );
    assert_eq!(world.state("1001"), (AgentState::NotReady, 32_763));
    world.ready("1002");
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(first)
            .unwrap()
            .call
            .leg(&address("1002"))
            .is_some()
    );
    assert!(
        engine
            .call(second)
            .unwrap()
            .call
            .leg(&address("6000"))
            .is_some()
    );
}

#[test]
fn a_caller_who_gives_up_leaves_the_agent_ready() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    assert_eq!(world.state("1001").0, AgentState::Reserved);
    world.told.clear();
    world.caller_hangs_up(call);
    assert_eq!(
        world.heard(),
        [
            "ConnectionCleared 4085550100",
            "ConnectionCleared 1001",
            "1001 Ready",
            "Cleared 4085550100",
            "Ended 4085550100"
        ]
    );
}

#[test]
fn a_call_from_agent_to_agent_leaves_both_not_ready() {
    let mut world = World::new();
    world.set_state("1001", Asked::Login).unwrap();
    world.ready("1002");
    let make = Command::MakeCall {
        line: address("1001"),
        to: address("1002"),
        data: CallData::default(),
    };
    let call = world.command(make).unwrap().call.unwrap();
    assert_eq!(
        world.heard(),
        [
            "Began 1001",
            "ServiceInitiated 1001",
            "Originated 1001",
            "Delivered 1002",
            "1002 NotReady"
        ]
    );
    assert_eq!(world.state("1002"), (AgentState::NotReady, 32_761));
    world.answer(call, "1002");
    assert_eq!(world.heard(), ["Established 1002"]);
    // A call of the queue waits: the only agent who was READY is on the phone.
    let queued = world.call_in("6000");
    world.told.clear();
    world.hang_up(call, "1001");
    let heard = world.heard();
    assert_eq!(
        heard[..3],
        [
            "ConnectionCleared 1001",
            "ConnectionCleared 1002",
            "1002 Ready"
        ]
    );
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(queued)
            .unwrap()
            .call
            .leg(&address("1002"))
            .is_some()
    );
    assert_eq!(world.state("1001").0, AgentState::NotReady);
}

#[test]
fn a_bad_number_fails_at_the_caller_until_the_caller_hangs_up() {
    let mut world = World::new();
    world.set_state("1001", Asked::Login).unwrap();
    world.told.clear();
    let make = Command::MakeCall {
        line: address("1001"),
        to: address("7"),
        data: CallData::default(),
    };
    let call = world.command(make).unwrap().call.unwrap();
    let last = world.told.last().cloned();
    assert_eq!(
        world.heard(),
        ["Began 1001", "ServiceInitiated 1001", "Failed 1001"]
    );
    let Some(Notice::Call(last)) = last else {
        panic!()
    };
    assert_eq!(last.cause, telephony::Cause::BadDestination);
    world.hang_up(call, "1001");
    assert_eq!(
        world.heard(),
        ["ConnectionCleared 1001", "Cleared 1001", "Ended 1001"]
    );
}

#[test]
fn a_call_to_the_outside_is_answered_there() {
    let mut world = World::new();
    world.set_state("1001", Asked::Login).unwrap();
    world.told.clear();
    let (line, to) = (address("1001"), address("94085550100"));
    world
        .command(Command::MakeCall {
            line,
            to,
            data: CallData::default(),
        })
        .unwrap();
    world.wait(Duration::from_secs(2));
    assert_eq!(
        world.heard(),
        [
            "Began 1001",
            "ServiceInitiated 1001",
            "Originated 1001",
            "Delivered 94085550100",
            "Established 94085550100"
        ]
    );
}

#[test]
fn refusals_carry_the_numbers_of_the_documents() {
    let mut world = World::new();
    assert_eq!(world.set_state("1001", Asked::Ready), Err(22));
    assert_eq!(world.set_state("1001", Asked::Logout(0)), Err(22));
    assert_eq!(world.set_state("9999", Asked::Login), Err(256));
    let sign_in = |line: &str| Command::SetState {
        login_id: "1001".to_owned(),
        line: Some(address(line)),
        asked: Asked::Login,
        force: Force::Asked,
    };
    for line in ["5555", "1002"] {
        let refused = world.command(sign_in(line)).map_err(|failure| failure.code);
        assert_eq!(refused, Err(260), "{line}");
    }
    world.command(sign_in("1001")).unwrap();
    let (line, to) = (address("1002"), address("1001"));
    let refused = world.command(Command::MakeCall {
        line,
        to,
        data: CallData::default(),
    });
    assert_eq!(refused.map_err(|failure| failure.code), Err(5));
    world.ready("1001");
    let call = world.call_in("6000");
    let refused = world.command(Command::Hold {
        call,
        line: address("1001"),
    });
    assert_eq!(refused.map_err(|failure| failure.code), Err(22));
    world.answer(call, "1001");
    assert_eq!(world.set_state("1001", Asked::NotReady(3)), Ok(()));
    assert_eq!(world.set_state("1001", Asked::NotReady(4)), Err(265));
    assert_eq!(world.set_state("1001", Asked::Ready), Err(265));
    world.cut();
    let refused = world.command(Command::Hold {
        call,
        line: address("1001"),
    });
    assert_eq!(refused.map_err(|failure| failure.code), Err(34));
}

#[test]
fn a_forced_sign_out_gives_a_ringing_call_back_to_the_queue() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    let login_id = "1001".to_owned();
    let (asked, force) = (Asked::Logout(255), Force::Forced);
    world
        .command(Command::SetState {
            login_id,
            line: None,
            asked,
            force,
        })
        .unwrap();
    assert_eq!(world.state("1001"), (AgentState::Logout, 255));
    world.ready("1002");
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(call)
            .unwrap()
            .call
            .leg(&address("1002"))
            .is_some()
    );
}

#[test]
fn an_engine_killed_in_mid_call_finds_agent_and_call_as_they_were() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.set_state("1001", Asked::NotReady(3)).unwrap();
    world.kill_engine();
    world.wait(Duration::from_secs(30));
    world.start_engine();
    assert_eq!(world.state("1001").0, AgentState::Talking);
    let picture: Vec<String> = world
        .engine
        .as_ref()
        .unwrap()
        .picture(world.now)
        .iter()
        .map(in_short)
        .collect();
    assert_eq!(
        picture,
        [
            "Began 4085550100",
            "Delivered 1001",
            "Established 1001",
            "1001 Talking",
            "1002 Logout",
            "1003 Logout"
        ]
    );
    // The wish made before the crash counts.
    world.hang_up(call, "1001");
    world.wait(WRAP_UP);
    assert_eq!(world.state("1001"), (AgentState::NotReady, 3));
}

#[test]
fn a_caller_whose_engine_died_before_it_let_the_call_wait_is_not_forgotten() {
    let mut world = World::new();
    world.failing = Some((telephony::Refusal::Lost, 1));
    let call = world.call_in("6000");
    let kept = &world.kept_calls[&call].call;
    let at_queue = kept.leg(&address("6000")).map(|leg| leg.connection);
    assert_eq!(at_queue, Some(telephony::ConnectionState::Offered));
    world.kill_engine();
    world.start_engine();
    world.ready("1001");
    assert_eq!(world.state("1001").0, AgentState::Reserved);
    world.answer(call, "1001");
}

#[test]
fn a_caller_whose_request_to_wait_was_lost_with_the_link_waits_when_it_is_back() {
    let mut world = World::new();
    world.failing = Some((telephony::Refusal::Lost, 1));
    let call = world.call_in("6000");
    world.cut();
    world.told.clear();
    world.connect();
    assert_eq!(world.heard(), ["switch true", "Queued 6000"]);
    world.ready("1001");
    world.answer(call, "1001");
}

#[test]
fn what_was_not_sent_is_asked_again_and_nobody_stays_reserved() {
    // To let the call wait, to route it, both.
    for failing in 1..=2 {
        let mut world = World::new();
        world.ready("1001");
        world.failing = Some((telephony::Refusal::Overrun, failing));
        let call = world.call_in("6000");
        world.wait(Duration::from_secs(3));
        assert_eq!(world.state("1001").0, AgentState::Reserved, "{failing}");
        world.answer(call, "1001");
    }
    let mut world = World::new();
    let call = world.call_in("6000");
    world.failing = Some((telephony::Refusal::Overrun, 1));
    world.ready("1001");
    assert_eq!(
        world.state("1001").0,
        AgentState::Ready,
        "the route was not sent"
    );
    world.wait(Duration::from_secs(1));
    world.answer(call, "1001");
}

#[test]
fn a_take_back_that_was_not_sent_is_asked_again() {
    let mut world = World::new();
    world.ready("1001");
    world.call_in("6000");
    world.failing = Some((telephony::Refusal::Overrun, 2));
    world.wait(RING + Duration::from_secs(3));
    assert_eq!(world.state("1001"), (AgentState::NotReady, 32_763));
}

#[test]
fn a_take_back_after_a_sign_out_that_was_not_sent_is_asked_again() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.failing = Some((telephony::Refusal::Overrun, 1));
    world
        .command(Command::SetState {
            login_id: "1001".to_owned(),
            line: None,
            asked: Asked::Logout(255),
            force: Force::Forced,
        })
        .unwrap();
    world.wait(Duration::from_secs(1));
    world.ready("1002");
    world.answer(call, "1002");
}

#[test]
fn what_changed_while_the_engine_was_away_is_made_up_for() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.kill_engine();
    // The phone was used by hand.
    world
        .ask_switch(Request::Hold {
            call,
            address: address("1001"),
        })
        .unwrap();
    let other = world.call_in("1002");
    let queued = world.call_in("6000");
    world.start_engine();
    assert_eq!(world.state("1001").0, AgentState::Talking);
    let engine = world.engine.as_ref().unwrap();
    let leg = engine
        .call(call)
        .unwrap()
        .call
        .leg(&address("1001"))
        .cloned();
    assert_eq!(leg.and_then(|leg| leg.terminal), Some(TerminalState::Held));
    assert!(engine.call(other).is_some());
    let heard = world.heard();
    assert!(heard.contains(&"Held 1001".to_owned()), "{heard:?}");
    assert!(heard.contains(&"Delivered 1002".to_owned()), "{heard:?}");
    assert!(heard.contains(&"Queued 6000".to_owned()), "{heard:?}");

    world.kill_engine();
    world.caller_hangs_up(call);
    world.start_engine();
    assert_eq!(world.state("1001").0, AgentState::Work);
    world.wait(WRAP_UP);
    let engine = world.engine.as_ref().unwrap();
    assert!(
        engine
            .call(queued)
            .unwrap()
            .call
            .leg(&address("1001"))
            .is_some()
    );
}

#[test]
fn wrap_up_ends_on_time_although_the_engine_was_away() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.hang_up(call, "1001");
    world.kill_engine();
    world.wait(WRAP_UP / 2);
    world.start_engine();
    assert_eq!(world.state("1001").0, AgentState::Work);
    world.wait(WRAP_UP / 2);
    assert_eq!(world.state("1001").0, AgentState::Ready);
    assert!(world.heard().contains(&"Ended 4085550100".to_owned()));
}

#[test]
fn wrap_up_is_no_longer_than_it_may_be_although_the_clock_was_set_back() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.hang_up(call, "1001");
    world.kill_engine();
    for record in world.kept.values_mut() {
        record.since_ms += 3_600_000;
        record.due_ms = record.due_ms.map(|_| u64::MAX);
    }
    world.start_engine();
    assert_eq!(world.state("1001").0, AgentState::Work);
    world.wait(WRAP_UP);
    assert_eq!(world.state("1001").0, AgentState::Ready);
}

#[test]
fn whoever_got_another_line_while_the_engine_was_away_is_not_signed_in() {
    let mut world = World::new();
    world.ready("1001");
    world.ready("1002");
    world.kill_engine();
    let record = world.kept.get_mut("1001").unwrap();
    record.line = Some(address("1999"));
    world.start_engine();
    assert_eq!(world.state("1001").0, AgentState::Logout);
    assert_eq!(world.state("1002").0, AgentState::Ready);
}

#[test]
fn a_switch_that_was_started_anew_has_ended_all_calls() {
    let mut world = World::new();
    world.ready("1001");
    let call = world.call_in("6000");
    world.answer(call, "1001");
    world.cut();
    world.told.clear();
    let fresh = World::new().switch;
    world.switch = fresh;
    world.connect();
    assert_eq!(world.state("1001").0, AgentState::Work);
    assert!(world.heard().contains(&"Cleared 4085550100".to_owned()));
}

#[derive(Clone, Debug)]
enum Step {
    Ask(usize, u8),
    CallIn(bool),
    Dial(usize, usize),
    Phone(usize, u8),
    Wait(u32),
    Kill,
    Cut,
    Fail(bool, usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_usize, 0..4_u8).prop_map(|(agent, asked)| Step::Ask(agent, asked)),
        3 => any::<bool>().prop_map(Step::CallIn),
        2 => (0..3_usize, 0..5_usize).prop_map(|(from, to)| Step::Dial(from, to)),
        8 => (0..3_usize, 0..4_u8).prop_map(|(agent, what)| Step::Phone(agent, what)),
        4 => (0..40_000_u32).prop_map(Step::Wait),
        1 => Just(Step::Kill),
        1 => Just(Step::Cut),
        1 => (any::<bool>(), 1..4_usize).prop_map(|(lost, count)| Step::Fail(lost, count)),
    ]
}

const AGENTS: [&str; 3] = ["1001", "1002", "1003"];

fn carry_out(world: &mut World, step: Step) {
    match step {
        Step::Ask(agent, asked) => {
            let asked = [
                Asked::Login,
                Asked::Ready,
                Asked::NotReady(1),
                Asked::Logout(2),
            ][asked as usize];
            let _ = world.set_state(AGENTS[agent], asked);
        }
        Step::CallIn(queue) => {
            let to = address(if queue { "6000" } else { "1001" });
            let _ = world.ask_switch(Request::SimulateCall(SimulatedCall {
                from: address("4085550100"),
                to,
                data: CallData::default(),
                patience_ms: Some(60_000),
                talk_ms: Some(30_000),
            }));
        }
        Step::Dial(from, to) => {
            let to = address(["1001", "1002", "6000", "7777", "9555123"][to]);
            let line = address(AGENTS[from]);
            let _ = world.command(Command::MakeCall {
                line,
                to,
                data: CallData::default(),
            });
        }
        Step::Phone(agent, what) => {
            let line = address(AGENTS[agent]);
            let on = |call: &&telephony::Call| call.leg(&line).is_some();
            let Some(call) = world.switch.snapshot().calls.iter().find(on).map(|c| c.id) else {
                return;
            };
            let _ = world.command(match what {
                0 => Command::Answer {
                    call: Some(call),
                    line,
                },
                1 => Command::Hold { call, line },
                2 => Command::Retrieve { call, line },
                _ => Command::Drop { call, line },
            });
        }
        Step::Wait(ms) => world.wait(Duration::from_millis(ms.into())),
        Step::Kill => {
            world.kill_engine();
            world.wait(Duration::from_secs(5));
            world.start_engine();
        }
        Step::Cut => reconnect(world),
        Step::Fail(lost, count) => {
            let refusal = if lost {
                telephony::Refusal::Lost
            } else {
                telephony::Refusal::Overrun
            };
            world.failing = Some((refusal, count));
            return;
        }
    }
    match world.failing.take() {
        Some((telephony::Refusal::Lost, _)) => reconnect(world),
        Some(_) => world.wait(Duration::from_secs(2)),
        None => {}
    }
}

fn reconnect(world: &mut World) {
    world.cut();
    world.wait(Duration::from_secs(5));
    world.connect();
}

/// What must hold whenever everything has come to rest.
fn check(world: &World) {
    let engine = world.engine.as_ref().unwrap();
    let snapshot = world.switch.snapshot();
    let followed: Vec<telephony::Call> = engine
        .call_ids()
        .filter_map(|id| engine.call(id))
        .filter(|tracked| !tracked.over)
        .map(|tracked| tracked.call.clone())
        .collect();
    assert_eq!(
        sorted(followed),
        sorted(snapshot.calls.clone()),
        "engine and switch agree"
    );
    for agent in AGENTS {
        let notice = engine.agent(world.now, agent).unwrap();
        let legs: Vec<&telephony::Leg> = snapshot
            .calls
            .iter()
            .filter(|call| call.called == address("6000"))
            .filter_map(|call| {
                call.leg(notice.line.as_ref()?)
                    .filter(|_| call.calling != address(agent))
            })
            .collect();
        let terminal = legs.first().and_then(|leg| leg.terminal);
        match notice.state {
            AgentState::Reserved => assert_eq!(terminal, Some(TerminalState::Ringing), "{agent}"),
            AgentState::Talking => assert!(
                matches!(terminal, Some(TerminalState::Talking | TerminalState::Held)),
                "{agent} {terminal:?}"
            ),
            AgentState::Logout => assert_eq!(notice.line, None),
            AgentState::NotReady | AgentState::Ready | AgentState::Work => {
                assert_eq!(terminal, None, "{agent} {:?}", notice.state);
            }
        }
    }
    let waits = snapshot.calls.iter().any(|call| {
        let leg = call.leg(&address("6000"));
        leg.is_some_and(|leg| leg.connection == telephony::ConnectionState::Queued)
    });
    let offered = snapshot.calls.iter().any(|call| {
        let leg = call.leg(&address("6000"));
        leg.is_some_and(|leg| leg.connection == telephony::ConnectionState::Offered)
    });
    assert!(!offered, "every caller was let wait");
    let free = AGENTS.iter().any(|agent| {
        let idle = !snapshot
            .calls
            .iter()
            .any(|call| call.leg(&address(agent)).is_some());
        world.state(agent).0 == AgentState::Ready && idle
    });
    assert!(!(waits && free), "nobody waits while an agent is free");
    let kept: BTreeMap<&str, AgentState> = world
        .kept
        .values()
        .map(|record| (record.login_id.as_str(), record.state))
        .collect();
    for (agent, state) in kept {
        assert_eq!(state, world.state(agent).0, "what is kept is what is");
    }
}

fn sorted(mut calls: Vec<telephony::Call>) -> Vec<telephony::Call> {
    for call in &mut calls {
        call.legs.sort_by(|a, b| a.address.cmp(&b.address));
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn engine_and_switch_agree_whatever_happens_to_them(
        steps in proptest::collection::vec(any_step(), 1..80)
    ) {
        let mut world = World::new();
        for step in steps {
            carry_out(&mut world, step);
            check(&world);
        }
    }
}
