//! Strings that names share: what stands close together in an input is copied once.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Range;
use std::sync::Arc;

/// A part of a string that may be shared with its neighbours; never a part of an input.
#[derive(Clone)]
pub(crate) struct Shared {
    text: Arc<str>,
    start: u32,
    end: u32,
}

impl Shared {
    /// A copy of its own. Only the first 4 GiB are taken, far beyond what any name may have.
    pub(crate) fn copy(text: &str) -> Self {
        Self {
            start: 0,
            end: u32::try_from(text.len()).unwrap_or(u32::MAX),
            text: Arc::from(text),
        }
    }

    /// A text of two parts.
    pub(crate) fn joined(first: &str, second: &str) -> Self {
        let mut text = String::with_capacity(first.len() + second.len());
        text.push_str(first);
        text.push_str(second);
        Self {
            start: 0,
            end: u32::try_from(text.len()).unwrap_or(u32::MAX),
            text: Arc::from(text),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Both are places between characters since they were taken from a string in this place.
        self.text
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// The same text, shared with nobody.
    pub(crate) fn detach(&self) -> Self {
        if self.as_str().len() == self.text.len() {
            return self.clone();
        }
        Self::copy(self.as_str())
    }

    /// The string that holds the text, and where in it.
    pub(crate) fn into_parts(self) -> (Arc<str>, Range<usize>) {
        (self.text, self.start as usize..self.end as usize)
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Shared {}

impl PartialOrd for Shared {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Shared {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Makes [`Shared`] texts of values that stand close together in an input, out of one copy of the stretch between them.
pub(crate) struct Stretch<'a> {
    input: &'a [u8],
    range: Range<usize>,
    copy: Option<Arc<str>>,
}

impl<'a> Stretch<'a> {
    /// The stretch of `input` that has those values which are parts of it.
    pub(crate) fn over<'v>(
        input: &'a [u8],
        values: impl IntoIterator<Item = Option<&'v str>>,
    ) -> Self {
        let places = values
            .into_iter()
            .filter_map(|value| place(input, value?.as_bytes()));
        let range = places
            .reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))
            .unwrap_or_default();
        Self {
            input,
            range,
            copy: None,
        }
    }

    /// A value as a text; one that is no part of the stretch, or in one that is too long, is copied by itself.
    pub(crate) fn text(&mut self, value: &str) -> Shared {
        self.share(value).unwrap_or_else(|| Shared::copy(value))
    }

    fn share(&mut self, value: &str) -> Option<Shared> {
        if self.range.len() > MAX_STRETCH {
            return None;
        }
        let stretch = self.input.get(self.range.clone())?;
        let place = place(stretch, value.as_bytes())?;
        let text = match &self.copy {
            Some(copy) => copy,
            None => self
                .copy
                .insert(Arc::from(core::str::from_utf8(stretch).ok()?)),
        };
        text.get(place.clone())?;
        Some(Shared {
            text: Arc::clone(text),
            start: u32::try_from(place.start).ok()?,
            end: u32::try_from(place.end).ok()?,
        })
    }
}

/// Where `part` stands in `whole`, if it is not only equal to a part but that part itself.
pub(crate) fn place(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

/// The longest stretch that is copied for the sake of the values in it, in bytes. A name that is kept keeps its
/// neighbours: this bounds how much that is.
const MAX_STRETCH: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_one_copy_and_a_detached_text_has_its_own() {
        let input = "<a from='x@y' to='z'>".to_owned();
        let (from, to) = (&input[9..12], &input[18..19]);
        let mut stretch = Stretch::over(input.as_bytes(), [Some(from), None, Some(to)]);
        let (one, other) = (stretch.text(from), stretch.text(to));
        assert_eq!((one.as_str(), other.as_str()), ("x@y", "z"));
        assert!(Arc::ptr_eq(&one.text, &other.text));
        assert_eq!(&*one.text, "x@y' to='z");
        assert_eq!(&*other.detach().text, "z");
    }

    #[test]
    fn what_stands_elsewhere_or_too_far_apart_is_copied_by_itself() {
        let input = format!("a{}b", " ".repeat(MAX_STRETCH));
        let (a, b) = (&input[..1], &input[input.len() - 1..]);
        let mut stretch = Stretch::over(input.as_bytes(), [Some(a), Some(b)]);
        assert_eq!(&*stretch.text(a).text, "a");
        assert_eq!(&*stretch.text("elsewhere").text, "elsewhere");
    }
}
