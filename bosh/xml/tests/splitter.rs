//! Streams cut into parts, in pieces of any size.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::BytesMut;
use proptest::prelude::*;
use wire_xml::{Error, ErrorKind, Limits, Part, Splitter};

const STREAM: &str = concat!(
    "\n<?xml version='1.0'?> <stream:stream a='>' b=\"/>'\" xmlns:stream='urn:s'>",
    " \n <message to='a>b'><body>&lt;</body><x/></message>",
    "<presence/> <iq><![CDATA[</iq>]]]]]><q a = '/' /></iq >",
    "\t</stream:stream >left over"
);

fn parts(stream: &str, piece: usize) -> Result<(Vec<Part>, BytesMut), Error> {
    let mut splitter = Splitter::new(Limits::default());
    let mut buffer = BytesMut::new();
    let mut parts = Vec::new();
    for piece in stream.as_bytes().chunks(piece) {
        buffer.extend_from_slice(piece);
        while let Some(part) = splitter.next_part(&mut buffer)? {
            parts.push(part);
        }
    }
    Ok((parts, buffer))
}

fn refused(stream: &str) -> Option<ErrorKind> {
    parts(stream, 1).err().map(|error| error.kind)
}

#[test]
fn every_part_is_cut_where_it_ends() {
    let (parts, rest) = parts(STREAM, STREAM.len()).unwrap();
    let text = |part: &Part| match part {
        Part::Header(bytes) | Part::Stanza(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Part::End => "end".to_owned(),
    };
    assert_eq!(
        parts.iter().map(text).collect::<Vec<_>>(),
        [
            "<?xml version='1.0'?> <stream:stream a='>' b=\"/>'\" xmlns:stream='urn:s'>",
            "<message to='a>b'><body>&lt;</body><x/></message>",
            "<presence/>",
            "<iq><![CDATA[</iq>]]]]]><q a = '/' /></iq >",
            "end",
        ]
    );
    assert!(matches!(parts[0], Part::Header(_)));
    assert_eq!(&rest[..], b"left over");
}

#[test]
fn pieces_of_any_size_give_the_same_parts() {
    let whole = parts(STREAM, STREAM.len()).unwrap();
    for piece in 1..STREAM.len() {
        let (pieces, rest) = parts(STREAM, piece).unwrap();
        assert_eq!(pieces, whole.0, "pieces of {piece}");
        assert!(rest.len() <= whole.1.len());
    }
}

#[test]
fn a_self_closing_header_ends_the_stream() {
    let (parts, _) = parts("<s/>", 1).unwrap();
    assert_eq!(parts, [Part::Header("<s/>".into()), Part::End]);
}

#[test]
fn what_cannot_be_a_stream_is_refused_at_once() {
    for (stream, kind) in [
        ("x", ErrorKind::OutsideRoot),
        ("<s>x", ErrorKind::OutsideRoot),
        ("<s><![CDATA[", ErrorKind::OutsideRoot),
        ("<!DOCTYPE", ErrorKind::Dtd),
        ("<s><a><!DOCTYPE", ErrorKind::Dtd),
        ("<s><!--", ErrorKind::Comment),
        ("<s><a><!--", ErrorKind::Comment),
        ("<s><?pi", ErrorKind::ProcessingInstruction),
        ("<?pi ?>", ErrorKind::ProcessingInstruction),
        (
            "<?xml version='1.0'?><?xml ",
            ErrorKind::ProcessingInstruction,
        ),
        ("</s>", ErrorKind::Syntax),
        ("< s>", ErrorKind::Syntax),
        ("<s><a <", ErrorKind::Syntax),
        ("<s></t>", ErrorKind::MismatchedEnd),
    ] {
        assert_eq!(refused(stream), Some(kind), "{stream}");
    }
}

#[test]
fn nothing_grows_without_bound() {
    let limits = Limits::default().with_document(20).with_depth(2);
    let kind = |stream: &str| {
        let mut splitter = Splitter::new(limits);
        let mut buffer = BytesMut::new();
        for byte in stream.bytes() {
            buffer.extend_from_slice(&[byte]);
            match splitter.next_part(&mut buffer) {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(splitter.next_part(&mut buffer), Err(error), "final");
                    return Some(error.kind);
                }
            }
        }
        assert!(buffer.len() <= 21);
        None
    };
    assert_eq!(kind("<s><a><b/></a>"), None);
    assert_eq!(kind("<s><a><b><c/>"), Some(ErrorKind::Limit("depth")));
    assert_eq!(
        kind("<s aaaaaaaaaaaaaaaaaaaaaaaa"),
        Some(ErrorKind::Limit("document"))
    );
    assert_eq!(
        kind("<s><a>aaaaaaaaaaaaaaaaaaaaaaaa"),
        Some(ErrorKind::Limit("document"))
    );
    assert_eq!(
        kind(&format!("<s>{}<a/>", " ".repeat(1000))),
        None,
        "keep-alives are free"
    );
}

/// Linear work is counted, not timed: a quadratic scan of a megabyte in single bytes would look
/// at 10^12 bytes and not come back.
#[test]
fn a_stanza_trickled_in_single_bytes_is_scanned_once() {
    let stanza = format!("<s><a b='{0}'>{0}<![CDATA[{0}]]></a>", "x".repeat(300_000));
    let (parts, _) = parts(&stanza, 1).unwrap();
    assert_eq!(parts.len(), 2);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_split_alike(
        stream in "[<>/a-c'\"=! \\?\\[\\]&;x]{0,60}",
        piece in 1_usize..7,
    ) {
        let stream = format!("<s>{stream}");
        let whole = parts(&stream, stream.len()).map(|(parts, _)| parts);
        let pieces = parts(&stream, piece).map(|(parts, _)| parts);
        prop_assert_eq!(whole.map_err(|error| error.kind), pieces.map_err(|error| error.kind));
    }
}
