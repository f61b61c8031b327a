//! Acknowledgements (XEP-0124 §9).

use super::super::session::{Create, SASL, later};
use super::super::stage::{PROMPT, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "acks-of-requests",
        what: "Lets the server acknowledge two requests at once, and one alone.",
        checks: &["BOSH-9.1-01", "BOSH-9.1-02", "BOSH-9.1-03"],
        slow: false,
        play: of_requests,
    },
    Scenario {
        name: "acks-of-responses",
        what: "Acknowledges all responses but the last one, as if that were lost.",
        checks: &["BOSH-9.2-04", "BOSH-9.2-05"],
        slow: false,
        play: of_responses,
    },
];

fn of_requests(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let create = Create::new(stage, 4, 1).with(" ack='1'");
    let mut session = stage.create(&create)?;
    if session.offer.ack.is_none() {
        return Err(Stop::not_applicable("acknowledgements are not offered"));
    }
    if session.requests() < 2 {
        return Err(Stop::not_applicable("requests is 1"));
    }
    stage.part("a held request, and a second one");
    let mut first = stage.post(&mut session, "", "")?;
    if !stage.is_held(&mut first) {
        return Err(Stop::inconclusive("the request was not held"));
    }
    // A payload is never too soon; what answers it does not matter.
    let auth = format!("<auth xmlns='{SASL}' mechanism='X-PROBE'/>");
    let mut second = stage.post(&mut session, "", &auth)?;
    let one = stage.answer(&mut first, session.patience())?;
    let ack = one
        .body
        .as_ref()
        .ok()
        .and_then(|it| it.ack)
        .map(|it| it.get());
    stage.check("BOSH-9.1-02", ack.is_some() || one.ends(), || {
        "two requests were received, and the response to the first has no ack".to_owned()
    });
    if let Some(ack) = ack {
        let right = ack == session.rid;
        stage.note(
            "BOSH-9.1-01",
            if right {
                "ack is the highest rid received".to_owned()
            } else {
                format!("ack is {ack}, the highest rid received {}", session.rid)
            },
        );
        if !right {
            stage.check("BOSH-9.1-02", false, || {
                format!("ack is {ack}, not {}", session.rid)
            });
        }
    }
    let two = stage.answer(&mut second, session.patience())?;
    let ack = two
        .body
        .as_ref()
        .ok()
        .and_then(|it| it.ack)
        .map(|it| it.get());
    stage.check("BOSH-9.1-03", ack != Some(session.rid), || {
        "ack equals the rid that is answered".to_owned()
    });
    Ok(())
}

fn of_responses(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let create = Create::new(stage, 3, 1).with(" ack='1'");
    let mut session = stage.create(&create)?;
    stage.part("ack is one response behind");
    for _ in 0..2 {
        let answer = stage.exchange(&mut session, "", "")?;
        if answer.ends() {
            return Err(Stop::inconclusive(format!("the session ended: {answer}")));
        }
    }
    let lost = session.rid;
    let answered = stage.elapsed();
    stage.sleep(PROMPT * 2)?;
    let request = session.next(&format!(" ack='{}'", lost - 1), "");
    let ask = later(&session);
    let age = stage.elapsed().saturating_sub(answered);
    let mut pending = stage.send(request, &ask)?;
    let answer = stage.answer(&mut pending, session.patience())?;
    let Ok(body) = &answer.body else {
        return Err(Stop::inconclusive(format!("{answer}")));
    };
    let prompt = answer.took < PROMPT;
    stage.note(
        "BOSH-9.2-04",
        if prompt {
            "the request is answered at once"
        } else {
            "the request waits"
        },
    );
    let Some(report) = body.report else {
        if prompt && answer.is_plain() {
            stage.check("BOSH-9.2-05", false, || {
                "answered at once without report".to_owned()
            });
        } else {
            stage.not_applicable("BOSH-9.2-05", "missing responses are not reported");
        }
        return Ok(());
    };
    stage.check("BOSH-9.2-05", report.get() == lost, || {
        format!("report is {report}, not {lost}")
    });
    let told = body.time.map(std::time::Duration::from_millis);
    let near = told.is_some_and(|it| it + PROMPT > age && it < age + PROMPT);
    stage.check_time("BOSH-9.2-05", near, || {
        format!("time is {told:?}, the response was sent {age:?} ago")
    });
    Ok(())
}
