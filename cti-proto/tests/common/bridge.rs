//! A bridge client that fails over between two sides of one world, and was told of an agent and a call there.

use std::cell::RefCell;
use std::rc::Rc;

use cti_proto::code::{
    AgentState, AgentStateMask, CallEventMask, CallId, LocalConnectionState, ReasonCode,
    ServiceMask, SystemEventId,
};
use cti_proto::codec::Secret;
use cti_proto::message::SystemEvent;
use cti_proto::session::failover::{CallKey, Config, Difference, Event, Failover};
use cti_proto::session::{client, server};
use cti_proto::{Dialect, Version};

use super::net::{Mood, Net};
use super::world::{Agent, Call, SWITCH, World, text};

pub(crate) fn session(services: ServiceMask) -> client::Config {
    client::Config::new(Version::ucce(23), text("bridge"), Secret::default())
        .services(services | ServiceMask::CLIENT_CONTROL)
        .call_events(CallEventMask::KNOWN)
        .agent_states(AgentStateMask::KNOWN)
}

pub(crate) fn net_of(config: Config, world: &Rc<RefCell<World>>) -> Net {
    let server =
        server::Config::new(Dialect::Ucce, 5..=25).inferred_layouts(server::InferredLayouts::Taken);
    let sides = vec![(server.clone(), Mood::Serve), (server, Mood::Serve)];
    let mut net = Net::new(Failover::new(config), sides);
    for side in 0..2 {
        let world = Rc::clone(world);
        net.answer(side, move |request| world.borrow().reply(request));
    }
    net
}

/// A bridge client that was told of agent 100 at device 1001 and of call 7 there.
pub(crate) fn told() -> (Net, Rc<RefCell<World>>) {
    let world = Rc::new(RefCell::new(World::default()));
    let mut net = net_of(Config::new(session(ServiceMask::ALL_EVENTS)), &world);
    net.open();
    {
        let mut world = world.borrow_mut();
        let agent = Agent::new(AgentState::TALKING, "1001");
        world.agents.insert("100".into(), agent);
        let call = Call::new("1001", LocalConnectionState::CONNECT, "gold");
        world.calls.insert(7, call);
    }
    let (agent, begin, connected) = {
        let world = world.borrow();
        let mut agent = world.agent_event("100");
        agent.event_reason_code = ReasonCode(5);
        let connected = world.connection_event(7, "1001");
        (agent, world.begin_event(7), connected)
    };
    net.send(0, agent);
    net.send(0, begin);
    net.send(0, connected);
    net.drive_for(60);
    net.clear();
    (net, world)
}

pub(crate) fn call(id: u32) -> CallKey {
    CallKey::new(SWITCH, CallId(id))
}

/// The differences among `events`.
pub(crate) fn differences(events: &[Event]) -> Vec<Difference> {
    let differences = events.iter().filter_map(|event| {
        let Event::Difference(difference) = event else {
            return None;
        };
        Some(difference.clone())
    });
    differences.collect()
}

pub(crate) fn system(id: SystemEventId) -> SystemEvent {
    SystemEvent::with(|event| {
        event.system_event_id = id;
        event.system_event_arg1 = SWITCH.0;
    })
}
