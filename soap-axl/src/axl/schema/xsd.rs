//! Reads `AXLSoap.xsd`: the part of XML Schema that AXL uses, and no more.
//!
//! Ready-made readers of XML Schema make Rust of it, for which they bring a model of their own and
//! an XML parser of their own; none of that can be turned into the table that is wanted here, and
//! the parser would be a second one.
//!
//! | read | passed over | refused |
//! | --- | --- | --- |
//! | `element`, `complexType`, `simpleType`, `sequence`, `choice`, `any`, `extension`, `simpleContent`, `complexContent`, `union`, `restriction` with `enumeration` and `maxLength`, `attribute` | `annotation`, other facets | everything else |

use std::collections::BTreeMap;

use super::{
    Attribute, ComplexType, ElementDecl, GroupKind, Particle, Primitive, Schema, SimpleType, Type,
    TypeId,
};
use crate::{
    DecodeError, DecodeErrorKind, Tree, TreeNode,
    axl::Version,
    xml::{Limits, Profile},
};

/// Why a schema could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is no XML, or longer than 64 MiB.
    #[error("the schema cannot be read: {0}")]
    Xml(DecodeErrorKind),
    /// It is no schema, or none of AXL.
    #[error("not a schema of axl: its target namespace is {0:?}")]
    NotAxl(String),
    /// It uses what this reader does not know.
    #[error("{inside} holds {element}, which is not read here")]
    Unsupported {
        /// The element.
        element: String,
        /// Name of the type or element that it stands in.
        inside: String,
    },
    /// A type that is named nowhere.
    #[error("there is no type {0}")]
    NoType(String),
}

impl From<DecodeError> for SchemaError {
    fn from(error: DecodeError) -> Self {
        Self::Xml(error.kind)
    }
}

impl Schema {
    /// Reads an `AXLSoap.xsd` of any version.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is none.
    pub fn from_xsd(xsd: impl Into<Vec<u8>>) -> Result<Self, SchemaError> {
        let limits = Limits::default()
            .with_document(MAX_XSD)
            .with_depth(MAX_DEPTH);
        let tree = Tree::parse(xsd, Profile::Soap, &limits)?;
        let root = tree.root();
        let namespace = root.attr("targetNamespace").unwrap_or_default();
        let version = Version::from_namespace(namespace)
            .filter(|_| root.is(XSD, "schema"))
            .ok_or_else(|| SchemaError::NotAxl(namespace.to_owned()))?;
        let mut reader = XsdReader {
            prefix: prefix_of_root(&tree),
            by_name: BTreeMap::new(),
            types: Vec::new(),
        };
        reader.name_types(root);
        for node in root.children() {
            reader.read_named(node)?;
        }
        let mut elements = BTreeMap::new();
        for node in root.children_named("element") {
            let decl = reader.element(node)?;
            elements.insert(decl.name.clone(), decl.type_id);
        }
        let operations = elements
            .iter()
            .filter_map(|(name, request)| {
                let answer = elements.get(&format!("{name}Response"))?;
                Some((name.clone(), (*request, *answer)))
            })
            .collect();
        Ok(Self {
            version,
            types: reader.types,
            operations,
        })
    }
}

struct XsdReader {
    /// What stands before the colon in names of XML Schema itself.
    prefix: String,
    by_name: BTreeMap<String, TypeId>,
    types: Vec<Type>,
}

impl XsdReader {
    /// Gives each named type its place, since any can be used before it is stated.
    fn name_types(&mut self, root: TreeNode<'_>) {
        for node in root.children() {
            if let ("complexType" | "simpleType", Some(name)) = (node.local(), node.attr("name")) {
                let id = self.push(Type::Simple(SimpleType::default()));
                self.by_name.insert(name.to_owned(), id);
            }
        }
    }

