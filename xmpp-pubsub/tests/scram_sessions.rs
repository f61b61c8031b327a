//! Logins by SCRAM through whole sessions: which mechanism is taken, what it is bound to, and what goes wrong.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "scram")]

mod common;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use common::{Pair, client_config, jid, sent, server_config};
use xmpp_pubsub::sasl::scram::{Binding, ScramClient, ScramKeys, ScramServer};
use xmpp_pubsub::sasl::{
    ChannelBinding, Mechanism, Password, SaslCondition, ScramError, ScramHash, ScramPolicy,
};
use xmpp_pubsub::session::{
    Client, ClientConfig, ClientEvent, CloseReason, Security, Server, ServerConfig, ServerEvent,
};
use xmpp_pubsub::stream::{Form, StartTls};

const ITERATIONS: core::ops::RangeInclusive<u32> = 4096..=10_000;

fn exporter() -> ChannelBinding {
    ChannelBinding::new(ChannelBinding::TLS_EXPORTER, &[7; 32]).unwrap()
}

fn policy() -> ScramPolicy {
    ScramPolicy::new(b"a secret of 32 bytes of the host", 4096).unwrap()
}

fn scram_server() -> ServerConfig {
    server_config()
        .with_mechanisms(Mechanism::ALL.iter().copied())
        .with_scram(policy())
}

fn user() -> ClientConfig {
    client_config("1001001@localhost/desktop", "right")
}

fn reason(pair: &Pair) -> CloseReason {
    let Some(ClientEvent::Closed { reason }) = pair.client_events.last() else {
        panic!("{:?}", pair.client_events)
    };
    reason.clone()
}

#[test]
fn the_strongest_mechanism_that_both_know_is_taken() {
    for form in [Form::Tcp, Form::WebSocket, Form::Bosh] {
        let pair = Pair::new(form, user(), scram_server());
        assert!(
            pair.transcript.contains("mechanism=\"SCRAM-SHA-256\""),
            "{}",
            pair.transcript
        );
        assert_eq!(
            pair.client.jid(),
            Some(&jid("1001001@localhost/desktop")),
            "XC-SA-03"
        );
        assert!(
            pair.server_events.iter().any(|event| matches!(
                event,
                ServerEvent::LoginChecked {
                    outcome: Ok(()),
                    ..
                }
            )),
            "{:?}",
            pair.server_events
        );
        assert!(!pair.transcript.contains("right"));
    }
    let pair = Pair::new(
        Form::Tcp,
        user(),
        scram_server().with_mechanisms([Mechanism::ScramSha1]),
    );
    assert!(
        pair.transcript.contains("mechanism=\"SCRAM-SHA-1\""),
        "{}",
        pair.transcript
    );
    assert_eq!(
        pair.client.jid(),
        Some(&jid("1001001@localhost/desktop")),
        "XC-SA-03"
    );
}

#[test]
fn a_login_is_bound_to_the_channel_where_both_know_it() {
    let bound = |client: ClientConfig, server: ServerConfig| Pair::new(Form::Tcp, client, server);
    let pair = bound(
        user().with_channel_binding(exporter()),
        scram_server().with_channel_binding(exporter()),
    );
    assert!(
        pair.transcript.contains("mechanism=\"SCRAM-SHA-256-PLUS\""),
        "{}",
        pair.transcript
    );
    assert_eq!(
        pair.client.jid(),
        Some(&jid("1001001@localhost/desktop")),
        "XC-SA-03"
    );

    // Somebody in between, with two TLS connections.
    let other = ChannelBinding::new(ChannelBinding::TLS_EXPORTER, &[8; 32]).unwrap();
    let pair = bound(
        user().with_channel_binding(other),
        scram_server().with_channel_binding(exporter()),
    );
    assert_eq!(
        reason(&pair),
        CloseReason::Refused(SaslCondition::NOT_AUTHORIZED),
        "XC-SA-03"
    );

    // A server without data of the channel offers nothing that is bound.
    let pair = bound(user().with_channel_binding(exporter()), scram_server());
    assert!(!pair.transcript.contains("PLUS"), "{}", pair.transcript);
    assert_eq!(pair.client.jid(), Some(&jid("1001001@localhost/desktop")));
}

