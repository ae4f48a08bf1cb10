//! Test cards: what each holder's name or number does. Names are Adyen's
//! (<https://docs.adyen.com/development-resources/testing/result-codes>); of the numbers, the common list of test
//! gateways is refused here too, so that one suite serves all gateways.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::super::cards::passes_luhn;
use super::errors::{self, Refused};

/// What a bank says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bank {
    Pays,
    /// `refusalReasonCode` and `refusalReason`.
    Refuses(&'static str, &'static str),
    /// `resultCode` is `Error`.
    Fails,
    /// Only after the cardholder has shown who they are, on Adyen's page; then this.
    Asks(&'static Bank),
    /// Insists on 3-D Secure in the shop's own page.
    AsksNatively,
    /// Says it later, with a notice: yes.
    Waits,
}

/// A card, without its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) brand: &'static str,
    pub(super) last_four: String,
    pub(super) expiry: String,
    pub(super) bank: Bank,
    pub(super) holder: String,
}

fn by_name(holder: &str) -> Option<Bank> {
    Some(match holder {
        "DECLINED" => Bank::Refuses("2", "Refused"),
        "REFERRAL" => Bank::Refuses("3", "Referral"),
        "ERROR" => Bank::Fails,
        "BLOCK_CARD" => Bank::Refuses("5", "Blocked Card"),
        "CARD_EXPIRED" => Bank::Refuses("6", "Expired Card"),
        "INVALID_CARD" => Bank::Refuses("8", "Invalid Card Number"),
        "ISSUER_UNAVAILABLE" => Bank::Refuses("9", "Issuer Unavailable"),
        "NOT_SUPPORTED" => Bank::Refuses("10", "Not supported"),
        "NOT_3D_AUTHENTICATED" => Bank::Refuses("11", "3D Not Authenticated"),
        "NOT_ENOUGH_BALANCE" => Bank::Refuses("12", "Not enough balance"),
        "ACQUIRER_FRAUD" => Bank::Refuses("14", "Acquirer Fraud"),
        "FRAUD" => Bank::Refuses("20", "FRAUD"),
        "CVC_DECLINED" => Bank::Refuses("24", "CVC Declined"),
        "RESTRICTED_CARD" => Bank::Refuses("25", "Restricted Card"),
        "NATIVE" => Bank::AsksNatively,
        "PENDING" => Bank::Waits,
        _ => return None,
    })
}

fn by_number(number: &str) -> Bank {
    const LOST: Bank = Bank::Refuses("2", "Refused");
    match number {
        "4000000000000002" | "4000000000009987" | "4000000000009979" | "4000000000000341" => LOST,
        "4100000000000019" => Bank::Refuses("20", "FRAUD"),
        "4000000000009995" => Bank::Refuses("12", "Not enough balance"),
        "4000000000000069" => Bank::Refuses("6", "Expired Card"),
        "4000000000000127" => Bank::Refuses("24", "CVC Declined"),
        "4000000000000119" => Bank::Fails,
        "4000000000003220" | "4000002760003184" | "4212345678901237" | "5212345678901234" => {
            Bank::Asks(&Bank::Pays)
        }
        "4000008400001629" => Bank::Asks(&LOST),
        _ => Bank::Pays,
    }
}

impl Card {
    /// From `paymentMethod`.
    pub(super) fn read(method: &Value) -> Result<Self, Refused> {
        let known = ["type", "number", "expiryMonth", "expiryYear", "cvc", "holderName"];
        if method.as_object().is_none_or(|fields| fields.keys().any(|name| !known.contains(&name.as_str()))) {
            return Err(errors::unknown_fields("in paymentMethod"));
        }
        if method["type"] != "scheme" {
            return Err(errors::invalid("paymentMethod.type"));
        }
        let text = |name: &str| method[name].as_str().ok_or_else(|| errors::missing(name));
        let (number, month, year, code) =
            (text("number")?, text("expiryMonth")?, text("expiryYear")?, text("cvc")?);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(number) || number.len() < 12 || !passes_luhn(number) {
            return Err(errors::card_number());
        }
        if !digits(code) || !(3..=4).contains(&code.len()) {
            return Err(errors::card_code());
        }
        let today = Timestamp::now().to_zoned(TimeZone::UTC);
        let expiry = (year.parse::<i16>().unwrap_or_default(), month.parse::<i8>().unwrap_or_default());
        if year.len() != 4 || !(1..=12).contains(&expiry.1) || expiry < (today.year(), today.month()) {
            return Err(errors::card_expiry());
        }
        let holder = method["holderName"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            brand: brand(number),
            last_four: number[number.len() - 4..].to_owned(),
            expiry: format!("{month}/{year}"),
            bank: by_name(&holder).unwrap_or_else(|| by_number(number)),
            holder,
        })
    }
}

fn brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "visa",
        [b'5', b'1'..=b'5', ..] | [b'2', ..] => "mc",
        [b'3', b'4' | b'7', ..] => "amex",
        [b'3', b'5', ..] => "jcb",
        [b'3', ..] => "diners",
        [b'6', b'2', ..] => "cup",
        [b'6', ..] => "discover",
        _ => "maestro",
    }
}
