//! Kinds of configuration, their keys and their records.

use alloc::collections::BTreeMap;

use crate::code::ConfigMask;
use crate::codec::Blob;
use crate::message::{
    Body, ConfigAgentDeskSettingsEvent, ConfigAgentEvent, ConfigAgentServiceEvent,
    ConfigApplicationEvent, ConfigBeginEvent, ConfigCallTypeEvent, ConfigCsqEvent,
    ConfigDeviceEvent, ConfigKeyEvent, ConfigMrdEvent, ConfigPeripheralEvent, ConfigServiceEvent,
    ConfigSkillGroupEvent, ConfigTerminalEvent, Message,
};
use crate::session::ConfigKey;
use crate::version::{Dialect, Version};

/// A kind of configuration records, in the order in which UCCE uploads them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ConfigKind {
    /// Services; in UCCX applications.
    Service,
    /// Skill groups; in UCCX CSQs.
    SkillGroup,
    /// Agents.
    Agent,
    /// Services enabled for agents, UCCE since version 24.
    AgentService,
    /// Devices.
    Device,
    /// Call types, UCCE.
    CallType,
    /// Media routing domains, UCCE since version 20.
    MediaRoutingDomain,
    /// Peripherals, UCCE since version 22.
    Peripheral,
    /// Desk settings, UCCE since version 22.
    DeskSettings,
    /// Terminals, UCCE since version 24 and UCCX since 18.
    Terminal,
}

impl ConfigKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Service,
        Self::SkillGroup,
        Self::Agent,
        Self::AgentService,
        Self::Device,
        Self::CallType,
        Self::MediaRoutingDomain,
        Self::Peripheral,
        Self::DeskSettings,
        Self::Terminal,
    ];

    /// The bit of the masks; none when `version` does not have the kind.
    pub const fn mask(self, version: Version) -> ConfigMask {
        let (gate, ucce, uccx) = match self {
            Self::Service => match version.dialect() {
                Dialect::Ucce => (ConfigServiceEvent::TABLE.gate, ConfigMask::SERVICE, 1),
                Dialect::Uccx => (ConfigApplicationEvent::TABLE.gate, ConfigMask::SERVICE, 1),
            },
            Self::SkillGroup => match version.dialect() {
                Dialect::Ucce => (
                    ConfigSkillGroupEvent::TABLE.gate,
                    ConfigMask::SKILL_GROUP,
                    2,
                ),
                Dialect::Uccx => (ConfigCsqEvent::TABLE.gate, ConfigMask::SKILL_GROUP, 2),
            },
            Self::Agent => (ConfigAgentEvent::TABLE.gate, ConfigMask::AGENT, 4),
            Self::AgentService => (
                ConfigAgentServiceEvent::TABLE.gate,
                ConfigMask::AGENT_SERVICES,
                0,
            ),
            Self::Device => (ConfigDeviceEvent::TABLE.gate, ConfigMask::DEVICE, 8),
            Self::CallType => (ConfigCallTypeEvent::TABLE.gate, ConfigMask::CALL_TYPE, 0),
            Self::MediaRoutingDomain => (
                ConfigMrdEvent::TABLE.gate,
                ConfigMask::MEDIA_ROUTING_DOMAIN,
                0,
            ),
            Self::Peripheral => (ConfigPeripheralEvent::TABLE.gate, ConfigMask::PERIPHERAL, 0),
            Self::DeskSettings => (
                ConfigAgentDeskSettingsEvent::TABLE.gate,
                ConfigMask::AGENT_DESK_SETTINGS,
                0,
            ),
            Self::Terminal => (ConfigTerminalEvent::TABLE.gate, ConfigMask::TERMINAL, 0x10),
        };
        if !gate.admits(version) {
            return ConfigMask::NONE;
        }
        match version.dialect() {
            Dialect::Ucce => ucce,
            Dialect::Uccx => ConfigMask(uccx),
        }
    }

    /// The kinds that `mask` names in `version`, in order.
    pub fn of(version: Version, mask: ConfigMask) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |kind| mask.intersects(kind.mask(version)))
    }
}

/// The keys of some kinds, to be kept with the records over sessions. A key of zeros is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConfigKeys(BTreeMap<ConfigKind, ConfigKey>);

impl ConfigKeys {
    /// No key.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Sets the key of a kind. [`ConfigKey::ZERO`] takes it out.
    pub fn set(&mut self, kind: ConfigKind, key: ConfigKey) {
        if key == ConfigKey::ZERO {
            self.0.remove(&kind);
        } else {
            self.0.insert(kind, key);
        }
    }

    /// The key of a kind.
    pub fn get(&self, kind: ConfigKind) -> Option<ConfigKey> {
        self.0.get(&kind).copied()
    }

