//! A service of an account: §9 and XEP-0163.

use xmpp_pubsub::ns;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{Config, Contact};

use crate::common::{Bench, NOW, done, error, events, jid, node, to};

const JULIET: &str = "juliet@capulet.lit";
const BALCONY: &str = "juliet@capulet.lit/balcony";
const ROMEO: &str = "romeo@montague.lit/orchard";
const TUNE: &str = "http://jabber.org/protocol/tune";

struct Account(Bench);

impl Account {
    fn new() -> Self {
        Self(Bench::new(Config::account(&jid(JULIET), 1)))
    }

    fn contact(&mut self, contact: &str, fact: Option<(bool, &str)>) -> String {
        let fact = fact.map(|(sees_presence, group)| Contact {
            sees_presence,
            groups: vec![group.to_owned()],
        });
        let bench = &mut self.0;
        bench
            .service
            .set_contact(NOW, &jid(JULIET), &jid(contact), fact);
        bench.sent()
    }

    /// The session comes, and its capabilities list these nodes.
    fn comes(&mut self, session: &str, nodes: &[&str]) -> String {
        let bench = &mut self.0;
        let mut sent = bench.online(session);
        let nodes = nodes.iter().map(|name| node(name));
        bench.service.set_interests(NOW, &jid(session), nodes);
        sent.push_str(&bench.sent());
        sent
    }

    fn publish(&mut self, from: &str, id: &str) -> String {
        self.0.pubsub(
            from,
            "set",
            &format!(
                "<publish node='{TUNE}'><item id='{id}'><tune xmlns='{TUNE}'/></item></publish>"
            ),
        )
    }

    fn configure(&mut self, fields: &[(&str, &str)]) -> String {
        let form = crate::common::form("node_config", fields);
        let content = format!("<configure node='{TUNE}'>{form}</configure>");
        self.0.owner(BALCONY, "set", &content)
    }
}

#[test]
fn what_an_account_says_of_itself() {
    let mut account = Account::new();
    let info = account.0.ask(
        ROMEO,
        "get",
        &format!("<query xmlns='{}'/>", ns::DISCO_INFO),
    );
    assert!(
        info.contains("<identity category=\"pubsub\" type=\"pep\""),
        "PS-9.3-01: {info}"
    );
    assert!(
        info.contains("<feature var=\"http://jabber.org/protocol/pubsub#pubsub-on-a-jid\"/>"),
        "PS-9-01, T25: {info}"
    );
    for feature in [
        "auto-create",
        "auto-subscribe",
        "filtered-notifications",
        "access-presence",
        "last-published",
    ] {
        assert!(
            info.contains(&format!("#{feature}\"")),
            "PS-9.3-01: {feature} in {info}"
        );
    }
}

#[test]
fn contacts_get_what_they_want_and_may_see() {
    let mut account = Account::new();
    account.contact(ROMEO, Some((true, "lovers")));
    account.contact("tybalt@capulet.lit", Some((false, "")));
    account.comes(BALCONY, &[TUNE]);
    account.comes(ROMEO, &[TUNE]);
    account.comes("romeo@montague.lit/phone", &["another"]);
    account.comes("tybalt@capulet.lit/x", &[TUNE]);
    let sent = account.publish(BALCONY, "a");
    assert_eq!(events(&sent), 2, "{sent}");
    assert_eq!(
        to(&sent, ROMEO)
            .iter()
            .filter(|line| line.contains("<event"))
            .count(),
        1,
        "PS-9.1-02: {sent}"
    );
    assert!(
        to(&sent, "romeo@montague.lit/phone").is_empty(),
        "PS-9.2-01: {sent}"
    );
    assert!(
        to(&sent, "tybalt@capulet.lit/x").is_empty(),
        "PS-9.1-03: {sent}"
    );
    let own: Vec<_> = to(&sent, BALCONY)
        .into_iter()
        .filter(|line| line.contains("<event"))
        .collect();
    assert!(
        own.len() == 1 && own[0].contains("from=\"juliet@capulet.lit\""),
        "PS-9.1-01, PS-9.3-02: {sent}"
    );
}

