//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod bridge;
pub(crate) mod cut;
pub(crate) mod floor;
pub(crate) mod net;
pub(crate) mod pair;
pub(crate) mod simulation;
pub(crate) mod synth;
pub(crate) mod world;
