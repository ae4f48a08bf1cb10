//! A fault is what its name says: on which side of the commit, and what comes back.

use std::time::Duration;

use super::client::{Got, call, post, send, until};
use super::double::{Double, Fault};

const PAY: [(&str, &str); 4] =
    [("amount", "2490"), ("currency", "eur"), ("payment_method", "pm_card_visa"), ("confirm", "true")];

async fn pay(double: &Double, once: &str) -> Result<Got, String> {
    call(double, "POST", "/v1/payment_intents", &PAY, Some(once)).await
}

/// What comes of one payment under a fault, and how often money was then taken.
async fn suffer(fault: Fault) -> (Double, Result<Got, String>, usize) {
    let double = Double::stripe().await;
    double.plan("/payment_intents", fault);
    let got = pay(&double, "once").await;
    let charged = double.charges().len();
    (double, got, charged)
}

#[tokio::test]
async fn a_lost_answer_is_lost_on_the_side_of_the_commit_that_it_is_called_for() {
    for (fault, charged) in [(Fault::ResetBefore, 0), (Fault::ResetAfter, 1), (Fault::HalfAnswer, 1)] {
        let (double, got, found) = suffer(fault).await;
        assert!(got.is_err(), "{fault:?}: {got:?}");
        assert_eq!(found, charged, "{fault:?}");
        // The same key again: done once, whichever side it was.
        let again = pay(&double, "once").await.unwrap();
        assert_eq!((again.status, double.charges().len()), (200, 1), "{fault:?}");
        assert_eq!(again.headers.contains_key("idempotent-replayed"), charged == 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_500_is_repeated_under_its_key_and_one_at_the_door_is_not() {
    for (fault, charged) in [(Fault::ErrorBefore, 0), (Fault::ErrorAfter, 1)] {
        let (double, got, found) = suffer(fault).await;
        assert_eq!((got.unwrap().status, found), (500, charged), "{fault:?}");
        let again = pay(&double, "once").await.unwrap();
        assert_eq!((again.status, double.charges().len()), (500, charged), "{fault:?}");
        assert_eq!(again.headers["idempotent-replayed"], "true", "{fault:?}");
    }
    for status in [429, 503] {
        let (double, got, charged) = suffer(Fault::Refused(status)).await;
        assert_eq!((got.unwrap().status, charged), (status, 0));
        assert_eq!((pay(&double, "once").await.unwrap().status, double.charges().len()), (200, 1));
    }
}

#[tokio::test]
async fn a_500_in_place_of_a_repeat_does_not_change_what_is_repeated() {
    let double = Double::stripe().await;
    assert_eq!(pay(&double, "once").await.unwrap().status, 200);
    for fault in [Fault::ErrorAfter, Fault::ErrorBefore] {
        double.plan("/payment_intents", fault);
        assert_eq!(pay(&double, "once").await.unwrap().status, 500);
        assert_eq!(pay(&double, "once").await.unwrap().status, 200, "{fault:?}");
    }
    assert_eq!(double.charges().len(), 1);
}

#[tokio::test]
async fn slow_answers_are_slow_where_they_say() {
    let limit = Duration::from_millis(400);
    let (_double, got, _) = suffer(Fault::Slow(400)).await;
    assert!(got.unwrap().head_after >= limit);
    let (_double, got, _) = suffer(Fault::SlowHead(400)).await;
    let got = got.unwrap();
    assert!(got.head_after >= limit && got.json()["status"] == "succeeded", "{:?}", got.head_after);
    // Long, so that a busy machine's handshake is not taken for it.
    let limit = Duration::from_millis(1500);
    let (_double, got, _) = suffer(Fault::SlowBody(1500)).await;
    let got = got.unwrap();
    assert!(got.head_after < limit && got.after >= limit, "{:?} {:?}", got.head_after, got.after);
    assert_eq!(got.json()["status"], "succeeded", "it is whole in the end");
}

/// A shop that gives up on an answer cannot conclude that nothing happened.
#[tokio::test]
async fn what_was_begun_is_done_although_the_client_hangs_up() {
    let double = Double::stripe().await;
    double.plan("/payment_intents", Fault::SlowBefore(1500));
    let asking = tokio::spawn({
        let double = double.clone();
        async move { pay(&double, "once").await }
    });
    until(|| double.seen().len() == 1).await;
    // Asked again too early, Stripe says that it is still at it.
    let early = pay(&double, "once").await.unwrap();
    assert_eq!((early.status, &early.json()["error"]["code"]), (409, &"idempotency_key_in_use".into()));
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled() && double.charges().is_empty());
    until(|| double.charges().len() == 1).await;
    assert_eq!(pay(&double, "once").await.unwrap().headers["idempotent-replayed"], "true");
}

#[tokio::test]
async fn lies_are_in_the_answer_and_not_in_the_books() {
    let (double, got, _) = suffer(Fault::WrongAmount).await;
    let told = got.unwrap().json();
    assert_eq!((told["amount"].as_i64(), told["amount_received"].as_i64()), (Some(1), Some(1)));
    assert_eq!((double.charges()[0].amount, double.charges()[0].captured), (2490, 2490));
    let (_double, got, charged) = suffer(Fault::TooLong).await;
    assert!(got.unwrap().body.len() > 300 * 1024 && charged == 1);
    let (_double, got, charged) = suffer(Fault::Redirect).await;
    let got = got.unwrap();
    assert_eq!((got.status, got.headers["location"].to_str().unwrap(), charged), (307, "/elsewhere", 0));
}

#[tokio::test]
async fn a_fault_meets_the_request_that_it_was_planned_for() {
    let double = Double::stripe().await;
    double.plan_text("order 1002", Fault::Refused(503));
    double.plan("/cancel", Fault::Refused(429));
    for (order, status) in [("order 1001", 200), ("order 1002", 503), ("order 1002", 200)] {
        let fields = [&PAY[..], &[("description", order)]].concat();
        assert_eq!(post(&double, "/v1/payment_intents", &fields).await.status, status, "{order}");
    }
    assert_eq!(post(&double, "/v1/payment_intents/pi_nobody/cancel", &[]).await.status, 429);
    let met: Vec<_> = double.seen().iter().map(|seen| seen.fault).collect();
    let (met_503, met_429) = (Some(Fault::Refused(503)), Some(Fault::Refused(429)));
    assert_eq!(met, [None, met_503, None, met_429]);
}

#[tokio::test]
async fn a_seed_repeats_its_faults() {
    let kinds = [Fault::Refused(503), Fault::ErrorBefore, Fault::Slow(1)];
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let double = Double::stripe().await;
        double.plan_random(seed, 250, &kinds);
        for _ in 0..200 {
            post(&double, "/v1/payment_intents/pi_nobody/cancel", &[]).await;
        }
        runs.push(double.seen().iter().map(|seen| seen.fault).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let met = runs[0].iter().flatten().count();
    assert!((20..=80).contains(&met), "about 50 of 200: {met}");
    assert!(kinds.iter().all(|kind| runs[0].contains(&Some(*kind))), "every kind comes");
}

/// Two payments in either order, and one of them alone: each request of a payment meets the same fate.
#[tokio::test]
async fn a_fault_follows_from_the_payment_and_not_from_what_comes_between() {
    let mut fates = Vec::new();
    for order in [&[2490, 1000][..], &[1000, 2490], &[1000]] {
        let double = Double::stripe().await;
        double.plan_random(7, 500, &[Fault::Refused(503), Fault::Refused(429)]);
        for _ in 0..40 {
            for amount in order {
                let amount = amount.to_string();
                post(&double, "/v1/payment_intents", &[("amount", &amount), ("currency", "eur")]).await;
            }
        }
        let fate = |amount| {
            let own = double.seen().into_iter().filter(move |seen| seen.amount == Some(amount));
            own.map(|seen| seen.fault).collect::<Vec<_>>()
        };
        fates.push((fate(1000), fate(2490)));
    }
    assert_eq!(fates[0], fates[1]);
    assert_eq!(fates[0].0, fates[2].0);
    assert_ne!(fates[0].0, fates[0].1, "payments share no fate");
}

#[tokio::test]
async fn who_is_lied_about_is_lied_about_in_each_answer_and_nobody_else_is() {
    let double = Double::stripe().await;
    double.lie_about(&[2490]);
    for (amount, told) in [("2490", 1), ("1000", 1000)] {
        let fields = [("amount", amount), ("currency", "eur")];
        let made = post(&double, "/v1/payment_intents", &fields).await.json();
        assert_eq!(made["amount"].to_string(), amount, "no money is held yet: this is the truth");
        let id = made["id"].as_str().unwrap().to_owned();
        let confirm = format!("/v1/payment_intents/{id}/confirm");
        let paid = post(&double, &confirm, &[("payment_method", "pm_card_visa")]).await.json();
        assert_eq!(paid["amount"], told);
        double.forget_faults();
        let read = call(&double, "GET", &format!("/v1/payment_intents/{id}"), &[], None).await.unwrap();
        assert_eq!(read.json()["amount"], told);
    }
    assert_eq!(double.charges().iter().map(|charge| charge.amount).sum::<i64>(), 3490);
}

#[tokio::test]
async fn a_card_is_taken_in_a_confirmation_and_nowhere_else() {
    let double = Double::stripe().await;
    let card = [
        ("payment_method_data[type]", "card"),
        ("payment_method_data[card][number]", "4242 4242-42424242"),
        ("payment_method_data[card][exp_month]", "12"),
        ("payment_method_data[card][exp_year]", "2040"),
        ("payment_method_data[card][cvc]", "123"),
    ];
    let fields = [&PAY[..], &card[..]].concat();
    assert_eq!(post(&double, "/v1/payment_intents", &fields).await.status, 400);
    assert_eq!(post(&double, "/elsewhere", &card).await.status, 400);
    let note = [("metadata[note]", "4242424242424242")];
    assert_eq!(post(&double, "/v1/refunds", &note).await.status, 400);
    let path = "/v1/payment_intents/pi_1?card=4242424242424242";
    let headers = [("x-card", "4242424242424242")];
    send(&double, "GET", path, &headers, String::new()).await.unwrap();
    assert_eq!(double.breaches().len(), 4, "{:?}", double.breaches());
    assert!(double.charges().is_empty());

    // What looks a little like a card is none.
    let double = Double::stripe().await;
    let near = [&PAY[..], &[("metadata[a]", "1764000000000"), ("metadata[b]", "pi_42424242424242424242")]];
    assert_eq!(post(&double, "/v1/payment_intents", &near.concat()).await.status, 200);
    let intent = double.intents()[0].id.clone();
    let open =
        post(&double, "/v1/payment_intents", &PAY[..2]).await.json()["id"].as_str().unwrap().to_owned();
    let confirm = format!("/v1/payment_intents/{open}/confirm");
    let card = card.map(|(name, value)| (name, if value.len() > 9 { "4242424242424242" } else { value }));
    assert_eq!(post(&double, &confirm, &card).await.json()["status"], "succeeded");
    assert_ne!(intent, open);
    assert_eq!(double.breaches(), Vec::<String>::new());
    let with_card: Vec<_> = double.seen().iter().map(|seen| seen.card).collect();
    assert_eq!(with_card, [false, false, true]);
}