#[test]
fn presence_is_let_in_by_the_bare_address() {
    let mut account = Account::new();
    account.contact(ROMEO, Some((true, "")));
    account.comes(ROMEO, &[TUNE]);
    account.comes("romeo@montague.lit/phone", &[TUNE]);
    let sent = account.publish(BALCONY, "a");
    assert_eq!(
        events(&sent),
        2,
        "PS-9.1-04, PS-9.3-02: each session that wants it: {sent}"
    );
    let list = account.0.pubsub(ROMEO, "get", "<subscriptions/>");
    assert!(
        list.contains("<subscriptions/>"),
        "PS-9.1-04: nothing else was made: {list}"
    );
}

#[test]
fn the_last_item_comes_once_with_the_first_presence() {
    let mut account = Account::new();
    account.contact(ROMEO, Some((true, "")));
    account.publish(BALCONY, "a");
    let sent = account.comes(ROMEO, &[TUNE]);
    assert!(
        sent.contains("<item id=\"a\">") && sent.contains("<delay "),
        "PS-9.3-04: {sent}"
    );
    assert_eq!(account.comes(ROMEO, &[TUNE]), "", "PS-9.3-04: once");
    account.0.offline(ROMEO);
    assert_eq!(events(&account.publish(BALCONY, "b")), 0, "gone");
    assert_eq!(
        events(&account.comes(ROMEO, &[TUNE])),
        1,
        "PS-9.3-04: a new session"
    );
}

#[test]
fn who_has_access_already_does_not_get_the_last_item_again() {
    let mut account = Account::new();
    account.contact(ROMEO, Some((true, "lovers")));
    account.publish(BALCONY, "a");
    assert_eq!(events(&account.comes(ROMEO, &[TUNE])), 1);
    let sent = account.contact(ROMEO, Some((true, "family")));
    assert_eq!(events(&sent), 0, "PS-9.3-04: another group: {sent}");
    let sent = account.configure(&[("access_model", "open")]);
    assert_eq!(events(&sent), 0, "PS-9.3-04: another model: {sent}");
}

#[test]
fn who_loses_access_hears_no_more() {
    let mut account = Account::new();
    account.contact(ROMEO, Some((true, "lovers")));
    account.comes(ROMEO, &[TUNE]);
    assert_eq!(events(&account.publish(BALCONY, "a")), 1);
    account.contact(ROMEO, Some((false, "lovers")));
    assert_eq!(
        events(&account.publish(BALCONY, "b")),
        0,
        "PS-9.3-03: presence"
    );
    let sent = account.contact(ROMEO, Some((true, "lovers")));
    assert_eq!(events(&sent), 1, "PS-12.2-01: access gained: {sent}");
    account.configure(&[
        ("access_model", "roster"),
        ("roster_groups_allowed", "family"),
    ]);
    assert_eq!(
        events(&account.publish(BALCONY, "c")),
        0,
        "PS-9.3-03: group"
    );
    let sent = account.contact(ROMEO, Some((true, "family")));
    assert_eq!(events(&sent), 1, "PS-12.2-01: group gained: {sent}");
    account.configure(&[("access_model", "whitelist")]);
    assert_eq!(events(&account.publish(BALCONY, "d")), 0, "PS-9.1-03");
    let sent = account.configure(&[("access_model", "open")]);
    assert_eq!(events(&sent), 1, "PS-8.2-09, PS-12.2-01: {sent}");
}

#[test]
fn an_open_node_is_told_to_who_sends_his_presence() {
    let mut account = Account::new();
    account.publish(BALCONY, "a");
    account.configure(&[("access_model", "open")]);
    let nurse = "nurse@capulet.lit/chamber";
    account
        .0
        .say(&format!("<presence from='{nurse}' to='{JULIET}'/>"));
    account
        .0
        .service
        .set_interests(NOW, &jid(nurse), [node(TUNE)]);
    account.0.sent();
    assert_eq!(events(&account.publish(BALCONY, "b")), 1, "PS-9.1-05");
    account.0.say(&format!(
        "<presence type='unavailable' from='{nurse}' to='{JULIET}'/>"
    ));
    assert_eq!(
        events(&account.publish(BALCONY, "c")),
        0,
        "PS-9.1-05: ended by unavailable"
    );
}

