//! The vendors and their shares. Another one is another row here, a double that speaks its API, and the form in
//! which the console takes its keys.

use super::double::Double;
use super::harness::Admin;
use super::plan::Plastic;

/// A way to be paid.
pub struct Vendor {
    pub name: &'static str,
    /// How many of a thousand checkouts.
    pub share: usize,
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

pub static VENDORS: [Vendor; 1] = [Vendor {
    name: "Stripe",
    share: 1_000,
    by_hand: false,
    hosted: false,
    asks: true,
    lies: true,
    api: Api::Stripe,
}];

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

    /// Lets it take the payments, as a person does in the console.
    pub async fn choose(&self, admin: &mut Admin) {
        match self.api {
            Api::Stripe => admin.use_stripe("sk_test_double").await,
        }
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
