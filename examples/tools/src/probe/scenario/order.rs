//! Request ids in order, out of order, and outside the window (XEP-0124 §14.2).

use bosh::Condition;

use super::super::session::{Session, replies};
use super::super::stage::{PROMPT, Pending, SLACK, STEP, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "gap-filled-late",
        what: "Sends the request after the next one first, and the missing one later.",
        checks: &["BOSH-8-02", "BOSH-8-07", "BOSH-14.2-01"],
        slow: false,
        play: filled_late,
    },
    Scenario {
        name: "window-edge",
        what: "Sends the highest rid that the window has, and fills the gap below it.",
        checks: &["BOSH-14.2-03"],
        slow: false,
        play: edge,
    },
    Scenario {
        name: "window-above",
        what: "Sends rids above the window, and then the request that would have been next.",
        checks: &["BOSH-14.2-04", "BOSH-17.2-08"],
        slow: false,
        play: above,
    },
    Scenario {
        name: "window-below",
        what: "Sends a rid far below the window, whose response nobody can have kept.",
        checks: &["BOSH-14.3-08"],
        slow: false,
        play: below,
    },
    Scenario {
        name: "gap-never-filled",
        what: "Leaves a gap open for longer than wait.",
        checks: &["J11"],
        slow: false,
        play: never_filled,
    },
];

/// What two requests need so that nobody can call them too many or too soon.
fn step(stage: &mut Stage<'_>, session: &Session, with_payloads: bool) -> Result<(), Stop> {
    let time = if with_payloads { STEP } else { session.pace() };
    stage.sleep(time)
}

fn filled_late(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let logged_in = stage.login(12, 1);
    let with_payloads = logged_in.is_ok();
    let mut session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(12, 1)?,
    };
    if session.requests() < 2 {
        return Err(Stop::not_applicable("requests is 1: no rid can come early"));
    }
    let (first, second) = if with_payloads {
        (stage.ping("probe-a"), stage.ping("probe-b"))
    } else {
        (String::new(), String::new())
    };
    stage.part("rid + 2 first, rid + 1 later");
    let mut late = stage.post_at(&session, session.rid + 2, "", &second)?;
    let early = stage.look(&mut late, PROMPT);
    let waits = early.is_silent();
    if early.is(|it| it.ends()) {
        stage.check("BOSH-14.2-01", false, || {
            format!("rid + 2 ahead of rid + 1: {early}")
        });
        return Err(Stop::inconclusive("the session ended"));
    }
    if !with_payloads {
        step(stage, &session, with_payloads)?;
    }
    let mut missing = stage.post_at(&session, session.rid + 1, "", &first)?;
    let one = stage.answer(&mut missing, session.patience())?;
    let mut payloads = one.payloads();
    let both = stage.wait(&mut late, session.patience());
    let Some(two) = both.answer().cloned() else {
        stage.check("BOSH-14.2-01", false, || {
            format!("the gap was filled, and rid + 2 got {both}")
        });
        return Err(Stop::inconclusive("the second request has no answer"));
    };
    // On two connections nobody sees which of two answers was first; one that the server held comes much later.
    let in_order = waits && two.at + PROMPT >= one.at;
    stage.check("BOSH-8-07", in_order, || {
        format!(
            "rid + 2 was answered {:.3} s before rid + 1",
            (one.at.saturating_sub(two.at)).as_secs_f64()
        )
    });
    payloads.extend(two.payloads());
    session.rid += 2;
    if one.ends() || two.ends() {
        stage.check("BOSH-14.2-01", false, || {
            format!("after the gap was filled: {one}; {two}")
        });
        return Err(Stop::inconclusive("the session ended"));
    }
    if !with_payloads {
        stage.check("BOSH-14.2-01", in_order, || {
            "answers are out of order".to_owned()
        });
        return Err(Stop::inconclusive("needs a login; --user gives one"));
    }
    for _ in 0..3 {
        if replies(&payloads).len() >= 2 {
            break;
        }
        stage.exchange(&mut session, "", "")?;
        payloads.append(&mut session.inbox);
    }
    let order = replies(&payloads);
    let right = order == ["probe-a", "probe-b"];
    let what = if order.is_empty() {
        "none".to_owned()
    } else {
        order.join(", ")
    };
    stage.check("BOSH-8-02", right, || {
        format!("replies to probe-a and probe-b: {what}")
    });
    stage.check("BOSH-14.2-01", right && in_order, || {
        format!("replies: {what}")
    });
    Ok(())
}

