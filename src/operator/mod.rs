//! The shop's own settings, as its operator made them.
//!
//! Owns name, contact, currency, tax, delivery, gateway choice and whether the shop is live. Secrets of
//! a gateway are not here: they are rows of `action::secrets`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{Currency, Line, Money};
use crate::order::{Email, ShippingMethod};
use crate::store::{Reads, StoreError, Table};

/// One row, under 0.
pub const SETTINGS: Table<u64, Settings> = Table::new("settings", 1);

/// Which gateway takes the cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayChoice {
    /// The built-in one: test cards only, no money moves, gone at go-live.
    Test,
    /// Stripe, with the operator's own keys.
    Stripe,
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
    /// Who takes the cards; `None` when there is none yet and the shop cannot sell.
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
