//! The creation of sessions (XEP-0124 §7, §14.1, §17.1).

use bosh::{Condition, Version};

use super::super::answer::{Answer, Seen};
use super::super::session::{Create, Session, session_of};
use super::super::stage::{Ask, PROMPT, SLACK, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "creation-response",
        what: "Creates a session and reads what the response offers.",
        checks: &[
            "BOSH-7.2-01",
            "BOSH-7.2-02",
            "BOSH-7.2-03",
            "BOSH-7.2-04",
            "BOSH-7.2-05",
            "BOSH-7.2-06",
            "BOSH-7.2-07",
            "BOSH-7.2-08",
            "BOSH-7.2-09",
            "BOSH-7.2-10",
            "BOSH-7.2-11",
            "BOSH-7.2-12",
            "BOSH-7.2-14",
            "BOSH-7.2-15",
            "BOSH-19.3-01",
        ],
        slow: false,
        play: response,
    },
    Scenario {
        name: "creation-versions",
        what: "Offers older and newer versions of BOSH.",
        checks: &["BOSH-7.1-06", "BOSH-7.2-06"],
        slow: false,
        play: versions,
    },
    Scenario {
        name: "creation-limits",
        what: "Asks for little and for much of wait and hold.",
        checks: &["BOSH-7.2-03", "BOSH-7.2-04", "BOSH-7.2-10", "J2"],
        slow: false,
        play: limits,
    },
    Scenario {
        name: "creation-addressing",
        what: "Asks for no domain, an empty one, an unknown one, and for a route.",
        checks: &["BOSH-7.1-15", "BOSH-17.2-05", "BOSH-17.2-06"],
        slow: false,
        play: addressing,
    },
    Scenario {
        name: "creation-rid",
        what: "Begins sessions with request ids that are none.",
        checks: &["BOSH-14.1-03", "J6"],
        slow: false,
        play: rids,
    },
    Scenario {
        name: "creation-repeated",
        what: "Sends the same creation request twice.",
        checks: &["BOSH-7.2-01", "J12"],
        slow: false,
        play: repeated,
    },
    Scenario {
        name: "creation-content",
        what: "Asks for another Content-Type, and for one that would break an HTTP header.",
        checks: &["BOSH-7.1-19"],
        slow: false,
        play: content,
    },
    Scenario {
        name: "legacy-client",
        what: "Creates a session without ver and breaks a rule in it.",
        checks: &["BOSH-17.1-03"],
        slow: false,
        play: legacy,
    },
    Scenario {
        name: "sid-unknown",
        what: "Sends requests with a sid that was never given, and with an empty one.",
        checks: &["BOSH-17.2-08", "J10"],
        slow: false,
        play: unknown_sid,
    },
];

