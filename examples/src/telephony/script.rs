//! The scripted caller: people outside who call the queue, so that a newcomer sees life.
//!
//! What they say and when they call follows from a seed alone.

use core::time::Duration;

use super::message::{Address, CallData, SimulatedCall};

/// Decides who calls when.
#[derive(Debug)]
pub struct Script {
    to: Address,
    interval: Duration,
    next: Duration,
    random: Random,
}

impl Script {
    /// A script that calls `to` about `calls_per_minute` times a minute, or `None` when that is
    /// nought. The first caller comes after one interval.
    #[must_use]
    pub fn new(to: Address, calls_per_minute: u32, seed: u64) -> Option<Self> {
        let interval = MINUTE.checked_div(calls_per_minute)?;
        Some(Self {
            to,
            interval,
            next: interval,
            random: Random(seed),
        })
    }

    /// When [`Self::poll`] will have a caller.
    #[must_use]
    pub fn poll_timeout(&self) -> Duration {
        self.next
    }

    /// The caller who is due, if one is. Callers missed by a late poll do not come in a crowd.
    pub fn poll(&mut self, now: Duration) -> Option<SimulatedCall> {
        if now < self.next {
            return None;
        }
        // Between half and one and a half intervals.
        let jitter = self.random.below(1000);
        self.next = now + self.interval / 2 + self.interval * jitter / 1000;
        Some(self.caller())
    }

    fn caller(&mut self) -> SimulatedCall {
        // Numbers of the block that is set aside for fiction.
        let number = format!("4085550{}", 100 + self.random.below(100));
        let topic = TOPICS[self.random.below(TOPICS.len() as u32) as usize];
        let language = LANGUAGES[self.random.below(LANGUAGES.len() as u32) as usize];
        let order = format!("A-{:05}", self.random.below(100_000));
        let from = Address::new(number).unwrap_or_else(|_| self.to.clone());
        let talk = MIN_TALK_MS + self.random.below(MAX_TALK_MS - MIN_TALK_MS);
        SimulatedCall {
            data: variables(topic, &order, language),
            from,
            to: self.to.clone(),
            patience_ms: Some(PATIENCE_MS),
            talk_ms: Some(talk),
        }
    }
}

/// The variables that an entry script would have asked a caller for.
#[must_use]
pub fn variables(topic: &str, order: &str, language: &str) -> CallData {
    let pairs = [
        ("callVariable1", topic),
        ("callVariable2", order),
        ("callVariable3", language),
    ];
    CallData(
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    )
}

/// SplitMix64: small, seedable, good enough to make callers differ.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (((z >> 32) * u64::from(bound)) >> 32) as u32
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const TOPICS: [&str; 5] = ["Delivery", "Invoice", "Returns", "Repair", "New order"];
const LANGUAGES: [&str; 3] = ["English", "Deutsch", "Français"];
/// A caller in the queue gives up after this time.
const PATIENCE_MS: u32 = 90_000;
const MIN_TALK_MS: u32 = 120_000;
const MAX_TALK_MS: u32 = 300_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn script(seed: u64) -> Script {
        Script::new(Address::new("6000").unwrap(), 6, seed).unwrap()
    }

    #[test]
    fn nought_calls_per_minute_is_no_script() {
        assert!(Script::new(Address::new("6000").unwrap(), 0, 1).is_none());
    }

    #[test]
    fn the_same_seed_gives_the_same_callers() {
        let (mut one, mut two) = (script(7), script(7));
        for _ in 0..50 {
            let now = one.poll_timeout();
            assert_eq!(now, two.poll_timeout());
            let caller = one.poll(now).unwrap();
            assert_eq!(Some(&caller), two.poll(now).as_ref());
            assert!(caller.data.is_valid());
            assert_ne!(caller.from, caller.to);
        }
    }

    #[test]
    fn calls_come_at_about_the_rate_asked_for() {
        let mut script = script(11);
        let mut now = Duration::ZERO;
        for _ in 0..600 {
            now = script.poll_timeout();
            assert!(script.poll(now).is_some());
        }
        let rate = 600.0 / (now.as_secs_f64() / 60.0);
        assert!((5.5..6.5).contains(&rate), "{rate} calls a minute");
    }
}
