//! What is shown of what was read.

use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use cti_proto::code::MessageType;

use crate::inspect::Failure;
use crate::inspect::args::{Show, TimeForm};
use crate::inspect::conversation::{Content, Label, Record, Seen};
use crate::inspect::filter::Filter;
use crate::inspect::render::{Json, Line, Text};
use crate::inspect::summary::Summary;
use crate::inspect::timestamp::Timestamp;

/// Filters, prints and counts.
pub(crate) struct Report {
    out: BufWriter<Box<dyn Write>>,
    form: Form,
    filter: Filter,
    time: TimeForm,
    /// Relative times count from here.
    first: Option<Timestamp>,
    summary: Option<Summary>,
    conversations: u64,
    /// Something was wrong.
    flawed: bool,
    flush: bool,
    /// Whether the rest is counted when nothing can be written any more.
    outlives_reader: bool,
    /// Why nothing is written any more.
    unwritten: Option<io::Error>,
}

enum Form {
    Text(Text),
    Json,
}

impl Report {
    pub(crate) fn new(show: &Show) -> Self {
        let out: Box<dyn Write> = if show.json {
            // Nothing in it is for a terminal to act on, or to be stripped.
            Box::new(io::stdout())
        } else {
            Box::new(AutoStream::new(io::stdout(), show.color.into()))
        };
        Self {
            out: BufWriter::new(out),
            form: if show.json {
                Form::Json
            } else {
                Form::Text(Text { long: show.long })
            },
            filter: Filter::new(show),
            time: show.time,
            first: None,
            summary: show.summary.then(Summary::default),
            conversations: 0,
            flawed: false,
            flush: false,
            outlives_reader: false,
            unwritten: None,
        }
    }

    /// Somebody waits for each line.
    pub(crate) const fn flush_each_line(&mut self) {
        self.flush = true;
    }

    /// What is read must go on when nobody reads what is written.
    pub(crate) const fn outlive_reader(&mut self) {
        self.outlives_reader = true;
    }

    /// Whether something was wrong so far.
    pub(crate) const fn is_flawed(&self) -> bool {
        self.flawed
    }

    pub(crate) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Relative times count from `first`, unless they count from an earlier thing.
    pub(crate) fn begin(&mut self, first: Timestamp) {
        self.first.get_or_insert(first);
    }

    /// Whether a confirmation is shown with its request only.
    pub(crate) fn admits_with_request(&self, seen: &Seen) -> bool {
        self.filter.admits_type(seen.frame.message_type)
            && !self.filter.concerns(seen.message.as_ref())
    }

    /// Takes one thing of the conversation `label`.
    pub(crate) fn record(&mut self, label: &mut Label, record: Record) -> Result<(), Failure> {
        if !self.admits(&record.content) {
            return Ok(());
        }
        self.flawed |= match &record.content {
            Content::Message(seen) => !seen.problems.is_empty(),
            Content::Unanswered { may_be_lost, .. } => !may_be_lost,
            Content::Skipped { .. } | Content::Lost { .. } | Content::Heartbeats { .. } => true,
            Content::Version { .. } | Content::StillOpen { .. } => false,
        };
        if label.number.is_none() {
            self.conversations += 1;
            label.number = Some(self.conversations);
            if let (Form::Text(text), Some(peers)) = (&self.form, label.peers) {
                let result = text.conversation(&mut self.out, self.conversations, peers, label);
                self.written(result)?;
            }
        }
        if let Some(summary) = &mut self.summary {
            summary.count(&record);
        }
        let line = Line {
            when: record.time.map(|time| match self.time {
                TimeForm::Absolute => time.to_string(),
                TimeForm::Relative => {
                    let since = time.since(self.first.unwrap_or(time));
                    format!("{:.6}", since.as_secs_f64())
                }
            }),
            label,
            record: &record,
        };
        let result = match &self.form {
            Form::Text(text) => text.line(&mut self.out, &line),
            Form::Json => Json::line(&mut self.out, &line),
        };
        self.written(result)?;
        self.end_line()
    }

    /// Says what is wrong with the input as a whole.
    pub(crate) fn notice(&mut self, notice: &str) -> Result<(), Failure> {
        self.flawed = true;
        let result = match &self.form {
            Form::Text(text) => text.notice(&mut self.out, notice),
            Form::Json => Json::notice(&mut self.out, notice),
        };
        self.written(result)?;
        self.end_line()
    }

    /// Says on standard error what the tool does.
    pub(crate) fn progress(&mut self, progress: &str) -> Result<(), Failure> {
        writeln!(anstream::stderr(), "cti-inspect: {progress}").map_err(Failure::Write)
    }

    /// Writes the summary.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if let Some(summary) = &self.summary {
            let result = match &self.form {
                Form::Text(_) => summary.text(&mut self.out),
                Form::Json => summary.json(&mut self.out),
            };
            self.written(result)?;
        }
        let result = self.out.flush();
        self.written(result)?;
        match self.unwritten {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Write(error)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the user wants to see it.
    fn admits(&self, content: &Content) -> bool {
        match content {
            Content::Message(seen) => {
                let answers_wanted = seen.answered.is_some_and(|answered| answered.wanted);
                self.filter.admits_type(seen.frame.message_type)
                    && (answers_wanted || self.filter.concerns(seen.message.as_ref()))
            }
            Content::Unanswered { number, wanted, .. } => {
                *wanted && self.filter.admits_type(*number)
            }
            Content::Heartbeats { .. } => {
                self.filter.is_about_all() && self.filter.admits_type(MessageType::HEARTBEAT_REQ)
            }
            // What is left of a conversation under a filter says nothing of the whole.
            Content::Skipped { .. }
            | Content::Lost { .. }
            | Content::Version { .. }
            | Content::StillOpen { .. } => self.filter.is_open(),
        }
    }

    fn end_line(&mut self) -> Result<(), Failure> {
        if self.flush {
            let result = self.out.flush();
            self.written(result)?;
        }
        Ok(())
    }

    /// Takes note of whether it could be written.
    fn written(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        match result {
            Err(error) if self.outlives_reader => {
                let told = format!("cannot write: {error}; nothing more is shown");
                self.out = BufWriter::new(Box::new(io::sink()));
                self.unwritten = Some(error);
                // Whoever closed the output may have closed this too.
                self.progress(&told).ok();
                Ok(())
            }
            result => result.map_err(Failure::Write),
        }
    }
}
