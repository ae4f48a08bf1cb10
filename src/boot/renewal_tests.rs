//! Renewals by a clock that the test moves, with the real doors and a real authority.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::doors::{self, Sockets};
use crate::action::fixture::Fixture;
use crate::action::{
    ALARM_BEFORE, AskAcme, Authority, Office, OfficeParts, Place, Progress, Shown, ask_acme,
    certificate_state, tend_certificates,
};
use crate::alarm;
use crate::base::SeededRandom;
use crate::config::Ports;
use crate::staff::Hasher;
use crate::tls::acme::{Check, Directory};
use crate::tls::{Certificates, Challenges, Identity};
use crate::web::{Site, listener};

#[path = "../../tests/acme/pebble.rs"]
#[allow(dead_code, reason = "the suite acme uses the rest")]
mod pebble;

use pebble::Pebble;

const DAY: SignedDuration = SignedDuration::from_hours(24);

struct Stage {
    fixture: Fixture,
    office: Arc<Office>,
    pebble: Pebble,
    /// Kept: the doors close with it.
    stop: Option<watch::Sender<bool>>,
}

impl Stage {
    /// A shop with one certificate from the authority.
    async fn begin() -> Self {
        let (mut stage, sockets) = Self::asked().await;
        stage.serve(sockets);
        stage.tend().await;
        stage
    }

    /// A shop that has asked for one, and whose doors are not served yet.
    async fn asked() -> (Self, Sockets) {
        let (fixture, ada) = Fixture::open(false).await;
        // The authority has the real time; a little later, so that its certificates have begun.
        let ahead = SignedDuration::from_mins(2);
        fixture.wait(Timestamp::now().duration_since(fixture.app().clock().now()) + ahead);
        let sockets = Sockets::loopback(Ports { http: 0, storefront: 0, console: 0 }).unwrap();
        let ports = sockets.ports().unwrap();
        let pebble = Pebble::start(ports.http, ports.storefront);
        let office = office_of(&fixture, &pebble);
        let wish = AskAcme {
            place: Place::Storefront,
            names: vec!["shop.example.com".to_owned()],
            authority: Authority::LetsEncrypt,
            check: Check::Http,
            agreed: true,
            binding: None,
        };
        ask_acme(&office, &ada, wish).await.unwrap();
        (Self { fixture, office, pebble, stop: None }, sockets)
    }

    /// Opens the doors.
    fn serve(&mut self, sockets: Sockets) {
        let site = Site::new(Arc::clone(self.fixture.app())).unwrap();
        let (stop, stopped) = watch::channel(false);
        for door in doors::open(sockets, &site, &self.office).unwrap() {
            tokio::spawn(listener::serve(door, stopped.clone()));
        }
        self.stop = Some(stop);
    }

