//! Captures made from golden bytes, and the tool that reads them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use etherparse::PacketBuilder;

/// A message of `cti-proto/tests/golden`.
pub(crate) fn golden(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cti-proto/tests/golden");
    let text = fs::read_to_string(directory.join(format!("{name}.hex"))).unwrap();
    text.lines()
        .map(|line| line.split('#').next().unwrap())
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// The same with another InvokeID, which stands first in the body.
pub(crate) fn with_invoke_id(name: &str, invoke_id: u32) -> Vec<u8> {
    let mut bytes = golden(name);
    bytes[8..12].copy_from_slice(&invoke_id.to_be_bytes());
    bytes
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum From {
    Client,
    Server,
}

/// A packet and when it was captured, in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) micros: u64,
    pub(crate) from: From,
    pub(crate) sequence: u32,
    pub(crate) acknowledged: u32,
    pub(crate) flags: &'static str,
    pub(crate) payload: Vec<u8>,
}

/// How packets are wrapped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link {
    Ethernet,
    Vlan,
    LinuxSll,
    LinuxSll2,
    Raw,
    Loopback,
}

impl Link {
    pub(crate) const ALL: [Self; 6] = [
        Self::Ethernet,
        Self::Vlan,
        Self::LinuxSll,
        Self::LinuxSll2,
        Self::Raw,
        Self::Loopback,
    ];

    fn number(self) -> u32 {
        match self {
            Self::Ethernet | Self::Vlan => 1,
            Self::LinuxSll => 113,
            Self::LinuxSll2 => 276,
            Self::Raw => 101,
            Self::Loopback => 0,
        }
    }

    fn wrap(self, ip: Vec<u8>) -> Vec<u8> {
        let ether_type: [u8; 2] = if ip[0] >> 4 == 4 {
            [8, 0]
        } else {
            [0x86, 0xdd]
        };
        let mut bytes = match self {
            Self::Ethernet => [vec![2; 12], ether_type.to_vec()].concat(),
            Self::Vlan => [vec![2; 12], vec![0x81, 0, 0, 42], ether_type.to_vec()].concat(),
            Self::LinuxSll => {
                let head = vec![0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0];
                [head, ether_type.to_vec()].concat()
            }
            Self::LinuxSll2 => {
                let tail = vec![0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0];
                [ether_type.to_vec(), tail].concat()
            }
            Self::Raw => Vec::new(),
            Self::Loopback => vec![2, 0, 0, 0],
        };
        bytes.extend(ip);
        bytes
    }
}

/// A connection of one client with one server.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) client_port: u16,
    pub(crate) server_port: u16,
    pub(crate) version_6: bool,
    pub(crate) packets: Vec<Packet>,
    next: [u32; 2],
    micros: u64,
}

impl Connection {
    /// Opened by three packets.
    pub(crate) fn open(server_port: u16) -> Self {
        Self::open_with(server_port, 1_000, 5_000)
    }

    /// The same with these initial sequence numbers.
    pub(crate) fn open_with(server_port: u16, client: u32, server: u32) -> Self {
        let mut connection = Self {
            client_port: 50_123,
            server_port,
            version_6: false,
            packets: Vec::new(),
            next: [client, server],
            micros: 1_700_000_000_000_000,
        };
        connection.push(From::Client, "s", &[]);
        connection.push(From::Server, "sa", &[]);
        connection.push(From::Client, "a", &[]);
        connection
    }

    /// Sends `payload` 1.5 ms after what came before.
    pub(crate) fn send(&mut self, from: From, payload: &[u8]) -> &mut Self {
        self.push(from, "ap", payload);
        self
    }

    pub(crate) fn close(&mut self) -> &mut Self {
        self.push(From::Client, "fa", &[]);
        self.push(From::Server, "fa", &[]);
        self
    }

    /// Sends a packet with these flags.
    pub(crate) fn push(&mut self, from: From, flags: &'static str, payload: &[u8]) {
        let [own, other] = match from {
            From::Client => [0, 1],
            From::Server => [1, 0],
        };
        self.micros += 1_500;
        self.packets.push(Packet {
            micros: self.micros,
            from,
            sequence: self.next[own],
            acknowledged: self.next[other],
            flags,
            payload: payload.to_vec(),
        });
        let counted = flags.contains(['s', 'f']);
        let len = u32::try_from(payload.len()).unwrap() + u32::from(counted);
        self.next[own] = self.next[own].wrapping_add(len);
    }

    /// The packets with their headers, as `link` carries them.
    pub(crate) fn wire(&self, link: Link) -> Vec<(u64, Vec<u8>)> {
        let packets = self.packets.iter();
        packets
            .map(|packet| (packet.micros, link.wrap(self.ip(packet))))
            .collect()
    }

    fn ip(&self, packet: &Packet) -> Vec<u8> {
        let (ports, hosts) = match packet.from {
            From::Client => ((self.client_port, self.server_port), (5, 1)),
            From::Server => ((self.server_port, self.client_port), (1, 5)),
        };
        let address_6 = |host| [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host];
        let builder = if self.version_6 {
            PacketBuilder::ipv6(address_6(hosts.0), address_6(hosts.1), 64)
        } else {
            PacketBuilder::ipv4([10, 0, 0, hosts.0], [10, 0, 0, hosts.1], 64)
        };
        let mut tcp = builder.tcp(ports.0, ports.1, packet.sequence, 64_000);
        for flag in packet.flags.chars() {
            tcp = match flag {
                's' => tcp.syn(),
                'a' => tcp.ack(packet.acknowledged),
                'f' => tcp.fin(),
                'r' => tcp.rst(),
                'p' => tcp.psh(),
                other => panic!("flag {other}"),
            };
        }
        let mut bytes = Vec::new();
        tcp.write(&mut bytes, &packet.payload).unwrap();
        bytes
    }
}

