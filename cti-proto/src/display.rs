//! Messages as a log shows them: one line by `{}`, an aligned block by `{:#}`.
//!
//! Fields have the names that they have in this crate: those are what its docs show, what its errors
//! name and what its JSON form has as keys. Messages, enumerations and masks have the names of the
//! specification. A peer's bytes reach the output escaped, so that none of them works on a terminal.

use core::fmt::{self, Display, Formatter, Write};

use crate::code::MessageType;
use crate::codec::{
    Bits, Contents, Field, FieldValue, List, NamedArray, NamedVariable, Place, RawField,
};
use crate::frame::Frame;
use crate::message::{AnyBody, Message};

/// One line: the name of the message, then `field=value` for each field that says something. What
/// holds the protocol's null, a list without entries and a fixed number of zero are left out.
///
/// `{:#}` gives each field a line of its own, and shows zeros and the numbers behind names too.
///
/// ```
/// use cti_proto::Message;
/// use cti_proto::code::{AgentMode, AgentState, InvokeId};
/// use cti_proto::message::QueryAgentStateConf;
///
/// let message = Message::from(QueryAgentStateConf::with(|conf| {
///     conf.invoke_id = InvokeId(7);
///     conf.agent_state = AgentState::TALKING;
///     conf.agent_mode = AgentMode::ROUTABLE;
///     conf.agent_id = Some("1001".try_into().unwrap());
/// }));
/// assert_eq!(
///     message.to_string(),
///     r#"QUERY_AGENT_STATE_CONF invoke_id=7 agent_state=TALKING agent_mode=ROUTABLE agent_id="1001""#
/// );
/// ```
impl Display for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.typed() {
            Ok(body) => self::body(f, body),
            Err(frame) => frame.fmt(f),
        }
    }
}

/// A message: its name before its fields.
pub(crate) fn body(f: &mut Formatter<'_>, body: &dyn AnyBody) -> fmt::Result {
    f.write_str(body.table().name)?;
    let contents = body.contents();
    if f.alternate() {
        block(f, contents, "\n    ", 1)
    } else {
        line(f, contents, " ")
    }
}

/// Name or number of the message, length of the body, and the body in hexadecimal: its first bytes,
/// by `{:#}` all of them. The body of a message that can hold a password is not shown.
impl Display for Frame {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.message_type.name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "message {}", self.message_type.0)?,
        }
        write!(f, " of {} bytes", self.body.len())?;
        if may_hold_secret(self.message_type) {
            f.write_str(" (secret)")
        } else if f.alternate() {
            dump(f, &self.body)
        } else if self.body.is_empty() {
            Ok(())
        } else {
            f.write_str(" ")?;
            hex(f, &self.body)
        }
    }
}

/// Whether a table of this number has a password.
pub(crate) fn may_hold_secret(number: MessageType) -> bool {
    Message::TABLES
        .iter()
        .filter(|table| table.number == number)
        .flat_map(|table| table.fields)
        .any(|field| field.type_name.contains("Secret"))
}

/// `tag 9999=0x0102`; passwords are not shown.
impl Display for RawField {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", TagName(self), self.shown_data())
    }
}

impl RawField {
    fn shown_data(&self) -> FieldValue<'_> {
        if self.is_secret() {
            FieldValue::Secret
        } else {
            FieldValue::Bytes(&self.data)
        }
    }
}

struct TagName<'a>(&'a RawField);

impl Display for TagName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "tag {}", self.0.tag.0)?;
        match self.0.tag.name() {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

impl Display for Contents<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            block(f, *self, "", 0)
        } else {
            line(f, *self, "")
        }
    }
}

/// `name=value name=value`, with `lead` before the first.
fn line(f: &mut Formatter<'_>, contents: Contents<'_>, lead: &str) -> fmt::Result {
    let mut space = lead;
    for (field, value) in contents.fields() {
        if !value.is_absent() && !says_nothing(field, value) {
            write!(f, "{space}{}={value}", field.name)?;
            space = " ";
        }
    }
    for field in contents.other() {
        write!(f, "{space}{field}")?;
        space = " ";
    }
    Ok(())
}

/// A fixed number without a name is there even when it means nothing; zero is what it then holds.
/// An InvokeID of zero is as good as another.
fn says_nothing(field: &Field, value: FieldValue<'_>) -> bool {
    let named = matches!(value, FieldValue::Flag(_) | FieldValue::Code(_, Some(_)));
    matches!(field.place, Place::Fixed { .. })
        && value.number() == Some(0)
        && !named
        && field.name != "invoke_id"
}

