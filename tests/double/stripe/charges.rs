//! Charges: what a bank said to one card, and what became of the money.

use serde_json::{Value, json};

use super::super::api::Charge;
use super::cards::Method;
use super::errors::no_such;
use super::{Done200, Stripe, now};

#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    /// Whether the bank said yes.
    pub(super) paid: bool,
    pub(super) captured: i64,
    /// Held money that was let go, all of it.
    pub(super) released: bool,
    pub(super) method: Method,
    created: i64,
}

impl Stripe {
    /// Writes what a bank said; without capture by hand the money is taken at once.
    pub(super) fn place_charge(&mut self, intent: &str, paid: bool) -> String {
        let id = self.id("ch");
        let intent = &self.intents[intent];
        let captured = if paid && !intent.by_hand { intent.amount } else { 0 };
        let placed = Placed {
            id: id.clone(),
            intent: intent.id.clone(),
            amount: intent.amount,
            currency: intent.currency.clone(),
            paid,
            captured,
            released: false,
            method: intent.method.clone().unwrap(),
            created: now(),
        };
        self.charges.insert(id.clone(), placed);
        id
    }

    fn charge_of(&mut self, intent: &str) -> Option<&mut Placed> {
        let charge = self.intents[intent].charge.clone()?;
        self.charges.get_mut(&charge)
    }

    pub(super) fn capture_charge(&mut self, intent: &str, amount: i64) {
        self.charge_of(intent).unwrap().captured = amount;
    }

    pub(super) fn release_charge(&mut self, intent: &str) {
        if let Some(charge) = self.charge_of(intent) {
            charge.released = true;
        }
    }

    pub(super) fn read_charge(&self, id: &str) -> Done200 {
        let charge = self.charges.get(id).ok_or_else(|| no_such("charge", id))?;
        Ok(self.show_charge(charge))
    }

    /// Refunds that were taken on and have not failed.
    pub(super) fn refunded(&self, charge: &str) -> i64 {
        let all = self.refunds.iter().filter(|refund| refund.charge == charge && refund.status != "failed");
        all.map(|refund| refund.amount).sum()
    }

    pub(super) fn show_charge(&self, charge: &Placed) -> Value {
        let intent = &self.intents[&charge.intent];
        let refunded = if charge.released { charge.amount } else { self.refunded(&charge.id) };
        // What is not captured of a hold counts as given back.
        let of = if charge.captured > 0 { charge.captured } else { charge.amount };
        let status = if charge.paid { "succeeded" } else { "failed" };
        let network = if charge.paid { "approved_by_network" } else { "declined_by_network" };
        json!({
            "id": charge.id, "object": "charge", "amount": charge.amount, "amount_captured": charge.captured,
            "amount_refunded": refunded, "captured": charge.captured > 0, "created": charge.created,
            "currency": charge.currency, "disputed": false, "livemode": intent.live,
            "metadata": intent.metadata, "outcome": {"network_status": network, "type": if charge.paid {
                "authorized" } else { "issuer_declined" }},
            "paid": charge.paid, "payment_intent": charge.intent, "payment_method": charge.method.id,
            "payment_method_details": charge.method.details(), "refunded": refunded >= of && refunded > 0,
            "status": status,
        })
    }

    /// As every API tells it.
    pub(super) fn common(&self, charge: &Placed) -> Charge {
        let metadata = &self.intents[&charge.intent].metadata;
        let noted = |name: &str| metadata.get(name).cloned().unwrap_or_default();
        Charge {
            id: charge.id.clone(),
            attempt: noted("attempt"),
            order: noted("order"),
            amount: charge.amount,
            currency: charge.currency.clone(),
            captured: charge.captured,
            refunded: self.refunded(&charge.id),
            voided: charge.released,
            last_four: charge.method.last_four.clone(),
        }
    }
}
