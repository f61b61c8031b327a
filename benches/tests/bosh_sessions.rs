//! What sessions of the BOSH connection manager ask of the allocator, counted.

use allocation_counter::measure;
use benches::bosh::Sessions;

const SESSIONS: usize = 10_000;
/// All that a session keeps, without the bytes of the answers that it stores.
const MOST: i64 = 1_024;

#[test]
fn an_idle_session_takes_less_than_a_kibibyte() {
    let mut sessions = Sessions::room_for(SESSIONS);
    let mut answers = 0;
    let idle = measure(|| {
        answers = (0..SESSIONS).map(|_| sessions.open().body.len()).sum();
    });
    // Each session stores a copy of its creation response.
    let idle = each(idle.bytes_current - i64::try_from(answers).unwrap_or(i64::MAX));
    println!("{idle} bytes a session that holds nothing");
    assert!(idle < MOST, "{idle} bytes a session");

    // Its creation response is still stored; another answer is shared by all.
    let held = measure(|| {
        // Whose memory is not the session's: it comes and goes in here.
        let requests = sessions.requests();
        post(&mut sessions, requests);
    });
    let held = idle + each(held.bytes_current);
    println!("{held} bytes a session that holds a request");
    assert!(held < MOST, "{held} bytes a session");
}

#[test]
fn an_empty_poll_allocates_nothing() {
    let mut sessions = Sessions::room_for(SESSIONS);
    for _ in 0..SESSIONS {
        let answer = sessions.open();
        assert!(answer.body.ends_with(b"<stream:features/></body>"));
    }
    for round in 0..8 {
        let requests = sessions.requests();
        let asked = measure(|| post(&mut sessions, requests));
        let mut answered = 0;
        let answers = measure(|| {
            sessions.pass_wait();
            while let Some(answer) = sessions.answer() {
                assert_eq!(answer.status, 200);
                answered += 1;
            }
        });
        assert_eq!(answered, SESSIONS);
        // Until then tables grow that all sessions share.
        if round >= 3 {
            assert_eq!(asked.count_total, 0, "round {round}, requests");
            assert_eq!(answers.count_total, 0, "round {round}, answers");
        }
    }
}

fn post(sessions: &mut Sessions, requests: Vec<bytes::Bytes>) {
    for request in requests {
        sessions.post(request);
        assert!(sessions.event().is_none());
        assert!(sessions.answer().is_none());
    }
}

fn each(bytes: i64) -> i64 {
    bytes / i64::try_from(SESSIONS).unwrap_or(i64::MAX)
}
