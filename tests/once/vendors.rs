//! The vendors and their shares. Another one is another row here, a double that speaks its API, and the form in
//! which the console takes its keys.

use super::double::{Double, Trust, Twist};
use super::plan::Plastic;

/// A way to be paid.
pub struct Vendor {
    pub name: &'static str,
    /// How many of a thousand checkouts.
    pub share: usize,
    /// What the console calls it.
    pub gateway: &'static str,
    /// The money is held first and taken by hand.
    pub by_hand: bool,
    /// The card is typed on the vendor's own page.
    pub hosted: bool,
    /// There are cards whose bank wants to hear from the shopper.
    pub asks: bool,
    /// Some of its answers name another amount, always.
    pub lies: bool,
    pub api: Api,
}

/// Whose double.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Stripe,
}

impl Api {
    pub const ALL: [Self; 1] = [Self::Stripe];
}

const STRIPE: [(&str, &str); 2] = [("stripe_key", "sk_test_double"), ("stripe_notices", STRIPE_NOTICES)];
const STRIPE_NOTICES: &str = "whsec_of_these_tests";

pub static VENDORS: [Vendor; 3] = [
    Vendor {
        name: "Stripe",
        share: 600,
        gateway: "stripe",
        by_hand: false,
        hosted: false,
        asks: true,
        lies: true,
        api: Api::Stripe,
    },
    Vendor {
        name: "Stripe, captured by hand",
        share: 220,
        gateway: "stripe",
        by_hand: true,
        hosted: false,
        asks: true,
        lies: false,
        api: Api::Stripe,
    },
    Vendor {
        name: "Stripe's own page",
        share: 180,
        gateway: "stripe-hosted",
        by_hand: false,
        hosted: true,
        asks: false,
        lies: false,
        api: Api::Stripe,
    },
];

impl Vendor {
    /// A card of this kind; good ones are all different.
    pub fn card(&self, plastic: Plastic, index: usize, nth: usize) -> String {
        match (self.api, plastic) {
            (Api::Stripe, Plastic::Pays) => super::harness::cards::number((index * 10 + nth) as u64),
            (Api::Stripe, Plastic::Declines) => {
                ["4000000000000002", "4000000000009995", "4000000000000119"][(index + nth) % 3].to_owned()
            }
            (Api::Stripe, Plastic::Asks) => "4000000000003220".to_owned(),
        }
    }

    /// What the shopper's answer at the bank's page is called there.
    pub fn answer(&self, yes: bool) -> &'static str {
        match (self.api, self.hosted, yes) {
            (Api::Stripe, false, true) => "?ok",
            (Api::Stripe, false, false) => "?fail",
            (Api::Stripe, true, true) => "?pay",
            (Api::Stripe, true, false) => "?cancel",
        }
    }

    /// A card on its own page that is declined.
    pub fn declines(&self) -> &'static str {
        match self.api {
            Api::Stripe => "?pay=pm_card_visa_chargeDeclined",
        }
    }

    /// What the console is told of it.
    pub fn account(&self) -> Vec<(&'static str, &'static str)> {
        let account = match self.api {
            Api::Stripe => STRIPE,
        };
        let capture = if self.by_hand { "manual" } else { "automatic" };
        account.into_iter().chain([("capture", capture)]).collect()
    }
}

/// The doubles of all vendors.
pub struct Doubles {
    pub stripe: Double,
}

impl Doubles {
    pub async fn start() -> Self {
        Self { stripe: Double::stripe().await }
    }

    pub fn of(&self, api: Api) -> &Double {
        match api {
            Api::Stripe => &self.stripe,
        }
    }

    pub fn all(&self) -> [&Double; 1] {
        [&self.stripe]
    }

    /// Lets all of them send their notices to the shop, spoiled at random.
    pub fn tell(&self, storefront: &str, seed: u64, per_mille: usize, twists: &[Twist]) {
        let url = format!("{storefront}/webhooks/stripe");
        self.stripe.webhooks_to(&url, Trust::Anyone, STRIPE_NOTICES);
        self.all().iter().for_each(|double| double.plan_random_notices(seed, per_mille, twists));
    }

    /// The part of the provisioning file that points a development machine at them.
    pub fn dev(&self) -> String {
        let roots: String = self.all().iter().map(|double| double.root_pem()).collect();
        format!(
            "[dev]\ngateway_root = \"\"\"\n{roots}\"\"\"\nstripe_endpoint = \"{}\"\n\
             unlimited_payments = true\n",
            self.stripe.endpoint()
        )
    }
}
