//! A CUCM stand-in on a free port, asked in bytes and with the typed client.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{net::SocketAddr, sync::Arc};

use examples::{
    cucm,
    server::Server,
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
    tls,
};
use rustls::pki_types::ServerName;
use soap_axl::{
    Credentials, ResponseHead,
    axl::{
        self, AxlCallError, AxlError, Content, Dynamic, ForeignKey, NameKey, Operation, Presence,
        Version,
    },
    xml::Element,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(crate) struct Cucm {
    pub(crate) settings: Settings,
    server: Server,
    trigger: ShutdownTrigger,
    dir: Option<tempfile::TempDir>,
}

/// Starts one with its data in a folder of its own.
pub(crate) async fn start() -> Cucm {
    let dir = tempfile::tempdir().unwrap();
    let mut cucm = start_with(Settings::with_data_dir(dir.path().to_owned())).await;
    cucm.dir = Some(dir);
    cucm
}

/// Starts one with these settings, on free ports.
pub(crate) async fn start_with(mut settings: Settings) -> Cucm {
    settings.cucm.axl = "127.0.0.1:0".parse().unwrap();
    settings.cucm.switch = "127.0.0.1:0".parse().unwrap();
    settings.caller.calls_per_minute = 0;
    let (trigger, shutdown) = shutdown::channel();
    let server = cucm::start(Arc::new(settings.clone()), shutdown)
        .await
        .unwrap();
    settings.cucm.axl = server.address("axl").unwrap();
    Cucm {
        settings,
        server,
        trigger,
        dir: None,
    }
}

impl Cucm {
    fn address(&self) -> SocketAddr {
        self.settings.cucm.axl
    }

    /// Sends the bytes on a TLS connection of their own and reads until the server closes.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let connector =
            tokio_rustls::TlsConnector::from(tls::client_config(&self.settings).unwrap());
        let stream = TcpStream::connect(self.address()).await.unwrap();
        let name = ServerName::IpAddress(self.address().ip().into());
        let mut stream = connector.connect(name, stream).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await.unwrap();
        String::from_utf8(response).unwrap()
    }

    /// Posts the content of a body as the application user `user`.
    pub(crate) async fn post(&self, user: &str, action: &str, content: &str) -> String {
        let credentials = match user {
            "axladmin" | "axlreader" | "noaxl" => Credentials::new(user, format!("ccx-{user}")),
            _ => Credentials::new("axladmin", "wrong"),
        };
        let token = credentials.unwrap().to_header();
        let body = format!(
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:ns=\"http://www.cisco.com/AXL/API/14.0\">\
             <soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
        );
        self.exchange(&format!(
            "POST /axl/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: {}\r\nContent-Type: text/xml;charset=UTF-8\r\n\
             SOAPAction: \"{action}\"\r\nContent-Length: {}\r\n\r\n{body}",
            token.expose(),
            body.len()
        ))
        .await
    }

    /// Does an operation as `axladmin`.
    pub(crate) async fn call<O: Operation>(&self, operation: &O) -> Result<O::Reply, AxlCallError> {
        let credentials = Credentials::new("axladmin", "ccx-axladmin").unwrap();
        self.call_as(credentials, Version::V14_0, operation).await
    }

    /// Does an operation that works.
    pub(crate) async fn done<O: Operation>(&self, operation: &O) -> O::Reply {
        self.call(operation)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", O::NAME))
    }

    /// Does an operation that does not work.
    pub(crate) async fn fault<O: Operation>(&self, operation: &O) -> AxlError {
        match self.call(operation).await {
            Err(AxlCallError::Operation { error, .. }) => error,
            Err(other) => panic!("{}: {other}", O::NAME),
            Ok(_) => panic!("{} works", O::NAME),
        }
    }

    pub(crate) async fn call_as<O: Operation>(
        &self,
        credentials: Credentials,
        version: Version,
        operation: &O,
    ) -> Result<O::Reply, AxlCallError> {
        let config = axl::ClientConfig::new(version).with_credentials(credentials);
        self.send(axl::Client::new(config).call(operation)).await
    }

    async fn send<R: Content>(&self, call: axl::Call<R>) -> Result<R, AxlCallError> {
        let axl::Call { request, pending } = call;
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: h\r\n",
            request.method, request.path
        );
        for (name, value) in request.headers.iter() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!(
            "Connection: close\r\nContent-Length: {}\r\n\r\n",
            request.body.len()
        ));
        text.push_str(std::str::from_utf8(&request.body).unwrap());
        let response = self.exchange(&text).await;
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let code = status(lines.next().unwrap()).parse().unwrap();
        let mut response = ResponseHead::new(code);
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            response = response.header(name, value.as_bytes());
        }
        let mut reply = pending.receive(response)?;
        reply.handle_body(body.as_bytes())?;
        reply.finish()
    }

    pub(crate) async fn stop(self) {
        self.trigger.request();
        self.server.task.await.unwrap();
    }
}

/// The status of a response.
pub(crate) fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

pub(crate) fn named(name: &str) -> NameKey {
    NameKey::Name(name.to_owned())
}

pub(crate) fn text(value: &Presence<String>) -> &str {
    value.value().map_or("", String::as_str)
}

pub(crate) fn name(value: &Presence<ForeignKey>) -> &str {
    value.value().map_or("", |key| key.name.as_str())
}

/// An operation by name, with texts.
pub(crate) fn dynamic(operation: &str, texts: &[(&'static str, &str)]) -> axl::Request {
    let mut dynamic = Dynamic::new(operation);
    for (tag, value) in texts {
        dynamic = dynamic.with(Element::new("", *tag).with_text(value));
    }
    axl::Request::Other(dynamic)
}

/// A typed operation from its inside, for those that have no default.
pub(crate) fn read<O: Operation>(xml: &str) -> O {
    let envelope = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body>{xml}</e:Body></e:Envelope>"
    );
    let codec = soap_axl::EnvelopeCodec::default();
    let message = codec
        .decode(envelope.as_bytes(), |_, decoder| O::read(decoder, O::NAME))
        .unwrap();
    let soap_axl::Body::Entry(operation) = message.body else {
        panic!("no operation in {xml}");
    };
    operation
}

/// What is in `return`, or the whole fault.
pub(crate) async fn by_name(cucm: &Cucm, request: &axl::Request) -> Result<String, String> {
    let axl::Request::Other(dynamic) = request else {
        panic!("{} has a type", request.name());
    };
    let children: String = dynamic.children.iter().map(Element::to_string).collect();
    let name = request.name();
    let content = format!("<ns:{name}>{children}</ns:{name}>");
    let response = cucm
        .post("axladmin", &format!("CUCM:DB ver=14.0 {name}"), &content)
        .await;
    match (response.find("<return"), response.find("</return>")) {
        (Some(start), Some(end)) => Ok(response[start..end + "</return>".len()].to_owned()),
        _ => Err(response),
    }
}
