//! Commands. XEP-0050, to the degree that XEP-0060 §8.7 needs them: who waits for approval is asked by one.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::decode::{expect, unexpected};
use crate::error::DecodeError;
use crate::form::Form;
use crate::names::open_names;
use crate::ns;
use crate::other::{Other, first};
use crate::stanza::Payload;

open_names! {
    /// What the requester wants done. XEP-0050 §2.1.
    pub struct Action {
        /// Start, or go on as the responder would.
        EXECUTE = "execute",
        /// Give up.
        CANCEL = "cancel",
        /// One stage back.
        PREV = "prev",
        /// One stage on.
        NEXT = "next",
        /// The last stage.
        COMPLETE = "complete",
    }
}

open_names! {
    /// How far a command has come. XEP-0050 §2.1.
    pub struct Status {
        /// More stages follow.
        EXECUTING = "executing",
        /// Done.
        COMPLETED = "completed",
        /// Given up.
        CANCELED = "canceled",
    }
}

/// The `command` element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Command {
    /// Which command, such as [`ns::GET_PENDING`].
    pub node: String,
    /// Names one run of it; the responder makes it.
    pub session_id: Option<String>,
    /// What is wanted, in a request.
    pub action: Option<Action>,
    /// What became of it, in an answer.
    pub status: Option<Status>,
    /// What can be done next, in an answer.
    pub actions: Option<Actions>,
    /// What is asked, or answered.
    pub form: Option<Form>,
    /// Words for people.
    pub notes: Vec<Note>,
    /// What else was there, `xml:lang` among it.
    pub other: Other,
}

/// What can be done next. XEP-0050 §3.4.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Actions {
    /// What `execute` stands for.
    pub execute: Option<Action>,
    /// What is allowed.
    pub allowed: Vec<Action>,
}

/// Words for people. XEP-0050 §2.4.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// `info`, `warn` or `error`; absent means `info`.
    pub kind: Option<String>,
    /// The words.
    pub text: String,
}

impl Command {
    /// Starts a command.
    #[must_use]
    pub fn execute(node: &str) -> Self {
        Self {
            node: node.to_owned(),
            session_id: None,
            action: Some(Action::EXECUTE),
            status: None,
            actions: None,
            form: None,
            notes: Vec::new(),
            other: Other::new(),
        }
    }

    /// Reads a `command` element.
    ///
    /// # Errors
    ///
    /// If it is another element, lacks its node, or holds a form that cannot be read.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::COMMANDS, "command")?;
        let form = element.child(ns::DATA_FORMS, "x");
        let mut is_form = first(ns::DATA_FORMS, "x");
        let mut is_actions = first(ns::COMMANDS, "actions");
        Ok(Self {
            node: element
                .attr("node")
                .ok_or(DecodeError::Missing {
                    element: "command",
                    field: "node",
                })?
                .to_owned(),
            session_id: element.attr("sessionid").map(str::to_owned),
            action: element.attr("action").map(Action::from_name),
            status: element.attr("status").map(Status::from_name),
            actions: element
                .child(ns::COMMANDS, "actions")
                .map(Actions::from_element)
                .transpose()?,
            form: form.map(Form::from_element).transpose()?,
            notes: element
                .children_named(ns::COMMANDS, "note")
                .map(|note| Note {
                    kind: note.attr("type").map(str::to_owned),
                    text: note.text().into_owned(),
                })
                .collect(),
            other: Other::of(
                &element,
                &["node", "sessionid", "action", "status"],
                |child| is_form(child) || is_actions(child) || child.is(ns::COMMANDS, "note"),
            ),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::COMMANDS, "command", |writer| {
            let tag = writer
                .start(ns::COMMANDS, "command")
                .attr("node", &self.node)
                .attr_opt("sessionid", self.session_id.as_deref())
                .attr_opt("action", self.action.as_ref().map(Action::as_str))
                .attr_opt("status", self.status.as_ref().map(Status::as_str));
            self.other.write_attributes(tag);
            if let Some(actions) = &self.actions {
                actions.write(writer);
            }
            if let Some(form) = &self.form {
                form.write(writer);
            }
            for note in &self.notes {
                writer
                    .start(ns::COMMANDS, "note")
                    .attr_opt("type", note.kind.as_deref())
                    .text(&note.text)
                    .end();
            }
            self.other.write_elements(writer);
            writer.end();
        })
    }
}

impl Actions {
    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let allowed = element.children().map(|child| match child.name().parts() {
            (ns::COMMANDS, local) => Ok(Action::from_name(local)),
            _ => Err(unexpected(child)),
        });
        Ok(Self {
            execute: element.attr("execute").map(Action::from_name),
            allowed: allowed.collect::<Result<_, _>>()?,
        })
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        writer
            .start(ns::COMMANDS, "actions")
            .attr_opt("execute", self.execute.as_ref().map(Action::as_str));
        for action in &self.allowed {
            writer.start(ns::COMMANDS, action.as_str()).end();
        }
        writer.end();
    }
}

#[cfg(test)]
mod tests {
    use wire_xml::Limits;

    use super::*;

    #[test]
    fn an_answer_of_several_stages_is_written_as_it_was_read() {
        let source = br#"<command xmlns="http://jabber.org/protocol/commands" node="n" sessionid="s" status="executing"><actions execute="next"><prev/><next/></actions><x xmlns="jabber:x:data" type="form"/><note type="warn">W</note></command>"#;
        let payload = Payload::parse(source, &Limits::default()).unwrap();
        let command = Command::decode(&payload).unwrap();
        assert_eq!(command.status, Some(Status::EXECUTING));
        let actions = command.actions.as_ref().unwrap();
        assert_eq!(actions.execute, Some(Action::NEXT));
        assert_eq!(actions.allowed, [Action::PREV, Action::NEXT]);
        assert_eq!(command.to_payload().as_bytes().as_ref(), source);
    }

    #[test]
    fn a_request_names_its_command() {
        let payload = Command::execute(ns::GET_PENDING).to_payload();
        assert_eq!(
            payload.as_bytes().as_ref(),
            br#"<command xmlns="http://jabber.org/protocol/commands" node="http://jabber.org/protocol/pubsub#get-pending" action="execute"/>"#
        );
    }
}
