//! CashCowCart Appliance: a shop that cannot leak its cards.
