//! Which clients watch what.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::ConnectionId;
use crate::code::PeripheralId;
use crate::codec::Text;

/// An agent id or a device id at a switch. The text comes first: some messages name no switch.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Key {
    pub(super) text: Text,
    pub(super) peripheral: PeripheralId,
}

impl Key {
    pub(super) fn new(peripheral: PeripheralId, text: &Text) -> Self {
        Self {
            text: text.clone(),
            peripheral,
        }
    }

    /// A copy that does not keep the input of a client alive.
    pub(super) fn detach(&self) -> Self {
        Self {
            text: self.text.detach(),
            peripheral: self.peripheral,
        }
    }
}

/// Agent and devices that a CLIENT_EVENTS client stands for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Identity {
    pub(super) agent: Option<Key>,
    /// Extension and instrument.
    pub(super) devices: Vec<Key>,
}

/// Open sessions by what they watch.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// ALL_EVENTS.
    pub(super) bridges: BTreeSet<ConnectionId>,
    /// CLIENT_EVENTS or ALL_EVENTS.
    pub(super) watchers: BTreeSet<ConnectionId>,
    /// CLIENT_MONITOR.
    pub(super) client_monitors: BTreeSet<ConnectionId>,
    /// Those that asked for configuration.
    pub(super) configured: BTreeSet<ConnectionId>,
    agents: BTreeMap<Key, ConnectionId>,
    devices: BTreeMap<Key, ConnectionId>,
}

impl Directory {
    pub(super) fn insert(&mut self, connection: ConnectionId, identity: &Identity) {
        self.agents
            .extend(identity.agent.iter().map(|key| (key.clone(), connection)));
        self.devices
            .extend(identity.devices.iter().map(|key| (key.clone(), connection)));
    }

    pub(super) fn remove(&mut self, connection: ConnectionId, identity: &Identity) {
        self.bridges.remove(&connection);
        self.watchers.remove(&connection);
        self.client_monitors.remove(&connection);
        self.configured.remove(&connection);
        for (map, keys) in [
            (&mut self.agents, identity.agent.as_slice()),
            (&mut self.devices, &identity.devices[..]),
        ] {
            for key in keys {
                if map.get(key) == Some(&connection) {
                    map.remove(key);
                }
            }
        }
    }

    /// The clients that stand for any of `identity`.
    pub(super) fn holders(&self, identity: &Identity) -> BTreeSet<ConnectionId> {
        let agent = identity.agent.iter().filter_map(|key| self.agents.get(key));
        let devices = identity
            .devices
            .iter()
            .filter_map(|key| self.devices.get(key));
        agent.chain(devices).copied().collect()
    }

    pub(super) fn of_device<'a>(
        &'a self,
        key: &Key,
    ) -> impl Iterator<Item = ConnectionId> + use<'a> {
        found(&self.devices, key)
    }

    pub(super) fn of_agent<'a>(
        &'a self,
        key: &Key,
    ) -> impl Iterator<Item = ConnectionId> + use<'a> {
        found(&self.agents, key)
    }
}

/// The entry of `key`; for a message that names no switch, those of all switches.
pub(super) fn found<'a, V: Clone>(
    map: &'a BTreeMap<Key, V>,
    key: &Key,
) -> impl Iterator<Item = V> + use<'a, V> {
    let (first, last) = if key.peripheral == PeripheralId::NULL {
        (PeripheralId(0), PeripheralId::NULL)
    } else {
        (key.peripheral, key.peripheral)
    };
    let at = |peripheral| Key {
        text: key.text.clone(),
        peripheral,
    };
    map.range(at(first)..=at(last))
        .map(|(_, value)| value.clone())
}
