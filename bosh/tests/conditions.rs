//! XEP-0124 §17.2: terminal conditions, each by its name on the wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use bosh::session::{CloseReason, Farewell, ServerConfig};
use bosh::{Condition, KeySequence};
use common::{EMPTY, FIRST, NS, Server, terminate};

const NORMAL: &str = "wait='60' hold='1' ver='1.6'";

fn close(server: &mut Server, farewell: Farewell) {
    let id = server.id();
    server.manager.close(server.now, id, farewell).unwrap();
    server.drain();
}

/// What a held request is answered when the host ends its session so.
fn told(condition: Condition) -> String {
    let mut server = Server::open();
    let slot = server.empty(1);
    close(&mut server, Farewell::condition(condition));
    server.taken(slot)
}

#[test]
fn bosh_17_2_01_any_response_may_end_the_session() {
    let end = terminate("policy-violation");
    let farewell = || Farewell::condition(Condition::PolicyViolation);
    let create = format!("<body xmlns='{NS}' rid='{FIRST}' to='a' ver='1.6'/>");
    let mut server = Server::new(ServerConfig::default());
    let creation = server.post(&create);
    close(&mut server, farewell());
    assert_eq!(server.taken(creation), end, "BOSH-17.2-01: the first");

    assert_eq!(
        told(Condition::PolicyViolation),
        end,
        "BOSH-17.2-01: one that waits"
    );

    let mut server = Server::open();
    close(&mut server, farewell());
    let next = server.empty(1);
    assert_eq!(server.taken(next), end, "BOSH-17.2-01: the next");
}

#[test]
fn bosh_17_2_04_to_06_addresses_that_are_not_served() {
    assert_eq!(
        told(Condition::HostGone),
        terminate("host-gone"),
        "BOSH-17.2-04"
    );
    assert_eq!(
        told(Condition::HostUnknown),
        terminate("host-unknown"),
        "BOSH-17.2-05"
    );
    assert_eq!(
        told(Condition::ImproperAddressing),
        terminate("improper-addressing"),
        "BOSH-17.2-06"
    );
}

#[test]
fn bosh_17_2_07_and_11_faults_behind_the_connection_manager() {
    assert_eq!(
        told(Condition::InternalServerError),
        terminate("internal-server-error"),
        "BOSH-17.2-07"
    );
    assert_eq!(
        told(Condition::RemoteConnectionFailed),
        terminate("remote-connection-failed"),
        "BOSH-17.2-11"
    );
}

#[test]
fn bosh_17_2_08_whatever_is_not_found_is_not_found_in_the_same_way() {
    let expected = terminate("item-not-found");
    let mut server = Server::open();
    let slot = server.post(&format!("<body xmlns='{NS}' rid='1001' sid='sid-2'/>"));
    assert_eq!(
        server.taken(slot),
        expected,
        "BOSH-17.2-08: no such session"
    );

    let above = server.empty(3);
    assert_eq!(
        server.taken(above),
        expected,
        "BOSH-17.2-08: above the window"
    );

    let mut server = Server::open();
    let below = server.request(0, "/>");
    assert_ne!(server.taken(below), expected, "its answer is still kept");
    for rid in 1..=3 {
        server.payload(rid, "a");
        server.send("<b xmlns='urn:b'/>");
    }
    let gone = server.payload(1, "a");
    assert_eq!(
        server.taken(gone),
        expected,
        "BOSH-17.2-08: the answer is not kept any more"
    );

    let mut keys = KeySequence::new("seed", 3);
    let attributes = format!("{NORMAL} newkey='{}'", keys.take().unwrap());
    let mut server = Server::open_with(ServerConfig::default(), &attributes);
    let wrong = server.request(1, "key='ab'/>");
    assert_eq!(server.taken(wrong), expected, "BOSH-17.2-08: a wrong key");
}

#[test]
fn a_condition_has_its_name_in_both_directions() {
    for (condition, name) in [
        (Condition::BadRequest, "bad-request"),
        (Condition::HostGone, "host-gone"),
        (Condition::HostUnknown, "host-unknown"),
        (Condition::ImproperAddressing, "improper-addressing"),
        (Condition::InternalServerError, "internal-server-error"),
        (Condition::ItemNotFound, "item-not-found"),
        (Condition::OtherRequest, "other-request"),
        (Condition::PolicyViolation, "policy-violation"),
        (
            Condition::RemoteConnectionFailed,
            "remote-connection-failed",
        ),
        (Condition::RemoteStreamError, "remote-stream-error"),
        (Condition::SeeOtherUri, "see-other-uri"),
        (Condition::SystemShutdown, "system-shutdown"),
        (Condition::UndefinedCondition, "undefined-condition"),
    ] {
        assert_eq!(told(condition), terminate(name));
        let mut server = Server::open();
        server.request(1, &format!("type='terminate' condition='{name}'/>"));
        assert_eq!(server.reason(), Some(CloseReason::Peer(Some(condition))));
    }
    assert_eq!(Condition::ALL.len(), 13);
}

#[test]
fn bosh_17_2_17_a_client_tells_its_errors_in_the_same_form() {
    let mut server = Server::open();
    let held = server.empty(1);
    let last = server.request(2, "type='terminate' condition='bad-request'/>");
    assert_eq!(
        server.reason(),
        Some(CloseReason::Peer(Some(Condition::BadRequest))),
        "BOSH-17.2-17"
    );
    assert_eq!(
        [server.taken(held), server.taken(last)],
        [
            format!("<body xmlns=\"{NS}\" type=\"terminate\"/>"),
            EMPTY.to_owned()
        ],
        "BOSH-17.2-17: it is no error of ours"
    );
}
