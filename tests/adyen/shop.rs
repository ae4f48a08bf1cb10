//! One attempt at a shop: what `action` does with a gateway's outcomes and notices, without its database.

use std::net::SocketAddr;
use std::sync::Arc;

use cashcow::base::{Clock, Currency, ManualClock, Money, OsRandom, SecretBytes, Token};
use cashcow::payment::gateway::{
    About, AdyenAccount, AdyenGateway, Asking, Detour, Gateway, Heard, News, Notice, Outcome, Paid,
    RefundOutcome, Unheard,
};
use cashcow::payment::{Attempt, AttemptState, CaptureMode, Refund, RefundState, Surprise};
use jiff::{SignedDuration, Timestamp};

pub use super::double::payer::{card, visitor};
use super::double::{Adyen, Api, Double, Signing, adyen};

pub const GOOD: &str = "4242424242424242";
/// An HMAC key as the Customer Area shows them.
pub const HMAC: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

pub struct Shop {
    pub adyen: AdyenGateway,
    pub clock: Arc<ManualClock>,
    pub attempt: Attempt,
    pub surprises: Vec<Surprise>,
    /// Events that were heard before.
    known: Vec<String>,
    pub refunds: Vec<(Token, RefundOutcome)>,
}

pub fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

impl Shop {
    pub async fn of(double: &Double, capture: CaptureMode) -> Self {
        double.adyen_holds_notices();
        Self::new(double.address(), double.root_pem(), capture).await
    }

    pub async fn new(at: SocketAddr, root: &str, capture: CaptureMode) -> Self {
        Self::made(at, root, capture, adyen::KEY).await
    }

    pub async fn with_key(double: &Double, key: &str) -> Self {
        Self::made(double.address(), double.root_pem(), CaptureMode::Automatic, key).await
    }

    async fn made(at: SocketAddr, root: &str, capture: CaptureMode, key: &str) -> Self {
        let account = AdyenAccount {
            live_prefix: None,
            merchant: adyen::MERCHANT.to_owned(),
            key: SecretBytes::new(key.as_bytes().to_vec()),
            notices: SecretBytes::new(HMAC.as_bytes().to_vec()),
        };
        let clock = Arc::new(ManualClock::at(now()));
        let detour = Detour::new(Some(at), Some(root)).unwrap();
        let adyen = AdyenGateway::new(account, detour, clock.clone()).unwrap();
        let mut attempt = Attempt {
            order: 1001,
            number: 1,
            key: Token::random(&OsRandom),
            nonce: Token::random(&OsRandom),
            amount: Money::new(2490, Currency::Eur),
            gateway: "adyen".to_owned(),
            capture,
            reference: None,
            transaction: None,
            state: AttemptState::Sending,
            begun: now(),
            changed: now(),
        };
        attempt.reference = Some(adyen.create(&attempt, &visitor()).await.unwrap().reference);
        Self { adyen, clock, attempt, surprises: Vec::new(), known: Vec::new(), refunds: Vec::new() }
    }

    /// As `action::place_order::settle` does it.
    pub fn settle(&mut self, outcome: &Outcome) {
        let next = self.attempt.state.after(outcome);
        self.attempt.state = next.state;
        self.surprises.extend(next.surprise);
        if let Outcome::Captured(Paid { transaction: Some(transaction), .. })
        | Outcome::Authorized(Paid { transaction: Some(transaction), .. }) = outcome
        {
            self.attempt.transaction.get_or_insert_with(|| transaction.clone());
        }
        self.attempt.changed = self.clock.now();
    }

    pub async fn pay(&mut self, number: &str) -> AttemptState {
        let outcome = self.adyen.confirm(&self.attempt, card(number), &visitor()).await;
        self.settle(&outcome);
        self.attempt.state.clone()
    }

    pub async fn resume(&mut self, query: &str) -> AttemptState {
        let outcome = self.adyen.resume(&self.attempt, query).await;
        self.settle(&outcome);
        self.attempt.state.clone()
    }

