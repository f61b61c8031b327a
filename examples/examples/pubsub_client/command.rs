//! Commands, each of which is a call of the client.

use std::error::Error;

use xmpp_pubsub::{
    ItemId, Jid, NodeId, Payload,
    client::{Address, Decision, Follow, RequestId},
    form::{Field, Form, FormKind, NodeConfig, SubscribeOptions},
    notification,
    pubsub::{Affiliation, AffiliationEntry, Item, Subscription, SubscriptionState},
    xml::Limits,
};

use super::Client;

/// Most items that `pages` collects.
const MOST_ITEMS: usize = 10_000;

impl Client {
    pub(super) fn command(&mut self, line: &str) {
        let asked = match line.trim() {
            "" => Ok(None),
            "leave" => {
                self.leave();
                Ok(None)
            }
            line => self.ask(line),
        };
        match asked {
            // The answer will say.
            Ok(Some(_)) => {}
            Ok(None) => println!("done"),
            Err(error) => println!("failed {error}"),
        }
    }

    fn ask(&mut self, line: &str) -> Result<Option<RequestId>, Box<dyn Error>> {
        let now = self.origin.elapsed();
        let own = self.arguments.jid.bare();
        let words: Vec<&str> = line.split_whitespace().collect();
        let (word, words) = words.split_first().ok_or("no command")?;
        let pubsub = &mut self.pubsub;
        // What all but a few begin with.
        let node = words.first().map(|name| NodeId::new(name)).transpose()?;
        let Some(node) = node else {
            return Ok(Some(match *word {
                "info" => pubsub.info(now, None),
                "entries" => pubsub.entries(now, None),
                "subscriptions" => pubsub.subscriptions(now, None),
                "affiliations" => pubsub.affiliations(now, None),
                "allow" | "deny" => {
                    let approval = self.approvals.pop_front().ok_or("nobody asked")?;
                    let allow = *word == "allow";
                    let decision = if allow {
                        Decision::Allow
                    } else {
                        Decision::Deny
                    };
                    pubsub.decide(&approval, decision);
                    return Ok(None);
                }
                _ => return Err("no such command, or not without a node".into()),
            }));
        };
        Ok(Some(match (*word, words.get(1..).unwrap_or_default()) {
            ("info", []) => pubsub.info(now, Some(&node)),
            ("entries", []) => pubsub.entries(now, Some(&node)),
            ("create", []) => pubsub.create(now, Some(&node), None),
            ("create", fields) => {
                pubsub.create(now, Some(&node), Some(form(NodeConfig::FORM_TYPE, fields)?))
            }
            ("configuration", []) => pubsub.configuration(now, &node),
            ("configure", fields) => {
                pubsub.configure(now, &node, form(NodeConfig::FORM_TYPE, fields)?)
            }
            ("subscribe", []) => pubsub.subscribe(now, &node, own),
            ("subscribe", fields) => pubsub.subscribe_with(now, &node, own, &options(fields)?),
            ("unsubscribe", []) => pubsub.unsubscribe(now, &node, own, None),
            ("options", []) => pubsub.options(now, &node, own, None),
            ("set-options", fields) => pubsub.set_options(now, &node, own, None, &options(fields)?),
            ("subscriptions", []) => pubsub.subscriptions(now, Some(&node)),
            ("affiliations", []) => pubsub.affiliations(now, Some(&node)),
            ("publish", [id, ..]) => {
                let payload = Payload::parse(rest(line).as_bytes(), &Limits::default())?;
                pubsub.publish(now, &node, Item::new(payload).with_id(ItemId::new(id)?))
            }
            ("publish-text", [id, ..]) => {
                let payload = notification::wrap(rest(line));
                pubsub.publish(now, &node, Item::new(payload).with_id(ItemId::new(id)?))
            }
            ("items", []) => pubsub.items(now, &node, None),
            ("items", [newest]) => pubsub.items(now, &node, Some(newest.parse()?)),
            ("item", ids) => {
                let ids: Result<Vec<_>, _> = ids.iter().map(|id| ItemId::new(id)).collect();
                pubsub.items_by_id(now, &node, ids?)
            }
            ("pages", [size]) => pubsub.all_items(now, &node, size.parse()?, MOST_ITEMS),
            ("retract", [id]) => pubsub.retract(now, &node, ItemId::new(id)?),
            ("purge", []) => pubsub.purge(now, &node),
            ("delete", []) => pubsub.delete(now, &node),
            ("delete", [uri]) => pubsub.delete_with(now, &node, Some((*uri).to_owned())),
            ("affiliates", []) => pubsub.node_affiliations(now, &node),
            ("affiliate", [jid, affiliation]) => {
                let affiliation = Affiliation::from_name(affiliation).ok_or("no affiliation")?;
                let entry = AffiliationEntry::of_entity(Jid::new(jid)?, affiliation);
                pubsub.set_node_affiliations(now, &node, vec![entry])
            }
            ("subscribers", []) => pubsub.node_subscriptions(now, &node),
            ("subscriber", [jid, state]) => {
                let state = SubscriptionState::from_name(state).ok_or("no state")?;
                let mut entry = Subscription::new(node.clone(), Jid::new(jid)?, state);
                // The list names the node.
                entry.node = None;
                pubsub.set_node_subscriptions(now, &node, vec![entry])
            }
            ("follow", newest) => {
                let mut follow = Follow::default();
                if let [newest] = newest {
                    follow.recover = newest.parse()?;
                }
                pubsub.follow(now, &node, follow);
                return Ok(None);
            }
            ("unfollow", []) => return Ok(pubsub.unfollow(now, &node, Address::Bare)),
            _ => return Err("no such command".into()),
        }))
    }
}

/// What stands behind the third word.
fn rest(line: &str) -> &str {
    line.splitn(4, ' ').nth(3).unwrap_or_default()
}

fn form(form_type: &str, fields: &[&str]) -> Result<Form, Box<dyn Error>> {
    let mut form = Form::new(FormKind::Submit, form_type);
    for field in fields {
        let (name, value) = field.split_once('=').ok_or("not FIELD=VALUE")?;
        let values = value.split('|').map(str::to_owned).collect();
        form.fields
            .push(Field::new(&format!("pubsub#{name}"), None, values));
    }
    Ok(form)
}

fn options(fields: &[&str]) -> Result<SubscribeOptions, Box<dyn Error>> {
    Ok(SubscribeOptions::from_form(&form(
        SubscribeOptions::FORM_TYPE,
        fields,
    )?)?)
}
