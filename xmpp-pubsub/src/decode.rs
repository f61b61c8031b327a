//! Small readers of attributes, shared by the codecs.

use wire_xml::Element;

use crate::error::DecodeError;
use crate::id::{IdError, ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::other::first;

/// An attribute that is an address; absent is `None`.
pub(crate) fn jid(
    element: &Element,
    name: &'static str,
    field: &'static str,
) -> Result<Option<Jid>, DecodeError> {
    element
        .attr(field)
        .map(Jid::new)
        .transpose()
        .map_err(|error| DecodeError::Jid {
            element: name,
            field,
            error,
        })
}

/// A node attribute. Absent and empty are `None`: an empty name is the root collection (trap 22 of XEP-0060).
pub(crate) fn node(element: &Element, name: &'static str) -> Result<Option<NodeId>, DecodeError> {
    identifier(element, name, "node", NodeId::new)
}

/// An `id` attribute of an item.
pub(crate) fn item_id(
    element: &Element,
    name: &'static str,
) -> Result<Option<ItemId>, DecodeError> {
    identifier(element, name, "id", ItemId::new)
}

/// A `subid` attribute.
pub(crate) fn sub_id(element: &Element, name: &'static str) -> Result<Option<SubId>, DecodeError> {
    identifier(element, name, "subid", SubId::new)
}

fn identifier<T>(
    element: &Element,
    name: &'static str,
    field: &'static str,
    parse: fn(&str) -> Result<T, IdError>,
) -> Result<Option<T>, DecodeError> {
    element
        .attr(field)
        .filter(|value| !value.is_empty())
        .map(parse)
        .transpose()
        .map_err(|error| DecodeError::Id {
            element: name,
            field,
            error,
        })
}

/// An attribute out of a closed set of words; absent is `None`.
pub(crate) fn word<T>(
    element: &Element,
    name: &'static str,
    field: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, DecodeError> {
    element
        .attr(field)
        .map(|value| {
            parse(value).ok_or(DecodeError::Invalid {
                element: name,
                field,
            })
        })
        .transpose()
}

/// A number that counts something; absent is `None`.
pub(crate) fn number(
    text: Option<&str>,
    element: &'static str,
    field: &'static str,
) -> Result<Option<u64>, DecodeError> {
    text.map(|text| {
        wire_xml::text::trim(text)
            .parse()
            .map_err(|_| DecodeError::Invalid { element, field })
    })
    .transpose()
}

/// The child that is of this namespace, if it is the only one; others do not count.
pub(crate) fn only_child<'a>(element: &'a Element, ns: &str) -> Option<&'a Element> {
    let mut children = element.children().filter(|child| child.ns() == ns);
    children.next().filter(|_| children.next().is_none())
}

/// Where a deleted node went: the `uri` of the first `redirect`.
pub(crate) fn redirect(element: &Element, ns: &str) -> Option<String> {
    let redirect = element.child(ns, "redirect")?;
    redirect.attr("uri").map(str::to_owned)
}

/// Knows the `redirect` that [`redirect`] reads.
pub(crate) fn is_redirect(ns: &'static str) -> impl FnMut(&Element) -> bool {
    let mut is_first = first(ns, "redirect");
    move |child| is_first(child) && child.attr("uri").is_some()
}

/// Fails unless the element has this name.
pub(crate) fn expect(element: &Element, ns: &str, local: &str) -> Result<(), DecodeError> {
    if element.is(ns, local) {
        return Ok(());
    }
    Err(unexpected(element))
}

pub(crate) fn unexpected(element: &Element) -> DecodeError {
    DecodeError::Unexpected {
        name: element.name().to_string(),
    }
}
