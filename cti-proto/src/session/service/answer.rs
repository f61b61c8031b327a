//! Answers of the application.

use core::time::Duration;

use super::{ConnectionId, Service};
use crate::code::{ControlFailureCode, InvokeId, PeripheralErrorCode, StatusCode};
use crate::message::Message;
use crate::session::Error;
use crate::session::server::Server;

impl Service {
    /// Confirms a request. The InvokeID of `confirmation` is set. A client with the service
    /// IGNORE_CONF is not sent confirmations of third-party control. A client that does not keep up is
    /// let go, which an event tells.
    ///
    /// # Errors
    ///
    /// [`Error::NotWaiting`] when no such request waits, for one because its session ended
    /// meanwhile; [`Error::WrongRole`] when `confirmation` is none; [`Error::Encode`] when it
    /// cannot be written: the request waits on.
    pub fn answer(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        confirmation: impl Into<Message>,
    ) -> Result<(), Error> {
        self.respond(now, connection, invoke_id, |session| {
            session.answer(invoke_id, confirmation)
        })
    }

    /// Refuses a request on the protocol level: FAILURE_CONF.
    ///
    /// # Errors
    ///
    /// As for [`Service::answer`].
    pub fn fail(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        status: StatusCode,
    ) -> Result<(), Error> {
        self.respond(now, connection, invoke_id, |session| {
            session.fail(invoke_id, status)
        })
    }

    /// Refuses a request on behalf of the switch: CONTROL_FAILURE_CONF.
    ///
    /// # Errors
    ///
    /// As for [`Service::answer`].
    pub fn fail_control(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        failure_code: ControlFailureCode,
        peripheral_error_code: PeripheralErrorCode,
    ) -> Result<(), Error> {
        self.respond(now, connection, invoke_id, |session| {
            session.fail_control(invoke_id, failure_code, peripheral_error_code)
        })
    }

    fn respond(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        respond: impl FnOnce(&mut Server) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let party = self.parties.get_mut(&connection);
        let Some(party) = party.filter(|party| party.session.is_open()) else {
            return Err(Error::NotWaiting { invoke_id });
        };
        let result = respond(&mut party.session);
        self.settle(now, connection);
        match result {
            Err(Error::SlowPeer { .. }) => Ok(()),
            other => other,
        }
    }
}
