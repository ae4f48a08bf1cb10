//! The audit log's own life: it begins, is sealed, checked, shortened, and ends with the service.
//!
//! Nothing here stops the shop. What goes wrong is an alarm, and is tried again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::audit_keeper::{Keeper, KeeperError};
use super::{Actor, App, sound};
use crate::alarm::{Kind, Object};
use crate::audit::{
    self, Bad, Checker, Deed, Export, Gap, Hash, Head, MOST_RECORDS, NEARLY_FULL, Report, Standing,
};
use crate::store::StoreError;

/// How often it is looked whether a head is due.
const LOOK: Duration = Duration::from_secs(60);
/// After a failure of the TPM it is left alone for so long.
const RESTS: SignedDuration = SignedDuration::from_mins(10);
/// The most heads that are made in one go: more than a year of days.
const MOST_HEADS: usize = 1000;

/// Begins the log, or goes on with it: compares it with what the TPM followed, seals what an earlier run left
/// open, and notes that the service started. `about` is the service's version.
pub async fn begin_audit(app: &Arc<App>, keeper: Arc<Keeper>, about: &str) -> Result<(), StoreError> {
    app.keep_audit_with(Arc::clone(&keeper));
    let key = match keeper.ask(|witness| witness.key()).await {
        Ok(key) => Some(key),
        Err(error) => {
            failed(app, &error).await;
            None
        }
    };
    let mut seed = [0; 32];
    app.random().fill(&mut seed);
    let area = key.as_ref().map(|key| key.area().to_vec());
    let (now, seed) = (app.clock().now(), Hash(seed));
    let begun = app.store().transact(move |tx| audit::begin(tx, seed, area.as_deref())).await?;
    if begun {
        let chain = app.store().read(|view| audit::state(view))?.chain;
        let name: String = chain.to_string().chars().take(16).collect();
        note(app, now, Deed::BeginAudit, &format!("chain {name}")).await?;
    }
    if key.is_some()
        && let Err(error) = seal_audit(app, true).await
    {
        failed(app, &error).await;
    }
    note(app, app.clock().now(), Deed::StartService, about).await
}

/// Notes that the service stops, and seals what is open.
pub async fn end_audit(app: &Arc<App>, about: &str) -> Result<(), KeeperError> {
    note(app, app.clock().now(), Deed::StopService, about).await?;
    seal_audit(app, true).await.map(|_| ())
}

async fn note(app: &Arc<App>, at: Timestamp, deed: Deed, object: &str) -> Result<(), StoreError> {
    let event = Actor::machine().did(at, deed, object);
    let kept = event.clone();
    app.store().transact(move |tx| kept.record(tx)).await?;
    event.log();
    Ok(())
}

/// Makes every head that is due; with `at_once` also for records whose hour is not over. Returns how many.
pub async fn seal_audit(app: &Arc<App>, at_once: bool) -> Result<usize, KeeperError> {
    let Some(keeper) = app.keeper() else { return Ok(0) };
    let key = keeper.key().await?;
    let _turn = keeper.turn().await;
    for made in 0..MOST_HEADS {
        let value = settle(app, keeper).await?;
        let now = app.clock().now();
        let Some(head) = app.store().read(|view| audit::due(view, key, now, at_once))? else {
            return Ok(made);
        };
        let pending = head.clone();
        app.store().transact(move |tx| audit::begin_head(tx, &pending, value)).await?;
        let digest = audit::digest(&head)?;
        keeper.ask(move |witness| witness.extend(digest)).await?;
        finish(app, keeper, head).await?;
    }
    Ok(MOST_HEADS)
}

/// Has the log and the TPM agree, as far as they can: gives what the TPM's index holds.
async fn settle(app: &Arc<App>, keeper: &Keeper) -> Result<Hash, KeeperError> {
    let value = keeper.ask(|witness| witness.value()).await?;
    match app.store().read(|view| audit::compare(view, value))? {
        Standing::Agree => {}
        Standing::Taken(head) => finish(app, keeper, head).await?,
        Standing::Differ(gap) => tell_gap(app, &gap).await?,
    }
    Ok(value)
}

/// A head that the TPM has taken gets its certificate.
async fn finish(app: &Arc<App>, keeper: &Keeper, head: Head) -> Result<(), KeeperError> {
    let digest = audit::digest(&head)?;
    let (certificate, value) =
        keeper.ask(move |witness| Ok((witness.certify(digest)?, witness.value()?))).await?;
    app.store().transact(move |tx| audit::finish_head(tx, &head, &certificate, value)).await?;
    Ok(())
}

