//! The end of sessions (XEP-0124 §13).

use bosh::Condition;

use super::super::session::{CLIENT, escape};
use super::super::stage::{PROMPT, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "terminate",
        what: "Ends a session without a held request, and uses its sid again.",
        checks: &["BOSH-13-04", "BOSH-13-06"],
        slow: false,
        play: alone,
    },
    Scenario {
        name: "terminate-held",
        what: "Ends a session while a request is held.",
        checks: &["BOSH-13-04", "J5", "J14"],
        slow: false,
        play: with_held,
    },
    Scenario {
        name: "terminate-payload",
        what: "Ends a session with a message in the last request.",
        checks: &["BOSH-13-02"],
        slow: false,
        play: with_payload,
    },
];

fn alone(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(5, 1)?;
    stage.part("terminate, nothing held");
    let mut pending = stage.post(&mut session, " type='terminate'", "")?;
    let seen = stage.wait(&mut pending, PROMPT);
    stage.check("BOSH-13-04", seen.is(|it| it.ends()), || {
        format!("the only request, which terminates, got {seen}")
    });
    let mut pending = stage.post(&mut session, "", "")?;
    let seen = stage.wait(&mut pending, session.patience());
    stage.check(
        "BOSH-13-06",
        seen.is(|it| it.ends_with(Condition::ItemNotFound)),
        || format!("a request after the end: {seen}, not item-not-found"),
    );
    Ok(())
}

fn with_held(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(10, 1)?;
    if session.requests() < 2 {
        return Err(Stop::not_applicable("requests is 1"));
    }
    stage.part("terminate while a request is held");
    let mut held = stage.post(&mut session, "", "")?;
    if !stage.is_held(&mut held) {
        return Err(Stop::inconclusive("the request was not held"));
    }
    let mut last = stage.post(&mut session, " type='terminate'", "")?;
    let one = stage.wait(&mut held, PROMPT);
    let two = stage.wait(&mut last, PROMPT);
    stage.check("BOSH-13-04", one.is(|it| it.ends()), || {
        format!("the held request got {one}")
    });
    stage.check("BOSH-13-04", two.is(|it| it.is_empty()), || {
        format!("the terminating request got {two}, not an empty wrapper")
    });
    stage.note("J5", format!("held: {one}; terminating: {two}"));
    stage.note("J14", format!("held: {one}"));
    Ok(())
}

fn with_payload(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut receiver = stage.login(5, 1)?;
    let mut sender = stage.login(5, 1)?;
    let to = escape(&receiver.jid);
    let message = |id: &str| {
        format!(
            "<message xmlns='{CLIENT}' to='{to}' type='chat' id='{id}'><body>bye</body></message>"
        )
    };
    stage.exchange(&mut sender, "", &message("probe-before"))?;
    stage.until(
        &mut receiver,
        Some(("", "")),
        "a message between two sessions",
        |it| it.attr("id") == Some("probe-before"),
    )?;
    stage.part("terminate with a message");
    let mut last = stage.post(&mut sender, " type='terminate'", &message("probe-bye"))?;
    stage.wait(&mut last, PROMPT);
    let came = stage.until(&mut receiver, Some(("", "")), "the message", |it| {
        it.attr("id") == Some("probe-bye")
    });
    stage.check("BOSH-13-02", came.is_ok(), || {
        "the message in the terminating request never came".to_owned()
    });
    Ok(())
}
