//! wire-xml: documents under both profiles, and streams that arrive in pieces.

#[path = "../../bosh/xml/tests/oracle/leaves.rs"]
mod leaves;
#[path = "../../bosh/xml/tests/oracle/mod.rs"]
mod oracle;

use bytes::BytesMut;
use wire_xml::{Element, Limits, Part, Profile, Splitter};

/// A document by the reader and by quick-xml's `NsReader`: both accept it and tell the same of it, or neither does.
///
/// The reader's tokens are quick-xml's too. Compared are its namespaces and checks, and the scanner that skips elements: it
/// refuses what reading refuses, also under small limits, and ends where tokens end. A second reading of what was accepted
/// finds the same. So does a reading that takes elements of text alone in one step, under small limits too.
pub fn reader(data: &[u8]) {
    oracle::compare(data);
    let small = Limits::default().with_depth(2).with_name(4).with_text(8);
    for limits in [Limits::MAX, small] {
        leaves::compare(data, &limits);
    }
}

/// A document; what can be read is written and read again as the same.
pub fn document(data: &[u8]) {
    for profile in [Profile::Xmpp, Profile::Soap] {
        let Ok(element) = Element::parse(data, profile, &Limits::default()) else {
            continue;
        };
        let written = element.to_bytes();
        // Escapes and namespace declarations make it longer than the limits of a document allow to read.
        let limits = Limits::default().with_document(usize::MAX);
        match Element::parse(&written, profile, &limits) {
            Ok(again) => assert_eq!(again, element),
            Err(error) => panic!("{error} in {}", String::from_utf8_lossy(&written)),
        }
    }
}

/// A stream; however it is cut into pieces, the same parts come out.
///
/// The first byte says how long a piece is.
pub fn stream(data: &[u8]) {
    let Some((piece, data)) = data.split_first() else {
        return;
    };
    let whole = parts(data, data.len().max(1));
    assert_eq!(parts(data, usize::from(*piece).max(1)), whole);
    for part in whole {
        if let Ok(Part::Stanza(stanza)) = part {
            // The nesting of tags was followed already; names and namespaces may still be wrong.
            let _ = Element::parse(&stanza, Profile::Xmpp, &Limits::default());
        }
    }
}

fn parts(data: &[u8], piece: usize) -> Vec<Result<Part, wire_xml::Error>> {
    let mut splitter = Splitter::new(Limits::default());
    let mut buffer = BytesMut::new();
    let mut found = Vec::new();
    for chunk in data.chunks(piece) {
        buffer.extend_from_slice(chunk);
        loop {
            match splitter.next_part(&mut buffer) {
                Ok(Some(part)) => found.push(Ok(part)),
                Ok(None) => break,
                Err(error) => {
                    found.push(Err(error));
                    return found;
                }
            }
        }
    }
    found
}
