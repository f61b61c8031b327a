//! Macros for the words that XMPP puts on the wire: closed sets and open sets.

/// Declares an enum for a closed set of words, with `as_str` and `from_name`.
macro_rules! closed_names {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value for a word of the wire, or `None` for a word outside the set.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Declares a newtype for an open set of words: known ones are constants, others are kept.
macro_rules! open_names {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$const_meta:meta])* $constant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        $vis struct $name(std::borrow::Cow<'static, str>);

        impl $name {
            $( $(#[$const_meta])* pub const $constant: Self = Self(std::borrow::Cow::Borrowed($word)); )+

            /// Every word that has a constant, in the order of declaration.
            pub const KNOWN: &'static [&'static str] = &[$($word,)+];

            /// The value for a word of the wire; a word without a constant is kept as it came.
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($word => Self::$constant,)+
                    other => Self(std::borrow::Cow::Owned(other.to_owned())),
                }
            }

            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use {closed_names, open_names};
