//! How an answer is read, by what was asked.

use super::event::{Failure, Outcome};
use super::request::{FollowStep, Kind};
use crate::command::Command;
use crate::disco;
use crate::form::Form;
use crate::id::NodeId;
use crate::ns;
use crate::owner::Owner;
use crate::pubsub::{Child, PubSub as Element};
use crate::stanza::{IqContent, Payload};

/// The payload of a result, or why there is none.
pub(super) fn payload(content: IqContent) -> Result<Option<Payload>, Failure> {
    match content {
        IqContent::Result(payload) => Ok(payload),
        IqContent::Error { error, .. } => Err(Failure::Refused(*error)),
        IqContent::Get(_) | IqContent::Set(_) => Err(Failure::Unreadable),
    }
}

/// The children of `pubsub`, if that is what the payload is.
pub(super) fn children(payload: Option<&Payload>) -> Result<Vec<Child>, Failure> {
    match payload {
        Some(payload) if payload.is(ns::PUBSUB, "pubsub") => Element::decode(payload)
            .map(|element| element.children)
            .map_err(|_| Failure::Unreadable),
        Some(_) | None => Ok(Vec::new()),
    }
}

/// What came of a request of that kind.
pub(super) fn outcome(kind: &Kind, content: IqContent) -> Result<Outcome, Failure> {
    let payload = payload(content)?;
    let payload = payload.as_ref();
    match kind {
        Kind::Configuration | Kind::NodeSubscriptions | Kind::NodeAffiliations => {
            owner_outcome(payload)
        }
        Kind::Pending => pending(payload),
        Kind::Info => disco::Info::decode(payload.ok_or(Failure::Unreadable)?)
            .map(|info| Outcome::Info(Box::new(info)))
            .map_err(|_| Failure::Unreadable),
        Kind::Entries => disco::Items::decode(payload.ok_or(Failure::Unreadable)?)
            .map(Outcome::Entries)
            .map_err(|_| Failure::Unreadable),
        Kind::Publish
        | Kind::Subscribe
        | Kind::Subscriptions
        | Kind::Affiliations
        | Kind::Options
        | Kind::Items
        | Kind::Pages(_)
        | Kind::Create
        | Kind::Other
        | Kind::Follow(_) => requester_outcome(kind, payload),
    }
}

/// Children are read in any order: ejabberd sets the page before the items, asked for one or not (trap 6).
fn requester_outcome(kind: &Kind, payload: Option<&Payload>) -> Result<Outcome, Failure> {
    let children = children(payload)?;
    // What nobody asked for may stand beside the answer, but not instead of it.
    let is_empty = children
        .iter()
        .all(|child| matches!(child, Child::Set(_) | Child::Other(_)));
    let found = children
        .into_iter()
        .find_map(|child| child_outcome(kind, child));
    match (found, kind) {
        (Some(outcome), _) => Ok(outcome),
        (None, Kind::Publish) => Ok(Outcome::Published(None)),
        (None, Kind::Subscribe | Kind::Follow(FollowStep::Subscribe(_))) => {
            Ok(Outcome::Subscribed(None))
        }
        // Trap 12: an empty answer means that there is nothing.
        (None, Kind::Items | Kind::Follow(FollowStep::Items(_))) if is_empty => {
            Ok(Outcome::Items(Vec::new()))
        }
        (None, Kind::Create) => Ok(Outcome::Created(None)),
        (None, Kind::Other | Kind::Follow(FollowStep::Unsubscribe)) => Ok(Outcome::Done),
        (None, _) => Err(Failure::Unreadable),
    }
}

/// What a child says, if it is one that answers this.
fn child_outcome(kind: &Kind, child: Child) -> Option<Outcome> {
    Some(match (kind, child) {
        (Kind::Publish, Child::Publish { items, .. }) => {
            Outcome::Published(items.into_iter().next().and_then(|item| item.id))
        }
        (
            Kind::Subscribe | Kind::Follow(FollowStep::Subscribe(_)),
            Child::Subscription(subscription),
        ) => Outcome::Subscribed(Some(subscription)),
        (
            Kind::Subscriptions | Kind::Follow(FollowStep::List),
            Child::Subscriptions { entries, .. },
        ) => Outcome::Subscriptions(entries),
        (Kind::Affiliations, Child::Affiliations { entries, .. }) => Outcome::Affiliations(entries),
        (
            Kind::Options,
            Child::Options {
                form: Some(form), ..
            }
            | Child::Default {
                form: Some(form), ..
            },
        ) => Outcome::Options(form),
        (Kind::Items | Kind::Follow(FollowStep::Items(_)), Child::Items(items)) => {
            Outcome::Items(items.items)
        }
        (Kind::Create, Child::Create { node, .. }) => Outcome::Created(node),
        _ => return None,
    })
}

fn owner_outcome(payload: Option<&Payload>) -> Result<Outcome, Failure> {
    let payload = payload.ok_or(Failure::Unreadable)?;
    let owner = Owner::decode(payload).map_err(|_| Failure::Unreadable)?;
    match owner {
        Owner::Configure {
            form: Some(form), ..
        }
        | Owner::Default {
            form: Some(form), ..
        } => Ok(Outcome::Configuration(form)),
        Owner::Subscriptions { entries, .. } => Ok(Outcome::Subscriptions(entries)),
        Owner::Affiliations { entries, .. } => Ok(Outcome::Affiliations(entries)),
        Owner::Configure { .. }
        | Owner::Default { .. }
        | Owner::Delete { .. }
        | Owner::Purge { .. }
        | Owner::Other(_) => Err(Failure::Unreadable),
    }
}

/// The nodes that the form of the command lets choose. XEP-0060 §8.7, example 178.
fn pending(payload: Option<&Payload>) -> Result<Outcome, Failure> {
    let command = payload.ok_or(Failure::Unreadable)?;
    let command = Command::decode(command).map_err(|_| Failure::Unreadable)?;
    let field = command
        .form
        .as_ref()
        .and_then(|form: &Form| form.field("pubsub#node"));
    let nodes = field.into_iter().flat_map(|field| &field.options);
    Ok(Outcome::Pending {
        nodes: nodes
            .filter_map(|option| NodeId::new(&option.value).ok())
            .collect(),
        session: command.session_id,
    })
}
