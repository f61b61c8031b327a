//! Statistics of agents, skill groups and queues.

use crate::code::{InvokeId, PeripheralId, SkillGroupId};
use crate::codec::Text;
use crate::macros::message;

message! {
    /// Asks for the statistics of an agent.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "QUERY_AGENT_STATISTICS_REQ".
    request QueryAgentStatisticsReq "QUERY_AGENT_STATISTICS_REQ" = 112, since 6,
        read ucce 9 14 17 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
        }
        floating {
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// Statistics of an agent.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// Quirk: the printed sizes of the guides 9, 14 and 15 leave room for 328 fixed bytes where the table
    /// lists 344. A body that only comes out even with 328 is read without the ICM available and routable
    /// times, which came with version 9.
    ///
    /// GED-188, "QUERY_AGENT_STATISTICS_CONF".
    confirmation QueryAgentStatisticsConf "QUERY_AGENT_STATISTICS_CONF" = 113, since 6,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Seconds of avail since login.
            avail_time_session: u32;
            /// Seconds of logged on since login.
            logged_on_time_session: u32;
            /// Seconds of not ready since login.
            not_ready_time_session: u32;
            /// Seconds of ICM available since login.
            icm_available_time_session: u32, since 6, perhaps ucce 6;
            /// Seconds of routable since login.
            routable_time_session: u32, since 6, perhaps ucce 6;
            /// Number of agent out calls since login.
            agent_out_calls_session: u32;
            /// Seconds of agent out calls talk since login.
            agent_out_calls_talk_time_session: u32;
            /// Seconds of agent out calls since login.
            agent_out_calls_time_session: u32;
            /// Number of agent out calls held since login.
            agent_out_calls_held_session: u32;
            /// Seconds of agent out calls held since login.
            agent_out_calls_held_time_session: u32;
            /// Number of handled calls since login.
            handled_calls_session: u32;
            /// Seconds of handled calls talk since login.
            handled_calls_talk_time_session: u32;
            /// Seconds of handled calls after call since login.
            handled_calls_after_call_time_session: u32;
            /// Seconds of handled calls since login.
            handled_calls_time_session: u32;
            /// Number of incoming calls held since login.
            incoming_calls_held_session: u32;
            /// Seconds of incoming calls held since login.
            incoming_calls_held_time_session: u32;
            /// Number of internal calls since login.
            internal_calls_session: u32;
            /// Seconds of internal calls since login.
            internal_calls_time_session: u32;
            /// Number of internal calls rcvd since login.
            internal_calls_rcvd_session: u32;
            /// Seconds of internal calls rcvd since login.
            internal_calls_rcvd_time_session: u32;
            /// Number of internal calls held since login.
            internal_calls_held_session: u32;
            /// Seconds of internal calls held since login.
            internal_calls_held_time_session: u32;
            /// Number of auto out calls since login.
            auto_out_calls_session: u32;
            /// Seconds of auto out calls talk since login.
            auto_out_calls_talk_time_session: u32;
            /// Seconds of auto out calls since login.
            auto_out_calls_time_session: u32;
            /// Number of auto out calls held since login.
            auto_out_calls_held_session: u32;
            /// Seconds of auto out calls held since login.
            auto_out_calls_held_time_session: u32;
            /// Number of preview calls since login.
            preview_calls_session: u32;
            /// Seconds of preview calls talk since login.
            preview_calls_talk_time_session: u32;
            /// Seconds of preview calls since login.
            preview_calls_time_session: u32;
            /// Number of preview calls held since login.
            preview_calls_held_session: u32;
            /// Seconds of preview calls held since login.
            preview_calls_held_time_session: u32;
            /// Number of reservation calls since login.
            reservation_calls_session: u32;
            /// Seconds of reservation calls talk since login.
            reservation_calls_talk_time_session: u32;
            /// Seconds of reservation calls since login.
            reservation_calls_time_session: u32;
            /// Number of reservation calls held since login.
            reservation_calls_held_session: u32;
            /// Seconds of reservation calls held since login.
            reservation_calls_held_time_session: u32;
            /// Number of barge in calls since login.
            barge_in_calls_session: u32;
            /// Number of intercept calls since login.
            intercept_calls_session: u32;
            /// Number of monitor calls since login.
            monitor_calls_session: u32;
            /// Number of whisper calls since login.
            whisper_calls_session: u32;
            /// Number of emergency calls since login.
            emergency_calls_session: u32;
            /// Seconds of avail since midnight.
            avail_time_today: u32;
            /// Seconds of logged on since midnight.
            logged_on_time_today: u32;
            /// Seconds of not ready since midnight.
            not_ready_time_today: u32;
            /// Seconds of ICM available since midnight.
            icm_available_time_today: u32, since 6, perhaps ucce 6;
            /// Seconds of routable since midnight.
            routable_time_today: u32, since 6, perhaps ucce 6;
            /// Number of agent out calls since midnight.
            agent_out_calls_today: u32;
            /// Seconds of agent out calls talk since midnight.
            agent_out_calls_talk_time_today: u32;
            /// Seconds of agent out calls since midnight.
            agent_out_calls_time_today: u32;
            /// Number of agent out calls held since midnight.
            agent_out_calls_held_today: u32;
            /// Seconds of agent out calls held since midnight.
            agent_out_calls_held_time_today: u32;
            /// Number of handled calls since midnight.
            handled_calls_today: u32;
            /// Seconds of handled calls talk since midnight.
            handled_calls_talk_time_today: u32;
            /// Seconds of handled calls after call since midnight.
            handled_calls_after_call_time_today: u32;
            /// Seconds of handled calls since midnight.
            handled_calls_time_today: u32;
            /// Number of incoming calls held since midnight.
            incoming_calls_held_today: u32;
            /// Seconds of incoming calls held since midnight.
            incoming_calls_held_time_today: u32;
            /// Number of internal calls since midnight.
            internal_calls_today: u32;
            /// Seconds of internal calls since midnight.
            internal_calls_time_today: u32;
            /// Number of internal calls rcvd since midnight.
            internal_calls_rcvd_today: u32;
            /// Seconds of internal calls rcvd since midnight.
            internal_calls_rcvd_time_today: u32;
            /// Number of internal calls held since midnight.
            internal_calls_held_today: u32;
            /// Seconds of internal calls held since midnight.
            internal_calls_held_time_today: u32;
            /// Number of auto out calls since midnight.
            auto_out_calls_today: u32;
            /// Seconds of auto out calls talk since midnight.
            auto_out_calls_talk_time_today: u32;
            /// Seconds of auto out calls since midnight.
            auto_out_calls_time_today: u32;
            /// Number of auto out calls held since midnight.
            auto_out_calls_held_today: u32;
            /// Seconds of auto out calls held since midnight.
            auto_out_calls_held_time_today: u32;
            /// Number of preview calls since midnight.
            preview_calls_today: u32;
            /// Seconds of preview calls talk since midnight.
            preview_calls_talk_time_today: u32;
            /// Seconds of preview calls since midnight.
            preview_calls_time_today: u32;
            /// Number of preview calls held since midnight.
            preview_calls_held_today: u32;
            /// Seconds of preview calls held since midnight.
            preview_calls_held_time_today: u32;
            /// Number of reservation calls since midnight.
            reservation_calls_today: u32;
            /// Seconds of reservation calls talk since midnight.
            reservation_calls_talk_time_today: u32;
            /// Seconds of reservation calls since midnight.
            reservation_calls_time_today: u32;
            /// Number of reservation calls held since midnight.
            reservation_calls_held_today: u32;
            /// Seconds of reservation calls held since midnight.
            reservation_calls_held_time_today: u32;
            /// Number of barge in calls since midnight.
            barge_in_calls_today: u32;
            /// Number of intercept calls since midnight.
            intercept_calls_today: u32;
            /// Number of monitor calls since midnight.
            monitor_calls_today: u32;
            /// Number of whisper calls since midnight.
            whisper_calls_today: u32;
            /// Number of emergency calls since midnight.
            emergency_calls_today: u32;
        }
        floating {
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// Asks for the statistics of a skill group.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "QUERY_SKILL_GROUP_STATISTICS_REQ".
    request QuerySkillGroupStatisticsReq "QUERY_SKILL_GROUP_STATISTICS_REQ" = 114, since 6,
        read ucce 9 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId;
            /// Skill group as the routing database numbers it.
            skill_group_id: SkillGroupId;
        }
    }

    /// Statistics of a skill group.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// Quirk: the printed size of the guide of version 9 leaves room for 584 fixed bytes where the table
    /// lists 596; which three fields came later is not known. A body that only comes out even with 584 is
    /// read without the last three.
    ///
    /// GED-188, "QUERY_SKILL_GROUP_STATISTICS_CONF".
    confirmation QuerySkillGroupStatisticsConf "QUERY_SKILL_GROUP_STATISTICS_CONF" = 115, since 6,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId;
            /// Skill group as the routing database numbers it.
            skill_group_id: SkillGroupId;
            /// Agents in state logged on.
            agents_logged_on: u32;
            /// Agents in state avail.
            agents_avail: u32;
            /// Agents in state not ready.
            agents_not_ready: u32;
            /// Agents in state ready.
            agents_ready: u32;
            /// Agents in state talking in.
            agents_talking_in: u32;
            /// Agents in state talking out.
            agents_talking_out: u32;
            /// Agents in state talking other.
            agents_talking_other: u32;
            /// Agents in state work not ready.
            agents_work_not_ready: u32;
            /// Agents in state work ready.
            agents_work_ready: u32;
            /// Agents in state busy other.
            agents_busy_other: u32;
            /// Agents in state reserved.
            agents_reserved: u32;
            /// Agents in state hold.
            agents_hold: u32;
            /// Agents in state ICM available.
            agents_icm_available: u32;
            /// Agents in state application available.
            agents_application_available: u32;
            /// Agents in state talking auto out.
            agents_talking_auto_out: u32;
            /// Agents in state talking preview.
            agents_talking_preview: u32;
            /// Agents in state talking reservation.
            agents_talking_reservation: u32;
            /// Number of router calls q at the moment.
            router_calls_q_now: u32;
            /// Seconds that the longest call in the router queue waits.
            longest_router_call_q_now: u32;
            /// Number of calls q at the moment.
            calls_q_now: u32;
            /// Seconds of calls q at the moment.
            calls_q_time_now: u32;
            /// Seconds that the longest queued call waited at the moment.
            longest_call_q_now: u32;
            /// Seconds of avail in the past five minutes.
            avail_time_to5: u32;
            /// Seconds of logged on in the past five minutes.
            logged_on_time_to5: u32;
            /// Seconds of not ready in the past five minutes.
            not_ready_time_to5: u32;
            /// Number of agent out calls in the past five minutes.
            agent_out_calls_to5: u32;
            /// Seconds of agent out calls talk in the past five minutes.
            agent_out_calls_talk_time_to5: u32;
            /// Seconds of agent out calls in the past five minutes.
            agent_out_calls_time_to5: u32;
            /// Number of agent out calls held in the past five minutes.
            agent_out_calls_held_to5: u32;
            /// Seconds of agent out calls held in the past five minutes.
            agent_out_calls_held_time_to5: u32;
            /// Number of handled calls in the past five minutes.
            handled_calls_to5: u32;
            /// Seconds of handled calls talk in the past five minutes.
            handled_calls_talk_time_to5: u32;
            /// Seconds of handled calls after call in the past five minutes.
            handled_calls_after_call_time_to5: u32;
            /// Seconds of handled calls in the past five minutes.
            handled_calls_time_to5: u32;
            /// Number of incoming calls held in the past five minutes.
            incoming_calls_held_to5: u32;
            /// Seconds of incoming calls held in the past five minutes.
            incoming_calls_held_time_to5: u32;
            /// Number of internal calls rcvd in the past five minutes.
            internal_calls_rcvd_to5: u32;
            /// Seconds of internal calls rcvd in the past five minutes.
            internal_calls_rcvd_time_to5: u32;
            /// Number of internal calls held in the past five minutes.
            internal_calls_held_to5: u32;
            /// Seconds of internal calls held in the past five minutes.
            internal_calls_held_time_to5: u32;
            /// Number of auto out calls in the past five minutes.
            auto_out_calls_to5: u32;
            /// Seconds of auto out calls talk in the past five minutes.
            auto_out_calls_talk_time_to5: u32;
            /// Seconds of auto out calls in the past five minutes.
            auto_out_calls_time_to5: u32;
            /// Number of auto out calls held in the past five minutes.
            auto_out_calls_held_to5: u32;
            /// Seconds of auto out calls held in the past five minutes.
            auto_out_calls_held_time_to5: u32;
            /// Number of preview calls in the past five minutes.
            preview_calls_to5: u32;
            /// Seconds of preview calls talk in the past five minutes.
            preview_calls_talk_time_to5: u32;
            /// Seconds of preview calls in the past five minutes.
            preview_calls_time_to5: u32;
            /// Number of preview calls held in the past five minutes.
            preview_calls_held_to5: u32;
            /// Seconds of preview calls held in the past five minutes.
            preview_calls_held_time_to5: u32;
            /// Number of reservation calls in the past five minutes.
            reservation_calls_to5: u32;
            /// Seconds of reservation calls talk in the past five minutes.
            reservation_calls_talk_time_to5: u32;
            /// Seconds of reservation calls in the past five minutes.
            reservation_calls_time_to5: u32;
            /// Number of reservation calls held in the past five minutes.
            reservation_calls_held_to5: u32;
            /// Seconds of reservation calls held in the past five minutes.
            reservation_calls_held_time_to5: u32;
            /// Number of barge in calls in the past five minutes.
            barge_in_calls_to5: u32;
            /// Number of intercept calls in the past five minutes.
            intercept_calls_to5: u32;
            /// Number of monitor calls in the past five minutes.
            monitor_calls_to5: u32;
            /// Number of whisper calls in the past five minutes.
            whisper_calls_to5: u32;
            /// Number of emergency calls in the past five minutes.
            emergency_calls_to5: u32;
            /// Number of calls q in the past five minutes.
            calls_q5: u32;
            /// Seconds of calls q in the past five minutes.
            calls_q_time5: u32;
            /// Seconds that the longest queued call waited in the past five minutes.
            longest_call_q5: u32;
            /// Seconds of avail since the half hour.
            avail_time_to_half: u32;
            /// Seconds of logged on since the half hour.
            logged_on_time_to_half: u32;
            /// Seconds of not ready since the half hour.
            not_ready_time_to_half: u32;
            /// Number of agent out calls since the half hour.
            agent_out_calls_to_half: u32;
            /// Seconds of agent out calls talk since the half hour.
            agent_out_calls_talk_time_to_half: u32;
            /// Seconds of agent out calls since the half hour.
            agent_out_calls_time_to_half: u32;
            /// Number of agent out calls held since the half hour.
            agent_out_calls_held_to_half: u32;
            /// Seconds of agent out calls held since the half hour.
            agent_out_calls_held_time_to_half: u32;
            /// Number of handled calls since the half hour.
            handled_calls_to_half: u32;
            /// Seconds of handled calls talk since the half hour.
            handled_calls_talk_time_to_half: u32;
            /// Seconds of handled calls after call since the half hour.
            handled_calls_after_call_time_to_half: u32;
            /// Seconds of handled calls since the half hour.
            handled_calls_time_to_half: u32;
            /// Number of incoming calls held since the half hour.
            incoming_calls_held_to_half: u32;
            /// Seconds of incoming calls held since the half hour.
            incoming_calls_held_time_to_half: u32;
            /// Number of internal calls rcvd since the half hour.
            internal_calls_rcvd_to_half: u32;
            /// Seconds of internal calls rcvd since the half hour.
            internal_calls_rcvd_time_to_half: u32;
            /// Number of internal calls held since the half hour.
            internal_calls_held_to_half: u32;
            /// Seconds of internal calls held since the half hour.
            internal_calls_held_time_to_half: u32;
            /// Number of auto out calls since the half hour.
            auto_out_calls_to_half: u32;
            /// Seconds of auto out calls talk since the half hour.
            auto_out_calls_talk_time_to_half: u32;
            /// Seconds of auto out calls since the half hour.
            auto_out_calls_time_to_half: u32;
            /// Number of auto out calls held since the half hour.
            auto_out_calls_held_to_half: u32;
            /// Seconds of auto out calls held since the half hour.
            auto_out_calls_held_time_to_half: u32;
            /// Number of preview calls since the half hour.
            preview_calls_to_half: u32;
            /// Seconds of preview calls talk since the half hour.
            preview_calls_talk_time_to_half: u32;
            /// Seconds of preview calls since the half hour.
            preview_calls_time_to_half: u32;
            /// Number of preview calls held since the half hour.
            preview_calls_held_to_half: u32;
            /// Seconds of preview calls held since the half hour.
            preview_calls_held_time_to_half: u32;
            /// Number of reservation calls since the half hour.
            reservation_calls_to_half: u32;
            /// Seconds of reservation calls talk since the half hour.
            reservation_calls_talk_time_to_half: u32;
            /// Seconds of reservation calls since the half hour.
            reservation_calls_time_to_half: u32;
            /// Number of reservation calls held since the half hour.
            reservation_calls_held_to_half: u32;
            /// Seconds of reservation calls held since the half hour.
            reservation_calls_held_time_to_half: u32;
            /// Number of barge in calls since the half hour.
            barge_in_calls_to_half: u32;
            /// Number of intercept calls since the half hour.
            intercept_calls_to_half: u32;
            /// Number of monitor calls since the half hour.
            monitor_calls_to_half: u32;
            /// Number of whisper calls since the half hour.
            whisper_calls_to_half: u32;
            /// Number of emergency calls since the half hour.
            emergency_calls_to_half: u32;
            /// Number of calls q since the half hour.
            calls_q_half: u32;
            /// Seconds of calls q since the half hour.
            calls_q_time_half: u32;
            /// Seconds that the longest queued call waited since the half hour.
            longest_call_q_half: u32;
            /// Seconds of avail since midnight.
            avail_time_today: u32;
            /// Seconds of logged on since midnight.
            logged_on_time_today: u32;
            /// Seconds of not ready since midnight.
            not_ready_time_today: u32;
            /// Number of agent out calls since midnight.
            agent_out_calls_today: u32;
            /// Seconds of agent out calls talk since midnight.
            agent_out_calls_talk_time_today: u32;
            /// Seconds of agent out calls since midnight.
            agent_out_calls_time_today: u32;
            /// Number of agent out calls held since midnight.
            agent_out_calls_held_today: u32;
            /// Seconds of agent out calls held since midnight.
            agent_out_calls_held_time_today: u32;
            /// Number of handled calls since midnight.
            handled_calls_today: u32;
            /// Seconds of handled calls talk since midnight.
            handled_calls_talk_time_today: u32;
            /// Seconds of handled calls after call since midnight.
            handled_calls_after_call_time_today: u32;
            /// Seconds of handled calls since midnight.
            handled_calls_time_today: u32;
            /// Number of incoming calls held since midnight.
            incoming_calls_held_today: u32;
            /// Seconds of incoming calls held since midnight.
            incoming_calls_held_time_today: u32;
            /// Number of internal calls rcvd since midnight.
            internal_calls_rcvd_today: u32;
            /// Seconds of internal calls rcvd since midnight.
            internal_calls_rcvd_time_today: u32;
            /// Number of internal calls held since midnight.
            internal_calls_held_today: u32;
            /// Seconds of internal calls held since midnight.
            internal_calls_held_time_today: u32;
            /// Number of auto out calls since midnight.
            auto_out_calls_today: u32;
            /// Seconds of auto out calls talk since midnight.
            auto_out_calls_talk_time_today: u32;
            /// Seconds of auto out calls since midnight.
            auto_out_calls_time_today: u32;
            /// Number of auto out calls held since midnight.
            auto_out_calls_held_today: u32;
            /// Seconds of auto out calls held since midnight.
            auto_out_calls_held_time_today: u32;
            /// Number of preview calls since midnight.
            preview_calls_today: u32;
            /// Seconds of preview calls talk since midnight.
            preview_calls_talk_time_today: u32;
            /// Seconds of preview calls since midnight.
            preview_calls_time_today: u32;
            /// Number of preview calls held since midnight.
            preview_calls_held_today: u32;
            /// Seconds of preview calls held since midnight.
            preview_calls_held_time_today: u32;
            /// Number of reservation calls since midnight.
            reservation_calls_today: u32;
            /// Seconds of reservation calls talk since midnight.
            reservation_calls_talk_time_today: u32;
            /// Seconds of reservation calls since midnight.
            reservation_calls_time_today: u32;
            /// Number of reservation calls held since midnight.
            reservation_calls_held_today: u32;
            /// Seconds of reservation calls held since midnight.
            reservation_calls_held_time_today: u32;
            /// Number of barge in calls since midnight.
            barge_in_calls_today: u32;
            /// Number of intercept calls since midnight.
            intercept_calls_today: u32;
            /// Number of monitor calls since midnight.
            monitor_calls_today: u32;
            /// Number of whisper calls since midnight.
            whisper_calls_today: u32;
            /// Number of emergency calls since midnight.
            emergency_calls_today: u32;
            /// Number of calls q since midnight.
            calls_q_today: u32, since 6, perhaps ucce 6;
            /// Seconds of calls q since midnight.
            calls_q_time_today: u32, since 6, perhaps ucce 6;
            /// Seconds that the longest queued call waited since midnight.
            longest_call_q_today: u32, since 6, perhaps ucce 6;
        }
    }
}
