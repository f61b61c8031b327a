//! What Cisco's schema says, read from the user's own copy of it: order, presence and types of
//! everything in every operation.
//!
//! CUCM serves the schema at `/plugins/axlsqltoolkit.zip`, one `AXLSoap.xsd` for each version.
//! [`Schema::from_xsd`] reads one, [`Schema::to_table`] makes a table of less than a tenth of its
//! size, and [`Schema::from_table`] loads that in a fraction of the time. A schema then
//!
//! - puts the children of a [`Dynamic`](super::Dynamic) in order ([`Schema::order`]),
//! - adds what is required and has a default ([`Schema::fill`]),
//! - finds what is wrong with one before it is sent ([`Schema::check`]),
//! - knows what can stand where ([`Schema::complete`]),
//! - writes records for operations that are to be typed ([`Schema::render`]).
//!
//! ```no_run
//! use soap_axl::{axl::{Dynamic, schema::Schema}, xml::Element};
//!
//! # let xsd: Vec<u8> = Vec::new();
//! let schema = Schema::from_xsd(xsd)?;
//! let text = |name: &'static str, text: &str| Element::new("", name).with_text(text);
//! let mut operation = Dynamic::new("addCss").with(
//!     Element::new("", "css")
//!         .with_child(text("name", "Internal"))
//!         .with_child(text("description", "within the house")),
//! );
//! // The schema wants the description first.
//! schema.order(&mut operation);
//! assert_eq!(schema.check(&operation), []);
//! # Ok::<(), soap_axl::axl::schema::SchemaError>(())
//! ```

mod check;
mod render;
mod rust;
mod table;
mod xsd;

use std::collections::BTreeMap;

use crate::axl::Version;

pub use check::{Violation, ViolationKind};
pub use render::RenderError;
pub use table::TableError;
pub use xsd::SchemaError;

/// A version of AXL's schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Schema {
    version: Version,
    types: Vec<Type>,
    /// By name: types of the request and of the answer.
    operations: BTreeMap<String, (TypeId, TypeId)>,
}

/// A place in [`Schema::types`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct TypeId(u32);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Type {
    Simple(SimpleType),
    Complex(ComplexType),
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct SimpleType {
    /// Empty for a type that only one element has.
    name: String,
    primitive: Primitive,
    /// Values that the schema lists; any other text is legal too.
    values: Vec<String>,
    /// In characters.
    max_length: Option<u32>,
}

/// What text of a simple type looks like.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Primitive {
    /// Any text.
    #[default]
    Text,
    /// AXL's boolean: `t`, `f`, `true`, `false`, `0`, `1`.
    Boolean,
    /// A whole number.
    Integer,
    /// A whole number that is not negative.
    Unsigned,
    /// The database's key of an object.
    Uuid,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct ComplexType {
    name: String,
    /// What it extends.
    base: Option<TypeId>,
    /// The type of its text, when it has text and attributes only.
    text: Option<TypeId>,
    /// Its own children, behind those of its base.
    content: Vec<Particle>,
    attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Particle {
    Element(ElementDecl),
    Group {
        kind: GroupKind,
        optional: bool,
        items: Vec<Self>,
    },
    /// Free XML.
    Any,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum GroupKind {
    Sequence,
    Choice,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct ElementDecl {
    name: String,
    type_id: TypeId,
    min: u32,
    /// `None` for any number.
    max: Option<u32>,
    nillable: bool,
    default: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Attribute {
    name: String,
    type_id: TypeId,
    required: bool,
}

impl Schema {
    /// The version that it is of.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Names of all operations, in order.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// What the request of an operation holds.
    pub fn request(&self, operation: &str) -> Option<TypeRef<'_>> {
        let (request, _) = self.operations.get(operation)?;
        Some(self.type_ref(*request))
    }

    /// What the answer of an operation holds.
    pub fn answer(&self, operation: &str) -> Option<TypeRef<'_>> {
        let (_, answer) = self.operations.get(operation)?;
        Some(self.type_ref(*answer))
    }

    /// What can stand in the request of an operation at a path of names, as in `phone/lines`; for
    /// the empty path, in the operation's own element. Nothing for a path that leads nowhere.
    pub fn complete(&self, operation: &str, path: &str) -> Vec<ElementRef<'_>> {
        let steps = path.split('/').filter(|step| !step.is_empty());
        let place = self.request(operation).and_then(|request| {
            let mut steps = steps;
            steps.try_fold(request, |place, step| Some(place.child(step)?.content()))
        });
        place.map_or_else(Vec::new, |place| place.children().collect())
    }

    fn type_ref(&self, id: TypeId) -> TypeRef<'_> {
        TypeRef { schema: self, id }
    }

    fn get(&self, id: TypeId) -> &Type {
        self.types.get(id.0 as usize).unwrap_or(&ANY_TEXT)
    }

    /// A complex type and what it extends, the innermost base first.
    fn lineage(&self, id: TypeId) -> Vec<&ComplexType> {
        let mut line = Vec::new();
        let mut next = Some(id);
        while let Some(Type::Complex(complex)) = next.map(|id| self.get(id)) {
            line.push(complex);
            // A table made by hand may go round in circles.
            next = complex.base.filter(|_| line.len() < MAX_LINEAGE);
        }
        line.reverse();
        line
    }
}

