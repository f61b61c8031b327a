//! What the engine reports of calls.

use super::{
    Core, Moment,
    dialog::{CallState, Dialog},
    engine::{CallAction, CallEvent, CallId, EngineRequest, Failure},
    pending::{Object, Request},
    xml::{self, Verb},
};

impl Core {
    pub(super) fn call_reported(&mut self, now: Moment, id: CallId, event: &CallEvent) {
        if !self.is_in_service() {
            return;
        }
        if *event == CallEvent::Ended {
            // Nobody was told of a call that is not known.
            if let Some(dialog) = self.world.dialogs.remove(&id) {
                self.call_ended(now, dialog);
            }
            return;
        }
        let before = self.world.dialogs.get(&id).cloned();
        if !self.world.report_call(now, id, event) {
            return;
        }
        let changed = self.world.dialogs.get(&id) != before.as_ref();
        self.publish_dialog(now, id, changed, Some(event));
        self.publish_media_states(now, &before.unwrap_or_else(|| Dialog::new(id)));
    }

    /// The agent on this line began or ended wrap-up.
    pub(super) fn wrap_up_reported(
        &mut self,
        now: Moment,
        login_id: &str,
        line: &str,
        wraps_up: bool,
    ) {
        let told = self.world.dialogs_of(login_id).map(|dialog| dialog.id);
        for id in told.collect::<Vec<_>>() {
            let changed = self
                .world
                .dialogs
                .get_mut(&id)
                .is_some_and(|dialog| dialog.wrap_up(now.utc, line, wraps_up));
            if changed {
                self.publish_dialog(now, id, true, None);
            }
            if self
                .world
                .dialogs
                .get(&id)
                .is_some_and(Dialog::ends_with_wrap_up)
                && let Some(dialog) = self.world.dialogs.remove(&id)
            {
                self.call_ended(now, dialog);
            }
        }
    }

    /// A user who signs in is told of the calls that are on the line already.
    pub(super) fn publish_calls_on_line_of(&mut self, now: Moment, login_id: &str) {
        let Some(agent) = self.world.agents.get(login_id) else {
            return;
        };
        let line = agent.extension.as_str();
        let calls = self
            .world
            .dialogs
            .values()
            .filter(|dialog| dialog.engages(line));
        for id in calls.map(|dialog| dialog.id).collect::<Vec<_>>() {
            self.publish_dialog(now, id, false, None);
        }
    }

    /// The engine made the call that a request asked for. Where its first event came before the
    /// requester could be known from it, the dialog as it stands is the answer.
    pub(super) fn new_call_confirmed(
        &mut self,
        now: Moment,
        object: &Object,
        call: Option<CallId>,
    ) {
        let (Object::Dialogs(user), Some(id)) = (object, call) else {
            return;
        };
        if !self
            .world
            .dialogs
            .get(&id)
            .is_some_and(|dialog| dialog.told.contains(user))
        {
            return;
        }
        if let Some(request_id) = self.requests.claim(object, |_| true) {
            self.publish_dialog_to(now, id, user, Verb::Put, &request_id);
        }
    }

    /// Tells every agent on the call: who joined, that it is there; the others, that it changed.
    pub(super) fn publish_dialog(
        &mut self,
        now: Moment,
        id: CallId,
        changed: bool,
        event: Option<&CallEvent>,
    ) {
        let Some(dialog) = self.world.dialogs.get(&id) else {
            return;
        };
        let parties = dialog
            .participants
            .iter()
            .filter(|party| party.state != CallState::Dropped);
        let joined = parties.filter_map(|party| {
            let user = self.world.agent_on(&party.address)?;
            (!dialog.told.contains(user)).then(|| (user.to_owned(), party.address.clone()))
        });
        let joined: Vec<(String, String)> = joined.collect();
        let told: Vec<String> = dialog.told.iter().cloned().collect();

        let object = Object::Dialog(id);
        for user in told {
            let answers = |request: &Request| {
                request.user == user
                    && event.is_some_and(|event| answers(request, event))
                    && self.world.has_asked_data(id, request)
            };
            let answered = self.requests.claim(&object, answers);
            if changed || answered.is_some() {
                let request_id = answered.unwrap_or_default();
                self.publish_dialog_to(now, id, &user, Verb::Put, &request_id);
            }
        }
        // Not before all have been told: the event answers nothing that is only asked because of it.
        self.send_next(now, &object);
        for (user, line) in joined {
            if let Some(dialog) = self.world.dialogs.get_mut(&id) {
                dialog.told.insert(user.clone());
            }
            let object = Object::Dialogs(user.clone());
            let is_caller = event.is_some_and(|event| caller(event) == Some(line.as_str()));
            let answered = self
                .requests
                .claim(&object, |_| is_caller)
                .unwrap_or_default();
            self.publish_dialog_to(now, id, &user, Verb::Post, &answered);
            self.send_next(now, &object);
        }
    }

