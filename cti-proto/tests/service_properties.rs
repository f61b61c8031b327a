//! What holds of a service whatever its clients and its application do.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the events it acts on"
)]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{CallId, InvokeId, PeripheralId, ServiceMask, StatusCode};
use cti_proto::message::{
    AnswerCallConf, AnswerCallReq, BeginCallEvent, CallDeliveredEvent, ConfigRequestEvent,
    EndCallEvent, HeartbeatReq, OpenConf,
};
use cti_proto::session::server::{self, Standing};
use cti_proto::session::service::{Config, ConnectionId, Event, Service};
use cti_proto::{Dialect, Message, Version};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use common::floor::{bridge, desk, text};

const VERSION: Version = Version::ucce(24);

#[derive(Clone, Debug)]
enum Step {
    Connect,
    Open {
        client: usize,
        device: u8,
        watches: bool,
    },
    Say {
        client: usize,
        what: u8,
    },
    Noise {
        client: usize,
        bytes: Vec<u8>,
    },
    Eof {
        client: usize,
    },
    Close {
        client: usize,
    },
    Publish {
        call: u32,
        device: u8,
        what: u8,
    },
    Stand {
        standing: u8,
    },
    Read {
        client: usize,
    },
    Wait {
        ms: u32,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let client = 0..8_usize;
    prop_oneof![
        Just(Step::Connect),
        (client.clone(), 0..3_u8, any::<bool>()).prop_map(|(client, device, watches)| {
            Step::Open {
                client,
                device,
                watches,
            }
        }),
        (client.clone(), 0..4_u8).prop_map(|(client, what)| Step::Say { client, what }),
        (client.clone(), vec(any::<u8>(), 0..40))
            .prop_map(|(client, bytes)| Step::Noise { client, bytes }),
        client.clone().prop_map(|client| Step::Eof { client }),
        client.clone().prop_map(|client| Step::Close { client }),
        (0..3_u32, 0..3_u8, 0..3_u8).prop_map(|(call, device, what)| Step::Publish {
            call,
            device,
            what
        }),
        (0..3_u8).prop_map(|standing| Step::Stand { standing }),
        client.prop_map(|client| Step::Read { client }),
        (0..9_000_u32).prop_map(|ms| Step::Wait { ms }),
    ]
}

struct World {
    service: Service,
    now: Duration,
    connections: Vec<ConnectionId>,
    over: BTreeSet<ConnectionId>,
}

impl World {
    fn client(&self, client: usize) -> ConnectionId {
        self.connections[client % self.connections.len()]
    }

    fn say(&mut self, client: usize, message: impl Into<Message>) {
        let mut input = BytesMut::new();
        message.into().encode(VERSION, &mut input).unwrap();
        let connection = self.client(client);
        self.service.handle_input(self.now, connection, &mut input);
    }

    fn publish(&mut self, call: u32, device: u8, what: u8) {
        let (call, device) = (CallId(call), Some(text(&format!("200{device}"))));
        let switch = PeripheralId(5_000);
        let message: Message = match what {
            0 => BeginCallEvent::with(|event| {
                event.peripheral_id = switch;
                event.connection_call_id = call;
                event.connection_device_id = device;
            })
            .into(),
            1 => CallDeliveredEvent::with(|event| {
                event.peripheral_id = switch;
                event.connection_call_id = call;
                event.connection_device_id = device;
            })
            .into(),
            _ => EndCallEvent::with(|event| {
                event.peripheral_id = switch;
                event.connection_call_id = call;
                event.connection_device_id = device;
            })
            .into(),
        };
        self.service.publish(self.now, message).unwrap();
    }