    fn read_named(&mut self, node: TreeNode<'_>) -> Result<(), SchemaError> {
        let name = node.attr("name").unwrap_or_default();
        let read = match node.local() {
            "complexType" => self.complex(node, name)?,
            "simpleType" => Type::Simple(self.simple(node, name)?),
            "element" | "annotation" => return Ok(()),
            _ => return Err(unsupported(node, "schema")),
        };
        if let Some(place) = self
            .by_name
            .get(name)
            .and_then(|id| self.types.get_mut(id.0 as usize))
        {
            *place = read;
        }
        Ok(())
    }

    fn element(&mut self, node: TreeNode<'_>) -> Result<ElementDecl, SchemaError> {
        let name = node.attr("name").unwrap_or_default();
        let mut type_id = match node.attr("type") {
            Some(named) => self.named(named)?,
            None => self.primitive(Primitive::Text),
        };
        for child in node.children() {
            type_id = match child.local() {
                "complexType" => {
                    let complex = self.complex(child, "")?;
                    self.push(complex)
                }
                "simpleType" => {
                    let simple = self.simple(child, "")?;
                    self.push(Type::Simple(simple))
                }
                "annotation" => type_id,
                _ => return Err(unsupported(child, name)),
            };
        }
        let max = match node.attr("maxOccurs") {
            Some("unbounded") => None,
            Some(text) => Some(text.parse().unwrap_or(1)),
            None => Some(1),
        };
        Ok(ElementDecl {
            name: name.to_owned(),
            type_id,
            min: min_occurs(node),
            max,
            nillable: node.attr("nillable") == Some("true"),
            default: node.attr("default").map(str::to_owned),
        })
    }

    fn complex(&mut self, node: TreeNode<'_>, name: &str) -> Result<Type, SchemaError> {
        let mut complex = ComplexType {
            name: name.to_owned(),
            ..ComplexType::default()
        };
        self.content(node, name, &mut complex)?;
        Ok(Type::Complex(complex))
    }

    /// What is inside a `complexType`, or inside the `extension` of one.
    fn content(
        &mut self,
        node: TreeNode<'_>,
        name: &str,
        complex: &mut ComplexType,
    ) -> Result<(), SchemaError> {
        for child in node.children() {
            match child.local() {
                "sequence" | "choice" => {
                    let group = self.group(child, name)?;
                    complex.content.push(group);
                }
                "attribute" => {
                    let type_id = self.named(child.attr("type").unwrap_or_default())?;
                    complex.attributes.push(Attribute {
                        name: child.attr("name").unwrap_or_default().to_owned(),
                        type_id,
                        required: child.attr("use") == Some("required"),
                    });
                }
                "complexContent" => {
                    let extension = extension(child, name)?;
                    complex.base = Some(self.base(extension)?);
                    self.content(extension, name, complex)?;
                }
                "simpleContent" => {
                    let extension = extension(child, name)?;
                    complex.text = Some(self.base(extension)?);
                    self.content(extension, name, complex)?;
                }
                "annotation" => {}
                _ => return Err(unsupported(child, name)),
            }
        }
        Ok(())
    }

    fn group(&mut self, node: TreeNode<'_>, name: &str) -> Result<Particle, SchemaError> {
        let mut items = Vec::new();
        for child in node.children() {
            items.push(match child.local() {
                "element" => Particle::Element(self.element(child)?),
                "sequence" | "choice" => self.group(child, name)?,
                "any" => Particle::Any,
                "annotation" => continue,
                _ => return Err(unsupported(child, name)),
            });
        }
        if node.attr("maxOccurs").is_some_and(|max| max != "1") {
            return Err(SchemaError::Unsupported {
                element: format!("a {} that repeats", node.local()),
                inside: name.to_owned(),
            });
        }
        Ok(Particle::Group {
            kind: if node.local() == "choice" {
                GroupKind::Choice
            } else {
                GroupKind::Sequence
            },
            optional: min_occurs(node) == 0,
            items,
        })
    }

