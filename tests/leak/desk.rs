//! What staff do with the money of such payments, while the gateway errs or quotes a card, and what they type.

use std::time::Duration;

use hyper::StatusCode;

use super::answers::quoting;
use super::double::Fault;
use super::harness::people;
use super::stage::{Stage, faults};
use super::vendor::plan;

const FAULTS: [Option<Fault>; 6] = [
    None,
    Some(Fault::ResetAfter),
    Some(Fault::HalfAnswer),
    Some(Fault::ErrorAfter),
    Some(Fault::Refused(429)),
    Some(Fault::WrongAmount),
];

/// Longer than any of these faults takes; what is not over then goes on without a page.
const PATIENCE: Duration = Duration::from_secs(3);

pub async fn moves_money(stage: &mut Stage) {
    let vendor = stage.vendor;
    stage.admin.use_gateway(vendor.name, &[("capture", "manual")]).await;
    for (deed, step) in [("capture", vendor.capture), ("release", vendor.release)] {
        for fault in 0..FAULTS.len() + 3 {
            turned(stage, deed, step, fault).await;
        }
    }
    stage.admin.use_gateway(vendor.name, &[("capture", "automatic")]).await;
    for fault in 0..FAULTS.len() + 3 {
        refunded(stage, fault).await;
    }
    typed(stage).await;
}

/// Pays; the order, and the fault with this place, which quotes the card that was paid with.
async fn paid(stage: &mut Stage, deed: &str, place: usize) -> (u64, Option<Fault>) {
    let number = stage.cards.coming().number.clone();
    let fault = FAULTS.get(place).copied().unwrap_or_else(|| Some(quoting(&number)[place - FAULTS.len()]));
    let (mut shopper, page) = stage.pay(format!("{deed}: {fault:?}"), "Grace Hopper").await;
    assert!(people::is_paid(&page), "{}", page.words());
    stage.said.append(&mut shopper.browser.seen);
    (stage.order().await, fault)
}

async fn turned(stage: &mut Stage, deed: &str, step: &str, place: usize) {
    let (order, fault) = paid(stage, deed, place).await;
    let at = format!("/orders/{order}/{deed}");
    let form = stage.admin.browser.get(&at).await.form(&at);
    press(stage, form, step, fault).await;
}

async fn press(stage: &mut Stage, form: super::harness::browser::Form, step: &str, fault: Option<Fault>) {
    if let Some(fault) = fault {
        plan(&stage.gateway, step, fault);
    }
    let before = faults(&stage.gateway);
    let _ = tokio::time::timeout(PATIENCE, stage.admin.browser.try_submit(form)).await;
    assert!(fault.is_none() || faults(&stage.gateway) > before, "{fault:?} at {step} came nowhere");
    stage.gateway.forget_faults();
}

async fn refunded(stage: &mut Stage, place: usize) {
    let (order, fault) = paid(stage, "refund", place).await;
    if stage.vendor.name == "authorize-net" {
        stage.gateway.settle_batch();
    }
    let at = format!("/orders/{order}/refund");
    let form = stage.admin.browser.get(&at).await.form(&at);
    let form = form.set("what", "full").set("reason", "sent back");
    let check = stage.admin.browser.submit(form).await;
    let form = check.form(&format!("{at}/confirm"));
    press(stage, form, stage.vendor.refund, fault).await;
}

/// A card's number in each field of the refund's form.
async fn typed(stage: &mut Stage) {
    let (mut shopper, _) = stage.pay("typed into a refund", "Grace Hopper").await;
    stage.said.append(&mut shopper.browser.seen);
    let order = stage.order().await;
    let at = format!("/orders/{order}/refund");
    let form = stage.admin.browser.get(&at).await.form(&at);
    let quantity = form.fields.iter().find(|(name, _)| name.starts_with("quantity.")).unwrap().0.clone();
    for (field, what, dress) in [
        ("reason", "full", "{}"),
        ("reason", "full", "the buyer's card is {}, call them"),
        ("sum", "sum", "{}"),
        (quantity.as_str(), "lines", "{}"),
        ("what", "full", "{}"),
        ("restock", "full", "{}"),
        ("seen", "full", "{}"),
        ("nonce", "full", "{}"),
    ] {
        let card = stage.cards.next(format!("refund's {field}"));
        let spaced =
            card.number.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
        for number in [&card.number, &spaced] {
            let form = stage.admin.browser.get(&at).await.form(&at);
            let form =
                form.set("what", what).set("reason", "sent back").set(field, &dress.replace("{}", number));
            let page = stage.admin.browser.submit(form).await;
            if field == "restock" {
                continue;
            }
            assert!(page.status.is_client_error(), "{field}: {} {}", page.status, page.words());
            if field == "reason" {
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
                assert!(
                    page.says("This looks like a card number, and cards are never kept"),
                    "{}",
                    page.words()
                );
            }
        }
    }
}
