//! JTAPI's states and the transitions between them, stated once.
//!
//! Every change of state in the switch passes [`ConnectionState::may_become`],
//! [`TerminalState::may_become`] or [`CallState::may_become`]; nothing else decides what is legal.

use serde::{Deserialize, Serialize};

/// State of a call. It only moves forward.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Made, with no connection yet.
    Idle,
    /// Has at least one connection that is not disconnected.
    Active,
    /// Over. Final.
    Invalid,
}

impl CallState {
    /// Whether JTAPI allows this step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Idle, Self::Active | Self::Invalid) | (Self::Active, Self::Invalid)
        )
    }
}

/// State of a connection (an address on a call) in the call-control package.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Just made.
    Idle,
    /// The call waits at the address.
    Queued,
    /// The call has reached the address, which has not accepted it.
    Offered,
    /// The address rings.
    Alerting,
    /// Off hook, nothing dialled.
    Initiated,
    /// Digits are being dialled.
    Dialing,
    /// The call has left the system.
    NetworkReached,
    /// The far end outside the system rings.
    NetworkAlerting,
    /// The address is on the call.
    Established,
    /// The call could not be completed to or from the address.
    Failed,
    /// The address has left the call. Final.
    Disconnected,
    /// Not known, for instance after the switch was lost.
    Unknown,
}

impl ConnectionState {
    /// Every state, in the order of the declaration.
    pub const ALL: [Self; 12] = [
        Self::Idle,
        Self::Queued,
        Self::Offered,
        Self::Alerting,
        Self::Initiated,
        Self::Dialing,
        Self::NetworkReached,
        Self::NetworkAlerting,
        Self::Established,
        Self::Failed,
        Self::Disconnected,
        Self::Unknown,
    ];

    /// Whether JTAPI's call-control table allows this step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Idle => matches!(
                next,
                Self::Initiated | Self::Offered | Self::Queued | Self::Unknown
            ),
            Self::Queued => matches!(
                next,
                Self::Offered | Self::Alerting | Self::Disconnected | Self::Unknown
            ),
            Self::Offered => matches!(
                next,
                Self::Alerting | Self::Disconnected | Self::Queued | Self::Unknown
            ),
            Self::Alerting => matches!(
                next,
                Self::Established | Self::Disconnected | Self::Failed | Self::Unknown
            ),
            Self::Initiated => matches!(
                next,
                Self::Dialing
                    | Self::Established
                    | Self::Disconnected
                    | Self::Failed
                    | Self::Unknown
            ),
            Self::Dialing => matches!(
                next,
                Self::Established
                    | Self::NetworkReached
                    | Self::Disconnected
                    | Self::Failed
                    | Self::Unknown
            ),
            Self::NetworkReached => matches!(
                next,
                Self::NetworkAlerting
                    | Self::Established
                    | Self::Disconnected
                    | Self::Failed
                    | Self::Unknown
            ),
            Self::NetworkAlerting => matches!(
                next,
                Self::Established | Self::Disconnected | Self::Failed | Self::Unknown
            ),
            Self::Established => {
                matches!(next, Self::Disconnected | Self::Failed | Self::Unknown)
            }
            Self::Failed => matches!(next, Self::Disconnected | Self::Unknown),
            Self::Disconnected => false,
            Self::Unknown => next != Self::Unknown,
        }
    }

    /// Whether the address is still on the call.
    #[must_use]
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Idle | Self::Disconnected)
    }
}

/// State of a terminal connection (a phone on a connection) in the call-control package.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalState {
    /// Just made.
    Idle,
    /// The phone rings.
    Ringing,
    /// The phone is on the call.
    Talking,
    /// The phone has the call on hold.
    Held,
    /// Another phone of the address is on the call; this one may join.
    Bridged,
    /// Another phone of the address is on the call; this one may not join.
    InUse,
    /// The phone has left the call. Final.
    Dropped,
    /// Not known, for instance after the switch was lost.
    Unknown,
}

