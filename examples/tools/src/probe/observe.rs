//! What every answer must be like, whatever it answers.

use bosh::DecodeError;
use bosh::xml::ErrorClass;

use super::answer::Answer;
use super::stage::Ask;

/// The requirements that are looked at in every answer.
#[cfg(test)]
pub(crate) const IDS: &[&str] = &[
    "BOSH-5-01",
    "BOSH-5-06",
    "BOSH-5-08",
    "BOSH-6-01",
    "BOSH-6-02",
    "BOSH-6-03",
    "BOSH-7.1-20",
    "BOSH-7.2-16",
    "BOSH-7.2-18",
    "BOSH-8-03",
    "BOSH-17.1-02",
    "XBOSH-2-02",
    "XBOSH-2-03",
    "XBOSH-3-02",
];

/// What an answer shows to be broken.
pub(crate) fn faults(answer: &Answer, ask: &Ask) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let response = &answer.response;
    if response.is_chunked() {
        faults.push(("BOSH-5-06", "the response is chunked".to_owned()));
    }
    if let Some(coding) = response.header("content-encoding") {
        let what = format!("Content-Encoding {coding} though the request accepts none");
        faults.push(("BOSH-5-08", what));
        return faults;
    }
    if answer.http_condition().is_some() && !ask.legacy && !ask.unusual {
        let what = format!("HTTP {} to a client that gave ver", response.status);
        faults.push(("BOSH-17.1-02", what));
    } else if response.status != 200 && !ask.legacy && !ask.unusual {
        faults.push(("BOSH-8-03", format!("HTTP {}", response.status)));
    }
    if response.status != 200 {
        return faults;
    }
    let content = response.header("content-type").unwrap_or("missing");
    if ask.content.is_none() && !is_usual(content) {
        faults.push(("BOSH-7.1-20", format!("Content-Type is {content}")));
    }
    match &answer.body {
        Err(error) => faults.push(unreadable(answer, *error)),
        Ok(body) if !ask.creation => {
            let there = [
                ("sid", body.sid.is_some()),
                ("wait", body.wait.is_some()),
                ("requests", body.requests.is_some()),
                ("ver", body.ver.is_some()),
                ("polling", body.polling.is_some()),
                ("inactivity", body.inactivity.is_some()),
                ("hold", body.hold.is_some()),
                ("maxpause", body.maxpause.is_some()),
                ("accept", body.accept.is_some()),
                ("charsets", body.charsets.is_some()),
            ];
            let repeated: Vec<&str> = there.iter().filter(|it| it.1).map(|it| it.0).collect();
            if !repeated.is_empty() {
                let what = format!("a later response has {}", repeated.join(", "));
                faults.push(("BOSH-7.2-18", what));
            }
        }
        Ok(_) => {}
    }
    let raw = answer.raw();
    if raw.contains("<stream:error")
        && answer.condition() != Some(bosh::Condition::RemoteStreamError)
    {
        let what = format!("a stream error comes with {answer}");
        faults.push(("XBOSH-2-03", what));
    }
    if raw.contains("<stream:stream") || raw.contains("</stream:stream") {
        faults.push(("XBOSH-3-02", "a stream tag is in the body".to_owned()));
    }
    faults
}

/// What an answer could have shown to be broken.
pub(crate) fn looked_at(answer: &Answer, ask: &Ask) -> Vec<&'static str> {
    let mut ids = vec!["BOSH-5-01", "BOSH-5-06", "BOSH-5-08"];
    if !ask.legacy && !ask.unusual {
        ids.extend(["BOSH-8-03", "BOSH-17.1-02"]);
    }
    if answer.response.status != 200 {
        return ids;
    }
    ids.extend([
        "BOSH-6-01",
        "BOSH-6-02",
        "BOSH-6-03",
        "BOSH-7.2-16",
        "XBOSH-3-02",
    ]);
    if ask.content.is_none() {
        ids.push("BOSH-7.1-20");
    }
    if !ask.creation {
        ids.push("BOSH-7.2-18");
    }
    let raw = answer.raw();
    if raw.contains("<stream:") {
        ids.push("XBOSH-2-02");
    }
    if raw.contains("<stream:error") {
        ids.push("XBOSH-2-03");
    }
    ids
}

/// Which requirement a body that cannot be read breaks.
fn unreadable(answer: &Answer, error: DecodeError) -> (&'static str, String) {
    let DecodeError::Xml(xml) = error else {
        return ("BOSH-6-01", error.to_string());
    };
    let raw = answer.raw();
    let undeclared = !raw.contains("xmlns:stream=") && raw.contains("<stream:");
    match xml.class() {
        ErrorClass::Namespace if undeclared => (
            "XBOSH-2-02",
            "the prefix stream is not declared by the wrapper".to_owned(),
        ),
        ErrorClass::Namespace => ("BOSH-6-03", xml.to_string()),
        ErrorClass::Encoding => ("BOSH-7.2-16", xml.to_string()),
        ErrorClass::Malformed | ErrorClass::Restricted | ErrorClass::Limit => {
            ("BOSH-6-02", xml.to_string())
        }
        _ => ("BOSH-6-02", xml.to_string()),
    }
}

/// `text/xml; charset=utf-8`, in any case, with or without quotes and space.
fn is_usual(content: &str) -> bool {
    let plain: String = content
        .to_ascii_lowercase()
        .chars()
        .filter(|c| !matches!(c, ' ' | '"'))
        .collect();
    plain == "text/xml;charset=utf-8"
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Response;

    fn answer(content: &str, body: &str) -> Answer {
        let response = Response {
            status: 200,
            reason: String::new(),
            headers: vec![("Content-Type".to_owned(), content.to_owned())],
            body: body.to_owned().into(),
        };
        Answer::new(Duration::ZERO, Duration::ZERO, response)
    }

    fn ids(content: &str, body: &str) -> Vec<&'static str> {
        let answer = answer(content, body);
        let faults = faults(&answer, &Ask::default());
        faults.into_iter().map(|fault| fault.0).collect()
    }

    #[test]
    fn each_fault_is_told_by_its_id() {
        let right = "<body xmlns='http://jabber.org/protocol/httpbind'/>";
        assert!(ids("Text/XML;charset=\"UTF-8\"", right).is_empty());
        let usual = "text/xml; charset=utf-8";
        assert_eq!(ids("text/html", right), ["BOSH-7.1-20"]);
        assert_eq!(ids(usual, "<body/>"), ["BOSH-6-01"]);
        assert_eq!(
            ids(usual, "<body xmlns='http://jabber.org/protocol/httpbind'>"),
            ["BOSH-6-02"]
        );
        assert_eq!(
            ids(
                usual,
                "<body xmlns='http://jabber.org/protocol/httpbind'><stream:features/></body>"
            ),
            ["XBOSH-2-02"]
        );
        assert_eq!(
            ids(
                usual,
                "<body xmlns='http://jabber.org/protocol/httpbind' sid='a' wait='1'/>"
            ),
            ["BOSH-7.2-18"]
        );
    }
}
