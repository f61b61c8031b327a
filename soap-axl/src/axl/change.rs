//! What has changed in the configuration: `listChange`.

use core::fmt;

use crate::{
    DecodeError, Decoder, Encoder,
    axl::{
        Content, Presence, Uuid,
        macros::{open_string, operation, record},
    },
};

operation! {
    /// Asks what has changed since a change, or what the server remembers.
    ///
    /// [`ChangeFollower`](crate::axl::ChangeFollower) asks again and again.
    ListChange "listChange" {
        /// Where to begin: [`QueueInfo::next_start_change_id`] of the answer before.
        start_change_id: Option<StartChangeId> = "startChangeId";
        /// Kinds of objects; all when it is left out.
        objects: Option<ChangeObjects> = "objectList";
    }
    /// What has changed. It has no `return`.
    -> ListChangeReply in Answer {
        /// The server's memory of changes.
        queue_info: Presence<QueueInfo> = "queueInfo";
        /// What has changed.
        changes: Presence<Changes> = "changes";
    }
}

record! {
    /// Kinds of objects.
    ChangeObjects "objectList" with Default {
        children {
            /// Names, as in `Phone`.
            objects: Vec<String> = "object";
        }
    }

    /// What a server remembers of changes.
    QueueInfo "queueInfo" with Default {
        children {
            /// The oldest change it remembers.
            first_change_id: Presence<i64> = "firstChangeId";
            /// The newest.
            last_change_id: Presence<i64> = "lastChangeId";
            /// Where to begin next time.
            next_start_change_id: Presence<i64> = "nextStartChangeId";
            /// Which memory it is; another one begins when the service restarts.
            queue_id: Presence<String> = "queueId";
        }
    }

    /// Changes.
    Changes "changes" with Default {
        children {
            /// In the order they happened.
            changes: Vec<Change> = "change";
        }
    }

    /// A change of an object.
    Change "change" with Default {
        attributes {
            /// Kind of the object, as in `Phone`.
            kind: String = "type";
            /// Key of the object.
            uuid: Uuid = "uuid";
        }
        children {
            /// Number of the change.
            id: Presence<i64> = "id";
            /// What was done.
            action: Presence<ChangeAction> = "action";
            /// Service that it matters to.
            service_type: Presence<String> = "serviceType";
            /// Whether the object has to be asked for anew, since not everything is in the tags.
            do_get: Presence<bool> = "doGet";
            /// What is other than before.
            changed_tags: Presence<ChangedTags> = "changedTags";
        }
    }

    /// Elements that are other than before.
    ChangedTags "changedTags" with Default {
        children {
            /// The elements.
            tags: Vec<ChangedTag> = "changedTag";
        }
    }
}

open_string! {
    /// What was done to an object.
    ChangeAction {
        /// It was added.
        ADD = "a",
        /// It was changed.
        UPDATE = "u",
        /// It was removed.
        REMOVE = "r",
    }
}

/// Where to begin in a server's memory of changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StartChangeId {
    /// Number of the first change wanted.
    pub id: i64,
    /// Which memory the number is of.
    pub queue_id: String,
}

impl Content for StartChangeId {
    const BLANK: Self = Self {
        id: 0,
        queue_id: String::new(),
    };

    fn fill(&mut self, decoder: &mut Decoder<'_>, wire: &'static str) -> Result<(), DecodeError> {
        let queue_id = decoder.attribute("", "queueId").unwrap_or_default();
        queue_id.clone_into(&mut self.queue_id);
        self.id.fill(decoder, wire)
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.open(wire).attr("queueId", &self.queue_id);
        encoder.text(&self.id.to_string());
        encoder.close();
    }
}

/// An element that is other than before. `Debug` prints its name alone: it may be secret.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct ChangedTag {
    /// Name of the element.
    pub name: String,
    /// What it holds now.
    pub value: String,
}

impl fmt::Debug for ChangedTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangedTag")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Content for ChangedTag {
    const BLANK: Self = Self {
        name: String::new(),
        value: String::new(),
    };

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        let name = decoder.attribute("", "name").unwrap_or_default();
        name.clone_into(&mut self.name);
        self.value = decoder.text()?.into_owned();
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.open(wire).attr("name", &self.name);
        encoder.text(&self.value);
        encoder.close();
    }
}
