//! The accounts at the gateways' vendors: put together from the operator's rows, and opened.
//!
//! Every gateway whose account is complete is at hand, chosen or not: payments that were taken with it are
//! still asked about, refunded, and told of by its notices.

use std::collections::BTreeMap;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::choose_gateway::GatewayError;
use super::secrets::{self, Kept};
use super::{Office, unsettled};
use crate::base::SecretBytes;
use crate::operator::{AccountField, GatewayChoice, LIVE, Settings, Vendor};
use crate::payment::CaptureMode;
use crate::payment::gateway::{Account, AdyenAccount, AuthorizeNetAccount, StripeAccount, StripePage};
use crate::store::{Reads, StoreError};

/// The values of accounts, by field.
pub(super) type Values = BTreeMap<AccountField, Zeroizing<String>>;

/// What a page may show of the gateways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayState {
    /// Who takes the payments.
    pub choice: Option<GatewayChoice>,
    /// When the money is taken.
    pub capture: CaptureMode,
    /// Whether the shop is live, and the test gateway has ended.
    pub live: bool,
    /// One of each vendor.
    pub accounts: Vec<AccountState>,
}

/// What a page may show of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Whose it is.
    pub vendor: Vendor,
    /// Whether it moves real money; `None` while something is missing.
    pub live: Option<bool>,
    /// How many payments and refunds with it are not over.
    pub waiting: usize,
    /// What is kept.
    pub fields: Vec<KeptField>,
}

/// What a page may show of a field that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptField {
    /// Which.
    pub field: AccountField,
    /// When it was set.
    pub set: Timestamp,
    /// The value; empty for a secret.
    pub shown: String,
}

impl AccountState {
    /// What is kept of a field.
    pub fn kept(&self, field: AccountField) -> Option<&KeptField> {
        self.fields.iter().find(|kept| kept.field == field)
    }
}

pub(super) fn values(kept: &BTreeMap<AccountField, Kept>) -> Values {
    kept.iter().map(|(field, kept)| (*field, kept.value.clone())).collect()
}

/// The account that `choice` uses; `None` while something is missing.
pub(super) fn account(choice: GatewayChoice, values: &Values) -> Option<Account> {
    let secret = |field| values.get(&field).map(|value| SecretBytes::new(value.as_bytes().to_vec()));
    let shown = |field| values.get(&field).map(|value| value.to_string());
    let stripe = |page| {
        let notices = secret(AccountField::StripeNotices);
        Some(Account::Stripe(StripeAccount { key: secret(AccountField::StripeKey)?, notices, page }))
    };
    match choice {
        GatewayChoice::Test => Some(Account::Test),
        GatewayChoice::Stripe => stripe(StripePage::Own),
        GatewayChoice::StripeHosted => stripe(StripePage::Hosted),
        GatewayChoice::Adyen => Some(Account::Adyen(AdyenAccount {
            live_prefix: shown(AccountField::AdyenPrefix),
            merchant: shown(AccountField::AdyenMerchant)?,
            key: secret(AccountField::AdyenKey)?,
            notices: secret(AccountField::AdyenNotices)?,
        })),
        GatewayChoice::AuthorizeNet => Some(Account::AuthorizeNet(AuthorizeNetAccount {
            live: shown(AccountField::AuthorizeNetEnvironment)? == LIVE,
            login: secret(AccountField::AuthorizeNetLogin)?,
            transaction_key: secret(AccountField::AuthorizeNetKey)?,
            signature_key: secret(AccountField::AuthorizeNetSignature),
        })),
    }
}

/// Whether the account of `choice` moves real money; `None` while something is missing.
pub(super) fn moves_money(
    view: &impl Reads,
    choice: Option<GatewayChoice>,
) -> Result<Option<bool>, StoreError> {
    let Some(choice) = choice.filter(|choice| *choice != GatewayChoice::Test) else { return Ok(None) };
    Ok(account(choice, &values(&secrets::all(view)?)).map(|account| account.is_live()))
}

/// How many payments and refunds with a vendor's account are not over.
pub(super) fn waiting(view: &impl Reads, vendor: Vendor) -> Result<usize, StoreError> {
    let mut waiting = 0_usize;
    for choice in vendor.choices() {
        waiting = waiting.saturating_add(unsettled(view, choice.name())?);
    }
    Ok(waiting)
}

/// The gateways as pages may show them.
pub fn gateway_state(office: &Office) -> Result<GatewayState, StoreError> {
    office.app().store().read(|view| {
        let settings = Settings::load(view)?;
        let kept = secrets::all(view)?;
        let values = values(&kept);
        let mut accounts = Vec::new();
        for vendor in Vendor::ALL {
            let state = |field: &AccountField| {
                let kept = kept.get(field)?;
                let shown = if field.is_secret() { String::new() } else { kept.value.to_string() };
                Some(KeptField { field: *field, set: kept.set, shown })
            };
            let account = vendor.choices().first().and_then(|choice| account(*choice, &values));
            accounts.push(AccountState {
                vendor,
                live: account.map(|account| account.is_live()),
                waiting: waiting(view, vendor)?,
                fields: vendor.fields().iter().filter_map(state).collect(),
            });
        }
        Ok(GatewayState {
            choice: settings.as_ref().and_then(|settings| settings.gateway),
            capture: settings.as_ref().map(|settings| settings.capture).unwrap_or_default(),
            live: settings.is_some_and(|settings| settings.live_since.is_some()),
            accounts,
        })
    })
}

/// Opens every gateway whose account is complete, and lets the one that the settings name take new payments:
/// at the start of the service and after each change. A shop that is live never opens the test gateway,
/// whatever a row says. A gateway that cannot be opened does not keep the others from it; the error is the
/// chosen one's.
pub fn restore_gateway(office: &Office) -> Result<(), GatewayError> {
    let _one_at_a_time = office.opening();
    let app = office.app();
    let Some(settings) = app.settings()? else { return Ok(()) };
    let live = settings.live_since.is_some();
    let kept = app.store().read(|view| secrets::all(view))?;
    let values = values(&kept);
    let mut failed = None;
    for choice in GatewayChoice::ALL {
        let chosen = settings.gateway == Some(choice);
        if choice == GatewayChoice::Test && (live || !chosen) {
            continue;
        }
        let Some(account) = account(choice, &values) else {
            if chosen {
                failed = Some(format!("the account of {} is not complete", choice.name()));
            }
            continue;
        };
        match office.make_gateway(account) {
            Ok(gateway) if chosen => app.use_gateway(Some(gateway)),
            Ok(gateway) => app.know_gateway(gateway),
            Err(reason) if chosen => failed = Some(reason),
            Err(reason) => log::warn!("the gateway {} cannot be opened: {reason}", choice.name()),
        }
    }
    let Some(reason) = failed else { return Ok(()) };
    app.use_gateway(None);
    Err(GatewayError::Unusable(reason))
}
