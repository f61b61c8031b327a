//! Capture files made packet by packet, and what the tool shows of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{
    Connection, From, IF_TSOFFSET, IF_TSRESOL, Link, Section, golden, pcap, pcapng, run, session,
    shown, tool, with_invoke_id,
};

#[test]
fn a_session_is_shown_message_by_message() {
    let file = pcap(Link::Ethernet, &session().wire(Link::Ethernet), false);
    insta::assert_snapshot!("session", shown(&[], &file));
    insta::assert_snapshot!("session_long", shown(&["-v"], &file));
    insta::assert_snapshot!("session_json", shown(&["--json"], &file));
    let summary = shown(&["--summary", "--time", "absolute"], &file);
    insta::assert_snapshot!("session_absolute_summary", summary);
}

#[test]
fn every_link_and_file_format_gives_the_same() {
    let connection = session();
    let expected = shown(
        &[],
        &pcap(Link::Ethernet, &connection.wire(Link::Ethernet), false),
    );
    for link in Link::ALL {
        let packets = connection.wire(link);
        for big_endian in [false, true] {
            let text = shown(&[], &pcap(link, &packets, big_endian));
            assert_eq!(text, expected, "{link:?}");
        }
        assert_eq!(shown(&[], &pcapng(link, &packets)), expected, "{link:?}");
        let mut connection = session();
        connection.version_6 = true;
        let text = shown(&[], &pcapng(link, &connection.wire(link)));
        assert_eq!(messages(&text), messages(&expected), "{link:?} with IPv6");
        assert!(
            text.starts_with("#1 [fd00::5]:50123 -> [fd00::1]:12028\n"),
            "{text}"
        );
    }
}

#[test]
fn sections_and_interfaces_have_units_of_time_of_their_own() {
    let absolute = ["--time", "absolute"];
    let expected = shown(&absolute, &file(&session()));
    // A pcap of nanoseconds.
    let mut nanos = file(&session());
    nanos[..4].copy_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
    let mut at = 24;
    while at < nanos.len() {
        let number = |at: usize| u32::from_le_bytes(nanos[at..at + 4].try_into().unwrap());
        let (micros, len) = (number(at + 4), number(at + 8));
        nanos[at + 4..at + 8].copy_from_slice(&(micros * 1_000).to_le_bytes());
        at += 16 + usize::try_from(len).unwrap();
    }
    assert_eq!(shown(&absolute, &nanos), expected);
    // Two interfaces of a little machine, then one of a big machine whose clock is a million
    // seconds late.
    let ethernet = session().wire(Link::Ethernet);
    let cooked = session().wire(Link::LinuxSll);
    let mut little = Section::new(false);
    little
        .interface(Link::Ethernet, 0, &[(IF_TSRESOL, vec![9])])
        .interface(Link::LinuxSll, 0, &[]);
    let mut big = Section::new(true);
    let late = 1_000_000_u64;
    big.interface(
        Link::Ethernet,
        0,
        &[
            (IF_TSRESOL, vec![6]),
            (IF_TSOFFSET, late.to_be_bytes().to_vec()),
        ],
    );
    for (index, (micros, packet)) in ethernet.iter().enumerate() {
        match index {
            0..9 if index % 2 == 0 => little.packet(0, micros * 1_000, packet),
            0..9 => little.packet(1, *micros, &cooked[index].1),
            _ => big.packet(0, micros - late * 1_000_000, packet),
        };
    }
    let both = [little.file, big.file].concat();
    assert_eq!(shown(&absolute, &both), expected);
}

#[test]
fn a_unit_of_time_may_be_a_power_of_two_or_none() {
    let request = &session().wire(Link::Ethernet)[3].1;
    let mut section = Section::new(false);
    let units = (1_700_000_000 << 20) + (1 << 19);
    section
        .interface(Link::Ethernet, 0, &[(IF_TSRESOL, vec![0x80 | 20])])
        .packet(0, units, request);
    let text = shown(&["--time", "absolute"], &section.file);
    assert!(
        text.contains("2023-11-14T22:13:20.500000Z #1 -> OPEN_REQ"),
        "{text}"
    );
    // More of these make a second than 64 bits can count.
    let mut section = Section::new(false);
    section
        .interface(Link::Ethernet, 0, &[(IF_TSRESOL, vec![20])])
        .packet(0, units, request);
    let text = shown(&[], &section.file);
    assert!(text.contains("\n#1 -> OPEN_REQ"), "{text}");
    assert!(text.contains("\n! 1 packets have no time"), "{text}");
    assert_eq!(run(&["--check"], &section.file).status.code(), Some(3));
}

