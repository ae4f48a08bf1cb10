//! The shop's Authorize.Net client against a double of our own, which checks what the real one checks and fails
//! on order. Without this, a cut line charges twice, ships what is only held, or loses a paid order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

#[path = "../double/mod.rs"]
mod double;
mod held;
mod lists;
mod losses;
mod memory;
mod notices;
mod refunds;
#[path = "../traces/mod.rs"]
mod traces;

use std::net::SocketAddr;
use std::sync::Arc;

use cashcow::base::{Clock, Currency, ManualClock, Money, OsRandom, SecretBytes, Token};
use cashcow::payment::gateway::{
    Asking, AuthorizeNetAccount, AuthorizeNetGateway, Detour, Gateway, Outcome, Trouble,
};
use cashcow::payment::{Attempt, AttemptState, CaptureMode, DeclineReason};
use double::Double;
use double::authorize_net::{KEY, LOGIN, SIGNATURE_KEY};
use double::payer::{card, visitor};
use jiff::{SignedDuration, Timestamp};

const GOOD: &str = "4242424242424242";
const CHARGE: &str = "createTransactionRequest authCaptureTransaction";
const DETAILS: &str = "getTransactionDetailsRequest";
/// What a lost card is told after [`Shop::wait`].
const AGAIN: Outcome = Outcome::Declined(DeclineReason::TryAgain);

/// The gateway, and the clock that it goes by.
struct Shop {
    gateway: AuthorizeNetGateway,
    clock: Arc<ManualClock>,
}

impl Shop {
    fn of(double: &Double) -> Self {
        Self::at(double.address(), double.root_pem())
    }

    fn at(address: SocketAddr, root: &str) -> Self {
        Self::with(address, root, KEY)
    }

    fn with(address: SocketAddr, root: &str, key: &str) -> Self {
        let secret = |text: &str| SecretBytes::new(text.as_bytes().to_vec());
        let account = AuthorizeNetAccount {
            live: false,
            login: secret(LOGIN),
            transaction_key: secret(key),
            signature_key: Some(secret(SIGNATURE_KEY)),
        };
        let clock = Arc::new(ManualClock::at(Timestamp::now()));
        let detour = Detour::new(Some(address), Some(root)).unwrap();
        let gateway =
            AuthorizeNetGateway::new(account, detour, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        Self { gateway, clock }
    }

    /// As `action` does it: the reference goes into the attempt before the card leaves.
    async fn made(&self, order: u64) -> Attempt {
        let mut attempt = Attempt {
            order,
            number: 1,
            key: Token::random(&OsRandom),
            nonce: Token::random(&OsRandom),
            amount: Money::new(2490, Currency::Usd),
            gateway: "authorize-net".to_owned(),
            capture: CaptureMode::Automatic,
            reference: None,
            transaction: None,
            state: AttemptState::Created,
            begun: self.clock.now(),
            changed: self.clock.now(),
        };
        attempt.reference = Some(self.gateway.create(&attempt, &visitor()).await.unwrap().reference);
        attempt.state = AttemptState::Sending;
        attempt
    }

    async fn confirm(&self, attempt: &Attempt) -> Outcome {
        self.gateway.confirm(attempt, card(GOOD), &visitor()).await
    }

    async fn ask(&self, attempt: &Attempt) -> Outcome {
        self.gateway.inquire(attempt, Asking::Look).await
    }

    /// An attempt that is paid, as `action` keeps it.
    async fn paid(&self, order: u64) -> Attempt {
        let mut attempt = self.made(order).await;
        let outcome = self.confirm(&attempt).await;
        assert_eq!(taken(&outcome), "4242");
        attempt.transaction = transaction(&outcome);
        attempt
    }

    /// Whatever was on its way has arrived.
    fn wait(&self) {
        self.clock.step(SignedDuration::from_mins(10));
    }
}

/// The last four digits of a card of which the money was taken.
fn taken(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Captured(paid) if paid.transaction.is_some() => &paid.card.last_four,
        other => panic!("{other:?}"),
    }
}

fn transaction(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Captured(paid) | Outcome::Authorized(paid) => paid.transaction.clone(),
        _ => None,
    }
}

/// How often something was called.
fn count(double: &Double, call: &str) -> usize {
    double.calls().iter().filter(|called| *called == call).count()
}

