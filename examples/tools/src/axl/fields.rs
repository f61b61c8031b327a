//! What a user says of a request: `FIELD=VALUE` on the command line, XML or JSON on standard input.

use std::io::{self, Read as _};
use std::path::PathBuf;

use soap_axl::axl::is_secret;
use soap_axl::xml::{Element, Limits, Profile};

use super::failure::Failure;
use super::json::Json;
use super::node::Node;
use crate::terminal::first_line;

/// `FIELD=VALUE`, taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Assignment {
    steps: Vec<Step>,
    attribute: Option<String>,
    value: Value,
}

/// A name on the way to a field, with the number of the one meant when there are several.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Step {
    name: String,
    number: Option<usize>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Value {
    Text(String),
    Json(Json),
    /// The first line of a file.
    File(PathBuf),
    /// Typed at a prompt.
    Asked,
}

impl Assignment {
    /// Whether an argument is meant as one, and not as a key.
    pub(super) fn is_meant(text: &str) -> bool {
        let field = text
            .split('=')
            .next()
            .filter(|field| field.len() < text.len());
        field.is_some_and(|field| path_of(field.strip_suffix(':').unwrap_or(field)).is_some())
    }

    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let malformed = || Failure::usage(format!("{text:?} is not of the form FIELD=VALUE"));
        let (field, value) = text.split_once('=').ok_or_else(malformed)?;
        let (field, is_json) = field
            .strip_suffix(':')
            .map_or((field, false), |field| (field, true));
        let (steps, attribute) = path_of(field).ok_or_else(malformed)?;
        let value = if is_json {
            let json = serde_json::from_str(value)
                .map_err(|error| Failure::usage(format!("{field} is no JSON: {error}")))?;
            Value::Json(json)
        } else if value == "?" {
            Value::Asked
        } else if let Some(file) = value.strip_prefix('@') {
            Value::File(file.into())
        } else {
            Value::Text(value.to_owned())
        };
        let last = steps.last().map_or("", |step| step.name.as_str());
        let shown = match &value {
            Value::Text(text) => is_secret(last) && !text.is_empty(),
            Value::Json(json) => json.has_secret(last),
            Value::File(_) | Value::Asked => false,
        };
        if shown && attribute.is_none() {
            return Err(Failure::usage(format!(
                "a password in {field} would be in the list of processes for all to see; PASSWORD=? \
                 asks for it, PASSWORD=@FILE reads it from a file"
            )));
        }
        Ok(Self {
            steps,
            attribute,
            value,
        })
    }

    /// Names of the elements that lead there, and of the attribute with `@`, by `/`.
    pub(super) fn path(&self) -> String {
        let names = self.steps.iter().map(|step| step.name.clone());
        let attribute = self.attribute.iter().map(|name| format!("@{name}"));
        names.chain(attribute).collect::<Vec<_>>().join("/")
    }

    /// Puts it where it belongs, inside `node`.
    pub(super) fn apply(self, node: &mut Node) -> Result<(), Failure> {
        let path = self.path();
        let value = match self.value {
            Value::File(file) => Json::Text(first_line(&file).map_err(Failure::Input)?),
            Value::Asked => {
                Json::Text(rpassword::prompt_password(format!("{path}: ")).map_err(Failure::Input)?)
            }
            Value::Text(text) => Json::Text(text),
            Value::Json(json) => json,
        };
        if let Some(attribute) = self.attribute {
            let Json::Text(value) = value else {
                return Err(Failure::usage(format!("{path} is no text")));
            };
            walk(node, &self.steps)?.set_attribute(attribute, value);
            return Ok(());
        }
        let Some((last, before)) = self.steps.split_last() else {
            return Ok(());
        };
        let parent = walk(node, before)?;
        let nodes = value.into_nodes(&last.name).map_err(Failure::Usage)?;
        if last.number.is_none() {
            parent.children.extend(nodes);
            return Ok(());
        }
        for node in nodes {
            let place = walk(parent, std::slice::from_ref(last))?;
            place.text = node.text;
            place.nil = node.nil;
            place.children.extend(node.children);
        }
        Ok(())
    }
}

