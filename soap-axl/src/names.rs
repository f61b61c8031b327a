//! Elements as `Debug` prints them here: names without text, which may be secret.

use core::fmt;

use crate::xml::Element;

/// Names of elements, of their attributes and of what is inside of them.
pub(crate) struct Names<'a>(&'a [Element]);

impl<'a> Names<'a> {
    /// Of these elements.
    pub(crate) fn all(elements: &'a [Element]) -> Self {
        Self(elements)
    }

    /// Of this element.
    pub(crate) fn one(element: &'a Element) -> impl fmt::Debug + 'a {
        OneName(element)
    }
}

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(OneName)).finish()
    }
}

struct OneName<'a>(&'a Element);

impl fmt::Debug for OneName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.0.local())?;
        for attribute in self.0.attributes() {
            write!(f, " {}", attribute.name.local())?;
        }
        f.write_str(">")?;
        if self.0.children().next().is_none() {
            return Ok(());
        }
        // As deep as the limits let the message be.
        f.debug_list()
            .entries(self.0.children().map(OneName))
            .finish()
    }
}
