//! Writes records for operations, in the macros that this crate's own are stated in.

use core::fmt::{self, Write as _};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    ComplexType, ElementDecl, GroupKind, Particle, Primitive, Schema, SimpleType, Type, TypeId,
    collect,
    rust::{Names, constant, field, pascal},
    whole,
};
use crate::axl::is_secret;

/// Why records could not be written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// There is no operation of this name.
    #[error("there is no operation {0}")]
    NoOperation(String),
}

impl Schema {
    /// Rust source with records for these operations and everything in them, in the macros of this
    /// crate. It is a module's content: put it into a file of your crate and say `mod` to it.
    ///
    /// Requests have each required child as a plain field, every other as
    /// [`Presence`](crate::axl::Presence); answers, which a mask may thin out, have all as
    /// `Presence`. A type that several operations share is written once. Free XML and text with
    /// attributes of its own become [`Element`](crate::xml::Element)s.
    ///
    /// # Errors
    ///
    /// When the schema has no operation of a name.
    pub fn render(&self, operations: &[&str]) -> Result<String, RenderError> {
        let mut render = Render {
            schema: self,
            names: Names::default(),
            types: BTreeMap::new(),
            due: VecDeque::new(),
            records: String::new(),
            choices: String::new(),
            strings: String::new(),
            operations: String::new(),
            commands: String::new(),
        };
        let known: BTreeSet<&str> = operations.iter().copied().collect();
        // Operations are named first, so that they have the names that one looks for.
        for name in &known {
            if !self.operations.contains_key(*name) {
                return Err(RenderError::NoOperation((*name).to_owned()));
            }
            render.names.fix(&pascal(name));
        }
        for name in &known {
            render.operation(name);
        }
        while let Some((id, side)) = render.due.pop_front() {
            render.record(id, side);
        }
        Ok(render.finish())
    }
}

/// Whether a type stands in a request or in an answer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Side {
    Request,
    Answer,
}

struct Render<'s> {
    schema: &'s Schema,
    names: Names,
    /// Names given to types.
    types: BTreeMap<(TypeId, Side), String>,
    /// Types with a name whose record is not written.
    due: VecDeque<(TypeId, Side)>,
    records: String,
    choices: String,
    strings: String,
    operations: String,
    commands: String,
}

/// A field that is about to be written.
struct FieldLine {
    doc: String,
    name: String,
    kind: String,
    wire: String,
    required: bool,
}

impl<'s> Render<'s> {
    fn operation(&mut self, name: &str) {
        let Some((request, answer)) = self.schema.operations.get(name).copied() else {
            return;
        };
        let rust = pascal(name);
        let children = self.children(request, Side::Request, &rust);
        let attributes = self.attributes(request);
        let mut head = format!("    /// Request of `{name}`.\n    {rust} \"{name}\"");
        if !attributes.is_empty() {
            let _ = write!(head, " attributes {{\n{}    }}", lines(&attributes, 8));
        }
        let _ = write!(head, " {{\n{}    }}\n", lines(&children, 8));
        let mut children = self.schema.type_ref(answer).children();
        // Where `return` is not all, it is a field among others.
        let returned = children.next().filter(|child| child.name() == "return");
        let returned = returned.filter(|_| children.next().is_none());
        let content = returned.map(|decl| decl.decl.type_id);
        match content.map(|id| self.schema.get(id)) {
            Some(Type::Simple(_) | Type::Complex(ComplexType { text: Some(_), .. })) => {
                self.commands.push_str(&head);
            }
            found @ (Some(Type::Complex(_)) | None) => {
                let reply = self.names.take(&format!("{rust}Reply"));
                let place = if found.is_some() { "" } else { " in Answer" };
                let id = content.unwrap_or(answer);
                let children = self.children(id, Side::Answer, &reply);
                let _ = write!(
                    self.operations,
                    "{head}    /// Answer of `{name}`.\n    -> {reply}{place} {{\n{}    }}\n",
                    lines(&children, 8)
                );
            }
        }
    }

    fn record(&mut self, id: TypeId, side: Side) {
        let Some(name) = self.types.get(&(id, side)).cloned() else {
            return;
        };
        let attributes = self.attributes(id);
        let children = self.children(id, side, &name);
        let kind = self.schema.type_ref(id).name();
        let doc = if kind.is_empty() {
            "A part of another type.".to_owned()
        } else {
            format!("`{kind}`.")
        };
        let default = if children.iter().any(|child| child.required) {
            ""
        } else {
            " with Default"
        };
        let _ = write!(
            self.records,
            "    /// {doc}\n    {name} \"{kind}\"{default} {{\n"
        );
        if !attributes.is_empty() {
            let _ = write!(
                self.records,
                "        attributes {{\n{}        }}\n",
                lines(&attributes, 12)
            );
        }
        let _ = write!(
            self.records,
            "        children {{\n{}        }}\n    }}\n",
            lines(&children, 12)
        );
    }

