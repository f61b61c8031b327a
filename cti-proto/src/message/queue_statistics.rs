//! Statistics of contact service queues (UCCX).

use crate::code::{InvokeId, SkillGroupId};
use crate::codec::Text;
use crate::macros::message;

message! {
    /// Asks for the statistics of a CSQ.
    ///
    /// GED-188, "QUERY_QUEUE_STATISTICS_REQ".
    request QueryQueueStatisticsReq "QUERY_QUEUE_STATISTICS_REQ" = 223, uccx 10 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
        floating {
            /// The CSQ.
            csq_id: Option<SkillGroupId> = SKILL_GROUP_NUMBER;
        }
    }

    /// Statistics of a CSQ.
    ///
    /// The public table is cut after the last field here; what follows it is not read.
    ///
    /// GED-188, "QUERY_QUEUE_STATISTICS_CONF".
    confirmation QueryQueueStatisticsConf "QUERY_QUEUE_STATISTICS_CONF" = 224, uccx 10,
        read uccx cut
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Agents: logged in.
            logged_in_agents: u16;
            /// Agents: in session.
            in_session_agents: u16;
            /// Agents: available.
            available_agents: u16;
            /// Agents: un available.
            un_available_agents: u16;
            /// Agents: in work.
            in_work_agents: u16;
            /// Agents: selected.
            selected_agents: u16;
            /// Calls waiting with priority 1.
            calls_in_priority_queue1: u32;
            /// Calls waiting with priority 2.
            calls_in_priority_queue2: u32;
            /// Calls waiting with priority 3.
            calls_in_priority_queue3: u32;
            /// Calls waiting with priority 4.
            calls_in_priority_queue4: u32;
            /// Number of calls in priority queue in the past five minutes.
            calls_in_priority_queue5: u32;
            /// Calls waiting with priority 6.
            calls_in_priority_queue6: u32;
            /// Calls waiting with priority 7.
            calls_in_priority_queue7: u32;
        }
    }

    /// Asks for the statistics of all CSQs together.
    ///
    /// GED-188, "QUERY_SUMMARY_STATISTICS_REQ".
    request QuerySummaryStatisticsReq "QUERY_SUMMARY_STATISTICS_REQ" = 225, uccx 10 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Statistics of all CSQs together.
    ///
    /// The public table is cut after the last field here; what follows it is not read.
    ///
    /// GED-188, "QUERY_SUMMARY_STATISTICS_CONF".
    confirmation QuerySummaryStatisticsConf "QUERY_SUMMARY_STATISTICS_CONF" = 226, uccx 10,
        read uccx cut
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Number of CSQs.
            num_queues: u16;
            /// Agents: logged in.
            logged_in_agents: u16;
            /// Agents: in session.
            in_session_agents: u16;
            /// Agents: available.
            available_agents: u16;
            /// Agents: un available.
            un_available_agents: u16;
            /// Agents: in work.
            in_work_agents: u16;
            /// Agents: selected.
            selected_agents: u16;
            /// Calls waiting with priority 1.
            calls_in_priority_queue1: u32;
            /// Calls waiting with priority 2.
            calls_in_priority_queue2: u32;
            /// Calls waiting with priority 3.
            calls_in_priority_queue3: u32;
            /// Calls waiting with priority 4.
            calls_in_priority_queue4: u32;
            /// Number of calls in priority queue in the past five minutes.
            calls_in_priority_queue5: u32;
            /// Calls waiting with priority 6.
            calls_in_priority_queue6: u32;
            /// Calls waiting with priority 7.
            calls_in_priority_queue7: u32;
            /// Calls waiting with priority 8.
            calls_in_priority_queue8: u32;
        }
    }

    /// Asks for the queue statistics that concern an agent.
    ///
    /// GED-188, "QUERY_AGENT_QUEUE_STATISTICS_REQ".
    request QueryAgentQueueStatisticsReq(
        agent_id: Text
    ) "QUERY_AGENT_QUEUE_STATISTICS_REQ" = 239, uccx 10 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
        floating {
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID_LONG, max 129, required;
        }
    }

    /// Queue statistics that concern an agent.
    ///
    /// GED-188, "QUERY_AGENT_QUEUE_STATISTICS_CONF".
    confirmation QueryAgentQueueStatisticsConf(
        agent_id: Text
    ) "QUERY_AGENT_QUEUE_STATISTICS_CONF" = 240, uccx 10 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Calls waiting for the agent.
            calls_in_queue: u32;
            /// Seconds that the oldest of them waits.
            oldest_call_in_queue: u32;
        }
        floating {
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID_LONG, max 129, required;
        }
    }
}
