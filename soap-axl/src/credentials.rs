//! Who calls: a password that prints nothing, and HTTP Basic credentials (RFC 7617).

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::{Choice, ConstantTimeEq as _};

/// A password, PIN or other text that never reaches a log.
///
/// `Debug` prints a placeholder, there is no `Display`, and comparison takes the same time
/// whatever the difference is (only the length can be told from the time).
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// No characters.
    pub const EMPTY: Self = Self(String::new());

    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends or hashes it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the secret has no characters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// User name and password as HTTP Basic carries them. RFC 7617.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credentials {
    /// User name; it cannot hold a colon.
    user: String,
    password: Secret,
}

impl Credentials {
    /// Credentials for a request.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::Colon`] when the user name has a colon, which Basic cannot carry.
    pub fn new(
        user: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Result<Self, CredentialsError> {
        let user = user.into();
        if user.contains(':') {
            return Err(CredentialsError::Colon);
        }
        Ok(Self {
            user,
            password: password.into(),
        })
    }

    /// Reads the value of an `Authorization` header. RFC 7617 §2.
    ///
    /// # Errors
    ///
    /// When the scheme is not Basic, the token is not base64 of UTF-8, it has no colon, or the
    /// value is longer than [`MAX_HEADER`] bytes. The error never repeats the value.
    pub fn from_header(value: &[u8]) -> Result<Self, CredentialsError> {
        if value.len() > MAX_HEADER {
            return Err(CredentialsError::TooLong);
        }
        let (scheme, token) = value.split_at_checked(6).ok_or(CredentialsError::Scheme)?;
        if !scheme.eq_ignore_ascii_case(b"Basic ") {
            return Err(CredentialsError::Scheme);
        }
        let bytes = STANDARD
            .decode(token.trim_ascii())
            .map_err(|_| CredentialsError::Encoding)?;
        let text = String::from_utf8(bytes).map_err(|_| CredentialsError::Encoding)?;
        let (user, password) = text.split_once(':').ok_or(CredentialsError::Encoding)?;
        Ok(Self {
            user: user.to_owned(),
            password: Secret::new(password),
        })
    }

    /// The value of the `Authorization` header that carries these credentials.
    pub fn to_header(&self) -> Secret {
        let token = STANDARD.encode(format!("{}:{}", self.user, self.password.expose()));
        Secret(format!("Basic {token}"))
    }

    /// The user name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// Whether both halves equal the expected ones.
    ///
    /// Both are compared to the end, so that time does not tell whether the name was right.
    pub fn matches(&self, user: &str, password: &Secret) -> bool {
        let user: Choice = self.user.as_bytes().ct_eq(user.as_bytes());
        let password: Choice = self.password.0.as_bytes().ct_eq(password.0.as_bytes());
        (user & password).into()
    }
}

/// Why an `Authorization` header gives no credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Another scheme than Basic.
    #[error("authorization is not of the Basic scheme")]
    Scheme,
    /// Not base64, not UTF-8, or without a colon.
    #[error("basic credentials are not base64 of user:password")]
    Encoding,
    /// A user name with a colon.
    #[error("a user name cannot hold a colon")]
    Colon,
    /// Longer than [`MAX_HEADER`].
    #[error("authorization header is longer than {MAX_HEADER} bytes")]
    TooLong,
}

/// Longest `Authorization` value that is looked at, in bytes. Our choice: CUCM's names and
/// passwords end at 128 characters each.
pub const MAX_HEADER: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_nothing() {
        let credentials = Credentials::new("admin", "ccx-admin").unwrap();
        let printed = format!("{credentials:?} {:?}", credentials.to_header());
        assert!(printed.contains("admin"), "{printed}");
        assert!(!printed.contains("ccx-admin"), "{printed}");
        assert!(!printed.contains("Y2N4"), "{printed}");
    }

    #[test]
    fn the_example_of_rfc_7617_is_read_and_written() {
        // RFC 7617 §2: user-id "Aladdin", password "open sesame".
        let header = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        let credentials = Credentials::from_header(header.as_bytes()).unwrap();
        assert_eq!(credentials.user(), "Aladdin");
        assert_eq!(credentials.password().expose(), "open sesame");
        assert_eq!(credentials.to_header().expose(), header);
    }

    #[test]
    fn the_scheme_is_case_insensitive_and_others_are_refused() {
        assert!(Credentials::from_header(b"bAsIc YTpi").is_ok());
        assert_eq!(
            Credentials::from_header(b"Bearer YTpi"),
            Err(CredentialsError::Scheme)
        );
        assert_eq!(
            Credentials::from_header(b"Basic"),
            Err(CredentialsError::Scheme)
        );
        assert_eq!(
            Credentials::from_header(b"Basic \xff"),
            Err(CredentialsError::Encoding)
        );
        assert_eq!(
            Credentials::from_header(b"Basic YWI="),
            Err(CredentialsError::Encoding)
        );
        assert_eq!(
            Credentials::from_header(&[b'B'; 5000]),
            Err(CredentialsError::TooLong)
        );
    }

    #[test]
    fn a_password_may_hold_colons_and_a_name_may_not() {
        // "a:b:c"
        let credentials = Credentials::from_header(b"Basic YTpiOmM=").unwrap();
        assert_eq!(
            (credentials.user(), credentials.password().expose()),
            ("a", "b:c")
        );
        assert_eq!(Credentials::new("a:b", "c"), Err(CredentialsError::Colon));
    }

    #[test]
    fn both_halves_must_match() {
        let credentials = Credentials::new("axladmin", "ccx-axladmin").unwrap();
        assert!(credentials.matches("axladmin", &Secret::new("ccx-axladmin")));
        assert!(!credentials.matches("axladmin", &Secret::new("ccx-axladmiN")));
        assert!(!credentials.matches("axlreader", &Secret::new("ccx-axladmin")));
        assert!(!credentials.matches("axladmin", &Secret::new("")));
    }
}