#[test]
fn simple_packets_are_cut_to_what_was_captured() {
    // Neither 61 nor the packets' lengths are those of whole blocks.
    for snap_len in [0, 61, 121] {
        let mut section = Section::new(false);
        section.interface(Link::Ethernet, snap_len, &[]);
        let mut packets = session().wire(Link::Ethernet);
        for (_, packet) in &mut packets {
            let sent = packet.len();
            if snap_len > 0 {
                packet.truncate(usize::try_from(snap_len).unwrap());
            }
            section.simple(sent, packet);
        }
        let text = shown(&[], &section.file);
        let expected = messages(&shown(&[], &pcap(Link::Ethernet, &packets, false)));
        let own: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(own, expected, "{snap_len}");
    }
}

#[test]
fn an_authentication_header_is_no_lost_payload() {
    let mut packets = session().wire(Link::Raw);
    for (_, packet) in &mut packets {
        let total = u16::from_be_bytes([packet[2], packet[3]]) + 24;
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        packet[9] = 51;
        // TCP is next; 6 words of 4 bytes, less 2.
        let header = [&[6, 4][..], &[0; 22]].concat();
        packet.splice(20..20, header);
    }
    let text = shown(&[], &pcap(Link::Raw, &packets, false));
    assert_eq!(text, shown(&[], &file(&session())));
}

#[test]
fn order_retransmissions_and_overlaps_do_not_matter() {
    let connection = session();
    let expected = shown(&[], &file(&connection));
    // Cut into segments of 7 bytes, each sent twice, the second time one byte longer; then swap
    // neighbours. The times that are printed are those of the packet that completes a message.
    let mut cut = connection.clone();
    cut.packets.clear();
    for packet in &connection.packets {
        if packet.payload.is_empty() {
            cut.packets.push(packet.clone());
        }
        for (index, chunk) in packet.payload.chunks(7).enumerate() {
            let mut part = packet.clone();
            part.sequence = packet.sequence + u32::try_from(index * 7).unwrap();
            part.payload = chunk.to_vec();
            cut.packets.push(part.clone());
            part.payload = packet.payload[index * 7..]
                .iter()
                .take(8)
                .copied()
                .collect();
            cut.packets.push(part);
        }
    }
    assert_eq!(messages(&shown(&[], &file(&cut))), messages(&expected));
    let mut swapped = cut.clone();
    for start in (3..swapped.packets.len() - 5).step_by(4) {
        if swapped.packets[start].from == swapped.packets[start + 3].from {
            swapped.packets.swap(start, start + 3);
        }
    }
    let mut own: Vec<String> = messages(&shown(&[], &file(&swapped)));
    let mut expected = messages(&expected);
    // A side's messages keep their order; between the sides it follows the packets.
    own.sort_unstable();
    expected.sort_unstable();
    assert_eq!(own, expected);
}

#[test]
fn sequence_numbers_wrap() {
    let mut connection = Connection::open_with(12_028, u32::MAX - 20, u32::MAX - 50);
    for packet in session()
        .packets
        .into_iter()
        .filter(|packet| !packet.payload.is_empty())
    {
        connection.send(packet.from, &packet.payload);
    }
    connection.close();
    let expected = shown(&[], &file(&session()));
    assert_eq!(
        messages(&shown(&[], &file(&connection))),
        messages(&expected)
    );
}

#[test]
fn a_lost_packet_is_told_and_costs_its_message_only() {
    let mut connection = session();
    // AGENT_STATE_EVENT, and the second half of CALL_DELIVERED_EVENT.
    let half = connection.packets[11].payload.len() / 2;
    connection.packets[11].payload.truncate(half);
    connection.packets.remove(7);
    insta::assert_snapshot!("loss", shown(&["--summary"], &file(&connection)));
    assert_eq!(run(&["--check"], &file(&connection)).status.code(), Some(3));
    // The session has a refusal and nothing wrong.
    assert_eq!(run(&["--check"], &file(&session())).status.code(), Some(0));
}

