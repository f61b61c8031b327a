//! Orderly end of a process: one request, heard by every task.

use std::pin::pin;

use tokio::{sync::watch, task::JoinHandle};

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

/// Serves for as long as the task behind it lives. A task that ends before it was asked to takes
/// the listener with it, so that nobody connects to what does nothing any more.
pub async fn serve_while(
    name: &'static str,
    mut task: JoinHandle<()>,
    serve: impl Future<Output = ()>,
    shutdown: &Shutdown,
) {
    let mut serve = pin!(serve);
    tokio::select! {
        () = &mut serve => {
            // It ends on the same request; a panic in it has been printed.
            let _ = task.await;
        }
        _ = &mut task => {
            if shutdown.is_requested() {
                serve.await;
            } else {
                tracing::error!(name, "ended by itself; what it served is closed");
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_by_itself_ends_what_it_serves() {
        let (_trigger, shutdown) = channel();
        let task = tokio::spawn(async {});
        serve_while("test", task, std::future::pending(), &shutdown).await;
    }

    #[tokio::test]
    async fn a_task_that_was_asked_to_end_leaves_time_for_farewells() {
        let (trigger, shutdown) = channel();
        trigger.request();
        let task = tokio::spawn(async {});
        let mut said = false;
        let serve = async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            said = true;
        };
        serve_while("test", task, serve, &shutdown).await;
        assert!(said);
    }
}
