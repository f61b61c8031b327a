//! How long and how many requests wait (XEP-0124 §8).

use bosh::xml::Element;

use super::super::session::{CLIENT, escape};
use super::super::stage::{PROMPT, SLACK, STEP, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "hold",
        what: "Lets one more empty request come than may be held, and the last one wait to its end.",
        checks: &[
            "BOSH-8-04",
            "BOSH-8-05",
            "BOSH-8-06",
            "BOSH-8-07",
            "BOSH-8-08",
            "BOSH-8-11",
        ],
        slow: false,
        play: hold,
    },
    Scenario {
        name: "wait-of-each",
        what: "Holds two requests that came at different times, each of which has its own end of wait.",
        checks: &["BOSH-8-05"],
        slow: false,
        play: wait_of_each,
    },
    Scenario {
        name: "push",
        what: "Sends messages from one session to another one that has a request held.",
        checks: &["BOSH-8-01", "BOSH-8-02", "BOSH-8-09"],
        slow: false,
        play: push,
    },
];

fn hold(stage: &mut Stage<'_>) -> Result<(), Stop> {
    // Long enough that a second request may come in time.
    let polling = stage.open(5, 1)?.offer.polling.unwrap_or(0);
    let wait = polling + 3;
    let mut session = stage.open(wait, 1)?;
    if session.hold() == 0 || session.wait() < session.pace() {
        return Err(Stop::not_applicable("no request is held long enough"));
    }
    stage.part(format!(
        "two empty requests, {:.1} s apart",
        session.pace().as_secs_f64()
    ));
    let mut first = stage.post(&mut session, "", "")?;
    let held = stage.is_held(&mut first);
    stage.check("BOSH-8-04", held, || {
        "an empty request is answered at once".to_owned()
    });
    stage.check("BOSH-8-11", held, || {
        "an empty request does not wait".to_owned()
    });
    if session.hold() > 1 {
        return Err(Stop::inconclusive("more is held than was asked"));
    }
    stage.sleep(session.pace().saturating_sub(PROMPT))?;
    let mut second = stage.post(&mut session, "", "")?;
    let one = stage.wait(&mut first, PROMPT);
    let two = stage.look(&mut second, STEP);
    stage.check("BOSH-8-06", one.is(|it| it.is_plain()), || {
        format!("hold is 1 and a second request came: the first got {one}")
    });
    stage.check("BOSH-8-07", !one.is_silent() || two.is_silent(), || {
        format!("the second request was answered before the first: {two}")
    });
    let one = stage.wait(&mut first, session.patience());
    let two = stage.wait(&mut second, session.patience());
    for (which, seen) in [("first", &one), ("second", &two)] {
        match seen.answer() {
            Some(answer) => {
                let late = answer.took > session.patience();
                stage.check_time("BOSH-8-05", !late, || {
                    format!(
                        "wait is {} s, the {which} request was held for {:.1} s",
                        session.wait().as_secs(),
                        answer.took.as_secs_f64()
                    )
                });
            }
            None => stage.check("BOSH-8-05", false, || {
                format!(
                    "wait is {} s, the {which} request: {seen}",
                    session.wait().as_secs()
                )
            }),
        }
    }
    stage.check("BOSH-8-08", two.is(|it| it.is_empty()), || {
        format!("at the end of wait: {two}")
    });
    Ok(())
}

fn wait_of_each(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(4, 2)?;
    if session.hold() < 2 {
        return Err(Stop::not_applicable("the server holds one request at most"));
    }
    stage.part("two requests, 2 s apart, wait 4");
    let mut first = stage.post(&mut session, "", "")?;
    stage.sleep(PROMPT * 2)?;
    let mut second = stage.post(&mut session, "", "")?;
    for (which, pending) in [("first", &mut first), ("second", &mut second)] {
        let seen = stage.wait(pending, session.patience());
        let right = seen.is(|it| it.took <= session.wait() + SLACK);
        stage.check_time("BOSH-8-05", right, || match seen.answer() {
            Some(answer) => format!(
                "the {which} one waited for {:.1} s",
                answer.took.as_secs_f64()
            ),
            None => format!("the {which} one: {seen}"),
        });
    }
    Ok(())
}

fn push(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut receiver = stage.login(12, 1)?;
    let mut sender = stage.login(12, 1)?;
    stage.part(format!("three messages to {}", receiver.jid));
    let mut held = stage.post(&mut receiver, "", "")?;
    if !stage.is_held(&mut held) {
        return Err(Stop::inconclusive("the request was not held"));
    }
    let to = escape(&receiver.jid);
    let messages: String = (1..=3)
        .map(|number| {
            format!("<message xmlns='{CLIENT}' to='{to}' type='chat' id='probe-m{number}'><body>{number}</body></message>")
        })
        .collect();
    let _carrier = stage.post(&mut sender, "", &messages)?;
    let sent = stage.elapsed();
    let seen = stage.wait(&mut held, receiver.patience());
    let Some(answer) = seen.answer().cloned() else {
        return Err(Stop::inconclusive(format!("the held request got {seen}")));
    };
    let late = answer.at.saturating_sub(sent);
    let mut payloads = answer.payloads();
    let carries = payloads.iter().any(|it| it.is(CLIENT, "message"));
    if late > PROMPT && !carries {
        stage.inconclusive(
            "BOSH-8-01",
            "the server does not deliver messages between these sessions",
        );
        return Err(Stop::inconclusive("no message came"));
    }
    for id in ["BOSH-8-01", "BOSH-8-09"] {
        stage.check_time(id, late <= PROMPT && carries, || {
            format!(
                "the held request got {answer} after {:.1} s",
                late.as_secs_f64()
            )
        });
    }
    for _ in 0..3 {
        if messages_of(&payloads).len() >= 3 {
            break;
        }
        stage.exchange(&mut receiver, "", "")?;
        payloads.append(&mut receiver.inbox);
    }
    let order = messages_of(&payloads);
    let right = order == ["probe-m1", "probe-m2", "probe-m3"];
    stage.check("BOSH-8-02", right, || {
        format!("messages 1, 2, 3 came as: {}", order.join(", "))
    });
    Ok(())
}

fn messages_of(payloads: &[Element]) -> Vec<String> {
    payloads
        .iter()
        .filter(|it| it.is(CLIENT, "message"))
        .filter_map(|it| it.attr("id").map(str::to_owned))
        .collect()
}
