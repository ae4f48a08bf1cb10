//! A machine whose log can be written, exported and put back, and whose clock can be moved.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cashcow::action::{App, AppParts, Keeper, begin_audit, seal_audit};
use cashcow::alarm;
use cashcow::audit::{
    Bad, Certificate, Deed, Event, Export, Hash, Record, Report, Who, Witness, records_after, verify,
};
use cashcow::base::{ManualClock, OsRandom, SecretBytes, SeededRandom};
use cashcow::keeper::Holder;
use cashcow::store::{RootKey, StoreError, StoreFile};
use cashcow::tpm::swtpm::Swtpm;
use cashcow::tpm::{Authority, Tpm};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Noon, so that an hour more is the same day.
pub const BEGINNING: &str = "2026-11-23T12:00:00Z";

pub struct Machine {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub witness: Arc<Mutex<Holder>>,
    pub folder: tempfile::TempDir,
    _swtpm: Swtpm,
}

impl Machine {
    /// A new machine, whose log has just begun.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (witness, swtpm) = witness(folder.path());
        let clock = Arc::new(ManualClock::at(BEGINNING.parse().unwrap()));
        let app = open(&folder.path().join("shop.redb"), &clock).await;
        let machine = Self { app, clock, witness, folder, _swtpm: swtpm };
        machine.begin().await;
        machine
    }

    async fn begin(&self) {
        begin_audit(&self.app, Keeper::new(Arc::clone(&self.witness) as _), "version 0, test").await.unwrap();
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("shop.redb")
    }

    /// Ends the service, has `meanwhile` done to the disk, and starts it again.
    pub async fn restart(mut self, meanwhile: impl FnOnce(&Path)) -> Self {
        let file = self.file();
        // Whatever stands in for the shop while it is closed.
        let elsewhere = self.folder.path().join("closed.redb");
        self.app = open(&elsewhere, &self.clock).await;
        drop(closed(&file).await);
        meanwhile(&file);
        self.app = open(&file, &self.clock).await;
        self.begin().await;
        self
    }

    /// The same disk in a machine with another TPM.
    pub async fn with_another_tpm(mut self) -> Self {
        let (witness, swtpm) = witness(&self.folder.path().join("other"));
        self.witness = witness;
        self._swtpm = swtpm;
        self.restart(|_| {}).await
    }

    /// Writes `count` events, a minute apart.
    pub async fn work(&self, count: usize) {
        for number in 0..count {
            self.clock.step(SignedDuration::from_mins(1));
            let at = cashcow::base::Clock::now(&*self.clock);
            let event = Event::done(at, Who::Machine, Deed::ChangeProduct, &format!("mug {number}"), None);
            self.app.store().transact(move |tx| event.record(tx)).await.unwrap();
        }
    }

    pub fn pass(&self, hours: i64) {
        self.clock.step(SignedDuration::from_hours(hours));
    }

    pub async fn seal(&self) -> usize {
        seal_audit(&self.app, true).await.unwrap()
    }

    /// Three hours of work, each under a head of its own, and some that is under none yet.
    pub async fn busy(&self) {
        for _ in 0..3 {
            self.work(10).await;
            self.seal().await;
            self.pass(1);
        }
        self.work(3).await;
    }

    fn export(&self, from: Option<Date>, sign: bool) -> String {
        let mut export = self.app.store().read(|view| Export::begin(view, from)).unwrap();
        let mut text = String::new();
        while let Some(piece) = self.app.store().read(|view| export.piece(view)).unwrap() {
            text.push_str(&piece);
        }
        let end = export.end(cashcow::base::Clock::now(&*self.clock));
        let certificate = sign.then(|| self.certify(end.digest().unwrap()));
        text + &end.line(certificate.as_ref()).unwrap()
    }

    /// As JSON lines.
    pub fn lines(&self) -> String {
        self.export(None, false)
    }

    /// As JSON lines, from this day on.
    pub fn lines_from(&self, from: Date) -> String {
        self.export(Some(from), false)
    }

    /// As a signed bundle.
    pub fn bundle(&self) -> String {
        self.export(None, true)
    }

    pub fn certify(&self, about: Hash) -> Certificate {
        self.witness.lock().unwrap().certify(about).unwrap()
    }

    pub fn fingerprint(&self) -> Hash {
        Hash(self.witness.lock().unwrap().key().unwrap().fingerprint())
    }

    /// Open alarms, the latest first: kind and object.
    pub fn alarms(&self) -> Vec<String> {
        let open = self.app.store().read(|view| alarm::open(view)).unwrap();
        open.iter().map(|(_, alarm)| format!("{} {}", alarm.kind.name(), alarm.object)).collect()
    }

    pub fn records(&self) -> Vec<(u64, Record)> {
        self.app.store().read(|view| records_after(view, 0, usize::MAX)).unwrap()
    }
}

pub fn check(log: &str, trusted: Hash) -> Result<Report, Bad> {
    verify(log.as_bytes(), Some(trusted))
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Lines to be tampered with.
pub fn split(log: &str) -> Vec<String> {
    log.lines().map(str::to_owned).collect()
}

pub fn join(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Where record `number` stands.
pub fn place(lines: &[String], number: u64) -> usize {
    let wanted = format!(",\"n\":{number},\"prev\"");
    lines.iter().position(|line| line.starts_with("{\"hash\"") && line.contains(&wanted)).unwrap()
}

fn witness(folder: &Path) -> (Arc<Mutex<Holder>>, Swtpm) {
    let swtpm = Swtpm::start(&folder.join("tpm")).unwrap();
    let mut tpm = Tpm::open(&swtpm.device()).unwrap();
    let authority = Authority::generate().unwrap();
    let approval = authority.approve(1, &[("test", tpm.image_pcr().unwrap())]).unwrap();
    (Arc::new(Mutex::new(Holder::of(tpm, approval, Box::new(OsRandom)))), swtpm)
}

/// Opens the file once whoever had it is gone.
async fn closed(file: &Path) -> StoreFile {
    let mut tries = 0;
    loop {
        match StoreFile::open(file) {
            Ok(file) => return file,
            Err(StoreError::Open { .. }) if tries < 500 => tries += 1,
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Opens a shop.
async fn open(file: &Path, clock: &Arc<ManualClock>) -> Arc<App> {
    let file = closed(file).await;
    let store = file.start(RootKey::random(&SeededRandom::new(1)), Arc::new(OsRandom)).await.unwrap();
    let parts = AppParts {
        store,
        clock: Arc::clone(clock) as _,
        random: Arc::new(OsRandom),
        web_key: SecretBytes::new(vec![5; 32]),
        dev: false,
    };
    App::new(parts).unwrap()
}
