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
use super::visitor;
use super::{card, gateway, made_of, paid, taken};

/// The other half of the test below; alone it has nothing to do.
#[tokio::test]
async fn a_gateway_in_a_process_of_its_own() {
    if is_elsewhere() {
        stay(Double::stripe().await).await;
    }
}

#[tokio::test]
async fn nothing_of_a_card_is_left_in_memory_after_it_was_sent() {
    let elsewhere = Elsewhere::start("memory::a_gateway_in_a_process_of_its_own");
    let stripe = gateway(elsewhere.address.parse().unwrap(), &elsewhere.root_pem);
    let trace = Trace::new();
    for order in 1001..1004 {
        let capture = if order % 2 == 0 { CaptureMode::Manual } else { CaptureMode::Automatic };
        let attempt = made_of(&stripe, order, capture).await;
        let card = card(&trace.number());
        assert!(!trace.places().is_empty(), "the search is broken: it does not see a card that is there");
        let last_four = card.last_four().to_owned();
        let said = stripe.confirm(&attempt, card, &visitor()).await;
        match capture {
            CaptureMode::Automatic => assert_eq!(said, taken(&last_four)),
            CaptureMode::Manual => assert_eq!(said, Outcome::Authorized(paid(&last_four))),
        }
        assert_eq!(stripe.capture(&attempt).await, taken(&last_four));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = trace.places();
    assert!(left.is_empty(), "{left:#?}");
}
