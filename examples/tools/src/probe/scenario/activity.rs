//! Too many requests, too often, and for too long none (XEP-0124 §10, §11, §12).

use bosh::Condition;

use super::super::session::{Create, SASL};
use super::super::stage::{PROMPT, SLACK, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "overactivity",
        what: "Sends as many empty requests as may be unanswered without a pause between them.",
        checks: &["BOSH-11-05", "BOSH-11-06", "BOSH-17.2-10", "J14"],
        slow: false,
        play: overactivity,
    },
    Scenario {
        name: "polling",
        what: "Polls at the interval that is allowed, and then too soon.",
        checks: &["BOSH-12-03", "BOSH-12-04", "BOSH-12-05", "BOSH-12-06"],
        slow: false,
        play: polling,
    },
    Scenario {
        name: "polling-payload",
        what: "Sends a payload right after an empty poll, which is never too soon.",
        checks: &["BOSH-12-04"],
        slow: false,
        play: polling_payload,
    },
    Scenario {
        name: "inactivity",
        what: "Is silent for almost as long as inactivity, and then for longer.",
        checks: &["BOSH-10-03", "BOSH-10-04", "BOSH-10-06"],
        slow: true,
        play: inactivity,
    },
];

fn overactivity(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(10, 1)?;
    if session.requests() != session.hold() + 1 {
        return Err(Stop::not_applicable(
            "requests is not one above hold: the limit is never met",
        ));
    }
    stage.part(format!("{} empty requests at once", session.requests()));
    let mut pendings = Vec::new();
    for _ in 0..session.requests() {
        pendings.push(stage.post(&mut session, "", "")?);
        stage.sleep(PROMPT / 5)?;
    }
    let Some(mut last) = pendings.pop() else {
        return Ok(());
    };
    let seen = stage.wait(&mut last, PROMPT);
    if session.offer.polling.is_none() {
        stage.check("BOSH-11-06", !seen.is(|it| it.ends()), || {
            format!("polling is not told, and: {seen}")
        });
        return Err(Stop::not_applicable("polling is not told"));
    }
    stage.not_applicable("BOSH-11-06", "polling is told");
    stage.check_time(
        "BOSH-11-05",
        seen.is(|it| it.ends_with(Condition::PolicyViolation)),
        || format!("the last one got {seen}, not policy-violation"),
    );
    if !seen.is(|it| it.ends()) {
        return Err(Stop::not_applicable("the limit is not enforced"));
    }
    stage.check(
        "BOSH-17.2-10",
        seen.is(|it| it.ends_with(Condition::PolicyViolation)),
        || format!("the last one got {seen}"),
    );
    if let Some(mut held) = pendings.pop() {
        let seen = stage.wait(&mut held, PROMPT);
        stage.note("J14", format!("the held request got {seen}"));
    }
    Ok(())
}

fn polling(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("a session with wait 0 and hold 0");
    let mut session = stage.open(0, 0)?;
    let pace = session.pace();
    if let (Some(inactivity), Some(polling)) = (session.offer.inactivity, session.offer.polling) {
        stage.check("BOSH-12-03", inactivity > polling, || {
            format!("inactivity {inactivity}, polling {polling}")
        });
    } else {
        stage.not_applicable("BOSH-12-03", "polling or inactivity is not told");
    }
    for _ in 0..2 {
        stage.sleep(pace)?;
        let mut pending = stage.post(&mut session, "", "")?;
        let seen = stage.wait(&mut pending, PROMPT);
        stage.check("BOSH-12-06", seen.is(|it| it.is_plain()), || {
            format!("a poll after {:.1} s: {seen}", pace.as_secs_f64())
        });
        if seen.is(|it| it.ends()) {
            return Err(Stop::inconclusive("the session ended"));
        }
        if seen.is_silent() {
            return Err(Stop::inconclusive("polls are held"));
        }
        // Features that come with a poll make the next one free.
        session.inbox.clear();
    }
    let mut pending = stage.post(&mut session, "", "")?;
    let seen = stage.wait(&mut pending, PROMPT);
    if session.offer.polling.is_none() {
        stage.check("BOSH-12-05", seen.is(|it| it.is_plain()), || {
            format!("polling is not told, and: {seen}")
        });
        return Err(Stop::not_applicable("polling is not told"));
    }
    stage.not_applicable("BOSH-12-05", "polling is told");
    stage.check_time(
        "BOSH-12-04",
        seen.is(|it| it.ends_with(Condition::PolicyViolation)),
        || format!("a poll too soon: {seen}, not policy-violation"),
    );
    Ok(())
}

fn polling_payload(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let create = Create::new(stage, 0, 0);
    let mut session = stage.create(&create)?;
    stage.sleep(session.pace())?;
    stage.part("an empty poll, then a payload at once");
    let mut pending = stage.post(&mut session, "", "")?;
    let seen = stage.wait(&mut pending, PROMPT);
    if !seen.is(|it| it.is_plain()) {
        return Err(Stop::inconclusive(format!("the poll got {seen}")));
    }
    let auth = format!("<auth xmlns='{SASL}' mechanism='X-PROBE'/>");
    let mut pending = stage.post(&mut session, "", &auth)?;
    let seen = stage.wait(&mut pending, PROMPT);
    stage.check(
        "BOSH-12-04",
        !seen.is(|it| it.ends_with(Condition::PolicyViolation)),
        || "a request with a payload counts as a poll: policy-violation".to_owned(),
    );
    Ok(())
}

fn inactivity(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let logged_in = stage.login(1, 1);
    let authenticated = logged_in.is_ok();
    let mut session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(1, 1)?,
    };
    let Some(inactivity) = session.offer.inactivity else {
        return Err(Stop::not_applicable("inactivity is not told"));
    };
    stage.check("BOSH-10-06", inactivity <= 180, || {
        format!("inactivity is {inactivity} s")
    });
    let inactivity = super::super::session::seconds(inactivity);
    stage.part("silence, a little shorter than inactivity");
    stage.exchange(&mut session, "", "")?;
    stage.sleep(inactivity.saturating_sub(PROMPT * 3))?;
    let answer = stage.exchange(&mut session, "", "")?;
    if !answer.is_plain() && !authenticated {
        return Err(Stop::inconclusive(
            "the session ended early, perhaps for the lack of a login",
        ));
    }
    stage.check("BOSH-10-03", answer.is_plain(), || {
        format!("3 s before the end of inactivity: {answer}")
    });
    if !answer.is_plain() {
        return Err(Stop::inconclusive("the session ended too early"));
    }
    stage.part("silence, longer than inactivity");
    stage.sleep(inactivity + inactivity / 10 + PROMPT * 5)?;
    let mut pending = stage.post(&mut session, "", "")?;
    let seen = stage.wait(&mut pending, session.wait() + SLACK);
    stage.check("BOSH-10-03", seen.is(|it| it.ends()), || {
        format!("after inactivity: {seen}")
    });
    stage.check(
        "BOSH-10-04",
        seen.is(|it| it.ends_with(Condition::ItemNotFound)),
        || format!("after inactivity: {seen}, not item-not-found"),
    );
    Ok(())
}
