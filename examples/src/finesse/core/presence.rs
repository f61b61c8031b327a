//! Forced sign-out: a user whose desktop is gone for a minute takes no calls.
//!
//! The clock starts when the last session of a user becomes unavailable. A new session stops it, and so
//! does a new sign-in: the user is then at work elsewhere. A user who never had a session, such as a
//! program that only calls REST, has no clock.

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
    /// When the last one went.
    lost: Option<Duration>,
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
        sessions.lost = None;
    }

    /// A session of the user is gone.
    pub(super) fn unavailable(&mut self, now: Duration, user: &str, resource: &str) {
        if let Some(sessions) = self.users.get_mut(user)
            && sessions.resources.remove(resource)
            && sessions.resources.is_empty()
        {
            sessions.lost = Some(now);
        }
    }

    /// The link to the notification service is gone: nothing is known of anybody.
    pub(super) fn unknown(&mut self) {
        for sessions in self.users.values_mut() {
            sessions.resources.clear();
            sessions.lost = None;
        }
    }

    /// The link is back: who was there and does not come back is gone from now on.
    pub(super) fn known_again(&mut self, now: Duration) {
        for sessions in self.users.values_mut() {
            if sessions.resources.is_empty() {
                sessions.lost = Some(now);
            }
        }
    }

    /// The user signed in: whatever was lost before does not count.
    pub(super) fn signed_in(&mut self, user: &str) {
        if self
            .users
            .get(user)
            .is_some_and(|sessions| sessions.lost.is_some())
        {
            self.users.remove(user);
        }
    }

    /// Takes the users whose time is over.
    pub(super) fn take_due(&mut self, now: Duration) -> Vec<String> {
        let delay = self.delay;
        let is_due = |sessions: &Sessions| sessions.lost.is_some_and(|lost| lost + delay <= now);
        let due = self.users.iter().filter(|(_, sessions)| is_due(sessions));
        let due: Vec<String> = due.map(|(user, _)| user.clone()).collect();
        for user in &due {
            self.users.remove(user);
        }
        due
    }

    /// When [`take_due`](Self::take_due) has someone.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.users
            .values()
            .filter_map(|sessions| Some(sessions.lost? + self.delay))
            .min()
    }
}

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
        presence.signed_in("1001");
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