/// Goes down and makes what is missing. Without a number, the last of a name is meant.
fn walk<'n>(node: &'n mut Node, steps: &[Step]) -> Result<&'n mut Node, Failure> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(node);
    };
    let same = |(_, child): &(usize, &Node)| child.name == step.name;
    let places: Vec<usize> = node
        .children
        .iter()
        .enumerate()
        .filter(same)
        .map(|(at, _)| at)
        .collect();
    let wanted = step.number.unwrap_or_else(|| places.len().max(1));
    if wanted > places.len() + 1 {
        let (name, before) = (&step.name, wanted - 1);
        return Err(Failure::usage(format!(
            "{name}[{wanted}] needs {name}[{before}] before it"
        )));
    }
    let at = places.get(wanted - 1).copied().unwrap_or_else(|| {
        node.children.push(Node::new(step.name.clone()));
        node.children.len() - 1
    });
    match node.children.get_mut(at) {
        Some(child) => walk(child, rest),
        None => Err(Failure::usage(format!("there is no {}", step.name))),
    }
}

/// `lines/line[2]/@ctiid` or `@isMGCP` taken apart; `None` for what is no such path.
fn path_of(text: &str) -> Option<(Vec<Step>, Option<String>)> {
    let mut steps = Vec::new();
    let mut parts = text.split('/').peekable();
    while let Some(part) = parts.next() {
        if let Some(attribute) = part.strip_prefix('@') {
            let is_last = parts.peek().is_none() && is_name(attribute);
            return is_last.then(|| (steps, Some(attribute.to_owned())));
        }
        let (name, number) = match part.strip_suffix(']') {
            Some(part) => {
                let (name, number) = part.split_once('[')?;
                (
                    name,
                    Some(number.parse().ok().filter(|number| *number > 0)?),
                )
            }
            None => (part, None),
        };
        if !is_name(name) {
            return None;
        }
        steps.push(Step {
            name: name.to_owned(),
            number,
        });
    }
    Some((steps, None))
}

/// Whether this can be the name of one of AXL's elements.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// What standard input says of a request, as XML or JSON: a node with its attributes and children.
pub(super) fn from_stdin(operation: &str) -> Result<Node, Failure> {
    let mut input = Vec::new();
    io::stdin()
        .lock()
        .take(MAX_INPUT + 1)
        .read_to_end(&mut input)
        .map_err(Failure::Input)?;
    if input.len() as u64 > MAX_INPUT {
        return Err(Failure::usage("standard input is longer than 16 MiB"));
    }
    from_bytes(&input, operation)
}

/// The operation: what stands in an element or key named as the operation, if that is all there is,
/// or else everything. An envelope around it is taken off.
fn from_bytes(input: &[u8], operation: &str) -> Result<Node, Failure> {
    let first = input.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'<') {
        let limits = Limits::default().with_document(input.len());
        let element = Element::parse(input, Profile::Soap, &limits)
            .map_err(|error| Failure::usage(format!("standard input is no XML: {error}")))?;
        let mut node = Node::of(&element);
        if node.name == "Envelope" {
            let body = node.children.into_iter().find(|child| child.name == "Body");
            let entry = body.and_then(|body| body.children.into_iter().next());
            node = entry.ok_or_else(|| Failure::usage("the envelope holds nothing"))?;
        }
        return Ok(if node.name == operation {
            node
        } else {
            Node::new(operation).with(node)
        });
    }
    let json: Json = serde_json::from_slice(input).map_err(|error| {
        Failure::usage(format!("standard input is neither XML nor JSON: {error}"))
    })?;
    let Json::Object(mut fields) = json else {
        return Err(Failure::usage("standard input is no JSON object"));
    };
    if let [(name, Json::Object(inside))] = fields.as_mut_slice()
        && name == operation
    {
        fields = std::mem::take(inside);
    }
    let mut nodes = Json::Object(fields)
        .into_nodes(operation)
        .map_err(Failure::Usage)?;
    Ok(nodes.pop().unwrap_or_default())
}

