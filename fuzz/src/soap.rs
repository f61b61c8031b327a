//! soap-axl: envelopes, trees, rows, both halves of an AXL call, and the machines around calls.

use std::time::Duration;

use soap_axl::axl::{self, AxlCallError, AxlError, Effect, FollowEvent, PageEvent, Row, Verdict};
use soap_axl::{Body, EnvelopeCodec, RequestHead, ResponseHead};

/// An envelope of any version; a fault that was read can be written and read again.
pub fn envelope(data: &[u8]) {
    let codec = EnvelopeCodec::default();
    let Ok(envelope) = codec.decode_element(data) else {
        return;
    };
    if let Body::Fault(fault) = envelope.body {
        let written = codec.encode_fault(envelope.version, &fault);
        let again = codec.decode_element(&written);
        assert!(
            matches!(&again, Ok(again) if matches!(again.body, Body::Fault(_))),
            "{again:?} from {}",
            String::from_utf8_lossy(&written)
        );
        let _ = axl::AxlError::from_fault(&fault);
    }
}

/// An AXL request of a peer with credentials. What is refused is refused with a status of an error.
pub fn server(data: &[u8]) {
    let head = RequestHead::new("POST", "/axl/")
        .header("Authorization", b"Basic YXhscmVhZGVyOnNlY3JldA==")
        .header("Content-Type", b"text/xml; charset=UTF-8");
    let server = axl::Server::new(axl::ServerConfig::default());
    let Ok(mut incoming) = server.receive(head) else {
        unreachable!("a POST to /axl/ with credentials");
    };
    let (first, second) = data.split_at(data.len() / 2);
    let answer = incoming
        .handle_body(first)
        .and_then(|()| incoming.handle_body(second))
        .and_then(|()| incoming.finish(|effect, _| effect == axl::Effect::Read));
    if let Err(refusal) = answer {
        assert!((400..600).contains(&refusal.status), "{}", refusal.status);
    }
}

/// The answer of a server to `getPhone`. The first byte picks status and type of the answer.
pub fn client(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let status = [200, 401, 403, 500, 503, 599][usize::from(*choice) % 6];
    let content_type: &[u8] = match choice / 6 % 3 {
        0 => b"text/xml; charset=UTF-8",
        1 => b"text/html",
        _ => b"text/xml; charset=utf-16",
    };
    let operation = axl::GetPhone::by_name("SEP001122334455");
    let call = axl::Client::new(axl::ClientConfig::new(axl::Version::V14_0)).call(&operation);
    let head = ResponseHead::new(status).header("Content-Type", content_type);
    if let Ok(mut reply) = call.pending.receive(head)
        && reply.handle_body(data).is_ok()
    {
        let _ = reply.finish();
    }
}

/// A tree over the bytes of an envelope; it has what an element of the same envelope has.
pub fn tree(data: &[u8]) {
    let codec = EnvelopeCodec::default();
    let Ok(text) = core::str::from_utf8(data) else {
        assert!(codec.decode_tree(data).is_err());
        return;
    };
    // The declaration is taken off by the one and read by the other.
    let tree = codec.decode_tree(text);
    let element = codec.decode_element(text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes());
    let (Ok(tree), Ok(element)) = (tree, element) else {
        return;
    };
    assert_eq!(tree.version, element.version);
    assert_eq!(tree.headers, element.headers);
    match (tree.body, element.body) {
        (Body::Entry(tree), Body::Entry(element)) => {
            assert_eq!(tree.root().to_element(), element);
            for node in tree.elements() {
                let _ = (
                    node.is_nil(),
                    node.xsi_type(),
                    node.text(),
                    node.path("a/b"),
                );
            }
        }
        (Body::Empty, Body::Empty) => {}
        (Body::Fault(tree), Body::Fault(element)) => assert_eq!(tree, element),
        (tree, element) => panic!("{tree:?} is not {element:?}"),
    }
}

/// The answer to a query in pieces; the rows are the same however it is cut. The first byte picks
/// the size of the pieces.
pub fn rows(data: &[u8]) {
    let Some((size, data)) = data.split_first() else {
        return;
    };
    let (whole, at_once) = pulled(data, usize::MAX);
    let (pieces, in_pieces) = pulled(data, usize::from(*size) + 1);
    assert_eq!(
        at_once.is_ok(),
        in_pieces.is_ok(),
        "{at_once:?}, {in_pieces:?}"
    );
    if at_once.is_ok() {
        assert_eq!(whole, pieces);
        // What is good in pieces is good as a whole.
        let call = query();
        let mut reply = call
            .pending
            .receive(ResponseHead::new(200))
            .expect("no length");
        reply.handle_body(data).expect("a short body");
        assert!(reply.finish_tree().is_ok());
    }
}

fn query() -> axl::Call<axl::ExecuteSqlQueryReply> {
    let client = axl::Client::new(axl::ClientConfig::new(axl::Version::V14_0));
    client.call(&axl::ExecuteSqlQuery::new("select name from device"))
}

fn pulled(data: &[u8], size: usize) -> (Vec<String>, Result<(), AxlCallError>) {
    let mut rows = query().pending.receive_rows(ResponseHead::new(200));
    let mut seen = Vec::new();
    let mut read = || {
        for piece in data.chunks(size) {
            rows.handle_body(piece)?;
            while let Some(row) = rows.next_row()? {
                seen.push(row.to_element().to_string());
            }
        }
        rows.handle_end();
        while let Some(row) = rows.next_row()? {
            seen.push(row.to_element().to_string());
        }
        assert!(rows.is_over());
        Ok(())
    };
    let result = read();
    (seen, result)
}

