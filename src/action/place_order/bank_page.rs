//! The shopper at the bank's or the gateway's own page: coming back, and giving it up.

use std::sync::Arc;

use super::reconcile::{gateway_of, look};
use super::{Placed, conclude};
use crate::action::App;
use crate::base::Token;
use crate::payment::AttemptState;
use crate::payment::gateway::Asking;
use crate::store::StoreError;

/// The longest query of a shopper who comes back that is read; Adyen's is the longest with about 2 KiB.
pub const MOST_QUERY: usize = 8 * 1024;

/// The shopper is back from the bank's or the gateway's page. Whatever the address says, only the gateway's
/// own answer counts. `None` if there is no such order, or it was cancelled.
pub async fn resume(app: &Arc<App>, link: Token, query: &str) -> Result<Option<Placed>, StoreError> {
    let query = if query.len() > MOST_QUERY { "" } else { query };
    leave(app, link, Some(query)).await
}

/// The shopper does not want to go on at the bank's page: the payment is ended there, unless it was made
/// meanwhile. `None` if there is no such order, or it was cancelled.
pub async fn abandon(app: &Arc<App>, link: Token) -> Result<Option<Placed>, StoreError> {
    leave(app, link, None).await
}

/// With a query: back from the page. Without: given up.
async fn leave(app: &Arc<App>, link: Token, query: Option<&str>) -> Result<Option<Placed>, StoreError> {
    let Some((placed, open)) = look(app, link)? else { return Ok(None) };
    let waits = |attempt: &crate::payment::Attempt| {
        matches!(attempt.state, AttemptState::ActionRequired { .. } | AttemptState::Unknown)
    };
    let Some(attempt) = open.filter(waits) else { return Ok(Some(placed)) };
    // Too much is going on: the reconciliation asks soon.
    let Some(_slot) = app.charging().slot() else { return Ok(Some(placed)) };
    let Some(gateway) = gateway_of(app, &attempt) else { return Ok(Some(placed)) };
    let outcome = match query {
        Some(query) => gateway.resume(&attempt, query).await,
        None => gateway.inquire(&attempt, Asking::Close).await,
    };
    conclude(app, (attempt.order, attempt.number), outcome).await;
    Ok(look(app, link)?.map(|(placed, _)| placed))
}
