//! Operations made of what the command line says.

use soap_axl::axl::schema::{Violation, ViolationKind};
use soap_axl::axl::{Dynamic, Effect, Uuid};

use super::args::{ListArgs, SendArgs};
use super::catalog::Catalog;
use super::failure::Failure;
use super::fields::{Assignment, from_stdin, is_name};
use super::node::Node;

/// What has been said of an operation: its name, and inside a [`Node`] its children.
pub(super) fn of_key(operation: &str, key: Option<&str>, catalog: &Catalog) -> Node {
    let request = Node::new(operation);
    match key {
        Some(key) if is_uuid(key) => request.with(Node::leaf("uuid", Uuid::new(key).to_braced())),
        Some(key) => request.with(Node::leaf(catalog.key(operation), key)),
        None => request,
    }
}

/// Keys apart from fields; `-` is among the fields.
pub(super) fn split(words: &[String]) -> (Vec<Option<&str>>, Vec<&str>) {
    let is_field = |word: &&str| *word == "-" || Assignment::is_meant(word);
    let words = words.iter().map(String::as_str);
    let (fields, keys): (Vec<&str>, Vec<&str>) = words.partition(is_field);
    if keys.is_empty() {
        // The fields say which.
        return (vec![None], fields);
    }
    (keys.into_iter().map(Some).collect(), fields)
}

/// Puts fields into a request, and what standard input says. Of an attribute that is said twice,
/// the last counts.
pub(super) fn add_fields(request: &mut Node, fields: &[&str]) -> Result<(), Failure> {
    for field in fields {
        if *field == "-" {
            let said = from_stdin(&request.name)?;
            for (name, value) in said.attributes {
                request.set_attribute(name, value);
            }
            request.children.extend(said.children);
        } else {
            Assignment::parse(field)?.apply(request)?;
        }
    }
    Ok(())
}

/// `addPhone` with the fields inside of `phone`, whether they say so or not; attributes that do not
/// are the operation's.
pub(super) fn of_add(
    operation: &str,
    fields: &[String],
    catalog: &Catalog,
) -> Result<Node, Failure> {
    let wrapper = catalog.wrapper(operation);
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut request = Node::new(operation);
    add_fields(&mut request, &fields)?;
    if let [only] = request.children.as_slice()
        && only.name == wrapper
        && !only.children.is_empty()
    {
        return Ok(request);
    }
    let mut object = Node::new(wrapper);
    object.children = std::mem::take(&mut request.children);
    Ok(request.with(object))
}

/// `listPhone` with criteria and what is wanted.
pub(super) fn of_list(
    operation: &str,
    args: &ListArgs,
    columns: &[String],
    catalog: &Catalog,
) -> Result<Node, Failure> {
    let mut criteria = Node::new("searchCriteria");
    if let Some(pattern) = &args.pattern {
        criteria = criteria.with(Node::leaf(catalog.criterion(operation), pattern));
    }
    for text in &args.criteria {
        let named = text.split_once('=').filter(|(field, _)| is_name(field));
        let Some((field, pattern)) = named else {
            return Err(Failure::usage(format!(
                "{text:?} is not of the form FIELD=PATTERN"
            )));
        };
        criteria = criteria.with(Node::leaf(field, pattern));
    }
    if criteria.children.is_empty() {
        // AXL wants one.
        criteria = criteria.with(Node::leaf(catalog.criterion(operation), "%"));
    }
    let request = Node::new(operation).with(criteria);
    Ok(request.with(mask(columns)?))
}

/// `returnedTags` for these names and paths.
pub(super) fn mask(names: &[String]) -> Result<Node, Failure> {
    let mut mask = Node::new("returnedTags");
    for name in names {
        // An attribute, which comes by itself.
        if name == "uuid" {
            continue;
        }
        let mut place = &mut mask;
        for step in name.split('/') {
            if !is_name(step) {
                return Err(Failure::usage(format!(
                    "{name:?} names no part of an object"
                )));
            }
            let found = place.children.iter().position(|child| child.name == step);
            let at = found.unwrap_or_else(|| {
                place.children.push(Node::new(step));
                place.children.len() - 1
            });
            place = match place.children.get_mut(at) {
                Some(child) => child,
                None => break,
            };
        }
    }
    if mask.children.is_empty() {
        // With nothing in it, everything would come.
        mask.children.push(Node::new("name"));
    }
    Ok(mask)
}

