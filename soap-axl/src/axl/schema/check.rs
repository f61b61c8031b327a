//! Puts what is to be sent in order, and says what is wrong with it.

use core::fmt;
use std::collections::BTreeMap;

use super::{
    ComplexType, ElementDecl, GroupKind, Particle, Primitive, Schema, SimpleType, Type, TypeId,
    TypeRef,
};
use crate::{
    axl::Dynamic,
    ns,
    xml::{Element, Node},
};

/// Something that the schema does not allow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Where, as names from the operation on: `addPhone/phone/lines`.
    pub path: String,
    /// What.
    pub kind: ViolationKind,
}

/// What the schema does not allow.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ViolationKind {
    /// There is no such operation.
    NoOperation,
    /// The schema has no such child there.
    Unknown(String),
    /// The child may stand there, but not behind what stands before it, or not so often.
    Misplaced(String),
    /// A child that has to be there; names of a choice are parted by ` | `.
    Missing(String),
    /// It says nil and must not.
    Nil,
    /// An attribute that the schema does not have.
    Attribute(String),
    /// An attribute that is said more than once.
    Repeated(String),
    /// An attribute that has to be there.
    NoAttribute(String),
    /// The text is not of its type.
    Text(Primitive),
    /// The text is longer than this many characters.
    TooLong(u32),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        match &self.kind {
            ViolationKind::NoOperation => f.write_str("there is no such operation"),
            ViolationKind::Unknown(name) => write!(f, "there is no {name} in it"),
            ViolationKind::Misplaced(name) => write!(f, "{name} stands too late or too often"),
            ViolationKind::Missing(name) => write!(f, "{name} is missing"),
            ViolationKind::Nil => f.write_str("it cannot be nil"),
            ViolationKind::Attribute(name) => write!(f, "it has no attribute {name}"),
            ViolationKind::Repeated(name) => write!(f, "it has the attribute {name} twice"),
            ViolationKind::NoAttribute(name) => write!(f, "the attribute {name} is missing"),
            ViolationKind::Text(Primitive::Text) => f.write_str("it holds text"),
            ViolationKind::Text(Primitive::Boolean) => f.write_str("it is no boolean"),
            ViolationKind::Text(Primitive::Integer) => f.write_str("it is no integer"),
            ViolationKind::Text(Primitive::Unsigned) => f.write_str("it is no unsigned integer"),
            ViolationKind::Text(Primitive::Uuid) => f.write_str("it is no key"),
            ViolationKind::TooLong(max) => write!(f, "it is longer than {max} characters"),
        }
    }
}

impl Schema {
    /// Puts the children of a request in the order of the schema, at every depth. Those that the
    /// schema does not have come last, in the order they had; so does everything in an operation
    /// that it does not have, and in free XML such as `vendorConfig`.
    pub fn order(&self, operation: &mut Dynamic) {
        if let Some(request) = self.request(&operation.name) {
            order(request, &mut operation.children);
        }
    }

    /// Adds what is required and missing, wherever the schema says what then holds: the default,
    /// or nil. Nothing is added to an element that is not there, to a choice, or to free XML.
    pub fn fill(&self, operation: &mut Dynamic) {
        if let Some(request) = self.request(&operation.name) {
            fill(request, &mut operation.children);
        }
    }

    /// What the schema says against a request; nothing when it is good.
    pub fn check(&self, operation: &Dynamic) -> Vec<Violation> {
        let mut check = Check {
            schema: self,
            path: operation.name.clone(),
            violations: Vec::new(),
        };
        match self.operations.get(&operation.name) {
            Some((request, _)) => {
                let mut element = Element::new("", operation.name.clone());
                for (name, value) in &operation.attributes {
                    if element.attr(name).is_some() {
                        check.complain(ViolationKind::Repeated(name.clone()));
                    }
                    element.set_attr("", name.clone(), value.clone());
                }
                check.attributes(*request, &element);
                let children: Vec<_> = operation.children.iter().collect();
                check.children(*request, &children);
            }
            None => check.complain(ViolationKind::NoOperation),
        }
        check.violations
    }

    /// What the schema says against the element of an answer, `getPhoneResponse`; nothing when it
    /// is good.
    pub fn check_answer(&self, operation: &str, answer: &Element) -> Vec<Violation> {
        let mut check = Check {
            schema: self,
            path: answer.local().to_owned(),
            violations: Vec::new(),
        };
        match self.operations.get(operation) {
            Some((_, id)) => check.element(*id, true, answer),
            None => check.complain(ViolationKind::NoOperation),
        }
        check.violations
    }
}

