//! A document read with [`Reader::next_leaf`] wherever it takes something, and read without: the events are the same, and so
//! is what is wrong. The fuzz target `xml_reader` uses it too.

use wire_xml::{Error, Event, Limits, Profile, Reader, Scope};

/// Reads the input both ways, as a document and as a fragment, under both profiles, and asserts that they agree.
///
/// # Panics
///
/// If they do not.
pub(crate) fn compare(input: &[u8], limits: &Limits) {
    for profile in [Profile::Soap, Profile::Xmpp] {
        let scope = Scope::new().with("", "urn:outside").with("p", "urn:p");
        let document = || Reader::document(input, profile, limits);
        let fragment = || Reader::fragment(input, profile, limits, &scope);
        let text = || String::from_utf8_lossy(input);
        for skipped in [None, Some(1), Some(3)] {
            for (with, without) in [(document(), document()), (fragment(), fragment())] {
                match (with, without) {
                    (Ok(mut with), Ok(mut without)) => {
                        let with = told(&mut with, true, skipped);
                        assert_eq!(with, told(&mut without, false, skipped), "{}", text());
                    }
                    (with, without) => assert_eq!(with.err(), without.err(), "{}", text()),
                }
            }
        }
    }
}

/// What is said of a document: each event with where it ends, and what is wrong. Behind so many ends of elements, the rest
/// of the element around them is skipped.
fn told(
    reader: &mut Reader<'_>,
    leaves: bool,
    skipped: Option<usize>,
) -> (Vec<(String, usize)>, Option<Error>) {
    let mut events = Vec::new();
    let mut ends = 0;
    loop {
        if leaves && let Some(leaf) = reader.next_leaf() {
            assert!(leaf.inside < reader.position());
            events.push((format!("<{}>", leaf.name), leaf.inside));
            if !leaf.text.is_empty() {
                events.push((format!("{:?}", leaf.text), 0));
            }
            events.push(("</>".to_owned(), reader.position()));
            assert!(reader.attributes().is_empty());
            ends += 1;
        } else {
            match reader.next_event() {
                Ok(Some(Event::Start(start))) => {
                    let attributes: Vec<_> = reader.attributes().to_vec();
                    let name = format!("<{}>{}", start.name, attributes.len());
                    let name = name.strip_suffix('0').unwrap_or(&name);
                    events.push((name.to_owned(), reader.position()));
                    continue;
                }
                // Where text ends is known of the tag behind it.
                Ok(Some(Event::Text(text))) => {
                    events.push((format!("{text:?}"), 0));
                    continue;
                }
                Ok(Some(Event::End)) => {
                    events.push(("</>".to_owned(), reader.position()));
                    ends += 1;
                }
                Ok(None) => return (events, None),
                Err(error) => return (events, Some(error)),
            }
        }
        if skipped == Some(ends) && reader.depth() > 0 {
            match reader.skip() {
                // Also whether the element means the same elsewhere.
                Ok(skipped) => events.push((format!("{skipped:?}"), reader.position())),
                Err(error) => return (events, Some(error)),
            }
        }
    }
}
