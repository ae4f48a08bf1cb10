//! Rows and listeners without any authority: uploads, removal, the console's one certificate, and what an
//! authority that cannot be reached leaves behind. With a real one: `tests/acme`.

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::*;
use crate::action::fixture::{Fixture, source};
use crate::action::{Actor, Denied};
use crate::alarm::{self, Kind};
use crate::staff::{PERSONS, Person, Role};
use crate::store::{Reads, StoreError};
use crate::tls::acme::{AcmeError, Check};
use crate::tls::{IDENTITIES, Identity};

/// A chain and its key, as somebody uploads them.
fn pem(names: &[&str], now: Timestamp) -> (String, Zeroizing<String>, String) {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let identity = Identity::self_signed(&names, now).unwrap();
    let json = serde_json::to_value(&identity).unwrap();
    let part = |name: &str| json[name].as_str().unwrap().to_owned();
    (part("chain_pem"), Zeroizing::new(part("key_pem")), identity.fingerprint())
}

async fn upload(fixture: &Fixture, actor: &Actor, place: Place, names: &[&str]) -> String {
    let (chain, key, fingerprint) = pem(names, fixture.app().clock().now());
    replace_certificate(&fixture.office, actor, place, chain, Some(key)).await.unwrap();
    fingerprint
}

fn state(fixture: &Fixture, place: Place) -> CertificateState {
    certificate_state(&fixture.office, place).unwrap()
}

fn names(state: &CertificateState) -> Vec<Vec<&str>> {
    state.placed.iter().map(|placed| placed.names.iter().map(String::as_str).collect()).collect()
}

fn ask(place: Place, names: &[&str]) -> AskAcme {
    AskAcme {
        place,
        names: names.iter().map(ToString::to_string).collect(),
        // A name that never resolves (RFC 6761 6.4).
        authority: Authority::Other { directory: "https://ca.invalid/dir".to_owned(), root: None },
        check: Check::Http,
        agreed: true,
        binding: None,
    }
}

fn alarms(fixture: &Fixture) -> Vec<(String, u32)> {
    let open = fixture.app().store().read(|view| alarm::open(view)).unwrap();
    open.into_iter()
        .filter(|(_, alarm)| alarm.kind == Kind::CertificateExpires)
        .map(|(_, alarm)| (alarm.object.to_string(), alarm.count))
        .collect()
}

#[tokio::test]
async fn each_name_has_one_certificate_and_the_last_one_takes_it() {
    let (fixture, ada) = Fixture::open(false).await;
    let shop = Place::Storefront;
    let own = state(&fixture, shop).own_fingerprint;
    let first = upload(&fixture, &ada, shop, &["shop.example", "www.example"]).await;
    upload(&fixture, &ada, shop, &["other.example"]).await;
    assert_eq!(names(&state(&fixture, shop)), [vec!["shop.example", "www.example"], vec!["other.example"]]);
    assert_eq!(state(&fixture, shop).fingerprint, first);
    assert_eq!(fixture.office.storefront(), "https://shop.example/");

    upload(&fixture, &ada, shop, &["www.example"]).await;
    let taken = [vec!["shop.example"], vec!["other.example"], vec!["www.example"]];
    assert_eq!(names(&state(&fixture, shop)), taken);
    upload(&fixture, &ada, shop, &["shop.example"]).await;
    assert_eq!(names(&state(&fixture, shop)).len(), 3, "what has no name left goes");
    for placed in state(&fixture, shop).placed {
        remove_certificate(&fixture.office, &ada, shop, placed.number).await.unwrap();
    }
    assert_eq!(state(&fixture, shop).fingerprint, own);
    assert_eq!(fixture.office.storefront(), "https://10.0.2.15/");
    let gone = remove_certificate(&fixture.office, &ada, shop, 1).await;
    assert_eq!(gone, Err(ChangeError::Gone));
}

