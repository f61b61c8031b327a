//! Text among clients: USER_MESSAGE_REQ.

use alloc::collections::BTreeSet;
use core::time::Duration;

use super::directory::Key;
use super::publish::Copies;
use super::{ConnectionId, Service};
use crate::code::{DistributionType, StatusCode};
use crate::message::{Message, UserMessageConf, UserMessageEvent, UserMessageReq};
use crate::session::filter::Class;

impl Service {
    /// Passes a text on to a client (named by ClientID, agent or device), to the supervisors or
    /// the team of the sender's agent, or to all.
    pub(super) fn pass_on(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        request: &UserMessageReq,
    ) -> Result<Message, StatusCode> {
        let sender = self.parties.get(&connection).map(|party| &party.client);
        let sender = sender.ok_or(StatusCode::CLIENT_NOT_FOUND)?;
        let own_agent = sender.identity.agent.as_ref();
        let receivers = match request.distribution {
            DistributionType::DISTRIBUTE_TO_CLIENT => {
                found(self.addressed(request), StatusCode::CLIENT_NOT_FOUND)?
            }
            DistributionType::DISTRIBUTE_TO_SUPERVISOR => {
                let agents = own_agent.into_iter();
                let supervisors = agents.flat_map(|agent| self.teams.supervisors_of(agent));
                found(supervisors.collect(), StatusCode::SUPERVISOR_NOT_FOUND)?
            }
            DistributionType::DISTRIBUTE_TO_TEAM => {
                let agents = own_agent.into_iter();
                let mates = agents.flat_map(|agent| self.teams.mates_of(agent));
                let clients = mates.flat_map(|agent| self.directory.of_agent(&agent));
                found(clients.collect(), StatusCode::TEAM_NOT_FOUND)?
            }
            DistributionType::DISTRIBUTE_TO_ALL => self.directory.watchers.clone(),
            _ => return Err(StatusCode::INVALID_DISTRIBUTION_TYPE),
        };
        let event = UserMessageEvent::with(|event| {
            event.icm_central_controller_time = self.clock.time(now);
            event.distribution = request.distribution;
            event.client_id = Some(sender.client_id.clone());
            event.text.clone_from(&request.text);
        });
        let message = Message::from(event);
        let mut copies = Copies::new(&message);
        self.round += 1;
        for receiver in receivers
            .into_iter()
            .filter(|receiver| *receiver != connection)
        {
            self.share(receiver, Class::Plain, &mut copies);
        }
        Ok(UserMessageConf::new().into())
    }

    /// The client that a request names.
    fn addressed(&self, request: &UserMessageReq) -> BTreeSet<ConnectionId> {
        let peripheral = self.peripheral_id(request.peripheral_id);
        if let Some(agent) = &request.agent_id {
            return self
                .directory
                .of_agent(&Key::new(peripheral, agent))
                .collect();
        }
        let device = request.agent_extension.as_ref();
        if let Some(device) = device.or(request.agent_instrument.as_ref()) {
            let key = Key::new(peripheral, device);
            return self.directory.of_device(&key).collect();
        }
        let Some(client_id) = &request.client_id else {
            return BTreeSet::new();
        };
        // Rare, and by a name that many clients may have: no index.
        let named = |connection: &&ConnectionId| {
            let party = self.parties.get(connection);
            party.is_some_and(|party| party.client.client_id == *client_id)
        };
        self.directory
            .watchers
            .iter()
            .filter(named)
            .copied()
            .collect()
    }
}

fn found(
    receivers: BTreeSet<ConnectionId>,
    missing: StatusCode,
) -> Result<BTreeSet<ConnectionId>, StatusCode> {
    Some(receivers)
        .filter(|receivers| !receivers.is_empty())
        .ok_or(missing)
}
