//! What the lines of all tables share: gates and floating fields.

/// Reading and writing of `floating` and `lists`, shared by messages and records.
macro_rules! floating_part {
    ($name:ident
        {$( $field:ident: $fty:ty = $tag:ident $(| $uccx_tag:ident)?, $max:tt, $gate:tt; )*}
        {$( $list:ident: $entry:ident, $lgate:tt; )*}
    ) => {
        impl $crate::codec::Floating for $name {
            #[allow(unused_variables, reason = "some messages have no fields of their own")]
            fn absorb(
                &mut self,
                version: $crate::Version,
                data: &$crate::codec::Data<'_>,
            ) -> bool {
                match data.tag {
                    $(
                        $crate::Tag::$tag $(| $crate::Tag::$uccx_tag)?
                            if const { $crate::macros::floating_field!(
                                $field: $fty = $tag $(| $uccx_tag)?, $max, $gate
                            ) }.accepts(version, data.tag) =>
                        {
                            $crate::codec::Slot::absorb(&mut self.$field, data)
                        }
                    )*
                    _ => false $(
                        || ($crate::macros::gate!(@tt $lgate).admits(version)
                            && $crate::codec::Group::absorb(&mut self.$list, version, data))
                    )*,
                }
            }

            fn keep(&mut self, field: $crate::codec::RawField) {
                self.other.push(field);
            }

            #[allow(unused_variables, reason = "some messages have no fields of their own")]
            fn emit(
                &self,
                out: &mut $crate::codec::FieldWriter<'_>,
            ) -> Result<(), $crate::EncodeError> {
                $(
                    $crate::codec::Slot::emit(
                        &self.$field,
                        const { &$crate::macros::floating_field!(
                            $field: $fty = $tag $(| $uccx_tag)?, $max, $gate
                        ) },
                        out,
                    )?;
                )*
                // Before the lists: behind them a kept field would fall into the last record.
                out.other(&self.other)?;
                $( out.list($crate::macros::gate!(@tt $lgate), &self.$list)?; )*
                Ok(())
            }
        }
    };
}

/// One line of `floating` as a [`Field`](crate::codec::Field).
macro_rules! floating_field {
    ($field:ident: $fty:ty = $tag:ident, $max:tt, $gate:tt) => {
        $crate::macros::floating_field!($field: $fty = $tag | $tag, $max, $gate)
    };
    ($field:ident: $fty:ty = $tag:ident | $uccx_tag:ident, (), $gate:tt) => {
        $crate::macros::floating_field!(@max $field, $fty, $tag, $uccx_tag,
            <$fty as $crate::codec::SlotType>::WIDTH,
            <$fty as $crate::codec::SlotType>::WIDTH, $gate)
    };
    ($field:ident: $fty:ty = $tag:ident | $uccx_tag:ident, ($max:literal), $gate:tt) => {
        $crate::macros::floating_field!(@max $field, $fty, $tag, $uccx_tag, $max, $max, $gate)
    };
    (
        $field:ident: $fty:ty = $tag:ident | $uccx_tag:ident, ($max:literal | $uccx_max:literal),
        $gate:tt
    ) => {
        $crate::macros::floating_field!(@max $field, $fty, $tag, $uccx_tag, $max, $uccx_max, $gate)
    };
    (
        @max $field:ident, $fty:ty, $tag:ident, $uccx_tag:ident, $max:expr, $uccx_max:expr,
        $gate:tt
    ) => {
        $crate::codec::Field {
            name: stringify!($field),
            place: $crate::codec::Place::Floating {
                ucce_tag: $crate::Tag::$tag,
                uccx_tag: $crate::Tag::$uccx_tag,
                ucce_max: $max,
                uccx_max: $uccx_max,
            },
            gate: $crate::macros::gate!(@tt $gate),
            type_name: stringify!($fty),
        }
    };
}

/// The words of a gate as a [`Gate`](crate::version::Gate).
macro_rules! gate {
    (@tt ($($gate:tt)*)) => { $crate::macros::gate!($($gate)*) };
    () => { $crate::version::Gate::ALWAYS };
    (since $since:literal) => { $crate::version::Gate::since($since) };
    (
        $(ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(uccx $uccx:literal $(until $uccx_last:literal)?)?
    ) => {
        $crate::version::Gate::closed()
            $( .ucce($ucce, $crate::macros::last!($($ucce_last)?)) )?
            $( .uccx($uccx, $crate::macros::last!($($uccx_last)?)) )?
    };
}

/// The last version of a gate: the newest if nothing is said.
macro_rules! last {
    () => {
        u8::MAX
    };
    ($last:literal) => {
        $last
    };
}

pub(crate) use {floating_field, floating_part, gate, last};
