//! Subscriptions: made, changed, ended.

use super::acts::Subid;
use super::facts::{End, Leave, Node, Options, Refusal, Subscription, bare};
use super::model::{Answer, FORBIDDEN, MISSING, Model, WARNING, done};

impl Model {
    pub(super) fn subscribe(
        &mut self,
        from: &str,
        name: &str,
        jid: &str,
        wanted: &[(&'static str, String)],
    ) -> Answer {
        if bare(from) != bare(jid) {
            return Err("modify bad-request invalid-jid");
        }
        let Some(node) = self.facts.node(name).cloned() else {
            let moved = self.facts.moved.iter().any(|(of, _)| of == name);
            return Err(if moved { "modify gone -" } else { MISSING });
        };
        let leave = self.facts.leave(&node, jid)?;
        let made = self.facts.made(name, jid);
        if made.iter().any(|made| made.pending) {
            return Err("auth not-authorized pending-subscription");
        }
        if let (Some(known), false) = (made.first(), self.several) {
            let mut known = known.clone();
            let options = read_options(&node, &known.options, wanted, self.now)?;
            let options = match wanted {
                [] => options,
                _ => lease(&node, options),
            };
            if known.options != options {
                self.lasting |= !known.is_transient();
                known.options = options;
                known.warning = self.warning(&known.options);
                self.lasting |= !known.is_transient();
                self.replace(&known);
            }
            return Ok(Some(self.shown(&known, "subscribed")));
        }
        let options = read_options(&node, &Options::default(), wanted, self.now)?;
        if node.settings.is_collection() {
            let kind =
                |options: &Options| options.kind.clone().unwrap_or_else(|| "nodes".to_owned());
            let wanted = kind(&options);
            for known in made.iter().map(|made| kind(&made.options)) {
                if known == wanted {
                    return Err("cancel conflict -");
                }
                if known == "all" || wanted == "all" {
                    return Err("cancel not-allowed -");
                }
            }
        }
        let pending = leave == Leave::OwnerDecides;
        let made = self.make(&node, jid, pending, options);
        let state = if pending { "pending" } else { "subscribed" };
        if pending {
            let mut owners = self.facts.owners(name);
            if owners.is_empty() {
                let all = self.facts.everywhere.iter();
                owners.extend(
                    all.filter(|(_, what)| what == "owner")
                        .map(|(who, _)| who.clone()),
                );
            }
            let text = format!("ask {name} {jid}{}", self.subid(made.number));
            for owner in owners {
                self.tell(&owner, name, text.clone());
            }
        } else {
            self.tell_owners(&made, "subscribed");
            self.last_on_subscribing(&made);
        }
        Ok(Some(self.shown(&made, state)))
    }

    pub(super) fn make(
        &mut self,
        node: &Node,
        jid: &str,
        pending: bool,
        options: Options,
    ) -> Subscription {
        let options = lease(node, options);
        self.numbers += 1;
        let made = Subscription {
            number: self.numbers,
            node: node.name.clone(),
            jid: jid.to_owned(),
            pending,
            warning: self.warning(&options),
            options,
        };
        self.lasting |= !made.is_transient();
        self.facts.subscriptions.push(made.clone());
        made
    }

    pub(super) fn warning(&self, options: &Options) -> Option<i64> {
        match options.end {
            Some(End::At(end)) => Some(end - WARNING).filter(|at| *at > self.now),
            Some(End::Presence) | None => None,
        }
    }

    /// One that lasts again is the newest of its address.
    pub(super) fn replace(&mut self, changed: &Subscription) {
        let all = &mut self.facts.subscriptions;
        let Some(place) = all.iter().position(|made| made.number == changed.number) else {
            return;
        };
        if all[place].is_transient() && !changed.is_transient() {
            all.remove(place);
            all.push(changed.clone());
        } else {
            all[place] = changed.clone();
        }
    }

    pub(super) fn unsubscribe(
        &mut self,
        from: &str,
        name: &str,
        jid: &str,
        subid: Option<&Subid>,
    ) -> Answer {
        if bare(from) != bare(jid) {
            return Err(FORBIDDEN);
        }
        self.existing(name)?;
        let made = self.facts.made(name, jid);
        let Some(first) = made.first() else {
            return Err("cancel unexpected-request not-subscribed");
        };
        let meant = match subid {
            Some(Subid::Known { number, .. }) if self.several => {
                made.iter().find(|made| made.number == *number)
            }
            Some(Subid::Unknown) if self.several => None,
            None if made.len() > 1 => return Err("modify bad-request subid-required"),
            Some(_) | None => Some(first),
        };
        let meant = meant.ok_or("modify not-acceptable invalid-subid")?;
        self.end_silently(meant);
        done()
    }

    pub(super) fn end_silently(&mut self, made: &Subscription) {
        self.lasting |= !made.is_transient();
        let all = &mut self.facts.subscriptions;
        all.retain(|known| known.number != made.number);
        self.bounces.remove(&(made.node.clone(), made.jid.clone()));
        self.drop_sources(&made.jid, |known| known.number == made.number);
        if !made.pending {
            self.tell_owners(made, "none");
        }
    }

    pub(super) fn end(&mut self, made: &Subscription) {
        self.end_silently(made);
        self.tell(&made.jid, &made.node, self.shown(made, "none"));
    }

    pub(super) fn approve(&mut self, made: &Subscription) {
        let Some(node) = self.facts.node(&made.node).cloned() else {
            return;
        };
        let mut made = made.clone();
        self.lasting |= !made.is_transient();
        made.pending = false;
        made.options = lease(&node, made.options);
        made.warning = self.warning(&made.options);
        self.lasting |= !made.is_transient();
        self.replace(&made);
        self.tell(&made.jid, &made.node, self.shown(&made, "subscribed"));
        self.tell_owners(&made, "subscribed");
        self.last_on_subscribing(&made);
    }

    pub(super) fn tell_owners(&mut self, made: &Subscription, state: &str) {
        let told = self
            .facts
            .node(&made.node)
            .is_some_and(|node| node.settings.is("notify_sub"));
        if told {
            let text = self.shown(made, state);
            for owner in self.facts.owners(&made.node) {
                if owner != bare(&made.jid) {
                    self.tell(&owner, &made.node, text.clone());
                }
            }
        }
    }
}

/// §12.5: where all subscriptions are temporary, this one is.
pub(super) fn lease(node: &Node, mut options: Options) -> Options {
    if node.settings.is("tempsub") {
        options.end = Some(End::Presence);
    }
    options
}

pub(super) fn read_options(
    node: &Node,
    before: &Options,
    wanted: &[(&'static str, String)],
    now: i64,
) -> Result<Options, Refusal> {
    let mut options = before.clone();
    for (field, value) in wanted {
        match *field {
            "deliver" => options.deliver = Some(value == "1"),
            "digest" => options.digest = Some(value == "1"),
            "digest_frequency" => options.frequency = Some(value.parse().unwrap()),
            "expire" if value == "presence" => options.end = Some(End::Presence),
            "expire" => {
                let end: i64 = value.parse().unwrap();
                if end <= now {
                    return Err("modify bad-request invalid-options");
                }
                options.end = Some(End::At(end));
            }
            "subscription_type" if node.settings.is_collection() => {
                options.kind = Some(value.clone())
            }
            "subscription_type" => return Err("modify bad-request invalid-options"),
            "subscription_depth" if node.settings.is_collection() => options.all_levels = true,
            "subscription_depth" => {}
            field => panic!("{field}"),
        }
    }
    Ok(options)
}
