//! Test cards: what each number does (<https://docs.stripe.com/testing>), and payment methods made of them.

use serde_json::{Value, json};

use super::super::cards::passes_luhn;
use super::errors::{Refused, card, missing_parameter};
use super::params::Params;

/// What a bank says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bank {
    Pays,
    /// Only after the cardholder has shown who they are; then this number's second word.
    Asks(&'static Bank),
    Refuses(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    code: &'static str,
    decline_code: Option<&'static str>,
    advice_code: Option<&'static str>,
    message: &'static str,
}

/// What becomes of a refund to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refunding {
    Succeeds,
    /// Pending until it is settled, then succeeded.
    Waits,
    /// Succeeded at first, failed when it is settled.
    Fails,
}

const DECLINED: &str = "Your card was declined.";

const fn declined(decline_code: &'static str, advice_code: &'static str) -> Bank {
    Bank::Refuses(Refusal {
        code: "card_declined",
        decline_code: Some(decline_code),
        advice_code: Some(advice_code),
        message: DECLINED,
    })
}

/// Refusals that have a code of their own and no decline code.
const fn refused(code: &'static str, advice_code: &'static str, message: &'static str) -> Bank {
    Bank::Refuses(Refusal { code, decline_code: None, advice_code: Some(advice_code), message })
}

const LATER: &str = "try_again_later";
const CHECK: &str = "confirm_card_data";
const NEVER: &str = "do_not_try_again";

fn bank(number: &str) -> Bank {
    match number {
        "4000000000000002" | "4000000000000341" => declined("generic_decline", LATER),
        "4000000000009995" => declined("insufficient_funds", LATER),
        "4000000000009987" => declined("lost_card", NEVER),
        "4000000000009979" => declined("stolen_card", NEVER),
        "4000000000006975" => declined("card_velocity_exceeded", LATER),
        "4100000000000019" | "4000000000004954" => declined("fraudulent", NEVER),
        "4000000000000069" => refused("expired_card", CHECK, "Your card has expired."),
        "4000000000000127" => refused("incorrect_cvc", CHECK, "Your card's security code is incorrect."),
        "4000000000000119" => {
            refused("processing_error", LATER, "An error occurred while processing your card.")
        }
        "4000000000003220" | "4000002760003184" => Bank::Asks(&Bank::Pays),
        "4000008400001629" => {
            const THEN: Bank = declined("generic_decline", LATER);
            Bank::Asks(&THEN)
        }
        _ => Bank::Pays,
    }
}

/// Names do here what Stripe's numbers do, for tests that need numbers of their own.
fn holder_of(method: &Method) -> &str {
    method.holder.as_deref().unwrap_or_default()
}

/// Numbers that a live key refuses.
fn is_test_number(number: &str) -> bool {
    bank(number) != Bank::Pays
        || refunding(number) != Refunding::Succeeds
        || ["4242424242424242", "5555555555554444", "378282246310005", "6011111111111117"].contains(&number)
}

fn refunding(number: &str) -> Refunding {
    match number {
        "4000000000007726" => Refunding::Waits,
        "4000000000005126" => Refunding::Fails,
        _ => Refunding::Succeeds,
    }
}

/// Test tokens for payment methods.
fn number_of(token: &str) -> Option<&'static str> {
    Some(match token {
        "pm_card_visa" => "4242424242424242",
        "pm_card_mastercard" => "5555555555554444",
        "pm_card_amex" => "378282246310005",
        "pm_card_visa_chargeDeclined" => "4000000000000002",
        "pm_card_visa_chargeDeclinedInsufficientFunds" => "4000000000009995",
        "pm_card_visa_chargeDeclinedLostCard" => "4000000000009987",
        "pm_card_visa_chargeDeclinedStolenCard" => "4000000000009979",
        "pm_card_chargeDeclinedExpiredCard" => "4000000000000069",
        "pm_card_threeDSecure2Required" => "4000000000003220",
        "pm_card_authenticationRequired" => "4000002760003184",
        "pm_card_pendingRefund" => "4000000000007726",
        "pm_card_refundFail" => "4000000000005126",
        _ => return None,
    })
}

/// A payment method: what is shown of a card, and what its bank will say. The number itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) id: String,
    pub(super) brand: &'static str,
    pub(super) last_four: String,
    expiry: (i64, i64),
    holder: Option<String>,
    pub(super) bank: Bank,
    pub(super) refunding: Refunding,
}

