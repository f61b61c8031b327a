//! Shared samples and measuring loop of the benches.
