//! Lines for people and lines for programs.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use cti_proto::Message;
use cti_proto::follow::Certainty;
use cti_proto::message::Role;
use serde::Serialize;
use serde_json::json;

use crate::inspect::conversation::{Content, Label, Over, Peers, Record, Seen, Sender};

/// A record and what stands before it.
pub(crate) struct Line<'a> {
    /// As the user wants to see it.
    pub(crate) when: Option<String>,
    pub(crate) label: &'a Label,
    pub(crate) record: &'a Record,
}

/// For people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// A line for each field.
    pub(crate) long: bool,
}

impl Text {
    /// The head of a connection.
    pub(crate) fn conversation(
        self,
        out: &mut impl Write,
        number: u64,
        peers: Peers,
        label: &Label,
    ) -> io::Result<()> {
        let Peers { client, server } = peers;
        let begin = if label.from_its_beginning {
            ""
        } else {
            ", captured from the middle"
        };
        writeln!(out, "{HEAD}#{number} {client} -> {server}{HEAD:#}{begin}")
    }

    pub(crate) fn line(self, out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
        if let Some(when) = &line.when {
            write!(out, "{DIM}{when:>12}{DIM:#} ")?;
        }
        if let (Some(number), Some(_)) = (line.label.number, line.label.peers) {
            write!(out, "{DIM}#{number}{DIM:#} ")?;
        }
        match (&line.record.content, line.record.sender) {
            (
                Content::Version { .. } | Content::Heartbeats { .. } | Content::StillOpen { .. },
                _,
            ) => write!(out, "   ")?,
            (_, Sender::Client) => write!(out, "{CLIENT}->{CLIENT:#} ")?,
            (_, Sender::Server) => write!(out, "{SERVER}<-{SERVER:#} ")?,
        }
        match &line.record.content {
            Content::Message(seen) => self.message(out, seen),
            Content::Skipped {
                offset,
                len,
                reason,
            } => writeln!(
                out,
                "{BAD}! {len} bytes at {offset} skipped: {reason}{BAD:#}"
            ),
            Content::Lost { offset } => {
                writeln!(
                    out,
                    "{BAD}! cannot be followed from byte {offset} on{BAD:#}"
                )
            }
            Content::Version {
                version,
                certainty,
                equals,
            } => {
                write!(out, "{DIM}read as {version}, ")?;
                match certainty {
                    Certainty::Given => write!(out, "as you say")?,
                    Certainty::Opened => write!(out, "which OPEN_REQ asks for")?,
                    Certainty::Guessed => write!(out, "which fits best")?,
                }
                if let Some((first, last)) = equals {
                    write!(out, "; {first} to {} fit alike", last.number())?;
                }
                writeln!(out, "{DIM:#}")
            }
            Content::Unanswered {
                name,
                invoke_id,
                may_be_lost: false,
                ..
            } => {
                writeln!(
                    out,
                    "{BAD}! {name} invoke_id={invoke_id} was never answered{BAD:#}"
                )
            }
            Content::Unanswered {
                name, invoke_id, ..
            } => {
                writeln!(
                    out,
                    "{DIM}{name} invoke_id={invoke_id}: its answer may be among what was lost{DIM:#}"
                )
            }
            Content::StillOpen {
                over,
                waiting,
                unfinished,
            } => {
                write!(out, "{DIM}{}", why_open(*over))?;
                if *waiting > 0 {
                    write!(out, "; unanswered so far: {waiting}")?;
                }
                if *unfinished > 0 {
                    write!(out, "; bytes of an unfinished message: {unfinished}")?;
                }
                writeln!(out, "{DIM:#}")
            }
            Content::Heartbeats { sent, unanswered } => {
                writeln!(
                    out,
                    "{BAD}! {unanswered} of {sent} heartbeats were never answered{BAD:#}"
                )
            }
        }
    }

    fn message(self, out: &mut impl Write, seen: &Seen) -> io::Result<()> {
        let text = match (&seen.message, self.long) {
            (Some(message), false) => message.to_string(),
            (Some(message), true) => format!("{message:#}"),
            (None, false) => seen.frame.to_string(),
            (None, true) => format!("{:#}", seen.frame),
        };
        let name_end = text.find([' ', '\n']).unwrap_or(text.len());
        let (name, rest) = text.split_at(name_end);
        let style = name_style(seen);
        let (first, others) = rest.split_once('\n').unwrap_or((rest, ""));
        write!(out, "{style}{name}{style:#}{first}")?;
        if let Some(after) = seen.answered.and_then(|answered| answered.after) {
            write!(
                out,
                " {DIM}({:.1} ms){DIM:#}",
                after.as_secs_f64() * 1_000.0
            )?;
        }
        if self.long {
            writeln!(out)?;
            if !others.is_empty() {
                writeln!(out, "{others}")?;
            }
            for problem in &seen.problems {
                writeln!(out, "    {BAD}! {problem}{BAD:#}")?;
            }
            return Ok(());
        }
        let mut mark = "  !";
        for problem in seen.problems.iter().take(MOST_ON_A_LINE) {
            write!(out, "{BAD}{mark} {problem}{BAD:#}")?;
            mark = ";";
        }
        if let Some(more) = seen.problems.len().checked_sub(MOST_ON_A_LINE + 1) {
            write!(out, "{BAD}; and {} more{BAD:#}", more + 1)?;
        }
        writeln!(out)
    }

