//! What stands between tags: text, comments, the XML declaration.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::tags::Closing;
use super::{Markup, Mode, Reader, Texts};
use crate::chars::{CDATA_OPEN, find3, is_space, push_normalized, reference};
use crate::error::{Error, ErrorKind};
use crate::limits::Profile;

impl<'a> Reader<'a> {
    /// Joins the run of text that begins here. `None` if it is white space outside the root, empty, or not asked for.
    pub(super) fn on_text(&mut self, texts: Texts) -> Result<Option<Cow<'a, str>>, Error> {
        let (source, start) = (self.source, self.at);
        let bytes = source.as_bytes();
        let outside = self.open.is_empty() && self.mode != Mode::Fragment;
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        loop {
            let from = self.at;
            let (end, part) = match bytes[from..] {
                [b'&', ..] if outside => return Err(Error::new(ErrorKind::OutsideRoot, from)),
                [b'&', ..] => {
                    let (c, end) = reference(source, from)?;
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
                    Markup::Text => {
                        let body = from + CDATA_OPEN.len();
                        let len = memmem::find(&bytes[body..], b"]]>")
                            .ok_or_else(|| Error::new(ErrorKind::Syntax, from))?;
                        (body + len + 3, Part::Literal(&source[body..body + len]))
                    }
                    Markup::Start
                    | Markup::End
                    | Markup::Question
                    | Markup::Declaration
                    | Markup::Nothing => break,
                },
                [] => break,
                _ => {
                    let end = characters(bytes, from)?;
                    if outside && !bytes[from..end].iter().all(|&b| is_space(b)) {
                        return Err(Error::new(ErrorKind::OutsideRoot, from));
                    }
                    (end, Part::Literal(&source[from..end]))
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
                    if !self.has_controls || memchr(b'\r', part.as_bytes()).is_none() =>
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
        // XML 1.0 §2.5 allows no `--` between the marks and no `-` before the end.
        let body = &self.source.as_bytes()[self.at + 4..];
        match memmem::find(body, b"--") {
            Some(len) if body.get(len + 2) == Some(&b'>') => {
                self.at += 4 + len + 3;
                Ok(())
            }
            _ => Err(Error::new(ErrorKind::Syntax, self.at)),
        }
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
        const OPEN: &[u8] = b"<?xml";
        let start = self.at;
        let bytes = &self.source.as_bytes()[start..];
        let allowed = start == 0
            && matches!(
                self.mode,
                Mode::Document { declaration: true } | Mode::Header
            );
        let is_declaration =
            bytes.starts_with(OPEN) && bytes.get(OPEN.len()).is_some_and(|&b| is_space(b));
        if !allowed || !is_declaration {
            return Err(Error::new(ErrorKind::ProcessingInstruction, start));
        }
        let declaration = Error::new(ErrorKind::Declaration, start);
        let outside = self.bindings.len();
        self.read_attributes(OPEN.len(), outside, Closing::Declaration)?;
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
        Ok(())
    }
}

/// A part of a run of text.
enum Part<'a> {
    Literal(&'a str),
    Character(char),
}

/// Where the characters that begin at `from` end: at markup or a reference.
pub(super) fn characters(bytes: &[u8], from: usize) -> Result<usize, Error> {
    let mut at = from;
    loop {
        let rest = &bytes[at..];
        match find3(b'<', b'&', b']', rest) {
            Some(len) if rest[len] == b']' => {
                // XML 1.0 §2.4.
                if rest[len..].starts_with(b"]]>") {
                    return Err(Error::new(ErrorKind::Syntax, at + len));
                }
                at += len + 1;
            }
            Some(len) => return Ok(at + len),
            None => return Ok(bytes.len()),
        }
    }
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
