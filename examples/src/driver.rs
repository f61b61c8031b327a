//! Carries a sans-IO machine over a byte stream.

use std::{collections::VecDeque, fmt, time::Duration};

use bytes::{Buf as _, Bytes, BytesMut};
use cti_proto::session::{Client, Error, client};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf},
    time::Instant,
};

/// The calls that all session machines of the family have.
pub trait Machine {
    /// What the application should know.
    type Event;
    /// Why the session is over.
    type Error;

    /// Bytes came; the machine takes whole units off the front.
    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Self::Error>;
    /// The time of [`Machine::poll_timeout`] has come.
    fn handle_timeout(&mut self, now: Duration) -> Result<(), Self::Error>;
    /// Bytes to send.
    fn poll_transmit(&mut self) -> Option<Bytes>;
    /// Something to tell.
    fn poll_event(&mut self) -> Option<Self::Event>;
    /// When to call [`Machine::handle_timeout`].
    fn poll_timeout(&self) -> Option<Duration>;
}

impl Machine for Client {
    type Event = client::Event;
    type Error = Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        Self::handle_input(self, now, input)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        Self::handle_timeout(self, now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        Self::poll_transmit(self)
    }

    fn poll_event(&mut self) -> Option<client::Event> {
        Self::poll_event(self)
    }

    fn poll_timeout(&self) -> Option<Duration> {
        Self::poll_timeout(self)
    }
}

/// Monotonic time since an origin, as the machines want it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The instant of a time since the start.
    #[must_use]
    pub fn instant(&self, time: Duration) -> Instant {
        self.origin + time
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::start()
    }
}

/// A machine, its stream, and what is between them.
pub struct Driver<M: Machine, S> {
    /// The machine; after a call on it, go on with [`Driver::next`].
    pub machine: M,
    clock: Clock,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    input: BytesMut,
    /// Partly written.
    current: Bytes,
    waiting: VecDeque<Bytes>,
    /// Bytes in `current` and `waiting`.
    output_bytes: usize,
    /// The stream took bytes that it may still hold: TLS does when its socket is full.
    unflushed: bool,
    max_output: usize,
    /// Told once the machine has no more events.
    ended: Option<Ended<M::Error>>,
}

/// Why a driver has no more events.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ended<E> {
    /// The peer closed its side, or the stream broke.
    Disconnected,
    /// The machine said that the session is over.
    Session(E),
    /// The peer does not read: more than the allowed bytes wait for it.
    SlowPeer,
}

impl<M: Machine, S: AsyncRead + AsyncWrite + Unpin> Driver<M, S> {
    /// Puts a machine on a stream. `max_output` bounds the bytes that may wait for a slow peer.
    pub fn new(machine: M, stream: S, clock: Clock, max_output: usize) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            machine,
            clock,
            reader,
            writer,
            input: BytesMut::new(),
            current: Bytes::new(),
            waiting: VecDeque::new(),
            output_bytes: 0,
            unflushed: false,
            max_output,
            ended: None,
        }
    }

    /// Time to pass to the machine's verbs.
    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Lets the machine take what it has left in the input: for verbs that make it ready for more.
    pub fn resume(&mut self) {
        if let Err(error) = self.machine.handle_input(self.clock.now(), &mut self.input) {
            self.ended = Some(Ended::Session(error));
        }
    }

    /// Moves bytes and time until the machine has an event. Nothing is lost when the future is dropped,
    /// so it can stand in a `select!`.
    ///
    /// # Errors
    ///
    /// The stream or the session ended; what the machine had to say, `Closed` included, has been
    /// yielded before.
    pub async fn next(&mut self) -> Result<M::Event, Ended<M::Error>> {
        loop {
            if let Some(event) = self.machine.poll_event() {
                return Ok(event);
            }
            self.collect_output();
            if matches!(self.ended, Some(Ended::Session(_))) {
                self.flush().await;
            }
            if let Some(ended) = self.ended.take() {
                return Err(ended);
            }
            if self.output_bytes > self.max_output {
                return Err(Ended::SlowPeer);
            }
            if !self.current.has_remaining() {
                self.current = self.waiting.pop_front().unwrap_or_default();
            }
            let timeout = self
                .machine
                .poll_timeout()
                .map(|time| self.clock.instant(time));
            let result = tokio::select! {
                moved = move_output(&mut self.writer, &mut self.current), if self.unflushed || self.output_bytes > 0 => {
                    match moved {
                        Ok(Moved::Written(count)) => {
                            self.output_bytes -= count;
                            self.unflushed = true;
                        }
                        Ok(Moved::Flushed) => self.unflushed = false,
                        Err(_) => self.ended = Some(Ended::Disconnected),
                    }
                    Ok(())
                }
                read = self.reader.read_buf(&mut self.input), if self.input.len() < MAX_INPUT => match read {
                    Ok(count) if count > 0 => {
                        self.machine.handle_input(self.clock.now(), &mut self.input)
                    }
                    Ok(_) | Err(_) => {
                        self.ended = Some(Ended::Disconnected);
                        Ok(())
                    }
                },
                () = sleep_until(timeout) => self.machine.handle_timeout(self.clock.now()),
            };
            if let Err(error) = result {
                self.ended = Some(Ended::Session(error));
            }
        }
    }

    /// Writes what waits, for at most a second: the protocol's goodbye.
    pub async fn flush(&mut self) {
        self.collect_output();
        let write = async {
            loop {
                self.writer.write_all_buf(&mut self.current).await?;
                match self.waiting.pop_front() {
                    Some(next) => self.current = next,
                    None => return self.writer.shutdown().await,
                }
            }
        };
        // The session is over either way.
        let _ = tokio::time::timeout(GOODBYE, write).await;
    }

    fn collect_output(&mut self) {
        while let Some(bytes) = self.machine.poll_transmit() {
            self.output_bytes += bytes.len();
            self.waiting.push_back(bytes);
        }
    }
}

