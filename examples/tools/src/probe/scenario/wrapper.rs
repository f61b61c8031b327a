//! The wrapper element (XEP-0124 §6).

use super::super::answer::Seen;
use super::super::session::{Create, HTTPBIND};
use super::super::stage::{Ask, PROMPT, SLACK, Stage};
use super::super::verdict::Stop;
use super::Scenario;
use bosh::Condition;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "wrapper-lawful",
        what: "Creates sessions with unusual wrappers that XML and XEP-0124 allow.",
        checks: &["BOSH-6-01", "BOSH-6-02", "J1"],
        slow: false,
        play: lawful,
    },
    Scenario {
        name: "wrapper-forbidden",
        what: "Sends creation requests with what no wrapper may hold, or that are no wrapper.",
        checks: &[
            "BOSH-5-05",
            "BOSH-6-01",
            "BOSH-6-02",
            "BOSH-6-03",
            "BOSH-6-04",
            "BOSH-6-05",
            "BOSH-6-06",
            "BOSH-6-07",
            "BOSH-6-08",
            "BOSH-6-09",
            "BOSH-7.2-16",
            "BOSH-17.2-03",
        ],
        slow: false,
        play: forbidden,
    },
    Scenario {
        name: "wrapper-in-session",
        what: "Sends a request of a session that is cut off in the middle, and one right after it.",
        checks: &["BOSH-6-04", "BOSH-17.2-03"],
        slow: false,
        play: in_session,
    },
];

fn lawful(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let create = Create::new(stage, 5, 1);
    let attributes = create.attributes();
    let cases = [
        (
            "BOSH-6-01",
            "a wrapper with a prefix",
            format!("<b:body{attributes} xmlns:b='{HTTPBIND}'/>"),
        ),
        (
            "BOSH-6-02",
            "double quotes, an end tag, space in tags",
            format!(
                "<body\n {} xmlns=\"{HTTPBIND}\" ></body >",
                attributes.replace('\'', "\"")
            ),
        ),
        (
            "BOSH-6-02",
            "an XML declaration",
            format!("<?xml version='1.0' encoding='UTF-8'?><body{attributes} xmlns='{HTTPBIND}'/>"),
        ),
        (
            "BOSH-6-02",
            "a character reference in an attribute",
            format!(
                "<body{} xmlns='{HTTPBIND}'/>",
                attributes.replace(" xml:lang='en'", " xml:lang='&#101;&#x6e;'")
            ),
        ),
    ];
    for (id, what, body) in cases {
        stage.part(what);
        let seen = create_with(stage, &body)?;
        stage.check(id, seen.is(|it| it.creates()), || format!("{what}: {seen}"));
    }
    stage.part("white space in the wrapper");
    let seen = create_with(
        stage,
        &format!("<body{attributes} xmlns='{HTTPBIND}'>\n \t</body>"),
    )?;
    let taken = if seen.is(|it| it.creates()) {
        "accepted"
    } else {
        "refused"
    };
    stage.note("J1", format!("white space in a wrapper is {taken}"));
    Ok(())
}

fn forbidden(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let create = Create::new(stage, 5, 1);
    let attributes = create.attributes();
    let body = |inner: &str| format!("<body{attributes} xmlns='{HTTPBIND}'>{inner}</body>");
    let whole = body("");
    let dtd = format!("<!DOCTYPE body [<!ENTITY a 'b'>]>{whole}");
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("BOSH-6-05", "a comment", body("<!-- a -->").into()),
        (
            "BOSH-6-06",
            "a processing instruction",
            body("<?a b?>").into(),
        ),
        ("BOSH-6-07", "a DTD", dtd.into()),
        (
            "BOSH-6-08",
            "an entity that is not predefined",
            body("<a xmlns='urn:example:a'>&nbsp;</a>").into(),
        ),
        ("BOSH-6-09", "text beside the payloads", body("text").into()),
        (
            "BOSH-6-01",
            "another namespace",
            whole.replace(HTTPBIND, "urn:example:a").into(),
        ),
        (
            "BOSH-6-01",
            "no namespace",
            format!("<body{attributes}/>").into(),
        ),
        (
            "BOSH-6-01",
            "another root",
            format!("<header{attributes} xmlns='{HTTPBIND}'/>").into(),
        ),
        (
            "BOSH-6-03",
            "a prefix that is not declared",
            body("<a:b/>").into(),
        ),
        (
            "BOSH-6-02",
            "an attribute twice",
            whole.replacen("<body", "<body ver='1.11'", 1).into(),
        ),
        (
            "BOSH-6-02",
            "an end tag that does not match",
            whole.replace("</body>", "</boby>").into(),
        ),
        (
            "BOSH-6-04",
            "a wrapper cut off",
            whole.trim_end_matches("</body>").into(),
        ),
        (
            "BOSH-6-04",
            "a payload cut off",
            body("<a xmlns='urn:example:a'><b>").into(),
        ),
        (
            "BOSH-5-05",
            "two wrappers",
            format!("{whole}{whole}").into(),
        ),
        ("BOSH-5-05", "no wrapper at all", Vec::new()),
        ("BOSH-7.2-16", "bytes that are not UTF-8", {
            let mut bytes = body("<a xmlns='urn:example:a'>@</a>").into_bytes();
            for byte in &mut bytes {
                if *byte == b'@' {
                    *byte = 0xff;
                }
            }
            bytes
        }),
    ];
    for (id, what, bytes) in cases {
        stage.part(what);
        // Of a wrapper that cannot be read, `ver` cannot be known.
        let ask = Ask {
            creation: true,
            unusual: true,
            ..Ask::default()
        };
        let mut pending = stage.send(bytes, &ask)?;
        let seen = stage.wait(&mut pending, PROMPT + SLACK);
        if seen.is(|it| it.creates()) {
            stage.check(id, false, || format!("{what} is accepted"));
            continue;
        }
        // Held or refused late, it was not taken for what it is either.
        if seen.is_silent() {
            stage.check(id, false, || format!("{what} is not answered"));
            continue;
        }
        stage.pass(id);
        refused_rightly(stage, what, &seen);
    }
    Ok(())
}

fn in_session(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(5, 1)?;
    stage.part("a request cut off in the middle");
    let whole = session.next("", "<a xmlns='urn:example:a'/>");
    let half = whole.split_once("/></body>").map_or(&*whole, |it| it.0);
    let ask = Ask {
        unusual: true,
        ..Ask::default()
    };
    let mut pending = stage.send(half, &ask)?;
    let seen = stage.wait(&mut pending, PROMPT);
    let refused = seen.is(|it| it.ends() || it.is_error()) || matches!(seen, Seen::Broken(_));
    stage.check("BOSH-6-04", refused, || format!("half a request: {seen}"));
    refused_rightly(stage, "half a request", &seen);
    Ok(())
}

fn refused_rightly(stage: &mut Stage<'_>, what: &str, seen: &Seen) {
    let right = seen.is(|it| it.response.status == 200 && it.ends_with(Condition::BadRequest));
    stage.check("BOSH-17.2-03", right, || {
        format!("{what}: {seen}, not terminate with bad-request")
    });
}

fn create_with(stage: &mut Stage<'_>, body: &str) -> Result<Seen, Stop> {
    let ask = Ask {
        creation: true,
        ..Ask::default()
    };
    let mut pending = stage.send(body, &ask)?;
    Ok(stage.wait(&mut pending, PROMPT + SLACK))
}
