//! What was said, put on the wire and heard, and what a machine still holds in memory.

use bytes::Bytes;

/// The answer that says nothing, a constant of the crate.
const EMPTY: &str = "<body xmlns=\"http://jabber.org/protocol/httpbind\"/>";

/// Something whose place in the order counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Item {
    Payload(Bytes),
    Restart,
}

/// One direction of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Name of its payloads.
    mark: &'static str,
    /// Which conversation.
    of: usize,
    items: Vec<Item>,
    /// Payloads are numbered, restarts are not.
    payloads: usize,
    /// How many were put into a request or response.
    pub(crate) put: usize,
    /// How many arrived.
    pub(crate) heard: usize,
    /// Restarts that are wanted no more, and may be put, or heard, all the same: the client had
    /// made the requests, and they waited for their turn.
    unwanted: [usize; 2],
}

impl Said {
    pub(crate) const fn new(mark: &'static str, of: usize) -> Self {
        Self {
            mark,
            of,
            items: Vec::new(),
            payloads: 0,
            put: 0,
            heard: 0,
            unwanted: [0; 2],
        }
    }

    /// The next payload, about as long as asked for. It is not said by this alone.
    pub(crate) fn compose(&self, filling: usize) -> Bytes {
        let Self {
            mark, of, items, ..
        } = self;
        let number = items.len();
        let filling = "x".repeat(filling);
        Bytes::from(format!(
            "<{mark} xmlns='urn:{mark}' o='{of}' n='{number}'>{filling}</{mark}>"
        ))
    }

    pub(crate) fn say(&mut self, item: Item) {
        self.payloads += usize::from(matches!(item, Item::Payload(_)));
        self.items.push(item);
    }

    /// Restarts that were put nowhere are wanted no more.
    pub(crate) fn forget_restarts(&mut self) {
        let (mut place, before) = (0, self.items.len());
        self.items.retain(|item| {
            place += 1;
            place <= self.put || *item != Item::Restart
        });
        let forgotten = before - self.items.len();
        self.unwanted = self.unwanted.map(|count| count + forgotten);
    }

    /// Whether this is a restart that is wanted no more.
    fn is_unwanted(&mut self, item: &Item, due: usize, count: usize) -> bool {
        let unwanted =
            *item == Item::Restart && self.unwanted[count] > 0 && self.items.get(due) != Some(item);
        self.unwanted[count] -= usize::from(unwanted);
        unwanted
    }

    pub(crate) const fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes said and not yet put anywhere.
    pub(crate) fn queued(&self) -> usize {
        self.items[self.put..].iter().map(Item::len).sum()
    }

    /// Takes note of what a body carries when it goes out for the first time: what comes next.
    pub(crate) fn put(&mut self, body: &str) -> Result<(), String> {
        if head(body).contains("restart=\"true\"") {
            return self.put_next(&Item::Restart);
        }
        let start = format!("<{} xmlns=", self.mark);
        let end = format!("</{}>", self.mark);
        let mut rest = body;
        while let Some(from) = rest.find(&start) {
            let to = rest.find(&end).ok_or("a payload without an end")? + end.len();
            self.put_next(&Item::Payload(Bytes::copy_from_slice(
                &rest.as_bytes()[from..to],
            )))?;
            rest = &rest[to..];
        }
        Ok(())
    }

    fn put_next(&mut self, item: &Item) -> Result<(), String> {
        if self.is_unwanted(item, self.put, 0) {
            return Ok(());
        }
        if self.items.get(self.put) != Some(item) {
            return Err(format!("{item:?} is put where {} is due", self.put));
        }
        self.put += 1;
        Ok(())
    }

    /// Takes note of what arrives: the next. What is `over` may have taken something with it, and
    /// nothing comes twice or behind a later one even then.
    pub(crate) fn hear(&mut self, item: &Item, over: bool) -> Result<(), String> {
        let due = self.heard;
        if self.is_unwanted(item, due, 1) {
            return Ok(());
        }
        if over && let Some(place) = self.items[due..].iter().position(|other| other == item) {
            self.heard += place;
        }
        if self.items.get(self.heard) != Some(item) {
            return Err(format!("heard {item:?} where {due} is due"));
        }
        self.heard += 1;
        if self.heard > self.put {
            return Err(format!("heard {item:?}, which was put nowhere"));
        }
        Ok(())
    }

    /// At the end: what is handed back is what was put nowhere.
    pub(crate) fn settle(&self, handed_back: &[Bytes]) -> Result<(), String> {
        let left = self.items[self.put..].iter().filter_map(|item| match item {
            Item::Payload(payload) => Some(payload),
            Item::Restart => None,
        });
        if left.eq(handed_back) {
            return Ok(());
        }
        Err(format!(
            "{} of {} were put, {} heard, and {handed_back:?} handed back",
            self.put,
            self.items.len(),
            self.heard,
        ))
    }
}

impl Item {
    const fn len(&self) -> usize {
        match self {
            Self::Payload(payload) => payload.len(),
            Self::Restart => 0,
        }
    }
}

/// The start tag of a wrapper.
pub(crate) fn head(body: &str) -> &str {
    body.split_inclusive('>').next().unwrap_or_default()
}

/// An attribute of a wrapper, as our own writer puts it.
pub(crate) fn attribute<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let head = head(body);
    let from = head.find(&format!(" {name}=\""))? + name.len() + 3;
    head[from..].split('"').next()
}

pub(crate) fn number(body: &str, name: &str) -> Option<u64> {
    attribute(body, name)?.parse().ok()
}

/// Bytes that were given to a machine or came out of it, as long as it keeps hold of them.
#[derive(Debug, Default)]
pub(crate) struct Kept(Vec<Bytes>);

impl Kept {
    pub(crate) fn watch(&mut self, bytes: &Bytes) {
        // Nothing is shared of nothing, and a constant with nobody.
        if !bytes.is_empty() && bytes != EMPTY {
            self.0.push(bytes.clone());
        }
    }

    /// How many, and how many bytes, the machine holds now.
    pub(crate) fn count(&mut self) -> (usize, usize) {
        self.0.retain(|bytes| !bytes.is_unique());
        (self.0.len(), self.0.iter().map(Bytes::len).sum())
    }
}
