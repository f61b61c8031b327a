//! Requests of a publish-subscribe client that take several answers, or none: pages, deadlines, bounds, forged answers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;
#[path = "common/examples.rs"]
mod examples;

use std::time::Duration;

use canonical::stream_scope;
use xmpp_pubsub::client::{Config, Event, Failure, Outcome, PubSub};
use xmpp_pubsub::stanza::{Condition, Stanza};
use xmpp_pubsub::xml::Limits;
use xmpp_pubsub::{Jid, NodeId};

const NOW: Duration = Duration::from_secs(5);

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

fn node() -> NodeId {
    NodeId::new("princely_musings").unwrap()
}

fn client() -> PubSub {
    PubSub::new(Config::new(jid("pubsub.shakespeare.lit"), 3))
}

fn stanza(text: &str) -> Stanza {
    Stanza::decode(text.as_bytes(), &stream_scope(), &Limits::default()).unwrap()
}

/// The example of that number.
fn example(name: &str) -> Stanza {
    let folder = examples::folder().unwrap();
    stanza(&std::fs::read_to_string(folder.join(format!("{name}.xml"))).unwrap())
}

/// The example's answer to the request that was sent last.
fn answered(client: &mut PubSub, answer: Stanza) -> Event {
    let Some(Stanza::Iq(asked)) = client.poll_transmit() else {
        panic!()
    };
    let Stanza::Iq(mut answer) = answer else {
        panic!()
    };
    answer.id = asked.id;
    answer.from = Some(jid("pubsub.shakespeare.lit"));
    assert!(client.handle_stanza(NOW, Stanza::Iq(answer)).is_none());
    client.poll_event().unwrap()
}

/// A page of items `from..to`, of `count` in all.
fn page(from: usize, to: usize, count: Option<usize>) -> Stanza {
    let items: String = (from..to).map(|n| format!("<item id='i{n}'/>")).collect();
    let set = match to.checked_sub(1).filter(|_| to > from) {
        Some(last) => format!("<first>i{from}</first><last>i{last}</last>"),
        None => String::new(),
    };
    let count = count.map_or(String::new(), |count| format!("<count>{count}</count>"));
    stanza(&format!(
        "<iq type='result' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
         <items node='princely_musings'>{items}</items>\
         <set xmlns='http://jabber.org/protocol/rsm'>{set}{count}</set></pubsub></iq>"
    ))
}

