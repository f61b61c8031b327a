//! The engine's CTI server, spoken to in bytes.
//!
//! Nothing here comes from `cti-proto`: requests are typed byte by byte from the tables of the protocol guide (UCCX,
//! version 17: tags and lengths of one byte), answers are taken apart by hand. A fault that our encoder and our decoder
//! share cannot hide from it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const FAILURE_CONF: u32 = 1;
const OPEN_CONF: u32 = 4;
const SYSTEM_EVENT: u32 = 31;
const AGENT_STATE_EVENT: u32 = 30;
const SET_AGENT_STATE_CONF: u32 = 39;
const CONTROL_FAILURE_CONF: u32 = 35;

const AGENT_ID_TAG: u8 = 194;
const AGENT_EXTENSION_TAG: u8 = 4;

/// The system chooses a free port, and the server tells which.
const ANY_PORT: &str = "127.0.0.1:0";
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const START_LIMIT: Duration = Duration::from_secs(30);

/// OPEN_REQ of a bridge, the way a web service opens its session.
const OPEN_REQ: &str = "
    00 00 00 3e  00 00 00 03    # MessageLength 62, OPEN_REQ
    00 00 00 01                 # InvokeID
    00 00 00 11                 # VersionNumber 17
    00 00 00 3c                 # IdleTimeout 60 s
    00 00 00 01                 # PeripheralID
    00 00 00 14                 # ServicesRequested: ALL_EVENTS, CLIENT_CONTROL
    00 00 01 ff                 # CallMsgMask
    00 00 03 ff                 # AgentStateMask
    00 00 00 00                 # ConfigMsgMask
    00 00 00 00  00 00 00 00  00 00 00 00
    01 08 66 69 6e 65 73 73 65 00           # ClientID \"finesse\"
    02 06 73 65 63 72 65 74                 # ClientPassword
";

/// SET_AGENT_STATE_REQ of agent 1001001: log in at the extension of the same number.
const LOGIN: &str = "
    00 00 00 37  00 00 00 26    # MessageLength 55, SET_AGENT_STATE_REQ
    00 00 00 0b                 # InvokeID
    00 00 00 01                 # PeripheralID
    00 00                       # AgentState LOGIN
    00 00  00 00                # AgentWorkMode, NumSkillGroups
    00 00                       # EventReasonCode
    00                          # ForcedFlag: one byte, nothing is padded
    00 00 00 00                 # AgentCapacity
    06 08 31 30 30 31 30 30 31 00               # AgentInstrument \"1001001\"
    31 0c 63 63 78 2d 31 30 30 31 30 30 31 00   # AgentPassword \"ccx-1001001\"
    c2 08 31 30 30 31 30 30 31 00               # AgentID \"1001001\"
";

#[test]
fn a_session_opens_beats_sets_a_state_sees_the_event_and_closes() {
    let engine = Engine::start();
    let mut client = engine.open();

    // HEARTBEAT_REQ with InvokeID 7, HEARTBEAT_CONF repeats it.
    client.send("00 00 00 04  00 00 00 05  00 00 00 07");
    assert_eq!(
        client.until(6).bytes,
        hex("00 00 00 04  00 00 00 06  00 00 00 07")
    );

    client.send(LOGIN);
    let event = client.event_after_set_agent_state(0x0b);
    assert_eq!(event.agent_state(), 2, "a login leads to NOT_READY");

    client.send(
        "00 00 00 29  00 00 00 26    # MessageLength 41, SET_AGENT_STATE_REQ
         00 00 00 0c  00 00 00 01    # InvokeID, PeripheralID
         00 03                       # AgentState AVAILABLE
         00 00  00 00  00 00  00  00 00 00 00
         06 08 31 30 30 31 30 30 31 00    # AgentInstrument
         c2 08 31 30 30 31 30 30 31 00    # AgentID",
    );
    let event = client.event_after_set_agent_state(0x0c);
    assert_eq!(event.agent_state(), 3, "AVAILABLE was asked for");

    // CLOSE_REQ with InvokeID 9 and status 0, CLOSE_CONF repeats the InvokeID; then nothing more comes.
    client.send("00 00 00 08  00 00 00 07  00 00 00 09  00 00 00 00");
    assert_eq!(
        client.until(8).bytes,
        hex("00 00 00 04  00 00 00 08  00 00 00 09")
    );
    client.expect_end();
}

