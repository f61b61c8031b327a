//! What is known of operations: from the user's schema, or for 95 of them from the tables of
//! `soap-axl`.

use soap_axl::axl::schema::Schema;
use soap_axl::axl::{Field, OperationTable, Place, ReplyPlace, Request};

use super::failure::Failure;

/// What is known of operations.
pub(super) struct Catalog {
    pub(super) schema: Option<Schema>,
}

impl Catalog {
    /// The operation that does this to such an object: `get` and `devicepool` make `getDevicePool`.
    pub(super) fn operation(&self, verb: &str, object: &str) -> Result<String, Failure> {
        if !super::fields::is_name(object) {
            return Err(Failure::usage(format!("{object:?} is no kind of object")));
        }
        let wanted = format!("{verb}{object}");
        self.resolve(&wanted).map_err(|alike| {
            let objects: Vec<_> = alike
                .iter()
                .filter_map(|name| name.strip_prefix(verb).map(lower_first))
                .collect();
            let mut text = format!("the schema has nothing to {verb} that is called {object}");
            if !objects.is_empty() {
                text.push_str(&format!("; there is {}", objects.join(", ")));
            }
            Failure::Usage(text)
        })
    }

    /// An operation by its name, in any case of letters.
    pub(super) fn named(&self, name: &str) -> Result<String, Failure> {
        if !super::fields::is_name(name) {
            return Err(Failure::usage(format!("{name:?} is no operation")));
        }
        self.resolve(name).map_err(|alike| {
            let mut text = format!("the schema has no operation {name}");
            if !alike.is_empty() {
                text.push_str(&format!("; there is {}", alike.join(", ")));
            }
            Failure::Usage(text)
        })
    }

    /// The name as it is written; names like it, when the schema has none.
    fn resolve(&self, wanted: &str) -> Result<String, Vec<String>> {
        let names: Vec<&str> = match &self.schema {
            Some(schema) => schema.operations().collect(),
            None => Request::TYPED.to_vec(),
        };
        if let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(wanted)) {
            return Ok((*name).to_owned());
        }
        if self.schema.is_none() {
            // Any other may well exist.
            return Ok(capital_object(wanted));
        }
        let wanted = wanted.to_ascii_lowercase();
        let is_alike = |name: &&&str| {
            let name = name.to_ascii_lowercase();
            let singular = wanted.strip_suffix('s').unwrap_or(&wanted);
            name.contains(singular) || wanted.contains(&name)
        };
        let alike = names.iter().filter(is_alike).take(MAX_ALIKE);
        Err(alike.map(|name| (*name).to_owned()).collect())
    }

    /// Names of what can stand in a request at a path; `None` when nothing is known of it.
    pub(super) fn request(&self, operation: &str, path: &str) -> Option<Vec<String>> {
        if let Some(schema) = &self.schema {
            schema.request(operation)?;
            let children = schema.complete(operation, path);
            return Some(
                children
                    .iter()
                    .map(|child| child.name().to_owned())
                    .collect(),
            );
        }
        fields_at(table(operation)?.request, path).map(names)
    }

    /// Names of what an object of the answer holds: of the answer to `getPhone` or `listPhone`, what
    /// is inside `phone`.
    pub(super) fn object(&self, operation: &str) -> Option<Vec<String>> {
        if let Some(schema) = &self.schema {
            let answer = schema.answer(operation)?.child("return")?.content();
            let object = answer.children().next()?.content();
            return Some(
                object
                    .children()
                    .map(|child| child.name().to_owned())
                    .collect(),
            );
        }
        let table = table(operation)?;
        if table.place != ReplyPlace::Return {
            return None;
        }
        Some(names(table.reply.first()?.inner))
    }

    /// What a bare key means for this operation.
    pub(super) fn key(&self, operation: &str) -> &'static str {
        let there = self.request(operation, "").unwrap_or_default();
        KEYS.into_iter()
            .find(|key| there.iter().any(|name| name == key))
            .unwrap_or("name")
    }

    /// The criterion that a bare pattern means.
    pub(super) fn criterion(&self, operation: &str) -> String {
        let there = self
            .request(operation, "searchCriteria")
            .unwrap_or_default();
        let key = KEYS
            .into_iter()
            .find(|key| there.iter().any(|name| name == key));
        key.map(str::to_owned)
            .or_else(|| there.into_iter().next())
            .unwrap_or_else(|| "name".to_owned())
    }

    /// What a list shows unless told: the few things by which people know such objects.
    pub(super) fn columns(&self, operation: &str) -> Vec<String> {
        let there = self.object(operation).unwrap_or_default();
        let known = COLUMNS
            .iter()
            .filter(|column| there.iter().any(|name| name == *column));
        let columns: Vec<_> = known
            .take(MAX_COLUMNS)
            .map(|name| (*name).to_owned())
            .collect();
        if columns.is_empty() {
            return vec![
                there
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| "name".to_owned()),
            ];
        }
        columns
    }

    /// The element that an object to be added stands in.
    pub(super) fn wrapper(&self, operation: &str) -> String {
        let there = self.request(operation, "").unwrap_or_default();
        there
            .into_iter()
            .next()
            .unwrap_or_else(|| lower_first(operation.strip_prefix("add").unwrap_or(operation)))
    }
}

