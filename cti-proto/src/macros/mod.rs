//! `open_enum!`, `bit_mask!` and the tables of messages.

mod code;
mod contents;
mod group;
mod line;
mod message;
mod record;

pub(crate) use code::{bit_mask, kinded, open_enum, wire_newtype};
pub(crate) use contents::{contents, entry_value};
pub(crate) use group::group;
pub(crate) use line::{
    dialect, floating_field, floating_part, gate, gate_doc, last, line_doc, perhaps, rule, settle,
    slot,
};
pub(crate) use message::{constructor, evidence, extent, fixed_field, invoke_id, message, role};
pub(crate) use record::record;
