//! The publish-subscribe service: notifications to many subscribers beside a bare loop and xmpp-parsers, which encodes the
//! same event, and a million subscriptions, one after the other.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use benches::{
    Comparison, Measured, is_chosen, is_test,
    subscribers::{Subscribers, requests},
};
use bytes::{Bytes, BytesMut};
use wire_xml::{Element, Limits, Profile};
use xmpp_pubsub::{Jid, Outgoing, stream::Form};

fn main() {
    notifications();
    subscriptions();
}

/// Each candidate makes as many notifications, however many subscribers share them.
fn notifications() {
    let mut of_10 = Subscribers::of(10);
    let mut of_1_000 = Subscribers::of(1_000);
    let mut of_10_000 = Subscribers::of(NOTIFICATIONS);
    let mut written = Subscribers::of(NOTIFICATIONS);
    let mut out = BytesMut::new();

    let mut sample = Vec::with_capacity(10);
    of_10.publish(|notification| sample.push(notification));
    let (address, bytes) = (to(&sample[0]), Bytes::from(sample[0].to_bytes()));
    let peer = xmpp_parsers_message(&bytes);
    let addresses = vec![address; NOTIFICATIONS];
    let mut queue = VecDeque::with_capacity(NOTIFICATIONS);

    let title = format!("pubsub_service: a notification of {} bytes", bytes.len());
    let measured = Comparison::new(title)
        .units(NOTIFICATIONS as u32, "notification")
        .candidate("bare loop: bytes and address into a queue", || {
            for address in &addresses {
                queue.push_back((bytes.clone(), address.clone()));
            }
            let mut sum = 0;
            while let Some((bytes, address)) = queue.pop_front() {
                sum += bytes.len() + address.as_str().len();
            }
            sum
        })
        .candidate("Service, to 10 subscribers", || publish(&mut of_10, 10))
        .candidate("Service, to 1,000", || publish(&mut of_1_000, 1_000))
        .candidate("Service, to 10,000", || {
            publish(&mut of_10_000, NOTIFICATIONS)
        })
        .candidate("Service, to 10,000, and each written", || {
            written.publish(|notification| {
                out.clear();
                notification.encode(Form::WebSocket, &mut out);
            })
        })
        .candidate("xmpp-parsers, each written", || {
            let mut sum = 0;
            for _ in 0..NOTIFICATIONS {
                sum += xso::to_vec(&peer).expect("a message").len();
            }
            sum
        })
        .run();
    print_goals(&measured);
}

fn publish(subscribers: &mut Subscribers, count: usize) -> usize {
    let mut sum = 0;
    for _ in 0..NOTIFICATIONS / count {
        subscribers.publish(|notification| {
            sum += notification.recipient().map_or(0, |to| to.as_str().len());
        });
    }
    sum
}

fn to(notification: &Outgoing) -> Jid {
    notification.recipient().expect("an addressee").clone()
}

fn xmpp_parsers_message(bytes: &[u8]) -> xmpp_parsers::message::Message {
    let message = xso::from_bytes(bytes).expect("the sample is a message");
    let written = xso::to_vec(&message).expect("a message");
    let read = |bytes: &[u8]| Element::parse(bytes, Profile::Xmpp, &Limits::default());
    assert_eq!(read(&written), read(bytes), "the peer writes the same");
    message
}

fn print_goals(measured: &[Measured]) {
    let [_, to_10, _, to_10_000, _, peer] = measured else {
        return;
    };
    let times = |one: &Measured, other: &Measured| {
        let time = one.time.as_secs_f64() / other.time.as_secs_f64();
        let counts = one.instructions.zip(other.instructions);
        let instructions = counts.map(|(one, other)| one.count / other.count);
        let instructions =
            instructions.map_or_else(String::new, |ratio| format!(", {ratio:.2} in instructions"));
        format!("{time:.2}{instructions}")
    };
    println!(
        "  xmpp-parsers, times one to 10,000: {}; goal at least 50",
        times(peer, to_10_000)
    );
    println!(
        "  one to 10,000, times one to 10: {}; goal at most 1.5\n",
        times(to_10_000, to_10)
    );
}

/// What a subscription takes, while there are more and more.
fn subscriptions() {
    let count = if is_test() { 20_000 } else { 1_000_000 };
    let title = format!("pubsub_service: {count} subscriptions");
    if !is_chosen(&title) {
        return;
    }
    let mut subscribers = Subscribers::none();
    let piece = count / SLICES / PIECES;
    let slices: Vec<f64> = (0..SLICES)
        .map(|slice| {
            let mut times: Vec<Duration> = (0..PIECES)
                .map(|part| {
                    let first = (slice * PIECES + part) * piece;
                    let requests = requests(first..first + piece);
                    let start = Instant::now();
                    subscribers.subscribe(&requests);
                    start.elapsed()
                })
                .collect();
            times.sort_unstable();
            times[PIECES / 2].as_secs_f64() * 1e9 / piece as f64
        })
        .collect();
    assert_eq!(subscribers.counted(), count);
    println!("{title}, ns each in ten slices");
    let printed: Vec<String> = slices.iter().map(|each| format!("{each:.0}")).collect();
    let slope = slices[SLICES - 1] / slices[0];
    println!("  {}; last/first {slope:.2}\n", printed.join(" "));
    if is_test() {
        assert!(
            slope < MOST_SLOPE,
            "the last take {slope:.2} times what the first took"
        );
    }
}

/// In one run of a candidate.
const NOTIFICATIONS: usize = 10_000;
const SLICES: usize = 10;
/// Of a slice; its median counts.
const PIECES: usize = 20;
/// Where each subscription cost as many steps as there are others, it would be 19.
const MOST_SLOPE: f64 = 4.0;
