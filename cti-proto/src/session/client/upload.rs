//! The upload of configuration as one operation. GED-188, "Configuration messages".
//!
//! ```text
//!          upload, keys known           a key differs
//!   ┌──────┐             ┌───────────┐               ┌───────────┐
//!   │ Idle ├────────────►│ Comparing ├──────────────►│ Receiving │
//!   └──────┘             └─────┬─────┘               └─────┬─────┘
//!       ▲                      │ keys equal, refused       │ each kind ended, refused
//!       │                      │ silence                   │ silence
//!       └──────────────────────┴───────────────────────────┘
//! ```
//!
//! Without known keys an upload begins at `Receiving`. The end of the session ends it anywhere.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "an upload names the few messages it acts on"
)]

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use crate::code::{ConfigEndStatus, ConfigKeyStatus, ConfigMask, ConfigType, PeripheralId};
use crate::message::{
    ConfigBeginEvent, ConfigEndEvent, ConfigKeyEvent, ConfigRequestEvent, ConfigRequestKeyEvent,
    Message,
};
use crate::session::ConfigKey;
use crate::session::client::Event;
use crate::session::client::records::{ConfigKeys, ConfigKind, ConfigRecords};
use crate::version::{Dialect, Version};

/// What to upload.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConfigUpload {
    /// The kinds of records. Bits of kinds that the version does not have are left out. With none,
    /// nothing is uploaded and the server is told that changes are welcome.
    pub kinds: ConfigMask,
    /// The keys of what the application holds. A kind whose key is still the server's is not
    /// uploaded; without any key the server's are not asked for.
    pub known: ConfigKeys,
    /// The switch whose records are wanted (UCCE); `None` for the one of OPEN_REQ, which is none in
    /// bridge mode.
    pub peripheral_id: Option<PeripheralId>,
    /// Customer whose records are meant; of hosted systems.
    pub customer_id: Option<u32>,
}

impl ConfigUpload {
    /// All records of `kinds`.
    pub const fn new(kinds: ConfigMask) -> Self {
        Self {
            kinds,
            known: ConfigKeys::new(),
            peripheral_id: None,
            customer_id: None,
        }
    }

    /// Leaves out the kinds that did not change since these keys were told.
    #[must_use]
    pub fn known(mut self, keys: ConfigKeys) -> Self {
        self.known = keys;
        self
    }

    /// The switch whose records are wanted.
    #[must_use]
    pub const fn peripheral_id(mut self, peripheral_id: PeripheralId) -> Self {
        self.peripheral_id = Some(peripheral_id);
        self
    }

    /// Customer whose records are meant.
    #[must_use]
    pub const fn customer_id(mut self, customer_id: u32) -> Self {
        self.customer_id = Some(customer_id);
        self
    }
}

/// Progress of an upload, and changes of the configuration outside of one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigEvent {
    /// The keys were compared. `unchanged` are not uploaded, `needed` follow.
    Compared {
        /// Kinds whose records the application holds as they are.
        unchanged: Vec<ConfigKind>,
        /// Kinds that are uploaded.
        needed: Vec<ConfigKind>,
    },
    /// Records of the upload, as they come. They replace what the application held of their kind
    /// once the upload is done.
    Uploaded(ConfigRecords),
    /// The upload is over: each kind was ended by the server.
    Done(UploadSummary),
    /// The upload is over, and `summary.missing` did not come, or not whole.
    Failed {
        /// Why.
        failure: UploadFailure,
        /// What came before.
        summary: UploadSummary,
    },
    /// Records that were added, changed or deleted outside of an upload; each tells which by its
    /// `record_type`.
    Changed(ConfigRecords),
    /// A batch of changes is over.
    ChangesEnd {
        /// The kinds that it named.
        kinds: Vec<ConfigKind>,
        /// Their keys from now on, as far as it told.
        keys: ConfigKeys,
        /// How it ended.
        status: ConfigEndStatus,
    },
}