    /// Publishes a dialog on one user's node.
    pub(super) fn publish_dialog_to(
        &mut self,
        now: Moment,
        id: CallId,
        user: &str,
        verb: Verb,
        request_id: &str,
    ) {
        if let Some(dialog) = self.world.dialogs.get(&id) {
            let node = xml::dialogs_uri(user);
            let update = match verb {
                Verb::Put => {
                    let source = xml::object_uri(&Object::Dialog(id));
                    xml::update(verb, request_id, &source, |doc| {
                        xml::dialog(doc, "dialog", &self.world, dialog);
                    })
                }
                Verb::Post | Verb::Delete => xml::update(verb, request_id, &node, |doc| {
                    xml::dialogs(doc, "dialogs", &self.world, [dialog].into_iter());
                }),
            };
            self.publish(now, node, update);
        }
    }

    /// The call is over: whatever was asked of it gets its answer, and `DELETE` is the last event.
    pub(super) fn call_ended(&mut self, now: Moment, mut dialog: Dialog) {
        let id = dialog.id;
        let before = dialog.clone();
        dialog.apply(now.utc, &CallEvent::Ended, &|_| false);
        let users = dialog.told.clone();
        self.world.dialogs.insert(id, dialog);

        let object = Object::Dialog(id);
        let mut hung_up: Vec<Request> = Vec::new();
        for request in self.requests.take_object(&object) {
            let is_drop = matches!(request.control(), Some((_, CallAction::Drop)));
            if is_drop && !hung_up.iter().any(|other| other.user == request.user) {
                hung_up.push(request);
            } else {
                self.publish_failure(now, &object, &request, &Failure::invalid_state());
            }
        }
        for user in users {
            let asked = hung_up.iter().find(|request| request.user == user);
            let request_id = asked.map_or("", |request| request.id.as_str());
            self.publish_dialog_to(now, id, &user, Verb::Delete, request_id);
        }
        self.world.dialogs.remove(&id);
        self.publish_media_states(now, &before);
    }

    /// Tells the teams of those agents on the call whose `mediaState` it changed.
    fn publish_media_states(&mut self, now: Moment, before: &Dialog) {
        let after = self.world.dialogs.get(&before.id);
        let parties = after.unwrap_or(before).participants.iter();
        let changed = parties.filter(|party| {
            let engaged = after.is_some_and(|dialog| dialog.engages(&party.address));
            engaged != before.engages(&party.address)
        });
        let users = changed.filter_map(|party| self.world.agent_on(&party.address));
        for user in users.map(str::to_owned).collect::<Vec<_>>() {
            self.publish_summary(now, &user);
        }
    }
}

/// Whether an event is what a request asked for.
fn answers(request: &Request, event: &CallEvent) -> bool {
    if let EngineRequest::SetCallData { .. } = request.asks {
        return matches!(event, CallEvent::Data(_));
    }
    let Some((line, action)) = request.control() else {
        return false;
    };
    match (action, event) {
        (CallAction::Answer, CallEvent::Established { answering, .. }) => answering == line,
        (CallAction::Hold, CallEvent::Held { device })
        | (CallAction::Retrieve, CallEvent::Retrieved { device })
        | (CallAction::Drop, CallEvent::ConnectionCleared { device }) => device == line,
        (CallAction::Drop, CallEvent::Cleared) => true,
        _ => false,
    }
}

/// Who places the call, where an event says so.
fn caller(event: &CallEvent) -> Option<&str> {
    match event {
        CallEvent::ServiceInitiated { calling }
        | CallEvent::Originated { calling, .. }
        | CallEvent::Delivered { calling, .. } => Some(calling),
        CallEvent::Began(_)
        | CallEvent::Established { .. }
        | CallEvent::Held { .. }
        | CallEvent::Retrieved { .. }
        | CallEvent::Failed { .. }
        | CallEvent::ConnectionCleared { .. }
        | CallEvent::Cleared
        | CallEvent::Ended
        | CallEvent::Data(_)
        | CallEvent::Snapshot { .. } => None,
    }
}