#[test]
fn version_99_is_refused_with_status_1_whatever_its_floating_part_looks_like() {
    let engine = Engine::start();
    let floating_parts = [
        "01 08 66 69 6e 65 73 73 65 00  02 00",
        "00 01 00 08 66 69 6e 65 73 73 65 00  00 02 00 00",
        "ff ff ff ff ff ff ff ff ff",
        "",
    ];
    for floating in floating_parts {
        let floating = hex(floating);
        let mut request = u32::try_from(44 + floating.len())
            .unwrap()
            .to_be_bytes()
            .to_vec();
        request.extend(hex(
            "00 00 00 03  00 00 00 05  00 00 00 63   # OPEN_REQ, InvokeID 5, VersionNumber 99
             00 00 00 3c  00 00 00 01  00 00 00 10
             00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00",
        ));
        request.extend(floating);

        let mut client = engine.connect();
        client.send_bytes(&request);
        // FAILURE_CONF: InvokeID 5, Status 1 (E_CTI_INVALID_VERSION).
        assert_eq!(
            client.next().bytes,
            hex("00 00 00 08  00 00 00 01  00 00 00 05  00 00 00 01")
        );
    }
}

#[test]
fn bytes_may_come_one_at_a_time_and_several_requests_at_once() {
    let engine = Engine::start();
    let mut client = engine.connect();
    for byte in hex(OPEN_REQ) {
        client.send_bytes(&[byte]);
    }
    assert_eq!(
        client.until(OPEN_CONF).u32_at(0),
        1,
        "InvokeID of OPEN_CONF"
    );

    client.send(
        "00 00 00 04  00 00 00 05  00 00 00 01
         00 00 00 04  00 00 00 05  00 00 00 02
         00 00 00 04  00 00 00 05  00 00 00 03",
    );
    for invoke_id in 1..=3 {
        assert_eq!(client.until(6).u32_at(0), invoke_id);
    }
}

#[test]
fn what_an_agent_cannot_do_is_a_control_failure_and_the_session_lives_on() {
    let engine = Engine::start();
    let mut client = engine.open();
    // AVAILABLE while logged out.
    client.send(
        "00 00 00 29  00 00 00 26
         00 00 00 0d  00 00 00 01  00 03  00 00  00 00  00 00  00  00 00 00 00
         06 08 31 30 30 31 30 30 32 00
         c2 08 31 30 30 31 30 30 32 00",
    );
    let failure = client.until(CONTROL_FAILURE_CONF);
    assert_eq!(failure.u32_at(0), 0x0d, "InvokeID");
    assert_eq!(failure.u16_at(4), 22, "FailureCode CF_INVALID_OBJECT_STATE");
    assert_eq!(
        failure.body().len(),
        10,
        "InvokeID, FailureCode USHORT, PeripheralErrorCode UINT"
    );

    client.send("00 00 00 04  00 00 00 05  00 00 00 08");
    assert_eq!(
        client.until(6).u32_at(0),
        8,
        "a heartbeat after the failure"
    );
}

#[test]
fn a_request_before_the_open_is_refused() {
    let engine = Engine::start();
    let mut client = engine.connect();
    client.send("00 00 00 04  00 00 00 05  00 00 00 07");
    let failure = client.next();
    assert_eq!(failure.number(), FAILURE_CONF);
    assert_eq!(failure.u32_at(0), 7, "InvokeID");
    assert_eq!(failure.u32_at(4), 4, "E_CTI_SESSION_NOT_OPEN");
}

/// The engine and the switch that it needs, as processes of their own.
struct Engine {
    cti: SocketAddr,
    // Dropped in this order: processes before the directory they write to.
    processes: Vec<Process>,
    directory: tempfile::TempDir,
}

impl Engine {
    fn start() -> Self {
        let mut engine = Self {
            cti: ANY_PORT.parse().unwrap(),
            processes: Vec::new(),
            directory: tempfile::tempdir().unwrap(),
        };
        let cucm = env!("CARGO_BIN_EXE_cucm");
        let flags = [("--cucm-switch", ANY_PORT), ("--cucm-axl", ANY_PORT)];
        let switch = engine.spawn(cucm, &flags, "switch").to_string();
        let flags = [("--cucm-switch", &*switch), ("--engine-cti", ANY_PORT)];
        engine.cti = engine.spawn(env!("CARGO_BIN_EXE_engine"), &flags, "cti");
        engine
    }

