//! What `listChange` tells: the last changes of the directory, in memory.

use std::collections::VecDeque;

use soap_axl::{
    axl::{
        Change, ChangeAction, ChangedTag, ChangedTags, Changes as List, ListChange,
        ListChangeReply, Presence, QueueInfo, Uuid,
    },
    xml::Element,
};

use super::{
    dictionary::{Column, Object},
    directory::Touched,
};

/// The memory of changes. It begins anew with the process, under another name, so that those who
/// follow it know that they missed something.
#[derive(Debug)]
pub(super) struct Changes {
    queue_id: String,
    /// Number of the change that comes next.
    next: i64,
    kept: VecDeque<Change>,
    most: usize,
}

impl Changes {
    /// An empty memory of this name, for so many changes.
    pub(super) fn new(queue_id: String, most: usize) -> Self {
        Self {
            queue_id,
            next: 1,
            kept: VecDeque::new(),
            most,
        }
    }

    /// Remembers what was touched. `said` holds the elements of the operation that touched the
    /// object with this key, and what they say now.
    pub(super) fn record(&mut self, touched: Vec<Touched>, said: Option<(&str, &Element)>) {
        for touched in touched {
            let tags = said
                .filter(|(pkid, _)| *pkid == touched.pkid && touched.action != "r")
                .and_then(|(_, element)| {
                    Some(changed_tags(Object::named(&touched.object)?, element))
                });
            // Whether the tags say everything.
            let (tags, whole) = tags.unwrap_or_default();
            if self.kept.len() >= self.most {
                self.kept.pop_front();
            }
            self.kept.push_back(Change {
                kind: Some(touched.object),
                uuid: Some(Uuid::new(Uuid::new(touched.pkid).to_braced())),
                id: self.next.into(),
                do_get: (touched.action != "r" && !(touched.action == "u" && whole)).into(),
                action: ChangeAction::from(touched.action.as_str()).into(),
                service_type: "".into(),
                changed_tags: ChangedTags {
                    tags,
                    ..Default::default()
                }
                .into(),
                ..Default::default()
            });
            self.next += 1;
        }
    }

    /// Answers what has changed from the change that is asked for on. A number of another queue
    /// means nothing here: the name of this one says so.
    pub(super) fn list(&self, asked: &ListChange) -> ListChangeReply {
        let from = asked
            .start_change_id
            .as_ref()
            .map_or(Some(i64::MIN), |start| {
                (start.queue_id == self.queue_id).then_some(start.id)
            });
        let kinds = asked.objects.as_ref().map(|objects| &objects.objects);
        let is_wanted = |change: &&Change| {
            let id = change.id.value().copied();
            let is_kind = kinds.is_none_or(|kinds| {
                kinds.is_empty() || kinds.iter().any(|kind| Some(kind) == change.kind.as_ref())
            });
            from.is_some_and(|from| id >= Some(from)) && is_kind
        };
        let first = self
            .kept
            .front()
            .and_then(|change| change.id.value().copied());
        ListChangeReply {
            queue_info: QueueInfo {
                first_change_id: first.unwrap_or(self.next).into(),
                last_change_id: (self.next - 1).into(),
                next_start_change_id: self.next.into(),
                queue_id: self.queue_id.as_str().into(),
                ..Default::default()
            }
            .into(),
            changes: Presence::Value(List {
                changes: self.kept.iter().filter(is_wanted).cloned().collect(),
                ..Default::default()
            }),
            other: Vec::new(),
        }
    }
}

/// What elements of an operation say, without secrets; and whether that is all there is to know.
fn changed_tags(object: &Object, said: &Element) -> (Vec<ChangedTag>, bool) {
    let is_secret = |child: &&Element| {
        object
            .field(child.local())
            .is_some_and(|field| matches!(field.column, Column::Secret(_) | Column::Dropped))
    };
    let tags = said
        .children()
        .filter(|child| !is_secret(child))
        .map(|child| ChangedTag {
            name: child.local().to_owned(),
            value: child.text().chars().take(MAX_VALUE).collect(),
        })
        .collect();
    let whole = said.children().all(|child| {
        child.children().next().is_none() && child.text().chars().nth(MAX_VALUE).is_none()
    });
    (tags, whole)
}

/// Longest value that is remembered, in characters.
const MAX_VALUE: usize = 256;

#[cfg(test)]
mod tests {
    use soap_axl::axl::{ChangeObjects, StartChangeId};

    use super::*;

    fn touched(object: &str, number: usize) -> Touched {
        Touched {
            object: object.to_owned(),
            pkid: format!("key-{number}"),
            action: "a".to_owned(),
        }
    }

    fn ask(start: Option<(i64, &str)>, kinds: &[&str]) -> ListChange {
        ListChange {
            start_change_id: start.map(|(id, queue_id)| StartChangeId {
                id,
                queue_id: queue_id.to_owned(),
            }),
            objects: Some(ChangeObjects {
                objects: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                other: Vec::new(),
            }),
            other: Vec::new(),
        }
    }

    fn ids(reply: ListChangeReply) -> Vec<i64> {
        let changes = reply.changes.into_value().unwrap().changes;
        changes
            .iter()
            .map(|change| *change.id.value().unwrap())
            .collect()
    }

    #[test]
    fn the_oldest_are_forgotten_and_the_queue_says_which_are_there() {
        let mut changes = Changes::new("one".to_owned(), 3);
        let empty = changes
            .list(&ask(None, &[]))
            .queue_info
            .into_value()
            .unwrap();
        assert_eq!(empty.first_change_id.value(), Some(&1));
        assert_eq!(empty.last_change_id.value(), Some(&0));
        changes.record(
            (0..5).map(|number| touched("Phone", number)).collect(),
            None,
        );
        let reply = changes.list(&ask(None, &[]));
        let queue = reply.queue_info.value().unwrap();
        assert_eq!(queue.first_change_id.value(), Some(&3));
        assert_eq!(queue.last_change_id.value(), Some(&5));
        assert_eq!(queue.next_start_change_id.value(), Some(&6));
        assert_eq!(ids(reply), [3, 4, 5]);
    }

    #[test]
    fn changes_are_told_from_a_number_on_by_kind_and_of_this_queue_only() {
        let mut changes = Changes::new("one".to_owned(), 10);
        changes.record(
            vec![touched("Phone", 1), touched("User", 2), touched("Phone", 3)],
            None,
        );
        assert_eq!(ids(changes.list(&ask(Some((2, "one")), &[]))), [2, 3]);
        assert_eq!(
            ids(changes.list(&ask(Some((1, "one")), &["Phone"]))),
            [1, 3]
        );
        assert_eq!(
            ids(changes.list(&ask(Some((1, "zero")), &[]))),
            Vec::<i64>::new()
        );
    }
}
