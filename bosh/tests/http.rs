//! Feature `http`: requests and responses of the `http` crate at both ends.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::time::Duration;

use bosh::Rid;
use bosh::http::Refusal;
use bosh::session::{
    Channel, Client, ClientConfig, ClientEvent, Manager, RequestSlot, ServerConfig,
};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};

const NOW: Duration = Duration::ZERO;
const CREATION: &str = "<body xmlns='http://jabber.org/protocol/httpbind' rid='7' to='localhost' \
                        wait='60' hold='1' ver='1.6' content='text/html'/>";
const NEXT: &str = "<body xmlns='http://jabber.org/protocol/httpbind' rid='8' sid='a'/>";

fn manager() -> Manager {
    Manager::new(ServerConfig::default(), || "a".to_owned())
}

fn post(body: &'static str) -> Request<Bytes> {
    Request::post("/http-bind/")
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap()
}

fn answer(manager: &mut Manager) -> Response<Bytes> {
    while let Some((id, event)) = manager.poll_event() {
        if matches!(event, bosh::session::Event::Open(_)) {
            let features = Bytes::from_static(b"<stream:features/>");
            manager.send(NOW, id, features).unwrap();
        }
    }
    manager.poll_transmit().unwrap().into()
}

#[test]
fn a_post_is_answered_with_the_label_that_was_asked_for() {
    let mut manager = manager();
    manager
        .handle_http_request(NOW, Channel::Secure, RequestSlot(1), post(CREATION))
        .unwrap();
    let response = answer(&mut manager);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/html");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert!(!response.headers().contains_key(CONNECTION));
    assert!(response.body().ends_with(b"<stream:features/></body>"));
}

#[test]
fn a_request_in_clear_for_a_session_over_tls_is_forbidden_and_its_connection_closed() {
    let mut manager = manager();
    for (slot, channel, request) in [(1, Channel::Secure, CREATION), (2, Channel::Clear, NEXT)] {
        manager
            .handle_http_request(NOW, channel, RequestSlot(slot), post(request))
            .unwrap();
    }
    let created = answer(&mut manager);
    let forbidden: Response<Bytes> = match created.status() {
        StatusCode::FORBIDDEN => created,
        _ => manager.poll_transmit().unwrap().into(),
    };
    assert_eq!(forbidden.status(), StatusCode::FORBIDDEN);
    assert_eq!(forbidden.headers()[CONNECTION], "close");
    assert!(forbidden.body().is_empty());
}

#[test]
fn what_is_no_bosh_request_is_refused_and_no_session_hears_of_it() {
    let mut manager = manager();
    let mut get = post(CREATION);
    *get.method_mut() = Method::GET;
    let mut coded = post(CREATION);
    let gzip = "gzip".parse().unwrap();
    coded.headers_mut().insert("content-encoding", gzip);
    for (request, refusal, status, header, value) in [
        (get, Refusal::Method, 405, ALLOW, "POST"),
        (
            coded,
            Refusal::ContentCoding,
            415,
            ACCEPT_ENCODING,
            "identity",
        ),
    ] {
        let refused = manager.handle_http_request(NOW, Channel::Secure, RequestSlot(1), request);
        assert_eq!(refused, Err(refusal));
        let response: Response<Bytes> = refusal.into();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[header], value);
        assert_eq!(*response.body(), refusal.to_string());
    }
    assert!(manager.poll_event().is_none());
    assert!(manager.poll_transmit().is_none());

    let mut plain = post(CREATION);
    let identity = "Identity".parse().unwrap();
    plain.headers_mut().insert("content-encoding", identity);
    let taken = manager.handle_http_request(NOW, Channel::Secure, RequestSlot(1), plain);
    assert!(taken.is_ok(), "no coding at all");
}

#[test]
fn a_client_makes_posts_and_takes_responses() {
    let mut client = Client::new(ClientConfig::new("localhost", Rid::new(7).unwrap()));
    client.open(NOW).unwrap();
    let transmit = client.poll_transmit().unwrap();
    let uri = "https://example.com/http-bind/";
    let request = transmit.to_http_request(uri.parse().unwrap());
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), uri);
    assert_eq!(request.headers()[CONTENT_TYPE], "text/xml; charset=utf-8");
    assert_eq!(*request.body(), transmit.body);

    let mut manager = manager();
    manager
        .handle_http_request(NOW, Channel::Secure, RequestSlot(1), request)
        .unwrap();
    client.handle_http_response(NOW, transmit.id, &answer(&mut manager));
    assert!(matches!(client.poll_event(), Some(ClientEvent::Opened(_))));
    assert!(matches!(client.poll_event(), Some(ClientEvent::Payload(_))));
}
