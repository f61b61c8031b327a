//! Bodies that some documents print with another width of one field.
//!
//! Whether a field stands in a body at all is told by `perhaps` in the tables; here are the three
//! messages in which a field is wider or narrower. The usual width is tried first.

use bytes::{Bytes, BytesMut};

use crate::code::{InvokeId, MessageType, PeripheralErrorCode, StatusCode};
use crate::codec::{Field, Form, Place, Shape};
use crate::frame::Frame;
use crate::message::{
    Body, CallAttributeChangeEvent, FailureConf, Message, SendDtmfSignalReq, Table,
};
use crate::version::{Dialect, Version};

/// FAILURE_CONF as the guides of UCCE 24 and 25 print it: InvokeID UINT, FailureCode USHORT,
/// PeripheralErrorCode UINT.
pub(crate) fn printed_failure(version: Version, frame: &Frame) -> Option<FailureConf> {
    if !prints_failure_code(version) || frame.message_type != MessageType::FAILURE_CONF {
        return None;
    }
    let [a, b, c, d, e, f, g, h, i, j] = *frame.body.as_array()?;
    Some(FailureConf::with(|failure| {
        failure.invoke_id = InvokeId(u32::from_be_bytes([a, b, c, d]));
        failure.status = StatusCode(u32::from(u16::from_be_bytes([e, f])));
        failure.peripheral_error_code = PeripheralErrorCode(u32::from_be_bytes([g, h, i, j]));
    }))
}

/// Brings a FAILURE_CONF with a PeripheralErrorCode, whose body begins at `start` of `out`, into the
/// form that the guides of UCCE 24 and 25 print. A status of more than two bytes keeps its four, with
/// the code behind it.
pub(crate) fn print_failure(
    failure: &FailureConf,
    version: Version,
    start: usize,
    out: &mut BytesMut,
) {
    if !prints_failure_code(version) || failure.peripheral_error_code == PeripheralErrorCode(0) {
        return;
    }
    if failure.status.0 <= u32::from(u16::MAX) {
        out.copy_within(start + 6..start + 12, start + 4);
        out.truncate(start + 10);
    }
}

const fn prints_failure_code(version: Version) -> bool {
    matches!(version.dialect(), Dialect::Ucce) && version.number() >= 24
}

/// Brings a body that only fits with the other width of a field into the usual width.
pub(crate) fn usual_width(version: Version, mut frame: Frame) -> Frame {
    if let Some(width) = Width::of(version, frame.message_type, &frame.body)
        && let Some(body) = width.usual(&frame.body)
    {
        frame.body = body;
    }
    frame
}

/// The table by which `body` is read in place.
pub(crate) fn table_of_body(
    version: Version,
    message_type: MessageType,
    body: &[u8],
) -> Option<&'static Table> {
    if prints_failure_code(version) && message_type == MessageType::FAILURE_CONF && body.len() == 10
    {
        return Some(&PRINTED_FAILURE_CONF);
    }
    match Width::of(version, message_type, body) {
        Some(width) => Some(width.printed),
        None => Message::table_of(version, message_type),
    }
}

/// A field whose width the documents do not agree on.
struct Width {
    /// Where it stands in the body.
    at: usize,
    /// Bytes in the tables of this crate.
    usual: usize,
    /// Bytes in the other documents.
    other: usize,
    /// The table with the other width.
    printed: &'static Table,
}

impl Width {
    /// The disputed width of the message, if `body` comes out even with the other one only.
    fn of(version: Version, message_type: MessageType, body: &[u8]) -> Option<&'static Self> {
        let width = match message_type {
            MessageType::SEND_DTMF_SIGNAL_REQ => &PAUSE_DURATION,
            MessageType::CALL_ATTRIBUTE_CHANGE_EVENT => &CONNECTION_DEVICE_ID_TYPE,
            _ => return None,
        };
        let table = Message::table_of(version, message_type)?;
        let form = Form::usual(version);
        (table.name == width.printed.name
            && width.surplus(body)?.iter().all(|byte| *byte == 0)
            && !form.fits(table.fields, &table.shape, version, body)
            && form.fits(width.printed.fields, &width.printed.shape, version, body))
        .then_some(width)
    }

    /// The bytes of a wider number that have no room in the usual width.
    fn surplus<'a>(&self, body: &'a [u8]) -> Option<&'a [u8]> {
        let len = self.other.saturating_sub(self.usual);
        body.get(self.at..self.at + len)
    }

    /// The body with the usual width.
    fn usual(&self, body: &[u8]) -> Option<Bytes> {
        let (before, rest) = body.split_at_checked(self.at)?;
        let missing = self.usual.saturating_sub(self.other);
        let rest = rest.get(self.surplus(body)?.len()..)?;
        let mut usual = BytesMut::with_capacity(body.len() + missing);
        usual.extend_from_slice(before);
        usual.resize(before.len() + missing, 0);
        usual.extend_from_slice(rest);
        Some(usual.freeze())
    }
}

/// Quirk: UINT in the tables, USHORT before version 10 by a change list, which says that the server
/// copes with both.
static PAUSE_DURATION: Width = Width {
    at: 16,
    usual: 4,
    other: 2,
    printed: &Table {
        fields: SHORT_PAUSE,
        shape: Shape::of(SHORT_PAUSE),
        ..SendDtmfSignalReq::TABLE
    },
};

const SHORT_PAUSE: &[Field] =
    &with_width::<{ SendDtmfSignalReq::TABLE.fields.len() }>(SendDtmfSignalReq::TABLE.fields, 5, 2);

/// Quirk: the guides print size 4 beside the type USHORT.
static CONNECTION_DEVICE_ID_TYPE: Width = Width {
    at: 10,
    usual: 2,
    other: 4,
    printed: &Table {
        fields: LONG_TYPE,
        shape: Shape::of(LONG_TYPE),
        ..CallAttributeChangeEvent::TABLE
    },
};

const LONG_TYPE: &[Field] = &with_width::<{ CallAttributeChangeEvent::TABLE.fields.len() }>(
    CallAttributeChangeEvent::TABLE.fields,
    3,
    4,
);

static PRINTED_FAILURE_CONF: Table = Table {
    fields: PRINTED_FAILURE,
    shape: Shape::of(PRINTED_FAILURE),
    ..FailureConf::TABLE
};

const PRINTED_FAILURE: &[Field] = &[
    Field::new("invoke_id", Place::Fixed { width: 4 }, "InvokeId"),
    Field::new("status", Place::Fixed { width: 2 }, "StatusCode"),
    Field::new(
        "peripheral_error_code",
        Place::Fixed { width: 4 },
        "PeripheralErrorCode",
    ),
];

/// The lines, the one at `place` with another width.
const fn with_width<const N: usize>(lines: &[Field], place: usize, width: usize) -> [Field; N] {
    let mut changed = [lines[0]; N];
    let mut at = 0;
    while at < N {
        changed[at] = lines[at];
        at += 1;
    }
    changed[place].place = Place::Fixed { width };
    changed
}
