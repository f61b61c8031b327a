//! The CUCM stand-in: the simulated switch and the user directory behind AXL.
//!
//! The switch is [`crate::telephony`]; this module starts it and its listener.

use std::sync::Arc;

use crate::{
    server::{Server, StartError},
    settings::Settings,
    shutdown::Shutdown,
    telephony,
};

/// Starts the switch.
///
/// # Errors
///
/// An address is taken or not allowed, or the seed cannot be used.
pub async fn start(settings: Arc<Settings>, shutdown: Shutdown) -> Result<Server, StartError> {
    let (switch, _handle) = telephony::server::start(settings, shutdown).await?;
    Ok(switch)
}
