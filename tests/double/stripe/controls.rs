//! What only a test can do to Stripe: look into the books and let time go by.

use super::super::Double;
use super::Stripe;
use super::intents::Intent;

impl Double {
    pub fn intents(&self) -> Vec<Intent> {
        self.with(|stripe: &mut Stripe| stripe.intents.values().cloned().collect())
    }

    /// From now on, its pages have addresses there.
    pub fn lives_at(&self, endpoint: &str) {
        self.with(|stripe: &mut Stripe| endpoint.clone_into(&mut stripe.endpoint));
    }

    /// Refunds that wait for their bank come to their end: succeeded or failed.
    pub fn settle_refunds(&self) {
        self.with(Stripe::settle);
    }

    /// The session's time is over.
    pub fn expire_session(&self, id: &str) {
        self.with(|stripe: &mut Stripe| stripe.end_session(id));
    }

    /// The hold's time is over (seven days at most banks): the money is let go and the payment canceled.
    pub fn expire_hold(&self, intent: &str) {
        self.with(|stripe: &mut Stripe| stripe.end_intent(intent, "automatic"));
    }
}
