//! The key of a kind of configuration.

use core::fmt;

use bytes::Bytes;

use crate::codec::Blob;

/// Stands for the state of one kind of configuration: the server changes it with each change, and who
/// still has the same needs no upload. GED-188, "CONFIG_REQUEST_KEY_EVENT".
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConfigKey(pub [u8; 8]);

impl ConfigKey {
    /// Stands for nothing: an upload is needed.
    pub const ZERO: Self = Self([0; 8]);
}

impl fmt::Debug for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigKey({:016x})", u64::from_be_bytes(self.0))
    }
}

impl From<ConfigKey> for Blob {
    fn from(key: ConfigKey) -> Self {
        Self(Bytes::copy_from_slice(&key.0))
    }
}