#[test]
fn a_capture_may_begin_in_the_middle() {
    let mut connection = session();
    connection.packets.drain(..7);
    connection.packets[0].payload.drain(..13);
    connection.packets[0].sequence += 13;
    insta::assert_snapshot!("middle", shown(&[], &file(&connection)));
}

#[test]
fn a_capture_that_cut_packets_off_counts_the_rest_as_lost() {
    let packets: Vec<_> = session()
        .wire(Link::Ethernet)
        .into_iter()
        .map(|(micros, mut packet)| {
            packet.truncate(120);
            (micros, packet)
        })
        .collect();
    insta::assert_snapshot!(
        "snap_length",
        shown(&[], &pcap(Link::Ethernet, &packets, false))
    );
}

#[test]
fn other_ports_are_followed_when_they_carry_cti() {
    let mut connection = session();
    connection.server_port = 8_443;
    let text = shown(&[], &file(&connection));
    let expected = shown(&[], &file(&session()));
    assert_eq!(messages(&text), messages(&expected));
    assert_eq!(shown(&["--port", "42027"], &file(&connection)), "");
    assert_ne!(shown(&["--port", "42027,8443"], &file(&connection)), "");

    let mut web = Connection::open(8_443);
    for _ in 0..100 {
        web.send(From::Client, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        web.send(
            From::Server,
            &[b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[0; 1_000]].concat(),
        );
    }
    assert_eq!(shown(&[], &file(&web)), "");
}

#[test]
fn sides_are_told_by_messages_where_no_port_tells_them() {
    let mut connection = session();
    connection.server_port = 8_443;
    // The server's answer is the first thing captured.
    connection.packets.drain(..4);
    let text = shown(&[], &file(&connection));
    assert!(
        text.starts_with("#1 10.0.0.5:50123 -> 10.0.0.1:8443, "),
        "{text}"
    );
    assert!(text.contains("<- SET_AGENT_STATE_CONF"), "{text}");
}

#[test]
fn filters_leave_what_is_wanted_and_its_answers() {
    let file = file(&session());
    let names = |arguments: &[&str]| -> Vec<String> {
        let text = shown(arguments, &file);
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_whitespace().nth(3).unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&["--type", "open_req,6"]),
        ["OPEN_REQ", "HEARTBEAT_CONF"]
    );
    assert_eq!(
        names(&["--type", "!heartbeat_req,!heartbeat_conf"]).len(),
        11
    );
    assert_eq!(
        names(&["--agent", "1001001"]),
        [
            "SET_AGENT_STATE_REQ",
            "SET_AGENT_STATE_CONF",
            "AGENT_STATE_EVENT",
            "ANSWER_CALL_REQ",
            "CONTROL_FAILURE_CONF"
        ]
    );
    assert_eq!(
        names(&["--call", "16777217"]),
        [
            "BEGIN_CALL_EVENT",
            "CALL_DELIVERED_EVENT",
            "ANSWER_CALL_REQ",
            "CONTROL_FAILURE_CONF"
        ]
    );
    assert_eq!(names(&["--client", "10.0.0.1"]), [""; 0]);
    assert_eq!(
        names(&["--client", "10.0.0.5:50123", "--type", "3"]),
        ["OPEN_REQ"]
    );
    let unknown = run(&["--type", "NO_SUCH_EVENT"], &file);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn json_is_one_object_a_line() {
    for arguments in [
        &["--json", "--summary"][..],
        &["--json", "--time", "absolute"],
    ] {
        for line in shown(arguments, &file(&session())).lines() {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(object.is_object(), "{line}");
        }
    }
}

#[test]
fn passwords_are_never_shown() {
    // `uccx17_set_agent_state_req_login` has this one.
    let password = "ccx-1001001";
    let mut connection = session();
    let login = golden("uccx17_set_agent_state_req_login");
    assert!(
        login
            .windows(password.len())
            .any(|window| window == password.as_bytes())
    );
    // Once more with a body that cannot be read, and once under the wrong version.
    let mut broken = login.clone();
    broken.truncate(login.len() - 1);
    broken[3] -= 1;
    connection.packets[3].payload = broken;
    for arguments in [
        &["--json"][..],
        &["-v"],
        &[],
        &["--dialect", "ucce", "--version", "23"],
        &["--dialect", "ucce", "--version", "23", "--json"],
        &["--dialect", "uccx", "--version", "18", "-v"],
    ] {
        for connection in [&connection, &session()] {
            let text = shown(arguments, &file(connection));
            assert!(
                text.contains("SET_AGENT_STATE_REQ"),
                "{arguments:?}: {text}"
            );
            assert!(!text.contains(password), "{arguments:?}: {text}");
            let hexadecimal = password.bytes().map(|byte| format!("{byte:02x}"));
            assert!(
                !text.contains(&hexadecimal.collect::<String>()),
                "{arguments:?}: {text}"
            );
        }
    }
}

#[test]
fn control_characters_of_a_peer_do_not_reach_the_terminal() {
    for text in [
        "\x1b[2J\r\nx",
        "\u{9b}2J\u{7f}xy",
        "\u{202e}abcd",
        "\u{2066}abcd",
    ] {
        let mut connection = Connection::open(12_028);
        let mut event = golden("uccx17_agent_state_event");
        let id = event
            .windows(7)
            .position(|window| window == b"1001001")
            .unwrap();
        event[id..id + 7].copy_from_slice(text.as_bytes());
        connection.send(From::Server, &event).close();
        for arguments in [
            &["--color", "always"][..],
            &["-v"],
            &["--json"],
            &["--json", "--color", "always"],
        ] {
            let shown = shown(arguments, &file(&connection));
            let is_unsafe = |letter: char| {
                (letter.is_control() && !"\n\x1b".contains(letter))
                    || "\u{202e}\u{2066}".contains(letter)
            };
            assert!(!shown.contains(is_unsafe), "{arguments:?}: {shown:?}");
            assert!(!shown.contains("\x1b[2J"), "{arguments:?}: {shown:?}");
            if arguments[0] == "--json" {
                // What was escaped is not lost.
                let line = shown.lines().find(|line| line.contains("agent_id"));
                let object: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
                assert!(find(&object, text), "{object}");
            }
        }
    }
}

/// Whether a string of a JSON value is `text`.
fn find(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(own) => own == text,
        serde_json::Value::Array(values) => values.iter().any(|value| find(value, text)),
        serde_json::Value::Object(values) => values.values().any(|value| find(value, text)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            false
        }
    }
}

