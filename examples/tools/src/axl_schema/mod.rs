//! `axl-schema`: Cisco's schema of AXL, read, searched, made small, and made Rust.
//!
//! `command` is the command line and what it does, `show` prints what stands in an operation.

mod command;
mod show;

pub use command::main;
