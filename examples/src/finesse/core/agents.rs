//! What the engine reports of agents, and what it answers to requests.

use super::{
    AgentState, Core, Moment,
    engine::{AgentRecord, AgentReport, AskedState, CallId, EngineRequest, Failure, Token},
    model::Agent,
    pending::{Object, Request},
    reason::PRESENCE_REASON,
    xml::{self, Verb},
};

impl Core {
    pub(super) fn agent_configured(&mut self, now: Moment, record: AgentRecord) {
        let login_id = record.login_id.clone();
        if self.reported_world().configure_agent(now, record) && self.is_in_service() {
            self.publish_user(now, &login_id, "");
        }
    }

    pub(super) fn agent_removed(&mut self, now: Moment, login_id: &str) {
        let Some(agent) = self.reported_world().remove_agent(login_id) else {
            return;
        };
        if !self.is_in_service() {
            return;
        }
        for object in [
            Object::Dialogs(login_id.to_owned()),
            Object::User(login_id.to_owned()),
        ] {
            for request in self.requests.take_object(&object) {
                self.publish_failure(now, &object, &request, &Failure::invalid_state());
            }
        }
        let uri = xml::user_uri(login_id);
        let update = xml::update(Verb::Delete, "", &uri, |doc| {
            xml::user(doc, "user", &self.config, &self.world, &agent);
        });
        self.publish(now, uri, update);
    }

    pub(super) fn agent_reported(&mut self, now: Moment, report: &AgentReport) {
        let login_id = report.login_id.as_str();
        if !self.is_in_service() {
            return;
        }
        let Some(before) = self.world.agents.get(login_id).cloned() else {
            return;
        };
        let Some(changed) = self.world.report_agent(now, report) else {
            return;
        };
        let signed_in = before.state == AgentState::Logout && report.state != AgentState::Logout;
        if signed_in {
            self.user_signed_in(login_id);
        } else if report.state == AgentState::Logout {
            self.presence.settled(login_id);
        }

        // The dialog goes first where one event changes both.
        let wraps_up = report.state.is_wrap_up();
        if before.state.is_wrap_up() != wraps_up {
            self.wrap_up_reported(now, login_id, &before.extension, wraps_up);
        }
        if signed_in {
            self.publish_calls_on_line_of(now, login_id);
        }

        let object = Object::User(login_id.to_owned());
        let answers = |request: &Request| {
            request.asked_state().is_some_and(|asked| {
                is_effect(asked, report.state)
                    || report.next.is_some_and(|next| is_effect(asked, next))
            })
        };
        let answered = self.requests.claim(&object, answers);
        if changed || answered.is_some() {
            self.publish_user(now, login_id, answered.as_deref().unwrap_or_default());
        }
        self.send_next(now, &object);
    }

    pub(super) fn confirmed(&mut self, now: Moment, token: Token, call: Option<CallId>) {
        let Some((object, unanswered)) = self.requests.confirm(now.monotonic, token) else {
            return;
        };
        if let Some(request) = unanswered {
            match request.asked_state() {
                Some(asked) => self.set_pending(now, &object, &request, asked),
                None => self.new_call_confirmed(now, &object, call),
            }
        }
        self.send_next(now, &object);
    }

    pub(super) fn refused(&mut self, now: Moment, token: Token, failure: &Failure) {
        let Some((object, request)) = self.requests.refuse(token) else {
            return;
        };
        if let Some(request) = request {
            self.publish_failure(now, &object, &request, failure);
        }
        self.send_next(now, &object);
    }

    /// A state that was asked for during a call begins when the call ends.
    fn set_pending(&mut self, now: Moment, object: &Object, request: &Request, asked: AskedState) {
        let pending = match asked {
            AskedState::Ready => AgentState::Ready,
            AskedState::NotReady => AgentState::NotReady,
            AskedState::Logout => AgentState::Logout,
            AskedState::Login => return,
        };
        let EngineRequest::SetAgentState { login_id, .. } = &request.asks else {
            return;
        };
        let Some(agent) = self.world.agents.get_mut(login_id) else {
            return;
        };
        if !agent.state.is_on_call() {
            return;
        }
        agent.pending = Some(pending);
        let login_id = login_id.clone();
        if let Some(id) = self.requests.claim(object, |_| true) {
            self.publish_user(now, &login_id, &id);
        }
    }

