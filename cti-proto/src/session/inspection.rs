//! Faults of a request that lenient reading hides: counters that do not equal their lists, fields of
//! a later version, too much call data.

use crate::code::StatusCode;
use crate::codec::{Field, MAX_CALL_DATA, Place};
use crate::frame::Frame;
use crate::tag::Tag;
use crate::version::Version;
use crate::view::View;

/// Compares `frame`, which could be read, with the table of its message.
///
/// # Errors
///
/// The status that the client is told. GED-188, "CTI Server Status Codes".
pub(crate) fn inspect(version: Version, frame: &Frame) -> Result<(), StatusCode> {
    // What can be read in a disputed layout only is left as it is.
    let Ok(Some(view)) = View::new(version, frame) else {
        return Ok(());
    };
    let lines = view.table().fields;
    let mut call_data = 0;
    for (tag, range) in view.floating().filter_map(Result::ok) {
        if is_of_other_version(version, lines, tag) {
            return Err(StatusCode::INVALID_TAG_FOR_VERSION);
        }
        if tag == Tag::NAMED_VARIABLE || tag == Tag::NAMED_ARRAY {
            call_data += range.len();
        }
    }
    if call_data > MAX_CALL_DATA {
        return Err(StatusCode::TOO_MUCH_DATA);
    }
    for (line, range) in view.fixed() {
        let Place::Count { list } = line.place else {
            continue;
        };
        let counted = view.body().get(range).and_then(<[u8]>::first_chunk);
        let counted = counted.map_or(0, |count| usize::from(u16::from_be_bytes(*count)));
        if entries(version, &view, list) != counted {
            return Err(count_status(line.name));
        }
    }
    Ok(())
}

/// Entries of the list called `name`: as often as its most frequent tag comes.
fn entries(version: Version, view: &View<'_>, name: &str) -> usize {
    let is_list = |line: &&Field| line.name == name && line.gate.admits(version);
    let Some(list) = view.table().fields.iter().find(is_list) else {
        return 0;
    };
    let times = |member: &Field| {
        let tags = view.floating().filter_map(Result::ok).map(|(tag, _)| tag);
        tags.filter(|tag| member.accepts(version, *tag)).count()
    };
    members(list).iter().map(times).max().unwrap_or(0)
}

/// Whether this message has a field with `tag`, but not in this version.
fn is_of_other_version(version: Version, lines: &[Field], tag: Tag) -> bool {
    let fields = || lines.iter().flat_map(members);
    fields().any(|field| field.tag(version) == Some(tag))
        && !fields().any(|field| field.accepts(version, tag))
}

/// The floating fields of a line: of a list, those of its entries.
const fn members(line: &Field) -> &[Field] {
    match line.place {
        Place::List { entry } => entry,
        Place::Fixed { .. } | Place::Count { .. } | Place::Floating { .. } => {
            core::slice::from_ref(line)
        }
    }
}

fn count_status(counter: &str) -> StatusCode {
    match counter {
        "num_named_variables" => StatusCode::INVALID_NUM_NAMED_VARIABLES,
        "num_named_arrays" => StatusCode::INVALID_NUM_NAMED_ARRAYS,
        "num_skill_groups" => StatusCode::INVALID_NUM_SKILL_GROUPS,
        _ => StatusCode::BAD_MESSAGE_FORMAT,
    }
}
