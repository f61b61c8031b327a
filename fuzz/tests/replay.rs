//! Runs every target over its corpus, and over each input of it cut short, on the stable compiler.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cti_proto::codec::{Field, Place};
use cti_proto::{Message, Version};
use fuzz::{TARGETS, seeds};

/// Inputs up to this long are also run cut short at every byte.
const CUT_LIMIT: usize = 1024;

#[test]
fn every_target_survives_its_corpus() {
    for (name, target) in TARGETS {
        let inputs = files(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("corpus")
                .join(name),
        );
        let seeds = seeds::of(name);
        assert!(
            !inputs.is_empty() || !seeds.is_empty(),
            "{name} has no corpus"
        );
        for path in inputs {
            // With --nocapture the last line names the input that failed.
            println!("{}", path.display());
            let data = fs::read(&path).unwrap();
            target(&data);
            if data.len() <= CUT_LIMIT {
                for end in 0..data.len() {
                    target(&data[..end]);
                }
            }
        }
        for (seed, data) in seeds {
            println!("{name}: {seed}");
            // The tests of cti-proto cut each golden message at every byte.
            target(&data);
            target(&data[..data.len() / 2]);
        }
    }
}

/// The dictionary has an entry for the number of every message and for every tag, in each width that can hold it.
#[test]
fn the_cti_dictionary_is_complete() {
    let dictionary = include_str!("../dictionaries/cti.dict").replace(['\\', 'x'], "");
    let has = |bytes: &str| {
        dictionary
            .lines()
            .filter_map(|line| line.split_once('"'))
            .any(|(_, entry)| entry.starts_with(bytes))
    };
    for table in Message::TABLES {
        assert!(has(&format!("{:08x}\"", table.number.0)), "{}", table.name);
    }
    let mut fields = Vec::new();
    for table in Message::TABLES {
        collect(table.fields, &mut fields);
    }
    for version in [Version::ucce(19), Version::uccx(18), Version::ucce(25)] {
        for field in fields.iter().filter(|field| field.gate.admits(version)) {
            let Some(tag) = field.tag(version) else {
                continue;
            };
            let entry = match version.field_width().header_len() {
                // Of a list inside of a message of later versions.
                2 if tag.0 > 255 => continue,
                2 => format!("{:02x}", tag.0),
                _ => format!("{:04x}", tag.0),
            };
            assert!(has(&entry), "{} of {}", tag.0, field.name);
        }
    }
}

fn collect(table: &'static [Field], out: &mut Vec<&'static Field>) {
    for field in table {
        match field.place {
            Place::List { entry } => collect(entry, out),
            _ => out.push(field),
        }
    }
}

#[test]
fn every_function_has_a_target_file_and_every_file_a_function() {
    let functions: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let targets: BTreeSet<String> =
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets"))
            .iter()
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
    assert_eq!(functions, targets);
}

/// The files of a directory; seeds that `seeds` wrote there are made anew.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("{}: {error}", directory.display()),
    };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"golden-"))
        })
        .collect();
    found.sort();
    found
}
