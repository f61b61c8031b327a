//! What a run found: by scenario and by requirement, for people and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::catalog::Requirement;
use super::verdict::{Exchange, Finding, Verdict, What};
use crate::terminal::wrap;

/// What a run found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The scenarios, in the order of the list.
    pub scenarios: Vec<ScenarioReport>,
    /// Requests sent.
    pub requests: usize,
    /// Time of the run.
    pub took: Duration,
}

/// What a scenario found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScenarioReport {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// Time of the scenario.
    pub took: Duration,
    /// Its verdicts: one for each requirement, or several that all say something.
    pub findings: Vec<Finding>,
}

impl ScenarioReport {
    /// Orders findings by requirement; of those that say nothing, the gravest stays.
    pub(crate) fn new(
        name: &'static str,
        what: &'static str,
        took: Duration,
        found: Vec<Finding>,
    ) -> Self {
        let mut findings: Vec<Finding> = Vec::new();
        for finding in found {
            let same = |it: &Finding| it.requirement.id == finding.requirement.id;
            let worst = findings
                .iter()
                .filter(|it| same(it))
                .map(|it| it.verdict)
                .max();
            let first_word = match worst {
                None => true,
                Some(worst) if finding.verdict > worst => {
                    findings.retain(|it| !same(it) || is_word(it));
                    true
                }
                // Another case of the same, told in other words.
                Some(worst) => {
                    finding.verdict == worst
                        && !finding.text.is_empty()
                        && !findings
                            .iter()
                            .any(|it| same(it) && it.text == finding.text)
                }
            };
            if first_word {
                findings.push(finding);
            }
        }
        let place = |id: &str| Requirement::all().iter().position(|it| it.id == id);
        findings.sort_by_key(|it| place(it.requirement.id));
        Self {
            name,
            what,
            took,
            findings,
        }
    }

