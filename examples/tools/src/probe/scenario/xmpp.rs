//! XMPP over BOSH (XEP-0206).

use bosh::Condition;

use super::super::session::{CLIENT, escape, is_reply, replies};
use super::super::stage::{PROMPT, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "features",
        what: "Waits for stream features and looks at what they offer.",
        checks: &["XBOSH-2-05", "XBOSH-4-01", "XBOSH-4-07"],
        slow: false,
        play: features,
    },
    Scenario {
        name: "restart",
        what: "Logs in and restarts the stream with an iq in the restart request.",
        checks: &["XBOSH-4-02", "XBOSH-5-04", "XBOSH-5-07"],
        slow: false,
        play: restart,
    },
    Scenario {
        name: "restart-left-out",
        what: "Logs in and binds a resource without restarting the stream.",
        checks: &["BOSH-6-02"],
        slow: false,
        play: left_out,
    },
    Scenario {
        name: "many-stanzas",
        what: "Sends twenty iqs in one request.",
        checks: &["BOSH-6-10", "BOSH-8-02"],
        slow: false,
        play: many,
    },
    Scenario {
        name: "inherited-namespace",
        what: "Sends a message without a namespace of its own to itself, in words beyond ASCII.",
        checks: &["BOSH-7.2-16", "XBOSH-2-04"],
        slow: false,
        play: inherited,
    },
    Scenario {
        name: "stanza-error",
        what: "Asks for something that the server cannot know.",
        checks: &["BOSH-17.4-01"],
        slow: false,
        play: stanza_error,
    },
    Scenario {
        name: "stream-error",
        what: "Sends an element that is no stanza after the login.",
        checks: &["BOSH-17.2-18", "XBOSH-2-03", "XBOSH-6-01"],
        slow: false,
        play: stream_error,
    },
];

fn features(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("a new session");
    let mut session = stage.open(5, 1)?;
    stage.check("XBOSH-4-01", session.offer.xmpp_version.is_some(), || {
        "xmpp:version is missing in the creation response".to_owned()
    });
    let began = stage.elapsed();
    let features = stage.features(&mut session)?;
    let late = stage.elapsed().saturating_sub(began);
    stage.check_time("XBOSH-4-01", late < PROMPT * 2, || {
        format!(
            "features came {:.1} s after the creation response",
            late.as_secs_f64()
        )
    });
    let offers = |name: &str| features.children().any(|it| it.local() == name);
    stage.check("XBOSH-2-05", !offers("starttls"), || {
        "STARTTLS is offered".to_owned()
    });
    stage.check("XBOSH-4-07", !offers("compression"), || {
        "stream compression is offered".to_owned()
    });
    Ok(())
}

fn restart(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(3, 1)?;
    stage.authenticate(&mut session)?;
    stage.part("a restart request with an iq in it");
    let ping = stage.ping("probe-ignored");
    let fresh = stage.restart(&mut session, &ping);
    stage.check("XBOSH-5-07", fresh.is_ok(), || match &fresh {
        Ok(_) => String::new(),
        Err(stop) => stop.reason.clone(),
    });
    fresh?;
    let announced = session.offer.restartlogic == Some(true);
    stage.check("XBOSH-4-02", announced, || {
        "the stream was restarted, and xmpp:restartlogic was not in the creation response"
            .to_owned()
    });
    stage.bind(&mut session)?;
    stage.exchange(&mut session, "", "")?;
    let ignored = !replies(&session.inbox)
        .iter()
        .any(|id| id == "probe-ignored");
    stage.check("XBOSH-5-04", ignored, || {
        "the iq in the restart request was answered".to_owned()
    });
    Ok(())
}

fn left_out(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(3, 1)?;
    stage.authenticate(&mut session)?;
    stage.part("an iq where a restart is due");
    let ping = stage.ping("probe-early");
    let mut pending = stage.post(&mut session, "", &ping)?;
    let seen = stage.wait(&mut pending, session.patience());
    stage.check("BOSH-6-02", seen.is(|it| it.body.is_ok()), || {
        format!("{seen}")
    });
    Ok(())
}

