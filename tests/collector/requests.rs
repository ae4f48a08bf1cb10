//! A server that takes OTLP over HTTPS, checks each request against the specification, and answers as it is told.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// Answers with this status, and these header lines.
    Says(u16, &'static str),
    /// Takes all but so many, and says so.
    Partial(u64),
    /// Cannot read a batch with the record of this number in it, unless it is the notice of its gap.
    Chokes(u64),
    /// Can read nothing at all.
    ReadsNothing,
    /// Reads the request and goes away.
    Leaves,
    /// Shakes hands and reads nothing.
    Stalls,
    /// Answers without an end.
    Floods,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub head: String,
    pub body: Vec<u8>,
    pub numbers: Vec<u64>,
    pub taken: bool,
}

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub async fn start(config: Arc<ServerConfig>, mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, mood: Arc::new(Mutex::new(mood)), asked: Arc::default() };
        let (own, acceptor) = (server.clone(), TlsAcceptor::from(config));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (own, acceptor) = (own.clone(), acceptor.clone());
                tokio::spawn(async move { own.serve(stream, acceptor).await });
            }
        });
        server
    }

    pub fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The numbers of all records that were taken.
    pub fn numbers(&self) -> BTreeSet<u64> {
        self.asked().into_iter().filter(|asked| asked.taken).flat_map(|asked| asked.numbers).collect()
    }

    async fn serve(&self, stream: TcpStream, acceptor: TlsAcceptor) {
        let Ok(mut tls) = acceptor.accept(stream).await else { return };
        let mood = self.mood.lock().unwrap().clone();
        if mood == Mood::Stalls {
            while *self.mood.lock().unwrap() == mood {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            return;
        }
        let mut bytes = Vec::new();
        let (head, length) = loop {
            let mut piece = [0; 8192];
            let Ok(count @ 1..) = tls.read(&mut piece).await else { return };
            bytes.extend_from_slice(&piece[..count]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let length: usize = length.parse().unwrap();
            bytes.drain(..end + 4);
            break (head, length);
        };
        while bytes.len() < length {
            let mut piece = [0; 8192];
            let Ok(count @ 1..) = tls.read(&mut piece).await else { return };
            bytes.extend_from_slice(&piece[..count]);
        }
        let records = checked(&serde_json::from_slice(&bytes).unwrap());
        let numbers: Vec<_> = records.iter().map(|(number, _)| *number).collect();
        let chokes = |bad: u64| records.iter().any(|(number, kind)| *number == bad && kind != "cashcow.gap");
        let (status, more, body) = match &mood {
            Mood::Good => (200, "", "{}".to_owned()),
            Mood::Says(status, more) => (*status, *more, "secret words of the server".to_owned()),
            Mood::Partial(count) => {
                let partial =
                    format!(r#"{{"partialSuccess":{{"rejectedLogRecords":"{count}","errorMessage":"x"}}}}"#);
                (200, "", partial)
            }
            Mood::Chokes(bad) if chokes(*bad) => (400, "", String::new()),
            Mood::ReadsNothing => (400, "", String::new()),
            Mood::Floods => (200, "", " ".repeat(1024 * 1024)),
            _ => (200, "", "{}".to_owned()),
        };
        let taken = status == 200 && !matches!(mood, Mood::Leaves | Mood::Floods);
        let asked = Asked { at: Instant::now(), head, body: bytes, numbers, taken };
        self.asked.lock().unwrap().push(asked);
        if mood == Mood::Leaves {
            return;
        }
        let answer = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        tls.write_all(answer.as_bytes()).await.ok();
        tls.shutdown().await.ok();
    }
}

/// Numbers and names of the records of an `ExportLogsServiceRequest`; whatever the JSON mapping does not know
/// is a failure.
fn checked(request: &Value) -> Vec<(u64, String)> {
    let keys = |value: &Value, allowed: &[&str]| {
        for key in value.as_object().unwrap().keys() {
            assert!(allowed.contains(&key.as_str()), "{key} is no field of it");
        }
    };
    let nanoseconds = |value: &Value| {
        let text = value.as_str().expect("a 64-bit number is a text");
        assert!(text.parse::<u64>().unwrap() > 1_000_000_000_000_000_000, "{text}");
    };
    let attributes = |list: &Value| {
        let mut number = None;
        for attribute in list.as_array().unwrap() {
            keys(attribute, &["key", "value"]);
            let value = &attribute["value"];
            keys(value, &["stringValue", "intValue"]);
            assert_eq!(value.as_object().unwrap().len(), 1);
            if attribute["key"] == "cashcow.number" {
                number = value["intValue"].as_str().unwrap().parse().ok();
            } else {
                assert!(!attribute["key"].as_str().unwrap().is_empty() && value["stringValue"].is_string());
            }
        }
        number
    };
    let mut records = Vec::new();
    keys(request, &["resourceLogs"]);
    for resource in request["resourceLogs"].as_array().unwrap() {
        keys(resource, &["resource", "scopeLogs"]);
        keys(&resource["resource"], &["attributes"]);
        attributes(&resource["resource"]["attributes"]);
        for scope in resource["scopeLogs"].as_array().unwrap() {
            keys(scope, &["scope", "logRecords"]);
            keys(&scope["scope"], &["name"]);
            for record in scope["logRecords"].as_array().unwrap() {
                keys(
                    record,
                    &[
                        "timeUnixNano",
                        "observedTimeUnixNano",
                        "severityNumber",
                        "severityText",
                        "eventName",
                        "body",
                        "attributes",
                    ],
                );
                nanoseconds(&record["timeUnixNano"]);
                nanoseconds(&record["observedTimeUnixNano"]);
                assert!((1..=24).contains(&record["severityNumber"].as_u64().unwrap()));
                keys(&record["body"], &["stringValue"]);
                let number = attributes(&record["attributes"]).expect("it has no number");
                records.push((number, record["eventName"].as_str().unwrap().to_owned()));
            }
        }
    }
    assert!(records.len() <= 256);
    records
}
