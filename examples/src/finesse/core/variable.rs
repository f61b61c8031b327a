//! Names of call variables.

/// What a variable of this name is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variable<'a> {
    /// `callVariable1` to `callVariable10`, which have fields of their own.
    Numbered,
    /// `user.name`.
    Named,
    /// `user.name[3]`, an entry of an array.
    Entry {
        /// `user.name`.
        array: &'a str,
        /// Place in it.
        index: u8,
    },
}

impl<'a> Variable<'a> {
    /// The variable with this name; `None` for a name that none has.
    ///
    /// A name has one spelling: `callVariable01` and `user.name[03]` would come back under another one.
    pub fn named(name: &'a str) -> Option<Self> {
        if let Some(number) = name.strip_prefix("callVariable") {
            let numbers = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
            return numbers.contains(&number).then_some(Self::Numbered);
        }
        let (base, index) = match name.split_once('[') {
            None => (name, None),
            Some((base, rest)) => (base, Some(rest.strip_suffix(']')?)),
        };
        let rest = base.strip_prefix("user.")?;
        if rest.is_empty() || base.len() > MAX_NAME || base.contains(']') {
            return None;
        }
        let Some(index) = index else {
            return Some(Self::Named);
        };
        let number: u8 = index.parse().ok()?;
        (number.to_string() == index).then_some(Self::Entry {
            array: base,
            index: number,
        })
    }
}

/// Longest name of a NAMEDVAR or NAMEDARRAY in GED-188, bytes without the NUL.
const MAX_NAME: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_variables_have_numbers_in_one_spelling() {
        for number in 1..=10 {
            let name = format!("callVariable{number}");
            assert_eq!(Variable::named(&name), Some(Variable::Numbered));
        }
        for name in ["", "0", "01", "+1", "11", " 1", "1 ", "1[1]"] {
            let name = format!("callVariable{name}");
            assert_eq!(Variable::named(&name), None, "{name}");
        }
    }

    #[test]
    fn others_begin_with_user() {
        assert_eq!(Variable::named("user.x"), Some(Variable::Named));
        let longest = format!("user.{}", "x".repeat(27));
        assert_eq!(Variable::named(&longest), Some(Variable::Named));
        let too_long = format!("{longest}x");
        for name in ["", "user.", "x", "User.x", "user.x]", too_long.as_str()] {
            assert_eq!(Variable::named(name), None, "{name}");
        }
    }

    #[test]
    fn an_entry_has_a_place_of_one_spelling() {
        let entry = |index| {
            Some(Variable::Entry {
                array: "user.x",
                index,
            })
        };
        assert_eq!(Variable::named("user.x[0]"), entry(0));
        assert_eq!(Variable::named("user.x[255]"), entry(255));
        for name in [
            "user.x[]",
            "user.x[03]",
            "user.x[+3]",
            "user.x[256]",
            "user.x[3",
            "user.x[3]]",
            "user.x[3]y",
            "user.[3]",
        ] {
            assert_eq!(Variable::named(name), None, "{name}");
        }
    }
}