#[test]
fn a_mechanism_that_was_taken_out_of_the_list_is_missed() {
    // `y` says: I can bind, and you do not offer it. This server did.
    let first = "y,,n=user,r=x";
    let new = |is_offered| {
        ScramServer::new(
            Mechanism::ScramSha256,
            first,
            "y",
            Some(&exporter()),
            is_offered,
        )
    };
    assert_eq!(new(true).unwrap_err(), SaslCondition::NOT_AUTHORIZED);
    assert!(new(false).is_ok());
    let password = Password::new("x");
    let client = ScramClient::new(
        ScramHash::Sha1,
        "user",
        &password,
        "x",
        Binding::NotOffered,
        ITERATIONS,
    );
    assert_eq!(client.unwrap().first(), first);
    // The client's own bound.
    let pair = Pair::new(
        Form::Tcp,
        user().with_weakest(Mechanism::ScramSha256),
        scram_server().with_mechanisms([Mechanism::Plain, Mechanism::ScramSha1]),
    );
    assert!(
        matches!(reason(&pair), CloseReason::Unsupported(_)),
        "XC-SA-02"
    );
    assert!(!pair.transcript.contains("<auth"), "{}", pair.transcript);
}

#[test]
fn in_the_clear_a_password_may_be_proved_but_not_sent() {
    let mut server = scram_server();
    server.security = Security::Clear;
    let client = user()
        .with_security(Security::Clear)
        .with_starttls(StartTls::Off);
    let pair = Pair::new(Form::Tcp, client, server);
    assert!(
        !pair.transcript.contains("PLAIN"),
        "XC-SA-02: {}",
        pair.transcript
    );
    assert_eq!(
        pair.client.jid(),
        Some(&jid("1001001@localhost/desktop")),
        "XC-SA-02"
    );
}

#[test]
fn unknown_users_and_wrong_passwords_look_the_same() {
    let attempt = |name: &str, seed: u64| {
        let client = ClientConfig {
            seed,
            ..client_config(&format!("{name}@localhost"), "wrong")
        };
        let pair = Pair::new(
            Form::Tcp,
            client,
            ServerConfig {
                seed,
                ..scram_server()
            },
        );
        let reason = reason(&pair);
        let challenge = pair.transcript.split("<challenge").nth(1).unwrap();
        let challenge = challenge.split(['>', '<']).nth(1).unwrap();
        let challenge = String::from_utf8(STANDARD.decode(challenge).unwrap()).unwrap();
        let salt = challenge.split(",s=").nth(1).unwrap().to_owned();
        (reason, salt)
    };
    let refused = CloseReason::Refused(SaslCondition::NOT_AUTHORIZED);
    let (known, salt_of_known) = attempt("1001001", 1);
    let (unknown, salt_of_unknown) = attempt("nobody", 1);
    assert_eq!((known, unknown), (refused.clone(), refused), "XC-SA-09");
    assert_eq!(
        salt_of_known.len(),
        salt_of_unknown.len(),
        "XC-SA-09: {salt_of_unknown}"
    );
    assert_eq!(
        attempt("nobody", 2).1,
        salt_of_unknown,
        "XC-SA-09: the same each time"
    );
    assert_ne!(
        attempt("somebody", 1).1,
        salt_of_unknown,
        "XC-SA-09: and his own"
    );
}

const HEADER: &str = "<stream:stream to='localhost' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

fn feed(server: &mut Server, text: &str) {
    let _ = server.handle_input(Duration::ZERO, &mut BytesMut::from(text));
}

fn sasl(name: &str, message: &str) -> String {
    let message = STANDARD.encode(message);
    format!(
        "<{name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>{message}</{name}>"
    )
}

/// A server that has offered its mechanisms.
fn offering() -> Server {
    let mut server = Server::new(Duration::ZERO, scram_server(), Form::Tcp);
    feed(&mut server, HEADER);
    sent(&mut server);
    server
}

fn failure(condition: &str) -> String {
    format!("<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><{condition}/></failure>")
}

#[test]
fn a_client_is_asked_for_a_first_message_that_it_held_back() {
    let mut server = offering();
    feed(
        &mut server,
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'/>",
    );
    assert_eq!(
        sent(&mut server),
        "<challenge xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>",
        "XC-SA-05"
    );
    feed(&mut server, &sasl("response", "n,,n=1001001,r=x"));
    let Some(ServerEvent::ScramKeys { user, hash }) = server.poll_event() else {
        panic!()
    };
    assert_eq!((user, hash), (jid("1001001@localhost"), ScramHash::Sha1));
    // `=` is a first message that is empty.
    let mut server = offering();
    feed(
        &mut server,
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>=</auth>",
    );
    assert_eq!(sent(&mut server), failure("malformed-request"), "XC-SA-04");
}

