//! What has to be said and is not said yet.

use std::collections::{BTreeMap, VecDeque};

use super::facts::bare;
use super::model::Said;

/// What one act has to say to one address: its answer first, then events in any order.
#[derive(Debug)]
struct Due {
    answer: Option<String>,
    /// Each with the model's number of it, if it can come back.
    events: Vec<(String, Option<usize>)>,
    /// The entry without which nobody may hear of it.
    not_before: u64,
    /// The last entry that it may wait for.
    no_later_than: u64,
}

impl Due {
    fn is_done(&self) -> bool {
        self.answer.is_none() && self.events.is_empty()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Books {
    /// By address, in order.
    due: BTreeMap<String, VecDeque<Due>>,
    /// The model's names of subscriptions with the subids that were told.
    pub(crate) subids: Vec<(String, String)>,
}

/// Bounds of what one act says, in places of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) not_before: u64,
    pub(crate) no_later_than: u64,
}

impl Books {
    /// Writes down what an act has to say.
    pub(crate) fn write(&mut self, said: Vec<Said>, bounds: impl Fn(&Said) -> Bounds) {
        let mut by_address: BTreeMap<String, Due> = BTreeMap::new();
        for said in said {
            let bounds = bounds(&said);
            let due = by_address.entry(said.to).or_insert_with(|| Due {
                answer: None,
                events: Vec::new(),
                not_before: 0,
                no_later_than: 0,
            });
            due.not_before = due.not_before.max(bounds.not_before);
            due.no_later_than = due.no_later_than.max(bounds.no_later_than);
            if said.is_answer {
                due.answer = Some(said.text);
            } else {
                due.events.push((said.text, said.event));
            }
        }
        let mut before: BTreeMap<String, u64> = BTreeMap::new();
        for (to, due) in &mut by_address {
            // All of a user's sessions see his things in order.
            let user = bare(to);
            let earlier = self.due.iter().filter(|(known, _)| bare(known) == user);
            let earlier = earlier
                .flat_map(|(_, all)| all)
                .map(|due| due.no_later_than)
                .max();
            let here = before.entry(user.to_owned()).or_default();
            *here = (*here).max(due.no_later_than).max(earlier.unwrap_or(0));
        }
        for (to, mut due) in by_address {
            due.no_later_than = before[bare(&to)];
            self.due.entry(to).or_default().push_back(due);
        }
    }

    /// Something was said. It must be the next thing that this address is due. Returns which event it tells of.
    pub(crate) fn hear(
        &mut self,
        to: &str,
        text: &str,
        confirmed: u64,
    ) -> Result<Option<usize>, String> {
        let Some(all) = self.due.get_mut(to) else {
            return Err(format!("nothing is due to {to}, who hears {text}"));
        };
        let Some(due) = all.front_mut() else {
            return Err(format!("nothing is due to {to}, who hears {text}"));
        };
        if due.not_before > confirmed {
            return Err(format!(
                "{to} hears {text} before entry {} is confirmed",
                due.not_before
            ));
        }
        let subids = &mut self.subids;
        let mut number = None;
        if let Some(answer) = &due.answer {
            if !matches(subids, answer, text) {
                return Err(format!("{to} hears {text}, and is due {answer}"));
            }
            due.answer = None;
        } else {
            let place = due
                .events
                .iter()
                .position(|(event, _)| matches(subids, event, text));
            let Some(place) = place else {
                return Err(format!("{to} hears {text}, and is due {:?}", due.events));
            };
            (_, number) = due.events.remove(place);
        }
        if due.is_done() {
            all.pop_front();
        }
        if all.is_empty() {
            self.due.remove(to);
        }
        Ok(number)
    }

    /// What could have been said by now, if there is any.
    pub(crate) fn late(&self, confirmed: u64) -> Option<String> {
        let mut all = self.due.iter();
        all.find_map(|(to, all)| {
            let due = all.front()?;
            (due.no_later_than <= confirmed).then(|| format!("{to} waits for {due:?}"))
        })
    }

    /// How many things somebody waits for.
    pub(crate) fn waiting(&self) -> usize {
        self.due.values().map(VecDeque::len).sum()
    }

    /// The connections are gone.
    pub(crate) fn forget(&mut self) {
        self.due.clear();
    }
}

/// Whether they say the same, where the subids that the service makes stand for the model's numbers.
fn matches(subids: &mut Vec<(String, String)>, expected: &str, found: &str) -> bool {
    let mut new: Vec<(String, String)> = Vec::new();
    let (mut ours, mut theirs) = (expected.split(' '), found.split(' '));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => break,
            (Some(one), Some(other)) if one.starts_with('#') && other.starts_with('#') => {
                let mut known = subids.iter().chain(&new);
                match known.find(|(ours, theirs)| ours == one || theirs == other) {
                    Some((ours, theirs)) if ours == one && theirs == other => {}
                    Some(_) => return false,
                    None => new.push((one.to_owned(), other.to_owned())),
                }
            }
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
    subids.extend(new);
    true
}
