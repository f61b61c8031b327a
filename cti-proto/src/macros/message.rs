//! The table of one message: `message!`.

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

            fn contents(&self) -> $crate::codec::Contents<'_> {
                $crate::codec::Contents::new(self)
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

        $crate::macros::contents! {
            $name, <$name as $crate::message::Body>::TABLE.fields, blank Self::new(),
            fixed { $($($fixed)*)* } floating { $($($field)*)? } lists { $($($list)*)? } other other
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::display::body(f, self)
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

pub(crate) use {invoke_id, message, role};
