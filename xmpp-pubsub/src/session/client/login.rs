//! From features to a login: TLS and SASL. RFC 6120 §5 and §6.

use super::{Client, ClientEvent, Login, State};
use crate::ns;
use crate::sasl::{ChannelBinding, Mechanism, Plain, SaslElement};
use crate::session::{CloseReason, Error, Security, bind_payload};
use crate::stream::{Features, Form, Frame, StartTls, StreamCondition, StreamError};

#[cfg(feature = "scram")]
use crate::sasl::{self, ScramError, ScramHash, scram};

/// Where a login stands.
#[derive(Debug)]
pub(super) enum Exchange {
    /// Name and password went out.
    Plain,
    /// The server owes the challenge.
    #[cfg(feature = "scram")]
    Begun(Box<scram::ScramClient>),
    /// The proof went out; the server owes its own.
    #[cfg(feature = "scram")]
    Proved(Box<scram::ScramClient>),
    /// Both have proved it; the server owes its word.
    #[cfg(feature = "scram")]
    Verified,
}

impl Client {
    /// TLS is below the stream now, and the server is who it should be. The stream opens anew, and nothing that was said
    /// before counts (XC-ST-05). `binding` is what is unique to the TLS connection.
    ///
    /// # Errors
    ///
    /// If no TLS was asked for.
    pub fn tls_ok(&mut self, binding: Option<ChannelBinding>) -> Result<(), Error> {
        let State::Upgrading = self.state else {
            return Err(self.misuse("go on over TLS"));
        };
        self.config.security = Security::Protected;
        self.config.channel_binding = binding;
        self.framing.restart(self.config.limits);
        self.open_stream(Login::Needed);
        Ok(())
    }

    /// Whether bytes behind this part must not be read: they came in the clear, and would count as if TLS had protected
    /// them.
    pub(super) fn begins_tls(&self, frame: &Frame) -> bool {
        matches!(self.state, State::TlsAsked)
            && matches!(frame, Frame::Fragment(fragment) if fragment.name().is(ns::TLS, "proceed"))
    }

    pub(super) fn on_proceed(&mut self) {
        self.state = State::Upgrading;
        self.events.push_back(ClientEvent::StartTls);
    }

    pub(super) fn on_features(&mut self, features: &Features, login: Login) {
        match login {
            Login::Needed if self.must_start_tls(features) => {
                self.out.element(|writer| {
                    writer.start(ns::TLS, "starttls").end();
                });
                self.state = State::TlsAsked;
            }
            Login::Needed => self.log_in(features),
            Login::Done => {
                let resource = self
                    .config
                    .jid
                    .resource()
                    .map(|resource| ("resource", resource));
                let payload = bind_payload(resource);
                if let Some(request) = self.request(payload) {
                    self.state = State::Bind {
                        request,
                        session: features.session,
                    };
                }
            }
        }
    }

    fn must_start_tls(&self, features: &Features) -> bool {
        self.form == Form::Tcp
            && self.config.security == Security::Clear
            && self.config.starttls != StartTls::Off
            && features.starttls != StartTls::Off
    }

    fn log_in(&mut self, features: &Features) {
        let in_clear = self.form == Form::Tcp && self.config.security == Security::Clear;
        if in_clear && self.config.starttls == StartTls::Required {
            self.out.close();
            return self.end(CloseReason::TlsFailed);
        }
        let offered = features.mechanisms.iter();
        let offered: Vec<_> = offered
            .filter_map(|name| Mechanism::from_name(name))
            .collect();
        let best = offered.iter().copied().filter(|mechanism| {
            mechanism.is_built()
                && *mechanism >= self.config.weakest
                && !(mechanism.reveals_password() && self.config.security == Security::Clear)
                && !(mechanism.is_bound() && self.config.channel_binding.is_none())
        });
        let Some(mechanism) = best.max() else {
            self.out.close();
            return self.end(CloseReason::Unsupported("mechanism that is strong enough"));
        };
        let begun = match mechanism {
            Mechanism::Plain => Ok(self.begin_plain()),
            #[cfg(feature = "scram")]
            Mechanism::ScramSha1
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256Plus => self.begin_scram(mechanism),
            #[cfg(not(feature = "scram"))]
            Mechanism::ScramSha1
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256Plus => Err(CloseReason::Unsupported("mechanism")),
        };
        match begun {
            Ok((message, exchange)) => {
                let auth = SaslElement::Auth {
                    mechanism: mechanism.to_string(),
                    message,
                };
                self.out.element(|writer| auth.write(writer));
                self.state = State::Auth { exchange };
            }
            Err(reason) => {
                self.out.close();
                self.end(reason);
            }
        }
    }

