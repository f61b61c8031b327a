//! Cisco CTI Server protocol (GED-188) without IO: framing, messages, client and server sessions.
//!
//! GED-188 is what a Unified CCE (UCCE) or Unified CCX (UCCX) server speaks with desktops and other
//! clients: agents log in and change state, calls ring, are answered, held, transferred, and
//! configuration is uploaded. This crate reads and writes all of its messages whose bodies are
//! public, for both dialects and every version from 5 on, and holds the state machines of both ends.
//! It has no sockets, no clock and no runtime, and needs no `std`.
//!
//! Four levels, each usable alone:
//!
//! | level | what it does | who stops here |
//! | --- | --- | --- |
//! | [`FrameCodec`] | cuts a stream into [`Frame`]s: header, type, opaque body | a proxy |
//! | [`View`] | finds fields of a frame in place, without building the message | a filter |
//! | [`Message`] | a typed message in the layout of a [`Version`], by `decode` and `encode` | a log reader |
//! | [`session`] | who may say what, and when: a client, a client of several servers, a server, a server of many clients | a desktop, a CTI server |
//!
//! Beside them, [`follow`] reads captured streams, from the middle and over losses.
//!
//! # The drive loop
//!
//! A session takes bytes and time, and hands out bytes, events and its next timer. `now` is the
//! time since an origin that the caller fixed once. After any call that takes `&mut self`, drain
//! `poll_event` and `poll_transmit`, then re-arm from `poll_timeout`. The caller owns the read
//! buffer: the session takes complete messages off its front.
//!
//! ```
//! use std::io::{self, Write};
//! use std::time::{Duration, Instant};
//!
//! use bytes::BytesMut;
//! use cti_proto::session::client::{Client, Event};
//!
//! /// `read` appends what the peer sent, waits at most as long as it is told, and returns whether
//! /// the connection still stands.
//! fn drive<S: Write>(
//!     client: &mut Client,
//!     socket: &mut S,
//!     mut read: impl FnMut(&mut S, &mut BytesMut, Option<Duration>) -> io::Result<bool>,
//!     mut on_event: impl FnMut(&mut Client, Duration, Event),
//! ) -> io::Result<()> {
//!     # #[allow(clippy::disallowed_methods)]
//!     let origin = Instant::now();
//!     let mut input = BytesMut::new();
//!     let mut outcome = Ok(());
//!     client.open(origin.elapsed()).map_err(io::Error::other)?;
//!     loop {
//!         // Events first: what the application asks for in answer goes out with the rest.
//!         while let Some(event) = client.poll_event() {
//!             on_event(client, origin.elapsed(), event);
//!         }
//!         while let Some(bytes) = client.poll_transmit() {
//!             socket.write_all(&bytes)?;
//!         }
//!         if client.is_closed() {
//!             return outcome.map_err(io::Error::other);
//!         }
//!         let wait = client.poll_timeout().map(|at| at.saturating_sub(origin.elapsed()));
//!         if !read(socket, &mut input, wait)? {
//!             client.handle_eof();
//!         }
//!         let now = origin.elapsed();
//!         outcome = client.handle_input(now, &mut input);
//!         client.handle_timeout(now);
//!     }
//! }
//! ```
//!
//! An `Err` of `handle_input` means that the session is over: `poll_transmit` may hold what the
//! peer is to be told, and `poll_event` yields `Closed`. `examples/blocking.rs` runs this over
//! sockets, with both ends.
//!
//! # Rules of reading and writing
//!
//! - Reading is lenient. Messages, floating fields and values without a name survive:
//!   [`Message::Unknown`], `other` at the end of each message, [open codes](code). Counters are not
//!   compared with their lists, and a text may be longer than its maximum. Where the documents do not
//!   agree, a body is read in both forms where it can tell which it is: it is read in the one in which it
//!   comes out even. Where it cannot, one reading is taken. The docs of the message, of the field or of
//!   the type then say so after the word `Quirk:`.
//! - Writing is strict. A message that the version does not have, a required field that is missing, a
//!   text beyond its maximum or a message beyond the limit is an [`EncodeError`]; counters are written
//!   from their lists; a field that the version does not have is left out.
//! - A message that was read and is written again has every field with its value, and those without a
//!   line as they came. What means nothing is not kept: the order of floating fields of different
//!   lines, bytes behind the NUL of a text or its absence, counters that do not count, and which
//!   number but 0 stood for true in a BOOL (1 is written). Who must not change a byte passes on the
//!   [`Frame`].
//! - `new` of a message takes what neither dialect can leave out; all else begins at the protocol's own
//!   absent value. A field whose docs say `Required` for one dialect is set afterwards, else the message
//!   is not written there.
//! - Nothing is allocated before a limit is checked: a message is never longer than its version allows,
//!   and a list takes 512 entries. A text is a slice of its frame; [`codec::Text::detach`] makes a copy
//!   for what outlives the input.
//!
//! # Printing
//!
//! `{}` writes a [`Message`] on one line, with its name and those of its fields, enumerations and
//! masks; `{:#}` writes it as a block with the numbers too. Passwords are not shown, and what a peer
//! put into a text is escaped. [`Message::contents`] gives the fields to programs.
//!
//! # Features
//!
//! - `std` (default): the `std` features of `bytes` and `thiserror`. Without it the crate is `no_std` +
//!   `alloc`, sessions included.
//! - `tokio-codec`: `tokio_util::codec::{Decoder, Encoder}` on [`FrameCodec`]. Needs `std`.
//! - `futures`: a [`session::Client`] or [`session::Server`] over a transport as a `Stream` of events
//!   and a `Sink` of messages, in the module `stream`.
//! - `serde`: a JSON form of messages, their parts, frames and codes, in both directions.
//! - `arbitrary`: `arbitrary::Arbitrary` on messages, frames, versions and codes, and
//!   `arbitrary_in` of messages and their parts for what a given version can carry unchanged. That
//!   crate needs `std`.
//!
//! # Supported
//!
//! UCCE 5 to 25 and UCCX 10 to 18, framing, sessions and messages, as client and as server.
//! [`message::coverage`] has a line for each message: typed, inferred or raw, since which version,
//! and in which documents its table was read.
//!
//! # Not supported
//!
//! - Bodies that no public document prints: the messages of media routing and tasks (151 to 215) and
//!   some others come as [`Message::Unknown`], named by their number, and are sent on unchanged.
//! - Layouts that no public document prints for a version are inferred from its neighbours, or from
//!   the other dialect: [`Table::is_inferred`](message::Table::is_inferred) and
//!   [`Version::is_confirmed`] tell. No live capture was at hand.
//! - TLS and the hashing of passwords: nothing about them is public.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(clippy::std_instead_of_core)]

extern crate alloc;

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod display;
mod error;
mod frame;
#[cfg(feature = "serde")]
mod json;
mod macros;
mod tag;
#[cfg(feature = "tokio-codec")]
mod tokio_codec;
mod version;
mod view;

pub mod code;
pub mod codec;
pub mod follow;
pub mod message;
pub mod session;
#[cfg(feature = "futures")]
pub mod stream;

pub use error::{DecodeError, EncodeError};
pub use frame::{Frame, FrameCodec, FrameRef, HEADER_LEN};
pub use message::Message;
pub use tag::Tag;
#[cfg(feature = "tokio-codec")]
pub use tokio_codec::CodecError;
pub use version::{Dialect, FieldWidth, Gate, Version};
pub use view::{FixedFields, View};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
