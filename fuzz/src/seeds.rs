//! Seeds that follow from the golden bytes of cti-proto (`cti-proto/tests/golden/*.hex`): one for each file and target.
//!
//! They are not kept under `corpus/` but made from the files: `tests/replay.rs` runs them, and the binary `seeds` writes
//! them for libFuzzer.

use std::fs;
use std::path::Path;

use cti_proto::Version;

use crate::cti;

/// Bytes of one message, and whose they are.
struct Golden {
    file: String,
    dialect: Dialect,
    version: u8,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Dialect {
    Ucce,
    Uccx,
}

/// The seeds of the target called `target`, with a name for each; none for a target of another crate.
///
/// # Panics
///
/// If the golden files are not there or not of the form that their `README.md` states.
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let seed: fn(&Golden, &[Golden]) -> Option<Vec<u8>> = match target {
        "cti_message" => |golden, _| Some(golden.behind(&[255])),
        "cti_client" => |golden, _| Some(golden.behind(&[255, golden.bytes[7] << 3 | 1])),
        "cti_server" => server,
        "cti_follow" => |golden, all| Some(follow(golden, all)),
        "cti_service" => |golden, _| Some(cti::service_seed(golden.version(), &golden.bytes)),
        "cti_failover" => |golden, _| Some(cti::failover_seed(golden.version(), &golden.bytes)),
        _ => return Vec::new(),
    };
    let all = golden();
    all.iter()
        .filter_map(|golden| Some((format!("golden-{}", golden.file), seed(golden, &all)?)))
        .collect()
}

/// An OPEN_REQ of the version, the message, and a heartbeat.
fn server(golden: &Golden, all: &[Golden]) -> Option<Vec<u8>> {
    let open = all.iter().find(|other| {
        other.file.ends_with("_open_req")
            && other.dialect == golden.dialect
            && other.widths() == golden.widths()
    })?;
    let dialect = u8::from(golden.dialect == Dialect::Ucce);
    let mut seed = vec![dialect, 255, 0];
    let start = seed.len();
    seed.extend(&open.bytes);
    // VersionNumber stands behind the header and InvokeID.
    seed[start + 15] = golden.version;
    seed.extend(&golden.bytes);
    seed.extend([0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 9]);
    Some(seed)
}

/// The message between others of its version, in a capture that begins inside a message and loses bytes behind it.
fn follow(golden: &Golden, all: &[Golden]) -> Vec<u8> {
    const PIECE: u8 = 127;
    let pick = golden.behind(&[])[0];
    let mut seed = vec![1, pick];
    let piece = |seed: &mut Vec<u8>, bytes: &[u8]| {
        for bytes in bytes.chunks(100) {
            seed.push(PIECE + bytes.len() as u8);
            seed.extend(bytes);
        }
    };
    let like = |other: &&Golden| other.behind(&[])[0] == pick;
    let other = all.iter().find(like).unwrap_or(golden);
    piece(&mut seed, &other.bytes[other.bytes.len() / 2..]);
    piece(&mut seed, &golden.bytes);
    // Eight bytes are lost.
    seed.extend([0, 8, 0]);
    piece(&mut seed, &other.bytes);
    piece(&mut seed, &golden.bytes);
    seed
}

impl Golden {
    /// The byte that picks the version, `rest` of the header, and the message.
    fn behind(&self, rest: &[u8]) -> Vec<u8> {
        let pick = match self.dialect {
            Dialect::Ucce => self.version - 5,
            Dialect::Uccx => self.version + 11,
        };
        [&[pick], rest, &self.bytes].concat()
    }

    fn version(&self) -> Version {
        match self.dialect {
            Dialect::Ucce => Version::ucce(self.version.into()),
            Dialect::Uccx => Version::uccx(self.version.into()),
        }
    }

    fn widths(&self) -> (u8, u8) {
        match (self.dialect, self.version) {
            (Dialect::Ucce, 20..) => (2, 2),
            (Dialect::Uccx, 18..) => (2, 1),
            _ => (1, 1),
        }
    }
}

fn golden() -> Vec<Golden> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cti-proto/tests/golden");
    let index = fs::read_to_string(directory.join("index.tsv")).expect("the golden files");
    index
        .lines()
        .skip(1)
        .map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next().expect("file, dialect, version");
            let (file, dialect, version) = (next(), next(), next());
            let text = fs::read_to_string(directory.join(file)).expect("a file of the index");
            Golden {
                file: file.trim_end_matches(".hex").to_owned(),
                dialect: match dialect {
                    "ucce" => Dialect::Ucce,
                    _ => Dialect::Uccx,
                },
                version: version.parse().expect("a version"),
                bytes: bytes(&text),
            }
        })
        // `open_req_version_99` asks for a version that nobody speaks, in the layout of its own.
        .filter(|golden| golden.version <= 25)
        .collect()
}

/// Hexadecimal digits before the `#` of each line.
fn bytes(text: &str) -> Vec<u8> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal digits"))
        .collect()
}
