//! Forgetting carts that nobody came back to, and the names and addresses that were filled in for them.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::App;
use super::place_order::under_way;
use crate::cart::{CARTS, CHECKOUTS};
use crate::order::ORDERS_OF_CARTS;
use crate::store::{Reads, Span, StoreError};

/// How long a cart rests before it is forgotten: as long as its cookie lives.
pub const CARTS_REST: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often is looked for them.
const PAUSE: Duration = Duration::from_secs(3600);
/// The most carts that are looked at in one round, and forgotten in one transaction.
const ROUND: usize = 100_000;
const AT_ONCE: usize = 200;

/// Forgets old carts and notices now and then, for as long as the service runs.
pub async fn keep_forgetting_carts(app: Arc<App>) {
    loop {
        if let Err(error) = forget_carts(&app).await {
            log::error!("forgetting old carts: {error}");
        }
        if let Err(error) = super::forget_notices(&app).await {
            log::error!("forgetting old notices: {error}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Forgets the carts that rested for [`CARTS_REST`], unless a payment is under way for one; says how many.
pub async fn forget_carts(app: &Arc<App>) -> Result<usize, StoreError> {
    let Ok(limit) = app.clock().now().checked_sub(CARTS_REST) else { return Ok(0) };
    let carts = app.store().read(|view| view.scan(&CARTS, &Span::all(ROUND)))?;
    let old: Vec<_> =
        carts.into_iter().filter(|(_, cart)| cart.touched < limit).map(|(token, _)| token).collect();
    let mut forgotten = 0_usize;
    for some in old.chunks(AT_ONCE) {
        let some = some.to_vec();
        let work = app.store().transact(move |tx| -> Result<usize, StoreError> {
            let mut gone = 0_usize;
            for token in &some {
                // Looked at again inside the transaction: its owner may have come back meanwhile.
                let rested = tx.get(&CARTS, token)?.is_some_and(|cart| cart.touched < limit);
                let mut paying = false;
                for (_, number) in tx.scan(&ORDERS_OF_CARTS, &Span::under(token, 1).newest_first())? {
                    paying = under_way(tx, number)?.is_some();
                }
                if rested && !paying {
                    tx.delete(&CARTS, token);
                    tx.delete(&CHECKOUTS, token);
                    gone = gone.saturating_add(1);
                }
            }
            Ok(gone)
        });
        forgotten = forgotten.saturating_add(work.await?);
    }
    Ok(forgotten)
}
