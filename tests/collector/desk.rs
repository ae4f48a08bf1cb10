//! A log in memory that can be shipped, with everything that its owner is told; and the courier that ships it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cashcow::base::{OsRandom, SystemClock};
use cashcow::collector::{
    Courier, Draft, Ledger, MOST_AT_ONCE, Outbox, Pace, Record, Sender, Settings, Severity, Trouble,
};
use jiff::Timestamp;

/// Everything fifty times as fast as in the service, but for what a slow machine needs.
pub const QUICK: Pace = Pace {
    look: Duration::from_millis(20),
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    round: Duration::from_millis(300),
    confirm: Duration::from_secs(2),
    first_wait: Duration::from_millis(20),
    longest_wait: Duration::from_millis(300),
    longest_asked: Duration::from_secs(2),
    silent: Duration::from_secs(3),
};

#[derive(Default)]
pub struct Kept {
    pub records: Vec<Record>,
    pub confirmed: u64,
    pub silences: Vec<String>,
    pub returns: usize,
    pub lost: u64,
    /// The most records that were asked for at once.
    pub asked: usize,
}

#[derive(Clone, Default)]
pub struct Log(pub Arc<Mutex<Kept>>);

impl Log {
    pub fn with(count: u64) -> Self {
        let log = Self::default();
        log.add(count);
        log
    }

    pub fn add(&self, count: u64) {
        let mut kept = self.0.lock().unwrap();
        let last = kept.records.last().map_or(0, |record| record.number);
        kept.records.extend((last + 1..=last + count).map(record));
    }

    /// Forgets all up to `number`, as an audit does with what is old.
    pub fn forget(&self, number: u64) {
        self.0.lock().unwrap().records.retain(|record| record.number > number);
    }

    pub fn confirmed(&self) -> u64 {
        self.0.lock().unwrap().confirmed
    }

    pub async fn until(&self, what: &str, done: impl Fn(&Kept) -> bool) {
        let began = Instant::now();
        while !done(&self.0.lock().unwrap()) {
            assert!(began.elapsed() < Duration::from_secs(30), "never came: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub fn record(number: u64) -> Record {
    Record {
        number,
        at: Timestamp::now(),
        severity: if number.is_multiple_of(7) { Severity::Warning } else { Severity::Informational },
        kind: "SignIn".to_owned(),
        fields: vec![
            ("who", "person".to_owned()),
            ("object", format!("a \"quoted\" [thing] \\ {number} Köln")),
        ],
        text: format!("ada@example.com signed in, {number} Käse"),
    }
}

impl Ledger for Log {
    fn sender(&self) -> Result<Sender, Trouble> {
        let [host, app, version, log] = ["shop.example", "cashcowd", "0.1.0", "c0ffee"].map(str::to_owned);
        Ok(Sender { host, app, version, log })
    }

    fn confirmed(&self) -> Result<u64, Trouble> {
        Ok(self.0.lock().unwrap().confirmed)
    }

    fn after(&self, number: u64, most: usize) -> Result<Vec<Record>, Trouble> {
        let mut kept = self.0.lock().unwrap();
        kept.asked = kept.asked.max(most);
        assert!(most <= MOST_AT_ONCE);
        Ok(kept.records.iter().filter(|record| record.number > number).take(most).cloned().collect())
    }

    async fn confirm(&self, _: u64, number: u64) -> Result<(), Trouble> {
        let mut kept = self.0.lock().unwrap();
        assert!(number >= kept.confirmed, "the bookmark goes back");
        kept.confirmed = number;
        Ok(())
    }

    async fn lost(&self, count: u64, _: u64) {
        self.0.lock().unwrap().lost += count;
    }

    async fn silent(&self, trouble: &Trouble) {
        self.0.lock().unwrap().silences.push(trouble.to_string());
    }

    async fn back(&self) {
        self.0.lock().unwrap().returns += 1;
    }
}

/// A courier at work; it ends when this is dropped, as the service's does with the service.
pub struct AtWork {
    pub outbox: Arc<Outbox>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn ship(log: &Log, settings: Settings, pace: Pace) -> AtWork {
    let outbox = Arc::new(Outbox::default());
    outbox.ship_to(Some((settings, 1)));
    let courier = Courier {
        outbox: Arc::clone(&outbox),
        ledger: log.clone(),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        pace,
    };
    AtWork { outbox, task: tokio::spawn(courier.keep()) }
}

pub fn settings(protocol: &str, at: std::net::SocketAddr, root: &str) -> Settings {
    let draft = Draft {
        protocol: protocol.to_owned(),
        address: at.to_string(),
        name: super::identity::NAME.to_owned(),
        root: root.to_owned(),
        ..Draft::default()
    };
    draft.check(true).unwrap()
}