/// One field a line, the values below each other, with `lead` before the first.
fn block(f: &mut Formatter<'_>, contents: Contents<'_>, lead: &str, depth: usize) -> fmt::Result {
    let shown = || contents.fields().filter(|(_, value)| !value.is_absent());
    let width = shown()
        .filter(|(_, value)| !matches!(value, FieldValue::List(_)))
        .map(|(field, _)| field.name.len())
        .max()
        .unwrap_or_default();
    let mut lead = Some(lead);
    for (field, value) in shown() {
        next_line(f, &mut lead, depth)?;
        if let FieldValue::List(list) = value {
            f.write_str(field.name)?;
            list.iter().try_for_each(|entry| item(f, entry, depth))?;
        } else {
            write!(f, "{:width$} = {value:#}", field.name)?;
        }
    }
    for field in contents.other() {
        next_line(f, &mut lead, depth)?;
        write!(f, "{} = {:#}", TagName(field), field.shown_data())?;
    }
    Ok(())
}

/// A value of a list, behind a dash.
fn item(f: &mut Formatter<'_>, value: FieldValue<'_>, depth: usize) -> fmt::Result {
    next_line(f, &mut None, depth)?;
    f.write_str("  - ")?;
    if let FieldValue::Entry(contents) = value {
        block(f, contents, "", depth + 1)
    } else {
        write!(f, "{value:#}")
    }
}

fn next_line(f: &mut Formatter<'_>, lead: &mut Option<&str>, depth: usize) -> fmt::Result {
    match lead.take() {
        Some(lead) => f.write_str(lead),
        None => {
            f.write_str("\n")?;
            (0..depth).try_for_each(|_| f.write_str(INDENT))
        }
    }
}

impl Display for FieldValue<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Absent => f.write_str("-"),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Code(number, Some(name)) if f.alternate() => write!(f, "{name} ({number})"),
            Self::Code(_, Some(name)) => f.pad(name),
            Self::Code(number, None) => number.fmt(f),
            Self::Mask(bits) => bits.fmt(f),
            Self::Text(text) => quoted(f, text.as_bytes()),
            Self::Bytes(bytes) => hex(f, bytes),
            Self::Secret => f.write_str("(secret)"),
            Self::NamedVariable(variable) => variable.fmt(f),
            Self::NamedArray(array) => array.fmt(f),
            Self::List(list) => list.fmt(f),
            Self::Entry(contents) => {
                f.write_str("{")?;
                line(f, contents, "")?;
                f.write_str("}")
            }
        }
    }
}

/// `CLIENT_EVENTS|SUPERVISOR|0x40000000`
impl Display for Bits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut bar = "";
        for name in self.names() {
            write!(f, "{bar}{name}")?;
            bar = "|";
        }
        match self.unnamed() {
            0 if !bar.is_empty() => Ok(()),
            left => write!(f, "{bar}{left:#x}"),
        }
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Bits({self})")
    }
}

/// `[a, b]`
impl Display for List<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, value) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{value}")?;
        }
        f.write_str("]")
    }
}

/// `"name"="value"`
impl Display for NamedVariable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quoted(f, self.name.as_bytes())?;
        f.write_str("=")?;
        quoted(f, self.value.as_bytes())
    }
}

/// `"name"[3]="value"`
impl Display for NamedArray {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quoted(f, self.name.as_bytes())?;
        write!(f, "[{}]=", self.index)?;
        quoted(f, self.value.as_bytes())
    }
}

/// In quotes, with escapes as in Rust for what is not printable and `\xff` for what is not UTF-8.
fn quoted(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        // `escape_debug` escapes this one too, which double quotes do not ask for.
        for (index, part) in chunk.valid().split('\'').enumerate() {
            if index > 0 {
                f.write_char('\'')?;
            }
            part.escape_debug().fmt(f)?;
        }
        chunk
            .invalid()
            .iter()
            .try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
    }
    f.write_char('"')
}

/// `0x0102`; beyond [`SHOWN_BYTES`] only by `{:#}`.
fn hex(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let shown = match bytes.get(..SHOWN_BYTES) {
        Some(first) if !f.alternate() => first,
        _ => bytes,
    };
    f.write_str("0x")?;
    shown.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
    match bytes.len() - shown.len() {
        0 => Ok(()),
        left => write!(f, "..({left} more)"),
    }
}

/// Offset, bytes and what of them is printable ASCII, 16 a line.
fn dump(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for (row, bytes) in bytes.chunks(16).enumerate() {
        write!(f, "\n{INDENT}{:04x} ", row * 16)?;
        bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))?;
        write!(f, "{:1$}", "", 3 * (16 - bytes.len()) + 2)?;
        bytes.iter().try_for_each(|byte| {
            let printable = byte.is_ascii_graphic() || *byte == b' ';
            f.write_char(if printable { char::from(*byte) } else { '.' })
        })?;
    }
    Ok(())
}

const INDENT: &str = "    ";

/// Bytes of a blob or an unknown field that a line shows.
const SHOWN_BYTES: usize = 64;
