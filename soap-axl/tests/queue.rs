//! Calls that wait for each other and for the server.

mod common;

use std::time::Duration;

use common::throttled;
use soap_axl::axl::{AxlCallError, BackOff, CallId, Effect, Queue, QueueConfig, Verdict};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const FINE: Result<(), AxlCallError> = Ok(());

fn put_off(retry_after: Option<&str>) -> Result<(), AxlCallError> {
    Err(throttled(retry_after))
}

/// Takes everything that can be sent now.
fn sent(queue: &mut Queue<&'static str>) -> Vec<(CallId, &'static str)> {
    std::iter::from_fn(|| queue.poll_transmit()).collect()
}

fn names(sent: &[(CallId, &'static str)]) -> Vec<&'static str> {
    sent.iter().map(|(_, name)| *name).collect()
}

fn queue(config: QueueConfig, calls: &[(Effect, &'static str)]) -> Queue<&'static str> {
    let mut queue = Queue::new(config);
    for (effect, call) in calls {
        queue.push(*effect, *call).expect("room for all");
    }
    queue
}

#[test]
fn as_many_are_out_as_may_and_in_their_order() {
    let reads = ["a", "b", "c", "d", "e"].map(|name| (Effect::Read, name));
    let mut queue = queue(QueueConfig::default().with_in_flight(2, 1), &reads);
    let first = sent(&mut queue);
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!((queue.in_flight(), queue.waiting()), (2, 3));
    assert_eq!(
        queue.handle_outcome(seconds(0), first[1].0, &FINE),
        Verdict::Final
    );
    assert_eq!(names(&sent(&mut queue)), ["c"]);
    // An outcome counts once.
    assert_eq!(
        queue.handle_outcome(seconds(0), first[1].0, &FINE),
        Verdict::Final
    );
    assert_eq!(sent(&mut queue), []);
}

#[test]
fn writes_go_one_by_one_and_reads_pass_them() {
    let calls = [
        (Effect::Write, "w1"),
        (Effect::Write, "w2"),
        (Effect::Read, "r1"),
    ];
    let mut queue = queue(QueueConfig::default(), &calls);
    let first = sent(&mut queue);
    assert_eq!(names(&first), ["w1", "r1"]);
    let _ = queue.handle_outcome(seconds(0), first[0].0, &FINE);
    assert_eq!(names(&sent(&mut queue)), ["w2"]);
}

#[test]
fn a_write_that_is_put_off_holds_up_all_writes_and_goes_first() {
    let calls = [
        (Effect::Write, "w1"),
        (Effect::Write, "w2"),
        (Effect::Read, "r1"),
    ];
    let config = QueueConfig::default().with_in_flight(4, 2);
    let mut queue = queue(config, &calls);
    let first = sent(&mut queue);
    assert_eq!(names(&first), ["w1", "w2", "r1"]);
    let verdict = queue.handle_outcome(seconds(10), first[1].0, &put_off(Some("7")));
    assert_eq!(verdict, Verdict::SentAgain);
    let verdict = queue.handle_outcome(seconds(10), first[0].0, &put_off(None));
    assert_eq!(verdict, Verdict::SentAgain);
    queue.push(Effect::Read, "r2").expect("room");
    assert_eq!(names(&sent(&mut queue)), ["r2"]);
    // The longer wait counts.
    assert_eq!(queue.poll_timeout(), Some(seconds(17)));
    queue.handle_timeout(seconds(16));
    assert_eq!(sent(&mut queue), []);
    queue.handle_timeout(seconds(17));
    assert_eq!(names(&sent(&mut queue)), ["w1", "w2"]);
    assert_eq!(queue.poll_timeout(), None);
}

#[test]
fn a_read_that_is_put_off_waits_alone() {
    let calls = [(Effect::Read, "r1"), (Effect::Write, "w1")];
    let mut queue = queue(QueueConfig::default().with_in_flight(1, 1), &calls);
    let first = sent(&mut queue);
    let _ = queue.handle_outcome(seconds(0), first[0].0, &put_off(None));
    assert_eq!(names(&sent(&mut queue)), ["w1"]);
    assert_eq!(queue.poll_timeout(), Some(seconds(1)));
}

#[test]
fn waits_double_and_tries_end() {
    let back_off = BackOff::default()
        .with_max_tries(4)
        .with_waits(seconds(2), seconds(5));
    let config = QueueConfig::default().with_back_off(back_off);
    let mut queue = queue(config, &[(Effect::Write, "w")]);
    let mut now = seconds(0);
    for wait in [2, 4, 5] {
        let out = sent(&mut queue);
        assert_eq!(
            queue.handle_outcome(now, out[0].0, &put_off(None)),
            Verdict::SentAgain
        );
        assert_eq!(queue.poll_timeout(), Some(now + seconds(wait)));
        now += seconds(wait);
        queue.handle_timeout(now);
    }
    let out = sent(&mut queue);
    assert_eq!(
        queue.handle_outcome(now, out[0].0, &put_off(None)),
        Verdict::Final
    );
    assert_eq!((queue.waiting(), queue.in_flight()), (0, 0));
}

#[test]
fn other_errors_are_not_tried_again() {
    let mut queue = queue(QueueConfig::default(), &[(Effect::Read, "r")]);
    let out = sent(&mut queue);
    let failed: Result<(), _> = Err(common::failed(soap_axl::axl::AxlCode::SYNTAX, "no"));
    assert_eq!(
        queue.handle_outcome(seconds(0), out[0].0, &failed),
        Verdict::Final
    );
}

#[test]
fn what_waits_is_bounded_and_can_be_given_up() {
    let mut queue = Queue::new(QueueConfig::default().with_in_flight(1, 1).with_waiting(2));
    let first = queue.push(Effect::Read, "a").expect("room");
    assert_eq!(queue.poll_transmit(), Some((first, "a")));
    let second = queue.push(Effect::Read, "b").expect("room");
    queue.push(Effect::Read, "c").expect("room");
    let full = queue.push(Effect::Read, "d").expect_err("no room");
    assert_eq!(full.waiting, 2);
    assert_eq!(queue.cancel(first), None);
    assert_eq!(queue.cancel(second), Some("b"));
    assert!(queue.push(Effect::Read, "d").is_ok());
}