#[test]
fn colours_are_for_terminals_or_on_demand() {
    let file = file(&session());
    assert!(!shown(&[], &file).contains('\x1b'));
    assert!(shown(&["--color", "always"], &file).contains('\x1b'));
    assert!(!shown(&["--color", "never"], &file).contains('\x1b'));
}

#[test]
fn a_reused_port_is_another_connection() {
    let first = session();
    let mut second = Connection::open_with(12_028, 9_000, 90_000);
    second
        .send(From::Client, &with_invoke_id("uccx17_open_req", 9))
        .send(From::Server, &with_invoke_id("uccx17_failure_conf", 9));
    let mut both = first;
    both.packets.extend(second.packets);
    let text = shown(&["--type", "FAILURE_CONF,3"], &file(&both));
    assert!(text.contains("#2 10.0.0.5:50123"), "{text}");
    assert!(text.contains("#2 <- FAILURE_CONF"), "{text}");
}

#[test]
fn what_comes_behind_a_reset_is_no_new_connection() {
    let mut connection = session();
    // Up to HEARTBEAT_REQ; its answer comes too late.
    connection.packets.truncate(9);
    let late = session().packets[9].clone();
    connection.push(From::Client, "ra", &[]);
    connection.packets.push(late);
    let text = shown(&[], &file(&connection));
    assert!(text.contains("1 of 1 heartbeats were never"), "{text}");
    assert!(!text.contains("#2"), "{text}");
    assert!(!text.contains("HEARTBEAT_CONF"), "{text}");
    assert!(!text.contains("still open"), "{text}");
    // The SYN again is none, another one is.
    connection.packets.push(session().packets[0].clone());
    assert!(!shown(&[], &file(&connection)).contains("#2"));
    let mut next = Connection::open_with(12_028, 9_000, 90_000);
    next.send(From::Client, &with_invoke_id("uccx17_open_req", 9));
    connection.packets.extend(next.packets);
    let text = shown(&[], &file(&connection));
    assert!(
        text.contains("#2 10.0.0.5:50123 -> 10.0.0.1:12028\n"),
        "{text}"
    );
}