#[test]
fn only_the_account_makes_nodes() {
    let mut account = Account::new();
    account.contact(ROMEO, Some((true, "")));
    let answer = account.publish(ROMEO, "a");
    assert_eq!(error(&answer).1, "item-not-found", "{answer}");
    done(&account.publish(BALCONY, "a"));
    let own = account.0.pubsub(BALCONY, "get", "<affiliations/>");
    assert!(
        own.contains(&format!("affiliation=\"{}\"", Affiliation::Owner)),
        "PS-9.3-01: {own}"
    );
    account.0.online(BALCONY);
    account.0.offline(BALCONY);
    let items = account
        .0
        .pubsub(ROMEO, "get", &format!("<items node='{TUNE}'/>"));
    assert!(
        items.contains("<item id=\"a\">"),
        "PS-9-02: items stay: {items}"
    );
}

/// A presence with the capabilities of Exodus in XEP-0115 §5.2, and one more.
fn presence(from: &str, ver: &str) -> String {
    format!(
        "<presence from='{from}' to='{JULIET}'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' \
         node='http://code.google.com/p/exodus' ver='{ver}'/></presence>"
    )
}

fn exodus(from: &str, id: &str, features: &[&str]) -> String {
    let features: String = features
        .iter()
        .map(|feature| format!("<feature var='{feature}'/>"))
        .collect();
    format!(
        "<iq type='result' from='{from}' to='{JULIET}' id='{id}'><query xmlns='{}'>\
         <identity category='client' type='pc' name='Exodus 0.9.1'/>{features}</query></iq>",
        ns::DISCO_INFO
    )
}

#[test]
fn capabilities_are_asked_for_once_and_their_hash_is_checked() {
    let tune = format!("{TUNE}+notify");
    let mut info = xmpp_pubsub::disco::Info::default();
    info.identities.push(xmpp_pubsub::disco::Identity {
        name: Some("Exodus 0.9.1".to_owned()),
        ..xmpp_pubsub::disco::Identity::new("client", "pc")
    });
    info.features.push(tune.clone());
    let ver = xmpp_pubsub::caps::sha1_ver(&info).unwrap();
    let mut account = Account::new();
    for contact in [
        "romeo@montague.lit",
        "nurse@capulet.lit",
        "paris@verona.lit",
    ] {
        account.contact(contact, Some((true, "")));
    }
    account.publish(BALCONY, "a");
    // A lie is believed of its sender alone.
    let liar = "paris@verona.lit/x";
    let asked = account.0.say(&presence(liar, &ver));
    let id = crate::common::attribute(&asked, "id");
    account.0.say(&exodus(liar, &id, &["urn:nothing"]));
    let asked = account.0.say(&presence(ROMEO, &ver));
    assert!(
        asked.contains(&format!("node=\"http://code.google.com/p/exodus#{ver}\""))
            && asked.contains("type=\"get\""),
        "PS-9.2-02, XC-EX-02: {asked}"
    );
    let id = crate::common::attribute(&asked, "id");
    assert_eq!(
        account.0.say(&exodus("nurse@capulet.lit/x", &id, &[&tune])),
        "",
        "not his to answer"
    );
    let sent = account.0.say(&exodus(ROMEO, &id, &[&tune]));
    assert!(
        to(&sent, ROMEO)[0].contains("<item id=\"a\">"),
        "PS-9.2-01, PS-9.3-04: {sent}"
    );
    let sent = account.0.say(&presence("nurse@capulet.lit/x", &ver));
    assert!(
        sent.contains("<item id=\"a\">") && !sent.contains("<iq "),
        "PS-9.2-02: from the cache: {sent}"
    );
    let sent = account.publish(BALCONY, "b");
    assert!(to(&sent, liar).is_empty(), "PS-9.2-01: {sent}");
}
