//! Whether this machine kept time while a scenario was played.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Counts how often the machine stood still: who slept was woken up late.
///
/// What a scenario sees then is the machine's doing, and not the server's.
#[derive(Debug, Default)]
pub(crate) struct Calm {
    breaks: AtomicUsize,
    is_over: AtomicBool,
}

impl Calm {
    /// Watches until [`end`](Self::end).
    pub(crate) fn watch(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            thread::sleep(NAP);
            if began.elapsed() > NAP + LATE {
                self.breaks.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// So many times so far.
    pub(crate) fn breaks(&self) -> usize {
        self.breaks.load(Ordering::Relaxed)
    }
}

const NAP: Duration = Duration::from_millis(50);
/// A tenth of what counts as at once (`stage::PROMPT`): an answer takes several threads, each of which was late.
const LATE: Duration = Duration::from_millis(100);