/// What came of an upload.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct UploadSummary {
    /// To be kept and given to the next [`ConfigUpload::known`]: the keys of all kinds that are
    /// unchanged or came whole.
    pub keys: ConfigKeys,
    /// Kinds that were not uploaded because their keys are still the same.
    pub unchanged: Vec<ConfigKind>,
    /// Kinds that the server began and ended.
    pub uploaded: BTreeMap<ConfigKind, Uploaded>,
    /// Kinds that were asked for and not ended.
    pub missing: Vec<ConfigKind>,
}

impl UploadSummary {
    /// Whether the application now holds all it asked for.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.uploaded.values().all(|kind| is_whole(kind.status))
    }
}

/// What came of one kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Uploaded {
    /// How many records came.
    pub records: u64,
    /// What CONFIG_END_EVENT said: success or empty, or that records are missing.
    pub status: ConfigEndStatus,
}

/// Why an upload ended early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UploadFailure {
    /// CONFIG_KEY_EVENT refused to tell the keys.
    KeysRefused(ConfigKeyStatus),
    /// CONFIG_END_EVENT without any CONFIG_BEGIN_EVENT. In UCCX status 1 means that OPEN_REQ did
    /// not ask for CTI_SERVICE_CONFIG_EVENTS.
    Refused(ConfigEndStatus),
    /// The server sent nothing more of the upload for
    /// [`Config::upload_silence`](crate::session::client::Config::upload_silence).
    Silent,
    /// The session ended.
    Closed,
}

/// Configuration in one session.
#[derive(Debug)]
pub(super) struct Uploads {
    version: Version,
    silence: Duration,
    /// Since the first upload, configuration messages are no longer handed out as they are.
    listens: bool,
    /// Between CONFIG_BEGIN_EVENT and CONFIG_END_EVENT.
    batch: Option<Batch>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Batch {
    purpose: Purpose,
    kinds: BTreeSet<ConfigKind>,
    keys: ConfigKeys,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    Upload,
    Changes,
}

#[derive(Debug)]
struct Running {
    request: ConfigUpload,
    stage: Stage,
    deadline: Duration,
    /// Kinds to come.
    waiting: BTreeSet<ConfigKind>,
    records: BTreeMap<ConfigKind, u64>,
    /// What CONFIG_KEY_EVENT told, for kinds whose CONFIG_BEGIN_EVENT tells no key.
    told: ConfigKeys,
    summary: UploadSummary,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Comparing,
    Receiving,
}

impl Uploads {
    pub(super) const fn new(version: Version, silence: Duration) -> Self {
        Self {
            version,
            silence,
            listens: false,
            batch: None,
            running: None,
        }
    }

    pub(super) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.running.as_ref().map(|running| running.deadline)
    }

    /// The message that begins the upload; [`Uploads::begin`] follows once it is written.
    pub(super) fn opening(&self, request: &ConfigUpload) -> Message {
        if request.known.is_empty() {
            self.config_request(request, &self.kinds(request))
        } else {
            ConfigRequestKeyEvent::with(|event| {
                event.peripheral_id = self.peripheral_id(request);
                event.customer_id = request.customer_id;
            })
            .into()
        }
    }

    pub(super) fn begin(
        &mut self,
        now: Duration,
        request: ConfigUpload,
        events: &mut VecDeque<Event>,
    ) {
        let stage = if request.known.is_empty() {
            Stage::Receiving
        } else {
            Stage::Comparing
        };
        self.listens = true;
        self.running = Some(Running {
            stage,
            deadline: now.saturating_add(self.silence),
            waiting: self.kinds(&request),
            records: BTreeMap::new(),
            told: ConfigKeys::new(),
            summary: UploadSummary::default(),
            request,
        });
        self.end_if_done(events);
    }

