//! A gateway of the tests whose refunds answer as planned, and which outlives the shop.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::action::place_order::bench::Fake;
use crate::base::{Money, Token};
use crate::payment::gateway::{
    Asking, Call, Created, Gateway, Heard, Notice, Outcome, RefundOutcome, Unheard, Visitor,
};
use crate::payment::{Attempt, Card, DeclineReason, Refund};

/// Where the power goes, as seen from the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Nowhere,
    Before,
    After,
}

/// What the gateway knows.
#[derive(Default)]
pub struct Ledger {
    /// What it answers to the next refunds; after that it takes them.
    pub answers: Mutex<VecDeque<RefundOutcome>>,
    /// What it gave back, by the refund's key.
    pub given: Mutex<BTreeMap<Token, Money>>,
    /// What the next notice says.
    pub heard: Mutex<Vec<Heard>>,
}

impl Ledger {
    pub fn plan(&self, answers: impl IntoIterator<Item = RefundOutcome>) {
        self.answers.lock().unwrap().extend(answers);
    }

    pub fn sum(&self) -> i64 {
        self.given.lock().unwrap().values().map(|money| money.minor).sum()
    }

    pub fn count(&self) -> usize {
        self.given.lock().unwrap().len()
    }
}

pub fn done() -> RefundOutcome {
    RefundOutcome::Done { reference: "re_1".to_owned() }
}

pub struct Till {
    pub ledger: Arc<Ledger>,
    pub cut: Cut,
    /// Rings when the place of the cut is reached.
    pub reached: Arc<Notify>,
}

impl Till {
    pub fn of(ledger: &Arc<Ledger>, cut: Cut) -> Arc<Self> {
        Arc::new(Self { ledger: Arc::clone(ledger), cut, reached: Arc::new(Notify::new()) })
    }

    async fn stop_at(&self, cut: Cut) {
        if self.cut == cut {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Gateway for Till {
    fn name(&self) -> &'static str {
        "test"
    }

    fn is_live(&self) -> bool {
        false
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(async move { Ok(Created { reference: format!("till_{}", attempt.key), redirect: None }) })
    }

    fn confirm<'a>(&'a self, _: &'a Attempt, _: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(async { Fake::taken() })
    }

    fn inquire<'a>(&'a self, _: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(async { Fake::taken() })
    }

    fn capture<'a>(&'a self, _: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async { Fake::taken() })
    }

    fn void<'a>(&'a self, _: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Voided })
    }

    fn refund<'a>(&'a self, _: &'a Attempt, refund: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(async move {
            self.stop_at(Cut::Before).await;
            let answer = self.ledger.answers.lock().unwrap().pop_front().unwrap_or_else(done);
            if matches!(answer, RefundOutcome::Done { .. } | RefundOutcome::Pending { .. }) {
                self.ledger.given.lock().unwrap().insert(refund.key, refund.amount);
            }
            self.stop_at(Cut::After).await;
            answer
        })
    }

    fn hear(&self, _: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        Ok(std::mem::take(&mut self.ledger.heard.lock().unwrap()))
    }
}