fn many(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.login(5, 1)?;
    stage.part("twenty iqs in one request");
    let ids: Vec<String> = (0..20).map(|number| format!("probe-{number}")).collect();
    let inner: String = ids.iter().map(|id| stage.ping(id)).collect();
    session.inbox.clear();
    stage.exchange(&mut session, "", &inner)?;
    for _ in 0..5 {
        if replies(&session.inbox).len() >= ids.len() {
            break;
        }
        stage.exchange(&mut session, "", "")?;
    }
    let came = replies(&session.inbox);
    stage.check("BOSH-6-10", came.len() == ids.len(), || {
        format!("{} of 20 were answered", came.len())
    });
    if came.len() == ids.len() {
        stage.check("BOSH-8-02", came == ids, || {
            format!("answered as {}", came.join(", "))
        });
    }
    Ok(())
}

fn inherited(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.login(5, 1)?;
    let to = escape(&session.jid);
    let words = "gr\u{fc}\u{df}e \u{20ac} \u{1f600}";
    stage.part("a message that inherits its namespace");
    let message =
        format!("<message to='{to}' type='chat' id='probe-ns'><body>{words}</body></message>");
    let came = stage.until(&mut session, Some(("", &message)), "the message", |it| {
        it.attr("id") == Some("probe-ns") || it.local() == "error"
    });
    let Ok(came) = came else {
        stage.check("XBOSH-2-04", false, || {
            "a message without xmlns never came".to_owned()
        });
        return Err(Stop::inconclusive("no message came"));
    };
    if came.attr("type") == Some("error") {
        return Err(Stop::inconclusive("the server bounces messages to oneself"));
    }
    let body = came.children().find(|it| it.local() == "body").cloned();
    let right = came.ns() == CLIENT && body.as_ref().is_some_and(|it| it.ns() == CLIENT);
    stage.check("XBOSH-2-04", right, || match &body {
        Some(body) => format!("message came in {}, its body in {}", came.ns(), body.ns()),
        None => "the message came without its body".to_owned(),
    });
    if let Some(body) = body {
        stage.check("BOSH-7.2-16", body.text() == words, || {
            format!("{words} came as {}", body.text())
        });
    }
    Ok(())
}

fn stanza_error(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.login(5, 1)?;
    stage.part("an iq that nobody understands");
    let to = escape(&stage.settings.domain);
    let iq = format!(
        "<iq xmlns='{CLIENT}' type='get' id='probe-odd' to='{to}'><query xmlns='urn:example:probe'/></iq>"
    );
    let reply = stage.until(&mut session, Some(("", &iq)), "the error", |it| {
        is_reply(it, "probe-odd")
    })?;
    let error = reply.attr("type") == Some("error");
    let ping = stage.ping("probe-after");
    let after = stage.until(&mut session, Some(("", &ping)), "a reply", |it| {
        is_reply(it, "probe-after")
    });
    stage.check("BOSH-17.4-01", error && after.is_ok(), || {
        format!(
            "reply of type {:?}; afterwards the session is {}",
            reply.attr("type"),
            if after.is_ok() { "alive" } else { "over" }
        )
    });
    Ok(())
}

fn stream_error(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.login(3, 1)?;
    stage.part("an element that is no stanza");
    let mut answer = stage.exchange(&mut session, "", "<probe xmlns='urn:example:probe'/>")?;
    if !answer.ends() {
        answer = stage.exchange(&mut session, "", "")?;
    }
    if !answer.ends() {
        return Err(Stop::not_applicable(
            "the server does not end the stream for it",
        ));
    }
    let raw = answer.raw();
    let right = answer.condition() == Some(Condition::RemoteStreamError);
    stage.check("BOSH-17.2-18", right, || {
        format!("{answer}, not remote-stream-error")
    });
    if right {
        stage.check(
            "XBOSH-6-01",
            raw.contains("unsupported-stanza-type")
                || raw.contains("urn:ietf:params:xml:ns:xmpp-streams"),
            || "the stream error is not in the wrapper".to_owned(),
        );
    }
    if raw.contains("<stream:error") {
        stage.check("XBOSH-2-03", right, || {
            format!("a stream error comes with {answer}")
        });
    }
    Ok(())
}
