//! Which side to try next, and when: rule 12 of UCCE and the walk of UCCX.
//!
//! UCCE: the last good side, the others, a random wait of up to a tenth of a second for each client of
//! the server, all again, then 15, 30, 60, 120, 120 .. s, all sides after each wait.
//!
//! UCCX: the list from its head until a node opens; a node is left alone for 10 s after it refused, and
//! for [`Config::retry_after`](super::Config::retry_after) after it could not be reached or ended a
//! session as soon as it was open.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::code::StatusCode;
use crate::session::failover::{Config, Side};
use crate::version::{Dialect, Version};

/// The walk along the sides.
#[derive(Debug)]
pub(super) struct Walk {
    dialect: Dialect,
    versions: Vec<Version>,
    sides: Vec<Standing>,
    /// Sides that this round still has to try.
    queue: VecDeque<Side>,
    /// Rounds begun since a session stood.
    rounds: usize,
    last_good: Side,
    wait: Option<Duration>,
    random: Random,
    /// The longest random wait.
    spread: Duration,
    /// How long UCCX leaves a node alone that failed.
    retry_after: Duration,
}

/// What is known of one side.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// Place in the list of versions of the one to ask for.
    version: usize,
    /// All versions were refused.
    incompatible: bool,
    /// Not to be tried before.
    not_before: Duration,
    /// When its session was opened.
    opened: Duration,
}

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Connect to `side` and ask for `version`.
    Try { side: Side, version: Version },
    /// Nothing before that time.
    Wait(Duration),
    /// No side is missing.
    Done,
}

/// What a refused OPEN_REQ leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// The walk goes on.
    WalkOn,
    /// No side takes any of the versions.
    NoVersion,
    /// Every side would refuse the same OPEN_REQ.
    Incurable,
}

impl Walk {
    pub(super) fn new(config: &Config) -> Self {
        let versions = config.versions.clone();
        let dialect = versions
            .first()
            .map_or(Dialect::Ucce, |version| version.dialect());
        Self {
            dialect,
            versions,
            sides: alloc::vec![Standing::default(); config.sides.max(1)],
            queue: VecDeque::new(),
            rounds: 0,
            last_good: Side(0),
            wait: None,
            random: Random(config.seed),
            spread: SPREAD_PER_CLIENT.saturating_mul(config.clients),
            retry_after: config.retry_after,
        }
    }

    /// What to do at `now`; `missing` tells which sides have no session.
    pub(super) fn next(&mut self, now: Duration, missing: impl Fn(Side) -> bool) -> Step {
        let all = (0..self.sides.len()).map(Side);
        let missing: Vec<Side> = all.filter(|side| missing(*side)).collect();
        if missing.is_empty() {
            self.wait = None;
            return Step::Done;
        }
        let side = match self.dialect {
            Dialect::Ucce => self.next_of_round(now, &missing),
            Dialect::Uccx => self.next_of_list(now, &missing),
        };
        match side {
            Ok(side) => Step::Try {
                side,
                version: self.version(side),
            },
            Err(until) => Step::Wait(until),
        }
    }

    /// `side` opened a session; `serves` unless it is on standby.
    pub(super) fn opened(&mut self, now: Duration, side: Side, serves: bool) {
        if serves {
            self.last_good = side;
        }
        let standing = self.standing(side);
        standing.incompatible = false;
        standing.opened = now;
    }

    /// An attempt ended without an answer.
    pub(super) fn failed(&mut self, now: Duration, side: Side) {
        let not_before = now.saturating_add(self.retry_after);
        let standing = self.standing(side);
        standing.incompatible = false;
        standing.not_before = not_before;
    }

