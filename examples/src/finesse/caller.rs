//! The "call me" button: asks the switch to play a customer who calls the queue.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::{
    settings::Settings,
    telephony::{
        Address, Provider as _, ProviderEvent, Refusal, RemoteProvider, Request, SimulatedCall,
        script::variables,
    },
};

/// Plays customers.
#[derive(Debug)]
pub(super) struct CallMe {
    switch: SocketAddr,
    route_point: String,
    number: AtomicU32,
    places: Semaphore,
}

/// Why nobody calls.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CallMeError {
    /// Too many ask at once.
    #[error("too many simulated calls are asked for at once")]
    TooMany,
    /// The switch did not answer in time.
    #[error("the switch on {0} does not answer")]
    NoAnswer(SocketAddr),
    /// The switch does not play the call.
    #[error("the switch refuses the call: {0}")]
    Refused(#[from] Refusal),
    /// The seed's route point is no number.
    #[error("`{0}` is not a number of the switch")]
    RoutePoint(String),
}

impl CallMe {
    /// Calls to the queue of these settings.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            switch: settings.cucm.switch,
            route_point: settings.seed.queue.route_point.clone(),
            number: AtomicU32::new(0),
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// Lets a customer call the queue.
    ///
    /// # Errors
    ///
    /// The switch is not there or does not play the call.
    pub(super) async fn call(&self) -> Result<(), CallMeError> {
        let _place = self
            .places
            .try_acquire()
            .map_err(|_| CallMeError::TooMany)?;
        let address =
            |text: &str| Address::new(text).map_err(|_| CallMeError::RoutePoint(text.to_owned()));
        let number = self.number.fetch_add(1, Ordering::Relaxed) % 10_000;
        let call = SimulatedCall {
            from: address(&format!("4085550{}", 200 + number % 100))?,
            to: address(&self.route_point)?,
            data: variables(TOPIC, &format!("A-{number:05}"), LANGUAGE),
            patience_ms: Some(PATIENCE_MS),
            talk_ms: None,
        };
        let asked = tokio::time::timeout(TIMEOUT, self.ask(Request::SimulateCall(call))).await;
        asked.unwrap_or(Err(CallMeError::NoAnswer(self.switch)))
    }

    /// A connection for each call: the events of the switch, which come with one, are not for here.
    async fn ask(&self, request: Request) -> Result<(), CallMeError> {
        let mut switch = RemoteProvider::connect(self.switch);
        let mut asked = None;
        while let Some(event) = switch.next().await {
            match event {
                ProviderEvent::InService(_) if asked.is_none() => {
                    asked = Some(switch.request(request.clone()));
                }
                ProviderEvent::Answer { request, result } if Some(request) == asked => {
                    return Ok(result.map(|_| ())?);
                }
                ProviderEvent::InService(_)
                | ProviderEvent::OutOfService
                | ProviderEvent::Event(_)
                | ProviderEvent::Answer { .. } => {}
            }
        }
        Err(CallMeError::NoAnswer(self.switch))
    }
}

/// What the customer has told the entry script.
const TOPIC: &str = "Call me";
const LANGUAGE: &str = "English";

/// Calls that are asked for at one time.
const AT_ONCE: usize = 8;

/// How long the switch may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How long the customer waits for an agent, in milliseconds.
const PATIENCE_MS: u32 = 300_000;
