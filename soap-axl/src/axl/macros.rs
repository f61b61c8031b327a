//! The tables in which records, choices, open strings and operations are stated once.
//!
//! `record!` takes one or more records:
//!
//! ```text
//! record! {
//!     /// Docs of the struct.
//!     Phone "phone" with Default {           // or without, when something is required
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
//! in the table, and its [`Record`](super::Record) with a table of `FIELDS`, from which its
//! [`Content`](super::Content) follows. Attributes that are not in the table are not kept.
//! Fields are written in the order of the table, which is that of the schema, and read in any order;
//! all of that is done by [`record`](super::record), which sees fields as slots of whatever type.
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
        $name:ident $wire:literal $(with $default:ident)? {
            $(attributes { $($(#[$adoc:meta])* $afield:ident: $atype:ty = $awire:literal;)+ })?
            $(children { $($(#[$cdoc:meta])* $cfield:ident: $ctype:ty = $cwire:literal;)* })?
        }
    )+) => {$(
        $(#[$doc])*
        pub struct $name {
            $($($(#[$adoc])* pub $afield: Option<$atype>,)+)?
            $($($(#[$cdoc])* pub $cfield: $ctype,)*)?
            /// Children that are not in the table, in the order they came; written last. Attributes
            /// that are not in the table are not kept.
            pub other: Vec<$crate::xml::Element>,
        }

        impl $crate::axl::Record for $name {
            const NAME: &'static str = $wire;
            const BLANK: Self = Self {
                $($($afield: None,)+)?
                $($($cfield: <$ctype as $crate::axl::SlotType>::BLANK,)*)?
                other: Vec::new(),
            };
            const FIELDS: &'static [$crate::axl::Field] = &[
                $($($crate::axl::Field::attribute($awire, stringify!($afield)),)+)?
                $($($crate::axl::Field::child::<$ctype>($cwire, stringify!($cfield)),)*)?
            ];
        }

        impl $crate::axl::AnyRecord for $name {
            fn with_parts(&self, visit: &mut dyn FnMut($crate::axl::Parts<'_>)) {
                visit($crate::axl::Parts {
                    fields: <Self as $crate::axl::Record>::FIELDS,
                    attributes: &[$($(&self.$afield,)+)?],
                    children: &[$($(&self.$cfield,)*)?],
                    other: &self.other,
                });
            }

            fn with_parts_mut(
                &mut self,
                visit: &mut dyn FnMut($crate::axl::PartsMut<'_, '_>),
            ) {
                visit($crate::axl::PartsMut {
                    fields: <Self as $crate::axl::Record>::FIELDS,
                    attributes: &mut [$($(&mut self.$afield,)+)?],
                    children: &mut [$($(&mut self.$cfield,)*)?],
                    other: &mut self.other,
                });
            }
        }

        $crate::axl_record_traits! { $name $($default)? }
    )+};
}

/// What every record is, by its parts; `Default` is the one trait that may stand behind `with`.
#[doc(hidden)]
#[macro_export]
macro_rules! axl_record_traits {
    ($name:ident Default) => {
        impl ::core::default::Default for $name {
            fn default() -> Self {
                <Self as $crate::axl::Record>::BLANK
            }
        }

        $crate::axl_record_traits! { $name }
    };
    ($name:ident) => {
        impl Clone for $name {
            fn clone(&self) -> Self {
                $crate::axl::record::copy(self)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::axl::record::is_same(self, other)
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::axl::record::debug(self, stringify!($name), f)
            }
        }
    };
}

/// States choices: one element of several names.
#[macro_export]
macro_rules! axl_choice {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $(#[$fdoc:meta])* $first:ident($ftype:ty) = $fwire:literal,
            $($(#[$vdoc:meta])* $variant:ident($type:ty) = $wire:literal,)*
        }
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Eq, PartialEq)]
        pub enum $name {
            $(#[$fdoc])* $first($ftype),
            $($(#[$vdoc])* $variant($type),)*
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    Self::$first(value) => {
                        $crate::axl::record::debug_choice(stringify!($first), value, f)
                    }
                    $(Self::$variant(value) => {
                        $crate::axl::record::debug_choice(stringify!($variant), value, f)
                    })*
                }
            }
        }

        impl $crate::axl::SlotType for $name {
            const BLANK: Self = Self::$first(<$ftype as $crate::axl::Content>::BLANK);
            const OCCURS: $crate::axl::Occurs = $crate::axl::Occurs::Choice;
        }

        impl $crate::axl::Slot for $name {
            fn absorb(
                &mut self,
                _wire: &'static str,
                local: &str,
                decoder: &mut $crate::Decoder<'_>,
            ) -> Result<(), $crate::DecodeError> {
                $(if local == $wire {
                    *self = Self::$variant(<$type as $crate::axl::Content>::read(decoder, $wire)?);
                    return Ok(());
                })*
                *self = Self::$first(<$ftype as $crate::axl::Content>::read(decoder, $fwire)?);
                Ok(())
            }

            fn emit(&self, _wire: &str, encoder: &mut $crate::Encoder) {
                match self {
                    Self::$first(value) => $crate::axl::Content::write(value, encoder, $fwire),
                    $(Self::$variant(value) => {
                        $crate::axl::Content::write(value, encoder, $wire);
                    })*
                }
            }

            fn mask(&mut self, _wire: &str, _tags: &$crate::axl::Tags) {}

            fn show(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(self, f)
            }
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
        pub struct $name(::std::borrow::Cow<'static, str>);

        impl $name {
            $($(#[$vdoc])* pub const $constant: Self = Self(::std::borrow::Cow::Borrowed($text));)*

            /// Any text.
            pub fn new(text: impl Into<::std::borrow::Cow<'static, str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(::std::borrow::Cow::Owned(text.to_owned()))
            }
        }

        impl $crate::axl::Content for $name {
            const BLANK: Self = Self(::std::borrow::Cow::Borrowed(""));

            fn fill(
                &mut self,
                decoder: &mut $crate::Decoder<'_>,
                _wire: &'static str,
            ) -> Result<(), $crate::DecodeError> {
                self.0 = $crate::axl::macros::text_of(decoder, &[$($text),*])?;
                Ok(())
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
        }
    )+};
}

pub(crate) use {
    axl_choice as choice, axl_command as command, axl_open_string as open_string,
    axl_operation as operation, axl_record as record,
};

use std::borrow::Cow;

use crate::{DecodeError, Decoder};

/// The text of the open element; not copied when it is one of those known.
///
/// # Errors
///
/// When the XML is not well-formed or passes a limit.
#[doc(hidden)]
pub fn text_of(
    decoder: &mut Decoder<'_>,
    known: &'static [&'static str],
) -> Result<Cow<'static, str>, DecodeError> {
    let text = decoder.text()?;
    Ok(match known.iter().find(|known| **known == text) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(text.into_owned()),
    })
}
