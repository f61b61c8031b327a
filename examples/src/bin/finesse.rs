//! finesse

fn main() {}