/// What the content of an element looks like.
#[derive(Clone, Copy, Debug)]
pub struct TypeRef<'s> {
    schema: &'s Schema,
    id: TypeId,
}

impl<'s> TypeRef<'s> {
    /// Name in the schema; empty for a type that only one element has.
    pub fn name(self) -> &'s str {
        match self.schema.get(self.id) {
            Type::Simple(simple) => &simple.name,
            Type::Complex(complex) => &complex.name,
        }
    }

    /// The children in the order of the schema. Those of a choice stand one after the other.
    pub fn children(self) -> impl Iterator<Item = ElementRef<'s>> {
        let mut found = Vec::new();
        for complex in self.schema.lineage(self.id) {
            collect(whole(&complex.content), false, &mut found);
        }
        let schema = self.schema;
        found.into_iter().map(move |(decl, optional)| ElementRef {
            schema,
            decl,
            optional,
        })
    }

    /// The child of this name.
    pub fn child(self, name: &str) -> Option<ElementRef<'s>> {
        self.children().find(|child| child.name() == name)
    }

    /// Names of the attributes.
    pub fn attributes(self) -> impl Iterator<Item = &'s str> {
        self.schema
            .lineage(self.id)
            .into_iter()
            .flat_map(|complex| &complex.attributes)
            .map(|attribute| attribute.name.as_str())
    }

    /// What its text looks like; `None` when it holds elements.
    pub fn primitive(self) -> Option<Primitive> {
        self.simple().map(|simple| simple.primitive)
    }

    /// The values that the schema lists for its text. Any other is legal too.
    pub fn values(self) -> &'s [String] {
        self.simple().map_or(&[], |simple| &simple.values)
    }

    fn simple(self) -> Option<&'s SimpleType> {
        match self.schema.get(self.id) {
            Type::Simple(simple) => Some(simple),
            Type::Complex(complex) => match self.schema.get(complex.text?) {
                Type::Simple(simple) => Some(simple),
                Type::Complex(_) => None,
            },
        }
    }
}

/// An element where the schema has a place for it.
#[derive(Clone, Copy, Debug)]
pub struct ElementRef<'s> {
    schema: &'s Schema,
    decl: &'s ElementDecl,
    /// Whether a group that it is in can be left out, or something else chosen.
    optional: bool,
}

impl<'s> ElementRef<'s> {
    /// Its name.
    pub fn name(self) -> &'s str {
        &self.decl.name
    }

    /// Whether it has to be there, if there is anything where it stands.
    pub fn is_required(self) -> bool {
        self.decl.min > 0 && !self.optional
    }

    /// Whether it can come more than once.
    pub fn repeats(self) -> bool {
        self.decl.max != Some(1)
    }

    /// Whether it can say `xsi:nil`.
    pub fn is_nillable(self) -> bool {
        self.decl.nillable
    }

    /// What the server takes when it is left out.
    pub fn default(self) -> Option<&'s str> {
        self.decl.default.as_deref()
    }

    /// What it holds.
    pub fn content(self) -> TypeRef<'s> {
        self.schema.type_ref(self.decl.type_id)
    }
}

/// What a content holds when it holds anything: AXL says of most that the whole can be left out.
fn whole(content: &[Particle]) -> &[Particle] {
    match content {
        [
            Particle::Group {
                kind: GroupKind::Sequence,
                items,
                ..
            },
        ] => items,
        other => other,
    }
}

/// All elements of a content in order, each with whether a group around it is optional.
fn collect<'s>(
    particles: &'s [Particle],
    optional: bool,
    found: &mut Vec<(&'s ElementDecl, bool)>,
) {
    for particle in particles {
        match particle {
            Particle::Element(decl) => {
                // One name in two branches of a choice is one place.
                if !found.iter().any(|(other, _)| other.name == decl.name) {
                    found.push((decl, optional));
                }
            }
            Particle::Group {
                kind,
                optional: left_out,
                items,
            } => collect(
                items,
                optional || *left_out || *kind == GroupKind::Choice,
                found,
            ),
            Particle::Any => {}
        }
    }
}

/// What stands at a place that no type has.
static ANY_TEXT: Type = Type::Simple(SimpleType {
    name: String::new(),
    primitive: Primitive::Text,
    values: Vec::new(),
    max_length: None,
});

/// How often a type can be an extension of an extension. AXL's go to 3.
const MAX_LINEAGE: usize = 16;
