//! `open_enum!`, `bit_mask!` and the tables of messages.

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
/// `AgentState(0x3e8)` for a value without a name. `absent N` after the type sets what a new message
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
    )*};
}

/// A bit mask from the wire with names for its bits; looks like [`open_enum!`].
///
/// `Debug` prints the names of the set bits joined by `|`, and what has no name in hexadecimal.
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
                let names: &[(&str, $int)] = &[ $( (stringify!($value), $number), )* ];
                $crate::code::fmt_mask(f, stringify!($name), names, u32::from(self.0))
            }
        }

        $crate::macros::wire_newtype!($name($int));
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

            fn put(&self, out: &mut bytes::BytesMut) {
                $crate::codec::Fixed::put(&self.0, out);
            }
        }

        $crate::codec::fixed_values!($name);
    };
}

/// The messages of one chapter.
///
/// ```text
/// message! {
///     /// Doc of the struct.
///     request QueryAgentStateReq "QUERY_AGENT_STATE_REQ" = 36 {
///         fixed {
///             /// Doc of the field.
///             invoke_id: InvokeId;
///             mrd_id: i32, since 9;
///         }
///         counts { num_skill_groups of skill_groups; }
///         fixed { num_tasks: u32; }
///         floating { agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129; }
///         lists { skill_groups: SkillGroup, since 10; }
///     }
/// }
/// ```
///
/// - The first word is the role: `request` and `confirmation` begin with `invoke_id`, `event`s do not
///   take part in the matching of answers.
/// - `fixed` blocks and `counts` blocks follow each other in wire order. A counter is no field of the
///   struct: it is written from the list it counts, and what a peer counts is not trusted.
/// - `A | B` after `=` or `max` gives the UCCE and the UCCX value where they differ.
/// - A gate ends the line: `since N` for both dialects, or `ucce N` and `uccx N` (each optionally
///   `until M`), where a dialect that is not named does not have the line. None means always. The
///   same words after the number gate the whole message.
/// - `lists` name a type made by `group!` or `record!`.
///
/// It gives a `#[non_exhaustive]` struct with a public field for each line and `other` for what no
/// line knows, `new()` with the protocol's absent values, a [`Table`](crate::message::Table) and the
/// two traits of [`message`](crate::message). The example above becomes, shortened:
///
/// ```text
/// pub struct QueryAgentStateReq {
///     pub invoke_id: InvokeId,
///     pub mrd_id: i32,
///     pub num_tasks: u32,
///     pub agent_id: Option<Text>,
///     pub skill_groups: Vec<SkillGroup>,
///     pub other: Vec<RawField>,
/// }
/// impl Body for QueryAgentStateReq {
///     const TABLE: Table = Table { name: "QUERY_AGENT_STATE_REQ", number: MessageType(36), .. };
///     fn decode(version: Version, body: &Bytes) -> Result<Self, DecodeError> {
///         let mut message = Self::new();
///         let mut fixed = FixedPart::new("QUERY_AGENT_STATE_REQ", body);
///         message.invoke_id = fixed.take("invoke_id")?;
///         if Gate::since(9).admits(version) { message.mrd_id = fixed.take("mrd_id")?; }
///         fixed.take::<u16>("num_skill_groups")?;
///         message.num_tasks = fixed.take("num_tasks")?;
///         read_floating(&mut message, version, fixed.floating(version))
///     }
/// }
/// impl Floating for QueryAgentStateReq {
///     fn absorb(&mut self, version: Version, data: &Data<'_>) -> bool {
///         match data.tag {
///             Tag::AGENT_ID | Tag::AGENT_ID_LONG if .. => self.agent_id.absorb(data),
///             _ => Group::absorb(&mut self.skill_groups, version, data),
///         }
///     }
/// }
/// ```
macro_rules! message {
    ($(
        $(#[$meta:meta])*
        $role:ident $name:ident $wire_name:literal = $number:literal
        $(, since $since:literal)?
        $(, ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(, uccx $uccx:literal $(until $uccx_last:literal)?)?
        {
            $(
                fixed {$(
                    $(#[$xmeta:meta])*
                    $fixed:ident: $xty:ty
                    $(, since $xsince:literal)?
                    $(, ucce $xucce:literal $(until $xucce_last:literal)?)?
                    $(, uccx $xuccx:literal $(until $xuccx_last:literal)?)?;
                )*}
                $(counts {$(
                    $count:ident of $counted:ident
                    $(, since $csince:literal)?
                    $(, ucce $cucce:literal $(until $cucce_last:literal)?)?
                    $(, uccx $cuccx:literal $(until $cuccx_last:literal)?)?;
                )*})?
            )*
            $(floating {$(
                $(#[$fmeta:meta])*
                $field:ident: $fty:ty = $tag:ident $(| $uccx_tag:ident)?
                $(, max $max:literal $(| $uccx_max:literal)?)?
                $(, since $fsince:literal)?
                $(, ucce $fucce:literal $(until $fucce_last:literal)?)?
                $(, uccx $fuccx:literal $(until $fuccx_last:literal)?)?;
            )*})?
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
            $($( $(#[$xmeta])* pub $fixed: $xty, )*)*
            $($( $(#[$fmeta])* pub $field: $fty, )*)?
            $($( $(#[$lmeta])* pub $list: alloc::vec::Vec<$entry>, )*)?
            /// Floating fields that no line of the table took, in wire order.
            pub other: alloc::vec::Vec<$crate::codec::RawField>,
        }

        impl $name {
            /// A message in which every field holds the protocol's absent value.
            pub const fn new() -> Self {
                Self {
                    $($( $fixed: <$xty as $crate::codec::Fixed>::ABSENT, )*)*
                    $($( $field: <$fty as $crate::codec::SlotType>::EMPTY, )*)?
                    $($( $list: alloc::vec::Vec::new(), )*)?
                    other: alloc::vec::Vec::new(),
                }
            }

            /// A new message, filled by `fill`.
            pub fn with(fill: impl FnOnce(&mut Self)) -> Self {
                let mut message = Self::new();
                fill(&mut message);
                message
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $crate::message::Body for $name {
            const TABLE: $crate::message::Table = $crate::message::Table {
                name: $wire_name,
                number: $crate::code::MessageType($number),
                role: $crate::macros::role!($role),
                gate: $crate::macros::gate!(
                    $(since $since)?
                    $(ucce $ucce $(until $ucce_last)?)?
                    $(uccx $uccx $(until $uccx_last)?)?
                ),
                fields: &[
                    $(
                        $( $crate::codec::Field {
                            name: stringify!($fixed),
                            place: $crate::codec::Place::Fixed {
                                width: <$xty as $crate::codec::Fixed>::WIDTH,
                            },
                            gate: $crate::macros::gate!(
                                $(since $xsince)?
                                $(ucce $xucce $(until $xucce_last)?)?
                                $(uccx $xuccx $(until $xuccx_last)?)?
                            ),
                            type_name: stringify!($xty),
                        }, )*
                        $($( $crate::codec::Field {
                            name: stringify!($count),
                            place: $crate::codec::Place::Count { list: stringify!($counted) },
                            gate: $crate::macros::gate!(
                                $(since $csince)?
                                $(ucce $cucce $(until $cucce_last)?)?
                                $(uccx $cuccx $(until $cuccx_last)?)?
                            ),
                            type_name: "u16",
                        }, )*)?
                    )*
                    $($( $crate::macros::floating_field!(
                        $field: $fty = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                        ($(since $fsince)?
                         $(ucce $fucce $(until $fucce_last)?)?
                         $(uccx $fuccx $(until $fuccx_last)?)?)
                    ), )*)?
                    $($( $crate::codec::Field {
                        name: stringify!($list),
                        place: $crate::codec::Place::List {
                            entry: <$entry as $crate::codec::Group>::ENTRY,
                        },
                        gate: $crate::macros::gate!(
                            $(since $lsince)?
                            $(ucce $lucce $(until $lucce_last)?)?
                            $(uccx $luccx $(until $luccx_last)?)?
                        ),
                        type_name: stringify!($entry),
                    }, )*)?
                ],
            };

            #[allow(unused_variables, reason = "not every fixed part has a gate")]
            fn decode(
                version: $crate::Version,
                body: &bytes::Bytes,
            ) -> Result<Self, $crate::DecodeError> {
                let mut message = Self::new();
                #[allow(unused_mut, reason = "some messages have no fixed part")]
                let mut fixed = $crate::codec::FixedPart::new($wire_name, body);
                $(
                    $(
                        if const { $crate::macros::gate!(
                            $(since $xsince)?
                            $(ucce $xucce $(until $xucce_last)?)?
                            $(uccx $xuccx $(until $xuccx_last)?)?
                        ) }.admits(version) {
                            message.$fixed = fixed.take(stringify!($fixed))?;
                        }
                    )*
                    $($(
                        if const { $crate::macros::gate!(
                            $(since $csince)?
                            $(ucce $cucce $(until $cucce_last)?)?
                            $(uccx $cuccx $(until $cuccx_last)?)?
                        ) }.admits(version) {
                            fixed.take::<u16>(stringify!($count))?;
                        }
                    )*)?
                )*
                $crate::message::read_floating(&mut message, version, fixed.floating(version))?;
                Ok(message)
            }
        }

        impl $crate::message::AnyBody for $name {
            fn table(&self) -> &'static $crate::message::Table {
                const { &<Self as $crate::message::Body>::TABLE }
            }

            fn invoke_id(&self) -> Option<$crate::code::InvokeId> {
                $crate::macros::invoke_id!($role self)
            }

            fn set_invoke_id(&mut self, invoke_id: $crate::code::InvokeId) {
                $crate::macros::invoke_id!($role self = invoke_id);
            }

            #[allow(unused_variables, reason = "not every fixed part has a gate")]
            fn encode_body(
                &self,
                version: $crate::Version,
                out: &mut bytes::BytesMut,
            ) -> Result<(), $crate::EncodeError> {
                $(
                    $(
                        if const { $crate::macros::gate!(
                            $(since $xsince)?
                            $(ucce $xucce $(until $xucce_last)?)?
                            $(uccx $xuccx $(until $xuccx_last)?)?
                        ) }.admits(version) {
                            $crate::codec::Fixed::put(&self.$fixed, out);
                        }
                    )*
                    $($(
                        if const { $crate::macros::gate!(
                            $(since $csince)?
                            $(ucce $cucce $(until $cucce_last)?)?
                            $(uccx $cuccx $(until $cuccx_last)?)?
                        ) }.admits(version) {
                            const FIELDS: &[$crate::codec::Field] =
                                <$name as $crate::message::Body>::TABLE.fields;
                            let listed = const {
                                $crate::codec::gate_of(FIELDS, stringify!($counted))
                            }
                            .admits(version);
                            let len = if listed { self.$counted.len() } else { 0 };
                            $crate::message::put_count($wire_name, stringify!($count), len, out)?;
                        }
                    )*)?
                )*
                let mut out = $crate::codec::FieldWriter::new($wire_name, version, out);
                $crate::codec::Floating::emit(self, &mut out)
            }
        }

        $crate::macros::floating_part! { $name
            {$($( $field: $fty = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                ($(since $fsince)?
                 $(ucce $fucce $(until $fucce_last)?)?
                 $(uccx $fuccx $(until $fuccx_last)?)?);
            )*)?}
            {$($( $list: $entry,
                ($(since $lsince)?
                 $(ucce $lucce $(until $lucce_last)?)?
                 $(uccx $luccx $(until $luccx_last)?)?);
            )*)?}
        }
    )*};
}

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
            $( $(#[$fmeta])* pub $field: Option<$fty>, )*
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

        impl $crate::codec::Group for $name {
            const ENTRY: &'static [$crate::codec::Field] = &[ $( $crate::macros::floating_field!(
                $field: Option<$fty> = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                ($(since $fsince)?
                 $(ucce $fucce $(until $fucce_last)?)?
                 $(uccx $fuccx $(until $fuccx_last)?)?)
            ), )* ];

            fn absorb(
                list: &mut alloc::vec::Vec<Self>,
                version: $crate::Version,
                data: &$crate::codec::Data<'_>,
            ) -> bool {
                let mut place = 0;
                $(
                    if const { $crate::macros::floating_field!(
                        $field: Option<$fty> = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                        ($(since $fsince)?
                         $(ucce $fucce $(until $fucce_last)?)?
                         $(uccx $fuccx $(until $fuccx_last)?)?)
                    ) }.accepts(version, data.tag) {
                        let last = list.last_mut().filter(|last| last.filled() <= place);
                        if let Some(last) = last {
                            return $crate::codec::Slot::absorb(&mut last.$field, data);
                        }
                        let mut entry = Self::default();
                        let fits = $crate::codec::Slot::absorb(&mut entry.$field, data);
                        list.extend(fits.then_some(entry));
                        return fits;
                    }
                    place += 1;
                )*
                let _ = place;
                false
            }

            fn emit(
                &self,
                out: &mut $crate::codec::FieldWriter<'_>,
            ) -> Result<(), $crate::EncodeError> {
                let slots = [ $( &self.$field as &dyn $crate::codec::Slot, )* ];
                slots.iter().zip(Self::ENTRY).try_for_each(|(slot, line)| slot.emit(line, out))
            }
        }
    )*};
}

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
            $( $(#[$fmeta])* pub $field: $fty, )*
            $($( $(#[$lmeta])* pub $list: alloc::vec::Vec<$entry>, )*)?
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

            const OPENER: $crate::codec::Field = $crate::macros::floating_field!(
                $opener: Option<$oty> = $otag, (), ()
            );
        }

        impl $crate::codec::Group for $name {
            const ENTRY: &'static [$crate::codec::Field] = &[
                Self::OPENER,
                $( $crate::macros::floating_field!(
                    $field: $fty = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                    ($(since $fsince)?
                     $(ucce $fucce $(until $fucce_last)?)?
                     $(uccx $fuccx $(until $fuccx_last)?)?)
                ), )*
                $($( $crate::codec::Field {
                    name: stringify!($list),
                    place: $crate::codec::Place::List {
                        entry: <$entry as $crate::codec::Group>::ENTRY,
                    },
                    gate: $crate::macros::gate!(
                        $(since $lsince)?
                        $(ucce $lucce $(until $lucce_last)?)?
                        $(uccx $luccx $(until $luccx_last)?)?
                    ),
                    type_name: stringify!($entry),
                }, )*)?
            ];

            fn absorb(
                list: &mut alloc::vec::Vec<Self>,
                version: $crate::Version,
                data: &$crate::codec::Data<'_>,
            ) -> bool {
                if data.tag == $crate::Tag::$otag
                    && let Some($opener) = <$oty as $crate::codec::Value>::parse(data)
                {
                    list.push(Self::new($opener));
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

            fn emit(
                &self,
                out: &mut $crate::codec::FieldWriter<'_>,
            ) -> Result<(), $crate::EncodeError> {
                $crate::codec::Slot::emit(&Some(self.$opener), &Self::OPENER, out)?;
                $crate::codec::Floating::emit(self, out)
            }
        }

        $crate::macros::floating_part! { $name
            {$( $field: $fty = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                ($(since $fsince)?
                 $(ucce $fucce $(until $fucce_last)?)?
                 $(uccx $fuccx $(until $fuccx_last)?)?);
            )*}
            {$($( $list: $entry,
                ($(since $lsince)?
                 $(ucce $lucce $(until $lucce_last)?)?
                 $(uccx $luccx $(until $luccx_last)?)?);
            )*)?}
        }
    )*};
}

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

macro_rules! role {
    (request) => {
        $crate::message::Role::Request
    };
    (confirmation) => {
        $crate::message::Role::Confirmation
    };
    (event) => {
        $crate::message::Role::Event
    };
}

/// Reads or sets the InvokeID where the role has one.
macro_rules! invoke_id {
    (event $message:ident) => {
        None
    };
    ($role:ident $message:ident) => {
        Some($message.invoke_id)
    };
    (event $message:ident = $value:ident) => {
        let _ = $value;
    };
    ($role:ident $message:ident = $value:ident) => {
        $message.invoke_id = $value;
    };
}

pub(crate) use {
    bit_mask, floating_field, floating_part, gate, group, invoke_id, last, message, open_enum,
    record, role, wire_newtype,
};