#[tokio::test]
async fn a_charge_is_made_as_documented_and_looked_up_and_the_card_goes_once() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let mut attempt = shop.made(1001).await;
    assert_eq!(double.seen().len(), 0, "an invoice number costs no call");
    assert_eq!(taken(&shop.confirm(&attempt).await), "4242");
    assert_eq!(double.calls(), [CHARGE, DETAILS]);
    assert_eq!(double.seen().iter().filter(|seen| seen.card).count(), 1);
    assert_eq!(double.breaches(), Vec::<String>::new());
    let charges = double.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!((charges[0].amount, charges[0].currency.as_str()), (2490, "USD"));
    assert_eq!((charges[0].order.as_str(), Some(&charges[0].attempt)), ("1001", attempt.reference.as_ref()));
    // By its invoice number while its own is not known, then by that.
    let found = shop.ask(&attempt).await;
    assert_eq!(taken(&found), "4242");
    attempt.transaction = transaction(&found);
    assert_eq!(taken(&shop.ask(&attempt).await), "4242");
    let calls = double.calls();
    assert_eq!(calls[2..], ["getUnsettledTransactionListRequest", DETAILS, DETAILS]);
}

#[tokio::test]
async fn each_attempt_has_an_invoice_number_of_its_own() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let mut all = std::collections::BTreeSet::new();
    for order in 0..1000 {
        let reference = shop.made(order).await.reference.unwrap();
        assert_eq!(reference.len(), 20);
        assert!(all.insert(reference));
    }
}

#[tokio::test]
async fn refusals_are_told_and_nothing_is_charged() {
    use DeclineReason as Why;
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    for (number, why) in [
        ("4000000000000002", Why::Declined),
        ("4000000000009995", Why::Declined),
        ("4000000000009979", Why::Declined),
        ("4000000000000069", Why::ExpiredCard),
        ("4000000000000127", Why::WrongCode),
        ("4000000000000119", Why::TryAgain),
    ] {
        let attempt = shop.made(1001).await;
        let outcome = shop.gateway.confirm(&attempt, card(number), &visitor()).await;
        assert_eq!(outcome, Outcome::Declined(why), "{number}");
        shop.wait();
        assert!(matches!(shop.ask(&attempt).await, Outcome::Declined(_)), "{number}");
    }
    assert!(double.charges().is_empty());
}

/// A number that the schema does not take would be refused with everything in it; it stays here.
#[tokio::test]
async fn a_card_that_cannot_be_sent_does_not_leave() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    let long = card("6200000000000000000");
    let outcome = shop.gateway.confirm(&attempt, long, &visitor()).await;
    assert_eq!(outcome, Outcome::Declined(DeclineReason::OtherCard));
    let mut unmade = shop.made(1002).await;
    unmade.reference = None;
    assert_eq!(shop.confirm(&unmade).await, AGAIN);
    assert_eq!(shop.ask(&unmade).await, AGAIN);
    assert_eq!(double.seen().len(), 0);
}

#[tokio::test]
async fn an_account_that_is_not_let_in_charges_nothing() {
    let double = Double::authorize_net().await;
    let wrong = Shop::with(double.address(), double.root_pem(), "AAAAAAAAAAAAAAAA");
    let attempt = wrong.made(1001).await;
    assert_eq!(wrong.confirm(&attempt).await, AGAIN);
    // Whether something is there, one who is not let in cannot tell.
    wrong.wait();
    assert_eq!(wrong.ask(&attempt).await, Outcome::Unknown);
    assert!(double.charges().is_empty());
    assert_eq!(wrong.gateway.trouble(), Some(Trouble::KeyRefused));
}

#[tokio::test]
async fn another_currency_than_the_accounts_is_not_charged() {
    let double = Double::authorize_net().await;
    double.account_currency("USD");
    let shop = Shop::of(&double);
    let mut attempt = shop.made(1001).await;
    attempt.amount = Money::new(2490, Currency::Eur);
    assert_eq!(shop.confirm(&attempt).await, AGAIN);
    assert!(double.charges().is_empty());
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_not_one_byte() {
    let (double, other) = (Double::authorize_net().await, Double::authorize_net().await);
    let attempt = Shop::of(&double).made(1001).await;
    // The right address, another root: as with a forged certificate.
    let shop = Shop::at(double.address(), other.root_pem());
    assert_eq!(shop.confirm(&attempt).await, AGAIN);
    assert_eq!(shop.ask(&attempt).await, Outcome::Unknown);
    // Nobody there at all.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shop = Shop::at(closed, double.root_pem());
    assert_eq!(shop.confirm(&attempt).await, AGAIN);
    assert_eq!((double.seen().len(), double.charges().len()), (0, 0));
}