    /// An OPEN_REQ was refused.
    pub(super) fn refused(&mut self, now: Duration, side: Side, status: StatusCode) -> Verdict {
        let oldest = self.versions.len().saturating_sub(1);
        let standing = self.standing(side);
        standing.not_before = now.saturating_add(UCCX_PAUSE);
        if status != StatusCode::INVALID_VERSION {
            standing.incompatible = false;
            return if is_incurable(status) {
                Verdict::Incurable
            } else {
                Verdict::WalkOn
            };
        }
        if standing.version < oldest {
            standing.version += 1;
            self.queue.push_front(side);
            return Verdict::WalkOn;
        }
        standing.version = 0;
        standing.incompatible = true;
        if self.sides.iter().all(|side| side.incompatible) {
            Verdict::NoVersion
        } else {
            Verdict::WalkOn
        }
    }

    /// A session that was open ended. One that had stood for a while begins the walk anew; another
    /// counts as an attempt that failed, lest a side that opens and breaks is hammered.
    pub(super) fn broke(&mut self, now: Duration, side: Side) {
        let stood = now.saturating_sub(self.standing(side).opened);
        if stood >= STEADY {
            self.restart();
        } else {
            self.failed(now, side);
        }
    }

    /// `side` went off-line under its session: begins anew, but not with that one.
    pub(super) fn left(&mut self, now: Duration, side: Side) {
        self.restart();
        self.failed(now, side);
    }

    /// Begins anew: at once, and with the last good side.
    fn restart(&mut self) {
        self.rounds = 0;
        self.queue.clear();
        self.wait = None;
    }

    /// Tries nothing before `until`.
    pub(super) fn pause(&mut self, until: Duration) {
        self.wait = Some(self.wait.map_or(until, |wait| wait.max(until)));
    }

    /// When something can be tried next, if it cannot at once.
    pub(super) const fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// Rule 12 of UCCE.
    fn next_of_round(&mut self, now: Duration, missing: &[Side]) -> Result<Side, Duration> {
        loop {
            if let Some(until) = self.wait.filter(|until| now < *until) {
                return Err(until);
            }
            self.wait = None;
            while let Some(side) = self.queue.pop_front() {
                if missing.contains(&side) {
                    return Ok(side);
                }
            }
            self.begin_round(now);
        }
    }

    fn begin_round(&mut self, now: Duration) {
        let wait = match self.rounds {
            0 => Duration::ZERO,
            1 => self.random.up_to(self.spread),
            later => *WAITS.get(later - 2).unwrap_or(&LONGEST_WAIT),
        };
        self.rounds = self.rounds.saturating_add(1);
        self.wait = Some(now.saturating_add(wait));
        self.queue.push_back(self.last_good);
        let others = (0..self.sides.len()).map(Side);
        self.queue
            .extend(others.filter(|side| *side != self.last_good));
    }

    /// The walk of UCCX.
    fn next_of_list(&mut self, now: Duration, missing: &[Side]) -> Result<Side, Duration> {
        if let Some(until) = self.wait.filter(|until| now < *until) {
            return Err(until);
        }
        self.wait = None;
        self.queue.retain(|side| missing.contains(side));
        for _ in 0..2 {
            let ready = |side: &Side| {
                let standing = self.sides.get(side.0);
                standing.is_none_or(|standing| standing.not_before <= now)
            };
            let place = self.queue.iter().position(ready);
            if let Some(side) = place.and_then(|place| self.queue.remove(place)) {
                return Ok(side);
            }
            self.queue = missing.iter().copied().collect();
        }
        let standings = missing.iter().filter_map(|side| self.sides.get(side.0));
        let earliest = standings.map(|standing| standing.not_before).min();
        let earliest = earliest.unwrap_or(now);
        self.wait = Some(earliest);
        Err(earliest)
    }

    fn version(&self, side: Side) -> Version {
        let place = self.sides.get(side.0).map_or(0, |side| side.version);
        self.versions
            .get(place)
            .copied()
            .unwrap_or_else(|| Version::new(self.dialect, 0))
    }

