//! Requests on their way to the engine: one at a time for each object, each answered once.
//!
//! ```text
//! submit -> waiting -> sent -+-> claimed by an event -> confirmed --+-> done, next is sent
//!                            +-> confirmed -> claimed, or grace over +
//!                            +-> refused, or no answer in time ------+
//! ```
//!
//! The engine may confirm before or after the event that the request causes. A request is *answered*
//! when a notification carried its id, and *done* when it is answered and confirmed.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use super::engine::{AskedState, CallAction, CallId, EngineRequest, Token};

/// What a request is about. Requests for the same object wait for one another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Object {
    /// State of a user.
    User(String),
    /// A user's list of dialogs: a new call.
    Dialogs(String),
    /// One dialog.
    Dialog(CallId),
}

/// A request that was accepted with 202.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Request {
    /// `requestId` header, empty when none was given.
    pub(super) id: String,
    /// Whose node the answer is published on.
    pub(super) user: String,
    /// What is asked of the engine.
    pub(super) asks: EngineRequest,
}

impl Request {
    /// Whether nobody asked for it: the sign-out of a user whose desktop is gone.
    pub(super) fn is_forced(&self) -> bool {
        matches!(self.asks, EngineRequest::SetAgentState { forced: true, .. })
    }

    /// The state that is asked for.
    pub(super) fn asked_state(&self) -> Option<AskedState> {
        match &self.asks {
            EngineRequest::SetAgentState { state, .. } => Some(*state),
            EngineRequest::MakeCall { .. }
            | EngineRequest::Control { .. }
            | EngineRequest::SetCallData { .. } => None,
        }
    }

    /// The line and the action, where an own connection is controlled.
    pub(super) fn control(&self) -> Option<(&str, CallAction)> {
        match &self.asks {
            EngineRequest::Control { device, action, .. } => Some((device, *action)),
            EngineRequest::SetAgentState { .. }
            | EngineRequest::MakeCall { .. }
            | EngineRequest::SetCallData { .. } => None,
        }
    }
}

/// Why a request ends without an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expiry {
    /// Confirmed, but no event came: nothing changed.
    NothingChanged,
    /// The engine did not answer.
    NoAnswer,
}

/// The queue of an object is full.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct QueueFull;

/// All requests on their way.
#[derive(Debug)]
pub(super) struct Requests {
    queues: BTreeMap<Object, Queue>,
    sent: BTreeMap<Token, Object>,
    next: u32,
    limits: Limits,
}

/// Bounds of the queues.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Requests for one object, sent or waiting.
    pub(super) queue: usize,
    /// How long the engine may take to confirm.
    pub(super) confirmation: Duration,
    /// How long an event may come after the confirmation.
    pub(super) grace: Duration,
}

#[derive(Debug, Default)]
struct Queue {
    head: Option<Head>,
    waiting: VecDeque<Request>,
}

#[derive(Debug)]
struct Head {
    token: Token,
    request: Request,
    answered: bool,
    confirmed: bool,
    deadline: Duration,
}

