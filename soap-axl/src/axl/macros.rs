//! The tables in which records, choices, open strings and operations are stated once.
//!
//! `record!` takes one or more records:
//!
//! ```text
//! record! {
//!     /// Docs of the struct.
//!     Phone "phone" {
//!         attributes {
//!             /// Docs of the field.
//!             uuid: Uuid = "uuid";            // becomes Option<Uuid>
//!         }
//!         children {
//!             name: Presence<String> = "name";  // at most once, perhaps nil
//!             lines: Vec<Line> = "line";        // any number of times
//!             userid: String = "userid";        // exactly once
//!             key: UserKey = "userid | uuid";   // a choice, once under one of its names
//!         }
//!     }
//! }
//! ```
//!
//! and becomes a struct with these fields and `other: Vec<Element>` for the children that are not
//! in the table, and its [`Content`](super::Content) with a table of `FIELDS`. Fields
//! are written in the order of the table, which is that of the schema, and read in any order.
//!
//! `operation!` states a request and its answer:
//!
//! ```text
//! operation! {
//!     /// Docs of the request.
//!     GetPhone "getPhone" { key: NameKey = "name | uuid"; }
//!     /// Docs of the answer.
//!     -> GetPhoneReply { phone: Phone = "phone"; }
//! }
//! ```
//!
//! The answer's fields are the children of its `return` element; with `in Answer` behind its name,
//! as a few operations have it, of the answer's own element. An operation that has attributes
//! states them as a record does, before its braces. `command!` states requests that
//! are answered with a text alone, [`Returned`](super::Returned).
//!
//! Other crates use them as `soap_axl::axl_record!` and so on, as does what `Schema::render` of the
//! feature `schema` writes.

