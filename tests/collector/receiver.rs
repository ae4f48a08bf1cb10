//! A receiver of syslog over TLS that reads to the letter, and does what a test tells it to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::parse::{Message, frame, message};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// Takes connections and reads nothing, not even of the handshake.
    Deaf,
    /// Shakes hands and reads nothing.
    Stalls,
    /// Reads everything and never ends its side.
    NeverEnds,
    /// Resets the connection in the middle of the message after so many.
    Resets(usize),
    /// Ends its side after so many messages, before the sender has.
    EndsEarly(usize),
    /// Takes so long for each message.
    Slow(Duration),
    /// Ends the connection without close_notify, as rsyslog does.
    NoNotify,
}

#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    told: Arc<Mutex<Vec<Message>>>,
    connections: Arc<Mutex<usize>>,
    bytes: Arc<Mutex<usize>>,
}

impl Receiver {
    pub async fn start(config: Arc<ServerConfig>, mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(Mutex::new(mood)),
            told: Arc::default(),
            connections: Arc::default(),
            bytes: Arc::default(),
        };
        let (own, acceptor) = (receiver.clone(), TlsAcceptor::from(config));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *own.connections.lock().unwrap() += 1;
                let (own, acceptor) = (own.clone(), acceptor.clone());
                tokio::spawn(async move { own.serve(stream, acceptor).await });
            }
        });
        receiver
    }

    pub fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn told(&self) -> Vec<Message> {
        self.told.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Bytes of messages that were read.
    pub fn bytes(&self) -> usize {
        *self.bytes.lock().unwrap()
    }

    /// The messages by number. The same number twice must be the same message.
    pub fn by_number(&self) -> BTreeMap<u64, Message> {
        let mut all = BTreeMap::new();
        for message in self.told() {
            let number = message.number();
            if let Some(before) = all.insert(number, message.clone()) {
                assert_eq!(before, message, "two messages under one number");
            }
        }
        all
    }

    pub fn numbers(&self) -> BTreeSet<u64> {
        self.by_number().into_keys().collect()
    }

    async fn serve(&self, stream: TcpStream, acceptor: TlsAcceptor) {
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Deaf {
            return self.hold(stream, mood).await;
        }
        let Ok(mut tls) = acceptor.accept(stream).await else { return };
        if mood == Mood::Stalls {
            return self.hold(tls, mood).await;
        }
        let (mut buffer, mut count) = (Vec::new(), 0);
        let mut piece = [0; 4096];
        loop {
            match tls.read(&mut piece).await {
                Ok(0) => break,
                Ok(length) => {
                    *self.bytes.lock().unwrap() += length;
                    buffer.extend_from_slice(&piece[..length]);
                }
                Err(_) => return,
            }
            while let Some(frame) = frame(&mut buffer) {
                match mood {
                    Mood::Resets(after) if count == after => return reset(tls),
                    Mood::EndsEarly(after) if count == after => {
                        tls.shutdown().await.ok();
                        return;
                    }
                    Mood::Slow(time) => tokio::time::sleep(time).await,
                    _ => {}
                }
                count += 1;
                self.told.lock().unwrap().push(message(&frame));
            }
        }
        assert!(buffer.is_empty(), "an orderly end in the middle of a message");
        match mood {
            Mood::NeverEnds => self.hold(tls, mood).await,
            Mood::NoNotify => drop(tls),
            _ => tls.shutdown().await.unwrap_or_default(),
        }
    }

    /// Holds on to a connection until the mood changes.
    async fn hold<T>(&self, held: T, mood: Mood) {
        while *self.mood.lock().unwrap() == mood {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(held);
    }
}

fn reset(tls: TlsStream<TcpStream>) {
    let (stream, _) = tls.into_inner();
    let now = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    nix::sys::socket::setsockopt(&stream, nix::sys::socket::sockopt::Linger, &now).unwrap();
    drop(stream);
}
