//! The card's way through hyper and rustls, seen from the process's own memory. Without this, a copy that a
//! library keeps goes unnoticed until somebody reads a core file.

#[path = "../traces/mod.rs"]
mod traces;

use std::time::Duration;

use cashcow::payment::CaptureMode;
use cashcow::payment::gateway::{Gateway, Outcome};

use self::traces::{Elsewhere, Trace, is_elsewhere, stay};
use super::double;
use super::double::Double;
use super::shop::{Shop, card, visitor};

/// The other half of the test below; alone it has nothing to do.
#[tokio::test]
async fn a_gateway_in_a_process_of_its_own() {
    if is_elsewhere() {
        stay(Double::adyen().await).await;
    }
}

#[tokio::test]
async fn nothing_of_a_card_is_left_in_memory_after_it_was_sent() {
    let elsewhere = Elsewhere::start("memory::a_gateway_in_a_process_of_its_own");
    let trace = Trace::new();
    for _ in 0..3 {
        let address = elsewhere.address.parse().unwrap();
        let shop = Shop::new(address, &elsewhere.root_pem, CaptureMode::Automatic).await;
        let card = card(&trace.number());
        assert!(!trace.places().is_empty(), "the search is broken: it does not see a card that is there");
        let last_four = card.last_four().to_owned();
        let outcome = shop.adyen.confirm(&shop.attempt, card, &visitor()).await;
        assert!(
            matches!(&outcome, Outcome::Captured(paid) if paid.card.last_four == last_four),
            "{outcome:?}"
        );
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = trace.places();
    assert!(left.is_empty(), "{left:#?}");
}
