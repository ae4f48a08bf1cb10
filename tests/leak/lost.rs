//! Payments that do not come to their end.

use super::double::Fault;
use super::harness::people;
use super::stage::{Stage, at_payment};
use super::vendor::{VENDORS, plan};

/// Numbers of the gateways' own that end each way but well.
const REFUSED: [&str; 6] = [
    "4000000000000002",
    "4000000000009995",
    "4000000000000069",
    "4000000000000127",
    "4000000000000119",
    "4000000000003220",
];

const FAULTS: [Fault; 10] = [
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::HalfAnswer,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Refused(429),
    Fault::Slow(300),
    Fault::WrongAmount,
    Fault::Redirect,
    Fault::TooLong,
];

/// Declined by the bank, each in its way. These numbers are everybody's, so only their answers are looked at;
/// one number is nobody's.
pub async fn refused(stage: &mut Stage) {
    for number in REFUSED {
        let (mut shopper, page) = at_payment(&stage.shop).await;
        let page = shopper.pay(&page, number, "737").await;
        assert!(!page.text().contains(number), "{number} came back");
        stage.said.append(&mut shopper.browser.seen);
    }

    let (mut shopper, page) = stage.pay("declined", "DECLINED").await;
    assert!(!people::is_paid(&page), "{}", page.words());
    stage.said.append(&mut shopper.browser.seen);
}

pub async fn at_each_call(stage: &mut Stage) {
    for at in stage.vendor.payment {
        for fault in FAULTS {
            plan(&stage.gateway, at, fault);
            stage.pay_without_patience(format!("{fault:?} at {at}"), "Grace Hopper").await;
            stage.gateway.forget_faults();
        }
    }
}

/// The key is refused: by status, or in a good answer.
pub async fn wrong_key(stage: &mut Stage) {
    let name = stage.vendor.name;
    let (field, key) = stage.vendor.wrong_key;
    stage.admin.use_gateway(name, &[(field, key)]).await;
    for at in stage.vendor.payment {
        // Stripe's double takes any key that looks like one.
        if name == "stripe" {
            plan(&stage.gateway, at, Fault::Refused(401));
        }
        let (mut shopper, page) = stage.pay(format!("wrong key at {at}"), "Grace Hopper").await;
        assert!(!people::is_paid(&page), "{}", page.words());
        stage.said.append(&mut shopper.browser.seen);
    }
    stage.admin.use_gateway(name, stage.vendor.account).await;
}

/// The vendors that are not there.
pub async fn nobody_there(stage: &mut Stage) {
    for other in VENDORS.iter().filter(|other| other.name != stage.vendor.name) {
        stage.admin.use_gateway(other.name, other.account).await;
        let (mut shopper, page) = stage.pay(format!("nobody at {}", other.name), "Grace Hopper").await;
        assert!(!people::is_paid(&page), "{}", page.words());
        stage.said.append(&mut shopper.browser.seen);
    }
    stage.admin.use_gateway(stage.vendor.name, &[]).await;
}
