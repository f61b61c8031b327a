//! Which nodes there are, and who may see them.
//!
//! | node | who may subscribe | who is subscribed without asking |
//! | --- | --- | --- |
//! | `/finesse/api/SystemInfo` | everybody | everybody |
//! | `/finesse/api/User/{id}`, `…/Dialogs` | that user, supervisors | that user |
//! | `/finesse/api/User/{id}/Queues` | that user, supervisors | |
//! | `/finesse/api/Team/{id}/Users` | agents of the team, supervisors | |
//! | `/finesse/api/Queue/{id}` | supervisors | |
//! | any other that the web service publishes on | supervisors | |
//!
//! Only the web service publishes.
//!
//! A service that begins again has what its journal says, and then the seed has the last word: who may do what on all
//! nodes, and for the nodes above, except the last row, how they are set and who is let in. Who loses his access by that
//! loses his subscriptions. Other nodes stay as they were left, and so do subscriptions that are still allowed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use xmpp_pubsub::{
    Jid, NodeId,
    pubsub::Affiliation,
    service::{
        AccessModel, Config, CreatePolicy, NewNode, NodeConfig, OnBounce, Overlap, Persistence,
        Service,
        journal::{Change, Entry},
    },
    stanza::MessageKind,
};

use super::{hub::Names, login::WEB_SERVICE};
use crate::seed::{Seed, SeedRole};

/// The service as `journal` has it, if there is one, and with what the seed says.
pub(super) fn service(
    names: &Names,
    seed: &Seed,
    random: u64,
    journal: Option<Vec<Entry>>,
) -> Service {
    let persistence = if journal.is_some() {
        Persistence::Journal
    } else {
        Persistence::Memory
    };
    let config = Config::new(names.pubsub.clone(), random)
        .with_name("Notification service")
        .with_node_defaults(closed())
        .with_create(CreatePolicy::ServiceOwners)
        .with_auto_create(true)
        .with_overlap(Overlap::OncePerSession)
        .with_persistence(persistence)
        // The router says who is gone; a user without a session keeps what he subscribed.
        .with_on_bounce(OnBounce::Nothing);
    let mut service = Service::restore(config, journal.unwrap_or_default());
    service.set_clock(START, utc_millis());
    let policy = Policy::new(names, seed);
    policy.give(&mut service);
    // Only then, so that who is let in another way than before stays subscribed.
    policy.take(&mut service);
    service
}

/// Makes the nodes of a user, and subscribes him to them, unless that is done already.
pub(super) fn add_user(service: &mut Service, now: Duration, names: &Names, login_id: &str) {
    let Some(jid) = user(names, login_id) else {
        return;
    };
    let own = format!("/finesse/api/User/{login_id}");
    let automatic = [
        own.clone(),
        format!("{own}/Dialogs"),
        SYSTEM_INFO.to_owned(),
    ];
    for name in &automatic {
        add_node(service, now, name, closed());
        if name != SYSTEM_INFO {
            allow(service, now, name, &jid);
        }
        if let Ok(node) = NodeId::new(name) {
            // It was made just now, if it was not there before.
            let _ = service.subscribe_automatically(now, &node, &jid);
        }
    }
    let queues = format!("{own}/Queues");
    add_node(service, now, &queues, closed());
    allow(service, now, &queues, &jid);
}

/// What the seed says about rights.
struct Policy<'a> {
    names: &'a Names,
    seed: &'a Seed,
    /// What users may do on every node.
    everywhere: BTreeMap<Jid, Affiliation>,
}

/// How a node is set, and who is let in besides those who are everywhere.
struct Rule {
    config: NodeConfig,
    members: BTreeSet<Jid>,
}

impl<'a> Policy<'a> {
    fn new(names: &'a Names, seed: &'a Seed) -> Self {
        let supervisors = seed
            .agents
            .iter()
            .filter(|agent| agent.role == SeedRole::Supervisor)
            .map(|agent| (agent.login_id.as_str(), Affiliation::Member));
        let everywhere = supervisors
            .chain([(WEB_SERVICE, Affiliation::Owner)])
            .filter_map(|(login_id, affiliation)| Some((user(names, login_id)?, affiliation)))
            .collect();
        Self {
            names,
            seed,
            everywhere,
        }
    }

