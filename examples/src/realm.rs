//! Checks a login with CUCM: one AXL `doAuthenticateUser` behind a short memory.
//!
//! The web service and the notification service hold one [`Realm`] each. A right password is
//! remembered for a minute, as a keyed hash under a key that dies with the process, so that a page
//! that sends credentials with each request does not cost an AXL call each. Wrong passwords are
//! counted by user: after five the user is locked for five minutes, whoever asks.

mod ledger;
mod transport;

use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc, time::Duration};

use parking::lock;
use soap_axl::{Credentials, axl};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use self::{
    ledger::{Ledger, Look},
    transport::Transport,
};
use crate::{
    driver::Clock,
    seed::{AxlRole, Seed},
    server::StartError,
    settings::Settings,
    tls,
};

pub use self::transport::TransportError;

/// Asks CUCM whether a password is right. Clones share connections and memory.
#[derive(Clone)]
pub struct Realm {
    shared: Arc<Shared>,
}

struct Shared {
    client: axl::Client,
    transport: Transport,
    limits: RealmLimits,
    clock: Clock,
    ledger: std::sync::Mutex<Ledger>,
    /// One check at a time for each user: the second finds what the first has learnt, and wrong
    /// passwords cannot be tried side by side.
    turns: std::sync::Mutex<BTreeMap<String, Arc<AsyncMutex<()>>>>,
    /// Checks at CUCM at one time.
    places: Semaphore,
}

/// What a realm remembers and for how long.
#[derive(Clone, Copy, Debug)]
pub struct RealmLimits {
    /// The longest a check takes, waiting included.
    pub timeout: Duration,
    /// Checks at CUCM at one time.
    pub concurrent: usize,
    /// How long a right password is remembered.
    pub remember: Duration,
    /// Wrong passwords in a row after which a user is locked.
    pub wrong_passwords: u32,
    /// How long a lock lasts; a row of wrong passwords is forgotten after the same time.
    pub lock: Duration,
    /// Users remembered.
    pub users: usize,
}

impl Default for RealmLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            // CUCM answers authentications slowly; more at a time only queue up there.
            concurrent: 8,
            remember: Duration::from_secs(60),
            wrong_passwords: 5,
            lock: Duration::from_secs(300),
            users: 4096,
        }
    }
}

/// What CUCM says of a login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// User and password are right.
    Accepted,
    /// They are not.
    Refused,
    /// Too many wrong passwords; even the right one is not looked at now.
    Locked {
        /// How long the lock still lasts.
        left: Duration,
    },
}

/// Why there is no verdict. Nobody may be let in, and nobody should be told that the password was
/// wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RealmError {
    /// CUCM is not reached.
    #[error("cannot reach AXL on {address}: {source}")]
    Unreachable {
        /// Where it should be.
        address: SocketAddr,
        /// What went wrong on the way.
        source: TransportError,
    },
    /// CUCM did not answer in time.
    #[error("AXL did not answer within {0:?}")]
    Timeout(Duration),
    /// CUCM does not take the application user that this server signs in with.
    #[error("AXL refuses the application user of the seed (status {status})")]
    ApplicationUser {
        /// 401 or 403.
        status: u16,
    },
    /// CUCM answered something else than expected.
    #[error("AXL: {0}")]
    Axl(axl::AxlCallError),
}

impl Realm {
    /// A realm that asks the AXL of these settings, as the first application user of the seed that
    /// may read.
    ///
    /// # Errors
    ///
    /// The local authority cannot be read, or the system gives no random bytes.
    pub fn new(settings: &Settings) -> Result<Self, StartError> {
        Self::with_limits(settings, RealmLimits::default())
    }

