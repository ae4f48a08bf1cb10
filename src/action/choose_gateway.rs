//! Which gateway takes the payments, with whose account, and when the money is taken.
//!
//! The accounts of the others stay. An account is not exchanged for another one while payments or refunds with
//! it are open, since only it can tell how they end; a new key of the same account is always taken. A live
//! shop takes accounts that move real money only.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::gateway_account::{Values, account, restore_gateway, values, waiting};
use super::secrets::{self, Kept};
use super::{Actor, Denied, Office};
use crate::audit::Deed;
use crate::operator::{AccountField, GatewayChoice, SETTINGS, Settings, Vendor};
use crate::payment::CaptureMode;
use crate::payment::gateway::Account;
use crate::staff::Right;
use crate::store::{Reads, StoreError, Tx};

/// A choice.
pub struct ChooseGateway {
    /// Who takes new payments.
    pub choice: GatewayChoice,
    /// When the money is taken; `None` leaves it as it is.
    pub capture: Option<CaptureMode>,
    /// As typed, of any vendor. A secret that is empty or not there keeps the one in place; any other field
    /// that is empty is emptied.
    pub typed: BTreeMap<AccountField, Zeroizing<String>>,
}

/// What is wrong with a field of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    /// Neither typed nor kept.
    Missing,
    /// Not what it should be.
    Malformed,
    /// The account moves no real money, and the shop is live.
    ForTests,
    /// It belongs to another account than the one with which so many payments and refunds are open.
    OtherAccount {
        /// How many.
        waiting: usize,
    },
}

/// Why the gateway was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The shop is not set up.
    #[error("the shop is not set up")]
    NotOpen,
    /// The shop is live.
    #[error("the test gateway ended when the shop went live")]
    TestEnded,
    /// Fields with faults, in the table's order.
    #[error("fields of the account cannot be taken: {0:?}")]
    Fields(Vec<(AccountField, FieldFault)>),
    /// The gateway cannot be made.
    #[error("the gateway cannot be used: {0}")]
    Unusable(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a wish comes to: rows to write, and the accounts that follow.
struct Plan {
    /// New values; `None` empties the field.
    changes: BTreeMap<AccountField, Option<Zeroizing<String>>>,
    /// All values as they will be.
    after: Values,
    /// The vendors whose account is changed or chosen.
    vendors: BTreeSet<Vendor>,
}

/// Lets another gateway take the payments, or puts other accounts or keys in place.
pub async fn choose_gateway(office: &Office, actor: &Actor, wish: ChooseGateway) -> Result<(), GatewayError> {
    actor.require(Right::ChangeGateway)?;
    let app = office.app();
    let (now, dev) = (app.clock().now(), app.is_dev());
    let ahead = app.store().read(|view| plan(view, &wish, dev))?;
    for account in accounts(&ahead, wish.choice) {
        office.make_gateway(account).map_err(GatewayError::Unusable)?;
    }
    let event = actor.did(now, Deed::ChangeGateway, &told(&wish, &ahead));
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let plan = plan(tx, &wish, dev)?;
            write(tx, &plan, now)?;
            let mut settings = Settings::load(tx)?.ok_or(GatewayError::NotOpen)?;
            settings.gateway = Some(wish.choice);
            settings.capture = wish.capture.unwrap_or(settings.capture);
            tx.put(&SETTINGS, &0, &settings)?;
            kept.record(tx)?;
            Ok::<_, GatewayError>(())
        })
        .await?;
    event.log();
    restore_gateway(office)
}

/// What the audit says: names of fields, never what is in them.
fn told(wish: &ChooseGateway, plan: &Plan) -> String {
    let mut told = wish.choice.name().to_owned();
    match wish.capture {
        Some(CaptureMode::Automatic) => told.push_str(", money taken at once"),
        Some(CaptureMode::Manual) => told.push_str(", money taken on a person's word"),
        None => {}
    }
    let new: Vec<_> = plan.changes.keys().map(|field| field.name()).collect();
    if !new.is_empty() {
        told.push_str(", new: ");
        told.push_str(&new.join(" "));
    }
    told
}

/// The accounts that would be opened anew.
fn accounts(plan: &Plan, choice: GatewayChoice) -> Vec<Account> {
    let test = (choice == GatewayChoice::Test).then_some(choice);
    let choices = plan.vendors.iter().flat_map(|vendor| vendor.choices()).copied().chain(test);
    choices.filter_map(|choice| account(choice, &plan.after)).collect()
}

