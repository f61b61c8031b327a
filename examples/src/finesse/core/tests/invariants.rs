//! What clients may rely on, under any order of events.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    State(usize, AgentState),
    Call(u32, CallEvent),
    Put(usize, &'static str),
    Action(usize, u32, &'static str),
    MakeCall(usize),
    Confirm(u32),
    Refuse(u32),
    Pass(u64),
    Lost,
    Back,
    PublisherBack,
}

const USERS: [&str; 2] = ["1001", "1002"];

fn call_event() -> impl Strategy<Value = CallEvent> {
    let line = || {
        prop_oneof![
            Just("1001".to_owned()),
            Just("1002".to_owned()),
            Just("555".into())
        ]
    };
    prop_oneof![
        Just(CallEvent::Began(CallData::default())),
        line().prop_map(|calling| CallEvent::ServiceInitiated { calling }),
        (line(), line()).prop_map(|(calling, called)| CallEvent::Originated { calling, called }),
        (line(), line()).prop_map(|(calling, alerting)| CallEvent::Delivered {
            called: alerting.clone(),
            alerting,
            calling,
            queue: None,
            data: CallData::default(),
        }),
        (line(), line()).prop_map(|(calling, answering)| CallEvent::Established {
            called: answering.clone(),
            answering,
            calling,
        }),
        line().prop_map(|device| CallEvent::Held { device }),
        line().prop_map(|device| CallEvent::Retrieved { device }),
        line().prop_map(|device| CallEvent::ConnectionCleared { device }),
        Just(CallEvent::Cleared),
        Just(CallEvent::Ended),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    use AgentState::{Logout, NotReady, Ready, Reserved, Talking, Work};

    let user = || 0..USERS.len();
    let call = || 1..3_u32;
    let state = prop::sample::select(vec![Logout, NotReady, Ready, Reserved, Talking, Work]);
    let asked = prop::sample::select(vec!["READY", "LOGOUT"]);
    let action = prop::sample::select(vec!["ANSWER", "HOLD", "RETRIEVE", "DROP"]);
    prop_oneof![
        4 => (user(), state).prop_map(|(user, state)| Step::State(user, state)),
        6 => (call(), call_event()).prop_map(|(call, event)| Step::Call(call, event)),
        3 => (user(), asked).prop_map(|(user, state)| Step::Put(user, state)),
        6 => (user(), call(), action).prop_map(|(user, call, act)| Step::Action(user, call, act)),
        2 => user().prop_map(Step::MakeCall),
        6 => (0..4_u32).prop_map(Step::Confirm),
        2 => (0..4_u32).prop_map(Step::Refuse),
        2 => (0..12_000_u64).prop_map(Step::Pass),
        1 => Just(Step::Lost),
        2 => Just(Step::Back),
        1 => Just(Step::PublisherBack),
    ]
}

/// Runs the steps, then gives the engine time to answer or not. Returns the ids of accepted requests.
fn run(bench: &mut Bench, steps: Vec<Step>) -> (BTreeSet<String>, Vec<Seen>) {
    let mut accepted = BTreeSet::new();
    let mut seen = Vec::new();
    let mut newest = 0;
    for (number, step) in steps.into_iter().enumerate() {
        let id = format!("r{number}");
        let taken = match step {
            Step::State(user, state) => {
                bench.state(USERS[user], state);
                false
            }
            Step::Call(call, event) => {
                bench.call(call, event);
                false
            }
            Step::Put(user, state) => bench.put(USERS[user], USERS[user], state, &id).is_ok(),
            Step::Action(user, call, action) => {
                bench.action(USERS[user], call, action, &id).is_ok()
            }
            Step::MakeCall(user) => bench.make_call(USERS[user], "555", &id).is_ok(),
            Step::Confirm(back) => {
                bench.confirm(u32::saturating_sub(newest, back));
                false
            }
            Step::Refuse(back) => {
                bench.refuse(
                    u32::saturating_sub(newest, back),
                    22,
                    "CF_INVALID_OBJECT_STATE",
                );
                false
            }
            Step::Pass(millis) => {
                bench.pass(Duration::from_millis(millis));
                false
            }
            Step::Lost => {
                bench.core.engine_lost(bench.now);
                false
            }
            Step::Back => {
                bench.connect();
                bench.core.engine_ready(bench.now);
                false
            }
            Step::PublisherBack => {
                bench.core.publisher_ready(bench.now);
                false
            }
        };
        if taken {
            accepted.insert(id);
        }
        for output in bench.outputs() {
            match &output {
                Output::Engine { token, .. } => newest = token.0,
                Output::Publish(_) => seen.extend(Seen::new(&output)),
            }
        }
    }
    if !bench.core.is_in_service() {
        bench.connect();
        bench.core.engine_ready(bench.now);
    }
    while let Some(time) = bench.core.poll_timeout() {
        bench.now.monotonic = bench.now.monotonic.max(time);
        bench.core.handle_timeout(bench.now);
    }
    seen.extend(bench.seen());
    (accepted, seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_accepted_request_is_answered_exactly_once(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let mut bench = Bench::new();
        bench.sign_in();
        let (accepted, seen) = run(&mut bench, steps);
        let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
        for one in seen.iter().filter(|one| !one.request_id.is_empty()) {
            *answers.entry(&one.request_id).or_default() += 1;
        }
        for id in &accepted {
            prop_assert_eq!(answers.remove(id.as_str()), Some(1), "{}", id);
        }
        prop_assert!(answers.is_empty(), "{:?}", answers);
    }

    #[test]
    fn a_dialog_begins_with_post_and_ends_with_delete(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let mut bench = Bench::new();
        bench.sign_in();
        let (_, seen) = run(&mut bench, steps);
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        for one in seen.iter().filter(|one| one.node.ends_with("/Dialogs")) {
            let is_dialog = one.what.starts_with("dialog");
            let id = one.update.split("<id>").nth(1).and_then(|rest| rest.split('<').next());
            let about = id.map(str::to_owned).or_else(|| {
                one.source.strip_prefix("/finesse/api/Dialog/").map(str::to_owned)
            });
            let Some(id) = about else { continue };
            let key = (one.node.clone(), id);
            match one.event.as_str() {
                "POST" => prop_assert!(known.insert(key), "posted twice: {}", one.line()),
                "DELETE" => prop_assert!(known.remove(&key), "deleted unknown: {}", one.line()),
                _ => prop_assert!(known.contains(&key), "after the end: {}", one.line()),
            }
            prop_assert!(is_dialog || one.what.starts_with("apiErrors"));
        }
    }
}
