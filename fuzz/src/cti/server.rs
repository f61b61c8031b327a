//! A server session under a client's bytes.

use core::time::Duration;

use arbitrary::Unstructured;
use bytes::BytesMut;
use cti_proto::code::{ControlFailureCode, InvokeId, PeripheralErrorCode, StatusCode};
use cti_proto::message::OpenConf;
use cti_proto::session::Error;
use cti_proto::session::server::{Config, Event, InferredLayouts, Server};
use cti_proto::{Dialect, EncodeError, Message};

use super::{confirmation_of, only_whole_messages};

/// Bytes of a client. The first byte picks the dialect of the server, the second how the bytes are cut. The third tells
/// what each of four requests in turn is answered with, by two bits from the lowest on: FAILURE_CONF, its confirmation,
/// CONTROL_FAILURE_CONF, or nothing. What a confirmation holds follows from the client's bytes.
///
/// A session ends once, says so, and then says nothing more; what it sends are whole messages.
pub fn server(data: &[u8]) {
    let [choice, piece, answers, data @ ..] = data else {
        return;
    };
    let (dialect, versions) = if choice & 1 == 0 {
        (Dialect::Uccx, 10..=18)
    } else {
        (Dialect::Ucce, 5..=25)
    };
    let config = Config::new(dialect, versions).inferred_layouts(InferredLayouts::Taken);
    let mut session = Session {
        server: Server::new(Duration::ZERO, config),
        accepts: choice & 2 == 0,
        answers: *answers,
        contents: Unstructured::new(data),
        now: Duration::ZERO,
        sent: BytesMut::new(),
        closed: false,
    };
    let mut input = BytesMut::new();
    for (count, chunk) in (1..).zip(data.chunks(usize::from(*piece).max(1))) {
        input.extend_from_slice(chunk);
        session.now = Duration::from_millis(count);
        session.feed(&mut input);
        if session.closed {
            break;
        }
    }
    if !session.closed {
        // An open session may be without a limit of silence; then only the end of the connection ends it.
        session.now = Duration::from_secs(1 << 40);
        session.server.handle_timeout(session.now);
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

struct Session<'a> {
    server: Server,
    accepts: bool,
    /// What the next requests are answered with, two bits each.
    answers: u8,
    contents: Unstructured<'a>,
    now: Duration,
    sent: BytesMut,
    closed: bool,
}

impl Session<'_> {
    fn feed(&mut self, input: &mut BytesMut) {
        // What came behind an OPEN_REQ waits in the buffer until the session is open.
        loop {
            let before = input.len();
            let failed = self.server.handle_input(self.now, input).is_err();
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
                    let taken = self.server.accept(self.now, OpenConf::default());
                    assert!(taken.is_ok(), "{taken:?}");
                    opened = true;
                }
                Event::OpenRequested { .. } => {
                    let taken = self.server.refuse(StatusCode::SERVER_NOT_MASTER);
                    assert!(taken.is_ok(), "{taken:?}");
                }
                Event::Request { invoke_id, message } => self.answer(invoke_id, &message),
                Event::Closed(_) => self.closed = true,
                _ => {}
            }
        }
    }

    fn answer(&mut self, invoke_id: InvokeId, request: &Message) {
        let answer = self.answers & 3;
        self.answers = self.answers.rotate_right(2);
        let status = StatusCode::UNSPECIFIED_FAILURE;
        // The session may have ended behind the request.
        let answered = match (answer, self.server.version()) {
            (0, _) => self.server.fail(invoke_id, status),
            (1, Some(version)) => {
                let number = request.message_type();
                let made = confirmation_of(number, version, &mut self.contents);
                match made {
                    Ok(Some(confirmation)) => self.server.answer(invoke_id, confirmation),
                    _ => self.server.fail(invoke_id, status),
                }
            }
            (2, _) => {
                let code = ControlFailureCode(0);
                let cause = PeripheralErrorCode(0);
                self.server.fail_control(invoke_id, code, cause)
            }
            _ => return,
        };
        // A confirmation of zeros can lack what the version requires.
        let waits = matches!(
            answered,
            Ok(()) | Err(Error::Encode(EncodeError::MissingField { .. }))
        );
        assert!(
            waits || !self.server.is_open(),
            "{request:?} cannot be answered: {answered:?}"
        );
    }
}
