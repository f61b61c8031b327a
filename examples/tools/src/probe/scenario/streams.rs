//! Several streams in one session (XEP-0124 §16).

use bosh::Condition;

use super::super::answer::Answer;
use super::super::session::{SASL, Session, escape};
use super::super::stage::{PROMPT, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "stream-unsupported",
        what: "Asks for a further stream where none are announced.",
        checks: &["BOSH-16.3-03", "J9"],
        slow: false,
        play: unsupported,
    },
    Scenario {
        name: "stream-further",
        what: "Opens a further stream, broadcasts, and closes one stream after the other.",
        checks: &[
            "BOSH-16.2-01",
            "BOSH-16.3-04",
            "BOSH-16.4-01",
            "BOSH-16.4-02",
            "BOSH-16.5-02",
        ],
        slow: false,
        play: further,
    },
    Scenario {
        name: "stream-unknown",
        what: "Names a stream that does not exist.",
        checks: &["BOSH-16.4-04"],
        slow: false,
        play: unknown,
    },
];

fn add(stage: &Stage<'_>) -> String {
    format!(" to='{}' xml:lang='en'", escape(&stage.settings.domain))
}

fn unsupported(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(2, 1)?;
    if session.offer.stream.is_some() {
        return Err(Stop::not_applicable("several streams are offered"));
    }
    stage.features(&mut session)?;
    stage.part("a request with to, in a session");
    let attributes = add(stage);
    let answer = stage.exchange(&mut session, &attributes, "")?;
    let named = answer.body.as_ref().is_ok_and(|it| it.stream.is_some());
    stage.check("BOSH-16.3-03", answer.is_empty() && !named, || {
        format!("streams are not announced, and a request for one got {answer}")
    });
    stage.part("all of a creation request, in a session");
    let attributes = format!("{attributes} wait='5' hold='1' ver='1.11'");
    let answer = stage.exchange(&mut session, &attributes, "")?;
    stage.note("J9", format!("{answer}"));
    Ok(())
}

fn two_streams(stage: &mut Stage<'_>) -> Result<(Session, String, String), Stop> {
    let mut session = stage.open(3, 1)?;
    let Some(first) = session.offer.stream.clone() else {
        return Err(Stop::not_applicable("several streams are not offered"));
    };
    stage.features(&mut session)?;
    stage.part("a further stream");
    let attributes = add(stage);
    let answer = stage.exchange(&mut session, &attributes, "")?;
    let second = answer.body.as_ref().ok().and_then(|it| it.stream.clone());
    let Some(second) = second.filter(|it| *it != first) else {
        stage.check("BOSH-16.3-04", false, || {
            format!("no name of a new stream: {answer}")
        });
        return Err(Stop::inconclusive("no further stream was opened"));
    };
    Ok((session, first, second))
}

fn further(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let (mut session, first, second) = two_streams(stage)?;
    stage.pass("BOSH-16.3-04");
    stage.check(
        "BOSH-16.2-01",
        first.len() >= 6 && second.len() >= 6,
        || format!("names are {first} and {second}"),
    );
    stage.part("a payload for all streams");
    session.inbox.clear();
    let auth = format!("<auth xmlns='{SASL}' mechanism='X-PROBE'/>");
    let mut heard: Vec<String> = Vec::new();
    let mut inner = auth.as_str();
    for _ in 0..5 {
        let answer = stage.exchange(&mut session, "", inner)?;
        inner = "";
        if answer.ends() {
            return Err(Stop::inconclusive(format!("the session ended: {answer}")));
        }
        named(stage, &answer);
        let failed = answer.payloads().iter().any(|it| it.is(SASL, "failure"));
        if failed && let Ok(body) = &answer.body {
            heard.extend(body.stream.clone());
        }
        if heard.contains(&first) && heard.contains(&second) {
            break;
        }
    }
    let both = heard.contains(&first) && heard.contains(&second);
    stage.check("BOSH-16.4-02", both, || {
        format!("of two streams answered: {}", heard.join(", "))
    });
    stage.part("one stream is closed, then the other");
    let close = format!(" type='terminate' stream='{}'", escape(&second));
    let answer = stage.exchange(&mut session, &close, "")?;
    let whole = answer.ends() && answer.body.as_ref().is_ok_and(|it| it.stream.is_none());
    if whole {
        return Err(Stop::inconclusive("closing one stream ended the session"));
    }
    let close = format!(" type='terminate' stream='{}'", escape(&first));
    stage.exchange(&mut session, &close, "")?;
    let mut pending = stage.post(&mut session, "", "")?;
    let seen = stage.wait(&mut pending, session.patience());
    stage.check("BOSH-16.5-02", seen.is(Answer::ends), || {
        format!("both streams are closed, and a request got {seen}")
    });
    Ok(())
}

fn named(stage: &mut Stage<'_>, answer: &Answer) {
    if let Ok(body) = &answer.body
        && !body.payloads.is_empty()
    {
        stage.check("BOSH-16.4-01", body.stream.is_some(), || {
            format!("no stream is named: {answer}")
        });
    }
}

fn unknown(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let (mut session, ..) = two_streams(stage)?;
    stage.part("a stream that does not exist");
    let auth = format!("<auth xmlns='{SASL}' mechanism='X-PROBE'/>");
    let mut pending = stage.post(&mut session, " stream='no-such-stream'", &auth)?;
    let seen = stage.wait(&mut pending, PROMPT * 2);
    stage.check(
        "BOSH-16.4-04",
        seen.is(|it| it.ends_with(Condition::ItemNotFound)),
        || format!("{seen}, not item-not-found"),
    );
    Ok(())
}
