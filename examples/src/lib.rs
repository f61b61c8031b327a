//! A working contact centre on the protocol crates.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`settings`], [`seed`], [`command`] | what all binaries share: addresses, data folder, who exists at first |
//! | [`server`], [`shutdown`], [`driver`], [`http`], [`tls`], [`data_dir`] | sockets, time, certificates, files |
//! | [`realm`] | a login checked with CUCM over AXL |
//! | [`telephony`], [`cucm`] | the simulated switch, the ways to reach it, and the process around it |
//! | [`notification`] | XMPP with publish-subscribe, over TCP, TLS and BOSH |
//! | [`engine`] | agents, the queue and the CTI server |
//! | [`finesse`] | the web service: REST, notifications, the agent desktop |
//! | [`contact_center`] | all of them in one process |
//! | [`repository`] | what outlives a restart |
//!
//! The binaries are a few lines each: they resolve [`settings::Settings`] and start one server, or all.

pub mod command;
pub mod contact_center;
pub mod cucm;
pub mod data_dir;
pub mod driver;
pub mod engine;
pub mod finesse;
pub mod http;
pub mod notification;
pub mod realm;
pub mod repository;
pub mod seed;
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod telephony;
pub mod tls;

/// Compiles and runs the examples of the project's front page.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
