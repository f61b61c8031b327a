//! Values to JSON.

use core::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::codec::{
    Bits, Blob, Contents, FieldValue, List, NamedArray, NamedVariable, RawField, Text,
};
use crate::display::may_hold_secret;
use crate::frame::Frame;
use crate::message::{Message, Table};
use crate::version::Dialect;

/// Needs feature `serde`: an object with the name of the message, its fields by their names, and
/// what no line of its table took.
///
/// ```
/// use cti_proto::Message;
/// use cti_proto::code::{AgentState, InvokeId, PeripheralId};
/// use cti_proto::message::QueryAgentStateReq;
///
/// let message = Message::from(QueryAgentStateReq::with(|request| {
///     request.invoke_id = InvokeId(7);
///     request.peripheral_id = PeripheralId(5000);
///     request.agent_id = Some("1001".try_into().unwrap());
/// }));
/// let json = r#"{"message":"QUERY_AGENT_STATE_REQ","invoke_id":7,"peripheral_id":5000,"mrd_id":0,"icm_agent_id":0,"agent_id":"1001"}"#;
/// assert_eq!(serde_json::to_string(&message).unwrap(), json);
/// assert_eq!(serde_json::from_str::<Message>(json).unwrap(), message);
/// ```
///
/// - A code is its name, or its number if it has none; a mask is the list of its names, or a number
///   if it has a bit without one.
/// - A text is a string; one that is not UTF-8 is `{"hex": ".."}`, and blobs are strings of
///   hexadecimal digits.
/// - What is absent is left out: floating fields that are not there, the protocol's own nulls, lists
///   without entries. A message that is read gets the absent value back.
/// - Passwords are never written. They can be read, as strings.
/// - `Message::Unknown` has `number` and `body` instead of fields.
/// - One name, CALL_DEQUEUED_EVENT, means two messages; there `dialect` says which.
///
/// Reading refuses names that it does not know, numbers that their field cannot hold, and texts with
/// a NUL. The maxima of texts hold when the message is encoded.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let body = match self.typed() {
            Ok(body) => body,
            Err(frame) => return frame.serialize(output),
        };
        let (table, contents) = (body.table(), body.contents());
        let dialect = dialect(table);
        let len = 1 + usize::from(dialect.is_some()) + entries(contents);
        let mut map = output.serialize_map(Some(len))?;
        map.serialize_entry(MESSAGE, table.name)?;
        if let Some(dialect) = dialect {
            map.serialize_entry(DIALECT, &dialect)?;
        }
        put(contents, &mut map)?;
        map.end()
    }
}

/// Which dialect has the message, if the other has one of the same name.
fn dialect(table: &Table) -> Option<Dialect> {
    let same = |other: &&&Table| other.name == table.name;
    if Message::TABLES.iter().filter(same).count() == 1 {
        return None;
    }
    let dialects = [Dialect::Ucce, Dialect::Uccx];
    dialects
        .into_iter()
        .find(|dialect| table.gate.opens(*dialect))
}

/// Needs feature `serde`: the fields by their names, as in the JSON form of [`Message`].
impl Serialize for Contents<'_> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let mut map = output.serialize_map(Some(entries(*self)))?;
        put(*self, &mut map)?;
        map.end()
    }
}

fn entries(contents: Contents<'_>) -> usize {
    let written = contents.fields().filter(|(_, value)| is_written(*value));
    written.count() + usize::from(kept(contents).next().is_some())
}

fn put<M: SerializeMap>(contents: Contents<'_>, map: &mut M) -> Result<(), M::Error> {
    for (field, value) in contents.fields().filter(|(_, value)| is_written(*value)) {
        map.serialize_entry(field.name, &value)?;
    }
    if kept(contents).next().is_some() {
        map.serialize_entry(OTHER, &Kept(contents))?;
    }
    Ok(())
}

