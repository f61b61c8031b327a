//! A list of any length, page by page.

use core::{fmt, time::Duration};
use std::collections::VecDeque;

use crate::{
    axl::{
        AppUser, AxlCallError, BackOff, Content, Css, DevicePool, DeviceProfile, Dynamic,
        ExecuteSqlQuery, ExecuteSqlQueryReply, Line, ListAppUser, ListCss, ListDevicePool,
        ListDeviceProfile, ListLine, ListLocation, ListPhone, ListProcessNode, ListRegion,
        ListRoutePartition, ListRoutePattern, ListServiceParameter, ListSipTrunk, ListUser,
        Location, Operation, Phone, ProcessNode, Region, RoutePartition, RoutePattern, Row,
        ServiceParameter, SipTrunk, User, client::no_return,
    },
    xml::Element,
};

/// An operation whose answer is part of a list: typed, or a [`Dynamic`].
pub trait Paged: Clone {
    /// What a call of it answers.
    type Answer;
    /// What the list holds.
    type Item;

    /// The operation for `first` items behind the first `skip`.
    #[must_use]
    fn page(&self, skip: u64, first: u64) -> Self;

    /// The items of an answer.
    ///
    /// # Errors
    ///
    /// The answer is not that of a list, which only a [`Dynamic`] may have.
    fn items(answer: Self::Answer) -> Result<Vec<Self::Item>, AxlCallError>;
}

/// An answer that is a list.
pub trait Listed: Content {
    /// What the list holds.
    type Item: Content;
    /// Name of the items' elements.
    const ITEM: &'static str;
}

/// How a pager asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PagerConfig {
    /// Items asked for at a time at first; at least 1. Default 1000, as common clients have it.
    pub page: u64,
    /// Items after which the list is given up: a server that ignores `skip` never ends one.
    /// Default 10 million, above any cluster's.
    pub max_items: u64,
    /// When a page that the server puts off is asked for again.
    pub back_off: BackOff,
}

impl Default for PagerConfig {
    fn default() -> Self {
        Self {
            page: 1000,
            max_items: 10_000_000,
            back_off: BackOff::default(),
        }
    }
}

impl PagerConfig {
    /// Sets how many items to ask for at a time at first.
    #[must_use]
    pub fn with_page(mut self, items: u64) -> Self {
        self.page = items.max(1);
        self
    }

    /// Sets after how many items the list is given up.
    #[must_use]
    pub fn with_max_items(mut self, items: u64) -> Self {
        self.max_items = items;
        self
    }

    /// Sets how often a page is tried.
    #[must_use]
    pub fn with_max_tries(mut self, tries: u32) -> Self {
        self.back_off = self.back_off.with_max_tries(tries);
        self
    }
}

/// Asks for a list until the answer is empty.
///
/// ```text
///            poll_transmit             items
///   ready ----------------> asked ------------> ready (behind them)
///     ^                       | |  none, or more than asked for
///     |  handle_timeout       | +-------------> over: Done
///     +------- waiting <------+ |
///               503, try again  +-------------> over: Failed
/// ```
///
/// A page that is too large for the server (8 MB) is asked for again with fewer items, by the
/// numbers in the fault. One request is out at a time. After each call, take
/// [`Pager::poll_transmit`] and [`Pager::poll_event`] until `None`, then re-arm the timer from
/// [`Pager::poll_timeout`].
pub struct Pager<O: Paged> {
    config: PagerConfig,
    operation: O,
    state: State,
    /// Items had so far.
    skip: u64,
    /// Items to ask for next.
    page: u64,
    /// Tries of this page that the server asked to wait after.
    tries: u32,
    events: VecDeque<PageEvent<O::Item>>,
}

impl<O: Paged + fmt::Debug> fmt::Debug for Pager<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("config", &self.config)
            .field("operation", &self.operation)
            .field("state", &self.state)
            .field("skip", &self.skip)
            .field("page", &self.page)
            .field("tries", &self.tries)
            .field("events", &self.events)
            .finish()
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Ready,
    Asked,
    Waiting { until: Duration },
    Over,
}

/// What comes out of a pager. `Debug` prints of items how many they are.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum PageEvent<T> {
    /// The next items, at least one.
    Items(Vec<T>),
    /// The list is complete.
    Done {
        /// How many items it had.
        items: u64,
    },
    /// The list is not complete and will not be.
    Failed(PageError),
}

impl<T> fmt::Debug for PageEvent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Items(items) => {
                let count = format_args!("{} items", items.len());
                f.debug_tuple("Items").field(&count).finish()
            }
            Self::Done { items } => f.debug_struct("Done").field("items", items).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

/// Why a list ends early.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// A call failed.
    #[error(transparent)]
    Call(AxlCallError),
    /// A single item is larger than the server sends.
    #[error("item {skip} is too large for the server")]
    ItemTooLarge {
        /// How many items stand before it.
        skip: u64,
    },
    /// More items than [`PagerConfig::max_items`].
    #[error("the list has more than {0} items")]
    Endless(u64),
}

impl<O: Paged> Pager<O> {
    /// A pager for this list. What the operation says of `skip` and `first` does not count.
    pub fn new(config: PagerConfig, operation: O) -> Self {
        Self {
            page: config.page.max(1),
            config,
            operation,
            state: State::Ready,
            skip: 0,
            tries: 0,
            events: VecDeque::new(),
        }
    }

    /// The next operation to be called, once; its outcome goes to [`Pager::handle_answer`].
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<O> {
        if self.state != State::Ready {
            return None;
        }
        self.state = State::Asked;
        Some(self.operation.page(self.skip, self.page))
    }

