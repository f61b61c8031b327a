//! Which of two layouts a body has, where the documents do not agree.
//!
//! A line with `perhaps` stands in one document and not in another. The form that the line's `gate`
//! gives is taken when the rest of the body comes out even as floating fields; else the other form,
//! if the rest comes out even in that one. A body that fits neither is read in the usual form, so
//! that errors name the usual place.

use crate::codec::floating::Ranges;
use crate::codec::spec::{Field, Place};
use crate::tag::Tag;
use crate::version::{FieldWidth, Gate, Version};

/// How one body is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Whether lines with `perhaps` are there when their gate says no, and the other way round.
    other: bool,
    /// Of the floating fields.
    pub(crate) width: FieldWidth,
}

impl Form {
    /// The form that the tables give without looking at a body.
    #[inline]
    pub(crate) const fn usual(version: Version) -> Self {
        Self {
            other: false,
            width: version.field_width(),
        }
    }

    /// The form of `body`, whose table has `lines`; `disputed` if one of them has a `perhaps`.
    #[inline]
    pub(crate) fn of(lines: &[Field], disputed: bool, version: Version, body: &[u8]) -> Self {
        let usual = Self::usual(version);
        if !disputed && !matches!(usual.width, FieldWidth::WideTag) {
            return usual;
        }
        Self::among(lines, version, body, usual)
    }

    /// Whether a body of this form has a line with these gates.
    #[inline]
    pub(crate) const fn has(self, version: Version, gate: Gate, perhaps: Gate) -> bool {
        let flipped = self.other && perhaps.admits(version);
        gate.admits(version) != flipped
    }

    /// Quirk: UCCX 18 prints the 2-byte tag for named variables only. It is taken for all fields;
    /// a body that does not come out even so is read with the widths of UCCX 17, then of UCCE 20.
    fn among(lines: &[Field], version: Version, body: &[u8], usual: Self) -> Self {
        let widths = match usual.width {
            FieldWidth::WideTag => &[FieldWidth::WideTag, FieldWidth::Narrow, FieldWidth::Wide][..],
            FieldWidth::Narrow => &[FieldWidth::Narrow],
            FieldWidth::Wide => &[FieldWidth::Wide],
        };
        let mut forms = widths
            .iter()
            .flat_map(|&width| [false, true].map(|other| Self { other, width }));
        forms
            .find(|form| form.fits(lines, version, body))
            .unwrap_or(usual)
    }

    /// Whether the body comes out even. No field has tag 0.
    pub(crate) fn fits(self, lines: &[Field], version: Version, body: &[u8]) -> bool {
        let present = lines
            .iter()
            .filter(|line| self.has(version, line.gate, line.perhaps));
        let fixed_len = present.filter_map(fixed_width).sum::<usize>();
        body.len() >= fixed_len
            && Ranges::new("", self.width, body, fixed_len)
                .all(|field| field.is_ok_and(|(tag, _)| tag != Tag(0)))
    }
}

/// Bytes of a line of the fixed part; `None` for other lines.
#[inline]
pub(crate) const fn fixed_width(line: &Field) -> Option<usize> {
    match line.place {
        Place::Fixed { width } => Some(width),
        Place::Count { .. } => Some(size_of::<u16>()),
        Place::Floating { .. } | Place::List { .. } => None,
    }
}

/// Whether a line of the fixed part may be there or not.
pub(crate) const fn is_disputed(lines: &[Field]) -> bool {
    let mut rest = lines;
    while let [line, others @ ..] = rest {
        if line.perhaps.is_open() {
            return true;
        }
        rest = others;
    }
    false
}
