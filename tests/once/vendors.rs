//! The vendors and their shares. Another one is another row here, and a double that speaks its API.

use super::double::{Double, Trust, Twist, adyen, authorize_net};
use super::harness::cards;
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
    AuthorizeNet,
    Adyen,
}

impl Api {
    pub const ALL: [Self; 3] = [Self::Stripe, Self::AuthorizeNet, Self::Adyen];

    /// As attempts name it.
    fn gateway(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::AuthorizeNet => "authorize-net",
            Self::Adyen => "adyen",
        }
    }

    /// What the console's pages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stripe => "Stripe",
            Self::AuthorizeNet => "Authorize.Net",
            Self::Adyen => "Adyen",
        }
    }

    /// The secret of its notices.
    fn secret(self) -> &'static str {
        match self {
            Self::Stripe => "whsec_of_these_tests",
            Self::AuthorizeNet => authorize_net::SIGNATURE_KEY,
            Self::Adyen => "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
        }
    }

    /// What is entered in the console.
    fn account(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Stripe => vec![("stripe_key", "sk_test_double"), ("stripe_notices", self.secret())],
            Self::AuthorizeNet => vec![
                ("authorize_net_environment", "sandbox"),
                ("authorize_net_login", authorize_net::LOGIN),
                ("authorize_net_key", authorize_net::KEY),
                ("authorize_net_signature", self.secret()),
            ],
            Self::Adyen => vec![
                ("adyen_merchant", adyen::MERCHANT),
                ("adyen_key", adyen::KEY),
                ("adyen_notices", self.secret()),
            ],
        }
    }

    /// What becomes of its notices. Adyen cannot be asked and sends each until it is taken: none is lost.
    fn twists(self) -> Vec<Twist> {
        let mut twists =
            vec![Twist::Times(2), Twist::Times(3), Twist::Later, Twist::Delay(700), Twist::Delay(5_000)];
        match self {
            Self::Stripe => twists.extend([Twist::Drop, Twist::WrongSignature, Twist::Old(900)]),
            Self::AuthorizeNet => twists.extend([Twist::Drop, Twist::WrongSignature]),
            Self::Adyen => {}
        }
        twists
    }
}

const PLAIN: Vendor = Vendor {
    name: "Stripe",
    share: 400,
    gateway: "stripe",
    by_hand: false,
    hosted: false,
    asks: true,
    lies: true,
    api: Api::Stripe,
};

pub static VENDORS: [Vendor; 6] = [
    PLAIN,
    Vendor { name: "Stripe, taken by hand", share: 150, by_hand: true, lies: false, ..PLAIN },
    Vendor {
        name: "Stripe's own page",
        share: 120,
        gateway: "stripe-hosted",
        hosted: true,
        asks: false,
        lies: false,
        ..PLAIN
    },
    Vendor {
        name: "Authorize.Net",
        share: 120,
        gateway: "authorize-net",
        asks: false,
        lies: false,
        api: Api::AuthorizeNet,
        ..PLAIN
    },
    Vendor {
        name: "Authorize.Net, taken by hand",
        share: 50,
        gateway: "authorize-net",
        by_hand: true,
        asks: false,
        lies: false,
        api: Api::AuthorizeNet,
        ..PLAIN
    },
    Vendor { name: "Adyen", share: 160, gateway: "adyen", lies: false, api: Api::Adyen, ..PLAIN },
];

impl Vendor {
    /// A card of this kind; good ones are all different.
    pub fn card(&self, plastic: Plastic, index: usize, nth: usize) -> String {
        match plastic {
            Plastic::Pays => cards::number((index * 10 + nth) as u64),
            Plastic::Declines => {
                ["4000000000000002", "4000000000009995", "4000000000000119"][(index + nth) % 3].to_owned()
            }
            Plastic::Asks => "4000000000003220".to_owned(),
        }
    }

    /// What the shopper's answer at the bank's page is called there.
    pub fn answer(&self, yes: bool) -> &'static str {
        match (self.hosted, yes) {
            (false, true) => "?ok",
            (false, false) => "?fail",
            (true, true) => "?pay",
            (true, false) => "?cancel",
        }
    }

    /// A card on its own page that is declined.
    pub fn declines(&self) -> &'static str {
        "?pay=pm_card_visa_chargeDeclined"
    }

    /// What the console is told of it.
    pub fn account(&self) -> Vec<(&'static str, &'static str)> {
        let mut fields = self.api.account();
        fields.push(("capture", if self.by_hand { "manual" } else { "automatic" }));
        fields
    }
}

/// The doubles of all vendors.
pub struct Doubles([Double; 3]);

impl Doubles {
    pub async fn start() -> Self {
        Self(Double::together().await)
    }

    pub fn of(&self, api: Api) -> &Double {
        match api {
            Api::Stripe => &self.0[0],
            Api::AuthorizeNet => &self.0[1],
            Api::Adyen => &self.0[2],
        }
    }

    pub fn all(&self) -> &[Double] {
        &self.0
    }

    /// Lets all of them send their notices to the shop, some spoiled.
    pub fn tell(&self, storefront: &str, seed: u64, per_mille: usize) {
        for api in Api::ALL {
            let url = format!("{storefront}/webhooks/{}", api.gateway());
            self.of(api).webhooks_to(&url, Trust::Anyone, api.secret());
            self.of(api).plan_random_notices(seed, per_mille, &api.twists());
        }
    }

    /// The part of the provisioning file that points a development machine at them.
    pub fn dev(&self) -> String {
        let endpoint = |api| self.of(api).endpoint();
        format!(
            "[dev]\ngateway_root = \"\"\"\n{}\"\"\"\nstripe_endpoint = \"{}\"\n\
             authorize_net_endpoint = \"{}\"\nadyen_endpoint = \"{}\"\nunlimited_payments = true\n",
            self.of(Api::Stripe).root_pem(),
            endpoint(Api::Stripe),
            endpoint(Api::AuthorizeNet),
            endpoint(Api::Adyen)
        )
    }
}
