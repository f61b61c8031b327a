//! Which confirmation belongs to which request.

use crate::code::MessageType;
use crate::message::{self, Body, Message, Table};

/// A request whose confirmation has a type of its own.
///
/// [`Message`] is a request too, whose confirmation is any message: a proxy sends what it read. A
/// message that asks for nothing is then found out when it is sent.
///
/// OPEN_REQ, HEARTBEAT_REQ and CLOSE_REQ are left out: a session sends them itself.
pub trait Request: Into<Message> {
    /// What confirms it.
    type Confirmation;

    /// The confirmation in `answer`; `None` when `answer` is another message.
    fn confirmation(answer: &Message) -> Option<&Self::Confirmation>;
}

impl Request for Message {
    type Confirmation = Self;

    fn confirmation(answer: &Self) -> Option<&Self> {
        Some(answer)
    }
}

/// A request and its confirmation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Pair {
    /// The request.
    pub request: &'static Table,
    /// Its confirmation. FAILURE_CONF and CONTROL_FAILURE_CONF come in the place of any.
    pub confirmation: &'static Table,
    /// Whether the confirmation comes.
    pub confirmed: Confirmed,
}

impl Pair {
    /// The pair of a request; `None` for a number that is none. No number is a request in one dialect
    /// and something else in the other.
    pub fn of(request: MessageType) -> Option<&'static Self> {
        Self::ALL.iter().find(|pair| pair.request.number == request)
    }
}

/// Whether a request is confirmed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confirmed {
    /// Always, and the session asks by itself.
    BySession,
    /// Always.
    Always,
    /// Not in a session with
    /// [`ServiceMask::IGNORE_CONF`](crate::code::ServiceMask::IGNORE_CONF): third-party control,
    /// that is requests by which the client makes a switch act on calls and agents. What asks for
    /// data is always answered.
    UnlessIgnored,
}

/// States the pairs. `session`, `control` and `other` say whether a confirmation comes, see
/// [`Confirmed`]; all but the first implement [`Request`].
macro_rules! pairs {
    (
        session { $( $own:ident => $own_conf:ident, )* }
        control { $( $control:ident => $control_conf:ident, )* }
        other { $( $other:ident => $other_conf:ident, )* }
    ) => {
        impl Pair {
            /// All pairs: session, control of calls and agents, and the rest by number.
            pub const ALL: &'static [Self] = &[
                $( Self::new::<message::$own, message::$own_conf>(Confirmed::BySession), )*
                $( Self::new::<message::$control, message::$control_conf>(Confirmed::UnlessIgnored), )*
                $( Self::new::<message::$other, message::$other_conf>(Confirmed::Always), )*
            ];

            const fn new<R: Body, C: Body>(confirmed: Confirmed) -> Self {
                Self { request: &R::TABLE, confirmation: &C::TABLE, confirmed }
            }
        }

        pairs! { @typed $( $control => $control_conf, )* $( $other => $other_conf, )* }
    };
    (@typed $( $request:ident => $confirmation:ident, )*) => {$(
        impl Request for message::$request {
            type Confirmation = message::$confirmation;

            fn confirmation(answer: &Message) -> Option<&Self::Confirmation> {
                if let Message::$confirmation(confirmation) = answer {
                    Some(confirmation)
                } else {
                    None
                }
            }
        }
    )*};
}

