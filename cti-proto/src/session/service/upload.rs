//! Long answers in pieces, as fast as the client takes them: configuration and teams.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::store::{ConfigSection, encoded, wrapped};
use super::{ConfigKey, ConfigStore, ConnectionId, Service};
use crate::code::{ConfigEndStatus, ConfigMask, ConfigType, ServiceMask};
use crate::message::{ConfigEndEvent, ConfigRequestEvent, Message};
use crate::session::server::Server;
use crate::version::{Dialect, Version};

/// What waits behind a client's outbox. The pieces are shared with other clients.
#[derive(Debug, Default)]
pub(super) struct Upload {
    queue: VecDeque<Arc<[Bytes]>>,
    /// Messages of the first one that are out.
    at: usize,
    /// Whether an answer to CONFIG_REQUEST_EVENT is among them.
    answers_request: bool,
    /// Whether an answer to TEAM_CONFIG_REQ is among them.
    answers_team_request: bool,
}

impl Upload {
    pub(super) fn push(&mut self, messages: Arc<[Bytes]>) {
        self.queue.push_back(messages);
    }

    /// Moves messages into the outbox while it is nearly empty.
    pub(super) fn pump(&mut self, session: &mut Server) {
        while let Some(messages) = self.queue.front() {
            let window = WINDOW.min(session.max_unsent() / 4).max(1);
            if !session.is_open() || session.unsent().len() >= window {
                return;
            }
            let Some(message) = messages.get(self.at) else {
                self.queue.pop_front();
                self.at = 0;
                continue;
            };
            self.at += 1;
            if session.send_shared(message.clone()).is_err() {
                return;
            }
        }
        self.answers_request = false;
        self.answers_team_request = false;
    }

    /// Whether as much waits as may: the client takes nothing.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= MAX_UPDATES
    }

    /// Begins to answer TEAM_CONFIG_REQ, unless that is being done. Each answer is a copy of all
    /// teams: a client that asks and does not read must not collect them here.
    pub(super) fn begin_team_answer(&mut self) -> bool {
        !core::mem::replace(&mut self.answers_team_request, true)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Service {
    /// The configuration that clients can upload.
    pub const fn config_store(&self) -> &ConfigStore {
        &self.store
    }

    /// Replaces it. Uploads that run go on with what they began; nobody is told: see
    /// [`Service::publish_config`].
    pub fn set_config_store(&mut self, store: ConfigStore) {
        self.store = store;
    }

    /// Sends changed records, each with its RecordType, to the clients that asked for configuration
    /// of this kind, behind whatever they are uploading; returns how many get them. `key` is the
    /// new key of the kind. The store is not changed.
    pub fn publish_config(
        &mut self,
        now: Duration,
        key: ConfigKey,
        records: &ConfigSection,
    ) -> usize {
        let Some(mask) = records.mask(self.session.dialect) else {
            return 0;
        };
        let mut by_version: Vec<(Version, Arc<[Bytes]>)> = Vec::new();
        let clients: Vec<ConnectionId> = self.directory.configured.iter().copied().collect();
        let mut sent = 0;
        for client in clients {
            let Some(party) = self.parties.get_mut(&client) else {
                continue;
            };
            let wanted = party.client.config_records;
            let Some(version) = party
                .session
                .version()
                .filter(|_| wanted == ConfigMask::NONE || wanted.contains(mask))
            else {
                continue;
            };
            if party.upload.is_full() {
                // It takes nothing: as slow as one whose outbox is full.
                party.session.close_slow();
                self.settle(now, client);
                continue;
            }
            let known = by_version.iter().find(|(known, _)| *known == version);
            let messages = if let Some((_, messages)) = known {
                Arc::clone(messages)
            } else {
                let update = ConfigType::UNSOLICITED_UPDATE;
                let messages = Arc::from(wrapped(version, update, mask, key, Some(records)));
                by_version.push((version, Arc::clone(&messages)));
                messages
            };
            party.upload.push(messages);
            party.upload.pump(&mut party.session);
            self.settle(now, client);
            sent += 1;
        }
        sent
    }

    /// CONFIG_REQUEST_EVENT: mask 0 asks for updates only.
    pub(super) fn on_config_request(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        request: &ConfigRequestEvent,
    ) {
        let dialect = self.session.dialect;
        let Some(party) = self.parties.get_mut(&connection) else {
            return;
        };
        let Some(version) = party.session.version() else {
            return;
        };
        let services = party.session.services();
        let wanted = request.config_information;
        let refusal = if dialect == Dialect::Uccx && !services.contains(ServiceMask::CONFIG_EVENTS)
        {
            Some(ConfigEndStatus::NO_SERVICE_PROVIDER)
        } else if wanted.without(ConfigMask::KNOWN) != ConfigMask::NONE
            || party.upload.answers_request
        {
            // One request at a time.
            Some(ConfigEndStatus::INVALID)
        } else {
            None
        };
        if let Some(status) = refusal {
            let end = ConfigEndEvent::with(|end| end.status = status);
            // Refused by service, it would be filtered by it, too.
            if let Ok(bytes) = encoded(version, &end.into()) {
                self.hand(connection, bytes);
            }
            return;
        }
        self.directory.configured.insert(connection);
        if request.config_msg_mask != ConfigMask::NONE {
            party.client.config_records = request.config_msg_mask;
        }
        for messages in self.store.upload(version, wanted) {
            party.upload.answers_request = true;
            party.upload.push(messages);
        }
        party.upload.pump(&mut party.session);
        self.settle(now, connection);
    }

    /// CONFIG_REQUEST_KEY_EVENT.
    pub(super) fn on_config_key_request(&mut self, now: Duration, connection: ConnectionId) {
        let keys = self.store.keys().into();
        let _ = self.send_one(now, connection, &keys);
    }
}

/// Messages in the layout of a version; what it does not have is left out. That their fields fit was
/// seen to before: [`Service::set_team`].
pub(super) fn pages(version: Version, messages: &[Message]) -> Vec<Bytes> {
    let written = messages.iter().map(|message| encoded(version, message));
    written.filter_map(Result::ok).collect()
}

/// Bytes of an upload that wait in an outbox; events find room beside them.
const WINDOW: usize = 65_536;
/// Updates that wait for a client.
const MAX_UPDATES: usize = 1_024;
