//! Reads answers of AXL and writes a request, over and over, as standard input says: `benches/soak/axl_zeep.py` lets zeep do
//! the same in turns.
//!
//! | command | what | answer |
//! | --- | --- | --- |
//! | `bytes WHAT` | none is read | the answer, or the body of the request, in one line of hexadecimal digits |
//! | `WHAT COUNT` | reads or writes it so many times | seconds |
//!
//! `WHAT` is `listPhone` (1,000 phones, typed), `executeSQLQuery` (10,000 rows, one after the other, in pieces of 16 KiB) or
//! `addPhone` (written).

use std::{fmt::Write as _, hint::black_box, io, process::ExitCode, time::Instant};

use benches::axl::{add_phone, list_phone, phones, pulled, rows, typed};
use soap_axl::axl::{Client, ClientConfig, ExecuteSqlQuery, Version};

fn main() -> ExitCode {
    let (phones, rows) = (phones(1_000), rows(10_000));
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let (listing, query, adding) = (list_phone(), ExecuteSqlQuery::new("select 1"), add_phone());
    for line in io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let (what, count) = match words[..] {
            ["bytes", "listPhone"] => {
                println!("{}", hexadecimal(phones.as_bytes()));
                continue;
            }
            ["bytes", "executeSQLQuery"] => {
                println!("{}", hexadecimal(rows.as_bytes()));
                continue;
            }
            ["bytes", "addPhone"] => {
                println!("{}", hexadecimal(&client.call(&adding).request.body));
                continue;
            }
            [what, count] => (what, count.parse::<u32>().unwrap_or_default()),
            _ => ("", 0),
        };
        let started = Instant::now();
        for _ in 0..count {
            match what {
                "listPhone" => drop(black_box(typed(&listing, phones.as_bytes()))),
                "executeSQLQuery" => drop(black_box(pulled(&query, rows.as_bytes()))),
                "addPhone" => drop(black_box(client.call(&adding).request)),
                _ => {
                    eprintln!("axl-turns: `{line}` is no command");
                    return ExitCode::FAILURE;
                }
            }
        }
        println!("{}", started.elapsed().as_secs_f64());
    }
    ExitCode::SUCCESS
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // A `String` takes all that is written.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
