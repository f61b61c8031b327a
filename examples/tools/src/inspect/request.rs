//! Which answer belongs to which request of a conversation.

use std::collections::BTreeMap;

use cti_proto::code::{MessageType, ServiceMask};
use cti_proto::message::{Confirmed, Pair, Table};

use crate::inspect::conversation::{Answered, Problem, Record};
use crate::inspect::timestamp::Timestamp;

/// Whether an answer to a request must come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Due {
    Yes,
    /// It may be among bytes that could not be read.
    MayBeLost,
    /// The capture does not have what the session agreed on.
    Unknown,
    /// Not in this session, but a refusal may.
    No,
}

/// A request that has no answer so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) name: &'static str,
    pub(crate) number: MessageType,
    /// Whether it was shown as one about the wanted agent or call.
    pub(crate) wanted: bool,
    pub(crate) due: Due,
    time: Option<Timestamp>,
    /// Which request of the conversation it is.
    index: u64,
}

/// What is known of the place at which a message is paired.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) time: Option<Timestamp>,
    /// Nothing is missing so far.
    pub(crate) whole: bool,
    /// Whether answers without request can be told; not in a dump, which is an extract.
    pub(crate) is_session: bool,
}

/// An answer that was read before its request, because that side was being searched.
#[derive(Debug)]
struct Early {
    time: Option<Timestamp>,
    number: MessageType,
    /// The answer itself, if it is to be shown with its request only.
    held: Option<Record>,
}

/// What was asked and is to be answered.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    waiting: BTreeMap<u32, Asked>,
    /// InvokeIDs of those that wait, the oldest request first.
    by_age: BTreeMap<u64, u32>,
    asked: u64,
    early: BTreeMap<u32, Early>,
    /// Early answers that are held.
    held: usize,
    /// Whether the session has no confirmations of third-party control, if that is known.
    ignores: Option<bool>,
}

impl Requests {
    /// Takes the services that an OPEN_CONF grants.
    pub(crate) fn grant(&mut self, services: ServiceMask) {
        self.ignores = Some(services.contains(ServiceMask::IGNORE_CONF));
    }

    /// Takes a request. `Some` if its answer was read before it, with what was held of that.
    pub(crate) fn ask(
        &mut self,
        place: Place,
        invoke_id: u32,
        table: &'static Table,
        wanted: bool,
        problems: &mut Vec<Problem>,
    ) -> Option<Option<Record>> {
        let early = self.early.remove(&invoke_id);
        self.held -= usize::from(early.as_ref().is_some_and(|early| early.held.is_some()));
        if let Some(early) = early
            && early.time >= place.time
            && fits(table.number, early.number)
        {
            return Some(early.held);
        }
        self.asked += 1;
        let asked = Asked {
            name: table.name,
            number: table.number,
            wanted,
            due: self.due(table.number),
            time: place.time,
            index: self.asked,
        };
        self.by_age.insert(asked.index, invoke_id);
        if let Some(earlier) = self.waiting.insert(invoke_id, asked) {
            self.by_age.remove(&earlier.index);
            if earlier.due == Due::Yes {
                problems.push(Problem::InvokeIdInUse {
                    invoke_id,
                    name: earlier.name,
                });
            }
        }
        if self.waiting.len() > MOST_REQUESTS
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.waiting.remove(&oldest);
        }
        None
    }

    /// Takes an answer, and tells what it answers.
    pub(crate) fn answer(
        &mut self,
        place: Place,
        invoke_id: u32,
        table: &'static Table,
        problems: &mut Vec<Problem>,
    ) -> Option<Answered> {
        let number = table.number;
        match self.waiting.get(&invoke_id).copied() {
            Some(asked) if fits(asked.number, number) => {
                self.waiting.remove(&invoke_id);
                self.by_age.remove(&asked.index);
                if !REFUSALS.contains(&number) && is_control(asked.number) {
                    self.ignores = Some(false);
                }
                let times = place.time.zip(asked.time);
                return Some(Answered {
                    name: asked.name,
                    after: times.map(|(time, asked)| time.since(asked)),
                    wanted: asked.wanted,
                });
            }
            Some(asked) if place.whole => problems.push(Problem::WrongConfirmation {
                invoke_id,
                asked: asked.name,
            }),
            // The session has no place for it but a request that is forgotten.
            None if number == MessageType::CONTROL_FAILURE_CONF && self.ignores == Some(true) => {}
            None if place.whole && place.is_session => {
                problems.push(Problem::NoRequest(invoke_id));
            }
            // Its request may have been sent before the capture began, or been lost, or is still
            // to be read.
            Some(_) | None => {
                if self.early.len() < MOST_REQUESTS {
                    let early = Early {
                        time: place.time,
                        number,
                        held: None,
                    };
                    self.early.insert(invoke_id, early);
                }
            }
        }
        None
    }

    /// Keeps the answer that was read last until its request is, if that is still to come.
    pub(crate) fn hold(&mut self, invoke_id: u32, answer: Record) {
        if self.held < MOST_HELD
            && let Some(early) = self.early.get_mut(&invoke_id)
            && early.held.replace(answer).is_none()
        {
            self.held += 1;
        }
    }

    /// Bytes of the server were lost: answers may have been among them.
    pub(crate) fn lose_answers(&mut self) {
        for asked in self.waiting.values_mut() {
            if asked.due == Due::Yes {
                asked.due = Due::MayBeLost;
            }
        }
    }

    /// What waits at the end, the oldest first.
    pub(crate) fn finish(&mut self) -> Vec<(u32, Asked)> {
        let waiting = std::mem::take(&mut self.waiting);
        let by_age = std::mem::take(&mut self.by_age).into_values();
        by_age
            .filter_map(|invoke_id| waiting.get(&invoke_id).map(|asked| (invoke_id, *asked)))
            .collect()
    }

    fn due(&self, request: MessageType) -> Due {
        match self.ignores {
            _ if !is_control(request) => Due::Yes,
            Some(false) => Due::Yes,
            Some(true) => Due::No,
            None => Due::Unknown,
        }
    }
}