async fn tell_gap(app: &Arc<App>, gap: &Gap) -> Result<(), StoreError> {
    let words = gap.to_string();
    // The same gap is found until the next head closes it; it is written down once.
    let known = app.store().read(|view| {
        let query = audit::Query { deed: Some(Deed::FindAuditGap), ..audit::Query::default() };
        let found = audit::search(view, &query, 1)?.found.pop();
        let latest = audit::latest_head(view)?.map(|(_, sealed)| sealed.head()).transpose()?;
        let covered = latest.map_or(0, |head| head.last);
        Ok::<_, StoreError>(found.is_some_and(|(number, record)| number > covered && record.object == words))
    })?;
    if !known {
        note(app, app.clock().now(), Deed::FindAuditGap, &words).await?;
        sound(app, Kind::AuditGap, Object::named(&words)).await;
    }
    Ok(())
}

async fn failed(app: &Arc<App>, error: &KeeperError) {
    log::error!(target: "audit", "the TPM does not follow the audit log: {error}");
    sound(app, Kind::AuditWitness, Object::named("TPM")).await;
}

/// Seals, checks and shortens the log for as long as the service runs.
pub async fn keep_audit(app: Arc<App>) {
    let (mut checked, mut rests) = (None::<Date>, None::<Timestamp>);
    loop {
        let now = app.clock().now();
        if rests.is_none_or(|until| now >= until || until > now.saturating_add(RESTS).unwrap_or(until)) {
            rests = match seal_audit(&app, false).await {
                Ok(_) => None,
                Err(error) => {
                    failed(&app, &error).await;
                    now.checked_add(RESTS).ok()
                }
            };
        }
        let today = now.to_zoned(TimeZone::UTC).date();
        if checked != Some(today) {
            checked = Some(today);
            daily(&app).await;
        }
        if let Err(error) = shorten_audit(&app, MOST_RECORDS).await {
            log::error!(target: "audit", "old records were not removed: {error}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Once a day, and at each start: whether the whole log still stands up to the check that a stranger would make,
/// and whether there is room.
async fn daily(app: &Arc<App>) {
    match check_audit(app).await {
        Ok(Ok(report)) => log::info!(
            target: "audit", "the audit log is whole: records {} to {}, {} heads", report.first, report.last, report.heads
        ),
        Ok(Err(bad)) => {
            log::error!(target: "audit", "the audit log was changed: {bad}");
            sound(app, Kind::AuditBroken, Object::named(&bad.place.to_string())).await;
        }
        Err(error) => log::error!(target: "audit", "the audit log cannot be checked: {error}"),
    }
    if app.store().read(|view| audit::state(view)).is_ok_and(|state| state.kept() >= NEARLY_FULL) {
        sound(app, Kind::AuditFull, Object::named("audit log")).await;
    }
}

/// The check that a stranger would make of an export, made here. Known gaps are counted, not errors.
pub async fn check_audit(app: &Arc<App>) -> Result<Result<Report, Bad>, StoreError> {
    let app = Arc::clone(app);
    let checked = tokio::task::spawn_blocking(move || {
        let mut export = app.store().read(|view| Export::begin(view, None))?;
        let mut checker = Checker::new(None).noting_gaps();
        let mut take =
            |text: &str| text.split_inclusive('\n').try_for_each(|line| checker.line(line.as_bytes()));
        while let Some(piece) = app.store().read(|view| export.piece(view))? {
            if let Err(bad) = take(&piece) {
                return Ok(Err(bad));
            }
        }
        let end = export.end(app.clock().now()).line(None)?;
        if let Err(bad) = take(&end) {
            return Ok(Err(bad));
        }
        Ok(checker.finish())
    });
    checked.await.map_err(|error| StoreError::Engine {
        doing: "check the audit log",
        reason: io::Error::other(error).to_string(),
    })?
}

/// Removes what is old enough, or more than `most`: whole days, up to a head that stays.
pub async fn shorten_audit(app: &Arc<App>, most: u64) -> Result<(), StoreError> {
    let now = app.clock().now();
    let Some(removal) = app.store().read(|view| audit::removable(view, now, most))? else { return Ok(()) };
    let head = &removal.head;
    let early = if removal.early { ", early because the log is full" } else { "" };
    let words = format!("records up to {}, of {} and before{early}", head.last, head.day);
    note(app, now, Deed::PruneAudit, &words).await?;
    if removal.early {
        sound(app, Kind::AuditFull, Object::named(&format!("up to {}", head.day))).await;
    }
    loop {
        let removal = removal.clone();
        if !app.store().transact(move |tx| audit::remove(tx, &removal)).await? {
            return Ok(());
        }
    }
}
