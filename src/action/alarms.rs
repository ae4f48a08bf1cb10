//! Sounding an alarm without a transaction of one's own, and saying that one has been dealt with.

use std::sync::Arc;

use super::{Actor, App, Denied};
use crate::alarm::{self, Acknowledged, Kind, NotAcknowledged, Object};
use crate::audit::Deed;
use crate::staff::Right;
use crate::store::StoreError;

/// Raises an alarm in a transaction of its own. If the store fails, the journal at least is told.
pub async fn sound(app: &Arc<App>, kind: Kind, object: Object) {
    let now = app.clock().now();
    let about = object.clone();
    match app.store().transact(move |tx| alarm::raise(tx, kind, &object, now)).await {
        Ok(raised) => raised.log(),
        Err(error) => alarm::log_unkept(kind, &about, &error),
    }
}

/// Why an alarm stays open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgeError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nothing like it is open: somebody was faster.
    #[error("no such alarm is open")]
    Gone,
    /// It was raised again since it was looked at.
    #[error("the alarm was raised again")]
    RaisedAgain,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says that the actor has dealt with an alarm that had been raised `seen` times when they looked at it.
pub async fn acknowledge_alarm(
    app: &Arc<App>,
    actor: &Actor,
    number: u64,
    seen: u32,
) -> Result<(), AcknowledgeError> {
    actor.require(Right::DealWithAlarms)?;
    let (now, actor) = (app.clock().now(), actor.clone());
    let event = app
        .store()
        .transact(move |tx| {
            let by = Acknowledged { by: actor.who(), at: now };
            let alarm = match alarm::acknowledge(tx, number, seen, &by)? {
                Ok(alarm) => alarm,
                Err(NotAcknowledged::Gone) => return Err(AcknowledgeError::Gone),
                Err(NotAcknowledged::RaisedAgain) => return Err(AcknowledgeError::RaisedAgain),
            };
            let about = format!("alarm {number}: {}, {}", alarm.kind.name(), alarm.object);
            let event = actor.did(now, Deed::AcknowledgeAlarm, &about);
            event.record(tx)?;
            Ok(event)
        })
        .await?;
    event.log();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::fixture::Fixture;

    #[tokio::test]
    async fn an_alarm_is_dealt_with_once_by_somebody_whom_the_audit_names() {
        let (fixture, ada) = Fixture::open(false).await;
        let app = fixture.app();
        sound(app, Kind::PaymentMismatch, Object::Order(1042)).await;
        sound(app, Kind::PaymentMismatch, Object::Order(1042)).await;
        let open = app.store().read(|view| alarm::open(view)).unwrap();
        assert_eq!((open.len(), open[0].0, open[0].1.count), (1, 1, 2));
        assert_eq!(acknowledge_alarm(app, &ada, 1, 1).await, Err(AcknowledgeError::RaisedAgain));
        assert_eq!(acknowledge_alarm(app, &ada, 1, 2).await, Ok(()));
        let deed = fixture.last_deed();
        let wanted = "ada@example.com AcknowledgeAlarm \"alarm 1: payment-mismatch, order 1042\" Done";
        assert!(deed.starts_with(wanted), "{deed}");
        assert_eq!(acknowledge_alarm(app, &ada, 1, 2).await, Err(AcknowledgeError::Gone));
        assert!(app.store().read(|view| alarm::open(view)).unwrap().is_empty());
    }
}