    /// What became of the call. Ignored when none is out.
    pub fn handle_answer(&mut self, now: Duration, answer: Result<O::Answer, AxlCallError>) {
        if self.state != State::Asked {
            return;
        }
        match answer.and_then(O::items) {
            Ok(items) => self.on_items(items),
            Err(error) => self.on_error(now, error),
        }
    }

    /// The time of [`Pager::poll_timeout`] has come; earlier it does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        if let State::Waiting { until } = self.state
            && until <= now
        {
            self.state = State::Ready;
        }
    }

    /// Items and the end of the list.
    pub fn poll_event(&mut self) -> Option<PageEvent<O::Item>> {
        self.events.pop_front()
    }

    /// When to call [`Pager::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Ready | State::Asked | State::Over => None,
        }
    }

    /// Whether the list has ended, one way or the other.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    fn on_items(&mut self, items: Vec<O::Item>) {
        let count = items.len() as u64;
        if count > 0 {
            self.skip = self.skip.saturating_add(count);
            self.events.push_back(PageEvent::Items(items));
        }
        self.tries = 0;
        self.state = State::Ready;
        // More than asked for: the server does not page, and this was everything.
        if count == 0 || count > self.page {
            self.end(PageEvent::Done { items: self.skip });
        } else if self.skip > self.config.max_items {
            self.end(PageEvent::Failed(PageError::Endless(self.config.max_items)));
        }
    }

    fn on_error(&mut self, now: Duration, error: AxlCallError) {
        if let AxlCallError::Operation { error, .. } = &error
            && let Some(numbers) = error.too_large()
        {
            if self.page == 1 {
                self.end(PageEvent::Failed(PageError::ItemTooLarge {
                    skip: self.skip,
                }));
                return;
            }
            // "Less than": and never as much as before, whatever the server says.
            let smaller = numbers.suggested.saturating_sub(1).min(self.page / 2);
            self.page = smaller.max(1);
            self.state = State::Ready;
            return;
        }
        self.tries += 1;
        match self.config.back_off.wait(self.tries, &error) {
            Some(wait) => {
                self.state = State::Waiting {
                    until: now.saturating_add(wait),
                };
            }
            None => self.end(PageEvent::Failed(PageError::Call(error))),
        }
    }

    fn end(&mut self, event: PageEvent<O::Item>) {
        self.state = State::Over;
        self.events.push_back(event);
    }
}

macro_rules! paged {
    ($($operation:ident: $item:ident in $field:ident, $wire:literal;)+) => {$(
        impl Listed for <$operation as Operation>::Reply {
            type Item = $item;
            const ITEM: &'static str = $wire;
        }

        impl Paged for $operation {
            type Answer = <Self as Operation>::Reply;
            type Item = $item;

            fn page(&self, skip: u64, first: u64) -> Self {
                Self { skip: Some(skip), first: Some(first), ..self.clone() }
            }

            fn items(answer: Self::Answer) -> Result<Vec<$item>, AxlCallError> {
                Ok(answer.$field)
            }
        }
    )+};
}

paged! {
    ListAppUser: AppUser in app_users, "appUser";
    ListCss: Css in css, "css";
    ListDevicePool: DevicePool in device_pools, "devicePool";
    ListDeviceProfile: DeviceProfile in device_profiles, "deviceProfile";
    ListLine: Line in lines, "line";
    ListLocation: Location in locations, "location";
    ListPhone: Phone in phones, "phone";
    ListProcessNode: ProcessNode in process_nodes, "processNode";
    ListRegion: Region in regions, "region";
    ListRoutePartition: RoutePartition in route_partitions, "routePartition";
    ListRoutePattern: RoutePattern in route_patterns, "routePattern";
    ListServiceParameter: ServiceParameter in service_parameters, "serviceParameter";
    ListSipTrunk: SipTrunk in sip_trunks, "sipTrunk";
    ListUser: User in users, "user";
}

impl Listed for ExecuteSqlQueryReply {
    type Item = Row;
    const ITEM: &'static str = "row";
}

/// The statement must begin with `SELECT` and have no `SKIP` and `FIRST` of its own; and an
/// `ORDER BY`, or the pages need not fit together.
impl Paged for ExecuteSqlQuery {
    type Answer = ExecuteSqlQueryReply;
    type Item = Row;

    fn page(&self, skip: u64, first: u64) -> Self {
        let sql = self.sql.trim_start();
        let paged = match sql.split_at_checked("select".len()) {
            Some((word, rest)) if word.eq_ignore_ascii_case("select") => {
                format!("{word} SKIP {skip} FIRST {first}{rest}")
            }
            // No statement that can be paged; the server says what it thinks of it.
            Some(_) | None => sql.to_owned(),
        };
        Self {
            sql: paged,
            other: self.other.clone(),
        }
    }

    fn items(answer: ExecuteSqlQueryReply) -> Result<Vec<Row>, AxlCallError> {
        Ok(answer.rows)
    }
}

/// Any list, as all but `listChange` have it: `skip` and `first` behind everything else, the
/// objects inside `return`.
impl Paged for Dynamic {
    type Answer = Self;
    type Item = Element;

    fn page(&self, skip: u64, first: u64) -> Self {
        let mut page = self.clone();
        page.children
            .retain(|child| !matches!(child.local(), "skip" | "first"));
        let number =
            |name: &'static str, number: u64| Element::new("", name).with_text(number.to_string());
        page.with(number("skip", skip)).with(number("first", first))
    }

    fn items(answer: Self) -> Result<Vec<Element>, AxlCallError> {
        let mut children = answer.children.into_iter();
        let list = children.find(|child| child.local() == "return");
        Ok(list.ok_or_else(no_return)?.into_children().collect())
    }
}
