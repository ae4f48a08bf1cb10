//! Refunds (<https://docs.stripe.com/api/refunds>): never more than was captured.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cards::Refunding;
use super::errors::{impossible, invalid, missing_parameter, no_such};
use super::params::{Params, text};
use super::{Done200, Stripe, now};

#[derive(Debug, Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) charge: String,
    pub(super) amount: i64,
    pub(super) status: &'static str,
    intent: String,
    currency: String,
    metadata: BTreeMap<String, String>,
    reason: Option<String>,
    created: i64,
}

impl Refund {
    pub(super) fn show(&self) -> Value {
        let mut shown = json!({
            "id": self.id, "object": "refund", "amount": self.amount, "balance_transaction": null,
            "charge": self.charge, "created": self.created, "currency": self.currency,
            "destination_details": {"type": "card", "card": {"reference_status": "pending", "type": "refund"}},
            "metadata": self.metadata, "payment_intent": self.intent, "reason": text(self.reason.as_deref()),
            "receipt_number": null, "source_transfer_reversal": null, "status": self.status,
            "transfer_reversal": null,
        });
        if self.status == "failed" {
            shown["failure_reason"] = json!("expired_or_canceled_card");
        }
        shown
    }
}

impl Stripe {
    pub(super) fn create_refund(&mut self, params: &Params) -> Done200 {
        params.only(&["payment_intent", "charge", "amount", "reason", "metadata["])?;
        let charge = match (params.get("payment_intent"), params.get("charge")) {
            (Some(intent), _) => self.intent(intent)?.charge.clone(),
            (None, Some(charge)) => Some(charge.to_owned()),
            (None, None) => return Err(missing_parameter("payment_intent")),
        };
        let Some(charge) = charge else {
            let message = "This PaymentIntent does not have a successful charge to refund.";
            return Err(impossible(None, message));
        };
        let charge = self.charges.get(&charge).ok_or_else(|| no_such("charge", &charge))?.clone();
        if charge.captured == 0 {
            let message = "This payment has not been captured: cancel it instead of refunding it.";
            return Err(impossible(None, message));
        }
        let reason = params.get("reason");
        if reason
            .is_some_and(|reason| !["duplicate", "fraudulent", "requested_by_customer"].contains(&reason))
        {
            return Err(invalid("parameter_invalid", "reason", "Invalid reason"));
        }
        let left = charge.captured - self.refunded(&charge.id);
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(impossible(Some("charge_already_refunded"), &message));
        }
        let amount = params.number("amount")?.unwrap_or(left);
        if amount < 1 {
            return Err(invalid("parameter_invalid_integer", "amount", "Invalid positive integer"));
        }
        if amount > left {
            let message =
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err(impossible(None, &message).with("param", json!("amount")));
        }
        let status = if charge.method.refunding == Refunding::Waits { "pending" } else { "succeeded" };
        let refund = Refund {
            id: self.id("re"),
            charge: charge.id.clone(),
            amount,
            status,
            intent: charge.intent.clone(),
            currency: charge.currency.clone(),
            metadata: params.map("metadata"),
            reason: reason.map(str::to_owned),
            created: now(),
        };
        let shown = refund.show();
        self.refunds.push(refund);
        self.tell("refund.created", shown.clone());
        self.tell("charge.refunded", self.show_charge(&charge));
        Ok(shown)
    }

    pub(super) fn read_refund(&self, id: &str) -> Done200 {
        let found = self.refunds.iter().find(|refund| refund.id == id);
        found.map(Refund::show).ok_or_else(|| no_such("refund", id))
    }

    /// Newest first, as everything that Stripe lists.
    pub(super) fn list_refunds(&self, params: &Params) -> Done200 {
        params.only(&["payment_intent", "charge", "limit", "starting_after"])?;
        let fits = |refund: &&Refund| {
            params.get("payment_intent").is_none_or(|intent| intent == refund.intent)
                && params.get("charge").is_none_or(|charge| charge == refund.charge)
        };
        let all = self.refunds.iter().rev().filter(fits).map(Refund::show).collect();
        super::sessions::page_of(all, "/v1/refunds", params)
    }

    /// Time goes by: what was pending succeeds, and what must fail fails.
    pub(super) fn settle(&mut self) {
        let mut changed = Vec::new();
        for refund in &mut self.refunds {
            let to = match (self.charges[&refund.charge].method.refunding, refund.status) {
                (Refunding::Waits, "pending") => "succeeded",
                (Refunding::Fails, "succeeded" | "pending") => "failed",
                _ => continue,
            };
            refund.status = to;
            changed.push(refund.clone());
        }
        for refund in changed {
            self.tell("refund.updated", refund.show());
            if refund.status == "failed" {
                self.tell("refund.failed", refund.show());
            }
        }
    }
}
