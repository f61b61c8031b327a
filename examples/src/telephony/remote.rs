//! A provider for a switch behind the [line protocol](super::line).

use std::{
    collections::{BTreeSet, VecDeque},
    io,
    net::SocketAddr,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::{Duration, Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use super::{
    line::{self, Ask, Closing, IDLE_LIMIT, LineError, MAX_REPORT, Report},
    message::{Refusal, Request},
    provider::{Provider, ProviderEvent, RequestId, not_sent},
};

/// Reaches a switch over TCP, and tries again for as long as it is not there.
#[derive(Debug)]
pub struct RemoteProvider {
    asks: mpsc::Sender<Ask>,
    told: mpsc::Receiver<ProviderEvent>,
    last_request: RequestId,
    /// Requests that were not passed on, and why.
    undelivered: VecDeque<(RequestId, Refusal)>,
}

impl RemoteProvider {
    /// Starts to look for the switch at `address`. The first event says whether it is there.
    ///
    /// Must be called inside a tokio runtime. Dropping the provider ends its task.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        let (asks, from_program) = mpsc::channel(ASKS);
        let (to_program, told) = mpsc::channel(TOLD);
        tokio::spawn(async move {
            let mut link = Link {
                address,
                asks: from_program,
                told: to_program,
            };
            // The program dropped the provider: nobody is left to tell.
            let Err(ProgramGone) = link.run().await;
        });
        Self {
            asks,
            told,
            last_request: RequestId(0),
            undelivered: VecDeque::new(),
        }
    }
}

impl Provider for RemoteProvider {
    fn request(&mut self, request: Request) -> RequestId {
        self.last_request = RequestId(self.last_request.0 + 1);
        let ask = Ask {
            id: self.last_request.0,
            request,
        };
        if let Err(error) = self.asks.try_send(ask) {
            let unsent = (self.last_request, not_sent(&error));
            self.undelivered.push_back(unsent);
        }
        self.last_request
    }

    async fn next(&mut self) -> Option<ProviderEvent> {
        match self.undelivered.pop_front() {
            Some((request, refusal)) => Some(ProviderEvent::Answer {
                request,
                result: Err(refusal),
            }),
            None => self.told.recv().await,
        }
    }
}

struct Link {
    address: SocketAddr,
    asks: mpsc::Receiver<Ask>,
    told: mpsc::Sender<ProviderEvent>,
}

/// The provider was dropped.
struct ProgramGone;

/// Why a connection to the switch ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("the switch closed the connection: {0}")]
    Closed(Closing),
    #[error("the switch hung up")]
    HungUp,
    #[error("the switch is silent")]
    Silent,
    #[error("events are missing before number {0}")]
    Gap(u64),
    #[error("the provider was dropped")]
    ProgramGone,
}

