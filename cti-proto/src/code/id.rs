//! Identifiers, each with the protocol's own null.

use crate::macros::open_enum;

open_enum! {
    /// Ties an answer to its request; chosen by the asking side.
    pub struct InvokeId(u32) {}

    /// A call, as far as its peripheral is concerned. Unique together with the connection device id.
    pub struct CallId(u32 absent 0xffff_ffff) {
        /// No call.
        NULL = 0xffff_ffff,
    }

    /// A switch. UCCX always writes 1.
    pub struct PeripheralId(u32 absent 0xffff_ffff) {
        /// No peripheral.
        NULL = 0xffff_ffff,
    }

    /// A service; in UCCX the id of an application.
    pub struct ServiceId(u32 absent 0xffff_ffff) {
        /// No service.
        NULL = 0xffff_ffff,
    }

    /// A skill group; in UCCX the id of a contact service queue (CSQ).
    pub struct SkillGroupId(u32 absent 0xffff_ffff) {
        /// No skill group.
        NULL = 0xffff_ffff,
    }

    /// A line of a teleset.
    pub struct LineHandle(u16 absent 0xffff) {
        /// No line.
        NONE = 0xffff,
    }

    /// TIME: seconds since 1970-01-01 00:00 UTC.
    pub struct Timestamp(u32) {}
}
