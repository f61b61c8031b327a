//! Which bits of a mask came when.

use crate::code::{CallEventMask, ConfigMask, ServiceMask};
use crate::session::client::ConfigKind;
use crate::version::{Dialect, Version};

/// Bits that a version does not have yet.
pub(crate) struct Later {
    pub(crate) services: ServiceMask,
    pub(crate) call_events: CallEventMask,
    pub(crate) config_records: ConfigMask,
}

impl Later {
    /// GED-188, "Version history".
    pub(crate) fn than(version: Version) -> Self {
        let before = |first| version.number() < first;
        let mut services = ServiceMask::NONE;
        if before(24) {
            services = ServiceMask::ACTIVE_STANDBY;
        }
        let kinds = |number| {
            ConfigKind::ALL
                .into_iter()
                .map(|kind| kind.mask(Version::new(version.dialect(), number)))
                .fold(ConfigMask::NONE, ConfigMask::with)
        };
        Self {
            services,
            call_events: CallEventMask::KNOWN.without(CallEventMask::known_in(version)),
            config_records: kinds(u32::MAX).without(kinds(match version.dialect() {
                // Before version 19 the messages are not documented, but the field is.
                Dialect::Ucce => version.number().max(19),
                Dialect::Uccx => version.number(),
            })),
        }
    }
}
