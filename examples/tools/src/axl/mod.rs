//! `axl`: CUCM's configuration from the command line, on `soap-axl`'s client.
//!
//! `args` is the command line, `command` what it does, `request` makes operations of it from `fields`
//! and `catalog`; `session` is the host of the client; `output` prints what came, through `table` and
//! `json`; `failure` has the words for what went wrong.

mod args;
mod catalog;
mod changes;
mod command;
mod failure;
mod fields;
mod json;
mod node;
mod output;
mod progress;
mod request;
mod session;
mod table;

pub use command::main;
