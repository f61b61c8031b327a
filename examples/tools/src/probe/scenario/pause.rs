//! Pauses (XEP-0124 §10).

use bosh::Condition;

use super::super::session::{is_reply, seconds};
use super::super::stage::{PROMPT, STEP, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "pause",
        what: "Pauses while a request is held, with an iq in the pause request, and comes back.",
        checks: &["BOSH-10-09", "BOSH-10-10"],
        slow: false,
        play: pause,
    },
    Scenario {
        name: "pause-short",
        what: "Pauses for 2 s and comes back; pauses for 2 s and stays away for longer.",
        checks: &["BOSH-10-11", "BOSH-10-12"],
        slow: false,
        play: short,
    },
    Scenario {
        name: "pause-above",
        what: "Asks for a pause above maxpause.",
        checks: &["BOSH-10-13", "J4"],
        slow: false,
        play: above,
    },
    Scenario {
        name: "pause-long",
        what: "Pauses for longer than inactivity and comes back.",
        checks: &["BOSH-10-09"],
        slow: true,
        play: long,
    },
];

fn none() -> Stop {
    Stop::not_applicable("maxpause is not offered")
}

fn pause(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let offer = stage.open(5, 1)?.offer;
    let maxpause = offer.maxpause.ok_or_else(none)?;
    let logged_in = stage.login(12, 1);
    let with_payloads = logged_in.is_ok();
    let mut session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(12, 1)?,
    };
    stage.part("a held request and a pause");
    let mut held = stage.post(&mut session, "", "")?;
    if !stage.is_held(&mut held) {
        return Err(Stop::inconclusive("the request was not held"));
    }
    let inner = if with_payloads {
        stage.ping("probe-pause")
    } else {
        String::new()
    };
    let attribute = format!(" pause='{}'", maxpause.min(20));
    let mut request = stage.post(&mut session, &attribute, &inner)?;
    let one = stage.wait(&mut held, PROMPT);
    let two = stage.wait(&mut request, PROMPT);
    for (which, seen) in [("the held request", &one), ("the pause request", &two)] {
        stage.check("BOSH-10-09", seen.is(|it| it.is_plain()), || {
            format!("{which}: {seen}")
        });
    }
    let Some(answer) = two.answer().cloned() else {
        return Err(Stop::inconclusive("the pause request has no answer"));
    };
    stage.check("BOSH-10-10", answer.is_empty(), || {
        format!("the pause request got {answer}")
    });
    stage.sleep(PROMPT)?;
    let known = one
        .answer()
        .is_some_and(|it| it.payloads().iter().any(|it| is_reply(it, "probe-pause")));
    if with_payloads && answer.is_empty() && !known {
        let back = stage.until(&mut session, Some(("", "")), "the reply", |it| {
            is_reply(it, "probe-pause")
        });
        stage.check("BOSH-10-09", back.is_ok(), || {
            "what came during the pause is lost".to_owned()
        });
    } else {
        let back = stage.exchange(&mut session, "", "")?;
        stage.check("BOSH-10-09", back.is_plain(), || {
            format!("after the pause: {back}")
        });
    }
    Ok(())
}

fn short(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(1, 1)?;
    session.offer.maxpause.ok_or_else(none)?;
    if session.offer.inactivity.is_some_and(|it| it < 12) {
        return Err(Stop::inconclusive(
            "inactivity is too short to tell it from a pause",
        ));
    }
    stage.part("a pause of 2 s, a request, and silence for 6 s");
    let mut pending = stage.post(&mut session, " pause='2'", "")?;
    let seen = stage.wait(&mut pending, PROMPT);
    if !seen.is(|it| it.is_plain()) {
        stage.note("BOSH-10-11", format!("a pause below inactivity: {seen}"));
        return Err(Stop::inconclusive("the pause is not granted"));
    }
    stage.sleep(STEP)?;
    let answer = stage.exchange(&mut session, "", "")?;
    if !answer.is_plain() {
        return Err(Stop::inconclusive(format!("after the pause: {answer}")));
    }
    stage.sleep(PROMPT * 6)?;
    let answer = stage.exchange(&mut session, "", "")?;
    stage.check("BOSH-10-12", answer.is_plain(), || {
        format!("silence shorter than inactivity, after a pause is over: {answer}")
    });
    if !answer.is_plain() {
        return Err(Stop::inconclusive("the session ended"));
    }
    stage.part("a pause of 2 s and silence for 8 s");
    let mut pending = stage.post(&mut session, " pause='2'", "")?;
    stage.answer(&mut pending, PROMPT)?;
    stage.sleep(PROMPT * 8)?;
    let answer = stage.exchange(&mut session, "", "")?;
    let what = if answer.ends_with(Condition::ItemNotFound) {
        "the session ends after the short pause".to_owned()
    } else {
        format!("8 s of silence after a pause of 2 s: {answer}")
    };
    stage.note("BOSH-10-11", what);
    Ok(())
}

fn above(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(5, 1)?;
    let maxpause = session.offer.maxpause.ok_or_else(none)?;
    stage.part(format!("a pause one second above {maxpause}"));
    let attribute = format!(" pause='{}'", maxpause.saturating_add(1));
    let mut pending = stage.post(&mut session, &attribute, "")?;
    let seen = stage.wait(&mut pending, session.patience());
    stage.check("BOSH-10-13", seen.answer().is_some(), || {
        format!("not answered: {seen}")
    });
    stage.note("J4", format!("{seen}"));
    Ok(())
}

fn long(stage: &mut Stage<'_>) -> Result<(), Stop> {
    // Servers are impatient with clients that do not log in.
    let logged_in = stage.login(1, 1);
    let authenticated = logged_in.is_ok();
    let mut session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(1, 1)?,
    };
    let maxpause = session.offer.maxpause.ok_or_else(none)?;
    let inactivity = session.offer.inactivity.unwrap_or(0);
    if maxpause < inactivity + 20 {
        return Err(Stop::inconclusive(
            "maxpause is not far enough above inactivity",
        ));
    }
    stage.part("a pause longer than inactivity");
    let attribute = format!(" pause='{}'", inactivity + 20);
    let mut pending = stage.post(&mut session, &attribute, "")?;
    stage.answer(&mut pending, PROMPT)?;
    stage.sleep(seconds(inactivity + 10))?;
    let answer = stage.exchange(&mut session, "", "")?;
    if !answer.is_plain() && !authenticated {
        return Err(Stop::inconclusive(
            "the session ended, perhaps for the lack of a login",
        ));
    }
    stage.check("BOSH-10-09", answer.is_plain(), || {
        format!(
            "{} s after a pause of {} s: {answer}",
            inactivity + 10,
            inactivity + 20
        )
    });
    Ok(())
}
