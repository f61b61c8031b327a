//! XEP-0124 §7: creating a session.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::Condition;
use bosh::session::{CloseReason, Event, Farewell, ServerConfig};
use bytes::Bytes;
use common::{FIRST, NS, Server, parse, terminate};

fn created(config: ServerConfig, attributes: &str) -> bosh::xml::Element {
    parse(&Server::new(config).create(attributes))
}

#[test]
fn bosh_7_2_02_the_creation_response_in_bytes() {
    let mut server = Server::new(ServerConfig::default());
    let response = server.create(
        "wait='60' hold='1' ver='1.6' xml:lang='en' xmlns:x='urn:xmpp:xbosh' x:version='1.0'",
    );
    assert_eq!(
        response,
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:xmpp=\"urn:xmpp:xbosh\" ",
            "sid=\"sid-1\" from=\"localhost\" ver=\"1.6\" wait=\"60\" hold=\"1\" requests=\"2\" ",
            "polling=\"2\" inactivity=\"30\" maxpause=\"120\" xmpp:version=\"1.0\" ",
            "xmpp:restartlogic=\"true\"><f xmlns='urn:f'/></body>"
        ),
        "BOSH-7.2-02 BOSH-7.2-05 BOSH-7.2-07 BOSH-7.2-08 XBOSH-4-02"
    );
}

#[test]
fn bosh_7_2_03_and_10_no_more_is_granted_than_was_asked() {
    let granted = |attributes: &str, name: &str| {
        created(ServerConfig::default(), attributes)
            .attr(name)
            .unwrap()
            .to_owned()
    };
    assert_eq!(granted("wait='5' hold='1'", "wait"), "5", "BOSH-7.2-03");
    assert_eq!(
        granted("wait='100000' hold='1'", "wait"),
        "60",
        "BOSH-7.2-03"
    );
    assert_eq!(granted("hold='1'", "wait"), "60", "wait may be left out");
    assert_eq!(granted("wait='5' hold='0'", "hold"), "0", "BOSH-7.2-10");
    assert_eq!(
        granted("wait='5' hold='0'", "requests"),
        "1",
        "BOSH-7.2-04, J2"
    );
    assert_eq!(granted("wait='5' hold='9'", "hold"), "1", "BOSH-7.2-10, J2");
}

#[test]
fn what_is_told_can_be_kept() {
    let mut config = ServerConfig::default()
        .with_polling(Some(Duration::from_millis(1_500)))
        .with_max_hold(u32::MAX);
    config.inactivity = Some(Duration::from_millis(30_900));
    let told = created(config.clone(), "wait='5' hold='1'");
    assert_eq!(told.attr("polling"), Some("2"), "BOSH-7.2-07: not sooner");
    assert_eq!(
        told.attr("inactivity"),
        Some("30"),
        "BOSH-7.2-08: not later"
    );
    let told = created(config, "wait='5' hold='4294967295'");
    assert_eq!(
        (told.attr("hold"), told.attr("requests")),
        (Some("4294967294"), Some("4294967295")),
        "BOSH-7.2-02, BOSH-7.2-04"
    );
}

#[test]
fn bosh_7_2_06_the_lower_version_is_spoken() {
    for (asked, spoken) in [
        ("1.6", "1.6"),
        ("1.11", "1.11"),
        ("1.100", "1.11"),
        ("2.0", "1.11"),
    ] {
        let response = created(ServerConfig::default(), &format!("ver='{asked}'"));
        assert_eq!(response.attr("ver"), Some(spoken), "BOSH-7.2-06");
    }
}

#[test]
fn bosh_7_2_18_later_responses_have_no_creation_attributes() {
    let mut server = Server::open();
    let slot = server.empty(1);
    server.send("<a xmlns='urn:a'/>");
    assert_eq!(
        server.taken(slot),
        "<body xmlns=\"http://jabber.org/protocol/httpbind\"><a xmlns='urn:a'/></body>",
        "BOSH-7.2-18"
    );
}

