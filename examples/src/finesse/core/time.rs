//! Two clocks, both given by the caller.

use core::time::Duration;

use wire_xml::text::format_date_time;

/// What time it is, on both clocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// Since an origin that the caller fixed once; never goes back. Deadlines use it.
    pub monotonic: Duration,
    /// Calendar time. Only written down, never compared with a deadline.
    pub utc: UtcMillis,
}

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct UtcMillis(pub u64);

impl UtcMillis {
    /// `YYYY-MM-DDThh:mm:ss.SSSZ`.
    pub fn to_text(self) -> String {
        let text = format_date_time(i64::try_from(self.0).unwrap_or(i64::MAX));
        match text.strip_suffix('Z') {
            // Whole seconds come without decimals; this API always has three.
            Some(seconds) if !seconds.contains('.') => format!("{seconds}.000Z"),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        assert_eq!(UtcMillis(0).to_text(), "1970-01-01T00:00:00.000Z");
        // 2024-02-29 is there, and milliseconds keep their leading zeros.
        assert_eq!(
            UtcMillis(1_709_164_801_007).to_text(),
            "2024-02-29T00:00:01.007Z"
        );
    }

    #[test]
    fn a_time_beyond_the_calendar_does_not_panic() {
        assert_eq!(UtcMillis(u64::MAX).to_text(), "9999-12-31T23:59:59.999Z");
    }
}
