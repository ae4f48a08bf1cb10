//! What Stripe says of refunds: the few fields that are read (<https://docs.stripe.com/api/refunds/object>).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::is_id;
use crate::payment::gateway::RefundOutcome;
use crate::payment::{Refund, RefundFailure};

/// A refund at Stripe.
#[derive(Deserialize)]
pub(super) struct Returned {
    id: String,
    status: Option<Status>,
    amount: i64,
    currency: String,
    payment_intent: Option<String>,
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Succeeded,
    Pending,
    RequiresAction,
    Failed,
    Canceled,
    /// One that Stripe has added since.
    #[serde(other)]
    New,
}

/// A part of the list of refunds, newest first.
#[derive(Deserialize)]
pub(super) struct Page {
    data: Vec<Returned>,
    has_more: bool,
}

/// The status alone: all else is text that somebody else has chosen.
impl fmt::Debug for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Returned({:?})", self.status)
    }
}

impl Returned {
    /// Reads an answer; `None` for anything that is not a whole refund.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let returned: Self = serde_json::from_slice(body).ok()?;
        is_refund(&returned.id).then_some(returned)
    }

    /// Whether it carries this refund's key.
    pub(super) fn is_called(&self, refund: &Refund) -> bool {
        self.metadata.get("refund").is_some_and(|key| *key == refund.key.to_string())
    }

    /// How the refund stands. One of another amount, currency, order or payment is not believed, and asked
    /// about until a person looks.
    pub(super) fn outcome(self, refund: &Refund, intent: &str) -> RefundOutcome {
        let fits = self.is_called(refund)
            && self.amount == refund.amount.minor
            && self.currency.eq_ignore_ascii_case(refund.amount.currency.code())
            && self.payment_intent.as_deref() == Some(intent)
            && self.metadata.get("order").is_some_and(|order| *order == refund.order.to_string());
        if !fits {
            log::error!("order {}: Stripe tells of another refund than was asked for", refund.order);
            return RefundOutcome::Unknown;
        }
        match self.status {
            Some(Status::Succeeded) => RefundOutcome::Done { reference: self.id },
            Some(Status::Pending | Status::RequiresAction) => RefundOutcome::Pending { reference: self.id },
            Some(Status::Failed) => RefundOutcome::Failed(match self.failure_reason.as_deref() {
                Some("insufficient_funds") => RefundFailure::NoFunds,
                _ => RefundFailure::Refused,
            }),
            // Taken back at Stripe's dashboard.
            Some(Status::Canceled) => RefundOutcome::Failed(RefundFailure::TryAgain),
            Some(Status::New) | None => RefundOutcome::Unknown,
        }
    }
}

impl Page {
    /// Reads an answer; `None` for anything that is not a whole list.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let page: Self = serde_json::from_slice(body).ok()?;
        page.data.iter().all(|returned| is_refund(&returned.id)).then_some(page)
    }

    /// The refund with this key, or else where the list goes on.
    pub(super) fn find(self, refund: &Refund) -> Found {
        let next = self.data.last().filter(|_| self.has_more).map(|last| last.id.clone());
        match (self.data.into_iter().find(|returned| returned.is_called(refund)), next) {
            (Some(returned), _) => Found::Here(returned),
            (None, Some(last)) => Found::After(last),
            (None, None) => Found::Nowhere,
        }
    }
}

/// Where a refund is.
#[derive(Debug)]
pub(super) enum Found {
    Here(Returned),
    /// Perhaps on the page after the one that ends with this refund.
    After(String),
    Nowhere,
}

fn is_refund(id: &str) -> bool {
    is_id(id, "re_") || is_id(id, "pyr_")
}

/// All that an answer leaves behind, of a refund.
pub(super) fn told(body: &[u8]) -> String {
    let Some(returned) = Returned::read(body) else { return String::new() };
    format!("{returned:?} {}", returned.id)
}

/// All that an answer leaves behind, of a list.
pub(super) fn told_of_page(body: &[u8]) -> String {
    let Some(page) = Page::read(body) else { return String::new() };
    let all: Vec<_> = page.data.iter().map(|returned| format!("{returned:?} {}", returned.id)).collect();
    format!("{all:?} {}", page.has_more)
}

#[cfg(test)]
mod tests {
    use super::super::bench::{refund, refund_json};
    use super::*;
    use proptest::prelude::*;

    fn outcome(status: &str, change: &str, to: &str) -> RefundOutcome {
        let body = refund_json(status).replacen(change, to, 1);
        Returned::read(body.as_bytes()).unwrap().outcome(&refund(), "pi_1")
    }

    #[test]
    fn each_status_has_its_meaning() {
        let reference = "re_1".to_owned();
        let pending = RefundOutcome::Pending { reference: reference.clone() };
        let failed = |why| RefundOutcome::Failed(why);
        for (status, meaning) in [
            ("succeeded", RefundOutcome::Done { reference }),
            ("pending", pending.clone()),
            ("requires_action", pending),
            ("failed", failed(RefundFailure::Refused)),
            ("canceled", failed(RefundFailure::TryAgain)),
            ("resting", RefundOutcome::Unknown),
        ] {
            assert_eq!(outcome(status, "", ""), meaning, "{status}");
        }
        let poor = ("\"amount\"", "\"failure_reason\":\"insufficient_funds\",\"amount\"");
        assert_eq!(outcome("failed", poor.0, poor.1), failed(RefundFailure::NoFunds));
    }

    #[test]
    fn another_refund_is_never_taken_for_this_one() {
        for (change, to) in [
            ("\"amount\":500", "\"amount\":501"),
            ("eur", "usd"),
            ("\"pi_1\"", "\"pi_2\""),
            ("\"pi_1\"", "null"),
            ("\"order\":\"1001\"", "\"order\":\"1002\""),
            ("\"refund\":\"", "\"refund\":\"x"),
        ] {
            assert_eq!(outcome("succeeded", change, to), RefundOutcome::Unknown, "{change} -> {to}");
        }
        assert!(Returned::read(refund_json("succeeded").replacen("re_1", "re_1/x", 1).as_bytes()).is_none());
    }

    #[test]
    fn a_refund_is_looked_for_to_the_end_of_the_list() {
        let other = refund_json("succeeded").replacen("\"refund\":", "\"x\":", 1).replacen("re_1", "re_2", 1);
        let page = |items: &[&str], more: bool| {
            Page::read(format!(r#"{{"data":[{}],"has_more":{more}}}"#, items.join(",")).as_bytes()).unwrap()
        };
        let own = refund_json("pending");
        assert!(matches!(page(&[&other, &own], true).find(&refund()), Found::Here(_)));
        assert!(matches!(page(&[&own, &other], true).find(&refund()), Found::Here(_)));
        assert!(matches!(page(&[&other], true).find(&refund()), Found::After(id) if id == "re_2"));
        assert!(matches!(page(&[&other], false).find(&refund()), Found::Nowhere));
        assert!(matches!(page(&[], false).find(&refund()), Found::Nowhere));
        assert!(Page::read(b"{\"data\":[]}").is_none());
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body: Vec<u8>) {
            let _ = (told(&body), told_of_page(&body));
        }
    }
}