/// Answers to everything that a session can be asked: creation, waiting, a second copy, a
/// repeat, a pause, the end, what comes behind it.
fn content_types(attributes: &str) -> Vec<String> {
    let mut server = Server::new(ServerConfig::default());
    let create = format!("<body xmlns='{NS}' rid='{FIRST}' to='a' {attributes}/>");
    let mut slots = vec![server.post(&create)];
    server.seconds(1);
    slots.extend([server.empty(1), server.empty(1)]);
    server.send("<a xmlns='urn:a'/>");
    slots.push(server.empty(1));
    slots.push(server.request(2, "pause='20'/>"));
    slots.push(server.request(3, "type='terminate'/>"));
    slots
        .into_iter()
        .map(|slot| server.response(slot).unwrap().content_type.to_string())
        .collect()
}

#[test]
fn bosh_7_1_19_and_20_the_content_type_that_was_asked_for_is_used() {
    assert_eq!(
        content_types("ver='1.6'"),
        ["text/xml; charset=utf-8"; 6],
        "BOSH-7.1-20"
    );
    assert_eq!(
        content_types("ver='1.6' content='text/plain'"),
        ["text/plain"; 6],
        "BOSH-7.1-19"
    );
}

#[test]
fn xbosh_4_01_features_come_with_the_creation_response_or_soon_after() {
    let mut server = Server::new(ServerConfig::default());
    let slot = server.post(&format!(
        "<body xmlns='{NS}' rid='{FIRST}' to='a' wait='60' hold='1'/>"
    ));
    assert!(
        server.is_waiting(slot),
        "XBOSH-4-01: the host is given time"
    );
    server.seconds(1);
    let response = parse(&server.taken(slot));
    assert_eq!(
        (response.attr("sid"), response.children().count()),
        (Some("sid-1"), 0),
        "XBOSH-4-01: they may come later"
    );
    let slot = server.empty(1);
    server.send("<stream:features/>");
    assert_eq!(
        server.taken(slot),
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" ",
            "xmlns:stream=\"http://etherx.jabber.org/streams\"><stream:features/></body>"
        ),
        "XBOSH-4-01, XBOSH-2-02"
    );
}

#[test]
fn what_the_client_wants_is_told() {
    let mut server = Server::new(ServerConfig::default());
    let slot = server.post(&format!(
        "<body xmlns='{NS}' xmlns:x='urn:xmpp:xbosh' rid='7' to='a' from='b' route='xmpp:c:1' \
         xml:lang='de' ver='1.8' x:version='1.0'><auth xmlns='urn:s'/></body>"
    ));
    let Event::Open(open) = &server.events[0].1 else {
        panic!("no open event")
    };
    assert_eq!(
        (open.slot, open.to.as_deref(), open.from.as_deref()),
        (slot, Some("a"), Some("b"))
    );
    assert_eq!(
        (open.route.as_deref(), open.lang.as_deref()),
        (Some("xmpp:c:1"), Some("de"))
    );
    assert_eq!(open.ver.map(|ver| ver.to_string()), Some("1.8".to_owned()));
    assert_eq!(
        open.xmpp_version.map(|ver| ver.to_string()),
        Some("1.0".to_owned()),
        "XBOSH-3-01"
    );
    assert_eq!(server.told(), ["open", "auth"]);
}

#[test]
fn a_domain_that_is_not_served_is_refused_by_the_host() {
    let mut server = Server::new(ServerConfig::default());
    let slot = server.post(&format!(
        "<body xmlns='{NS}' rid='7' to='elsewhere' ver='1.6'/>"
    ));
    let id = server.id();
    server
        .manager
        .close(server.now, id, Farewell::condition(Condition::HostUnknown))
        .unwrap();
    server.drain();
    assert_eq!(
        server.taken(slot),
        terminate("host-unknown"),
        "BOSH-17.2-05"
    );
    assert_eq!(
        server.reason(),
        Some(CloseReason::Local(Some(Condition::HostUnknown)))
    );
    assert!(server.manager.is_empty());
}

