//! What is so: a flat list of facts, and the questions of XEP-0060 that they answer.

/// Settings of a node, by the values of its form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Settings(Vec<(&'static str, String)>);

impl Settings {
    /// What a node is set to where nobody says anything: the defaults that the crate documents.
    pub(crate) fn new() -> Self {
        let defaults = [
            ("node_type", "leaf"),
            ("access_model", "open"),
            ("publish_model", "publishers"),
            ("persist_items", "1"),
            ("max_items", "1"),
            ("item_expire", "max"),
            ("publish_node_full", "retract-oldest"),
            ("purge_offline", "0"),
            ("deliver_payloads", "1"),
            ("deliver_notifications", "1"),
            ("presence_based_delivery", "0"),
            ("send_last_published_item", "on_sub_and_presence"),
            ("itemreply", "none"),
            ("notify_config", "0"),
            ("notify_delete", "1"),
            ("notify_retract", "1"),
            ("notify_sub", "0"),
            ("tempsub", "0"),
        ];
        Self(
            defaults
                .map(|(name, value)| (name, value.to_owned()))
                .into(),
        )
    }

    pub(crate) fn set(&mut self, field: &str, value: &str) {
        let known = self.0.iter_mut().find(|(name, _)| *name == field);
        value.clone_into(&mut known.unwrap().1);
    }

    pub(crate) fn get(&self, field: &str) -> &str {
        let known = self.0.iter().find(|(name, _)| *name == field);
        &known.unwrap().1
    }

    pub(crate) fn is(&self, field: &str) -> bool {
        self.get(field) == "1"
    }

    pub(crate) fn is_collection(&self) -> bool {
        self.get("node_type") == "collection"
    }

    pub(crate) fn max_items(&self) -> usize {
        self.get("max_items").parse().unwrap()
    }

    /// After how many milliseconds an item goes.
    pub(crate) fn item_expire(&self) -> Option<i64> {
        self.get("item_expire")
            .parse()
            .ok()
            .map(|seconds: i64| seconds * 1000)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) settings: Settings,
    /// The collections that it is in, in the order of their names.
    pub(crate) parents: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    Presence,
    At(i64),
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Options {
    pub(crate) deliver: Option<bool>,
    pub(crate) digest: Option<bool>,
    /// How long events are collected, in milliseconds.
    pub(crate) frequency: Option<i64>,
    pub(crate) kind: Option<String>,
    pub(crate) all_levels: bool,
    pub(crate) end: Option<End>,
}

#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    /// Stands for its subid.
    pub(crate) number: usize,
    pub(crate) node: String,
    pub(crate) jid: String,
    pub(crate) pending: bool,
    pub(crate) options: Options,
    /// When its end is warned of, unless that was done.
    pub(crate) warning: Option<i64>,
}

impl Subscription {
    pub(crate) fn is_transient(&self) -> bool {
        self.options.end == Some(End::Presence)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) node: String,
    pub(crate) id: String,
    pub(crate) payload: String,
    pub(crate) publisher: String,
    pub(crate) at: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) account: String,
    pub(crate) user: String,
    pub(crate) sees_presence: bool,
    pub(crate) friend: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Whose service it is, unless it stands alone.
    pub(crate) account: Option<String>,
    pub(crate) nodes: Vec<Node>,
    /// Node, user, affiliation.
    pub(crate) affiliations: Vec<(String, String, String)>,
    /// User, affiliation with every node.
    pub(crate) everywhere: Vec<(String, String)>,
    /// In the order in which they were made.
    pub(crate) subscriptions: Vec<Subscription>,
    /// In the order in which they were published.
    pub(crate) items: Vec<Item>,
    /// The last item of nodes that keep none.
    pub(crate) unkept: Vec<Item>,
    /// Where deleted nodes went.
    pub(crate) moved: Vec<(String, String)>,
    pub(crate) online: Vec<String>,
    pub(crate) contacts: Vec<Contact>,
    /// Session, and node whose events it wants.
    pub(crate) interests: Vec<(String, String)>,
    /// Node and address that the host subscribed.
    pub(crate) automatic: Vec<(String, String)>,
}

/// Why somebody is turned away: type, condition, and condition of pubsub, as an answer says it.
pub(crate) type Refusal = &'static str;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Leave {
    Granted,
    OwnerDecides,
}

pub(crate) fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}

impl Facts {
    pub(crate) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    pub(crate) fn on_node(&self, node: &str, user: &str) -> &str {
        let mut all = self.affiliations.iter();
        let known = all.find(|(of, who, _)| of == node && who == bare(user));
        known.map_or("none", |(.., affiliation)| affiliation)
    }

    pub(crate) fn everywhere(&self, user: &str) -> &str {
        let known = self.everywhere.iter().find(|(who, _)| who == bare(user));
        known.map_or("none", |(_, affiliation)| affiliation)
    }

    /// What counts of both: an outcast of either is one, else the one that allows more.
    pub(crate) fn affiliation(&self, node: &str, user: &str) -> &str {
        let order = [
            "outcast",
            "owner",
            "publisher",
            "publish-only",
            "member",
            "none",
        ];
        let both = [self.on_node(node, user), self.everywhere(user)];
        both.into_iter()
            .min_by_key(|name| order.iter().position(|known| known == name))
            .unwrap()
    }

    pub(crate) fn owners(&self, node: &str) -> Vec<String> {
        let all = self.affiliations.iter();
        let owners = all.filter(|(of, _, affiliation)| of == node && affiliation == "owner");
        owners.map(|(_, who, _)| who.clone()).collect()
    }

    pub(crate) fn owns(&self, node: &str, user: &str) -> bool {
        self.affiliation(node, user) == "owner"
    }

