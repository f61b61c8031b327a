//! What a document is by quick-xml's `NsReader` and a few plain rules of XML that it leaves to its caller, to compare the
//! reader's namespaces, its checks and its scanner for skipped elements with. Written for being right, not for speed; the fuzz
//! target `xml_reader` uses it too.

use std::ops::Range;

use quick_xml::NsReader;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event as Raw};
use quick_xml::name::ResolveResult;
use wire_xml::{Event, Limits, Profile, Reader, Scope, Skipped, Start, XML_NAMESPACE};

/// What a reader tells of a document.
#[derive(Debug, Eq, PartialEq)]
enum Seen {
    Start {
        name: (String, String),
        /// Namespace, local name, value.
        attributes: Vec<(String, String, String)>,
    },
    Text(String),
    End,
}

/// Reads the input in all ways and asserts that they agree.
///
/// # Panics
///
/// If they do not.
pub(crate) fn compare(input: &[u8]) {
    for profile in [Profile::Xmpp, Profile::Soap] {
        let expected = by_quick_xml(input, profile);
        let text = || String::from_utf8_lossy(input);
        let reader = Reader::document(input, profile, &Limits::MAX);
        let found = reader.and_then(seen);
        match (&found, &expected) {
            (Ok(found), Some(expected)) => assert_eq!(found, expected, "{}", text()),
            (Err(_), None) => {}
            _ => panic!("{found:?} instead of {expected:?} for {}", text()),
        }
        let skipped = skip_root(input, profile, &Limits::MAX);
        assert_eq!(skipped.is_some(), expected.is_some(), "{}", text());
        let limited = Reader::document(input, profile, &SMALL).and_then(seen);
        let skipped = skip_root(input, profile, &SMALL);
        assert_eq!(skipped.is_some(), limited.is_ok(), "{}", text());
        if expected.is_some() {
            accepted(input, profile);
            parts(input, profile);
        }
    }
}

fn seen(mut reader: Reader<'_>) -> Result<Vec<Seen>, wire_xml::Error> {
    let mut all = Vec::new();
    while let Some(event) = reader.next_event()? {
        all.push(match event {
            Event::Start(start) => Seen::Start {
                name: (start.name.ns().to_owned(), start.name.local().to_owned()),
                attributes: reader
                    .attributes()
                    .iter()
                    .map(|attribute| {
                        let (ns, local) = attribute.name.parts();
                        (ns.to_owned(), local.to_owned(), attribute.value.to_string())
                    })
                    .collect(),
            },
            Event::Text(text) => Seen::Text(text.into_owned()),
            Event::End => Seen::End,
        });
    }
    Ok(all)
}

/// The root skipped: refused whenever reading it is refused.
fn skip_root(input: &[u8], profile: Profile, limits: &Limits) -> Option<()> {
    let mut reader = Reader::document(input, profile, limits).ok()?;
    let Some(Event::Start(start)) = reader.next_event().ok()? else {
        return None;
    };
    let range = reader.skip_element().ok()?;
    assert_eq!(range.start, start.range.start);
    assert_eq!(range.end, reader.position());
    while reader.next_event().ok()?.is_some() {}
    Some(())
}

/// A second reading, with fewer checks, finds the same.
fn accepted(input: &[u8], profile: Profile) {
    let strict = Reader::document(input, profile, &Limits::MAX).and_then(seen);
    let again = Reader::accepted(input, profile).and_then(seen);
    assert_eq!(again, strict);
}

/// Every element can be skipped; both readings find the end that tokens have, and what is said to stand alone does.
fn parts(input: &[u8], profile: Profile) {
    for index in 0.. {
        let Some((start, skipped)) = skip(Reader::document(input, profile, &Limits::MAX), index)
        else {
            return;
        };
        let again = skip(Reader::accepted(input, profile), index);
        assert_eq!(again, Some((start.clone(), skipped.clone())));
        assert_eq!(skipped.range, by_tokens(input, profile, index));
        let part = &input[skipped.range];
        let other = Scope::new().with("", "urn:other");
        let alone = Reader::document_in(part, profile, &Limits::MAX, &other).and_then(seen);
        if skipped.standalone {
            let within = Reader::document_in(part, profile, &Limits::MAX, &Scope::new());
            assert_eq!(alone, within.and_then(seen));
            let Ok([Seen::Start { name, .. }, ..]) = alone.as_deref() else {
                panic!("{alone:?}");
            };
            assert_eq!((&*name.0, &*name.1), start.name.parts());
        }
    }
}

/// The element of this number, and what is told when it is skipped.
fn skip<'a>(
    reader: Result<Reader<'a>, wire_xml::Error>,
    index: usize,
) -> Option<(Start<'a>, Skipped)> {
    let mut reader = reader.expect("accepted before");
    let mut starts = 0;
    while let Some(event) = reader.next_event().expect("accepted before") {
        if let Event::Start(start) = event {
            if starts == index {
                return Some((start, reader.skip().expect("accepted before")));
            }
            starts += 1;
        }
    }
    None
}

