//! The core with its clocks, for the tasks of this process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::sync::{Notify, mpsc};

use super::core::{Config, Core, EngineRequest, Moment, Notification, Output, Token, UtcMillis};
use crate::{
    driver::{Clock, sleep_until},
    shutdown::Shutdown,
};

/// The web service of this node. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Node {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    core: Mutex<Core>,
    clock: Clock,
    /// To the session with the engine, while there is one.
    engine: Mutex<Option<mpsc::UnboundedSender<(Token, EngineRequest)>>>,
    outbox: Mutex<Outbox>,
    /// The deadline may have changed.
    rearm: Notify,
    /// The outbox has something.
    filled: Notify,
}

/// Notifications that wait for the notification service.
#[derive(Debug, Default)]
struct Outbox {
    waiting: VecDeque<Notification>,
    /// More came than fit: some of what waited was thrown away.
    overflowed: bool,
}

impl Outbox {
    /// Takes one more. Where it does not fit, state makes room: it is published again anyway. What is said
    /// once goes only when it fills more than half, the oldest first.
    fn push(&mut self, notification: Notification) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.retain(|notification| !notification.is_state);
            let excess = self.waiting.len().saturating_sub(MAX_WAITING / 2);
            self.waiting.drain(..excess);
            self.overflowed = true;
        }
        self.waiting.push_back(notification);
    }
}

/// What the outbox had.
#[derive(Debug)]
pub(super) enum Next {
    /// The oldest notification.
    Notification(Notification),
    /// Some were thrown away: only the last state of everything makes up for that.
    Lost,
}

impl Node {
    /// A node without an engine.
    pub(super) fn new(config: Config) -> Self {
        let clock = Clock::start();
        let core = Core::new(moment(&clock), config);
        Self {
            shared: Arc::new(Shared {
                core: Mutex::new(core),
                clock,
                engine: Mutex::default(),
                outbox: Mutex::default(),
                rearm: Notify::new(),
                filled: Notify::new(),
            }),
        }
    }

    /// The clock of this node.
    pub(super) fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Looks something up.
    pub(super) fn read<R>(&self, look: impl FnOnce(&Core, Moment) -> R) -> R {
        look(&lock(&self.shared.core), moment(&self.shared.clock))
    }

    /// Lets something happen, and hands on what comes of it. The lock is held until that is handed on, so
    /// that requests and notifications leave in the order of their causes.
    pub(super) fn change<R>(&self, happen: impl FnOnce(&mut Core, Moment) -> R) -> R {
        let mut core = lock(&self.shared.core);
        let before = core.poll_timeout();
        let result = happen(&mut core, moment(&self.shared.clock));
        while let Some(output) = core.poll_output() {
            match output {
                Output::Engine { token, request } => self.send(token, request),
                Output::Publish(notification) => self.publish(notification),
            }
        }
        if core.poll_timeout() != before {
            self.shared.rearm.notify_one();
        }
        result
    }

    /// What is asked of the engine from now on.
    ///
    /// The channel has no bound of its own: the core asks for one thing at a time for each object, and
    /// the writer of the session gives up on a peer that does not read.
    pub(super) fn attach_engine(&self) -> mpsc::UnboundedReceiver<(Token, EngineRequest)> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *lock(&self.shared.engine) = Some(sender);
        receiver
    }

    /// The next notification to publish. Dropping the future loses nothing.
    pub(super) async fn next_notification(&self) -> Next {
        loop {
            {
                let mut outbox = lock(&self.shared.outbox);
                if std::mem::take(&mut outbox.overflowed) {
                    return Next::Lost;
                }
                if let Some(notification) = outbox.waiting.pop_front() {
                    return Next::Notification(notification);
                }
            }
            self.shared.filled.notified().await;
        }
    }

    /// The last state of everything is on its way anyway: nobody need be told that some was lost.
    pub(super) fn forgive_loss(&self) {
        lock(&self.shared.outbox).overflowed = false;
    }

    /// Puts notifications back whose publication was not confirmed, oldest first.
    pub(super) fn put_back(&self, unconfirmed: impl DoubleEndedIterator<Item = Notification>) {
        let mut outbox = lock(&self.shared.outbox);
        for notification in unconfirmed.rev() {
            outbox.waiting.push_front(notification);
        }
    }

    /// Lets time pass for the core until the end is asked for.
    pub(super) async fn keep_time(&self, shutdown: Shutdown) {
        loop {
            let timeout = lock(&self.shared.core).poll_timeout();
            let timeout = timeout.map(|time| self.shared.clock.instant(time));
            tokio::select! {
                () = shutdown.requested() => return,
                () = self.shared.rearm.notified() => {}
                () = sleep_until(timeout) => self.change(Core::handle_timeout),
            }
        }
    }

    fn send(&self, token: Token, request: EngineRequest) {
        if let Some(engine) = &*lock(&self.shared.engine) {
            // A session that has just ended: the core hears of that next and answers the request.
            let _ = engine.send((token, request));
        }
    }

    fn publish(&self, notification: Notification) {
        lock(&self.shared.outbox).push(notification);
        self.shared.filled.notify_one();
    }
}

fn moment(clock: &Clock) -> Moment {
    let utc = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let utc = UtcMillis(u64::try_from(utc.as_millis()).unwrap_or(u64::MAX));
    Moment {
        monotonic: clock.now(),
        utc,
    }
}

/// What is behind the locks of a node is whole between calls; a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notifications that wait for the notification service, some 1 KiB each. The last state of everything
/// must fit into half of it: two for each user.
const MAX_WAITING: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(item: u64) -> Notification {
        Notification {
            node: "/n".into(),
            item,
            update: String::new(),
            is_state: true,
        }
    }

    #[tokio::test]
    async fn notifications_wait_in_order_and_unconfirmed_ones_go_first() {
        let node = Node::new(Config::default());
        node.publish(notification(3));
        node.put_back([notification(1), notification(2)].into_iter());
        for item in 1..=3 {
            let Next::Notification(next) = node.next_notification().await else {
                panic!("nothing was lost");
            };
            assert_eq!(next.item, item);
        }
    }

    #[tokio::test]
    async fn an_outbox_that_overflows_says_so_once() {
        let node = Node::new(Config::default());
        for item in 0..=u64::try_from(MAX_WAITING).unwrap() {
            node.publish(notification(item));
        }
        assert!(matches!(node.next_notification().await, Next::Lost));
        assert!(matches!(
            node.next_notification().await,
            Next::Notification(_)
        ));
    }

    #[test]
    fn state_makes_room_for_what_is_said_once() {
        let mut outbox = Outbox::default();
        let answer = |item| Notification {
            is_state: false,
            ..notification(item)
        };
        outbox.push(answer(1));
        for item in 2..=100_000 {
            outbox.push(notification(item));
        }
        outbox.push(answer(100_001));
        let items: Vec<u64> = outbox.waiting.iter().map(|next| next.item).collect();
        assert!(outbox.overflowed && items.len() <= MAX_WAITING);
        assert_eq!((items.first(), items.last()), (Some(&1), Some(&100_001)));
        assert!(items.is_sorted());
    }

    #[test]
    fn an_outbox_of_answers_has_a_bound_too() {
        let mut outbox = Outbox::default();
        for item in 1..=100_000 {
            outbox.push(Notification {
                is_state: false,
                ..notification(item)
            });
            assert!(outbox.waiting.len() <= MAX_WAITING);
        }
        let last = outbox.waiting.back().map(|next| next.item);
        assert_eq!(last, Some(100_000), "the newest stay");
    }
}
