//! contact-center

fn main() {}
