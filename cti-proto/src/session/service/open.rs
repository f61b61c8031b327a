//! Opening a session: who has which device, and what follows OPEN_CONF.

use alloc::vec::Vec;
use core::time::Duration;

use super::directory::{Identity, Key};
use super::{Asked, Client, ConnectionId, Event, Service};
use crate::code::{PeripheralId, ServiceMask, StatusCode};
use crate::codec::Text;
use crate::message::{Message, OpenConf, OpenReq};
use crate::session::filter::WATCHES;
use crate::session::server::Delivery;
use crate::session::{CloseReason, Error};
use crate::version::{Dialect, Version};

impl Service {
    /// Opens the session that [`Event::OpenRequested`] asked for, unless the service finds that it
    /// must not be.
    ///
    /// `conf` says what the application knows: the services it grants (those not asked for are
    /// taken out) and, of a CLIENT_EVENTS client, the agent's state, AgentID, AgentExtension and
    /// AgentInstrument. What `conf` leaves out of these three is taken from the request. The
    /// service fills in the peripherals, their state and the clock.
    ///
    /// The session is refused with 32 (8 in UCCX) if the request's agent data are not those of `conf`,
    /// with 10 if another client has the agent or device; the same client's old session is ended with 11.
    /// Returns whether the session is open.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when the connection asks for no session (any more); [`Error::Encode`] when
    /// `conf` cannot be written: nothing has happened; refuse then.
    pub fn admit(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        conf: OpenConf,
    ) -> Result<bool, Error> {
        let Some(party) = self
            .parties
            .get(&connection)
            .filter(|party| party.session.is_deciding())
        else {
            return Err(not_asking("admit"));
        };
        let client_events = party
            .client
            .asked
            .services
            .contains(ServiceMask::CLIENT_EVENTS);
        let identity = if client_events {
            match identity(&party.client, &conf) {
                Ok(identity) => identity,
                Err(status) => {
                    let status = status.in_dialect(self.session.dialect);
                    return self.refuse(now, connection, status).map(|()| false);
                }
            }
        } else {
            Identity::default()
        };
        let conf = self.complete(now, connection, conf);
        // Nobody loses a session to one that cannot be opened.
        if let Some(party) = self.parties.get(&connection) {
            party.session.prepare(now, conf.clone())?;
        }
        if let Err(status) = self.take_over(now, connection, &identity) {
            return self.refuse(now, connection, status).map(|()| false);
        }
        let Some(party) = self.parties.get_mut(&connection) else {
            return Err(not_asking("admit"));
        };
        party.session.accept(now, conf)?;
        party.client.identity = identity;
        self.settle(now, connection);
        self.enter(now, connection);
        Ok(true)
    }

    /// Refuses the session that [`Event::OpenRequested`] asked for: 36 for a wrong password, which
    /// UCCX does not have, 8 for an agent that does not exist. The status is sent as it is given.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when the connection asks for no session (any more).
    pub fn refuse(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        status: StatusCode,
    ) -> Result<(), Error> {
        let party = self.parties.get_mut(&connection);
        let party = party.ok_or_else(|| not_asking("refuse"))?;
        party.session.refuse(status)?;
        self.settle(now, connection);
        Ok(())
    }

    pub(super) fn on_open_requested(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        version: Version,
        request: OpenReq,
    ) {
        let peripheral = self.peripheral_id(request.peripheral_id);
        let client_events = request
            .services_requested
            .contains(ServiceMask::CLIENT_EVENTS);
        let unknown = client_events
            && !self.peripherals.is_empty()
            && !self.peripherals.contains_key(&peripheral);
        let Some(party) = self.parties.get_mut(&connection) else {
            return;
        };
        if unknown {
            // It asks: the session is deciding.
            let refused = party.session.refuse(StatusCode::INVALID_PERIPHERAL_ID);
            debug_assert_eq!(refused, Ok(()));
            return self.settle(now, connection);
        }
        let keep = |text: &Option<Text>| text.as_ref().map(Text::detach);
        party.client = Client {
            client_id: keep(&request.client_id).unwrap_or_default(),
            signature: keep(&request.client_signature),
            peripheral: client_events.then_some(peripheral),
            asked: Asked {
                services: request.services_requested,
                agent_id: keep(&request.agent_id),
                agent_extension: keep(&request.agent_extension),
                agent_instrument: keep(&request.agent_instrument),
            },
            identity: Identity::default(),
            config_records: request.config_msg_mask,
        };
        self.events.push_back(Event::OpenRequested {
            connection,
            version,
            request,
        });
    }