#[tokio::test]
async fn the_console_has_one_and_goes_back_to_its_own() {
    let (fixture, ada) = Fixture::open(false).await;
    let own = fixture.office.console_fingerprint();
    upload(&fixture, &ada, Place::Console, &["desk.example"]).await;
    let second = upload(&fixture, &ada, Place::Console, &["console.example"]).await;
    let now = state(&fixture, Place::Console);
    assert_eq!((now.placed.len(), fixture.office.console_fingerprint()), (1, second));
    assert_eq!(now.own_fingerprint, own);
    assert!(!state(&fixture, Place::Storefront).is_placed(), "the shop's is another matter");
    let wrong = remove_certificate(&fixture.office, &ada, Place::Storefront, now.placed[0].number).await;
    assert_eq!(wrong, Err(ChangeError::Gone), "nor can it be removed there");
    remove_certificate(&fixture.office, &ada, Place::Console, now.placed[0].number).await.unwrap();
    assert_eq!(fixture.office.console_fingerprint(), own);
    let deed = fixture.last_deed();
    assert!(deed.contains("RemoveCertificate \"console: console.example\" Done"), "{deed}");
}

#[tokio::test]
async fn what_is_in_place_is_shown_again_after_a_restart_and_so_is_what_an_earlier_version_kept() {
    let (fixture, ada) = Fixture::open(false).await;
    let now = fixture.app().clock().now();
    let old = Identity::self_signed(&["old.example".to_owned()], now).unwrap();
    let kept = old.clone();
    let put = fixture
        .app()
        .store()
        .transact::<_, StoreError>(move |tx| tx.put(&IDENTITIES, &"storefront".to_owned(), &kept));
    put.await.unwrap();
    let console = upload(&fixture, &ada, Place::Console, &["desk.example"]).await;
    for _ in 0..2 {
        let office = fixture.office_of(std::sync::Arc::clone(fixture.app()));
        restore_certificates(&office).await.unwrap();
        assert_eq!(office.console_fingerprint(), console);
        assert_eq!(office.storefront(), "https://old.example/");
        let shop = certificate_state(&office, Place::Storefront).unwrap();
        assert_eq!((shop.placed.len(), shop.fingerprint), (1, old.fingerprint()));
    }
}

#[tokio::test]
async fn who_asks_for_what_cannot_be_is_told_which_word_is_wrong() {
    let (fixture, ada) = Fixture::open(false).await;
    let asked = async |wish| ask_acme(&fixture.office, &ada, wish).await.unwrap_err();
    let shop = Place::Storefront;
    assert_eq!(asked(ask(shop, &[])).await, AskError::Names(MOST_NAMES));
    assert_eq!(asked(ask(Place::Console, &["a.example", "b.example"])).await, AskError::Names(1));
    assert_eq!(
        asked(ask(shop, &["a.example", "10.0.2.15"])).await,
        AskError::BadName("10.0.2.15".to_owned())
    );
    assert_eq!(asked(ask(shop, &["*.a.example"])).await, AskError::Wildcard("*.a.example".to_owned()));
    assert_eq!(asked(AskAcme { agreed: false, ..ask(shop, &["a.example"]) }).await, AskError::NotAgreed);
    let http = Authority::Other { directory: "http://ca.example/".to_owned(), root: None };
    let wish = AskAcme { authority: http, ..ask(shop, &["a.example"]) };
    assert!(matches!(asked(wish).await, AskError::Directory(_)));
    assert!(state(&fixture, shop).placed.is_empty());
    for n in 0..MOST_CERTIFICATES {
        ask_acme(&fixture.office, &ada, ask(shop, &[&format!("n{n}.example")])).await.unwrap();
    }
    assert_eq!(asked(ask(shop, &["more.example"])).await, AskError::TooMany);
    assert_eq!(state(&fixture, shop).placed.len(), MOST_CERTIFICATES);
}

#[tokio::test]
async fn an_authority_that_cannot_be_reached_is_asked_less_and_less_often_and_takes_nothing_away() {
    let (fixture, ada) = Fixture::open(false).await;
    let shop = Place::Storefront;
    let uploaded = upload(&fixture, &ada, shop, &["shop.example"]).await;
    ask_acme(&fixture.office, &ada, ask(shop, &["shop.example"])).await.unwrap();
    assert_eq!(state(&fixture, shop).placed[1].progress, Progress::Asking);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        tend_certificates(&fixture.office).await.unwrap();
        let progress = state(&fixture, shop).placed[1].progress.clone();
        let Progress::Failed { at, why: AcmeError::Unreachable(_), next: Some(next) } = progress else {
            panic!("{progress:?}");
        };
        pauses.push(next.duration_since(at).as_hours());
        // Nothing happens before its time.
        tend_certificates(&fixture.office).await.unwrap();
        assert!(
            matches!(&state(&fixture, shop).placed[1].progress, Progress::Failed { at: same, .. } if *same == at)
        );
        fixture.wait(next.duration_since(at));
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 24, 24]);
    assert_eq!(state(&fixture, shop).fingerprint, uploaded, "what was in place is shown");
    assert!(alarms(&fixture).is_empty(), "and lives for long");
}