impl Requests {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            queues: BTreeMap::new(),
            sent: BTreeMap::new(),
            next: 1,
            limits,
        }
    }

    /// Queues a request. It is sent by [`next`](Self::next).
    pub(super) fn submit(&mut self, object: Object, request: Request) -> Result<(), QueueFull> {
        let queue = self.queues.entry(object).or_default();
        if queue.waiting.len() + usize::from(queue.head.is_some()) >= self.limits.queue {
            return Err(QueueFull);
        }
        queue.waiting.push_back(request);
        Ok(())
    }

    /// The request for this object that can be sent now.
    pub(super) fn next(
        &mut self,
        now: Duration,
        object: &Object,
    ) -> Option<(Token, EngineRequest)> {
        let queue = self.queues.get_mut(object)?;
        if queue.head.is_some() {
            return None;
        }
        let Some(request) = queue.waiting.pop_front() else {
            self.queues.remove(object);
            return None;
        };
        let token = Token(self.next);
        // 0xFFFF_FFFF stands for "none" in GED-188, 0 is kept for unsolicited messages.
        self.next = if self.next >= u32::MAX - 1 {
            1
        } else {
            self.next + 1
        };
        let asks = request.asks.clone();
        queue.head = Some(Head {
            token,
            request,
            answered: false,
            confirmed: false,
            deadline: now + self.limits.confirmation,
        });
        self.sent.insert(token, object.clone());
        Some((token, asks))
    }

    /// The id of the request that an event answers, if the one under way matches.
    pub(super) fn claim(
        &mut self,
        object: &Object,
        matches: impl FnOnce(&Request) -> bool,
    ) -> Option<String> {
        let head = self.queues.get_mut(object)?.head.as_mut()?;
        if head.answered || !matches(&head.request) {
            return None;
        }
        head.answered = true;
        let id = head.request.id.clone();
        if head.confirmed {
            self.finish(object);
        }
        Some(id)
    }

    /// The engine confirmed. Returns the request if no notification carried its id yet; `None` for a
    /// request that is no longer known.
    pub(super) fn confirm(
        &mut self,
        now: Duration,
        token: Token,
    ) -> Option<(Object, Option<Request>)> {
        let object = self.sent.get(&token)?.clone();
        let head = self.queues.get_mut(&object)?.head.as_mut()?;
        head.confirmed = true;
        head.deadline = now + self.limits.grace;
        let unanswered = (!head.answered).then(|| head.request.clone());
        if unanswered.is_none() {
            self.finish(&object);
        }
        Some((object, unanswered))
    }

    /// The engine refused. Returns the request unless an event answered it already.
    pub(super) fn refuse(&mut self, token: Token) -> Option<(Object, Option<Request>)> {
        let object = self.sent.get(&token)?.clone();
        let head = self.finish(&object)?;
        Some((
            object,
            Some(head)
                .filter(|head| !head.answered)
                .map(|head| head.request),
        ))
    }

    /// Requests whose time is over; each is done with.
    pub(super) fn expire(&mut self, now: Duration) -> Vec<(Object, Option<Request>, Expiry)> {
        let due = self
            .queues
            .iter()
            .filter(|(_, queue)| queue.head.as_ref().is_some_and(|head| head.deadline <= now));
        let due: Vec<Object> = due.map(|(object, _)| object.clone()).collect();
        let finish = |object: Object| {
            let head = self.finish(&object)?;
            let expiry = if head.confirmed {
                Expiry::NothingChanged
            } else {
                Expiry::NoAnswer
            };
            let request = Some(head)
                .filter(|head| !head.answered)
                .map(|head| head.request);
            Some((object, request, expiry))
        };
        due.into_iter().filter_map(finish).collect()
    }

    /// Takes back forced requests for this object that are not sent yet.
    pub(super) fn withdraw_forced(&mut self, object: &Object) {
        if let Some(queue) = self.queues.get_mut(object) {
            queue.waiting.retain(|request| !request.is_forced());
        }
    }

    /// Takes every unanswered request for an object that is gone; the one under way first.
    pub(super) fn take_object(&mut self, object: &Object) -> Vec<Request> {
        let Some(queue) = self.queues.remove(object) else {
            return Vec::new();
        };
        if let Some(head) = &queue.head {
            self.sent.remove(&head.token);
        }
        let head = queue
            .head
            .filter(|head| !head.answered)
            .map(|head| head.request);
        head.into_iter().chain(queue.waiting).collect()
    }

    /// Takes every unanswered request.
    pub(super) fn take_all(&mut self) -> Vec<(Object, Request)> {
        let objects: Vec<Object> = self.queues.keys().cloned().collect();
        let take = |object: Object| {
            let requests = self.take_object(&object);
            requests
                .into_iter()
                .map(move |request| (object.clone(), request))
        };
        objects.into_iter().flat_map(take).collect()
    }

    /// When [`expire`](Self::expire) is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.queues
            .values()
            .filter_map(|queue| Some(queue.head.as_ref()?.deadline))
            .min()
    }

    fn finish(&mut self, object: &Object) -> Option<Head> {
        let head = self.queues.get_mut(object)?.head.take()?;
        self.sent.remove(&head.token);
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        queue: 3,
        confirmation: Duration::from_secs(10),
        grace: Duration::from_millis(500),
    };

    fn user() -> Object {
        Object::User("1001".into())
    }

    fn request(id: &str) -> Request {
        Request {
            id: id.into(),
            user: "1001".into(),
            asks: EngineRequest::MakeCall {
                from: "1001".into(),
                to: id.into(),
            },
        }
    }

    fn sent(requests: &mut Requests) -> Token {
        requests.next(Duration::ZERO, &user()).unwrap().0
    }

    #[test]
    fn the_next_request_waits_for_the_confirmation_of_the_last() {
        let mut requests = Requests::new(LIMITS);
        requests.submit(user(), request("a")).unwrap();
        requests.submit(user(), request("b")).unwrap();
        let token = sent(&mut requests);
        assert_eq!(requests.next(Duration::ZERO, &user()), None);
        assert_eq!(requests.claim(&user(), |_| true), Some("a".into()));
        assert_eq!(requests.next(Duration::ZERO, &user()), None);
        assert_eq!(
            requests.confirm(Duration::ZERO, token),
            Some((user(), None))
        );
        assert_eq!(
            requests.next(Duration::ZERO, &user()).unwrap().1,
            request("b").asks
        );
    }

    #[test]
    fn an_event_answers_a_request_once_whether_it_comes_before_or_after_the_confirmation() {
        let mut requests = Requests::new(LIMITS);
        requests.submit(user(), request("a")).unwrap();
        let token = sent(&mut requests);
        let confirmed = requests.confirm(Duration::ZERO, token);
        assert_eq!(confirmed, Some((user(), Some(request("a")))));
        assert_eq!(requests.claim(&user(), |_| true), Some("a".into()));
        assert_eq!(requests.claim(&user(), |_| true), None);
    }

    #[test]
    fn a_request_that_changes_nothing_is_given_up_after_the_grace() {
        let mut requests = Requests::new(LIMITS);
        requests.submit(user(), request("a")).unwrap();
        let token = sent(&mut requests);
        requests.confirm(Duration::from_secs(1), token);
        assert_eq!(requests.deadline(), Some(Duration::from_millis(1500)));
        let expired = requests.expire(Duration::from_millis(1500));
        assert_eq!(
            expired,
            [(user(), Some(request("a")), Expiry::NothingChanged)]
        );
    }

    #[test]
    fn a_silent_engine_is_given_up_after_the_confirmation_time() {
        let mut requests = Requests::new(LIMITS);
        requests.submit(user(), request("a")).unwrap();
        let token = sent(&mut requests);
        let expired = requests.expire(Duration::from_secs(10));
        assert_eq!(expired, [(user(), Some(request("a")), Expiry::NoAnswer)]);
        assert_eq!(requests.confirm(Duration::from_secs(11), token), None);
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let mut requests = Requests::new(LIMITS);
        for id in ["a", "b", "c"] {
            requests.submit(user(), request(id)).unwrap();
        }
        assert_eq!(requests.submit(user(), request("d")), Err(QueueFull));
    }

    #[test]
    fn a_refusal_after_the_event_is_not_an_answer() {
        let mut requests = Requests::new(LIMITS);
        requests.submit(user(), request("a")).unwrap();
        let token = sent(&mut requests);
        requests.claim(&user(), |_| true);
        assert_eq!(requests.refuse(token), Some((user(), None)));
    }

    #[test]
    fn take_all_returns_what_nobody_answered() {
        let mut requests = Requests::new(LIMITS);
        requests.submit(user(), request("a")).unwrap();
        requests.submit(user(), request("b")).unwrap();
        sent(&mut requests);
        requests.claim(&user(), |_| true);
        assert_eq!(requests.take_all(), [(user(), request("b"))]);
        assert_eq!(requests.deadline(), None);
    }
}
