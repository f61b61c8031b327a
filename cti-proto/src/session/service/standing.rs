//! Active, standby, and the hand-over to the other side. GED-188, "Active and standby".

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use super::{ConnectionId, Event, Service};
use crate::code::{InvokeId, ServiceMask};
use crate::message::{
    ActiveMaintenanceEventMsg, ActiveMaintenanceReqMsg, ActiveMaintenanceRespMsg, Message,
};
use crate::session::Error;
use crate::session::server::{Standing, has_standby};

/// A hand-over that runs.
#[derive(Debug)]
pub(super) enum Maintenance {
    /// ACTIVE_MAINTENANCE_REQ_MSG is out.
    Asking {
        deadline: Duration,
        /// What each client answered.
        answers: BTreeMap<ConnectionId, Option<bool>>,
    },
    /// The clients move.
    Moving {
        deadline: Duration,
        /// Clients that have not sent STOPPING_REQUESTS_TO_THIS_SIDE_IND.
        staying: BTreeSet<ConnectionId>,
        moved: usize,
    },
}

impl Maintenance {
    pub(super) const fn deadline(&self) -> Duration {
        match self {
            Self::Asking { deadline, .. } | Self::Moving { deadline, .. } => *deadline,
        }
    }
}

impl Service {
    /// Whether this side serves clients.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// This side became active or standby.
    ///
    /// Standby sessions of a side that becomes active are told by STANDBY_ACTIVE_EVENT_MSG and then
    /// shown what follows an OPEN_CONF. A side that becomes standby keeps the sessions of UCCE 24
    /// and later with ACTIVE_STANDBY, as standby sessions; the others end with status 15 (92 in
    /// UCCX). A hand-over that runs is given up.
    pub fn set_standing(&mut self, now: Duration, standing: Standing) {
        self.maintenance = None;
        self.change_standing(now, standing);
    }

    /// Asks the clients to move to the other side: ACTIVE_MAINTENANCE_REQ_MSG to all of UCCE 24 and
    /// later with ACTIVE_STANDBY. They have 5 s to answer, and silence is a no. The outcome goes to
    /// them as ACTIVE_MAINTENANCE_EVENT_MSG and to the application as
    /// [`Event::MaintenanceDecided`]. If nobody declined they have another 5 s to send
    /// STOPPING_REQUESTS_TO_THIS_SIDE_IND; then this side becomes standby, and
    /// [`Event::MaintenanceOver`] says so. Meanwhile nobody can open a session: status 110.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when this side is not active.
    pub fn begin_maintenance(&mut self, now: Duration) -> Result<(), Error> {
        let state = match self.standing {
            Standing::Master => None,
            Standing::Standby => Some("standby"),
            Standing::Maintenance => Some("in maintenance"),
        };
        if let Some(state) = state {
            return Err(Error::Caller {
                attempted: "begin maintenance",
                state,
            });
        }
        self.change_standing(now, Standing::Maintenance);
        let clients = self.standby_clients();
        let request = ActiveMaintenanceReqMsg::with(|request| request.invoke_id = MAINTENANCE_ID);
        for client in &clients {
            let _ = self.send_one(now, *client, &Message::from(request.clone()));
        }
        self.maintenance = Some(Maintenance::Asking {
            deadline: now.saturating_add(ANSWER_TIME),
            answers: clients.into_iter().map(|client| (client, None)).collect(),
        });
        self.maintain(now);
        Ok(())
    }

    pub(super) fn on_maintenance_answer(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        answer: &ActiveMaintenanceRespMsg,
    ) {
        if let Some(Maintenance::Asking { answers, .. }) = &mut self.maintenance
            && let Some(place) = answers.get_mut(&connection)
        {
            place.get_or_insert(answer.maintenance_mode_accepted);
            self.maintain(now);
        }
    }

    pub(super) fn on_moved(&mut self, now: Duration, connection: ConnectionId) {
        if let Some(Maintenance::Moving { staying, moved, .. }) = &mut self.maintenance
            && staying.remove(&connection)
        {
            *moved += 1;
            self.maintain(now);
        }
    }

    /// A client whose session ended has nothing more to say.
    pub(super) fn leave_maintenance(&mut self, connection: ConnectionId) {
        match &mut self.maintenance {
            Some(Maintenance::Asking { answers, .. }) => {
                answers.remove(&connection);
            }
            Some(Maintenance::Moving { staying, .. }) => {
                staying.remove(&connection);
            }
            None => {}
        }
    }

    /// Goes on with a hand-over when all have answered or time is up.
    pub(super) fn maintain(&mut self, now: Duration) {
        match self.maintenance.take() {
            Some(Maintenance::Asking { deadline, answers })
                if deadline <= now || answers.values().all(Option::is_some) =>
            {
                self.decide_maintenance(now, &answers);
            }
            Some(Maintenance::Moving {
                deadline,
                staying,
                moved,
            }) if deadline <= now || staying.is_empty() => {
                let left = staying.len();
                self.change_standing(now, Standing::Standby);
                self.events
                    .push_back(Event::MaintenanceOver { moved, left });
            }
            running => self.maintenance = running,
        }
    }

    fn decide_maintenance(
        &mut self,
        now: Duration,
        answers: &BTreeMap<ConnectionId, Option<bool>>,
    ) {
        let accepted = answers
            .values()
            .filter(|answer| **answer == Some(true))
            .count();
        let declined = answers.len() - accepted;
        let moves = declined == 0;
        if !moves {
            self.change_standing(now, Standing::Master);
        }
        let outcome =
            ActiveMaintenanceEventMsg::with(|event| event.maintenance_mode_status = moves);
        for client in answers.keys() {
            let _ = self.send_one(now, *client, &Message::from(outcome.clone()));
        }
        self.events.push_back(Event::MaintenanceDecided {
            moves,
            accepted,
            declined,
        });
        if moves {
            let open = |client: &&ConnectionId| self.is_open(**client);
            self.maintenance = Some(Maintenance::Moving {
                deadline: now.saturating_add(ANSWER_TIME),
                staying: answers.keys().filter(open).copied().collect(),
                moved: 0,
            });
            self.maintain(now);
        }
    }

    fn change_standing(&mut self, now: Duration, standing: Standing) {
        self.standing = standing;
        let connections: Vec<ConnectionId> = self.parties.keys().copied().collect();
        for connection in connections {
            let Some(party) = self.parties.get_mut(&connection) else {
                continue;
            };
            let was_standby = party.session.is_standby();
            party.session.set_standing(standing);
            let wakes = was_standby && party.session.is_open() && !party.session.is_standby();
            self.settle(now, connection);
            if wakes {
                self.show_present_state(now, connection);
            }
        }
    }

    /// Clients that take part in a hand-over.
    fn standby_clients(&self) -> Vec<ConnectionId> {
        let takes_part = |party: &super::Party| {
            party.session.version().is_some_and(has_standby)
                && party
                    .session
                    .services()
                    .contains(ServiceMask::ACTIVE_STANDBY)
        };
        let clients = self.parties.iter().filter(|(_, party)| takes_part(party));
        clients.map(|(connection, _)| *connection).collect()
    }
}

/// One hand-over runs at a time; its clients repeat the number.
const MAINTENANCE_ID: InvokeId = InvokeId(1);
/// GED-188, "Active and standby": 5 s for each step.
const ANSWER_TIME: Duration = Duration::from_secs(5);