/// Puts a request in order and fills it in, if there is a schema, and complains of what is wrong.
/// What only asks has no [`SendArgs`].
pub(super) fn finish(
    request: &Node,
    send: Option<SendArgs>,
    catalog: &Catalog,
) -> Result<Dynamic, Failure> {
    let mut operation = Dynamic::new(request.name.clone());
    operation.attributes.clone_from(&request.attributes);
    operation.children = request.children.iter().map(Node::to_element).collect();
    let Some(schema) = &catalog.schema else {
        return Ok(operation);
    };
    if send.is_some_and(|send| send.unchecked) {
        return Ok(operation);
    }
    schema.order(&mut operation);
    if Effect::of(&operation.name) == Effect::Write {
        schema.fill(&mut operation);
    }
    // What stands in a mask has no content to be checked.
    let mask = format!("{}/returnedTags", operation.name);
    let mut violations: Vec<Violation> = Vec::new();
    for violation in schema.check(&operation) {
        let counts = !violation.path.starts_with(&mask)
            || matches!(violation.kind, ViolationKind::Unknown(_));
        if counts && !violations.contains(&violation) {
            violations.push(violation);
        }
    }
    if violations.is_empty() {
        return Ok(operation);
    }
    let optional = send.is_some();
    Err(Failure::Schema {
        violations,
        optional,
    })
}

/// Whether a key is a uuid, in braces as in AXL or without as in SQL.
fn is_uuid(text: &str) -> bool {
    let bare = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(text);
    let parts: Vec<&str> = bare.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_key_is_a_name_or_a_uuid() {
        let catalog = Catalog { schema: None };
        let of = |key| {
            of_key("getUser", Some(key), &catalog)
                .to_element()
                .to_string()
        };
        assert_eq!(of("jdoe"), "<getUser><userid>jdoe</userid></getUser>");
        let expected = "<getUser><uuid>{1B1B6F0A-ABCD-0123-4567-89ABCDEF0123}</uuid></getUser>";
        assert_eq!(of("{1B1B6F0A-ABCD-0123-4567-89ABCDEF0123}"), expected);
        assert_eq!(of("1b1b6f0a-abcd-0123-4567-89abcdef0123"), expected);
        let both = words(&["SEP1", "description=x", "-", "SEP2"]);
        let (keys, fields) = split(&both);
        assert_eq!(keys, [Some("SEP1"), Some("SEP2")]);
        assert_eq!(fields, ["description=x", "-"]);
        assert_eq!(split(&words(&["name=x"])), (vec![None], vec!["name=x"]));
    }

    #[test]
    fn what_is_added_stands_in_its_element_whether_said_or_not() {
        let catalog = Catalog { schema: None };
        let expected = "<addCss><css><name>a</name></css></addCss>";
        for fields in [["name=a"], ["css/name=a"]] {
            let request = of_add("addCss", &words(&fields), &catalog).unwrap();
            assert_eq!(request.to_element().to_string(), expected);
        }
        let expected = r#"<addCss a="2"><css><name>a</name></css></addCss>"#;
        for name in ["name=a", "css/name=a"] {
            let request = of_add("addCss", &words(&["@a=1", name, "@a=2"]), &catalog).unwrap();
            assert_eq!(request.to_element().to_string(), expected);
        }
    }

    #[test]
    fn a_mask_has_an_element_for_each_name() {
        let names = words(&["name", "lines/line/index", "lines/line/label", "uuid"]);
        assert_eq!(
            mask(&names).unwrap().to_element().to_string(),
            "<returnedTags><name/><lines><line><index/><label/></line></lines></returnedTags>"
        );
        assert_eq!(
            mask(&words(&["uuid"])).unwrap().to_element().to_string(),
            "<returnedTags><name/></returnedTags>"
        );
        assert!(mask(&words(&["a b"])).is_err());
    }
}
