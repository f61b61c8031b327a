//! The table of one message: `message!`.

/// The messages of one chapter.
///
/// ```text
/// message! {
///     /// Doc of the struct.
///     request QueryAgentStateReq(mrd_id: i32) "QUERY_AGENT_STATE_REQ" = 36,
///         read ucce 14 23 uccx whole
///     {
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
/// - `lists` name a type made by `group!` or `record!`. A floating counter says `counts LIST`: it is
///   written from the list wherever that has entries.
/// - Names in parentheses are what `new` takes: what the protocol cannot leave out.
/// - `read` names the UCCE versions in whose documents the table was read, and whether the table of
///   UCCX was read `whole` or `cut`. Other layouts are inferred from their neighbours.
/// - `required`, or `required ucce` and `required uccx`, marks a floating field that must not be left
///   out.
/// - `perhaps` after the gate of a fixed field names versions for which the documents do not agree
///   whether it is there; [`Form`](crate::codec::Form) tells how a body decides.
///
/// It gives a `#[non_exhaustive]` struct with a public field for each line, whose docs say what the line
/// says, and `other` for what no line knows, `new` with the protocol's absent values, a [`Table`](crate::message::Table) and the
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
/// impl QueryAgentStateReq { const LINES: &'static [Field] = &[..]; }
/// enum At { invoke_id, mrd_id, num_skill_groups, num_tasks, agent_id, skill_groups }
/// impl Body for QueryAgentStateReq {
///     const TABLE: Table = Table { name: "QUERY_AGENT_STATE_REQ", number: MessageType(36), .. };
///     fn decode(version: Version, body: &Bytes) -> Result<Self, DecodeError> {
///         let mut message = Self::absent();
///         let mut fixed = FixedPart::new("QUERY_AGENT_STATE_REQ", LINES, SHAPE, version, body);
///         fixed.read(&mut message.invoke_id, &LINES[At::invoke_id as usize])?;
///         fixed.read(&mut message.mrd_id, &LINES[At::mrd_id as usize])?;
///         fixed.skip_count(&LINES[At::num_skill_groups as usize])?;
///         fixed.read(&mut message.num_tasks, &LINES[At::num_tasks as usize])?;
///         read_floating(&mut message, version, fixed.floating())
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
        $role:ident $name:ident $(($($arg:ident: $aty:ty),+))? $wire_name:literal = $number:literal
        $(, since $since:literal)?
        $(, ucce $ucce:literal $(until $ucce_last:literal)?)?
        $(, uccx $uccx:literal $(until $uccx_last:literal)?)?
        $(, read $(ucce $($read:literal)+)? $(uccx $extent:ident)?)?
        {
            $(
                fixed {$(
                    $(#[$xmeta:meta])*
                    $fixed:ident: $xty:ty
                    $(, since $xsince:literal)?
                    $(, ucce $xucce:literal $(until $xucce_last:literal)?)?
                    $(, uccx $xuccx:literal $(until $xuccx_last:literal)?)?
                    $(, perhaps
                        $(ucce $pucce:literal $(until $pucce_last:literal)?)?
                        $(uccx $puccx:literal $(until $puccx_last:literal)?)?
                    )?;
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
                $(, required $($dialect:ident)?)?
                $(, counts $listed:ident)?
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
        ///
        $(#[doc = concat!(
            "Tables read:"
            $(, " UCCE" $(, " ", stringify!($read))+)?
            $(, " UCCX ", stringify!($extent))?
            , ". What they do not cover is inferred."
        )])?
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(
            $(#[$xmeta])*
            #[doc = $crate::macros::line_doc!(
                $(, since $xsince)?
                $(, ucce $xucce $(until $xucce_last)?)?
                $(, uccx $xuccx $(until $xuccx_last)?)?
                $(, perhaps
                    $(ucce $pucce $(until $pucce_last)?)?
                    $(uccx $puccx $(until $puccx_last)?)?
                )?
            )]
            pub $fixed: $xty,
            )*)*
            $($(
            $(#[$fmeta])*
            #[doc = $crate::macros::line_doc!(
                , tag $tag $(| $uccx_tag)? $(, max $max $(| $uccx_max)?)?
                $(, required $($dialect)?)? $(, counts $listed)?
                $(, since $fsince)?
                $(, ucce $fucce $(until $fucce_last)?)?
                $(, uccx $fuccx $(until $fuccx_last)?)?
            )]
            pub $field: $fty,
            )*)?
            $($(
            $(#[$lmeta])*
            #[doc = $crate::macros::line_doc!(
                $(, since $lsince)?
                $(, ucce $lucce $(until $lucce_last)?)?
                $(, uccx $luccx $(until $luccx_last)?)?
            )]
            pub $list: alloc::vec::Vec<$entry>,
            )*)?
            /// Floating fields that no line of the table took, in wire order.
            pub other: alloc::vec::Vec<$crate::codec::RawField>,
        }

        impl $name {
            /// A message filled by `fill`, which has to set what `new` takes.
            pub fn with(fill: impl FnOnce(&mut Self)) -> Self {
                let mut message = Self::absent();
                fill(&mut message);
                message
            }

            const fn absent() -> Self {
                Self {
                    $($( $fixed: <$xty as $crate::codec::Fixed>::ABSENT, )*)*
                    $($( $field: <$fty as $crate::codec::SlotType>::EMPTY, )*)?
                    $($( $list: alloc::vec::Vec::new(), )*)?
                    other: alloc::vec::Vec::new(),
                }
            }
        }

        impl $name {
            const LINES: &'static [$crate::codec::Field] = &[
                $(
                    $( $crate::macros::fixed_field!($fixed: $xty, (
                        $(since $xsince)?
                        $(ucce $xucce $(until $xucce_last)?)?
                        $(uccx $xuccx $(until $xuccx_last)?)?
                        $(perhaps (
                            $(ucce $pucce $(until $pucce_last)?)?
                            $(uccx $puccx $(until $puccx_last)?)?
                        ))?
                    )), )*
                    $($( $crate::codec::Field::new(
                        stringify!($count),
                        $crate::codec::Place::Count { list: stringify!($counted) },
                        "u16",
                    )
                    .gated($crate::macros::gate!(
                        $(since $csince)?
                        $(ucce $cucce $(until $cucce_last)?)?
                        $(uccx $cuccx $(until $cuccx_last)?)?
                    )), )*)?
                )*
                $($( $crate::macros::floating_field!(
                    $field: $fty = $tag $(| $uccx_tag)?, ($($max $(| $uccx_max)?)?),
                    ($(required $($dialect)?)? $(counts $listed)?),
                    ($(since $fsince)?
                     $(ucce $fucce $(until $fucce_last)?)?
                     $(uccx $fuccx $(until $fuccx_last)?)?)
                ), )*)?
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
        }

        $crate::macros::constructor!($name $(($($arg: $aty),+))?);

        const _: () = {
        const LINES: &[$crate::codec::Field] = $name::LINES;

        /// Where in `LINES` each field stands.
        #[allow(dead_code, non_camel_case_types, reason = "as many variants as lines")]
        enum At {
            $( $($fixed,)* $($($count,)*)? )*
            $($($field,)*)?
            $($($list,)*)?
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
                evidence: $crate::macros::evidence!(
                    $($(ucce $($read)+)? $(uccx $extent)?)?
                ),
                fields: Self::LINES,
                shape: $crate::codec::Shape::of(Self::LINES),
            };

            fn decode(
                version: $crate::Version,
                body: &bytes::Bytes,
            ) -> Result<Self, $crate::DecodeError> {
                let mut message = Self::absent();
                let shape = const { &$crate::codec::Shape::of(LINES) };
                #[allow(unused_mut, reason = "some messages have no fixed part")]
                let mut fixed =
                    $crate::codec::FixedPart::new($wire_name, LINES, shape, version, body);
                $(
                    $( fixed.read(&mut message.$fixed, &LINES[At::$fixed as usize])?; )*
                    $($( fixed.skip_count(&LINES[At::$count as usize])?; )*)?
                )*
                $crate::message::read_floating(&mut message, version, fixed.floating())?;
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

            fn contents(&self) -> $crate::codec::Contents<'_> {
                $crate::codec::Contents::new(self)
            }

            fn encode_body(
                &self,
                version: $crate::Version,
                out: &mut bytes::BytesMut,
            ) -> Result<(), $crate::EncodeError> {
                $(
                    $( $crate::codec::put_fixed(
                        &self.$fixed,
                        &LINES[At::$fixed as usize],
                        version,
                        out,
                    ); )*
                    $($( $crate::message::put_count(
                        (
                            $wire_name,
                            &LINES[At::$count as usize],
                            &LINES[At::$counted as usize],
                        ),
                        self.$counted.len(),
                        version,
                        out,
                    )?; )*)?
                )*
                let mut out = $crate::codec::FieldWriter::new($wire_name, version, out);
                $crate::codec::Floating::emit(self, &mut out);
                out.finish()
            }
        }

        $crate::macros::contents! {
            $name, <$name as $crate::message::Body>::TABLE.fields,
            part Message(<$name as $crate::message::Body>::TABLE.gate), blank Self::absent(),
            fixed { $($($fixed)*)* } floating { $($($field)*)? } lists { $($($list)*)? } other other
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::display::body(f, self)
            }
        }

        $crate::macros::floating_part! { $name
            {$($( $field = $tag $(| $uccx_tag)?, ($(counts $listed)?); )*)?}
            {$($( $list; )*)?}
        }
        };
    )*};
}

