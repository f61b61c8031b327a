//! Requests sent again (XEP-0124 §14.3, §17.3) and broken connections.

use bosh::Condition;

use super::super::session::{later, replies};
use super::super::stage::{PROMPT, SLACK, STEP, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "repeat-answered",
        what: "Sends an answered request again, byte for byte, and looks whether it is processed twice.",
        checks: &["BOSH-14.3-02", "BOSH-14.3-04"],
        slow: false,
        play: answered,
    },
    Scenario {
        name: "repeat-held",
        what: "Sends a request again that is still held.",
        checks: &["BOSH-14.3-05", "BOSH-17.3-01"],
        slow: false,
        play: held,
    },
    Scenario {
        name: "repeat-often",
        what: "Sends an answered request thirty times.",
        checks: &["BOSH-14.3-06", "BOSH-14.3-07"],
        slow: false,
        play: often,
    },
    Scenario {
        name: "cut-while-held",
        what: "Closes the connection of a held request, makes the server answer it, and sends it again.",
        checks: &["BOSH-5-11", "BOSH-14.3-09"],
        slow: false,
        play: cut,
    },
];

fn answered(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let logged_in = stage.login(2, 1);
    let with_payloads = logged_in.is_ok();
    let mut session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(2, 1)?,
    };
    stage.part("a request, and the same again");
    let inner = if with_payloads {
        stage.ping("probe-once")
    } else {
        String::new()
    };
    let request = session.next("", &inner);
    let ask = later(&session);
    let mut pending = stage.send(&request, &ask)?;
    let first = stage.answer(&mut pending, session.patience())?;
    let mut payloads = first.payloads();
    let mut pending = stage.send(&request, &ask)?;
    let again = stage.wait(&mut pending, session.patience());
    let same = again.is(|it| it.response.status == 200 && it.response.body == first.response.body);
    stage.check("BOSH-14.3-04", same, || {
        format!("first {first}, then {again}")
    });
    if again.is(|it| it.ends()) {
        return Err(Stop::inconclusive("the session ended"));
    }
    // The stored copy tells nothing new; what comes now would.
    for _ in 0..2 {
        stage.exchange(&mut session, "", "")?;
        payloads.append(&mut session.inbox);
    }
    if with_payloads {
        let count = replies(&payloads)
            .iter()
            .filter(|id| *id == "probe-once")
            .count();
        stage.check("BOSH-14.3-04", count == 1, || {
            format!("one iq was answered {count} times")
        });
    }
    if session.requests() < 2 {
        return Err(Stop::not_applicable("requests is 1"));
    }
    stage.part("the last but one again");
    let before = session.at(session.rid - 1, "", "");
    let mut pending = stage.send(before, &ask)?;
    let seen = stage.wait(&mut pending, session.patience());
    stage.check("BOSH-14.3-02", seen.is(|it| it.is_plain()), || {
        format!(
            "requests is {}, the last but one again: {seen}",
            session.requests()
        )
    });
    Ok(())
}

fn held(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(4, 1)?;
    stage.part("a request, and the same again while it is held");
    let request = session.next("", "");
    let ask = later(&session);
    let mut old = stage.send(&request, &ask)?;
    if !stage.is_held(&mut old) {
        return Err(Stop::not_applicable("the server did not hold it"));
    }
    let mut new = stage.send(&request, &ask)?;
    let one = stage.wait(&mut old, PROMPT);
    stage.check("BOSH-14.3-05", one.is(|it| it.is_error()), || {
        format!("the old copy got {one}, not a recoverable error at once")
    });
    if one.is(|it| it.is_error()) {
        stage.note("BOSH-17.3-01", "the old copy gets a recoverable error");
    } else {
        stage.note("BOSH-17.3-01", format!("the old copy gets {one}"));
    }
    let two = stage.wait(&mut new, session.patience());
    stage.check("BOSH-14.3-05", two.is(|it| it.is_plain()), || {
        format!("the new copy got {two}")
    });
    Ok(())
}

fn often(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(1, 1)?;
    stage.part("an answered request thirty times");
    let request = session.next("", "");
    let ask = later(&session);
    for copy in 0..=COPIES {
        let mut pending = stage.send(&request, &ask)?;
        let seen = stage.wait(&mut pending, session.patience());
        if !seen.is(|it| it.is_plain()) {
            stage.note("BOSH-14.3-06", format!("copy {copy}: {seen}"));
            let right = seen.is(|it| it.ends_with(Condition::PolicyViolation));
            stage.check("BOSH-14.3-07", right, || {
                format!("copy {copy}: {seen}, not policy-violation")
            });
            return Ok(());
        }
    }
    stage.note("BOSH-14.3-06", format!("{COPIES} copies are answered"));
    stage.not_applicable("BOSH-14.3-07", format!("{COPIES} copies are not too many"));
    Ok(())
}

fn cut(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let logged_in = stage.login(5, 1);
    let with_payloads = logged_in.is_ok();
    let mut session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(5, 1)?,
    };
    stage.part("a held request loses its connection");
    let request = session.next("", "");
    let ask = later(&session);
    let mut lost = stage.send(&request, &ask)?;
    if !stage.is_held(&mut lost) {
        return Err(Stop::not_applicable("the server did not hold it"));
    }
    stage.cut(lost);
    stage.sleep(STEP * 2)?;
    let inner = if with_payloads {
        stage.ping("probe-lost")
    } else {
        String::new()
    };
    if !with_payloads {
        stage.sleep(session.pace().saturating_sub(PROMPT))?;
    }
    let mut second = stage.post(&mut session, "", &inner)?;
    stage.sleep(STEP * 4)?;
    let mut again = stage.send(&request, &ask)?;
    let one = stage.wait(&mut again, session.patience());
    let two = stage.wait(&mut second, session.patience() + SLACK);
    for (which, seen) in [("the copy", &one), ("the next request", &two)] {
        stage.check("BOSH-5-11", seen.is(|it| it.is_plain()), || {
            format!("{which}: {seen}")
        });
    }
    if !with_payloads {
        return Err(Stop::inconclusive("needs a login; --user gives one"));
    }
    let mut payloads = Vec::new();
    for seen in [&one, &two] {
        payloads.extend(seen.answer().map(|it| it.payloads()).unwrap_or_default());
    }
    if replies(&payloads).is_empty() && one.is(|it| it.is_plain()) && two.is(|it| it.is_plain()) {
        stage.exchange(&mut session, "", "")?;
        payloads.append(&mut session.inbox);
    }
    let count = replies(&payloads).len();
    stage.check("BOSH-14.3-09", count == 1, || {
        format!("the reply that was under way came {count} times")
    });
    Ok(())
}

const COPIES: u32 = 30;
