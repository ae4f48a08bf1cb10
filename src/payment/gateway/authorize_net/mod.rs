//! Authorize.Net: one JSON call per transaction, the card sent by the server
//! (<https://developer.authorize.net/api/reference/>).
//!
//! There is no idempotency key and nothing to make known before the card leaves. In its place:
//! 1. The attempt's reference is an invoice number made of its key; it is durable before the card is sent, goes
//!    with the card, and finds the transaction again in the gateway's lists.
//! 2. A card is sent once; nothing is sent twice. An answer that was lost is asked for, by identifier or by
//!    invoice number, and a transaction that is found nowhere counts as never made only after [`ARRIVAL`].
//! 3. An approval names no amount. Each is looked up, and is one only if invoice, sum and state fit
//!    ([`judge`]); the currency is the account's, which refuses a `currencyCode` that is not its own.
//! 4. What a filter holds for review is nobody's money yet: it stays unknown, and asked about, until the
//!    merchant has approved or declined it.
//!
//! ```text
//! amount  exact decimals     answer  what is read    find    by invoice number, through the lists
//! request element order      judge   what it means   charge  card, capture, release
//! reason  code tables        notice  webhooks        refund  void before settlement, refund after it
//! ```

mod amount;
mod answer;
mod charge;
mod find;
mod judge;
mod notice;
mod reason;
mod refund;
mod request;
mod status;

use std::sync::Arc;
use std::time::Duration;

use hyper::{HeaderMap, Method};
use jiff::SignedDuration;
use serde::de::DeserializeOwned;

use self::answer::{OfDetails, Reply, Said};
use self::request::{Fields, Question};
use super::body::{Body, Json};
use super::http::{Client, Detour, Unusable};
use super::untrusted::Parser;
use super::{
    AUTHORIZE_NET, Asking, AuthorizeNetAccount, Call, Created, Gateway, Heard, Notice, Outcome,
    RefundOutcome, Trouble, Unheard, Visitor, http,
};
use crate::base::{Clock, Token};
use crate::payment::{Attempt, Card, DeclineReason, Refund};

/// Where real money moves.
const LIVE_HOST: &str = "api.authorize.net";
/// The sandbox.
const TEST_HOST: &str = "apitest.authorize.net";
const PATH: &str = "/xml/v1/request.api";
/// For a question, and for what needs no bank.
const QUICK: Duration = Duration::from_secs(20);
/// For a charge: the bank is asked meanwhile.
const CHARGE: Duration = Duration::from_secs(45);
/// After this long, what is in none of the lists never arrived. A call ends after [`CHARGE`], and with it its
/// connection; the rest is for what was on its way then, and for the lists to be brought up to date. Too short
/// would let a shopper pay twice; longer only keeps one waiting who can be told no.
const ARRIVAL: SignedDuration = SignedDuration::from_mins(10);
/// The gateway's clock and this machine's may be so far apart.
const SKEW: SignedDuration = SignedDuration::from_hours(1);
/// Characters of an invoice number and of a `refId`, the most that both take.
const INVOICE: usize = 20;

/// What reads Authorize.Net's bytes.
pub(super) const PARSERS: [Parser; 6] = [
    ("authorize-net-amount", amount::told),
    ("authorize-net-transaction", answer::told_transaction),
    ("authorize-net-details", answer::told_details),
    ("authorize-net-list", answer::told_list),
    ("authorize-net-batches", answer::told_batches),
    ("authorize-net-notice", notice::told),
];

/// Authorize.Net, with the operator's account.
pub struct AuthorizeNetGateway {
    client: Client,
    account: AuthorizeNetAccount,
    clock: Arc<dyn Clock>,
}

/// Why there are no details.
enum Undetailed {
    /// It knows no such transaction.
    Missing,
    /// No answer, or one that says nothing.
    Unknown,
}