    fn attributes(&self, id: TypeId) -> Vec<FieldLine> {
        let mut names = Names::default();
        let attributes = self.schema.lineage(id).into_iter();
        attributes
            .flat_map(|complex| &complex.attributes)
            // That of an operation is the client's to choose.
            .filter(|attribute| attribute.name != "sequence")
            .map(|attribute| {
                let primitive = match self.schema.get(attribute.type_id) {
                    Type::Simple(simple) => simple.primitive,
                    Type::Complex(_) => Primitive::Text,
                };
                FieldLine {
                    doc: format!("Attribute `{}`.", attribute.name),
                    name: names.take(&field(&attribute.name)),
                    kind: path_of(primitive).to_owned(),
                    wire: attribute.name.clone(),
                    required: false,
                }
            })
            .collect()
    }

    fn children(&mut self, id: TypeId, side: Side, owner: &str) -> Vec<FieldLine> {
        let mut names = Names::default();
        // The macro's own.
        names.fix("other");
        for attribute in self.attributes(id) {
            names.fix(&attribute.name);
        }
        let mut fields = Vec::new();
        let schema = self.schema;
        for complex in schema.lineage(id) {
            self.particles(
                whole(&complex.content),
                side,
                owner,
                &mut names,
                &mut fields,
            );
        }
        fields
    }

    fn particles(
        &mut self,
        particles: &'s [Particle],
        side: Side,
        owner: &str,
        names: &mut Names,
        fields: &mut Vec<FieldLine>,
    ) {
        for particle in particles {
            match particle {
                Particle::Group {
                    kind: GroupKind::Choice,
                    optional: false,
                    items,
                } if side == Side::Request && self.is_plain_choice(items) => {
                    let line = self.choice(items, owner, names);
                    fields.push(line);
                }
                Particle::Group {
                    kind: GroupKind::Sequence,
                    optional: false,
                    items,
                } => self.particles(items, side, owner, names, fields),
                Particle::Element(_) | Particle::Group { .. } => {
                    let mut found = Vec::new();
                    collect(core::slice::from_ref(particle), false, &mut found);
                    for (decl, optional) in found {
                        if fields.iter().all(|other| other.wire != decl.name) {
                            let line = self.child(decl, optional, side, owner, names);
                            fields.push(line);
                        }
                    }
                }
                Particle::Any => {}
            }
        }
    }

    fn child(
        &mut self,
        decl: &'s ElementDecl,
        optional: bool,
        side: Side,
        owner: &str,
        names: &mut Names,
    ) -> FieldLine {
        let kind = self.content(decl, side, owner);
        let free = kind == "soap_axl::xml::Element" || kind.ends_with("::Tags");
        let required = side == Side::Request && decl.min > 0 && !optional && !decl.nillable;
        let kind = if decl.max != Some(1) {
            format!("Vec<{kind}>")
        } else if required {
            kind
        } else if free {
            format!("Option<{kind}>")
        } else {
            format!("soap_axl::axl::Presence<{kind}>")
        };
        let mut doc = format!("Element `{}`", decl.name);
        if decl.min > 0 && !optional && side == Side::Request {
            doc.push_str(", required");
        }
        if decl.nillable {
            doc.push_str(", can be nil");
        }
        if let Some(default) = decl.default.as_deref().filter(|text| is_plain(text)) {
            let _ = write!(doc, ", `{default}` if left out");
        }
        doc.push('.');
        FieldLine {
            doc,
            name: names.take(&field(&decl.name)),
            required: required && decl.max == Some(1),
            kind,
            wire: decl.name.clone(),
        }
    }

    /// The type of what one element holds.
    fn content(&mut self, decl: &'s ElementDecl, side: Side, owner: &str) -> String {
        if decl.name == "returnedTags" {
            return "soap_axl::axl::Tags".to_owned();
        }
        let schema = self.schema;
        match schema.get(decl.type_id) {
            Type::Simple(simple)
                if simple.primitive == Primitive::Text && is_secret(&decl.name) =>
            {
                "soap_axl::Secret".to_owned()
            }
            Type::Simple(simple) if simple.values.is_empty() => {
                path_of(simple.primitive).to_owned()
            }
            Type::Simple(simple) => self.open_string(decl.type_id, simple, owner, &decl.name),
            Type::Complex(complex) => {
                let attributes = schema.lineage(decl.type_id).into_iter();
                let attributes: Vec<_> = attributes
                    .flat_map(|complex| &complex.attributes)
                    .map(|attribute| attribute.name.as_str())
                    .collect();
                if complex.text.is_some() && attributes == ["uuid"] {
                    return "soap_axl::axl::ForeignKey".to_owned();
                }
                if complex.text.is_some() || has_any(&complex.content) {
                    return "soap_axl::xml::Element".to_owned();
                }
                let key = (decl.type_id, side);
                if let Some(name) = self.types.get(&key) {
                    return name.clone();
                }
                let wanted = if complex.name.is_empty() {
                    format!("{owner}{}", pascal(&decl.name))
                } else {
                    pascal(&complex.name)
                };
                let name = self.names.take(&wanted);
                self.types.insert(key, name.clone());
                self.due.push_back(key);
                name
            }
        }
    }