/// The bytes of the element of this number, read token by token.
fn by_tokens(input: &[u8], profile: Profile, index: usize) -> Range<usize> {
    let mut reader = Reader::document(input, profile, &Limits::MAX).expect("accepted before");
    let (mut starts, mut found) = (0, None);
    loop {
        match reader.next_event().expect("accepted before") {
            Some(Event::Start(start)) => {
                if starts == index {
                    found = Some((start.range.start, reader.depth()));
                }
                starts += 1;
            }
            Some(Event::End) => match found {
                Some((start, depth)) if reader.depth() < depth => return start..reader.position(),
                _ => {}
            },
            Some(Event::Text(_)) => {}
            None => panic!("element {index} has no end"),
        }
    }
}

fn by_quick_xml(input: &[u8], profile: Profile) -> Option<Vec<Seen>> {
    let source = std::str::from_utf8(input).ok()?;
    if source.starts_with('\u{feff}') || !source.chars().all(is_char) {
        return None;
    }
    let mut reader = NsReader::from_str(source);
    let mut all = Vec::new();
    let mut run = String::new();
    let (mut depth, mut roots) = (0_usize, 0);
    loop {
        let position = reader.buffer_position();
        let (ns, event) = reader.read_resolved_event().ok()?;
        if matches!(
            event,
            Raw::Start(_) | Raw::Empty(_) | Raw::End(_) | Raw::Eof
        ) && !run.is_empty()
        {
            all.push(Seen::Text(std::mem::take(&mut run)));
        }
        match event {
            Raw::Start(tag) | Raw::Empty(tag) if depth == 0 && roots == 1 => {
                drop(tag);
                return None;
            }
            Raw::Start(ref tag) | Raw::Empty(ref tag) => {
                if depth >= Limits::MAX_DEPTH {
                    return None;
                }
                roots += usize::from(depth == 0);
                let ns = bound(&ns)?;
                let (tag, is_empty) = (tag.clone().into_owned(), matches!(event, Raw::Empty(_)));
                all.push(start(&tag, ns, &reader)?);
                if is_empty {
                    all.push(Seen::End);
                } else {
                    depth += 1;
                }
            }
            Raw::End(_) => {
                depth = depth.checked_sub(1)?;
                all.push(Seen::End);
            }
            Raw::Text(text) => {
                let raw: &str = &text;
                if raw.contains("]]>") {
                    return None;
                }
                if depth > 0 {
                    run.push_str(&normalized(raw));
                } else if !raw.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
                    return None;
                }
            }
            Raw::CData(text) if depth > 0 => {
                run.push_str(&normalized(&text));
            }
            Raw::GeneralRef(name) if depth > 0 => {
                run.push(character(&name)?);
            }
            Raw::Comment(text) if profile == Profile::Soap => {
                if text.ends_with("-") || text.contains("--") {
                    return None;
                }
            }
            Raw::Decl(decl) if position == 0 => {
                let content: &str = &decl;
                declaration(content.strip_prefix("xml")?, profile)?;
            }
            Raw::Eof => return (depth == 0 && roots == 1).then_some(all),
            Raw::CData(_)
            | Raw::Comment(_)
            | Raw::Decl(_)
            | Raw::PI(_)
            | Raw::DocType(_)
            | Raw::GeneralRef(_) => return None,
        }
    }
}

fn start(tag: &BytesStart<'_>, ns: String, reader: &NsReader<&[u8]>) -> Option<Seen> {
    let qname = tag.name();
    let (prefix, local) = names(qname.as_ref())?;
    // Namespaces in XML 1.0 §3: no element has it.
    if prefix == Some("xmlns") {
        return None;
    }
    let content: &str = tag;
    well_formed(content.get(qname.as_ref().len()..)?)?;
    let mut attributes: Vec<(String, String, String)> = Vec::new();
    for attribute in tag.attributes() {
        let Attribute { key, value } = attribute.ok()?;
        let value = attribute_value(&value)?;
        let (prefix, local) = names(key.as_ref())?;
        if prefix == Some("xmlns") || (prefix.is_none() && local == "xmlns") {
            let bound = prefix.map_or("", |_| local);
            let legal = match (bound, &*value) {
                ("xml", ns) => ns == XML_NAMESPACE,
                ("xmlns", _) | (_, XML_NAMESPACE | "http://www.w3.org/2000/xmlns/") => false,
                (bound, ns) => bound.is_empty() || !ns.is_empty(),
            };
            if !legal {
                return None;
            }
            continue;
        }
        let ns = match prefix {
            Some(_) => bound(&reader.resolver().resolve_attribute(key).0)?,
            None => String::new(),
        };
        if attributes.iter().any(|(n, l, _)| (n, &**l) == (&ns, local)) {
            return None;
        }
        attributes.push((ns, local.to_owned(), value));
    }
    Some(Seen::Start {
        name: (ns, local.to_owned()),
        attributes,
    })
}

