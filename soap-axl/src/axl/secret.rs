//! Which elements hold what nobody should see.

/// Whether text of an element of this name, in any case, must be neither shown nor logged nor put on
/// a command line: passwords, pins, digests and access codes. Flags about one, `true` or `t`, have
/// such names as well.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "pin" || name.ends_with("pwd") || WORDS.iter().any(|word| name.contains(word))
}

const WORDS: [&str; 6] = [
    "password",
    "passphrase",
    "secret",
    "digestcredentials",
    "authenticationstring",
    "accesscode",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "pin",
            "Password",
            "newPassword",
            "sshPwd",
            "digestCredentials",
            "authenticationString",
            "attendeesAccessCode",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["name", "pinned", "authenticationUrl", "pwdPolicy"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
