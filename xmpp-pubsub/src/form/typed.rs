//! The table from which a typed form is made.

use super::value::Value;
use super::{Field, FieldKind, Form, FormKind};
use crate::error::DecodeError;

/// States a form once: a struct with an `Option` for each field, its `FORM_TYPE`, its table of fields, reading and
/// writing.
///
/// ```text
/// typed_form! {
///     /// Docs of the struct.
///     pub struct Example: ns::EXAMPLE => {
///         /// Docs of the field.
///         title: TextSingle String = "pubsub#title",
///     }
/// }
/// ```
macro_rules! typed_form {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident: $form_type:expr => {
            $( $(#[$field_meta:meta])* $field:ident: $kind:ident $value:ty = $var:literal, )+
        }
    ) => {
        $(#[$meta])*
        ///
        /// A field is `None` where the form leaves it out.
        #[derive(Clone, Debug, Default, Eq, PartialEq)]
        $vis struct $name {
            $( $(#[$field_meta])* #[doc = concat!(" `", $var, "`.")] pub $field: Option<$value>, )+
            /// Fields that are not listed for this form, as they came.
            pub other: Vec<$crate::form::Field>,
        }

        impl $name {
            /// The value of `FORM_TYPE`.
            pub const FORM_TYPE: &'static str = $form_type;

            /// Every field of the form, with the type that a service shows it with.
            pub const FIELDS: &'static [(&'static str, $crate::form::FieldKind)] =
                &[$( ($var, $crate::form::FieldKind::$kind), )+];

            /// Reads the values of a form.
            ///
            /// # Errors
            ///
            /// If the form has another `FORM_TYPE`, or a listed field holds what it cannot hold.
            pub fn from_form(form: &$crate::form::Form) -> Result<Self, $crate::DecodeError> {
                super::typed::check_type(form, Self::FORM_TYPE)?;
                Self::from_fields(form)
            }

            /// Reads the values of a form, and keeps in `other` a listed field that holds what it cannot hold.
            ///
            /// # Errors
            ///
            /// If the form has another `FORM_TYPE`.
            pub fn from_form_lenient(
                form: &$crate::form::Form,
            ) -> Result<Self, $crate::DecodeError> {
                super::typed::check_type(form, Self::FORM_TYPE)?;
                Ok(Self::from_fields_lenient(form))
            }

            /// A form with the values that are there.
            #[must_use]
            pub fn to_form(&self, kind: $crate::form::FormKind) -> $crate::form::Form {
                let mut form = $crate::form::Form::new(kind, Self::FORM_TYPE);
                self.fill(&mut form);
                form
            }

            /// Puts the values that are there into a form, which keeps what people see of its fields. Fields that
            /// the form lacks are added.
            pub fn fill(&self, form: &mut $crate::form::Form) {
                $( super::typed::put(form, $var, $crate::form::FieldKind::$kind, self.$field.as_ref()); )+
                for field in &self.other {
                    super::typed::put_field(form, field);
                }
            }

            pub(super) fn from_fields(
                form: &$crate::form::Form,
            ) -> Result<Self, $crate::DecodeError> {
                let values = Self::from_fields_lenient(form);
                super::typed::check_read(&values.other, Self::FIELDS)?;
                Ok(values)
            }

            pub(super) fn from_fields_lenient(form: &$crate::form::Form) -> Self {
                let mut values = Self::default();
                for field in &form.fields {
                    let known = match field.var.as_deref() {
                        $( Some($var) => super::typed::take(&mut values.$field, field), )+
                        var => var == Some("FORM_TYPE"),
                    };
                    if !known {
                        values.other.push(field.clone());
                    }
                }
                values
            }
        }
    };
}

pub(super) use typed_form;

/// A form without `FORM_TYPE` is taken for what its place says.
pub(super) fn check_type(form: &Form, form_type: &str) -> Result<(), DecodeError> {
    match form.form_type() {
        Some(other) if other != form_type => Err(DecodeError::Invalid {
            element: "x",
            field: "FORM_TYPE",
        }),
        Some(_) | None => Ok(()),
    }
}

/// Fails where a listed field is among those that could not be read.
pub(super) fn check_read(
    unread: &[Field],
    listed: &'static [(&'static str, FieldKind)],
) -> Result<(), DecodeError> {
    for field in unread {
        let listed = listed
            .iter()
            .find(|(var, _)| field.var.as_deref() == Some(*var));
        if let Some((var, _)) = listed {
            return Err(DecodeError::Invalid {
                element: "field",
                field: var,
            });
        }
    }
    Ok(())
}

/// Reads a field, and says whether it could. One without values says nothing, where its type is not a list.
pub(super) fn take<T: Value>(place: &mut Option<T>, field: &Field) -> bool {
    if place.is_some() {
        return false;
    }
    *place = T::read(&field.values);
    place.is_some() || field.values.is_empty()
}

pub(super) fn put<T: Value>(form: &mut Form, var: &str, kind: FieldKind, value: Option<&T>) {
    let Some(value) = value else {
        return;
    };
    let place = form
        .fields
        .iter_mut()
        .find(|field| field.var.as_deref() == Some(var));
    match place {
        // Another spelling of the same value stays.
        Some(field) if T::read(&field.values).as_ref() == Some(value) => {}
        Some(field) => field.values = value.to_texts(),
        None => {
            // A submit carries values, not what they are. XEP-0004 §3.2.
            let kind = (form.kind != FormKind::Submit).then_some(kind);
            form.fields.push(Field::new(var, kind, value.to_texts()));
        }
    }
}

pub(super) fn put_field(form: &mut Form, field: &Field) {
    if !form.fields.contains(field) {
        form.fields.push(field.clone());
    }
}