    /// Waits until the authority has logged this so many times.
    async fn until(&self, times: usize, what: &str) {
        for _ in 0..500 {
            if self.pebble.log().matches(what).count() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not {times} times {what}: {}", self.pebble.log());
    }

    async fn tend(&self) {
        tend_certificates(&self.office).await.unwrap();
    }

    /// What is shown, and how it goes.
    fn state(&self) -> (String, Progress) {
        let mut state = certificate_state(&self.office, Place::Storefront).unwrap();
        (state.fingerprint, state.placed.remove(0).progress)
    }

    fn next(&self) -> Timestamp {
        match self.state().1 {
            Progress::InPlace(Some(next)) | Progress::Failed { next: Some(next), .. } => next,
            other => panic!("{other:?}"),
        }
    }

    fn move_to(&self, at: Timestamp) {
        self.fixture.wait(at.duration_since(self.fixture.app().clock().now()));
    }

    fn alarms(&self) -> Vec<(&'static str, String, u32)> {
        let open = self.fixture.app().store().read(|view| alarm::open(view)).unwrap();
        open.into_iter()
            .map(|(_, alarm)| (alarm.kind.name(), alarm.object.to_string(), alarm.count))
            .collect()
    }
}

fn office_of(fixture: &Fixture, pebble: &Pebble) -> Arc<Office> {
    let own = Identity::self_signed(&["shop".to_owned()], fixture.app().clock().now()).unwrap();
    let challenges = Challenges::default();
    let storefront = Certificates::by_name(&own, challenges.clone()).unwrap();
    let directory = Directory::detour(pebble.address(), Some(pebble.root_pem())).unwrap();
    let console = Certificates::for_all(&own).unwrap();
    Office::new(OfficeParts {
        app: Arc::clone(fixture.app()),
        hasher: Hasher::weak(&SeededRandom::new(2)).unwrap(),
        premises: fixture.office.premises().clone(),
        certificates: Shown::new(storefront, console, challenges, Box::new(move |_| Ok(directory.clone()))),
        make_gateway: Box::new(|_| Err("none".to_owned())),
    })
}

#[tokio::test]
async fn a_certificate_is_renewed_at_two_thirds_of_its_life_and_no_sooner() {
    let stage = Stage::begin().await;
    let begun = stage.fixture.app().clock().now();
    let (first, progress) = stage.state();
    assert!(matches!(progress, Progress::InPlace(Some(_))), "{progress:?}\n{}", stage.pebble.log());
    let next = stage.next();
    let days = next.duration_since(begun).as_hours() / 24;
    assert!((59..=64).contains(&days), "{days} days of 90");

    stage.move_to(next - SignedDuration::from_secs(1));
    stage.tend().await;
    assert_eq!(stage.state().0, first);
    stage.move_to(next);
    stage.tend().await;
    let (second, progress) = stage.state();
    assert!(second != first && matches!(progress, Progress::InPlace(Some(_))), "{progress:?}");
    // The authority's clock stood still, so by its dates the new one is due at once: not before six hours.
    stage.tend().await;
    assert_eq!(stage.state().0, second);
    assert!(stage.next() >= next + SignedDuration::from_hours(6));
    assert!(stage.alarms().is_empty());
}

#[tokio::test]
async fn a_renewal_that_fails_takes_nothing_away_and_is_an_alarm_a_fortnight_before_the_end() {
    let mut stage = Stage::begin().await;
    let (first, _) = stage.state();
    let ends = certificate_state(&stage.office, Place::Storefront).unwrap().validity.1;
    stage.pebble.pause();
    for _ in 0..4 {
        stage.move_to(stage.next());
        stage.tend().await;
        assert!(matches!(stage.state().1, Progress::Failed { .. }));
        assert_eq!(stage.state().0, first, "what is in place stays");
    }
    assert!(stage.alarms().is_empty(), "there is time");
    stage.move_to(ends - ALARM_BEFORE);
    for _ in 0..3 {
        stage.tend().await;
    }
    let about = "storefront: shop.example.com".to_owned();
    assert_eq!(stage.alarms(), [("certificate-expires", about.clone(), 1)]);
    // The authority is back: the next try renews it.
    stage.pebble.resume();
    stage.move_to(stage.next());
    stage.tend().await;
    let (renewed, progress) = stage.state();
    assert!(
        renewed != first && matches!(progress, Progress::InPlace(_)),
        "{progress:?}\n{}",
        stage.pebble.log()
    );

    // Down for good: at the end there is a second alarm.
    stage.pebble.pause();
    let ends = certificate_state(&stage.office, Place::Storefront).unwrap().validity.1;
    stage.move_to(ends - DAY);
    stage.tend().await;
    stage.move_to(ends);
    stage.tend().await;
    assert_eq!(stage.alarms(), [("certificate-expires", about, 3)]);
}

/// The authority is at the door, and nobody answers: the service stops there, and another one goes on.
#[tokio::test]
async fn an_order_that_a_restart_interrupted_goes_on_where_it_was() {
    let (mut stage, sockets) = Stage::asked().await;
    let office = Arc::clone(&stage.office);
    let first = tokio::spawn(async move { tend_certificates(&office).await.is_ok() });
    let count = |stage: &Stage, what: &str| stage.pebble.log().matches(what).count();
    stage.until(1, "POST /chalZ/").await;
    first.abort();
    assert!(first.await.is_err(), "it was not interrupted");
    assert_eq!(stage.state().1, Progress::Asking);

    stage.office = office_of(&stage.fixture, &stage.pebble);
    let office = Arc::clone(&stage.office);
    let second = tokio::spawn(async move { tend_certificates(&office).await });
    // The doors open once the second one has read what the first had begun.
    let read = count(&stage, "POST /authZ/") + 1;
    stage.until(read, "POST /authZ/").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.serve(sockets);
    second.await.unwrap().unwrap();
    let progress = stage.state().1;
    assert!(matches!(progress, Progress::InPlace(Some(_))), "{progress:?}\n{}", stage.pebble.log());
    // What is in its books counts: it refuses one good nonce in twenty, and is asked again.
    assert_eq!(count(&stage, " orders in the db"), 1, "one order: {}", stage.pebble.log());
    assert_eq!(count(&stage, " accounts in memory"), 1, "one account: {}", stage.pebble.log());
}
