//! Changes of the configuration, followed in a time that only the test moves.

mod common;

use std::time::Duration;

use common::{answer, axl_head, failed, serve, text, throttled};
use soap_axl::{
    ResponseHead,
    axl::{
        AxlCode, Change, ChangeAction, ChangeFollower, Changes, Client, ClientConfig, Dynamic,
        FollowConfig, FollowEvent, ListChange, ListChangeReply, QueueInfo, Request, ResyncReason,
        StartChangeId, Version,
    },
    xml::Element,
};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The answer of a server that remembers `first..=last` and tells of `told`.
fn reply(queue: &str, first: i64, last: i64, next: i64, told: &[i64]) -> ListChangeReply {
    let change = |id: &i64| Change {
        kind: Some("Phone".to_owned()),
        id: (*id).into(),
        action: ChangeAction::UPDATE.into(),
        ..Change::default()
    };
    ListChangeReply {
        queue_info: QueueInfo {
            first_change_id: first.into(),
            last_change_id: last.into(),
            next_start_change_id: next.into(),
            queue_id: queue.into(),
            other: Vec::new(),
        }
        .into(),
        changes: Changes {
            changes: told.iter().map(change).collect(),
            other: Vec::new(),
        }
        .into(),
        other: Vec::new(),
    }
}

fn start(id: i64, queue: &str) -> StartChangeId {
    StartChangeId {
        id,
        queue_id: queue.to_owned(),
    }
}

fn follower() -> ChangeFollower {
    ChangeFollower::new(FollowConfig::default().with_interval(seconds(60)))
}

/// Where the next question begins.
fn asked(follower: &mut ChangeFollower) -> Option<StartChangeId> {
    follower
        .poll_transmit()
        .expect("a question")
        .start_change_id
}

fn events(follower: &mut ChangeFollower) -> Vec<FollowEvent> {
    std::iter::from_fn(|| follower.poll_event()).collect()
}

fn ids(event: &FollowEvent) -> Vec<i64> {
    let FollowEvent::Changes(changes) = event else {
        panic!("{event:?}");
    };
    let ids = changes.iter().map(|change| change.id.value().copied());
    ids.map(|id| id.expect("a number")).collect()
}

/// A follower that has had its first answer: queue `q`, next 10.
fn started() -> ChangeFollower {
    let mut follower = follower();
    assert_eq!(asked(&mut follower), None);
    follower.handle_answer(seconds(0), Ok(reply("q", 1, 9, 10, &[7, 8, 9])));
    assert_eq!(
        events(&mut follower),
        [FollowEvent::Resync(ResyncReason::Start)]
    );
    assert_eq!(follower.poll_timeout(), Some(seconds(60)));
    follower.handle_timeout(seconds(60));
    follower
}

#[test]
fn the_first_answer_tells_where_to_begin_and_changes_follow() {
    let mut follower = started();
    assert_eq!(asked(&mut follower), Some(start(10, "q")));
    assert_eq!(follower.poll_transmit(), None);
    follower.handle_answer(seconds(60), Ok(reply("q", 1, 11, 12, &[10, 11])));
    let told = events(&mut follower);
    assert_eq!(told.len(), 1);
    assert_eq!(ids(&told[0]), [10, 11]);
    assert_eq!(follower.position(), Some(&start(12, "q")));
    // Nothing new is nothing to tell.
    follower.handle_timeout(seconds(120));
    assert_eq!(asked(&mut follower), Some(start(12, "q")));
    follower.handle_answer(seconds(120), Ok(reply("q", 1, 11, 12, &[])));
    assert_eq!(events(&mut follower), []);
    // Early is harmless.
    follower.handle_timeout(seconds(179));
    assert_eq!(follower.poll_transmit(), None);
}

#[test]
fn more_than_one_answer_holds_is_asked_for_at_once() {
    let mut follower = started();
    let _ = asked(&mut follower);
    follower.handle_answer(seconds(60), Ok(reply("q", 1, 30, 20, &[10, 19])));
    assert_eq!(follower.poll_timeout(), None);
    assert_eq!(asked(&mut follower), Some(start(20, "q")));
    // A server that does not get on is not asked without end.
    follower.handle_answer(seconds(60), Ok(reply("q", 1, 30, 20, &[])));
    assert_eq!(follower.poll_timeout(), Some(seconds(120)));
}