impl TerminalState {
    /// Every state, in the order of the declaration.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Ringing,
        Self::Talking,
        Self::Held,
        Self::Bridged,
        Self::InUse,
        Self::Dropped,
        Self::Unknown,
    ];

    /// Whether JTAPI's call-control table allows this step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Idle => next != Self::Idle,
            Self::Ringing => matches!(
                next,
                Self::Talking | Self::Bridged | Self::InUse | Self::Dropped | Self::Unknown
            ),
            Self::Talking => matches!(
                next,
                Self::Held | Self::Bridged | Self::InUse | Self::Dropped | Self::Unknown
            ),
            Self::Held => matches!(
                next,
                Self::Talking | Self::Bridged | Self::InUse | Self::Dropped | Self::Unknown
            ),
            Self::Bridged => matches!(next, Self::Talking | Self::Dropped | Self::Unknown),
            Self::InUse => matches!(next, Self::Dropped | Self::Unknown),
            Self::Dropped => false,
            Self::Unknown => next != Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The call-control table of connections as it is printed, UNKNOWN aside.
    const CONNECTION_TABLE: [(&str, &str); 11] = [
        ("Idle", "Initiated Offered Queued"),
        ("Offered", "Alerting Disconnected Queued"),
        ("Queued", "Offered Alerting Disconnected"),
        ("Alerting", "Established Disconnected Failed"),
        ("Initiated", "Dialing Established Disconnected Failed"),
        ("Dialing", "Established NetworkReached Disconnected Failed"),
        (
            "NetworkReached",
            "NetworkAlerting Established Disconnected Failed",
        ),
        ("NetworkAlerting", "Established Disconnected Failed"),
        ("Established", "Disconnected Failed"),
        ("Failed", "Disconnected"),
        ("Disconnected", ""),
    ];

    /// The core state that each call-control state lies in, and where the core table lets it go.
    fn core(state: ConnectionState) -> &'static str {
        match state {
            ConnectionState::Idle => "idle",
            ConnectionState::Queued | ConnectionState::Offered => "in progress",
            ConnectionState::Alerting => "alerting",
            ConnectionState::Initiated
            | ConnectionState::Dialing
            | ConnectionState::NetworkReached
            | ConnectionState::NetworkAlerting
            | ConnectionState::Established => "connected",
            ConnectionState::Failed => "failed",
            ConnectionState::Disconnected => "disconnected",
            ConnectionState::Unknown => "unknown",
        }
    }

    const CORE_TABLE: [(&str, &[&str]); 5] = [
        (
            "in progress",
            &["alerting", "connected", "disconnected", "failed"],
        ),
        ("alerting", &["connected", "disconnected", "failed"]),
        ("connected", &["disconnected", "failed"]),
        ("failed", &["disconnected"]),
        ("disconnected", &[]),
    ];

    #[test]
    fn connections_follow_the_call_control_table_exactly() {
        for (from, targets) in CONNECTION_TABLE {
            for next in ConnectionState::ALL {
                let name = format!("{next:?}");
                let from_state = ConnectionState::ALL
                    .into_iter()
                    .find(|state| format!("{state:?}") == from)
                    .unwrap();
                let expected = targets.split(' ').any(|target| target == name)
                    || (next == ConnectionState::Unknown && from != "Disconnected");
                assert_eq!(from_state.may_become(next), expected, "{from} to {name}");
            }
        }
    }

    #[test]
    fn no_connection_step_breaks_the_core_table() {
        for (core_from, core_targets) in CORE_TABLE {
            for from in ConnectionState::ALL
                .into_iter()
                .filter(|state| core(*state) == core_from)
            {
                for next in ConnectionState::ALL {
                    let target = core(next);
                    if from.may_become(next) && target != core_from && target != "unknown" {
                        assert!(core_targets.contains(&target), "{from:?} to {next:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn terminals_follow_the_table_exactly() {
        use TerminalState::{Bridged, Dropped, Held, InUse, Ringing, Talking};
        let table: [(TerminalState, &[TerminalState]); 6] = [
            (Ringing, &[Talking, Bridged, InUse, Dropped]),
            (Talking, &[Held, Bridged, InUse, Dropped]),
            (Held, &[Talking, Bridged, InUse, Dropped]),
            (Bridged, &[Talking, Dropped]),
            (InUse, &[Dropped]),
            (Dropped, &[]),
        ];
        for (from, targets) in table {
            for next in TerminalState::ALL {
                let expected =
                    targets.contains(&next) || (next == TerminalState::Unknown && from != Dropped);
                assert_eq!(from.may_become(next), expected, "{from:?} to {next:?}");
            }
        }
    }

    #[test]
    fn unknown_is_left_to_anywhere() {
        for next in ConnectionState::ALL
            .into_iter()
            .filter(|s| *s != ConnectionState::Unknown)
        {
            assert!(ConnectionState::Unknown.may_become(next));
        }
        for next in TerminalState::ALL
            .into_iter()
            .filter(|s| *s != TerminalState::Unknown)
        {
            assert!(TerminalState::Unknown.may_become(next));
        }
    }

    #[test]
    fn calls_only_move_forward() {
        let all = [CallState::Idle, CallState::Active, CallState::Invalid];
        for (i, from) in all.into_iter().enumerate() {
            for (j, next) in all.into_iter().enumerate() {
                assert_eq!(from.may_become(next), j > i, "{from:?} to {next:?}");
            }
        }
    }
}
