//! What stands between tags: text, comments, the XML declaration.

use std::borrow::Cow;

use memchr::memchr;

use super::tokens::Token;
use super::{Markup, Mode, Reader, Texts};
use crate::chars::{characters, is_space, push_normalized, reference, skip_space};
use crate::error::{Error, ErrorKind};
use crate::limits::Profile;

impl<'a> Reader<'a> {
    /// Joins the run of text that begins here. `None` if it is white space outside the root, empty, or not asked for.
    pub(super) fn on_text(&mut self, texts: Texts) -> Result<Option<Cow<'a, str>>, Error> {
        let start = self.at;
        let bytes = self.source.as_bytes();
        let outside = self.open.is_empty() && self.mode != Mode::Fragment;
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        loop {
            let from = self.at;
            let (end, part) = match bytes[from..] {
                [b'&', ..] if outside => return Err(Error::new(ErrorKind::OutsideRoot, from)),
                [b'&', ..] => {
                    let (c, end) = reference(self.source, from)?;
                    (end, Part::Character(c))
                }
                [b'<', ..] => match self.markup() {
                    Markup::Comment => {
                        self.on_comment()?;
                        continue;
                    }
                    Markup::Text if outside => {
                        return Err(Error::new(ErrorKind::OutsideRoot, from));
                    }
                    Markup::Text => match self.tokens.token(from) {
                        Some((Token::CData(text), end)) => (end, Part::Literal(text)),
                        _ => return Err(Error::new(ErrorKind::Syntax, from)),
                    },
                    Markup::Start
                    | Markup::End
                    | Markup::Question
                    | Markup::Declaration
                    | Markup::Nothing => break,
                },
                [] => break,
                [first, ..] if outside && !is_space(first) => {
                    return Err(Error::new(ErrorKind::OutsideRoot, from));
                }
                _ => {
                    let end = match outside {
                        true => skip_space(bytes, from),
                        false => characters(bytes, from)?,
                    };
                    (end, Part::Literal(&self.source[from..end]))
                }
            };
            if end - start > self.limits.text {
                return Err(Error::new(ErrorKind::Limit("text"), from));
            }
            self.at = end;
            if texts == Texts::Skip {
                continue;
            }
            match part {
                Part::Literal(part)
                    if !self.has_returns || memchr(b'\r', part.as_bytes()).is_none() =>
                {
                    if text.is_empty() {
                        text = Cow::Borrowed(part);
                    } else {
                        owned(&mut text, bytes, from).push_str(part);
                    }
                }
                Part::Literal(part) => push_normalized(owned(&mut text, bytes, from), part),
                Part::Character(c) => owned(&mut text, bytes, from).push(c),
            }
        }
        Ok((!outside && !text.is_empty()).then_some(text))
    }

    pub(super) fn on_comment(&mut self) -> Result<(), Error> {
        if self.profile == Profile::Xmpp {
            return Err(Error::new(ErrorKind::Comment, self.at));
        }
        let Some((Token::Comment, end)) = self.tokens.token(self.at) else {
            return Err(Error::new(ErrorKind::Syntax, self.at));
        };
        self.at = end;
        Ok(())
    }

    /// What `<!` begins that is neither a comment nor a CDATA section.
    pub(super) fn on_declaration(&self) -> Error {
        let word = self.source.as_bytes().get(self.at + 2..self.at + 9);
        let is_dtd = word.is_some_and(|word| word.eq_ignore_ascii_case(b"DOCTYPE"));
        let kind = if is_dtd {
            ErrorKind::Dtd
        } else {
            ErrorKind::Syntax
        };
        Error::new(kind, self.at)
    }

    /// XML 1.0 §2.8 `XMLDecl`; everything else between `<?` and `?>` is refused.
    pub(super) fn on_question(&mut self) -> Result<(), Error> {
        let start = self.at;
        let allowed = start == 0
            && matches!(
                self.mode,
                Mode::Document { declaration: true } | Mode::Header
            );
        let found = if allowed {
            self.tokens.token(start)
        } else {
            None
        };
        let Some((Token::Declaration(content), end)) = found else {
            return Err(Error::new(ErrorKind::ProcessingInstruction, start));
        };
        let declaration = Error::new(ErrorKind::Declaration, start);
        let outside = self.bindings.len();
        self.read_attributes(content, "xml".len(), outside)?;
        if self.bindings.len() != outside {
            return Err(declaration);
        }
        // The reader has not looked for namespaces yet: a prefix still stands where they will.
        let mut rest = self.attributes.iter().peekable();
        let mut take = |name: &str| {
            rest.next_if(|attribute| attribute.name.is("", name))
                .map(|attribute| &*attribute.value)
        };
        let version = take("version");
        let encoding = take("encoding");
        let standalone = take("standalone");
        if rest.next().is_some()
            || !version.is_some_and(|version| {
                version.strip_prefix("1.").is_some_and(|minor| {
                    !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())
                })
            })
            || standalone.is_some_and(|value| !matches!(value, "yes" | "no"))
            || (self.profile == Profile::Xmpp
                && encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")))
        {
            return Err(declaration);
        }
        self.attributes.clear();
        self.at = end;
        Ok(())
    }
}

/// A part of a run of text.
enum Part<'a> {
    Literal(&'a str),
    Character(char),
}

/// The text as one that can grow, with room for what comes up to the next tag.
fn owned<'t>(text: &'t mut Cow<'_, str>, bytes: &[u8], from: usize) -> &'t mut String {
    if let Cow::Borrowed(before) = *text {
        let rest = &bytes[from..];
        let room = memchr(b'<', rest).unwrap_or(rest.len());
        let mut room = String::with_capacity(before.len() + room);
        room.push_str(before);
        *text = Cow::Owned(room);
    }
    text.to_mut()
}
