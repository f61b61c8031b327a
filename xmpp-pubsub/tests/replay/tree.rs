//! Documents in the form in which they are compared, and what does not count in a comparison.

use std::collections::{BTreeMap, BTreeSet};

use wire_xml::{Element, Node};
use xmpp_pubsub::Jid;

/// An element with what makes it equal to another: names with their namespaces, attributes in the order of their names,
/// text, children.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Tree {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Tree {
    pub(crate) fn new(element: &Element) -> Self {
        let attributes = element.attributes().iter().map(|attribute| {
            let (ns, local) = attribute.name.parts();
            let name = if ns.is_empty() {
                local.to_owned()
            } else {
                format!("{{{ns}}}{local}")
            };
            (name, attribute.value.clone())
        });
        let mut tree = Self {
            name: element.local().to_owned(),
            attributes: attributes.collect(),
            text: String::new(),
            children: Vec::new(),
        };
        tree.attributes
            .insert("xmlns".to_owned(), element.ns().to_owned());
        for node in element.nodes() {
            match node {
                Node::Element(child) => tree.children.push(Self::new(child)),
                Node::Text(text) if is_placeholder(text) => {}
                Node::Text(text) => tree.text.push_str(text),
            }
        }
        if !tree.children.is_empty() && tree.text.trim().is_empty() {
            tree.text.clear();
        }
        tree
    }

    pub(crate) fn each(&mut self, change: &mut dyn FnMut(&mut Self)) {
        for child in &mut self.children {
            child.each(change);
        }
        change(self);
    }

    /// One line for each element.
    pub(crate) fn lines(&self) -> String {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, value)| format!(" {name}={value:?}"));
        let text = self.text.trim();
        let mut lines = format!("{}{} {text}\n", self.name, attributes.collect::<String>());
        for child in &self.children {
            for line in child.lines().lines() {
                lines.push_str(&format!("  {line}\n"));
            }
        }
        lines
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    pub(crate) fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        if self.name == name {
            found.push(self);
        }
        for child in &self.children {
            child.all(name, found);
        }
    }

    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn is_field(&self, names: &[&str]) -> bool {
        let var = self.attr("var").unwrap_or_default();
        self.name == "field" && names.iter().any(|name| var == format!("pubsub#{name}"))
    }
}

/// Dots, where the example leaves something out.
fn is_placeholder(text: &str) -> bool {
    matches!(text.trim().get(..3), Some("..." | "[ ."))
}

/// Takes from both what the table says may differ. `expected` is the example.
pub(crate) fn mask(differs: &str, expected: &mut Tree, found: &mut Tree) {
    let (order, words): (Vec<_>, Vec<_>) = differs.split(' ').partition(|word| *word == "order");
    for word in words.into_iter().filter(|word| *word != "-").chain(order) {
        match word {
            "features" => {
                only_listed(expected, found, "feature", "var");
                only_listed(expected, found, "identity", "type");
            }
            "fields" => only_listed(expected, found, "field", "var"),
            "more-items" => only_listed(expected, found, "item", "id"),
            word => {
                mask_one(word, expected);
                mask_one(word, found);
            }
        }
    }
}

fn mask_one(word: &str, tree: &mut Tree) {
    match word {
        "id" => drop(tree.attributes.remove("id")),
        "to" => drop(tree.attributes.remove("to")),
        "from-to" => {
            tree.attributes.remove("from");
            tree.attributes.remove("to");
        }
        "result-child" => tree.children.clear(),
        "echo" => tree.children.retain(|child| child.name != "pubsub"),
        "order" => tree.each(&mut |tree| tree.children.sort()),
        word => tree.each(&mut |tree| mask_in(word, tree)),
    }
}

fn mask_in(word: &str, tree: &mut Tree) {
    match (word, tree.name.as_str()) {
        ("item-id", "item") => drop(tree.attributes.remove("id")),
        ("subid", "header") if tree.attr("name") == Some("SubID") => tree.text.clear(),
        ("subid", _) => {
            tree.attributes.remove("subid");
            tree.children.retain(|child| !child.is_field(&["subid"]));
        }
        ("sessionid", "command") => drop(tree.attributes.remove("sessionid")),
        ("dates", _) => {
            for name in ["stamp", "expiry"] {
                tree.attributes.remove(name);
            }
            if tree.is_field(&["creation_date", "expire"]) {
                tree.children.clear();
            }
        }
        ("counts", _) => tree
            .children
            .retain(|child| !child.is_field(&["num_subscribers"])),
        ("payload", "item") => {
            tree.children.clear();
            tree.text.clear();
        }
        ("identity-name", "identity") => drop(tree.attributes.remove("name")),
        ("labels", _) => {
            tree.attributes.remove("label");
            let words = ["title", "instructions", "text"];
            tree.children
                .retain(|child| !words.contains(&child.name.as_str()));
        }
        ("list-node", "affiliations" | "subscriptions") => drop(tree.attributes.remove("node")),
        ("query-node", "query") => drop(tree.attributes.remove("node")),
        ("booleans", "value") => match tree.text.as_str() {
            "false" => "0".clone_into(&mut tree.text),
            "true" => "1".clone_into(&mut tree.text),
            _ => {}
        },
        ("reply-to", "message") => tree.children.retain(|child| child.name != "addresses"),
        ("owner-publishes", _) => tree
            .children
            .retain(|child| !child.is_field(&["publisher"])),
        ("state", "subscription") => drop(tree.attributes.remove("subscription")),
        ("publisher", "item") => {
            let bare = tree
                .attr("publisher")
                .map(|text| Jid::new(text).unwrap().bare());
            if let Some(bare) = bare {
                tree.attributes
                    .insert("publisher".to_owned(), bare.to_string());
            }
        }
        ("spelling", "affilation") => "affiliation".clone_into(&mut tree.name),
        ("command-status", "command") => {
            tree.attributes.remove("status");
            tree.attributes.remove("action");
        }
        _ => {}
    }
}

/// The service may say more of these than the example lists.
fn only_listed(expected: &Tree, found: &mut Tree, name: &str, key: &str) {
    let mut all = Vec::new();
    expected.all(name, &mut all);
    let listed: BTreeSet<String> = all
        .iter()
        .filter_map(|tree| tree.attr(key))
        .map(str::to_owned)
        .collect();
    found.each(&mut |tree| {
        tree.children.retain(|child| {
            child.name != name || child.attr(key).is_some_and(|value| listed.contains(value))
        });
    });
}
