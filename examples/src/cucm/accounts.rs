//! Who may sign in, and with which password.

use std::{collections::HashMap, fmt};

use ring::hmac;
use soap_axl::Credentials;

use crate::seed::{AxlRole, Password, Seed};

/// Passwords of end users and application users as keyed hashes.
pub(super) struct Accounts {
    /// Random; dies with the process.
    key: hmac::Key,
    end_users: HashMap<String, hmac::Tag>,
    applications: HashMap<String, (hmac::Tag, AxlRole)>,
    /// Compared with when a name is not known, so that time does not tell.
    nobody: hmac::Tag,
}

impl Accounts {
    /// Takes over the passwords of the seed; `random` makes the key.
    pub(super) fn new(seed: &Seed, random: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, random);
        let tag = |password: &Password| hmac::sign(&key, password.expose().as_bytes());
        let agents = seed
            .agents
            .iter()
            .map(|user| (&user.login_id, &user.password));
        let administrators = seed
            .administrators
            .iter()
            .map(|user| (&user.login_id, &user.password));
        let end_users = agents
            .chain(administrators)
            .map(|(name, password)| (name.clone(), tag(password)))
            .collect();
        let applications = seed
            .application_users
            .iter()
            .map(|user| (user.name.clone(), (tag(&user.password), user.role)))
            .collect();
        let nobody = hmac::sign(&key, random);
        Self {
            key,
            end_users,
            applications,
            nobody,
        }
    }

    /// Whether this is the password of this end user.
    pub(super) fn is_end_user(&self, userid: &str, password: &str) -> bool {
        self.verify(self.end_users.get(userid), password)
    }

    /// The AXL role of an application user whose password this is.
    pub(super) fn role(&self, credentials: &Credentials) -> Option<AxlRole> {
        let found = self.applications.get(credentials.user());
        let right = self.verify(found.map(|(tag, _)| tag), credentials.password().expose());
        found.filter(|_| right).map(|(_, role)| *role)
    }

    fn verify(&self, tag: Option<&hmac::Tag>, password: &str) -> bool {
        let against = tag.unwrap_or(&self.nobody);
        let same = hmac::verify(&self.key, password.as_bytes(), against.as_ref()).is_ok();
        same && tag.is_some()
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts::new(&Seed::default(), &[3; 32])
    }

    #[test]
    fn end_users_and_application_users_are_kept_apart() {
        let accounts = accounts();
        assert!(accounts.is_end_user("1001001", "ccx-1001001"));
        assert!(accounts.is_end_user("admin", "ccx-admin"));
        assert!(!accounts.is_end_user("1001001", "ccx-1001002"));
        assert!(!accounts.is_end_user("axladmin", "ccx-axladmin"));
        let role =
            |user: &str, password: &str| accounts.role(&Credentials::new(user, password).unwrap());
        assert_eq!(role("axladmin", "ccx-axladmin"), Some(AxlRole::Full));
        assert_eq!(role("noaxl", "ccx-noaxl"), Some(AxlRole::None));
        assert_eq!(role("axladmin", "wrong"), None);
        assert_eq!(role("1001001", "ccx-1001001"), None);
    }

    #[test]
    fn an_unknown_name_has_no_password() {
        let accounts = Accounts::new(&Seed::default(), &[b'x'; 32]);
        assert!(!accounts.is_end_user("nobody", &"x".repeat(32)));
        assert!(!accounts.is_end_user("nobody", ""));
    }
}
