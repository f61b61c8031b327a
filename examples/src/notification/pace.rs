//! How much one client may say: what each stanza costs is small, but every presence is told to the web service.

use std::time::Duration;

use xmpp_pubsub::Stanza;

/// A bucket that fills with time and from which each stanza takes what it costs.
#[derive(Debug)]
pub(super) struct Pace {
    left: u32,
    filled_at: Duration,
}

impl Pace {
    /// A full bucket.
    pub(super) const fn new(now: Duration) -> Self {
        Self {
            left: BURST,
            filled_at: now,
        }
    }

    /// Takes what a stanza costs; false when so much is not there.
    pub(super) fn take(&mut self, now: Duration, cost: u32) -> bool {
        let since = now.saturating_sub(self.filled_at);
        let gained = u32::try_from(since.as_nanos() / EACH.as_nanos()).unwrap_or(u32::MAX);
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(BURST);
            self.filled_at = now;
        }
        let taken = self.left >= cost;
        self.left = self.left.saturating_sub(cost);
        taken
    }
}

/// What a stanza costs. A presence is for others; a client changes it now and then.
pub(super) const fn cost(stanza: &Stanza) -> u32 {
    match stanza {
        Stanza::Presence(_) => 10,
        Stanza::Iq(_) | Stanza::Message(_) => 1,
    }
}

/// A client that has used up its burst gets one back in this time.
pub(super) const EACH: Duration = Duration::from_millis(10);
/// A page subscribes to its nodes all at once.
const BURST: u32 = 1000;

#[cfg(test)]
mod tests {
    use xmpp_pubsub::xml::{Limits, Scope};

    use super::*;

    #[test]
    fn a_burst_then_an_even_pace() {
        let mut pace = Pace::new(Duration::ZERO);
        assert!((0..BURST).all(|_| pace.take(Duration::ZERO, 1)));
        assert!(!pace.take(Duration::ZERO, 1));
        assert!(!pace.take(Duration::from_millis(9), 1));
        assert!(pace.take(Duration::from_millis(20), 1));
        assert!(pace.take(Duration::from_millis(20), 1));
        assert!(!pace.take(Duration::from_millis(20), 1));
        let later = Duration::from_secs(3600);
        assert!(
            (0..BURST).all(|_| pace.take(later, 1)),
            "never more than a burst"
        );
        assert!(!pace.take(later, 1));
    }

    #[test]
    fn presence_costs_more() {
        let stanza = |text: &[u8]| {
            let scope = Scope::new().with("", "jabber:client");
            Stanza::decode(text, &scope, &Limits::default()).unwrap()
        };
        let (presence, message) = (stanza(b"<presence/>"), stanza(b"<message/>"));
        let mut pace = Pace::new(Duration::ZERO);
        let taken = (0..BURST)
            .filter(|_| pace.take(Duration::ZERO, cost(&presence)))
            .count();
        assert_eq!(taken, 100);
        assert!(pace.take(EACH, cost(&message)));
        assert!(!pace.take(EACH * 9, cost(&presence)));
        assert!(pace.take(EACH * 19, cost(&presence)));
    }
}
