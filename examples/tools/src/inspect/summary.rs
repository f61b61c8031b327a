//! Counts at the end.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use cti_proto::Message;
use cti_proto::codec::FieldValue;
use serde_json::{Map, Value, json};

use crate::inspect::conversation::{Content, Record, Seen};
use crate::inspect::render::Json;

/// What was shown, counted.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    messages: u64,
    with_problems: u64,
    /// By name: a number may have another in each dialect.
    types: BTreeMap<String, Count>,
    /// Why requests were refused: request and reason.
    failures: BTreeMap<(&'static str, String), u64>,
    times: BTreeMap<&'static str, Times>,
    skipped_bytes: u64,
    unanswered: BTreeMap<&'static str, u64>,
    silent_heartbeats: u64,
}

#[derive(Debug, Default)]
struct Count {
    messages: u64,
    bytes: u64,
    with_problems: u64,
}

impl Summary {
    pub(crate) fn count(&mut self, record: &Record) {
        match &record.content {
            Content::Message(seen) => self.message(seen),
            Content::Skipped { len, .. } => self.skipped_bytes += len,
            Content::Unanswered {
                name,
                may_be_lost: false,
                ..
            } => *self.unanswered.entry(name).or_default() += 1,
            Content::Heartbeats { unanswered, .. } => self.silent_heartbeats += unanswered,
            Content::Unanswered { .. }
            | Content::Lost { .. }
            | Content::Version { .. }
            | Content::StillOpen { .. } => {}
        }
    }

    pub(crate) fn text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\n{} messages, {} of them with problems",
            self.messages, self.with_problems
        )?;
        if !self.types.is_empty() {
            writeln!(
                out,
                "\n{:>9} {:>11} {:>9}  type",
                "messages", "bytes", "problems"
            )?;
        }
        for (name, count) in self.by_frequency() {
            let Count {
                messages,
                bytes,
                with_problems,
            } = count;
            writeln!(out, "{messages:>9} {bytes:>11} {with_problems:>9}  {name}")?;
        }
        if !self.times.is_empty() {
            writeln!(
                out,
                "\n{:>9} {:>11} {:>9}  answers to",
                "answers", "p50 ms", "p99 ms"
            )?;
        }
        for (name, times) in &self.times {
            let [p50, p99] = [50, 99].map(|percent| milliseconds(times.percentile(percent)));
            writeln!(out, "{:>9} {p50:>11.1} {p99:>9.1}  {name}", times.count)?;
        }
        if !self.failures.is_empty() {
            writeln!(out, "\n{:>9}  refused", "times")?;
        }
        for ((request, reason), times) in &self.failures {
            writeln!(out, "{times:>9}  {request}: {reason}")?;
        }
        for (name, times) in &self.unanswered {
            writeln!(out, "{times:>9}  {name}: never answered")?;
        }
        if self.silent_heartbeats > 0 {
            writeln!(
                out,
                "{:>9}  HEARTBEAT_REQ: never answered",
                self.silent_heartbeats
            )?;
        }
        if self.skipped_bytes > 0 {
            writeln!(out, "\n{} bytes were skipped", self.skipped_bytes)?;
        }
        Ok(())
    }

    pub(crate) fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let types = self.types.iter().map(|(name, count)| {
            let counts = json!({
                "messages": count.messages, "bytes": count.bytes, "problems": count.with_problems,
            });
            (name.clone(), counts)
        });
        let times = self.times.iter().map(|(name, times)| {
            let [p50, p99] = [50, 99].map(|percent| milliseconds(times.percentile(percent)));
            (
                (*name).to_owned(),
                json!({"answers": times.count, "p50_ms": p50, "p99_ms": p99}),
            )
        });
        let failures = self.failures.iter().map(|((request, reason), times)| {
            json!({"request": request, "reason": reason, "times": times})
        });
        let summary = json!({
            "messages": self.messages,
            "problems": self.with_problems,
            "types": types.collect::<Map<_, _>>(),
            "answers": times.collect::<Map<_, _>>(),
            "refused": failures.collect::<Vec<Value>>(),
            "unanswered": self.unanswered,
            "unanswered_heartbeats": self.silent_heartbeats,
            "skipped_bytes": self.skipped_bytes,
        });
        let mut object = Json::default();
        object.put("summary", &summary)?;
        object.write(out)
    }

    fn message(&mut self, seen: &Seen) {
        let problems = u64::from(!seen.problems.is_empty());
        self.messages += 1;
        self.with_problems += problems;
        if let Some(count) = row(&mut self.types, seen.name()) {
            count.messages += 1;
            count.bytes += seen.frame.wire_len() as u64;
            count.with_problems += problems;
        }
        let Some(answered) = seen.answered else {
            return;
        };
        if let Some(after) = answered.after {
            self.times.entry(answered.name).or_default().add(after);
        }
        if let Some(reason) = seen.message.as_ref().and_then(refusal)
            && let Some(times) = row(&mut self.failures, (answered.name, reason))
        {
            *times += 1;
        }
    }

    fn by_frequency(&self) -> Vec<(&String, &Count)> {
        let mut counts: Vec<_> = self.types.iter().collect();
        counts.sort_by(|(a_name, a), (b_name, b)| {
            b.messages.cmp(&a.messages).then_with(|| a_name.cmp(b_name))
        });
        counts
    }
}

