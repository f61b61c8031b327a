//! A client's side of a session, as far as a scenario needs it: ids, offers, login.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bosh::Body;
use bosh::xml::Element;

use super::Credentials;
use super::answer::{Answer, Seen};
use super::stage::{Ask, PROMPT, Pending, SLACK, Stage};
use super::verdict::Stop;

/// A session that was created.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) sid: String,
    /// The last request id used.
    pub(crate) rid: u64,
    /// The creation response.
    pub(crate) offer: Body,
    pub(crate) ask: Ask,
    /// Payloads that came and were not yet looked at.
    pub(crate) inbox: Vec<Element>,
    /// The full JID, once bound.
    pub(crate) jid: String,
    /// The response to the restart request was seen.
    pub(crate) restarted: bool,
}

/// A session creation request.
#[derive(Clone, Debug)]
pub(crate) struct Create {
    pub(crate) rid: String,
    pub(crate) to: Option<String>,
    pub(crate) wait: Option<u32>,
    pub(crate) hold: Option<u32>,
    pub(crate) ver: Option<String>,
    /// More attributes, each with a space before it.
    pub(crate) more: String,
    /// Content-Type that `more` asks for.
    pub(crate) content: Option<String>,
}

impl Create {
    pub(crate) fn new(stage: &Stage<'_>, wait: u32, hold: u32) -> Self {
        Self {
            rid: first_rid().to_string(),
            to: Some(stage.settings.domain.clone()),
            wait: Some(wait),
            hold: Some(hold),
            ver: Some("1.11".to_owned()),
            more: String::new(),
            content: None,
        }
    }

    pub(crate) fn with(mut self, more: &str) -> Self {
        self.more.push_str(more);
        self
    }

    pub(crate) fn ask(&self) -> Ask {
        Ask {
            creation: true,
            legacy: self.ver.is_none(),
            content: self.content.clone(),
            unusual: false,
        }
    }

    /// The attributes behind the name of the element.
    pub(crate) fn attributes(&self) -> String {
        let mut text = String::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!(" {name}='{value}'"));
            }
        };
        put("rid", Some(self.rid.clone()).filter(|rid| !rid.is_empty()));
        put("to", self.to.as_deref().map(escape));
        put("wait", self.wait.map(|wait| wait.to_string()));
        put("hold", self.hold.map(|hold| hold.to_string()));
        put("ver", self.ver.clone());
        text.push_str(" xml:lang='en' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'");
        text.push_str(&self.more);
        text
    }

    pub(crate) fn to_text(&self) -> String {
        format!("<body{} xmlns='{HTTPBIND}'/>", self.attributes())
    }
}

impl Session {
    /// The next request.
    pub(crate) fn next(&mut self, attributes: &str, inner: &str) -> String {
        self.rid += 1;
        self.at(self.rid, attributes, inner)
    }

    /// A request with an id of the caller's choice.
    pub(crate) fn at(&self, rid: u64, attributes: &str, inner: &str) -> String {
        let head = format!(
            "<body rid='{rid}' sid='{}'{attributes} xmlns='{HTTPBIND}'",
            escape(&self.sid)
        );
        if inner.is_empty() {
            format!("{head}/>")
        } else {
            format!("{head}>{inner}</body>")
        }
    }

    /// How many requests may be unanswered.
    pub(crate) fn requests(&self) -> u64 {
        u64::from(self.offer.requests.unwrap_or(2))
    }

    pub(crate) fn hold(&self) -> u64 {
        u64::from(self.offer.hold.unwrap_or(1))
    }

    pub(crate) fn wait(&self) -> Duration {
        seconds(self.offer.wait.unwrap_or(60))
    }

    /// How long to wait between two empty requests so that nobody can call it too often.
    pub(crate) fn pace(&self) -> Duration {
        seconds(self.offer.polling.unwrap_or(0)) + Duration::from_millis(300)
    }

    /// How long an answer to a request may take.
    pub(crate) fn patience(&self) -> Duration {
        self.wait() + SLACK
    }
}

