//! CashCowCart Appliance: a shop that cannot leak its cards.
//!
//! The house has floors, and a floor imports only from floors below it (`tests/floors` enforces that):
//!
//! | floor | rooms |
//! |---|---|
//! | F5 | [`boot`], the binaries |
//! | F4 | [`web`] |
//! | F3 | [`action`] |
//! | F2 | [`catalog`], [`cart`], [`order`], [`payment`], [`operator`], [`staff`], [`audit`] |
//! | F1 | [`config`], [`store`], [`tpm`], [`tls`], [`machine`], [`locale`] |
//! | F0 | [`base`] |

pub mod base;
pub mod store;
pub mod tpm;
