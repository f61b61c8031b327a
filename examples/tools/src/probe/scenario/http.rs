//! HTTP under the wrapper (XEP-0124 §5).

use super::super::answer::Seen;
use super::super::session::{Create, later};
use super::super::stage::{Ask, PROMPT, SLACK, STEP, Stage};
use super::super::verdict::Stop;
use super::Scenario;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "http-headers",
        what: "Labels requests otherwise or not at all, and adds headers that nobody knows.",
        checks: &["BOSH-5-02", "BOSH-5-10"],
        slow: false,
        play: headers,
    },
    Scenario {
        name: "http-1.0",
        what: "Speaks HTTP/1.0, one connection a request, and reuses a connection of HTTP/1.1.",
        checks: &["BOSH-5-01", "BOSH-5-11"],
        slow: false,
        play: versions,
    },
    Scenario {
        name: "http-chunked",
        what: "Sends a request in chunks, which no client should and every HTTP/1.1 server understands.",
        checks: &["BOSH-5-01", "BOSH-5-06"],
        slow: false,
        play: chunked,
    },
    Scenario {
        name: "http-coding",
        what: "Accepts compressed responses, and sends a compressed request where that is offered.",
        checks: &["BOSH-5-08", "BOSH-7.2-12"],
        slow: false,
        play: coding,
    },
    Scenario {
        name: "cut-in-request",
        what: "Closes the connection in the middle of a request, and sends it whole on another one.",
        checks: &["BOSH-5-11", "BOSH-14.2-01"],
        slow: false,
        play: cut,
    },
];

fn start(stage: &mut Stage<'_>) -> (Create, String) {
    let create = Create::new(stage, 5, 1);
    let target = &stage.settings.target;
    let line = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\n",
        target.path, target.authority
    );
    (create, line)
}

fn headers(stage: &mut Stage<'_>) -> Result<(), Stop> {
    for (id, what, more) in [
        ("BOSH-5-10", "text/plain", "Content-Type: text/plain\r\n"),
        (
            "BOSH-5-10",
            "a form",
            "Content-Type: application/x-www-form-urlencoded\r\n",
        ),
        ("BOSH-5-10", "no Content-Type", ""),
        (
            "BOSH-5-02",
            "unknown headers",
            "Content-Type: text/xml; charset=utf-8\r\nX-Probe: a, b; c=\"d\"\r\nProbe-Empty:\r\n",
        ),
    ] {
        stage.part(what);
        let (create, line) = start(stage);
        let head = format!("{line}{more}");
        let mut pending = stage.send_as(&head, create.to_text().as_bytes(), &create.ask())?;
        let seen = stage.wait(&mut pending, PROMPT + SLACK);
        stage.check(id, seen.is(|it| it.creates()), || format!("{what}: {seen}"));
    }
    Ok(())
}

fn versions(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("HTTP/1.0");
    let (create, line) = start(stage);
    let head = line.replacen("HTTP/1.1", "HTTP/1.0", 1);
    let mut pending = stage.send_as(&head, create.to_text().as_bytes(), &create.ask())?;
    let seen = stage.wait(&mut pending, PROMPT + SLACK);
    stage.check("BOSH-5-01", seen.is(|it| it.creates()), || {
        format!("HTTP/1.0: {seen}")
    });
    stage.part("two requests on one connection");
    let mut session = stage.open(1, 1)?;
    let mut connection = stage.connect()?;
    let head = stage.head();
    for which in ["first", "second"] {
        let body = session.next("", "");
        let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        stage.write(&mut connection, bytes.as_bytes())?;
        let seen = stage.read(&mut connection, session.patience());
        stage.check("BOSH-5-11", seen.is(|it| it.is_plain()), || {
            format!("the {which} request on a connection of its own: {seen}")
        });
        if !seen.is(|it| it.is_plain()) {
            break;
        }
    }
    connection.1.close();
    Ok(())
}

