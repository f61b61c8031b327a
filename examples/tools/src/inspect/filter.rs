//! Which messages are shown.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use cti_proto::Message;
use cti_proto::code::MessageType;
use cti_proto::codec::{Contents, FieldValue};

use crate::inspect::args::Show;

/// A message type that is wanted, or not.
#[derive(Clone, Debug)]
pub(crate) struct TypeFilter {
    excluded: bool,
    number: MessageType,
}

impl FromStr for TypeFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (excluded, name) = match text.strip_prefix('!') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let number = match name.parse() {
            Ok(number) => MessageType(number),
            Err(_) => number_of(name).ok_or_else(|| format!("no message is called {name}"))?,
        };
        Ok(Self { excluded, number })
    }
}

/// By the name in either dialect.
fn number_of(name: &str) -> Option<MessageType> {
    let listed = MessageType::NAMES.iter().copied();
    let typed = Message::TABLES
        .iter()
        .map(|table| (table.name, table.number));
    listed
        .chain(typed)
        .find(|(listed, _)| listed.eq_ignore_ascii_case(name))
        .map(|(_, number)| number)
}

/// The client's address, with or without its port.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ClientFilter {
    Host(IpAddr),
    Socket(SocketAddr),
}

impl FromStr for ClientFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self::Host)
            .or_else(|_| text.parse().map(Self::Socket))
            .map_err(|_| "neither an IP address nor IP:PORT".to_owned())
    }
}

impl ClientFilter {
    pub(crate) fn admits(self, client: SocketAddr) -> bool {
        match self {
            Self::Host(host) => client.ip().to_canonical() == host.to_canonical(),
            Self::Socket(socket) => client == socket,
        }
    }
}

/// What the user wants to see of a session's messages.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    types: Vec<TypeFilter>,
    agent: Option<String>,
    call: Option<i64>,
}

impl Filter {
    pub(crate) fn new(show: &Show) -> Self {
        Self {
            types: show.types.clone(),
            agent: show.agent.clone(),
            call: show.call.map(i64::from),
        }
    }

    /// Whether messages about everybody are shown.
    pub(crate) const fn is_about_all(&self) -> bool {
        self.agent.is_none() && self.call.is_none()
    }

    /// Whether every message is shown.
    pub(crate) const fn is_open(&self) -> bool {
        self.types.is_empty() && self.is_about_all()
    }

    pub(crate) fn admits_type(&self, number: MessageType) -> bool {
        let named = |excluded| {
            let mut filters = self
                .types
                .iter()
                .filter(move |filter| filter.excluded == excluded);
            filters
                .clone()
                .next()
                .map(|_| filters.any(|filter| filter.number == number))
        };
        named(false).unwrap_or(true) && !named(true).unwrap_or(false)
    }

    /// Whether `message` is about the agent and the call that are wanted. Of one that cannot be read
    /// nobody can tell, so it is.
    pub(crate) fn concerns(&self, message: Option<&Message>) -> bool {
        if self.is_about_all() {
            return true;
        }
        let Some(contents) = message.and_then(Message::contents) else {
            return true;
        };
        let of_agent = self.agent.as_deref().is_none_or(|agent| {
            holds(contents, &|name, _, value| {
                let text = value.text().filter(|_| AGENT_FIELDS.contains(&name));
                text.is_some_and(|text| text.as_bytes() == agent.as_bytes())
            })
        });
        let of_call = self.call.is_none_or(|call| {
            holds(contents, &|_, type_name, value| {
                type_name.contains("CallId") && value.number() == Some(call)
            })
        });
        of_agent && of_call
    }
}

/// Whether a field, or one of a list's entries, is what `is_it` looks for.
fn holds(contents: Contents<'_>, is_it: &dyn Fn(&str, &str, FieldValue<'_>) -> bool) -> bool {
    contents.fields().any(|(field, value)| {
        let of_list = |value| {
            if let FieldValue::Entry(entry) = value {
                holds(entry, is_it)
            } else {
                is_it(field.name, field.type_name, value)
            }
        };
        if let FieldValue::List(list) = value {
            list.iter().any(of_list)
        } else {
            of_list(value)
        }
    })
}

const AGENT_FIELDS: [&str; 6] = [
    "agent_id",
    "agent_extension",
    "agent_instrument",
    "supervisor_id",
    "login_id",
    "old_login_id",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn types(texts: &[&str]) -> Filter {
        Filter {
            types: texts.iter().map(|text| text.parse().unwrap()).collect(),
            agent: None,
            call: None,
        }
    }

    #[test]
    fn types_are_named_in_any_case_or_by_number() {
        let filter = types(&["open_req", "4"]);
        assert!(filter.admits_type(MessageType::OPEN_REQ));
        assert!(filter.admits_type(MessageType::OPEN_CONF));
        assert!(!filter.admits_type(MessageType::CLOSE_REQ));
        assert!("NO_SUCH_REQ".parse::<TypeFilter>().is_err());
    }

    #[test]
    fn an_exclamation_mark_leaves_out() {
        let filter = types(&["!HEARTBEAT_REQ"]);
        assert!(!filter.admits_type(MessageType::HEARTBEAT_REQ));
        assert!(filter.admits_type(MessageType::HEARTBEAT_CONF));
    }

    #[test]
    fn both_dialects_names_are_known() {
        assert_eq!(number_of("CONFIG_CSQ_EVENT"), Some(MessageType(236)));
        assert_eq!(
            number_of("CONFIG_SKILL_GROUP_EVENT"),
            Some(MessageType(236))
        );
    }
}
