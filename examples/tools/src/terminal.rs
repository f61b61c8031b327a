//! What the tools share towards people: colours, the terminal's width, words in lines, passwords.

use std::io;
use std::path::Path;

use clap::ValueEnum;

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Columns of the terminal, within reason, for text that is told.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).clamp(60, 120))
}

/// Lines of words: `first` characters in the first, `others` in the others.
pub(crate) fn wrap(text: &str, first: usize, others: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let room = if lines.is_empty() { first } else { others };
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A password from the first line of a file, from a variable of the environment, or from a prompt.
/// Never an argument: those are in the list of processes for all to see.
pub(crate) fn password(file: Option<&Path>, variable: &str, prompt: &str) -> io::Result<String> {
    if let Some(file) = file {
        return first_line(file);
    }
    if let Ok(password) = std::env::var(variable) {
        return Ok(password);
    }
    rpassword::prompt_password(prompt)
}

/// The first line of a file.
pub(crate) fn first_line(file: &Path) -> io::Result<String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
