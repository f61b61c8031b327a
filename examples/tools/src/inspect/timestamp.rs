//! When something was captured.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Time since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Timestamp(pub(crate) Duration);

impl Timestamp {
    pub(crate) fn now() -> Self {
        Self(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        )
    }

    /// Time from `earlier` to this; zero if it is none.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// RFC 3339 with microseconds, or seconds since 1970 where no calendar goes that far.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = i128::try_from(self.0.as_nanos())
            .ok()
            .and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok())
            .and_then(|date| date.format(FORMAT).ok());
        match date {
            Some(date) => f.write_str(&date),
            None => write!(f, "{:?}", self.0),
        }
    }
}

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_microseconds_and_no_end() {
        let time = Timestamp(Duration::new(1_700_000_000, 123_456_789));
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.123456Z");
        assert!(Timestamp(Duration::MAX).to_string().ends_with('s'));
    }
}
