//! A schema as a table of a few hundred kilobytes.
//!
//! Numbers are LEB128, texts are a length and UTF-8, and every name stands once:
//!
//! ```text
//! "AXLT" format major minor
//! texts:       count, (length, bytes)*
//! types:       count, type*
//! operations:  count, (name, request, answer)*
//! ```

use std::collections::BTreeMap;

use super::{
    Attribute, ComplexType, ElementDecl, GroupKind, Particle, Primitive, Schema, SimpleType, Type,
    TypeId,
};
use crate::axl::Version;

/// Why a table could not be loaded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Not a table, or of another format than this crate's.
    #[error("not a schema table of this format")]
    Format,
    /// It ends too early, or says what cannot be.
    #[error("the schema table is damaged at byte {0}")]
    Damaged(usize),
}

impl Schema {
    /// The schema as a table, for [`Schema::from_table`].
    pub fn to_table(&self) -> Vec<u8> {
        let mut writer = TableWriter::default();
        writer.number(self.types.len());
        for one in &self.types {
            writer.write_type(one);
        }
        writer.number(self.operations.len());
        for (name, (request, answer)) in &self.operations {
            writer.text(name);
            writer.type_id(*request);
            writer.type_id(*answer);
        }
        let mut table = TableWriter {
            out: MAGIC.to_vec(),
            ..TableWriter::default()
        };
        let (major, minor) = self.version.parts();
        table.out.extend([FORMAT, major, minor]);
        table.number(writer.order.len());
        for text in &writer.order {
            table.number(text.len());
            table.out.extend_from_slice(text.as_bytes());
        }
        table.out.extend(writer.out);
        table.out
    }

    /// Loads a table.
    ///
    /// # Errors
    ///
    /// When it is none, or is damaged.
    pub fn from_table(table: &[u8]) -> Result<Self, TableError> {
        let Some((head, rest)) = table.split_first_chunk::<7>() else {
            return Err(TableError::Format);
        };
        let [magic @ .., format, major, minor] = head;
        if magic != MAGIC || *format != FORMAT {
            return Err(TableError::Format);
        }
        let mut reader = TableReader {
            rest,
            len: table.len(),
            texts: Vec::new(),
        };
        for _ in 0..reader.number()? {
            let text = reader.bytes()?;
            reader.texts.push(text);
        }
        let mut types = Vec::new();
        for _ in 0..reader.number()? {
            types.push(reader.read_type()?);
        }
        let mut operations = BTreeMap::new();
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            operations.insert(name, (reader.type_id()?, reader.type_id()?));
        }
        Ok(Self {
            version: Version::new(*major, *minor),
            types,
            operations,
        })
    }
}

#[derive(Debug, Default)]
struct TableWriter {
    out: Vec<u8>,
    texts: BTreeMap<String, usize>,
    order: Vec<String>,
}

impl TableWriter {
    fn number(&mut self, number: usize) {
        let mut rest = number;
        while rest >= 0x80 {
            self.out.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        self.out.push(rest as u8);
    }

    fn flags(&mut self, flags: &[bool]) {
        let bits = flags
            .iter()
            .rev()
            .fold(0, |bits, flag| bits << 1 | u8::from(*flag));
        self.out.push(bits);
    }

    fn text(&mut self, text: &str) {
        let next = self.order.len();
        let index = *self.texts.entry(text.to_owned()).or_insert(next);
        if index == next {
            self.order.push(text.to_owned());
        }
        self.number(index);
    }

    fn type_id(&mut self, id: TypeId) {
        self.number(id.0 as usize);
    }

    /// 0 for none, else one more than the number.
    fn optional(&mut self, number: Option<u32>) {
        self.number(number.map_or(0, |number| number as usize + 1));
    }

    fn write_type(&mut self, one: &Type) {
        match one {
            Type::Simple(simple) => {
                let primitive = PRIMITIVES
                    .iter()
                    .position(|known| *known == simple.primitive);
                self.out.push(primitive.unwrap_or_default() as u8);
                self.text(&simple.name);
                self.optional(simple.max_length);
                self.number(simple.values.len());
                for value in &simple.values {
                    self.text(value);
                }
            }
            Type::Complex(complex) => {
                self.out.push(COMPLEX);
                self.text(&complex.name);
                self.optional(complex.base.map(|id| id.0));
                self.optional(complex.text.map(|id| id.0));
                self.number(complex.attributes.len());
                for attribute in &complex.attributes {
                    self.text(&attribute.name);
                    self.type_id(attribute.type_id);
                    self.flags(&[attribute.required]);
                }
                self.particles(&complex.content);
            }
        }
    }

    fn particles(&mut self, particles: &[Particle]) {
        self.number(particles.len());
        for particle in particles {
            match particle {
                Particle::Element(decl) => {
                    let has_default = decl.default.is_some();
                    self.flags(&[false, false, decl.nillable, has_default]);
                    self.text(&decl.name);
                    self.type_id(decl.type_id);
                    self.number(decl.min as usize);
                    self.optional(decl.max);
                    if let Some(default) = &decl.default {
                        self.text(default);
                    }
                }
                Particle::Any => self.flags(&[true, true]),
                Particle::Group {
                    kind,
                    optional,
                    items,
                } => {
                    self.flags(&[true, false, *kind == GroupKind::Choice, *optional]);
                    self.particles(items);
                }
            }
        }
    }
}

struct TableReader<'t> {
    rest: &'t [u8],
    len: usize,
    texts: Vec<String>,
}