fn write(tx: &mut Tx<'_>, plan: &Plan, now: Timestamp) -> Result<(), StoreError> {
    for (field, value) in &plan.changes {
        match value {
            Some(value) => secrets::keep(tx, *field, value, now)?,
            None => secrets::forget(tx, *field),
        }
    }
    Ok(())
}

fn plan(view: &impl Reads, wish: &ChooseGateway, dev: bool) -> Result<Plan, GatewayError> {
    let live = Settings::load(view)?.ok_or(GatewayError::NotOpen)?.live_since.is_some();
    if live && wish.choice == GatewayChoice::Test {
        return Err(GatewayError::TestEnded);
    }
    let kept = secrets::all(view)?;
    let mut faults = BTreeMap::new();
    let changes = changes(&kept, wish, &mut faults);
    let before = values(&kept);
    let mut after = before.clone();
    for (field, value) in &changes {
        match value {
            Some(value) => after.insert(*field, value.clone()),
            None => after.remove(field),
        };
    }
    let mut vendors: BTreeSet<_> = changes.keys().map(|field| field.vendor()).collect();
    vendors.extend(wish.choice.vendor());
    for vendor in &vendors {
        if wish.choice.vendor() == Some(*vendor) {
            for field in vendor.fields() {
                if field.is_needed() && !after.contains_key(field) {
                    faults.entry(*field).or_insert(FieldFault::Missing);
                }
            }
        }
        if live && !dev && is_for_tests(*vendor, &after) {
            faults.entry(tells_live(*vendor)).or_insert(FieldFault::ForTests);
        }
        let others = exchanged(*vendor, &before, &after);
        let waiting = if others.is_empty() { 0 } else { waiting(view, *vendor)? };
        for field in others.into_iter().filter(|_| waiting > 0) {
            faults.entry(field).or_insert(FieldFault::OtherAccount { waiting });
        }
    }
    if faults.is_empty() {
        Ok(Plan { changes, after, vendors })
    } else {
        Err(GatewayError::Fields(faults.into_iter().collect()))
    }
}

/// What differs from what is kept. A fault keeps its field as it is.
fn changes(
    kept: &BTreeMap<AccountField, Kept>,
    wish: &ChooseGateway,
    faults: &mut BTreeMap<AccountField, FieldFault>,
) -> BTreeMap<AccountField, Option<Zeroizing<String>>> {
    let mut changes = BTreeMap::new();
    for (field, typed) in &wish.typed {
        let (text, before) = (typed.trim(), kept.get(field).map(|kept| kept.value.as_str()));
        if before == Some(text) || (text.is_empty() && (field.is_secret() || before.is_none())) {
            continue;
        }
        if text.is_empty() && field.is_needed() {
            faults.insert(*field, FieldFault::Missing);
        } else if text.is_empty() {
            changes.insert(*field, None);
        } else if field.admits(text) {
            changes.insert(*field, Some(Zeroizing::new(text.to_owned())));
        } else {
            faults.insert(*field, FieldFault::Malformed);
        }
    }
    changes
}

fn is_for_tests(vendor: Vendor, values: &Values) -> bool {
    let account = vendor.choices().first().and_then(|choice| account(*choice, values));
    account.is_some_and(|account| !account.is_live())
}

/// The field that tells whether real money moves.
fn tells_live(vendor: Vendor) -> AccountField {
    match vendor {
        Vendor::Stripe => AccountField::StripeKey,
        Vendor::Adyen => AccountField::AdyenPrefix,
        Vendor::AuthorizeNet => AccountField::AuthorizeNetEnvironment,
    }
}

/// The fields that make another account of a complete one.
fn exchanged(vendor: Vendor, before: &Values, after: &Values) -> Vec<AccountField> {
    if vendor.choices().iter().all(|choice| account(*choice, before).is_none()) {
        return Vec::new();
    }
    let mark = |field: AccountField, values: &Values| {
        values.get(&field).and_then(|value| field.mark(value).map(str::to_owned))
    };
    let fields = vendor.fields().iter().copied();
    fields.filter(|field| mark(*field, before) != mark(*field, after)).collect()
}

#[cfg(test)]
#[path = "choose_gateway_tests.rs"]
mod tests;
