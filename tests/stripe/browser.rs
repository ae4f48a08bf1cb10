//! A shopper's browser, as far as a redirect needs one.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::double::Double;

/// Opens a page of the double's; what comes back is the status and where it sends the browser.
pub async fn visit(double: &Double, url: &str) -> (u16, Option<String>) {
    go(double.address(), double.client(), url).await
}

/// Opens a page of a server on loopback.
pub async fn go(at: SocketAddr, config: Arc<ClientConfig>, url: &str) -> (u16, Option<String>) {
    let path = url.strip_prefix(&format!("https://{at}")).expect("a page of this very server");
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::IpAddress(at.ip().into());
    let stream = TlsConnector::from(config).connect(name, stream).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = Request::get(path).header("host", at.to_string()).body(Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let to = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    answer.into_body().collect().await.unwrap();
    driver.abort();
    (status, to)
}
