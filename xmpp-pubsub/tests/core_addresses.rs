//! Addresses of RFC 7622.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use xmpp_pubsub::{Jid, JidError, Part};

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

#[test]
fn each_part_has_one_to_1023_bytes() {
    for (text, expected) in [
        ("", JidError::Empty(Part::Domain)),
        ("@b", JidError::Empty(Part::Local)),
        ("a@", JidError::Empty(Part::Domain)),
        ("/r", JidError::Empty(Part::Domain)),
        ("a@b/", JidError::Empty(Part::Resource)),
    ] {
        assert_eq!(Jid::new(text), Err(expected), "XC-JI-01: {text:?}");
    }
    let most = "x".repeat(1023);
    let longest = jid(&format!("{most}@{most}/{most}"));
    assert_eq!(
        (longest.local(), longest.domain(), longest.resource()),
        (Some(&*most), &*most, Some(&*most)),
        "XC-JI-01"
    );
    for (text, part) in [
        (format!("{most}x@b"), Part::Local),
        (format!("a@{most}x"), Part::Domain),
        (format!("a@b/{most}x"), Part::Resource),
        // 1,022 bytes as written; in lower case U+0130 has two characters of three bytes.
        (format!("{}@b", "\u{130}".repeat(511)), Part::Local),
    ] {
        assert_eq!(Jid::new(&text), Err(JidError::TooLong(part)), "XC-JI-01");
    }
}

#[test]
fn the_local_part_has_one_case_and_leaves_characters_out() {
    assert_eq!(
        jid("AGENT1001@localhost").as_str(),
        "agent1001@localhost",
        "XC-JI-02"
    );
    assert_eq!(jid("JÖRG@localhost").as_str(), "jörg@localhost", "XC-JI-02");
    // A letter of its own stays, and a compatibility form is refused: RFC 8265 §3.3.
    assert_eq!(
        jid("stra\u{df}e@b").local(),
        Some("stra\u{df}e"),
        "XC-JI-02"
    );
    assert!(Jid::new("\u{fb01}n@b").is_err(), "XC-JI-02");
    // Wide letters are ASCII letters: RFC 8265 §3.3.1, width mapping.
    assert_eq!(
        jid("\u{ff21}b@localhost").as_str(),
        "ab@localhost",
        "XC-JI-02"
    );
    for excluded in [
        '"', '&', '\'', '/', ':', '<', '>', '@', ' ', '\u{a0}', '\u{7f}', '\t',
    ] {
        let text = format!("a{excluded}b@localhost");
        let is_address =
            Jid::new(&text).is_ok_and(|jid| jid.local() == Some(&format!("a{excluded}b")));
        assert!(!is_address, "XC-JI-02: {excluded:?}");
        // `/` and `@` separate; the others have no place at all.
        let parts = Jid::from_parts(Some(&format!("a{excluded}b")), "localhost", None);
        assert_eq!(
            parts,
            Err(JidError::Forbidden(Part::Local)),
            "XC-JI-02: {excluded:?}"
        );
    }
}

#[test]
fn the_resource_keeps_its_case_and_may_have_spaces() {
    assert_eq!(jid("a@b/Desk Top").resource(), Some("Desk Top"), "XC-JI-02");
    assert_eq!(
        jid("a@b/B\u{fc}ro").resource(),
        Some("B\u{fc}ro"),
        "XC-JI-02"
    );
    assert_eq!(
        jid("a@b/\u{fb01}n").resource(),
        Some("\u{fb01}n"),
        "XC-JI-02"
    );
    // One form of each letter: RFC 8265 §4.2.1, normalization.
    assert_eq!(jid("a@b/Bu\u{308}ro"), jid("a@b/B\u{fc}ro"), "XC-JI-02");
    for forbidden in ['\u{0}', '\u{7}', '\u{7f}', '\u{e000}', '\u{fffe}'] {
        assert_eq!(
            Jid::new(&format!("a@b/x{forbidden}")),
            Err(JidError::Forbidden(Part::Resource)),
            "XC-JI-02: {forbidden:?}"
        );
    }
}

#[test]
fn domains() {
    for (text, domain) in [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("B\u{fc}cher.example", "b\u{fc}cher.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("a_b.local", "a_b.local"),
        // The full stop of East Asian texts: RFC 5895 §2.3.
        ("a\u{3002}b", "a.b"),
    ] {
        assert_eq!(jid(text).domain(), domain, "XC-JI-02: {text}");
    }
    for text in ["a b", "a,b", "a!b", "a\u{7}b", "a\u{ff0f}b"] {
        assert_eq!(
            Jid::new(text),
            Err(JidError::Forbidden(Part::Domain)),
            "XC-JI-02: {text}"
        );
    }
}

#[test]
fn comparison_is_on_the_prepared_form() {
    assert_eq!(jid("A@EXAMPLE.com/R"), jid("a@example.COM./R"), "XC-JI-03");
    assert_ne!(jid("a@b/R"), jid("a@b/r"), "XC-JI-03");
    assert_eq!(jid("JO\u{308}RG@b"), jid("j\u{f6}rg@B"), "XC-JI-03");
    assert_eq!(
        jid("a@b").cmp(&jid("A@B")),
        core::cmp::Ordering::Equal,
        "XC-JI-03"
    );
    // Prepared once, prepared for good.
    for text in ["a@b/c", "JÖRG@Bücher.example/Büro", "\u{ff21}@b"] {
        let once = jid(text);
        assert_eq!(jid(once.as_str()), once, "XC-JI-03");
    }
}

#[test]
fn every_ascii_character_is_prepared_without_tables_and_as_the_tables_say() {
    // The fast path takes ASCII; a letter beyond it sends the same text through the tables.
    for byte in 0_u8..=0x7f {
        let c = char::from(byte);
        let parts = |text: &str| {
            (
                Jid::from_parts(Some(text), "b", None).map(|jid| jid.local().unwrap().to_owned()),
                Jid::from_parts(None, "b", Some(text))
                    .map(|jid| jid.resource().unwrap().to_owned()),
            )
        };
        let (local, resource) = parts(&format!("a{c}a"));
        let (table_local, table_resource) = parts(&format!("a{c}a\u{e4}"));
        let cut = |text: Result<String, JidError>| {
            text.map(|text| text.trim_end_matches('\u{e4}').to_owned())
        };
        assert_eq!(local, cut(table_local), "XC-JI-03: {c:?}");
        assert_eq!(resource, cut(table_resource), "XC-JI-03: {c:?}");
    }
}

#[test]
fn the_first_slash_and_the_at_before_it_split() {
    for (text, expected) in [
        ("a@b/c", (Some("a"), "b", Some("c"))),
        ("a@b/c@d/e", (Some("a"), "b", Some("c@d/e"))),
        ("b/c@d", (None, "b", Some("c@d"))),
        ("pubsub.localhost", (None, "pubsub.localhost", None)),
        ("b//", (None, "b", Some("/"))),
    ] {
        let found = jid(text);
        assert_eq!(
            (found.local(), found.domain(), found.resource()),
            expected,
            "XC-JI-04: {text}"
        );
    }
    assert!(Jid::new("a@b@c").is_err(), "XC-JI-04: no `@` in a domain");
}