/// A pcap file, in the byte order of a big or little machine.
pub(crate) fn pcap(link: Link, packets: &[(u64, Vec<u8>)], big_endian: bool) -> Vec<u8> {
    let number = |number: u32| {
        if big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let mut file = number(0xa1b2_c3d4).to_vec();
    file.extend(if big_endian {
        [0, 2, 0, 4]
    } else {
        [2, 0, 4, 0]
    });
    for field in [0, 0, 262_144, link.number()] {
        file.extend(number(field));
    }
    for (micros, packet) in packets {
        let len = u32::try_from(packet.len()).unwrap();
        let seconds = u32::try_from(micros / 1_000_000).unwrap();
        let rest = u32::try_from(micros % 1_000_000).unwrap();
        for field in [seconds, rest, len, len] {
            file.extend(number(field));
        }
        file.extend(packet);
    }
    file
}

/// A pcapng file whose interface counts nanoseconds.
pub(crate) fn pcapng(link: Link, packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut section = Section::new(false);
    section.interface(link, 262_144, &[(IF_TSRESOL, vec![9])]);
    for (micros, packet) in packets {
        section.packet(0, micros * 1_000, packet);
    }
    section.file
}

/// Option of a pcapng interface: its unit of time.
pub(crate) const IF_TSRESOL: u16 = 9;

/// Option of a pcapng interface: seconds to add to times.
pub(crate) const IF_TSOFFSET: u16 = 14;

/// A section of a pcapng file, in the byte order of a big or little machine.
pub(crate) struct Section {
    pub(crate) file: Vec<u8>,
    big_endian: bool,
}

impl Section {
    pub(crate) fn new(big_endian: bool) -> Self {
        let file = Vec::new();
        let mut section = Self { file, big_endian };
        let body = [
            section.four(0x1a2b_3c4d),
            section.two([1, 0]),
            section.four(u32::MAX),
            section.four(u32::MAX),
        ];
        section.block(0x0a0d_0d0a, body.concat());
        section
    }

    /// Options are a code and a value as it stands in the file.
    pub(crate) fn interface(
        &mut self,
        link: Link,
        snap_len: u32,
        options: &[(u16, Vec<u8>)],
    ) -> &mut Self {
        let number = u16::try_from(link.number()).unwrap();
        let mut body = [self.two([number, 0]), self.four(snap_len)].concat();
        for (code, value) in options {
            let len = u16::try_from(value.len()).unwrap();
            body.extend(self.two([*code, len]));
            body.extend(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        body.extend(self.two([0, 0]));
        self.block(1, body);
        self
    }

    /// A packet with its time in units of the interface.
    pub(crate) fn packet(&mut self, interface: u32, units: u64, packet: &[u8]) -> &mut Self {
        let len = u32::try_from(packet.len()).unwrap();
        let high = u32::try_from(units >> 32).unwrap();
        let low = u32::try_from(units & 0xffff_ffff).unwrap();
        let fields = [interface, high, low, len, len].map(|field| self.four(field));
        let body = [&fields.concat(), packet].concat();
        self.block(6, body);
        self
    }

    /// A packet without time, of which more may have been sent.
    pub(crate) fn simple(&mut self, sent: usize, packet: &[u8]) -> &mut Self {
        let sent = self.four(u32::try_from(sent).unwrap());
        self.block(3, [&sent, packet].concat());
        self
    }

    fn block(&mut self, kind: u32, mut body: Vec<u8>) {
        body.resize(body.len().next_multiple_of(4), 0);
        let len = self.four(u32::try_from(12 + body.len()).unwrap());
        let block = [self.four(kind), len.clone(), body, len].concat();
        self.file.extend(block);
    }

    fn four(&self, number: u32) -> Vec<u8> {
        if self.big_endian {
            number.to_be_bytes().to_vec()
        } else {
            number.to_le_bytes().to_vec()
        }
    }

    fn two(&self, numbers: [u16; 2]) -> Vec<u8> {
        let bytes = numbers.map(|number| {
            if self.big_endian {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            }
        });
        bytes.concat()
    }
}

/// A session of an agent of UCCX 17 who takes a call.
pub(crate) fn session() -> Connection {
    let mut connection = Connection::open(12_028);
    connection
        .send(From::Client, &with_invoke_id("uccx17_open_req", 1))
        .send(From::Server, &with_invoke_id("uccx17_open_conf", 1))
        .send(
            From::Client,
            &with_invoke_id("uccx17_set_agent_state_req_login", 2),
        )
        .send(
            From::Server,
            &with_invoke_id("uccx17_set_agent_state_conf", 2),
        )
        .send(From::Server, &golden("uccx17_agent_state_event"))
        .send(From::Client, &with_invoke_id("uccx17_heartbeat_req", 3))
        .send(From::Server, &with_invoke_id("uccx17_heartbeat_conf", 3))
        .send(From::Server, &golden("uccx17_begin_call_event"))
        .send(From::Server, &golden("uccx17_call_delivered_event"))
        .send(From::Client, &with_invoke_id("uccx17_answer_call_req", 4))
        .send(
            From::Server,
            &with_invoke_id("uccx17_control_failure_conf", 4),
        )
        .send(From::Client, &with_invoke_id("uccx17_close_req", 5))
        .send(From::Server, &with_invoke_id("uccx17_close_conf", 5))
        .close();
    connection
}

/// Runs the tool with `input` on standard input.
pub(crate) fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = tool(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A tool that stops reading early closes the pipe.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().unwrap()
    })
}

/// What the tool prints for `input`; it must succeed.
pub(crate) fn shown(arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cti-inspect"));
    command.args(arguments);
    command
}