fn table(operation: &str) -> Option<&'static OperationTable> {
    Request::TABLES.iter().find(|table| table.name == operation)
}

fn fields_at(fields: &'static [Field], path: &str) -> Option<&'static [Field]> {
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    steps.try_fold(fields, |fields, step| {
        let field = fields.iter().find(|field| field.wire == step)?;
        Some(field.inner)
    })
}

fn names(fields: &[Field]) -> Vec<String> {
    fields
        .iter()
        .filter(|field| field.place == Place::Child)
        .flat_map(|field| field.wire.split(" | "))
        .map(str::to_owned)
        .collect()
}

/// `getdevice` becomes `getDevice`: objects have a capital behind the verb.
fn capital_object(operation: &str) -> String {
    let verb = VERBS.iter().find(|verb| operation.starts_with(**verb));
    let Some((verb, object)) = verb.and_then(|verb| operation.split_at_checked(verb.len())) else {
        return operation.to_owned();
    };
    let mut characters = object.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    format!(
        "{verb}{}{}",
        first.map_or_else(String::new, String::from),
        characters.as_str()
    )
}

/// `DevicePool` becomes `devicePool`.
fn lower_first(object: &str) -> String {
    let mut characters = object.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    format!(
        "{}{}",
        first.map_or_else(String::new, String::from),
        characters.as_str()
    )
}

const VERBS: [&str; 5] = ["get", "list", "add", "update", "remove"];
/// What objects are known by, the usual first.
const KEYS: [&str; 5] = ["name", "userid", "pattern", "domainName", "uuid"];
const COLUMNS: [&str; 22] = [
    "name",
    "userid",
    "pattern",
    "domainName",
    "routePartitionName",
    "firstName",
    "lastName",
    "description",
    "product",
    "devicePoolName",
    "protocol",
    "model",
    "department",
    "telephoneNumber",
    "mailid",
    "usage",
    "service",
    "value",
    "processNodeRole",
    "dialPlanName",
    "clause",
    "nodeUsage",
];
const MAX_COLUMNS: usize = 5;
const MAX_ALIKE: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog { schema: None }
    }

    #[test]
    fn operations_are_found_by_verb_and_object() {
        let operation = |verb, object| catalog().operation(verb, object).unwrap();
        assert_eq!(operation("get", "phone"), "getPhone");
        assert_eq!(operation("list", "devicepool"), "listDevicePool");
        // Not in a table: taken at its word.
        assert_eq!(operation("get", "sipProfile"), "getSipProfile");
        assert_eq!(catalog().named("getccmversion").unwrap(), "getCCMVersion");
        assert_eq!(catalog().named("doLdapSync").unwrap(), "doLdapSync");
        assert!(catalog().operation("get", "a b").is_err());
    }

    #[test]
    fn keys_and_columns_are_those_that_people_use() {
        let catalog = catalog();
        assert_eq!(catalog.key("getPhone"), "name");
        assert_eq!(catalog.key("removeUser"), "userid");
        assert_eq!(catalog.key("updateLine"), "pattern");
        assert_eq!(catalog.key("getSipProfile"), "name");
        assert_eq!(catalog.criterion("listUser"), "userid");
        assert_eq!(catalog.criterion("listSipProfile"), "name");
        assert_eq!(catalog.wrapper("addAppUser"), "appUser");
        assert_eq!(catalog.wrapper("addSipProfile"), "sipProfile");
        assert_eq!(
            catalog.columns("listUser"),
            [
                "userid",
                "firstName",
                "lastName",
                "department",
                "telephoneNumber"
            ]
        );
        assert_eq!(catalog.columns("listSipProfile"), ["name"]);
    }
}
