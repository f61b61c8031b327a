//! The switches and the clock.

use alloc::vec::Vec;
use core::time::Duration;

use super::{ConnectionId, Service};
use crate::code::{
    MultilineAgentControl, PeripheralId, PeripheralType, PgStatus, SystemEventId, Timestamp,
    UccxStatus,
};
use crate::message::{OpenConf, OpenPeripheral, SystemEvent};
use crate::session::Error;
use crate::version::Dialect;

/// A switch as clients are told of it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Peripheral {
    /// Its id; 1 in UCCX.
    pub id: PeripheralId,
    /// Its kind.
    pub kind: PeripheralType,
    /// Whether it can be reached.
    pub online: bool,
    /// Whether its agents control more than one line.
    pub multiline: MultilineAgentControl,
    /// What is wrong beside that, or in UCCX the state of the node. `None` derives it from
    /// `online`.
    pub pg_status: Option<PgStatus>,
}

impl Peripheral {
    /// A switch that can be reached and whose agents have one line.
    pub const fn new(id: PeripheralId, kind: PeripheralType) -> Self {
        Self {
            id,
            kind,
            online: true,
            multiline: MultilineAgentControl::SINGLE_LINE,
            pg_status: None,
        }
    }

    /// Whether it can be reached.
    #[must_use]
    pub const fn online(mut self, online: bool) -> Self {
        self.online = online;
        self
    }

    /// PGStatus, in UCCX CCXStatus.
    fn status(&self, dialect: Dialect) -> PgStatus {
        self.pg_status.unwrap_or(match (dialect, self.online) {
            (Dialect::Ucce, true) => PgStatus::NONE,
            (Dialect::Ucce, false) => PgStatus::PERIPHERAL_OFFLINE,
            (Dialect::Uccx, true) => PgStatus(UccxStatus::IN_SERVICE.0),
            (Dialect::Uccx, false) => PgStatus(UccxStatus::PARTIAL_SERVICE.0),
        })
    }
}

/// What the calendar said at some `now`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    at: Duration,
    time: Timestamp,
}

impl Clock {
    /// Starts in 1970.
    pub(super) const UNSET: Self = Self {
        at: Duration::ZERO,
        time: Timestamp(0),
    };

    pub(super) fn time(self, now: Duration) -> Timestamp {
        let passed = now.saturating_sub(self.at).as_secs();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        Timestamp(self.time.0.saturating_add(passed))
    }
}

impl Service {
    /// Says what time it is: what OPEN_CONF and SYSTEM_EVENT carry counts on from there. Without
    /// it the clock starts in 1970.
    pub fn set_clock(&mut self, now: Duration, time: Timestamp) {
        self.clock = Clock { at: now, time };
    }

    /// Adds a switch or says what became of it. Clients that watch it are told by SYSTEM_EVENT when
    /// it comes or goes.
    pub fn set_peripheral(&mut self, now: Duration, peripheral: Peripheral) {
        let id = peripheral.id;
        let event = self.system_event(now, &peripheral);
        let old = self.peripherals.insert(id, peripheral);
        let online = |peripheral: &Peripheral| peripheral.online;
        if old.as_ref().map(online) != self.peripherals.get(&id).map(online) {
            // A SYSTEM_EVENT without texts can be written in every version.
            let published = self.publish(now, event);
            debug_assert!(matches!(published, Ok(_) | Err(Error::Encode(_))));
        }
    }

    /// One event for each switch.
    pub(super) fn system_events(&self, now: Duration) -> Vec<SystemEvent> {
        let events = self.peripherals.values();
        events
            .map(|peripheral| self.system_event(now, peripheral))
            .collect()
    }

    fn system_event(&self, now: Duration, peripheral: &Peripheral) -> SystemEvent {
        let mut event = SystemEvent::new(if peripheral.online {
            SystemEventId::PERIPHERAL_ONLINE
        } else {
            SystemEventId::PERIPHERAL_OFFLINE
        });
        event.pg_status = peripheral.status(self.session.dialect);
        event.icm_central_controller_time = self.clock.time(now);
        event.system_event_arg1 = peripheral.id.0;
        event
    }

    /// Fills what OPEN_CONF says of switches and clock.
    pub(super) fn complete(
        &self,
        now: Duration,
        connection: ConnectionId,
        mut conf: OpenConf,
    ) -> OpenConf {
        conf.icm_central_controller_time = self.clock.time(now);
        let asked = self
            .parties
            .get(&connection)
            .and_then(|party| party.client.peripheral)
            .or_else(|| match self.session.dialect {
                Dialect::Ucce => None,
                Dialect::Uccx => Some(PeripheralId(1)),
            });
        if let Some(peripheral) = asked.and_then(|id| self.peripherals.get(&id)) {
            conf.pg_status = peripheral.status(self.session.dialect);
            conf.peripheral_online = peripheral.online;
            conf.peripheral_type = peripheral.kind;
        } else if asked.is_none() {
            conf.peripheral_online = self.peripherals.values().all(|known| known.online);
        }
        conf.peripherals = self.peripherals.values().map(listed).collect();
        conf.num_peripherals = u16::try_from(conf.peripherals.len()).ok();
        conf
    }
}

fn listed(peripheral: &Peripheral) -> OpenPeripheral {
    OpenPeripheral {
        id: Some(peripheral.id),
        multiline_agent_control: Some(peripheral.multiline),
    }
}
