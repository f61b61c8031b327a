//! Answers of the application.

use core::time::Duration;

use super::{ConnectionId, Service};
use crate::code::{ControlFailureCode, InvokeId, PeripheralErrorCode, StatusCode};
use crate::message::{ControlFailureConf, FailureConf, Message};
use crate::session::Error;

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
        let party = self.parties.get_mut(&connection);
        let Some(party) = party.filter(|party| party.session.is_open()) else {
            return Err(Error::NotWaiting { invoke_id });
        };
        let result = party.session.answer(invoke_id, confirmation);
        self.settle(now, connection);
        match result {
            Err(Error::SlowPeer { .. }) => Ok(()),
            other => other,
        }
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
        let failure = FailureConf::with(|failure| failure.status = status);
        self.answer(now, connection, invoke_id, failure)
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
        let failure = ControlFailureConf::with(|failure| {
            failure.failure_code = failure_code;
            failure.peripheral_error_code = peripheral_error_code;
        });
        self.answer(now, connection, invoke_id, failure)
    }
}
