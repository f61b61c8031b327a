//! What a seed decides before anything happens: settings of both ends, the weather, and the end.

use std::time::Duration;

use bosh::session::{ClientConfig, HttpErrors, PauseAboveMaximum, Pauses, Retry, ServerConfig};
use bosh::xml::Limits;
use bosh::{BodyCodec, Rid, Version};

/// The only source of chance.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// SplitMix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True so many times of a thousand.
    pub(crate) fn permille(&mut self, chance: u64) -> bool {
        self.below(1_000) < chance
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// A time up to so many milliseconds, and not zero.
    pub(crate) fn up_to(&mut self, milliseconds: u64) -> Duration {
        Duration::from_millis(1 + self.below(milliseconds))
    }
}

/// How bad the network is. Chances are of a thousand HTTP requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) name: &'static str,
    /// The connection breaks before the request arrives, and the client sees it.
    pub(crate) refused: u64,
    /// The request vanishes, and nobody sees it.
    pub(crate) swallowed: u64,
    /// The connection breaks while the request waits; each end sees it or does not.
    pub(crate) cut: u64,
    /// The response does not arrive; the client sees a broken connection, or nothing.
    pub(crate) response_lost: u64,
    /// A second copy of the request arrives on a connection of its own.
    pub(crate) copied: u64,
    /// How long such a copy may wander about.
    pub(crate) copy_late: Duration,
    /// An intermediary answers with something of its own.
    pub(crate) proxy: u64,
    /// The client sleeps, as a laptop does, so often a minute (of a thousand) ...
    pub(crate) sleep: u64,
    /// Nothing gets through, every so often ...
    pub(crate) outage_every: Duration,
    /// ... for up to so long.
    pub(crate) outage: Duration,
    /// The longest way of a request or response.
    pub(crate) slowest: Duration,
}

const CALM: Weather = Weather {
    name: "calm",
    refused: 0,
    swallowed: 0,
    cut: 0,
    response_lost: 0,
    copied: 0,
    copy_late: Duration::ZERO,
    proxy: 0,
    sleep: 0,
    outage_every: Duration::MAX,
    outage: Duration::ZERO,
    slowest: Duration::from_millis(20),
};

pub(crate) const WEATHERS: &[Weather] = &[
    CALM,
    Weather {
        name: "disorder",
        slowest: Duration::from_millis(900),
        ..CALM
    },
    Weather {
        name: "copies",
        copied: 100,
        copy_late: Duration::from_secs(3),
        slowest: Duration::from_millis(300),
        ..CALM
    },
    Weather {
        name: "old copies",
        copied: 60,
        copy_late: Duration::from_secs(60),
        slowest: Duration::from_millis(300),
        ..CALM
    },
    Weather {
        name: "broken responses",
        response_lost: 250,
        slowest: Duration::from_millis(100),
        ..CALM
    },
    Weather {
        name: "storm",
        refused: 120,
        swallowed: 10,
        cut: 150,
        response_lost: 120,
        copied: 60,
        copy_late: Duration::from_millis(500),
        slowest: Duration::from_millis(400),
        ..CALM
    },
    Weather {
        name: "black holes",
        swallowed: 60,
        cut: 60,
        response_lost: 60,
        slowest: Duration::from_millis(200),
        ..CALM
    },
    Weather {
        name: "intermediaries",
        proxy: 120,
        cut: 60,
        slowest: Duration::from_millis(200),
        ..CALM
    },
    Weather {
        name: "short outages",
        outage_every: Duration::from_secs(25),
        outage: Duration::from_secs(12),
        slowest: Duration::from_millis(100),
        ..CALM
    },
    Weather {
        name: "long outages",
        refused: 20,
        outage_every: Duration::from_secs(60),
        outage: Duration::from_secs(300),
        slowest: Duration::from_millis(100),
        ..CALM
    },
    Weather {
        name: "sleep",
        sleep: 500,
        response_lost: 30,
        slowest: Duration::from_millis(100),
        ..CALM
    },
];

impl Weather {
    /// Nothing is lost, doubled or late: a session must live as long as its ends want.
    pub(crate) fn is_harmless(&self) -> bool {
        ["calm", "disorder"].contains(&self.name)
    }

    /// The same without any fault.
    pub(crate) const fn healed() -> Self {
        CALM
    }
}

/// What ends the session, if nothing did before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ending {
    ClientTerminates,
    HostCloses,
    Shutdown,
    /// The client's process is gone.
    ClientVanishes,
    /// The server's host is gone.
    ServerVanishes,
}

/// All that a seed decides beforehand.
pub(crate) struct Scenario {
    pub(crate) client: ClientConfig,
    pub(crate) server: ServerConfig,
    /// Length of the key sequences (XEP-0124 §15).
    pub(crate) keys: Option<usize>,
    /// No pause is answered: the answer is lost while the connection stands, as with ejabberd.
    pub(crate) mute_pauses: bool,
    pub(crate) weather: Weather,
    /// How long the weather lasts and the applications speak.
    pub(crate) trouble: Duration,
    pub(crate) ending: Ending,
    /// When it ends; later than the trouble, it waits until everything has arrived.
    pub(crate) ends_at: Duration,
    /// The longest silence of an application.
    pub(crate) pace: u64,
    /// The most payloads at once.
    pub(crate) burst: u64,
}