#[test]
fn xbosh_6_01_a_stream_error_comes_inside_the_wrapper() {
    let mut server = Server::open();
    let slot = server.empty(1);
    let error = Bytes::from_static(b"<stream:error><conflict xmlns='urn:e'/></stream:error>");
    server
        .manager
        .close(server.now, server.id(), Farewell::stream_error(error))
        .unwrap();
    server.drain();
    assert_eq!(
        server.taken(slot),
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" ",
            "xmlns:stream=\"http://etherx.jabber.org/streams\" type=\"terminate\" ",
            "condition=\"remote-stream-error\"><stream:error><conflict xmlns='urn:e'/>",
            "</stream:error></body>"
        ),
        "XBOSH-2-03, XBOSH-6-01, BOSH-17.2-18"
    );
}

#[test]
fn bosh_17_2_13_a_client_is_sent_elsewhere() {
    let mut server = Server::open();
    let slot = server.empty(1);
    let farewell = Farewell::see_other_uri("https://b.example/");
    server
        .manager
        .close(server.now, server.id(), farewell)
        .unwrap();
    server.drain();
    assert_eq!(
        server.taken(slot),
        format!(
            "<body xmlns=\"{NS}\" type=\"terminate\" condition=\"see-other-uri\"><uri>https://b.example/</uri></body>"
        ),
        "BOSH-17.2-13"
    );
}

/// Answered so, and neither a session nor an event comes of it.
fn refused(body: &str) -> String {
    refused_with(body).1
}

fn refused_with(body: &str) -> (u16, String) {
    let mut server = Server::new(ServerConfig::default());
    let slot = server.post(body);
    assert!(server.manager.is_empty() && server.events.is_empty());
    (server.response(slot).unwrap().status, server.taken(slot))
}

#[test]
fn bosh_17_2_03_what_cannot_be_read_is_a_bad_request() {
    for body in [
        String::new(),
        "hello".to_owned(),
        "<body rid='1'/>".to_owned(),
        format!("<body xmlns='{NS}' to='a' ver='1.6'/>"),
        format!("<body xmlns='{NS}' sid='a'/>"),
        format!("<body xmlns='{NS}' rid='0' to='a'/>"),
        format!("<body xmlns='{NS}' rid='1' to='a'><a></b></body>"),
    ] {
        assert_eq!(
            refused(&body),
            terminate("bad-request"),
            "BOSH-17.2-03 {body}"
        );
    }
    let two = format!("<body xmlns='{NS}' rid='1' to='a' ver='1.6'/>").repeat(2);
    assert_eq!(
        refused(&two),
        terminate("bad-request"),
        "BOSH-5-05: a body holds one wrapper"
    );
}

#[test]
fn bosh_17_2_08_a_session_id_that_is_none_is_not_found() {
    for sid in ["none", "sid-1", ""] {
        let body = format!("<body xmlns='{NS}' rid='1' sid='{sid}' to='a' ver='1.6'/>");
        assert_eq!(
            refused(&body),
            terminate("item-not-found"),
            "BOSH-17.2-08, J10 {sid}"
        );
    }
}

#[test]
fn a_session_that_nobody_vouches_for_ends() {
    let mut server = Server::new(ServerConfig::default());
    let slot = server.post(&format!(
        "<body xmlns='{NS}' rid='{FIRST}' to='a' ver='1.6'/>"
    ));
    server.send("<f xmlns='urn:f'/>");
    assert!(server.response(slot).is_some());
    for rid in 1..=2 {
        server.empty(rid);
        server.seconds(25);
        server.send("<a xmlns='urn:a'/>");
    }
    server.seconds(10);
    assert_eq!(server.reason(), Some(CloseReason::NotAuthenticated), "J12");
    assert!(server.manager.is_empty());
}