fn edge(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let logged_in = stage.login(12, 1);
    let with_payloads = logged_in.is_ok();
    let session = match logged_in {
        Ok(session) => session,
        Err(_) => stage.open(12, 1)?,
    };
    let requests = session.requests();
    if requests > MOST_REQUESTS {
        return Err(Stop::inconclusive(format!(
            "requests is {requests}, more than this tool sends"
        )));
    }
    stage.part(format!("rid + {requests}, then those below it"));
    let highest = session.rid + requests;
    let mut pendings: Vec<Pending> = Vec::new();
    for rid in std::iter::once(highest).chain(session.rid + 1..highest) {
        if !pendings.is_empty() {
            step(stage, &session, with_payloads)?;
        }
        let inner = if with_payloads {
            stage.ping(&format!("probe-{rid}"))
        } else {
            String::new()
        };
        pendings.push(stage.post_at(&session, rid, "", &inner)?);
    }
    let seen = stage.wait(&mut pendings[0], session.patience());
    stage.check("BOSH-14.2-03", seen.is(|it| it.is_plain()), || {
        format!("requests is {requests}, and rid + {requests} got {seen}")
    });
    Ok(())
}

fn above(stage: &mut Stage<'_>) -> Result<(), Stop> {
    for far in [1, 1_000_000] {
        let session = stage.open(5, 1)?;
        let beyond = session.requests() + far;
        stage.part(format!(
            "rid + {beyond} where requests is {}",
            session.requests()
        ));
        let mut pending = stage.post_at(&session, session.rid + beyond, "", "")?;
        let seen = stage.wait(&mut pending, session.patience());
        let told = seen.is(|it| it.ends_with(Condition::ItemNotFound));
        stage.check("BOSH-17.2-08", told, || {
            format!("{seen}, not item-not-found")
        });
        if !told {
            stage.check("BOSH-14.2-04", false, || {
                format!("a rid above the window: {seen}")
            });
            continue;
        }
        let mut pending = stage.post_at(&session, session.rid + 1, "", "")?;
        let after = stage.wait(&mut pending, session.patience());
        let over = after.is(|it| it.ends_with(Condition::ItemNotFound));
        stage.check("BOSH-14.2-04", over, || {
            format!(
                "item-not-found was told, and the next request got {after}: the session goes on"
            )
        });
    }
    Ok(())
}

fn below(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let session = stage.open(5, 1)?;
    stage.part("rid - 1000");
    let mut pending = stage.post_at(&session, session.rid - 1_000, "", "")?;
    let seen = stage.wait(&mut pending, session.patience());
    let told = seen.is(|it| it.ends_with(Condition::ItemNotFound));
    if !told {
        stage.check("BOSH-14.3-08", false, || {
            format!("{seen}, not item-not-found")
        });
        return Ok(());
    }
    let mut pending = stage.post_at(&session, session.rid + 1, "", "")?;
    let after = stage.wait(&mut pending, session.patience());
    let over = after.is(|it| it.ends_with(Condition::ItemNotFound));
    stage.check("BOSH-14.3-08", over, || {
        format!("item-not-found was told, and the next request got {after}: the session goes on")
    });
    Ok(())
}

fn never_filled(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let session = stage.open(2, 1)?;
    if session.requests() < 2 {
        return Err(Stop::not_applicable("requests is 1: there can be no gap"));
    }
    stage.part("rid + 2 alone");
    let mut pending = stage.post_at(&session, session.rid + 2, "", "")?;
    let limit = session.wait() + PROMPT * 8 + SLACK;
    let seen = stage.wait(&mut pending, limit);
    let what = match seen.answer() {
        Some(answer) => format!(
            "wait is {} s; after {:.1} s: {answer}",
            session.wait().as_secs(),
            answer.took.as_secs_f64()
        ),
        None => format!("wait is {} s; {seen}", session.wait().as_secs()),
    };
    stage.note("J11", what);
    Ok(())
}

const MOST_REQUESTS: u64 = 8;