    fn standing(&mut self, side: Side) -> &mut Standing {
        if self.sides.len() <= side.0 {
            self.sides.resize(side.0 + 1, Standing::default());
        }
        &mut self.sides[side.0]
    }
}

/// Whether every side would refuse the same OPEN_REQ: what is wrong is in the request, not at the side.
const fn is_incurable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::INVALID_MESSAGE_LENGTH
            | StatusCode::INVALID_FIELD_TAG
            | StatusCode::REQUIRED_DATA_MISSING
            | StatusCode::INVALID_PERIPHERAL_ID
            | StatusCode::INVALID_AGENT_DATA
            | StatusCode::DEVICE_IN_USE
            | StatusCode::INVALID_TIMEOUT
            | StatusCode::INVALID_SERVICE_MASK
            | StatusCode::INVALID_CALL_MSG_MASK
            | StatusCode::INVALID_AGENT_STATE_MASK
            | StatusCode::INVALID_RESERVED_FIELD
            | StatusCode::INVALID_FIELD_LENGTH
            | StatusCode::INVALID_DIGITS
            | StatusCode::BAD_MESSAGE_FORMAT
            | StatusCode::INVALID_TAG_FOR_MSG_TYPE
            | StatusCode::INCONSISTENT_AGENT_DATA
            | StatusCode::INVALID_PASSWORD
            | StatusCode::INVALID_TAG_FOR_VERSION
            | StatusCode::INVALID_CHARACTER
            | StatusCode::INVALID_CONFIG_MSG_MASK
            | StatusCode::INVALID_UNIQUE_INSTANCE_ID
    )
}

/// SplitMix64: short, and good enough to spread clients over time.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time from zero to `most`, in milliseconds.
    fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis(self.next() % most.saturating_add(1))
    }
}

