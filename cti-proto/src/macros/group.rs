//! Entries of a list whose entries span several floating fields: `group!`.

/// Entries of a list that span several floating fields in a set order.
///
/// Lines look like those of `floating` in [`message!`]; each becomes an `Option`. A field opens a new
/// entry when the last one already holds it or a later one, so wire order survives.
macro_rules! group {
    ($(
        $(#[$meta:meta])*
        $name:ident {$(
            $(#[$fmeta:meta])*
            $field:ident: $fty:ty = $tag:ident $(| $uccx_tag:ident)?
            $(, max $max:literal $(| $uccx_max:literal)?)?
            $(, since $fsince:literal)?
            $(, ucce $fucce:literal $(until $fucce_last:literal)?)?
            $(, uccx $fuccx:literal $(until $fuccx_last:literal)?)?;
        )*}
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Eq, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(
            $(#[$fmeta])*
            #[doc = $crate::macros::line_doc!(
                , tag $tag $(| $uccx_tag)? $(, max $max $(| $uccx_max)?)?
                $(, since $fsince)?
                $(, ucce $fucce $(until $fucce_last)?)?
                $(, uccx $fuccx $(until $fuccx_last)?)?
            )]
            pub $field: Option<$fty>,
            )*
        }

        impl $name {
            /// An entry filled by `fill`.
            pub fn with(fill: impl FnOnce(&mut Self)) -> Self {
                let mut entry = Self::default();
                fill(&mut entry);
                entry
            }

            /// One past the last place that holds something.
            fn filled(&self) -> usize {
                [ $( self.$field.is_some(), )* ].iter().rposition(|some| *some).map_or(0, |at| at + 1)
            }
        }

        $crate::macros::contents! {
            $name, <$name as $crate::codec::Group>::ENTRY, part Entry, blank Self::default(),
            fixed {} floating { $($field)* } lists {}
        }
        $crate::macros::entry_value!($name);

        const _: () = {
        const LINES: &[$crate::codec::Field] = <$name as $crate::codec::Group>::ENTRY;

        /// Where in `LINES` each field stands.
        #[allow(dead_code, non_camel_case_types, reason = "as many variants as lines")]
        enum At {
            $($field,)*
        }

        impl $crate::codec::Group for $name {
            const ENTRY: &'static [$crate::codec::Field] = &[ $( $crate::macros::floating_field!(
                $field: Option<$fty> = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?), (),
                ($(since $fsince)?
                 $(ucce $fucce $(until $fucce_last)?)?
                 $(uccx $fuccx $(until $fuccx_last)?)?)
            ), )* ];

            fn absorb(
                list: &mut alloc::vec::Vec<Self>,
                version: $crate::Version,
                data: &$crate::codec::Data<'_>,
            ) -> bool {
                $(
                    if LINES[At::$field as usize].accepts(version, data.tag) {
                        let place = At::$field as usize;
                        let last = list.last_mut().filter(|last| last.filled() <= place);
                        if let Some(last) = last {
                            return $crate::codec::Slot::absorb(&mut last.$field, data);
                        }
                        let mut entry = Self::default();
                        let fits = $crate::codec::Slot::absorb(&mut entry.$field, data);
                        if fits {
                            data.open(list, entry);
                        }
                        return fits;
                    }
                )*
                false
            }

            fn settle(&mut self) {}

            fn emit(&self, out: &mut $crate::codec::FieldWriter<'_>) {
                $(
                    $crate::codec::Slot::emit(
                        &self.$field,
                        &LINES[At::$field as usize],
                        out,
                    );
                )*
            }
        }
        };
    )*};
}

pub(crate) use group;