impl<M: Machine + fmt::Debug, S> fmt::Debug for Driver<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}

enum Moved {
    Written(usize),
    Flushed,
}

/// Writes a part of `current`, or flushes when nothing is left of it. Nothing is lost when the future is dropped.
async fn move_output<S: AsyncWrite>(
    writer: &mut WriteHalf<S>,
    current: &mut Bytes,
) -> std::io::Result<Moved> {
    if !current.has_remaining() {
        return writer.flush().await.map(|()| Moved::Flushed);
    }
    match writer.write_buf(current).await? {
        0 => Err(std::io::ErrorKind::WriteZero.into()),
        count => Ok(Moved::Written(count)),
    }
}

/// Sleeps until `instant`, or for ever.
pub async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Bytes that a machine may leave for later; beyond, the peer waits. More than the largest unit of any machine,
/// so that it only holds back what comes while a machine takes nothing.
const MAX_INPUT: usize = 2 << 20;
const GOODBYE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    /// Echoes lines; ends the session at an empty one.
    #[derive(Debug, Default)]
    struct Echo {
        out: VecDeque<Bytes>,
        events: VecDeque<usize>,
    }

    impl Machine for Echo {
        type Event = usize;
        type Error = &'static str;

        fn handle_input(&mut self, _: Duration, input: &mut BytesMut) -> Result<(), &'static str> {
            while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
                let line = input.split_to(end + 1).freeze();
                self.events.push_back(line.len());
                self.out.push_back(line);
                if end == 0 {
                    return Err("empty line");
                }
            }
            Ok(())
        }

        fn handle_timeout(&mut self, _: Duration) -> Result<(), &'static str> {
            Ok(())
        }

        fn poll_transmit(&mut self) -> Option<Bytes> {
            self.out.pop_front()
        }

        fn poll_event(&mut self) -> Option<usize> {
            self.events.pop_front()
        }

        fn poll_timeout(&self) -> Option<Duration> {
            None
        }
    }

    #[tokio::test]
    async fn events_come_before_the_end_and_the_goodbye_is_written() {
        let (mut peer, stream) = tokio::io::duplex(64);
        let mut driver = Driver::new(Echo::default(), stream, Clock::start(), 1024);
        peer.write_all(b"one\n\n").await.unwrap();
        assert_eq!(driver.next().await, Ok(4));
        assert_eq!(driver.next().await, Ok(1));
        assert_eq!(driver.next().await, Err(Ended::Session("empty line")));
        let mut answer = String::new();
        peer.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "one\n\n");
    }

    #[tokio::test]
    async fn the_goodbye_survives_a_dropped_future() {
        let (mut peer, stream) = tokio::io::duplex(4);
        let mut driver = Driver::new(Echo::default(), stream, Clock::start(), 1024);
        peer.write_all(b"one").await.unwrap();
        let mut driven = tokio::spawn(async move {
            let mut events = Vec::new();
            loop {
                match tokio::time::timeout(Duration::from_millis(1), driver.next()).await {
                    Ok(Ok(event)) => events.push(event),
                    Ok(Err(ended)) => return (events, ended),
                    Err(_) => {}
                }
            }
        });
        peer.write_all(b"\n\n").await.unwrap();
        // Longer than many of the futures live.
        let early = tokio::time::timeout(Duration::from_millis(20), &mut driven).await;
        assert!(early.is_err());
        let mut answer = String::new();
        peer.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "one\n\n");
        assert_eq!(
            driven.await.unwrap(),
            (vec![4, 1], Ended::Session("empty line"))
        );
    }

    #[tokio::test]
    async fn a_peer_that_does_not_read_is_let_go() {
        let (mut peer, stream) = tokio::io::duplex(4096);
        let mut driver = Driver::new(Echo::default(), stream, Clock::start(), 16);
        peer.write_all(&[b'x'; 1023]).await.unwrap();
        peer.write_all(b"\n").await.unwrap();
        assert_eq!(driver.next().await, Ok(1024));
        assert_eq!(driver.next().await, Err(Ended::SlowPeer));
    }
}
