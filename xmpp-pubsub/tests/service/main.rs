//! The service against the rows of XEP-0060 and XEP-0248, one module per topic.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "service")]

#[path = "../common/canonical.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod canonical;

mod access;
mod account;
mod addressing;
mod affiliations;
mod approval;
mod approving;
mod base_model;
mod chaining;
mod collections;
mod common;
mod configure;
mod create;
mod decisions;
mod delete;
mod delivery;
mod digests;
mod disco;
mod discovery;
mod errors;
mod features;
mod host;
mod items;
mod journal;
mod last_item;
mod limits;
mod manage;
mod model;
mod options;
mod options_forms;
mod own_lists;
mod owner_affiliations;
mod owner_subscriptions;
mod publish;
mod publish_options;
mod publishing;
mod retract;
mod several;
mod subscribe;
mod unsubscribe;
mod wire;