/// Fetches with `pages` as answers: the items, and what each request said.
fn pages(page: u64, most: usize, pages: Vec<Stanza>) -> (usize, Vec<String>) {
    let mut client = client();
    let request = client.all_items(NOW, &node(), page, most);
    let mut asked = Vec::new();
    for answer in pages {
        let Some(Stanza::Iq(iq)) = client.poll_transmit() else {
            panic!("{asked:?}")
        };
        asked.push(String::from_utf8(Stanza::Iq(iq.clone()).to_bytes().to_vec()).unwrap());
        let Stanza::Iq(mut answer) = answer else {
            panic!()
        };
        answer.id = iq.id;
        answer.from = iq.to;
        assert!(client.handle_stanza(NOW, Stanza::Iq(answer)).is_none());
    }
    assert_eq!(
        (client.poll_transmit(), client.open_requests()),
        (None, 0),
        "nothing more is asked"
    );
    match client.poll_event() {
        Some(Event::Done {
            request: done,
            outcome: Outcome::Items(items),
        }) if done == request => (items.len(), asked),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rs_04_pages_are_one_request() {
    if examples::folder().is_none() {
        return;
    }
    let (items, asked) = pages(
        2,
        100,
        vec![
            page(0, 2, Some(5)),
            page(2, 4, Some(5)),
            page(4, 5, Some(5)),
        ],
    );
    assert_eq!(items, 5);
    let set = |inner: &str| format!("<set xmlns=\"http://jabber.org/protocol/rsm\">{inner}</set>");
    assert!(asked[0].contains(&set("<max>2</max>")), "{}", asked[0]);
    assert!(
        asked[1].contains(&set("<max>2</max><after>i1</after>")),
        "{}",
        asked[1]
    );
    assert!(
        asked[2].contains(&set("<max>2</max><after>i3</after>")),
        "{}",
        asked[2]
    );
    // Without a count: an empty page is the last.
    assert_eq!(pages(2, 100, vec![page(0, 2, None), page(2, 2, None)]).0, 2);
    // No more than asked for.
    assert_eq!(pages(2, 3, vec![page(0, 2, None), page(2, 4, None)]).0, 3);
    // A service that pages not, one that says the same for ever, and a node that has nothing.
    assert_eq!(pages(2, 100, vec![example("ex-075")]).0, 4);
    assert_eq!(pages(2, 100, vec![page(0, 2, None), page(0, 2, None)]).0, 4);
    assert_eq!(
        pages(2, 100, vec![stanza("<iq type='result' id='1'/>")]).0,
        0
    );
}

#[test]
fn a_page_that_fails_fails_the_request() {
    if examples::folder().is_none() {
        return;
    }
    let mut client = client();
    let asked = client.all_items(NOW, &node(), 2, 100);
    let mut first = page(0, 2, None);
    let Some(Stanza::Iq(iq)) = client.poll_transmit() else {
        panic!()
    };
    if let Stanza::Iq(answer) = &mut first {
        answer.id = iq.id;
        answer.from = iq.to;
    }
    let later = NOW + Duration::from_secs(20);
    client.handle_stanza(later, first);
    assert_eq!(
        client.poll_timeout(),
        Some(later + Duration::from_secs(30)),
        "its own time"
    );
    let event = answered(&mut client, example("ex-041"));
    let Event::Failed {
        request,
        failure: Failure::Refused(error),
    } = event
    else {
        panic!("{event:?}")
    };
    assert_eq!(
        (request, error.condition),
        (asked, Condition::ITEM_NOT_FOUND)
    );
}

#[test]
fn each_request_has_a_deadline() {
    let mut client = client();
    let first = client.items(NOW, &node(), None);
    let second = client.items(NOW, &node(), None);
    assert!(client.set_deadline(second, NOW + Duration::from_secs(1)));
    assert_eq!(client.poll_timeout(), Some(NOW + Duration::from_secs(1)));
    client.handle_timeout(NOW + Duration::from_secs(1));
    let Some(Event::Failed {
        request,
        failure: Failure::Timeout,
    }) = client.poll_event()
    else {
        panic!()
    };
    assert_eq!(request, second);
    assert!(!client.set_deadline(second, NOW), "it is over");
    assert_eq!(client.poll_timeout(), Some(NOW + Duration::from_secs(30)));
    client.handle_timeout(NOW + Duration::from_secs(30));
    assert!(matches!(client.poll_event(), Some(Event::Failed { request, .. }) if request == first));
    assert_eq!((client.poll_timeout(), client.open_requests()), (None, 0));
}

#[test]
fn what_waits_has_a_bound() {
    let mut config = Config::new(jid("pubsub.shakespeare.lit"), 3);
    config.max_open = 2;
    let mut client = PubSub::new(config);
    client.items(NOW, &node(), None);
    client.items(NOW, &node(), None);
    let third = client.items(NOW, &node(), None);
    let Some(Event::Failed { request, failure }) = client.poll_event() else {
        panic!()
    };
    assert_eq!((request, failure), (third, Failure::TooManyOpen));
    assert_eq!(client.open_requests(), 2);
}

#[test]
fn an_answer_is_matched_by_id_and_sender() {
    let mut client = client();
    client.items(NOW, &node(), None);
    let Some(Stanza::Iq(asked)) = client.poll_transmit() else {
        panic!()
    };
    let answer = |from: Option<&str>| {
        let mut answer = asked.to_result(None);
        answer.from = from.map(jid);
        Stanza::Iq(answer)
    };
    for other in [
        None,
        Some("evil@denmark.lit"),
        Some("pubsub.shakespeare.lit/x"),
        Some("shakespeare.lit"),
    ] {
        assert!(
            client.handle_stanza(NOW, answer(other)).is_some(),
            "XC-SZ-04: {other:?}"
        );
    }
    // A request of the service with that id is no answer.
    let mut request = asked.clone();
    request.from = Some(jid("pubsub.shakespeare.lit"));
    assert!(
        client.handle_stanza(NOW, Stanza::Iq(request)).is_some(),
        "XC-SZ-04"
    );
    assert_eq!(client.open_requests(), 1, "XC-SZ-04");
    assert!(
        client
            .handle_stanza(NOW, answer(Some("pubsub.shakespeare.lit")))
            .is_none(),
        "XC-SZ-04"
    );
    // The own account as service (XEP-0163): the server may leave itself out.
    let mut own = PubSub::new(Config::new(jid("hamlet@denmark.lit"), 3));
    own.connected(NOW, &jid("hamlet@denmark.lit/elsinore"));
    own.items(NOW, &node(), None);
    let Some(Stanza::Iq(asked)) = own.poll_transmit() else {
        panic!()
    };
    let mut answer = asked.to_result(None);
    answer.from = None;
    assert!(
        own.handle_stanza(NOW, Stanza::Iq(answer)).is_none(),
        "XC-SZ-04"
    );
}
