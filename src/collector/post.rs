//! A round of OTLP over HTTPS: one request, one answer, no redirect.

use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::delivery::{Carried, Delivery, filled, instead};
use super::dial::Dialer;
use super::ledger::Ledger;
use super::otlp;
use super::pace::Pace;
use super::record::Record;
use super::settings::{Protocol, Sender, Settings};
use super::trouble::Trouble;

/// The longest answer that is read, and the longest head of one.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Where requests go.
pub(super) struct Post<'a> {
    pub(super) dialer: &'a Dialer,
    pub(super) pace: &'a Pace,
    pub(super) settings: &'a Settings,
    pub(super) now: Timestamp,
}

impl Post<'_> {
    /// Ships what is there, up to `most` records.
    pub(super) async fn round<L: Ledger>(
        &self,
        ledger: &L,
        from: u64,
        most: usize,
    ) -> Result<Delivery, Trouble> {
        let sender = ledger.sender()?;
        let carried = filled(ledger, from, most)?;
        match self.deliver(&sender, from, &carried).await {
            // One that cannot be read must not hold up all that come after it. If its notice cannot be read
            // either, then nothing of ours can, and it is not given up.
            Err(Trouble::Unreadable(status)) => match carried.as_slice() {
                [only] if only.lost == 0 => {
                    let notice = [instead(&only.record)];
                    let told = self.deliver(&sender, from, &notice).await;
                    told.map_err(|_| Trouble::refused(status, None, "it cannot read what it is sent"))
                }
                _ => Err(Trouble::Unreadable(status)),
            },
            other => other,
        }
    }

    async fn deliver(&self, sender: &Sender, from: u64, carried: &[Carried]) -> Result<Delivery, Trouble> {
        let records: Vec<Record> = carried.iter().map(|carried| carried.record.clone()).collect();
        let body = otlp::body(sender, &records, self.now);
        let exchange = timeout(self.pace.answer.saturating_add(self.pace.connect), self.exchange(body));
        let rejected = exchange.await.map_err(|_| Trouble::Slow)??;
        let mut delivery = carried.iter().fold(Delivery::none(from), Delivery::note);
        delivery.lost = delivery.lost.saturating_add(rejected);
        Ok(delivery)
    }

    async fn exchange(&self, body: Vec<u8>) -> Result<u64, Trouble> {
        let stream = self.dialer.connect(self.pace).await?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(LONGEST_ANSWER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Trouble::broken(&error))?;
        // Ends with this exchange, however that ends.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let request = self.request(body)?;
        let answer = sender.send_request(request).await.map_err(|error| Trouble::broken(&error))?;
        self.read(answer).await
    }

    fn request(&self, body: Vec<u8>) -> Result<Request<Full<Bytes>>, Trouble> {
        let unsendable = |error: &dyn std::fmt::Display| Trouble::NotReached(error.to_string());
        let Protocol::Otlp { path, header } = &self.settings.protocol else {
            return Err(Trouble::NotReached("this collector does not speak OTLP".to_owned()));
        };
        let mut request = Request::post(path.as_str())
            .header(HOST, host(self.settings))
            .header(CONNECTION, "close")
            .header(USER_AGENT, "cashcowd")
            .header(CONTENT_TYPE, "application/json");
        if let Some(secret) = &self.settings.secret {
            let mut value =
                HeaderValue::from_str(secret.expose_secret()).map_err(|error| unsendable(&error))?;
            value.set_sensitive(true);
            request = request.header(header.as_str(), value);
        }
        request.body(Full::new(Bytes::from(body))).map_err(|error| unsendable(&error))
    }

    async fn read(&self, answer: hyper::Response<Incoming>) -> Result<u64, Trouble> {
        let (head, body) = answer.into_parts();
        let wait = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|wait| otlp::retry_after(wait, self.now, self.pace.longest_asked));
        if !head.status.is_success() {
            return Err(otlp::refusal(head.status.as_u16(), wait));
        }
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| Trouble::broken(&error))?.to_bytes();
        let (rejected, said) = otlp::rejected(&body);
        if rejected > 0 || !said.is_empty() {
            log::warn!(target: "collector", "the collector refused {rejected} records for good and says: {said}");
        }
        Ok(rejected)
    }
}

fn host(settings: &Settings) -> String {
    let port = settings.at.port();
    match settings.name.parse() {
        Ok(std::net::IpAddr::V6(six)) => format!("[{six}]:{port}"),
        _ => format!("{}:{port}", settings.name),
    }
}
