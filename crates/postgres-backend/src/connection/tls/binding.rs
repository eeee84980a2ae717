//! What binds a login to the connection that it is made on: `tls-server-end-point` of
//! [RFC 5929](https://www.rfc-editor.org/rfc/rfc5929#section-4), the digest of the server's certificate.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::oid_registry::{
    OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256,
    OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512, Oid,
};
use x509_parser::parse_x509_certificate;

/// By the hash of its signature; of those that are too weak for this, SHA-256 is taken.
static HASHES: [(&Oid<'_>, &Algorithm); 8] = [
    (&OID_PKCS1_MD5WITHRSAENC, &SHA256),
    (&OID_PKCS1_SHA1WITHRSA, &SHA256),
    (&OID_PKCS1_SHA256WITHRSA, &SHA256),
    (&OID_PKCS1_SHA384WITHRSA, &SHA384),
    (&OID_PKCS1_SHA512WITHRSA, &SHA512),
    (&OID_SIG_ECDSA_WITH_SHA256, &SHA256),
    (&OID_SIG_ECDSA_WITH_SHA384, &SHA384),
    (&OID_SIG_ECDSA_WITH_SHA512, &SHA512),
];

/// The digest; none where the signature has no hash of its own (Ed25519), or one that servers before
/// Postgres 16 do not see (RSA-PSS).
pub(super) fn end_point(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let signed_by = &parsed.signature_algorithm.algorithm;
    let (_, hash) = HASHES.iter().find(|(oid, _)| *oid == signed_by)?;
    Some(digest(hash, certificate).as_ref().to_vec())
}
