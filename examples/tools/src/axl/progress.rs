//! How far a long list is, on a terminal.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on standard error that counts. It is not there unless that is a terminal.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Counts up to `total`, where that is known: AXL does not tell how long a list is.
    pub(super) fn new(what: &str, total: Option<u64>) -> Self {
        if !stderr().is_terminal() {
            return Self(None);
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), BAR),
            None => (ProgressBar::new_spinner(), SPINNER),
        };
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(Some(bar))
    }

    pub(super) fn add(&self, count: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(count as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

const SPINNER: &str = "{spinner} {human_pos} {msg} ({per_sec}, {elapsed})";
const BAR: &str = "{wide_bar} {human_pos}/{human_len} {msg} ({per_sec})";
