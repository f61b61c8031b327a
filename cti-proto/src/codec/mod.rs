//! Field primitives: everything the `message!` tables are made of.

#[cfg(any(feature = "serde", feature = "arbitrary"))]
mod cell;
mod contents;
mod fixed;
mod floating;
mod form;
mod named;
mod spec;
mod text;

#[cfg(feature = "arbitrary")]
pub(crate) use cell::SlotCell;
#[cfg(any(feature = "serde", feature = "arbitrary"))]
pub(crate) use cell::{Cell, Fill, Kind, Kinded};
pub(crate) use contents::{AsValue, Composite, fixed_value};
pub use contents::{Bits, Contents, FieldValue, List};
pub(crate) use fixed::{Fixed, FixedPart, put_fixed};
pub(crate) use floating::{
    Data, FieldWriter, Floating, Group, MAX_CALL_DATA, MAX_ENTRIES, Slot, SlotType, Value, count,
    field_header, fixed_values,
};
pub use floating::{Fields, Ranges, RawField};
pub(crate) use form::{Form, Shape, fixed_width};
pub use named::{NamedArray, NamedVariable};
pub use spec::{Field, Place};
pub use text::{Blob, Secret, Text, TextError};