#[tokio::test]
async fn somebody_may_ask_again_after_a_minute() {
    let (fixture, ada) = Fixture::open(false).await;
    let shop = Place::Storefront;
    ask_acme(&fixture.office, &ada, ask(shop, &["shop.example"])).await.unwrap();
    let again = || retry_certificate(&fixture.office, &ada, shop, 1);
    assert_eq!(again().await, Err(ChangeError::Gone), "it is being asked for");
    tend_certificates(&fixture.office).await.unwrap();
    assert_eq!(again().await, Err(ChangeError::TooSoon));
    fixture.wait(RETRY_PAUSE);
    again().await.unwrap();
    assert_eq!(state(&fixture, shop).placed[0].progress, Progress::Asking);
}

#[tokio::test]
async fn an_uploaded_certificate_is_an_alarm_a_fortnight_before_its_end_and_at_its_end() {
    let (fixture, ada) = Fixture::open(false).await;
    upload(&fixture, &ada, Place::Console, &["desk.example"]).await;
    let ends = state(&fixture, Place::Console).validity.1;
    let look = async |before: SignedDuration| {
        fixture.wait(ends.duration_since(fixture.app().clock().now()) - before);
        for _ in 0..3 {
            tend_certificates(&fixture.office).await.unwrap();
        }
        alarms(&fixture)
    };
    assert!(look(ALARM_BEFORE + SignedDuration::from_secs(1)).await.is_empty());
    let about = "console: desk.example".to_owned();
    assert_eq!(look(ALARM_BEFORE).await, [(about.clone(), 1)], "told once, not at each look");
    assert_eq!(look(SignedDuration::from_secs(1)).await, [(about.clone(), 1)]);
    assert_eq!(look(SignedDuration::ZERO).await, [(about, 2)]);
}

#[tokio::test]
async fn only_those_who_may_change_a_listeners_certificate_do_and_only_with_a_fresh_second_factor() {
    let (fixture, ada) = Fixture::open(false).await;
    let id = ada.id().unwrap();
    let person =
        fixture.app().store().read::<_, StoreError>(|view| view.get(&PERSONS, &id)).unwrap().unwrap();
    for place in [Place::Storefront, Place::Console] {
        let right = place.right();
        upload(&fixture, &ada, place, &["shop.example"]).await;
        let number = state(&fixture, place).placed[0].number;
        for role in Role::ALL {
            for fresh in [false, true] {
                let actor = Actor::person(&Person { role, ..person.clone() }, source(), fresh);
                let wanted = match (role.may(right), fresh) {
                    (false, _) => Err(Denied::Right(right)),
                    (true, false) => Err(Denied::StepUp(right)),
                    (true, true) => Ok(()),
                };
                let office = &fixture.office;
                let asked = ask_acme(office, &actor, ask(place, &["desk.example"])).await;
                assert_eq!(asked, wanted.map_err(AskError::from), "{role:?} {place:?}");
                let (chain, key, _) = pem(&["shop.example"], fixture.app().clock().now());
                let names = vec!["shop.example".to_owned()];
                let Err(denied) = wanted else { continue };
                let refused = Err(CertificateError::from(denied));
                assert_eq!(replace_certificate(office, &actor, place, chain, Some(key)).await, refused);
                assert_eq!(request_certificate(office, &actor, place, names).await, refused);
                let refused = Err(ChangeError::from(denied));
                assert_eq!(remove_certificate(office, &actor, place, number).await, refused);
                assert_eq!(retry_certificate(office, &actor, place, number).await, refused);
            }
        }
    }
}
