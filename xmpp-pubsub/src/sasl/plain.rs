//! The PLAIN mechanism. RFC 4616.

use super::{Password, SaslCondition};
use crate::jid::Jid;

/// The one message of PLAIN: `[authzid] NUL authcid NUL password`.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Whom the client wants to act as, if it said so. The user's own bare address, or nothing.
    pub authzid: Option<String>,
    /// The user's name.
    pub authcid: String,
    /// The password.
    pub password: Password,
}

impl Plain {
    /// The name on the wire.
    pub const MECHANISM: &'static str = "PLAIN";

    /// Reads the base64 text of an `auth` or `response` element.
    ///
    /// # Errors
    ///
    /// `incorrect-encoding` for what is not base64 of UTF-8, `malformed-request` where the three parts are not there,
    /// are empty (only the first may be) or exceed 1023 bytes.
    pub fn decode(text: &str) -> Result<Self, SaslCondition> {
        let text = super::decode_message(text)?;
        let mut parts = text.split('\0');
        let (Some(authzid), Some(authcid), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SaslCondition::MALFORMED_REQUEST);
        };
        if authcid.is_empty() || password.is_empty() {
            return Err(SaslCondition::MALFORMED_REQUEST);
        }
        Ok(Self {
            authzid: (!authzid.is_empty()).then(|| authzid.to_owned()),
            authcid: authcid.to_owned(),
            password: Password::new(password),
        })
    }

    /// The base64 text for an `auth` element.
    #[must_use]
    pub fn encode(&self) -> String {
        super::encode_message(&format!(
            "{}\0{}\0{}",
            self.authzid.as_deref().unwrap_or_default(),
            self.authcid,
            self.password.reveal()
        ))
    }

    /// The bare address of the user at `domain`, if the message asks for that identity and no other.
    ///
    /// The name may be given with or without the domain, since clients do both.
    ///
    /// # Errors
    ///
    /// `not-authorized` for a name that cannot be a local part or has another domain; `invalid-authzid` for an
    /// identity other than the user's own (XC-SA-10).
    pub fn identity(&self, domain: &str) -> Result<Jid, SaslCondition> {
        super::identity(&self.authcid, self.authzid.as_deref(), domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // `printf '\0'1001001'\0'ccx-1001001 | base64`, and the same with the bare address in front.
    const WITHOUT_AUTHZID: &str = "ADEwMDEwMDEAY2N4LTEwMDEwMDE=";
    const WITH_AUTHZID: &str = "MTAwMTAwMUBsb2NhbGhvc3QAMTAwMTAwMQBjY3gtMTAwMTAwMQ==";

    #[test]
    fn xc_sa_10_both_forms_of_authzid_name_the_same_user() {
        for text in [WITHOUT_AUTHZID, WITH_AUTHZID] {
            let plain = Plain::decode(text).unwrap();
            assert_eq!(plain.authcid, "1001001");
            assert!(plain.password.matches("ccx-1001001"));
            assert!(!plain.password.matches("ccx-1001002"));
            assert_eq!(
                plain.identity("localhost").unwrap().as_str(),
                "1001001@localhost"
            );
            assert_eq!(plain.encode(), text);
        }
    }

    #[test]
    fn xc_sa_10_another_identity_is_invalid_authzid() {
        let mut plain = Plain::decode(WITHOUT_AUTHZID).unwrap();
        plain.authzid = Some("finesse@localhost".to_owned());
        assert_eq!(
            plain.identity("localhost"),
            Err(SaslCondition::INVALID_AUTHZID)
        );
        plain.authzid = None;
        plain.authcid = "1001001@elsewhere".to_owned();
        assert_eq!(
            plain.identity("localhost"),
            Err(SaslCondition::NOT_AUTHORIZED)
        );
        plain.authcid = "1001001@LOCALHOST".to_owned();
        assert_eq!(
            plain.identity("localhost").unwrap().as_str(),
            "1001001@localhost"
        );
    }

    #[test]
    fn xc_sa_06_each_defect_has_its_condition() {
        let cases = [
            ("*", SaslCondition::INCORRECT_ENCODING),
            ("//8=", SaslCondition::INCORRECT_ENCODING),
            ("", SaslCondition::MALFORMED_REQUEST),
            ("YQ==", SaslCondition::MALFORMED_REQUEST),
            ("AGEA", SaslCondition::MALFORMED_REQUEST),
            ("AABi", SaslCondition::MALFORMED_REQUEST),
            ("AGEAYgBj", SaslCondition::MALFORMED_REQUEST),
        ];
        for (text, expected) in cases {
            assert_eq!(Plain::decode(text).unwrap_err(), expected, "{text:?}");
        }
        assert_eq!(
            Plain::decode(&"A".repeat(5000)).unwrap_err(),
            SaslCondition::MALFORMED_REQUEST
        );
    }

    #[test]
    fn a_password_is_not_printed() {
        let plain = Plain::decode(WITHOUT_AUTHZID).unwrap();
        assert!(!format!("{plain:?}").contains("ccx-1001001"));
    }
}
