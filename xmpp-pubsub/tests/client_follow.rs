//! Nodes that are followed across connections: what is asked anew, what was missed, what came twice.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use xmpp_pubsub::client::{Address, Config, Event, Failure, Follow, Gap, Origin, PubSub};
use xmpp_pubsub::event::{Event as Happened, ItemChange};
use xmpp_pubsub::stanza::{Condition, ErrorType, Iq, Stanza, StanzaError};
use xmpp_pubsub::xml::{Limits, Scope};
use xmpp_pubsub::{Jid, NodeId, ns};

const NOW: Duration = Duration::from_secs(5);
const SERVICE: &str = "pubsub.localhost";

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

fn stanza(text: &str) -> Stanza {
    let scope = Scope::new().with("", ns::CLIENT);
    Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap()
}

fn config() -> Config {
    Config::new(jid(SERVICE), 3)
}

/// A client, and a service that the test plays.
struct Bench(PubSub);

impl Bench {
    fn new() -> Self {
        Self(PubSub::new(config()))
    }

    /// A client that follows `n` and is subscribed; the node kept `items` at that time.
    fn following(recover: u64, items: &[&str]) -> Self {
        let mut bench = Self::new();
        let how = Follow {
            recover,
            ..Follow::default()
        };
        bench.0.follow(NOW, &node("n"), how);
        bench.connect(&[]);
        bench.subscribed("n");
        if recover > 0 {
            bench.items(items);
        }
        assert_eq!(bench.told(), ["followed n"]);
        bench
    }

    fn connect(&mut self, there: &[&str]) {
        self.0.connected(NOW, &jid("a@localhost/x"));
        let entries: String = there
            .iter()
            .map(|node| {
                format!("<subscription node='{node}' jid='a@localhost' subscription='subscribed' subid='s1'/>")
            })
            .collect();
        self.answer(
            "<subscriptions/>",
            &format!("<subscriptions>{entries}</subscriptions>"),
        );
    }

    fn lose(&mut self) {
        self.0.connection_lost();
    }

    fn asked(&mut self) -> Iq {
        match self.0.poll_transmit() {
            Some(Stanza::Iq(iq)) => iq,
            other => panic!("{other:?}"),
        }
    }

    /// Takes the next request, which holds `request`, and answers it.
    fn answer(&mut self, request: &str, content: &str) {
        let asked = self.asked();
        let text = String::from_utf8(Stanza::Iq(asked.clone()).to_bytes().to_vec()).unwrap();
        assert!(text.contains(request), "{text}");
        let answer = format!(
            "<iq from='{SERVICE}' type='result' id='{}'><pubsub xmlns='{}'>{content}</pubsub></iq>",
            asked.id,
            ns::PUBSUB
        );
        assert!(self.0.handle_stanza(NOW, stanza(&answer)).is_none());
    }

    fn refuse(&mut self, error: StanzaError) {
        let asked = self.asked();
        let mut answer = asked.to_error(error);
        answer.from = Some(jid(SERVICE));
        assert!(self.0.handle_stanza(NOW, Stanza::Iq(answer)).is_none());
    }

    fn subscribed(&mut self, node: &str) {
        self.answer(
            &format!("<subscribe node=\"{node}\" jid=\"a@localhost\"/>"),
            &format!("<subscription node='{node}' jid='a@localhost' subscription='subscribed' subid='s2'/>"),
        );
    }

    fn items(&mut self, items: &[&str]) {
        let items: String = items.iter().map(|item| element(item)).collect();
        self.answer(
            "<items node=\"n\" max_items=",
            &format!("<items node='n'>{items}</items>"),
        );
    }

    fn publish(&mut self, item: &str) {
        self.event(&format!("<items node='n'>{}</items>", element(item)), "");
    }

    fn event(&mut self, content: &str, more: &str) {
        let message = format!(
            "<message from='{SERVICE}' to='a@localhost'><event xmlns='{}'>{content}</event>{more}</message>",
            ns::PUBSUB_EVENT
        );
        assert!(self.0.handle_stanza(NOW, stanza(&message)).is_none());
    }

    /// What the application was told, a line each.
    fn told(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.poll_event())
            .map(|event| line(&event))
            .collect()
    }
}

/// `name=payload`, or the name alone.
fn element(item: &str) -> String {
    match item.split_once('=') {
        Some((id, payload)) => format!("<item id='{id}'><p xmlns='urn:p'>{payload}</p></item>"),
        None => format!("<item id='{item}'/>"),
    }
}

