//! One session: a task that logs in and then does what it is ordered.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use bosh::{
    Rid,
    session::{Client, ClientConfig, ClientEvent, Error, Profile},
    stream::ClientStream,
    xml::{Element, Limits},
};
use bytes::Bytes;
use futures_core::Stream as _;
use tokio::{sync::mpsc, time::sleep_until};
use wire_xml::text::encode_base64;

use super::http::{Connections, Target};

/// What all sessions have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) target: Target,
    pub(super) profile: &'static Profile,
    pub(super) domain: String,
    /// What clocks count from.
    pub(super) origin: Instant,
    pub(super) reports: mpsc::UnboundedSender<Report>,
    /// How long exchanged messages took, in microseconds.
    pub(super) exchanged: RefCell<Vec<u64>>,
    /// How long pushed messages took, in microseconds.
    pub(super) pushed: RefCell<Vec<u64>>,
    /// Messages that came back as errors.
    pub(super) bounced: Cell<u64>,
}

/// What a session is to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Writes to itself and waits until it is back, so many times.
    Exchange(u32),
    /// Ends that with the message that is under way.
    Rest,
    /// Ends.
    End,
}

/// What a session tells.
#[derive(Debug)]
pub(super) enum Report {
    /// It has its address.
    Online { number: usize, jid: String },
    /// It did what was ordered.
    Done { number: usize },
    /// It is over.
    Closed { number: usize, reason: String },
}

/// Logs in as `agentN` and goes on until it is told to end or the server ends it.
pub(super) async fn run(
    number: usize,
    common: Rc<Common>,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let seed = RandomState::new().build_hasher().finish();
    let first = Rid::new((seed >> 12) + 1).unwrap_or(Rid::MAX);
    let config = ClientConfig::new(common.domain.as_str(), first)
        .with_profile(common.profile)
        .with_wait(WAIT, 1);
    let connections = Rc::new(Connections::new(common.target.clone()));
    let origin = common.origin;
    let stream = ClientStream::new(
        Client::new(config),
        move |request: bosh::session::ClientTransmit| {
            let connections = connections.clone();
            async move { connections.post(request.body).await }
        },
        move || origin.elapsed(),
    );
    let mut stream = pin!(stream);
    let mut session = Session {
        number,
        common: common.clone(),
        step: Step::Mechanisms,
        jid: String::new(),
        sequence: 0,
        sent_at: Duration::ZERO,
        under_way: false,
        left: 0,
    };
    let mut reason = "ended".to_owned();
    let now = origin.elapsed();
    let mut failed = stream.client_mut().open(now).err();
    while failed.is_none() {
        let due = stream.poll_timeout().unwrap_or(IDLE);
        let event = tokio::select! {
            event = poll_fn(|cx| stream.as_mut().poll_next(cx)) => event,
            Some(order) = orders.recv() => {
                if matches!(order, Order::End) {
                    // It says farewell, and is polled until it is over.
                    failed = stream.client_mut().terminate(origin.elapsed(), &[]).err();
                } else {
                    failed = session.on_order(stream.client_mut(), order).err();
                }
                continue;
            }
            () = sleep_until((origin + due).into()) => {
                stream.handle_timeout(origin.elapsed());
                continue;
            }
        };
        match event {
            Some(ClientEvent::Payload(payload)) => {
                let client = stream.client_mut();
                failed = if payload.name().local() == "message" {
                    session.on_message(client, payload.bytes()).err()
                } else {
                    match payload.to_element(&Limits::default()) {
                        Ok(element) => session.on_element(client, &element).err(),
                        Err(_) => continue,
                    }
                };
            }
            Some(ClientEvent::Closed { reason: why, .. }) => reason = format!("{why:?}"),
            Some(_) => {}
            None => break,
        }
    }
    if let Some(error) = failed {
        reason = error.to_string();
    }
    // Nobody hears it once the commands have ended.
    let _ = common.reports.send(Report::Closed { number, reason });
}

struct Session {
    number: usize,
    common: Rc<Common>,
    step: Step,
    jid: String,
    /// Of the last message to itself, and when that was sent.
    sequence: u64,
    sent_at: Duration,
    under_way: bool,
    /// Messages that it may still write.
    left: u32,
}

/// What is expected next of the server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Mechanisms,
    Success,
    Bind,
    Address,
    Online,
}

impl Session {
    fn on_order(&mut self, client: &mut Client, order: Order) -> Result<(), Error> {
        match order {
            Order::Exchange(count) => {
                self.left = count;
                self.write(client)
            }
            Order::Rest => {
                self.left = 0;
                Ok(())
            }
            Order::End => Ok(()),
        }
    }

