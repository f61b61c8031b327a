//! Which of two layouts a body has, where the documents do not agree.
//!
//! A line with `perhaps` stands in one document and not in another. The form that the line's `gate`
//! gives is taken when the rest of the body comes out even as floating fields; else the other form,
//! if the rest comes out even in that one. A body that fits neither is read in the usual form, so
//! that errors name the usual place.

use crate::codec::floating::field_header;
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

    /// The form of `body`, whose table has `lines` of the given shape.
    #[inline]
    pub(crate) fn of(lines: &[Field], shape: &Shape, version: Version, body: &[u8]) -> Self {
        let usual = Self::usual(version);
        if !shape.disputed && !matches!(usual.width, FieldWidth::WideTag) {
            return usual;
        }
        Self::with_fixed_len(lines, shape, version, body).0
    }

    /// The same with the bytes of the fixed part, which finding it out takes anyway.
    #[inline]
    pub(crate) fn with_fixed_len(
        lines: &[Field],
        shape: &Shape,
        version: Version,
        body: &[u8],
    ) -> (Self, usize) {
        let usual = Self::usual(version);
        let len = usual.fixed_len(lines, shape, version);
        let is_certain = !shape.disputed && !matches!(usual.width, FieldWidth::WideTag);
        if is_certain || usual.fits_behind(len, body) {
            return (usual, len);
        }
        let form = Self::among(lines, shape, version, body, usual);
        (form, form.fixed_len(lines, shape, version))
    }

    /// Whether a body of this form has a line with these gates.
    #[inline]
    pub(crate) const fn has(self, version: Version, gate: Gate, perhaps: Gate) -> bool {
        let flipped = self.other && perhaps.admits(version);
        gate.admits(version) != flipped
    }

    /// Quirk: UCCX 18 prints the 2-byte tag for named variables only. It is taken for all fields;
    /// a body that does not come out even so is read with the widths of UCCX 17, then of UCCE 20.
    #[cold]
    fn among(lines: &[Field], shape: &Shape, version: Version, body: &[u8], usual: Self) -> Self {
        let widths = match usual.width {
            FieldWidth::WideTag => &[FieldWidth::WideTag, FieldWidth::Narrow, FieldWidth::Wide][..],
            FieldWidth::Narrow => &[FieldWidth::Narrow],
            FieldWidth::Wide => &[FieldWidth::Wide],
        };
        let mut forms = widths
            .iter()
            .flat_map(|&width| [false, true].map(|other| Self { other, width }));
        forms
            .find(|form| form.fits(lines, shape, version, body))
            .unwrap_or(usual)
    }

    /// Whether the body comes out even. No field has tag 0.
    pub(crate) fn fits(
        self,
        lines: &[Field],
        shape: &Shape,
        version: Version,
        body: &[u8],
    ) -> bool {
        self.fits_behind(self.fixed_len(lines, shape, version), body)
    }

    /// The same for a fixed part of this many bytes.
    #[inline]
    fn fits_behind(self, fixed_len: usize, body: &[u8]) -> bool {
        let floating = body.get(fixed_len..);
        floating.is_some_and(|floating| match self.width {
            // One loop for each width, which each knows its own.
            FieldWidth::Narrow => comes_out_even(FieldWidth::Narrow, floating),
            FieldWidth::WideTag => comes_out_even(FieldWidth::WideTag, floating),
            FieldWidth::Wide => comes_out_even(FieldWidth::Wide, floating),
        })
    }

    /// Bytes of the fixed part.
    #[inline]
    pub(crate) fn fixed_len(self, lines: &[Field], shape: &Shape, version: Version) -> usize {
        let Some(gated) = shape.gated.get(..shape.gated_len).filter(|_| !self.other) else {
            return self.sum(lines, shape, version);
        };
        let mut len = shape.len;
        for (gate, width) in gated {
            if gate.admits(version) {
                len += width;
            }
        }
        len
    }

    #[cold]
    fn sum(self, lines: &[Field], shape: &Shape, version: Version) -> usize {
        let lines = shape.lines_of(lines).iter();
        lines
            .filter(|line| self.shows(version, line))
            .filter_map(fixed_width)
            .sum()
    }

    /// Whether a body of this form has `line`.
    #[inline]
    pub(crate) fn shows(self, version: Version, line: &Field) -> bool {
        if self.other {
            return self.shows_other(version, line);
        }
        line.gate.admits(version)
    }

    #[cold]
    const fn shows_other(self, version: Version, line: &Field) -> bool {
        self.has(version, line.gate, line.perhaps)
    }
}

#[inline(always)]
fn comes_out_even(width: FieldWidth, floating: &[u8]) -> bool {
    let mut at = 0;
    // One check of bounds a field: past the end there is no header either.
    while let Some(header) = floating.get(at..at + width.header_len()) {
        match field_header(width, header) {
            Some((tag, len)) if tag != Tag(0) => at += width.header_len() + len,
            _ => return false,
        }
    }
    at == floating.len()
}

/// What the fixed part of a table amounts to, for readers in a hurry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How many lines it has.
    lines: usize,
    /// Bytes of the lines that every version has.
    len: usize,
    /// Gates and bytes of the others, if they are few.
    gated: [(Gate, usize); MAX_GATED],
    gated_len: usize,
    /// Whether a line may be there or not.
    disputed: bool,
}

impl Shape {
    pub(crate) const fn of(lines: &[Field]) -> Self {
        let mut shape = Self {
            lines: 0,
            len: 0,
            gated: [(Gate::closed(), 0); MAX_GATED],
            gated_len: 0,
            disputed: false,
        };
        let mut rest = lines;
        while let [line, others @ ..] = rest {
            let Some(width) = fixed_width(line) else {
                break;
            };
            shape.lines += 1;
            shape.disputed = shape.disputed || line.perhaps.is_open();
            if line.gate.is_always() {
                shape.len += width;
            } else {
                if shape.gated_len < MAX_GATED {
                    shape.gated[shape.gated_len] = (line.gate, width);
                }
                shape.gated_len += 1;
            }
            rest = others;
        }
        shape
    }

    /// The lines of the fixed part among `all`, which it is the shape of.
    #[inline]
    pub(crate) fn lines_of<'a>(&self, all: &'a [Field]) -> &'a [Field] {
        all.get(..self.lines).unwrap_or(all)
    }
}

/// Lines with a gate that are not counted one by one; most messages have less.
const MAX_GATED: usize = 8;

/// Bytes of a line of the fixed part; `None` for other lines.
#[inline]
pub(crate) const fn fixed_width(line: &Field) -> Option<usize> {
    match line.place {
        Place::Fixed { width } => Some(width),
        Place::Count { .. } => Some(size_of::<u16>()),
        Place::Floating { .. } | Place::List { .. } => None,
    }
}
