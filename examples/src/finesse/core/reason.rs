//! Reason codes and wrap-up reasons: configuration of the web service itself.

/// State that a reason belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Category {
    /// Why not ready.
    NotReady,
    /// Why signed out.
    Logout,
}

impl Category {
    /// The category with this constant.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "NOT_READY" => Some(Self::NotReady),
            "LOGOUT" => Some(Self::Logout),
            _ => None,
        }
    }

    /// The constant in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReady => "NOT_READY",
            Self::Logout => "LOGOUT",
        }
    }
}

/// Why an agent is not ready or signed out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReasonCode {
    /// Id in the API.
    pub id: u32,
    /// State that it belongs to.
    pub category: Category,
    /// Number in the engine.
    pub code: u16,
    /// Shown to people.
    pub label: String,
    /// Whether the system gives it; users cannot choose it.
    pub system: bool,
}

/// What a call was about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrapUpReason {
    /// Id in the API.
    pub id: u32,
    /// Shown to people, and stored with the call.
    pub label: String,
}

/// Number of the reason that a supervisor's change gets on UCCX.
pub(super) const SUPERVISOR_REASON: u16 = 33;

/// Number of the reason of a forced sign-out after lost presence.
pub(super) const PRESENCE_REASON: u16 = 255;

/// What a new installation starts with: some reasons to choose from, and those that the system gives
/// (GED-188 UCCX reason codes and the two of this service).
pub fn default_reason_codes() -> Vec<ReasonCode> {
    use Category::{Logout, NotReady};

    let chosen = [
        (NotReady, 1, "Break"),
        (NotReady, 2, "Lunch"),
        (NotReady, 3, "Meeting"),
        (NotReady, 4, "Training"),
        (Logout, 1, "End of shift"),
        (Logout, 2, "Desk change"),
    ];
    let given = [
        (NotReady, SUPERVISOR_REASON, "Set by supervisor"),
        (Logout, SUPERVISOR_REASON, "Set by supervisor"),
        (Logout, PRESENCE_REASON, "Connection lost"),
        (NotReady, 32767, "Signed in elsewhere"),
        (NotReady, 32763, "Call not answered"),
        (NotReady, 32762, "Phone off hook"),
        (NotReady, 32761, "Call outside the queue"),
        (NotReady, 32760, "Signed in"),
        (NotReady, 32759, "Phone down"),
        (NotReady, 32758, "Wrap-up over"),
        (NotReady, 32757, "Switch failover"),
        (NotReady, 32756, "Phone up"),
        (NotReady, 32755, "Call ended"),
        (NotReady, 32764, "Engine failure"),
        (NotReady, 32765, "Connection of the agent lost"),
    ];
    let system = given.into_iter().map(|row| (row, true));
    let all = chosen.into_iter().map(|row| (row, false)).chain(system);
    let make = |(id, ((category, code, label), system)): (u32, _)| {
        let label = str::to_owned(label);
        ReasonCode {
            id,
            category,
            code,
            label,
            system,
        }
    };
    (1..).zip(all).map(make).collect()
}

/// What a new installation offers for wrap-up.
pub fn default_wrap_up_reasons() -> Vec<WrapUpReason> {
    let labels = ["Solved", "Call back", "Passed on", "Wrong number"];
    (1..)
        .zip(labels)
        .map(|(id, label)| WrapUpReason {
            id,
            label: label.to_owned(),
        })
        .collect()
}
