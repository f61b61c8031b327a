//! An agent's states, as UCCX has them.
//!
//! ```text
//!              sign in                 READY               a call is offered
//!   LOGOUT ──────────────▶ NOT_READY ──────────▶ READY ────────────────────▶ RESERVED
//!      ▲                    │  ▲  ▲ ◀──────────    ▲ ◀─ caller gave up ────── │    │
//!      └── LOGOUT ──────────┘  │  └── not answered │ ────────────────────────┘    │ answered
//!         (from READY too)     │                  │                               ▼
//!                              └───── WORK ───────┘ ◀──────── call ends ────── TALKING
//!                                 asked, or time is up
//! ```
//!
//! A held call leaves the agent TALKING, and a call of the agent's own leaves it NOT_READY. During
//! RESERVED and TALKING one NOT_READY can be asked for; it waits for the end of the call.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::telephony::{Address, CallId};

/// State of an agent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Not signed in.
    Logout,
    /// Signed in, takes no calls of the queue.
    NotReady,
    /// Waits for a call.
    Ready,
    /// A call of the queue was sent to the agent, who has not answered.
    Reserved,
    /// On a call of the queue.
    Talking,
    /// Wraps up.
    Work,
}

/// A state that can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asked {
    /// Sign in.
    Login,
    /// Sign out, with a reason code.
    Logout(u16),
    /// Take calls.
    Ready,
    /// Take no calls, with a reason code.
    NotReady(u16),
    /// Wrap up.
    Work,
}

/// Who wants a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Force {
    /// The agent, or a supervisor: the state must allow it.
    Asked,
    /// The system: it happens.
    Forced,
}

/// An agent's state and what belongs to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agent {
    /// The state.
    pub state: AgentState,
    /// Reason code of NOT_READY and LOGOUT; 0 for none.
    pub reason: u16,
    /// Since when.
    pub since: Duration,
    /// The line the agent is signed in on.
    pub line: Option<Address>,
    /// Reason code of a NOT_READY that waits for the end of the call.
    pub pending: Option<u16>,
    /// The call of the queue that the agent is reserved for, on, or wraps up.
    pub call: Option<CallId>,
    /// When RESERVED or WORK ends by itself.
    pub due: Option<Duration>,
    /// READY when the agent's own call took it to NOT_READY, and gets it back after that call.
    pub resumes: bool,
}

impl Agent {
    /// An agent who is not signed in.
    #[must_use]
    pub fn new(now: Duration) -> Self {
        Self {
            state: AgentState::Logout,
            reason: 0,
            since: now,
            line: None,
            pending: None,
            call: None,
            due: None,
            resumes: false,
        }
    }

    /// Signs in on a line. Whoever is signed in keeps the state.
    pub fn sign_in(&mut self, now: Duration, line: Address) {
        if self.state == AgentState::Logout {
            self.line = Some(line);
            self.enter(now, AgentState::NotReady, reason::LOGON);
        }
    }

    /// Carries out what was asked for, but for signing in.
    ///
    /// # Errors
    ///
    /// [`Failure::INVALID_STATE`] and [`Failure::INVALID_WORK_MODE`] when the state does not allow
    /// it.
    pub fn ask(&mut self, now: Duration, asked: Asked, force: Force) -> Result<(), Failure> {
        match (self.state, asked) {
            (AgentState::Logout, _) | (_, Asked::Login | Asked::Work) => {
                return Err(Failure::INVALID_STATE);
            }
            (_, Asked::Logout(reason)) if force == Force::Forced => self.sign_out(now, reason),
            (AgentState::NotReady | AgentState::Ready, Asked::Logout(reason)) => {
                self.sign_out(now, reason);
            }
            (AgentState::Work, Asked::Logout(_)) => return Err(Failure::INVALID_STATE),
            (AgentState::Ready, Asked::Ready) => {}
            (AgentState::NotReady | AgentState::Work, Asked::Ready) => {
                self.enter(now, AgentState::Ready, 0);
            }
            (
                AgentState::NotReady | AgentState::Ready | AgentState::Work,
                Asked::NotReady(reason),
            ) => {
                self.enter(now, AgentState::NotReady, reason);
            }
            (AgentState::Reserved | AgentState::Talking, Asked::NotReady(reason))
                if self.pending.is_none() =>
            {
                self.pending = Some(reason);
            }
            (
                AgentState::Reserved | AgentState::Talking,
                Asked::NotReady(_) | Asked::Ready | Asked::Logout(_),
            ) => return Err(Failure::INVALID_WORK_MODE),
        }
        Ok(())
    }

