//! TLS for tokio-postgres through rustls, with certificates trusted as libpq trusts them.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use limbeck_core::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as RustlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{self, CryptoProvider};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
};

use super::parameters::{Mode, Roots};

mod binding;
mod validity;

/// What makes an encrypted connection of a socket.
#[derive(Clone)]
pub(super) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Reads the root certificates that a mode wants. Files are read on a thread of its own.
    pub(super) async fn new(mode: Mode, roots: Roots) -> Result<Self> {
        let (say, said) = tokio::sync::oneshot::channel();
        let started = std::thread::Builder::new()
            .name("limbeck certificates".to_owned())
            .spawn(move || {
                // Where nobody waits any more, nobody wants to know.
                let _ = say.send(configure(mode, roots));
            });
        let nothing = || {
            Error::new(
                ErrorKind::Config,
                "the root certificates could not be read: no thread can be started for it",
            )
        };
        started.map_err(|error| nothing().with_source(error))?;
        Ok(Self(Arc::new(said.await.map_err(|_| nothing())??)))
    }
}

fn configure(mode: Mode, roots: Roots) -> Result<ClientConfig> {
    let provider = Arc::new(crypto::ring::default_provider());
    let trusted = trusted(mode, roots)?;
    let verifier = Verifier {
        chain: match &trusted {
            Some(certificates) => Some(chain(certificates, &provider)?),
            None => None,
        },
        trusted: trusted.unwrap_or_default(),
        name: mode == Mode::VerifyFull,
        provider: Arc::clone(&provider),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Config, "TLS cannot be set up").with_source(error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // What newer servers and libpq agree on.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(config)
}

/// The certificates that a server's must come from; `None` where it is not asked for.
fn trusted(mode: Mode, roots: Roots) -> Result<Option<Vec<CertificateDer<'static>>>> {
    let path = match roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                return Err(Error::new(
                    ErrorKind::Config,
                    "the system has no trusted certificates, which `sslrootcert=system` wants",
                )
                .with_hint("install them (`ca-certificates`), or name a file"));
            }
            return Ok(Some(found.certs));
        }
        Roots::File(path) => path,
        Roots::Unsaid => match default_file().filter(|path| path.is_file()) {
            Some(path) => path,
            None if mode < Mode::VerifyCa => return Ok(None),
            None => {
                return Err(Error::new(
                    ErrorKind::Config,
                    "there are no root certificates to verify the server's with",
                )
                .with_hint(
                    "name their file with `sslrootcert`, or take the system's with \
                     `sslrootcert=system`, or put them into `~/.postgresql/root.crt`",
                ));
            }
        },
    };
    let bytes = std::fs::read(&path)
        .map_err(|error| unreadable(&path, &error.to_string()).with_source(error))?;
    let certificates: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(unreadable(&path, "it holds no certificate"))
        }
        Ok(certificates) => Ok(Some(certificates)),
        Err(error) => Err(unreadable(&path, "it is damaged").with_source(error)),
    }
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "the root certificates in `{}` cannot be read: {why}",
            path.display()
        ),
    )
    .with_hint("`sslrootcert` names a file of certificates in PEM form, or is `system`")
}

/// libpq's own file.
fn default_file() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".postgresql/root.crt"))
}

fn chain(
    certificates: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>> {
    let mut store = RootCertStore::empty();
    // One of a system's hundreds may be odd; without any, nothing would be trusted.
    store.add_parsable_certificates(certificates.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
        .build()
        .map_err(|error| {
            Error::new(
                ErrorKind::Config,
                "none of the root certificates can be used",
            )
            .with_source(error)
        })
}

/// Verifies as much as was asked for.
#[derive(Debug)]
struct Verifier {
    /// Whether the certificate comes from a trusted one; `None` where that is not asked for.
    chain: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
    /// Whether it must be for the host.
    name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, TlsError> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        // A server that signed for itself, whose very certificate is trusted: to rustls it is an
        // authority that may be no server.
        if self.trusted.iter().any(|trusted| trusted == end_entity) {
            validity::check(end_entity, now)?;
            if self.name {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let verified =
            chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last, when the chain is known to be good.
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A connector for one host.
pub(super) struct Connector {
    tls: TlsConnector,
    host: ServerName<'static>,
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = Connector;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(
        &mut self,
        domain: &str,
    ) -> std::result::Result<Connector, InvalidDnsNameError> {
        Ok(Connector {
            tls: TlsConnector::from(Arc::clone(&self.0)),
            host: ServerName::try_from(domain.to_owned())?,
        })
    }
}

impl TlsConnect<Socket> for Connector {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        Box::pin(async move {
            let stream = self.tls.connect(self.host, stream).await?;
            Ok(Encrypted(Box::new(stream)))
        })
    }
}

/// An encrypted connection.
pub(super) struct Encrypted(Box<RustlsStream<Socket>>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let (_, session) = self.0.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        match certificate.and_then(binding::end_point) {
            Some(digest) => ChannelBinding::tls_server_end_point(digest),
            None => ChannelBinding::none(),
        }
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}
