//! SCRAM against the exchanges of RFC 5802 §5 and RFC 7677 §3, and what either end refuses.

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

/// One documented exchange: user `user`, password `pencil`, 4096 iterations.
struct Example {
    mechanism: Mechanism,
    nonces: (&'static str, &'static str),
    salt: &'static str,
    messages: [&'static str; 4],
}

const EXAMPLES: [Example; 2] = [
    // RFC 5802 §5.
    Example {
        mechanism: Mechanism::ScramSha1,
        nonces: ("fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j"),
        salt: "QSXCR+Q6sek8bf92",
        messages: [
            "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ],
    },
    // RFC 7677 §3.
    Example {
        mechanism: Mechanism::ScramSha256,
        nonces: ("rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"),
        salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
        messages: [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ],
    },
];

const ITERATIONS: core::ops::RangeInclusive<u32> = 4096..=10_000;

fn client_of(example: &Example) -> ScramClient {
    let hash = ScramHash::of(example.mechanism).unwrap();
    let password = Password::new("pencil");
    ScramClient::new(
        hash,
        "user",
        &password,
        example.nonces.0,
        Binding::None,
        ITERATIONS,
    )
    .unwrap()
}

fn keys_of(example: &Example) -> ScramKeys {
    let hash = ScramHash::of(example.mechanism).unwrap();
    let salt = STANDARD.decode(example.salt).unwrap();
    ScramKeys::derive(hash, &Password::new("pencil"), &salt, 4096).unwrap()
}

fn server_of(example: &Example, first: &str) -> Result<ScramServer, SaslCondition> {
    ScramServer::new(example.mechanism, first, example.nonces.1, None, false)
}

#[test]
fn the_documented_exchanges_byte_for_byte() {
    for example in &EXAMPLES {
        let [first, challenge, proof, signature] = example.messages;
        let mut client = client_of(example);
        assert_eq!(client.first(), first, "XC-SA-03");
        let mut server = server_of(example, first).unwrap();
        assert_eq!(server.authcid(), "user");
        assert_eq!(server.challenge(keys_of(example)), challenge, "XC-SA-03");
        assert_eq!(client.proof(challenge).unwrap(), proof, "XC-SA-03");
        assert_eq!(server.verify(proof).unwrap(), signature, "XC-SA-03");
        assert_eq!(client.verify(signature), Ok(()), "XC-SA-05");
    }
}

#[test]
fn a_client_believes_no_server_that_does_not_know_the_password() {
    for example in &EXAMPLES {
        let [_, challenge, _, signature] = example.messages;
        let mut client = client_of(example);
        assert_eq!(
            client.verify(signature),
            Err(ScramError::Malformed),
            "too early"
        );
        client.proof(challenge).unwrap();
        for bad in [
            "v=rmF9pqV8S7suAoZWja4dJRkFsKR=",
            "v=AAAA",
            "v=",
            "e=other-error",
            "",
        ] {
            let error = client.verify(bad).unwrap_err();
            assert!(
                matches!(error, ScramError::Signature | ScramError::Malformed),
                "XC-SA-05: {bad}"
            );
        }
    }
}

#[test]
fn a_client_refuses_what_a_hostile_server_would_like() {
    let example = &EXAMPLES[0];
    let refused = |challenge: &str| client_of(example).proof(challenge).unwrap_err();
    let challenge = example.messages[1];
    assert_eq!(
        refused(&challenge.replace("r=fyko", "r=gyko")),
        ScramError::Nonce,
        "XC-SA-08: another nonce"
    );
    assert_eq!(
        refused("r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096"),
        ScramError::Nonce,
        "XC-SA-08: nothing added to ours"
    );
    for (count, iterations) in [
        ("4095", 4095),
        ("1", 1),
        ("0", 0),
        ("10001", 10_001),
        ("4294967295", u32::MAX),
    ] {
        assert_eq!(
            refused(&challenge.replace("i=4096", &format!("i={count}"))),
            ScramError::Iterations(iterations),
            "XC-SA-08: at once, without the work"
        );
    }
    for bad in [
        "",
        "r=fyko+d2lbbFgONRv9qkxdawL3",
        "m=x,r=fyko+d2lbbFgONRv9qkxdawL3,s=QSXC,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawL3,s=*,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawL3,s=,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawL3,s=QSXC,i=4294967296",
        "r=fyko+d2lbbFgONRv9qkxdawL3,s=QSXC,i=-1",
        "r=fyko+d2lbbFgONRv9qkxdawL3,s=QSXC,i=4096,m=x",
    ] {
        assert_eq!(refused(bad), ScramError::Malformed, "XC-SA-08: {bad}");
    }
}

#[test]
fn names_are_escaped_and_prepared() {
    let new = |user: &str, password: &str| {
        let password = Password::new(password);
        ScramClient::new(
            ScramHash::Sha1,
            user,
            &password,
            "n",
            Binding::None,
            ITERATIONS,
        )
    };
    assert_eq!(
        new("a,b=c", "x").unwrap().first(),
        "n,,n=a=2Cb=3Dc,r=n",
        "XC-SA-08"
    );
    // RFC 4013 §3: a soft hyphen goes, a Roman numeral becomes letters, a control character is refused.
    assert_eq!(
        new("I\u{ad}X", "x").unwrap().first(),
        "n,,n=IX,r=n",
        "XC-SA-08"
    );
    assert_eq!(
        new("\u{2168}", "x").unwrap().first(),
        "n,,n=IX,r=n",
        "XC-SA-08"
    );
    assert_eq!(
        new("\u{7}", "x").unwrap_err(),
        ScramError::Unprepared,
        "XC-SA-08"
    );
    assert_eq!(
        new("a", "\u{627}\u{31}").unwrap_err(),
        ScramError::Unprepared,
        "XC-SA-08"
    );
    // The keys of a password are those of its prepared form.
    let keys = |password: &str| {
        ScramKeys::derive(
            ScramHash::Sha256,
            &Password::new(password),
            b"12345678",
            4096,
        )
        .unwrap()
    };
    assert_eq!(keys("\u{2168}"), keys("IX"), "XC-SA-08");
}

#[test]
fn what_a_server_keeps_is_no_password_and_is_not_printed() {
    let keys = keys_of(&EXAMPLES[1]);
    assert_eq!(
        (keys.hash(), keys.salt().len(), keys.iterations()),
        (ScramHash::Sha256, 16, 4096)
    );
    assert_eq!(format!("{keys:?}"), "ScramKeys(Sha256, ..)");
    let again = ScramKeys::from_parts(
        keys.hash(),
        keys.salt(),
        keys.iterations(),
        keys.stored_key(),
        keys.server_key(),
    );
    assert_eq!(again, Some(keys), "XC-SA-09: kept and taken back");
    assert_eq!(
        ScramKeys::from_parts(ScramHash::Sha1, b"salt", 4096, &[0; 32], &[0; 20]),
        None
    );
    let derive = |salt: &[u8], count| {
        ScramKeys::derive(ScramHash::Sha1, &Password::new("x"), salt, count).is_some()
    };
    assert_eq!(
        (
            derive(b"1234567", 4096),
            derive(b"12345678", 4095),
            derive(b"12345678", 4096)
        ),
        (false, false, true)
    );
    assert!(
        ScramPolicy::new(&[1; 15], 4096).is_none() && ScramPolicy::new(&[1; 16], 4095).is_none()
    );
    assert_eq!(
        format!("{:?}", policy()),
        "ScramPolicy(.., 4096 iterations)"
    );
}

#[test]
fn a_server_refuses_first_messages_that_are_none() {
    let example = &EXAMPLES[0];
    for (first, expected) in [
        ("", SaslCondition::MALFORMED_REQUEST),
        ("n,", SaslCondition::MALFORMED_REQUEST),
        ("n,,", SaslCondition::MALFORMED_REQUEST),
        ("n,,n=user", SaslCondition::MALFORMED_REQUEST),
        ("n,,r=x,n=user", SaslCondition::MALFORMED_REQUEST),
        ("n,,n=,r=x", SaslCondition::MALFORMED_REQUEST),
        ("n,,n=us=er,r=x", SaslCondition::MALFORMED_REQUEST),
        ("n,,n=user,r=", SaslCondition::MALFORMED_REQUEST),
        ("n,,m=x,n=user,r=x", SaslCondition::MALFORMED_REQUEST),
        ("n,,n=user,r=x,m=y", SaslCondition::MALFORMED_REQUEST),
        ("n,user,n=user,r=x", SaslCondition::MALFORMED_REQUEST),
        ("q,,n=user,r=x", SaslCondition::MALFORMED_REQUEST),
        (
            "p=tls-exporter,,n=user,r=x",
            SaslCondition::MALFORMED_REQUEST,
        ),
        ("n,,n=\u{7},r=x", SaslCondition::NOT_AUTHORIZED),
    ] {
        assert_eq!(
            server_of(example, first).unwrap_err(),
            expected,
            "XC-SA-06: {first:?}"
        );
    }
    let other = server_of(example, "n,a=o=2Cther,n=user,r=x,a=extension").unwrap();
    assert_eq!((other.authzid(), other.authcid()), (Some("o,ther"), "user"));
}

#[test]
fn a_server_refuses_proofs_that_are_none() {
    let example = &EXAMPLES[0];
    let [first, _, proof, _] = example.messages;
    let mut server = server_of(example, first).unwrap();
    assert_eq!(
        server.verify(proof).unwrap_err(),
        SaslCondition::NOT_AUTHORIZED
    );
    server.challenge(keys_of(example));
    for (message, expected) in [
        (
            proof.replace("p=v0X8", "p=v1X8"),
            SaslCondition::NOT_AUTHORIZED,
        ),
        (proof.replace("Ts=", "Q="), SaslCondition::MALFORMED_REQUEST),
        (
            proof.replace("c=biws", "c=eSws"),
            SaslCondition::NOT_AUTHORIZED,
        ),
        (
            proof.replace("r=fyko", "r=gyko"),
            SaslCondition::NOT_AUTHORIZED,
        ),
        ("c=biws,r=x".to_owned(), SaslCondition::MALFORMED_REQUEST),
        (
            "c=biws,r=x,p=*".to_owned(),
            SaslCondition::MALFORMED_REQUEST,
        ),
        ("c=biws,r=x,p=".to_owned(), SaslCondition::NOT_AUTHORIZED),
        (String::new(), SaslCondition::MALFORMED_REQUEST),
    ] {
        assert_eq!(
            server.verify(&message).unwrap_err(),
            expected,
            "XC-SA-06: {message}"
        );
    }
    assert!(server.verify(proof).is_ok());
}

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
