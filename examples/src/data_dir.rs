//! Files in the data folder: made once, readable by the owner alone, safe against two processes that
//! start together.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use crate::server::StartError;

/// Holds the folder's lock until dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    _lock: File,
}

/// Makes the folder where it is missing, and waits for its lock.
pub(crate) fn lock(dir: &Path) -> Result<Guard, StartError> {
    create(dir)?;
    let path = dir.join("lock");
    let open = || {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        file.lock()?;
        Ok(file)
    };
    match open() {
        Ok(lock) => Ok(Guard { _lock: lock }),
        Err(source) => Err(StartError::DataDir { path, source }),
    }
}

/// Makes the folder where it is missing.
///
/// # Errors
///
/// The system refused.
pub fn create(dir: &Path) -> Result<(), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| StartError::DataDir {
        path: dir.to_owned(),
        source,
    })
}

/// Writes a file that only the owner reads, whole or not at all.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), StartError> {
    let temporary = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| StartError::DataDir {
        path: path.to_owned(),
        source,
    })
}

/// The secret in this file of the data folder; made at random where there is none.
///
/// # Errors
///
/// The folder cannot be used, or the file is there and empty.
pub fn secret(dir: &Path, name: &str) -> Result<crate::seed::Password, StartError> {
    let _guard = lock(dir)?;
    let path = dir.join(name);
    match fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => Ok(crate::seed::Password::new(text.trim())),
        Ok(_) => Err(StartError::DataDir {
            path,
            source: io::Error::new(io::ErrorKind::InvalidData, "the file is empty"),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut random = [0_u8; 24];
            getrandom::fill(&mut random).map_err(|error| StartError::DataDir {
                path: path.clone(),
                source: error.into(),
            })?;
            let text =
                base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, random);
            write(&path, text.as_bytes())?;
            Ok(crate::seed::Password::new(text))
        }
        Err(source) => Err(StartError::DataDir { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let first = secret(dir.path(), "finesse.secret").unwrap();
        let second = secret(dir.path(), "finesse.secret").unwrap();
        assert_eq!(first, second);
        assert!(first.expose().len() >= 32);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_a_secret() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        secret(dir.path(), "finesse.secret").unwrap();
        let mode = fs::metadata(dir.path().join("finesse.secret"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0);
    }
}
