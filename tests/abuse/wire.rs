//! A TLS connection over which any bytes go as they are.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::harness::browser;

/// The host and port of an origin.
pub fn authority(url: &str) -> &str {
    url.split("//").nth(1).unwrap().trim_end_matches('/')
}

/// An open connection.
pub struct Wire(StreamOwned<ClientConnection, TcpStream>);

impl Wire {
    /// Connects, with HTTP/1.1 or HTTP/2 as the protocol that is asked for.
    pub fn open(url: &str, alpn: &[u8]) -> Self {
        let address = authority(url).to_socket_addrs().unwrap().next().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut config = (*browser::client()).clone();
        config.alpn_protocols = vec![alpn.to_vec()];
        let name = "127.0.0.1".try_into().unwrap();
        let mut tls = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).unwrap();
        }
        Self(tls)
    }

    /// Sends bytes; whoever closed the connection already has made up their mind.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).and_then(|()| self.0.flush()).is_ok()
    }

    /// Everything that comes until the other side closes or is silent for three seconds; whether it closed.
    pub fn read(&mut self) -> (Vec<u8>, bool) {
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        loop {
            match self.0.read(&mut piece) {
                Ok(0) => return (all, true),
                Ok(count) => all.extend_from_slice(&piece[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return (all, false);
                }
                Err(_) => return (all, true),
            }
        }
    }
}

/// The status of every HTTP/1.1 answer in the bytes.
pub fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer);
    text.match_indices("HTTP/1.")
        .filter_map(|(at, _)| text[at..].split_whitespace().nth(1)?.parse().ok())
        .collect()
}
