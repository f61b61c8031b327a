//! What the lines of all tables share: gates and floating fields.

/// Reading and writing of `floating` and `lists`, shared by messages and records.
///
/// Stands where `LINES` is the table and `At` tells the place of each line in it: a look into the
/// table costs the compiler far less than to state the line again.
macro_rules! floating_part {
    ($name:ident
        {$( $field:ident = $tag:ident $(| $uccx_tag:ident)?, $rule:tt; )*}
        {$( $list:ident; )*}
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
                            if LINES[At::$field as usize].accepts(version, data.tag) =>
                        {
                            $crate::codec::Slot::absorb(&mut self.$field, data)
                        }
                    )*
                    _ => false $(
                        || (LINES[At::$list as usize].gate.admits(version)
                            && $crate::codec::Group::absorb(&mut self.$list, version, data))
                    )*,
                }
            }

            fn keep(&mut self, field: $crate::codec::RawField) {
                self.other.push(field);
            }

            fn settle(&mut self) {
                $( $crate::macros::settle!(self.$field, $rule); )*
                $( self.$list.iter_mut().for_each($crate::codec::Group::settle); )*
            }

            fn emit(&self, out: &mut $crate::codec::FieldWriter<'_>) {
                $(
                    $crate::codec::Slot::emit(
                        $crate::macros::slot!(self.$field, $rule),
                        &LINES[At::$field as usize],
                        out,
                    );
                )*
                // Before the lists: behind them a kept field would fall into the last record.
                out.other(&self.other);
                $( out.list(stringify!($list), LINES[At::$list as usize].gate, &self.$list); )*
            }
        }
    };
}

/// What is written of a line: the slot, or the length of the list that it counts.
macro_rules! slot {
    ($self:ident.$field:ident, ()) => {
        &$self.$field
    };
    ($self:ident.$field:ident, (counts $list:ident)) => {
        &$crate::codec::count($self.$field, $self.$list.len())
    };
}

/// Brings a counter that was read into line with its list.
macro_rules! settle {
    ($self:ident.$field:ident, ()) => {};
    ($self:ident.$field:ident, (counts $list:ident)) => {
        $self.$field = $crate::codec::count($self.$field, $self.$list.len());
    };
}

/// One line of `floating` as a [`Field`](crate::codec::Field).
macro_rules! floating_field {
    ($field:ident: $fty:ty = $tag:ident, $max:tt, $rule:tt, $gate:tt) => {
        $crate::macros::floating_field!($field: $fty = $tag | $tag, $max, $rule, $gate)
    };
    ($field:ident: $fty:ty = $tag:ident | $uccx_tag:ident, (), $rule:tt, $gate:tt) => {
        $crate::macros::floating_field!(@max $field, $fty, $tag, $uccx_tag,
            <$fty as $crate::codec::SlotType>::WIDTH,
            <$fty as $crate::codec::SlotType>::WIDTH, $rule, $gate)
    };
    ($field:ident: $fty:ty = $tag:ident | $uccx_tag:ident, ($max:literal), $rule:tt, $gate:tt) => {
        $crate::macros::floating_field!(
            @max $field, $fty, $tag, $uccx_tag, $max, $max, $rule, $gate
        )
    };
    (
        $field:ident: $fty:ty = $tag:ident | $uccx_tag:ident, ($max:literal | $uccx_max:literal),
        $rule:tt, $gate:tt
    ) => {
        $crate::macros::floating_field!(
            @max $field, $fty, $tag, $uccx_tag, $max, $uccx_max, $rule, $gate
        )
    };
    (
        @max $field:ident, $fty:ty, $tag:ident, $uccx_tag:ident, $max:expr, $uccx_max:expr,
        $rule:tt, $gate:tt
    ) => {
        $crate::macros::rule!(
            $crate::codec::Field::new(
                stringify!($field),
                $crate::codec::Place::Floating {
                    ucce_tag: $crate::Tag::$tag,
                    uccx_tag: $crate::Tag::$uccx_tag,
                    ucce_max: $max,
                    uccx_max: $uccx_max,
                },
                stringify!($fty),
            )
            .gated($crate::macros::gate!(@tt $gate)),
            $rule
        )
    };
}

