//! A server session under a client's bytes.

use core::time::Duration;

use bytes::BytesMut;
use cti_proto::Dialect;
use cti_proto::code::StatusCode;
use cti_proto::message::OpenConf;
use cti_proto::session::server::{Config, Event, InferredLayouts, Server};

use super::only_whole_messages;

/// Bytes of a client. The first byte picks the dialect of the server, the second how the bytes are cut, the third what
/// requests are answered with.
///
/// A session ends once, says so, and then says nothing more; what it sends are whole messages.
pub fn server(data: &[u8]) {
    let [choice, piece, answer, data @ ..] = data else {
        return;
    };
    let config = if choice & 1 == 0 {
        Config::new(Dialect::Uccx, 10..=18)
    } else {
        Config::new(Dialect::Ucce, 5..=25)
    };
    let config = config.inferred_layouts(InferredLayouts::Taken);
    let mut session = Session {
        server: Server::new(Duration::ZERO, config),
        accepts: choice & 2 == 0,
        answers: *answer,
        sent: BytesMut::new(),
        closed: false,
    };
    let mut input = BytesMut::new();
    for (count, chunk) in (1..).zip(data.chunks(usize::from(*piece).max(1))) {
        input.extend_from_slice(chunk);
        session.feed(Duration::from_millis(count), &mut input);
        if session.closed {
            break;
        }
    }
    if !session.closed {
        // An open session may be without a limit of silence; then only the end of the connection ends it.
        session.server.handle_timeout(Duration::from_secs(1 << 40));
        session.drain();
        session.server.handle_eof();
        session.drain();
    }
    assert!(
        session.closed,
        "the connection is gone and the session is not"
    );
    assert_eq!(
        session.server.poll_timeout(),
        None,
        "a session that is over waits for something"
    );
    only_whole_messages(&mut session.sent);
}

struct Session {
    server: Server,
    accepts: bool,
    answers: u8,
    sent: BytesMut,
    closed: bool,
}

impl Session {
    fn feed(&mut self, now: Duration, input: &mut BytesMut) {
        // What came behind an OPEN_REQ waits in the buffer until the session is open.
        loop {
            let before = input.len();
            let failed = self.server.handle_input(now, input).is_err();
            let opened = self.drain();
            assert!(
                self.closed || !failed,
                "a failed session did not say that it is over"
            );
            if self.closed || !opened {
                return;
            }
            assert!(input.len() <= before, "the session adds to its input");
        }
    }

    /// Takes all output and events; whether a session was opened by that.
    fn drain(&mut self) -> bool {
        let mut opened = false;
        loop {
            while let Some(bytes) = self.server.poll_transmit() {
                self.sent.extend_from_slice(&bytes);
            }
            let Some(event) = self.server.poll_event() else {
                return opened;
            };
            assert!(!self.closed, "{event:?} after the end");
            match event {
                Event::OpenRequested { .. } if self.accepts => {
                    let taken = self.server.accept(Duration::ZERO, OpenConf::default());
                    assert!(taken.is_ok(), "{taken:?}");
                    opened = true;
                }
                Event::OpenRequested { .. } => {
                    let taken = self.server.refuse(StatusCode::SERVER_NOT_MASTER);
                    assert!(taken.is_ok(), "{taken:?}");
                }
                Event::Request { invoke_id, .. } if self.answers & 1 == 0 => {
                    // The session may have ended behind the request.
                    let _ = self.server.fail(invoke_id, StatusCode::UNSPECIFIED_FAILURE);
                }
                Event::Closed(_) => self.closed = true,
                _ => {}
            }
        }
    }
}