fn is_written(value: FieldValue<'_>) -> bool {
    !value.is_absent() && !matches!(value, FieldValue::Secret)
}

/// What no line took, without passwords.
fn kept<'a>(contents: Contents<'a>) -> impl Iterator<Item = &'a RawField> {
    contents.other().iter().filter(|field| !field.is_secret())
}

struct Kept<'a>(Contents<'a>);

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_seq(kept(self.0))
    }
}

/// Needs feature `serde`: as in the JSON form of [`Message`]. What is absent and passwords are null.
impl Serialize for FieldValue<'_> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Absent | Self::Secret => output.serialize_none(),
            Self::Number(number) => output.serialize_i64(number),
            Self::Flag(flag) => output.serialize_bool(flag),
            Self::Code(_, Some(name)) => output.serialize_str(name),
            Self::Code(number, None) => output.serialize_u32(number),
            Self::Mask(bits) => bits.serialize(output),
            Self::Text(text) => text.serialize(output),
            Self::Bytes(bytes) => Hex(bytes).serialize(output),
            Self::NamedVariable(variable) => variable.serialize(output),
            Self::NamedArray(array) => array.serialize(output),
            Self::List(list) => list.serialize(output),
            Self::Entry(contents) => contents.serialize(output),
        }
    }
}

impl Serialize for Bits {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        if self.unnamed() == 0 {
            output.collect_seq(self.names())
        } else {
            output.serialize_u32(self.bits())
        }
    }
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_seq(self.iter())
    }
}

/// Needs feature `serde`: number and body, and the name of the message if it has one. The body of a
/// message that can hold a password is null, and a frame without a body is not read.
impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let mut map = output.serialize_map(Some(3))?;
        map.serialize_entry(MESSAGE, self.message_type.name().unwrap_or(UNKNOWN))?;
        map.serialize_entry(NUMBER, &self.message_type.0)?;
        let body = (!may_hold_secret(self.message_type)).then_some(Hex(&self.body));
        map.serialize_entry(BODY, &body)?;
        map.end()
    }
}

impl Serialize for RawField {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let mut map = output.serialize_map(Some(2))?;
        map.serialize_entry(TAG, &self.tag)?;
        let data = (!self.is_secret()).then_some(Hex(&self.data));
        map.serialize_entry(DATA, &data)?;
        map.end()
    }
}

impl Serialize for NamedVariable {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let mut map = output.serialize_map(Some(2))?;
        map.serialize_entry(NAME, &self.name)?;
        map.serialize_entry(VALUE, &self.value)?;
        map.end()
    }
}

impl Serialize for NamedArray {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        let mut map = output.serialize_map(Some(3))?;
        map.serialize_entry(INDEX, &self.index)?;
        map.serialize_entry(NAME, &self.name)?;
        map.serialize_entry(VALUE, &self.value)?;
        map.end()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = self.to_str() {
            return output.serialize_str(text);
        }
        let mut map = output.serialize_map(Some(1))?;
        map.serialize_entry(HEX, &Hex(self.as_bytes()))?;
        map.end()
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        Hex(&self.0).serialize(output)
    }
}

/// Two digits a byte.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(self)
    }
}

/// Key of a message's name; no field has it, nor those below.
pub(super) const MESSAGE: &str = "message";
pub(super) const DIALECT: &str = "dialect";
pub(super) const OTHER: &str = "other";
/// Keys of a frame.
pub(super) const NUMBER: &str = "number";
pub(super) const BODY: &str = "body";
/// Name of a message without one.
const UNKNOWN: &str = "UNKNOWN";
/// Keys of a field without a line.
pub(super) const TAG: &str = "tag";
pub(super) const DATA: &str = "data";
/// Keys of call data.
pub(super) const INDEX: &str = "index";
pub(super) const NAME: &str = "name";
pub(super) const VALUE: &str = "value";
/// Key of a text that is not UTF-8.
pub(super) const HEX: &str = "hex";