#[test]
fn a_syn_that_comes_again_is_no_new_connection() {
    let expected = shown(&[], &file(&session()));
    let mut connection = session();
    let [syn, syn_ack] = [0, 1].map(|index| connection.packets[index].clone());
    connection.packets.insert(8, syn);
    connection.packets.insert(10, syn_ack);
    assert_eq!(shown(&[], &file(&connection)), expected);
}

#[test]
fn a_reused_port_is_another_connection_by_its_syn_ack_too() {
    let mut both = session();
    // Neither the end of the first nor the beginning of the second was captured.
    both.packets.truncate(9);
    let mut second = Connection::open_with(12_028, 9_000, 90_000);
    second
        .send(From::Client, &with_invoke_id("uccx17_open_req", 9))
        .send(From::Server, &with_invoke_id("uccx17_failure_conf", 9));
    both.packets.extend(second.packets.drain(1..));
    let text = shown(&[], &file(&both));
    assert!(text.contains("#1    its end was not captured"), "{text}");
    assert!(text.contains("#2 -> OPEN_REQ"), "{text}");
    assert!(text.contains("#2 <- FAILURE_CONF"), "{text}");
}

#[test]
fn a_syn_may_carry_data() {
    let mut connection = session();
    let request = connection.packets.remove(3).payload;
    connection.packets[0].payload = request;
    let text = shown(&[], &file(&connection));
    let expected = shown(&[], &file(&session()));
    assert_eq!(messages(&text), messages(&expected));
}

#[test]
fn foreign_connections_take_no_place_from_sessions() {
    let session = session();
    let mut packets = Vec::new();
    for (index, packet) in session.wire(Link::Ethernet).into_iter().enumerate() {
        packets.push(packet);
        if index == 5 {
            for port in 10_000..16_000 {
                let mut foreign = Connection::open(443);
                foreign.client_port = port;
                foreign.send(From::Client, b"GET / HTTP/1.1\r\n\r\n");
                packets.extend(foreign.wire(Link::Ethernet));
            }
        }
    }
    let text = shown(&[], &pcap(Link::Ethernet, &packets, false));
    assert_eq!(messages(&text), messages(&shown(&[], &file(&session))));
}

#[test]
fn a_clients_port_is_not_taken_for_the_servers() {
    let mut web = Connection::open(443);
    web.client_port = 42_067;
    for _ in 0..20 {
        web.send(From::Client, &[0x17, 3, 3, 0, 40, 0, 0, 0, 0, 0, 0, 1, 9])
            .send(From::Server, &[0x17, 3, 3, 0, 80, 0, 0, 0, 0, 0, 0, 1, 7]);
    }
    assert_eq!(shown(&[], &file(&web)), "");
    assert_eq!(shown(&["--port", "42067"], &file(&web)), "");
    web.packets.drain(..4);
    assert_eq!(shown(&[], &file(&web)), "");
    // The port suggests the wrong side, but messages tell.
    let mut cti = session();
    cti.client_port = 42_067;
    cti.server_port = 8_443;
    cti.packets.drain(..4);
    let text = shown(&[], &file(&cti));
    assert!(
        text.starts_with("#1 10.0.0.5:42067 -> 10.0.0.1:8443, "),
        "{text}"
    );
    assert_eq!(shown(&["--client", "10.0.0.5"], &file(&cti)), text);
    assert_eq!(shown(&["--client", "10.0.0.1"], &file(&cti)), "");
    assert!(text.contains("<- SET_AGENT_STATE_CONF"), "{text}");
    // One message suffices where a port speaks for it.
    let mut short = session();
    short.packets.drain(..8);
    short.packets.truncate(2);
    let text = shown(&[], &file(&short));
    assert!(text.contains("-> HEARTBEAT_REQ"), "{text}");
}

