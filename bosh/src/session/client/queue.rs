//! What waits for a request, and what one request carries (XEP-0124 §8, §16.4).

use std::time::Duration;

use bytes::Bytes;

use super::Client;
use super::streams::StreamRequest;
use crate::body::{Body, BodyKind};
use crate::session::{Error, Farewell, MAX_PAYLOADS, StreamName};

/// Something that waits for a request.
pub(super) struct Queued {
    pub(super) target: Target,
    pub(super) item: Item,
}

/// Whom it is for.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) enum Target {
    /// The stream that came with the session.
    #[default]
    First,
    Stream(StreamName),
    /// All streams.
    All,
}

pub(super) enum Item {
    Payload(Bytes),
    Restart { from: Option<String> },
    Open(Box<StreamRequest>),
    Close(Box<Farewell>),
    Terminate(Box<Farewell>),
}

impl Queued {
    pub(super) fn len(&self) -> usize {
        match &self.item {
            Item::Payload(payload) => payload.len(),
            Item::Close(farewell) | Item::Terminate(farewell) => {
                farewell.payload.as_ref().map_or(0, Bytes::len)
            }
            Item::Restart { .. } | Item::Open(_) => 0,
        }
    }

    pub(super) fn into_payload(self) -> Option<Bytes> {
        match self.item {
            Item::Payload(payload) => Some(payload),
            Item::Close(farewell) | Item::Terminate(farewell) => farewell.payload,
            Item::Restart { .. } | Item::Open(_) => None,
        }
    }
}

impl Client {
    /// Queues a complete element, which declares its own namespaces. What is queued while no
    /// request is free travels together. Of several streams, the first is meant.
    ///
    /// # Errors
    ///
    /// If the session is not open, or the queue is full: then the payload was not taken.
    pub fn send(&mut self, now: Duration, payload: Bytes) -> Result<(), Error> {
        self.enqueue(now, "send", Target::First, Item::Payload(payload))
    }

    /// Queues an element for one of several streams, as [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); also if the stream is not open.
    pub fn send_to(
        &mut self,
        now: Duration,
        stream: &StreamName,
        payload: Bytes,
    ) -> Result<(), Error> {
        self.require_stream(stream)?;
        let target = Target::Stream(stream.clone());
        self.enqueue(now, "send", target, Item::Payload(payload))
    }

    /// Queues an element for all streams that will be open when it arrives (XEP-0124 §16.4).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn broadcast(&mut self, now: Duration, payload: Bytes) -> Result<(), Error> {
        self.enqueue(now, "send", Target::All, Item::Payload(payload))
    }

    /// Asks for a new stream in the same session, as after SASL success (XEP-0206 §5). Goes
    /// behind what was queued before. Of several streams, the first is meant.
    ///
    /// # Errors
    ///
    /// If the session is not open.
    pub fn restart(&mut self, now: Duration) -> Result<(), Error> {
        let item = Item::Restart { from: None };
        self.enqueue(now, "restart the stream", Target::First, item)
    }

    /// [`restart`](Self::restart) that names the originator, as is due after SASL EXTERNAL.
    ///
    /// # Errors
    ///
    /// If the session is not open.
    pub fn restart_from(&mut self, now: Duration, from: impl Into<String>) -> Result<(), Error> {
        let item = Item::Restart {
            from: Some(from.into()),
        };
        self.enqueue(now, "restart the stream", Target::First, item)
    }

    /// [`restart`](Self::restart) of one of several streams.
    ///
    /// # Errors
    ///
    /// If the session or the stream is not open.
    pub fn restart_stream(&mut self, now: Duration, stream: &StreamName) -> Result<(), Error> {
        self.require_stream(stream)?;
        let item = Item::Restart { from: None };
        let target = Target::Stream(stream.clone());
        self.enqueue(now, "restart the stream", target, item)
    }

    pub(super) fn enqueue(
        &mut self,
        now: Duration,
        attempted: &'static str,
        target: Target,
        item: Item,
    ) -> Result<(), Error> {
        self.require_open(attempted)?;
        if target == Target::First && self.is_first_closed() {
            return Err(Error::NoStream);
        }
        let queued = Queued { target, item };
        let max = self.config.max_queue;
        if self.queued_bytes + queued.len() > max {
            return Err(Error::QueueFull { max });
        }
        self.push(queued);
        self.resume(now);
        Ok(())
    }

    pub(super) fn push(&mut self, queued: Queued) {
        self.queued_bytes += queued.len();
        self.queue.push_back(queued);
    }

    fn pop(&mut self) -> Option<Queued> {
        let queued = self.queue.pop_front()?;
        self.queued_bytes -= queued.len();
        Some(queued)
    }

    /// Payloads that were never put into a request.
    pub(super) fn take_unsent(&mut self) -> Vec<Bytes> {
        self.queued_bytes = 0;
        let queue = std::mem::take(&mut self.queue);
        queue.into_iter().filter_map(Queued::into_payload).collect()
    }

    /// Takes what the next request carries off the front of the queue.
    pub(super) fn next_request(&mut self) -> Option<(Body, Vec<Bytes>)> {
        let payloads = self.take_payloads();
        let Some((target, mut payloads)) = payloads else {
            let Queued { target, item } = self.pop()?;
            return Some(self.request(&target, item));
        };
        let mut body = Body {
            stream: self.wire_name(&target),
            ..Body::default()
        };
        // What ends the stream, or the session, may come along with its last payloads.
        let has_room = payloads.len() < MAX_PAYLOADS;
        let end = self.queue.front().filter(|_| has_room).is_some_and(|next| {
            matches!(next.item, Item::Close(_) | Item::Terminate(_)) && next.target == target
        });
        if let Some(Queued { item, .. }) = end.then(|| self.pop()).flatten() {
            let (last, more) = self.request(&target, item);
            body = last;
            payloads.extend(more);
        }
        Some((body, payloads))
    }

    /// A request for anything but payloads.
    fn request(&mut self, target: &Target, item: Item) -> (Body, Vec<Bytes>) {
        let stream = self.wire_name(target);
        match item {
            Item::Payload(payload) => {
                let body = Body {
                    stream,
                    ..Body::default()
                };
                (body, vec![payload])
            }
            Item::Restart { from } => {
                let body = Body {
                    to: Some(self.domain_of(target)),
                    from,
                    lang: self.config.lang.clone(),
                    stream,
                    restart: true,
                    ..Body::default()
                };
                (body, Vec::new())
            }
            Item::Open(request) => (request.to_body(&self.config), Vec::new()),
            Item::Close(farewell) | Item::Terminate(farewell) => {
                let body = Body {
                    kind: BodyKind::Terminate,
                    condition: farewell.condition,
                    stream,
                    ..Body::default()
                };
                (body, farewell.payload.into_iter().collect())
            }
        }
    }

    /// Payloads for one stream from the front of the queue, as many as go into one request.
    pub(super) fn take_payloads(&mut self) -> Option<(Target, Vec<Bytes>)> {
        let target = self.queue.front()?.target.clone();
        let mut payloads = Vec::new();
        let mut bytes = 0;
        while let Some(Queued {
            target: own,
            item: Item::Payload(payload),
        }) = self.queue.front()
        {
            bytes += payload.len();
            let is_long = bytes > self.config.max_request && !payloads.is_empty();
            if is_long || payloads.len() >= MAX_PAYLOADS || *own != target {
                break;
            }
            self.queued_bytes -= payload.len();
            payloads.push(payload.clone());
            self.queue.pop_front();
        }
        (!payloads.is_empty()).then_some((target, payloads))
    }
}
