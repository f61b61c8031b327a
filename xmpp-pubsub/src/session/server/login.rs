//! From the first header to a login: TLS and SASL. RFC 6120 §5 and §6.

use super::{Server, ServerEvent, State};
use crate::jid::Jid;
use crate::ns;
use crate::sasl::{ChannelBinding, Mechanism, Plain, SaslCondition, SaslElement};
use crate::session::{CloseReason, Error, Security, foreign_language};
use crate::stream::{
    Features, Form, Fragment, Frame, Header, StartTls, StreamCondition, StreamError,
};

#[cfg(feature = "scram")]
use crate::sasl::{self, scram};

/// Where a login stands that has a user.
#[derive(Debug)]
pub(super) enum Exchange {
    /// The host checks a password.
    Password,
    /// The host looks up keys.
    #[cfg(feature = "scram")]
    Keys(Box<scram::ScramServer>),
    /// The client has the challenge.
    #[cfg(feature = "scram")]
    Challenged(Box<scram::ScramServer>),
}

impl Exchange {
    /// Whether the host owes an answer.
    const fn waits_for_host(&self) -> bool {
        match self {
            Self::Password => true,
            #[cfg(feature = "scram")]
            Self::Keys(_) => true,
            #[cfg(feature = "scram")]
            Self::Challenged(_) => false,
        }
    }
}

