//! Finds a transaction by its invoice number: there is no call for that, so the lists are read. First those
//! that are not settled yet, newest first, until they are older than what is sought; then the settled batches
//! since. A transaction goes from the one to the other and never back, so it is in one of them when it is
//! looked for.
//!
//! "Nowhere" is said only of lists that were read whole. A list that is too long for the bounds below, or an
//! answer that is lost, leaves it unknown.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::answer::{OfBatches, OfTransactions, Reply, Summary};
use super::request::{self, Question};
use super::{AuthorizeNetGateway, Json, SKEW};

/// Lines of a page. Authorize.Net gives 1,000 at most, which would be longer than any answer that is read
/// (256 KiB): a line has about 450 bytes, and up to 600 with the names that other channels may have given.
const PAGE: usize = 400;
/// Pages of one list.
const PAGES: i64 = 25;
/// Calls of one search.
const CALLS: u32 = 100;
/// For all of them.
const LIMIT: Duration = Duration::from_secs(90);
/// Settled batches are looked through for so long after the transaction began, the most that one call takes.
/// What is held and not captured within 30 days expires.
const SPAN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// One transaction; or, if all have failed, one of them.
    One(String),
    /// None, in lists that were read whole.
    None,
    /// Several of which more than one may hold money.
    Several,
    /// The lists could not be read whole.
    Unknown,
}

/// What a list had.
enum Listed {
    /// All that can matter was seen.
    Whole,
    /// Not so.
    Unknown,
}

/// One search.
struct Search<'a> {
    gateway: &'a AuthorizeNetGateway,
    invoice: &'a str,
    since: Timestamp,
    calls: u32,
    /// Identifier, and whether it has failed.
    hits: BTreeMap<String, bool>,
}

impl AuthorizeNetGateway {
    /// Looks for the transaction of this invoice number, which was not sent before `since`.
    pub(super) async fn find(&self, invoice: &str, since: Timestamp) -> Found {
        let since = since.checked_sub(SKEW).unwrap_or(since);
        let mut search = Search { gateway: self, invoice, since, calls: CALLS, hits: BTreeMap::new() };
        match timeout(LIMIT, search.run()).await {
            Ok(Listed::Whole) => search.found(),
            Ok(Listed::Unknown) => Found::Unknown,
            Err(_) => {
                log::warn!("Authorize.Net: its lists could not be read in time");
                Found::Unknown
            }
        }
    }
}

impl Search<'_> {
    async fn run(&mut self) -> Listed {
        if matches!(self.list(Question::Unsettled, None).await, Listed::Unknown) {
            return Listed::Unknown;
        }
        if !self.hits.is_empty() {
            return Listed::Whole;
        }
        let Some(batches) = self.batches().await else { return Listed::Unknown };
        for batch in batches {
            if matches!(self.list(Question::OfBatch, Some(&batch)).await, Listed::Unknown) {
                return Listed::Unknown;
            }
        }
        Listed::Whole
    }

    /// Reads one list, page by page.
    async fn list(&mut self, question: Question, batch: Option<&str>) -> Listed {
        for number in 1..=PAGES {
            let Some(lines) = self.page(question, batch, number).await else { return Listed::Unknown };
            let last = lines.len() < PAGE || lines.last().is_some_and(|line| line.is_before(self.since));
            for line in lines.into_iter().filter(|line| line.is_of(self.invoice)) {
                self.hits.insert(line.id, line.status.is_failed());
            }
            if last {
                return Listed::Whole;
            }
        }
        log::error!("Authorize.Net: a list has more than {PAGES} pages; what is in it stays unknown");
        Listed::Unknown
    }

    async fn page(&mut self, question: Question, batch: Option<&str>, number: i64) -> Option<Vec<Summary>> {
        self.pay()?;
        let limit = i64::try_from(PAGE).ok()?;
        let batch = batch.map(|batch| ("batchId", Json::Text(batch)));
        let fields = batch.into_iter().chain(request::page(limit, number)).collect();
        match self.gateway.ask::<OfTransactions>(question, fields).await {
            Some(Reply::Told(list)) => Some(list.transactions.unwrap_or_default()),
            _ => None,
        }
    }

    /// The batches that were settled since.
    async fn batches(&mut self) -> Option<Vec<String>> {
        self.pay()?;
        let last = self.gateway.clock.now().checked_add(SKEW).ok()?;
        let last = last.min(self.since.checked_add(SPAN).ok()?).max(self.since);
        let (first, last) = (seconds(self.since)?, seconds(last)?);
        let fields = vec![
            ("includeStatistics", Json::Flag(false)),
            ("firstSettlementDate", Json::Text(&first)),
            ("lastSettlementDate", Json::Text(&last)),
        ];
        match self.gateway.ask::<OfBatches>(Question::Batches, fields).await {
            Some(Reply::Told(list)) => list.ids(),
            _ => None,
        }
    }

    fn pay(&mut self) -> Option<()> {
        let left = self.calls.checked_sub(1);
        if left.is_none() {
            log::error!("Authorize.Net: more than {CALLS} calls for one question; the answer stays unknown");
        }
        self.calls = left?;
        Some(())
    }

    fn found(mut self) -> Found {
        let live: Vec<_> =
            self.hits.iter().filter(|(_, failed)| !**failed).map(|(id, _)| id.clone()).collect();
        match (live.as_slice(), self.hits.pop_first()) {
            ([one], _) => Found::One(one.clone()),
            ([], Some((failed, _))) => Found::One(failed),
            ([], None) => Found::None,
            _ => Found::Several,
        }
    }
}

/// As the schema's `dateTime`, without a part of a second.
fn seconds(time: Timestamp) -> Option<String> {
    Timestamp::from_second(time.as_second()).ok().map(|whole| whole.to_string())
}
