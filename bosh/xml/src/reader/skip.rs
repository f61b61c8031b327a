//! Elements that nobody looks into: checked like all others, but nothing is made of them.
//!
//! One walk with a list of open names, and no events. `tests/difference.rs` and the fuzz target `xml_reader` compare its end with
//! that of quick-xml's tokens.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};
use smallvec::SmallVec;

use super::{Markup, Reader, Rest, Texts};
use crate::chars::{characters, plain_name, reference};
use crate::error::{Error, ErrorKind};

/// An element that was skipped.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Skipped {
    /// Its bytes in the input.
    pub range: Range<usize>,
    /// Whether it means the same wherever it is put: every prefix in it, and the default namespace where a name has no
    /// prefix, is declared inside.
    pub standalone: bool,
}

impl Reader<'_> {
    /// Skips to the end of the element whose start tag (or whose last child) was read last and
    /// returns the bytes of the whole element. What is skipped is checked as if it were read.
    ///
    /// # Errors
    ///
    /// As for [`Reader::next_event`]; [`ErrorKind::UnexpectedEnd`] if no element is open.
    pub fn skip_element(&mut self) -> Result<Range<usize>, Error> {
        self.skip().map(|skipped| skipped.range)
    }

    /// As [`skip_element`](Self::skip_element), and tells whether the bytes can stand alone.
    ///
    /// # Errors
    ///
    /// As for [`skip_element`](Self::skip_element).
    pub fn skip(&mut self) -> Result<Skipped, Error> {
        self.step(Self::skip_open)
    }

    fn skip_open(&mut self) -> Result<Skipped, Error> {
        let Some(open) = self.open.last() else {
            return Err(Error::new(ErrorKind::UnexpectedEnd, self.at));
        };
        let (start, outside) = (open.start, open.bindings);
        if self.end_due {
            self.end_due = false;
        } else {
            let end = if self.is_accepted && self.declares_all(outside) {
                end_of_accepted(&self.source.as_bytes()[self.at..], open.qname.as_bytes())
            } else {
                None
            };
            match end {
                Some(len) => self.at += len,
                None => self.skip_content()?,
            }
        }
        let rests_on = self.close();
        Ok(Skipped {
            range: start..self.at,
            standalone: rests_on >= Rest::on(outside),
        })
    }

    /// Whether what is inside the innermost element can only rest on declarations of its own or of that element.
    fn declares_all(&self, outside: usize) -> bool {
        let (outer, own) = self.bindings.split_at(outside);
        outer.iter().all(|binding| binding.prefix.is_empty())
            && own.iter().any(|binding| binding.prefix.is_empty())
    }

    /// Checks the content of the innermost element, and its end tag.
    fn skip_content(&mut self) -> Result<(), Error> {
        let source = self.source;
        let bytes = source.as_bytes();
        let depth = self.open.len();
        let mut inside: SmallVec<[Inside; 16]> = SmallVec::new();
        let mut rests_on = Rest::NOTHING;
        // What a name without prefix rests on, while no declaration comes or goes.
        let mut default = None;
        loop {
            let at = self.at;
            match bytes[at..] {
                [b'<', b'/', ..] => {
                    let Some(open) = inside.pop() else {
                        self.at = self
                            .end_tag(self.open.last().map_or(b"", |open| open.qname.as_bytes()))?;
                        if let Some(open) = self.open.last_mut() {
                            open.rests_on = open.rests_on.min(rests_on);
                        }
                        return Ok(());
                    };
                    self.at = self.end_tag(&bytes[open.name])?;
                    if self.bindings.len() != open.bindings {
                        self.bindings.truncate(open.bindings);
                        default = None;
                    }
                }
                [b'<', b'!' | b'?', ..] => match self.markup() {
                    Markup::Text => {
                        self.on_text(Texts::Skip)?;
                    }
                    Markup::Comment => self.on_comment()?,
                    Markup::Question => self.on_question()?,
                    Markup::Start | Markup::End | Markup::Declaration | Markup::Nothing => {
                        return Err(self.on_declaration());
                    }
                },
                [b'<', ref rest @ ..] => {
                    let bindings = self.bindings.len();
                    let len = plain_name(rest);
                    let name = at + 1..at + 1 + len;
                    if rest.get(len) == Some(&b'>')
                        && (1..=self.limits.name).contains(&len)
                        && depth + inside.len() < self.limits.effective_depth()
                    {
                        let rest = match default {
                            Some(rest) => rest,
                            None => *default.insert(self.default_rest()?),
                        };
                        rests_on = rests_on.min(rest);
                        self.at = name.end + 1;
                        inside.push(Inside { name, bindings });
                        continue;
                    }
                    let tag = self.tag(depth + inside.len())?;
                    self.attributes.clear();
                    rests_on = rests_on.min(tag.rests_on);
                    if tag.self_closing {
                        self.bindings.truncate(bindings);
                    } else {
                        if self.bindings.len() != bindings {
                            default = None;
                        }
                        let name = at + 1..tag.name_end;
                        inside.push(Inside { name, bindings });
                    }
                }
                [] => return Err(Error::new(ErrorKind::UnexpectedEnd, at)),
                _ => self.skip_text()?,
            }
        }
    }

    /// As [`Reader::on_text`], with less to ask for each part of the run.
    fn skip_text(&mut self) -> Result<(), Error> {
        let bytes = self.source.as_bytes();
        let mut at = self.at;
        loop {
            at = characters(bytes, at)?;
            match bytes[at..] {
                [b'&', ..] => (_, at) = reference(self.source, at)?,
                // The run may go on behind it.
                [b'<', b'!', ..] => return self.on_text(Texts::Skip).map(drop),
                _ => break,
            }
        }
        if at - self.at > self.limits.text {
            return Err(Error::new(ErrorKind::Limit("text"), self.at));
        }
        self.at = at;
        Ok(())
    }

    fn default_rest(&mut self) -> Result<Rest, Error> {
        let binding = self.find_binding("", self.at)?;
        Ok(binding.map_or(Rest::NO_DEFAULT, Rest::on))
    }
}

/// An element open inside the one that is skipped.
struct Inside {
    name: Range<usize>,
    /// How many bindings were in force outside.
    bindings: usize,
}

/// Where the element of that name ends whose content begins here, in bytes that a reader has accepted before. `None` if
/// another of the name may be inside, or a section in which tags are none.
fn end_of_accepted(content: &[u8], qname: &[u8]) -> Option<usize> {
    let names = memmem::Finder::new(qname);
    let end = names.find_iter(content).find(|&at| {
        let is_tag = content[..at].ends_with(b"</");
        is_tag
            && matches!(
                content.get(at + qname.len()),
                Some(b'>' | b' ' | b'\t' | b'\n' | b'\r')
            )
    })?;
    let before = &content[..end - 2];
    let follows_less = |at| before[..at].ends_with(b"<");
    let is_plain =
        !memchr_iter(b'!', before).any(follows_less) && !names.find_iter(before).any(follows_less);
    if !is_plain {
        return None;
    }
    let behind = end + qname.len();
    memchr(b'>', &content[behind..]).map(|len| behind + len + 1)
}
