//! What can be wrong with bytes, and with a message that should become bytes.

use crate::code::{MessageType, StatusCode};
use crate::version::Version;

/// The peer's bytes cannot be read.
///
/// Names message, field and offset: enough to find the byte in a capture.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The header announces more than the session's version allows. The stream cannot be followed
    /// any further.
    #[error("message of {len} bytes where {max} are allowed")]
    TooLong {
        /// Whole message, header included.
        len: u64,
        /// The limit that [`FrameCodec`](crate::FrameCodec) holds.
        max: usize,
    },
    /// The body ends inside its fixed part.
    #[error("{message} ends at byte {offset}, inside {field}")]
    FixedPartTruncated {
        /// The message as the specification names it.
        message: &'static str,
        /// The fixed field that could not be read.
        field: &'static str,
        /// Offset into the body.
        offset: usize,
    },
    /// The body ends inside a floating field: its tag, its length or its data.
    #[error("{message} ends inside the floating field that begins at byte {offset}")]
    FloatingPartTruncated {
        /// The message as the specification names it.
        message: &'static str,
        /// Offset into the body at which that field begins.
        offset: usize,
    },
    /// A list has more entries than a reader allocates memory for.
    #[error("{message} has a list of more than {max} entries, passed at byte {offset}")]
    TooManyEntries {
        /// The message as the specification names it.
        message: &'static str,
        /// Offset into the body of the data of the field that would have opened the next entry.
        offset: usize,
        /// The limit.
        max: usize,
    },
}

impl DecodeError {
    /// The status that a server answers with, GED-188, "Failure Indication Messages".
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TooLong { .. } | Self::FixedPartTruncated { .. } => {
                StatusCode::INVALID_MESSAGE_LENGTH
            }
            Self::FloatingPartTruncated { .. } | Self::TooManyEntries { .. } => {
                StatusCode::INVALID_FIELD_LENGTH
            }
        }
    }
}

/// The caller's message cannot be written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The session's dialect and version do not have this message.
    #[error("{message} is not part of {version}")]
    NotInVersion {
        /// The message as the specification names it.
        message: &'static str,
        /// The version of the session.
        version: Version,
    },
    /// A floating field holds more than the specification gives it.
    #[error("{message}: {field} has {len} bytes where {max} are allowed")]
    FieldTooLong {
        /// The message as the specification names it.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// Bytes it would take, a closing NUL included.
        len: usize,
        /// The most it may take.
        max: usize,
    },
    /// A floating field that this dialect requires is not set.
    #[error("{message}: {field} is missing, which {version} requires")]
    MissingField {
        /// The message as the specification names it.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The version of the session.
        version: Version,
    },
    /// A field that was kept as it came has a tag that this version cannot write.
    #[error("{message}: tag {tag} does not fit one byte")]
    TagTooHigh {
        /// The message as the specification names it.
        message: &'static str,
        /// The tag.
        tag: u16,
    },
    /// A list has more entries than a reader takes.
    #[error("{message}: {field} has {len} entries where {max} are allowed")]
    TooManyEntries {
        /// The message as the specification names it.
        message: &'static str,
        /// The list, or its counter in the fixed part.
        field: &'static str,
        /// Entries of the list.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// All named variables and arrays of one message together pass 2000 bytes.
    #[error("{message}: {len} bytes of named variables where 2000 are allowed")]
    TooMuchCallData {
        /// The message as the specification names it.
        message: &'static str,
        /// Bytes they would take.
        len: usize,
    },
    /// The whole message passes the limit of the version.
    #[error("{message_type:?} of {len} bytes where {max} are allowed")]
    TooLong {
        /// The message.
        message_type: MessageType,
        /// Its bytes, header included.
        len: usize,
        /// The limit.
        max: usize,
    },
}
