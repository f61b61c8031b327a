//! The engine: agents, one queue, and the CTI server.

mod agent;
mod call;
mod failure;
mod machine;
mod notice;
mod record;
#[cfg(test)]
mod tests;

pub use agent::{Agent, AgentState, Asked, Force, reason};
pub use call::Tracked;
pub use failure::Failure;
pub use machine::{AskId, Command, Config, Done, Engine, Output, Profile, Queue, Ticket};
pub use notice::{AgentNotice, CallEvent, CallFacts, CallKind, CallNotice, Notice, Party};
pub use record::{AgentRecord, Change, Saved};
