//! What can be wrong with a document, and where.

/// A document that was refused: the reason and the byte where it was noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    /// The reason.
    pub kind: ErrorKind,
    /// Offset into the input, in bytes, of the place that shows the fault.
    pub offset: usize,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The family of the reason, for protocols that answer each with another condition.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        self.kind.class()
    }
}

/// Why a document was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not UTF-8.
    #[error("not utf-8")]
    NotUtf8,
    /// The XML declaration names an encoding other than UTF-8, or a version other than 1.x.
    #[error("unsupported xml declaration")]
    Declaration,
    /// A byte order mark. A caller that allows one takes it off first.
    #[error("byte order mark")]
    ByteOrderMark,
    /// A document type declaration. No profile allows one.
    #[error("document type declaration")]
    Dtd,
    /// A comment, in a profile that refuses them.
    #[error("comment")]
    Comment,
    /// A processing instruction. No profile allows one.
    #[error("processing instruction")]
    ProcessingInstruction,
    /// A reference to an entity other than the five predefined ones.
    #[error("entity reference")]
    Entity,
    /// A character reference that names no legal XML character.
    #[error("bad character reference")]
    CharacterReference,
    /// A character that XML 1.0 §2.2 does not allow.
    #[error("illegal character")]
    Character,
    /// The markup does not follow the grammar of XML 1.0.
    #[error("not well-formed")]
    Syntax,
    /// Not a name, or a qualified name with an empty part or two colons.
    #[error("bad name")]
    Name,
    /// A prefix that no declaration in force binds.
    #[error("undeclared prefix")]
    UndeclaredPrefix,
    /// A declaration that Namespaces in XML 1.0 §3 forbids.
    #[error("illegal namespace declaration")]
    NamespaceDeclaration,
    /// Two attributes with the same (expanded) name on one element.
    #[error("duplicate attribute")]
    DuplicateAttribute,
    /// An end tag that does not match the element that is open.
    #[error("mismatched end tag")]
    MismatchedEnd,
    /// The input ended inside a document.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// Something other than white space outside the root element.
    #[error("content outside the root element")]
    OutsideRoot,
    /// A limit was passed; the text names the field of [`Limits`](crate::Limits).
    #[error("limit passed: {0}")]
    Limit(&'static str),
}

impl ErrorKind {
    /// The family of this reason.
    #[must_use]
    pub const fn class(self) -> ErrorClass {
        match self {
            Self::NotUtf8 | Self::Declaration | Self::ByteOrderMark => ErrorClass::Encoding,
            Self::Dtd | Self::Comment | Self::ProcessingInstruction | Self::Entity => {
                ErrorClass::Restricted
            }
            Self::Limit(_) => ErrorClass::Limit,
            Self::UndeclaredPrefix | Self::NamespaceDeclaration => ErrorClass::Namespace,
            Self::CharacterReference
            | Self::Character
            | Self::Syntax
            | Self::Name
            | Self::DuplicateAttribute
            | Self::MismatchedEnd
            | Self::UnexpectedEnd
            | Self::OutsideRoot => ErrorClass::Malformed,
        }
    }
}

/// Families of [`ErrorKind`], as the stream errors of RFC 6120 §4.9.3 tell them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Not well-formed XML (`not-well-formed`).
    Malformed,
    /// Well-formed, but with a feature that the profile forbids (`restricted-xml`).
    Restricted,
    /// Not the encoding that was agreed (`unsupported-encoding`).
    Encoding,
    /// A fault of namespaces (`bad-namespace-prefix`).
    Namespace,
    /// Too large, too deep or too many (`policy-violation`).
    Limit,
}
