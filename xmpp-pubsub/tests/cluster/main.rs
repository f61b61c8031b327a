//! Services that share their nodes: two and more members over logs in memory, in virtual time.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "service")]

mod common;
mod scripted;
mod seeds;
mod stats;
mod world;