/// Whether some sessions have no confirmation of the request.
fn is_control(request: MessageType) -> bool {
    Pair::of(request).is_some_and(|pair| pair.confirmed == Confirmed::UnlessIgnored)
}

/// Whether a confirmation can be the answer to a request.
fn fits(request: MessageType, confirmation: MessageType) -> bool {
    REFUSALS.contains(&confirmation)
        || Pair::of(request).is_none_or(|pair| pair.confirmation.number == confirmation)
}

/// They come in the place of any confirmation.
const REFUSALS: [MessageType; 2] = [MessageType::FAILURE_CONF, MessageType::CONTROL_FAILURE_CONF];

/// Requests of a session that may wait for an answer, and answers for their requests.
const MOST_REQUESTS: usize = 10_000;

/// Early answers that are held to be shown later.
const MOST_HELD: usize = 64;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PLACE: Place = Place {
        time: Some(Timestamp(Duration::ZERO)),
        whole: true,
        is_session: true,
    };

    fn pair(request: MessageType) -> &'static Pair {
        Pair::of(request).unwrap()
    }

    #[test]
    fn the_oldest_request_is_forgotten_first() {
        let mut requests = Requests::default();
        let table = pair(MessageType::QUERY_AGENT_STATE_REQ).request;
        // The later the lower, but for the first one.
        let most = u32::try_from(MOST_REQUESTS).unwrap();
        requests.ask(PLACE, u32::MAX, table, true, &mut Vec::new());
        for invoke_id in (0..most).rev() {
            requests.ask(PLACE, invoke_id, table, true, &mut Vec::new());
        }
        let waiting = requests.finish();
        assert_eq!(waiting.len(), MOST_REQUESTS);
        assert_eq!(waiting[0].0, most - 1);
        assert_eq!(waiting[MOST_REQUESTS - 1].0, 0);
    }

    #[test]
    fn a_confirmation_of_a_control_request_shows_that_they_come() {
        let mut requests = Requests::default();
        let Pair {
            request,
            confirmation,
            ..
        } = pair(MessageType::ANSWER_CALL_REQ);
        requests.ask(PLACE, 1, request, true, &mut Vec::new());
        assert!(
            requests
                .answer(PLACE, 1, confirmation, &mut Vec::new())
                .is_some()
        );
        requests.ask(PLACE, 2, request, true, &mut Vec::new());
        assert_eq!(requests.finish()[0].1.due, Due::Yes);
    }
}
