//! What only a test can do to Adyen: look into the books, hold notices back, and let time go by.

use super::super::Double;
use super::super::api::Notice;
use super::cards::Bank;
use super::changes::Went;
use super::payments::Payment;
use super::{Adyen, notices};
use serde_json::Value;

impl Double {
    pub fn adyen_payments(&self) -> Vec<Payment> {
        self.with(|adyen: &mut Adyen| adyen.payments.clone())
    }

    /// From now on no notice leaves; [`Self::adyen_held`] takes them.
    pub fn adyen_holds_notices(&self) {
        self.with(|adyen: &mut Adyen| adyen.held = true);
    }

    /// What was held back since the last call, oldest first, one item a notice and not signed yet.
    pub fn adyen_held(&self) -> Vec<Notice> {
        self.with(|adyen: &mut Adyen| {
            let fresh: Vec<_> = adyen.events[adyen.told..].to_vec();
            adyen.told = adyen.events.len();
            fresh.iter().map(|item| notices::of(std::slice::from_ref(item), adyen.live)).collect()
        })
    }

    /// One notice of the items of these.
    pub fn adyen_together(&self, all: &[Notice]) -> Notice {
        let items: Vec<Value> = all
            .iter()
            .flat_map(|notice| notice.body["notificationItems"].as_array().unwrap())
            .map(|wrapper| wrapper["NotificationRequestItem"].clone())
            .collect();
        notices::of(&items, false)
    }

    /// Payments of which the bank said nothing yet get their yes.
    pub fn adyen_settles(&self) {
        self.with(|adyen: &mut Adyen| {
            for place in 0..adyen.payments.len() {
                if adyen.payments[place].waits && adyen.payments[place].card.bank == Bank::Waits {
                    adyen.payments[place].waits = false;
                    adyen.decide(place, Bank::Pays);
                }
            }
        });
    }

    /// What happens at Adyen by itself: `EXPIRE`, `CAPTURE_FAILED`, `CHARGEBACK`. Its money is not held any more.
    pub fn adyen_tells(&self, psp: &str, event: &'static str) {
        self.with(|adyen: &mut Adyen| {
            let place = adyen.payments.iter().position(|payment| payment.psp == psp).unwrap();
            match event {
                "EXPIRE" => adyen.payments[place].cancelled = true,
                "CAPTURE_FAILED" => adyen.payments[place].captured = 0,
                _ => {}
            }
            let sum = (adyen.payments[place].amount, adyen.payments[place].currency.clone());
            let own = adyen.psp();
            let went = Went { event, success: true, reason: "", action: None };
            adyen.tell_of_change(place, (&own, ""), &sum, &went);
        });
    }
}
