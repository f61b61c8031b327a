//! The HTTP that SOAP rides on, as plain values: what to send, and the few headers that matter.
//!
//! No HTTP library is named here. A host copies a [`HttpRequest`] or [`HttpResponse`] onto its own
//! stack, and feeds the head of what it received into [`RequestHead`] or [`ResponseHead`] header by
//! header; what SOAP does not look at is dropped there.

use core::fmt;

use bytes::Bytes;

use crate::Secret;

/// A request to be sent. `Debug` prints how long the body is: passwords may stand in it.
#[derive(Clone, Eq, PartialEq)]
pub struct HttpRequest {
    /// `POST` for every call, `GET` for a login probe.
    pub method: &'static str,
    /// Path and query, as in `/axl/`.
    pub path: String,
    /// Headers in the order to send them. `Host` and `Content-Length` are the host's.
    pub headers: Headers,
    /// The envelope; empty for a probe.
    pub body: Bytes,
}

/// A response to be sent. `Debug` prints how long the body is.
#[derive(Clone, Eq, PartialEq)]
pub struct HttpResponse {
    /// Status code; may be 599, which is registered nowhere.
    pub status: u16,
    /// Headers in the order to send them. `Content-Length` is the host's.
    pub headers: Headers,
    /// The envelope, or a page for refusals before SOAP.
    pub body: Bytes,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.headers)
            .field("body", &Length(&self.body))
            .finish()
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &Length(&self.body))
            .finish()
    }
}

/// Prints how long a body is.
pub(crate) struct Length<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Length<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Headers to be sent, in order.
///
/// `Debug` hides the values of `Authorization`, `Cookie` and `Set-Cookie`.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Headers(Vec<(&'static str, String)>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a header at the end.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// The value of the first header of this name, in any case.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |name: &str| {
            ["authorization", "cookie", "set-cookie"]
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret))
        };
        let shown = self
            .iter()
            .map(|(name, value)| (name, if hidden(name) { ".." } else { value }));
        f.debug_map().entries(shown).finish()
    }
}

/// Head of a request that a server received, reduced to what SOAP looks at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RequestHead {
    method: String,
    path: String,
    authorization: Option<Secret>,
    content_type: Option<ContentType>,
    content_length: Option<u64>,
    soap_action: Option<String>,
}

impl RequestHead {
    /// A head without headers; `target` may have a query.
    pub fn new(method: &str, target: &str) -> Self {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            ..Self::default()
        }
    }

    /// Takes one header; others than SOAP's are ignored, and of a repeated one the first counts.
    #[must_use]
    pub fn header(mut self, name: &str, value: &[u8]) -> Self {
        let text = || String::from_utf8_lossy(value).trim().to_owned();
        if name.eq_ignore_ascii_case("content-type") {
            self.content_type
                .get_or_insert_with(|| ContentType::parse(&text()));
        } else if name.eq_ignore_ascii_case("soapaction") {
            self.soap_action.get_or_insert_with(|| unquote(&text()));
        } else if name.eq_ignore_ascii_case("authorization") {
            self.authorization
                .get_or_insert_with(|| Secret::new(text()));
        } else if name.eq_ignore_ascii_case("content-length") {
            self.content_length = self.content_length.or_else(|| text().parse().ok());
        }
        self
    }

    /// The method as it came.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of `Authorization`.
    pub fn authorization(&self) -> Option<&Secret> {
        self.authorization.as_ref()
    }

    /// The media type of the body.
    pub fn content_type(&self) -> Option<&ContentType> {
        self.content_type.as_ref()
    }

    /// Announced length of the body in bytes.
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// The value of `SOAPAction` without quotes, or the action parameter of SOAP 1.2's type.
    ///
    /// SOAP 1.1 §6.1.1; SOAP 1.2 part 2 §7.1.4. Bare values are accepted.
    pub fn action(&self) -> Option<&str> {
        let parameter = || {
            self.content_type
                .as_ref()
                .and_then(|kind| kind.action.as_deref())
        };
        self.soap_action.as_deref().or_else(parameter)
    }
}

