//! Forced sign-out: a user whose desktop is gone for a minute takes no calls.
//!
//! The clock starts when the last session of a user becomes unavailable. A new session stops it, and so
//! does a new sign-in: the user is then at work elsewhere. A user who never had a session, such as a
//! program that only calls REST, has no clock.
//!
//! Nothing of this is kept over a restart of the web service: users whose desktop was closed meanwhile count
//! as never having had one.
//!
//! The clock is not done when the sign-out was asked for, but when the engine reports it: what was asked
//! may be refused, or be lost with the engine. Until then it rings again and again.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Who is present at the notification service.
#[derive(Debug)]
pub(super) struct Presence {
    users: BTreeMap<String, Sessions>,
    delay: Duration,
}

#[derive(Debug, Default)]
struct Sessions {
    resources: BTreeSet<String>,
    /// When the sign-out is to be asked for; `None` while there is a session, or nothing is known.
    due: Option<Duration>,
}

impl Presence {
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            users: BTreeMap::new(),
            delay,
        }
    }

    /// A session of the user is available.
    pub(super) fn available(&mut self, user: &str, resource: &str) {
        let sessions = self.users.entry(user.to_owned()).or_default();
        sessions.resources.insert(resource.to_owned());
        sessions.due = None;
    }

    /// A session of the user is gone.
    pub(super) fn unavailable(&mut self, now: Duration, user: &str, resource: &str) {
        if let Some(sessions) = self.users.get_mut(user)
            && sessions.resources.remove(resource)
            && sessions.resources.is_empty()
        {
            sessions.due = Some(now + self.delay);
        }
    }

    /// The link to the notification service is gone: nothing is known of anybody.
    pub(super) fn unknown(&mut self) {
        for sessions in self.users.values_mut() {
            sessions.resources.clear();
            sessions.due = None;
        }
    }

    /// The link is back: who was there and does not come back is gone from now on.
    pub(super) fn known_again(&mut self, now: Duration) {
        for sessions in self.users.values_mut() {
            if sessions.resources.is_empty() {
                sessions.due = Some(now + self.delay);
            }
        }
    }

    /// The user signed in or out: the clock, where it runs, has nothing more to say.
    pub(super) fn settled(&mut self, user: &str) {
        if self
            .users
            .get(user)
            .is_some_and(|sessions| sessions.due.is_some())
        {
            self.users.remove(user);
        }
    }

    /// The users whose time is over. They are due again after a pause, unless they are
    /// [`settled`](Self::settled) or [`available`](Self::available).
    pub(super) fn take_due(&mut self, now: Duration) -> Vec<String> {
        let mut due = Vec::new();
        for (user, sessions) in &mut self.users {
            if sessions.due.is_some_and(|time| time <= now) {
                sessions.due = Some(now + ASK_AGAIN);
                due.push(user.clone());
            }
        }
        due
    }

    /// When [`take_due`](Self::take_due) has someone.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.users
            .values()
            .filter_map(|sessions| sessions.due)
            .min()
    }
}

/// Pause until a sign-out that did not come about is asked for again: as long as an engine may take to
/// confirm a request.
const ASK_AGAIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn gone_at_ten() -> Presence {
        let mut presence = Presence::new(seconds(60));
        presence.available("1001", "desktop");
        presence.unavailable(seconds(10), "1001", "desktop");
        presence
    }

    #[test]
    fn a_minute_without_a_session_is_due() {
        let mut presence = gone_at_ten();
        assert_eq!(presence.deadline(), Some(seconds(70)));
        assert!(presence.take_due(seconds(69)).is_empty());
        assert_eq!(presence.take_due(seconds(70)), ["1001"]);
    }

    #[test]
    fn who_is_due_is_due_again_until_signed_out() {
        let mut presence = gone_at_ten();
        assert_eq!(presence.take_due(seconds(70)), ["1001"]);
        assert!(presence.take_due(seconds(79)).is_empty());
        assert_eq!(presence.take_due(seconds(80)), ["1001"]);
        presence.settled("1001");
        assert_eq!(presence.deadline(), None);
    }

    #[test]
    fn a_refresh_within_the_minute_stops_the_clock() {
        let mut presence = gone_at_ten();
        presence.available("1001", "desktop");
        assert!(presence.take_due(seconds(1000)).is_empty());
    }

    #[test]
    fn a_second_session_keeps_the_user() {
        let mut presence = Presence::new(seconds(60));
        presence.available("1001", "desktop");
        presence.available("1001", "phone");
        presence.unavailable(seconds(10), "1001", "desktop");
        assert_eq!(presence.deadline(), None);
    }

    #[test]
    fn a_newer_sign_in_stops_the_clock() {
        let mut presence = gone_at_ten();
        presence.settled("1001");
        assert!(presence.take_due(seconds(1000)).is_empty());
    }

    #[test]
    fn a_lost_link_says_nothing_about_users_and_its_return_starts_the_clock() {
        let mut presence = gone_at_ten();
        presence.unknown();
        assert!(presence.take_due(seconds(1000)).is_empty());
        presence.known_again(seconds(1000));
        assert_eq!(presence.take_due(seconds(1060)), ["1001"]);
    }

    #[test]
    fn presence_that_was_never_announced_is_not_lost() {
        let mut presence = Presence::new(seconds(60));
        presence.unavailable(seconds(10), "1001", "desktop");
        assert_eq!(presence.deadline(), None);
    }
}
