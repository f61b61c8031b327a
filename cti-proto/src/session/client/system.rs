//! What SYSTEM_EVENT and OPEN_CONF tell of the server, its switches and their telephones.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::code::{MultilineAgentControl, PeripheralId, PgStatus, SystemEventId, Timestamp};
use crate::codec::Text;
use crate::message::{OpenConf, SystemEvent};
use crate::session::client::Event;
use crate::version::{Dialect, Version};

/// Whether something can be reached.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Availability {
    /// The server did not tell yet.
    #[default]
    Unknown,
    /// It can.
    Online,
    /// It cannot.
    Offline,
}

/// What changed in [`System`]; follows the message that brought it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SystemChange {
    /// A switch.
    Peripheral {
        /// The switch.
        id: PeripheralId,
        /// Whether it is on-line now.
        availability: Availability,
    },
    /// The peripheral gateway. Once it is off-line all peripherals are, without a change of their
    /// own.
    Gateway(Availability),
    /// The central controller.
    CentralController(Availability),
    /// The CTI server, as told by software between it and the client.
    Server(Availability),
    /// A telephone went out of service or came back.
    Instrument {
        /// The switch it belongs to.
        peripheral_id: PeripheralId,
        /// The telephone.
        instrument: Text,
        /// Whether it is in service now.
        availability: Availability,
    },
}

/// State of the contact centre behind a session.
///
/// An all-events client is told of each peripheral after OPEN_CONF (GED-188, "Session rules" 5), a
/// client-events client of its own in OPEN_CONF. Changes come as [`Event::System`].
#[derive(Debug)]
pub struct System {
    dialect: Dialect,
    /// Most telephones.
    max: usize,
    peripherals: BTreeMap<PeripheralId, Peripheral>,
    out_of_service: BTreeSet<(PeripheralId, Text)>,
    gateway: Availability,
    central_controller: Availability,
    server: Availability,
    status: PgStatus,
    time: Option<Timestamp>,
    complete: bool,
}

/// What is known of a switch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Peripheral {
    /// Whether it is on-line.
    pub availability: Availability,
    /// Whether its agents control several lines; OPEN_CONF tells since version 14.
    pub multiline_agent_control: Option<MultilineAgentControl>,
}

impl System {
    pub(super) fn new(version: Version, max: usize) -> Self {
        Self {
            dialect: version.dialect(),
            max,
            peripherals: BTreeMap::new(),
            out_of_service: BTreeSet::new(),
            gateway: Availability::Unknown,
            central_controller: Availability::Unknown,
            server: Availability::Unknown,
            status: PgStatus::NONE,
            time: None,
            complete: true,
        }
    }

    /// The switches the server told of, by id.
    pub fn peripherals(&self) -> impl Iterator<Item = (PeripheralId, Peripheral)> {
        self.peripherals.iter().map(|(id, known)| (*id, *known))
    }

    /// One switch.
    pub fn peripheral(&self, id: PeripheralId) -> Option<Peripheral> {
        self.peripherals.get(&id).copied()
    }

    /// Whether a switch is on-line.
    pub fn is_online(&self, id: PeripheralId) -> bool {
        self.peripheral(id)
            .is_some_and(|known| known.availability == Availability::Online)
    }

    /// The telephones that are out of service.
    pub fn out_of_service(&self) -> impl Iterator<Item = (PeripheralId, &Text)> {
        self.out_of_service
            .iter()
            .map(|(peripheral_id, instrument)| (*peripheral_id, instrument))
    }

    /// The peripheral gateway.
    pub const fn gateway(&self) -> Availability {
        self.gateway
    }

    /// The central controller.
    pub const fn central_controller(&self) -> Availability {
        self.central_controller
    }

    /// The CTI server, as told by software between it and the client.
    pub const fn server(&self) -> Availability {
        self.server
    }

    /// What is down, as the last message told; in UCCX a [`UccxStatus`](crate::code::UccxStatus).
    pub const fn status(&self) -> PgStatus {
        self.status
    }

    /// Clock of the central controller in the last message.
    pub const fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// Whether all that was told is held: `false` after more than 1,024 peripherals, or more
    /// telephones than [`Config::max_tracked`](crate::session::client::Config::max_tracked).
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// `own` is the switch the client named in OPEN_REQ.
    pub(super) fn on_open(
        &mut self,
        own: PeripheralId,
        conf: &OpenConf,
        changes: &mut VecDeque<Event>,
    ) {
        self.status = conf.pg_status;
        self.time = Some(conf.icm_central_controller_time);
        for listed in &conf.peripherals {
            if let Some(id) = listed.id
                && let Some(known) = self.known(id)
            {
                known.multiline_agent_control = listed.multiline_agent_control;
            }
        }
        if own != PeripheralId::NULL {
            let availability = if conf.peripheral_online {
                Availability::Online
            } else {
                Availability::Offline
            };
            self.set_peripheral(own, availability, changes);
        }
    }

