//! The built-in test gateway: decides by rule, moves no money, and remembers in the shop's own store what it
//! decided, as a real gateway would on its side. It keeps scheme and last four digits, never a number.
//!
//! | number | answer |
//! |---|---|
//! | any valid number that begins with 424242, and the other published test numbers | taken |
//! | 4000 0000 0000 0002, ... 9987 (lost), ... 9979 (stolen) | declined |
//! | 4000 0000 0000 9995 | not enough money |
//! | 4000 0000 0000 0069 | expired |
//! | 4000 0000 0000 0127 | wrong security code |
//! | 4000 0000 0000 0119 | try again |
//! | 4000 0000 0000 3220 | the bank wants to ask first |
//! | 4000 0000 0000 4087 | taken, but the answer is lost: it is told when asked |
//! | any other | refused: test cards only |

use serde::{Deserialize, Serialize};

use super::{Asking, Call, Created, Gateway, Heard, Notice, Outcome, Paid, RefundOutcome, Unheard, Visitor};
use crate::base::{Money, Token};
use crate::payment::test_numbers::{SILENT, is_test_number};
use crate::payment::{Attempt, CaptureMode, Card, CardShown, DeclineReason, Refund, RefundFailure};
use crate::store::{Reads, Store, StoreError, Table};

/// Its name in attempts and orders.
pub const NAME: &str = "test";

/// An attempt's key to what this gateway knows of it.
const PAYMENTS: Table<Token, Payment> = Table::new("test-gateway", 1);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Payment {
    order: u64,
    amount: Money,
    standing: Standing,
    /// Key to amount of each refund.
    #[serde(default)]
    refunds: Vec<(Token, Money)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
enum Standing {
    Open,
    Authorized(CardShown),
    Captured(CardShown),
    Voided,
    Declined { reason: DeclineReason },
}

/// What the rule says to a number.
enum Rule {
    Take,
    TakeSilently,
    Decline(DeclineReason),
}

/// The test gateway.
#[derive(Clone)]
pub struct TestGateway {
    store: Store,
}

impl TestGateway {
    /// One that remembers in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn make(&self, attempt: &Attempt) -> Result<Created, DeclineReason> {
        let (key, order, amount) = (attempt.key, attempt.order, attempt.amount);
        let made = self.store.transact(move |tx| {
            if tx.get(&PAYMENTS, &key)?.is_none() {
                tx.put(
                    &PAYMENTS,
                    &key,
                    &Payment { order, amount, standing: Standing::Open, refunds: Vec::new() },
                )?;
            }
            Ok::<_, StoreError>(())
        });
        match made.await {
            Ok(()) => Ok(Created { reference: format!("test_{key}"), redirect: None }),
            Err(error) => {
                log::error!("the test gateway could not note order {order}: {error}");
                Err(DeclineReason::TryAgain)
            }
        }
    }

    /// Changes what is known of a payment, durably, and tells it.
    async fn change(&self, attempt: &Attempt, change: impl Fn(&mut Standing) + Send + 'static) -> Outcome {
        let key = attempt.key;
        let decided = self.store.transact(move |tx| {
            let Some(mut payment) = tx.get(&PAYMENTS, &key)? else { return Ok(None) };
            change(&mut payment.standing);
            tx.put(&PAYMENTS, &key, &payment)?;
            Ok::<_, StoreError>(Some(payment))
        });
        match decided.await {
            Ok(Some(payment)) => tell(attempt, payment),
            // Never made here, so nothing was taken here.
            Ok(None) => Outcome::Declined(DeclineReason::TryAgain),
            Err(error) => {
                log::error!("the test gateway does not know how order {} went: {error}", attempt.order);
                Outcome::Unknown
            }
        }
    }
}

fn tell(attempt: &Attempt, payment: Payment) -> Outcome {
    match payment.standing {
        Standing::Open => Outcome::Unknown,
        Standing::Declined { reason } => Outcome::Declined(reason),
        _ if (payment.order, payment.amount) != (attempt.order, attempt.amount) => Outcome::Mismatch,
        Standing::Captured(card) => Outcome::Captured(Paid { card, transaction: None }),
        Standing::Authorized(card) => Outcome::Authorized(Paid { card, transaction: None }),
        Standing::Voided => Outcome::Voided,
    }
}

