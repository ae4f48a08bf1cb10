//! The way to a machine: TLS to the one certificate that was trusted, one request a connection, no redirects.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use super::Context;
use super::end::{End, NOT_PERMITTED, SOFTWARE, UNAVAILABLE};
use super::home::{self, Address, Machines};

/// For reaching the machine and for the handshake.
const REACH: Duration = Duration::from_secs(15);
/// For the answer's head; the machine ends a request after a minute.
const ANSWER: Duration = Duration::from_secs(75);
/// The most bytes of an answer in JSON.
const MOST_ANSWER: usize = 16 * 1024 * 1024;

/// Takes one certificate, or any to look at it; notes which was shown.
#[derive(Debug)]
struct Pin {
    wanted: Option<String>,
    seen: Mutex<Option<String>>,
    provider: Arc<CryptoProvider>,
}

/// SHA-256 in 16 groups of four digits, as the machine's screen shows it.
pub fn groups(certificate: &[u8]) -> String {
    let digits: Vec<_> = Sha256::digest(certificate)
        .chunks(2)
        .map(|pair| pair.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
        .collect();
    digits.join(" ")
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = groups(certificate);
        let fits = self.wanted.as_ref().is_none_or(|wanted| *wanted == shown);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        // The fingerprint is the whole trust: who issued it and for which name says nothing more.
        if fits {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

async fn connect(address: &Address, wanted: Option<String>) -> Result<(TlsStream<TcpStream>, String), End> {
    let unreachable = |reason: &dyn std::fmt::Display| {
        End::new(
            UNAVAILABLE,
            format!(
                "{address} does not answer: {reason}. Check the name and the network, and that this place is inside the machine's allowed ranges"
            ),
        )
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let pin = Arc::new(Pin { wanted, seen: Mutex::new(None), provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| End::new(SOFTWARE, error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&pin) as _)
        .with_no_client_auth();
    let name = ServerName::try_from(address.host.clone()).map_err(|error| unreachable(&error))?;
    let reach = async {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    };
    let reached = timeout(REACH, reach).await;
    let seen = pin.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match (reached, seen, &pin.wanted) {
        (Ok(Ok(stream)), Some(seen), _) => Ok((stream, seen)),
        (_, Some(seen), Some(wanted)) if seen != *wanted => Err(changed(address, wanted, &seen)),
        (Ok(Ok(_)), None, _) => Err(unreachable(&"it showed no certificate")),
        (Ok(Err(error)), _, _) => Err(unreachable(&error)),
        (Err(_), _, _) => Err(unreachable(&"nothing came within 15 seconds")),
    }
}

/// What is said about a certificate that is not the trusted one.
pub fn changed(address: &Address, wanted: &str, seen: &str) -> End {
    End::new(
        NOT_PERMITTED,
        format!(
            "{address} shows another certificate than the one that you trusted. Nothing was sent.\n\
             trusted: {}\n\
             shown:   {}\n\
             Either somebody stands between you and the machine, or its certificate was replaced.\n\
             Compare with the machine's screen. Only if it shows the second one:\n\
             cowctl trust --replace {address}",
            halves(wanted),
            halves(seen)
        ),
    )
}

/// A fingerprint in two lines of eight groups.
pub fn halves(fingerprint: &str) -> String {
    let groups: Vec<_> = fingerprint.split(' ').collect();
    let (first, second) = groups.split_at(groups.len().min(8));
    format!("{}\n         {}", first.join(" "), second.join(" "))
}

/// Runs one piece of work to its end.
pub fn wait_for<T>(work: impl Future<Output = Result<T, End>>) -> Result<T, End> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| End::new(SOFTWARE, error))?.block_on(work)
}

/// The fingerprint of the certificate that a machine shows to anybody.
pub fn look(address: &Address) -> Result<String, End> {
    wait_for(async { Ok(connect(address, None).await?.1) })
}

/// A machine that is trusted, and perhaps a token for it.
pub struct Client {
    pub address: Address,
    fingerprint: String,
    token: Option<Zeroizing<String>>,
}

impl Client {
    /// To a machine without being signed in.
    pub fn visitor(context: &Context) -> Result<Self, End> {
        let (address, fingerprint) = Machines::load()?.chosen(context)?;
        Ok(Self { address, fingerprint, token: None })
    }

    /// To a machine with the token that is kept.
    pub fn signed_in(context: &Context) -> Result<Self, End> {
        let visitor = Self::visitor(context)?;
        let token = Some(home::token(&visitor.address)?);
        Ok(Self { token, ..visitor })
    }

    /// With this token.
    pub fn with_token(self, token: Zeroizing<String>) -> Self {
        Self { token: Some(token), ..self }
    }

    pub fn get(&self, path: &str) -> Result<Value, End> {
        self.call(Method::GET, path, None)
    }

    pub fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, End> {
        let body = body.map(|body| ("application/json", Zeroizing::new(body.to_string().into_bytes())));
        self.send(method, path, body)
    }

    /// One request; its answer in JSON, or what the machine says against it.
    pub fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Zeroizing<Vec<u8>>)>,
    ) -> Result<Value, End> {
        wait_for(async {
            let (status, bytes) = self.exchange(method, path, body).await?;
            if bytes.is_empty() && (200..300).contains(&status) {
                return Ok(Value::Null);
            }
            let json = serde_json::from_slice(&bytes).unwrap_or_default();
            if (200..300).contains(&status) { Ok(json) } else { Err(refused(status, json)) }
        })
    }

    /// Sends `body` and hands on what comes, piece by piece, whatever its length.
    pub fn download(
        &self,
        path: &str,
        body: &Value,
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), End> {
        let body = Some(("application/json", Zeroizing::new(body.to_string().into_bytes())));
        wait_for(async {
            let response = self.begin(Method::POST, path, body).await?;
            let status = response.status().as_u16();
            let mut body = response.into_body();
            if status != 200 {
                let body =
                    Limited::new(body, MOST_ANSWER).collect().await.map_err(|error| self.broken(&error))?;
                return Err(refused(status, serde_json::from_slice(&body.to_bytes()).unwrap_or_default()));
            }
            while let Some(frame) =
                timeout(ANSWER, body.frame()).await.map_err(|_| self.broken(&"nothing more came"))?
            {
                let frame = frame.map_err(|error| self.broken(&error))?;
                if let Some(piece) = frame.data_ref() {
                    take(piece).map_err(|error| End::new(super::end::IO, format!("the file: {error}")))?;
                }
            }
            Ok(())
        })
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> End {
        End::new(UNAVAILABLE, format!("the connection to {} broke: {error}", self.address))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Zeroizing<Vec<u8>>)>,
    ) -> Result<(u16, Bytes), End> {
        let response = self.begin(method, path, body).await?;
        let status = response.status().as_u16();
        let body = timeout(ANSWER, Limited::new(response.into_body(), MOST_ANSWER).collect()).await;
        let body =
            body.map_err(|_| self.broken(&"the answer did not end"))?.map_err(|error| self.broken(&error))?;
        Ok((status, body.to_bytes()))
    }

    async fn begin(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Zeroizing<Vec<u8>>)>,
    ) -> Result<Response<Incoming>, End> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(HOST, self.address.to_string())
            .header(ACCEPT, "application/json, application/problem+json");
        if let Some(token) = &self.token {
            let value = Zeroizing::new(format!("Bearer {}", token.as_str()));
            request = request.header(AUTHORIZATION, value.as_str());
        }
        let bytes = match body {
            Some((kind, bytes)) => {
                request = request.header(CONTENT_TYPE, kind);
                Bytes::copy_from_slice(&bytes)
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).map_err(|error| End::new(SOFTWARE, error))?;
        let (stream, _) = connect(&self.address, Some(self.fingerprint.clone())).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(&error))?;
        // Ends with the runtime, once the answer was read.
        tokio::spawn(async move { drop(connection.await) });
        let answered = timeout(ANSWER, sender.send_request(request)).await;
        answered.map_err(|_| self.broken(&"no answer came"))?.map_err(|error| self.broken(&error))
    }
}

/// What a refusal means here.
fn refused(status: u16, problem: Value) -> End {
    let kind = problem["type"].as_str().unwrap_or_default().to_owned();
    let mut end = End::of_problem(status, problem);
    if kind.ends_with("/not-signed-in") {
        end.text = "the session is over, or the token opens nothing any more: cowctl login".to_owned();
    } else if kind.ends_with("/step-up-needed") {
        end.text = "this asks for the second factor again: cowctl login, then repeat".to_owned();
    }
    end
}
