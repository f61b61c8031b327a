//! The engine comes and goes.
//!
//! ```text
//!          engine_connected            engine_ready
//!   OUT ---------------------> BUILD ----------------> IN
//!    ^                           |                     |
//!    +------ engine_lost --------+------ engine_lost --+
//! ```
//!
//! While the picture is built nothing is published and the old picture is kept, so that users get what
//! changed meanwhile, and calls that began and ended unseen leave no trace.
//!
//! An engine that is asked which calls are on a line does not name one that is over. As long as its agent
//! wraps up, such a call is kept nevertheless: the reason for it can still be given.

use super::{
    Core, EngineEvent, Failure, Moment, Service,
    dialog::Dialog,
    xml::{self, Doc, Verb},
};

impl Core {
    /// A session with the engine is open; what is reported now is the picture of its world.
    pub fn engine_connected(&mut self, now: Moment) {
        self.engine_lost(now);
        if let Service::Out { since, .. } = self.service {
            self.service = Service::Rebuilding {
                world: Box::default(),
                reports: Vec::new(),
                since,
                heard: Some(now.utc),
            };
        }
    }

    /// The picture is complete: in service. Publishes that, and then the last state of everything.
    pub fn engine_ready(&mut self, now: Moment) {
        let ready = Service::In {
            since: now.utc,
            heard: now.utc,
        };
        let (mut new, reports) = match core::mem::replace(&mut self.service, ready) {
            Service::Rebuilding { world, reports, .. } => (*world, reports),
            other @ (Service::Out { .. } | Service::In { .. }) => {
                self.service = other;
                return;
            }
        };
        for (at, report) in &reports {
            match report {
                EngineEvent::AgentState(report) => {
                    new.report_agent(*at, report);
                }
                EngineEvent::Call { id, event } => {
                    new.report_call(*at, *id, event);
                }
                EngineEvent::Agent(_)
                | EngineEvent::AgentRemoved { .. }
                | EngineEvent::Queue(_)
                | EngineEvent::Team(_)
                | EngineEvent::TeamRemoved { .. }
                | EngineEvent::Confirmed { .. }
                | EngineEvent::Refused { .. } => {}
            }
        }
        let mut old = core::mem::take(&mut self.world);

        for (login_id, agent) in &mut new.agents {
            if let Some(known) = old.agents.remove(login_id) {
                if agent.state == known.state {
                    agent.state_changed = known.state_changed;
                    agent.reason = agent.reason.or(known.reason);
                }
                if agent.state.is_on_call() || agent.state.is_wrap_up() {
                    agent.pending = agent.pending.or(known.pending);
                }
            }
        }
        let mut gone: Vec<Dialog> = Vec::new();
        for (id, known) in old.dialogs {
            if let Some(dialog) = new.dialogs.get_mut(&id) {
                dialog.inherit(&known);
            } else if new.wraps_up(&known) {
                new.dialogs.insert(id, known.left_out(now.utc));
            } else {
                gone.push(known);
            }
        }
        for agent in new.agents.values() {
            for dialog in new.dialogs.values_mut() {
                if agent.state.is_wrap_up() {
                    dialog.wrap_up(now.utc, &agent.extension, true);
                }
            }
        }
        self.world = new;

        self.publish_system_info(now);
        for (object, request) in core::mem::take(&mut self.owed) {
            self.publish_failure(now, &object, &request, &Failure::out_of_service());
        }
        for dialog in gone {
            self.call_ended(now, dialog);
        }
        for (login_id, agent) in old.agents {
            let uri = xml::user_uri(&login_id);
            let update = xml::update(Verb::Delete, "", &uri, |doc| {
                xml::user(doc, "user", &self.config, &self.world, &agent);
            });
            self.publish(now, uri, update);
        }
        self.publish_objects(now);
    }

    /// The session with the engine is gone: out of service at once.
    pub fn engine_lost(&mut self, now: Moment) {
        match &self.service {
            Service::Out { .. } => {}
            Service::Rebuilding { since, heard, .. } => {
                self.service = Service::Out {
                    since: *since,
                    heard: *heard,
                };
            }
            Service::In { heard, .. } => {
                self.service = Service::Out {
                    since: now.utc,
                    heard: Some(*heard),
                };
                self.owed.extend(self.requests.take_all());
                self.publish_system_info(now);
            }
        }
    }

    /// The engine showed that it lives, by an event or a heartbeat.
    pub fn heard(&mut self, now: Moment) {
        match &mut self.service {
            Service::Out { .. } => {}
            Service::Rebuilding { heard, .. } => *heard = Some(now.utc),
            Service::In { heard, .. } => *heard = now.utc,
        }
    }

    /// Publishes the last state of everything; out of service, only that.
    pub(super) fn publish_everything(&mut self, now: Moment) {
        self.publish_system_info(now);
        if self.is_in_service() {
            self.publish_objects(now);
        }
    }

    fn publish_objects(&mut self, now: Moment) {
        for id in self.world.dialogs.keys().copied().collect::<Vec<_>>() {
            self.publish_dialog(now, id, true, None);
        }
        for login_id in self.world.agents.keys().cloned().collect::<Vec<_>>() {
            self.publish_user(now, &login_id, "");
        }
    }

    fn publish_system_info(&mut self, now: Moment) {
        let uri = xml::system_info_uri();
        let update = xml::update(Verb::Put, "", &uri, |doc: &mut Doc| {
            self.write_system_info(doc, "systemInfo", now);
        });
        self.publish(now, uri, update);
    }
}
