//! The bytes of `golden/*.hex`, which were put together from the tables of the guides without this crate's encoder:
//! decoded to what they say, encoded to the same bytes, and their fields laid beside the message tables.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{
    AgentState, CallId, EventCause, InvokeId, LocalConnectionState, PeripheralId, SkillGroupId,
};
use cti_proto::codec::{Field, Place, Text};
use cti_proto::message::Table;
use cti_proto::{DecodeError, Dialect, Frame, FrameCodec, Message, Version};

use common::cut::assert_whole_in_a_form;
use common::synth::is_disputed;

const CODEC: FrameCodec = FrameCodec::new(Version::ucce(25));

#[test]
fn every_file_decodes_and_encodes_to_the_same_fields() {
    for golden in golden_files() {
        let message = golden.decode();
        let table = message
            .table()
            .unwrap_or_else(|| panic!("{} is unknown", golden.file));
        assert_eq!(table.name, golden.name, "{}", golden.file);
        // A field that no table took is kept as a RawField; only what is reserved has no place.
        let text = format!("{message:?}");
        let reserved = golden
            .floating
            .iter()
            .filter(|(name, _)| name == "reserved")
            .count();
        let kept = text.matches("RawField").count();
        assert!(kept <= reserved, "{}: {text}", golden.file);

        let mut encoded = BytesMut::new();
        message.encode(golden.version, &mut encoded).unwrap();
        let encoded = encoded.freeze();
        let (head, fields) = golden.parts(&golden.bytes);
        let (encoded_head, encoded_fields) = golden.parts(&encoded);
        assert_eq!(hex(encoded_head), hex(head), "{}: {text}", golden.file);
        assert_eq!(encoded_fields, fields, "{}: {text}", golden.file);
        // Fields may stand in any order, but for the entries of a list: those would now be another message.
        assert_eq!(decode(golden.version, &encoded), message, "{}", golden.file);
    }
}

