//! The built-in test gateway: decides by rule, moves no money, and remembers in the shop's own store what it
//! decided, as a real gateway would on its side. It keeps scheme and last four digits, never a number.
//!
//! | number | answer |
//! |---|---|
//! | any valid number that begins with 424242, and the usual test numbers of the schemes | taken |
//! | 4000 0000 0000 0002 | declined |
//! | 4000 0000 0000 9995 | not enough money |
//! | 4000 0000 0000 0069 | expired |
//! | 4000 0000 0000 0127 | wrong security code |
//! | 4000 0000 0000 0119 | try again |
//! | 4000 0000 0000 3220 | the bank wants to ask first |
//! | 4000 0000 0000 4087 | taken, but the answer is lost: it is told when asked |
//! | any other | refused: test cards only |

use serde::{Deserialize, Serialize};

use super::{Call, Gateway, Outcome};
use crate::base::{Money, Token};
use crate::payment::{Attempt, Card, DeclineReason};
use crate::store::{Reads, Store, StoreError, Table};

/// Its name in attempts and orders.
pub const NAME: &str = "test";

/// An attempt's key to what this gateway knows of it.
const PAYMENTS: Table<Token, Payment> = Table::new("test-gateway", 1);

const TAKEN: [&str; 14] = [
    "4000056655665556",
    "4111111111111111",
    "5555555555554444",
    "5200828282828210",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3056930009020004",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
];

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Payment {
    order: u64,
    amount: Money,
    standing: Standing,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
enum Standing {
    Open,
    Captured { brand: String, last_four: String },
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

    async fn make(&self, attempt: &Attempt) -> Result<String, Outcome> {
        let (key, order, amount) = (attempt.key, attempt.order, attempt.amount);
        let made = self.store.transact(move |tx| {
            if tx.get(&PAYMENTS, &key)?.is_none() {
                tx.put(&PAYMENTS, &key, &Payment { order, amount, standing: Standing::Open })?;
            }
            Ok::<_, StoreError>(())
        });
        match made.await {
            Ok(()) => Ok(format!("test_{key}")),
            Err(error) => {
                log::error!("the test gateway could not note order {order}: {error}");
                Err(Outcome::Declined(DeclineReason::TryAgain))
            }
        }
    }

    /// Decides once; whoever comes later gets the same decision.
    async fn decide(&self, attempt: &Attempt, decision: Standing) -> Outcome {
        let key = attempt.key;
        let decided = self.store.transact(move |tx| {
            let Some(mut payment) = tx.get(&PAYMENTS, &key)? else { return Ok(None) };
            if matches!(payment.standing, Standing::Open) {
                payment.standing = decision.clone();
                tx.put(&PAYMENTS, &key, &payment)?;
            }
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
        Standing::Captured { .. } if (payment.order, payment.amount) != (attempt.order, attempt.amount) => {
            Outcome::Mismatch
        }
        Standing::Captured { brand, last_four } => Outcome::Captured { brand, last_four },
    }
}

fn rule(number: &str) -> Rule {
    match number {
        "4000000000000002" => Rule::Decline(DeclineReason::Declined),
        "4000000000009995" => Rule::Decline(DeclineReason::InsufficientFunds),
        "4000000000000069" => Rule::Decline(DeclineReason::ExpiredCard),
        "4000000000000127" => Rule::Decline(DeclineReason::WrongCode),
        "4000000000000119" => Rule::Decline(DeclineReason::TryAgain),
        "4000000000003220" => Rule::Decline(DeclineReason::NeedsAuthentication),
        "4000000000004087" => Rule::TakeSilently,
        number if number.starts_with("424242") || TAKEN.contains(&number) => Rule::Take,
        _ => Rule::Decline(DeclineReason::TestCardsOnly),
    }
}

impl Gateway for TestGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn create<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Result<String, Outcome>> {
        Box::pin(self.make(attempt))
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card) -> Call<'a, Outcome> {
        let captured = Standing::Captured {
            brand: card.brand().name().to_owned(),
            last_four: card.last_four().to_owned(),
        };
        let rule = rule(card.expose_number());
        drop(card);
        Box::pin(async move {
            match rule {
                Rule::Take => self.decide(attempt, captured).await,
                Rule::Decline(reason) => self.decide(attempt, Standing::Declined { reason }).await,
                Rule::TakeSilently => {
                    self.decide(attempt, captured).await;
                    Outcome::Unknown
                }
            }
        })
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        // One that never got its card is closed by the question.
        Box::pin(self.decide(attempt, Standing::Declined { reason: DeclineReason::TryAgain }))
    }
}
