//! The web service in virtual time: engine events and REST requests in, exact notifications out.

mod calls;
mod invariants;
mod recovery;
mod users;

use core::time::Duration;

use wire_xml::{Element, Limits, Profile};

use super::*;

/// A core, and the time it is there.
struct Bench {
    core: Core,
    now: Moment,
}

/// One notification, taken apart.
#[derive(Debug, Eq, PartialEq)]
struct Seen {
    node: String,
    event: String,
    request_id: String,
    source: String,
    /// Name of the element in `data`, and the `state` in it.
    what: String,
    update: String,
}

impl Bench {
    /// Agents 1001 and 1002 and supervisor 1019 in team 1, one queue with wrap-up, in service.
    fn new() -> Self {
        let now = Moment {
            monotonic: Duration::from_secs(1000),
            utc: UtcMillis(1_700_000_000_000),
        };
        let mut bench = Self {
            core: Core::new(now, Config::default()),
            now,
        };
        bench.connect();
        bench.core.engine_ready(now);
        bench.outputs();
        bench
    }

    /// The engine is there and tells its configuration.
    fn connect(&mut self) {
        self.core.engine_connected(self.now);
        for (id, role) in [
            ("1001", Role::Agent),
            ("1002", Role::Agent),
            ("1019", Role::Supervisor),
        ] {
            self.engine(EngineEvent::Agent(AgentRecord {
                login_id: id.into(),
                first_name: "Ann".into(),
                last_name: format!("Agent <{id}>"),
                extension: id.into(),
                role,
            }));
        }
        self.engine(EngineEvent::Queue(QueueRecord {
            id: 7,
            name: "Service".into(),
            wrap_up: true,
        }));
        let member = |id: &str, supervises| TeamMember {
            login_id: id.into(),
            supervises,
            removed: false,
        };
        self.engine(EngineEvent::Team(TeamRecord {
            id: 1,
            name: "Team".into(),
            members: vec![
                member("1001", false),
                member("1002", false),
                member("1019", true),
            ],
        }));
    }

    fn engine(&mut self, event: EngineEvent) {
        self.core.handle_engine(self.now, event);
    }

    fn call(&mut self, id: u32, event: CallEvent) {
        self.engine(EngineEvent::Call {
            id: CallId(id),
            event,
        });
    }

    fn state(&mut self, user: &str, state: AgentState) {
        self.engine(EngineEvent::AgentState(AgentReport {
            login_id: user.into(),
            extension: Some(user.into()),
            state,
            reason: Some(0),
            for_seconds: Some(0),
            next: None,
        }));
    }

    fn confirm(&mut self, token: u32) {
        self.engine(EngineEvent::Confirmed {
            token: Token(token),
            call: None,
        });
    }

    fn refuse(&mut self, token: u32, code: u16, name: &str) {
        let failure = Failure {
            code,
            name: name.into(),
            peripheral: 0,
        };
        self.engine(EngineEvent::Refused {
            token: Token(token),
            failure,
        });
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.utc.0 += u64::try_from(time.as_millis()).unwrap();
        self.core.handle_timeout(self.now);
    }

    /// Signs 1001 and 1002 in and makes them ready.
    fn sign_in(&mut self) {
        for user in ["1001", "1002"] {
            self.state(user, AgentState::NotReady);
            self.state(user, AgentState::Ready);
        }
        self.outputs();
    }

    /// A call from outside to 1001.
    fn ring(&mut self, id: u32) {
        self.call(id, CallEvent::Began(data("ACD_IN")));
        self.call(
            id,
            CallEvent::Delivered {
                alerting: "1001".into(),
                calling: "5550001".into(),
                called: "6000".into(),
                queue: Some(7),
                data: CallData::default(),
            },
        );
        self.state("1001", AgentState::Reserved);
    }

    /// 1001 answers it.
    fn answer(&mut self, id: u32) {
        self.call(
            id,
            CallEvent::Established {
                answering: "1001".into(),
                calling: "5550001".into(),
                called: "6000".into(),
            },
        );
        self.state("1001", AgentState::Talking);
    }

