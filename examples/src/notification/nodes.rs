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

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xmpp_pubsub::{
    Jid, NodeId,
    pubsub::Affiliation,
    service::{AccessModel, Config, CreatePolicy, NewNode, NodeConfig, OnBounce, Overlap, Service},
    stanza::MessageKind,
};

use super::{hub::Names, login::WEB_SERVICE};
use crate::seed::{Seed, SeedAgent, SeedRole};

/// The service with the nodes of everybody in the seed.
pub(super) fn service(names: &Names, seed: &Seed, random: u64) -> Service {
    let config = Config::new(names.pubsub.clone(), random)
        .with_name("Notification service")
        .with_node_defaults(closed())
        .with_create(CreatePolicy::ServiceOwners)
        .with_auto_create(true)
        .with_overlap(Overlap::OncePerSession)
        // The router says who is gone; a user without a session keeps what he subscribed.
        .with_on_bounce(OnBounce::Nothing);
    let mut service = Service::new(config);
    service.set_clock(START, utc_millis());
    if let Some(web) = user(names, WEB_SERVICE) {
        service.set_service_affiliation(START, &web, Affiliation::Owner);
    }
    let open = closed().with_access_model(AccessModel::Open);
    add_node(&mut service, START, SYSTEM_INFO, open);
    add_node(
        &mut service,
        START,
        &format!("/finesse/api/Queue/{}", seed.queue.id),
        closed(),
    );
    for team in &seed.teams {
        add_node(&mut service, START, &team_node(team.id), closed());
    }
    for agent in &seed.agents {
        add_user(&mut service, START, names, &agent.login_id);
        add_agent(&mut service, names, agent);
    }
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

fn add_agent(service: &mut Service, names: &Names, agent: &SeedAgent) {
    let Some(jid) = user(names, &agent.login_id) else {
        return;
    };
    match agent.role {
        SeedRole::Supervisor => service.set_service_affiliation(START, &jid, Affiliation::Member),
        SeedRole::Agent => allow(service, START, &team_node(agent.team), &jid),
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
    format!("/finesse/api/Team/{id}/Users")
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
const START: Duration = Duration::ZERO;
const SYSTEM_INFO: &str = "/finesse/api/SystemInfo";
