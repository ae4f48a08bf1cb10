//! The shop's own settings, as its operator made them.
//!
//! Owns name, contact, currency, tax, delivery, gateway choice and whether the shop is live. Secrets of
//! a gateway are not here: they are rows of `action::secrets`; what they look like is told by [`AccountField`].

mod account;

pub use account::{AccountField, LIVE, SANDBOX, Vendor};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{Currency, Line, Money};
use crate::order::{Email, ShippingMethod};
use crate::payment::{CaptureMode, gateway};
use crate::store::{Reads, StoreError, Table};

/// One row, under 0.
pub const SETTINGS: Table<u64, Settings> = Table::new("settings", 1);

/// Which gateway takes the payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayChoice {
    /// The built-in one: test cards only, no money moves, gone at go-live.
    Test,
    /// Stripe, with the operator's own keys; the card is typed into the shop's page.
    Stripe,
    /// Stripe's own payment page: the card never touches this machine.
    StripeHosted,
    /// Authorize.Net.
    AuthorizeNet,
    /// Adyen.
    Adyen,
}

impl GatewayChoice {
    /// All of them, in the order in which the console offers them.
    pub const ALL: [Self; 5] =
        [Self::Stripe, Self::StripeHosted, Self::Adyen, Self::AuthorizeNet, Self::Test];

    /// The gateway's name in attempts, orders, addresses and forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => gateway::TEST,
            Self::Stripe => gateway::STRIPE,
            Self::StripeHosted => gateway::STRIPE_HOSTED,
            Self::AuthorizeNet => gateway::AUTHORIZE_NET,
            Self::Adyen => gateway::ADYEN,
        }
    }

    /// The one of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }
}

/// The shop's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The shop's name.
    pub name: Line<60>,
    /// Where shoppers reach the shop.
    pub contact: Email,
    /// What prices are in.
    pub currency: Currency,
    /// The tax rate that prices include, in tenths of a percent (190 is 19 %).
    pub tax_permille: u16,
    /// Ways of delivery; at least one.
    pub shipping: Vec<ShippingMethod>,
    /// When the money of an order is taken.
    #[serde(default)]
    pub capture: CaptureMode,
    /// Who takes the payments; `None` when there is none yet and the shop cannot sell.
    pub gateway: Option<GatewayChoice>,
    /// Shows the demo goods.
    pub demo: bool,
    /// When it went live; from then on the test gateway and the demo goods are gone for good.
    pub live_since: Option<Timestamp>,
}

impl Settings {
    /// What a new shop starts with.
    pub fn new(name: Line<60>, contact: Email, demo: bool) -> Result<Self, crate::base::TextError> {
        let currency = Currency::Eur;
        let method = |code, name, estimate, minor| {
            let price = Money::new(minor, currency);
            Ok(ShippingMethod {
                code: Line::new(code)?,
                name: Line::new(name)?,
                estimate: Line::new(estimate)?,
                price,
            })
        };
        Ok(Self {
            name,
            contact,
            currency,
            tax_permille: 190,
            shipping: vec![
                method("standard", "Standard delivery", "2 to 4 working days", 490)?,
                method("express", "Express delivery", "next working day", 1290)?,
            ],
            capture: CaptureMode::Automatic,
            gateway: Some(GatewayChoice::Test),
            demo,
            live_since: None,
        })
    }

    /// The settings in force; `None` before the shop is set up.
    pub fn load(view: &impl Reads) -> Result<Option<Self>, StoreError> {
        view.get(&SETTINGS, &0)
    }
}