fn chunked(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("a request in two chunks");
    let create = Create::new(stage, 5, 1);
    let body = create.to_text();
    let (one, two) = body.split_at(body.len() / 2);
    let head = format!("{}Transfer-Encoding: chunked\r\n", stage.head());
    let bytes = format!(
        "{head}\r\n{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
        one.len(),
        two.len()
    );
    let ask = Ask {
        unusual: true,
        ..create.ask()
    };
    let mut pending = stage.send_bytes(bytes.as_bytes(), &head, body.as_bytes(), &ask)?;
    let seen = stage.wait(&mut pending, PROMPT * 3);
    // HTTP lets a server ask for a length (411), but not take chunks for something else.
    let refused = seen.is(|it| it.response.status >= 400);
    let taken = seen.is(|it| it.creates());
    stage.check("BOSH-5-01", taken || refused, || {
        format!("a chunked request is misread: {seen}")
    });
    if taken {
        stage.note("BOSH-5-06", "chunked requests are taken");
    } else {
        stage.note("BOSH-5-06", format!("a chunked request: {seen}"));
    }
    Ok(())
}

fn coding(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.part("Accept-Encoding: gzip");
    let create = Create::new(stage, 1, 1);
    let mut session = stage.create(&create)?;
    let body = session.next("", "");
    let head = format!("{}Accept-Encoding: gzip\r\n", stage.head());
    let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let mut connection = stage.connect()?;
    stage.write(&mut connection, bytes.as_bytes())?;
    let seen = stage.read(&mut connection, session.patience());
    connection.1.close();
    let Seen::Answer(answer) = &seen else {
        return Err(Stop::inconclusive(seen.to_string()));
    };
    match answer.response.header("content-encoding") {
        None => stage.note("BOSH-5-08", "responses are not compressed"),
        Some(coding) if coding.eq_ignore_ascii_case("gzip") => {
            stage.note(
                "BOSH-5-08",
                "responses are compressed for those who accept it",
            );
        }
        Some(coding) => stage.note("BOSH-5-08", format!("gzip is accepted, {coding} came")),
    }
    let offered = session.offer.accept.clone().unwrap_or_default();
    let gzip = offered
        .split(',')
        .any(|it| it.trim().eq_ignore_ascii_case("gzip"));
    if !gzip {
        return Err(Stop::not_applicable("compressed requests are not offered"));
    }
    stage.part("a compressed request");
    let body = session.next("", "");
    let packed = gzip_stored(body.as_bytes());
    let head = format!("{}Content-Encoding: gzip\r\n", stage.head());
    let mut bytes = format!("{head}Content-Length: {}\r\n\r\n", packed.len()).into_bytes();
    bytes.extend_from_slice(&packed);
    let ask = later(&session);
    let mut pending = stage.send_bytes(&bytes, &head, body.as_bytes(), &ask)?;
    let seen = stage.wait(&mut pending, session.patience());
    let what = if seen.is(|it| it.is_plain()) {
        "compressed requests are offered and taken".to_owned()
    } else {
        format!("accept is {offered}, and a compressed request got {seen}")
    };
    stage.note("BOSH-7.2-12", what);
    Ok(())
}

fn cut(stage: &mut Stage<'_>) -> Result<(), Stop> {
    let mut session = stage.open(2, 1)?;
    stage.part("half a request, a closed connection, the whole request");
    let body = session.next("", "");
    let head = stage.head();
    let (half, _) = body.split_at(body.len() / 2);
    let bytes = format!("{head}Content-Length: {}\r\n\r\n{half}", body.len());
    let mut connection = stage.connect()?;
    stage.write(&mut connection, bytes.as_bytes())?;
    stage.sleep(STEP)?;
    connection.1.close();
    stage.sleep(STEP)?;
    let ask = later(&session);
    let mut pending = stage.send(&body, &ask)?;
    let seen = stage.wait(&mut pending, session.patience());
    for id in ["BOSH-5-11", "BOSH-14.2-01"] {
        stage.check(id, seen.is(|it| it.is_plain()), || {
            format!("the whole request: {seen}")
        });
    }
    Ok(())
}

/// gzip without compression: one stored block (RFC 1951 §3.2.4, RFC 1952).
fn gzip_stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let data = &data[..usize::from(length)];
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(&crc32(data).to_le_bytes());
    out.extend_from_slice(&u32::from(length).to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_crc_32_is_right() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(gzip_stored(b"a").len(), 10 + 5 + 1 + 8);
    }
}
