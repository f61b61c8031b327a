//! The session with the notification service: notifications go out, presence of users comes in.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use xmpp_pubsub::{
    ItemId, Jid, JidError, NodeId, Stanza,
    client::{Config as PubSubConfig, Event as PubSubEvent, Failure, PubSub, RequestId},
    notification,
    pubsub::Item,
    sasl::Password,
    session::{Client, ClientConfig, ClientEvent, CloseReason, Error},
    stanza::Presence,
    stream::Form,
};

use super::{
    connect::connect,
    core::{Core, Notification},
    node::{Next, Node},
};
use crate::{
    driver::{Driver, Machine},
    settings::Settings,
    shutdown::Shutdown,
};

/// Where and as whom to publish.
#[derive(Clone, Debug)]
pub(super) struct Account {
    address: SocketAddr,
    jid: Jid,
    service: Jid,
    secret: Password,
}

impl Account {
    /// The user `finesse` of these settings.
    ///
    /// # Errors
    ///
    /// The domain is none.
    pub(super) fn new(settings: &Settings, secret: &str) -> Result<Self, JidError> {
        let domain = &settings.xmpp_domain;
        Ok(Self {
            address: settings.notification.xmpp,
            jid: Jid::new(&format!("{USER}@{domain}/{USER}"))?,
            service: Jid::new(&settings.pubsub_domain())?,
            secret: Password::new(secret),
        })
    }
}

