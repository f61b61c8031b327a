//! SCRAM against the exchanges of RFC 5802 §5 and RFC 7677 §3, and what either end refuses.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "scram")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xmpp_pubsub::sasl::scram::{Binding, ScramClient, ScramKeys, ScramServer};
use xmpp_pubsub::sasl::{Mechanism, Password, SaslCondition, ScramError, ScramHash, ScramPolicy};

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

fn policy() -> ScramPolicy {
    ScramPolicy::new(b"a secret of 32 bytes of the host", 4096).unwrap()
}