    pub(crate) fn notice(self, out: &mut impl Write, notice: &str) -> io::Result<()> {
        writeln!(out, "{BAD}! {notice}{BAD:#}")
    }
}

/// What became of a connection that was not closed.
const fn why_open(over: Over) -> &'static str {
    match over {
        Over::Closed => "closed",
        Over::CaptureEnded => "still open at the end of the capture",
        Over::Evicted => "still open, but too many others are: no longer followed",
        Over::Replaced => "its end was not captured",
    }
}

/// Refusals stand out; the rest tells requests, answers and events apart.
fn name_style(seen: &Seen) -> Style {
    let name = seen.name();
    let role = seen
        .message
        .as_ref()
        .and_then(Message::table)
        .map(|table| table.role);
    match role {
        _ if name.contains("FAILURE") => BAD,
        Some(Role::Request | Role::Confirmation) => Style::new().bold(),
        Some(Role::Event) => EVENT,
        None => Style::new().italic(),
    }
}

/// For programs: one object a line, with its keys in a set order. A message has the JSON form that
/// `cti-proto` gives it.
#[derive(Debug, Default)]
pub(crate) struct Json(String);

impl Json {
    pub(crate) fn line(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
        let mut object = Self::default();
        let record = line.record;
        if let Some(time) = record.time {
            object.put("time", &time.to_string())?;
        }
        if let (Some(number), Some(peers)) = (line.label.number, line.label.peers) {
            object.put("conversation", &number)?;
            object.put("client", &peers.client.to_string())?;
            object.put("server", &peers.server.to_string())?;
        }
        let sender = match record.sender {
            Sender::Client => "client",
            Sender::Server => "server",
        };
        match &record.content {
            Content::Message(seen) => {
                object.put("from", sender)?;
                object.message(seen)?;
            }
            Content::Skipped {
                offset,
                len,
                reason,
            } => {
                object.put("from", sender)?;
                let reason = reason.to_string();
                let skipped = json!({"offset": offset, "bytes": len, "reason": reason});
                object.put("skipped", &skipped)?;
            }
            Content::Lost { offset } => {
                object.put("from", sender)?;
                object.put("lost", &json!({ "offset": offset }))?;
            }
            Content::Version {
                version, certainty, ..
            } => {
                object.put("read_as", &version.to_string())?;
                let certainty = match certainty {
                    Certainty::Given => "given",
                    Certainty::Opened => "opened",
                    Certainty::Guessed => "guessed",
                };
                object.put("certainty", certainty)?;
            }
            Content::Unanswered {
                name,
                invoke_id,
                may_be_lost,
                ..
            } => {
                let request =
                    json!({"type": name, "invoke_id": invoke_id, "may_be_lost": may_be_lost});
                object.put("unanswered", &request)?;
            }
            Content::StillOpen {
                over,
                waiting,
                unfinished,
            } => {
                object.put("still_open", why_open(*over))?;
                object.put("unanswered_so_far", waiting)?;
                object.put("unfinished_bytes", unfinished)?;
            }
            Content::Heartbeats { sent, unanswered } => {
                object.put(
                    "heartbeats",
                    &json!({"sent": sent, "unanswered": unanswered}),
                )?;
            }
        }
        object.write(out)
    }

    pub(crate) fn notice(out: &mut impl Write, notice: &str) -> io::Result<()> {
        let mut object = Self::default();
        object.put("notice", notice)?;
        object.write(out)
    }

    pub(crate) fn put(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        let before = if self.0.is_empty() { '{' } else { ',' };
        self.0.push(before);
        self.0.push_str(&serde_json::to_string(key)?);
        self.0.push(':');
        self.0.push_str(&serde_json::to_string(value)?);
        Ok(())
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find(is_unsafe) {
            let (before, behind) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            let mut letters = behind.chars();
            for letter in letters.by_ref().take(1) {
                write!(out, "\\u{:04x}", u32::from(letter))?;
            }
            rest = letters.as_str();
        }
        writeln!(out, "{rest}}}")
    }

    fn message(&mut self, seen: &Seen) -> io::Result<()> {
        self.put("type", &seen.name())?;
        self.put("number", &seen.frame.message_type.0)?;
        self.put("version", &seen.version.to_string())?;
        self.put("offset", &seen.offset)?;
        self.put("bytes", &seen.frame.wire_len())?;
        match &seen.message {
            Some(message) => self.put("message", message)?,
            None => self.put("frame", &seen.frame)?,
        }
        if let Some(answered) = seen.answered {
            self.put("answers", answered.name)?;
            if let Some(after) = answered.after {
                self.put("after_ms", &(after.as_secs_f64() * 1_000.0))?;
            }
        }
        let problems = seen.problems.iter().map(ToString::to_string);
        self.put("problems", &problems.collect::<Vec<_>>())
    }
}

/// Whether a terminal may do something else with a letter than show it, or show what is behind it
/// in another order. JSON itself asks for the escape of some of these.
fn is_unsafe(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Problems of a message that a line has room for.
const MOST_ON_A_LINE: usize = 8;

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

const DIM: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold().underline();
const BAD: Style = color(AnsiColor::Red);
const CLIENT: Style = color(AnsiColor::Green);
const SERVER: Style = color(AnsiColor::Blue);
const EVENT: Style = color(AnsiColor::Cyan);
