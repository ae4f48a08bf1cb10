//! One connection to the console, kept open between requests.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::harness::browser::client;

/// An open connection, HTTP/1.1 over TLS.
pub struct Wire(TlsStream<TcpStream>);

impl Wire {
    /// Opens one from this address of loopback.
    pub async fn open(console: &str, source: [u8; 4]) -> Result<Self, String> {
        let port: u16 = console.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((source, 0))).unwrap();
        let told = |error: std::io::Error| error.to_string();
        let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.map_err(told)?;
        let name = ServerName::try_from("127.0.0.1").unwrap();
        Ok(Self(TlsConnector::from(client()).connect(name, stream).await.map_err(told)?))
    }

    /// Asks for a page and reads the head of the answer; the body is read and forgotten.
    pub async fn get(&mut self, path: &str) -> Result<String, String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        let told = |error: std::io::Error| error.to_string();
        self.0.write_all(request.as_bytes()).await.map_err(told)?;
        let mut read = Vec::new();
        loop {
            let mut piece = [0; 4096];
            match timeout(Duration::from_secs(10), self.0.read(&mut piece)).await.map_err(|_| "silence")? {
                Ok(0) => return Err("the connection ended".to_owned()),
                Ok(count) => read.extend_from_slice(&piece[..count]),
                Err(error) => return Err(error.to_string()),
            }
            let text = String::from_utf8_lossy(&read).to_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse::<usize>().unwrap()) {
                return Ok(head.replacen("http/1.1", "HTTP/1.1", 1));
            }
        }
    }

    /// Whether the other side ends the connection by itself within this time.
    pub async fn ended_within(&mut self, time: Duration) -> bool {
        matches!(timeout(time, self.0.read(&mut [0; 16])).await, Ok(Ok(0) | Err(_)))
    }
}
