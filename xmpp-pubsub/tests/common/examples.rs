//! Where the examples of XEP-0060 are, which are no part of this project: `tests/xep_examples.rs` says when they are not there.

use std::path::{Path, PathBuf};

/// The folder that the environment variable names, or the one beside the workspace, if it is there.
pub(crate) fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("XEP0060_EXAMPLES") {
        return Some(PathBuf::from(named));
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let beside = workspace.parent()?.join("shared/reference/pubsub/examples");
    beside.is_dir().then_some(beside)
}
