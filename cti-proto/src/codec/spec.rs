//! The field tables that `message!` derives, for tests and tools.

use crate::codec::fixed::Fixed;
use crate::tag::Tag;
use crate::version::{Dialect, Gate, Version};

/// One line of a message's table.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Field {
    /// Name of the struct field, or of the counter.
    pub name: &'static str,
    /// Where on the wire it stands.
    pub place: Place,
    /// The versions that have it.
    pub gate: Gate,
    /// The versions for which the documents do not agree whether they have it: a fixed field that is
    /// read when the rest of the body only then comes out even, or only without it.
    pub perhaps: Gate,
    /// The versions in which it must not be left out: a floating field that the documents require.
    pub required: Gate,
    /// The list whose entries a floating number counts.
    pub counts: Option<&'static str>,
    /// Its Rust type, as the table writes it.
    pub type_name: &'static str,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Place {
    /// In the fixed part, in this order.
    Fixed {
        /// Bytes.
        width: usize,
    },
    /// In the fixed part: counts the entries of the list it names.
    Count {
        /// The list.
        list: &'static str,
    },
    /// In the floating part.
    Floating {
        /// Tag in UCCE.
        ucce_tag: Tag,
        /// Tag in UCCX; nearly always the same.
        uccx_tag: Tag,
        /// Most bytes of data in UCCE, a closing NUL included; for a number its size.
        ucce_max: usize,
        /// The same for UCCX.
        uccx_max: usize,
    },
    /// A list of entries of several floating fields each.
    List {
        /// The fields of one entry, in wire order.
        entry: &'static [Field],
    },
}

impl Field {
    /// A line that every version has.
    pub(crate) const fn new(name: &'static str, place: Place, type_name: &'static str) -> Self {
        Self {
            name,
            place,
            gate: Gate::ALWAYS,
            perhaps: Gate::closed(),
            required: Gate::closed(),
            counts: None,
            type_name,
        }
    }

    /// A line of the fixed part.
    pub(crate) const fn fixed<T: Fixed>(name: &'static str, type_name: &'static str) -> Self {
        Self::new(name, Place::Fixed { width: T::WIDTH }, type_name)
    }

    /// The line with the versions that have it.
    pub(crate) const fn gated(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// The line with the versions that perhaps have it.
    pub(crate) const fn perhaps(self, perhaps: Gate) -> Self {
        Self { perhaps, ..self }
    }

    /// The line with the versions that require it.
    pub(crate) const fn required(self, required: Gate) -> Self {
        Self { required, ..self }
    }

    /// The line with the list that it counts.
    pub(crate) const fn counting(self, list: &'static str) -> Self {
        Self {
            counts: Some(list),
            ..self
        }
    }

    /// The floating field's tag in `version`; `None` for other places.
    #[inline]
    pub const fn tag(&self, version: Version) -> Option<Tag> {
        match self.place {
            Place::Floating {
                ucce_tag, uccx_tag, ..
            } => Some(match version.dialect() {
                Dialect::Ucce => ucce_tag,
                Dialect::Uccx => uccx_tag,
            }),
            Place::Fixed { .. } | Place::Count { .. } | Place::List { .. } => None,
        }
    }

    /// Tag and most bytes of data of a floating field that `version` has.
    #[inline]
    pub(crate) const fn floating(&self, version: Version) -> Option<(Tag, usize)> {
        let Place::Floating {
            ucce_tag,
            uccx_tag,
            ucce_max,
            uccx_max,
        } = self.place
        else {
            return None;
        };
        match version.dialect() {
            _ if !self.gate.admits(version) => None,
            Dialect::Ucce => Some((ucce_tag, ucce_max)),
            Dialect::Uccx => Some((uccx_tag, uccx_max)),
        }
    }

    /// Whether this line takes a floating field with `tag` in `version`.
    #[inline]
    pub const fn accepts(&self, version: Version, tag: Tag) -> bool {
        match self.tag(version) {
            Some(own) => own.0 == tag.0 && self.gate.admits(version),
            None => false,
        }
    }

    /// Most bytes of data of a floating field in `version`; zero for other places.
    #[inline]
    pub const fn max(&self, version: Version) -> usize {
        match self.place {
            Place::Floating {
                ucce_max, uccx_max, ..
            } => match version.dialect() {
                Dialect::Ucce => ucce_max,
                Dialect::Uccx => uccx_max,
            },
            Place::Fixed { .. } | Place::Count { .. } | Place::List { .. } => 0,
        }
    }
}