    /// §4.5: who may subscribe.
    pub(crate) fn leave(&self, node: &Node, user: &str) -> Result<Leave, Refusal> {
        let in_roster = |fits: fn(&Contact) -> bool| self.in_roster(node, user, fits);
        match self.affiliation(&node.name, user) {
            "owner" | "publisher" | "member" => return Ok(Leave::Granted),
            "outcast" | "publish-only" => return Err("auth forbidden -"),
            _ => {}
        }
        match node.settings.get("access_model") {
            "open" => Ok(Leave::Granted),
            "authorize" => Ok(Leave::OwnerDecides),
            "presence" if in_roster(|known| known.sees_presence) => Ok(Leave::Granted),
            "presence" => Err("auth not-authorized presence-subscription-required"),
            "roster" if in_roster(|known| known.friend) => Ok(Leave::Granted),
            "roster" => Err("auth not-authorized not-in-roster-group"),
            _ => Err("cancel not-allowed closed-node"),
        }
    }

    /// Whether somebody whose roster counts for the node has such a contact.
    fn in_roster(&self, node: &Node, user: &str, fits: fn(&Contact) -> bool) -> bool {
        let mut rosters = self.owners(&node.name);
        rosters.extend(self.account.clone());
        let mut all = self.contacts.iter();
        all.any(|known| rosters.contains(&known.account) && known.user == bare(user) && fits(known))
    }

    /// §9.1: whether a session that wants a node's events gets them without a subscription.
    pub(crate) fn gets_by_presence(&self, node: &Node, session: &str) -> bool {
        let Some(account) = &self.account else {
            return false;
        };
        let sees = bare(session) == account
            || node.settings.get("access_model") == "open"
            || self.in_roster(node, session, |known| known.sees_presence);
        sees && self.is_online(session) && self.leave(node, session) == Ok(Leave::Granted)
    }

    /// The sessions that get a node's events so.
    pub(crate) fn implied(&self, node: &Node) -> Vec<String> {
        let all = self.interests.iter().filter(|(_, name)| *name == node.name);
        let sessions = all.map(|(session, _)| session.clone());
        sessions
            .filter(|session| self.gets_by_presence(node, session))
            .collect()
    }

    /// Whether some address of the user gets events of the node.
    pub(crate) fn is_subscribed(&self, node: &str, user: &str) -> bool {
        let user = bare(user);
        let mut made = self.subscriptions.iter();
        made.any(|made| made.node == node && bare(&made.jid) == user && !made.pending)
            || self
                .automatic
                .iter()
                .any(|(of, jid)| of == node && bare(jid) == user)
    }

    /// §4.5, §6.5: who may retrieve.
    pub(crate) fn may_retrieve(&self, node: &Node, user: &str) -> Result<(), Refusal> {
        self.leave(node, user)?;
        let asks = node.settings.get("access_model") == "authorize"
            && matches!(self.affiliation(&node.name, user), "member" | "none");
        if asks && !self.is_subscribed(&node.name, user) {
            return Err("auth not-authorized not-subscribed");
        }
        Ok(())
    }

    /// §4.1, §16.4.4: who may publish.
    pub(crate) fn may_publish(&self, node: &Node, user: &str) -> bool {
        match self.affiliation(&node.name, user) {
            "owner" | "publisher" | "publish-only" => true,
            "outcast" => false,
            _ => match node.settings.get("publish_model") {
                "open" => true,
                "subscribers" => self.is_subscribed(&node.name, user),
                _ => false,
            },
        }
    }

    /// Oldest first.
    pub(crate) fn items_of(&self, node: &str) -> Vec<Item> {
        let all = self.items.iter().filter(|item| item.node == node);
        all.cloned().collect()
    }

    /// The subscriptions of an address to a node, in the order in which they were made.
    pub(crate) fn made(&self, node: &str, jid: &str) -> Vec<Subscription> {
        let all = self.subscriptions.iter();
        all.filter(|made| made.node == node && made.jid == jid)
            .cloned()
            .collect()
    }

    /// Those of all addresses of a user, by address.
    pub(crate) fn made_by(&self, node: &str, user: &str) -> Vec<Subscription> {
        let all = self.subscriptions.iter();
        let mut found: Vec<_> = all
            .filter(|made| made.node == node && bare(&made.jid) == bare(user))
            .cloned()
            .collect();
        found.sort_by(|one, other| one.jid.cmp(&other.jid));
        found
    }

    /// A session, or a bare address with one.
    pub(crate) fn is_online(&self, jid: &str) -> bool {
        let mut sessions = self.online.iter();
        sessions.any(|session| session == jid || bare(session) == jid)
    }

    /// The collections above a node, with how far above.
    pub(crate) fn above(&self, node: &str) -> Vec<(String, usize)> {
        let mut found: Vec<(String, usize)> = Vec::new();
        let mut level = vec![node.to_owned()];
        for depth in 1..10 {
            let nodes = level.iter().filter_map(|name| self.node(name));
            let next: Vec<String> = nodes.flat_map(|node| node.parents.clone()).collect();
            level.clear();
            for name in next {
                if !found.iter().any(|(known, _)| *known == name) {
                    found.push((name.clone(), depth));
                    level.push(name);
                }
            }
        }
        found
    }

    /// What a new process knows: nothing of what was transient.
    pub(crate) fn without_transient(&self) -> Self {
        let mut kept = self.clone();
        kept.online.clear();
        kept.contacts.clear();
        kept.automatic.clear();
        kept.interests.clear();
        kept.unkept.clear();
        kept.subscriptions.retain(|made| !made.is_transient());
        kept
    }
}
