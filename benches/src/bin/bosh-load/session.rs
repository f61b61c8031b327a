//! One session: a task that logs in and then does what it is ordered.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io,
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use bosh::{
    Payload, Rid,
    session::{Client, ClientConfig, ClientEvent, ClientTransmit, Profile},
    stream::ClientStream,
};
use bytes::Bytes;
use futures_core::Stream as _;
use tokio::{sync::mpsc, time::sleep_until};
use xmpp_pubsub::{
    Jid,
    sasl::Password,
    session::{self as xmpp_session, Security},
    stream::Form,
};

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
    Online { number: usize, jid: Jid },
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
    let reason = match Session::new(number, common.clone()) {
        Ok(mut session) => converse(&mut session, &mut orders).await,
        Err(error) => error.to_string(),
    };
    // Nobody hears it once the commands have ended.
    let _ = common.reports.send(Report::Closed { number, reason });
}

/// Why it is over.
async fn converse(session: &mut Session, orders: &mut mpsc::UnboundedReceiver<Order>) -> String {
    let common = Rc::clone(&session.common);
    let origin = common.origin;
    let first = Rid::new((random() >> 12) + 1).unwrap_or(Rid::MAX);
    let config = ClientConfig::new(common.domain.as_str(), first)
        .with_profile(common.profile)
        .with_wait(WAIT, 1);
    let connections = Rc::new(Connections::new(common.target.clone()));
    let mut stream = pin!(ClientStream::new(
        Client::new(config),
        move |request: ClientTransmit| {
            let connections = Rc::clone(&connections);
            async move { connections.post(request.body).await }
        },
        move || origin.elapsed(),
    ));
    let mut done = session.open(stream.client_mut());
    loop {
        if let Err(error) = done {
            return error.to_string();
        }
        let times = [stream.poll_timeout(), session.xmpp.poll_timeout()];
        let due = times.into_iter().flatten().min().unwrap_or(IDLE);
        done = tokio::select! {
            event = poll_fn(|cx| stream.as_mut().poll_next(cx)) => match event {
                Some(ClientEvent::Payload(payload)) => session.on_payload(stream.client_mut(), &payload),
                Some(ClientEvent::Closed { reason, .. }) => return format!("{reason:?}"),
                Some(_) => Ok(()),
                None => return "ended".to_owned(),
            },
            Some(order) = orders.recv() => session.on_order(stream.client_mut(), order),
            () = sleep_until((origin + due).into()) => {
                stream.handle_timeout(origin.elapsed());
                session.xmpp.handle_timeout(origin.elapsed());
                session.follow(stream.client_mut())
            }
        };
    }
}

struct Session {
    number: usize,
    common: Rc<Common>,
    /// Logs in. Messages pass it by afterwards: what is measured is the server.
    xmpp: xmpp_session::Client,
    /// The full address, once there is one.
    jid: Option<Jid>,
    /// Of the last message to itself, and when that was sent.
    sequence: u64,
    sent_at: Duration,
    under_way: bool,
    /// Messages that it may still write.
    left: u32,
}

impl Session {
    fn new(number: usize, common: Rc<Common>) -> io::Result<Self> {
        let user = format!("agent{number}");
        let jid = Jid::from_parts(Some(&user), &common.domain, Some("load"));
        let jid = jid.map_err(io::Error::other)?;
        let password = Password::new(&format!("secret-{number}"));
        // The server is on this machine.
        let config = xmpp_session::ClientConfig::new(jid, password, random())
            .with_security(Security::Protected)
            .with_initial_presence(None)
            .with_ping(None, Duration::ZERO);
        Ok(Self {
            number,
            common,
            xmpp: xmpp_session::Client::new(config, Form::Bosh),
            jid: None,
            sequence: 0,
            sent_at: Duration::ZERO,
            under_way: false,
            left: 0,
        })
    }

    fn open(&mut self, client: &mut Client) -> io::Result<()> {
        let now = self.common.origin.elapsed();
        client.open(now).map_err(io::Error::other)?;
        self.xmpp.open(now).map_err(io::Error::other)?;
        self.follow(client)
    }

    fn on_order(&mut self, client: &mut Client, order: Order) -> io::Result<()> {
        match order {
            Order::Exchange(count) => {
                self.left = count;
                self.write(client)
            }
            Order::Rest => {
                self.left = 0;
                Ok(())
            }
            // It says farewell, and is polled until it is over.
            Order::End => {
                let now = self.common.origin.elapsed();
                client.terminate(now, &[]).map_err(io::Error::other)
            }
        }
    }

    /// Writes to itself, unless that was all.
    fn write(&mut self, client: &mut Client) -> io::Result<()> {
        let Some(jid) = self.jid.as_ref().filter(|_| self.left > 0) else {
            self.report(Report::Done {
                number: self.number,
            });
            return Ok(());
        };
        let now = self.common.origin.elapsed();
        self.left -= 1;
        self.sequence += 1;
        self.sent_at = now;
        self.under_way = true;
        let sequence = self.sequence;
        let message = format!(
            "<message xmlns='jabber:client' to='{jid}' type='chat'><body>own-{sequence};{TEXT}</body></message>"
        );
        client.send(now, message.into()).map_err(io::Error::other)
    }

    fn on_payload(&mut self, client: &mut Client, payload: &Payload) -> io::Result<()> {
        if self.jid.is_some() && payload.name().local() == "message" {
            return self.on_message(client, payload.bytes());
        }
        let now = self.common.origin.elapsed();
        let (bytes, scope) = (payload.bytes().clone(), payload.scope().clone());
        let handled = self.xmpp.handle_payload(now, bytes, scope);
        handled.map_err(io::Error::other)?;
        self.follow(client)
    }

    fn on_message(&mut self, client: &mut Client, message: &Bytes) -> io::Result<()> {
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

    /// Hands the session below what the stream says, and takes its address.
    fn follow(&mut self, client: &mut Client) -> io::Result<()> {
        let now = self.common.origin.elapsed();
        while let Some(element) = self.xmpp.poll_transmit() {
            client.send(now, element).map_err(io::Error::other)?;
        }
        while let Some(event) = self.xmpp.poll_event() {
            match event {
                xmpp_session::ClientEvent::Restart => {
                    client.restart(now).map_err(io::Error::other)?;
                }
                xmpp_session::ClientEvent::Online { jid } => {
                    self.jid = Some(jid.clone());
                    self.report(Report::Online {
                        number: self.number,
                        jid,
                    });
                }
                xmpp_session::ClientEvent::Closed { reason } => {
                    eprintln!("agent{}: {reason}", self.number);
                    client.terminate(now, &[]).map_err(io::Error::other)?;
                }
                xmpp_session::ClientEvent::StartTls | xmpp_session::ClientEvent::Stanza(_) | _ => {}
            }
        }
        Ok(())
    }

    fn report(&self, report: Report) {
        // Nobody hears it once the commands have ended.
        let _ = self.common.reports.send(report);
    }
}

/// Nothing here is secret: it is only to be another one in each session.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
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