    /// Writes to itself, unless that was all.
    fn write(&mut self, client: &mut Client) -> Result<(), Error> {
        if self.left == 0 {
            self.report(Report::Done {
                number: self.number,
            });
            return Ok(());
        }
        let now = self.common.origin.elapsed();
        self.left -= 1;
        self.sequence += 1;
        self.sent_at = now;
        self.under_way = true;
        let (jid, sequence) = (&self.jid, self.sequence);
        let message = format!(
            "<message xmlns='jabber:client' to='{jid}' type='chat'><body>own-{sequence};{TEXT}</body></message>"
        );
        client.send(now, message.into())
    }

    fn on_message(&mut self, client: &mut Client, message: &Bytes) -> Result<(), Error> {
        let now = self.common.origin.elapsed();
        if let Some(sent) = number_after(message, "push-") {
            let took = micros(now).saturating_sub(sent);
            self.common.pushed.borrow_mut().push(took);
        } else if let Some(sequence) = number_after(message, "own-") {
            let text = String::from_utf8_lossy(message);
            if text.contains("type='error'") || text.contains("type=\"error\"") {
                self.common.bounced.set(self.common.bounced.get() + 1);
            }
            if sequence == self.sequence && self.under_way {
                self.under_way = false;
                let took = micros(now - self.sent_at);
                self.common.exchanged.borrow_mut().push(took);
                // At once, so that it takes the place of an empty request.
                return self.write(client);
            }
        }
        Ok(())
    }

    fn on_element(&mut self, client: &mut Client, element: &Element) -> Result<(), Error> {
        let now = self.common.origin.elapsed();
        match self.step {
            Step::Mechanisms if element.is(STREAM, "features") => {
                let secret = encode_base64(format!("\0agent{0}\0secret-{0}", self.number));
                let auth = Element::new(SASL, "auth")
                    .with_attr("mechanism", "PLAIN")
                    .with_text(secret);
                self.step = Step::Success;
                client.send(now, auth.to_bytes())
            }
            Step::Success if element.is(SASL, "success") => {
                self.step = Step::Bind;
                client.restart(now)
            }
            Step::Success if element.is(SASL, "failure") => {
                eprintln!("agent{}: {element:?}", self.number);
                client.terminate(now, &[])
            }
            Step::Bind if element.is(STREAM, "features") => {
                let resource = Element::new(BIND, "resource").with_text("load");
                let bind = Element::new(BIND, "bind").with_child(resource);
                let iq = Element::new(CLIENT, "iq")
                    .with_attr("type", "set")
                    .with_attr("id", "bind")
                    .with_child(bind);
                self.step = Step::Address;
                client.send(now, iq.to_bytes())
            }
            Step::Address if element.attr("id") == Some("bind") => {
                let bound = element.child(BIND, "bind");
                let Some(jid) = bound.and_then(|bind| bind.child(BIND, "jid")) else {
                    eprintln!("agent{}: {element:?}", self.number);
                    return client.terminate(now, &[]);
                };
                self.jid = jid.text().into();
                self.step = Step::Online;
                self.report(Report::Online {
                    number: self.number,
                    jid: self.jid.clone(),
                });
                Ok(())
            }
            Step::Mechanisms | Step::Success | Step::Bind | Step::Address | Step::Online => Ok(()),
        }
    }

    fn report(&self, report: Report) {
        // Nobody hears it once the commands have ended.
        let _ = self.common.reports.send(report);
    }
}

/// A time as messages carry it.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The decimal number behind a mark.
fn number_after(text: &[u8], mark: &str) -> Option<u64> {
    let at = text
        .windows(mark.len())
        .position(|part| part == mark.as_bytes())?;
    let digits = text[at + mark.len()..].split(|byte| *byte == b';').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// What every server here agrees to: none has less as its most.
const WAIT: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(3600);
/// A sentence or two, as people write them.
const TEXT: &str = "The caller asks whether the replacement has left the warehouse, and wants to be called back \
    before five o'clock this afternoon under the number that is in the record of the first call.";

const CLIENT: &str = "jabber:client";
const STREAM: &str = "http://etherx.jabber.org/streams";
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_whatever_the_server_wrote_around_it() {
        let message = b"<message to=\"a@b/load\"><body>own-17;The caller</body></message>";
        assert_eq!(number_after(message, "own-"), Some(17));
        assert_eq!(number_after(message, "push-"), None);
        assert_eq!(number_after(b"<body>push-</body>", "push-"), None);
        assert_eq!(number_after(b"push-12", "push-"), Some(12));
    }
}