fn line(event: &Event) -> String {
    if let Event::Followed { node, .. } = event {
        format!("followed {node}")
    } else if let Event::FollowEnded { node, failure } = event {
        let why = failure.as_ref().map(|failure| format!(": {failure}"));
        format!("ended {node}{}", why.unwrap_or_default())
    } else if let Event::PossibleGap { node, reason } = event {
        if let Gap::Failed(failure) = reason {
            format!("gap {node}: {failure}")
        } else {
            format!("gap {node}: {reason:?}")
        }
    } else if let Event::Left { remaining } = event {
        format!("left {remaining}")
    } else if let Event::Notification(notification) = event {
        let origin = match notification.origin {
            Origin::Live => "live",
            Origin::Recovered => "recovered",
        };
        format!("{origin} {}", words(&notification.event))
    } else {
        format!("{event:?}")
    }
}

/// The names of items, with a minus where they were retracted, or the kind of another event.
fn words(event: &Happened) -> String {
    let Happened::Items { changes, .. } = event else {
        let text = format!("{event:?}");
        return text.split([' ', '(']).next().unwrap().to_owned();
    };
    let changes: Vec<_> = changes
        .iter()
        .map(|change| match change {
            ItemChange::Published(item) => item.id.as_ref().unwrap().to_string(),
            ItemChange::Retracted(id) => format!("-{id}"),
        })
        .collect();
    changes.join(" ")
}

#[test]
fn a_node_is_followed_as_soon_as_there_is_a_session() {
    let mut bench = Bench::new();
    bench.0.follow(NOW, &node("n"), Follow::default());
    assert_eq!(bench.0.poll_transmit(), None, "no session yet");
    bench.connect(&[]);
    bench.subscribed("n");
    bench.items(&["a=1"]);
    bench.publish("b=1");
    assert_eq!(
        bench.told(),
        ["followed n", "live b"],
        "what was there before is not told"
    );
    // Another one while there is a session.
    bench.0.follow(
        NOW,
        &node("m"),
        Follow {
            recover: 0,
            ..Follow::default()
        },
    );
    bench.subscribed("m");
    assert_eq!(bench.told(), ["followed m"]);
    assert_eq!(
        bench
            .0
            .followed()
            .map(|(node, _)| node.as_str())
            .collect::<Vec<_>>(),
        ["m", "n"]
    );
    assert_eq!(bench.0.open_requests(), 0);
}

#[test]
fn what_was_missed_is_told_and_what_came_twice_is_not() {
    let mut bench = Bench::following(10, &["a=1"]);
    bench.publish("b=1");
    bench.publish("c=1");
    bench.lose();
    bench.told();
    bench.connect(&[]);
    bench.subscribed("n");
    // While the items are on their way: one that the list has too, and one that it has not.
    bench.publish("e=1");
    bench.publish("f=1");
    assert_eq!(bench.told(), ["followed n"], "events wait");
    bench.items(&["a=1", "b=2", "c=1", "d=1", "e=1"]);
    assert_eq!(
        bench.told(),
        ["recovered b d e", "live f"],
        "b was published anew, c is known, e came twice"
    );
    bench.publish("f=1");
    assert_eq!(
        bench.told(),
        ["live f"],
        "published again with the same content: an event like any other"
    );
}

#[test]
fn a_subscription_that_is_still_there_is_not_made_again() {
    let mut bench = Bench::following(10, &[]);
    bench.lose();
    bench.connect(&["n"]);
    bench.items(&[]);
    assert_eq!(bench.told(), ["followed n"]);
    assert_eq!(bench.0.poll_transmit(), None);
    // Its subid is used for its end.
    assert!(bench.0.unfollow(NOW, &node("n"), Address::Bare).is_some());
    bench.answer(
        "<unsubscribe node=\"n\" jid=\"a@localhost\" subid=\"s1\"/>",
        "",
    );
    assert!(bench.0.unfollow(NOW, &node("n"), Address::Bare).is_none());
    assert_eq!(bench.0.followed().count(), 0);
}

