//! What users, the host and time do.

/// A request that a user makes.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Ping,
    Create {
        node: String,
        fields: Vec<(&'static str, String)>,
        parent: Option<String>,
    },
    Delete {
        node: String,
        redirect: Option<String>,
    },
    Configure {
        node: String,
        field: &'static str,
        value: String,
    },
    Subscribe {
        node: String,
        jid: String,
        options: Vec<(&'static str, String)>,
    },
    Unsubscribe {
        node: String,
        jid: String,
        subid: Option<Subid>,
    },
    Publish {
        node: String,
        /// Without any it is only told that something happened.
        items: Vec<(String, String)>,
    },
    Retract {
        node: String,
        items: Vec<String>,
        notify: bool,
    },
    Purge {
        node: String,
    },
    Items {
        node: String,
        which: Which,
    },
    Affiliate {
        node: String,
        user: String,
        affiliation: &'static str,
    },
    /// An owner says what becomes of a subscription.
    Decide {
        node: String,
        jid: String,
        state: &'static str,
    },
    Subscriptions,
    Affiliations,
    Subscribers {
        node: String,
    },
    Affiliated {
        node: String,
    },
}

/// Which items a user asks for.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    All,
    /// The newest so many.
    Newest(usize),
    /// By name. Some may not be there.
    Named(Vec<String>),
    /// A page of at most so many. XEP-0059.
    Page {
        max: Option<usize>,
        edge: Edge,
    },
}

/// Where a page is.
#[derive(Clone, Debug)]
pub(crate) enum Edge {
    First,
    Last,
    After(String),
    Before(String),
    From(usize),
}

/// A message of the service that somebody got, and that can come back.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) to: String,
    /// The service's name of it.
    pub(crate) id: String,
    /// The model's.
    pub(crate) event: usize,
}

/// Which of several subscriptions a user means.
#[derive(Clone, Debug)]
pub(crate) enum Subid {
    /// One that he was told.
    Known {
        number: usize,
        text: String,
    },
    Unknown,
}

/// What the host does.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Publish {
        node: String,
        id: String,
        payload: String,
    },
    Delete {
        node: String,
    },
    Presence {
        session: String,
        online: bool,
    },
    /// Whether the contact sees the account's presence, and is a friend; or is no contact.
    Contact {
        account: String,
        user: String,
        fact: Option<(bool, bool)>,
    },
    /// The nodes whose events a session wants, as its capabilities say.
    Interests {
        session: String,
        nodes: Vec<String>,
    },
    Automatic {
        node: String,
        jid: String,
        on: bool,
    },
    Everywhere {
        user: String,
        affiliation: &'static str,
    },
    Associate {
        collection: String,
        node: String,
        on: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Request {
        from: String,
        id: String,
        request: Request,
    },
    Call(Call),
    /// A message comes back, with an error that will not pass or with one that may: `type` and condition.
    Bounce {
        message: Delivered,
        error: (&'static str, &'static str),
    },
    /// No more than time passes.
    Nothing,
}

impl Request {
    /// The node whose turn it waits for.
    pub(crate) fn node(&self) -> Option<&str> {
        match self {
            Self::Create { node, .. }
            | Self::Delete { node, .. }
            | Self::Configure { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::Publish { node, .. }
            | Self::Retract { node, .. }
            | Self::Purge { node }
            | Self::Items { node, .. }
            | Self::Affiliate { node, .. }
            | Self::Decide { node, .. }
            | Self::Subscribers { node }
            | Self::Affiliated { node } => Some(node),
            Self::Ping | Self::Subscriptions | Self::Affiliations => None,
        }
    }
}

impl Act {
    /// The node whose turn it waits for while the storage is asked something about it.
    pub(crate) fn waits_for(&self) -> Option<&str> {
        match self {
            Self::Request { request, .. } => request.node(),
            Self::Call(Call::Publish { node, .. }) => Some(node),
            Self::Call(_) | Self::Bounce { .. } | Self::Nothing => None,
        }
    }
}
