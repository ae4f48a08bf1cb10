//! The audit log on its way to a collector elsewhere: where it goes, how far it is, and who ships it.
//!
//! Events of the audit log are shipped, and nothing else: no request, no warning of the journal. An alarm is an
//! event, so it is among them. The log is the buffer: as long as the audit keeps an event, a collector that
//! comes back gets it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{App, sound};
use crate::alarm::{self, Acknowledged, Kind, Object};
use crate::audit::{self, Deed, Event, Outcome, Who};
use crate::collector::{Courier, Ledger, Pace, Record, Sender, Settings, Severity, State, Trouble};
use crate::proposal::{Proposal, Proposed, open};
use crate::store::{Reads, StoreError, Table, Tx};

/// One row, under 0: where the log is shipped, with the collector's token.
const COLLECTOR: Table<u64, Settings> = Table::new("collector", 1);
/// One row, under 0: how far it is shipped.
const BOOKMARK: Table<u64, Bookmark> = Table::new("collector-bookmark", 1);

/// How far the collector has confirmed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Bookmark {
    /// The last number.
    confirmed: u64,
    /// Counts up with every new place, so that a round which ends late does not move another one's bookmark.
    era: u64,
}

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorState {
    /// Where the log is shipped; `None` means nowhere.
    pub settings: Option<Settings>,
    /// The last event that the collector has confirmed.
    pub confirmed: u64,
    /// Events that it has not.
    pub behind: u64,
    /// How it goes.
    pub state: State,
}

/// Where the log is shipped, and how that goes.
pub fn collector_state(app: &App) -> Result<CollectorState, StoreError> {
    app.store().read(|view| {
        let settings = view.get(&COLLECTOR, &0)?;
        let confirmed = view.get(&BOOKMARK, &0)?.map_or(0, |mark| mark.confirmed);
        let latest = audit::state(view)?.last;
        let behind = if settings.is_some() { latest.saturating_sub(confirmed) } else { 0 };
        Ok(CollectorState { settings, confirmed, behind, state: app.outbox().state() })
    })
}

/// The proposal to ship elsewhere that waits for a second person, if there is one.
pub fn waiting_collector(app: &App) -> Result<Option<Proposal>, StoreError> {
    let now = app.clock().now();
    let open = app.store().read(|view| open(view, now))?;
    Ok(open.into_iter().find(|proposal| matches!(proposal.what, Proposed::Collector { .. })))
}

/// Writes what two people agreed on, and where the bookmark lies from now on: a new place gets all that is still
/// kept, the one of before goes on where it was. Nothing typed as a token keeps the one that this very place was
/// given.
pub(super) fn change_collector(tx: &mut Tx<'_>, settings: Option<Settings>) -> Result<(), StoreError> {
    let before = tx.get(&COLLECTOR, &0)?;
    let settings = settings.map(|settings| settings.with_kept(before.as_ref()));
    match &settings {
        Some(settings) => tx.put(&COLLECTOR, &0, settings)?,
        None => tx.delete(&COLLECTOR, &0),
    }
    let goes_on = settings.zip(before).is_some_and(|(now, before)| now.same_place(&before));
    if !goes_on {
        let era = tx.get(&BOOKMARK, &0)?.map_or(0, |mark| mark.era);
        tx.put(&BOOKMARK, &0, &Bookmark { confirmed: 0, era: era.saturating_add(1) })?;
    }
    Ok(())
}

/// Ships the audit log for as long as the service runs. `host` and `version` stand in every message.
pub async fn keep_shipping(app: Arc<App>, host: String, version: String, pace: Pace) {
    if let Err(error) = ship_as_kept(&app) {
        log::error!(target: "collector", "its settings cannot be read: {error}");
    }
    let courier = Courier {
        outbox: Arc::clone(app.outbox()),
        clock: app.clock_handle(),
        random: app.random_handle(),
        pace,
        ledger: AuditLog { app, host, version },
    };
    courier.keep().await;
}

/// Takes the settings from their row.
pub(super) fn ship_as_kept(app: &App) -> Result<(), StoreError> {
    let kept = app.store().read(|view| {
        let settings = view.get(&COLLECTOR, &0)?;
        let era = view.get(&BOOKMARK, &0)?.map_or(0, |mark| mark.era);
        Ok::<_, StoreError>(settings.map(|settings| (settings, era)))
    })?;
    let way_out = kept.iter().map(|(settings, _)| settings.at).collect();
    if let Err(error) = app.gate().collect_at(way_out) {
        // Shipping tries all the same, and its own alarm tells when nothing arrives.
        log::error!(target: "action", "the firewall was not told of the collector: {error}");
    }
    app.outbox().ship_to(kept);
    Ok(())
}

