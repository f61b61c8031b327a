//! The web service: REST, notifications, and the agent desktop.

pub mod core;
