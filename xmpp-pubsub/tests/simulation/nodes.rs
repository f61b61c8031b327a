//! Nodes: made, set, deleted, and who may do what with them.

use super::facts::{Leave, Node, Options, Settings, bare};
use super::model::{Answer, FORBIDDEN, Model, done};
use super::telling::About;

impl Model {
    pub(super) fn create(
        &mut self,
        from: &str,
        name: &str,
        fields: &[(&'static str, String)],
        parent: Option<&str>,
    ) -> Answer {
        if !self.may_create(from) {
            return Err(FORBIDDEN);
        }
        if self.facts.node(name).is_some() {
            return Err("cancel conflict -");
        }
        if let Some(parent) = parent {
            let collection = self.existing(parent)?;
            if !collection.settings.is_collection() {
                return Err("cancel not-allowed invalid-options");
            }
            if !self.facts.owns(parent, from) {
                return Err(FORBIDDEN);
            }
        }
        let mut settings = self.settings();
        for (field, value) in fields {
            settings.set(field, value);
        }
        self.make_node(from, name, settings);
        if let Some(parent) = parent {
            self.associate(parent, name);
        }
        done()
    }

    /// Anybody, and with an account whoever owns all of it.
    pub(super) fn may_create(&self, user: &str) -> bool {
        match self.facts.everywhere(user) {
            "owner" => true,
            "outcast" => false,
            _ => self.facts.account.is_none(),
        }
    }

    /// What a new node is set to.
    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::new();
        if self.facts.account.is_some() {
            settings.set("access_model", "presence");
        }
        settings
    }

    pub(super) fn make_node(&mut self, owner: &str, name: &str, settings: Settings) -> Node {
        let node = Node {
            name: name.to_owned(),
            settings,
            parents: Vec::new(),
        };
        self.lasting = true;
        self.facts.moved.retain(|(node, _)| node != name);
        self.facts.nodes.push(node.clone());
        let owner = (name.to_owned(), bare(owner).to_owned(), "owner".to_owned());
        self.facts.affiliations.push(owner);
        node
    }

    pub(super) fn associate(&mut self, collection: &str, name: &str) {
        self.lasting = true;
        for node in &mut self.facts.nodes {
            if node.name == name {
                node.parents.push(collection.to_owned());
                node.parents.sort();
            }
        }
        self.event(
            collection,
            About::Node,
            &format!("collection {collection} +{name}"),
        );
    }

    pub(super) fn delete(&mut self, name: &str, redirect: Option<&str>) {
        let Some(node) = self.facts.node(name).cloned() else {
            return;
        };
        if node.settings.is("notify_delete") {
            let text = format!("delete {name} {}", redirect.unwrap_or_default());
            self.event(name, About::End, text.trim_end());
        }
        self.lasting = true;
        for made in self.facts.subscriptions.clone() {
            if made.node == name {
                self.drop_sources(&made.jid, |known| known.number == made.number);
            }
        }
        self.digests.retain(|digest| digest.node != name);
        let facts = &mut self.facts;
        facts.nodes.retain(|node| node.name != name);
        for node in &mut facts.nodes {
            node.parents.retain(|parent| parent != name);
        }
        facts.affiliations.retain(|(of, ..)| of != name);
        facts.subscriptions.retain(|made| made.node != name);
        facts.automatic.retain(|(of, _)| of != name);
        self.bounces.retain(|(of, _), _| of != name);
        let facts = &mut self.facts;
        facts.items.retain(|item| item.node != name);
        facts.unkept.retain(|item| item.node != name);
        if let Some(to) = redirect {
            facts.moved.retain(|(of, _)| of != name);
            facts.moved.push((name.to_owned(), to.to_owned()));
        }
    }

    pub(super) fn configure(&mut self, node: &Node, settings: Settings) {
        if node.settings == settings {
            return;
        }
        self.lasting = true;
        let name = &node.name;
        let items = self.facts.items_of(name);
        let kept = if settings.is("persist_items") {
            settings.max_items()
        } else {
            0
        };
        let over = items.len().saturating_sub(kept);
        let gone: Vec<_> = items.into_iter().take(over).map(|item| item.id).collect();
        self.remove(name, &gone);
        if settings.get("send_last_published_item") == "never" {
            self.facts.unkept.retain(|item| item.node != *name);
        }
        let access = node.settings.get("access_model") != settings.get("access_model");
        let told = settings.is("notify_config");
        let had = self.facts.implied(node);
        for node in &mut self.facts.nodes {
            if node.name == *name {
                node.settings = settings.clone();
            }
        }
        if access {
            self.reassess(name, None);
            let node = self.facts.node(name).cloned().unwrap();
            for session in self.facts.implied(&node) {
                if !had.contains(&session) {
                    self.last_by_presence(&node, &session);
                }
            }
        }
        // Who is put out does not see the new settings.
        if told {
            self.event(name, About::Node, &format!("configuration {name}"));
        }
    }

    pub(super) fn set_affiliation(
        &mut self,
        from: &str,
        name: &str,
        user: &str,
        wanted: &str,
    ) -> Answer {
        self.owned(from, name)?;
        let present = self.facts.on_node(name, user).to_owned();
        let resigns = bare(from) == user;
        let last = present == "owner" && self.facts.owners(name).len() == 1;
        let allowed = match (present.as_str(), wanted) {
            ("owner", "owner") => true,
            ("owner", "none") => resigns && !last,
            ("owner", _) | ("publisher", "member") => false,
            _ => true,
        };
        if !allowed {
            return Err("modify not-acceptable -");
        }
        if present != wanted {
            self.lasting = true;
            let all = &mut self.facts.affiliations;
            all.retain(|(of, who, _)| of != name || who != user);
            if wanted != "none" {
                all.push((name.to_owned(), user.to_owned(), wanted.to_owned()));
            }
            // The rosters of owners count, so that others may win or lose by it.
            let rosters = present == "owner" || wanted == "owner";
            self.reassess(name, (!rosters).then_some(user));
            self.tell(user, name, format!("affiliation {name} {wanted}"));
        }
        done()
    }

    /// Looks again at who may be subscribed to a node: a user, or all.
    pub(super) fn reassess(&mut self, name: &str, user: Option<&str>) {
        let Some(node) = self.facts.node(name).cloned() else {
            return;
        };
        let mut all = self.facts.subscriptions.clone();
        all.retain(|made| made.node == name && user.is_none_or(|user| bare(&made.jid) == user));
        for made in all {
            match self.facts.leave(&node, &made.jid) {
                Err(_) => self.end(&made),
                Ok(Leave::Granted) if made.pending => self.approve(&made),
                Ok(_) => {}
            }
        }
    }

    pub(super) fn decide(&mut self, from: &str, name: &str, jid: &str, wanted: &str) -> Answer {
        let node = self.owned(from, name)?;
        let made = self.facts.made(name, jid);
        let refused = Err("modify not-acceptable -");
        match (made.as_slice(), wanted) {
            // It is so already.
            ([], "none") => {}
            ([], _) => {
                if self.facts.leave(&node, jid).is_err() {
                    return refused;
                }
                let made = self.make(&node, jid, false, Options::default());
                self.tell(jid, name, self.shown(&made, "subscribed"));
                self.last_on_subscribing(&made);
            }
            (all, "none") => {
                for made in all {
                    self.end(made);
                }
            }
            ([only], _) if only.pending => self.approve(only),
            ([_], _) => {}
            (_, _) => return refused,
        }
        done()
    }
}