/// A record as a collector is told of it, with its place in the chain. Each value is one that the audit holds,
/// and it holds no secrets.
fn told(number: u64, record: &audit::Record) -> Record {
    let event: &Event = record;
    let severity = match (event.deed, event.outcome) {
        (Deed::RaiseAlarm, _) => Severity::Alert,
        (_, Outcome::Refused) => Severity::Warning,
        (_, Outcome::Done) => Severity::Informational,
    };
    let (who, person) = match &event.by {
        Who::Machine => ("machine", None),
        Who::Stranger => ("stranger", None),
        Who::Person { id, email } => ("person", Some((id.to_string(), email.to_string()))),
    };
    let outcome = match event.outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
    };
    let (prev, hash) = (record.prev().to_string(), record.hash().to_string());
    let mut fields = vec![("prev", prev), ("hash", hash), ("who", who.to_owned())];
    if let Some((id, email)) = person {
        fields.extend([("person", id), ("email", email)]);
    }
    fields.extend([
        ("component", event.component.clone()),
        ("object", event.object.clone()),
        ("outcome", outcome.to_owned()),
    ]);
    fields.extend(event.source.map(|source| ("source", source.to_string())));
    let (kind, text) = (event.deed.name().to_owned(), event.to_string());
    Record { number, at: event.at, severity, kind, fields, text }
}

/// The audit log as the courier sees it.
struct AuditLog {
    app: Arc<App>,
    host: String,
    version: String,
}

impl AuditLog {
    fn read<T>(
        &self,
        look: impl FnOnce(&crate::store::View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, Trouble> {
        self.app.store().read(look).map_err(|error| Trouble::Log(error.to_string()))
    }

    /// What an alarm is about.
    fn place(&self) -> Object {
        let settings = self.read(|view| view.get(&COLLECTOR, &0)).ok().flatten();
        Object::named(&settings.map_or_else(String::new, |settings| settings.place()))
    }
}

impl Ledger for AuditLog {
    fn sender(&self) -> Result<Sender, Trouble> {
        // The chain's own name: another machine, or a new store, has another.
        let log = self.read(|view| audit::state(view))?.chain.to_string();
        Ok(Sender { host: self.host.clone(), app: "cashcowd".to_owned(), version: self.version.clone(), log })
    }

    fn confirmed(&self) -> Result<u64, Trouble> {
        self.read(|view| Ok(view.get(&BOOKMARK, &0)?.map_or(0, |mark| mark.confirmed)))
    }

    fn after(&self, number: u64, most: usize) -> Result<Vec<Record>, Trouble> {
        let records = self.read(|view| audit::records_after(view, number, most))?;
        Ok(records.iter().map(|(number, record)| told(*number, record)).collect())
    }

    async fn confirm(&self, era: u64, number: u64) -> Result<(), Trouble> {
        let moved = self.app.store().transact(move |tx| match tx.get(&BOOKMARK, &0)? {
            Some(mark) if mark.era == era => {
                tx.put(&BOOKMARK, &0, &Bookmark { confirmed: number, era: mark.era })
            }
            _ => Ok(()),
        });
        moved.await.map_err(|error: StoreError| Trouble::Log(error.to_string()))
    }

    async fn lost(&self, count: u64, number: u64) {
        log::warn!(target: "collector", "{count} events up to {number} are missing at the collector");
        sound(&self.app, Kind::CollectorGap, self.place()).await;
    }

    async fn silent(&self, trouble: &Trouble) {
        log::warn!(target: "collector", "nothing was confirmed for long: {trouble}");
        sound(&self.app, Kind::CollectorSilent, self.place()).await;
    }

    async fn back(&self) {
        let now = self.app.clock().now();
        let closed = self.app.store().transact(move |tx| {
            let by = Acknowledged { by: Who::Machine, at: now };
            let mut events = Vec::new();
            for (number, open) in alarm::open(tx)? {
                if open.kind != Kind::CollectorSilent {
                    continue;
                }
                if alarm::acknowledge(tx, number, open.count, &by)?.is_ok() {
                    let about = format!("alarm {number}: {}, {}", open.kind.name(), open.object);
                    let event = Event::done(now, Who::Machine, Deed::AcknowledgeAlarm, &about, None);
                    event.record(tx)?;
                    events.push(event);
                }
            }
            Ok(events)
        });
        match closed.await {
            Ok(events) => events.iter().for_each(Event::log),
            Err(error) => {
                let error: StoreError = error;
                log::error!(target: "collector", "the alarm about its silence stays open: {error}");
            }
        }
    }
}

#[cfg(test)]
#[path = "collector_tests.rs"]
mod tests;
