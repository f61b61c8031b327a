//! Who may log in.

use std::sync::Arc;

use xmpp_pubsub::{
    Jid,
    sasl::{Plain, SaslCondition},
};

use crate::{
    realm::{Realm, Verdict},
    seed::Password,
    server::StartError,
    settings::Settings,
};

/// Checks names and passwords. Clones share one memory.
#[derive(Clone, Debug)]
pub(super) struct Login {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    secret: Password,
    realm: Realm,
}

impl Login {
    /// The web service logs in with `secret`, everybody else with the password that CUCM knows.
    ///
    /// # Errors
    ///
    /// CUCM's certificate cannot be checked for lack of our own authority.
    pub(super) fn new(settings: &Settings, secret: Password) -> Result<Self, StartError> {
        let realm = Realm::new(settings)?;
        Ok(Self {
            shared: Arc::new(Shared { secret, realm }),
        })
    }

    /// Whether these are the credentials of `user`.
    pub(super) async fn check(&self, user: &Jid, credentials: &Plain) -> Result<(), SaslCondition> {
        let name = user.local().unwrap_or_default();
        if name == WEB_SERVICE {
            let right = credentials.password.matches(self.shared.secret.expose());
            return if right {
                Ok(())
            } else {
                Err(SaslCondition::NOT_AUTHORIZED)
            };
        }
        match self
            .shared
            .realm
            .check(name, credentials.password.reveal())
            .await
        {
            Ok(Verdict::Accepted) => Ok(()),
            Ok(Verdict::Refused) => Err(SaslCondition::NOT_AUTHORIZED),
            Ok(Verdict::Locked { left }) => {
                tracing::info!(%user, ?left, "login of a locked user");
                Err(SaslCondition::NOT_AUTHORIZED)
            }
            Err(error) => {
                tracing::warn!(%user, %error, "a login cannot be checked");
                Err(SaslCondition::TEMPORARY_AUTH_FAILURE)
            }
        }
    }
}

/// Name of the web service as an XMPP user; it is no user of CUCM.
pub(super) const WEB_SERVICE: &str = "finesse";

/// Name of the file in the data folder that holds its secret.
pub(super) const SECRET_FILE: &str = "finesse.secret";
