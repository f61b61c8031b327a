//! Numbers of the wire with names: `open_enum!` and `bit_mask!`.

/// A number from the wire with names for the values the specification lists.
///
/// ```text
/// open_enum! {
///     /// State of an agent.
///     pub struct AgentState(u16) {
///         /// Logged in, not yet ready.
///         LOGIN = 0,
///     }
/// }
/// ```
///
/// gives a transparent newtype with one constant for each name. `Debug` prints `LOGIN`, or
/// `AgentState(0x3e8)` for a value without a name; `Display` prints `LOGIN` or `1000`, and `{:#}`
/// adds the number behind a name. `absent N` after the type sets what a new message
/// holds where nothing was set (zero otherwise).
macro_rules! open_enum {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident($int:ident $(absent $absent:literal)?) {
            $( $(#[$vmeta:meta])* $value:ident = $number:literal, )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub $int);

        #[allow(missing_docs, reason = "a constant whose name says all carries no sentence")]
        impl $name {
            $( $(#[$vmeta])* pub const $value: Self = Self($number); )*
        }

        impl $name {
            /// The names the specification gives, with their values.
            pub const NAMES: &'static [(&'static str, Self)] =
                &[ $( (stringify!($value), Self::$value), )* ];

            /// The name of this value, if the specification has one.
            pub fn name(self) -> Option<&'static str> {
                Self::NAMES.iter().find(|(_, value)| *value == self).map(|(name, _)| *name)
            }

            /// The value that the specification gives this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            }
        }

        impl $crate::codec::AsValue for $name {
            fn as_value(&self) -> $crate::codec::FieldValue<'_> {
                if Self::NAMES.is_empty() {
                    $crate::codec::FieldValue::Number(self.0.into())
                } else {
                    $crate::codec::FieldValue::Code(self.0.into(), self.name())
                }
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({:#x})"), self.0),
                }
            }
        }

        $crate::macros::wire_newtype!($name($int $(absent $absent)?));
        $crate::macros::kinded!($name: Code($int) { $($value = $number,)* });
    )*};
}

/// A bit mask from the wire with names for its bits; looks like [`open_enum!`].
///
/// `Debug` and `Display` print the names of the set bits joined by `|`, and what has no name in
/// hexadecimal.
macro_rules! bit_mask {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident($int:ident) {
            $( $(#[$vmeta:meta])* $value:ident = $number:literal, )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub $int);

        #[allow(missing_docs, reason = "a constant whose name says all carries no sentence")]
        impl $name {
            $( $(#[$vmeta])* pub const $value: Self = Self($number); )*
        }

        impl $name {
            /// No bit.
            pub const NONE: Self = Self(0);

            /// All bits that have a name.
            pub const KNOWN: Self = Self(0 $(| $number)*);

            /// The bits of both.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The bits that both have.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// The bits that `other` does not have.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether all bits of `other` are set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any bit of `other` is set.
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }
        }

        impl core::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                self.with(other)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl $crate::codec::AsValue for $name {
            fn as_value(&self) -> $crate::codec::FieldValue<'_> {
                const NAMES: &[(&str, u32)] = &[ $( (stringify!($value), $number), )* ];
                $crate::codec::FieldValue::Mask($crate::codec::Bits::new(self.0.into(), NAMES))
            }
        }

        $crate::macros::wire_newtype!($name($int));
        $crate::macros::kinded!($name: Mask($int) { $($value = $number,)* });
    )*};
}

/// Reading and writing of a newtype over an integer, in both parts of a message.
macro_rules! wire_newtype {
    ($name:ident($int:ident $(absent $absent:literal)?)) => {
        impl $crate::codec::Fixed for $name {
            const WIDTH: usize = <$int as $crate::codec::Fixed>::WIDTH;
            #[allow(unused_assignments, unused_mut, reason = "the absent value is optional")]
            const ABSENT: Self = {
                let mut absent = <$int as $crate::codec::Fixed>::ABSENT;
                $( absent = $absent; )?
                Self(absent)
            };

            fn take(src: &mut &[u8]) -> Option<Self> {
                <$int as $crate::codec::Fixed>::take(src).map(Self)
            }

            #[inline]
            fn put(&self, out: &mut impl bytes::BufMut) {
                $crate::codec::Fixed::put(&self.0, out);
            }
        }

        $crate::codec::fixed_values!($name);

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::codec::AsValue::as_value(self), f)
            }
        }
    };
}

/// What JSON and fuzz tests know of a code or mask.
macro_rules! kinded {
    ($name:ident: $kind:ident($int:ident) { $($value:ident = $number:literal,)* }) => {
        #[cfg(any(feature = "serde", feature = "arbitrary"))]
        impl $crate::codec::Kinded for $name {
            const KIND: $crate::codec::Kind = $crate::codec::Kind::$kind {
                width: <$int as $crate::codec::Fixed>::WIDTH,
                names: &[ $( (stringify!($value), $number), )* ],
            };
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&$crate::codec::AsValue::as_value(self), output)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                $crate::json::value(input)
            }
        }

        #[cfg(feature = "arbitrary")]
        impl<'a> arbitrary::Arbitrary<'a> for $name {
            fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                $crate::arbitrary::code(bytes)
            }
        }
    };
}

pub(crate) use {bit_mask, kinded, open_enum, wire_newtype};