#[test]
fn answers_to_nothing_and_requests_without_answer_are_told() {
    let mut connection = Connection::open(12_028);
    connection
        .send(From::Client, &with_invoke_id("uccx17_open_req", 1))
        .send(From::Server, &with_invoke_id("uccx17_open_conf", 1))
        .send(From::Client, &with_invoke_id("uccx17_heartbeat_req", 2))
        .send(From::Client, &with_invoke_id("uccx17_heartbeat_req", 3))
        .send(From::Server, &with_invoke_id("uccx17_heartbeat_conf", 3))
        .send(From::Client, &with_invoke_id("uccx17_answer_call_req", 7))
        .send(
            From::Server,
            &with_invoke_id("uccx17_set_agent_state_conf", 8),
        )
        .close();
    insta::assert_snapshot!("unanswered", shown(&["--summary"], &file(&connection)));
}

#[test]
fn a_session_without_confirmations_of_control_has_nothing_unanswered() {
    // ServicesGranted stands behind the InvokeID; IGNORE_CONF is 0x200000.
    let mut open_conf = with_invoke_id("uccx17_open_conf", 1);
    open_conf[13] |= 0x20;
    let login = |invoke_id| with_invoke_id("uccx17_set_agent_state_req_login", invoke_id);
    let mut connection = Connection::open(12_028);
    connection
        .send(From::Client, &with_invoke_id("uccx17_open_req", 1))
        .send(From::Server, &open_conf)
        .send(From::Client, &login(2))
        .send(From::Client, &with_invoke_id("uccx17_answer_call_req", 3))
        .send(
            From::Server,
            &with_invoke_id("uccx17_control_failure_conf", 3),
        )
        .send(From::Client, &login(2))
        // Nothing is known of a request with this id.
        .send(
            From::Server,
            &with_invoke_id("uccx17_control_failure_conf", 9),
        )
        .close();
    let text = shown(&["--summary"], &file(&connection));
    assert!(text.contains("IGNORE_CONF"), "{text}");
    assert!(text.contains("(1.5 ms)"), "{text}");
    assert!(!text.contains('!'), "{text}");
    assert_eq!(run(&["--check"], &file(&connection)).status.code(), Some(0));
    // What is not control is answered all the same.
    let mut connection = Connection::open(12_028);
    connection
        .send(From::Client, &with_invoke_id("uccx17_open_req", 1))
        .send(From::Server, &open_conf)
        .send(From::Client, &with_invoke_id("uccx17_close_req", 4))
        .close();
    let text = shown(&[], &file(&connection));
    assert!(text.contains("CLOSE_REQ invoke_id=4 was never"), "{text}");
}

#[test]
fn a_confirmation_of_another_type_answers_nothing() {
    let mut connection = Connection::open(12_028);
    connection
        .send(From::Client, &with_invoke_id("uccx17_open_req", 1))
        .send(From::Server, &with_invoke_id("uccx17_open_conf", 1))
        .send(From::Client, &with_invoke_id("uccx17_answer_call_req", 7))
        .send(
            From::Server,
            &with_invoke_id("uccx17_set_agent_state_conf", 7),
        )
        .close();
    let text = shown(&[], &file(&connection));
    assert!(
        text.contains("! no answer to ANSWER_CALL_REQ, which waits with invoke id 7"),
        "{text}"
    );
    assert!(
        text.contains("ANSWER_CALL_REQ invoke_id=7 was never"),
        "{text}"
    );
}

#[test]
fn the_end_of_a_capture_is_not_the_end_of_a_session() {
    let mut connection = session();
    // Up to HEARTBEAT_REQ, and the half of AGENT_STATE_EVENT before it.
    connection.packets.truncate(9);
    connection.packets[7].payload.truncate(40);
    insta::assert_snapshot!("still_open", shown(&["--summary"], &file(&connection)));
    assert_eq!(run(&["--check"], &file(&connection)).status.code(), Some(0));
    let json = shown(&["--json"], &file(&connection));
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(last["unanswered_so_far"], 1);
    assert_eq!(last["unfinished_bytes"], 40);
    // Once the server has closed its side, no answer can come.
    let mut closed = Connection::open(12_028);
    closed
        .send(From::Client, &with_invoke_id("uccx17_heartbeat_req", 3))
        .push(From::Server, "fa", &[]);
    let text = shown(&[], &file(&closed));
    assert!(text.contains("1 of 1 heartbeats were never"), "{text}");
    assert_eq!(run(&["--check"], &file(&closed)).status.code(), Some(3));
}

