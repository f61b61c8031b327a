//! Whom to trust behind `https`: authorities, one certificate, or anybody.

use std::fmt;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};

use super::TargetError;

/// Whom to trust behind `https`.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// The certificate authorities of the system.
    #[default]
    System,
    /// Those of a PEM file.
    File(PathBuf),
    /// Whoever has the key of this very certificate. Neither its name nor its dates count.
    Pin(Fingerprint),
    /// Anybody.
    Anyone,
}

/// SHA-256 of a certificate, by which it can be told from every other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; 32]);

/// The text is no fingerprint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a fingerprint is sha256: and 64 hexadecimal digits, with or without colons")]
pub struct FingerprintError;

impl Fingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Takes what [`Fingerprint`] prints, and what OpenSSL does.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text
            .strip_prefix(PREFIX)
            .or_else(|| text.strip_prefix("sha256 fingerprint="))
            .ok_or(FingerprintError)?;
        let mut bytes = Vec::new();
        let mut high = None;
        for c in digits.chars().filter(|c| *c != ':') {
            let digit = c.to_digit(16).ok_or(FingerprintError)? as u8;
            match high.take() {
                None => high = Some(digit << 4),
                Some(high) => bytes.push(high | digit),
            }
        }
        match (high, <[u8; 32]>::try_from(bytes)) {
            (None, Ok(bytes)) => Ok(Self(bytes)),
            _ => Err(FingerprintError),
        }
    }
}

/// The certificate that the server showed last.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<Option<Fingerprint>>);

impl Shown {
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, certificate: &CertificateDer<'_>) -> Fingerprint {
        let fingerprint = Fingerprint::of(certificate);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        fingerprint
    }
}

/// TLS of a client that notes what certificate it is shown.
pub(super) fn client_config(
    trust: &Trust,
    shown: Arc<Shown>,
) -> Result<Arc<ClientConfig>, TargetError> {
    let provider = Arc::new(ring::default_provider());
    let chain = |roots: RootCertStore| {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map(Rule::Chain)
            .map_err(|error| unusable("the TLS library", &error))
    };
    let rule = match trust {
        Trust::Anyone => Rule::Anyone,
        Trust::Pin(fingerprint) => Rule::Pin(*fingerprint),
        Trust::System => chain(system_roots()?)?,
        Trust::File(path) => chain(file_roots(path)?)?,
    };
    let verifier = Verifier {
        rule,
        provider: Arc::clone(&provider),
        shown,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("the TLS library", &error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn system_roots() -> Result<RootCertStore, TargetError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let reason = found.errors.first().map_or_else(
            || "there are none; name a file that has some".to_owned(),
            ToString::to_string,
        );
        return Err(unusable("the system", &reason));
    }
    Ok(roots)
}

fn file_roots(path: &Path) -> Result<RootCertStore, TargetError> {
    let from = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| unusable(&from, &error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_reader_iter(BufReader::new(file)) {
        let certificate = certificate.map_err(|error| unusable(&from, &error))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(&from, &error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&from, &"there are none"));
    }
    Ok(roots)
}

fn unusable(from: &str, reason: &dyn fmt::Display) -> TargetError {
    TargetError::Certificates {
        from: from.to_owned(),
        reason: reason.to_string(),
    }
}

/// What is wrong with a certificate, where the library has no words for people.
pub(super) fn reason_of(error: &CertificateError) -> String {
    if *error == CertificateError::UnknownIssuer {
        return "nobody signed it who is trusted here".to_owned();
    }
    if *error == CertificateError::BadSignature {
        return "its signature is not that of who is said to have signed it".to_owned();
    }
    if *error == CertificateError::ApplicationVerificationFailure {
        return "it is another than the one that is pinned".to_owned();
    }
    error.to_string()
}

#[derive(Debug)]
struct Verifier {
    rule: Rule,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
}

#[derive(Debug)]
enum Rule {
    Chain(Arc<WebPkiServerVerifier>),
    Pin(Fingerprint),
    Anyone,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint = self.shown.note(certificate);
        match &self.rule {
            Rule::Chain(chain) => {
                chain.verify_server_cert(certificate, intermediates, name, ocsp, now)
            }
            Rule::Pin(pinned) if *pinned != fingerprint => {
                let reason = CertificateError::ApplicationVerificationFailure;
                Err(rustls::Error::InvalidCertificate(reason))
            }
            // That the server has the key, its signature shows.
            Rule::Pin(_) | Rule::Anyone => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

const PREFIX: &str = "sha256:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_printed_here_and_by_openssl() {
        // FIPS 180-4's "abc".
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let fingerprint = Fingerprint::of(b"abc");
        assert_eq!(fingerprint.to_string(), text);
        assert_eq!(text.parse(), Ok(fingerprint));
        let openssl = "SHA256 Fingerprint=BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
                       B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
        assert_eq!(openssl.parse(), Ok(fingerprint));
        for bad in [
            &text[..70],
            &text[7..],
            "sha256:",
            "sha1:00",
            &text.replace('b', "g"),
            &format!("{text}00"),
        ] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(FingerprintError), "{bad}");
        }
    }
}