/// States records. See the module's text.
#[macro_export]
macro_rules! axl_record {
    ($(
        $(#[$doc:meta])*
        $name:ident $wire:literal {
            $(attributes { $($(#[$adoc:meta])* $afield:ident: $atype:ty = $awire:literal;)+ })?
            $(children { $($(#[$cdoc:meta])* $cfield:ident: $ctype:ty = $cwire:literal;)* })?
        }
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($($(#[$adoc])* pub $afield: Option<$atype>,)+)?
            $($($(#[$cdoc])* pub $cfield: $ctype,)*)?
            /// Children that are not in the table, in the order they came; written last.
            pub other: Vec<$crate::xml::Element>,
        }

        impl $crate::axl::Record for $name {
            const NAME: &'static str = $wire;
        }

        impl $crate::axl::Content for $name {
            const FIELDS: &'static [$crate::axl::Field] = &[
                $($($crate::axl::Field::attribute($awire),)+)?
                $($($crate::axl::Field::child(
                    $cwire,
                    <$ctype as $crate::axl::Slot>::FIELDS,
                ),)*)?
            ];

            fn read(
                decoder: &mut $crate::Decoder<'_>,
                _wire: &'static str,
            ) -> Result<Self, $crate::DecodeError> {
                $($(
                    let $afield = $crate::axl::macros::read_attribute(decoder, $awire)?;
                )+)?
                $($(
                    let mut $cfield = <$ctype as $crate::axl::Slot>::Pending::default();
                )*)?
                let mut other = Vec::new();
                // Fields come in the order of the table, so that the next is looked for from the
                // one before on, and only then from the beginning.
                let mut _last = 0_usize;
                'children: while let Some(name) = decoder.child()? {
                    let _local = name.local();
                    for _onwards in [true, false] {
                        let mut _at = 0_usize;
                        $($(
                            _at += 1;
                            if (_at >= _last) == _onwards
                                && <$ctype as $crate::axl::Slot>::absorb(
                                    &mut $cfield, $cwire, _local, decoder,
                                )?
                            {
                                _last = _at;
                                continue 'children;
                            }
                        )*)?
                    }
                    other.push(decoder.element()?);
                }
                Ok(Self {
                    $($($afield,)+)?
                    $($($cfield: <$ctype as $crate::axl::Slot>::settle(
                        $cfield, $cwire, decoder,
                    )?,)*)?
                    other,
                })
            }

            fn write(&self, encoder: &mut $crate::Encoder, wire: &str) {
                let _tag = encoder.open(wire);
                $($(
                    let _tag = $crate::axl::macros::write_attribute(_tag, $awire, &self.$afield);
                )+)?
                self.write_children(encoder);
                encoder.close();
            }

            fn write_inside(&self, encoder: &mut $crate::Encoder) {
                self.write_children(encoder);
            }

            fn mask(&mut self, tags: &$crate::axl::Tags) {
                $($(
                    $crate::axl::Slot::mask(&mut self.$cfield, $cwire, tags);
                )*)?
                self.other.retain(|element| tags.wants(element.local()));
            }
        }

        impl $name {
            fn write_children(&self, encoder: &mut $crate::Encoder) {
                $($(
                    $crate::axl::Slot::emit(&self.$cfield, $cwire, encoder);
                )*)?
                for element in &self.other {
                    encoder.element(element);
                }
            }
        }
    )+};
}

/// States choices: one element of several names.
#[macro_export]
macro_rules! axl_choice {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$vdoc:meta])* $variant:ident($type:ty) = $wire:literal,)+ }
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$vdoc])* $variant($type),)+
        }

        impl $crate::axl::Slot for $name {
            type Pending = Option<Self>;

            fn absorb(
                pending: &mut Option<Self>,
                wire: &'static str,
                local: &str,
                decoder: &mut $crate::Decoder<'_>,
            ) -> Result<bool, $crate::DecodeError> {
                match local {
                    $($wire => {
                        $crate::axl::macros::once(pending.is_some(), wire, decoder)?;
                        let value = <$type as $crate::axl::Content>::read(decoder, $wire)?;
                        *pending = Some(Self::$variant(value));
                    })+
                    _ => return Ok(false),
                }
                Ok(true)
            }

            fn settle(
                pending: Option<Self>,
                wire: &'static str,
                decoder: &$crate::Decoder<'_>,
            ) -> Result<Self, $crate::DecodeError> {
                pending.ok_or_else(|| decoder.missing(wire))
            }

            fn emit(&self, _wire: &str, encoder: &mut $crate::Encoder) {
                match self {
                    $(Self::$variant(value) => {
                        $crate::axl::Content::write(value, encoder, $wire);
                    })+
                }
            }

            fn mask(&mut self, _wire: &str, _tags: &$crate::axl::Tags) {}
        }
    )+};
}

/// States open strings: any text, with names for those that the schema lists.
#[macro_export]
macro_rules! axl_open_string {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$vdoc:meta])* $constant:ident = $text:literal,)* }
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(std::borrow::Cow<'static, str>);

        impl $name {
            $($(#[$vdoc])* pub const $constant: Self = Self(std::borrow::Cow::Borrowed($text));)*

            /// Any text.
            pub fn new(text: impl Into<std::borrow::Cow<'static, str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(std::borrow::Cow::Owned(text.to_owned()))
            }
        }

        impl $crate::axl::Content for $name {
            fn read(
                decoder: &mut $crate::Decoder<'_>,
                _wire: &'static str,
            ) -> Result<Self, $crate::DecodeError> {
                let text = decoder.text()?;
                $(if text == $text {
                    return Ok(Self::$constant);
                })*
                Ok(Self(std::borrow::Cow::Owned(text.into_owned())))
            }

            fn write(&self, encoder: &mut $crate::Encoder, wire: &str) {
                encoder.text_element(wire, &self.0);
            }
        }
    )+};
}

