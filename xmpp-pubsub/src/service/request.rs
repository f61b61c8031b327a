//! Requests: which one it is, and the one answer that each gets.

use super::Service;
use super::refusal::{self, plain_bad_request};
use crate::command::Command;
use crate::disco;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::ns;
use crate::owner::Owner;
use crate::pubsub::{Child, Item, PubSub};
use crate::stanza::{Iq, IqContent, Payload, Stanza, StanzaError};

/// A refusal, with the entries that were not changed where there are any.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: Box<StanzaError>,
    pub(super) entries: Option<Box<Payload>>,
}

impl From<StanzaError> for Refused {
    fn from(error: StanzaError) -> Self {
        Self {
            error: Box::new(error),
            entries: None,
        }
    }
}

/// What becomes of a request.
pub(super) enum Reply {
    Done(Option<Payload>),
    /// The storage is asked; the answer follows.
    Later,
}

impl From<PubSub> for Reply {
    fn from(answer: PubSub) -> Self {
        Self::Done(Some(answer.to_payload()))
    }
}

pub(super) type Outcome = Result<Reply, Refused>;

/// Something that waits for a node.
#[derive(Debug)]
pub(super) enum Work {
    Request(Box<Iq>),
    /// The host publishes.
    Publish {
        publisher: Jid,
        item: Item,
    },
}

/// A request that was read.
enum Request {
    PubSub(PubSub),
    Owner(Owner),
    /// With the node that only the address names.
    Info(disco::Info, Option<NodeId>),
    Items(disco::Items, Option<NodeId>),
    Command(Command),
    Ping,
}

impl Request {
    fn read(payload: &Payload) -> Result<Self, StanzaError> {
        let read = match payload.name().parts() {
            (ns::PUBSUB, "pubsub") => PubSub::decode(payload).map(Self::PubSub),
            (ns::PUBSUB_OWNER, "pubsub") => Owner::decode(payload).map(Self::Owner),
            (ns::DISCO_INFO, "query") => {
                disco::Info::decode(payload).map(|query| Self::Info(query, None))
            }
            (ns::DISCO_ITEMS, "query") => {
                disco::Items::decode(payload).map(|query| Self::Items(query, None))
            }
            (ns::COMMANDS, "command") => Command::decode(payload).map(Self::Command),
            (ns::PING, "ping") => Ok(Self::Ping),
            _ => return Err(refusal::service_unavailable()),
        };
        read.map_err(|error| error.to_stanza_error())
    }

    /// Reads a request to a service of its own. A node that only the address names is its resource (PS-4.6-03).
    fn read_at(iq: &Iq, payload: &Payload, service: &Jid) -> Result<Self, StanzaError> {
        let mut request = Self::read(payload)?;
        let to = iq.to.as_ref();
        let to = to.filter(|to| *to != service && to.same_bare(service));
        if let Some(name) = to.and_then(Jid::resource) {
            request.address(NodeId::new(name).map_err(|_| refusal::not_found())?);
        }
        Ok(request)
    }

    /// Whether it is for a list of what all nodes have.
    fn lists_all(&self) -> bool {
        match self {
            Self::Items(..) => true,
            Self::PubSub(request) => request.children.iter().any(|child| {
                matches!(
                    child,
                    Child::Subscriptions { .. } | Child::Affiliations { .. }
                )
            }),
            Self::Owner(_) | Self::Info(..) | Self::Command(_) | Self::Ping => false,
        }
    }

    /// The node that it is about.
    fn node(&mut self) -> Option<NodeId> {
        match self {
            Self::Info(disco::Info { node, .. }, addressed)
            | Self::Items(disco::Items { node, .. }, addressed) => match node.as_deref() {
                None | Some("") => addressed.clone(),
                Some(name) => NodeId::new(name).ok(),
            },
            Self::PubSub(_) | Self::Owner(_) | Self::Command(_) | Self::Ping => {
                self.place_of_node()?.clone()
            }
        }
    }

    /// Takes the node that the address names, where nothing else names one (PS-4.6-01). Answers of disco repeat what the
    /// request had (PS-5.3-02), so that it stands beside the query there.
    fn address(&mut self, id: NodeId) {
        match self {
            Self::Info(_, addressed) | Self::Items(_, addressed) => *addressed = Some(id),
            Self::PubSub(_) | Self::Owner(_) | Self::Command(_) | Self::Ping => {
                if let Some(node) = self.place_of_node() {
                    node.get_or_insert(id);
                }
            }
        }
    }