/// The row of a table; `None` for a new one when the table is full.
fn row<K: Ord, V: Default>(table: &mut BTreeMap<K, V>, key: K) -> Option<&mut V> {
    if table.len() < MOST_ROWS || table.contains_key(&key) {
        Some(table.entry(key).or_default())
    } else {
        None
    }
}

/// What a FAILURE_CONF or CONTROL_FAILURE_CONF says.
fn refusal(message: &Message) -> Option<String> {
    let name = message.table()?.name;
    if !matches!(name, "FAILURE_CONF" | "CONTROL_FAILURE_CONF") {
        return None;
    }
    let contents = message.contents()?;
    let codes = ["status", "failure_code", "peripheral_error_code"];
    let said: Vec<String> = codes
        .iter()
        .map(|code| contents.get(code))
        .filter(|value| !matches!(value, FieldValue::Absent | FieldValue::Number(0)))
        .map(|value| value.to_string())
        .collect();
    Some(said.join(", "))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Response times in classes that grow by a sixteenth of their octave: some 6 % wide.
#[derive(Debug, Default)]
struct Times {
    count: u64,
    classes: BTreeMap<u32, u64>,
}

impl Times {
    fn add(&mut self, time: Duration) {
        self.count += 1;
        *self.classes.entry(Self::class(time)).or_default() += 1;
    }

    /// The upper end of the class in which that part of the times is reached.
    fn percentile(&self, percent: u64) -> Duration {
        let wanted = (self.count * percent).div_ceil(100);
        let mut reached = 0;
        for (class, count) in &self.classes {
            reached += count;
            if reached >= wanted {
                return Self::upper_end(*class);
            }
        }
        Duration::ZERO
    }

    /// Microseconds below 16 have a class each; above, the four bits below the highest tell.
    fn class(time: Duration) -> u32 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        let octave = micros.ilog2();
        match octave.checked_sub(4) {
            // Less than 16.
            None => micros as u32,
            // Four bits.
            Some(shift) => (shift + 1) * 16 + ((micros >> shift) & 15) as u32,
        }
    }

    fn upper_end(class: u32) -> Duration {
        let micros = match (class / 16).checked_sub(1) {
            None => u64::from(class),
            Some(shift) => (u64::from(16 + class % 16 + 1) << shift) - 1,
        };
        Duration::from_micros(micros)
    }
}

/// Types and kinds of failure that are counted.
const MOST_ROWS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_counts_the_rows_it_has() {
        let mut table = BTreeMap::<usize, u64>::new();
        for key in (0..2 * MOST_ROWS).chain([0]) {
            if let Some(count) = row(&mut table, key) {
                *count += 1;
            }
        }
        assert_eq!((table.len(), table[&0]), (MOST_ROWS, 2));
    }

    #[test]
    fn percentiles_are_six_percent_exact() {
        let mut times = Times::default();
        for millis in 1..=1_000 {
            times.add(Duration::from_millis(millis));
        }
        for (percent, exact) in [(50, 500.0), (99, 990.0), (100, 1_000.0)] {
            let found = milliseconds(times.percentile(percent));
            assert!(
                (exact..=exact * 1.07).contains(&found),
                "{percent}: {found}"
            );
        }
    }

    #[test]
    fn every_time_lies_in_its_class() {
        for micros in (1..100_000).step_by(7).chain([u64::MAX / 2]) {
            let time = Duration::from_micros(micros);
            let class = Times::class(time);
            assert!(Times::upper_end(class) >= time);
            assert!(class < 2 || Times::upper_end(class - 1) < time);
        }
    }
}