/// States operations. See the module's text.
#[macro_export]
macro_rules! axl_operation {
    ($(
        $(#[$doc:meta])*
        $request:ident $wire:literal
        $(attributes { $($(#[$adoc:meta])* $afield:ident: $atype:ty = $awire:literal;)+ })?
        {
            $($(#[$cdoc:meta])* $cfield:ident: $ctype:ty = $cwire:literal;)*
        }
        $(#[$rdoc:meta])*
        -> $reply:ident $(in $place:ident)? {
            $($(#[$fdoc:meta])* $ffield:ident: $ftype:ty = $fwire:literal;)*
        }
    )+) => {$(
        $crate::axl_record! {
            $(#[$doc])*
            $request $wire {
                $(attributes { $($(#[$adoc])* $afield: $atype = $awire;)+ })?
                children { $($(#[$cdoc])* $cfield: $ctype = $cwire;)* }
            }
            $(#[$rdoc])*
            $reply "return" {
                children { $($(#[$fdoc])* $ffield: $ftype = $fwire;)* }
            }
        }

        impl $crate::axl::Operation for $request {
            const NAME: &'static str = $wire;
            $(const PLACE: $crate::axl::ReplyPlace = $crate::axl::ReplyPlace::$place;)?
            type Reply = $reply;

            $(fn write_attributes<'w>(
                &self,
                tag: $crate::xml::Tag<'w, Vec<u8>>,
            ) -> $crate::xml::Tag<'w, Vec<u8>> {
                $(let tag = $crate::axl::macros::write_attribute(tag, $awire, &self.$afield);)+
                tag
            })?

            fn write_children(&self, encoder: &mut $crate::Encoder) {
                Self::write_children(self, encoder);
            }
        }
    )+};
}

/// States operations whose answer is the key of what was touched, or `true`.
#[macro_export]
macro_rules! axl_command {
    ($(
        $(#[$doc:meta])*
        $request:ident $wire:literal
        $(attributes { $($(#[$adoc:meta])* $afield:ident: $atype:ty = $awire:literal;)+ })?
        {
            $($(#[$cdoc:meta])* $cfield:ident: $ctype:ty = $cwire:literal;)*
        }
    )+) => {$(
        $crate::axl_record! {
            $(#[$doc])*
            $request $wire {
                $(attributes { $($(#[$adoc])* $afield: $atype = $awire;)+ })?
                children { $($(#[$cdoc])* $cfield: $ctype = $cwire;)* }
            }
        }

        impl $crate::axl::Operation for $request {
            const NAME: &'static str = $wire;
            type Reply = $crate::axl::Returned;

            $(fn write_attributes<'w>(
                &self,
                tag: $crate::xml::Tag<'w, Vec<u8>>,
            ) -> $crate::xml::Tag<'w, Vec<u8>> {
                $(let tag = $crate::axl::macros::write_attribute(tag, $awire, &self.$afield);)+
                tag
            })?

            fn write_children(&self, encoder: &mut $crate::Encoder) {
                Self::write_children(self, encoder);
            }
        }
    )+};
}

pub(crate) use {
    axl_choice as choice, axl_command as command, axl_open_string as open_string,
    axl_operation as operation, axl_record as record,
};

use crate::{DecodeError, DecodeErrorKind, Decoder, axl::AttributeValue, xml::Tag};

/// A field that may come once came before.
///
/// # Errors
///
/// If it came before.
#[doc(hidden)]
pub fn once(came: bool, wire: &'static str, decoder: &Decoder<'_>) -> Result<(), DecodeError> {
    if came {
        Err(decoder.error(DecodeErrorKind::Repeated(wire)))
    } else {
        Ok(())
    }
}

/// An attribute of the element opened last; one that is empty counts as left out.
///
/// # Errors
///
/// If it is not of its type.
#[doc(hidden)]
pub fn read_attribute<T: AttributeValue>(
    decoder: &Decoder<'_>,
    wire: &'static str,
) -> Result<Option<T>, DecodeError> {
    match decoder.attribute("", wire) {
        None | Some("") => Ok(None),
        Some(text) => match T::from_text(text) {
            Some(value) => Ok(Some(value)),
            None => Err(decoder.invalid(wire, "a value of its type")),
        },
    }
}

/// Writes an attribute that may be left out.
#[doc(hidden)]
pub fn write_attribute<'w, T: AttributeValue>(
    tag: Tag<'w, Vec<u8>>,
    wire: &str,
    value: &Option<T>,
) -> Tag<'w, Vec<u8>> {
    match value {
        Some(value) => tag.attr(wire, &value.to_text()),
        None => tag,
    }
}