    fn begin_plain(&self) -> (String, Exchange) {
        let plain = Plain {
            authzid: None,
            authcid: self.config.jid.local().unwrap_or_default().to_owned(),
            password: self.config.password.clone(),
        };
        (plain.encode(), Exchange::Plain)
    }

    #[cfg(feature = "scram")]
    fn begin_scram(&self, mechanism: Mechanism) -> Result<(String, Exchange), CloseReason> {
        let hash = ScramHash::of(mechanism).ok_or(CloseReason::Unsupported("mechanism"))?;
        // Data of the channel and no bound mechanism on offer: perhaps somebody took it out (RFC 5802 §6).
        let binding = match &self.config.channel_binding {
            Some(channel) if mechanism.is_bound() => scram::Binding::Used(channel.clone()),
            Some(_) => scram::Binding::NotOffered,
            None => scram::Binding::None,
        };
        let scram = scram::ScramClient::new(
            hash,
            self.config.jid.local().unwrap_or_default(),
            &self.config.password,
            &scram::client_nonce(self.config.seed),
            binding,
            self.config.iterations.clone(),
        )
        .map_err(CloseReason::GivenUp)?;
        let first = sasl::encode_message(&scram.first());
        Ok((first, Exchange::Begun(Box::new(scram))))
    }

    /// Takes what the server says while a login is on its way.
    pub(super) fn on_sasl(&mut self, element: SaslElement) -> Result<(), Error> {
        let State::Auth { exchange } = &mut self.state else {
            return Ok(());
        };
        match (element, exchange) {
            (SaslElement::Failure { condition, .. }, _) => {
                self.out.close();
                self.end(CloseReason::Refused(condition));
            }
            (SaslElement::Success(_), Exchange::Plain) => self.on_success(),
            #[cfg(feature = "scram")]
            (SaslElement::Success(_), Exchange::Verified) => self.on_success(),
            #[cfg(feature = "scram")]
            (SaslElement::Success(text), Exchange::Proved(scram)) => {
                match verify(scram, &text) {
                    Ok(()) => self.on_success(),
                    // No abort: the server thinks that all is done.
                    Err(error) => {
                        self.out.close();
                        self.end(CloseReason::GivenUp(error));
                    }
                }
            }
            #[cfg(feature = "scram")]
            (SaslElement::Challenge(text), Exchange::Begun(scram)) => {
                let proof = sasl::decode_message(&text)
                    .map_err(|_| ScramError::Malformed)
                    .and_then(|challenge| scram.proof(&challenge));
                match proof {
                    Ok(proof) => {
                        let scram = scram.clone();
                        let response = SaslElement::Response(sasl::encode_message(&proof));
                        self.out.element(|writer| response.write(writer));
                        self.state = State::Auth {
                            exchange: Exchange::Proved(scram),
                        };
                    }
                    Err(error) => self.abort(error),
                }
            }
            // Not all servers put their proof into the success.
            #[cfg(feature = "scram")]
            (SaslElement::Challenge(text), Exchange::Proved(scram)) => match verify(scram, &text) {
                Ok(()) => {
                    let response = SaslElement::Response(String::new());
                    self.out.element(|writer| response.write(writer));
                    self.state = State::Auth {
                        exchange: Exchange::Verified,
                    };
                }
                Err(error) => self.abort(error),
            },
            // A success that comes before the server has proved anything is none.
            #[cfg(feature = "scram")]
            (SaslElement::Success(_), Exchange::Begun(_)) => {
                self.out.close();
                self.end(CloseReason::GivenUp(ScramError::Signature));
            }
            _ => {
                return Err(self.fail(StreamError::new(
                    StreamCondition::POLICY_VIOLATION,
                    "this is no part of the login",
                )));
            }
        }
        Ok(())
    }

    fn on_success(&mut self) {
        self.framing.restart(self.config.limits);
        if self.form == Form::Bosh {
            self.events.push_back(ClientEvent::Restart);
        }
        self.open_stream(Login::Done);
    }

    /// §6.4.4. What the server answers makes no difference any more.
    #[cfg(feature = "scram")]
    fn abort(&mut self, error: ScramError) {
        self.out.element(|writer| SaslElement::Abort.write(writer));
        self.out.close();
        self.end(CloseReason::GivenUp(error));
    }
}

#[cfg(feature = "scram")]
fn verify(scram: &scram::ScramClient, text: &str) -> Result<(), ScramError> {
    let message = sasl::decode_message(text).map_err(|_| ScramError::Malformed)?;
    scram.verify(&message)
}