    fn place_of_node(&mut self) -> Option<&mut Option<NodeId>> {
        match self {
            Self::PubSub(request) => request.children.iter_mut().find_map(place_in),
            Self::Owner(owner) => match owner {
                Owner::Affiliations { node, .. }
                | Owner::Configure { node, .. }
                | Owner::Delete { node, .. }
                | Owner::Purge { node, .. }
                | Owner::Subscriptions { node, .. } => Some(node),
                Owner::Default { .. } | Owner::Other(_) => None,
            },
            Self::Info(..) | Self::Items(..) | Self::Command(_) | Self::Ping => None,
        }
    }
}

/// Where a request belongs, where several services share the nodes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// To whoever has the node.
    Node(NodeId),
    /// To all of them: it is for a list of what all nodes have.
    All,
    /// To any of them.
    Any,
}

impl Place {
    /// Where a request to the service at this address belongs.
    pub(super) fn of(iq: &Iq, service: &Jid) -> Self {
        let (IqContent::Get(payload) | IqContent::Set(payload)) = &iq.content else {
            return Self::Any;
        };
        let Ok(mut request) = Request::read_at(iq, payload, service) else {
            return Self::Any;
        };
        match request.node() {
            Some(node) => Self::Node(node),
            None if request.lists_all() => Self::All,
            None => Self::Any,
        }
    }
}

/// The children of which the text speaks; others are passed over (XC-SZ-12).
fn known(request: &PubSub) -> Vec<&Child> {
    let children = request.children.iter();
    children
        .filter(|child| !matches!(child, Child::Other(_)))
        .collect()
}

const fn place_in(child: &mut Child) -> Option<&mut Option<NodeId>> {
    match child {
        Child::Affiliations { node, .. }
        | Child::Configure { node, .. }
        | Child::Create { node, .. }
        | Child::Default { node, .. }
        | Child::Options { node, .. }
        | Child::Publish { node, .. }
        | Child::Retract { node, .. }
        | Child::Subscribe { node, .. }
        | Child::Subscriptions { node, .. }
        | Child::Unsubscribe { node, .. } => Some(node),
        Child::Items(items) => Some(&mut items.node),
        Child::PublishOptions { .. } | Child::Subscription(_) | Child::Set(_) | Child::Other(_) => {
            None
        }
    }
}

impl Service {
    pub(super) fn on_iq(&mut self, iq: &Iq) {
        let payload = match &iq.content {
            IqContent::Get(payload) | IqContent::Set(payload) => payload,
            // XC-SZ-05: answers are not answered.
            IqContent::Result(payload) => {
                if let Some(from) = iq.from.as_ref().filter(|_| !self.ended) {
                    self.on_capabilities_answer(from, &iq.id, payload.as_ref());
                }
                return;
            }
            IqContent::Error { .. } => {
                if let Some(from) = iq.from.as_ref().filter(|_| !self.ended) {
                    self.on_capabilities_answer(from, &iq.id, None);
                }
                return;
            }
        };
        let Some(from) = &iq.from else {
            return;
        };
        if self.ended {
            return self.answer(iq, Err(refusal::internal().into()));
        }
        let mut request = match self.read(iq, payload) {
            Ok(request) => request,
            Err(error) => return self.answer(iq, Err(error.into())),
        };
        let too_much = self.journal.unconfirmed() >= self.config.max_unconfirmed
            || self.outbox.held() >= self.config.max_withheld.0;
        if too_much {
            return self.answer(iq, Err(refusal::busy().into()));
        }
        let node = request.node();
        if let Some(node) = node.as_ref().filter(|node| self.storage.is_busy(node)) {
            let work = Work::Request(Box::new(iq.clone()));
            if self.put_off(node, work).is_err() {
                self.answer(iq, Err(refusal::busy().into()));
            }
            return;
        }
        self.see_user(from);
        self.see_node(&node.unwrap_or_else(NodeId::root));
        let outcome = self.on_request(from, iq, &request);
        self.answer(iq, outcome);
    }

    /// Does what waited for a node.
    pub(super) fn work(&mut self, node: &NodeId, work: Work) {
        if self.ended {
            return;
        }
        match work {
            // While it waited nothing else was done for the node, and it is not busy now.
            Work::Request(iq) => {
                let (IqContent::Get(payload) | IqContent::Set(payload)) = &iq.content else {
                    return;
                };
                let (Some(from), Ok(request)) = (&iq.from, self.read(&iq, payload)) else {
                    return;
                };
                self.see_user(from);
                self.see_node(node);
                let outcome = self.on_request(from, &iq, &request);
                self.answer(&iq, outcome);
            }
            Work::Publish { publisher, item } => self.publish_now(node, &publisher, item),
        }
    }