    /// Whether [`Uploads::on_message`] is to have `message`.
    pub(super) fn takes(&self, message: &Message) -> bool {
        self.listens
            && match message {
                Message::ConfigKeyEvent(_) => self.is_at(Stage::Comparing),
                Message::ConfigBeginEvent(_) => true,
                Message::ConfigEndEvent(_) => self.batch.is_some() || self.is_at(Stage::Receiving),
                message => ConfigRecords::are_in(message),
            }
    }

    /// Uses a message of configuration, and returns what is to be sent for it.
    pub(super) fn on_message(
        &mut self,
        now: Duration,
        message: Message,
        events: &mut VecDeque<Event>,
    ) -> Option<Message> {
        match message {
            Message::ConfigKeyEvent(event) => return self.on_keys(now, &event, events),
            Message::ConfigBeginEvent(event) => self.on_begin(now, &event),
            Message::ConfigEndEvent(event) => self.on_end(now, &event, events),
            message => {
                if let Some(records) = ConfigRecords::read(message) {
                    self.on_records(now, records, events);
                }
            }
        }
        None
    }

    pub(super) fn handle_timeout(&mut self, now: Duration, events: &mut VecDeque<Event>) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.fail(UploadFailure::Silent, events);
        }
    }

    /// Ends the running upload before its time.
    pub(super) fn fail(&mut self, failure: UploadFailure, events: &mut VecDeque<Event>) {
        if let Some(running) = self.running.take() {
            let summary = running.into_summary();
            events.push_back(Event::Config(ConfigEvent::Failed { failure, summary }));
        }
    }

    fn on_keys(
        &mut self,
        now: Duration,
        event: &ConfigKeyEvent,
        events: &mut VecDeque<Event>,
    ) -> Option<Message> {
        let keys = match event.status {
            ConfigKeyStatus::SUCCESS => ConfigKeys::from(event),
            ConfigKeyStatus::NO_KEY_SUPPORT => ConfigKeys::new(),
            status => {
                self.fail(UploadFailure::KeysRefused(status), events);
                return None;
            }
        };
        let mut running = self.running.take()?;
        let (unchanged, needed): (Vec<_>, Vec<_>) =
            running.waiting.iter().copied().partition(|kind| {
                let known = running.request.known.get(*kind);
                known.is_some() && known == keys.get(*kind)
            });
        for kind in &unchanged {
            if let Some(key) = keys.get(*kind) {
                running.summary.keys.set(*kind, key);
            }
        }
        running.told = keys;
        running.summary.unchanged.clone_from(&unchanged);
        running.waiting = needed.iter().copied().collect();
        running.stage = Stage::Receiving;
        running.deadline = now.saturating_add(self.silence);
        let request = self.config_request(&running.request, &running.waiting);
        self.running = Some(running);
        events.push_back(Event::Config(ConfigEvent::Compared { unchanged, needed }));
        self.end_if_done(events);
        Some(request)
    }

    /// A batch without an end was interrupted; the server may begin its kinds anew.
    fn on_begin(&mut self, now: Duration, event: &ConfigBeginEvent) {
        let kinds: BTreeSet<_> = ConfigKind::of(self.version, event.config_information).collect();
        let mut purpose = Purpose::Changes;
        if let Some(running) = &mut self.running
            && running.stage == Stage::Receiving
            && event.config_type != ConfigType::UNSOLICITED_UPDATE
            && !kinds.is_disjoint(&running.waiting)
        {
            purpose = Purpose::Upload;
            running.deadline = now.saturating_add(self.silence);
            for kind in &kinds {
                running.records.remove(kind);
            }
        }
        self.batch = Some(Batch {
            purpose,
            kinds,
            keys: event.into(),
        });
    }

    fn on_records(&mut self, now: Duration, records: ConfigRecords, events: &mut VecDeque<Event>) {
        let kind = records.kind();
        let uploads = self
            .batch
            .as_ref()
            .is_some_and(|batch| batch.purpose == Purpose::Upload && batch.kinds.contains(&kind));
        if let Some(running) = &mut self.running
            && uploads
        {
            running.deadline = now.saturating_add(self.silence);
            *running.records.entry(kind).or_default() += records.len() as u64;
            events.push_back(Event::Config(ConfigEvent::Uploaded(records)));
        } else {
            events.push_back(Event::Config(ConfigEvent::Changed(records)));
        }
    }

    fn on_end(&mut self, now: Duration, event: &ConfigEndEvent, events: &mut VecDeque<Event>) {
        let status = event.status;
        let batch = self.batch.take();
        let running = self.running.as_mut();
        match (batch, running) {
            (Some(batch), Some(running)) if batch.purpose == Purpose::Upload => {
                running.deadline = now.saturating_add(self.silence);
                for kind in batch.kinds {
                    running.end(kind, batch.keys.get(kind), status);
                }
                self.end_if_done(events);
            }
            (Some(batch), _) => events.push_back(Event::Config(ConfigEvent::ChangesEnd {
                kinds: batch.kinds.into_iter().collect(),
                keys: batch.keys,
                status,
            })),
            // Nothing to begin: the server has no records, or refuses.
            (None, Some(running)) if is_whole(status) => {
                for kind in core::mem::take(&mut running.waiting) {
                    running.end(kind, None, status);
                }
                self.end_if_done(events);
            }
            (None, _) => self.fail(UploadFailure::Refused(status), events),
        }
    }

    fn end_if_done(&mut self, events: &mut VecDeque<Event>) {
        if let Some(running) = self
            .running
            .take_if(|running| running.stage == Stage::Receiving && running.waiting.is_empty())
        {
            let summary = running.into_summary();
            events.push_back(Event::Config(ConfigEvent::Done(summary)));
        }
    }

    fn is_at(&self, stage: Stage) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.stage == stage)
    }

    fn kinds(&self, request: &ConfigUpload) -> BTreeSet<ConfigKind> {
        ConfigKind::of(self.version, request.kinds).collect()
    }

    /// Changes are welcome for all kinds of `request`, uploaded or not.
    fn config_request(&self, request: &ConfigUpload, needed: &BTreeSet<ConfigKind>) -> Message {
        let mask = |kinds: &BTreeSet<ConfigKind>| {
            kinds.iter().fold(ConfigMask::NONE, |mask, kind| {
                mask.with(kind.mask(self.version))
            })
        };
        ConfigRequestEvent::with(|event| {
            event.config_information = mask(needed);
            event.config_msg_mask = mask(&self.kinds(request));
            event.peripheral_id = self.peripheral_id(request);
            event.customer_id = request.customer_id;
        })
        .into()
    }

    /// In UCCX the place is reserved and zero.
    fn peripheral_id(&self, request: &ConfigUpload) -> PeripheralId {
        match self.version.dialect() {
            Dialect::Ucce => request.peripheral_id.unwrap_or(PeripheralId::NULL),
            Dialect::Uccx => PeripheralId(0),
        }
    }
}

impl Running {
    /// Counts a kind as ended. Only a key under which all records came is one to keep.
    fn end(&mut self, kind: ConfigKind, key: Option<ConfigKey>, status: ConfigEndStatus) {
        self.waiting.remove(&kind);
        let records = self.records.remove(&kind).unwrap_or_default();
        let uploaded = Uploaded { records, status };
        self.summary.uploaded.insert(kind, uploaded);
        if let Some(key) = key.or_else(|| self.told.get(kind))
            && is_whole(status)
        {
            self.summary.keys.set(kind, key);
        }
    }

    fn into_summary(self) -> UploadSummary {
        UploadSummary {
            missing: self.waiting.into_iter().collect(),
            ..self.summary
        }
    }
}

const fn is_whole(status: ConfigEndStatus) -> bool {
    matches!(status, ConfigEndStatus::SUCCESS | ConfigEndStatus::EMPTY)
}
