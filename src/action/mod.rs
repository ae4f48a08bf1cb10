//! Every change that anyone can make, typed: authorise, transact, audit. One door for storefront, console
//! and command line.

mod actor;
mod alarms;
mod app;
mod audit_keeper;
mod audit_log;
mod audit_read;
mod cart;
mod certificate;
mod checkout;
mod choose_gateway;
mod collector;
mod demo;
#[cfg(test)]
pub(crate) mod fixture;
mod forget_carts;
mod gate;
mod gateway_account;
mod go_live;
mod hear;
mod import_products;
mod invitation;
mod office;
mod place_order;
mod products;
mod proposals;
mod ranges;
mod refund;
#[cfg(test)]
mod rights_tests;
mod secrets;
mod security;
mod set_up;
mod sign_in;
mod staff;
mod tokens;

#[cfg(test)]
pub(crate) use place_order::bench;

pub use actor::{Actor, Denied};
pub use alarms::{AcknowledgeError, acknowledge_alarm, sound};
pub use app::{App, AppParts};
pub use audit_keeper::{ANSWERS_WITHIN, Keeper, KeeperError};
pub use audit_log::{begin_audit, check_audit, end_audit, keep_audit, seal_audit, shorten_audit};
pub use audit_read::{
    AuditError, AuditLines, AuditState, ExportAudit, audit_state, export_audit, read_audit, read_audit_record,
};
pub use cart::{Basket, BasketError, BasketLine, CartRefusal, Trouble, add_to_cart, basket, change_cart};
pub use certificate::{
    ALARM_BEFORE, AskAcme, AskError, Authority, CertificateError, CertificateState, ChangeError, FIRST_PAUSE,
    FollowError, LONGEST_PAUSE, MOST_CERTIFICATES, MOST_NAMES, MakeDirectory, Place, PlacedState, Progress,
    RETRY_PAUSE, Shown, Source, ask_acme, certificate_state, keep_certificates, remove_certificate,
    replace_certificate, request_certificate, restore_certificates, retry_certificate, tend_certificates,
};
pub use checkout::{CheckoutRefusal, choose_delivery, keep_contact, payment_under_way};
pub use choose_gateway::{ChooseGateway, FieldFault, GatewayError, choose_gateway};
pub use collector::{CollectorState, collector_state, keep_shipping, waiting_collector};
pub use demo::{DemoError, load_demo, open_shop};
pub use forget_carts::{CARTS_REST, forget_carts, keep_forgetting_carts};
pub use gate::{Accepted, Gate, Rules};
pub use gateway_account::{AccountState, GatewayState, KeptField, gateway_state, restore_gateway};
pub use go_live::{GoLive, GoLiveError, Missing, asks_for_recovery_key, go_live, missing_for_live};
pub use hear::{HearError, MOST_NOTICE, REMEMBERED, UNSIGNED_IN_A_ROW, forget_notices, hear};
pub use import_products::{ImportError, ImportProducts, ImportReport, import_products};
pub use invitation::{
    Invited, Join, JoinError, attest_founders, invited, join, make_invitation_code, make_invitation_link,
    needs_code,
};
pub use office::{Founder, MakeGateway, Office, OfficeParts, Premises};
#[cfg(test)]
pub(crate) use place_order::ledger;
pub use place_order::{
    ACTION_LASTS, Browser, CaptureError, MOST_ATTEMPTS, MOST_BROWSER, MOST_CHARGES, MOST_DELAYED, Means,
    PAGE_WAITS, PlaceError, PlaceOrder, Placed, UNPAID_FOR, abandon, capture_order, finish_charges,
    keep_reconciling, place_order, reconcile, recover, resume, standing, unsettled, void_order,
};
pub use products::{ChangeProduct, ChangeVariant, ProductError, change_product};
pub use proposals::{
    ProposalError, Wish, close_lapsed, confirm_proposal, may_propose, proposals, propose, reject_proposal,
    withdraw_proposal,
};
pub use ranges::{
    RangesError, RangesState, change_ranges, confirm_ranges, keep_ranges, look_after_ranges, open_ranges,
    preview_ranges, ranges_state, take_back_ranges,
};
pub use refund::{
    Books, MOST_REFUNDS, PENDING_FOR, RefundError, RefundOrder, SETTLES_WITHIN, ask_refund_soon,
    keep_refunding, preview_refund, reconcile_refunds, recover_refunds, refund_order, settle_refund,
};
pub use security::{
    Enrolled, OwnCredentials, OwnPasskey, SecurityError, add_app, add_passkey, ask_for_new_passkey,
    change_password, fresh_recovery_codes, offered_app, own_credentials, remove_app, remove_passkey,
    shortest_password,
};
pub use set_up::{
    KeptRecoveryKey, RECOVERY_KEY, SetUp, SetUpError, ShownCode, enter_setup_code, is_set_up,
    issue_setup_code, keep_recovery_key, may_set_up, recovery_key, recovery_key_hash, set_up,
};
pub use sign_in::{
    Challenge, OwnSession, PasskeyAnswer, SignIn, SignInError, SignedIn, ask_for_proof, ask_to_sign_in,
    end_other_sessions, end_session, own_sessions, prove_with_code, prove_with_passkey, sign_in,
    sign_in_with_passkey, sign_out, signed_in,
};
pub use staff::{
    StaffError, dismiss, keep_disabling_unused, others_who_may, person_of_staff, sessions_of, staff_seen,
    tidy_staff,
};
pub use tokens::{
    Bearer, MakeToken, NotBelieved, TokenError, believe, make_token, revoke_token, revoke_token_of, tokens,
    tokens_of,
};