#[test]
fn an_answer_may_be_among_what_was_lost() {
    let mut connection = session();
    // SET_AGENT_STATE_CONF.
    connection.packets.remove(6);
    let text = shown(&[], &file(&connection));
    assert!(
        text.contains("SET_AGENT_STATE_REQ invoke_id=2: its answer may be among what was lost"),
        "{text}"
    );
    assert!(!text.contains("never answered"), "{text}");
    let json = shown(&["--json"], &file(&connection));
    assert!(json.contains(r#""may_be_lost":true"#), "{json}");
    // CLOSE_CONF, the last thing before the end.
    let mut connection = session();
    connection.packets.remove(15);
    let text = shown(&[], &file(&connection));
    assert!(
        text.contains("CLOSE_REQ invoke_id=5: its answer may be among what was lost"),
        "{text}"
    );
    // A server that breaks off inside its answer has not answered.
    let mut connection = session();
    connection.packets.truncate(16);
    connection.packets[15].payload.truncate(9);
    connection.push(From::Client, "ra", &[]);
    let text = shown(&[], &file(&connection));
    assert!(text.contains("the stream ends inside a message"), "{text}");
    assert!(text.contains("CLOSE_REQ invoke_id=5 was never"), "{text}");
}

#[test]
fn filters_leave_what_nobody_can_tell_and_what_was_not_answered() {
    let mut connection = session();
    // A body that ends too early, and a request of another agent that has no answer.
    connection.packets[10].payload.truncate(40);
    connection.packets[10].payload[3] = 32;
    connection.packets.remove(13);
    connection.packets[12].acknowledged = connection.packets[13].acknowledged;
    let mut again = Connection::open(12_028);
    for packet in &connection.packets {
        if !packet.payload.is_empty() {
            again.send(packet.from, &packet.payload);
        }
    }
    again.close();
    let file = file(&again);
    for agent in ["1001001", "1001002"] {
        let text = shown(&["--agent", agent], &file);
        assert!(text.contains("BEGIN_CALL_EVENT"), "{text}");
        assert_eq!(text.contains("never"), agent == "1001001", "{text}");
        let check = run(&["--agent", agent, "--check"], &file);
        assert_eq!(check.status.code(), Some(3));
    }
    let never = |types| shown(&["--type", types], &file).contains("never answered");
    assert!(never("ANSWER_CALL_REQ"));
    assert!(!never("!ANSWER_CALL_REQ"));
}

#[test]
fn filters_leave_answers_that_were_read_before_their_requests() {
    let mut connection = session();
    connection.packets.drain(..7);
    connection.packets[0].payload.drain(..13);
    connection.packets[0].sequence += 13;
    let text = shown(&["--agent", "1001001"], &file(&connection));
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(3))
        .filter(|name| name.contains('_'))
        .collect();
    assert_eq!(names, ["ANSWER_CALL_REQ", "CONTROL_FAILURE_CONF"], "{text}");
    assert!(text.contains("DEVICE_BUSY (1.5 ms)"), "{text}");
}

#[test]
fn a_line_has_room_for_some_problems_only() {
    let mut event = golden("uccx17_agent_state_event");
    // Twenty fields of a tag that nobody knows.
    event.extend([240, 0].repeat(20));
    event[3] += 40;
    let mut connection = Connection::open(12_028);
    connection.send(From::Server, &event).close();
    let line = shown(&[], &file(&connection));
    assert!(
        line.contains("at byte 88 is no field of the message; "),
        "{line}"
    );
    assert!(line.trim_end().ends_with("; and 12 more"), "{line}");
    let long = shown(&["-v"], &file(&connection));
    assert_eq!(long.matches("is no field of the message").count(), 20);
}

#[test]
fn the_users_version_stands_against_the_sessions() {
    let text = shown(&["--dialect", "uccx", "--version", "18"], &file(&session()));
    let open = text.lines().find(|line| line.contains("OPEN_REQ")).unwrap();
    assert!(
        open.contains("asks for version 17, but is read as UCCX 18"),
        "{open}"
    );
    let alone = run(&["--version", "18"], &[]);
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn what_cannot_be_read_fails_with_a_reason() {
    let missing = tool(&["/does/not/exist"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/does/not/exist: "));
    let binary = run(&[], &[0xff; 100]);
    assert_eq!(binary.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&binary.stderr).into_owned();
    assert!(
        errors.contains("neither pcap, pcapng nor a hex dump"),
        "{errors}"
    );
}

#[test]
fn a_capture_that_breaks_off_is_read_as_far_as_it_goes() {
    let whole = file(&session());
    let text = shown(&[], &whole[..whole.len() - 400]);
    assert!(
        text.contains("OPEN_REQ") && text.contains("breaks off"),
        "{text}"
    );
}

#[test]
fn what_was_not_read_does_not_pass_a_check() {
    let whole = file(&session());
    let mut unread = whole.clone();
    // DLT_IEEE802_11.
    unread[20] = 105;
    let check = ["--check", "--summary"];
    for (name, input) in [("cut", &whole[..whole.len() - 10]), ("link type", &unread)] {
        assert_eq!(run(&["--check"], input).status.code(), Some(3), "{name}");
        assert_eq!(run(&[], input).status.code(), Some(0), "{name}");
    }
    let mut damaged = pcapng(Link::Ethernet, &session().wire(Link::Ethernet));
    // The length of the last block.
    let len = damaged.len();
    damaged[len - 4] ^= 1;
    let output = run(&check, &damaged);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("13 messages, 0 of them"), "{text}");
    // A dump is shown up to the line that cannot be read.
    let heartbeat = "0000 0004 0000 0005 0000 0041\nhello\n";
    let output = run(&check, heartbeat.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\n1 messages, 0 of them"));
}

#[test]
fn a_dump_has_no_addresses_to_filter_by() {
    for arguments in [&["--port", "42027"][..], &["--client", "10.0.0.5"]] {
        let output = run(arguments, b"0000 0004 0000 0005 0000 0041");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn damaged_captures_do_no_harm() {
    let whole = pcapng(Link::Ethernet, &session().wire(Link::Ethernet));
    let mut seed = 1_u64;
    for _ in 0..60 {
        let mut damaged = whole.clone();
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(seed >> 33).unwrap() % damaged.len();
            damaged[at] = u8::try_from(seed >> 24 & 0xff).unwrap();
        }
        let code = run(&["-v"], &damaged).status.code();
        assert!(matches!(code, Some(0 | 1)), "{code:?}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_tool_quietly() {
    let mut connection = Connection::open(12_028);
    for _ in 0..5_000 {
        connection.send(From::Server, &golden("uccx17_agent_state_event"));
    }
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), file(&connection)).unwrap();
    // With a check the code says that not all was looked at.
    for (arguments, code) in [(&[][..], 0), (&["--check"], 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        let child = tool(arguments)
            .arg(path.path())
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(reader);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn hex_dumps_of_every_form_give_the_same() {
    let bytes = [
        golden("ucce23_agent_state_event"),
        golden("ucce23_heartbeat_req"),
    ]
    .concat();
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let spaced = |bytes: &[u8]| {
        let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(" ")
    };
    let lines = |form: &dyn Fn(usize, &[u8]) -> String| -> String {
        bytes
            .chunks(16)
            .enumerate()
            .map(|(row, line)| form(row * 16, line))
            .collect()
    };
    let xxd = lines(&|at, line| {
        let groups: Vec<_> = line.chunks(2).map(digits).collect();
        format!("{at:08x}: {:<39}  ................\n", groups.join(" "))
    });
    let canonical = lines(&|at, line| {
        let (left, right) = line.split_at(line.len().min(8));
        format!(
            "{at:08x}  {:<23}  {:<23}  |................|\n",
            spaced(left),
            spaced(right)
        )
    });
    let wireshark = lines(&|at, line| format!("{at:04x}   {:<47}   ......\n", spaced(line)));
    let expected = shown(&[], digits(&bytes).as_bytes());
    insta::assert_snapshot!("hex_dump", expected);
    for dump in [xxd, canonical, wireshark, spaced(&bytes)] {
        assert_eq!(shown(&[], dump.as_bytes()), expected, "{dump}");
    }
}

fn file(connection: &Connection) -> Vec<u8> {
    pcap(Link::Ethernet, &connection.wire(Link::Ethernet), false)
}

/// Lines without their times and response times.
fn messages(text: &str) -> Vec<String> {
    text.lines()
        .skip(1)
        .map(|line| {
            let line = line.trim_start().split_once(' ').unwrap().1;
            line.split(" (").next().unwrap().to_owned()
        })
        .collect()
}