/// Head of a response that a client received, reduced to what SOAP looks at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResponseHead {
    status: u16,
    content_type: Option<ContentType>,
    content_length: Option<u64>,
    retry_after: Option<u32>,
    cookies: Vec<Cookie>,
}

impl ResponseHead {
    /// A head without headers.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// Takes one header; others than SOAP's are ignored, and of a repeated one the first counts.
    #[must_use]
    pub fn header(mut self, name: &str, value: &[u8]) -> Self {
        let text = || String::from_utf8_lossy(value).trim().to_owned();
        if name.eq_ignore_ascii_case("content-type") {
            self.content_type
                .get_or_insert_with(|| ContentType::parse(&text()));
        } else if name.eq_ignore_ascii_case("content-length") {
            self.content_length = self.content_length.or_else(|| text().parse().ok());
        } else if name.eq_ignore_ascii_case("retry-after") {
            self.retry_after = self.retry_after.or_else(|| text().parse().ok());
        } else if name.eq_ignore_ascii_case("set-cookie") && self.cookies.len() < MAX_COOKIES {
            self.cookies.extend(Cookie::parse(&text()));
        }
        self
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The media type of the body.
    pub fn content_type(&self) -> Option<&ContentType> {
        self.content_type.as_ref()
    }

    /// Announced length of the body in bytes.
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Seconds to wait before another try; a date instead of seconds is not understood.
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// Cookies to be set, at most [`MAX_COOKIES`].
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }
}

/// A session cookie: CUCM sets `JSESSIONIDSSO` and `JSESSIONID`, and skips its slow
/// authentication when they come back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cookie {
    /// Name of the cookie.
    pub name: String,
    /// Its value stands for the password while the session lives.
    pub value: Secret,
}

impl Cookie {
    fn parse(set_cookie: &str) -> Option<Self> {
        let pair = set_cookie.split(';').next()?;
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        let fits = !name.is_empty() && set_cookie.len() <= MAX_COOKIE;
        fits.then(|| Self {
            name: name.to_owned(),
            value: Secret::new(value.trim()),
        })
    }
}

/// A media type with the parameters that SOAP knows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ContentType {
    /// Type and subtype in lower case, as in `text/xml`.
    pub essence: String,
    /// `charset` in lower case; it beats what the XML declaration says.
    pub charset: Option<String>,
    /// `action` of SOAP 1.2, an absolute URI.
    pub action: Option<String>,
}

impl ContentType {
    /// Reads a header value. Anything can be read; what is no media type matches none. RFC 9110
    /// §8.3.1.
    pub fn parse(value: &str) -> Self {
        let mut rest = value;
        let essence = take_until(&mut rest, ';').trim().to_ascii_lowercase();
        let mut this = Self {
            essence,
            ..Self::default()
        };
        while !rest.is_empty() {
            let parameter = take_until(&mut rest, ';');
            let Some((name, value)) = parameter.split_once('=') else {
                continue;
            };
            let value = unquote(value.trim());
            match name.trim().to_ascii_lowercase().as_str() {
                "charset" => this.charset = Some(value.to_ascii_lowercase()),
                "action" => this.action = Some(value),
                _ => {}
            }
        }
        this
    }

    /// Whether this is `text/xml`, the type of SOAP 1.1. `application/xml` is accepted too.
    pub fn is_soap11(&self) -> bool {
        matches!(self.essence.as_str(), "text/xml" | "application/xml")
    }

    /// Whether this is `application/soap+xml`, the type of SOAP 1.2.
    pub fn is_soap12(&self) -> bool {
        self.essence == "application/soap+xml"
    }
}

/// Takes the part before `end`, which does not count inside quotes, and drops `end`.
fn take_until<'a>(rest: &mut &'a str, end: char) -> &'a str {
    let mut quoted = false;
    let mut escaped = false;
    let at = rest.find(|c: char| {
        let ends = c == end && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        ends
    });
    let (taken, left) = at.map_or((*rest, ""), |at| {
        (&rest[..at], &rest[at + end.len_utf8()..])
    });
    *rest = left;
    taken
}

