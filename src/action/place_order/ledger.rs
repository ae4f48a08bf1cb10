//! A gateway of the tests that keeps the truth: what it says may be lost, what it holds or has taken is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::action::{HearError, hear};
use crate::payment::gateway::{
    About, Asking, Call, Created, Gateway, Heard, News, Notice, Outcome, Paid, RefundOutcome, Unheard,
    Visitor,
};
use crate::payment::{Attempt, CaptureMode, CardShown, Refund, Surprise};

/// Where the money of one attempt really is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Made known; no card yet.
    Open,
    /// The bank asks its customer.
    Asking,
    /// On the card, for us.
    Held,
    /// Ours.
    Taken,
    /// Nowhere, and for good.
    Closed,
}

/// What the bank does with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bank {
    Yes,
    No,
    Asks,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Good,
    /// It never arrives.
    CutBefore,
    /// It arrives, and its answer does not.
    CutAfter,
    /// It arrives later than anybody waits for it; asked meanwhile, the gateway knows of nothing.
    Late,
}

#[derive(Default)]
pub struct Books {
    pub truth: BTreeMap<String, (Attempt, Truth)>,
    pub bank: Option<Bank>,
    pub line: Option<Line>,
    /// Whether the answer to a creation is lost.
    pub unmade: bool,
    /// What is still on its way.
    late: Vec<(String, Truth)>,
}

/// The gateway; clones share their books.
#[derive(Clone, Default)]
pub struct Ledger(pub Arc<Mutex<Books>>);

fn name(attempt: &Attempt) -> String {
    format!("ledger_{}", attempt.key)
}

fn paid() -> Paid {
    Paid { card: CardShown { brand: "Visa".to_owned(), last_four: "4242".to_owned() }, transaction: None }
}

fn told(truth: Truth) -> Outcome {
    match truth {
        Truth::Open => Outcome::Unknown,
        Truth::Asking => Outcome::ActionRequired { url: "https://bank.example/ask".to_owned() },
        Truth::Held => Outcome::Authorized(paid()),
        Truth::Taken => Outcome::Captured(paid()),
        Truth::Closed => Outcome::Declined(DeclineReason::Declined),
    }
}

impl Ledger {
    /// One call: the line may be cut on either side of `change`.
    fn call(&self, attempt: &Attempt, change: impl FnOnce(&mut Truth, Bank)) -> Outcome {
        let mut books = self.0.lock().unwrap();
        let (line, bank) = (books.line.unwrap_or(Line::Good), books.bank.unwrap_or(Bank::Yes));
        if line == Line::CutBefore {
            return Outcome::Unknown;
        }
        if books.late.iter().any(|(late, _)| *late == name(attempt)) {
            return Outcome::Declined(DeclineReason::TryAgain);
        }
        let Some((_, truth)) = books.truth.get_mut(&name(attempt)) else {
            return Outcome::Declined(DeclineReason::TryAgain);
        };
        let before = *truth;
        change(truth, bank);
        let after = *truth;
        if line == Line::Late && before == Truth::Open && after != Truth::Closed {
            *truth = before;
            books.late.push((name(attempt), after));
        }
        if line == Line::Good { told(after) } else { Outcome::Unknown }
    }

    /// What was on its way arrives.
    pub fn arrive(&self) {
        let mut books = self.0.lock().unwrap();
        for (name, after) in std::mem::take(&mut books.late) {
            if let Some((_, truth)) = books.truth.get_mut(&name) {
                *truth = after;
            }
        }
    }

    pub fn each(&self, change: impl Fn(&mut Truth)) {
        self.0.lock().unwrap().truth.values_mut().for_each(|(_, truth)| change(truth));
    }

    pub fn all(&self) -> Vec<(Attempt, Truth)> {
        self.0.lock().unwrap().truth.values().cloned().collect()
    }
}

impl Gateway for Ledger {
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
        Box::pin(async move {
            let mut books = self.0.lock().unwrap();
            books.truth.insert(name(attempt), (attempt.clone(), Truth::Open));
            let created = Created { reference: name(attempt), redirect: None };
            if books.unmade { Err(DeclineReason::TryAgain) } else { Ok(created) }
        })
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, _: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(async move {
            self.call(attempt, |truth, bank| {
                if *truth == Truth::Open {
                    *truth = match (bank, attempt.capture) {
                        (Bank::Yes, CaptureMode::Automatic) => Truth::Taken,
                        (Bank::Yes, CaptureMode::Manual) => Truth::Held,
                        (Bank::No, _) => Truth::Closed,
                        (Bank::Asks, _) => Truth::Asking,
                    };
                }
            })
        })
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt, asking: Asking) -> Call<'a, Outcome> {
        Box::pin(async move {
            self.call(attempt, |truth, _| {
                if asking == Asking::Close && matches!(truth, Truth::Open | Truth::Asking) {
                    *truth = Truth::Closed;
                }
            })
        })
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async move {
            self.call(attempt, |truth, _| {
                if *truth == Truth::Held {
                    *truth = Truth::Taken;
                }
            })
        })
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async move {
            self.call(attempt, |truth, _| {
                if *truth == Truth::Held {
                    *truth = Truth::Closed;
                }
            })
        })
    }

    fn refund<'a>(&'a self, _: &'a Attempt, _: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(async { RefundOutcome::Unknown })
    }

    /// The body is one letter and the name of a payment: `?` is a reason to ask, `!` tells how it stands, `-` that the
    /// money went back.
    fn hear(&self, notice: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        let text = std::str::from_utf8(notice.body).map_err(|_| Unheard::Unreadable)?;
        let (kind, rest) = text.split_at_checked(1).ok_or(Unheard::Unsigned)?;
        let (id, reference) = rest.split_once(' ').ok_or(Unheard::Unsigned)?;
        let news = match (kind, self.0.lock().unwrap().truth.get(reference)) {
            ("?", _) => News::Ask,
            ("-", _) => News::Odd(Surprise::TakenBack),
            ("!", Some((attempt, truth))) => News::Payment {
                outcome: told(*truth),
                amount: Some((attempt.amount.minor, attempt.amount.currency.code().to_owned())),
            },
            _ => return Err(Unheard::Unsigned),
        };
        let about = About::Payment { reference: reference.to_owned() };
        Ok(vec![Heard { id: id.to_owned(), about, news }])
    }
}

/// Sends a notice through the door.
pub async fn notify(app: &Arc<App>, body: &str) -> Result<(), HearError> {
    let headers = hyper::HeaderMap::new();
    let notice = Notice { headers: &headers, body: body.as_bytes(), now: app.clock().now() };
    hear(app, "test", &notice).await
}
