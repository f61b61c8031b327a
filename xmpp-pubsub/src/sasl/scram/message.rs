//! The grammar of messages. RFC 5802 §7.

/// `saslname`: a comma and an equals sign are escaped.
pub(super) fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// The name behind a `saslname`, or `None` where an equals sign begins something else.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('=');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let rest = match part.get(..2)? {
            "2C" => {
                name.push(',');
                part.get(2..)?
            }
            "3D" => {
                name.push('=');
                part.get(2..)?
            }
            _ => return None,
        };
        name.push_str(rest);
    }
    (!name.is_empty()).then_some(name)
}

/// The attributes of a message, `letter=value`, in their order.
pub(super) struct Attributes<'a>(core::str::Split<'a, char>);

impl<'a> Attributes<'a> {
    pub(super) fn of(message: &'a str) -> Self {
        Self(message.split(','))
    }

    /// The value of the next attribute, if it has this name.
    pub(super) fn next(&mut self, name: char) -> Option<&'a str> {
        self.0.next()?.strip_prefix(name)?.strip_prefix('=')
    }

    /// Whether everything that follows is an extension that need not be understood.
    pub(super) fn only_extensions_follow(self) -> bool {
        let mut rest = self.0;
        rest.all(|attribute| {
            let mut chars = attribute.chars();
            let name = chars.next();
            // `m` must be understood, and nothing is: RFC 5802 §5.1.
            name.is_some_and(|name| name.is_ascii_alphabetic() && name != 'm')
                && chars.next() == Some('=')
        })
    }
}

/// Printable ASCII without a comma.
pub(super) fn is_nonce(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NONCE
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// A nonce of one end. Common ones have 20 to 64 characters.
const MAX_NONCE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_read_back() {
        for (name, written) in [("a,b=c", "a=2Cb=3Dc"), ("=2C", "=3D2C"), ("ä", "ä")] {
            assert_eq!(escape(name), written, "XC-SA-08: {name}");
            assert_eq!(unescape(written).as_deref(), Some(name), "XC-SA-08: {name}");
        }
        for bad in ["", "=", "a=2", "a=2c", "a=41", "a==3D", "=ä"] {
            assert_eq!(unescape(bad), None, "XC-SA-08: {bad}");
        }
    }

    #[test]
    fn extensions_may_follow_unless_they_must_be_understood() {
        for (message, expected) in [
            ("a=1", true),
            ("a=1,x=2", true),
            ("a=1,m=2", false),
            ("a=1,", false),
        ] {
            let mut attributes = Attributes::of(message);
            assert_eq!(attributes.next('a'), Some("1"));
            assert_eq!(attributes.only_extensions_follow(), expected, "{message}");
        }
    }
}
