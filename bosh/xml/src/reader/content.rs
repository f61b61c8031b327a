//! What stands between tags: text, comments, the XML declaration.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::{Mode, Reader, Texts, Token, TokenKind};
use crate::chars::{is_space, push_normalized, resolve_reference};
use crate::error::{Error, ErrorKind};
use crate::limits::Profile;

impl<'a> Reader<'a> {
    /// Joins the run of text that begins with `first`. `None` if it is white space outside the
    /// root, or empty.
    pub(super) fn on_text(
        &mut self,
        first: Token,
        texts: Texts,
    ) -> Result<Option<Cow<'a, str>>, Error> {
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        let mut token = first;
        loop {
            if token.end - first.start > self.limits.text {
                return Err(Error::new(ErrorKind::Limit("text"), token.start));
            }
            self.on_text_part(token, texts, &mut text)?;
            token = self.token()?;
            match token.kind {
                TokenKind::Text | TokenKind::Reference | TokenKind::CData => {}
                TokenKind::Comment => {
                    self.on_comment(token)?;
                    // An empty part: the run goes on behind the comment.
                    token = Token {
                        kind: TokenKind::Text,
                        start: token.end,
                        end: token.end,
                    };
                }
                TokenKind::Start
                | TokenKind::Empty
                | TokenKind::End
                | TokenKind::Instruction
                | TokenKind::Declaration
                | TokenKind::DocType
                | TokenKind::Eof => break,
            }
        }
        self.peeked = Some(token);
        let outside = self.open.is_empty() && self.mode != Mode::Fragment;
        Ok((!outside && (!text.is_empty() || texts == Texts::Skip)).then_some(text))
    }

    fn on_text_part(
        &self,
        token: Token,
        texts: Texts,
        text: &mut Cow<'a, str>,
    ) -> Result<(), Error> {
        let raw = &self.source[token.start..token.end];
        if self.open.is_empty()
            && self.mode != Mode::Fragment
            && (token.kind != TokenKind::Text || !raw.bytes().all(is_space))
        {
            return Err(Error::new(ErrorKind::OutsideRoot, token.start));
        }
        let part = if token.kind == TokenKind::Reference {
            let c = resolve_reference(&raw[1..raw.len() - 1], token.start)?;
            if texts == Texts::Build {
                text.to_mut().push(c);
            }
            return Ok(());
        } else if token.kind == TokenKind::CData {
            // `<![CDATA[` and `]]>`
            &raw[9..raw.len() - 3]
        } else if let Some(at) = memmem::find(raw.as_bytes(), b"]]>") {
            return Err(Error::new(ErrorKind::Syntax, token.start + at));
        } else {
            raw
        };
        if texts == Texts::Skip || part.is_empty() {
            return Ok(());
        }
        if text.is_empty() && memchr(b'\r', part.as_bytes()).is_none() {
            *text = Cow::Borrowed(part);
        } else {
            push_normalized(text.to_mut(), part);
        }
        Ok(())
    }

    pub(super) fn on_comment(&self, token: Token) -> Result<(), Error> {
        if self.profile == Profile::Xmpp {
            return Err(Error::new(ErrorKind::Comment, token.start));
        }
        // `<!--` and `-->`; XML 1.0 §2.5 allows no `--` between them and no `-` before the end.
        let body = self.source.as_bytes().get(token.start + 4..token.end - 3);
        if body.is_none_or(|body| body.ends_with(b"-") || memmem::find(body, b"--").is_some()) {
            return Err(Error::new(ErrorKind::Syntax, token.start));
        }
        Ok(())
    }

    /// XML 1.0 §2.8 `XMLDecl`.
    pub(super) fn on_declaration(&mut self, token: Token) -> Result<(), Error> {
        let allowed = matches!(
            self.mode,
            Mode::Document { declaration: true } | Mode::Header
        );
        if !allowed || token.start != 0 {
            return Err(Error::new(ErrorKind::ProcessingInstruction, token.start));
        }
        let declaration = Error::new(ErrorKind::Declaration, token.start);
        let source = self.source;
        let inside = &source[token.start + 5..token.end - 2];
        let outside = self.bindings.len();
        self.read_attributes(inside, token.start + 5, outside)?;
        if self.bindings.len() != outside {
            return Err(declaration);
        }
        let mut rest = self.unresolved.iter().peekable();
        let mut take = |name: &str| {
            rest.next_if(|attribute| attribute.prefix.is_empty() && attribute.local == name)
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
        self.unresolved.clear();
        Ok(())
    }
}
