//! cucm

fn main() {}
