//! Key sequences (XEP-0124 §15).

use bosh::Condition;
use sha1::{Digest, Sha1};

use super::super::answer::Seen;
use super::super::session::{Create, Session, later, random};
use super::super::stage::{SLACK, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "keys-right",
        what: "Sends a right key with each request, goes over to a new sequence, and repeats a request.",
        checks: &["BOSH-15.3-02", "BOSH-15.3-03", "BOSH-15.5-03", "J7"],
        slow: false,
        play: right,
    },
    Scenario {
        name: "keys-wrong",
        what: "Sends a wrong key, and none, in sessions that have keys.",
        checks: &["BOSH-15.4-03", "BOSH-15.4-04"],
        slow: false,
        play: wrong,
    },
];

/// K(1) to K(n), of which the last one is used first.
fn sequence(length: usize) -> Vec<String> {
    let mut keys = vec![hash(&random().to_string())];
    while keys.len() < length {
        keys.push(hash(&keys[keys.len() - 1]));
    }
    keys
}

fn hash(text: &str) -> String {
    let digest = Sha1::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn session(stage: &mut Stage<'_>, keys: &mut Vec<String>) -> Result<Session, Stop> {
    let last = keys.pop().unwrap_or_default();
    let create = Create::new(stage, 1, 1).with(&format!(" newkey='{last}'"));
    stage.create(&create)
}

fn post(stage: &mut Stage<'_>, session: &mut Session, attributes: &str) -> Result<Seen, Stop> {
    let mut pending = stage.post(session, attributes, "")?;
    Ok(stage.wait(&mut pending, session.patience()))
}

fn right(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("a sequence of three keys and a new one");
    let mut keys = sequence(3);
    let mut session = session(stage, &mut keys)?;
    let key = keys.pop().unwrap_or_default();
    let seen = post(stage, &mut session, &format!(" key='{key}'"))?;
    stage.check("BOSH-15.3-02", seen.is(|it| it.is_plain()), || {
        format!("K(2): {seen}")
    });
    let old = session.at(session.rid, &format!(" key='{key}'"), "");
    let mut next = sequence(3);
    let newkey = next.pop().unwrap_or_default();
    let key = keys.pop().unwrap_or_default();
    let seen = post(
        stage,
        &mut session,
        &format!(" key='{key}' newkey='{newkey}'"),
    )?;
    stage.check("BOSH-15.3-02", seen.is(|it| it.is_plain()), || {
        format!("K(1) with the newkey of another sequence: {seen}")
    });
    if !seen.is(|it| it.is_plain()) {
        return Err(Stop::inconclusive("the session ended"));
    }
    if session.requests() >= 2 {
        let mut pending = stage.send(old, &later(&session))?;
        let seen = stage.wait(&mut pending, session.wait() + SLACK);
        stage.check("BOSH-15.5-03", seen.is(|it| it.is_plain()), || {
            format!("an exact copy of the last but one: {seen}")
        });
        if !seen.is(|it| it.is_plain()) {
            return Err(Stop::inconclusive("the session ended"));
        }
    }
    let key = next.pop().unwrap_or_default();
    let seen = post(stage, &mut session, &format!(" key='{key}'"))?;
    stage.check("BOSH-15.3-02", seen.is(|it| it.is_plain()), || {
        format!("the new sequence: {seen}")
    });
    stage.part("a key in upper case");
    let key = next.pop().unwrap_or_default().to_ascii_uppercase();
    let seen = post(stage, &mut session, &format!(" key='{key}'"))?;
    stage.check("BOSH-15.3-03", seen.is(|it| it.is_plain()), || {
        format!("{seen}")
    });
    let taken = if seen.is(|it| it.is_plain()) {
        "taken"
    } else {
        "refused"
    };
    stage.note(
        "J7",
        format!("a key in upper case, hashed in lower case, is {taken}"),
    );
    Ok(())
}

fn wrong(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut accepted = 0;
    for (what, attributes) in [
        ("a wrong key", format!(" key='{}'", hash("wrong"))),
        ("no key", String::new()),
    ] {
        stage.part(what);
        let mut keys = sequence(5);
        let mut session = session(stage, &mut keys)?;
        let seen = post(stage, &mut session, &attributes)?;
        if seen.is(|it| it.is_plain()) {
            accepted += 1;
            if accepted == 2 {
                stage.note("BOSH-15.4-03", "keys are not checked");
                return Err(Stop::not_applicable("keys are not checked"));
            }
            continue;
        }
        stage.note("BOSH-15.4-03", "keys are checked");
        if accepted > 0 {
            stage.check("BOSH-15.4-04", false, || {
                "keys are checked, but a wrong one is accepted".to_owned()
            });
        }
        let told = seen.is(|it| it.ends_with(Condition::ItemNotFound));
        stage.check("BOSH-15.4-04", told, || {
            format!("{what}: {seen}, not item-not-found")
        });
        let key = keys.pop().unwrap_or_default();
        let after = post(stage, &mut session, &format!(" key='{key}'"))?;
        stage.check("BOSH-15.4-04", after.is(|it| it.ends()), || {
            format!("{what} was refused, and the next request got {after}: the session goes on")
        });
        if what == "no key" {
            return Ok(());
        }
    }
    stage.check("BOSH-15.4-04", false, || {
        "keys are checked, but a missing one is accepted".to_owned()
    });
    Ok(())
}
