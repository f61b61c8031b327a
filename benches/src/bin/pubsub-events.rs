//! Decodes an event again and again, for a profiler: `pubsub-events <candidate> <form> <bytes> <count>`.

use std::env::args;
use std::hint::black_box;

use benches::pubsub::{Form, decode, message, ns_reader_walk};
use benches::quick_xml_walk;

fn main() {
    let arguments: Vec<String> = args().skip(1).collect();
    let [candidate, form, len, count] = arguments.as_slice() else {
        panic!("usage: pubsub-events <candidate> <form> <bytes> <count>");
    };
    let number = |text: &str| text.parse().expect("a number");
    let form = Form::ALL.into_iter().find(|known| known.name() == form);
    let message = message(form.expect("nested or escaped"), number(len));
    for _ in 0..number(count) {
        match candidate.as_str() {
            "reader" => {
                black_box(quick_xml_walk(&message));
            }
            "ns-reader" => {
                black_box(ns_reader_walk(&message));
            }
            "event" => {
                black_box(decode(&message));
            }
            _ => panic!("reader, ns-reader or event"),
        }
    }
}