#[test]
fn a_new_queue_means_that_everything_is_fetched_anew() {
    let mut follower = started();
    let _ = asked(&mut follower);
    follower.handle_answer(seconds(60), Ok(reply("other", 1, 2, 3, &[1, 2])));
    assert_eq!(
        events(&mut follower),
        [FollowEvent::Resync(ResyncReason::NewQueue)]
    );
    follower.handle_timeout(seconds(120));
    assert_eq!(asked(&mut follower), Some(start(3, "other")));
}

#[test]
fn changes_that_the_server_has_forgotten_are_not_taken_for_none() {
    let mut follower = started();
    let _ = asked(&mut follower);
    follower.handle_answer(seconds(60), Ok(reply("q", 500, 600, 601, &[500, 600])));
    assert_eq!(
        events(&mut follower),
        [FollowEvent::Resync(ResyncReason::Forgotten)]
    );
}

#[test]
fn failures_are_told_and_waited_out() {
    let mut follower = started();
    let mut now = seconds(60);
    for wait in [1, 2, 4] {
        assert_eq!(asked(&mut follower), Some(start(10, "q")));
        follower.handle_answer(now, Err(throttled(None)));
        assert!(matches!(
            events(&mut follower)[..],
            [FollowEvent::Failed(_)]
        ));
        now += seconds(wait);
        assert_eq!(follower.poll_timeout(), Some(now));
        follower.handle_timeout(now);
    }
    let _ = asked(&mut follower);
    follower.handle_answer(now, Ok(reply("q", 1, 10, 11, &[10])));
    assert_eq!(ids(&events(&mut follower)[0]), [10]);
}

#[test]
fn a_position_that_the_server_refuses_is_given_up() {
    let mut follower = started();
    let _ = asked(&mut follower);
    let refused = failed(AxlCode::GENERAL, "queue is unknown");
    follower.handle_answer(seconds(60), Err(refused));
    follower.handle_timeout(seconds(61));
    assert_eq!(asked(&mut follower), None);
}

#[test]
fn a_follower_goes_on_where_another_stopped() {
    let mut follower = follower().resume(start(10, "q"));
    assert_eq!(asked(&mut follower), Some(start(10, "q")));
    follower.handle_answer(seconds(0), Ok(reply("q", 1, 10, 11, &[10])));
    assert_eq!(ids(&events(&mut follower)[0]), [10]);
    // Late answers count for nothing.
    follower.handle_answer(seconds(0), Ok(reply("q", 1, 10, 11, &[10])));
    assert_eq!(events(&mut follower), []);
}

#[test]
fn the_question_and_its_answer_look_as_in_the_schema() {
    let config = FollowConfig::default().with_objects(["Phone", "User"]);
    let mut follower = ChangeFollower::new(config).resume(start(10, "a&b"));
    let question = follower.poll_transmit().expect("a question");
    let call = Client::new(ClientConfig::new(Version::V14_0)).call(&question);
    let body = std::str::from_utf8(&call.request.body).expect("UTF-8");
    assert!(
        body.contains(
            "<startChangeId queueId=\"a&amp;b\">10</startChangeId>\
             <objectList><object>Phone</object><object>User</object></objectList></ns:listChange>"
        ),
        "{body}"
    );
    let received = serve(axl_head(""), body).expect("a request");
    assert_eq!(received.request(), &Request::ListChange(question));

    let told = reply("q", 1, 10, 11, &[10]);
    let response = received.answer_inside(&told);
    assert!(
        text(&response).contains(
            "<queueInfo><firstChangeId>1</firstChangeId><lastChangeId>10</lastChangeId>\
             <nextStartChangeId>11</nextStartChangeId><queueId>q</queueId></queueInfo>\
             <changes><change type=\"Phone\"><id>10</id><action>u</action></change></changes>\
             </ns:listChangeResponse>"
        ),
        "{}",
        text(&response)
    );
    let nothing = ListChange {
        start_change_id: None,
        objects: None,
        other: Vec::new(),
    };
    let read = answer(&nothing, 200, "text/xml", text(&response));
    assert_eq!(read, Ok(told));

    // As trees as well, by name and passed on.
    let client = Client::new(ClientConfig::new(Version::V14_0));
    for call in [
        client.call_dynamic(&Dynamic::new("listChange")),
        client.call_request(&Request::ListChange(nothing)),
    ] {
        let head = ResponseHead::new(200).header("Content-Type", b"text/xml");
        let mut reply = call.pending.receive(head).expect("a head");
        reply.handle_body(&response.body).expect("a short body");
        let answer = reply.finish().expect("an answer without return");
        let names: Vec<_> = answer.children.iter().map(Element::local).collect();
        assert_eq!(names, ["queueInfo", "changes"]);
        assert_eq!(answer.returned(), None);
    }
}
