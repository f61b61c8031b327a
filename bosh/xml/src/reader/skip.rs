//! Elements that nobody looks into: checked like all others, but nothing is made of them.

use std::ops::Range;

use super::{Markup, Reader, Rest, Texts};
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
        let (start, outside, depth) = (open.start, open.bindings, self.open.len());
        let mut rests_on = open.rests_on;
        if self.end_due {
            self.end_due = false;
            self.close();
        }
        while self.open.len() >= depth {
            match self.markup() {
                Markup::Start => rests_on = rests_on.min(self.skip_start()?),
                Markup::End => self.on_end()?,
                Markup::Text => {
                    self.on_text(Texts::Skip)?;
                }
                Markup::Comment => self.on_comment()?,
                Markup::Question => self.on_question()?,
                Markup::Declaration => return Err(self.on_declaration()),
                Markup::Nothing => return Err(Error::new(ErrorKind::UnexpectedEnd, self.at)),
            }
        }
        Ok(Skipped {
            range: start..self.at,
            standalone: rests_on >= Rest::Binding(outside),
        })
    }

    fn skip_start(&mut self) -> Result<Rest, Error> {
        let tag = self.start_tag()?;
        self.attributes.clear();
        if tag.self_closing {
            self.close();
        }
        Ok(tag.rests_on)
    }
}
