//! The host of `soap-axl`'s client: one connection, a clock, and patience with a server that asks to
//! wait.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use soap_axl::axl::{
    AxlCallError, BackOff, Call, Client, ClientConfig, Content, Dynamic, Effect, Operation, Reply,
    Version,
};
use soap_axl::{Credentials, EnvelopeCodec, HttpRequest, Incoming, ResponseHead, Tree};

use super::failure::{Context, Failure};
use crate::net::{Broken, Connection, Response, Target};

/// A user's conversation with a server.
pub(super) struct Session {
    pub(super) target: Target,
    client: Client,
    connection: Option<Connection>,
    origin: Instant,
    timeout: Duration,
    pub(super) back_off: BackOff,
}

impl Session {
    pub(super) fn new(
        target: Target,
        version: Version,
        credentials: Credentials,
        timeout: Duration,
        tries: u32,
    ) -> Self {
        let config = ClientConfig::new(version)
            .with_credentials(credentials)
            .with_path(target.path.clone());
        Self {
            target,
            client: Client::new(config),
            connection: None,
            origin: Instant::now(),
            timeout,
            back_off: BackOff::default().with_max_tries(tries),
        }
    }

    /// Time since the session began.
    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The answer to any operation, whole.
    pub(super) fn tree(&mut self, operation: &Dynamic) -> Result<Tree, Failure> {
        self.patiently(|session| {
            let call = session.client.call_dynamic(operation);
            let reply = session.exchange(call, &operation.name)?;
            Ok(reply.and_then(Reply::finish_tree))
        })
    }

    /// One answer of a list, for a pager, which has patience of its own.
    pub(super) fn page(
        &mut self,
        operation: &Dynamic,
    ) -> Result<Result<Dynamic, AxlCallError>, Failure> {
        let call = self.client.call_dynamic(operation);
        let reply = self.exchange(call, &operation.name)?;
        Ok(reply.and_then(Reply::finish))
    }

    /// The answer to an operation that has a type, for a machine that has patience of its own.
    pub(super) fn once<O: Operation>(
        &mut self,
        operation: &O,
    ) -> Result<Result<O::Reply, AxlCallError>, Failure> {
        let call = self.client.call(operation);
        let reply = self.exchange(call, O::NAME)?;
        Ok(reply.and_then(Reply::finish))
    }

    /// The answer to an operation that has a type.
    pub(super) fn typed<O: Operation>(&mut self, operation: &O) -> Result<O::Reply, Failure> {
        self.patiently(|session| session.once(operation))
    }

    /// Whether the credentials are good.
    pub(super) fn probe(&mut self) -> Result<(), Failure> {
        let request = self.client.probe();
        let (head, body) = self.send(&request, Effect::Read)?;
        let status = head.status();
        if (200..300).contains(&status) {
            return Ok(());
        }
        let mut incoming =
            Incoming::new(EnvelopeCodec::default(), head).map_err(AxlCallError::from)?;
        incoming.handle_body(&body).map_err(AxlCallError::from)?;
        match incoming.finish(|_, decoder| decoder.element()) {
            Err(error) => Err(Failure::Call(error.into())),
            Ok(_) => Ok(()),
        }
    }

    /// Asks again as long as the server asks to wait.
    fn patiently<T>(
        &mut self,
        mut ask: impl FnMut(&mut Self) -> Result<Result<T, AxlCallError>, Failure>,
    ) -> Result<T, Failure> {
        let mut tries = 0;
        loop {
            let error = match ask(self)? {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            tries += 1;
            let Some(wait) = self.back_off.wait(tries, &error) else {
                return Err(error.into());
            };
            tell_wait(wait);
            thread::sleep(wait);
        }
    }

    fn exchange<R: Content>(
        &mut self,
        call: Call<R>,
        operation: &str,
    ) -> Result<Result<Reply<R>, AxlCallError>, Failure> {
        let (head, body) = self.send(&call.request, Effect::of(operation))?;
        self.client.remember(&head);
        Ok(call.pending.receive(head).and_then(|mut reply| {
            reply.handle_body(&body)?;
            Ok(reply)
        }))
    }

    /// Sends a request and waits for its response. Over a connection that was kept and is closed in
    /// just that moment, what only reads is sent again; what writes has a new connection each time,
    /// because nobody could tell whether it was done.
    fn send(
        &mut self,
        request: &HttpRequest,
        effect: Effect,
    ) -> Result<(ResponseHead, bytes::Bytes), Failure> {
        let bytes = self.to_bytes(request);
        let kept = self.connection.take().filter(|_| effect == Effect::Read);
        if let Some(connection) = kept {
            match self.converse(connection, &bytes) {
                Err(Broken::Closed { partial: false }) => {}
                outcome => return outcome.map_err(Failure::Broken),
            }
        }
        let connection = Connection::open(&self.target, CONNECT)
            .map_err(Failure::Broken)?
            .with_limit(MAX_ANSWER);
        self.converse(connection, &bytes).map_err(Failure::Broken)
    }

    fn converse(
        &mut self,
        mut connection: Connection,
        request: &[u8],
    ) -> Result<(ResponseHead, bytes::Bytes), Broken> {
        connection.write(request)?;
        let response = connection.read(self.timeout)?;
        let says_close = response
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let has_end = response.is_chunked() || response.header("content-length").is_some();
        if has_end && !says_close {
            self.connection = Some(connection);
        }
        Ok(head_of(response))
    }

    fn to_bytes(&self, request: &HttpRequest) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: axl/{}\r\n",
            request.method,
            request.path,
            self.target.authority,
            env!("CARGO_PKG_VERSION"),
        );
        for (name, value) in request.headers.iter() {
            // Cookies are a server's: a line end in one would begin a header of its choice.
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", request.body.len()));
        [head.as_bytes(), &request.body].concat()
    }
}

fn head_of(response: Response) -> (ResponseHead, bytes::Bytes) {
    let mut head = ResponseHead::new(response.status);
    for (name, value) in &response.headers {
        head = head.header(name, value.as_bytes());
    }
    (head, response.body)
}

/// Says on standard error that the server asks to wait.
pub(super) fn tell_wait(wait: Duration) {
    let seconds = wait.as_secs_f64();
    // Nobody may be there to read it.
    let _ = writeln!(
        anstream::stderr(),
        "axl: the server asks to wait; again in {seconds:.0} s"
    );
}

/// Who the words of a failure are about.
pub(super) fn context(target: &Target, user: &str, version: Version) -> Context {
    Context {
        host: target.authority.clone(),
        user: user.to_owned(),
        version,
    }
}

const CONNECT: Duration = Duration::from_secs(10);
/// Longest response. The client takes bodies of 16 MiB, CUCM ends at 8 MB.
const MAX_ANSWER: usize = 17 * 1024 * 1024;
