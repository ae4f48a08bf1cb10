//! Reading the audit log: itself an event of it (PCI DSS 10.2.1.3).

use std::fmt::Write;
use std::sync::Arc;

use super::audit_keeper::KeeperError;
use super::{Actor, App, Denied};
use crate::audit::{self, Certificate, Deed, End, Export, Hash, Page, Query, Record, State};
use crate::staff::Right;
use crate::store::{Reads, StoreError};
use jiff::civil::Date;

/// Why the log was not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No TPM signs.
    #[error("the TPM does not sign: {0}")]
    Keeper(#[from] KeeperError),
    /// The log has not begun: there is no TPM.
    #[error("no TPM follows this log")]
    Unkept,
}

/// What is known of the log as a whole.
#[derive(Debug, Clone)]
pub struct AuditState {
    /// Where the chain stands.
    pub state: State,
    /// The latest head.
    pub head: Option<audit::Head>,
    /// The fingerprint of the TPM's key, to be compared with what a check of an export says.
    pub key: Option<Hash>,
}

/// Searches the log, and notes who looked for what.
pub async fn read_audit(
    app: &Arc<App>,
    actor: &Actor,
    query: Query,
    most: usize,
) -> Result<Page, AuditError> {
    actor.require(Right::SeeAudit)?;
    let page = app.store().read(|view| audit::search(view, &query, most))?;
    note(app, actor, Deed::ReadAudit, &words(&query)).await?;
    Ok(page)
}

/// One record, and notes who looked at it. `None` if there is none of this number.
pub async fn read_audit_record(
    app: &Arc<App>,
    actor: &Actor,
    number: u64,
) -> Result<Option<Record>, AuditError> {
    actor.require(Right::SeeAudit)?;
    let record = app.store().read(|view| view.get(&audit::EVENTS, &number))?;
    note(app, actor, Deed::ReadAudit, &format!("record {number}")).await?;
    Ok(record)
}

/// What is known of the log as a whole.
pub fn audit_state(app: &App, actor: &Actor) -> Result<AuditState, AuditError> {
    actor.require(Right::SeeAudit)?;
    let (state, head) = app.store().read(|view| {
        let head = audit::latest_head(view)?.map(|(_, sealed)| sealed.head()).transpose()?;
        Ok::<_, StoreError>((audit::state(view)?, head))
    })?;
    Ok(AuditState { state, head, key: app.keeper().and_then(|keeper| keeper.known_key()) })
}

/// What to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportAudit {
    /// Only this day and later; it begins with the head that closed the days before.
    pub from: Option<Date>,
    /// Whether the TPM signs it as a whole.
    pub bundle: bool,
}

/// An export under way: text, piece by piece. Ends with an error rather than with a file that looks whole.
pub struct AuditLines {
    app: Arc<App>,
    export: Export,
    /// Of a bundle: the last line, which was signed before the first piece went out.
    signed: Option<(End, Certificate)>,
    over: bool,
}

/// Begins an export, and notes it. A bundle's lines are read through once before the first one is given: the TPM
/// signs their hash together with what its index holds at that moment.
pub async fn export_audit(
    app: &Arc<App>,
    actor: &Actor,
    wish: ExportAudit,
) -> Result<AuditLines, AuditError> {
    actor.require(Right::SeeAudit)?;
    let kind = if wish.bundle { "signed bundle" } else { "JSON lines" };
    let since = wish.from.map(|from| format!(", {from} and later")).unwrap_or_default();
    note(app, actor, Deed::ExportAudit, &format!("{kind}{since}")).await?;
    if !wish.bundle {
        let export = app.store().read(|view| Export::begin(view, wish.from))?;
        return Ok(AuditLines { app: Arc::clone(app), export, signed: None, over: false });
    }
    let keeper = app.keeper().ok_or(AuditError::Unkept)?;
    let turn = keeper.turn().await;
    let export = app.store().read(|view| Export::begin(view, wish.from))?;
    let (shop, mut first) = (Arc::clone(app), export.clone());
    let read = tokio::task::spawn_blocking(move || {
        while shop.store().read(|view| first.piece(view))?.is_some() {}
        Ok::<_, StoreError>(first.end(shop.clock().now()))
    });
    let end = read.await.map_err(|_| StoreError::Stopped)??;
    let digest = end.digest()?;
    let certificate = keeper.ask(move |witness| witness.certify(digest)).await?;
    drop(turn);
    Ok(AuditLines { app: Arc::clone(app), export, signed: Some((end, certificate)), over: false })
}

impl AuditLines {
    /// The next lines; `None` at the end. Blocks for a read of some hundred rows.
    pub fn piece(&mut self) -> Result<Option<String>, StoreError> {
        if self.over {
            return Ok(None);
        }
        if let Some(piece) = self.app.store().read(|view| self.export.piece(view))? {
            return Ok(Some(piece));
        }
        self.over = true;
        let end = self.export.end(self.app.clock().now());
        match &self.signed {
            None => end.line(None).map(Some),
            // Old records were removed while the lines went out: what was signed is not what was sent.
            Some((signed, _)) if signed.sha256 != end.sha256 => Err(StoreError::Busy),
            Some((signed, certificate)) => signed.line(Some(certificate)).map(Some),
        }
    }
}

async fn note(app: &Arc<App>, actor: &Actor, deed: Deed, object: &str) -> Result<(), StoreError> {
    let event = actor.did(app.clock().now(), deed, object);
    let kept = event.clone();
    app.store().transact(move |tx| kept.record(tx)).await?;
    event.log();
    Ok(())
}

/// What was sought, in a line.
fn words(query: &Query) -> String {
    let Query { from, until, who, deed, outcome, source, text, before } = query;
    let mut words = Vec::new();
    words.extend(from.map(|from| format!("from {from:.0}")));
    words.extend(until.map(|until| format!("until {until:.0}")));
    words.extend(who.as_ref().map(|who| format!("by {who}")));
    words.extend(deed.map(|deed| deed.name().to_owned()));
    words.extend(outcome.map(|outcome| format!("{outcome:?}").to_lowercase()));
    words.extend(source.map(|source| format!("from {source}")));
    words.extend(text.as_ref().map(|text| format!("with '{text}'")));
    let mut line = if words.is_empty() { "all".to_owned() } else { words.join(", ") };
    if let Some(before) = before {
        // Writing to a text does not fail.
        let _ = write!(line, ", before record {before}");
    }
    line
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
