//! A working contact centre on the protocol crates.