#[test]
fn a_client_may_give_up_at_any_time() {
    const ABORT: &str = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    let keys = || {
        let password = Password::new("right");
        ScramKeys::derive(ScramHash::Sha1, &password, b"12345678", 4096)
    };
    // While the host looks for keys: his answer is awaited.
    let mut server = offering();
    feed(&mut server, &sasl("auth", "n,,n=1001001,r=x"));
    feed(&mut server, ABORT);
    assert_eq!(sent(&mut server), "");
    server.scram_keys(keys()).unwrap();
    assert_eq!(sent(&mut server), failure("aborted"), "XC-SA-05");
    // While the client has the challenge.
    feed(&mut server, &sasl("auth", "n,,n=1001001,r=x"));
    server.scram_keys(keys()).unwrap();
    assert!(sent(&mut server).starts_with("<challenge "));
    assert!(server.scram_keys(keys()).is_err(), "nobody asked");
    assert!(
        server.authenticate_ok().is_err(),
        "only the client can prove it"
    );
    feed(&mut server, ABORT);
    assert_eq!(sent(&mut server), failure("aborted"), "XC-SA-05");
}

#[test]
fn a_host_may_refuse_instead_of_giving_keys() {
    let mut server = offering();
    feed(&mut server, &sasl("auth", "n,,n=1001001,r=x"));
    let other = ScramKeys::derive(ScramHash::Sha256, &Password::new("x"), b"12345678", 4096);
    assert!(server.scram_keys(other).is_err(), "keys of another hash");
    server
        .authenticate_failed(SaslCondition::ACCOUNT_DISABLED)
        .unwrap();
    assert_eq!(sent(&mut server), failure("account-disabled"), "XC-SA-06");
    feed(
        &mut server,
        &sasl("auth", "n,a=finesse@localhost,n=1001001,r=x"),
    );
    assert_eq!(sent(&mut server), failure("invalid-authzid"), "XC-SA-10");
    feed(
        &mut server,
        &sasl("auth", "n,a=1001001@localhost,n=1001001,r=x"),
    );
    assert_eq!(
        sent(&mut server),
        "",
        "XC-SA-10: his own is right, the host is asked"
    );
}

#[test]
fn no_two_challenges_have_one_nonce() {
    let nonce = |server: &mut Server| {
        feed(server, &sasl("auth", "n,,n=1001001,r=x"));
        server.scram_keys(None).unwrap();
        let challenge = sent(server);
        feed(server, "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        sent(server);
        challenge
    };
    let mut server = offering();
    assert_ne!(nonce(&mut server), nonce(&mut server));
    let first = nonce(&mut offering());
    assert_eq!(
        first,
        nonce(&mut offering()),
        "the same inputs, the same outputs"
    );
}

/// A client that waits for the answer to its first message.
fn begun() -> Client {
    let mut client = Client::new(user(), Form::Tcp);
    client.open(Duration::ZERO).unwrap();
    hear(
        &mut client,
        &format!(
            "{}<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
             <mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>",
            HEADER.replace("to=", "from=")
        ),
    );
    client.poll_transmit();
    client
}

fn hear(client: &mut Client, text: &str) {
    let _ = client.handle_input(Duration::ZERO, &mut BytesMut::from(text));
}

#[test]
fn a_success_without_proof_is_none() {
    for success in [
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".to_owned(),
        sasl("success", "v=AAAA"),
    ] {
        let mut client = begun();
        hear(&mut client, &success);
        let Some(ClientEvent::Closed { reason }) = client.poll_event() else {
            panic!("XC-SA-05")
        };
        assert_eq!(
            reason,
            CloseReason::GivenUp(ScramError::Signature),
            "XC-SA-05"
        );
        assert_eq!(client.poll_transmit().unwrap(), "</stream:stream>");
    }
}

#[test]
fn a_challenge_that_is_none_is_answered_by_abort() {
    let mut client = begun();
    hear(&mut client, &sasl("challenge", "r=other,s=QSXC,i=4096"));
    assert_eq!(
        client.poll_transmit().unwrap(),
        "<abort xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/></stream:stream>",
        "XC-SA-05"
    );
    assert!(matches!(
        client.poll_event(),
        Some(ClientEvent::Closed {
            reason: CloseReason::GivenUp(ScramError::Nonce)
        })
    ));
}

#[test]
fn starttls_brings_the_binding_of_its_channel() {
    let mut server = scram_server().with_starttls(StartTls::Required);
    server.security = Security::Clear;
    let client = user().with_security(Security::Clear);
    let pair = Pair::over_tls(Form::Tcp, client, server, Some(exporter()));
    let (clear, tls) = pair.transcript.split_once("TLS\n").unwrap();
    assert!(!clear.contains("<mechanism>"), "XC-SA-02: {clear}");
    assert!(
        tls.contains("mechanism=\"SCRAM-SHA-256-PLUS\""),
        "XC-SA-03: {tls}"
    );
    assert_eq!(pair.client.jid(), Some(&jid("1001001@localhost/desktop")));
}