    /// Writes it in lines of at most `width` characters, exchanges apart; what passed too only if
    /// `all`.
    pub(crate) fn write(&self, out: &mut impl Write, width: usize, all: bool) -> io::Result<()> {
        writeln!(out)?;
        let bold = Style::new().bold();
        let text = format!("{bold}{}{bold:#}  ", self.name);
        let indent = " ".repeat(2);
        let lines = wrap(
            self.what,
            width.saturating_sub(self.name.len() + 2),
            width - 2,
        );
        for (number, line) in lines.iter().enumerate() {
            let before = if number == 0 { &text } else { &indent };
            writeln!(out, "{before}{line}")?;
        }
        let mut before = None;
        for finding in &self.findings {
            if all || finding.verdict != Verdict::Pass {
                let head = (finding.requirement.id, finding.verdict);
                if before != Some(head) {
                    write_head(out, finding, width)?;
                }
                write_finding(out, finding, width)?;
                before = Some(head);
            }
        }
        let passed = self.count(Verdict::Pass);
        if !all && passed > 0 {
            let ids: Vec<&str> = self
                .findings
                .iter()
                .filter(|it| it.verdict == Verdict::Pass)
                .map(|it| it.requirement.id)
                .collect();
            let style = style_of(Verdict::Pass);
            for (number, line) in wrap(&ids.join(" "), width - COLUMN, width - COLUMN)
                .iter()
                .enumerate()
            {
                if number == 0 {
                    writeln!(out, "  {style}{:<14}{style:#} {line}", "pass")?;
                } else {
                    writeln!(out, "{:COLUMN$}{line}", "")?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(finding_json).collect();
        json!({
            "type": "scenario",
            "name": self.name,
            "what": self.what,
            "seconds": rounded(self.took),
            "findings": findings,
        })
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.findings
            .iter()
            .filter(|it| it.verdict == verdict)
            .count()
    }
}

impl Report {
    /// The gravest verdict on each requirement that was looked at, in the order of the
    /// specification.
    #[must_use]
    pub fn by_requirement(&self) -> Vec<(&'static Requirement, Verdict)> {
        let mut gravest: BTreeMap<&'static str, Verdict> = BTreeMap::new();
        for finding in self.scenarios.iter().flat_map(|it| &it.findings) {
            let verdict = gravest
                .entry(finding.requirement.id)
                .or_insert(finding.verdict);
            *verdict = finding.verdict.max(*verdict);
        }
        Requirement::all()
            .iter()
            .filter_map(|it| gravest.get(it.id).map(|verdict| (it, *verdict)))
            .collect()
    }

    /// Ids with this verdict.
    #[must_use]
    pub fn ids(&self, verdict: Verdict) -> Vec<&'static str> {
        self.by_requirement()
            .into_iter()
            .filter(|it| it.1 == verdict)
            .map(|it| it.0.id)
            .collect()
    }

    /// Whether the server does nothing that it must not, and all that it must, as far as was seen.
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        self.ids(Verdict::Fail).is_empty()
    }

    pub(crate) fn write(&self, out: &mut impl Write, width: usize) -> io::Result<()> {
        let bold = Style::new().bold();
        let binding = Requirement::all()
            .iter()
            .filter(|it| it.binds_servers())
            .count();
        let seen = self.by_requirement().len();
        writeln!(out)?;
        writeln!(
            out,
            "{bold}Summary{bold:#}  {seen} of {binding} requirements of servers looked at, {} requests, {:.1} s",
            self.requests,
            self.took.as_secs_f64()
        )?;
        for verdict in Verdict::ALL {
            let ids = self.ids(verdict);
            let style = style_of(verdict);
            write!(
                out,
                "  {style}{:<14}{style:#} {:>3}",
                verdict.as_str(),
                ids.len()
            )?;
            if verdict == Verdict::Pass {
                writeln!(out)?;
                continue;
            }
            let room = width - COLUMN - 5;
            for (number, line) in wrap(&ids.join(" "), room, room).iter().enumerate() {
                let before = if number == 0 { 2 } else { COLUMN + 5 };
                writeln!(out, "{:before$}{line}", "")?;
            }
            if ids.is_empty() {
                writeln!(out)?;
            }
        }
        Ok(())
    }

    pub(crate) fn to_json(&self) -> Value {
        let verdicts: serde_json::Map<String, Value> = self
            .by_requirement()
            .into_iter()
            .map(|(requirement, verdict)| (requirement.id.to_owned(), json!(verdict.as_str())))
            .collect();
        json!({
            "type": "summary",
            "conforming": self.is_conforming(),
            "requests": self.requests,
            "seconds": rounded(self.took),
            "requirements": verdicts,
        })
    }
}

/// Whether it says something that a graver verdict does not make idle.
fn is_word(finding: &Finding) -> bool {
    finding.verdict >= Verdict::Note
}

fn write_head(out: &mut impl Write, finding: &Finding, width: usize) -> io::Result<()> {
    let style = style_of(finding.verdict);
    let requirement = finding.requirement;
    write!(out, "  {style}{:<14}{style:#} ", finding.verdict.as_str())?;
    let head = format!(
        "{} {}: {}",
        requirement.id, requirement.level, requirement.statement
    );
    let room = width - COLUMN;
    for (number, line) in wrap(&head, room, room).iter().enumerate() {
        if number == 0 {
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{:COLUMN$}{line}", "")?;
        }
    }
    Ok(())
}

fn write_finding(out: &mut impl Write, finding: &Finding, width: usize) -> io::Result<()> {
    let room = width - COLUMN - 2;
    for (number, line) in wrap(&finding.text, room, room).iter().enumerate() {
        let before = if number == 0 { "- " } else { "  " };
        writeln!(out, "{:COLUMN$}{before}{line}", "")?;
    }
    for exchange in &finding.exchanges {
        write_exchange(out, exchange)?;
    }
    Ok(())
}

/// Bodies are not wrapped: they are there to be copied.
fn write_exchange(out: &mut impl Write, exchange: &Exchange) -> io::Result<()> {
    let dim = Style::new().dimmed();
    let at = exchange.at.as_secs_f64();
    let (sign, head, body) = match &exchange.what {
        What::Sent { head, body } => (">", head, body.as_str()),
        What::Received { head, body } => ("<", head, body.as_str()),
        What::Remark(text) => {
            return writeln!(out, "    {dim}{at:8.3}    -- {text}{dim:#}");
        }
    };
    writeln!(
        out,
        "    {dim}{at:8.3} c{:<2}{sign} {head}{dim:#}",
        exchange.connection
    )?;
    for line in body.lines() {
        writeln!(out, "                {dim}{line}{dim:#}")?;
    }
    Ok(())
}

fn finding_json(finding: &Finding) -> Value {
    let mut value = json!({
        "id": finding.requirement.id,
        "section": finding.requirement.section,
        "level": finding.requirement.level,
        "statement": finding.requirement.statement,
        "verdict": finding.verdict.as_str(),
    });
    if !finding.text.is_empty() {
        value["text"] = json!(finding.text);
    }
    if !finding.exchanges.is_empty() {
        value["exchanges"] = finding.exchanges.iter().map(exchange_json).collect();
    }
    value
}

fn exchange_json(exchange: &Exchange) -> Value {
    let (kind, head, body) = match &exchange.what {
        What::Sent { head, body } => ("sent", head, Some(body)),
        What::Received { head, body } => ("received", head, Some(body)),
        What::Remark(text) => ("remark", text, None),
    };
    let mut value = json!({ "at": rounded(exchange.at), "kind": kind, "head": head });
    if let Some(body) = body {
        value["connection"] = json!(exchange.connection);
        value["body"] = json!(body);
    }
    value
}

fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

fn style_of(verdict: Verdict) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match verdict {
        Verdict::Pass => color(AnsiColor::Green),
        Verdict::Fail => color(AnsiColor::Red).bold(),
        Verdict::Deviates => color(AnsiColor::Yellow),
        Verdict::Note => color(AnsiColor::Cyan),
        Verdict::NotApplicable | Verdict::Inconclusive => Style::new().dimmed(),
    }
}

/// Where the text of a verdict begins.
const COLUMN: usize = 17;
