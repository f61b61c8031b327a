//! What a realm remembers of each user.

use std::{collections::HashMap, fmt, time::Duration};

use ring::hmac;

use super::{RealmLimits, Verdict};

/// Right passwords as keyed hashes, wrong ones as counts.
pub(super) struct Ledger {
    limits: RealmLimits,
    /// Random; dies with the process.
    key: hmac::Key,
    users: HashMap<String, Entry>,
}

/// What is known without asking.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Look {
    /// The password was right a short time ago.
    Accepted,
    /// Too many were wrong.
    Locked { left: Duration },
    /// Nothing.
    Ask,
}

#[derive(Default)]
struct Entry {
    accepted: Option<Accepted>,
    /// Wrong passwords in a row.
    wrong: u32,
    /// The last of them; the row is forgotten and a lock ends one lock time later.
    wrong_at: Duration,
    touched: Duration,
}

struct Accepted {
    tag: hmac::Tag,
    until: Duration,
}

impl Ledger {
    /// An empty ledger; `seed` makes its key and must be random.
    pub(super) fn new(limits: RealmLimits, seed: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, seed);
        Self {
            limits,
            key,
            users: HashMap::new(),
        }
    }

    /// What is known of this user and password.
    pub(super) fn look(&mut self, now: Duration, user: &str, password: &str) -> Look {
        let Some(entry) = self.users.get_mut(user) else {
            return Look::Ask;
        };
        entry.touched = now;
        entry.forget(now, &self.limits);
        if entry.wrong >= self.limits.wrong_passwords {
            return Look::Locked {
                left: (entry.wrong_at + self.limits.lock).saturating_sub(now),
            };
        }
        let known = entry.accepted.as_ref().is_some_and(|accepted| {
            hmac::verify(&self.key, &message(user, password), accepted.tag.as_ref()).is_ok()
        });
        if known { Look::Accepted } else { Look::Ask }
    }

    /// CUCM has said whether the password is right.
    pub(super) fn record(
        &mut self,
        now: Duration,
        user: &str,
        password: &str,
        right: bool,
    ) -> Verdict {
        self.make_room(now, user);
        let limits = self.limits;
        let entry = self.users.entry(user.to_owned()).or_default();
        entry.touched = now;
        entry.forget(now, &limits);
        if right {
            entry.wrong = 0;
            let tag = hmac::sign(&self.key, &message(user, password));
            entry.accepted = Some(Accepted {
                tag,
                until: now + limits.remember,
            });
            return Verdict::Accepted;
        }
        entry.wrong = entry.wrong.saturating_add(1);
        entry.wrong_at = now;
        if entry.wrong == limits.wrong_passwords {
            entry.accepted = None;
            tracing::warn!(user, lock = ?limits.lock, "too many wrong passwords");
        }
        Verdict::Refused
    }

    /// Keeps the number of users in bounds: first those of whom nothing is known any more go, then
    /// the one with the fewest wrong passwords that was silent for the longest time.
    fn make_room(&mut self, now: Duration, user: &str) {
        if self.users.len() < self.limits.users || self.users.contains_key(user) {
            return;
        }
        let limits = self.limits;
        self.users.retain(|_, entry| {
            entry.forget(now, &limits);
            entry.accepted.is_some() || entry.wrong > 0
        });
        if self.users.len() < limits.users {
            return;
        }
        let least = self
            .users
            .iter()
            .min_by_key(|(_, entry)| (entry.wrong, entry.touched));
        if let Some(name) = least.map(|(name, _)| name.clone()) {
            self.users.remove(&name);
        }
    }
}

impl Entry {
    fn forget(&mut self, now: Duration, limits: &RealmLimits) {
        if self
            .accepted
            .as_ref()
            .is_some_and(|accepted| accepted.until <= now)
        {
            self.accepted = None;
        }
        if self.wrong > 0 && self.wrong_at + limits.lock <= now {
            self.wrong = 0;
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

/// What is hashed. The length keeps user and password apart.
fn message(user: &str, password: &str) -> Vec<u8> {
    let mut bytes = (user.len() as u64).to_be_bytes().to_vec();
    bytes.extend_from_slice(user.as_bytes());
    bytes.extend_from_slice(password.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(
            RealmLimits {
                users: 4,
                ..RealmLimits::default()
            },
            &[7; 32],
        )
    }

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_right_password_is_remembered_for_a_minute() {
        let mut ledger = ledger();
        assert_eq!(ledger.look(seconds(0), "a", "right"), Look::Ask);
        assert_eq!(
            ledger.record(seconds(0), "a", "right", true),
            Verdict::Accepted
        );
        assert_eq!(ledger.look(seconds(59), "a", "right"), Look::Accepted);
        assert_eq!(ledger.look(seconds(59), "a", "wrong"), Look::Ask);
        assert_eq!(ledger.look(seconds(59), "ar", "ight"), Look::Ask);
        assert_eq!(ledger.look(seconds(60), "a", "right"), Look::Ask);
    }

    #[test]
    fn the_fifth_wrong_password_locks_for_five_minutes() {
        let mut ledger = ledger();
        ledger.record(seconds(0), "a", "right", true);
        for at in 1..=4 {
            assert_eq!(
                ledger.record(seconds(at), "a", "wrong", false),
                Verdict::Refused
            );
            assert_eq!(ledger.look(seconds(at), "a", "right"), Look::Accepted);
        }
        ledger.record(seconds(5), "a", "wrong", false);
        assert_eq!(
            ledger.look(seconds(5), "a", "right"),
            Look::Locked { left: seconds(300) }
        );
        assert_eq!(
            ledger.look(seconds(304), "a", "x"),
            Look::Locked { left: seconds(1) }
        );
        assert_eq!(ledger.look(seconds(305), "a", "right"), Look::Ask);
        assert_eq!(ledger.look(seconds(5), "b", "right"), Look::Ask);
    }

    #[test]
    fn a_right_password_ends_the_row_and_so_does_time() {
        let mut ledger = ledger();
        for _ in 0..4 {
            ledger.record(seconds(0), "a", "wrong", false);
        }
        ledger.record(seconds(1), "a", "right", true);
        for _ in 0..4 {
            ledger.record(seconds(2), "a", "wrong", false);
        }
        assert_eq!(ledger.look(seconds(301), "a", "x"), Look::Ask);
        ledger.record(seconds(302), "a", "wrong", false);
        assert_eq!(ledger.look(seconds(302), "a", "x"), Look::Ask);
    }

    #[test]
    fn a_flood_of_names_neither_grows_the_ledger_nor_lifts_a_lock() {
        let mut ledger = ledger();
        for _ in 0..5 {
            ledger.record(seconds(0), "locked", "wrong", false);
        }
        for count in 0..1000 {
            ledger.record(seconds(1), &format!("user{count}"), "wrong", false);
        }
        assert_eq!(ledger.users.len(), 4);
        assert!(matches!(
            ledger.look(seconds(2), "locked", "x"),
            Look::Locked { .. }
        ));
    }

    #[test]
    fn nothing_of_a_password_is_printed() {
        let mut ledger = ledger();
        ledger.record(seconds(0), "a", "ccx-secret", true);
        assert!(!format!("{ledger:?}").contains("ccx"));
    }
}
