//! Command-line tools for the protocols of a contact centre. Each binary is a thin `main` over one
//! module here; they share little.

pub mod inspect;
pub mod mutate;
pub mod probe;