impl Stage<'_> {
    /// Creates a session.
    pub(crate) fn create(&mut self, create: &Create) -> Result<Session, Stop> {
        let ask = create.ask();
        let mut pending = self.send(create.to_text(), &ask)?;
        let limit = PATIENCE_AT_CREATION;
        match self.wait(&mut pending, limit) {
            Seen::Answer(answer) if answer.creates() => Ok(session(create, *answer)),
            seen @ (Seen::Answer(_) | Seen::Broken(_) | Seen::Silent(_)) => Err(
                Stop::inconclusive(format!("no session was created: {seen}")),
            ),
        }
    }

    /// Creates an ordinary session.
    pub(crate) fn open(&mut self, wait: u32, hold: u32) -> Result<Session, Stop> {
        let create = Create::new(self, wait, hold);
        self.create(&create)
    }

    /// Sends the next request of a session.
    pub(crate) fn post(
        &mut self,
        session: &mut Session,
        attributes: &str,
        inner: &str,
    ) -> Result<Pending, Stop> {
        let body = session.next(attributes, inner);
        let ask = later(session);
        self.send(body, &ask)
    }

    /// Sends a request with a given id.
    pub(crate) fn post_at(
        &mut self,
        session: &Session,
        rid: u64,
        attributes: &str,
        inner: &str,
    ) -> Result<Pending, Stop> {
        let ask = later(session);
        self.send(session.at(rid, attributes, inner), &ask)
    }

    /// Sends the next request, waits for its answer, and takes the payloads.
    pub(crate) fn exchange(
        &mut self,
        session: &mut Session,
        attributes: &str,
        inner: &str,
    ) -> Result<Answer, Stop> {
        let mut pending = self.post(session, attributes, inner)?;
        let answer = self.answer(&mut pending, session.patience())?;
        session.inbox.extend(answer.payloads());
        Ok(answer)
    }

    /// Sends a request and then empty ones until a payload comes that is looked for.
    pub(crate) fn until(
        &mut self,
        session: &mut Session,
        first: Option<(&str, &str)>,
        what: &str,
        wanted: impl Fn(&Element) -> bool,
    ) -> Result<Element, Stop> {
        let mut request = first;
        for _ in 0..MOST_TRIES {
            if let Some((attributes, inner)) = request.take() {
                let answer = self.exchange(session, attributes, inner)?;
                if answer.ends() {
                    let why = format!("the session ended before {what} came: {answer}");
                    return Err(Stop::inconclusive(why));
                }
                // A server that answers at once is asked in its own time.
                if answer.is_empty() && answer.took < PROMPT {
                    self.sleep(PROMPT / 4)?;
                }
            }
            if let Some(at) = session.inbox.iter().position(&wanted) {
                return Ok(session.inbox.remove(at));
            }
            request = Some(("", ""));
        }
        Err(Stop::inconclusive(format!("{what} never came")))
    }

    /// The features of a fresh session.
    pub(crate) fn features(&mut self, session: &mut Session) -> Result<Element, Stop> {
        self.until(session, None, "features", |it| it.is(STREAMS, "features"))
    }

    /// Creates a session and logs in, with the credentials given or anonymously.
    pub(crate) fn login(&mut self, wait: u32, hold: u32) -> Result<Session, Stop> {
        let create = Create::new(self, wait, hold);
        let mut session = self.create(&create)?;
        self.authenticate(&mut session)?;
        self.restart(&mut session, "")?;
        self.bind(&mut session)?;
        Ok(session)
    }

    pub(crate) fn authenticate(&mut self, session: &mut Session) -> Result<(), Stop> {
        let features = self.features(session)?;
        let offered: Vec<String> = features
            .child(SASL, "mechanisms")
            .into_iter()
            .flat_map(|it| it.children_named(SASL, "mechanism"))
            .map(|it| it.text().into_owned())
            .collect();
        let offers = |name: &str| offered.iter().any(|it| it == name);
        let auth = match &self.settings.credentials {
            Some(Credentials { user, password }) if offers("PLAIN") => {
                let text = STANDARD.encode(format!("\0{user}\0{password}"));
                self.hide(text.clone());
                format!("<auth xmlns='{SASL}' mechanism='PLAIN'>{text}</auth>")
            }
            None if offers("ANONYMOUS") => {
                format!("<auth xmlns='{SASL}' mechanism='ANONYMOUS'/>")
            }
            Some(_) => {
                return Err(Stop::inconclusive(
                    "needs a login, and the server does not offer PLAIN",
                ));
            }
            None => return Err(Stop::inconclusive("needs a login; --user gives one")),
        };
        let outcome = self.until(session, Some(("", &auth)), "the outcome of SASL", |it| {
            it.is(SASL, "success") || it.is(SASL, "failure")
        })?;
        if outcome.local() == "failure" {
            return Err(Stop::inconclusive("the server refuses the login"));
        }
        Ok(())
    }

    /// Restarts the stream; gives the new features.
    pub(crate) fn restart(&mut self, session: &mut Session, inner: &str) -> Result<Element, Stop> {
        let to = escape(&self.settings.domain);
        let attributes =
            format!(" to='{to}' xml:lang='en' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'");
        let first = Some((&*attributes, inner));
        let features = self.until(session, first, "features after the restart", |it| {
            it.is(STREAMS, "features")
        })?;
        session.restarted = true;
        Ok(features)
    }

    pub(crate) fn bind(&mut self, session: &mut Session) -> Result<(), Stop> {
        let bind =
            format!("<iq xmlns='{CLIENT}' type='set' id='probe-bind'><bind xmlns='{BIND}'/></iq>");
        let bound = self.until(session, Some(("", &bind)), "the JID", |it| {
            is_reply(it, "probe-bind")
        })?;
        let jid = bound
            .child(BIND, "bind")
            .and_then(|it| it.child(BIND, "jid"));
        let Some(jid) = jid else {
            let why =
                "the server binds no resource; does it limit sessions of one user? See --jobs";
            return Err(Stop::inconclusive(why));
        };
        session.jid = jid.text().into_owned();
        Ok(())
    }

    /// Asks the server to answer: every XMPP server must, with a result or an error.
    pub(crate) fn ping(&self, id: &str) -> String {
        let to = escape(&self.settings.domain);
        format!(
            "<iq xmlns='{CLIENT}' type='get' id='{id}' to='{to}'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
    }
}