impl AuthorizeNetGateway {
    /// With the operator's account. `detour` is empty on all but `dev` machines. The clock tells when a
    /// transaction that is found nowhere can no longer be on its way.
    pub fn new(
        account: AuthorizeNetAccount,
        detour: Detour,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unusable> {
        let host = if account.live { LIVE_HOST } else { TEST_HOST };
        Ok(Self { client: Client::new(host, detour)?, account, clock })
    }

    async fn send(&self, body: Body, limit: Duration) -> Result<http::Answer, http::CallError> {
        let (method, path, headers) = (Method::POST, PATH.to_owned(), HeaderMap::new());
        self.client.send(http::Call { method, path, headers, body: Some(body), limit }).await
    }

    /// Sends a transaction, once. `reference` is echoed by the answer and by notices.
    async fn transact(
        &self,
        (order, doing): (u64, &'static str),
        reference: &str,
        transaction: Fields<'_>,
        limit: Duration,
    ) -> Said {
        let transaction = ("transactionRequest", Json::Object(transaction));
        let fields = vec![("refId", Json::Text(reference)), transaction];
        let Some(body) = request::body(&self.account, Question::CreateTransaction, fields) else {
            return Said::NotSent;
        };
        let said = match self.send(body, limit).await {
            Ok(http::Answer { status: 200, body, .. }) => answer::said(&body, reference),
            Ok(answer) => {
                log::warn!("order {order}: Authorize.Net, {doing}: {}", answer.status);
                Said::Unknown
            }
            Err(error) => {
                log::warn!("order {order}: Authorize.Net, {doing}: {error}");
                match error {
                    http::CallError::NotSent(_) => Said::NotSent,
                    http::CallError::Lost(_) => Said::Unknown,
                }
            }
        };
        // Its answers have status 200 whatever they say.
        match said {
            Said::TurnedAway(5..=8) => self.client.key_is(false),
            Said::Approved(_) | Said::Held | Said::Refused { .. } => self.client.key_is(true),
            Said::TurnedAway(_) | Said::Unknown | Said::NotSent => {}
        }
        tell(order, doing, &said);
        said
    }

    /// Asks. `None` if there is no whole answer.
    async fn ask<T: DeserializeOwned>(&self, question: Question, fields: Fields<'_>) -> Option<Reply<T>> {
        let body = request::body(&self.account, question, fields)?;
        match self.send(body, QUICK).await {
            Ok(http::Answer { status: 200, body, .. }) => {
                let reply = answer::read(&body);
                match reply {
                    Some(Reply::Refused(code @ 2..=11)) => {
                        self.client.key_is(!(5..=8).contains(&code));
                        refused(question.name(), code);
                    }
                    Some(Reply::Refused(code)) => {
                        log::warn!("Authorize.Net, {}: E{code:05}", question.name());
                    }
                    None => log::warn!("Authorize.Net, {}: cannot be read", question.name()),
                    Some(Reply::Told(_) | Reply::Missing) => {}
                }
                reply
            }
            Ok(answer) => {
                log::warn!("Authorize.Net, {}: {}", question.name(), answer.status);
                None
            }
            Err(error) => {
                log::warn!("Authorize.Net, {}: {error}", question.name());
                None
            }
        }
    }

    /// A transaction in full.
    async fn details(&self, id: &str) -> Result<answer::Details, Undetailed> {
        let fields = vec![("transId", Json::Text(id))];
        match self.ask::<OfDetails>(Question::Details, fields).await {
            Some(Reply::Told(OfDetails { transaction })) if transaction.id == id => Ok(transaction),
            Some(Reply::Missing) => Err(Undetailed::Missing),
            _ => Err(Undetailed::Unknown),
        }
    }
}

/// The invoice number of a key: its last 20 of 26 characters, which are 100 random bits. Two of a billion
/// attempts share one with a probability below 10^-12; they would be told apart by their transactions, and
/// be a mismatch.
fn invoice(key: Token) -> String {
    let key = key.to_string();
    key.get(key.len().saturating_sub(INVOICE)..).unwrap_or_default().to_owned()
}

/// An answer that is no approval, for the log: codes, never a text.
fn tell(order: u64, doing: &str, said: &Said) {
    match said {
        Said::Refused { code, .. } if reason::is_the_accounts(*code) => log::error!(
            "order {order}: Authorize.Net, {doing}: reason {code}, which is about the account: see its settings"
        ),
        Said::Refused { code, .. } => log::info!("order {order}: Authorize.Net, {doing}: reason {code}"),
        Said::Held => log::warn!(
            "order {order}: Authorize.Net holds it for review: approve or decline it in its merchant interface"
        ),
        Said::TurnedAway(code) => refused(doing, *code),
        Said::Unknown => log::warn!("order {order}: Authorize.Net, {doing}: no answer; it will be asked"),
        Said::Approved(_) | Said::NotSent => {}
    }
}

fn refused(doing: &str, code: u32) {
    log::error!("Authorize.Net refuses the call ({doing}, E{code:05}): check login and key in the console");
}

impl Gateway for AuthorizeNetGateway {
    fn name(&self) -> &'static str {
        AUTHORIZE_NET
    }

    fn trouble(&self) -> Option<Trouble> {
        self.client.trouble()
    }

    fn is_live(&self) -> bool {
        self.account.live
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(async { Ok(Created { reference: invoice(attempt.key), redirect: None }) })
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card, visitor: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(self.charge(attempt, card, visitor))
    }

    /// There is nothing to close: what never got its card was never made.
    fn inquire<'a>(&'a self, attempt: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(self.look(attempt))
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.take(attempt))
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.release(attempt))
    }

    fn refund<'a>(&'a self, attempt: &'a Attempt, refund: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(self.give_back(attempt, refund))
    }

    fn hear(&self, notice: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        notice::hear(self.account.signature_key.as_ref(), notice)
    }
}
