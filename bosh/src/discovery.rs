//! Where a domain's connection manager is (XEP-0156).

use wire_xml::{Element, Error, Limits, Profile};

/// What to GET, over https, from the domain that the client wants.
pub const HOST_META: &str = "/.well-known/host-meta";

/// URLs of BOSH in a domain's host-meta document (XRD), in its order of preference.
///
/// Only https URLs are named: a link in clear could be anybody's. The DNS records that older
/// revisions knew are not looked at, for the same reason.
///
/// # Errors
///
/// If the document is no XML, or passes a limit.
///
/// ```
/// let document = b"<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>
///   <Link rel='urn:xmpp:alt-connections:xbosh' href='https://example.com:5281/http-bind'/>
/// </XRD>";
/// let urls = bosh::discovery::bosh_urls(document, &bosh::xml::Limits::default())?;
/// assert_eq!(urls, ["https://example.com:5281/http-bind"]);
/// # Ok::<(), bosh::xml::Error>(())
/// ```
pub fn bosh_urls(host_meta: &[u8], limits: &Limits) -> Result<Vec<String>, Error> {
    // A document for people and machines: comments are common in it.
    let document = Element::parse(host_meta, Profile::Soap, limits)?;
    let urls = document
        .children_named(XRD, "Link")
        .filter(|link| link.attr("rel") == Some(REL_BOSH))
        .filter_map(|link| link.attr("href"))
        .filter(|href| is_https(href))
        .map(str::to_owned);
    Ok(urls.collect())
}

fn is_https(url: &str) -> bool {
    url.get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

/// Namespace of host-meta (RFC 6415).
const XRD: &str = "http://docs.oasis-open.org/ns/xri/xrd-1.0";
const REL_BOSH: &str = "urn:xmpp:alt-connections:xbosh";

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(links: &str) -> Vec<String> {
        let document = format!(
            "<?xml version='1.0' encoding='utf-8'?><!-- ours --><XRD xmlns='{XRD}'>{links}</XRD>"
        );
        bosh_urls(document.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn alt_1_host_meta_names_the_url() {
        let found = urls(
            "<Subject>example.com</Subject>\
             <Link rel='urn:xmpp:alt-connections:websocket' href='wss://w.example/ws'/>\
             <Link rel='urn:xmpp:alt-connections:xbosh' href='https://b.example/bind?a&amp;b'/>\
             <Link rel='urn:xmpp:alt-connections:xbosh'/>\
             <Link rel='urn:xmpp:alt-connections:xbosh' href='HTTPS://c.example/'/>",
        );
        assert_eq!(
            found,
            ["https://b.example/bind?a&b", "HTTPS://c.example/"],
            "ALT-1"
        );
        assert_eq!(HOST_META, "/.well-known/host-meta", "ALT-1");
        assert_eq!(urls(""), [""; 0]);
    }

    #[test]
    fn alt_2_only_https_is_trusted() {
        let found = urls(
            "<Link rel='urn:xmpp:alt-connections:xbosh' href='http://b.example/bind'/>\
             <Link rel='urn:xmpp:alt-connections:xbosh' href='/bind'/>\
             <Link rel='urn:xmpp:alt-connections:xbosh' href='httpsé'/>\
             <Link rel='urn:xmpp:alt-connections:xbosh' href='https:/b.example'/>",
        );
        assert_eq!(found, [""; 0], "ALT-2");
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for document in ["", "<XRD", "<!DOCTYPE a><a/>", "{\"links\": []}"] {
            assert!(bosh_urls(document.as_bytes(), &Limits::default()).is_err());
        }
        let other = b"<XRD><Link rel='urn:xmpp:alt-connections:xbosh' href='https://a/'/></XRD>";
        assert_eq!(bosh_urls(other, &Limits::default()), Ok(Vec::new()));
    }
}
