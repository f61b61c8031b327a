//! The engine: agents, one queue, and the CTI server.

mod agent;
mod call;
mod connection;
mod failure;
mod hub;
mod machine;
mod notice;
mod record;
mod server;
#[cfg(test)]
mod tests;
mod wire;

pub use agent::{Agent, AgentState, Asked, Force, reason};
pub use call::Tracked;
pub use failure::Failure;
pub use machine::{AskId, Command, Config, Done, Engine, Output, Profile, Queue, Ticket};
pub use notice::{AgentNotice, CallEvent, CallFacts, CallKind, CallNotice, Notice, Party};
pub use record::{AgentRecord, Change, Saved};
pub use server::start;