    /// As [`Realm::new`], with limits of the caller's.
    ///
    /// # Errors
    ///
    /// The local authority cannot be read, or the system gives no random bytes.
    pub fn with_limits(settings: &Settings, limits: RealmLimits) -> Result<Self, StartError> {
        let mut config = axl::ClientConfig::new(axl::Version::V14_0);
        if let Some(credentials) = application_user(&settings.seed) {
            config = config.with_credentials(credentials);
        }
        let transport = Transport::new(settings.cucm.axl, tls::client_config(settings)?);
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| StartError::Tls(error.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                client: axl::Client::new(config),
                transport,
                limits,
                clock: Clock::start(),
                ledger: std::sync::Mutex::new(Ledger::new(limits, &seed)),
                turns: std::sync::Mutex::default(),
                places: Semaphore::new(limits.concurrent),
            }),
        })
    }

    /// Whether this is the password of this end user.
    ///
    /// # Errors
    ///
    /// There is no verdict: CUCM is not reached, does not answer, or does not understand.
    pub async fn check(&self, user: &str, password: &str) -> Result<Verdict, RealmError> {
        let fits = |text: &str| !text.is_empty() && text.len() <= MAX_TEXT;
        if !fits(user) || !fits(password) {
            return Ok(Verdict::Refused);
        }
        let shared = &self.shared;
        let limit = shared.limits.timeout;
        match tokio::time::timeout(limit, shared.check(user, password)).await {
            Ok(result) => result,
            Err(_) => Err(RealmError::Timeout(limit)),
        }
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realm")
            .field("address", &self.shared.transport.address())
            .finish()
    }
}

impl Shared {
    async fn check(&self, user: &str, password: &str) -> Result<Verdict, RealmError> {
        if let Some(verdict) = self.remembered(user, password) {
            return Ok(verdict);
        }
        let turn = Turn::take(self, user);
        let _mine = turn.lock.lock().await;
        if let Some(verdict) = self.remembered(user, password) {
            return Ok(verdict);
        }
        // The semaphore is never closed, so a place always comes.
        let _place = self.places.acquire().await.ok();
        let right = self.ask(user, password).await?;
        let now = self.clock.now();
        Ok(lock(&self.ledger).record(now, user, password, right))
    }

    fn remembered(&self, user: &str, password: &str) -> Option<Verdict> {
        match lock(&self.ledger).look(self.clock.now(), user, password) {
            Look::Accepted => Some(Verdict::Accepted),
            Look::Locked { left } => Some(Verdict::Locked { left }),
            Look::Ask => None,
        }
    }

    async fn ask(&self, user: &str, password: &str) -> Result<bool, RealmError> {
        let call = self
            .client
            .call(&axl::DoAuthenticateUser::password(user, password));
        let unreachable = |source| RealmError::Unreachable {
            address: self.transport.address(),
            source,
        };
        let answer = self.transport.call(call).await.map_err(unreachable)?;
        match answer {
            Ok(reply) => Ok(reply.user_authenticated),
            Err(axl::AxlCallError::Operation { error, .. })
                if error.code == axl::AxlCode::NOT_FOUND =>
            {
                Ok(false)
            }
            Err(axl::AxlCallError::Call(soap_axl::CallError::Status(refusal)))
                if matches!(refusal.status, 401 | 403) =>
            {
                Err(RealmError::ApplicationUser {
                    status: refusal.status,
                })
            }
            Err(error) => Err(RealmError::Axl(error)),
        }
    }
}

/// A user's turn; the last one to leave takes the entry out of the map.
struct Turn<'a> {
    shared: &'a Shared,
    user: String,
    lock: Arc<AsyncMutex<()>>,
}

impl<'a> Turn<'a> {
    fn take(shared: &'a Shared, user: &str) -> Self {
        let lock = Arc::clone(lock(&shared.turns).entry(user.to_owned()).or_default());
        Self {
            shared,
            user: user.to_owned(),
            lock,
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = lock(&self.shared.turns);
        // The map's and ours.
        if Arc::strong_count(&self.lock) <= 2 {
            turns.remove(&self.user);
        }
    }
}

/// The least that suffices: an application user that may read, else one that may write too.
fn application_user(seed: &Seed) -> Option<Credentials> {
    let with_role = |role| {
        seed.application_users
            .iter()
            .find(move |user| user.role == role)
    };
    let user = with_role(AxlRole::ReadOnly).or_else(|| with_role(AxlRole::Full))?;
    Credentials::new(user.name.as_str(), user.password.expose()).ok()
}

mod parking {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// What is behind our mutexes is whole after every statement, so that a panic elsewhere does
    /// not spoil it.
    pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longest user name or password that is asked about, in bytes. CUCM's end at 128 characters.
const MAX_TEXT: usize = 512;
