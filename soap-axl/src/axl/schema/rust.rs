//! Names of the schema as names of Rust.

use std::collections::BTreeSet;

/// Names that are taken in one place.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes this very name.
    pub(super) fn fix(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }

    /// Takes this name, or one like it when it is taken.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            if wanted.starts_with(char::is_uppercase) && wanted.contains(char::is_lowercase) {
                name = format!("{wanted}{number}");
            }
            number += 1;
        }
        name
    }
}

/// The words of a name: `callingSearchSpaceName` has four, `isMGCP` two, `SIPTrunk` two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let chars: Vec<char> = name.chars().collect();
    let mut inside = false;
    for (at, c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            inside = false;
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let begins = c.is_ascii_uppercase()
            && (before.is_some_and(|c| !c.is_ascii_uppercase())
                || after.is_some_and(char::is_ascii_lowercase));
        match words.last_mut() {
            Some(word) if inside && !begins => word.push(c.to_ascii_lowercase()),
            Some(_) | None => words.push(c.to_ascii_lowercase().to_string()),
        }
        inside = true;
    }
    words
}

/// The name of a type.
pub(super) fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in words(name) {
        let mut chars = word.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'N');
    }
    // Those that the generated code means otherwise.
    if matches!(out.as_str(), "String" | "Vec" | "Option" | "Self" | "Box") {
        out.push_str("Type");
    }
    out
}

/// The name of a field.
pub(super) fn field(name: &str) -> String {
    let mut out = words(name).join("_");
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "n_");
    }
    if matches!(out.as_str(), "self" | "super" | "crate") {
        out.push('_');
    } else if KEYWORDS.contains(&out.as_str()) {
        out.insert_str(0, "r#");
    }
    out
}

/// The name of a constant: `Cisco 12 SP+` becomes `CISCO_12_SP_PLUS`.
pub(super) fn constant(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars() {
        let word = match c {
            c if c.is_ascii_alphanumeric() => {
                out.push(c.to_ascii_uppercase());
                continue;
            }
            '+' => "_PLUS_",
            '%' => "_PERCENT_",
            '*' => "_STAR_",
            '#' => "_HASH_",
            _ => "_",
        };
        out.push_str(word);
    }
    let mut out = out
        .split('_')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_");
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "N_");
    }
    out.trim_end_matches('_').to_owned()
}

/// Words that name nothing in Rust.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        assert_eq!(field("callingSearchSpaceName"), "calling_search_space_name");
        assert_eq!(field("isMGCP"), "is_mgcp");
        assert_eq!(field("type"), "r#type");
        assert_eq!(field("self"), "self_");
        assert_eq!(pascal("executeSQLQuery"), "ExecuteSqlQuery");
        assert_eq!(pascal("getCCMVersion"), "GetCcmVersion");
        assert_eq!(pascal("string"), "StringType");
    }

    #[test]
    fn values_that_differ_only_in_signs_have_names_that_differ() {
        assert_eq!(constant("Cisco 12 SP"), "CISCO_12_SP");
        assert_eq!(constant("Cisco 12 SP+"), "CISCO_12_SP_PLUS");
        assert_eq!(constant("7960"), "N_7960");
        let mut names = Names::default();
        let zone = ["Etc/GMT-1", "Etc/GMT 1"].map(|value| names.take(&constant(value)));
        assert_eq!(zone, ["ETC_GMT_1", "ETC_GMT_1_2"]);
    }
}