#[test]
fn fixed_parts_have_the_fields_of_the_guides_in_their_order_and_width() {
    let mut wrong = Vec::new();
    for golden in golden_files() {
        let lines: Vec<(&str, usize)> = golden
            .table()
            .fields
            .iter()
            .filter(|field| field.gate.admits(golden.version))
            .filter_map(|field| match field.place {
                Place::Fixed { width } => Some((field.name, width)),
                Place::Count { .. } => Some((field.name, 2)),
                Place::Floating { .. } | Place::List { .. } | _ => None,
            })
            .collect();
        let same = golden.fixed.len() == lines.len()
            && std::iter::zip(&golden.fixed, &lines).all(|(guide, (own, _))| same_name(own, guide));
        let total = lines.iter().map(|(_, width)| width).sum::<usize>();
        if !same || total != golden.fixed_len {
            let (file, guide, len) = (&golden.file, &golden.fixed, golden.fixed_len);
            wrong.push(format!("{file}: {lines:?} {total}, guide: {guide:?} {len}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn floating_fields_have_the_tags_and_names_of_the_guides() {
    let mut wrong = Vec::new();
    for golden in golden_files() {
        let mut fields = Vec::new();
        collect(golden.table().fields, &mut fields);
        fields.retain(|field| field.gate.admits(golden.version));
        for (name, tag) in &golden.floating {
            let of_tag =
                |field: &&Field| field.tag(golden.version).is_some_and(|own| own.0 == *tag);
            match fields.iter().copied().find(of_tag) {
                Some(field) if same_name(field.name, name) => {}
                None if name == "reserved" => {}
                other => {
                    let own = other.map(|field| field.name);
                    wrong.push(format!(
                        "{}: {own:?}[{tag}] is {name} in the guide",
                        golden.file
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bytes_cut_short_anywhere_wait_for_more_or_fail() {
    for golden in golden_files() {
        for end in 0..golden.bytes.len() {
            let mut input = BytesMut::from(&golden.bytes[..end]);
            let whole = CODEC.decode(&mut input).unwrap();
            assert_eq!(whole, None, "{} cut at {end}", golden.file);
            assert_eq!(input.len(), end, "{}: bytes were taken", golden.file);
        }
        let (table, version) = (golden.table(), golden.version);
        // The same with a header that says so: the body then ends too early, or at a field's edge.
        for len in 0..golden.body().len() {
            let frame = Frame {
                body: golden.body().slice(..len),
                ..golden.frame()
            };
            let body = frame.body.clone();
            match Message::decode(version, frame) {
                // A cut body may be whole in its other form.
                Ok(message) if is_disputed(table, version) => {
                    assert_whole_in_a_form(table, version, &body, &message);
                }
                Ok(message) => {
                    assert!(len >= golden.fixed_len, "{} cut at {len}", golden.file);
                    assert_eq!(message.message_type(), golden.frame().message_type);
                }
                Err(
                    DecodeError::FixedPartTruncated {
                        message, offset, ..
                    }
                    | DecodeError::FloatingPartTruncated { message, offset },
                ) => {
                    assert_eq!(message, table.name, "{} cut at {len}", golden.file);
                    assert!(offset <= len, "{} cut at {len}: {offset}", golden.file);
                }
                Err(other) => panic!("{} cut at {len}: {other:?}", golden.file),
            }
        }
    }
}

#[test]
fn several_messages_in_one_buffer_come_out_one_by_one() {
    let files = golden_files();
    let mut input = BytesMut::new();
    for golden in &files {
        input.extend_from_slice(&golden.bytes);
    }
    for golden in &files {
        let frame = CODEC.decode(&mut input).unwrap();
        assert_eq!(frame, Some(golden.frame()), "{}", golden.file);
    }
    assert!(input.is_empty());
}

#[test]
fn there_are_files_for_all_widths() {
    let mut widths: BTreeMap<String, BTreeSet<(usize, usize)>> = BTreeMap::new();
    for golden in golden_files() {
        widths.entry(golden.name).or_default().insert(golden.widths);
    }
    for width in [(1, 1), (2, 1), (2, 2)] {
        let with = widths.values().filter(|found| found.contains(&width));
        assert!(with.count() > 90, "messages of {width:?}");
    }
    let everywhere = widths.values().filter(|found| found.len() == 3).count();
    assert!(everywhere > 75, "{everywhere} messages have all widths");
}

#[test]
fn a_login_request_is_read_field_by_field() {
    for version in ["uccx17", "uccx18"] {
        let Message::SetAgentStateReq(login) = file(version, "set_agent_state_req_login").decode()
        else {
            panic!("{version}: another message");
        };
        assert_eq!(login.invoke_id, InvokeId(11));
        assert_eq!(login.agent_state, AgentState::LOGIN);
        assert_eq!(login.agent_instrument, Some(text("1001001")));
        assert_eq!(login.agent_id, Some(text("1001001")));
        let password = login.agent_password.unwrap();
        assert_eq!(password.expose(), b"ccx-1001001");
        assert!(
            !format!("{password:?}").contains("ccx-"),
            "a password shows in Debug"
        );
    }
}

#[test]
fn a_delivered_call_is_read_field_by_field_at_every_width() {
    for (version, device) in [
        ("uccx17", "1001001"),
        ("uccx18", "1001001"),
        ("ucce15", "2001"),
        ("ucce23", "2001"),
    ] {
        let Message::CallDeliveredEvent(call) = file(version, "call_delivered_event").decode()
        else {
            panic!("{version}: another message");
        };
        assert_eq!(call.connection_call_id, CallId(16_777_217), "{version}");
        assert_eq!(
            call.local_connection_state,
            LocalConnectionState::ALERTING,
            "{version}"
        );
        assert_eq!(call.event_cause, EventCause::NEW_CALL, "{version}");
        assert_eq!(call.connection_device_id, Some(text(device)), "{version}");
        assert_eq!(call.alerting_device_id, Some(text(device)), "{version}");
        assert_eq!(call.calling_device_id, Some(text("5550100")), "{version}");
        assert_eq!(call.called_device_id, Some(text("8000")), "{version}");
        assert_eq!(call.last_redirect_device_id, None, "{version}");
        assert_eq!(call.ani, Some(text("5550100")), "{version}");
        assert_eq!(call.call_variable2, Some(text("two")), "{version}");
    }
}

/// GED-188, "AGENT_STATE_EVENT": the fields 62 to 65 of one group stand together; the last group here is the default
/// one, which has no number.
#[test]
fn skill_groups_keep_their_grouping() {
    for version in ["ucce15", "ucce23", "ucce25"] {
        let Message::AgentStateEvent(event) =
            file(version, "agent_state_event_three_groups").decode()
        else {
            panic!("{version}: another message");
        };
        let groups: Vec<_> = event
            .skill_groups
            .iter()
            .map(|group| (group.number, group.id, group.priority, group.state))
            .collect();
        let null = Some(SkillGroupId(0xffff_ffff));
        let expected = [
            (
                Some(SkillGroupId(9)),
                Some(SkillGroupId(5_009)),
                Some(1),
                Some(AgentState::AVAILABLE),
            ),
            (
                Some(SkillGroupId(10)),
                Some(SkillGroupId(5_010)),
                Some(0),
                Some(AgentState::NOT_READY),
            ),
            (null, null, Some(0), Some(AgentState::LOGIN)),
        ];
        assert_eq!(groups, expected, "{version}");
        assert!(event.other.is_empty());
    }
}

/// GED-188, "OPEN_CONF": one pair of fields for each peripheral.
#[test]
fn peripherals_keep_their_pairs() {
    for version in ["ucce15", "ucce25"] {
        let Message::OpenConf(conf) = file(version, "open_conf_two_peripherals").decode() else {
            panic!("{version}: another message");
        };
        let peripherals: Vec<_> = conf
            .peripherals
            .iter()
            .map(|peripheral| peripheral.id)
            .collect();
        assert_eq!(
            peripherals,
            [Some(PeripheralId(5_000)), Some(PeripheralId(5_001))]
        );
        assert_eq!(conf.num_peripherals, Some(2), "{version}");
    }
}

/// GED-188, "CONFIG_AGENT_EVENT": RecordType opens a record, and lists stand inside of it.
#[test]
fn records_keep_the_lists_inside_of_them() {
    for (version, domains) in [("ucce19", 0), ("ucce23", 2)] {
        let Message::ConfigAgentEvent(event) = file(version, "config_agent_event").decode() else {
            panic!("{version}: another message");
        };
        let [added, deleted] = &event.records[..] else {
            panic!("{version}: {} records", event.records.len());
        };
        assert_eq!(added.login_id, Some(text("1001")));
        assert_eq!(added.skill_groups.len(), 2);
        assert_eq!(added.skill_groups[1].number, Some(SkillGroupId(10)));
        assert_eq!(added.media_routing_domains.len(), domains);
        assert_eq!(deleted.login_id, Some(text("1002")));
        assert!(deleted.skill_groups.is_empty() && deleted.media_routing_domains.is_empty());
    }
}

#[test]
fn named_variables_and_arrays_keep_their_order_and_index() {
    for version in ["uccx17", "uccx18", "ucce15", "ucce23"] {
        let Message::SetCallDataReq(request) = file(version, "set_call_data_req").decode() else {
            panic!("{version}: another message");
        };
        let variables: Vec<_> = request
            .named_variables
            .iter()
            .map(|variable| (variable.name.clone(), variable.value.clone()))
            .collect();
        let expected = [
            (text("user.colour"), text("blue")),
            (text("user.empty"), text("")),
        ];
        assert_eq!(variables, expected, "{version}");
        let elements: Vec<_> = request
            .named_arrays
            .iter()
            .map(|element| (element.index, element.value.clone()))
            .collect();
        assert_eq!(
            elements,
            [(0, text("first")), (9, text("tenth"))],
            "{version}"
        );
    }
}

/// One file, taken apart. `README.md` beside the files states their form.
struct Golden {
    file: String,
    version: Version,
    number: u32,
    name: String,
    /// Bytes of a floating field's tag and length.
    widths: (usize, usize),
    /// Bytes of the fixed part.
    fixed_len: usize,
    /// Names of the fixed fields, in wire order.
    fixed: Vec<String>,
    /// Names and tags of the floating fields, in wire order.
    floating: Vec<(String, u16)>,
    bytes: Bytes,
}

impl Golden {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        let [_, dialect, version, number, name] = head[..] else {
            panic!("{}: {head:?}", path.display());
        };
        let dialect = match dialect {
            "ucce" => Dialect::Ucce,
            "uccx" => Dialect::Uccx,
            other => panic!("{}: dialect {other}", path.display()),
        };
        let numbers: Vec<usize> = lines
            .next()
            .unwrap()
            .split([' ', ',', ';'])
            .filter_map(|word| word.parse().ok())
            .collect();
        let [tag_width, length_width, fixed_len] = numbers[..] else {
            panic!("{}: {numbers:?}", path.display());
        };
        let mut golden = Self {
            file: path.file_name().unwrap().to_string_lossy().into_owned(),
            version: Version::new(dialect, version.parse().unwrap()),
            number: number.parse().unwrap(),
            name: name.to_owned(),
            widths: (tag_width, length_width),
            fixed_len,
            fixed: Vec::new(),
            floating: Vec::new(),
            bytes: bytes(&text),
        };
        for line in lines {
            let Some((name, _)) = line
                .strip_prefix("# ")
                .and_then(|line| line.split_once(" = "))
            else {
                continue;
            };
            match name.trim_end_matches(']').split_once('[') {
                Some((name, tag)) => golden
                    .floating
                    .push((name.to_owned(), tag.parse().unwrap())),
                None => golden.fixed.push(name.to_owned()),
            }
        }
        golden
    }

    fn frame(&self) -> Frame {
        let mut input = BytesMut::from(&self.bytes[..]);
        let frame = CODEC.decode(&mut input).unwrap().unwrap();
        assert!(input.is_empty(), "{}: bytes behind the message", self.file);
        assert_eq!(frame.message_type.0, self.number, "{}", self.file);
        frame
    }

    fn body(&self) -> Bytes {
        self.bytes.slice(8..)
    }

    fn decode(&self) -> Message {
        decode(self.version, &self.bytes)
    }

    /// Header with fixed part, and the floating fields, sorted, of a message of this version.
    fn parts<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Vec<&'a [u8]>) {
        let (head, mut rest) = bytes.split_at(8 + self.fixed_len);
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let start = self.widths.0 + self.widths.1;
            let length = rest[self.widths.0..start]
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            let (field, tail) = rest.split_at(start + length);
            fields.push(field);
            rest = tail;
        }
        fields.sort_unstable();
        (head, fields)
    }

    fn table(&self) -> &'static Table {
        self.decode().table().unwrap()
    }
}

fn file(version: &str, name: &str) -> Golden {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    Golden::read(&directory.join(format!("{version}_{name}.hex")))
}

fn text(text: &str) -> Text {
    Text::new(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

fn golden_files() -> Vec<Golden> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs::read_to_string(directory.join("index.tsv")).unwrap();
    let files: Vec<Golden> = index
        .lines()
        .skip(1)
        .map(|line| Golden::read(&directory.join(line.split('\t').next().unwrap())))
        .collect();
    let present = fs::read_dir(&directory)
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|suffix| suffix == "hex")
        })
        .count();
    assert_eq!(
        files.len(),
        present,
        "index.tsv lists other files than there are"
    );
    files
}

fn decode(version: Version, bytes: &[u8]) -> Message {
    let frame = CODEC.decode(&mut BytesMut::from(bytes)).unwrap().unwrap();
    Message::decode(version, frame).unwrap()
}

/// Hexadecimal digits before the `#` of each line.
fn bytes(text: &str) -> Bytes {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}

/// All floating fields, those of list entries included.
fn collect<'a>(table: &'a [Field], out: &mut Vec<&'a Field>) {
    for field in table {
        match field.place {
            Place::List { entry } => collect(entry, out),
            Place::Fixed { .. } | Place::Count { .. } | Place::Floating { .. } | _ => {
                out.push(field)
            }
        }
    }
}

/// Whether a name of the tables is the guide's. The tables write `skill_groups: [.. number ..]` for the guide's
/// FltSkillGroupNumber (in UCCX CSQID), name lists in the plural, and have one name for NumSkills and NumCSQ, MRDID and
/// MRDomainID.
fn same_name(own: &str, guide: &str) -> bool {
    let own = own.replace('_', "");
    let guide = guide.to_lowercase().replace("flt", "");
    guide.starts_with("reserved")
        || guide.ends_with(&own)
        || own.strip_suffix('s') == Some(&guide)
        || [
            ("numskills", "numcsq"),
            ("number", "csqid"),
            ("mrdid", "mrdomainid"),
            ("numenabledservices", "numofenabledservices"),
        ]
        .contains(&(&own, &guide))
}
