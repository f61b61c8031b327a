//! The requirements by their ids, as the crate `bosh` lists them, and the judgement calls.

use std::sync::LazyLock;

/// A requirement of XEP-0124, XEP-0206 or XEP-0156, or a question that they leave open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Requirement {
    /// Section and number, such as `BOSH-14.2-04`; `J` and a number for a judgement call.
    pub id: &'static str,
    /// Where it stands; empty for a judgement call.
    pub section: &'static str,
    /// Whom it binds: C client, S server, B both, P whoever parses.
    pub who: &'static str,
    /// The word of RFC 2119 that the specification uses, `rule` for what it states as a fact, or
    /// `judgement`.
    pub level: &'static str,
    /// What is required, in a few words.
    pub statement: &'static str,
}

impl Requirement {
    /// Looks one up.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        REQUIREMENTS.iter().find(|requirement| requirement.id == id)
    }

    /// All of them, in the order of the specification; judgement calls last.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &REQUIREMENTS
    }

    /// Whether it binds a server.
    #[must_use]
    pub fn binds_servers(&self) -> bool {
        matches!(self.who, "S" | "B" | "P")
    }

    /// Whether a server that does otherwise fails.
    #[must_use]
    pub fn is_must(&self) -> bool {
        matches!(self.level, "MUST" | "MUST NOT")
    }

    /// Whether either way is allowed.
    #[must_use]
    pub fn is_free(&self) -> bool {
        matches!(self.level, "MAY" | JUDGEMENT)
    }
}

static REQUIREMENTS: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
    let listed = TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some(Requirement {
                id: columns.next()?,
                section: columns.next()?,
                who: columns.next()?,
                level: columns.next()?,
                statement: columns.next()?,
            })
        });
    let open = JUDGEMENTS.iter().map(|&(id, statement)| Requirement {
        id,
        section: "",
        who: "S",
        level: JUDGEMENT,
        statement,
    });
    listed.chain(open).collect()
});

const TABLE: &str = include_str!("../../../../bosh/spec/requirements.tsv");

const JUDGEMENT: &str = "judgement";

/// Where the specification is silent or of two minds: what a server does is reported, never blamed.
const JUDGEMENTS: [(&str, &str); 11] = [
    ("J1", "white space beside the payloads"),
    ("J2", "hold above what the server allows"),
    ("J4", "pause above maxpause"),
    ("J5", "who is told of the end when another request is held"),
    ("J6", "leading zeros and white space in a rid"),
    ("J7", "keys in upper case"),
    ("J9", "creation attributes in a request of a session"),
    ("J10", "an empty sid"),
    ("J11", "a gap that is never filled"),
    ("J12", "the creation request once more"),
    (
        "J14",
        "what held requests get when another one ends the session",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let edge = Requirement::find("BOSH-14.2-04").unwrap();
        assert_eq!((edge.who, edge.level), ("S", "MUST"));
        assert_eq!(edge.section, "XEP-0124 §14.2");
        assert!(edge.is_must() && edge.binds_servers() && !edge.is_free());
        assert!(Requirement::all().len() > 240);
        assert!(Requirement::find("J11").unwrap().is_free());
    }
}
