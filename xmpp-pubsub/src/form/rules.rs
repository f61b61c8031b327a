//! What XEP-0004 allows in a form. Reading is open, so that nothing is lost; whoever takes only what is allowed asks here.

use super::{Field, FieldKind, Form, FormKind};
use crate::error::DecodeError;

impl FieldKind {
    /// Whether a field of this type may have more than one value. XEP-0004 §3.2.
    #[must_use]
    pub const fn takes_many(self) -> bool {
        matches!(
            self,
            Self::JidMulti | Self::ListMulti | Self::TextMulti | Self::Hidden
        )
    }

    /// Whether a field of this type may offer options. XEP-0004 §3.2.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::ListMulti | Self::ListSingle)
    }
}

impl Field {
    /// Lines of text, each a value. XEP-0004 §3.3.
    #[must_use]
    pub fn lines(var: &str, text: &str) -> Self {
        let lines = text.lines().map(str::to_owned).collect();
        Self::new(var, Some(FieldKind::TextMulti), lines)
    }

    /// The type of the field in a form of that kind: without one it is `text-single` where it is to be filled in, and
    /// unknown elsewhere. XEP-0004 §3.2.
    #[must_use]
    pub fn kind_in(&self, form: FormKind) -> Option<FieldKind> {
        let missing = (form == FormKind::Form).then_some(FieldKind::TextSingle);
        self.kind.or(missing)
    }
}

impl Form {
    /// Checks what XEP-0004 §3.2 allows: one value where the type of a field has one, options in lists alone, and a name
    /// for all but `fixed` fields. The rows of a table are not looked at.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Invalid`] with what is too much in a field, [`DecodeError::Missing`] for a field without a name.
    pub fn check(&self) -> Result<(), DecodeError> {
        let invalid = |field| {
            Err(DecodeError::Invalid {
                element: "field",
                field,
            })
        };
        for field in &self.fields {
            let kind = field.kind_in(self.kind);
            if field.var.is_none() && kind != Some(FieldKind::Fixed) {
                return Err(DecodeError::Missing {
                    element: "field",
                    field: "var",
                });
            }
            let Some(kind) = kind else { continue };
            if field.values.len() > 1 && !kind.takes_many() {
                return invalid("value");
            }
            if !field.options.is_empty() && !kind.has_options() {
                return invalid("option");
            }
        }
        Ok(())
    }
}