    /// Makes the nodes that are missing, and gives everybody what he has a right to.
    fn give(&self, service: &mut Service) {
        for (user, affiliation) in &self.everywhere {
            service.set_service_affiliation(START, user, *affiliation);
        }
        let seed = self.seed;
        let queue = format!("/finesse/api/Queue/{}", seed.queue.id);
        let teams = seed.teams.iter().map(|team| team_node(team.id));
        for name in teams.chain([SYSTEM_INFO.to_owned(), queue]) {
            if let Some(rule) = self.rule(&name) {
                add_node(service, START, &name, rule.config);
                for member in &rule.members {
                    allow(service, START, &name, member);
                }
            }
        }
        for agent in &seed.agents {
            add_user(service, START, self.names, &agent.login_id);
        }
    }

    /// Sets the nodes as they should be, and takes from everybody what he has no right to.
    fn take(&self, service: &mut Service) {
        let mut rules = BTreeMap::new();
        // Nodes come before what is said of them.
        for change in service.snapshot().changes {
            match change {
                Change::ServiceAffiliated { user, .. } => {
                    if !self.everywhere.contains_key(&user) {
                        service.set_service_affiliation(START, &user, Affiliation::None);
                    }
                }
                Change::NodeCreated { node, .. } => {
                    if let Some(rule) = self.rule(node.as_str()) {
                        // It is there, and there are no collections.
                        let _ = service.configure_node(START, &node, rule.config.clone());
                        rules.insert(node, rule);
                    }
                }
                Change::Affiliated {
                    node: Some(node),
                    user,
                    affiliation,
                } => {
                    let Some(rule) = rules.get(&node) else {
                        continue;
                    };
                    let right = if rule.members.contains(&user) {
                        Affiliation::Member
                    } else if self.everywhere.get(&user) == Some(&affiliation) {
                        // Who owns every node may be called the owner of this one.
                        affiliation
                    } else {
                        Affiliation::None
                    };
                    let _ = service.set_affiliation(START, &node, &user, right);
                }
                // What is subscribed hangs on these, and what is published on none.
                Change::Affiliated { node: None, .. }
                | Change::NodeConfigured { .. }
                | Change::NodeDeleted { .. }
                | Change::Associated { .. }
                | Change::Disassociated { .. }
                | Change::Subscribed { .. }
                | Change::Unsubscribed { .. }
                | Change::ItemPublished { .. }
                | Change::ItemKept { .. }
                | Change::ItemsRemoved { .. }
                | Change::Purged { .. }
                | _ => {}
            }
        }
    }

    /// What holds for a node, if it is one that the seed speaks of: by its name, so that it holds for users who are known
    /// to CUCM alone, and for teams that the seed has no longer.
    fn rule(&self, name: &str) -> Option<Rule> {
        let path: Vec<&str> = name.strip_prefix(API)?.split('/').collect();
        let open = closed().with_access_model(AccessModel::Open);
        let (config, members) = match path.as_slice() {
            ["SystemInfo"] => (open, BTreeSet::new()),
            ["User", id] | ["User", id, "Dialogs" | "Queues"] => {
                (closed(), user(self.names, id).into_iter().collect())
            }
            ["Team", id, "Users"] => {
                let agents = self.seed.agents.iter();
                let team = agents
                    .filter(|agent| agent.role == SeedRole::Agent && agent.team.to_string() == *id);
                let team = team.filter_map(|agent| user(self.names, &agent.login_id));
                (closed(), team.collect())
            }
            ["Queue", _] => (closed(), BTreeSet::new()),
            _ => return None,
        };
        Some(Rule { config, members })
    }
}

fn allow(service: &mut Service, now: Duration, name: &str, jid: &Jid) {
    if let Ok(node) = NodeId::new(name) {
        // Of all who call this, none names a node that is not there.
        let _ = service.set_affiliation(now, &node, jid, Affiliation::Member);
    }
}

fn add_node(service: &mut Service, now: Duration, name: &str, config: NodeConfig) {
    if let Ok(node) = NodeId::new(name) {
        // A node that is there already stays as it is.
        let _ = service.create_node(
            now,
            NewNode {
                node,
                config,
                owner: None,
            },
        );
    }
}

fn user(names: &Names, login_id: &str) -> Option<Jid> {
    Jid::from_parts(Some(login_id), names.domain.domain(), None).ok()
}

fn team_node(id: u32) -> String {
    format!("{API}Team/{id}/Users")
}

/// Events as they happen, for whoever is let in; no history. Plain messages without a type, which is what
/// clients of the product expect.
fn closed() -> NodeConfig {
    NodeConfig::transient()
        .with_access_model(AccessModel::Whitelist)
        .with_notification_type(MessageKind::Normal)
}

/// The calendar's time, in milliseconds since 1970, UTC.
fn utc_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Where the hub's clock starts.
pub(super) const START: Duration = Duration::ZERO;
const API: &str = "/finesse/api/";
const SYSTEM_INFO: &str = "/finesse/api/SystemInfo";
