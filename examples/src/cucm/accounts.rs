//! Who may sign in, and with which password.
//!
//! Passwords of the seed are kept in memory, as keyed hashes. One that AXL sets goes before that
//! of the seed; it is stored as a slow hash with salt, so that a database that is kept holds no
//! password, and so is the news that a user has none any more.

use std::{
    collections::HashMap,
    fmt,
    num::NonZeroU32,
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use ring::{
    hmac, pbkdf2,
    rand::{SecureRandom as _, SystemRandom},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use soap_axl::{
    Credentials,
    axl::{AxlCode, AxlError},
};

use super::{
    dictionary::SecretKind,
    directory::{NewSecret, pkid, refused},
};
use crate::seed::{AxlRole, Seed};

/// Users, and what their passwords are compared with.
pub(super) struct Accounts {
    /// Random; dies with the process.
    key: hmac::Key,
    /// Compared with when a name is not known, so that time does not tell.
    nobody: hmac::Tag,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// By name: key of the user.
    end_users: HashMap<String, String>,
    /// Users with their AXL access, by name.
    roles: HashMap<String, (String, AxlRole)>,
    /// What secrets are, of those that are known in this process.
    tags: HashMap<(String, SecretKind), hmac::Tag>,
    /// What the database holds of them; `None` for a user who has none.
    stored: HashMap<(String, SecretKind), Option<Stored>>,
}

#[derive(Clone)]
struct Stored {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl Accounts {
    /// Takes over the passwords of the seed and the users of the directory; `random` makes the key.
    pub(super) fn new(
        seed: &Seed,
        connection: &Connection,
        random: &[u8],
    ) -> rusqlite::Result<Self> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, random);
        let agents = seed
            .agents
            .iter()
            .map(|user| ("enduser", &user.login_id, &user.password));
        let administrators = seed
            .administrators
            .iter()
            .map(|user| ("enduser", &user.login_id, &user.password));
        let applications = seed
            .application_users
            .iter()
            .map(|user| ("applicationuser", &user.name, &user.password));
        let tags = agents
            .chain(administrators)
            .chain(applications)
            .map(|(table, name, password)| {
                let tag = hmac::sign(&key, password.expose().as_bytes());
                ((pkid(table, name), SecretKind::Password), tag)
            })
            .collect();
        let accounts = Self {
            nobody: hmac::sign(&key, random),
            key,
            known: RwLock::new(Known {
                tags,
                ..Known::default()
            }),
        };
        accounts.load_secrets(connection)?;
        accounts.load_users(connection)?;
        Ok(accounts)
    }

    /// Whether this is the secret of this end user.
    pub(super) fn is_end_user(&self, userid: &str, kind: SecretKind, secret: &str) -> bool {
        let pkid = self.read().end_users.get(userid).cloned();
        self.verify(pkid, kind, secret)
    }

    /// The AXL access of a user whose password this is.
    pub(super) fn role(&self, credentials: &Credentials) -> Option<AxlRole> {
        let found = self.read().roles.get(credentials.user()).cloned();
        let (pkid, role) = found.unzip();
        let right = self.verify(pkid, SecretKind::Password, credentials.password().expose());
        role.filter(|_| right)
    }

    /// Stores secrets that an operation set, inside its transaction.
    pub(super) fn store(connection: &Connection, secrets: &[NewSecret]) -> Result<(), AxlError> {
        for NewSecret {
            owner,
            kind,
            secret,
        } in secrets
        {
            let stored = match secret {
                Some(secret) => {
                    let mut salt = [0; 16];
                    SystemRandom::new().fill(&mut salt).map_err(|_| {
                        AxlError::new(AxlCode::GENERAL, "the system gives no random bytes")
                    })?;
                    let mut hash = [0; 32];
                    pbkdf2::derive(
                        ALGORITHM,
                        ROUNDS,
                        &salt,
                        secret.expose().as_bytes(),
                        &mut hash,
                    );
                    Some((salt, hash))
                }
                None => None,
            };
            let (salt, hash) = stored.unzip();
            connection
                .prepare_cached("insert or replace into credential values (?1, ?2, ?3, ?4)")
                .and_then(|mut statement| {
                    statement.execute(params![owner, kind.number(), salt, hash])
                })
                .map_err(refused)?;
        }
        Ok(())
    }

    /// Takes in secrets that were stored, once that is for good.
    pub(super) fn learn(
        &self,
        connection: &Connection,
        secrets: &[NewSecret],
    ) -> rusqlite::Result<()> {
        for secret in secrets {
            let place = (secret.owner.clone(), secret.kind);
            let stored = load_secret(connection, &secret.owner, secret.kind)?;
            let mut known = self.write();
            known.tags.remove(&place);
            if let Some(secret) = &secret.secret {
                let tag = hmac::sign(&self.key, secret.expose().as_bytes());
                known.tags.insert(place.clone(), tag);
            }
            known.stored.insert(place, stored);
        }
        Ok(())
    }

    /// Reads who there is, and who has which role.
    pub(super) fn load_users(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut end_users = HashMap::new();
        let mut statement = connection.prepare_cached("select userid, pkid from enduser")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            end_users.insert(row.get(0)?, row.get(1)?);
        }
        let mut roles: HashMap<String, (String, AxlRole)> = end_users
            .iter()
            .map(|(name, pkid): (&String, &String)| (name.clone(), (pkid.clone(), AxlRole::None)))
            .collect();
        // Application users come last: they go before an end user of the same name.
        for sql in [END_USERS_WITH_ROLES, APPLICATION_USERS] {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let role = match row.get::<_, Option<i64>>(2)? {
                    Some(2) => AxlRole::Full,
                    Some(1) => AxlRole::ReadOnly,
                    _ => AxlRole::None,
                };
                roles.insert(row.get(0)?, (row.get(1)?, role));
            }
        }
        let mut known = self.write();
        known.end_users = end_users;
        known.roles = roles;
        Ok(())
    }

    /// Reads what the database holds of secrets; those of the seed that it goes before are
    /// forgotten.
    fn load_secrets(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut known = self.write();
        for kind in [SecretKind::Password, SecretKind::Pin] {
            let mut statement =
                connection.prepare("select owner from credential where kind = ?1")?;
            let owners = statement.query_map([kind.number()], |row| row.get::<_, String>(0))?;
            for owner in owners {
                let owner = owner?;
                let stored = load_secret(connection, &owner, kind)?;
                known.tags.remove(&(owner.clone(), kind));
                known.stored.insert((owner, kind), stored);
            }
        }
        Ok(())
    }

    fn verify(&self, pkid: Option<String>, kind: SecretKind, secret: &str) -> bool {
        let place = (pkid.unwrap_or_default(), kind);
        let (tag, stored) = {
            let known = self.read();
            let stored = known.stored.get(&place).cloned().flatten();
            (known.tags.get(&place).copied(), stored)
        };
        if let (None, Some(Stored { salt, hash })) = (&tag, stored) {
            let right = pbkdf2::verify(ALGORITHM, ROUNDS, &salt, secret.as_bytes(), &hash).is_ok();
            if right {
                // The next time it is fast.
                let tag = hmac::sign(&self.key, secret.as_bytes());
                self.write().tags.insert(place, tag);
            }
            return right;
        }
        let against = tag.unwrap_or(self.nobody);
        let same = hmac::verify(&self.key, secret.as_bytes(), against.as_ref()).is_ok();
        same && tag.is_some()
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

/// What is stored of a user's secret.
fn load_secret(
    connection: &Connection,
    owner: &str,
    kind: SecretKind,
) -> rusqlite::Result<Option<Stored>> {
    let stored = connection
        .query_row(
            "select salt, hash from credential where owner = ?1 and kind = ?2",
            params![owner, kind.number()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(match stored {
        Some((Some(salt), Some(hash))) => Some(Stored { salt, hash }),
        _ => None,
    })
}

static ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
/// Some milliseconds for each guess at a database that was taken away; more would hold up whoever
/// adds users by the thousand.
const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// 2 for read and write, 1 for read, null for none; the best of all groups.
const APPLICATION_USERS: &str = "select u.name, u.pkid, max(case r.name \
    when 'Standard AXL API Access' then 2 when 'Standard AXL Read Only API Access' then 1 end) \
    from applicationuser u left join applicationuserdirgroupmap m on m.fkapplicationuser = u.pkid \
    left join functionroledirgroupmap f on f.fkdirgroup = m.fkdirgroup \
    left join functionrole r on r.pkid = f.fkfunctionrole group by u.pkid";

const END_USERS_WITH_ROLES: &str = "select u.userid, u.pkid, max(case r.name \
    when 'Standard AXL API Access' then 2 else 1 end) from functionrole r \
    join functionroledirgroupmap f on f.fkfunctionrole = r.pkid \
    join enduserdirgroupmap m on m.fkdirgroup = f.fkdirgroup \
    join enduser u on u.pkid = m.fkenduser where r.name in \
    ('Standard AXL API Access', 'Standard AXL Read Only API Access') group by u.pkid";

#[cfg(test)]
mod tests {
    use soap_axl::Secret;

    use super::{super::directory::Directory, *};

    fn directory() -> Directory {
        Directory::open(None, &Seed::default()).unwrap()
    }

    fn accounts(directory: &Directory, random: u8) -> Accounts {
        Accounts::new(&Seed::default(), directory.connection(), &[random; 32]).unwrap()
    }

    fn is_user(accounts: &Accounts, userid: &str, password: &str) -> bool {
        accounts.is_end_user(userid, SecretKind::Password, password)
    }

    #[test]
    fn end_users_and_application_users_are_kept_apart() {
        let accounts = accounts(&directory(), 3);
        assert!(is_user(&accounts, "1001001", "ccx-1001001"));
        assert!(is_user(&accounts, "admin", "ccx-admin"));
        assert!(!is_user(&accounts, "1001001", "ccx-1001002"));
        assert!(!is_user(&accounts, "axladmin", "ccx-axladmin"));
        assert!(!accounts.is_end_user("1001001", SecretKind::Pin, "ccx-1001001"));
        let role =
            |user: &str, password: &str| accounts.role(&Credentials::new(user, password).unwrap());
        assert_eq!(role("axladmin", "ccx-axladmin"), Some(AxlRole::Full));
        assert_eq!(role("axlreader", "ccx-axlreader"), Some(AxlRole::ReadOnly));
        assert_eq!(role("noaxl", "ccx-noaxl"), Some(AxlRole::None));
        assert_eq!(role("axladmin", "wrong"), None);
        assert_eq!(role("1001001", "ccx-1001001"), Some(AxlRole::None));
        assert_eq!(role("1001001", "wrong"), None);
    }

    #[test]
    fn an_unknown_name_has_no_password() {
        let accounts = accounts(&directory(), b'x');
        assert!(!is_user(&accounts, "nobody", &"x".repeat(32)));
        assert!(!is_user(&accounts, "nobody", ""));
    }

    #[test]
    fn a_secret_that_is_set_goes_before_that_of_the_seed_and_is_known_to_the_next_process() {
        let mut directory = directory();
        let first = accounts(&directory, 1);
        let set = |directory: &mut Directory, secret: Option<&str>| {
            let secrets = [NewSecret {
                owner: pkid("enduser", "1001001"),
                kind: SecretKind::Password,
                secret: secret.map(Secret::new),
            }];
            directory.write(|t| Accounts::store(t, &secrets)).unwrap();
            first.learn(directory.connection(), &secrets).unwrap();
        };
        set(&mut directory, Some("other"));
        for accounts in [&first, &accounts(&directory, 2)] {
            // Twice: the second time it is compared with another hash.
            assert!(is_user(accounts, "1001001", "other"));
            assert!(is_user(accounts, "1001001", "other"));
            assert!(!is_user(accounts, "1001001", "ccx-1001001"));
        }
        set(&mut directory, None);
        for accounts in [&first, &accounts(&directory, 3)] {
            assert!(!is_user(accounts, "1001001", "other"));
            assert!(!is_user(accounts, "1001001", "ccx-1001001"));
            assert!(!is_user(accounts, "1001001", ""));
        }
    }
}