pairs! {
    session {
        OpenReq => OpenConf,
        HeartbeatReq => HeartbeatConf,
        CloseReq => CloseConf,
    }
    control {
        SetAgentStateReq => SetAgentStateConf,
        AlternateCallReq => AlternateCallConf,
        AnswerCallReq => AnswerCallConf,
        ClearCallReq => ClearCallConf,
        ClearConnectionReq => ClearConnectionConf,
        ConferenceCallReq => ConferenceCallConf,
        ConsultationCallReq => ConsultationCallConf,
        DeflectCallReq => DeflectCallConf,
        HoldCallReq => HoldCallConf,
        MakeCallReq => MakeCallConf,
        MakePredictiveCallReq => MakePredictiveCallConf,
        ReconnectCallReq => ReconnectCallConf,
        RetrieveCallReq => RetrieveCallConf,
        TransferCallReq => TransferCallConf,
        SendDtmfSignalReq => SendDtmfSignalConf,
    }
    other {
        SetCallDataReq => SetCallDataConf,
        ReleaseCallReq => ReleaseCallConf,
        ClientEventReportReq => ClientEventReportConf,
        QueryAgentStateReq => QueryAgentStateConf,
        QueryDeviceInfoReq => QueryDeviceInfoConf,
        SnapshotCallReq => SnapshotCallConf,
        SnapshotDeviceReq => SnapshotDeviceConf,
        MonitorStartReq => MonitorStartConf,
        MonitorStopReq => MonitorStopConf,
        ChangeMonitorMaskReq => ChangeMonitorMaskConf,
        SessionMonitorStartReq => SessionMonitorStartConf,
        SessionMonitorStopReq => SessionMonitorStopConf,
        UserMessageReq => UserMessageConf,
        RegisterVariablesReq => RegisterVariablesConf,
        QueryAgentStatisticsReq => QueryAgentStatisticsConf,
        QuerySkillGroupStatisticsReq => QuerySkillGroupStatisticsConf,
        SupervisorAssistReq => SupervisorAssistConf,
        EmergencyCallReq => EmergencyCallConf,
        SuperviseCallReq => SuperviseCallConf,
        SetAppDataReq => SetAppDataConf,
        AgentDeskSettingsReq => AgentDeskSettingsConf,
        ListAgentTeamReq => ListAgentTeamConf,
        MonitorAgentTeamStartReq => MonitorAgentTeamStartConf,
        MonitorAgentTeamStopReq => MonitorAgentTeamStopConf,
        BadCallReq => BadCallConf,
        SetDeviceAttributesReq => SetDeviceAttributesConf,
        RegisterServiceReq => RegisterServiceConf,
        UnregisterServiceReq => UnregisterServiceConf,
        StartRecordingReq => StartRecordingConf,
        StopRecordingReq => StopRecordingConf,
        QueryQueueStatisticsReq => QueryQueueStatisticsConf,
        QuerySummaryStatisticsReq => QuerySummaryStatisticsConf,
        QueryAgentQueueStatisticsReq => QueryAgentQueueStatisticsConf,
        TeamConfigReq => TeamConfigConf,
        AgentGreetingControlReq => AgentGreetingControlConf,
        StartNetworkRecordingReq => StartNetworkRecordingConf,
        StopNetworkRecordingReq => StopNetworkRecordingConf,
        SetAgentServiceDataReq => SetAgentServiceDataConf,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::message::Role;
    use crate::version::{Dialect, Version};

    fn versions() -> impl Iterator<Item = Version> {
        let dialects = [(Dialect::Ucce, 5..=25), (Dialect::Uccx, 10..=18)];
        dialects
            .into_iter()
            .flat_map(|(dialect, numbers)| numbers.map(move |number| Version::new(dialect, number)))
    }

    #[test]
    fn each_request_has_its_confirmation_by_name() {
        let requests = Message::TABLES
            .iter()
            .filter(|table| table.role == Role::Request);
        for request in requests {
            let pair = Pair::of(request.number).unwrap_or_else(|| panic!("{}", request.name));
            assert_eq!(pair.request.name, request.name);
            let stem = request.name.strip_suffix("_REQ");
            assert_eq!(
                pair.confirmation.name.strip_suffix("_CONF"),
                stem,
                "{}",
                request.name
            );
            assert_eq!(pair.confirmation.role, Role::Confirmation);
        }
    }

    #[test]
    fn each_confirmation_but_the_two_failures_has_its_request() {
        let alone: Vec<_> = Message::TABLES
            .iter()
            .filter(|table| table.role == Role::Confirmation)
            .filter(|table| {
                !Pair::ALL
                    .iter()
                    .any(|pair| pair.confirmation.name == table.name)
            })
            .map(|table| table.name)
            .collect();
        assert_eq!(alone, ["FAILURE_CONF", "CONTROL_FAILURE_CONF"]);
    }

    #[test]
    fn both_halves_exist_in_the_same_versions() {
        for pair in Pair::ALL {
            for version in versions() {
                assert_eq!(
                    pair.request.gate.admits(version),
                    pair.confirmation.gate.admits(version),
                    "{} in {version}",
                    pair.request.name
                );
            }
        }
    }

    /// GED-188 numbers a confirmation one above its request; TEAM_CONFIG_EVENT (243) stands between.
    #[test]
    fn numbers_follow_each_other_but_for_team_config() {
        for pair in Pair::ALL {
            let (request, confirmation) = (pair.request.number.0, pair.confirmation.number.0);
            let step = if request == 242 { 2 } else { 1 };
            assert_eq!(confirmation, request + step, "{}", pair.request.name);
        }
        let names = |number| Pair::of(MessageType(number)).map(|pair| pair.confirmation.name);
        assert_eq!(names(50), Some("CONSULTATION_CALL_CONF"));
        assert_eq!(names(239), Some("QUERY_AGENT_QUEUE_STATISTICS_CONF"));
        assert_eq!(names(242), Some("TEAM_CONFIG_CONF"));
        assert_eq!(names(235), None);
        assert_eq!(names(236), None);
        assert_eq!(names(240), None);
    }

    #[test]
    fn a_number_is_a_request_in_one_meaning_only() {
        for pair in Pair::ALL {
            let number = pair.request.number;
            let meanings = Message::TABLES
                .iter()
                .filter(|table| table.number == number);
            assert_eq!(meanings.count(), 1, "{number:?}");
        }
    }
}
