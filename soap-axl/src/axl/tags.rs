//! Masks: `returnedTags`.

use crate::{DecodeError, Decoder, Encoder, axl::Content};

/// Which children of an answer are wanted: `returnedTags`.
///
/// On the wire it is an instance of the answer's type used as a mask: an element that is there is
/// wanted, and what it holds does not count, save for elements inside it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tags(Vec<(String, Self)>);

impl Tags {
    /// Wants these children, whole.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            names
                .into_iter()
                .map(|name| (name.to_owned(), Self::default()))
                .collect(),
        )
    }

    /// Wants these children of one child.
    #[must_use]
    pub fn with_inner(mut self, name: &str, inner: Self) -> Self {
        self.0.push((name.to_owned(), inner));
        self
    }

    /// Whether the child of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.0.iter().any(|(wanted, _)| wanted == name)
    }

    /// What is wanted inside the child of this name; `None` when the child is not wanted, an
    /// empty mask when it is wanted whole.
    pub fn inner(&self, name: &str) -> Option<&Self> {
        self.0
            .iter()
            .find(|(wanted, _)| wanted == name)
            .map(|(_, inner)| inner)
    }

    /// Whether nothing is wanted by name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names wanted, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl Content for Tags {
    const BLANK: Self = Self(Vec::new());

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        // Without recursion: the peer chooses the depth.
        let mut parents: Vec<(Self, String)> = Vec::new();
        let mut tags = Self::default();
        loop {
            match decoder.child()? {
                Some(name) => {
                    parents.push((core::mem::take(&mut tags), name.local().to_owned()));
                }
                None => match parents.pop() {
                    Some((mut parent, name)) => {
                        parent.0.push((name, core::mem::take(&mut tags)));
                        tags = parent;
                    }
                    None => {
                        *self = tags;
                        return Ok(());
                    }
                },
            }
        }
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.open(wire);
        for (name, inner) in &self.0 {
            // As deep as the caller built it.
            inner.write(encoder, name);
        }
        encoder.close();
    }
}