    /// Starts a server, which prints `name address` for each of its listeners, and returns the address of one.
    fn spawn(&mut self, program: &str, flags: &[(&str, &str)], listener: &str) -> SocketAddr {
        let name = Path::new(program).file_name().unwrap();
        let log = self.directory.path().join(name).with_extension("log");
        let mut child = Command::new(program)
            .arg("--data-dir")
            .arg(self.directory.path())
            .args(flags.iter().flat_map(|(flag, address)| [flag, address]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        self.processes.push(Process(child));
        // The other end is closed when the program ends.
        let address = printed.lines().map(Result::unwrap).find_map(|line| {
            let address = line.strip_prefix(listener)?.trim();
            Some(address.parse().unwrap())
        });
        address.unwrap_or_else(|| {
            panic!(
                "{program} does not listen: {}",
                std::fs::read_to_string(&log).unwrap()
            )
        })
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.cti).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
        Client { stream }
    }

    /// A session that is open: OPEN_CONF and the SYSTEM_EVENT of its one peripheral have come.
    fn open(&self) -> Client {
        let end = Instant::now() + START_LIMIT;
        let (mut client, conf) = loop {
            let mut client = self.connect();
            client.send(OPEN_REQ);
            let answer = client.next();
            // It listens before it has its switch, and refuses with 94 until then.
            let starts = answer.number() == FAILURE_CONF && answer.u32_at(4) == 94;
            if !starts || Instant::now() > end {
                break (client, answer);
            }
            thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(conf.number(), OPEN_CONF);
        assert_eq!(conf.u32_at(0), 1, "InvokeID");
        assert_eq!(
            conf.u32_at(4) & !0x14,
            0,
            "no service is granted that was not asked for"
        );
        assert_eq!(conf.u32_at(4), 0x14, "ServicesGranted");
        assert_eq!(conf.u16_at(20), 1, "CCXOnline");
        // The fixed part has 26 bytes; what follows must be floating fields to the last byte.
        let peripherals = conf.floating(26);
        assert!(
            peripherals.contains(&(228, vec![0, 1])),
            "NumPeripherals 1 in {peripherals:?}"
        );
        assert_eq!(
            client.until(SYSTEM_EVENT).u32_at(8),
            3,
            "SystemEventID SYS_CCX_ONLINE"
        );
        client
    }
}

/// A child that does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails only when the child has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Client {
    stream: TcpStream,
}

impl Client {
    fn send(&mut self, text: &str) {
        self.send_bytes(&hex(text));
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next message: eight bytes of header, then as many as the first four say.
    fn next(&mut self) -> Message {
        let mut header = [0; 8];
        self.stream
            .read_exact(&mut header)
            .expect("a message within the limit");
        let length = usize::try_from(u32::from_be_bytes(*header.first_chunk().unwrap())).unwrap();
        assert!(length <= 12_492, "no message is longer than 12500 bytes");
        let mut bytes = header.to_vec();
        bytes.resize(8 + length, 0);
        self.stream.read_exact(&mut bytes[8..]).unwrap();
        Message { bytes }
    }

    /// The next message of this number; events may come in between.
    fn until(&mut self, number: u32) -> Message {
        loop {
            let message = self.next();
            if message.number() == number {
                return message;
            }
            assert_ne!(
                message.number(),
                FAILURE_CONF,
                "waiting for {number}: {:02x?}",
                message.bytes
            );
        }
    }

    /// The answer and the event of a SET_AGENT_STATE_REQ, in whichever order they come.
    fn event_after_set_agent_state(&mut self, invoke_id: u32) -> Message {
        let (mut confirmed, mut event) = (false, None);
        while !confirmed || event.is_none() {
            let message = self.next();
            match message.number() {
                SET_AGENT_STATE_CONF => {
                    assert_eq!(message.body(), invoke_id.to_be_bytes());
                    confirmed = true;
                }
                AGENT_STATE_EVENT => event = Some(message),
                number => assert_ne!(number, CONTROL_FAILURE_CONF, "{:02x?}", message.bytes),
            }
        }
        let event = event.unwrap();
        let fields = event.floating(58);
        assert!(
            fields.contains(&(AGENT_ID_TAG, b"1001001\0".to_vec())),
            "AgentID in {fields:?}"
        );
        assert!(
            fields.contains(&(AGENT_EXTENSION_TAG, b"1001001\0".to_vec())),
            "AgentExtension in {fields:?}"
        );
        event
    }

    /// The server says nothing more and drops the connection.
    fn expect_end(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [], "bytes after the end");
    }
}

struct Message {
    bytes: Vec<u8>,
}

impl Message {
    fn number(&self) -> u32 {
        u32::from_be_bytes(self.bytes[4..8].try_into().unwrap())
    }

    fn body(&self) -> &[u8] {
        &self.bytes[8..]
    }

    fn u32_at(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.body()[at..at + 4].try_into().unwrap())
    }

    fn u16_at(&self, at: usize) -> u16 {
        u16::from_be_bytes(self.body()[at..at + 2].try_into().unwrap())
    }

    /// AgentState of an AGENT_STATE_EVENT: after nine fields of 30 bytes.
    fn agent_state(&self) -> u16 {
        self.u16_at(30)
    }

    /// Tag and data of each floating field after a fixed part of so many bytes.
    fn floating(&self, fixed: usize) -> Vec<(u8, Vec<u8>)> {
        let mut rest = &self.body()[fixed..];
        let mut fields = Vec::new();
        while let [tag, length, tail @ ..] = rest {
            let (data, tail) = tail.split_at(usize::from(*length));
            fields.push((*tag, data.to_vec()));
            rest = tail;
        }
        assert_eq!(rest, [], "half a field at the end");
        fields
    }
}

/// Bytes from hexadecimal digits; `#` starts a comment.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(str::chars)
        .filter(|character| !character.is_whitespace())
        .map(|character| u8::try_from(character.to_digit(16).unwrap()).unwrap())
        .collect();
    assert_eq!(digits.len() % 2, 0, "half a byte in {text}");
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