    /// As `action::place_order::reconcile` asks, three minutes later.
    pub async fn reconcile(&mut self) -> AttemptState {
        self.clock.step(SignedDuration::from_mins(3));
        let outcome = match &self.attempt.state {
            AttemptState::Capturing(_) => self.adyen.capture(&self.attempt).await,
            AttemptState::Voiding(_) => self.adyen.void(&self.attempt).await,
            state if state.is_under_way() => self.adyen.inquire(&self.attempt, Asking::Close).await,
            _ => self.adyen.inquire(&self.attempt, Asking::Look).await,
        };
        self.settle(&outcome);
        self.attempt.state.clone()
    }

    /// Hears one notice as Adyen signs it.
    pub fn hear(&mut self, double: &Double, notice: &super::double::Notice) -> Result<(), Unheard> {
        let signed = double.with(|adyen: &mut Adyen| adyen.sign(notice, HMAC, &Signing::default(), 0));
        let headers = hyper::HeaderMap::new();
        let heard = self.adyen.hear(&Notice { headers: &headers, body: &signed.body, now: now() })?;
        heard.into_iter().for_each(|one| self.take(one));
        Ok(())
    }

    /// As `action::hear` does it.
    fn take(&mut self, heard: Heard) {
        if self.known.contains(&heard.id) {
            return;
        }
        self.known.push(heard.id);
        match (heard.about, heard.news) {
            (About::Payment { reference }, News::Payment { outcome, amount }) => {
                assert_eq!(Some(reference), self.attempt.reference);
                let fits = amount.is_none_or(|told| told == (self.attempt.amount.minor, "EUR".to_owned()));
                self.settle(&if fits { outcome } else { Outcome::Mismatch });
            }
            (About::Payment { .. }, News::Odd(surprise)) => self.surprises.push(surprise),
            (About::Refund { key }, News::Refund(outcome)) => self.refunds.push((key, outcome)),
            _ => {}
        }
    }

    /// Everything that Adyen has told since the last time, in its order; then what it makes the shop ask.
    pub async fn hear_all(&mut self, double: &Double) {
        for notice in double.adyen_held() {
            let own = notice.body.to_string().contains(&self.attempt.key.to_string());
            let refund = notice.topic.contains("REFUND");
            if own || refund {
                self.hear(double, &notice).unwrap();
            }
        }
        if self.attempt.state.is_under_way() {
            let outcome = self.adyen.inquire(&self.attempt, Asking::Look).await;
            self.settle(&outcome);
        }
    }

    pub fn refund(&self, minor: i64) -> Refund {
        Refund {
            order: 1001,
            number: 1,
            attempt: 1,
            key: Token::random(&OsRandom),
            amount: Money::new(minor, Currency::Eur),
            tax: Money::new(0, Currency::Eur),
            lines: Vec::new(),
            shipping: Money::new(0, Currency::Eur),
            reason: cashcow::base::Line::new("damaged").unwrap(),
            by: "ada@shop.example".to_owned(),
            state: RefundState::Sending,
            reference: None,
            begun: now(),
            changed: now(),
        }
    }
}

/// Whether the shop knows what Adyen holds: money has an owner, and what nobody holds is nobody's debt.
pub fn agrees(shop: &Shop, double: &Double) -> bool {
    let own = shop.attempt.key.to_string();
    let charges = double.charges();
    let charge = charges.iter().find(|charge| charge.attempt == own);
    match (charge, &shop.attempt.state) {
        (Some(charge), AttemptState::Captured(_)) => charge.captured == charge.amount,
        (
            Some(charge),
            AttemptState::Authorized(_) | AttemptState::Capturing(_) | AttemptState::Voiding(_),
        ) => charge.captured == 0 && !charge.voided,
        (Some(charge), AttemptState::Voided | AttemptState::Declined { .. }) => charge.voided,
        (None, AttemptState::Declined { .. }) => true,
        _ => false,
    }
}
