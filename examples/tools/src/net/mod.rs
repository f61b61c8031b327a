//! What `bosh-probe` and `axl` share: a server by its URL, whom to trust there, and one HTTP connection
//! to it, blocking and byte by byte.

mod target;
mod trust;
mod wire;

pub use target::{Target, TargetError};
pub use trust::{Fingerprint, FingerprintError, Trust};

pub(crate) use wire::{Broken, Connection, Response};