fn order(place: TypeRef<'_>, children: &mut [Element]) {
    let ranks: BTreeMap<&str, (usize, TypeRef<'_>)> = place
        .children()
        .enumerate()
        .map(|(rank, child)| (child.name(), (rank, child.content())))
        .collect();
    if ranks.is_empty() {
        return;
    }
    children.sort_by_key(|child| {
        ranks
            .get(child.local())
            .map_or(usize::MAX, |(rank, _)| *rank)
    });
    for child in children {
        let Some((_, content)) = ranks.get(child.local()) else {
            continue;
        };
        let mut inner: Vec<Element> = child.children().cloned().collect();
        if inner.is_empty() {
            continue;
        }
        order(*content, &mut inner);
        if !inner.iter().eq(child.children()) {
            *child = with_children(child, inner);
        }
    }
}

fn fill(place: TypeRef<'_>, children: &mut Vec<Element>) {
    let mut at = 0;
    for declared in place.children() {
        let name = declared.name();
        let first = children.iter().position(|child| child.local() == name);
        if let Some(first) = first {
            at = first;
            for child in children.iter_mut().filter(|child| child.local() == name) {
                at += 1;
                let mut inner: Vec<Element> = child.children().cloned().collect();
                // What holds nothing is a mask, or is meant to be empty.
                if inner.is_empty() {
                    continue;
                }
                fill(declared.content(), &mut inner);
                if !inner.iter().eq(child.children()) {
                    *child = with_children(child, inner);
                }
            }
            continue;
        }
        let element = Element::new("", name.to_owned());
        let added = match declared.default() {
            Some(default) if declared.is_required() => element.with_text(default),
            None if declared.is_required() && declared.is_nillable() => {
                element.with_attr_ns(ns::XSI, "nil", "true")
            }
            Some(_) | None => continue,
        };
        children.insert(at, added);
        at += 1;
    }
}

/// The same element with other children. The text between them goes, which means nothing there.
fn with_children(element: &Element, children: Vec<Element>) -> Element {
    let name = element.name();
    let mut changed = Element::new(name.ns().to_owned(), name.local().to_owned());
    for attribute in element.attributes() {
        changed.set_attr(
            attribute.name.ns().to_owned(),
            attribute.name.local().to_owned(),
            &*attribute.value,
        );
    }
    for child in children {
        changed.push_child(child);
    }
    changed
}

struct Check<'s> {
    schema: &'s Schema,
    path: String,
    violations: Vec<Violation>,
}

impl<'s> Check<'s> {
    fn complain(&mut self, kind: ViolationKind) {
        self.violations.push(Violation {
            path: self.path.clone(),
            kind,
        });
    }

    /// An element, whose name has been found good.
    fn element(&mut self, id: TypeId, nillable: bool, element: &Element) {
        self.attributes(id, element);
        let nil = element.attr_ns(ns::XSI, "nil").map(str::trim);
        if matches!(nil, Some("true" | "1")) {
            if !nillable {
                self.complain(ViolationKind::Nil);
            }
            return;
        }
        let children: Vec<_> = element.children().collect();
        match self.schema.get(id) {
            Type::Simple(simple) => self.text(simple, element, &children),
            Type::Complex(ComplexType {
                text: Some(text), ..
            }) => {
                if let Type::Simple(simple) = self.schema.get(*text) {
                    self.text(simple, element, &children);
                }
            }
            Type::Complex(_) => {
                let text = element.nodes().iter().any(|node| match node {
                    Node::Text(text) => !text.trim().is_empty(),
                    Node::Element(_) => false,
                });
                if text {
                    self.complain(ViolationKind::Text(Primitive::Text));
                }
                self.children(id, &children);
            }
        }
    }

    fn attributes(&mut self, id: TypeId, element: &Element) {
        let known: Vec<_> = self
            .schema
            .lineage(id)
            .into_iter()
            .flat_map(|complex| &complex.attributes)
            .collect();
        for attribute in element.attributes() {
            if !attribute.name.ns().is_empty() {
                continue;
            }
            let name = attribute.name.local();
            match known.iter().find(|known| known.name == name) {
                None => self.complain(ViolationKind::Attribute(name.to_owned())),
                Some(known) => {
                    if let Type::Simple(simple) = self.schema.get(known.type_id)
                        && !simple.primitive.admits(&attribute.value)
                    {
                        self.complain(ViolationKind::Text(simple.primitive));
                    }
                }
            }
        }
        for attribute in known.iter().filter(|attribute| attribute.required) {
            if element.attr(&attribute.name).is_none() {
                self.complain(ViolationKind::NoAttribute(attribute.name.clone()));
            }
        }
    }

    fn text(&mut self, simple: &SimpleType, element: &Element, children: &[&Element]) {
        if let Some(child) = children.first() {
            self.complain(ViolationKind::Unknown(child.local().to_owned()));
        }
        let text = element.text();
        if !simple.primitive.admits(&text) {
            self.complain(ViolationKind::Text(simple.primitive));
        }
        if let Some(max) = simple.max_length
            && text.chars().count() > max as usize
        {
            self.complain(ViolationKind::TooLong(max));
        }
    }