impl Method {
    /// From `payment_method` (a test token) or `payment_method_data[card]`; `Ok(None)` if there is neither.
    pub(super) fn read(
        params: &Params,
        id: String,
        now: (i64, i64),
        live: bool,
    ) -> Result<Option<Self>, Refused> {
        if let Some(token) = params.get("payment_method") {
            let number = number_of(token).ok_or_else(|| super::errors::no_such("PaymentMethod", token))?;
            return Ok(Some(Self::of(id, number, (12, 2040), None)));
        }
        let Some(kind) = params.get("payment_method_data[type]") else { return Ok(None) };
        if kind != "card" {
            return Err(super::errors::invalid(
                "parameter_invalid",
                "payment_method_data[type]",
                "card only",
            ));
        }
        let card = |name: &str| {
            let name = format!("payment_method_data[card][{name}]");
            params.get(&name).ok_or_else(|| missing_parameter(&name))
        };
        let (number, code) = (card("number")?, card("cvc")?);
        card("exp_month")?;
        card("exp_year")?;
        let month = params.number("payment_method_data[card][exp_month]")?.unwrap_or_default();
        let year = params.number("payment_method_data[card][exp_year]")?.unwrap_or_default();
        let wrong = |code: &str, param: &str, message: &str| {
            let error = json!({"type": "card_error", "code": code, "param": param, "message": message});
            Err(super::errors::card(error))
        };
        if !number.bytes().all(|byte| byte.is_ascii_digit()) || number.len() < 12 || !passes_luhn(number) {
            return wrong("incorrect_number", "number", "Your card number is incorrect.");
        }
        if !(1..=12).contains(&month) {
            return wrong("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid.");
        }
        if (year, month) < now || year > now.0 + 50 {
            return wrong("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.");
        }
        if !(3..=4).contains(&code.len()) || code.bytes().any(|byte| !byte.is_ascii_digit()) {
            return wrong("invalid_cvc", "cvc", "Your card's security code is invalid.");
        }
        let holder = params.get("payment_method_data[billing_details][name]").map(str::to_owned);
        let mut method = Self::of(id, number, (month, year), holder);
        match holder_of(&method) {
            "ASKS" => method.bank = Bank::Asks(&Bank::Pays),
            "DECLINED" => method.bank = declined("generic_decline", LATER),
            _ => {}
        }
        if live && is_test_number(number) {
            method.bank = declined("live_mode_test_card", NEVER);
        }
        Ok(Some(method))
    }

    /// A card that a shopper typed into a page of Stripe's own.
    pub(super) fn of_token(id: String, token: &str) -> Option<Self> {
        Some(Self::of(id, number_of(token)?, (12, 2040), None))
    }

    fn of(id: String, number: &str, expiry: (i64, i64), holder: Option<String>) -> Self {
        let last_four = number[number.len() - 4..].to_owned();
        let (brand, bank, refunding) = (brand(number), bank(number), refunding(number));
        Self { id, brand, last_four, expiry, holder, bank, refunding }
    }

    fn card(&self) -> Value {
        json!({
            "brand": self.brand, "last4": self.last_four, "exp_month": self.expiry.0,
            "exp_year": self.expiry.1, "country": "DE", "funding": "credit", "wallet": null,
            "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
        })
    }

    pub(super) fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "payment_method", "type": "card", "card": self.card(), "customer": null,
            "billing_details": {"name": self.holder, "email": null, "phone": null, "address": null},
            "livemode": false, "metadata": {},
        })
    }

    /// As a charge shows it.
    pub(super) fn details(&self) -> Value {
        json!({"type": "card", "card": self.card()})
    }
}

impl Refusal {
    /// An error, as it is answered and as it stays in `last_payment_error`.
    pub(super) fn error(&self, charge: &str, method: &Method) -> Value {
        let mut error = json!({
            "type": "card_error", "code": self.code, "message": self.message, "charge": charge,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", self.code.replace('_', "-")),
            "payment_method": method.show(),
        });
        for (name, value) in [("decline_code", self.decline_code), ("advice_code", self.advice_code)] {
            if let Some(value) = value {
                error[name] = json!(value);
            }
        }
        error
    }
}

/// Refused because the bank asks for the cardholder and the shop said that nobody is there.
pub(super) fn nobody_there(method: &Method) -> Refused {
    card(json!({
        "type": "card_error", "code": "authentication_required", "decline_code": "authentication_required",
        "message": "Your card was declined. This transaction requires authentication.",
        "payment_method": method.show(),
    }))
}

fn brand(number: &str) -> &'static str {
    let starts = |from: u32, to: u32, digits: usize| {
        number.get(..digits).and_then(|text| text.parse().ok()).is_some_and(|n: u32| (from..=to).contains(&n))
    };
    if starts(4, 4, 1) {
        "visa"
    } else if starts(51, 55, 2) || starts(2221, 2720, 4) {
        "mastercard"
    } else if starts(34, 34, 2) || starts(37, 37, 2) {
        "amex"
    } else if starts(6011, 6011, 4) || starts(644, 659, 3) {
        "discover"
    } else if starts(300, 305, 3) || starts(36, 36, 2) || starts(38, 39, 2) {
        "diners"
    } else if starts(3528, 3589, 4) {
        "jcb"
    } else if starts(62, 62, 2) {
        "unionpay"
    } else {
        "unknown"
    }
}