    fn is_plain_choice(&self, items: &[Particle]) -> bool {
        items.len() > 1
            && items.iter().all(|item| match item {
                Particle::Element(decl) => {
                    decl.min > 0
                        && decl.max == Some(1)
                        && !decl.nillable
                        && matches!(self.schema.get(decl.type_id), Type::Simple(_))
                }
                Particle::Group { .. } | Particle::Any => false,
            })
    }

    fn choice(&mut self, items: &'s [Particle], owner: &str, names: &mut Names) -> FieldLine {
        let decls: Vec<_> = items
            .iter()
            .filter_map(|item| match item {
                Particle::Element(decl) => Some(decl),
                Particle::Group { .. } | Particle::Any => None,
            })
            .collect();
        let is_key = decls.iter().any(|decl| decl.name == "uuid");
        let name = if is_key { "key" } else { "choice" };
        let rust = self.names.take(&format!("{owner}{}", pascal(name)));
        let wires: Vec<_> = decls.iter().map(|decl| decl.name.as_str()).collect();
        let mut variants = String::new();
        let mut taken = Names::default();
        for decl in &decls {
            let kind = self.content(decl, Side::Request, owner);
            let _ = write!(
                variants,
                "        /// Element `{0}`.\n        {1}({kind}) = \"{0}\",\n",
                decl.name,
                taken.take(&pascal(&decl.name)),
            );
        }
        let _ = write!(
            self.choices,
            "    /// One of these.\n    {rust} {{\n{variants}    }}\n"
        );
        FieldLine {
            doc: "One of these, required.".to_owned(),
            name: names.take(name),
            kind: rust,
            wire: wires.join(" | "),
            required: true,
        }
    }

    fn open_string(
        &mut self,
        id: TypeId,
        simple: &SimpleType,
        owner: &str,
        element: &str,
    ) -> String {
        // The same on both sides.
        let key = (id, Side::Request);
        if let Some(name) = self.types.get(&key) {
            return name.clone();
        }
        let wanted = if simple.name.is_empty() {
            format!("{owner}{}", pascal(element))
        } else {
            pascal(&simple.name)
        };
        let name = self.names.take(&wanted);
        self.types.insert(key, name.clone());
        let mut constants = String::new();
        let mut taken = Names::default();
        let values: BTreeSet<_> = simple.values.iter().collect();
        for value in values {
            let _ = write!(
                constants,
                "        /// {}\n        {} = {value:?},\n",
                if is_plain(value) {
                    format!("`{value}`.")
                } else {
                    "A value of the schema.".to_owned()
                },
                taken.take(&constant(value)),
            );
        }
        let _ = write!(
            self.strings,
            "    /// Values of `{}` that the schema lists.\n    {name} {{\n{constants}    }}\n",
            if simple.name.is_empty() {
                element
            } else {
                &simple.name
            }
        );
        name
    }

    fn finish(self) -> String {
        let mut out = format!(
            "// Records of AXL {}, written from its schema. Write them anew instead of changing them.\n",
            self.schema.version
        );
        for (name, content) in [
            ("operation", self.operations),
            ("command", self.commands),
            ("record", self.records),
            ("choice", self.choices),
            ("open_string", self.strings),
        ] {
            if !content.is_empty() {
                let _ = write!(out, "\nsoap_axl::axl_{name}! {{\n{content}}}\n");
            }
        }
        out
    }
}

impl fmt::Display for FieldLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} = \"{}\";", self.name, self.kind, self.wire)
    }
}

fn lines(fields: &[FieldLine], indent: usize) -> String {
    let mut out = String::new();
    for field in fields {
        let _ = write!(
            out,
            "{:indent$}/// {}\n{:indent$}{field}\n",
            "", field.doc, ""
        );
    }
    out
}

/// Where a type of simple content is found by those who use this crate.
fn path_of(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Text => "String",
        Primitive::Boolean => "bool",
        Primitive::Integer => "i64",
        Primitive::Unsigned => "u64",
        Primitive::Uuid => "soap_axl::axl::Uuid",
    }
}

fn has_any(particles: &[Particle]) -> bool {
    particles.iter().any(|particle| match particle {
        Particle::Any => true,
        Particle::Group { items, .. } => has_any(items),
        Particle::Element(_) => false,
    })
}

/// Whether a text can stand between backquotes in a comment.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_control() && c != '`')
}
