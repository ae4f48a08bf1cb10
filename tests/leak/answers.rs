//! Gateways that quote the card's number in what they answer.

use std::time::Duration;

use super::double::Fault;
use super::stage::{Stage, faults, struck};
use super::vendor::plan;

/// The three ways to quote this number.
pub fn quoting(number: &str) -> [Fault; 3] {
    let number = number.parse().unwrap();
    [Fault::Quotes(number), Fault::QuotesEverywhere(number), Fault::RefusesQuoting(number)]
}

/// The number that the next payment's card has.
fn next_number(stage: &Stage) -> String {
    stage.cards.coming().number.clone()
}

/// At each call of a payment, and at the question after a lost answer.
pub async fn quote_the_card(stage: &mut Stage) {
    let vendor = stage.vendor;
    for at in vendor.payment {
        for holder in ["Grace Hopper", "DECLINED", "ASKS"] {
            for way in 0..3 {
                let fault = quoting(&next_number(stage))[way];
                plan(&stage.gateway, at, fault);
                stage.pay_without_patience(format!("{holder}: {fault:?} at {at}"), holder).await;
                stage.gateway.forget_faults();
            }
        }
    }
    // The answer is lost, and then the shop asks; Adyen is asked after minutes only.
    let last = vendor.payment[vendor.payment.len() - 1];
    for way in 0..if vendor.name == "adyen" { 0 } else { 3 } {
        let fault = quoting(&next_number(stage))[way];
        for earlier in &vendor.payment[..vendor.payment.len() - 1] {
            plan(&stage.gateway, earlier, Fault::Slow(1));
        }
        let before = faults(&stage.gateway);
        let many = vendor.payment.len() + 1;
        plan(&stage.gateway, last, Fault::ResetAfter);
        plan(&stage.gateway, vendor.question, fault);
        stage.pay_without_patience(format!("{fault:?} when asked"), "Grace Hopper").await;
        struck(&stage.gateway, before + many, Duration::from_secs(8)).await;
        assert_eq!(faults(&stage.gateway), before + many, "the shop did not ask");
        stage.gateway.forget_faults();
    }
}
