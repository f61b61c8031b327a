//! Bodies of requests. The order of the children is free, and children that are not known are ignored.

use wire_xml::{Element, Limits, Profile};

use super::ApiError;

/// Why a body cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Not XML, or more of it than this service reads.
    #[error("the body is not readable XML: {0}")]
    Xml(#[from] wire_xml::Error),
    /// Another element than the resource has.
    #[error("the body is a '{found}' element, not '{expected}'")]
    Root {
        /// What came.
        found: String,
        /// What belongs here.
        expected: &'static str,
    },
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        Self::bad_request("", error.to_string())
    }
}

/// The body of PUT `User/{id}`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserChange {
    /// State that is asked for.
    pub state: Option<String>,
    /// Line to sign in on.
    pub extension: Option<String>,
    /// Id of the reason.
    pub reason_code_id: Option<String>,
}

/// The body of POST `User/{id}/Dialogs` and PUT `Dialog/{id}`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DialogChange {
    /// What to do.
    pub requested_action: Option<String>,
    /// Own line.
    pub target_media_address: Option<String>,
    /// Line to call from.
    pub from_address: Option<String>,
    /// Number to call.
    pub to_address: Option<String>,
    /// Wrap-up reason to store.
    pub wrap_up_reason: Option<String>,
    /// Call variables to set, by name.
    pub variables: Vec<(String, String)>,
}

impl UserChange {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// It is not a `User` element.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let root = parse(body, "User")?;
        Ok(Self {
            state: text(&root, "state"),
            extension: text(&root, "extension"),
            reason_code_id: text(&root, "reasonCodeId"),
        })
    }
}

impl DialogChange {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// It is not a `Dialog` element.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let root = parse(body, "Dialog")?;
        let media = child(&root, "mediaProperties");
        let list = media.and_then(|media| child(media, "callvariables"));
        let variables = list
            .into_iter()
            .flat_map(Element::children)
            .filter_map(|variable| {
                Some((
                    text(variable, "name")?,
                    text(variable, "value").unwrap_or_default(),
                ))
            });
        Ok(Self {
            requested_action: text(&root, "requestedAction"),
            target_media_address: text(&root, "targetMediaAddress"),
            from_address: text(&root, "fromAddress"),
            to_address: text(&root, "toAddress"),
            wrap_up_reason: media.and_then(|media| text(media, "wrapUpReason")),
            variables: variables.collect(),
        })
    }
}

/// The text of POST `ClientLog`, cut to what is worth logging.
///
/// # Errors
///
/// It is not a `ClientLog` element.
pub fn client_log(body: &[u8]) -> Result<String, BodyError> {
    let root = parse(body, "ClientLog")?;
    let text = text(&root, "logData").unwrap_or_default();
    Ok(text.chars().take(MAX_LOG).collect())
}

fn parse(body: &[u8], expected: &'static str) -> Result<Element, BodyError> {
    let limits = Limits::default()
        .with_document(MAX_BODY)
        .with_text(MAX_BODY)
        .with_depth(MAX_DEPTH)
        .with_attributes(MAX_ATTRIBUTES)
        .with_namespaces(MAX_ATTRIBUTES)
        .with_name(MAX_NAME);
    // Programs put comments and declarations into their templates; the other profile has neither.
    let root = Element::parse(body, Profile::Soap, &limits)?;
    if root.local() != expected {
        return Err(BodyError::Root {
            found: root.local().to_owned(),
            expected,
        });
    }
    Ok(root)
}

fn child<'a>(parent: &'a Element, name: &str) -> Option<&'a Element> {
    parent.children().find(|child| child.local() == name)
}

/// Text of a child without white space around it; `None` where it is missing or empty.
fn text(parent: &Element, name: &str) -> Option<String> {
    let text = child(parent, name)?.text();
    let text = wire_xml::text::trim(&text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// Longest body: a client log is the largest thing that comes.
pub const MAX_BODY: usize = 64 * 1024;

/// `Dialog/mediaProperties/callvariables/CallVariable/value` and some room.
const MAX_DEPTH: usize = 12;

const MAX_ATTRIBUTES: usize = 16;

const MAX_NAME: usize = 128;

/// Characters of a client log that are kept.
const MAX_LOG: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_in_any_order_with_white_space_around_the_text() {
        let change = UserChange::parse(
            b"<?xml version='1.0'?><User><extension>\n 1001 </extension><x/><state>LOGIN</state></User>",
        )
        .unwrap();
        assert_eq!(change.state.as_deref(), Some("LOGIN"));
        assert_eq!(change.extension.as_deref(), Some("1001"));
        assert_eq!(change.reason_code_id, None);
    }

    #[test]
    fn an_empty_element_counts_as_not_given() {
        assert_eq!(
            UserChange::parse(b"<User><state/></User>").unwrap(),
            UserChange::default()
        );
    }

    #[test]
    fn call_variables_are_read_by_name() {
        let change = DialogChange::parse(
            b"<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties>\
              <wrapUpReason>Solved &amp; done</wrapUpReason><callvariables>\
              <CallVariable><value>v</value><name>callVariable3</name></CallVariable>\
              <CallVariable><name>user.x</name><value/></CallVariable>\
              </callvariables></mediaProperties></Dialog>",
        )
        .unwrap();
        assert_eq!(change.wrap_up_reason.as_deref(), Some("Solved & done"));
        let expected = [("callVariable3", "v"), ("user.x", "")];
        assert_eq!(
            change.variables,
            expected.map(|(n, v)| (n.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn another_root_is_refused_by_name() {
        let error = UserChange::parse(b"<Dialog/>").unwrap_err();
        assert_eq!(
            error,
            BodyError::Root {
                found: "Dialog".into(),
                expected: "User"
            }
        );
    }

    #[test]
    fn an_entity_bomb_is_refused() {
        let bomb = b"<!DOCTYPE a [<!ENTITY b 'c'>]><User><state>&b;</state></User>";
        assert!(matches!(UserChange::parse(bomb), Err(BodyError::Xml(_))));
        let deep = "<User>".repeat(100);
        assert!(matches!(
            UserChange::parse(deep.as_bytes()),
            Err(BodyError::Xml(_))
        ));
    }
}
