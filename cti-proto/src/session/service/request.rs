//! Requests that the service answers by itself, and those it passes on.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a service names the few messages it acts on"
)]

use core::time::Duration;

use super::{ConnectionId, Event, Service};
use crate::code::{InvokeId, MessageType, ServiceMask, StatusCode};
use crate::message::{
    ClientEventReportConf, Message, MonitorAgentTeamStopConf, MonitorStopConf,
    SessionMonitorStopConf,
};
use crate::version::Dialect;

impl Service {
    pub(super) fn on_request(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        message: Message,
    ) {
        let services = self.services(connection);
        let needed = needed_services(message.message_type(), self.session.dialect);
        if needed != ServiceMask::NONE && !services.intersects(needed) {
            let status = Err(StatusCode::FUNCTION_NOT_AVAILABLE);
            return self.reply(now, connection, invoke_id, status);
        }
        let answer = match message {
            Message::MonitorStartReq(request) => self.start_monitor(connection, &request),
            Message::MonitorStopReq(request) => self
                .stop_monitor(connection, request.monitor_id)
                .map(|()| MonitorStopConf::new().into()),
            Message::ChangeMonitorMaskReq(request) => self.change_monitor(connection, &request),
            Message::SessionMonitorStartReq(request) => {
                self.start_session_monitor(connection, request.session_id)
            }
            Message::SessionMonitorStopReq(request) => self
                .stop_monitor(connection, request.monitor_id)
                .map(|()| SessionMonitorStopConf::new().into()),
            Message::MonitorAgentTeamStartReq(request) => {
                self.start_team_monitor(connection, request.team_id)
            }
            Message::MonitorAgentTeamStopReq(request) => self
                .stop_monitor(connection, request.monitor_id)
                .map(|()| MonitorAgentTeamStopConf::new().into()),
            Message::ListAgentTeamReq(_) => Ok(self.list_teams(connection)),
            // One at a time.
            Message::TeamConfigReq(_) if !self.begin_team_answer(connection) => {
                Err(StatusCode::UNSPECIFIED_FAILURE)
            }
            Message::TeamConfigReq(request) => {
                let config_param = request.config_param;
                return self.answer_team_config(now, connection, invoke_id, config_param);
            }
            Message::UserMessageReq(request) => self.pass_on(now, connection, &request),
            Message::ClientEventReportReq(report) => {
                self.events.push_back(Event::Report { connection, report });
                Ok(ClientEventReportConf::new().into())
            }
            message => {
                self.events.push_back(Event::Request {
                    connection,
                    invoke_id,
                    message,
                });
                return;
            }
        };
        self.reply(now, connection, invoke_id, answer);
    }

    pub(super) fn on_message(&mut self, now: Duration, connection: ConnectionId, message: Message) {
        match message {
            Message::ConfigRequestEvent(request) => {
                self.on_config_request(now, connection, &request);
            }
            Message::ConfigRequestKeyEvent(_) => self.on_config_key_request(now, connection),
            Message::ActiveMaintenanceRespMsg(answer) => {
                self.on_maintenance_answer(now, connection, &answer);
            }
            Message::StoppingRequestsToThisSideInd(_) => self.on_moved(now, connection),
            message => self.events.push_back(Event::Message {
                connection,
                message,
            }),
        }
    }

    fn reply(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        invoke_id: InvokeId,
        answer: Result<Message, StatusCode>,
    ) {
        if let Some(party) = self.parties.get_mut(&connection) {
            // It waits, and has a fixed length; a client that is too slow is told of by an event.
            let _ = match answer {
                Ok(confirmation) => party.session.answer(invoke_id, confirmation),
                Err(status) => party
                    .session
                    .fail(invoke_id, status.in_dialect(self.session.dialect)),
            };
            self.settle(now, connection);
        }
    }
}

/// The services of which a request needs one; none for requests that every session may send.
fn needed_services(request: MessageType, dialect: Dialect) -> ServiceMask {
    match request {
        MessageType::ALTERNATE_CALL_REQ
        | MessageType::ANSWER_CALL_REQ
        | MessageType::CLEAR_CALL_REQ
        | MessageType::CLEAR_CONNECTION_REQ
        | MessageType::CONFERENCE_CALL_REQ
        | MessageType::CONSULTATION_CALL_REQ
        | MessageType::DEFLECT_CALL_REQ
        | MessageType::HOLD_CALL_REQ
        | MessageType::MAKE_CALL_REQ
        | MessageType::MAKE_PREDICTIVE_CALL_REQ
        | MessageType::RECONNECT_CALL_REQ
        | MessageType::RETRIEVE_CALL_REQ
        | MessageType::TRANSFER_CALL_REQ
        | MessageType::SEND_DTMF_SIGNAL_REQ => ServiceMask::CLIENT_CONTROL,
        MessageType::SET_AGENT_STATE_REQ => {
            ServiceMask::CLIENT_CONTROL | ServiceMask::AGENT_STATE_CONTROL_ONLY
        }
        MessageType::SET_CALL_DATA_REQ => {
            ServiceMask::CLIENT_CONTROL | ServiceMask::CALL_DATA_UPDATE
        }
        MessageType::SUPERVISE_CALL_REQ
        | MessageType::LIST_AGENT_TEAM_REQ
        | MessageType::MONITOR_AGENT_TEAM_START_REQ => ServiceMask::SUPERVISOR,
        MessageType::TEAM_CONFIG_REQ if dialect == Dialect::Uccx => ServiceMask::SUPERVISOR,
        MessageType::SESSION_MONITOR_START_REQ => ServiceMask::CLIENT_MONITOR,
        _ => ServiceMask::NONE,
    }
}