fn bound(ns: &ResolveResult<'_>) -> Option<String> {
    match ns {
        ResolveResult::Bound(ns) => attribute_value(ns.as_ref()),
        ResolveResult::Unbound => Some(String::new()),
        ResolveResult::Unknown(_) => None,
    }
}

/// `(S Name Eq AttValue)* S?`
fn well_formed(mut rest: &str) -> Option<()> {
    let space = [' ', '\t', '\n', '\r'];
    loop {
        let trimmed = rest.trim_start_matches(space);
        if trimmed.is_empty() {
            return Some(());
        }
        if trimmed.len() == rest.len() {
            return None;
        }
        let (name, value) = trimmed.split_once('=')?;
        names(name.trim_end_matches(space))?;
        let value = value.trim_start_matches(space);
        let quote = value
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = value[1..].split_once(quote)?;
        if value.contains('<') {
            return None;
        }
        rest = behind;
    }
}

fn declaration(content: &str, profile: Profile) -> Option<()> {
    well_formed(content)?;
    let source = format!("xml{content}");
    let tag = BytesStart::from_content(source, 3);
    let mut known = ["version", "encoding", "standalone"].into_iter();
    for (index, attribute) in tag.attributes().enumerate() {
        let Attribute { key, value } = attribute.ok()?;
        let value = attribute_value(&value)?;
        let name = key.as_ref();
        known.find(|known| *known == name)?;
        let minor = value.strip_prefix("1.").unwrap_or_default();
        let legal = match name {
            "version" => !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()),
            "encoding" => profile == Profile::Soap || value.eq_ignore_ascii_case("utf-8"),
            _ => matches!(&*value, "yes" | "no"),
        };
        if !legal || (index == 0 && name != "version") {
            return None;
        }
    }
    (tag.attributes().count() > 0).then_some(())
}

fn attribute_value(raw: &str) -> Option<String> {
    let raw = raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
    let mut value = String::new();
    let mut rest = &*raw;
    while let Some((before, reference)) = rest.split_once('&') {
        let (name, behind) = reference.split_once(';')?;
        value.push_str(before);
        value.push(character(name)?);
        rest = behind;
    }
    Some(value + rest)
}

fn character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        let text = quick_xml::escape::resolve_xml_entity(name)?;
        return text.chars().next();
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    is_char(c).then_some(c)
}

fn normalized(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Prefix and local name.
fn names(qname: &str) -> Option<(Option<&str>, &str)> {
    let (prefix, local) = match qname.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, qname),
    };
    let is_name = |name: &str| {
        let first = name.chars().next();
        first.is_some_and(|c| in_ranges(c, START))
            && name
                .chars()
                .all(|c| in_ranges(c, START) || in_ranges(c, INSIDE))
    };
    (prefix.is_none_or(is_name) && is_name(local)).then_some((prefix, local))
}

fn in_ranges(c: char, ranges: &[(u32, u32)]) -> bool {
    ranges
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&u32::from(c)))
}

fn is_char(c: char) -> bool {
    in_ranges(
        c,
        &[
            (9, 10),
            (13, 13),
            (0x20, 0xd7ff),
            (0xe000, 0xfffd),
            (0x10000, 0x10ffff),
        ],
    )
}

/// Limits that the samples pass here and there.
const SMALL: Limits = Limits::MAX
    .with_depth(3)
    .with_attributes(1)
    .with_namespaces(2)
    .with_name(8)
    .with_namespace_name(5)
    .with_attribute_value(1)
    .with_text(8);

/// XML 1.0 production 4, without the colon.
const START: &[(u32, u32)] = &[
    (0x41, 0x5a),
    (0x5f, 0x5f),
    (0x61, 0x7a),
    (0xc0, 0xd6),
    (0xd8, 0xf6),
    (0xf8, 0x2ff),
    (0x370, 0x37d),
    (0x37f, 0x1fff),
    (0x200c, 0x200d),
    (0x2070, 0x218f),
    (0x2c00, 0x2fef),
    (0x3001, 0xd7ff),
    (0xf900, 0xfdcf),
    (0xfdf0, 0xfffd),
    (0x10000, 0xeffff),
];

/// XML 1.0 production 4a, what it adds.
const INSIDE: &[(u32, u32)] = &[
    (0x2d, 0x2e),
    (0x30, 0x39),
    (0xb7, 0xb7),
    (0x300, 0x36f),
    (0x203f, 0x2040),
];