    fn carry_out(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Connect => self.connections.extend(self.service.accept(now)),
            Step::Open {
                client,
                device,
                watches,
            } => self.say(client, {
                let device = format!("200{device}");
                let mut request = desk(VERSION, &format!("a{device}"), &device);
                if watches {
                    request = bridge(VERSION);
                }
                request.idle_timeout = 20;
                let standby = ServiceMask::ACTIVE_STANDBY;
                request.services_requested = request.services_requested | standby;
                request
            }),
            Step::Say { client, what } => match what {
                0 => self.say(client, HeartbeatReq::new()),
                1 => self.say(client, AnswerCallReq::new()),
                2 => self.say(client, ConfigRequestEvent::with(|_| ())),
                _ => self.say(
                    client,
                    cti_proto::message::StoppingRequestsToThisSideInd::new(),
                ),
            },
            Step::Noise { client, bytes } => {
                let connection = self.client(client);
                let mut input = BytesMut::from(&bytes[..]);
                self.service.handle_input(now, connection, &mut input);
            }
            Step::Eof { client } => self.service.handle_eof(now, self.client(client)),
            Step::Close { client } => {
                let connection = self.client(client);
                self.service
                    .close(now, connection, StatusCode::UNSPECIFIED_FAILURE);
            }
            Step::Publish { call, device, what } => self.publish(call, device, what),
            Step::Stand { standing: 0 } => self.service.set_standing(now, Standing::Standby),
            Step::Stand { standing: 1 } => self.service.set_standing(now, Standing::Master),
            Step::Stand { .. } => {
                let _ = self.service.begin_maintenance(now);
            }
            Step::Read { client } => {
                let connection = self.client(client);
                while self.service.poll_transmit(connection).is_some() {}
            }
            Step::Wait { ms } => {
                self.now += Duration::from_millis(ms.into());
                self.service.handle_timeout(self.now);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(event) = self.service.poll_event() {
            let now = self.now;
            let connection = match event {
                Event::OpenRequested {
                    connection,
                    request,
                    ..
                } => {
                    let services = request.services_requested;
                    let conf = OpenConf::with(|conf| conf.services_granted = services);
                    // Another event of the same step may have ended the session.
                    let _ = self.service.admit(now, connection, conf);
                    Some(connection)
                }
                Event::Request {
                    connection,
                    invoke_id,
                    ..
                } => {
                    let _ = self
                        .service
                        .answer(now, connection, invoke_id, AnswerCallConf::new());
                    let again =
                        self.service
                            .fail(now, connection, InvokeId(77), StatusCode::TIMEOUT);
                    assert!(again.is_err());
                    Some(connection)
                }
                Event::Closed { connection, .. } => {
                    assert!(!self.service.is_open(connection));
                    assert!(self.over.insert(connection), "it ends once");
                    None
                }
                _ => None,
            };
            let after_the_end =
                connection.is_some_and(|connection| self.over.contains(&connection));
            assert!(!after_the_end, "nothing follows the end");
        }
        while let Some(connection) = self.service.poll_ready() {
            assert_ne!(self.service.unsent(connection), 0);
        }
        if let Some(next) = self.service.poll_timeout() {
            // What is due is done; nothing is due far away.
            assert!(next <= self.now + Duration::from_secs(60));
        }
    }
}

proptest! {
    #[test]
    fn sessions_end_once_and_leave_nothing(steps in vec(any_step(), 1..80)) {
        let session = server::Config::new(Dialect::Ucce, 24..=24).max_unsent(2_000);
        let mut world = World {
            service: Service::new(Config::new(session)),
            now: Duration::ZERO,
            connections: Vec::new(),
            over: BTreeSet::new(),
        };
        world.carry_out(Step::Connect);
        for step in steps {
            world.carry_out(step);
        }
        world.service.close_all(world.now);
        world.drain();
        assert_eq!(world.over.len(), world.connections.len());
        world.carry_out(Step::Wait { ms: 9_000 });
        world.carry_out(Step::Wait { ms: 9_000 });
        assert_eq!(world.service.connections(), 0);
        assert_eq!(world.service.poll_timeout(), None);
    }
}