#[test]
fn what_cannot_be_known_is_a_possible_gap() {
    // All that is kept is new, and there may be more between.
    let mut bench = Bench::following(2, &["a=1", "b=1"]);
    bench.lose();
    bench.connect(&["n"]);
    bench.items(&["y=1", "z=1"]);
    assert_eq!(
        bench.told(),
        ["followed n", "gap n: TooMany", "recovered y z"]
    );
    // Some are known: nothing is between.
    bench.lose();
    bench.connect(&["n"]);
    bench.items(&["z=1", "zz=1"]);
    assert_eq!(bench.told(), ["followed n", "recovered zz"]);
    // The node keeps nothing any more.
    bench.lose();
    bench.connect(&["n"]);
    bench.items(&[]);
    assert_eq!(bench.told(), ["followed n", "gap n: NotKept"]);
    // The items cannot be had.
    bench.lose();
    bench.connect(&["n"]);
    bench.refuse(StanzaError::unsupported("persistent-items"));
    assert_eq!(
        bench.told(),
        [
            "followed n",
            "gap n: refused: feature-not-implemented (cancel), unsupported persistent-items"
        ]
    );
    // Nothing was ever there, and nothing is: no gap that anybody could tell.
    let mut bench = Bench::following(10, &[]);
    bench.lose();
    bench.connect(&["n"]);
    bench.items(&["a=1"]);
    assert_eq!(
        bench.told(),
        ["followed n", "recovered a"],
        "all that there ever was"
    );
    // A node of which it is known that it keeps nothing.
    let mut bench = Bench::following(0, &[]);
    bench.publish("a=1");
    bench.lose();
    bench.connect(&["n"]);
    assert_eq!(bench.told(), ["live a", "followed n", "gap n: NotKept"]);
    assert_eq!(bench.0.poll_transmit(), None, "no items are asked for");
}

#[test]
fn the_last_item_that_comes_with_a_subscription_is_known() {
    let mut bench = Bench::following(0, &[]);
    bench.publish("a=1");
    bench.lose();
    bench.connect(&[]);
    bench.subscribed("n");
    bench.told();
    let last = |item: &str| format!("<items node='n'>{}</items>", element(item));
    let delay = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>";
    bench.event(&last("a=1"), delay);
    assert_eq!(bench.told(), [""; 0], "told before");
    bench.event(&last("b=1"), delay);
    assert_eq!(bench.told(), ["live b"], "published meanwhile");
    bench.event(
        &format!("{}{}", "<items node='n'><retract id='b'/>", "</items>"),
        "",
    );
    bench.event(&last("b=1"), delay);
    assert_eq!(
        bench.told(),
        ["live -b", "live b"],
        "a retracted item is known no more"
    );
}

#[test]
fn a_full_address_is_that_of_each_session() {
    let mut bench = Bench::new();
    let how = Follow {
        address: Address::Full,
        recover: 0,
        ..Follow::default()
    };
    bench.0.follow(NOW, &node("n"), how);
    for resource in ["x", "y"] {
        bench
            .0
            .connected(NOW, &jid(&format!("a@localhost/{resource}")));
        bench.answer("<subscriptions/>", "<subscriptions/>");
        // Without words about the subscription it is what was asked for.
        bench.answer(
            &format!("<subscribe node=\"n\" jid=\"a@localhost/{resource}\"/>"),
            "",
        );
        bench.lose();
    }
    assert_eq!(bench.told(), ["followed n", "followed n", "gap n: NotKept"]);
}

#[test]
fn a_service_that_lists_no_subscriptions_is_asked_all_the_same() {
    let mut bench = Bench::new();
    bench.0.follow(
        NOW,
        &node("n"),
        Follow {
            recover: 0,
            ..Follow::default()
        },
    );
    bench.0.connected(NOW, &jid("a@localhost/x"));
    bench.refuse(StanzaError::unsupported("retrieve-subscriptions"));
    bench.subscribed("n");
    assert_eq!(bench.told(), ["followed n"]);
}

#[test]
fn a_refusal_ends_it_and_silence_does_not() {
    let mut bench = Bench::new();
    bench.0.follow(NOW, &node("n"), Follow::default());
    bench.connect(&[]);
    assert!(bench.0.poll_transmit().is_some());
    bench.0.handle_timeout(NOW + Duration::from_secs(30));
    assert_eq!(bench.told(), [""; 0]);
    bench.refuse(StanzaError::new(ErrorType::Auth, Condition::FORBIDDEN));
    assert_eq!(bench.told(), ["ended n: refused: forbidden (auth)"]);
    assert_eq!(bench.0.followed().count(), 0);
}