    /// A call of the queue is sent to the agent, who must be READY.
    pub fn reserve(&mut self, now: Duration, call: CallId, until: Duration) {
        self.enter(now, AgentState::Reserved, 0);
        self.call = Some(call);
        self.due = Some(until);
    }

    /// The agent answered the call.
    pub fn talk(&mut self, now: Duration) {
        let (call, pending) = (self.call, self.pending);
        self.enter(now, AgentState::Talking, 0);
        self.call = call;
        self.pending = pending;
    }

    /// The call that the agent was reserved for is gone.
    pub fn give_back(&mut self, now: Duration) {
        self.finish(now);
    }

    /// The agent did not answer.
    pub fn no_answer(&mut self, now: Duration) {
        let reason = self.pending.unwrap_or(reason::RING_NO_ANSWER);
        self.enter(now, AgentState::NotReady, reason);
    }

    /// The call could not be sent to the agent's line.
    pub fn line_refused(&mut self, now: Duration) {
        let reason = self.pending.unwrap_or(reason::CANCEL_RESERVATION);
        self.enter(now, AgentState::NotReady, reason);
    }

    /// The agent's call of the queue ended. Wrap-up follows, unless it has no length.
    pub fn call_ended(&mut self, now: Duration, wrap_up: Duration) {
        if wrap_up.is_zero() {
            return self.finish(now);
        }
        let (call, pending) = (self.call, self.pending);
        self.enter(now, AgentState::Work, 0);
        self.call = call;
        self.pending = pending;
        self.due = Some(now.saturating_add(wrap_up));
    }

    /// Wrap-up took as long as it may.
    pub fn wrap_up_over(&mut self, now: Duration) {
        self.finish(now);
    }

    /// The agent's line is on a call that is not of the queue.
    pub fn own_call(&mut self, now: Duration, reason: u16) {
        if self.state == AgentState::Ready {
            self.enter(now, AgentState::NotReady, reason);
            self.resumes = true;
        }
    }

    /// The agent's line is on no call any more.
    pub fn line_idle(&mut self, now: Duration) {
        if self.state == AgentState::NotReady && self.resumes {
            self.enter(now, AgentState::Ready, reason::CALL_ENDED);
        }
    }

    fn sign_out(&mut self, now: Duration, reason: u16) {
        self.enter(now, AgentState::Logout, reason);
        self.line = None;
    }

    /// To the state after a call.
    fn finish(&mut self, now: Duration) {
        match self.pending {
            Some(reason) => self.enter(now, AgentState::NotReady, reason),
            None => self.enter(now, AgentState::Ready, 0),
        }
    }

    /// The one place where the state changes. What belongs to the old state goes.
    fn enter(&mut self, now: Duration, state: AgentState, reason: u16) {
        self.state = state;
        self.reason = reason;
        self.since = now;
        self.pending = None;
        self.call = None;
        self.due = None;
        self.resumes = false;
    }
}

/// Reason codes that the system writes, from the UCCX list.
pub mod reason {
    /// AGT_LOGON: signed in just now.
    pub const LOGON: u16 = 32_760;
    /// AGT_RNA: did not answer.
    pub const RING_NO_ANSWER: u16 = 32_763;
    /// AGT_OFFHOOK: places a call.
    pub const OFF_HOOK: u16 = 32_762;
    /// AGT_NON_ICD: has a call that is not of the queue.
    pub const OTHER_CALL: u16 = 32_761;
    /// AGT_CALL_ENDED: that call ended.
    pub const CALL_ENDED: u16 = 32_755;
    /// AGT_CANCEL_RESERVATION: the call could not be sent to the line.
    pub const CANCEL_RESERVATION: u16 = 32_752;
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRAP_UP: Duration = Duration::from_secs(60);

    fn line() -> Address {
        Address::new("1001").unwrap()
    }

    fn in_state(state: AgentState) -> Agent {
        let mut agent = Agent::new(Duration::ZERO);
        if state != AgentState::Logout {
            agent.sign_in(Duration::ZERO, line());
        }
        if matches!(state, AgentState::Logout | AgentState::NotReady) {
            return agent;
        }
        agent
            .ask(Duration::ZERO, Asked::Ready, Force::Asked)
            .unwrap();
        if state == AgentState::Ready {
            return agent;
        }
        agent.reserve(Duration::ZERO, CallId(7), Duration::from_secs(20));
        if state != AgentState::Reserved {
            agent.talk(Duration::ZERO);
        }
        if state == AgentState::Work {
            agent.call_ended(Duration::ZERO, WRAP_UP);
        }
        assert_eq!(agent.state, state);
        agent
    }