impl Link {
    async fn run(&mut self) -> Result<core::convert::Infallible, ProgramGone> {
        let mut pause = FIRST_PAUSE;
        let mut told_out = false;
        loop {
            let mut in_service = false;
            let mut open = BTreeSet::new();
            let lost = self.connected(&mut open, &mut in_service).await;
            for id in open {
                self.answer_lost(id).await?;
            }
            if in_service {
                pause = FIRST_PAUSE;
                told_out = false;
            }
            if matches!(lost, Lost::ProgramGone) {
                return Err(ProgramGone);
            }
            if told_out {
                tracing::debug!(address = %self.address, reason = %lost, "no switch yet");
            } else {
                tracing::warn!(address = %self.address, reason = %lost, "switch out of service");
                self.tell(ProviderEvent::OutOfService).await?;
                told_out = true;
            }
            self.wait(pause).await?;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// One connection, from its snapshot to its end.
    async fn connected(&mut self, open: &mut BTreeSet<u64>, in_service: &mut bool) -> Lost {
        match self.converse(open, in_service).await {
            Ok(never) => match never {},
            Err(lost) => lost,
        }
    }

    async fn converse(
        &mut self,
        open: &mut BTreeSet<u64>,
        in_service: &mut bool,
    ) -> Result<core::convert::Infallible, Lost> {
        let connect = timeout(CONNECT_LIMIT, TcpStream::connect(self.address));
        let stream = connect.await.map_err(|_| Lost::Silent)??;
        stream.set_nodelay(true)?;
        let (mut reader, mut writer) = stream.into_split();
        let mut input = BytesMut::new();
        let mut sequence = None;
        let mut ping = interval(IDLE_LIMIT / 3);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let ask = tokio::select! {
                ask = self.asks.recv() => {
                    let ask = ask.ok_or(Lost::ProgramGone)?;
                    open.insert(ask.id);
                    Some(ask)
                }
                _ = ping.tick() => Some(Ask { id: PING, request: Request::Ping }),
                () = sleep_until(heard + IDLE_LIMIT) => return Err(Lost::Silent),
                read = reader.read_buf(&mut input) => {
                    if read? == 0 {
                        return Err(Lost::HungUp);
                    }
                    heard = Instant::now();
                    None
                }
            };
            if let Some(ask) = ask {
                let bytes = line::encode(&ask)?;
                timeout(WRITE_LIMIT, writer.write_all(&bytes))
                    .await
                    .map_err(|_| Lost::Silent)??;
            }
            while let Some(report) = line::decode(&mut input, MAX_REPORT)? {
                if let Some(event) = take_report(report, &mut sequence, open)? {
                    *in_service = true;
                    self.tell(event)
                        .await
                        .map_err(|ProgramGone| Lost::ProgramGone)?;
                }
            }
        }
    }

    /// Lets time pass while the switch is away.
    async fn wait(&mut self, pause: Duration) -> Result<(), ProgramGone> {
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                ask = self.asks.recv() => {
                    let ask = ask.ok_or(ProgramGone)?;
                    self.answer_lost(ask.id).await?;
                }
            }
        }
    }

    async fn answer_lost(&self, id: u64) -> Result<(), ProgramGone> {
        let result = Err(Refusal::Lost);
        self.tell(ProviderEvent::Answer {
            request: RequestId(id),
            result,
        })
        .await
    }

    async fn tell(&self, event: ProviderEvent) -> Result<(), ProgramGone> {
        self.told.send(event).await.map_err(|_| ProgramGone)
    }
}

/// What a line of the switch tells the program, if anything.
fn take_report(
    report: Report,
    sequence: &mut Option<u64>,
    open: &mut BTreeSet<u64>,
) -> Result<Option<ProviderEvent>, Lost> {
    Ok(match (report, *sequence) {
        (Report::Closing(closing), _) => return Err(Lost::Closed(closing)),
        (Report::Snapshot(snapshot), _) => {
            *sequence = Some(snapshot.sequence);
            Some(ProviderEvent::InService(snapshot))
        }
        (
            Report::Event {
                sequence: number,
                event,
            },
            Some(last),
        ) if number == last + 1 => {
            *sequence = Some(number);
            Some(ProviderEvent::Event(event))
        }
        (
            Report::Event {
                sequence: number, ..
            },
            _,
        ) => return Err(Lost::Gap(number)),
        (Report::Answer { id, done, refused }, _) => {
            // Pings, and answers to nothing, are nobody's business.
            open.remove(&id).then(|| ProviderEvent::Answer {
                request: RequestId(id),
                result: done.ok_or_else(|| refused.unwrap_or(Refusal::Lost)),
            })
        }
    })
}

const ASKS: usize = 256;
const TOLD: usize = 1024;
/// Requests of the program count from 1.
const PING: u64 = 0;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const WRITE_LIMIT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_too_many_is_said_not_to_have_been_sent() {
        // Nobody takes requests before the first yield of this task.
        let mut provider = RemoteProvider::connect(([127, 0, 0, 1], 9).into());
        let ids: Vec<RequestId> = (0..=ASKS)
            .map(|_| provider.request(Request::Ping))
            .collect();
        let answer = ProviderEvent::Answer {
            request: ids[ASKS],
            result: Err(Refusal::Overrun),
        };
        assert_eq!(provider.next().await, Some(answer));
    }
}