    fn children(&mut self, id: TypeId, children: &[&Element]) {
        let lineage = self.schema.lineage(id);
        let mut rest = children;
        for complex in &lineage {
            for particle in &complex.content {
                rest = self.particle(particle, rest);
            }
        }
        for child in rest {
            let name = child.local();
            let known = self.schema.type_ref(id).child(name).is_some();
            self.complain(if known {
                ViolationKind::Misplaced(name.to_owned())
            } else {
                ViolationKind::Unknown(name.to_owned())
            });
        }
    }

    /// Takes what a particle takes off the front. AXL's contents never leave it open which
    /// particle takes an element (XML Schema part 1 §3.8.6), so that the first that can does.
    fn particle<'e>(
        &mut self,
        particle: &'s Particle,
        rest: &'e [&'e Element],
    ) -> &'e [&'e Element] {
        match particle {
            Particle::Any => {
                let foreign = rest.iter().take_while(|child| child.ns().is_empty());
                &rest[foreign.count()..]
            }
            Particle::Element(decl) => self.declared(decl, rest),
            Particle::Group {
                optional: true,
                items,
                ..
            } if !rest.first().is_some_and(|child| starts_any(items, child)) => rest,
            Particle::Group {
                kind: GroupKind::Sequence,
                items,
                ..
            } => items
                .iter()
                .fold(rest, |rest, item| self.particle(item, rest)),
            Particle::Group {
                kind: GroupKind::Choice,
                items,
                ..
            } => {
                let chosen = rest
                    .first()
                    .and_then(|child| items.iter().find(|item| starts(item, child)));
                match chosen {
                    Some(item) => self.particle(item, rest),
                    None if items.iter().any(can_be_empty) => rest,
                    None => {
                        let names: Vec<_> = items.iter().filter_map(first_name).collect();
                        self.complain(ViolationKind::Missing(names.join(" | ")));
                        rest
                    }
                }
            }
        }
    }

    fn declared<'e>(
        &mut self,
        decl: &'s ElementDecl,
        rest: &'e [&'e Element],
    ) -> &'e [&'e Element] {
        let max = decl.max.map_or(usize::MAX, |max| max as usize);
        let same = rest
            .iter()
            .take(max)
            .take_while(|child| child.local() == decl.name);
        let (taken, rest) = rest.split_at(same.count());
        if taken.len() < decl.min as usize {
            self.complain(ViolationKind::Missing(decl.name.clone()));
        }
        for child in taken {
            let outside = self.path.len();
            self.path.push('/');
            self.path.push_str(&decl.name);
            self.element(decl.type_id, decl.nillable, child);
            self.path.truncate(outside);
        }
        rest
    }
}

/// Whether a particle can begin with this element.
fn starts(particle: &Particle, child: &Element) -> bool {
    match particle {
        Particle::Element(decl) => decl.name == child.local(),
        Particle::Any => true,
        Particle::Group {
            kind: GroupKind::Choice,
            items,
            ..
        } => items.iter().any(|item| starts(item, child)),
        Particle::Group { items, .. } => starts_any(items, child),
    }
}

/// Whether a sequence can begin with this element: what stands before it can be left out.
fn starts_any(items: &[Particle], child: &Element) -> bool {
    let mut before = items.iter();
    // Also where something required is missing before it, which is then told as that.
    before.any(|item| starts(item, child))
}

fn can_be_empty(particle: &Particle) -> bool {
    match particle {
        Particle::Element(decl) => decl.min == 0,
        Particle::Any => true,
        Particle::Group {
            kind,
            optional,
            items,
        } => {
            *optional
                || match kind {
                    GroupKind::Sequence => items.iter().all(can_be_empty),
                    GroupKind::Choice => items.iter().any(can_be_empty),
                }
        }
    }
}

fn first_name(particle: &Particle) -> Option<&str> {
    match particle {
        Particle::Element(decl) => Some(&decl.name),
        Particle::Any => None,
        Particle::Group { items, .. } => items.iter().find_map(first_name),
    }
}

impl Primitive {
    /// Whether this is a text of this kind. AXL's numbers may be left empty.
    pub fn admits(self, text: &str) -> bool {
        let text = text.trim();
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Text | Self::Uuid => true,
            Self::Boolean => matches!(text, "t" | "f" | "true" | "false" | "0" | "1"),
            Self::Unsigned => digits(text.strip_prefix('+').unwrap_or(text)),
            Self::Integer => digits(text.strip_prefix(['+', '-']).unwrap_or(text)),
        }
    }
}
