//! AXL over `std::net`: a server on a thread, a client beside it, no runtime.
//!
//! ```text
//! cargo run -p soap-axl --example blocking
//! ```
//!
//! HTTP is only as much as both need: a head, a `Content-Length`, a body, in clear.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the example is about sockets and threads; the crate has none"
)]

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use soap_axl::{Credentials, HttpResponse, RequestHead, ResponseHead, Secret, axl};

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = serve(&stream) {
                eprintln!("server: {error}");
            }
        }
    });

    let credentials = Credentials::new("axlreader", "secret")?;
    let config = axl::ClientConfig::new(axl::Version::V14_0).with_credentials(credentials);
    let client = axl::Client::new(config);
    for password in ["right", "wrong"] {
        let call = client.call(&axl::DoAuthenticateUser::password("1001001", password));
        let reply = exchange(&TcpStream::connect(address)?, call)?;
        println!("{password}: authenticated {}", reply.user_authenticated);
    }
    let call = client.call(&axl::GetUser::by_userid("1001001"));
    match exchange(&TcpStream::connect(address)?, call) {
        Ok(reply) => println!("{:?}", reply.user),
        Err(error) => println!("getUser: {error}"),
    }
    Ok(())
}

/// The client's side of one call.
fn exchange<R: axl::Content>(
    mut stream: &TcpStream,
    call: axl::Call<R>,
) -> Result<R, Box<dyn Error>> {
    let axl::Call { request, pending } = call;
    let mut out = format!(
        "{} {} HTTP/1.1\r\nHost: localhost\r\n",
        request.method, request.path
    );
    for (name, value) in request.headers.iter() {
        out += &format!("{name}: {value}\r\n");
    }
    out += &format!("Content-Length: {}\r\n\r\n", request.body.len());
    stream.write_all(out.as_bytes())?;
    stream.write_all(&request.body)?;

    let mut input = BufReader::new(stream);
    let first = read_line(&mut input)?;
    let status = first
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    let mut head = ResponseHead::new(status);
    while let Some((name, value)) = read_header(&mut input)? {
        head = head.header(&name, value.as_bytes());
    }
    let mut left = head.content_length().unwrap_or_default();
    let mut reply = pending.receive(head)?;
    let mut chunk = [0; 512];
    while left > 0 {
        let count = input.read(&mut chunk)?;
        if count == 0 {
            return Err("the answer ends early".into());
        }
        reply.handle_body(&chunk[..count])?;
        left = left.saturating_sub(u64::try_from(count)?);
    }
    Ok(reply.finish()?)
}

/// The server's side of one connection.
fn serve(mut stream: &TcpStream) -> Result<(), Box<dyn Error>> {
    let mut input = BufReader::new(stream);
    let first = read_line(&mut input)?;
    let mut words = first.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut head = RequestHead::new(method, path);
    while let Some((name, value)) = read_header(&mut input)? {
        head = head.header(&name, value.as_bytes());
    }
    let response = match respond(head, &mut input) {
        Ok(response) | Err(response) => response,
    };
    let mut out = format!("HTTP/1.1 {} \r\n", response.status);
    for (name, value) in response.headers.iter() {
        out += &format!("{name}: {value}\r\n");
    }
    out += &format!(
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        response.body.len()
    );
    stream.write_all(out.as_bytes())?;
    stream.write_all(&response.body)?;
    Ok(())
}

fn respond(head: RequestHead, input: &mut impl Read) -> Result<HttpResponse, HttpResponse> {
    let mut left = head.content_length().unwrap_or_default();
    let server = axl::Server::new(axl::ServerConfig::default());
    let mut incoming = server.receive(head)?;
    if !incoming
        .credentials()
        .matches("axlreader", &Secret::new("secret"))
    {
        return Err(server.unauthorized());
    }
    let mut chunk = [0; 512];
    while left > 0 {
        let want = chunk
            .len()
            .min(usize::try_from(left).unwrap_or(chunk.len()));
        let count = input.read(&mut chunk[..want]).unwrap_or(0);
        if count == 0 {
            return Err(HttpResponse::page(400, "Bad Request"));
        }
        incoming.handle_body(&chunk[..count])?;
        left = left.saturating_sub(count as u64);
    }
    let received = incoming.finish(|effect, _| effect == axl::Effect::Read)?;
    let axl::Request::DoAuthenticateUser(operation) = received.request() else {
        return Ok(received.fault(&axl::AxlError::not_found("User")));
    };
    let right = operation.secret == axl::UserSecret::Password(Secret::new("right"));
    Ok(received.answer(&axl::DoAuthenticateUserReply {
        user_authenticated: right,
        code: i64::from(!right),
        days_to_expiry: None,
        is_warning_needed: None,
        other: Vec::new(),
    }))
}

fn read_line(input: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    // A head line longer than this is no friend's.
    input.take(8192).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn read_header(input: &mut impl BufRead) -> std::io::Result<Option<(String, String)>> {
    let line = read_line(input)?;
    let header = line.split_once(':');
    Ok(header.map(|(name, value)| (name.to_owned(), value.trim().to_owned())))
}
