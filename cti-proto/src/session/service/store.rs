//! The configuration that clients can upload.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::code::{ConfigEndStatus, ConfigMask, ConfigType};
use crate::error::EncodeError;
use crate::message::{
    AgentRecord, AgentServiceRecord, ApplicationRecord, CallTypeRecord,
    ConfigAgentDeskSettingsEvent, ConfigAgentEvent, ConfigAgentServiceEvent,
    ConfigApplicationEvent, ConfigBeginEvent, ConfigCallTypeEvent, ConfigCsqEvent,
    ConfigDeviceEvent, ConfigEndEvent, ConfigKeyEvent, ConfigMrdEvent, ConfigPeripheralEvent,
    ConfigServiceEvent, ConfigSkillGroupEvent, ConfigTerminalEvent, CsqRecord, DeskSettingsRecord,
    DeviceRecord, Message, MrdRecord, PeripheralRecord, ServiceRecord, SkillGroupRecord,
    TerminalRecord,
};
use crate::session::ConfigKey;
use crate::version::{Dialect, Version};

macro_rules! config_sections {
    ($($(#[$meta:meta])* $kind:ident($record:ty) = $event:ident;)*) => {
        /// All records of one kind.
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub enum ConfigSection {
            $( $(#[$meta])* $kind(Vec<$record>), )*
        }

        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        enum Kind {
            $( $kind, )*
        }

        impl ConfigSection {
            /// How many.
            pub fn len(&self) -> usize {
                match self {
                    $( Self::$kind(records) => records.len(), )*
                }
            }

            const fn kind(&self) -> Kind {
                match self {
                    $( Self::$kind(_) => Kind::$kind, )*
                }
            }

            /// The message with the records of `range`.
            fn message(&self, range: Range<usize>) -> Message {
                match self {
                    $( Self::$kind(records) => $event::with(|event| {
                        event.records = records.get(range).unwrap_or_default().to_vec();
                    })
                    .into(), )*
                }
            }
        }
    };
}

config_sections! {
    /// Services of UCCE.
    Services(ServiceRecord) = ConfigServiceEvent;
    /// Applications of UCCX.
    Applications(ApplicationRecord) = ConfigApplicationEvent;
    /// Skill groups of UCCE.
    SkillGroups(SkillGroupRecord) = ConfigSkillGroupEvent;
    /// CSQs of UCCX.
    Csqs(CsqRecord) = ConfigCsqEvent;
    /// Agents.
    Agents(AgentRecord) = ConfigAgentEvent;
    /// Services enabled for agents, from UCCE 24 on.
    AgentServices(AgentServiceRecord) = ConfigAgentServiceEvent;
    /// Devices.
    Devices(DeviceRecord) = ConfigDeviceEvent;
    /// Call types of UCCE.
    CallTypes(CallTypeRecord) = ConfigCallTypeEvent;
    /// Media routing domains, from UCCE 20 on.
    MediaRoutingDomains(MrdRecord) = ConfigMrdEvent;
    /// Peripherals, from UCCE 22 on.
    Peripherals(PeripheralRecord) = ConfigPeripheralEvent;
    /// Desk settings, from UCCE 22 on.
    DeskSettings(DeskSettingsRecord) = ConfigAgentDeskSettingsEvent;
    /// Terminals, from UCCE 24 and UCCX 18 on.
    Terminals(TerminalRecord) = ConfigTerminalEvent;
}

impl ConfigSection {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind's bit in ConfigMsgMask; `None` if the dialect does not have it.
    pub const fn mask(&self, dialect: Dialect) -> Option<ConfigMask> {
        self.kind().mask(dialect)
    }
}

impl Kind {
    /// GED-188, "CONFIG_REQUEST_EVENT": the order of an upload. Terminals have no place in the
    /// list of UCCE and come last.
    const UCCE: [Self; 10] = [
        Self::Services,
        Self::SkillGroups,
        Self::Agents,
        Self::AgentServices,
        Self::Devices,
        Self::CallTypes,
        Self::MediaRoutingDomains,
        Self::Peripherals,
        Self::DeskSettings,
        Self::Terminals,
    ];

    const UCCX: [Self; 5] = [
        Self::Applications,
        Self::Csqs,
        Self::Agents,
        Self::Devices,
        Self::Terminals,
    ];

    const fn in_order(dialect: Dialect) -> &'static [Self] {
        match dialect {
            Dialect::Ucce => &Self::UCCE,
            Dialect::Uccx => &Self::UCCX,
        }
    }

    const fn mask(self, dialect: Dialect) -> Option<ConfigMask> {
        match (self, dialect) {
            (Self::Services, Dialect::Ucce) | (Self::Applications, Dialect::Uccx) => {
                Some(ConfigMask::SERVICE)
            }
            (Self::SkillGroups, Dialect::Ucce) | (Self::Csqs, Dialect::Uccx) => {
                Some(ConfigMask::SKILL_GROUP)
            }
            (Self::Agents, _) => Some(ConfigMask::AGENT),
            (Self::Devices, _) => Some(ConfigMask::DEVICE),
            (Self::CallTypes, Dialect::Ucce) | (Self::Terminals, Dialect::Uccx) => {
                Some(ConfigMask::CALL_TYPE)
            }
            (Self::MediaRoutingDomains, Dialect::Ucce) => Some(ConfigMask::MEDIA_ROUTING_DOMAIN),
            (Self::Peripherals, Dialect::Ucce) => Some(ConfigMask::PERIPHERAL),
            (Self::DeskSettings, Dialect::Ucce) => Some(ConfigMask::AGENT_DESK_SETTINGS),
            (Self::Terminals, Dialect::Ucce) => Some(ConfigMask::TERMINAL),
            (Self::AgentServices, Dialect::Ucce) => Some(ConfigMask::AGENT_SERVICES),
            (
                Self::Services
                | Self::SkillGroups
                | Self::CallTypes
                | Self::MediaRoutingDomains
                | Self::Peripherals
                | Self::DeskSettings
                | Self::AgentServices,
                Dialect::Uccx,
            )
            | (Self::Applications | Self::Csqs, Dialect::Ucce) => None,
        }
    }
}

/// What clients can upload: for each kind its key and records.
#[derive(Clone, Debug, Default)]
pub struct ConfigStore {
    sections: BTreeMap<Kind, Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    key: ConfigKey,
    records: ConfigSection,
    /// Whole uploads, as they were sent before.
    encoded: Vec<(Version, Arc<[Bytes]>)>,
}

impl ConfigStore {
    /// A store without records.
    pub const fn new() -> Self {
        Self {
            sections: BTreeMap::new(),
        }
    }

    /// Sets the records of a kind; RecordType is usually ADD. [`ConfigKey::ZERO`] says that the kind
    /// has no key, and that clients must upload it each time.
    pub fn set(&mut self, key: ConfigKey, records: ConfigSection) {
        let section = Stored {
            key,
            records,
            encoded: Vec::new(),
        };
        self.sections.insert(section.records.kind(), section);
    }

    /// The kinds that the store has for a dialect.
    pub fn mask(&self, dialect: Dialect) -> ConfigMask {
        let kinds = self.sections.keys().filter_map(|kind| kind.mask(dialect));
        kinds.fold(ConfigMask::NONE, ConfigMask::with)
    }

    /// The upload of the kinds in `wanted`, in the order of the dialect: CONFIG_BEGIN_EVENT,
    /// records, CONFIG_END_EVENT of each. A kind without records is told of as empty.
    pub(super) fn upload(&mut self, version: Version, wanted: ConfigMask) -> Vec<Arc<[Bytes]>> {
        let dialect = version.dialect();
        Kind::in_order(dialect)
            .iter()
            .filter_map(|kind| {
                let mask = kind.mask(dialect).filter(|mask| wanted.contains(*mask))?;
                Some(match self.sections.get_mut(kind) {
                    Some(section) => section.upload(version, mask),
                    None => Arc::from(wrapped(
                        version,
                        ConfigType::SOLICITED,
                        mask,
                        ConfigKey::ZERO,
                        None,
                    )),
                })
            })
            .collect()
    }

    /// CONFIG_KEY_EVENT.
    pub(super) fn keys(&self) -> ConfigKeyEvent {
        use crate::code::ConfigKeyStatus;
        let known = self
            .sections
            .values()
            .any(|section| section.key != ConfigKey::ZERO);
        ConfigKeyEvent::with(|event| {
            event.status = if known {
                ConfigKeyStatus::SUCCESS
            } else {
                ConfigKeyStatus::NO_KEY_SUPPORT
            };
            for (kind, section) in self.sections.iter().filter(|_| known) {
                let key = Some(section.key.into());
                match kind {
                    Kind::Services | Kind::Applications => event.service_config_key = key,
                    Kind::SkillGroups | Kind::Csqs => event.skill_group_config_key = key,
                    Kind::Agents => event.agent_config_key = key,
                    Kind::Devices => event.device_config_key = key,
                    Kind::CallTypes => event.call_type_config_key = key,
                    Kind::Peripherals => event.peripheral_config_key = key,
                    Kind::DeskSettings => event.agent_desk_settings_config_key = key,
                    Kind::AgentServices | Kind::MediaRoutingDomains | Kind::Terminals => {}
                }
            }
        })
    }
}

impl Stored {
    fn upload(&mut self, version: Version, mask: ConfigMask) -> Arc<[Bytes]> {
        if let Some((_, encoded)) = self.encoded.iter().find(|(known, _)| *known == version) {
            return Arc::clone(encoded);
        }
        let solicited = ConfigType::SOLICITED;
        let messages = wrapped(version, solicited, mask, self.key, Some(&self.records));
        let encoded: Arc<[Bytes]> = Arc::from(messages);
        self.encoded.push((version, Arc::clone(&encoded)));
        encoded
    }
}

/// CONFIG_BEGIN_EVENT, the records, CONFIG_END_EVENT.
pub(super) fn wrapped(
    version: Version,
    config_type: ConfigType,
    mask: ConfigMask,
    key: ConfigKey,
    records: Option<&ConfigSection>,
) -> Vec<Bytes> {
    let mut begin = ConfigBeginEvent::new(config_type, mask);
    if key != ConfigKey::ZERO {
        let key = Some(key.into());
        match mask {
            ConfigMask::SERVICE => begin.service_config_key = key,
            ConfigMask::SKILL_GROUP => begin.skill_group_config_key = key,
            ConfigMask::AGENT => begin.agent_config_key = key,
            ConfigMask::DEVICE => begin.device_config_key = key,
            ConfigMask::CALL_TYPE => begin.call_type_config_key = key,
            ConfigMask::PERIPHERAL => begin.peripheral_config_key = key,
            ConfigMask::AGENT_DESK_SETTINGS => begin.agent_desk_settings_config_key = key,
            _ => {}
        }
    }
    let mut out = Vec::new();
    out.extend(encoded(version, &begin.into()).ok());
    let end = ConfigEndEvent::new(match records.filter(|records| !records.is_empty()) {
        None => ConfigEndStatus::EMPTY,
        Some(records) => put_records(version, records, &mut out),
    });
    out.extend(encoded(version, &end.into()).ok());
    out
}

/// One to ten records a message, and no more than fit into it.
fn put_records(version: Version, records: &ConfigSection, out: &mut Vec<Bytes>) -> ConfigEndStatus {
    let mut status = ConfigEndStatus::SUCCESS;
    let mut at = 0;
    let mut size = RECORDS_PER_MESSAGE;
    while at < records.len() {
        let end = records.len().min(at + size);
        match encoded(version, &records.message(at..end)) {
            Ok(message) => {
                out.push(message);
                at = end;
                size = RECORDS_PER_MESSAGE;
            }
            Err(EncodeError::NotInVersion { .. }) => return ConfigEndStatus::NO_SERVICE_PROVIDER,
            Err(_) if size > 1 => size /= 2,
            Err(_) => {
                // A record that this version cannot hold is left out, which the end tells.
                status = ConfigEndStatus::PARTIAL;
                at += 1;
                size = RECORDS_PER_MESSAGE;
            }
        }
    }
    status
}

pub(super) fn encoded(version: Version, message: &Message) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::new();
    message.encode(version, &mut out)?;
    Ok(out.freeze())
}

/// GED-188, "Configuration Events": one to ten.
const RECORDS_PER_MESSAGE: usize = 10;
