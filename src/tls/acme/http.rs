//! HTTPS to an authority: one connection per call, one host, no redirect, bounds on everything.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::base::is_public;
use crate::tls::{client, client_of_one_root};

/// The longest answer that is read: a chain of certificates has 10 KiB.
const LONGEST_ANSWER: usize = 256 * 1024;
/// The longest head of an answer, and hyper's buffer.
const LONGEST_HEAD: usize = 64 * 1024;
/// Name, connection and handshake together.
const CONNECT: Duration = Duration::from_secs(10);
/// For all of a call.
const CALL: Duration = Duration::from_secs(30);
/// The most addresses of a name that are tried.
const ADDRESSES: usize = 4;

/// Whom to believe.
#[derive(Debug, Clone)]
pub(super) enum Roots {
    /// The web PKI.
    Web,
    /// The web PKI and one more.
    WebAnd(CertificateDer<'static>),
    /// This one alone.
    One(CertificateDer<'static>),
}

/// The client of one authority. Cheap to clone.
#[derive(Clone)]
pub(super) struct Http(Arc<Peer>);

struct Peer {
    authority: String,
    host: String,
    at: Option<SocketAddr>,
    name: ServerName<'static>,
    /// Whether its address may be one that is not of the public internet.
    private: bool,
    tls: Arc<ClientConfig>,
}

/// A call that failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Failed(pub(super) String);

fn failed(why: impl ToString) -> Error {
    Error::Other(Box::new(Failed(why.to_string())))
}

impl Http {
    pub(super) fn new(authority: &str, roots: &Roots, at: Option<SocketAddr>) -> Result<Self, String> {
        let host = authority.split(':').next().unwrap_or_default().to_owned();
        let name = match at {
            Some(at) => ServerName::IpAddress(at.ip().into()),
            None => ServerName::try_from(host.clone()).map_err(|error| error.to_string())?,
        };
        let tls = match roots {
            Roots::Web => client(None),
            Roots::WebAnd(root) => client(Some(root.clone())),
            Roots::One(root) => client_of_one_root(root.clone()),
        };
        let tls = tls.map_err(|error| error.to_string())?;
        let (authority, private) = (authority.to_owned(), matches!(roots, Roots::One(_)));
        Ok(Self(Arc::new(Peer { authority, host, at, name, private, tls })))
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let peer = Arc::clone(&self.0);
        Box::pin(async move {
            let answer = timeout(CALL, peer.exchange(request)).await;
            answer.map_err(|_| failed("no answer in time"))?.map_err(failed)
        })
    }
}

impl Peer {
    async fn exchange(&self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, String> {
        let request = self.addressed(request)?;
        let stream =
            timeout(CONNECT, self.connect()).await.map_err(|_| "no connection in time".to_owned())??;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        // Ends with this call, however that ends.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| error.to_string())?;
        Ok(BytesResponse::from(Response::from_parts(head, Full::new(body.to_bytes()))))
    }

    /// The request for this host. An authority names the addresses of its resources itself, so it might name
    /// another host: that one is not called.
    fn addressed(
        &self,
        mut request: Request<BodyWrapper<Bytes>>,
    ) -> Result<Request<BodyWrapper<Bytes>>, String> {
        let uri = request.uri();
        let same = uri.authority().is_some_and(|authority| authority.as_str() == self.authority);
        let (Some(path), true, Some("https")) = (uri.path_and_query(), same, uri.scheme_str()) else {
            return Err("it names a resource on another host".to_owned());
        };
        let host = HeaderValue::from_str(&self.authority).map_err(|error| error.to_string())?;
        *request.uri_mut() = Uri::from(path.clone());
        request.headers_mut().insert(HOST, host);
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        Ok(request)
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>, String> {
        let addresses = self.addresses().await?;
        if addresses.is_empty() {
            return Err("its name has no address that may be called".to_owned());
        }
        for address in addresses {
            if let Ok(stream) = TcpStream::connect(address).await {
                let tls = TlsConnector::from(Arc::clone(&self.tls));
                return tls.connect(self.name.clone(), stream).await.map_err(|error| error.to_string());
            }
        }
        // No more than that: who may name an authority need not learn what else is in the machine's network.
        Err("no connection".to_owned())
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        if let Some(at) = self.at {
            return Ok(vec![at]);
        }
        let found = tokio::net::lookup_host((self.host.as_str(), 443)).await;
        let found = found.map_err(|_| "its name has no address".to_owned())?;
        let may =
            |address: &SocketAddr| is_public(address.ip()) || (self.private && is_private(address.ip()));
        Ok(found.filter(may).take(ADDRESSES).collect())
    }
}

/// Whether an address is one of a private network (RFC 1918, RFC 4193): neither this machine nor this link.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => four.is_private(),
        IpAddr::V6(six) => six.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(authority: &str) -> Http {
        Http::new(authority, &Roots::Web, None).unwrap()
    }

    fn request(uri: &str) -> Request<BodyWrapper<Bytes>> {
        Request::builder().uri(uri).body(BodyWrapper::default()).unwrap()
    }

    #[test]
    fn only_the_directorys_own_host_is_called() {
        let peer = http("ca.example").0;
        let sent = peer.addressed(request("https://ca.example/new-order?x=1")).unwrap();
        assert_eq!(
            (sent.uri().to_string().as_str(), sent.headers()[HOST].to_str().unwrap()),
            ("/new-order?x=1", "ca.example")
        );
        for other in [
            "https://evil.example/new-order",
            "http://ca.example/new-order",
            "https://ca.example:444/new-order",
            "https://ca.example@evil.example/",
            "https://evil@ca.example/",
            "/new-order",
        ] {
            assert!(peer.addressed(request(other)).is_err(), "{other}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_never_called() {
        for roots in [Roots::Web, Roots::One(CertificateDer::from(root()))] {
            let http = Http::new("localhost", &roots, None).unwrap();
            let said = http.request(request("https://localhost/dir")).await.err().unwrap().to_string();
            assert_eq!(said, "its name has no address that may be called");
        }
    }

    #[test]
    fn an_authority_of_ones_own_may_stand_in_a_private_network_but_not_on_this_machine() {
        for inside in ["10.0.0.5", "172.16.9.9", "192.168.1.1", "fd00::5", "::ffff:10.0.0.5"] {
            assert!(is_private(inside.parse().unwrap()), "{inside}");
        }
        for other in ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::"] {
            assert!(!is_private(other.parse().unwrap()), "{other}");
        }
    }

    fn root() -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap().der().to_vec()
    }
}
