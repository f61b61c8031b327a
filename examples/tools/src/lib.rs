//! Command-line tools for the protocols of a contact centre. Each binary is a thin `main` over one
//! module here; they share what is in `net`, `schema_file` and `terminal`.

pub mod axl;
pub mod axl_schema;
pub mod inspect;
pub mod mutate;
pub mod net;
pub mod probe;
mod schema_file;
mod terminal;