fn response(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("a session with wait 20 and hold 1");
    let create = Create::new(stage, 20, 1);
    let mut pending = stage.send(create.to_text(), &create.ask())?;
    let answer = stage.answer(&mut pending, PROMPT * 10)?;
    let Some(offer) = answer.body.as_ref().ok().filter(|it| it.sid.is_some()) else {
        stage.check("BOSH-7.2-02", !answer.is_plain(), || {
            format!("no sid: {answer}")
        });
        return Err(Stop::inconclusive(format!(
            "no session was created: {answer}"
        )));
    };
    let missing: Vec<&str> = [
        ("wait", offer.wait.is_none()),
        ("requests", offer.requests.is_none()),
    ]
    .into_iter()
    .filter(|it| it.1)
    .map(|it| it.0)
    .collect();
    stage.check("BOSH-7.2-02", missing.is_empty(), || {
        format!("{} missing", missing.join(" and "))
    });
    at_most(stage, &answer, 20, 1);
    if let Some(requests) = offer.requests {
        let hold = offer.hold.unwrap_or(1);
        stage.check("BOSH-7.2-05", requests == hold + 1, || {
            format!("requests is {requests}, hold {hold}")
        });
    }
    match offer.ver {
        Some(ver) => stage.check("BOSH-7.2-06", ver <= Version::new(1, 11), || {
            format!("1.11 was offered, {ver} came")
        }),
        None => stage.check("BOSH-7.2-06", false, || "ver is missing".to_owned()),
    }
    let there = [
        ("BOSH-7.2-07", "polling", offer.polling.is_some()),
        ("BOSH-7.2-08", "inactivity", offer.inactivity.is_some()),
        ("BOSH-7.2-09", "hold", offer.hold.is_some()),
        ("BOSH-7.2-11", "from", offer.from.is_some()),
    ];
    for (id, name, there) in there {
        stage.check(id, there, || format!("{name} is missing"));
    }
    match &offer.accept {
        Some(accept) => stage.note("BOSH-7.2-12", format!("accept is {accept}")),
        None => stage.note("BOSH-7.2-12", "accept is not offered"),
    }
    match offer.ack {
        Some(ack) if ack.get().to_string() == create.rid => {
            stage.note("BOSH-7.2-14", "acknowledgements of requests are offered");
        }
        Some(ack) => stage.note(
            "BOSH-7.2-14",
            format!("ack is {ack}, not the rid of the request"),
        ),
        None => stage.note(
            "BOSH-7.2-14",
            "acknowledgements of requests are not offered",
        ),
    }
    match offer.maxpause {
        Some(maxpause) => {
            stage.remark(format!("maxpause is {maxpause}"));
            stage.pass("BOSH-7.2-15");
        }
        None => stage.not_applicable("BOSH-7.2-15", "pausing is not offered"),
    }
    stage.part("four sessions");
    let mut sids = vec![offer.sid.as_ref().map_or("", |it| it.as_str()).to_owned()];
    for _ in 0..3 {
        sids.push(stage.open(5, 1)?.sid);
    }
    let fault = guessable(&sids);
    for id in ["BOSH-7.2-01", "BOSH-19.3-01"] {
        stage.check(id, fault.is_none(), || fault.clone().unwrap_or_default());
    }
    Ok(())
}

/// Whether ids given one after the other are repeated, short, or alike but for a few characters.
fn guessable(sids: &[String]) -> Option<String> {
    for (place, sid) in sids.iter().enumerate() {
        if sid.chars().count() < 12 {
            return Some(format!("a sid of {} characters", sid.chars().count()));
        }
        for other in &sids[..place] {
            if sid == other {
                return Some("two sessions have the same sid".to_owned());
            }
            let longest = sid.len().max(other.len());
            let same = sid
                .bytes()
                .zip(other.bytes())
                .filter(|(a, b)| a == b)
                .count();
            if longest - same < 6 {
                return Some("sids differ in few characters".to_owned());
            }
        }
    }
    None
}

/// What is granted is not above what was asked.
fn at_most(stage: &mut Stage<'_>, answer: &Answer, wait: u32, hold: u32) {
    let Ok(offer) = &answer.body else { return };
    if let Some(granted) = offer.wait {
        stage.check("BOSH-7.2-03", granted <= wait, || {
            format!("wait {wait} asked, {granted} granted")
        });
    }
    if let Some(granted) = offer.hold {
        stage.check("BOSH-7.2-10", granted <= hold, || {
            format!("hold {hold} asked, {granted} granted")
        });
    }
    if let (Some(requests), Some(hold)) = (offer.requests, offer.hold) {
        stage.check("BOSH-7.2-04", requests > hold, || {
            format!("requests {requests}, hold {hold}")
        });
    }
}

fn create(stage: &mut Stage<'_>, create: &Create) -> Result<Seen, Stop> {
    let mut pending = stage.send(create.to_text(), &create.ask())?;
    Ok(stage.wait(&mut pending, PROMPT + SLACK))
}

fn granted_version(stage: &mut Stage<'_>, ver: &str) -> Result<Version, Stop> {
    let asked = Create {
        ver: Some(ver.to_owned()),
        ..Create::new(stage, 5, 1)
    };
    stage.part(format!("ver {ver}"));
    let session = stage.create(&asked)?;
    session
        .offer
        .ver
        .ok_or_else(|| Stop::inconclusive("no version is told"))
}

