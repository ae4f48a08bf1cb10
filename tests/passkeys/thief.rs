//! Whoever relays, replays, lures or skips the holder's verification is not let in. Each refusal stands beside a
//! try of the same kind that is let in, so that it is refused for what it says.

use serde_json::{Value, json};

use super::stage::{NAME, Relay, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_opens_the_console_once() {
    let stage = Stage::set().await;
    stage.enrol().await;
    stage.open("/sign-in").await;
    let mut relay = Relay::new(&stage);
    let given = relay.ask().await;
    stage.open("/security").await;
    let answer = stage.answer(&given.options, "required").await.unwrap();
    assert!(relay.send(&given, &answer).await, "an answer from the console's own page");
    assert!(!Relay::new(&stage).send_as(&given, &answer).await, "replayed by somebody else");
    let mut again = Relay::new(&stage);
    let fresh = again.ask().await;
    assert!(!again.send(&fresh, &answer).await, "replayed to a fresh challenge");
    let answer = stage.answer(&fresh.options, "required").await.unwrap();
    assert!(!again.send(&fresh, &answer).await, "the challenge was answered already");
    let fresh = again.ask().await;
    let answer = stage.answer(&fresh.options, "required").await.unwrap();
    assert!(!again.send(&fresh, &forged(&answer, "signature")).await, "a forged signature");
    let fresh = again.ask().await;
    let answer = stage.answer(&fresh.options, "required").await.unwrap();
    assert!(again.send(&fresh, &answer).await, "an honest one after all of that");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_signed_for_another_origin_opens_nothing() {
    let stage = Stage::set().await;
    stage.enrol().await;
    let mut relay = Relay::new(&stage);
    // A page at another port of the same name, and one of a name below it: both may ask for the console's keys.
    for place in [stage.elsewhere.clone(), stage.elsewhere.replace(NAME, &format!("evil.{NAME}"))] {
        let given = relay.ask().await;
        stage.chrome.open(&place).await;
        assert!(stage.chrome.says("Elsewhere").await);
        let answer = stage.answer(&given.options, "required").await.unwrap();
        let parsed: Value = serde_json::from_str(&answer).unwrap();
        assert!(parsed["response"]["signature"].as_str().is_some_and(|text| text.len() > 40));
        assert!(!relay.send(&given, &answer).await, "{place}");
    }
    // A name that is not above: the browser itself refuses.
    let given = relay.ask().await;
    stage.chrome.open(&stage.elsewhere.replace(NAME, "other.shop.example")).await;
    assert_eq!(stage.answer(&given.options, "required").await, Err("SecurityError".to_owned()));
    stage.open("/security").await;
    let answer = stage.answer(&given.options, "required").await.unwrap();
    assert!(relay.send(&given, &answer).await, "from the console's own page");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_holder_was_not_verified_opens_nothing() {
    let stage = Stage::set().await;
    let device = stage.enrol().await;
    let mut relay = Relay::new(&stage);
    stage.open("/security").await;
    let given = relay.ask().await;
    stage.holder_is_verified(&device, false).await;
    let required = stage.answer(&given.options, "required").await;
    assert_eq!(required, Err("NotAllowedError".to_owned()), "the device refuses by itself");
    let answer = stage.answer(&given.options, "discouraged").await.unwrap();
    assert!(!relay.send(&given, &answer).await, "a thief's script asked for less");
    stage.holder_is_verified(&device, true).await;
    let given = relay.ask().await;
    let answer = stage.answer(&given.options, "required").await.unwrap();
    assert!(relay.send(&given, &answer).await);
}

/// The answer with the last letters of one part changed.
fn forged(answer: &str, part: &str) -> String {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    let text = answer["response"][part].as_str().unwrap().to_owned();
    let middle = text.len() / 2;
    let letter = if &text[middle..=middle] == "A" { "B" } else { "A" };
    answer["response"][part] = json!(format!("{}{letter}{}", &text[..middle], &text[middle + 1..]));
    answer.to_string()
}