    /// A request was carried out and changed nothing: its answer is the object as it stands.
    pub(super) fn publish_unchanged(&mut self, now: Moment, object: &Object, request: &Request) {
        match object {
            Object::User(login_id) if self.world.agents.contains_key(login_id) => {
                self.publish_user(now, login_id, &request.id);
            }
            // Confirmed, but what the call has is not what was asked for.
            Object::Dialog(id) if !self.world.has_asked_data(*id, request) => {
                self.publish_failure(now, object, request, &Failure::not_done());
            }
            Object::Dialog(id) if self.world.dialogs.contains_key(id) => {
                self.publish_dialog_to(now, *id, &request.user, Verb::Put, &request.id);
            }
            Object::User(_) | Object::Dialogs(_) | Object::Dialog(_) => {
                self.publish_failure(now, object, request, &Failure::timeout());
            }
        }
    }

    /// The user is at work, with or without a desktop: no sign-out is forced for what was lost before.
    pub(super) fn user_signed_in(&mut self, login_id: &str) {
        self.presence.settled(login_id);
        self.requests
            .withdraw_forced(&Object::User(login_id.to_owned()));
    }

    /// Signs out a user whose desktop is gone.
    pub(super) fn force_sign_out(&mut self, now: Moment, login_id: &str) {
        let signed_in = |agent: &&Agent| agent.state != AgentState::Logout;
        let Some(agent) = self.world.agents.get(login_id).filter(signed_in) else {
            self.presence.settled(login_id);
            return;
        };
        if agent.pending == Some(AgentState::Logout) {
            return;
        }
        let request = Request {
            id: String::new(),
            user: login_id.to_owned(),
            asks: EngineRequest::SetAgentState {
                login_id: login_id.to_owned(),
                extension: agent.extension.clone(),
                state: AskedState::Logout,
                reason: PRESENCE_REASON,
                forced: true,
            },
        };
        let object = Object::User(login_id.to_owned());
        // At most one waits. A queue that is full leaves it for the next time.
        self.requests.withdraw_forced(&object);
        let _ = self.submit(now, &object, request);
    }

    /// Publishes a user on the own node and, in short, on those of the teams.
    pub(super) fn publish_user(&mut self, now: Moment, login_id: &str, request_id: &str) {
        let Some(agent) = self.world.agents.get(login_id) else {
            return;
        };
        let uri = xml::user_uri(login_id);
        let update = xml::update(Verb::Put, request_id, &uri, |doc| {
            xml::user(doc, "user", &self.config, &self.world, agent);
        });
        self.publish(now, uri, update);
        self.publish_summary(now, login_id);
    }

    /// Publishes a user in short on the nodes of the teams.
    pub(super) fn publish_summary(&mut self, now: Moment, login_id: &str) {
        let Some(agent) = self.world.agents.get(login_id) else {
            return;
        };
        let update = xml::update(Verb::Put, "", &xml::user_uri(login_id), |doc| {
            xml::user_summary(doc, "user", &self.config, &self.world, agent);
        });
        let teams: Vec<u32> = self.world.teams_of(login_id).map(|(id, _)| id).collect();
        for team in teams {
            self.publish(now, xml::team_users_uri(team), update.clone());
        }
    }
}

/// Whether a state is what was asked for.
fn is_effect(asked: AskedState, state: AgentState) -> bool {
    match asked {
        AskedState::Login => state != AgentState::Logout,
        AskedState::Logout => state == AgentState::Logout,
        AskedState::Ready => state == AgentState::Ready,
        AskedState::NotReady => state == AgentState::NotReady,
    }
}
