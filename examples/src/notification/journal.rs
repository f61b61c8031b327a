//! The thread that writes the journal, off the tasks that serve clients.
//!
//! ```text
//!   hub --Job--> thread --Report--> hub: what waited for an entry goes out
//! ```
//!
//! Entries that came while the last ones were written are one transaction: the more there is to write, the less each
//! costs. What an item holds is read by the same thread, so that a question sees every entry before it.

use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
};
use xmpp_pubsub::service::{
    Service,
    journal::Entry,
    storage::{RequestId, StorageError, StorageRequest, StoredItem},
};

use super::nodes::START;
use crate::repository::{NotificationRepository, RepositoryError};

/// The way to the thread, which ends when this is dropped and everything is written.
#[derive(Debug)]
pub(super) struct Journal {
    jobs: UnboundedSender<Job>,
}

/// What comes back from the thread, and the thread itself.
#[derive(Debug)]
pub(super) struct Writing {
    /// Ends with the thread.
    pub(super) reports: UnboundedReceiver<Report>,
    /// Done when the file is closed.
    pub(super) thread: JoinHandle<()>,
}

#[derive(Debug)]
enum Job {
    Append(Entry),
    Compact(Entry),
    Read(StorageRequest),
}

/// What the thread has done.
#[derive(Debug)]
pub(super) enum Report {
    /// Everything up to that entry is written.
    Written {
        seq: u64,
        /// The journal has grown: another snapshot is wanted.
        wants_snapshot: bool,
    },
    /// What items hold.
    Read {
        id: RequestId,
        answer: Result<Vec<StoredItem>, StorageError>,
    },
    /// It cannot write any more, and has ended.
    Failed(RepositoryError),
}

impl Journal {
    /// Writes what a service did when it began, and starts the thread.
    ///
    /// # Errors
    ///
    /// That cannot be written.
    pub(super) fn begin<R: NotificationRepository + 'static>(
        mut repository: R,
        service: &mut Service,
    ) -> Result<(Self, Writing), RepositoryError> {
        let entries: Vec<Entry> = std::iter::from_fn(|| service.poll_journal()).collect();
        if let Some(last) = entries.last() {
            repository.append(&entries)?;
            service.journal_confirmed(START, last.seq);
        }
        if repository.wants_snapshot() {
            repository.compact(&service.snapshot())?;
        }
        let (jobs, receiver) = mpsc::unbounded_channel();
        let (reporter, reports) = mpsc::unbounded_channel();
        let thread = tokio::task::spawn_blocking(move || write(repository, receiver, &reporter));
        Ok((Self { jobs }, Writing { reports, thread }))
    }

    /// Takes an entry to be written. How many wait is bounded by the service's own limit.
    pub(super) fn append(&self, entry: Entry) {
        self.give(Job::Append(entry));
    }

    /// Takes a snapshot to be put in the place of all entries so far.
    pub(super) fn compact(&self, snapshot: Entry) {
        self.give(Job::Compact(snapshot));
    }

    /// Takes a question.
    pub(super) fn read(&self, request: StorageRequest) {
        self.give(Job::Read(request));
    }

    fn give(&self, job: Job) {
        // A thread that ended early has reported why, and the service ends with it.
        let _ = self.jobs.send(job);
    }
}

/// Works until nobody can ask for more.
fn write<R: NotificationRepository>(
    mut repository: R,
    mut jobs: UnboundedReceiver<Job>,
    reporter: &UnboundedSender<Report>,
) {
    let mut batch = Vec::new();
    let mut is_asked = false;
    while jobs.blocking_recv_many(&mut batch, AT_ONCE) > 0 {
        let jobs = batch.drain(..);
        if let Err(error) = work(&mut repository, jobs, &mut is_asked, reporter) {
            // The hub may be gone.
            let _ = reporter.send(Report::Failed(error));
            return;
        }
    }
}

/// Writes all entries, then answers: a question may see more than the entries before it. `is_asked` says whether a
/// snapshot was asked for that has not come.
fn work<R: NotificationRepository>(
    repository: &mut R,
    jobs: impl Iterator<Item = Job>,
    is_asked: &mut bool,
    reporter: &UnboundedSender<Report>,
) -> Result<(), RepositoryError> {
    let mut entries = Vec::new();
    let mut snapshot = None;
    let mut questions = Vec::new();
    for job in jobs {
        match job {
            Job::Append(entry) => entries.push(entry),
            Job::Compact(entry) => snapshot = Some(entry),
            Job::Read(request) => questions.push(request),
        }
    }
    // Nobody listens any more where the hub is gone; what is written is written.
    if let Some(last) = entries.last() {
        repository.append(&entries)?;
        let wants_snapshot = !*is_asked && snapshot.is_none() && repository.wants_snapshot();
        *is_asked |= wants_snapshot;
        let _ = reporter.send(Report::Written {
            seq: last.seq,
            wants_snapshot,
        });
    }
    if let Some(snapshot) = snapshot {
        repository.compact(&snapshot)?;
        *is_asked = false;
    }
    for request in questions {
        let answer = repository.items(&request.node, &request.items);
        let answer = answer.map_err(|error| {
            tracing::error!(%error, node = %request.node, "items cannot be read");
            StorageError
        });
        let _ = reporter.send(Report::Read {
            id: request.id,
            answer,
        });
    }
    Ok(())
}

/// Jobs in one transaction: of entries with payloads of 64 KiB some 64 MiB.
const AT_ONCE: usize = 1024;