fn versions(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let highest = granted_version(stage, "9.99")?;
    stage.check("BOSH-7.2-06", highest < Version::new(9, 99), || {
        "9.99 is what the server says to 9.99".to_owned()
    });
    let old = granted_version(stage, "1.5")?;
    let lower = old == Version::new(1, 5).min(highest);
    stage.check("BOSH-7.2-06", lower, || {
        format!("1.5 was offered, {old} came")
    });
    if !lower {
        stage.inconclusive(
            "BOSH-7.1-06",
            "the server does not go down to an older version",
        );
        return Ok(());
    }
    // Compared as text or as a fraction, each would come out on the wrong side.
    let (asked, version) = if highest.minor >= 10 {
        ("1.9", Version::new(1, 9))
    } else {
        ("1.10", Version::new(1, 10))
    };
    let spoken = granted_version(stage, asked)?;
    let right = spoken == version.min(highest);
    stage.check("BOSH-7.1-06", right, || {
        format!("{asked} was offered to a server that speaks {highest}, {spoken} came")
    });
    Ok(())
}

fn limits(stage: &mut Stage<'_>) -> Result<(), Stop> {
    for (wait, hold) in [(0, 0), (1, 1), (5, 0), (86_400, 1), (5, 3), (5, 100)] {
        stage.part(format!("wait {wait}, hold {hold}"));
        let asked = Create::new(stage, wait, hold);
        let seen = create(stage, &asked)?;
        let Seen::Answer(answer) = seen else {
            stage.inconclusive("BOSH-7.2-03", format!("wait {wait}, hold {hold}: {seen}"));
            continue;
        };
        at_most(stage, &answer, wait, hold);
        if hold == 100
            && let Ok(offer) = &answer.body
        {
            let what = match offer.hold {
                Some(granted) => format!("hold 100 asked, {granted} granted"),
                None => format!("hold 100 asked: {answer}"),
            };
            stage.note("J2", what);
        }
    }
    Ok(())
}

fn addressing(stage: &mut Stage<'_>) -> Result<(), Stop> {
    for (what, to) in [
        ("no domain", None),
        ("an empty domain", Some(String::new())),
    ] {
        stage.part(what);
        let asked = Create {
            to,
            ..Create::new(stage, 5, 1)
        };
        let seen = create(stage, &asked)?;
        if seen.is(|it| it.creates()) {
            stage.note("BOSH-17.2-06", format!("{what}: a session is created"));
            continue;
        }
        let right = seen.is(|it| it.ends_with(Condition::ImproperAddressing));
        stage.check("BOSH-17.2-06", right, || {
            format!("{what}: {seen}, not improper-addressing")
        });
    }
    stage.part("a domain that nobody has");
    let to = Some("nosuch.invalid".to_owned());
    let asked = Create {
        to,
        ..Create::new(stage, 5, 1)
    };
    let seen = create(stage, &asked)?;
    if seen.is(|it| it.creates()) {
        stage.note("BOSH-17.2-05", "a session is created for nosuch.invalid");
    } else {
        let right = seen.is(|it| it.ends_with(Condition::HostUnknown));
        stage.check("BOSH-17.2-05", right, || {
            format!("{seen}, not host-unknown")
        });
    }
    stage.part("a route");
    let route = format!(" route='xmpp:{}:5222'", stage.settings.domain);
    let asked = Create::new(stage, 5, 1).with(&route);
    let seen = create(stage, &asked)?;
    stage.note("BOSH-7.1-15", format!("{}: {seen}", route.trim()));
    Ok(())
}

fn rids(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let wrong = [
        "",
        "0",
        "-1",
        "+-5",
        "1.5",
        "1e3",
        "0x10",
        "abc",
        "1 2",
        "9007199254740992",
        "18446744073709551617",
    ];
    for rid in wrong {
        stage.part(format!("rid '{rid}'"));
        let asked = Create {
            rid: rid.to_owned(),
            ..Create::new(stage, 5, 1)
        };
        let seen = create(stage, &asked)?;
        let shown = if rid.is_empty() {
            "no rid".to_owned()
        } else {
            format!("rid {rid}")
        };
        let right = seen.is(|it| it.ends_with(Condition::BadRequest));
        stage.check("BOSH-14.1-03", right, || {
            if seen.is(|it| it.creates()) {
                format!("{shown} begins a session")
            } else {
                format!("{shown}: {seen}, not bad-request")
            }
        });
    }
    stage.part("a rid far up");
    let asked = Create {
        rid: "9007199254740000".to_owned(),
        ..Create::new(stage, 5, 1)
    };
    let seen = create(stage, &asked)?;
    stage.check("BOSH-14.1-03", seen.is(|it| it.creates()), || {
        format!("rid 9007199254740000: {seen}")
    });
    for (what, rid) in [
        ("leading zeros", "0001000000"),
        ("white space", " 1000000 "),
    ] {
        stage.part(what);
        let asked = Create {
            rid: rid.to_owned(),
            ..Create::new(stage, 5, 1)
        };
        let seen = create(stage, &asked)?;
        let taken = if seen.is(|it| it.creates()) {
            "accepted"
        } else {
            "refused"
        };
        stage.note("J6", format!("{what}: {taken}"));
    }
    Ok(())
}

