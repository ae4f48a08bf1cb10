//! Adyen: Checkout API with the card sent by the server
//! (<https://docs.adyen.com/api-explorer/Checkout/71/overview>).
//!
//! 1. Name the attempt: its merchant reference is durable before anything is sent. No call.
//! 2. Send `/payments` with the card, once. 200 is an answer and a 4xx a refusal at the door; everything else
//!    after the card was sent is `Unknown`.
//! 3. A shopper whose bank asks goes to Adyen's page and comes back with `redirectResult`, which only
//!    `/payments/details` turns into an outcome.
//! 4. Adyen cannot be asked how a payment went: its notices tell. What no notice came of within
//!    [`NOTICE_LASTS`] is cancelled by reference, and the notice of that tells whether there was anything.
//!
//! Adyen takes numbers from a server only from accounts for which it has enabled raw card data; without that
//! each payment is refused and the log says so.

mod answer;
mod calls;
mod endings;
mod events;
mod name;
mod notice;
mod refusal;
mod site;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use self::endings::Endings;
use self::name::reference;
use self::notice::NoticeKey;
use self::site::Site;
use super::http::{Client, Detour, Unusable};
use super::untrusted::Parser;
use super::{
    AdyenAccount, Asking, Call, Created, Gateway, Heard, Notice, Outcome, Paid, RefundOutcome, Trouble,
    Unheard, Visitor,
};
use crate::base::{Clock, SecretBytes};
use crate::payment::{Attempt, AttemptState, Card, CardShown, DeclineReason, Refund};

/// Its name in attempts and orders.
pub const NAME: &str = "adyen";
/// What reads Adyen's bytes, and what a shopper brings back from it.
pub(super) const PARSERS: [Parser; 5] = [
    ("adyen-payment", answer::told),
    ("adyen-refusal", refusal::told),
    ("adyen-notice", notice::told),
    ("adyen-reference", name::told),
    ("adyen-return", calls::told),
];
/// For all calls but a payment.
const QUICK: Duration = Duration::from_secs(20);
/// For a payment and for what follows a redirect: the bank is asked meanwhile.
const CONFIRM: Duration = Duration::from_secs(45);
/// How long a notice is waited for before an attempt is cancelled by reference. It comes within seconds, and a
/// cancel that is faster would end payments of which a yes is on its way.
const NOTICE_LASTS: SignedDuration = SignedDuration::from_mins(2);
/// A refund that was not acknowledged is told again for so long. Adyen knows a repeat by its key for at least
/// seven days (<https://docs.adyen.com/development-resources/api-idempotency>).
const REPEAT_REFUND: SignedDuration = SignedDuration::from_hours(6 * 24);
/// Names of merchant accounts are short words; this is what is taken.
const LONGEST_MERCHANT: usize = 100;

/// Adyen, with the operator's account.
pub struct AdyenGateway {
    client: Client,
    /// What every path begins with.
    base: String,
    live: bool,
    merchant: String,
    key: SecretBytes,
    notices: NoticeKey,
    endings: Endings,
    clock: Arc<dyn Clock>,
}

impl AdyenGateway {
    /// With the operator's account. `detour` is empty on all but `dev` machines. An account that cannot be
    /// Adyen's is refused here, without a word of its secrets.
    pub fn new(account: AdyenAccount, detour: Detour, clock: Arc<dyn Clock>) -> Result<Self, Unusable> {
        let site = Site::new(account.live_prefix.as_deref())?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let merchant = account.merchant;
        if !(1..=LONGEST_MERCHANT).contains(&merchant.len()) || !merchant.bytes().all(plain) {
            return Err(Unusable::because("the merchant account has letters, digits, `-`, `_` and `.` only"));
        }
        Ok(Self {
            client: Client::new(&site.host, detour)?,
            base: site.base,
            live: account.live_prefix.is_some(),
            merchant,
            key: account.key,
            notices: NoticeKey::new(&account.notices)?,
            endings: Endings::default(),
            clock,
        })
    }

    /// What is known without asking, and a cancel of what must not go on.
    async fn ask(&self, attempt: &Attempt, asking: Asking) -> Outcome {
        let Some(known) = attempt.reference.as_deref() else {
            // The reference is durable before the card is sent: without one, no card was.
            return Outcome::Declined(DeclineReason::TryAgain);
        };
        match &attempt.state {
            // Nothing else was heard.
            AttemptState::Authorized(card) => Outcome::Authorized(paid(attempt, card)),
            // What Adyen holds there is for a person to see before anything is cancelled.
            AttemptState::Mismatch => Outcome::Unknown,
            state if !state.is_under_way() => Outcome::Unknown,
            _ if self.endings.is_missing(known) => Outcome::Declined(DeclineReason::TryAgain),
            state if asking == Asking::Close => {
                // A shopper's return is a call too, whose answer may have been lost: `changed` tells when.
                let waits = matches!(state, AttemptState::ActionRequired { .. });
                let since = if waits { attempt.changed } else { attempt.begun };
                if self.clock.now().duration_since(since) < NOTICE_LASTS || !self.close(attempt).await {
                    Outcome::Unknown
                } else if waits {
                    // Without this shop's call for the shopper's return it does not go on, and that is over.
                    Outcome::Declined(DeclineReason::Abandoned)
                } else {
                    Outcome::Unknown
                }
            }
            _ => Outcome::Unknown,
        }
    }
}

/// A yes that was heard before.
fn paid(attempt: &Attempt, card: &CardShown) -> Paid {
    Paid { card: card.clone(), transaction: attempt.transaction.clone() }
}

impl Gateway for AdyenGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn trouble(&self) -> Option<Trouble> {
        self.client.trouble()
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(async { Ok(Created { reference: reference(attempt), redirect: None }) })
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card, visitor: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(self.pay(attempt, card, visitor))
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt, asking: Asking) -> Call<'a, Outcome> {
        Box::pin(self.ask(attempt, asking))
    }

    fn resume<'a>(&'a self, attempt: &'a Attempt, query: &'a str) -> Call<'a, Outcome> {
        Box::pin(self.back(attempt, query))
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
        let items = notice::read(notice.body, &self.notices, (self.live, &self.merchant))?;
        Ok(items.iter().flat_map(|item| events::heard(item, &self.endings)).collect())
    }
}
