//! Items events, read in place.
//!
//! Only what nearly every event is: one `items` with `item` and `retract` in it and nothing that would have to be kept. All
//! else, faults among it, is left to the reader of trees, which says the same of the events that are read here.

use super::{Changes, Event, ItemChange};
use crate::error::DecodeError;
use crate::in_place::{Carried, InPlace, Next};
use crate::ns::PUBSUB_EVENT as NS;
use crate::other::Other;
use crate::stanza::Payload;

/// The event, or `None` if it is not as plain as that.
pub(super) fn decode(payload: &Payload) -> Result<Option<Event>, DecodeError> {
    Ok(event(InPlace::new(payload)?))
}

fn event(mut xml: InPlace<'_>) -> Option<Event> {
    xml.open(NS, "event")?;
    xml.no_attributes()?;
    xml.open(NS, "items")?;
    let mut node = xml.node()?;
    let mut changes = Changes::new();
    while let Next::Start(start) = xml.next()? {
        let names = xml.names(&mut node)?;
        changes.push(if start.name.is(NS, "item") {
            ItemChange::Published(xml.item(names, Carried::Slices)?)
        } else if start.name.is(NS, "retract") && names.publisher.is_none() {
            xml.close()?;
            ItemChange::Retracted(names.id?)
        } else {
            return None;
        });
    }
    xml.close()?;
    Some(Event::Items {
        node: node.into_id()?,
        changes,
        other: Other::new(),
    })
}