/// Answers of a server that does anything to the paging machine, a queue of calls and a follower.
/// Each ends or goes on as it should: one request out at a time, no wait without end.
pub fn machines(data: &[u8]) {
    pager(data);
    queue(data);
    follower(data);
}

fn error(choice: u8) -> AxlCallError {
    let numbers = u64::from(choice) * 7;
    match choice % 4 {
        0 => AxlCallError::Operation {
            status: 500,
            error: AxlError::query_too_large(numbers, numbers / 2),
        },
        1 => AxlCallError::Operation {
            status: 500,
            error: AxlError::not_found("Phone"),
        },
        other => {
            let wait = (numbers * 1000).to_string();
            let mut head = ResponseHead::new(if other == 2 { 503 } else { 401 });
            if choice > 128 {
                head = head.header("Retry-After", wait.as_bytes());
            }
            let incoming = soap_axl::Incoming::new(EnvelopeCodec::default(), head);
            let refused = incoming
                .expect("no length")
                .finish(|_, decoder| decoder.skip());
            refused.expect_err("a refusal").into()
        }
    }
}

fn pager(data: &[u8]) {
    let config = axl::PagerConfig::default().with_page(8).with_max_items(500);
    let mut pager = axl::Pager::new(config, axl::ExecuteSqlQuery::new("select name from device"));
    let mut now = Duration::ZERO;
    let mut items = 0;
    for choice in data {
        if let Some(until) = pager.poll_timeout() {
            assert!(until <= now + Duration::from_secs(60), "a wait without end");
            now = until;
            pager.handle_timeout(now);
        }
        let Some(asked) = pager.poll_transmit() else {
            break;
        };
        assert!(
            asked.sql.contains(&format!("SKIP {items} ")),
            "{}",
            asked.sql
        );
        assert!(pager.poll_transmit().is_none());
        let answer = if *choice < 128 {
            let rows = vec![Row::new().with("name", "x"); usize::from(*choice % 16)];
            Ok(axl::ExecuteSqlQueryReply {
                rows,
                other: Vec::new(),
            })
        } else {
            Err(error(*choice))
        };
        pager.handle_answer(now, answer);
        while let Some(event) = pager.poll_event() {
            match event {
                PageEvent::Items(rows) => {
                    assert!(!rows.is_empty());
                    items += rows.len();
                }
                _ => assert!(pager.is_over()),
            }
        }
        assert!(items <= 516);
    }
}

fn queue(data: &[u8]) {
    let mut queue = axl::Queue::new(
        axl::QueueConfig::default()
            .with_in_flight(3, 1)
            .with_waiting(8),
    );
    let mut now = Duration::ZERO;
    let mut out = Vec::new();
    let mut writes = 0;
    let mut count = 0_usize;
    for choice in data {
        match choice % 4 {
            0 | 1 => {
                let effect = if choice % 4 == 0 {
                    Effect::Read
                } else {
                    Effect::Write
                };
                count += usize::from(queue.push(effect, effect).is_ok());
            }
            2 => {
                if let Some(until) = queue.poll_timeout() {
                    assert!(until <= now + Duration::from_secs(60));
                    now = now.max(until);
                    queue.handle_timeout(now);
                }
            }
            _ => {
                if let Some((id, effect)) = out.pop() {
                    writes -= usize::from(effect == Effect::Write);
                    let outcome = if *choice > 200 {
                        Err(error(choice / 4))
                    } else {
                        Ok(())
                    };
                    if queue.handle_outcome(now, id, &outcome) == Verdict::Final {
                        count -= 1;
                    }
                }
            }
        }
        while let Some((id, effect)) = queue.poll_transmit() {
            writes += usize::from(effect == Effect::Write);
            out.push((id, effect));
        }
        assert!(out.len() <= 3 && writes <= 1);
        assert_eq!(queue.in_flight(), out.len());
        assert_eq!(queue.waiting() + queue.in_flight(), count);
    }
}

fn follower(data: &[u8]) {
    let mut follower = axl::ChangeFollower::new(axl::FollowConfig::default());
    let mut now = Duration::ZERO;
    let mut begun = false;
    for choice in data.chunks(4) {
        if let Some(until) = follower.poll_timeout() {
            assert!(until <= now + Duration::from_secs(120));
            now = until;
            follower.handle_timeout(now);
        }
        let question = follower
            .poll_transmit()
            .expect("a question after each wait");
        assert_eq!(question.start_change_id.as_ref(), follower.position());
        let number = |at: usize| i64::from(choice.get(at).copied().unwrap_or_default());
        let answer = if number(0) > 200 {
            Err(error(choice[0]))
        } else {
            let change = axl::Change {
                id: number(1).into(),
                ..axl::Change::default()
            };
            let queue = axl::QueueInfo {
                first_change_id: number(2).into(),
                last_change_id: number(1).into(),
                next_start_change_id: number(3).into(),
                queue_id: if number(0) % 8 == 0 { "b" } else { "a" }.into(),
                other: Vec::new(),
            };
            Ok(axl::ListChangeReply {
                queue_info: Some(queue).filter(|_| number(0) % 5 > 0).into(),
                changes: axl::Changes {
                    changes: vec![change; choice.len() % 3],
                    other: Vec::new(),
                }
                .into(),
                other: Vec::new(),
            })
        };
        follower.handle_answer(now, answer);
        while let Some(event) = follower.poll_event() {
            match event {
                FollowEvent::Resync(_) => begun = true,
                FollowEvent::Changes(changes) => assert!(begun && !changes.is_empty()),
                _ => {}
            }
        }
    }
}
