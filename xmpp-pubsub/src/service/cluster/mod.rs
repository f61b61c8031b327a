//! Several services that share their nodes over an ordered log, and take over from each other.
//!
//! A [`Member`] has clients of its own and owns some partitions of the nodes, or none. It speaks to its host in terms of a
//! log per partition; which broker keeps the logs, and who grants leases, it does not know.
//!
//! ```text
//!    clients of a            clients of b
//!         │ ▲                     │ ▲
//!         ▼ │ stanzas             ▼ │
//!   ┌───────────────┐       ┌───────────────┐
//!   │   Member a    │       │   Member b    │
//!   │ ┌───────────┐ │       │ ┌───────────┐ │
//!   │ │ service 0 │ │       │ │ service 1 │ │    one service per partition that is owned
//!   │ └───────────┘ │       │ └───────────┘ │
//!   └──┬─────────▲──┘       └──┬─────────▲──┘
//!      │append   │read         │append   │read
//!      ▼         │             ▼         │
//!  ════╪═════════╪═════════════╪═════════╪═══   log of partition 0
//!  ════╧═════════╧═════════════╧═════════╧═══   log of partition 1
//!        Input a 7 · Claim 3 · Input b 4 · Outcome 3.1 · Outcome 3.2 · Snapshot 3.3 · ...
//! ```
//!
//! # How it works
//!
//! - A node is in the partition that a hash of its name says.
//! - Whatever happens at a member (a stanza for the service, a session that comes, goes or is available) is an
//!   [`Input`](Record::Input) in the log of the partition that it is for; facts about sessions go to all of them. That
//!   holds for clients of the owner too: there is one order of inputs, that of the log.
//! - The owner reads the log, lets its service handle each input, and appends what came of it as one
//!   [`Outcome`](Record::Outcome): the changes and everything that is said, each with the member that delivers it. Nothing
//!   is said before: every member, the owner included, takes what it delivers from the log. A client is told of a change
//!   once it cannot be lost any more. A request costs two appends, one after the other.
//! - Ownership is a lease with a fencing token. Who gets it appends a [`Claim`](Record::Claim), reads the log from the last
//!   [`Snapshot`](Record::Snapshot) to that claim, restores the service, handles the inputs of which nothing has come, and
//!   goes on from there. Records of an older token behind a newer claim are void, whoever appended them: an owner that
//!   slept through the end of its lease does no harm.
//!
//! Outcomes are in the log before anybody acts on them, so that a takeover has nothing to send again: members that read on
//! find the outcomes of the old owner and of the new one in one order, each once.
//!
//! # Guarantees
//!
//! - An input that is in the log is handled once, and so is a request answered once, unless the client's member is gone.
//!   Records that come twice, by the broker or by who appended them, count once.
//! - What was acknowledged is in the log. A takeover loses nothing of it.
//! - Each event reaches each subscriber's session once, as long as its member lives, and the events of a node come in the
//!   order in which they were published. What one address says about one node is handled in the order in which it was said,
//!   and what a partition says to an address arrives in that order. Two partitions have no order between them.
//! - Every member that read a log as far comes to the same state, transient subscriptions included.
//!
//! # What the broker must give
//!
//! - A log per partition: one order of its records for all who read it, by offsets that grow. They need not be dense.
//! - What is acknowledged to be appended is not lost.
//! - At least once: a record may be handed over again, and reading may start again at an earlier one, but none is left out.
//!   A member that reads so late that the log was cut before it got there has missed something, and must end.
//! - The records of one member come into a log in the order in which it appended them. Duplicates are allowed, also of
//!   several records (1, 2, 1, 2, 3), but never a record before an earlier one. An idempotent producer gives this, or a
//!   host that waits for one append, or one batch, before the next.
//! - A lease per partition with a number that grows whenever the lease changes hands: a generation, a revision, a counter.
//!   Two may hold a lease at once for a time; the number decides.
//! - Word of members that are gone, so that another says [`Member::member_gone`].
//!
//! Kafka has partitions, consumer groups with generations, and idempotent producers. NATS `JetStream` has streams and
//! key-value revisions, Redis has streams and a counter. With ActiveMQ and a shared store the log is a table there.
//!
//! # Limits
//!
//! A member refuses requests while too many of its inputs are open. Owners stop handling inputs while too much of theirs is
//! on its way to the log. Long outcomes and snapshots are cut into runs of records, which count once the last is there. An
//! owner writes a snapshot after so many records; [`Event::Compacted`] says what the log need not keep. What a member keeps
//! of logs that it does not own is a few numbers, and the offsets of its open inputs. Facts about sessions are never refused:
//! while a partition has no owner, they wait in its log, and in the memory of who takes it over. The numbers are in
//! [`MemberConfig`].
//!
//! # What is not covered
//!
//! - The broker. A host brings one.
//! - Collections and commands (`get-pending`) where there is more than one partition: a collection and what is in it would
//!   have to be in one. They are not offered there. With one partition there is all, for takeover alone.
//! - Pages (XEP-0059) of lists that span partitions: `feature-not-implemented` (`unsupported` with `rsm`). Without pages such
//!   lists are put together from all partitions.
//! - Limits of [`Config`](super::Config) that count for a user or for all nodes hold for each partition.
//! - Items of all nodes that a member owns are in its memory. Members hand over by the log, not by a storage.
//! - Facts about contacts and standing (access models `presence` and `roster`), automatic subscriptions, and services of
//!   accounts.
//! - At a takeover, digests that were being collected are lost, the warning of a lease's end may come again, messages of the
//!   old owner that come back are not known, nor are they as answers of an owner that name no node, and how often messages
//!   came back is counted anew.
//! - What else a host tells a [`Service`](super::Service) by calls (locks, redirects), and nodes and items of its own: it
//!   sends stanzas for those.
//! - The number of partitions stays as it is, and all members have the same settings.
//!
//! # The loop of a host
//!
//! ```
//! use std::time::Duration;
//! use xmpp_pubsub::Jid;
//! use xmpp_pubsub::service::Config;
//! use xmpp_pubsub::service::cluster::{Event, Member, MemberConfig, MemberId, Record};
//!
//! let seed = 1; // a random number of yours
//! let service = Config::new(Jid::new("pubsub.localhost")?, seed);
//! let mut member = Member::new(MemberConfig::new(MemberId::new("a/2026-01-01T00:00:00Z")?, service))?;
//! let now = Duration::ZERO; // since an origin of yours
//! member.set_clock(now, 1_767_225_600_000); // milliseconds since 1970, UTC
//! member.session_opened(now, &Jid::new("user@localhost/desk")?);
//! member.ownership_gained(now, 0, 1); // from whoever grants leases
//!
//! let mut log = Vec::new(); // stands for the log of partition 0
//! let mut next = 0; // what of it was read
//! loop {
//!     while let Some(append) = member.poll_append() {
//!         log.push(append.record.encode()); // try until the broker has it
//!     }
//!     while let Some(event) = member.poll_event() {
//!         match event {
//!             Event::Read { partition, from } => {
//!                 next = from.unwrap_or(0);
//!                 member.rewound(partition);
//!             }
//!             Event::Compacted { before, .. } => { /* all members read further? then cut the log */ }
//!             Event::Expelled => { /* close the sessions, start a new member */ }
//!             Event::Owned { .. } | Event::Lost { .. } | _ => {}
//!         }
//!     }
//!     while let Some(stanza) = member.poll_transmit() {
//!         // give it to the session, or to all of the user's sessions here
//!     }
//!     let Some(bytes) = log.get(usize::try_from(next)?) else {
//!         break; // or sleep until `member.poll_timeout()`, then `member.handle_timeout(now)`
//!     };
//!     member.handle_record(now, 0, next, &Record::decode(bytes)?);
//!     next += 1;
//! }
//! assert!(member.owns(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod config;
mod cut;
mod member;
mod owner;
mod reader;
mod record;
mod route;
mod table;

pub(super) use route::Share;

pub use crate::id::MemberId;
pub use codec::RecordError;
pub use config::{MemberConfig, MemberError};
pub use member::{Append, Event, Member};
pub use record::{Input, Outcome, Output, Part, Record, SessionRecord, Snapshot};
