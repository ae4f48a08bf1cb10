use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, PASSWORD, source};
use crate::action::{SignIn, offered_app, sign_in, signed_in};

const OTHER: &str = "eleven cows on a quiet hill";

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

fn password(text: &str) -> Password {
    Password::choose_with(text, &[], SHORTEST_BESIDE_PASSKEY).unwrap()
}

async fn enter(fixture: &Fixture, password: &str) -> Result<(Token, SignedIn), SignInError> {
    let typed = SignIn {
        email: EMAIL.to_owned(),
        password: secret(password),
        code: fixture.second(),
        source: source(),
    };
    let session = sign_in(&fixture.office, typed).await?;
    Ok((session, signed_in(fixture.app(), session, source()).await.unwrap().unwrap()))
}

async fn change(
    fixture: &Fixture,
    (session, signed): &(Token, SignedIn),
    old: &str,
    new: &str,
) -> Result<(), SecurityError> {
    change_password(&fixture.office, signed, *session, (secret(old), password(new))).await
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_and_the_other_sessions_end() {
    let (fixture, _) = Fixture::open(false).await;
    let other = enter(&fixture, PASSWORD).await.unwrap();
    let this = enter(&fixture, PASSWORD).await.unwrap();
    assert!(matches!(change(&fixture, &this, "wrong", OTHER).await, Err(SecurityError::Wrong)));
    assert!(fixture.last_deed().contains("ChangePassword \"\" Refused"));
    assert!(matches!(change(&fixture, &this, PASSWORD, PASSWORD).await, Err(SecurityError::UsedBefore)));
    change(&fixture, &this, PASSWORD, OTHER).await.unwrap();
    assert!(signed_in(fixture.app(), this.0, source()).await.unwrap().is_some());
    assert!(signed_in(fixture.app(), other.0, source()).await.unwrap().is_none());
    assert!(matches!(enter(&fixture, PASSWORD).await, Err(SignInError::Wrong)));
    let this = enter(&fixture, OTHER).await.unwrap();
    assert!(matches!(change(&fixture, &this, OTHER, PASSWORD).await, Err(SecurityError::UsedBefore)));
    fixture.wait(SignedDuration::from_mins(10));
    let signed = signed_in(fixture.app(), this.0, source()).await.unwrap().unwrap();
    fixture.wait(SignedDuration::from_mins(5));
    let late = signed_in(fixture.app(), this.0, source()).await.unwrap().unwrap();
    assert!(signed.actor.is_fresh() && !late.actor.is_fresh());
    let late = (this.0, late);
    assert!(matches!(change(&fixture, &late, OTHER, PASSWORD).await, Err(SecurityError::StepUp)));
}

#[tokio::test]
async fn a_short_password_needs_a_passkey_beside_it() {
    let (fixture, _) = Fixture::open(false).await;
    let this = enter(&fixture, PASSWORD).await.unwrap();
    let short = change(&fixture, &this, PASSWORD, "twelve+2 cows").await;
    assert!(matches!(short, Err(SecurityError::ShortPassword)), "{short:?}");
    assert_eq!(shortest_password(fixture.app(), &this.1.actor).unwrap(), SHORTEST);
}

#[tokio::test]
async fn the_last_second_factor_stays_and_a_second_app_is_not_added() {
    let (fixture, _) = Fixture::open(false).await;
    let (session, signed) = enter(&fixture, PASSWORD).await.unwrap();
    let removed = remove_app(&fixture.office, &signed.actor, session).await;
    assert!(matches!(removed, Err(SecurityError::LastFactor)));
    let removed = remove_passkey(&fixture.office, &signed.actor, session, "none".to_owned()).await;
    assert!(matches!(removed, Err(SecurityError::Changed)));
    let code = offered_app(&fixture.office, session).code(fixture.app().clock().now());
    let added = add_app(&fixture.office, &signed, session, Zeroizing::new(code)).await;
    assert!(matches!(added, Err(SecurityError::Changed)));
    let own = own_credentials(fixture.app(), &signed.actor).unwrap();
    assert!(own.app.is_some() && own.passkeys.is_empty() && own.recovery_codes == 9);
}

#[tokio::test]
async fn who_enrols_second_must_prove_the_factor_of_who_was_first() {
    let fixture = Fixture::new(false).await;
    let session = fixture.set_up().await;
    let typed = SignIn {
        email: EMAIL.to_owned(),
        password: secret(PASSWORD),
        code: Zeroizing::default(),
        source: source(),
    };
    let thief = sign_in(&fixture.office, typed).await.unwrap();
    let early = signed_in(fixture.app(), thief, source()).await.unwrap().unwrap();
    fixture.enrol(session).await;
    assert!(signed_in(fixture.app(), thief, source()).await.unwrap().is_none(), "ended by the enrolment");
    let code = offered_app(&fixture.office, thief).code(fixture.app().clock().now());
    let added = add_app(&fixture.office, &early, thief, Zeroizing::new(code)).await;
    assert!(matches!(added, Err(SecurityError::StepUp)));
}

#[tokio::test]
async fn fresh_recovery_codes_take_the_place_of_those_before() {
    let (fixture, _) = Fixture::open(false).await;
    let old = fixture.second();
    let (_, signed) = enter(&fixture, PASSWORD).await.unwrap();
    let fresh = fresh_recovery_codes(fixture.app(), &signed.actor).await.unwrap();
    let try_it = async |code: &str| {
        let code = Zeroizing::new(code.to_owned());
        let typed = SignIn { email: EMAIL.to_owned(), password: secret(PASSWORD), code, source: source() };
        sign_in(&fixture.office, typed).await.is_ok()
    };
    assert!(!try_it(&old).await);
    assert!(try_it(&fresh[0]).await && !try_it(&fresh[0]).await);
    assert!(fixture.last_deed().contains("SignIn"));
}
