//! A certificate authority of our own, and the servers' certificate, both kept in the data folder.
//!
//! `ca.pem` is what a client has to trust. The certificate is good for `localhost`, the loopback
//! addresses, the XMPP domain, and each address that a server is told to listen on.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use time::{Duration, OffsetDateTime};

use crate::{data_dir, server::StartError, settings::Settings};

/// What the servers show, with the newest protocol versions that both sides know.
///
/// # Errors
///
/// The data folder cannot be used, or what is in it is not a key and a certificate.
pub fn server_config(settings: &Settings) -> Result<Arc<ServerConfig>, StartError> {
    let files = ensure(settings)?;
    let chain = read_certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(describe)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(describe)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(describe)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Trusts our own authority and nobody else.
///
/// # Errors
///
/// The data folder cannot be used, or `ca.pem` in it is not a certificate.
pub fn client_config(settings: &Settings) -> Result<Arc<ClientConfig>, StartError> {
    let files = ensure(settings)?;
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(&files.authority)? {
        roots.add(certificate).map_err(describe)?;
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(describe)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Path of the authority's certificate, for messages to people.
#[must_use]
pub fn authority_path(settings: &Settings) -> PathBuf {
    settings.data_dir.join(AUTHORITY)
}

struct Files {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

/// Makes what is missing, and the certificate anew when it is old or lacks a name.
fn ensure(settings: &Settings) -> Result<Files, StartError> {
    let _guard = data_dir::lock(&settings.data_dir)?;
    let dir = &settings.data_dir;
    let authority_key_path = dir.join(AUTHORITY_KEY);
    let files = Files {
        authority: dir.join(AUTHORITY),
        certificate: dir.join(CERTIFICATE),
        key: dir.join(KEY),
    };
    let fresh = !(files.authority.exists() && authority_key_path.exists());
    if fresh {
        let key = KeyPair::generate().map_err(describe)?;
        let certificate = authority_params().self_signed(&key).map_err(describe)?;
        data_dir::write(&authority_key_path, key.serialize_pem().as_bytes())?;
        data_dir::write(&files.authority, certificate.pem().as_bytes())?;
    }
    let names = names(settings);
    let listed = names.iter().cloned().collect::<Vec<_>>().join("\n");
    let names_path = dir.join(NAMES);
    let same_names = fs::read_to_string(&names_path).is_ok_and(|text| text == listed);
    if fresh || !same_names || !files.key.exists() || is_old(&files.certificate) {
        let pem =
            fs::read_to_string(&authority_key_path).map_err(|source| StartError::DataDir {
                path: authority_key_path,
                source,
            })?;
        let authority_key = KeyPair::from_pem(&pem).map_err(describe)?;
        let issuer = Issuer::new(authority_params(), authority_key);
        let key = KeyPair::generate().map_err(describe)?;
        let certificate = server_params(names)?
            .signed_by(&key, &issuer)
            .map_err(describe)?;
        data_dir::write(&files.key, key.serialize_pem().as_bytes())?;
        data_dir::write(&files.certificate, certificate.pem().as_bytes())?;
        data_dir::write(&names_path, listed.as_bytes())?;
    }
    Ok(files)
}

fn names(settings: &Settings) -> BTreeSet<String> {
    let mut names = BTreeSet::from([
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
        settings.xmpp_domain.clone(),
    ]);
    let addresses = [
        settings.cucm.axl,
        settings.notification.xmpp_tls,
        settings.notification.bosh_tls,
        settings.finesse.https,
    ];
    for address in addresses
        .iter()
        .filter(|address| !address.ip().is_unspecified())
    {
        names.insert(address.ip().to_string());
    }
    names
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Contact centre local CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(3650);
    params
}

fn server_params(names: BTreeSet<String>) -> Result<CertificateParams, StartError> {
    let mut params =
        CertificateParams::new(names.into_iter().collect::<Vec<_>>()).map_err(describe)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + CERTIFICATE_LIFE;
    Ok(params)
}

fn is_old(certificate: &Path) -> bool {
    let age = fs::metadata(certificate)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|made| made.elapsed().ok());
    // An unreadable file or a clock that went back: make it anew.
    age.is_none_or(|age| age > CERTIFICATE_LIFE / 2)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| StartError::Tls(format!("{}: {error}", path.display())))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn describe(error: impl std::fmt::Display) -> StartError {
    StartError::Tls(error.to_string())
}

const AUTHORITY: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key.pem";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key.pem";
/// The names that `server.pem` was made for, to see when one is missing.
const NAMES: &str = "server.names";
/// The longest that all browsers accept from a local authority.
const CERTIFICATE_LIFE: Duration = Duration::days(825);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_made_once_and_trusted_by_the_client_side() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::with_data_dir(dir.path().to_owned());
        server_config(&settings).unwrap();
        let first = fs::read(dir.path().join(CERTIFICATE)).unwrap();
        server_config(&settings).unwrap();
        client_config(&settings).unwrap();
        assert_eq!(fs::read(dir.path().join(CERTIFICATE)).unwrap(), first);
    }

    #[test]
    fn a_new_name_makes_a_new_certificate_under_the_same_authority() {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::with_data_dir(dir.path().to_owned());
        server_config(&settings).unwrap();
        let authority = fs::read(dir.path().join(AUTHORITY)).unwrap();
        let certificate = fs::read(dir.path().join(CERTIFICATE)).unwrap();
        settings.xmpp_domain = "desk.example".to_owned();
        server_config(&settings).unwrap();
        assert_eq!(fs::read(dir.path().join(AUTHORITY)).unwrap(), authority);
        assert_ne!(fs::read(dir.path().join(CERTIFICATE)).unwrap(), certificate);
    }
}
