//! What each fuzz target does, as ordinary functions: the targets under `fuzz_targets/` and the replay of the corpus
//! (`tests/replay.rs`, on the stable compiler) call the same code.
//!
//! Each takes bytes of a hostile peer. It must return: a panic, an endless loop, and memory out of proportion to the
//! input are faults. Where there is more to hold true (what was read and written is read as the same) it is asserted.

pub mod bosh;
pub mod cti;
pub mod pubsub;
pub mod seeds;
pub mod soap;
pub mod xml;
pub mod xmpp;

/// What a target does with the bytes that it is given.
pub type Target = fn(&[u8]);

/// Every target: its name, which is that of its file and of its corpus, and its function.
pub const TARGETS: &[(&str, Target)] = &[
    ("soap_envelope", soap::envelope),
    ("soap_tree", soap::tree),
    ("axl_rows", soap::rows),
    ("axl_machines", soap::machines),
    ("axl_server", soap::server),
    ("axl_client", soap::client),
    ("bosh_body", bosh::body),
    ("bosh_manager", bosh::manager),
    ("bosh_client", bosh::client),
    ("bosh_session", bosh::session),
    ("cti_message", cti::message),
    ("xmpp_stanza", xmpp::stanza),
    ("xmpp_server", xmpp::server),
    ("cti_server", cti::server),
    ("cti_client", cti::client),
    ("cti_session", cti::session),
    ("cti_failover", cti::failover),
    ("cti_service", cti::service),
    ("cti_roundtrip", cti::roundtrip),
    ("cti_follow", cti::follow),
    ("xmpp_stream", xmpp::stream),
    ("pubsub_service", pubsub::service),
    ("pubsub_record", pubsub::record),
    ("xml_document", xml::document),
    ("xml_reader", xml::reader),
    ("xml_stream", xml::stream),
];
