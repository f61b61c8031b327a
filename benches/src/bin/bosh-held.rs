//! Pushes events to held sessions, for a profiler to count: `bosh-held SESSIONS EVENTS`.

use benches::bosh::Pushes;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map_while(|argument| argument.parse().ok());
    let (Some(sessions), Some(events)) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: bosh-held SESSIONS EVENTS");
        std::process::exit(2);
    };
    let mut pushes = Pushes::to(sessions);
    let bytes: usize = (0..events).map(|_: usize| pushes.next_event()).sum();
    println!("{events} events to {sessions} sessions, {bytes} bytes of answers");
}
