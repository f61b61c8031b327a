//! Records of the configuration messages: `record!`.

/// Records of the configuration messages: all fields from one opening tag to the next.
///
/// Looks like the floating half of [`message!`]; a record keeps what it does not know in its own
/// `other`.
macro_rules! record {
    ($(
        $(#[$meta:meta])*
        $name:ident opened by $opener:ident: $oty:ty = $otag:ident {
            floating {$(
                $(#[$fmeta:meta])*
                $field:ident: $fty:ty = $tag:ident $(| $uccx_tag:ident)?
                $(, max $max:literal $(| $uccx_max:literal)?)?
                $(, counts $counted:ident)?
                $(, since $fsince:literal)?
                $(, ucce $fucce:literal $(until $fucce_last:literal)?)?
                $(, uccx $fuccx:literal $(until $fuccx_last:literal)?)?;
            )*}
            $(lists {$(
                $(#[$lmeta:meta])*
                $list:ident: $entry:ident
                $(, since $lsince:literal)?
                $(, ucce $lucce:literal $(until $lucce_last:literal)?)?
                $(, uccx $luccx:literal $(until $luccx_last:literal)?)?;
            )*})?
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            /// What to do with the record; opens it on the wire.
            pub $opener: $oty,
            $(
            $(#[$fmeta])*
            #[doc = $crate::macros::line_doc!(
                , tag $tag $(| $uccx_tag)? $(, max $max $(| $uccx_max)?)?
                $(, counts $counted)?
                $(, since $fsince)?
                $(, ucce $fucce $(until $fucce_last)?)?
                $(, uccx $fuccx $(until $fuccx_last)?)?
            )]
            pub $field: $fty,
            )*
            $($(
            $(#[$lmeta])*
            #[doc = $crate::macros::line_doc!(
                $(, since $lsince)?
                $(, ucce $lucce $(until $lucce_last)?)?
                $(, uccx $luccx $(until $luccx_last)?)?
            )]
            pub $list: alloc::vec::Vec<$entry>,
            )*)?
            /// Fields of the record that no line of the table took, in wire order.
            pub other: alloc::vec::Vec<$crate::codec::RawField>,
        }

        impl $name {
            /// An empty record.
            pub const fn new($opener: $oty) -> Self {
                Self {
                    $opener,
                    $( $field: <$fty as $crate::codec::SlotType>::EMPTY, )*
                    $($( $list: alloc::vec::Vec::new(), )*)?
                    other: alloc::vec::Vec::new(),
                }
            }

            /// A record filled by `fill`.
            pub fn with($opener: $oty, fill: impl FnOnce(&mut Self)) -> Self {
                let mut record = Self::new($opener);
                fill(&mut record);
                record
            }
        }

        $crate::macros::contents! {
            $name, <$name as $crate::codec::Group>::ENTRY, part Entry,
            blank Self::new(<$oty as $crate::codec::Fixed>::ABSENT),
            fixed { $opener } floating { $($field)* } lists { $($($list)*)? } other other
        }
        $crate::macros::entry_value!($name);

        const _: () = {
        const LINES: &[$crate::codec::Field] = <$name as $crate::codec::Group>::ENTRY;

        /// Where in `LINES` each field stands.
        #[allow(dead_code, non_camel_case_types, reason = "as many variants as lines")]
        enum At {
            $opener,
            $($field,)*
            $($($list,)*)?
        }

        impl $crate::codec::Group for $name {
            const ENTRY: &'static [$crate::codec::Field] = &[
                $crate::macros::floating_field!($opener: Option<$oty> = $otag, (), (), ()),
                $( $crate::macros::floating_field!(
                    $field: $fty = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?), ($(counts $counted)?),
                    ($(since $fsince)?
                     $(ucce $fucce $(until $fucce_last)?)?
                     $(uccx $fuccx $(until $fuccx_last)?)?)
                ), )*
                $($( $crate::codec::Field::new(
                    stringify!($list),
                    $crate::codec::Place::List {
                        entry: <$entry as $crate::codec::Group>::ENTRY,
                    },
                    stringify!($entry),
                )
                .gated($crate::macros::gate!(
                        $(since $lsince)?
                        $(ucce $lucce $(until $lucce_last)?)?
                        $(uccx $luccx $(until $luccx_last)?)?
                )), )*)?
            ];

            fn absorb(
                list: &mut alloc::vec::Vec<Self>,
                version: $crate::Version,
                data: &$crate::codec::Data<'_>,
            ) -> bool {
                if data.tag == $crate::Tag::$otag
                    && let Some($opener) = <$oty as $crate::codec::Value>::parse(data)
                {
                    data.open(list, Self::new($opener));
                    return true;
                }
                let Some(record) = list.last_mut() else {
                    return false;
                };
                if !$crate::codec::Floating::absorb(record, version, data) {
                    $crate::codec::Floating::keep(record, data.keep());
                }
                true
            }

            fn settle(&mut self) {
                $crate::codec::Floating::settle(self);
            }

            fn emit(&self, out: &mut $crate::codec::FieldWriter<'_>) {
                $crate::codec::Slot::emit(
                    &Some(self.$opener),
                    &LINES[At::$opener as usize],
                    out,
                );
                $crate::codec::Floating::emit(self, out);
            }
        }

        $crate::macros::floating_part! { $name
            {$( $field = $tag $(| $uccx_tag)?, ($(counts $counted)?); )*}
            {$($( $list; )*)?}
        }
        };
    )*};
}

pub(crate) use record;