/// A tenth of a second for each client of the server. GED-188, "Connection recovery".
const SPREAD_PER_CLIENT: Duration = Duration::from_millis(100);
/// Waits before the third round and those that follow. GED-188, "Connection recovery".
const WAITS: [Duration; 3] = [
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];
/// The wait that repeats.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// How long a node is left alone after a refused OPEN_REQ. UCCX guide, "OPEN_REQ".
const UCCX_PAUSE: Duration = Duration::from_secs(10);
/// A session that stood as long was worth the name. Chosen: as long as UCCX lets a node alone.
const STEADY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Secret, Text};
    use crate::session::client;

    fn config(version: Version) -> Config {
        let client = client::Config::new(version, Text::default(), Secret::default());
        Config::new(client)
    }

    fn walk(dialect: Dialect) -> Walk {
        let versions = [Version::new(dialect, 17), Version::new(dialect, 14)];
        Walk::new(&config(versions[0]).versions(versions).seed(7))
    }

    /// The sides tried, each failing at once, and the waits in seconds between them.
    fn trail(walk: &mut Walk, mut now: Duration, tries: usize) -> Vec<(usize, u64)> {
        let mut trail = Vec::new();
        let mut waited = 0;
        while trail.len() < tries {
            match walk.next(now, |_| true) {
                Step::Try { side, .. } => {
                    trail.push((side.0, waited));
                    waited = 0;
                    walk.failed(now, side);
                }
                Step::Wait(until) => {
                    assert!(until > now);
                    waited += (until - now).as_secs();
                    now = until;
                }
                Step::Done => unreachable!(),
            }
        }
        trail
    }

    #[test]
    fn rule_12_both_sides_then_growing_waits() {
        let mut walk = walk(Dialect::Ucce);
        let trail = trail(&mut walk, Duration::ZERO, 14);
        let spread = trail[2].1;
        assert!(spread <= 10, "a tenth of a second for each of 100 clients");
        let sides: Vec<_> = trail.iter().map(|(side, _)| *side).collect();
        assert_eq!(sides, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
        let waits: Vec<_> = trail.iter().map(|(_, wait)| *wait).collect();
        assert_eq!(
            waits,
            [0, 0, spread, 0, 15, 0, 30, 0, 60, 0, 120, 0, 120, 0]
        );
    }

    #[test]
    fn rule_12_begins_with_the_last_good_side() {
        let mut walk = walk(Dialect::Ucce);
        walk.opened(Duration::ZERO, Side(1), true);
        walk.broke(Duration::from_secs(60), Side(1));
        let sides: Vec<_> = trail(&mut walk, Duration::from_secs(60), 2);
        assert_eq!(sides, [(1, 0), (0, 0)]);
    }

    #[test]
    fn rule_12_spreads_by_the_seed_alone() {
        let wait = |seed| {
            let config = config(Version::ucce(23)).seed(seed).clients(1_000);
            let mut walk = Walk::new(&config);
            trail(&mut walk, Duration::ZERO, 3)[2].1
        };
        assert_eq!(wait(1), wait(1));
        let waits: Vec<_> = (0..20).map(wait).collect();
        assert!(waits.iter().all(|wait| *wait <= 100));
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }

    #[test]
    fn uccx_leaves_each_node_alone_for_10_s() {
        let mut walk = walk(Dialect::Uccx);
        let trail = trail(&mut walk, Duration::ZERO, 6);
        assert_eq!(trail, [(0, 0), (1, 0), (0, 10), (1, 0), (0, 10), (1, 0)]);
    }

    #[test]
    fn uccx_comes_back_as_soon_as_it_is_told_to() {
        let config = config(Version::uccx(17)).sides(1);
        let mut walk = Walk::new(&config.retry_after(Duration::from_secs(1)));
        let trail = trail(&mut walk, Duration::ZERO, 3);
        assert_eq!(trail, [(0, 0), (0, 1), (0, 1)]);
        let now = Duration::from_secs(60);
        walk.refused(now, Side(0), StatusCode::INVALID_VERSION);
        let until = now + UCCX_PAUSE;
        assert_eq!(walk.next(now, |_| true), Step::Wait(until));
    }

    #[test]
    fn uccx_has_no_fail_back_but_starts_over_at_the_head() {
        let mut walk = walk(Dialect::Uccx);
        walk.opened(Duration::ZERO, Side(1), true);
        walk.broke(Duration::from_secs(60), Side(1));
        assert_eq!(trail(&mut walk, Duration::from_secs(60), 1), [(0, 0)]);
    }

    #[test]
    fn status_1_steps_down_on_the_same_side() {
        let mut walk = walk(Dialect::Ucce);
        let now = Duration::ZERO;
        let at = |side, number| Step::Try {
            side: Side(side),
            version: Version::ucce(number),
        };
        assert_eq!(walk.next(now, |_| true), at(0, 17));
        let status = StatusCode::INVALID_VERSION;
        assert_eq!(walk.refused(now, Side(0), status), Verdict::WalkOn);
        assert_eq!(walk.next(now, |_| true), at(0, 14));
        assert_eq!(walk.refused(now, Side(0), status), Verdict::WalkOn);
        assert_eq!(walk.next(now, |_| true), at(1, 17));
        assert_eq!(walk.refused(now, Side(1), status), Verdict::WalkOn);
        assert_eq!(walk.next(now, |_| true), at(1, 14));
        assert_eq!(walk.refused(now, Side(1), status), Verdict::NoVersion);
    }

    #[test]
    fn a_side_that_opens_and_breaks_is_not_hammered() {
        let mut walk = walk(Dialect::Ucce);
        let mut now = Duration::ZERO;
        let mut tries = 0;
        while now < Duration::from_secs(600) {
            match walk.next(now, |_| true) {
                Step::Try { side, .. } => {
                    tries += 1;
                    walk.opened(now, side, true);
                    walk.broke(now, side);
                }
                Step::Wait(until) => now = until,
                Step::Done => unreachable!(),
            }
        }
        assert!(tries <= 20, "{tries}");
    }
}