    /// Reads a request. That of an account's address names a session, not a node.
    fn read(&self, iq: &Iq, payload: &Payload) -> Result<Request, StanzaError> {
        if self.is_account() {
            Request::read(payload)
        } else {
            Request::read_at(iq, payload, &self.config.address)
        }
    }

    fn on_request(&mut self, from: &Jid, iq: &Iq, request: &Request) -> Outcome {
        let set = matches!(iq.content, IqContent::Set(_));
        match request {
            Request::PubSub(request) if set => self.on_set(from, request),
            Request::PubSub(request) => self.on_get(from, iq, request),
            Request::Owner(request) if set => self.on_owner_set(from, request),
            Request::Owner(request) => self.on_owner_get(from, request),
            Request::Command(command) if set => self.on_command(from, command),
            Request::Info(query, addressed) if !set => {
                self.on_disco_info(from, query, addressed.as_ref())
            }
            Request::Items(query, addressed) if !set => {
                self.on_disco_items(from, query, addressed.as_ref())
            }
            Request::Ping if !set => Ok(Reply::Done(None)),
            Request::Command(_) | Request::Info(..) | Request::Items(..) | Request::Ping => {
                Err(plain_bad_request().into())
            }
        }
    }

    fn on_get(&mut self, from: &Jid, iq: &Iq, request: &PubSub) -> Outcome {
        match known(request).as_slice() {
            [Child::Items(items)] => self.on_items(from, iq, items, None),
            [Child::Items(items), Child::Set(set)] => self.on_items(from, iq, items, Some(set)),
            [Child::Subscriptions { node, .. }] => self.on_subscriptions(from, node.as_ref()),
            [Child::Affiliations { node, .. }] => self.on_affiliations(from, node.as_ref()),
            [Child::Default { node, .. }] => self.on_default_options(from, node.as_ref()),
            [
                Child::Options {
                    node, jid, subid, ..
                },
            ] => self.on_options_get(from, node.as_ref(), jid.as_ref(), subid.as_ref()),
            _ => Err(plain_bad_request().into()),
        }
    }

    fn on_set(&mut self, from: &Jid, request: &PubSub) -> Outcome {
        match known(request).as_slice() {
            [Child::Subscribe { node, jid, .. }] => {
                self.on_subscribe(from, node.as_ref(), jid.as_ref(), None)
            }
            // PS-6.3-12: the options follow, and name neither node nor address.
            [
                Child::Subscribe { node, jid, .. },
                Child::Options {
                    node: None,
                    jid: None,
                    form,
                    ..
                },
            ] => self.on_subscribe(from, node.as_ref(), jid.as_ref(), form.as_ref()),
            [
                Child::Unsubscribe {
                    node, jid, subid, ..
                },
            ] => self.on_unsubscribe(from, node.as_ref(), jid.as_ref(), subid.as_ref()),
            [
                Child::Options {
                    node,
                    jid,
                    subid,
                    form,
                    ..
                },
            ] => self.on_options_set(
                from,
                node.as_ref(),
                jid.as_ref(),
                subid.as_ref(),
                form.as_ref(),
            ),
            [Child::Publish { node, items, .. }] => {
                self.on_publish(from, node.as_ref(), items, None)
            }
            [
                Child::Publish { node, items, .. },
                Child::PublishOptions { form, .. },
            ] => self.on_publish(from, node.as_ref(), items, Some(form.as_ref())),
            [
                Child::Retract {
                    node,
                    notify,
                    items,
                    ..
                },
            ] => self.on_retract(from, node.as_ref(), *notify, items),
            [Child::Create { node, .. }] => self.on_create(from, node.as_ref(), None),
            [
                Child::Create { node, .. },
                Child::Configure {
                    node: None, form, ..
                },
            ] => self.on_create(from, node.as_ref(), form.as_ref()),
            _ => Err(plain_bad_request().into()),
        }
    }

    /// The one answer to a request, unless it follows later.
    pub(super) fn answer(&mut self, iq: &Iq, outcome: Outcome) {
        let answer = match outcome {
            Ok(Reply::Later) => return,
            Ok(Reply::Done(payload)) => iq.to_result(payload),
            Err(Refused { error, entries }) => {
                let mut answer = iq.to_error(*error);
                if let IqContent::Error { request, .. } = &mut answer.content {
                    *request = entries.map(|entries| *entries);
                }
                answer
            }
        };
        self.answer = Some(Stanza::Iq(answer).into());
    }
}