fn rule(number: &str) -> Rule {
    match number {
        "4000000000000002" | "4000000000009987" | "4000000000009979" => {
            Rule::Decline(DeclineReason::Declined)
        }
        "4000000000009995" => Rule::Decline(DeclineReason::InsufficientFunds),
        "4000000000000069" => Rule::Decline(DeclineReason::ExpiredCard),
        "4000000000000127" => Rule::Decline(DeclineReason::WrongCode),
        "4000000000000119" => Rule::Decline(DeclineReason::TryAgain),
        "4000000000003220" => Rule::Decline(DeclineReason::NeedsAuthentication),
        SILENT => Rule::TakeSilently,
        number if is_test_number(number) => Rule::Take,
        // The gate lets none of these come so far.
        _ => Rule::Decline(DeclineReason::TestCardsOnly),
    }
}

impl TestGateway {
    /// Decides once; whoever comes later gets the same decision.
    async fn decide(&self, attempt: &Attempt, decision: Standing) -> Outcome {
        self.change(attempt, move |standing| {
            if matches!(standing, Standing::Open) {
                *standing = decision.clone();
            }
        })
        .await
    }

    async fn give_back(&self, attempt: &Attempt, refund: &Refund) -> RefundOutcome {
        let (key, refund, amount) = (attempt.key, refund.key, refund.amount);
        let given = self.store.transact(move |tx| {
            let Some(mut payment) = tx.get(&PAYMENTS, &key)? else { return Ok(false) };
            if payment.refunds.iter().any(|(known, _)| *known == refund) {
                return Ok(true);
            }
            let sum: i64 = payment.refunds.iter().map(|(_, amount)| amount.minor).sum();
            let captured = matches!(payment.standing, Standing::Captured(_));
            if !captured || sum.saturating_add(amount.minor) > payment.amount.minor {
                return Ok(false);
            }
            payment.refunds.push((refund, amount));
            tx.put(&PAYMENTS, &key, &payment)?;
            Ok::<_, StoreError>(true)
        });
        match given.await {
            Ok(true) => RefundOutcome::Done { reference: format!("test_{refund}") },
            Ok(false) => RefundOutcome::Failed(RefundFailure::MoreThanLeft),
            Err(_) => RefundOutcome::Unknown,
        }
    }
}

impl Gateway for TestGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_live(&self) -> bool {
        false
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(self.make(attempt))
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        let shown =
            CardShown { brand: card.brand().name().to_owned(), last_four: card.last_four().to_owned() };
        let taken = match attempt.capture {
            CaptureMode::Automatic => Standing::Captured(shown),
            CaptureMode::Manual => Standing::Authorized(shown),
        };
        let rule = rule(card.expose_number());
        drop(card);
        Box::pin(async move {
            match rule {
                Rule::Take => self.decide(attempt, taken).await,
                Rule::Decline(reason) => self.decide(attempt, Standing::Declined { reason }).await,
                Rule::TakeSilently => {
                    self.decide(attempt, taken).await;
                    Outcome::Unknown
                }
            }
        })
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt, asking: Asking) -> Call<'a, Outcome> {
        // One that never got its card is closed by the question.
        Box::pin(async move {
            match asking {
                Asking::Look => self.change(attempt, |_| ()).await,
                Asking::Close => {
                    self.decide(attempt, Standing::Declined { reason: DeclineReason::TryAgain }).await
                }
            }
        })
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.change(attempt, |standing| {
            if let Standing::Authorized(card) = standing {
                *standing = Standing::Captured(card.clone());
            }
        }))
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.change(attempt, |standing| {
            if let Standing::Authorized(_) = standing {
                *standing = Standing::Voided;
            }
        }))
    }

    fn refund<'a>(&'a self, attempt: &'a Attempt, refund: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(self.give_back(attempt, refund))
    }

    /// It never sends any.
    fn hear(&self, _: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        Err(Unheard::NoSecret)
    }
}
