//! Runs every target over its corpus, and over each input of it cut short, on the stable compiler.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

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
        assert!(!inputs.is_empty(), "{name} has no corpus");
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

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}