#[test]
fn a_subscription_that_waits_for_approval() {
    let mut bench = Bench::new();
    bench.0.follow(NOW, &node("n"), Follow::default());
    bench.connect(&[]);
    bench.answer(
        "<subscribe ",
        "<subscription node='n' jid='a@localhost' subscription='pending'/>",
    );
    assert_eq!(bench.told(), ["followed n"]);
    assert_eq!(bench.0.poll_transmit(), None);
    let state =
        |state: &str| format!("<subscription node='n' jid='a@localhost' subscription='{state}'/>");
    bench.event(&state("subscribed"), "");
    bench.items(&["a=1"]);
    assert_eq!(bench.told(), ["live Subscription", "followed n"]);
    bench.event(&state("none"), "");
    assert_eq!(bench.told(), ["live Subscription", "ended n"]);
    assert_eq!(bench.0.followed().count(), 0);
}

#[test]
fn a_node_that_is_deleted_is_followed_no_more() {
    let mut bench = Bench::following(10, &["a=1"]);
    bench.lose();
    bench.connect(&["n"]);
    bench.publish("b=1");
    bench.event("<delete node='n'/>", "");
    assert_eq!(
        bench.told(),
        ["followed n", "live b", "live Delete", "ended n"]
    );
    bench.items(&["a=1", "b=1"]);
    assert_eq!(bench.told(), [""; 0], "nobody waits for them");
}

#[test]
fn explicit_subscriptions_end_before_the_application_does() {
    let mut bench = Bench::following(0, &[]);
    bench.0.follow(
        NOW,
        &node("m"),
        Follow {
            recover: 0,
            ..Follow::default()
        },
    );
    bench.subscribed("m");
    bench.told();
    bench.0.leave(NOW);
    bench.answer(
        "<unsubscribe node=\"m\" jid=\"a@localhost\" subid=\"s2\"/>",
        "",
    );
    assert_eq!(bench.told(), [""; 0]);
    bench.refuse(StanzaError::new(
        ErrorType::Cancel,
        Condition::UNEXPECTED_REQUEST,
    ));
    assert_eq!(bench.told(), ["left 1"], "one is left behind");
    bench.connect_again();
    // The connection breaks meanwhile, or is gone already.
    let mut bench = Bench::following(0, &[]);
    bench.0.leave(NOW);
    bench.lose();
    assert_eq!(bench.told(), ["left 1"]);
    let mut bench = Bench::following(0, &[]);
    bench.lose();
    bench.0.leave(NOW);
    assert_eq!(bench.told(), ["left 1"]);
    let mut bench = Bench::new();
    bench.0.leave(NOW);
    assert_eq!(bench.told(), ["left 0"]);
}

impl Bench {
    fn connect_again(&mut self) {
        self.lose();
        self.0.connected(NOW, &jid("a@localhost/x"));
        assert_eq!(self.0.poll_transmit(), None, "nothing is followed any more");
    }
}

#[test]
fn so_many_are_made_at_a_time() {
    let mut config = config();
    config.follow_window = 3;
    let mut bench = Bench(PubSub::new(config));
    for n in 0..10 {
        bench.0.follow(
            NOW,
            &node(&format!("n{n}")),
            Follow {
                recover: 0,
                ..Follow::default()
            },
        );
    }
    bench.connect(&["n7"]);
    for n in (0..10).filter(|n| *n != 7) {
        assert!(bench.0.open_requests() <= 3);
        bench.subscribed(&format!("n{n}"));
    }
    assert_eq!(bench.told().len(), 10);
    assert_eq!((bench.0.open_requests(), bench.0.poll_timeout()), (0, None));
}

#[test]
fn what_is_held_back_has_a_bound() {
    let mut config = config();
    config.max_held = 2;
    let mut bench = Bench(PubSub::new(config));
    bench.0.follow(NOW, &node("n"), Follow::default());
    bench.connect(&[]);
    bench.subscribed("n");
    for item in ["a=1", "b=1", "c=1"] {
        bench.publish(item);
    }
    assert_eq!(bench.told(), ["followed n", "live c"]);
    // The connection breaks: what was held back is told.
    bench.lose();
    assert_eq!(bench.told(), ["live a", "live b"]);
}

#[test]
fn what_is_not_followed_passes_as_it_is() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.publish("a=1");
    }
    assert_eq!(bench.told(), ["live a", "live a"]);
    let request = bench.0.subscriptions(NOW, None);
    bench.lose();
    let Some(Event::Failed {
        request: failed,
        failure,
    }) = bench.0.poll_event()
    else {
        panic!()
    };
    assert_eq!((failed, failure), (request, Failure::ConnectionLost));
}
