//! CashCowCart Appliance: a shop that cannot leak its cards.
//!
//! The house has floors, and a floor imports only from floors below it (`tests/layering.rs` enforces that):
//!
//! | floor | rooms |
//! |---|---|
//! | F5 | [`boot`], the binaries |
//! | F4 | [`web`] |
//! | F3 | [`action`] |
//! | F2 | [`catalog`], [`cart`], [`order`], [`payment`], [`operator`], [`staff`], [`audit`], [`alarm`] |
//! | F1 | [`config`], [`store`], [`tpm`], [`tls`], [`machine`], [`locale`], [`collector`] |
//! | F2 | [`catalog`], [`cart`], [`order`], [`payment`], [`ranges`], [`operator`], [`staff`], [`audit`], [`alarm`] |
//! | F2 | [`catalog`], [`cart`], [`order`], [`payment`], [`operator`], [`staff`], [`audit`], [`alarm`], [`proposal`] |
//! | F1 | [`config`], [`store`], [`tpm`], [`tls`], [`machine`], [`locale`] |
//! | F0 | [`base`] |

pub mod action;
pub mod alarm;
pub mod audit;
pub mod base;
pub mod boot;
pub mod cart;
pub mod catalog;
pub mod collector;
pub mod config;
pub mod keeper;
pub mod locale;
pub mod machine;
pub mod operator;
pub mod order;
pub mod payment;
pub mod proposal;
pub mod ranges;
pub mod staff;
pub mod store;
pub mod tls;
pub mod tpm;
pub mod web;
