//! The CUCM stand-in: the simulated switch, and the directory behind AXL.
//!
//! The switch is [`crate::telephony`]; this module starts it and its listener. The directory is
//! SQLite, laid out by the tables of `dictionary`.

mod accounts;
mod axl;
mod changes;
mod dictionary;
mod directory;
mod operations;
mod sql;

use std::sync::Arc;

use crate::{
    server::{Server, StartError},
    settings::Settings,
    shutdown::{Shutdown, serve_while},
    telephony,
};

/// Starts AXL and the switch.
///
/// # Errors
///
/// An address is taken or not allowed, or the seed cannot be used.
pub async fn start(settings: Arc<Settings>, shutdown: Shutdown) -> Result<Server, StartError> {
    let axl = axl::Axl::bind(&settings).await?;
    let (switch, _handle) = telephony::server::start(settings, shutdown.clone()).await?;
    let mut addresses = vec![("axl", axl.address)];
    addresses.extend(switch.addresses);
    let task = tokio::spawn(async move {
        let listen = axl.serve(shutdown.clone());
        serve_while("cucm", switch.task, listen, &shutdown).await;
    });
    Ok(Server { addresses, task })
}
