//! Every change that anyone can make, typed: authorise, transact, audit. One door for storefront, console
//! and command line.

mod actor;
mod app;
mod begin;
mod cart;
mod certificate;
mod charge;
mod charging;
mod checkout;
mod choose_gateway;
mod demo;
mod draft;
#[cfg(test)]
pub(crate) mod fixture;
mod forget_carts;
mod go_live;
mod import_products;
mod office;
mod place_order;
mod products;
mod reconcile;
mod secrets;
mod set_up;
mod settle;
mod sign_in;
mod stock;

pub use actor::{Actor, Denied};
pub use app::{App, AppParts};
pub use begin::MOST_ATTEMPTS;
pub use cart::{Basket, BasketError, BasketLine, CartRefusal, Trouble, add_to_cart, basket, change_cart};
pub use certificate::{
    CertificateError, CertificateState, MOST_NAMES, certificate_state, replace_certificate,
    request_certificate, uploaded_certificate,
};
pub use charging::{MOST_CHARGES, finish_charges};
pub use checkout::{CheckoutRefusal, choose_delivery, keep_contact, payment_under_way};
pub use choose_gateway::{
    ChooseGateway, GatewayError, GatewayState, choose_gateway, gateway_state, restore_gateway,
};
pub use demo::{DemoError, load_demo, open_shop};
pub use forget_carts::{CARTS_REST, forget_carts, keep_forgetting_carts};
pub use go_live::{GoLive, GoLiveError, Missing, asks_for_recovery_key, go_live, missing_for_live};
pub use import_products::{ImportError, ImportProducts, ImportReport, import_products};
pub use office::{AllowedRange, MakeGateway, Office, OfficeParts, Premises};
pub use place_order::{PAGE_WAITS, PlaceError, PlaceOrder, Placed, place_order};
pub use products::{ChangeProduct, ChangeVariant, ProductError, change_product};
pub use reconcile::{UNPAID_FOR, keep_reconciling, reconcile, recover, standing, unsettled};
pub use set_up::{
    KeptRecoveryKey, RECOVERY_KEY, SetUp, SetUpError, ShownCode, enter_setup_code, is_set_up,
    issue_setup_code, keep_recovery_key, may_set_up, recovery_key, recovery_key_hash, set_up,
};
pub use sign_in::{SignIn, SignInError, SignedIn, sign_in, sign_out, signed_in};