impl Server {
    /// TLS is below the stream now. The client opens it anew, and nothing that was said before counts (XC-ST-05).
    /// `binding` is what is unique to the TLS connection; with it, mechanisms that are bound to the channel are offered.
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
        self.framing.restart(self.config.limits_before_login);
        self.opened = false;
        self.state = State::Opening { user: None };
        Ok(())
    }

    /// The password was right. A client that aborted its login meanwhile is refused all the same.
    ///
    /// # Errors
    ///
    /// If no password is being checked.
    pub fn authenticate_ok(&mut self) -> Result<(), Error> {
        let State::Authenticating {
            user,
            aborted,
            exchange: Exchange::Password,
        } = &self.state
        else {
            return Err(self.misuse("accept a login"));
        };
        if *aborted {
            self.refuse_login(SaslCondition::ABORTED);
            return Ok(());
        }
        let user = user.clone();
        self.accept_login(user, String::new());
        Ok(())
    }

    /// The login failed. The client may try again until its attempts are used up.
    ///
    /// # Errors
    ///
    /// If the host was not asked.
    pub fn authenticate_failed(&mut self, condition: SaslCondition) -> Result<(), Error> {
        let State::Authenticating {
            aborted, exchange, ..
        } = &self.state
        else {
            return Err(self.misuse("refuse a login"));
        };
        if !exchange.waits_for_host() {
            return Err(self.misuse("refuse a login"));
        }
        self.refuse_login(if *aborted {
            SaslCondition::ABORTED
        } else {
            condition
        });
        Ok(())
    }

    /// The keys of the user who logs in by SCRAM, of the hash that was asked for; `None` if there is no such user. He fails at
    /// the end, like somebody with a wrong password (XC-SA-09). For other reasons not to let him in there is
    /// [`authenticate_failed`](Self::authenticate_failed).
    ///
    /// # Errors
    ///
    /// If no keys were asked for, or they are of another hash.
    #[cfg(feature = "scram")]
    pub fn scram_keys(&mut self, keys: Option<scram::ScramKeys>) -> Result<(), Error> {
        let (
            State::Authenticating {
                user,
                aborted,
                exchange: exchange @ Exchange::Keys(_),
            },
            Some(policy),
        ) = (&mut self.state, &self.config.scram)
        else {
            return Err(self.misuse("give keys"));
        };
        let Exchange::Keys(scram) = &*exchange else {
            return Err(self.misuse("give keys"));
        };
        if keys
            .as_ref()
            .is_some_and(|keys| keys.hash() != scram.hash())
        {
            return Err(self.misuse("give keys of another hash"));
        }
        if *aborted {
            self.refuse_login(SaslCondition::ABORTED);
            return Ok(());
        }
        // Made in any case, so that it takes the same time.
        let nobody = scram::ScramKeys::of_nobody(scram.hash(), policy, user.as_str());
        let mut scram = scram.clone();
        let challenge = scram.challenge(keys.unwrap_or(nobody));
        *exchange = Exchange::Challenged(scram);
        let challenge = SaslElement::Challenge(sasl::encode_message(&challenge));
        self.out.element(|writer| challenge.write(writer));
        Ok(())
    }

    pub(super) fn on_open(&mut self, header: &Header) -> Result<(), Error> {
        let State::Opening { user } = &self.state else {
            // BOSH clients that lost track restart; on TCP a second header is a child of the first.
            return Err(self.fail(StreamCondition::BAD_FORMAT.into()));
        };
        let user = user.clone();
        let answer = Header {
            to: header.from.as_ref().map(Jid::bare),
            ..self.header()
        };
        self.out.open(&answer);
        self.opened = true;
        if header
            .to
            .as_ref()
            .is_some_and(|to| *to != self.config.domain)
        {
            return Err(self.fail(StreamError::new(
                StreamCondition::HOST_UNKNOWN,
                &format!("this server serves {}", self.config.domain),
            )));
        }
        if self.form != Form::Bosh && !header.is_version_1() {
            return Err(self.fail(StreamCondition::UNSUPPORTED_VERSION.into()));
        }
        self.lang = header.lang.as_deref().and_then(foreign_language);
        let features = match &user {
            Some(_) => Features {
                bind: true,
                session: true,
                ..Features::default()
            },
            None => Features {
                starttls: self.starttls(),
                mechanisms: self.offered().iter().map(ToString::to_string).collect(),
                ..Features::default()
            },
        };
        self.out.element(|writer| features.write(writer));
        self.state = match user {
            Some(user) => State::Binding { user },
            None => State::Offering,
        };
        Ok(())
    }

    pub(super) fn on_negotiation(&mut self, fragment: &Fragment) -> Result<(), Error> {
        let element = match fragment.to_element(&self.config.limits_before_login) {
            Ok(element) => element,
            Err(error) => return Err(self.fail(error.into())),
        };
        if element.is(ns::STREAM, "error") {
            self.finish(CloseReason::PeerError(StreamError::from_element(&element)));
            return Ok(());
        }
        if element.is(ns::TLS, "starttls") && self.form == Form::Tcp {
            self.on_starttls();
            return Ok(());
        }
        let Some(asked) = SaslElement::from_element(&element) else {
            // XC-ST-12.
            return Err(self.fail(StreamCondition::NOT_AUTHORIZED.into()));
        };
        match (asked, &mut self.state) {
            (SaslElement::Auth { mechanism, message }, State::Offering) => {
                self.on_auth(&mechanism, &message);
            }
            (SaslElement::Response(message), State::Started { mechanism }) => {
                let mechanism = *mechanism;
                self.on_first_message(mechanism, &message);
            }
            #[cfg(feature = "scram")]
            (
                SaslElement::Response(message),
                State::Authenticating {
                    user,
                    exchange: Exchange::Challenged(scram),
                    ..
                },
            ) => {
                let user = user.clone();
                let checked =
                    sasl::decode_message(&message).and_then(|message| scram.verify(&message));
                self.events.push_back(ServerEvent::LoginChecked {
                    user: user.clone(),
                    outcome: checked.as_ref().map(|_| ()).map_err(Clone::clone),
                });
                match checked {
                    Ok(signature) => self.accept_login(user, sasl::encode_message(&signature)),
                    Err(condition) => self.refuse_login(condition),
                }
            }
            // §6.4.4. Where the host has to answer, the failure goes out when it has.
            (
                SaslElement::Abort,
                State::Authenticating {
                    aborted: aborted @ false,
                    exchange,
                    ..
                },
            ) if exchange.waits_for_host() => *aborted = true,
            (SaslElement::Abort, State::Offering | State::Started { .. }) => {
                self.refuse_login(SaslCondition::ABORTED);
            }
            (SaslElement::Abort, State::Authenticating { exchange, .. })
                if !exchange.waits_for_host() =>
            {
                self.refuse_login(SaslCondition::ABORTED);
            }
            (_, State::Authenticating { exchange, .. }) if exchange.waits_for_host() => {
                return Err(self.fail(StreamError::new(
                    StreamCondition::POLICY_VIOLATION,
                    "one login at a time",
                )));
            }
            _ => self.refuse_login(SaslCondition::MALFORMED_REQUEST),
        }
        Ok(())
    }

    /// Whether bytes behind this part must not be read: they came in the clear, and would count as if TLS had protected
    /// them.
    pub(super) fn asks_for_tls(&self, frame: &Frame) -> bool {
        self.starttls() != StartTls::Off
            && matches!(frame, Frame::Fragment(fragment) if fragment.name().is(ns::TLS, "starttls"))
    }

    fn on_starttls(&mut self) {
        let is_offered = self.starttls() != StartTls::Off && matches!(self.state, State::Offering);
        let answer = if is_offered { "proceed" } else { "failure" };
        self.out.element(|writer| {
            writer.start(ns::TLS, answer).end();
        });
        if is_offered {
            self.state = State::Upgrading;
            self.events.push_back(ServerEvent::StartTls);
        } else {
            // §5.4.2.2: nothing follows a failure.
            self.out.close();
            self.end(CloseReason::TlsFailed);
        }
    }

    fn on_auth(&mut self, mechanism: &str, message: &str) {
        let offered = self.offered();
        let Some(mechanism) =
            Mechanism::from_name(mechanism).filter(|mechanism| offered.contains(mechanism))
        else {
            return self.refuse_login(match self.config.security {
                Security::Clear => SaslCondition::ENCRYPTION_REQUIRED,
                Security::Protected => SaslCondition::INVALID_MECHANISM,
            });
        };
        if message.is_empty() {
            // §6.4.2: the client waits to be asked.
            self.state = State::Started { mechanism };
            let challenge = SaslElement::Challenge(String::new());
            return self.out.element(|writer| challenge.write(writer));
        }
        self.on_first_message(mechanism, message);
    }

    fn on_first_message(&mut self, mechanism: Mechanism, message: &str) {
        let begun = match mechanism {
            Mechanism::Plain => self.begin_plain(message),
            #[cfg(feature = "scram")]
            Mechanism::ScramSha1
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256Plus => self.begin_scram(mechanism, message),
            #[cfg(not(feature = "scram"))]
            Mechanism::ScramSha1
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256Plus => Err(SaslCondition::INVALID_MECHANISM),
        };
        match begun {
            Ok((user, exchange, event)) => {
                self.state = State::Authenticating {
                    user,
                    aborted: false,
                    exchange,
                };
                self.events.push_back(event);
            }
            Err(condition) => self.refuse_login(condition),
        }
    }

    fn begin_plain(&self, message: &str) -> Result<(Jid, Exchange, ServerEvent), SaslCondition> {
        let credentials = Plain::decode(message)?;
        let user = credentials.identity(self.config.domain.domain())?;
        let event = ServerEvent::Authenticate {
            user: user.clone(),
            credentials,
        };
        Ok((user, Exchange::Password, event))
    }

    #[cfg(feature = "scram")]
    fn begin_scram(
        &mut self,
        mechanism: Mechanism,
        message: &str,
    ) -> Result<(Jid, Exchange, ServerEvent), SaslCondition> {
        let Some(policy) = &self.config.scram else {
            return Err(SaslCondition::INVALID_MECHANISM);
        };
        self.nonces += 1;
        let nonce = scram::server_nonce(policy.secret(), self.config.seed, self.nonces);
        let is_bound_offered = self.offered().iter().any(|offered| offered.is_bound());
        let scram = scram::ScramServer::new(
            mechanism,
            &sasl::decode_message(message)?,
            &nonce,
            self.config.channel_binding.as_ref(),
            is_bound_offered,
        )?;
        let user = sasl::identity(
            scram.authcid(),
            scram.authzid(),
            self.config.domain.domain(),
        )?;
        let event = ServerEvent::ScramKeys {
            user: user.clone(),
            hash: scram.hash(),
        };
        Ok((user, Exchange::Keys(Box::new(scram)), event))
    }

    fn accept_login(&mut self, user: Jid, message: String) {
        self.state = State::Opening { user: Some(user) };
        self.out
            .element(|writer| SaslElement::Success(message).write(writer));
        // XC-ST-05: what follows is a new stream.
        self.framing.restart(self.config.limits);
        self.opened = false;
    }

    fn refuse_login(&mut self, condition: SaslCondition) {
        self.failed_attempts += 1;
        self.state = State::Offering;
        self.out.element(|writer| {
            SaslElement::Failure {
                condition,
                text: None,
            }
            .write(writer)
        });
        if self.failed_attempts >= self.config.most_attempts() {
            self.fail(StreamError::new(
                StreamCondition::POLICY_VIOLATION,
                "too many failed logins",
            ));
        }
    }

    /// What is offered as things stand.
    fn starttls(&self) -> StartTls {
        match (self.form, self.config.security) {
            (Form::Tcp, Security::Clear) => self.config.starttls,
            (Form::Tcp | Form::WebSocket | Form::Bosh, _) => StartTls::Off,
        }
    }

    /// The mechanisms that are offered as things stand, the strongest first.
    fn offered(&self) -> Vec<Mechanism> {
        match self.starttls() {
            StartTls::Required => Vec::new(),
            StartTls::Off | StartTls::Optional => self.config.offered(),
        }
    }
}