/// Far more than a request may have.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn built(fields: &[&str]) -> String {
        let mut node = Node::new("x");
        for field in fields {
            Assignment::parse(field).unwrap().apply(&mut node).unwrap();
        }
        node.to_element().to_string()
    }

    #[test]
    fn fields_are_put_where_their_paths_lead() {
        assert_eq!(
            built(&["name=a=b", "pool/@uuid={1}", "note="]),
            r#"<x><name>a=b</name><pool uuid="{1}"/><note/></x>"#
        );
        assert_eq!(
            built(&["a/b=1", "a/b=2", "a/c=3"]),
            "<x><a><b>1</b><b>2</b><c>3</c></a></x>"
        );
        assert_eq!(
            built(&["@is=1", "a/@b=2", "@is=3"]),
            r#"<x is="3"><a b="2"/></x>"#
        );
        assert_eq!(
            built(&["l/m[1]/n=1", "l/m[2]/n=2", "l/m[1]/o=3", "l/m/o=4"]),
            "<x><l><m><n>1</n><o>3</o></m><m><n>2</n><o>4</o></m></l></x>"
        );
        assert_eq!(
            built(&[r#"l:={"m":["1",2],"k":true}"#]),
            "<x><l><m>1</m><m>2</m><k>true</k></l></x>"
        );
        assert!(built(&["owner:=null"]).contains("nil=\"true\""));
    }

    #[test]
    fn what_is_no_field_is_told_from_keys() {
        assert!(Assignment::is_meant("name=SEP1"));
        assert!(Assignment::is_meant("lines/line[1]/@ctiid=1"));
        assert!(Assignment::is_meant("lines:=[]"));
        for key in ["SEP001122334455", "\\+4930=1", "{0-1}=", "=x", "a b=c"] {
            assert!(!Assignment::is_meant(key), "{key}");
        }
        for bad in ["a[0]=1", "a//b=1", "a/@b/c=1", "@a/b=1", "@=1", "a:={", "x"] {
            assert!(Assignment::parse(bad).is_err(), "{bad}");
        }
        for (json, message) in [
            ("@a:=null", "@a is no text"),
            ("b/c[1]/@a:=[]", "b/c/@a is no text"),
        ] {
            let error = Assignment::parse(json).unwrap().apply(&mut Node::new("x"));
            assert!(error.unwrap_err().to_string().contains(message), "{json}");
        }
        let ahead = Assignment::parse("a[2]/b=1").unwrap();
        assert!(ahead.apply(&mut Node::new("x")).is_err());
    }

    #[test]
    fn passwords_are_not_taken_from_the_command_line() {
        for bad in [
            "password=x",
            "user/pin=1",
            "digestCredentials:=\"x\"",
            "user:={\"pin\":\"1\"}",
            "sshPwd=x",
            "phone/authenticationString=x",
            "attendeesAccessCode=x",
        ] {
            let error = Assignment::parse(bad).unwrap_err().to_string();
            assert!(error.contains("list of processes"), "{error}");
            assert!(!error.contains("=x"), "{error}");
        }
        assert!(Assignment::parse("password=?").is_ok());
        assert!(Assignment::parse("password=").is_ok());
    }

    #[test]
    fn input_is_read_with_and_without_what_is_around_it() {
        let expected = [Node::new("css").with(Node::leaf("name", "a"))];
        for input in [
            "<css><name>a</name></css>",
            r#"<n:addCss xmlns:n="http://www.cisco.com/AXL/API/14.0"><css><name>a</name></css></n:addCss>"#,
            r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><addCss><css>
                <name>a</name></css></addCss></e:Body></e:Envelope>"#,
            r#" {"css":{"name":"a"}}"#,
            r#"{"addCss":{"css":{"name":"a"}}}"#,
        ] {
            let node = from_bytes(input.as_bytes(), "addCss").unwrap();
            assert_eq!(node.children, expected, "{input}");
        }
        for bad in ["", "name: a", "[]", "<css>", "\"a\""] {
            assert!(from_bytes(bad.as_bytes(), "addCss").is_err(), "{bad}");
        }
    }
}
