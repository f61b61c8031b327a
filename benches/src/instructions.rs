//! Instructions retired in user space, where the kernel lets a process count its own.

/// A counter, or none.
pub(crate) struct Instructions {
    #[cfg(target_os = "linux")]
    counter: Option<perf_event::Counter>,
}

#[cfg(target_os = "linux")]
impl Instructions {
    pub(crate) fn new() -> Self {
        let instructions = perf_event::events::Hardware::INSTRUCTIONS;
        Self {
            counter: perf_event::Builder::new(instructions).build().ok(),
        }
    }

    /// Runs `work` and counts its instructions.
    pub(crate) fn during(&mut self, work: impl FnOnce()) -> Option<f64> {
        let counting = match &mut self.counter {
            Some(counter) => counter.reset().and_then(|()| counter.enable()).is_ok(),
            None => false,
        };
        work();
        let counter = self.counter.as_mut().filter(|_| counting)?;
        counter.disable().ok()?;
        let count = counter.read().ok().filter(|count| *count > 0)?;
        Some(count as f64)
    }
}

#[cfg(not(target_os = "linux"))]
impl Instructions {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn during(&mut self, work: impl FnOnce()) -> Option<f64> {
        work();
        None
    }
}
