//! Cisco's schema from a file of the user's: `AXLSoap.xsd`, or the table that `axl-schema` makes of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use soap_axl::axl::schema::{Schema, SchemaError, TableError};

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaFileError {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Xsd { path: PathBuf, source: SchemaError },
    #[error("{}: {source}; make it anew with axl-schema", path.display())]
    Table { path: PathBuf, source: TableError },
    #[error(
        "{} has the values of lists alone, and AXLSoap.xsd has its own copy of them; name AXLSoap.xsd",
        .0.display()
    )]
    Enums(PathBuf),
}

/// Reads either form, which the first bytes tell; of a folder, the `AXLSoap.xsd` in it.
pub(crate) fn load(path: &Path) -> Result<Schema, SchemaFileError> {
    let path = if path.is_dir() {
        path.join("AXLSoap.xsd")
    } else {
        path.to_owned()
    };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(SchemaFileError::Read { path, source }),
    };
    if bytes.starts_with(b"AXLT") {
        return Schema::from_table(&bytes)
            .map_err(|source| SchemaFileError::Table { path, source });
    }
    let is_enums = path.file_name().is_some_and(|name| name == "AXLEnums.xsd");
    Schema::from_xsd(bytes).map_err(|source| {
        if is_enums && matches!(source, SchemaError::NotAxl(_)) {
            SchemaFileError::Enums(path)
        } else {
            SchemaFileError::Xsd { path, source }
        }
    })
}
