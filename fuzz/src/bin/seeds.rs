//! Writes the seeds that follow from golden bytes into the corpora, for libFuzzer; git ignores them there.

use std::path::PathBuf;
use std::{env, fs, io};

use fuzz::{TARGETS, seeds};

fn main() -> io::Result<()> {
    let corpus = env::args_os().nth(1).map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        PathBuf::from,
    );
    for (target, _) in TARGETS {
        let seeds = seeds::of(target);
        if seeds.is_empty() {
            continue;
        }
        let directory = corpus.join(target);
        fs::create_dir_all(&directory)?;
        for (name, bytes) in &seeds {
            fs::write(directory.join(name), bytes)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
