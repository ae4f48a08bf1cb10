//! People with a passkey: they enrol it, sign in with it and nothing else, prove it again, and get rid of it.

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_enrolled_signs_in_without_a_password_and_steps_up() {
    let stage = Stage::set().await;
    let chrome = &stage.chrome;
    stage.plug_in(true).await;
    stage.reach_enrolment().await;
    chrome.picture_of("passkeys-1-enrol").await;
    chrome.fill("#name", "Ada's laptop").await;
    chrome.click("form[data-passkey] button").await;
    chrome.read_on("Write down your recovery codes").await;
    chrome.picture_of("passkeys-2-codes").await;
    chrome.click("main a.button").await;
    chrome.read_on("What to do next").await;

    stage.open("/security").await;
    assert!(chrome.says("Ada's laptop").await && chrome.says("console.shop.example").await);
    chrome.picture_of("passkeys-3-security").await;
    // The only second factor stays.
    chrome.click("tbody form button").await;
    chrome.read_on("This is your last second factor").await;
    // The same device holds one key of a person.
    chrome.click("form[data-passkey] button").await;
    chrome.read_on("The browser did not use a passkey").await;

    stage.open("/").await;
    chrome.click(".who button").await;
    chrome.arrive("/sign-in").await;
    chrome.picture_of("passkeys-4-sign-in").await;
    chrome.click("form[data-passkey] button").await;
    chrome.read_on("What to do next").await;

    let before = session(&stage).await;
    stage.open("/step-up?then=/products").await;
    chrome.picture_of("passkeys-5-step-up").await;
    chrome.click("form[data-passkey] button").await;
    chrome.arrive("/products").await;
    let after = session(&stage).await;
    assert!(before.len() > 20 && before != after, "the session's id is the same after the proof");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_asks_its_holder_for_nothing_is_no_passkey() {
    let stage = Stage::set().await;
    stage.plug_in(false).await;
    stage.reach_enrolment().await;
    stage.chrome.click("form[data-passkey] button").await;
    stage.chrome.read_on("The browser did not use a passkey").await;
    assert!(stage.chrome.url().await.ends_with("/enrol"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_an_address_the_console_says_where_passkeys_are() {
    let stage = Stage::set().await;
    let chrome = &stage.chrome;
    stage.plug_in(true).await;
    stage.reach_enrolment().await;
    assert!(chrome.try_find("form[data-passkey]:not([hidden])").await.is_some());
    // Cookies know no ports and no names but their own: under the address the person signs in again.
    chrome.open(&format!("{}setup", stage.shop.console())).await;
    chrome.arrive("/sign-in").await;
    assert!(
        chrome.try_find("form[data-passkey]").await.is_none() && chrome.try_find("script").await.is_none()
    );
    chrome.fill("#email", super::harness::people::EMAIL).await;
    chrome.fill("#password", super::harness::people::PASSWORD).await;
    chrome.click("main button").await;
    chrome.arrive("/enrol").await;
    chrome.picture_of("passkeys-6-enrol-by-address").await;
    assert!(chrome.try_find("form[data-passkey]").await.is_none());
    chrome.click("summary").await;
    let there = format!("https://console.shop.example:{}/", stage.port());
    assert!(chrome.says(&there).await, "{}", chrome.words().await);
}

async fn session(stage: &Stage) -> String {
    let cookie = stage.chrome.cookie("__Host-session").await;
    cookie.unwrap_or_default()
}