    #[test]
    fn what_may_be_asked_for_is_what_the_table_says() {
        use AgentState::{Logout, NotReady, Ready, Reserved, Talking, Work};
        let invalid = Err(Failure::INVALID_STATE);
        let mode = Err(Failure::INVALID_WORK_MODE);
        let table = [
            // from, LOGOUT, READY, NOT_READY
            (Logout, invalid, invalid, invalid),
            (NotReady, Ok(Logout), Ok(Ready), Ok(NotReady)),
            (Ready, Ok(Logout), Ok(Ready), Ok(NotReady)),
            (Reserved, mode, mode, Ok(Reserved)),
            (Talking, mode, mode, Ok(Talking)),
            (Work, invalid, Ok(Ready), Ok(NotReady)),
        ];
        for (from, logout, ready, not_ready) in table {
            let cases = [
                (Asked::Logout(4), logout),
                (Asked::Ready, ready),
                (Asked::NotReady(3), not_ready),
            ];
            for (asked, expected) in cases {
                let mut agent = in_state(from);
                let before = agent.clone();
                let result = agent.ask(Duration::ZERO, asked, Force::Asked);
                assert_eq!(
                    result.map(|()| agent.state),
                    expected,
                    "{from:?}, {asked:?}"
                );
                if result.is_err() {
                    assert_eq!(agent, before);
                }
            }
        }
    }

    #[test]
    fn one_not_ready_waits_for_the_end_of_the_call_and_a_second_is_refused() {
        let mut agent = in_state(AgentState::Talking);
        agent
            .ask(Duration::ZERO, Asked::NotReady(3), Force::Asked)
            .unwrap();
        let second = agent.ask(Duration::ZERO, Asked::NotReady(5), Force::Asked);
        assert_eq!(second.map_err(|failure| failure.code), Err(265));
        agent.call_ended(Duration::ZERO, WRAP_UP);
        assert_eq!((agent.state, agent.due), (AgentState::Work, Some(WRAP_UP)));
        agent.wrap_up_over(WRAP_UP);
        assert_eq!((agent.state, agent.reason), (AgentState::NotReady, 3));
    }

    #[test]
    fn wrap_up_without_wish_ends_in_ready() {
        let mut agent = in_state(AgentState::Work);
        agent.wrap_up_over(WRAP_UP);
        assert_eq!((agent.state, agent.since), (AgentState::Ready, WRAP_UP));
    }

    #[test]
    fn a_wish_made_while_it_rang_outlives_the_answer() {
        let mut agent = in_state(AgentState::Reserved);
        agent
            .ask(Duration::ZERO, Asked::NotReady(3), Force::Asked)
            .unwrap();
        agent.talk(Duration::ZERO);
        assert_eq!((agent.pending, agent.call), (Some(3), Some(CallId(7))));
        agent.call_ended(Duration::ZERO, Duration::ZERO);
        assert_eq!((agent.state, agent.reason), (AgentState::NotReady, 3));
    }

    #[test]
    fn signing_in_again_keeps_the_state() {
        for state in [AgentState::Ready, AgentState::Talking, AgentState::Work] {
            let mut agent = in_state(state);
            agent.sign_in(Duration::from_secs(9), line());
            assert_eq!(agent, in_state(state));
        }
    }

    #[test]
    fn a_forced_sign_out_works_in_every_state() {
        for state in [
            AgentState::NotReady,
            AgentState::Ready,
            AgentState::Reserved,
            AgentState::Talking,
            AgentState::Work,
        ] {
            let mut agent = in_state(state);
            agent
                .ask(Duration::ZERO, Asked::Logout(255), Force::Forced)
                .unwrap();
            assert_eq!((agent.state, agent.reason), (AgentState::Logout, 255));
            assert_eq!((agent.line, agent.due, agent.call), (None, None, None));
        }
    }

    #[test]
    fn an_own_call_interrupts_ready_and_gives_it_back() {
        let mut agent = in_state(AgentState::Ready);
        agent.own_call(Duration::ZERO, reason::OFF_HOOK);
        assert_eq!((agent.state, agent.reason), (AgentState::NotReady, 32_762));
        agent.line_idle(Duration::from_secs(5));
        assert_eq!(agent.state, AgentState::Ready);
    }

    #[test]
    fn a_wish_during_an_own_call_is_not_overruled_when_it_ends() {
        let mut agent = in_state(AgentState::Ready);
        agent.own_call(Duration::ZERO, reason::OFF_HOOK);
        agent
            .ask(Duration::ZERO, Asked::NotReady(3), Force::Asked)
            .unwrap();
        agent.line_idle(Duration::from_secs(5));
        assert_eq!((agent.state, agent.reason), (AgentState::NotReady, 3));
    }
}
