use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, PASSWORD, RECOVERY_KEY_TEXT, source};
use crate::action::{SignIn, sign_in, signed_in};
use crate::base::SecretBytes;

fn visitor(n: u8) -> Token {
    Token::from_bytes([n; 16])
}

async fn enter(fixture: &Fixture, code: &str, n: u8) -> Result<(), SetUpError> {
    enter_setup_code(fixture.app(), code.to_owned(), visitor(n), source()).await
}

#[tokio::test]
async fn the_code_opens_once_and_set_up_happens_once() {
    let fixture = Fixture::new(false).await;
    let code = issue_setup_code(fixture.app(), true).await.unwrap().unwrap();
    assert!(matches!(set_up(&fixture.office, fixture.wish(visitor(1))).await, Err(SetUpError::NoClaim)));
    enter(&fixture, &code.code, 1).await.unwrap();
    assert!(matches!(enter(&fixture, &code.code, 2).await, Err(SetUpError::Code(CodeRefusal::Ended))));
    assert!(matches!(set_up(&fixture.office, fixture.wish(visitor(2))).await, Err(SetUpError::NoClaim)));
    set_up(&fixture.office, fixture.wish(visitor(1))).await.unwrap();
    assert!(matches!(set_up(&fixture.office, fixture.wish(visitor(1))).await, Err(SetUpError::NoClaim)));
    assert!(matches!(enter(&fixture, &code.code, 3).await, Err(SetUpError::Done)));
    assert_eq!(
        issue_setup_code(fixture.app(), true).await.unwrap(),
        None,
        "no code for a shop that is set up"
    );
    let typed = SignIn {
        email: EMAIL.to_owned(),
        password: SecretBytes::new(PASSWORD.as_bytes().to_vec()),
        code: zeroize::Zeroizing::default(),
        source: source(),
    };
    assert!(sign_in(&fixture.office, typed).await.is_ok());
    assert!(fixture.folder.path().join("setup-done").exists());
}

#[tokio::test]
async fn a_new_code_takes_the_place_of_one_that_ended() {
    let fixture = Fixture::new(false).await;
    let first = issue_setup_code(fixture.app(), true).await.unwrap().unwrap();
    assert_eq!(issue_setup_code(fixture.app(), false).await.unwrap(), None, "the first one still holds");
    fixture.wait(SignedDuration::from_hours(24));
    let second = issue_setup_code(fixture.app(), false).await.unwrap().unwrap();
    assert!(enter(&fixture, &first.code, 1).await.is_err());
    enter(&fixture, &second.code, 1).await.unwrap();
    fixture.wait(SignedDuration::from_mins(31));
    assert!(!may_set_up(fixture.app(), visitor(1)).unwrap(), "went away for too long");
    assert!(issue_setup_code(fixture.app(), false).await.unwrap().is_some());
}

#[tokio::test]
async fn wrong_codes_are_counted_across_restarts() {
    let fixture = Fixture::new(false).await;
    issue_setup_code(fixture.app(), true).await.unwrap().unwrap();
    for _ in 0..5 {
        assert!(matches!(
            enter(&fixture, "AAAA-AAAA-AAAA", 1).await,
            Err(SetUpError::Code(CodeRefusal::Wrong))
        ));
    }
    let fresh = issue_setup_code(fixture.app(), true).await.unwrap().unwrap();
    let refused = enter(&fixture, &fresh.code, 1).await;
    assert!(matches!(refused, Err(SetUpError::Code(CodeRefusal::TooMany { .. }))));
    fixture.wait(SignedDuration::from_hours(1));
    enter(&fixture, &fresh.code, 1).await.unwrap();
}

#[tokio::test]
async fn the_recovery_key_is_shown_until_it_is_confirmed_and_then_never() {
    let (fixture, actor) = Fixture::open(true).await;
    let done = fixture.folder.path().join("setup-done");
    assert!(!done.exists(), "the machine waits until the key is written down");
    let shown = recovery_key(&fixture.office).unwrap().unwrap();
    assert_eq!(shown.as_str(), RECOVERY_KEY_TEXT);
    let other = recovery_key_hash("another key");
    assert!(matches!(keep_recovery_key(&fixture.office, &actor, other).await, Err(SetUpError::KeyChanged)));
    keep_recovery_key(&fixture.office, &actor, recovery_key_hash(&shown)).await.unwrap();
    assert!(done.exists());
    assert!(recovery_key(&fixture.office).unwrap().is_none());
    let kept = fixture
        .app()
        .store()
        .read(|view| view.get(&RECOVERY_KEY, &0))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    let kept = kept.unwrap();
    assert!(kept.matches("CBDEFGHI jklnrtuv cbdefghi JKLNRTUV"));
    assert!(!kept.matches("cbdefghi-jklnrtuv-cbdefghi-jklnrtux") && !kept.matches(""));
}

#[tokio::test]
async fn the_session_of_set_up_is_the_administrators() {
    let fixture = Fixture::new(false).await;
    let session = fixture.set_up().await;
    let signed = signed_in(fixture.app(), session, source()).await.unwrap().unwrap();
    assert_eq!((signed.name.as_str(), signed.email.as_str()), ("Ada Osei", EMAIL));
    assert!(!signed.enrolled && !signed.actor.may(crate::staff::Right::SeeOverview), "nothing opens yet");
    assert!(fixture.enrol(session).await.actor.may(crate::staff::Right::GoLive));
    assert_eq!(fixture.settings().name.as_str(), "Meadow & Mill");
}