    fn simple(&mut self, node: TreeNode<'_>, name: &str) -> Result<SimpleType, SchemaError> {
        let mut simple = SimpleType {
            name: name.to_owned(),
            ..SimpleType::default()
        };
        for child in node.children() {
            match child.local() {
                "restriction" => {
                    let base = self.base(child)?;
                    if let Some(Type::Simple(base)) = self.types.get(base.0 as usize) {
                        simple.primitive = base.primitive;
                    }
                    for facet in child.children() {
                        let value = facet.attr("value").unwrap_or_default();
                        match facet.local() {
                            "enumeration" => simple.values.push(value.to_owned()),
                            "maxLength" => simple.max_length = value.parse().ok(),
                            _ => {}
                        }
                    }
                }
                // A list and a type that takes any text: what the list says is a suggestion.
                "union" => {
                    for member in child.children_named("simpleType") {
                        simple.values.extend(self.simple(member, "")?.values);
                    }
                }
                "annotation" => {}
                _ => return Err(unsupported(child, name)),
            }
        }
        // AXL's own types that mean more than their restriction says.
        match name {
            "boolean" => simple.primitive = Primitive::Boolean,
            "XUUID" => simple.primitive = Primitive::Uuid,
            _ => {}
        }
        if simple.primitive == Primitive::Boolean {
            simple.values.clear();
        }
        Ok(simple)
    }

    fn base(&mut self, node: TreeNode<'_>) -> Result<TypeId, SchemaError> {
        self.named(node.attr("base").unwrap_or_default())
    }

    fn named(&mut self, name: &str) -> Result<TypeId, SchemaError> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if prefix != self.prefix {
            let found = self.by_name.get(local);
            return found
                .copied()
                .ok_or_else(|| SchemaError::NoType(name.to_owned()));
        }
        if local == "anyType" {
            return Ok(self.push(Type::Complex(ComplexType {
                content: vec![Particle::Any],
                ..ComplexType::default()
            })));
        }
        Ok(self.primitive(match local {
            "boolean" => Primitive::Boolean,
            "int" | "integer" | "long" | "short" => Primitive::Integer,
            "nonNegativeInteger" | "positiveInteger" | "unsignedInt" | "unsignedLong" => {
                Primitive::Unsigned
            }
            "Name" | "string" | "token" => Primitive::Text,
            _ => return Err(SchemaError::NoType(name.to_owned())),
        }))
    }

    /// The type of XML Schema's own.
    fn primitive(&mut self, primitive: Primitive) -> TypeId {
        let key = format!("\u{1}{primitive:?}");
        if let Some(known) = self.by_name.get(&key) {
            return *known;
        }
        let id = self.push(Type::Simple(SimpleType {
            primitive,
            ..SimpleType::default()
        }));
        self.by_name.insert(key, id);
        id
    }

    fn push(&mut self, read: Type) -> TypeId {
        // Fewer types than bytes, of which there are fewer than 2^32.
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(read);
        id
    }
}

/// What stands before the colon of the root's name.
fn prefix_of_root(tree: &Tree) -> String {
    let root = tree.root().local();
    let before = tree
        .source()
        .split_once(root)
        .map_or("", |(before, _)| before);
    let name = before.rsplit_once('<').map_or("", |(_, name)| name);
    name.trim_end_matches(':').to_owned()
}

fn extension<'t>(node: TreeNode<'t>, name: &str) -> Result<TreeNode<'t>, SchemaError> {
    node.child("extension").ok_or_else(|| {
        let element = node.children().next().unwrap_or(node);
        unsupported(element, name)
    })
}

fn min_occurs(node: TreeNode<'_>) -> u32 {
    node.attr("minOccurs")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
}

fn unsupported(node: TreeNode<'_>, inside: &str) -> SchemaError {
    SchemaError::Unsupported {
        element: node.local().to_owned(),
        inside: inside.to_owned(),
    }
}

/// The namespace of XML Schema.
const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Longest schema, in bytes; Cisco's have 4 MB.
const MAX_XSD: usize = 64 * 1024 * 1024;
/// Deepest nesting of a schema; Cisco's go to 14.
const MAX_DEPTH: usize = 64;