/// `new()` or `new(...)`, for messages that can and cannot do without arguments.
macro_rules! constructor {
    ($name:ident) => {
        impl $name {
            /// A message in which every field holds the protocol's absent value.
            pub const fn new() -> Self {
                Self::absent()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    ($name:ident ($($arg:ident: $ty:ty),+)) => {
        impl $name {
            /// A message with what the protocol cannot leave out. Every other field holds the
            /// protocol's absent value.
            pub fn new($($arg: $ty),+) -> Self {
                let mut message = Self::absent();
                $( message.$arg = $arg.into(); )+
                message
            }
        }
    };
}

/// One line of `fixed` as a [`Field`](crate::codec::Field).
macro_rules! fixed_field {
    ($fixed:ident: $ty:ty, ()) => {
        $crate::codec::Field::fixed::<$ty>(stringify!($fixed), stringify!($ty))
    };
    ($fixed:ident: $ty:ty, $gate:tt) => {
        $crate::macros::fixed_field!($fixed: $ty, ())
            .gated($crate::macros::gate!(@tt $gate))
            .perhaps($crate::macros::perhaps!(@tt $gate))
    };
}

/// The words behind `read` as [`Evidence`](crate::message::Evidence).
macro_rules! evidence {
    ($(ucce $($read:literal)+)? $(uccx $extent:ident)?) => {
        $crate::message::Evidence {
            ucce: &[$($($read),+)?],
            uccx: $crate::macros::extent!($($extent)?),
        }
    };
}

macro_rules! extent {
    () => {
        $crate::message::Extent::Nothing
    };
    (cut) => {
        $crate::message::Extent::Cut
    };
    (whole) => {
        $crate::message::Extent::Whole
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

pub(crate) use {constructor, evidence, extent, fixed_field, invoke_id, message, role};