/// Publishes what the node has, until the end is asked for.
pub(super) async fn run(node: Node, account: Account, shutdown: Shutdown) {
    let mut pause = FIRST_PAUSE;
    while !shutdown.is_requested() {
        let was_online = session(&node, &account, &shutdown).await;
        if was_online {
            node.change(|core, _| core.publisher_lost());
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = shutdown.requested() => {}
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// One session, from the connection to its end. Returns whether it ever was online.
async fn session(node: &Node, account: &Account, shutdown: &Shutdown) -> bool {
    let stream = match connect(account.address, shutdown).await {
        Some(Ok(stream)) => stream,
        Some(Err(error)) => {
            tracing::debug!(address = %account.address, %error, "no notification service");
            return false;
        }
        None => return false,
    };
    let link = match Link::new(account) {
        Ok(link) => link,
        Err(error) => {
            tracing::error!(%error, "no random number for a session");
            return false;
        }
    };
    let mut driver = Driver::new(link, stream, node.clock(), MAX_OUTPUT);
    let now = driver.now();
    if let Err(error) = driver.machine.session.open(now) {
        tracing::error!(%error, "the session cannot be opened");
        return false;
    }

    let mut online = false;
    // By request, and so in the order of publication.
    let mut unconfirmed: BTreeMap<RequestId, Notification> = BTreeMap::new();
    loop {
        let has_room = online && unconfirmed.len() < WINDOW;
        tokio::select! {
            biased;
            () = shutdown.requested() => {
                driver.machine.session.close();
                driver.flush().await;
                break;
            }
            event = driver.next() => match event {
                Ok(LinkEvent::Online) => {
                    tracing::info!(address = %account.address, "publishing");
                    online = true;
                    node.forgive_loss();
                    node.change(Core::publisher_ready);
                }
                Ok(LinkEvent::Presence(presence)) => on_presence(node, account, &presence),
                Ok(LinkEvent::Published(request)) => {
                    unconfirmed.remove(&request);
                }
                Ok(LinkEvent::NotPublished(request, Failure::Refused(error))) => {
                    let node = unconfirmed.remove(&request).map(|notification| notification.node);
                    tracing::warn!(?node, %error, "a notification was refused");
                }
                // Whether it was published is not known; the session has lost its worth.
                Ok(LinkEvent::NotPublished(_, failure)) => {
                    tracing::warn!(%failure, "a notification was not confirmed");
                    break;
                }
                Ok(LinkEvent::Closed(reason)) => {
                    tracing::warn!(%reason, "the notification service ended the session");
                    driver.flush().await;
                    break;
                }
                Err(ended) => {
                    tracing::debug!(?ended, "the session with the notification service ended");
                    break;
                }
            },
            next = node.next_notification(), if has_room => match next {
                Next::Notification(notification) => {
                    let now = driver.now();
                    if let Some(request) = driver.machine.publish(now, &notification) {
                        unconfirmed.insert(request, notification);
                    }
                }
                Next::Lost => {
                    tracing::warn!("more notifications than the service takes: some are left out");
                    node.change(Core::publisher_ready);
                }
            },
        }
    }
    node.put_back(unconfirmed.into_values());
    online
}

fn on_presence(node: &Node, account: &Account, presence: &Presence) {
    let Some(from) = &presence.from else { return };
    let (Some(user), Some(resource)) = (from.local(), from.resource()) else {
        return;
    };
    if from.domain() != account.jid.domain() || user == USER {
        return;
    }
    if presence.is_reachable() {
        node.change(|core, _| core.user_available(user, resource));
    } else {
        node.change(|core, now| core.user_unavailable(now, user, resource));
    }
}

/// An XMPP session with the requests to the pubsub service on it.
#[derive(Debug)]
struct Link {
    session: Client,
    pubsub: PubSub,
    events: VecDeque<LinkEvent>,
}

#[derive(Debug)]
enum LinkEvent {
    Online,
    Presence(Presence),
    Published(RequestId),
    NotPublished(RequestId, Failure),
    Closed(CloseReason),
}

impl Link {
    fn new(account: &Account) -> Result<Self, getrandom::Error> {
        let config = ClientConfig::new(
            account.jid.clone(),
            account.secret.clone(),
            getrandom::u64()?,
        );
        Ok(Self {
            session: Client::new(config, Form::Tcp),
            pubsub: PubSub::new(PubSubConfig::new(
                account.service.clone(),
                getrandom::u64()?,
            )),
            events: VecDeque::new(),
        })
    }

    /// Publishes; `None` where the node or item has a name that XMPP cannot carry.
    fn publish(&mut self, now: Duration, notification: &Notification) -> Option<RequestId> {
        let node = NodeId::new(&notification.node).ok()?;
        let id = ItemId::new(&notification.item.to_string()).ok()?;
        let item = Item::new(notification::wrap(&notification.update)).with_id(id);
        let request = self.pubsub.publish(now, &node, item);
        self.pump(now);
        Some(request)
    }

    /// Hands stanzas and events between the session and the requests.
    fn pump(&mut self, now: Duration) {
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::Online { .. } => self.events.push_back(LinkEvent::Online),
                ClientEvent::Stanza(stanza) => {
                    if let Some(Stanza::Presence(presence)) = self.pubsub.handle_stanza(now, stanza)
                    {
                        self.events.push_back(LinkEvent::Presence(presence));
                    }
                }
                ClientEvent::Closed { reason } => self.events.push_back(LinkEvent::Closed(reason)),
                // Neither comes: TLS, if any, is below already, and restarts are BOSH's.
                ClientEvent::StartTls | ClientEvent::Restart | _ => {}
            }
        }
        while let Some(event) = self.pubsub.poll_event() {
            match event {
                PubSubEvent::Done { request, .. } => {
                    self.events.push_back(LinkEvent::Published(request));
                }
                PubSubEvent::Failed { request, failure } => {
                    self.events
                        .push_back(LinkEvent::NotPublished(request, failure));
                }
                // The publisher subscribes to nothing, and decides about no subscription.
                PubSubEvent::Notification(_)
                | PubSubEvent::Approval(_)
                | PubSubEvent::Followed { .. }
                | PubSubEvent::FollowEnded { .. }
                | PubSubEvent::PossibleGap { .. }
                | PubSubEvent::Left { .. }
                | _ => {}
            }
        }
        while let Some(stanza) = self.pubsub.poll_transmit() {
            // Only a session that is over takes none; its end is told by an event.
            let _ = self.session.send(&stanza);
        }
    }
}

impl Machine for Link {
    type Event = LinkEvent;
    type Error = Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        let result = self.session.handle_input(now, input);
        self.pump(now);
        result
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        self.session.handle_timeout(now);
        self.pubsub.handle_timeout(now);
        self.pump(now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        self.session.poll_transmit()
    }

    fn poll_event(&mut self) -> Option<LinkEvent> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        let session = self.session.poll_timeout();
        session.into_iter().chain(self.pubsub.poll_timeout()).min()
    }
}

/// Name of the web service as an XMPP user; only it may publish.
const USER: &str = "finesse";

/// Name of the file in the data folder that holds its secret.
pub(super) const SECRET_FILE: &str = "finesse.secret";

/// Publications that wait for their confirmation.
const WINDOW: usize = 256;

/// Bytes that wait for a notification service that does not read.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// Pause after a session that ended; grows while there is none.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
