//! Orderly end of a process: one request, heard by every task.

use tokio::sync::watch;

/// A handle on the request to end. Clones hear the same request.
#[derive(Clone, Debug)]
pub struct Shutdown {
    requested: watch::Receiver<bool>,
}

/// Asks for the end. Dropping it does too.
#[derive(Debug)]
pub struct ShutdownTrigger {
    request: watch::Sender<bool>,
}

/// A trigger and the handle that hears it.
#[must_use]
pub fn channel() -> (ShutdownTrigger, Shutdown) {
    let (request, requested) = watch::channel(false);
    (ShutdownTrigger { request }, Shutdown { requested })
}

impl ShutdownTrigger {
    /// Asks every holder of the handle to end.
    pub fn request(&self) {
        self.request.send_replace(true);
    }
}

impl Shutdown {
    /// Returns once the end was asked for. Safe to drop at any point.
    pub async fn requested(&self) {
        // An error means that the trigger is gone, which asks for the end as well.
        let _ = self
            .requested
            .clone()
            .wait_for(|requested| *requested)
            .await;
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow() || self.requested.has_changed().is_err()
    }
}

/// Returns at the first Ctrl-C, or at a termination signal where the platform has one.
///
/// # Errors
///
/// The system does not let the process listen to signals.
pub async fn signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