/// Takes the quotes off a quoted string, and the backslashes inside. RFC 9110 §5.6.4.
fn unquote(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' {
            characters.next()
        } else {
            Some(c)
        });
    }
    text
}

/// Most cookies kept of one response.
pub const MAX_COOKIES: usize = 8;
/// Longest `Set-Cookie` value that is kept, in bytes. RFC 6265 §6.1 asks user agents for 4096.
pub const MAX_COOKIE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soap11_http_3_quoted_and_bare_actions_are_accepted() {
        let head =
            |value: &str| RequestHead::new("POST", "/").header("SOAPACTION", value.as_bytes());
        assert_eq!(
            head("\"CUCM:DB ver=14.0 getUser\"").action(),
            Some("CUCM:DB ver=14.0 getUser")
        );
        assert_eq!(
            head("CUCM:DB ver=14.0").action(),
            Some("CUCM:DB ver=14.0"),
            "SOAP11-HTTP-3: bare"
        );
        assert_eq!(head("\"\"").action(), Some(""));
        assert_eq!(RequestHead::new("POST", "/").action(), None);
    }

    #[test]
    fn soap12_http_1_the_action_parameter_stands_for_the_header() {
        let value = b"application/soap+xml; charset=utf-8; action=\"urn:a;b\\\"c\"";
        let head = RequestHead::new("POST", "/").header("content-type", value);
        assert_eq!(head.action(), Some("urn:a;b\"c"), "SOAP12-HTTP-1");
        assert!(head.content_type().unwrap().is_soap12());
    }

    #[test]
    fn soap11_http_1_charset_is_read_in_any_spelling() {
        for value in [
            "text/xml;charset=UTF-8",
            "Text/XML; q=1; Charset=\"utf-8\" ",
            "text/xml;;charset=utf-8",
        ] {
            let kind = ContentType::parse(value);
            assert!(kind.is_soap11(), "{value}");
            assert_eq!(
                kind.charset.as_deref(),
                Some("utf-8"),
                "SOAP11-HTTP-1: {value}"
            );
        }
        assert!(!ContentType::parse("text/html").is_soap11());
        assert!(!ContentType::parse("").is_soap11());
    }

    #[test]
    fn the_query_is_no_part_of_the_path() {
        assert_eq!(RequestHead::new("GET", "/axl/?wsdl").path(), "/axl/");
    }

    #[test]
    fn secrets_of_headers_are_not_printed() {
        let headers = Headers::new()
            .with("Authorization", "Basic c2VjcmV0")
            .with("Accept", "text/xml");
        let head = RequestHead::new("POST", "/").header("Authorization", b"Basic c2VjcmV0");
        let response =
            ResponseHead::new(200).header("Set-Cookie", b"JSESSIONIDSSO=c2VjcmV0; Path=/");
        let printed = format!("{headers:?} {head:?} {response:?}");
        assert!(
            printed.contains("JSESSIONIDSSO") && printed.contains("text/xml"),
            "{printed}"
        );
        assert!(!printed.contains("c2VjcmV0"), "{printed}");
    }

    #[test]
    fn cookies_are_kept_without_their_attributes_and_bounded() {
        let head = ResponseHead::new(200).header("set-cookie", b"JSESSIONID=a=b; Secure; HttpOnly");
        assert_eq!(head.cookies()[0].name, "JSESSIONID");
        assert_eq!(head.cookies()[0].value.expose(), "a=b");
        let head = (0..100).fold(ResponseHead::new(200), |head, _| {
            head.header("set-cookie", b"a=b")
        });
        assert_eq!(head.cookies().len(), MAX_COOKIES);
        assert!(
            ResponseHead::new(200)
                .header("set-cookie", b"nothing")
                .cookies()
                .is_empty()
        );
    }
}
