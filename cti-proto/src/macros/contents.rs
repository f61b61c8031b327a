//! The fields of a struct by name, for printing and JSON: `contents!`.

/// Lets the fields of a struct be walked in the order of its table.
///
/// `fixed` names what stands in the fixed part, `floating` all else; together they are the lines of
/// the table without its counters.
macro_rules! contents {
    (
        $name:ident, $lines:expr,
        fixed { $($fixed:ident)* } floating { $($field:ident)* } $(other $other:ident)?
    ) => {
        impl $crate::codec::Composite for $name {
            fn lines(&self) -> &'static [$crate::codec::Field] {
                const { $lines }
            }

            fn values(&self) -> alloc::vec::Vec<$crate::codec::FieldValue<'_>> {
                alloc::vec::Vec::from([
                    $( $crate::codec::fixed_value(&self.$fixed), )*
                    $( $crate::codec::AsValue::as_value(&self.$field), )*
                ])
            }

            $(fn other(&self) -> &[$crate::codec::RawField] {
                &self.$other
            })?
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