    fn put(&mut self, caller: &str, id: &str, state: &str, request: &str) -> Result<(), ApiError> {
        let change = UserChange {
            state: Some(state.into()),
            ..UserChange::default()
        };
        self.core
            .change_user(self.now, caller, id, &change, request)
    }

    fn action(&mut self, user: &str, id: u32, action: &str, request: &str) -> Result<(), ApiError> {
        let change = DialogChange {
            requested_action: Some(action.into()),
            target_media_address: Some(user.into()),
            ..DialogChange::default()
        };
        self.core
            .change_dialog(self.now, user, &id.to_string(), &change, request)
    }

    /// Asks for a new value of `callVariable1`.
    fn update_data(
        &mut self,
        user: &str,
        id: u32,
        value: &str,
        request: &str,
    ) -> Result<(), ApiError> {
        let change = DialogChange {
            requested_action: Some("UPDATE_CALL_DATA".into()),
            target_media_address: Some(user.into()),
            variables: variable(value).variables,
            ..DialogChange::default()
        };
        self.core
            .change_dialog(self.now, user, &id.to_string(), &change, request)
    }

    fn make_call(&mut self, user: &str, to: &str, request: &str) -> Result<(), ApiError> {
        let change = DialogChange {
            requested_action: Some("MAKE_CALL".into()),
            from_address: Some(user.into()),
            to_address: Some(to.into()),
            ..DialogChange::default()
        };
        self.core.make_call(self.now, user, user, &change, request)
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.core.poll_output()).collect()
    }

    /// What was asked of the engine since the last look; notifications are thrown away.
    fn asked(&mut self) -> Vec<(u32, EngineRequest)> {
        let asked = self
            .outputs()
            .into_iter()
            .filter_map(|output| match output {
                Output::Engine { token, request } => Some((token.0, request)),
                Output::Publish(_) => None,
            });
        asked.collect()
    }

    /// What was published since the last look; requests to the engine are thrown away.
    fn seen(&mut self) -> Vec<Seen> {
        self.outputs().iter().filter_map(Seen::new).collect()
    }

    /// The same, each as `node event requestId what`.
    fn lines(&mut self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }
}

impl Seen {
    fn new(output: &Output) -> Option<Self> {
        let Output::Publish(notification) = output else {
            return None;
        };
        let update = &notification.update;
        let root = Element::parse(update.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap();
        assert_eq!(root.local(), "Update");
        let text = |name: &str| root.child("", name).unwrap().text().into_owned();
        let data = root.child("", "data").unwrap().children().next().unwrap();
        let inner = data
            .children()
            .next()
            .filter(|_| data.local() == "dialogs")
            .unwrap_or(data);
        let state = inner
            .child("", "state")
            .or_else(|| inner.child("", "status"));
        let code = inner
            .child("", "apiError")
            .and_then(|error| error.child("", "errorData"));
        let detail = state.or(code).map(|element| element.text().into_owned());
        Some(Self {
            node: notification.node.clone(),
            event: text("event"),
            request_id: text("requestId"),
            source: text("source"),
            what: format!("{} {}", data.local(), detail.unwrap_or_default()),
            update: update.clone(),
        })
    }

    fn line(&self) -> String {
        let node = self.node.trim_start_matches("/finesse/api/");
        let request = if self.request_id.is_empty() {
            "-"
        } else {
            &self.request_id
        };
        format!("{node} {} {request} {}", self.event, self.what)
    }
}

fn data(call_type: &str) -> CallData {
    CallData {
        call_type: Some(call_type.into()),
        ..CallData::default()
    }
}

/// Call data that says `callVariable1`.
fn variable(value: &str) -> CallData {
    CallData {
        variables: vec![("callVariable1".into(), value.into())],
        ..CallData::default()
    }
}

const SECOND: Duration = Duration::from_secs(1);
