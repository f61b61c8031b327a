use super::*;

#[test]
fn xc_ji_04_first_slash_splits_resource_and_at_before_it_splits_local() {
    let jid = Jid::new("a@b/c@d/e").unwrap();
    assert_eq!(
        (jid.local(), jid.domain(), jid.resource()),
        (Some("a"), "b", Some("c@d/e"))
    );
    let service = Jid::new("pubsub.localhost").unwrap();
    assert_eq!(
        (service.local(), service.domain(), service.resource()),
        (None, "pubsub.localhost", None)
    );
    assert!(service.is_bare());
}

#[test]
fn xc_ji_01_empty_and_long_parts_are_refused() {
    assert_eq!(Jid::new(""), Err(JidError::Empty(Part::Domain)));
    assert_eq!(Jid::new("@b"), Err(JidError::Empty(Part::Local)));
    assert_eq!(Jid::new("a@"), Err(JidError::Empty(Part::Domain)));
    assert_eq!(Jid::new("a@b/"), Err(JidError::Empty(Part::Resource)));
    for domain in [
        ".",
        "..",
        "...",
        ".b",
        "b..",
        "b..c",
        "B..c",
        "\u{f6}..c",
        "\u{3002}b",
        "b\u{ff0e}.",
    ] {
        assert_eq!(
            Jid::new(domain),
            Err(JidError::Empty(Part::Domain)),
            "{domain}"
        );
    }
    assert_eq!(Jid::new("a@b."), Jid::new("a@b"));
    let longest = "x".repeat(1023);
    assert_eq!(Jid::new(&format!("{longest}.")), Jid::new(&longest));
    let longest = "x".repeat(1023);
    let jid = Jid::new(&format!("{longest}@{longest}/{longest}")).unwrap();
    assert_eq!(jid.resource().unwrap().len(), 1023);
    assert_eq!(
        Jid::new(&format!("{longest}y@b")),
        Err(JidError::TooLong(Part::Local))
    );
}

#[test]
fn xc_ji_02_excluded_characters_of_the_local_part() {
    for c in ['"', '&', '\'', ':', '<', '>', ' ', '\u{7f}', '\n'] {
        assert_eq!(
            Jid::new(&format!("a{c}b@localhost")),
            Err(JidError::Forbidden(Part::Local)),
            "{c:?}"
        );
    }
}

#[test]
fn xc_ji_03_comparison_is_on_the_prepared_form() {
    assert_eq!(
        Jid::new("JÖRG@Example.COM/Büro"),
        Jid::new("jörg@example.com/Büro")
    );
    assert_ne!(Jid::new("a@b/Desktop"), Jid::new("a@b/desktop"));
    assert_eq!(Jid::new("a@example.com."), Jid::new("a@example.com"));
}

#[test]
fn a_compatibility_form_cannot_smuggle_a_separator() {
    // U+FF20 is a wide `@`, U+FF0F a wide `/`.
    assert!(Jid::new("a\u{ff20}b@c").is_err());
    assert!(Jid::new("b\u{ff0f}c").is_err());
}

#[test]
fn an_address_that_needs_no_preparation_is_taken_as_it_stands_and_no_other() {
    for (text, is_plain) in [
        ("a@b/C d", true),
        ("localhost", true),
        ("[::1]", true),
        ("A@b", false),
        ("a@B", false),
        ("a@b.", false),
        ("@b", false),
        ("a@", false),
        ("a@b/", false),
        ("a b@c", false),
        ("ö@b", false),
        ("", false),
    ] {
        assert_eq!(plain(text).is_some(), is_plain, "{text}");
        if is_plain {
            let (taken, prepared) = (Jid::new(text).unwrap(), Jid::prepare(text).unwrap());
            let parts = |jid: &Jid| {
                let part = |part: Option<&str>| part.map(str::to_owned);
                (
                    part(jid.local()),
                    jid.domain().to_owned(),
                    part(jid.resource()),
                )
            };
            assert_eq!(parts(&taken), parts(&prepared));
        }
    }
}

#[test]
fn an_address_among_others_is_the_same_and_can_be_detached() {
    let input = "from='a@b/c' to='service'".to_owned();
    let (from, to) = (&input[6..11], &input[17..24]);
    let mut stretch = Stretch::over(input.as_bytes(), [Some(from), Some(to)]);
    let to = Jid::within(to, &mut stretch).unwrap();
    let from = Jid::within(from, &mut stretch).unwrap();
    assert_eq!(
        (from.local(), from.domain(), from.resource()),
        (Some("a"), "b", Some("c"))
    );
    assert_eq!(
        (to.local(), to.domain(), to.resource()),
        (None, "service", None)
    );
    assert_eq!(from.bare().as_str(), "a@b");
    assert_eq!(from.bare().to_domain().as_str(), "b");
    let bare = from.bare().detach();
    assert_eq!(
        (bare.local(), bare.domain(), bare.resource()),
        (Some("a"), "b", None)
    );
    assert_eq!(&*bare.text, "a@b");
}

#[test]
fn bare_shares_the_text_and_equals_what_was_parsed_bare() {
    let full = Jid::new("1001001@localhost/desktop").unwrap();
    let bare = Jid::new("1001001@localhost").unwrap();
    assert_eq!(full.bare(), bare);
    assert!(full.same_bare(&bare));
    assert_eq!(full.bare().resource(), None);
    assert_eq!(full.to_domain().as_str(), "localhost");
    assert_eq!(
        bare.with_resource("x").unwrap().as_str(),
        "1001001@localhost/x"
    );
}
