//! Events that are collected. XEP-0060 §12.25.

use super::facts::Subscription;
use super::model::Model;
use super::telling::About;

/// What is collected of one node for one address.
#[derive(Clone, Debug)]
pub(crate) struct Digest {
    pub(crate) node: String,
    pub(crate) to: String,
    pub(crate) due: i64,
    pub(crate) changes: Vec<Collected>,
}

/// A change in the words of an event, empty where a node only tells that something happened.
#[derive(Clone, Debug)]
pub(crate) struct Collected {
    words: String,
    sources: Vec<Source>,
}

/// A subscription that wants it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Source {
    pub(crate) place: String,
    pub(crate) number: usize,
}

/// How soon an address wants an event.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) now: bool,
    after: Option<i64>,
    sources: Vec<Source>,
}

/// How long events are collected where nothing else is said, and at most.
pub(crate) const COLLECTED: i64 = 20_000;

impl Choice {
    pub(super) fn new(now: bool) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, place: &str, made: &Subscription, about: About) {
        if about != About::Items || made.options.digest != Some(true) {
            self.now = true;
            return;
        }
        let after = made.options.frequency.unwrap_or(COLLECTED).min(COLLECTED);
        self.after = Some(self.after.map_or(after, |known| known.min(after)));
        self.sources.push(Source {
            place: place.to_owned(),
            number: made.number,
        });
    }
}

/// The item that a word of an event is about.
fn item(word: &str) -> &str {
    let word = word.trim_start_matches('-');
    word.split_once('=').map_or(word, |(item, _)| item)
}

impl Model {
    /// A later change of an item takes the place of an earlier one.
    pub(super) fn collect(&mut self, node: &str, to: &str, text: &str, choice: &Choice) {
        let mut all = self.digests.iter();
        let place = all.position(|digest| digest.node == node && digest.to == to);
        let place = place.unwrap_or_else(|| {
            self.digests.push(Digest {
                node: node.to_owned(),
                to: to.to_owned(),
                due: self.now + choice.after.unwrap(),
                changes: Vec::new(),
            });
            self.digests.len() - 1
        });
        let changes = &mut self.digests[place].changes;
        let mut words: Vec<&str> = text.split(' ').skip(2).collect();
        if words.is_empty() {
            words.push("");
        }
        for word in words {
            changes.retain(|known| item(&known.words) != item(word));
            changes.push(Collected {
                words: word.to_owned(),
                sources: choice.sources.clone(),
            });
        }
    }

    pub(super) fn send_digests(&mut self, is_ready: impl Fn(&Digest) -> bool) {
        let all = std::mem::take(&mut self.digests);
        let (ready, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(is_ready);
        self.digests = rest;
        for digest in ready {
            self.send_digest(&digest);
        }
    }

    fn send_digest(&mut self, digest: &Digest) {
        let Some(node) = self.facts.node(&digest.node).cloned() else {
            return;
        };
        // Who follows a collection may have been put out of the node meanwhile.
        if self.facts.may_retrieve(&node, &digest.to).is_err() {
            return;
        }
        let mut text = format!("items {}", digest.node);
        let mut sources: Vec<&Source> = Vec::new();
        for change in &digest.changes {
            if !change.words.is_empty() {
                text = format!("{text} {}", change.words);
            }
            for source in &change.sources {
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
        }
        for source in &sources {
            text += &self.subid(source.number);
        }
        let mut above: Vec<&str> = Vec::new();
        for source in sources {
            if source.place != digest.node && !above.contains(&source.place.as_str()) {
                above.push(&source.place);
                text = format!("{text} via {}", source.place);
            }
        }
        self.sent_digests += 1;
        let number = self.next_event(&digest.node);
        self.tell_event(&digest.to, &digest.node, text, number);
    }

    /// Subscriptions of an address are over: what is collected for them alone goes.
    pub(super) fn drop_sources(&mut self, to: &str, is_over: impl Fn(&Source) -> bool) {
        for digest in self.digests.iter_mut().filter(|digest| digest.to == to) {
            for change in &mut digest.changes {
                change.sources.retain(|source| !is_over(source));
            }
            digest.changes.retain(|change| !change.sources.is_empty());
        }
        self.digests.retain(|digest| !digest.changes.is_empty());
    }
}