    pub(super) fn on_event(&mut self, event: &SystemEvent, changes: &mut VecDeque<Event>) {
        self.status = event.pg_status;
        self.time = Some(event.icm_central_controller_time);
        let id = self.peripheral_of(event);
        let (place, availability, change): (_, _, fn(Availability) -> SystemChange) =
            match event.system_event_id {
                SystemEventId::PERIPHERAL_ONLINE => {
                    let gateway = &mut self.gateway;
                    set(
                        gateway,
                        Availability::Online,
                        SystemChange::Gateway,
                        changes,
                    );
                    return self.set_peripheral(id, Availability::Online, changes);
                }
                SystemEventId::PERIPHERAL_OFFLINE => {
                    return self.set_peripheral(id, Availability::Offline, changes);
                }
                SystemEventId::INSTRUMENT_OUT_OF_SERVICE => {
                    return self.set_instrument(id, event, Availability::Offline, changes);
                }
                SystemEventId::INSTRUMENT_BACK_IN_SERVICE => {
                    return self.set_instrument(id, event, Availability::Online, changes);
                }
                SystemEventId::PERIPHERAL_GATEWAY_OFFLINE => {
                    for known in self.peripherals.values_mut() {
                        known.availability = Availability::Offline;
                    }
                    let change = SystemChange::Gateway;
                    (&mut self.gateway, Availability::Offline, change)
                }
                SystemEventId::CENTRAL_CONTROLLER_ONLINE => (
                    &mut self.central_controller,
                    Availability::Online,
                    SystemChange::CentralController,
                ),
                SystemEventId::CENTRAL_CONTROLLER_OFFLINE => (
                    &mut self.central_controller,
                    Availability::Offline,
                    SystemChange::CentralController,
                ),
                SystemEventId::CTI_SERVER_ONLINE => {
                    (&mut self.server, Availability::Online, SystemChange::Server)
                }
                SystemEventId::CTI_SERVER_OFFLINE => (
                    &mut self.server,
                    Availability::Offline,
                    SystemChange::Server,
                ),
                _ => return,
            };
        set(place, availability, change, changes);
    }

    /// SystemEventArg1 names the switch. UCCX has one, which is 1.
    fn peripheral_of(&self, event: &SystemEvent) -> PeripheralId {
        PeripheralId(match self.dialect {
            Dialect::Ucce => event.system_event_arg1,
            Dialect::Uccx => 1,
        })
    }

    fn set_peripheral(
        &mut self,
        id: PeripheralId,
        availability: Availability,
        changes: &mut VecDeque<Event>,
    ) {
        if let Some(known) = self.known(id) {
            let change = |availability| SystemChange::Peripheral { id, availability };
            set(&mut known.availability, availability, change, changes);
        }
    }

    /// UCCX names the telephone in EventDeviceID, UCCE in Text.
    fn set_instrument(
        &mut self,
        peripheral_id: PeripheralId,
        event: &SystemEvent,
        availability: Availability,
        changes: &mut VecDeque<Event>,
    ) {
        let named = event.event_device_id.as_ref().or(event.text.as_ref());
        let Some(instrument) = named.map(Text::detach) else {
            return;
        };
        let place = (peripheral_id, instrument.clone());
        let changed = if availability == Availability::Online {
            self.out_of_service.remove(&place)
        } else if self.out_of_service.len() < self.max {
            self.out_of_service.insert(place)
        } else {
            self.complete &= self.out_of_service.contains(&place);
            false
        };
        if changed {
            changes.push_back(Event::System(SystemChange::Instrument {
                peripheral_id,
                instrument,
                availability,
            }));
        }
    }

    /// The place of a switch, made if there is room.
    fn known(&mut self, id: PeripheralId) -> Option<&mut Peripheral> {
        if self.peripherals.len() >= MAX_PERIPHERALS && !self.peripherals.contains_key(&id) {
            self.complete = false;
            return None;
        }
        Some(self.peripherals.entry(id).or_default())
    }
}

fn set(
    place: &mut Availability,
    availability: Availability,
    change: impl Fn(Availability) -> SystemChange,
    changes: &mut VecDeque<Event>,
) {
    if *place != availability {
        *place = availability;
        changes.push_back(Event::System(change(availability)));
    }
}

/// Most peripherals; a peripheral gateway has a handful.
const MAX_PERIPHERALS: usize = 1_024;
