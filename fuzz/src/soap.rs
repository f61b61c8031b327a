//! soap-axl: envelopes, and both halves of an AXL call.

use soap_axl::{Body, EnvelopeCodec, RequestHead, ResponseHead, axl};

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