impl TableReader<'_> {
    fn damaged(&self) -> TableError {
        TableError::Damaged(self.len - self.rest.len())
    }

    fn byte(&mut self) -> Result<u8, TableError> {
        let (byte, rest) = self.rest.split_first().ok_or_else(|| self.damaged())?;
        self.rest = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<u32, TableError> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| self.damaged());
            }
        }
        Err(self.damaged())
    }

    fn bytes(&mut self) -> Result<String, TableError> {
        let len = self.number()? as usize;
        let (bytes, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| self.damaged())?;
        let text = core::str::from_utf8(bytes).map_err(|_| self.damaged())?;
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn text(&mut self) -> Result<String, TableError> {
        let index = self.number()? as usize;
        let text = self.texts.get(index).cloned();
        text.ok_or_else(|| self.damaged())
    }

    fn type_id(&mut self) -> Result<TypeId, TableError> {
        Ok(TypeId(self.number()?))
    }

    fn optional(&mut self) -> Result<Option<u32>, TableError> {
        Ok(self.number()?.checked_sub(1))
    }

    fn read_type(&mut self) -> Result<Type, TableError> {
        let kind = self.byte()?;
        if kind == COMPLEX {
            return Ok(Type::Complex(self.complex()?));
        }
        let primitive = PRIMITIVES.get(usize::from(kind)).copied();
        let primitive = primitive.ok_or_else(|| self.damaged())?;
        let name = self.text()?;
        let max_length = self.optional()?;
        let mut values = Vec::new();
        for _ in 0..self.number()? {
            values.push(self.text()?);
        }
        Ok(Type::Simple(SimpleType {
            name,
            primitive,
            values,
            max_length,
        }))
    }

    fn complex(&mut self) -> Result<ComplexType, TableError> {
        let name = self.text()?;
        let base = self.optional()?.map(TypeId);
        let text = self.optional()?.map(TypeId);
        let mut attributes = Vec::new();
        for _ in 0..self.number()? {
            attributes.push(Attribute {
                name: self.text()?,
                type_id: self.type_id()?,
                required: self.byte()? != 0,
            });
        }
        Ok(ComplexType {
            name,
            base,
            text,
            content: self.particles(MAX_NESTING)?,
            attributes,
        })
    }

    fn particles(&mut self, depth: usize) -> Result<Vec<Particle>, TableError> {
        let depth = depth.checked_sub(1).ok_or_else(|| self.damaged())?;
        let mut particles = Vec::new();
        for _ in 0..self.number()? {
            let flags = self.byte()?;
            let is = |bit: u8| flags >> bit & 1 == 1;
            particles.push(match (is(0), is(1)) {
                (false, _) => Particle::Element(ElementDecl {
                    name: self.text()?,
                    type_id: self.type_id()?,
                    min: self.number()?,
                    max: self.optional()?,
                    nillable: is(2),
                    default: if is(3) { Some(self.text()?) } else { None },
                }),
                (true, true) => Particle::Any,
                (true, false) => Particle::Group {
                    kind: if is(2) {
                        GroupKind::Choice
                    } else {
                        GroupKind::Sequence
                    },
                    optional: is(3),
                    items: self.particles(depth)?,
                },
            });
        }
        Ok(particles)
    }
}

const MAGIC: &[u8; 4] = b"AXLT";
/// Counts the changes of the format.
const FORMAT: u8 = 1;
/// What a type begins with: its place here, or [`COMPLEX`].
const PRIMITIVES: [Primitive; 5] = [
    Primitive::Text,
    Primitive::Boolean,
    Primitive::Integer,
    Primitive::Unsigned,
    Primitive::Uuid,
];
const COMPLEX: u8 = 0xff;
/// Deepest nesting of groups; AXL's go to 4.
const MAX_NESTING: usize = 32;