/// Adds what a floating line says about being left out, or what it counts.
macro_rules! rule {
    ($field:expr, ()) => {
        $field
    };
    ($field:expr, (required)) => {
        $field.required($crate::version::Gate::ALWAYS)
    };
    ($field:expr, (required ucce)) => {
        $field.required($crate::macros::gate!(ucce 0))
    };
    ($field:expr, (required uccx)) => {
        $field.required($crate::macros::gate!(uccx 0))
    };
    ($field:expr, (counts $list:ident)) => {
        $field.counting(stringify!($list))
    };
}

/// The words of a gate as a [`Gate`](crate::version::Gate), without what follows `perhaps`.
macro_rules! gate {
    (@tt ($($gate:tt)*)) => { $crate::macros::gate!($($gate)*) };
    () => { $crate::version::Gate::ALWAYS };
    (perhaps $perhaps:tt) => { $crate::version::Gate::closed() };
    (since $since:literal $(perhaps $perhaps:tt)?) => { $crate::version::Gate::since($since) };
    (
        $(ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(uccx $uccx:literal $(until $uccx_last:literal)?)?
        $(perhaps $perhaps:tt)?
    ) => {
        $crate::version::Gate::closed()
            $( .ucce($ucce, $crate::macros::last!($($ucce_last)?)) )?
            $( .uccx($uccx, $crate::macros::last!($($uccx_last)?)) )?
    };
}

/// What follows `perhaps` in the words of a gate; closed if nothing does.
macro_rules! perhaps {
    (@tt ($($gate:tt)*)) => { $crate::macros::perhaps!($($gate)*) };
    (
        $(since $since:literal)?
        $(ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(uccx $uccx:literal $(until $uccx_last:literal)?)?
    ) => {
        $crate::version::Gate::closed()
    };
    (
        $(since $since:literal)?
        $(ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(uccx $uccx:literal $(until $uccx_last:literal)?)?
        perhaps $perhaps:tt
    ) => {
        $crate::macros::gate!(@tt $perhaps)
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

/// The second paragraph of a field's docs: what its line says of it.
macro_rules! line_doc {
    (
        $(, tag $tag:ident $(| $uccx_tag:ident)?)?
        $(, max $max:literal $(| $uccx_max:literal)?)?
        $(, required $($dialect:ident)?)?
        $(, counts $listed:ident)?
        $(, since $since:literal)?
        $(, ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(, uccx $uccx:literal $(until $uccx_last:literal)?)?
        $(, perhaps
            $(ucce $pucce:literal $(until $pucce_last:literal)?)?
            $(uccx $puccx:literal $(until $puccx_last:literal)?)?
        )?
    ) => {
        concat!(
            "\n"
            $(, " Tag `", stringify!($tag), "`" $(, ", in UCCX `", stringify!($uccx_tag), "`")?, ".")?
            $(, " At most ", $max $(, " bytes, in UCCX ", $uccx_max)?, " bytes.")?
            $(, " Required" $(, " in ", $crate::macros::dialect!($dialect))?, ".")?
            $(, " Written from `", stringify!($listed), "` wherever that has entries.")?
            , $crate::macros::gate_doc!(
                $(since $since)? $(ucce $ucce $($ucce_last)?)? $(uccx $uccx $($uccx_last)?)?
            )
            $(
                $(, " Disputed in UCCE from version ", $pucce $(, " to ", $pucce_last)?, ".")?
                $(, " Disputed in UCCX from version ", $puccx $(, " to ", $puccx_last)?, ".")?
            )?
        )
    };
}

/// The words of a gate as a sentence.
macro_rules! gate_doc {
    () => {
        ""
    };
    (since $since:literal) => {
        concat!(" From version ", $since, " on.")
    };
    (ucce $ucce:literal $($last:literal)?) => {
        concat!(" Only in UCCE, from version ", $ucce $(, " to ", $last)?, ".")
    };
    (uccx $uccx:literal $($last:literal)?) => {
        concat!(" Only in UCCX, from version ", $uccx $(, " to ", $last)?, ".")
    };
    (
        ucce $ucce:literal $($ucce_last:literal)?
        uccx $uccx:literal $($uccx_last:literal)?
    ) => {
        concat!(
            " In UCCE from version ", $ucce $(, " to ", $ucce_last)?,
            ", in UCCX from version ", $uccx $(, " to ", $uccx_last)?, "."
        )
    };
}

macro_rules! dialect {
    (ucce) => {
        "UCCE"
    };
    (uccx) => {
        "UCCX"
    };
}

pub(crate) use {
    dialect, floating_field, floating_part, gate, gate_doc, last, line_doc, perhaps, rule, settle,
    slot,
};
