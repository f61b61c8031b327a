//! Whether a message begins at some place of a stream.

use crate::code::MessageType;
use crate::codec::Form;
use crate::follow::finding::{Finding, fixed_width, has_two_bodies, walk};
use crate::follow::guess::KNOWN;
use crate::follow::{Header, Rest};
use crate::frame::HEADER_LEN;
use crate::message::Message;
use crate::version::Version;

/// Looks for the next message.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// Lines of tables that may still be looked at in trials; one trial may overdraw it. Every byte
    /// that is left behind adds some, so that a stream made of false headers takes no more than
    /// linear time.
    credit: usize,
    /// By how many lines it is overdrawn.
    debt: usize,
    /// Bytes that must be held before the place at the front can be judged.
    wanted: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judgement {
    /// A message begins here.
    Message,
    /// None does.
    Nothing,
    /// More bytes must come first.
    Unclear,
}

impl Search {
    pub(super) const fn new() -> Self {
        Self {
            credit: MOST_CREDIT,
            debt: 0,
            wanted: 0,
        }
    }

    /// The bytes so far were dropped.
    pub(super) const fn restart(&mut self) {
        self.wanted = 0;
    }

    /// Judges the front of `bytes`. The same stream gives the same answers however it is cut.
    pub(super) fn judge(
        &mut self,
        bytes: &[u8],
        rest: Rest,
        version: Option<Version>,
        max_len: usize,
    ) -> Judgement {
        if rest == Rest::MoreMayCome && bytes.len() < self.wanted {
            return Judgement::Unclear;
        }
        let mut cost = 0;
        let verdict = match self.chain(bytes, version, max_len, &mut cost) {
            Chain::Confirmed => Judgement::Message,
            Chain::Broken => Judgement::Nothing,
            Chain::Ends { wanted, .. } if rest == Rest::MoreMayCome => {
                self.wanted = wanted;
                return Judgement::Unclear;
            }
            Chain::Ends { whole: true, .. } => Judgement::Message,
            Chain::Ends { whole: false, .. } => Judgement::Nothing,
        };
        self.wanted = 0;
        let debt = self.debt + cost;
        let credit = (self.credit + CREDIT_OF_A_BYTE).min(MOST_CREDIT);
        self.credit = credit.saturating_sub(debt);
        self.debt = debt.saturating_sub(credit);
        verdict
    }

    /// Follows messages from the front of `bytes` until their weight suffices.
    fn chain(
        &self,
        bytes: &[u8],
        version: Option<Version>,
        max_len: usize,
        cost: &mut usize,
    ) -> Chain {
        let mut weight = 0;
        let mut at = 0;
        loop {
            let tail = bytes.get(at..).unwrap_or_default();
            let Some(header) = Header::first(tail) else {
                // The length limit fits two bytes.
                let begins_well = tail.iter().take(2).all(|byte| *byte == 0);
                return if begins_well {
                    let wanted = at + HEADER_LEN;
                    Chain::Ends {
                        wanted,
                        whole: at > 0,
                    }
                } else {
                    Chain::Broken
                };
            };
            let Some(len) = header.wire_len(max_len).filter(|_| listed(header)) else {
                return Chain::Broken;
            };
            if weight >= ENOUGH {
                return Chain::Confirmed;
            }
            let Some(body) = tail.get(HEADER_LEN..len) else {
                let wanted = at + len;
                return Chain::Ends {
                    wanted,
                    whole: at > 0,
                };
            };
            if self.credit == 0 {
                return Chain::Broken;
            }
            match trial(header.message_type, body, version, cost) {
                Trial::Fits { gained } => weight += gained,
                // Too weak to begin with, but no reason against what came before.
                Trial::Odd | Trial::Untried if at > 0 => weight += 1,
                Trial::Odd | Trial::Untried | Trial::Fails => return Chain::Broken,
            }
            at += len;
        }
    }
}

enum Chain {
    Confirmed,
    Broken,
    /// The bytes end first; to go on, `wanted` must be there. `whole` tells of a message before.
    Ends {
        wanted: usize,
        whole: bool,
    },
}

/// What reading a body in all its layouts came to.
enum Trial {
    /// One fits; by how much that tells more than a header does.
    Fits {
        gained: u32,
    },
    /// It can be read, but has much that its table does not foresee.
    Odd,
    /// No document prints the body.
    Untried,
    Fails,
}

/// Whether `body` fits the layout of a version.
fn trial(
    message_type: MessageType,
    body: &[u8],
    version: Option<Version>,
    cost: &mut usize,
) -> Trial {
    if has_two_bodies(message_type) {
        return if (8..=MAX_DISPUTED).contains(&body.len()) {
            Trial::Fits { gained: 1 }
        } else {
            Trial::Fails
        };
    }
    let versions = match &version {
        Some(version) => core::slice::from_ref(version),
        None => &KNOWN[..],
    };
    let (mut without_table, mut readable) = (true, false);
    let tables = Message::TABLES
        .iter()
        .filter(|table| table.number == message_type);
    for table in tables {
        let mut tried = None;
        for version in versions
            .iter()
            .filter(|version| table.gate.admits(**version))
        {
            without_table = false;
            let lines = table.fields.iter();
            let fixed: usize = lines
                .filter(|field| field.gate.admits(*version))
                .map(fixed_width)
                .sum();
            *cost += table.fields.len();
            // Neighbours in the list mostly have the same layout.
            let layout = Some((version.dialect(), version.field_width(), fixed));
            if tried == layout {
                continue;
            }
            tried = layout;
            let (mut unreadable, mut odd) = (false, 0);
            let known = walk(
                table,
                *version,
                Form::usual(*version),
                body,
                &mut |finding| {
                    odd += 1;
                    unreadable |= matches!(finding, Finding::Unreadable(_));
                },
            );
            *cost += (known + odd) * table.fields.len();
            readable |= !unreadable;
            if !unreadable && odd * 4 <= known {
                let gained = if known > 1 { 2 } else { 1 };
                return Trial::Fits { gained };
            }
        }
    }
    match (readable, without_table) {
        (true, _) => Trial::Odd,
        (false, true) => Trial::Untried,
        (false, false) => Trial::Fails,
    }
}

/// Whether some list has the number.
fn listed(header: Header) -> bool {
    let number = header.message_type.0;
    LISTED
        .get(number as usize / 64)
        .is_some_and(|word| word >> (number % 64) & 1 == 1)
}

/// One bit for each listed number.
const LISTED: [u64; 5] = {
    let mut words = [0; 5];
    let mut rest = MessageType::NAMES;
    while let [(_, message_type), others @ ..] = rest {
        words[message_type.0 as usize / 64] |= 1 << (message_type.0 % 64);
        rest = others;
    }
    words
};

/// Weight at which only one more header is needed.
const ENOUGH: u32 = 3;

/// InvokeID, status and a text, or three numbers and a CustomerID.
const MAX_DISPUTED: usize = 8 + 4 + 255;

const CREDIT_OF_A_BYTE: usize = 16;

/// Enough for the longest message in all its layouts.
const MOST_CREDIT: usize = 1 << 20;
