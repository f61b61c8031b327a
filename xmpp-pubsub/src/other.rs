//! What an element has beyond the fields of its type.

use bytes::BufMut;
use wire_xml::{Attribute, Element, Name, Reader, Str, Tag, Writer};

/// Attributes and children that a type of this crate has no field for, kept so that they are written again.
///
/// Text between elements means nothing in the elements that are typed here, and is dropped. So is what somebody adds to
/// an element that is one value here, such as `retract`, `redirect`, `feature` or `value`. An empty `node` is none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Other(
    /// Nothing is always `None`, so that equal means the same.
    Option<Box<Kept>>,
);

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Kept {
    attributes: Vec<Attribute>,
    elements: Vec<Element>,
    around: Other,
}

impl Other {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Adds an attribute, or replaces one of that name. It must not be one that the type has a field for.
    #[must_use]
    pub fn with_attribute(mut self, attribute: Attribute) -> Self {
        let attributes = &mut self.0.get_or_insert_default().attributes;
        match attributes
            .iter_mut()
            .find(|known| known.name == attribute.name)
        {
            Some(known) => *known = attribute,
            None => attributes.push(attribute),
        }
        self
    }

    /// Adds a child, which is written after those that the type has fields for.
    #[must_use]
    pub fn with_element(mut self, element: Element) -> Self {
        self.0.get_or_insert_default().elements.push(element);
        self
    }

    /// Says what stands in the element around this one, where that has no value of its own: `event`, and the `pubsub`
    /// of owners. Nothing looks at it elsewhere.
    #[must_use]
    pub fn with_around(mut self, around: Self) -> Self {
        if self.0.is_some() || around.0.is_some() {
            self.0.get_or_insert_default().around = around;
        }
        self
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        self.0.as_ref().map_or(&[], |kept| &kept.attributes)
    }

    /// The children.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        self.0.as_ref().map_or(&[], |kept| &kept.elements)
    }

    /// What stands in the element around this one.
    #[must_use]
    pub fn around(&self) -> &Self {
        self.0.as_ref().map_or(&NOTHING, |kept| &kept.around)
    }

    /// What `element` has beyond these attributes, none of which has a namespace, and the children that `is_known` knows.
    pub(crate) fn of(
        element: &Element,
        attributes: &[&str],
        mut is_known: impl FnMut(&Element) -> bool,
    ) -> Self {
        let mut other = Self::new();
        for attribute in element.attributes() {
            let name = &attribute.name;
            if !(name.ns().is_empty() && attributes.contains(&name.local())) {
                let kept = other.0.get_or_insert_default();
                kept.attributes.push(attribute.clone());
            }
        }
        for child in element.children().filter(|child| !is_known(child)) {
            let kept = other.0.get_or_insert_default();
            kept.elements.push(child.clone());
        }
        other
    }

    /// What the start tag that `reader` read last has beyond these attributes, each with its namespace.
    pub(crate) fn of_tag(reader: &Reader<'_>, known: &[(&str, &str)]) -> Self {
        let others = reader.attributes().iter().filter(|attribute| {
            let mut known = known.iter();
            !known.any(|(ns, local)| attribute.name.is(ns, local))
        });
        others.fold(Self::new(), |other, attribute| {
            let (ns, local) = attribute.name.parts();
            other.with_attribute(Attribute {
                name: Name::new(Str::from(ns).to_shared(), Str::from(local).to_shared()),
                value: attribute.value.clone().into_owned(),
            })
        })
    }

    /// What `parent` has beside `child`, which is the only one that is typed.
    pub(crate) fn beside(parent: &Element, child: &Element) -> Self {
        Self::of(parent, &[], |other| core::ptr::eq(other, child))
    }

    pub(crate) fn write_attributes<'w, B: BufMut>(&self, tag: Tag<'w, B>) -> Tag<'w, B> {
        self.attributes().iter().fold(tag, |tag, attribute| {
            tag.attr_ns(
                attribute.name.ns(),
                attribute.name.local(),
                &attribute.value,
            )
        })
    }

    pub(crate) fn write_elements<B: BufMut>(&self, writer: &mut Writer<B>) {
        for element in self.elements() {
            writer.element(element);
        }
    }
}

/// Knows the first child of that name: where one is read, a second is kept.
pub(crate) fn first(ns: &'static str, local: &'static str) -> impl FnMut(&Element) -> bool {
    let mut seen = false;
    move |child| child.is(ns, local) && !core::mem::replace(&mut seen, true)
}

/// Writes an element that has no value of its own, with what stood in it beside the typed child.
pub(crate) fn write_around<B: BufMut>(
    writer: &mut Writer<B>,
    (ns, local): (&str, &str),
    other: Option<&Other>,
    child: impl FnOnce(&mut Writer<B>),
) {
    let around = other.map_or(&NOTHING, Other::around);
    around.write_attributes(writer.start(ns, local));
    child(writer);
    around.write_elements(writer);
    writer.end();
}

static NOTHING: Other = Other::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_equal_however_it_came_about() {
        let element = Element::new("urn:a", "a").with_attr("known", "1");
        assert_eq!(Other::of(&element, &["known"], |_| false), Other::new());
        assert_eq!(Other::new().with_around(Other::new()), Other::new());
        assert!(Other::new().is_empty());
    }

    #[test]
    fn an_attribute_comes_once() {
        let attribute = |value: &str| Attribute {
            name: Name::new("urn:a", "a"),
            value: value.to_owned(),
        };
        let other = Other::new()
            .with_attribute(attribute("1"))
            .with_attribute(attribute("2"));
        assert_eq!(other.attributes(), [attribute("2")]);
    }
}