fn session(create: &Create, answer: Answer) -> Session {
    let inbox = answer.payloads();
    let offer = answer.body.unwrap_or_default();
    Session {
        sid: offer
            .sid
            .as_ref()
            .map_or_else(String::new, |sid| sid.as_str().to_owned()),
        rid: create.rid.trim().parse().unwrap_or_default(),
        offer,
        ask: create.ask(),
        inbox,
        jid: String::new(),
        restarted: false,
    }
}

/// The session of a creation answer, for scenarios that send the request themselves.
pub(crate) fn session_of(create: &Create, answer: &Answer) -> Session {
    session(create, answer.clone())
}

pub(crate) fn later(session: &Session) -> Ask {
    Ask {
        creation: false,
        ..session.ask.clone()
    }
}

/// Whether a payload replies to the iq with this id.
pub(crate) fn is_reply(element: &Element, id: &str) -> bool {
    element.local() == "iq"
        && element.attr("id") == Some(id)
        && matches!(element.attr("type"), Some("result" | "error"))
}

/// Ids of the replies in payloads, in order.
pub(crate) fn replies(payloads: &[Element]) -> Vec<String> {
    payloads
        .iter()
        .filter_map(|it| it.attr("id").filter(|id| is_reply(it, id)))
        .map(str::to_owned)
        .collect()
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('\'', "&apos;")
}

pub(crate) const fn seconds(count: u32) -> Duration {
    Duration::from_secs(count as u64)
}

/// Large, random, and with room above it (XEP-0124 §14.1).
pub(crate) fn first_rid() -> u64 {
    (random() & 0xf_ffff_ffff) + 1_000_000
}

pub(crate) fn random() -> u64 {
    // Ids of a test may be guessed if they must.
    getrandom::u64().unwrap_or(0x1234_5678)
}

pub(crate) const HTTPBIND: &str = "http://jabber.org/protocol/httpbind";
pub(crate) const STREAMS: &str = "http://etherx.jabber.org/streams";
pub(crate) const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
pub(crate) const CLIENT: &str = "jabber:client";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
const PATIENCE_AT_CREATION: Duration = Duration::from_secs(10);
const MOST_TRIES: usize = 12;