    /// The session of `connection` is over: nothing is sent to it any more.
    pub(super) fn detach(&mut self, connection: ConnectionId, reason: CloseReason) {
        let Some(party) = self.parties.get(&connection) else {
            return;
        };
        let identity = party.client.identity.clone();
        let watched =
            self.monitors.watches_sessions() || !self.directory.client_monitors.is_empty();
        let was_open = !matches!(
            reason,
            CloseReason::Refused { .. } | CloseReason::OpenTimedOut
        );
        self.directory.remove(connection, &identity);
        self.calls.remove_client(connection);
        self.teams.remove_client(connection);
        self.monitors.remove_client(connection);
        self.leave_maintenance(connection);
        if watched && was_open {
            self.tell_session_closed(connection, reason);
        }
    }

    /// UCCX has one switch and no meaning for its id.
    pub(super) fn peripheral_id(&self, id: PeripheralId) -> PeripheralId {
        match self.session.dialect {
            Dialect::Ucce => id,
            Dialect::Uccx => PeripheralId(1),
        }
    }

    /// One client has a device. GED-188, "OPEN_REQ".
    fn take_over(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        identity: &Identity,
    ) -> Result<(), StatusCode> {
        let holders = self.directory.holders(identity);
        let name = |id: &ConnectionId| self.parties.get(id).map(|party| &party.client.client_id);
        if holders
            .iter()
            .any(|holder| name(holder) != name(&connection))
        {
            return Err(StatusCode::DEVICE_IN_USE);
        }
        for holder in holders {
            self.close(now, holder, StatusCode::NEW_SESSION_OPENED);
        }
        Ok(())
    }

    /// Makes an open session part of everything, and sends what follows OPEN_CONF.
    fn enter(&mut self, now: Duration, connection: ConnectionId) {
        let Some(party) = self.parties.get(&connection) else {
            return;
        };
        let services = party.session.services();
        let identity = party.client.identity.clone();
        if services.contains(ServiceMask::ALL_EVENTS) {
            self.directory.bridges.insert(connection);
        }
        if services.intersects(WATCHES) {
            self.directory.watchers.insert(connection);
        }
        if services.contains(ServiceMask::CLIENT_MONITOR) {
            self.directory.client_monitors.insert(connection);
        }
        self.directory.insert(connection, &identity);
        if services.contains(ServiceMask::SUPERVISOR) {
            let dialect = self.session.dialect;
            self.teams.add_client(dialect, connection, &identity);
        }
        if !self.directory.client_monitors.is_empty() {
            self.tell_session_opened(connection);
            self.let_go(now);
        }
        self.show_present_state(now, connection);
    }

    /// What a session is told when it begins to be served.
    pub(super) fn show_present_state(&mut self, now: Duration, connection: ConnectionId) {
        let Some(party) = self.parties.get(&connection) else {
            return;
        };
        if party.session.is_standby() {
            return;
        }
        let services = party.session.services();
        let devices = party.client.identity.devices.clone();
        if services.contains(ServiceMask::ALL_EVENTS) {
            for event in self.system_events(now) {
                let _ = self.send_one(now, connection, &event.into());
            }
        }
        if services.contains(ServiceMask::SUPERVISOR) && self.session.dialect == Dialect::Ucce {
            self.upload_teams(now, connection);
        }
        for call in self.calls.resume(connection, &devices) {
            self.show_call(now, connection, call);
        }
    }

    /// Sends one message to one client, if it wants it and its version has it.
    ///
    /// A message that the version does not have is not for this client; a client that is too slow is
    /// told of by an event. Most callers have nothing to do about either.
    pub(super) fn send_one(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        message: &Message,
    ) -> Result<Delivery, Error> {
        let Some(party) = self.parties.get_mut(&connection) else {
            return Ok(Delivery::Filtered);
        };
        let sent = party.session.send_ref(message);
        self.settle(now, connection);
        sent
    }
}

/// Agent and devices by `conf`, where it names them, else by the request.
fn identity(client: &Client, conf: &OpenConf) -> Result<Identity, StatusCode> {
    let peripheral = client.peripheral.unwrap_or(PeripheralId::NULL);
    let agree = |asked: &Option<Text>, known: &Option<Text>| match (asked, known) {
        (Some(asked), Some(known)) if asked != known => Err(StatusCode::INCONSISTENT_AGENT_DATA),
        (_, Some(text)) | (Some(text), None) => {
            Ok(Some(Key::new(peripheral, text).detach()).filter(|key| !key.text.is_empty()))
        }
        (None, None) => Ok(None),
    };
    let asked = &client.asked;
    let extension = agree(&asked.agent_extension, &conf.agent_extension)?;
    let instrument = agree(&asked.agent_instrument, &conf.agent_instrument)?;
    let mut devices: Vec<Key> = extension.into_iter().chain(instrument).collect();
    devices.dedup();
    Ok(Identity {
        agent: agree(&asked.agent_id, &conf.agent_id)?,
        devices,
    })
}

fn not_asking(attempted: &'static str) -> Error {
    Error::Caller {
        attempted,
        state: "the connection asks for no session",
    }
}
