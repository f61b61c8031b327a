//! What a server's session makes of the client's messages.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a session names the few messages it acts on"
)]

use core::time::Duration;

use bytes::BytesMut;

use super::{Event, Server, State, Taken};
use crate::code::{InvokeId, StatusCode};
use crate::frame::{Frame, FrameCodec};
use crate::message::{Body, CloseConf, HeartbeatConf, Message, OpenReq, Role};
use crate::session::admission::{NO_IDLE_TIMEOUT, check_open, check_standing};
use crate::session::filter::Wants;
use crate::session::inspection::inspect;
use crate::session::{CloseReason, Error};
use crate::version::Version;

impl Server {
    /// Takes one complete message off the front of `input`, if there is one.
    ///
    /// # Errors
    ///
    /// As for [`Server::handle_input`].
    pub(crate) fn handle_one(
        &mut self,
        now: Duration,
        input: &mut BytesMut,
    ) -> Result<Taken, Error> {
        match self.state {
            State::Waiting { .. } | State::Open(_) => {}
            State::Deciding { .. } => return Ok(Taken::Nothing),
            State::Closed => {
                input.clear();
                return Ok(Taken::Nothing);
            }
        }
        match self.codec.decode(input) {
            Ok(Some(frame)) => self.on_frame(now, frame).map(|()| Taken::Message),
            Ok(None) => Ok(Taken::Nothing),
            Err(error) => {
                if let State::Open(open) = &self.state {
                    self.say_goodbye(open.version, error.status());
                }
                self.finish(CloseReason::Protocol);
                Err(error.into())
            }
        }
    }

    fn on_frame(&mut self, now: Duration, frame: Frame) -> Result<(), Error> {
        let open = match &mut self.state {
            State::Open(open) => open,
            State::Waiting { .. } => return self.on_open_req(now, &frame),
            State::Deciding { .. } | State::Closed => return Ok(()),
        };
        open.deadline = open.idle.map(|idle| now.saturating_add(idle));
        let version = open.version;
        match Message::decode(version, frame.clone()) {
            Ok(message) => self.on_message(version, frame, message),
            Err(error) => self.reject(version, frame, error.status()),
        }
    }

    /// Reads OPEN_REQ: first InvokeID and VersionNumber, which stand in the same place in every
    /// version, and the rest only if the version is known. GED-188, "OPEN_REQ".
    fn on_open_req(&mut self, now: Duration, frame: &Frame) -> Result<(), Error> {
        let invoke_id = invoke_id(frame);
        let newest = self.config.newest();
        if frame.message_type != OpenReq::TABLE.number {
            let reply = StatusCode::SESSION_NOT_OPEN;
            self.put_failure(newest, invoke_id, reply);
            self.finish(CloseReason::Protocol);
            let got = frame.message_type;
            return Err(Error::Peer {
                got,
                state: "waiting for OPEN_REQ",
                reply,
            });
        }
        let Some(number) = frame.body.get(4..8).and_then(|number| number.first_chunk()) else {
            self.refuse_by_rule(newest, invoke_id, StatusCode::INVALID_MESSAGE_LENGTH);
            return Ok(());
        };
        let version = Version::new(self.config.dialect, u32::from_be_bytes(*number));
        match self.read_open_req(version, frame) {
            Err(status) => self.refuse_by_rule(version, invoke_id, status),
            Ok(request) => {
                self.codec = FrameCodec::new(version);
                let idle = (request.idle_timeout != NO_IDLE_TIMEOUT)
                    .then(|| Duration::from_secs(u64::from(request.idle_timeout)));
                self.state = State::Deciding {
                    version,
                    wants: Wants::new(&request),
                    invoke_id,
                    idle,
                    deadline: now.saturating_add(self.config.decision_timeout),
                };
                self.events
                    .push_back(Event::OpenRequested { version, request });
            }
        }
        Ok(())
    }

    /// OPEN_REQ, if it keeps the rules; else the status that says which one it breaks.
    fn read_open_req(&self, version: Version, frame: &Frame) -> Result<OpenReq, StatusCode> {
        if !self.config.takes(version) {
            return Err(StatusCode::INVALID_VERSION);
        }
        let request = OpenReq::decode(version, &frame.body).map_err(|error| error.status())?;
        check_standing(version, request.services_requested, self.standing)?;
        inspect(version, frame)?;
        check_open(version, &request)?;
        Ok(request)
    }

    fn on_message(
        &mut self,
        version: Version,
        frame: Frame,
        message: Message,
    ) -> Result<(), Error> {
        match message {
            Message::HeartbeatReq(request) => {
                let conf = HeartbeatConf::with(|conf| conf.invoke_id = request.invoke_id);
                self.say(version, conf);
                self.check_unsent()
            }
            Message::CloseReq(request) => {
                let conf = CloseConf::with(|conf| conf.invoke_id = request.invoke_id);
                self.say(version, conf);
                self.finish(CloseReason::Peer {
                    status: request.status,
                });
                Ok(())
            }
            Message::OpenReq(_) => self.reject(version, frame, StatusCode::SESSION_ALREADY_OPEN),
            Message::Unknown(_) => {
                self.reject(version, frame, StatusCode::INVALID_MSG_TYPE_FOR_VERSION)
            }
            _ if self.is_standby() => {
                self.reject(version, frame, StatusCode::FUNCTION_NOT_AVAILABLE)
            }
            message => match (message.table(), message.invoke_id()) {
                (Some(table), Some(invoke_id)) if table.role == Role::Request => {
                    match inspect(version, &frame) {
                        Ok(()) => self.on_request(version, invoke_id, frame, message),
                        Err(status) => self.reject(version, frame, status),
                    }
                }
                _ => {
                    self.events.push_back(Event::Message(message));
                    Ok(())
                }
            },
        }
    }

    fn on_request(
        &mut self,
        version: Version,
        invoke_id: InvokeId,
        frame: Frame,
        message: Message,
    ) -> Result<(), Error> {
        let State::Open(open) = &mut self.state else {
            return Ok(());
        };
        if open.waiting >= self.config.max_requests {
            return self.reject(version, frame, StatusCode::UNSPECIFIED_FAILURE);
        }
        open.waiting += 1;
        *open.pending.entry(invoke_id).or_default() += 1;
        self.events.push_back(Event::Request { invoke_id, message });
        Ok(())
    }

    fn reject(&mut self, version: Version, frame: Frame, status: StatusCode) -> Result<(), Error> {
        let status = status.in_dialect(version.dialect());
        self.put_failure(version, invoke_id(&frame), status);
        self.events.push_back(Event::Rejected { frame, status });
        self.check_unsent()
    }
}

/// The first four bytes, where every request has its InvokeID; zero if there are less.
fn invoke_id(frame: &Frame) -> InvokeId {
    InvokeId(
        frame
            .body
            .first_chunk()
            .map_or(0, |id| u32::from_be_bytes(*id)),
    )
}
