//! The card's way through hyper and rustls, seen from the process's own memory. Without this, a copy that a
//! library keeps goes unnoticed until somebody reads a core file.

use std::time::Duration;

use cashcow::payment::gateway::Gateway;

use super::double::Double;
use super::traces::{Elsewhere, Trace, is_elsewhere, stay};
use super::{Shop, card, taken, visitor};

/// The other half of the test below; alone it has nothing to do.
#[tokio::test]
async fn a_gateway_in_a_process_of_its_own() {
    if is_elsewhere() {
        stay(Double::authorize_net().await).await;
    }
}

#[tokio::test]
async fn nothing_of_a_card_is_left_in_memory_after_it_was_sent() {
    let elsewhere = Elsewhere::start("memory::a_gateway_in_a_process_of_its_own");
    let shop = Shop::at(elsewhere.address.parse().unwrap(), &elsewhere.root_pem);
    let trace = Trace::new();
    for order in 1001..1004 {
        let attempt = shop.made(order).await;
        let card = card(&trace.number());
        assert!(!trace.places().is_empty(), "the search is broken: it does not see a card that is there");
        let last_four = card.last_four().to_owned();
        let outcome = shop.gateway.confirm(&attempt, card, &visitor()).await;
        assert_eq!(taken(&outcome), last_four);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = trace.places();
    assert!(left.is_empty(), "{left:#?}");
}
