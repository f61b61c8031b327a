//! The fields of a struct by name, for printing, JSON and fuzz tests: `contents!`.

/// Lets the fields of a struct be walked in the order of its table.
///
/// `fixed` names what stands in the fixed part, then come the floating fields and the lists; together
/// they are the lines of the table without its counters. `blank` makes a struct that holds nothing,
/// `part` says what it is a part of.
macro_rules! contents {
    (
        $name:ident, $lines:expr, part $part:ident $(($gate:expr))?, blank $blank:expr,
        fixed { $($fixed:ident)* } floating { $($field:ident)* } lists { $($list:ident)* }
        $(other $other:ident)?
    ) => {
        impl $crate::codec::Composite for $name {
            fn lines(&self) -> &'static [$crate::codec::Field] {
                const { $lines }
            }

            fn values(&self) -> alloc::vec::Vec<$crate::codec::FieldValue<'_>> {
                alloc::vec::Vec::from([
                    $( $crate::codec::fixed_value(&self.$fixed), )*
                    $( $crate::codec::AsValue::as_value(&self.$field), )*
                    $( $crate::codec::AsValue::as_value(&self.$list), )*
                ])
            }

            $(fn other(&self) -> &[$crate::codec::RawField] {
                &self.$other
            })?
        }

        #[cfg(any(feature = "serde", feature = "arbitrary"))]
        impl $crate::codec::Fill for $name {
            fn blank() -> Self {
                $blank
            }

            fn cells(&mut self) -> alloc::vec::Vec<$crate::codec::Cell<'_>> {
                alloc::vec::Vec::from([
                    $( $crate::codec::Cell::Fixed(&mut self.$fixed), )*
                    $( $crate::codec::Cell::Slot(&mut self.$field), )*
                    $( $crate::codec::Cell::List(&mut self.$list), )*
                ])
            }

            $(fn other_mut(&mut self) -> Option<&mut alloc::vec::Vec<$crate::codec::RawField>> {
                Some(&mut self.$other)
            })?
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&$crate::codec::Contents::new(self), output)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                $crate::json::filled(input)
            }
        }

        #[cfg(feature = "arbitrary")]
        impl<'a> arbitrary::Arbitrary<'a> for $name {
            fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                $crate::arbitrary::filled($crate::arbitrary::Part::$part $(($gate))?, bytes)
            }
        }

        #[cfg(feature = "arbitrary")]
        impl $name {
            /// With fields that `version` has and within its maxima.
            ///
            /// # Errors
            ///
            /// As [`Arbitrary::arbitrary`](arbitrary::Arbitrary::arbitrary).
            pub fn arbitrary_in(
                version: $crate::Version,
                bytes: &mut arbitrary::Unstructured<'_>,
            ) -> arbitrary::Result<Self> {
                let part = $crate::arbitrary::Part::$part $(($gate))?;
                $crate::arbitrary::filled_in(part, version, bytes)
            }
        }
    };
}

/// The value of an entry or record, which prints as its fields.
macro_rules! entry_value {
    ($name:ident) => {
        impl $crate::codec::AsValue for $name {
            fn as_value(&self) -> $crate::codec::FieldValue<'_> {
                $crate::codec::FieldValue::Entry($crate::codec::Contents::new(self))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::codec::Contents::new(self), f)
            }
        }
    };
}

pub(crate) use {contents, entry_value};
