//! Whether a client goes where the server sends it (XEP-0124 §17.2, §19.1).

use super::super::{ClientEvent, RedirectRefused};
use super::{Client, ClientConfig};
use crate::rid::Rid;

impl Client {
    /// How to go on where the server has sent the client: the same settings with that URI and one
    /// redirect fewer. `None` unless [`ClientEvent::SeeOtherUri`] came. The new session needs a
    /// request id of its own, as random as the first.
    #[must_use]
    pub fn redirected(&self, first_rid: Rid) -> Option<ClientConfig> {
        let uri = self.redirect.clone()?;
        let fresh = ClientConfig::new(self.config.to.clone(), first_rid);
        Some(ClientConfig {
            uri: Some(uri),
            redirects: self.config.redirects.saturating_sub(1),
            first_rid: fresh.first_rid,
            seed: fresh.seed,
            ..self.config.clone()
        })
    }

    pub(super) fn on_redirect(&mut self, uri: String) {
        let event = match self.judge(&uri) {
            Ok(()) => {
                self.redirect = Some(uri.clone());
                ClientEvent::SeeOtherUri(uri)
            }
            Err(reason) => ClientEvent::RedirectRefused { uri, reason },
        };
        self.events.push_back(event);
    }

    fn judge(&self, uri: &str) -> Result<(), RedirectRefused> {
        let legal = uri.len() <= MAX_URI && uri.bytes().all(|b| matches!(b, b'!'..=b'~'));
        let secure = scheme(uri).filter(|_| legal);
        let Some(secure) = secure else {
            return Err(RedirectRefused::NoHttp);
        };
        let was_insecure = self.config.uri.as_deref().and_then(scheme) == Some(false);
        if !secure && !was_insecure {
            return Err(RedirectRefused::Insecure);
        }
        if self.config.redirects == 0 {
            return Err(RedirectRefused::TooMany);
        }
        Ok(())
    }
}

/// Whether a URI is https; `None` if it is not http either or names no host.
fn scheme(uri: &str) -> Option<bool> {
    let (scheme, rest) = uri.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    if host.is_empty() {
        return None;
    }
    if scheme.eq_ignore_ascii_case("https") {
        return Some(true);
    }
    scheme.eq_ignore_ascii_case("http").then_some(false)
}

/// Longest URI that is followed: what HTTP software commonly takes.
const MAX_URI: usize = 2048;