impl Scenario {
    pub(crate) fn new(random: &mut Random) -> Self {
        let weather = random.one(WEATHERS);
        let endings = [
            Ending::ClientTerminates,
            Ending::ClientTerminates,
            Ending::HostCloses,
            Ending::HostCloses,
            Ending::Shutdown,
            Ending::ClientVanishes,
            Ending::ServerVanishes,
        ];
        let ending = random.one(&endings);
        let trouble = Duration::from_secs(30 + random.below(120));
        let ends_at = if random.permille(400) {
            random.up_to(u64::try_from(trouble.as_millis()).unwrap())
        } else {
            Duration::MAX
        };
        let (pace, burst) = match random.below(40) {
            // So many at once that counting them matters.
            0 => (40_000, 4_000),
            1..10 => (4_000, 40),
            10..20 => (500, 2),
            20..30 => (20_000, 6),
            _ => (4_000, 6),
        };
        let client = client(random);
        let mute = match client.pauses {
            Pauses::Answered => 100,
            Pauses::Unanswered => 600,
        };
        Self {
            client,
            server: server(random),
            keys: random.permille(300).then(|| random.one(&[2, 3, 20, 500])),
            mute_pauses: random.permille(mute),
            weather,
            trouble,
            ending,
            ends_at,
            pace,
            burst,
        }
    }
}

fn seconds(random: &mut Random, of: &[u64]) -> Duration {
    Duration::from_secs(random.one(of))
}

fn client(random: &mut Random) -> ClientConfig {
    let rid = Rid::new(1 + random.below(1 << 53)).unwrap_or(Rid::MAX);
    let mut config = ClientConfig::new("localhost", rid);
    config.wait = seconds(random, &[0, 1, 3, 10, 10, 30, 60]);
    config.hold = random.one(&[0, 1, 1, 1, 2, 3]);
    config.acks = random.permille(600);
    config.version = match random.below(20) {
        0 => None,
        1..4 => Some(Version::new(1, 6)),
        _ => Some(Version::new(1, 11)),
    };
    config.http_errors = random.one(&[HttpErrors::Final, HttpErrors::Retry]);
    config.retry = Retry {
        first: Duration::from_millis(random.one(&[100, 500, 2_000])),
        longest: seconds(random, &[2, 10]),
        ..Retry::default()
    };
    config.response_margin = seconds(random, &[3, 10]);
    config.give_up = seconds(random, &[10, 60]);
    config.close_timeout = seconds(random, &[1, 5, 20]);
    config.poll_interval = seconds(random, &[1, 5, 15]);
    config.max_request = random.one(&[300, 4_096, 65_536]);
    config.max_queue = random.one(&[2_000, 20_000, 1 << 20]);
    config.codec = BodyCodec::new(Limits::default());
    // What some servers in the field need must do no harm with any other.
    config.in_order = random.permille(150);
    config.pauses = random.one(&[Pauses::Answered, Pauses::Answered, Pauses::Unanswered]);
    config.pace = Duration::from_millis(random.one(&[0, 0, 0, 0, 20, 200]));
    config
}

fn server(random: &mut Random) -> ServerConfig {
    let mut config = ServerConfig::default()
        .with_max_wait(seconds(random, &[5, 20, 60]))
        .with_max_hold(random.one(&[0, 1, 1, 1, 2, 3]))
        .with_acks(random.permille(700))
        .with_creation_grace(Duration::from_millis(random.one(&[0, 300, 1_000])))
        .with_gap_margin(seconds(random, &[3, 5, 15]))
        .with_max_repeats(random.one(&[5, 10, 10]))
        .with_bytes(
            random.one(&[300, 4_096, 256 * 1024]),
            random.one(&[2_000, 20_000, 1 << 20]),
        );
    config.inactivity = match random.below(20) {
        0 => None,
        _ => Some(seconds(random, &[10, 30, 60])),
    };
    config.polling_inactivity = Some(seconds(random, &[40, 90]));
    config.polling = match random.below(4) {
        0 => None,
        _ => Some(seconds(random, &[1, 2, 5])),
    };
    config.max_pause = match random.below(3) {
        0 => None,
        _ => Some(seconds(random, &[20, 120])),
    };
    config.pause_above_maximum =
        random.one(&[PauseAboveMaximum::Terminate, PauseAboveMaximum::Shorten]);
    config.report_after = seconds(random, &[2, 5]);
    config.max_stored_responses = random.one(&[2, 5, 16]);
    config.authentication_timeout = match random.below(4) {
        0 => None,
        _ => Some(seconds(random, &[20, 60])),
    };
    config
}
