//! What is done to a payment later: captures, cancels, refunds, reversals. All are received; how it went is a
//! notice.

use serde_json::{Value, json};

use super::errors::{self, Refused};
use super::{Adyen, Done2xx, MERCHANT, amount, checked, own_reference};

/// How a modification went, for its notice.
pub(super) struct Went {
    pub(super) event: &'static str,
    pub(super) success: bool,
    pub(super) reason: &'static str,
    /// `modification.action` of a reversal.
    pub(super) action: Option<&'static str>,
}

fn went(event: &'static str, problem: Option<&'static str>) -> Went {
    Went { event, success: problem.is_none(), reason: problem.unwrap_or_default(), action: None }
}

impl Adyen {
    pub(super) fn change(&mut self, psp: &str, what: &str, body: &Value) -> Done2xx {
        let takes_amount = matches!(what, "captures" | "refunds");
        let known: &[&str] = if takes_amount {
            &["merchantAccount", "reference", "amount"]
        } else {
            &["merchantAccount", "reference"]
        };
        checked(body, known)?;
        let reference = own_reference(body)?;
        let asked = if takes_amount { Some(amount(body)?) } else { None };
        let place = self.payments.iter().position(|payment| payment.psp == psp);
        let place = place.ok_or_else(errors::no_such_payment)?;
        if asked.as_ref().is_some_and(|(_, currency)| *currency != self.payments[place].currency) {
            return Err(errors::wrong_amount());
        }
        let value = asked.as_ref().map_or(0, |(value, _)| *value);
        let all = match what {
            "captures" => vec![self.capture(place, value)],
            "cancels" => vec![self.cancel(place, "CANCELLATION")],
            "refunds" => self.refund(place, value),
            _ => vec![self.reverse(place)],
        };
        let own = self.psp();
        let sum =
            asked.clone().unwrap_or((self.payments[place].amount, self.payments[place].currency.clone()));
        for one in all {
            self.tell_of_change(place, (&own, &reference), &sum, &one);
        }
        let mut answer = json!({
            "merchantAccount": MERCHANT, "paymentPspReference": psp, "pspReference": own,
            "reference": reference, "status": "received",
        });
        if let Some((value, currency)) = asked {
            answer["amount"] = json!({"value": value, "currency": currency});
        }
        Ok((201, answer))
    }

    pub(super) fn cancel_by_reference(&mut self, body: &Value) -> Result<(u16, Value), Refused> {
        checked(body, &["merchantAccount", "reference", "paymentReference"])?;
        let own_name = own_reference(body)?;
        let wanted = body["paymentReference"].as_str().ok_or_else(|| errors::missing("paymentReference"))?;
        let own = self.psp();
        // One that waits for its shopper is no payment yet.
        let found = self.payments.iter().position(|payment| payment.reference == wanted && !payment.waits);
        match found {
            Some(place) => {
                let one = self.cancel(place, "TECHNICAL_CANCEL");
                let sum = (self.payments[place].amount, self.payments[place].currency.clone());
                self.tell_of_change(place, (&own, wanted), &sum, &one);
            }
            None => self.tell_of_nothing(&own, wanted),
        }
        let answer = json!({
            "merchantAccount": MERCHANT, "paymentReference": wanted, "pspReference": own,
            "reference": own_name, "status": "received",
        });
        Ok((201, answer))
    }

    fn capture(&mut self, place: usize, value: i64) -> Went {
        let payment = &mut self.payments[place];
        let problem = if !payment.authorised || payment.cancelled {
            Some("Transaction is not authorised")
        } else if payment.captured > 0 {
            Some("Transaction was already captured")
        } else if value > payment.amount {
            Some("Insufficient balance on payment")
        } else {
            payment.captured = value;
            None
        };
        went("CAPTURE", problem)
    }

    pub(super) fn cancel(&mut self, place: usize, event: &'static str) -> Went {
        let payment = &mut self.payments[place];
        let problem = if !payment.authorised {
            Some("Transaction is not authorised")
        } else if payment.captured > 0 {
            Some("Transaction was already captured")
        } else if payment.cancelled {
            Some("Transaction was already cancelled")
        } else {
            payment.cancelled = true;
            None
        };
        went(event, problem)
    }

    fn refund(&mut self, place: usize, value: i64) -> Vec<Went> {
        let payment = &mut self.payments[place];
        if payment.captured == 0 {
            return vec![went("REFUND", Some("Transaction hasn't been captured, refund not possible"))];
        }
        if payment.refunded + value > payment.captured {
            return vec![went("REFUND", Some("Insufficient balance on payment"))];
        }
        if payment.card.holder == "refund failed" {
            return vec![
                went("REFUND", None),
                Went { reason: "Refund Failed", ..went("REFUND_FAILED", None) },
            ];
        }
        payment.refunded += value;
        vec![went("REFUND", None)]
    }

    fn reverse(&mut self, place: usize) -> Went {
        let open = self.payments[place].captured - self.payments[place].refunded;
        if open > 0 {
            self.payments[place].refunded += open;
            return Went { action: Some("refund"), ..went("CANCEL_OR_REFUND", None) };
        }
        let cancelled = self.cancel(place, "CANCEL_OR_REFUND");
        Went { action: cancelled.success.then_some("cancel"), ..cancelled }
    }
}