#[test]
fn sessions_are_limited() {
    let mut server = Server::new(ServerConfig::default().with_sessions(3, 2));
    let create = format!("<body xmlns='{NS}' rid='{FIRST}' to='a' ver='1.6'/>");
    for _ in 0..2 {
        server.post(&create);
        server.send("<f xmlns='urn:f'/>");
    }
    let third = server.post(&create);
    assert_eq!(server.taken(third), terminate("policy-violation"), "J12");
    server.manager.set_authenticated(server.id()).unwrap();
    let fourth = server.post(&create);
    assert!(server.is_waiting(fourth), "one of two has authenticated");
    server.manager.set_authenticated(server.id()).unwrap();
    let fifth = server.post(&create);
    assert_eq!(server.taken(fifth), terminate("policy-violation"));
    assert_eq!(server.manager.len(), 3);
}

#[test]
fn bosh_17_2_14_shutdown_ends_all_sessions_and_refuses_new_ones() {
    let mut server = Server::open();
    let slot = server.empty(1);
    server.manager.shutdown(server.now);
    server.drain();
    assert_eq!(
        server.taken(slot),
        terminate("system-shutdown"),
        "BOSH-17.2-14"
    );
    let slot = server.post(&format!("<body xmlns='{NS}' rid='1' to='a' ver='1.6'/>"));
    assert_eq!(
        server.taken(slot),
        terminate("system-shutdown"),
        "BOSH-17.2-14"
    );
    assert!(server.manager.is_empty());
}

#[test]
fn bosh_17_1_03_a_legacy_client_gets_http_errors() {
    for (condition, status) in [
        (Condition::BadRequest, 400),
        (Condition::PolicyViolation, 403),
        (Condition::ItemNotFound, 404),
    ] {
        let told = |attributes: &str| {
            let mut server = Server::open_with(ServerConfig::default(), attributes);
            let slot = server.empty(1);
            let farewell = Farewell::condition(condition);
            let id = server.id();
            server.manager.close(server.now, id, farewell).unwrap();
            server.drain();
            (server.response(slot).unwrap().status, server.taken(slot))
        };
        assert_eq!(
            told("wait='60' hold='1'"),
            (status, String::new()),
            "BOSH-17.1-03"
        );
        assert_eq!(
            told("wait='60' hold='1' ver='1.6'"),
            (200, terminate(condition.as_str())),
            "BOSH-17.1-02"
        );
    }
}

#[test]
fn a_legacy_client_that_breaks_a_rule_gets_an_http_error() {
    let mut server = Server::open_with(ServerConfig::default(), "wait='60' hold='1'");
    let held = server.empty(1);
    let far = server.empty(9);
    let status = |slot| {
        server
            .response(slot)
            .map(|response| (response.status, response.body.len()))
    };
    assert_eq!(status(far), Some((404, 0)), "BOSH-17.1-03");
    let without_rid = refused_with(&format!("<body xmlns='{NS}' to='a'/>"));
    assert_eq!(without_rid, (400, String::new()), "BOSH-17.1-03");
    assert_eq!(
        status(held).map(|(status, _)| status),
        Some(200),
        "other-request has no number"
    );
}

#[test]
fn bosh_9_1_02_acknowledgements_begin_with_the_creation_response() {
    let response = created(ServerConfig::default(), "ack='1'");
    assert_eq!(
        response.attr("ack"),
        Some("1000"),
        "BOSH-7.2-14, BOSH-9.1-02"
    );
    assert_eq!(created(ServerConfig::default(), "").attr("ack"), None);
    let silent = ServerConfig::default().with_acks(false);
    assert_eq!(created(silent, "ack='1'").attr("ack"), None);
}

#[test]
fn polling_sessions_may_be_silent_for_longer() {
    let response = created(ServerConfig::default(), "wait='0' hold='1'");
    assert_eq!(response.attr("inactivity"), Some("90"), "BOSH-12-03");
    assert_eq!(response.attr("polling"), Some("2"), "BOSH-12-03: by more");
}

#[test]
fn what_is_not_limited_is_not_announced() {
    let config = ServerConfig::default()
        .with_inactivity(None)
        .with_polling(None);
    let response = created(config.with_max_pause(None, Default::default()), "");
    for name in ["inactivity", "polling", "maxpause"] {
        assert_eq!(response.attr(name), None);
    }
}