fn repeated(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("the same creation request twice");
    let asked = Create::new(stage, 5, 1);
    let mut sids = Vec::new();
    for _ in 0..2 {
        let seen = create(stage, &asked)?;
        let Seen::Answer(answer) = &seen else {
            return Err(Stop::inconclusive(seen.to_string()));
        };
        if !answer.creates() {
            stage.note("J12", format!("{answer}"));
            return Ok(());
        }
        sids.push(session_of(&asked, answer).sid);
    }
    let same = sids[0] == sids[1];
    stage.note(
        "J12",
        if same {
            "the same session"
        } else {
            "another session"
        },
    );
    if !same {
        stage.pass("BOSH-7.2-01");
    } else {
        stage.inconclusive(
            "BOSH-7.2-01",
            "the server takes the second request for a copy",
        );
    }
    Ok(())
}

fn content(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let wanted = "text/plain; charset=utf-8";
    stage.part(format!("content {wanted}"));
    let mut asked = Create::new(stage, 1, 1).with(&format!(" content='{wanted}'"));
    asked.content = Some(wanted.to_owned());
    let mut pending = stage.send(asked.to_text(), &asked.ask())?;
    let answer = stage.answer(&mut pending, PROMPT * 10)?;
    has_content(stage, &answer, wanted, "the creation response");
    if answer.creates() {
        let mut session: Session = session_of(&asked, &answer);
        let answer = stage.exchange(&mut session, "", "")?;
        has_content(stage, &answer, wanted, "a later response");
    }
    stage.part("a content with a line break");
    let mut asked = Create::new(stage, 5, 1).with(" content='text/plain&#13;&#10;X-Probe: here'");
    asked.content = Some(String::new());
    let ask = Ask {
        unusual: true,
        ..asked.ask()
    };
    let mut pending = stage.send(asked.to_text(), &ask)?;
    let seen = stage.wait(&mut pending, PROMPT + SLACK);
    let injected = seen.is(|it| it.response.header("x-probe").is_some());
    stage.check("BOSH-7.1-19", !injected, || {
        "a line break in content puts a header into the response".to_owned()
    });
    Ok(())
}

fn has_content(stage: &mut Stage<'_>, answer: &Answer, wanted: &str, what: &str) {
    let plain = |text: &str| text.to_ascii_lowercase().replace(' ', "");
    let found = answer.response.header("content-type").unwrap_or("missing");
    let right = plain(found) == plain(wanted);
    stage.check("BOSH-7.1-19", right, || {
        format!("Content-Type of {what} is {found}")
    });
}

fn legacy(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("a session without ver");
    let asked = Create {
        ver: None,
        ..Create::new(stage, 5, 1)
    };
    let session = stage.create(&asked)?;
    let above = session.rid + session.requests() + 1;
    let mut pending = stage.post_at(&session, above, "", "")?;
    let seen = stage.wait(&mut pending, session.patience());
    let right = seen.is(|it| it.response.status == 404);
    stage.check("BOSH-17.1-03", right, || {
        format!("a rid above the window: {seen}, not HTTP 404")
    });
    Ok(())
}

fn unknown_sid(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let session = stage.open(5, 1)?;
    for (id, what, sid) in [
        (
            "BOSH-17.2-08",
            "a sid that was never given",
            "no-such-session",
        ),
        ("J10", "an empty sid", ""),
    ] {
        stage.part(what);
        let stranger = Session {
            sid: sid.to_owned(),
            ..session.clone()
        };
        let mut pending = stage.post_at(&stranger, 4_711, "", "")?;
        let seen = stage.wait(&mut pending, PROMPT + SLACK);
        let right = seen.is(|it| it.ends_with(Condition::ItemNotFound));
        if id == "J10" {
            stage.note(id, format!("{what}: {seen}"));
        } else {
            stage.check(id, right, || format!("{what}: {seen}, not item-not-found"));
        }
    }
    Ok(())
}
