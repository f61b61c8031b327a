//! The service against the rows of XEP-0060 and XEP-0248, one module per topic.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "service")]

mod access;
mod account;
mod approval;
mod approving;
mod basics;
mod collections;
mod common;
mod configure;
mod create;
mod delete;
mod delivery;
mod discovery;
mod errors;
mod features;
mod journal;
mod limits;
mod manage;
mod model;
mod options;
mod owner_affiliations;
mod owner_subscriptions;
mod publish;
mod publish_options;
mod publishing;
mod retract;
mod wire;