    /// All keys, in the order of the kinds.
    pub fn iter(&self) -> impl Iterator<Item = (ConfigKind, ConfigKey)> {
        self.0.iter().map(|(kind, key)| (*kind, *key))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn read(fields: [(ConfigKind, &Option<Blob>); 7]) -> Self {
        let mut keys = Self::new();
        for (kind, field) in fields {
            // A key of another length compares with nothing.
            if let Some(key) = field
                .as_ref()
                .and_then(|blob| <[u8; 8]>::try_from(&blob.0[..]).ok())
            {
                keys.set(kind, ConfigKey(key));
            }
        }
        keys
    }
}

/// The messages that tell keys have the same seven fields for them.
macro_rules! keys_of {
    ($( $event:ident, )*) => {$(
        impl From<&$event> for ConfigKeys {
            fn from(event: &$event) -> Self {
                Self::read([
                    (ConfigKind::Service, &event.service_config_key),
                    (ConfigKind::SkillGroup, &event.skill_group_config_key),
                    (ConfigKind::Agent, &event.agent_config_key),
                    (ConfigKind::Device, &event.device_config_key),
                    (ConfigKind::CallType, &event.call_type_config_key),
                    (ConfigKind::Peripheral, &event.peripheral_config_key),
                    (ConfigKind::DeskSettings, &event.agent_desk_settings_config_key),
                ])
            }
        }
    )*};
}

keys_of! {
    ConfigKeyEvent,
    ConfigBeginEvent,
}

macro_rules! records {
    ($( $(#[$meta:meta])* $variant:ident($event:ident) of $kind:ident, )*) => {
        /// One message of configuration records: one to ten of one kind.
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum ConfigRecords {
            $( $(#[$meta])* $variant($event), )*
        }

        impl ConfigRecords {
            /// What the records are of.
            pub const fn kind(&self) -> ConfigKind {
                match self {
                    $( Self::$variant(_) => ConfigKind::$kind, )*
                }
            }

            /// How many records there are.
            pub fn len(&self) -> usize {
                match self {
                    $( Self::$variant(event) => event.records.len(), )*
                }
            }

            /// Whether there is no record.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether `message` holds records.
            pub(super) const fn are_in(message: &Message) -> bool {
                matches!(message, $( Message::$event(_) )|*)
            }

            /// The records in `message`, if it holds some.
            pub(super) fn read(message: Message) -> Option<Self> {
                match message {
                    $( Message::$event(event) => Some(Self::$variant(event)), )*
                    _ => None,
                }
            }
        }
    };
}

records! {
    /// Services (UCCE).
    Services(ConfigServiceEvent) of Service,
    /// Applications (UCCX).
    Applications(ConfigApplicationEvent) of Service,
    /// Skill groups (UCCE).
    SkillGroups(ConfigSkillGroupEvent) of SkillGroup,
    /// CSQs (UCCX).
    Csqs(ConfigCsqEvent) of SkillGroup,
    /// Agents.
    Agents(ConfigAgentEvent) of Agent,
    /// Services enabled for agents.
    AgentServices(ConfigAgentServiceEvent) of AgentService,
    /// Devices.
    Devices(ConfigDeviceEvent) of Device,
    /// Call types.
    CallTypes(ConfigCallTypeEvent) of CallType,
    /// Media routing domains.
    MediaRoutingDomains(ConfigMrdEvent) of MediaRoutingDomain,
    /// Peripherals.
    Peripherals(ConfigPeripheralEvent) of Peripheral,
    /// Desk settings.
    DeskSettings(ConfigAgentDeskSettingsEvent) of DeskSettings,
    /// Terminals.
    Terminals(ConfigTerminalEvent) of Terminal,
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn bits(version: Version) -> Vec<u32> {
        ConfigKind::ALL
            .into_iter()
            .map(|kind| kind.mask(version).0)
            .collect()
    }

    /// GED-188, "ConfigInformationMask"; in the order service, skill group, agent, agent service,
    /// device, call type, media routing domain, peripheral, desk settings, terminal.
    #[test]
    fn the_bits_of_a_kind_depend_on_dialect_and_version() {
        assert_eq!(
            bits(Version::ucce(25)),
            [1, 2, 4, 0x200, 8, 0x10, 0x20, 0x40, 0x80, 0x100]
        );
        assert_eq!(
            bits(Version::ucce(20)),
            [1, 2, 4, 0, 8, 0x10, 0x20, 0, 0, 0]
        );
        assert_eq!(bits(Version::uccx(18)), [1, 2, 4, 0, 8, 0, 0, 0, 0, 0x10]);
        assert_eq!(bits(Version::uccx(17)), [1, 2, 4, 0, 8, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_mask_names_kinds_in_the_order_of_the_upload() {
        let mask = ConfigMask(0x14);
        let kinds = |version| ConfigKind::of(version, mask).collect::<Vec<_>>();
        assert_eq!(
            kinds(Version::ucce(25)),
            [ConfigKind::Agent, ConfigKind::CallType]
        );
        assert_eq!(
            kinds(Version::uccx(18)),
            [ConfigKind::Agent, ConfigKind::Terminal]
        );
    }
}
