//! What the application asks of an open session.

use core::time::Duration;

use crate::code::{InvokeId, ServiceMask};
use crate::message::{Confirmed, Message, Pair, Request, Role, TeamConfigReq};
use crate::session::Error;
use crate::session::client::pending::Waiting;
use crate::session::client::{Answer, Client, ConfigUpload, Event, Failure, Handle};
use crate::version::Dialect;

impl Client {
    /// Sends a request under a new InvokeID and returns the handle by which its [`Event::Answer`] is
    /// known. The InvokeID in `request` is replaced.
    ///
    /// # Errors
    ///
    /// The session is not open, too many requests wait, `request` is a [`Message`] that asks for
    /// nothing or that the session sends itself, or cannot be written. The session goes on.
    pub fn request<R: Request>(&mut self, now: Duration, request: R) -> Result<Handle<R>, Error> {
        self.request_within(now, request, self.config.request_timeout)
    }

    /// Like [`Client::request`], with a deadline of its own.
    ///
    /// # Errors
    ///
    /// As for [`Client::request`].
    pub fn request_within<R: Request>(
        &mut self,
        now: Duration,
        request: R,
        timeout: Duration,
    ) -> Result<Handle<R>, Error> {
        self.ask(now, request.into(), timeout).map(Handle::new)
    }

    /// Asks for all teams of the supervisor (UCCX, which does not tell them unasked). They come as
    /// [`Event::Message`] and [`Event::Team`]; the answer tells that all are there. The deadline
    /// counts from the last team. GED-188, "TEAM_CONFIG_REQ".
    ///
    /// # Errors
    ///
    /// As for [`Client::request`]; [`Error::Caller`] without
    /// [`ServiceMask::SUPERVISOR`] granted, [`Error::Encode`] in UCCE.
    pub fn request_teams(&mut self, now: Duration) -> Result<Handle<TeamConfigReq>, Error> {
        if self.is_open() && !self.granted.contains(ServiceMask::SUPERVISOR) {
            return Err(self.caller_error("ask for teams without the service of supervisors"));
        }
        let request = TeamConfigReq::with(|request| request.config_param = ALL_TEAMS);
        let handle = self.request(now, request)?;
        self.team_request = Some(handle.invoke_id());
        self.teams.clear();
        Ok(handle)
    }

    /// Uploads configuration records as one operation: compares keys if some are known, asks for the
    /// kinds that changed, and counts what comes. Records come as `Uploaded` of
    /// [`ConfigEvent`](crate::session::client::ConfigEvent), the end as `Done` or `Failed`. From then on
    /// the server tells of changes, which come as `Changed`. GED-188, "Configuration messages".
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when the session is not open, an upload runs already, or, in UCCX,
    /// [`ServiceMask::CONFIG_EVENTS`] is not granted; [`Error::Encode`] when the version has no such
    /// messages. The session goes on.
    pub fn upload(&mut self, now: Duration, mut upload: ConfigUpload) -> Result<(), Error> {
        if !self.is_open() {
            return Err(self.caller_error("upload configuration"));
        }
        if self.uploads.is_running() {
            let state = "uploading configuration";
            return Err(Error::Caller {
                attempted: "upload configuration",
                state,
            });
        }
        if self.version().dialect() == Dialect::Uccx
            && !self.granted.contains(ServiceMask::CONFIG_EVENTS)
        {
            return Err(self.caller_error("upload configuration without the service for it"));
        }
        upload
            .peripheral_id
            .get_or_insert(self.config.peripheral_id);
        self.put(&self.uploads.opening(&upload))?;
        self.uploads.begin(now, upload, &mut self.events);
        Ok(())
    }

    /// Sends a message that has no answer of its own: CONFIG_REQUEST_EVENT and its like, or the
    /// confirmation of a service that this client offers.
    ///
    /// # Errors
    ///
    /// The session is not open, `message` is a request or cannot be written. The session goes on.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if !self.is_open() {
            return Err(self.caller_error("send a message"));
        }
        if message
            .table()
            .is_some_and(|table| table.role == Role::Request)
        {
            let message_type = message.message_type();
            return Err(Error::WrongRole {
                message_type,
                wanted: "event",
            });
        }
        self.put(&message)
    }

    fn ask(
        &mut self,
        now: Duration,
        mut message: Message,
        timeout: Duration,
    ) -> Result<InvokeId, Error> {
        let request = message.message_type();
        if !self.is_open() {
            return Err(self.caller_error("send a request"));
        }
        let pair = message
            .table()
            .and_then(|table| Pair::of(table.number))
            .ok_or(Error::WrongRole {
                message_type: request,
                wanted: "request",
            })?;
        if pair.confirmed == Confirmed::BySession {
            return Err(self.caller_error("send a request of the session itself"));
        }
        if self.pending.len() >= self.config.max_requests {
            return Err(Error::TooManyRequests {
                max: self.config.max_requests,
            });
        }
        let invoke_id = self.allocate();
        message.set_invoke_id(invoke_id);
        self.put(&message)?;
        if pair.confirmed == Confirmed::UnlessIgnored
            && self.granted.contains(ServiceMask::IGNORE_CONF)
        {
            self.events.push_back(Event::Answer(Answer {
                invoke_id,
                request,
                result: Err(Failure::Unconfirmed),
            }));
        } else {
            let waiting = Waiting {
                request,
                confirmation: pair.confirmation.number,
                deadline: now.saturating_add(timeout),
            };
            self.pending.insert(invoke_id, waiting);
        }
        Ok(invoke_id)
    }
}

/// ConfigParam of TEAM_CONFIG_REQ: all teams now, and changes from then on.
const ALL_TEAMS: u16 = 1;
