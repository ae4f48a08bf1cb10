//! A shop with a collector that is silent, comes back, is replaced, or is not for everybody to choose.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use jiff::SignedDuration;

use super::*;
use crate::action::bench::{Bench, GOOD};
use crate::action::fixture::{EMAIL, Fixture, source};
use crate::action::{Actor, Denied, Placed, ProposalError, Wish, confirm_proposal, propose, reject_proposal};
use crate::collector::{Draft, Protocol};
use crate::proposal::{LASTS, PROPOSALS, Unfit};
use crate::staff::{EmploymentKind, Ineligible, Right, Role};

const QUICK: Pace = Pace {
    look: Duration::from_millis(20),
    connect: Duration::from_millis(500),
    answer: Duration::from_secs(2),
    round: Duration::from_millis(100),
    confirm: Duration::from_secs(2),
    first_wait: Duration::from_millis(20),
    longest_wait: Duration::from_millis(200),
    longest_asked: Duration::from_secs(1),
    silent: Duration::from_millis(700),
};

/// A receiver of syslog over TLS that can be deaf, and what it was told.
struct Receiver {
    address: SocketAddr,
    root: String,
    deaf: Arc<Mutex<bool>>,
    told: Arc<Mutex<String>>,
}

impl Receiver {
    async fn start(deaf: bool) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["logs.example".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Self { address, root, deaf: Arc::new(Mutex::new(deaf)), told: Arc::default() };
        let (deaf, told) = (Arc::clone(&receiver.deaf), Arc::clone(&receiver.told));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                if *deaf.lock().unwrap() {
                    held.push(stream);
                    continue;
                }
                let Ok(mut tls) = acceptor.accept(stream).await else { continue };
                let mut all = Vec::new();
                if tls.read_to_end(&mut all).await.is_ok() {
                    told.lock().unwrap().push_str(&String::from_utf8(all).unwrap());
                    tls.shutdown().await.unwrap();
                }
            }
        });
        receiver
    }

    fn settings(&self) -> Settings {
        let draft = Draft {
            protocol: "syslog".to_owned(),
            address: self.address.to_string(),
            name: "logs.example".to_owned(),
            root: self.root.clone(),
            ..Draft::default()
        };
        draft.check(true).unwrap()
    }

    fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }
}

fn keep(app: &Arc<App>) -> tokio::task::JoinHandle<()> {
    let (host, version) = ("shop.example".to_owned(), "0.1.0".to_owned());
    tokio::spawn(keep_shipping(Arc::clone(app), host, version, QUICK))
}

async fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..1500 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never came: {what}");
}

fn open_alarms(app: &App) -> Vec<(u64, alarm::Alarm)> {
    let open: Result<_, StoreError> = app.store().read(|view| alarm::open(view));
    open.unwrap()
}

fn mark(app: &App) -> Bookmark {
    let mark: Result<_, StoreError> = app.store().read(|view| view.get(&BOOKMARK, &0));
    mark.unwrap().unwrap()
}

async fn happen(app: &App, count: u64) {
    let now = app.clock().now();
    let work = app.store().transact(move |tx| {
        for number in 1..=count {
            let about = format!("thing {number}");
            Event::done(now, Who::Machine, Deed::ChangeProduct, &about, None).record(tx)?;
        }
        Ok::<_, StoreError>(())
    });
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn checkouts_go_on_while_the_collector_says_nothing_and_it_gets_everything_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 40).await;
    let receiver = Receiver::start(true).await;
    let settings = receiver.settings();
    let written = bench.app.store().transact(move |tx| {
        tx.put(&COLLECTOR, &0, &settings)?;
        tx.put(&BOOKMARK, &0, &Bookmark { confirmed: 0, era: 1 })
    });
    let written: Result<(), StoreError> = written.await;
    written.unwrap();
    happen(&bench.app, 700).await;
    let shipping = keep(&bench.app);
    // Before, while and after the collector is called silent.
    for _ in 0..12 {
        let cart = bench.cart(1).await;
        let paid = tokio::time::timeout(Duration::from_secs(10), bench.pay(cart, GOOD)).await;
        assert!(matches!(paid, Ok(Ok(Placed::Paid { .. }))), "{paid:?}");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    until("it is told of", || !open_alarms(&bench.app).is_empty()).await;
    tokio::time::sleep(QUICK.silent * 2).await;
    let open = open_alarms(&bench.app);
    assert_eq!((open.len(), open[0].1.kind, open[0].1.count), (1, Kind::CollectorSilent, 1));
    assert!(open[0].1.object.to_string().contains(&receiver.address.to_string()));
    let state = collector_state(&bench.app).unwrap();
    assert!(state.confirmed == 0 && state.behind >= 701 && state.state.trouble.is_some(), "{state:?}");
    *receiver.deaf.lock().unwrap() = false;
    until("the alarm is closed", || open_alarms(&bench.app).is_empty()).await;
    until("it has all", || collector_state(&bench.app).unwrap().behind == 0).await;
    let told = receiver.told();
    for number in [1, 2, 350, 700] {
        assert!(told.contains(&format!(" change_product [cashcow@32473 number=\"{number}\" ")), "{number}");
    }
    // The alarm itself arrives, gravely, and that the machine closed it.
    assert!(told.contains("<105>1 ") && told.contains("raise_alarm") && told.contains("collector-silent"));
    assert!(told.contains("acknowledge_alarm"));
    assert!(!told.contains("4242"), "nothing of a card");
    shipping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_place_gets_the_whole_log_and_the_old_one_goes_on_where_it_was() {
    let (fixture, _) = Fixture::open(false).await;
    let app = fixture.app();
    let shipping = keep(app);
    let first = Receiver::start(false).await;
    happen(app, 20).await;
    set(&fixture, Some(first.settings())).await;
    let deed = fixture.last_deed();
    assert!(deed.contains("ConfirmProposal") && deed.contains(&first.address.to_string()), "{deed}");
    until("the first has all", || collector_state(app).unwrap().behind == 0).await;
    assert!(first.told().contains("thing 20"));
    let before = mark(app);
    // The same place again: it goes on.
    set(&fixture, Some(first.settings())).await;
    assert_eq!(mark(app).era, before.era);
    assert!(mark(app).confirmed >= before.confirmed);
    until("the first has that too", || collector_state(app).unwrap().behind == 0).await;
    assert_eq!(first.told().matches("number=\"1\" ").count(), 1);
    // Another place: all of it, under the same name of the log.
    let second = Receiver::start(false).await;
    set(&fixture, Some(second.settings())).await;
    assert_eq!(mark(app).era, before.era + 1);
    until("the second has all", || collector_state(app).unwrap().behind == 0).await;
    assert!(second.told().contains("number=\"1\" ") && second.told().contains("thing 20"));
    // A round with the first one that ends now counts for nothing.
    let late = AuditLog { app: Arc::clone(app), host: String::new(), version: String::new() };
    late.confirm(before.era, 1).await.unwrap();
    assert!(mark(app).confirmed > 1);
    // Nowhere: nothing is behind, and nothing arrives.
    set(&fixture, None).await;
    let told = second.told().len();
    happen(app, 5).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let state = collector_state(app).unwrap();
    assert_eq!((state.settings, state.behind, second.told().len()), (None, 0, told));
    shipping.abort();
}

/// Two people with the right: the one who asks, and the one who agrees.
async fn two(fixture: &Fixture) -> (Actor, Actor) {
    let ada = fixture.person(EMAIL).unwrap();
    let other = match fixture.person("zoe@example.com") {
        Some(zoe) => Actor::person(&zoe, source(), true),
        None => fixture.staff("zoe", Role::SecurityOfficer).await,
    };
    (Actor::person(&ada, source(), true), other)
}

/// Proposes and confirms.
async fn set(fixture: &Fixture, settings: Option<Settings>) {
    let (one, other) = two(fixture).await;
    let number = propose(fixture.app(), &one, Wish::Collector(settings)).await.unwrap();
    confirm_proposal(&fixture.office, &other, number).await.unwrap();
}

#[tokio::test]
async fn nothing_changes_until_somebody_else_agrees_within_a_day() {
    let (fixture, _) = Fixture::open(false).await;
    let (app, office) = (fixture.app(), &fixture.office);
    let receiver = Receiver::start(false).await;
    let (one, other) = two(&fixture).await;
    let place = || collector_state(app).unwrap().settings;
    let number = || waiting_collector(app).unwrap().map(|waiting| waiting.number);
    let wish = || Wish::Collector(Some(receiver.settings()));
    assert_eq!(propose(app, &one, wish()).await, Ok(1));
    let deed = fixture.last_deed();
    assert!(deed.contains("Propose \"proposal 1: ship the audit log to syslog at 127."), "{deed}");
    assert_eq!((place(), number()), (None, Some(1)));
    let own = confirm_proposal(office, &one, 1).await;
    assert_eq!((own, place()), (Err(Unfit::Proposer.into()), None));
    // Two could not both be carried out as they were read.
    let second = propose(app, &other, Wish::Collector(None)).await;
    assert_eq!(second, Err(ProposalError::AlreadyProposed(1)));
    reject_proposal(app, &other, 1).await.unwrap();
    assert!(fixture.last_deed().contains("RejectProposal \"proposal 1: ship the audit log"));
    assert_eq!((place(), number()), (None, None));
    assert_eq!(confirm_proposal(office, &other, 1).await, Err(ProposalError::Closed));
    assert_eq!(propose(app, &one, wish()).await, Ok(2));
    fixture.wait(LASTS + SignedDuration::from_secs(1));
    assert_eq!(number(), None);
    assert_eq!(confirm_proposal(office, &other, 2).await, Err(ProposalError::Closed));
    assert_eq!(propose(app, &one, wish()).await, Ok(3));
    fixture.wait(LASTS);
    confirm_proposal(office, &other, 3).await.unwrap();
    assert_eq!(place(), Some(receiver.settings()));
    // Whoever confirms can compare the authority: 16 groups of four digits.
    let print = place().unwrap().root_fingerprint().unwrap();
    assert!(print.split(' ').count() == 16 && print.split(' ').all(|group| group.len() == 4), "{print}");
    assert_eq!(confirm_proposal(office, &other, 3).await, Err(ProposalError::Closed), "once");
}

#[tokio::test]
async fn whoever_wished_for_another_place_must_still_be_trusted_when_it_is_confirmed() {
    let (fixture, _) = Fixture::open(false).await;
    let (app, office) = (fixture.app(), &fixture.office);
    let receiver = Receiver::start(false).await;
    let (one, other) = two(&fixture).await;
    let number = propose(app, &one, Wish::Collector(Some(receiver.settings()))).await.unwrap();
    fixture.amend(EMAIL, |ada| ada.employment.kind = EmploymentKind::Contractor).await;
    assert_eq!(confirm_proposal(office, &other, number).await, Err(ProposalError::ProposerGone));
    fixture.amend(EMAIL, |ada| ada.employment.kind = EmploymentKind::Employee).await;
    // The second one's own standing is asked, too.
    fixture.amend("zoe@example.com", |zoe| zoe.screening = None).await;
    let unfit = Unfit::Standing(Ineligible::NotScreened);
    assert_eq!(confirm_proposal(office, &other, number).await, Err(unfit.into()));
    assert_eq!(collector_state(app).unwrap().settings, None);
}

#[tokio::test]
async fn only_those_with_the_right_choose_where_the_log_goes() {
    let (fixture, _) = Fixture::open(false).await;
    let (app, office) = (fixture.app(), &fixture.office);
    let receiver = Receiver::start(false).await;
    let (one, _) = two(&fixture).await;
    let number = propose(app, &one, Wish::Collector(None)).await.unwrap();
    for role in Role::ALL {
        let actor = fixture.staff(role.name(), role).await;
        let may = matches!(role, Role::PlatformAdministrator | Role::SecurityOfficer);
        let asked = propose(app, &actor, Wish::Collector(Some(receiver.settings()))).await;
        let denied = ProposalError::Denied(Denied::Right(Right::ChangeCollector));
        let expected = if may { ProposalError::AlreadyProposed(number) } else { denied };
        assert_eq!(asked, Err(expected), "{role:?}");
        if !may {
            for decided in
                [confirm_proposal(office, &actor, number).await, reject_proposal(app, &actor, number).await]
            {
                // What somebody may not know of is not there for them.
                let shut =
                    matches!(decided, Err(ProposalError::Denied(Denied::Right(_)) | ProposalError::Gone));
                assert!(shut, "{role:?} {decided:?}");
            }
        }
        let late =
            Actor::person(&fixture.person(&format!("{}@example.com", role.name())).unwrap(), source(), false);
        let decided = confirm_proposal(office, &late, number).await;
        assert!(matches!(decided, Err(ProposalError::Denied(_) | ProposalError::Gone)), "{decided:?}");
    }
    assert!(waiting_collector(app).unwrap().is_some(), "and nothing was decided");
}

#[tokio::test]
async fn a_token_is_kept_for_the_place_that_it_was_given_for_and_is_in_no_event() {
    let (fixture, _) = Fixture::open(false).await;
    let draft = |address: &str, secret: &str| {
        let draft = Draft {
            protocol: "otlp".to_owned(),
            address: address.to_owned(),
            secret: secret.to_owned().into(),
            ..Draft::default()
        };
        draft.check(false).unwrap()
    };
    let kept = || collector_state(fixture.app()).unwrap().settings.unwrap().secret.is_some();
    set(&fixture, Some(draft("10.0.2.9:4318", "Bearer s3cret"))).await;
    assert!(kept() && !fixture.last_deed().contains("s3cret"));
    set(&fixture, Some(draft("10.0.2.9:4318", ""))).await;
    assert!(kept());
    set(&fixture, Some(draft("10.0.2.10:4318", ""))).await;
    assert!(!kept(), "another address gets no token");
    let state = collector_state(fixture.app()).unwrap();
    assert!(matches!(state.settings.unwrap().protocol, Protocol::Otlp { .. }));
    // A proposal holds the token while it waits, and not any more once it is decided on.
    let (one, other) = two(&fixture).await;
    let wish = Wish::Collector(Some(draft("10.0.2.9:4318", "Bearer s3cret")));
    let number = propose(fixture.app(), &one, wish).await.unwrap();
    let secret = || {
        let row: Result<Option<Proposal>, StoreError> =
            fixture.app().store().read(|view| view.get(&PROPOSALS, &number));
        match row.unwrap().unwrap().what {
            Proposed::Collector { settings } => settings.unwrap().secret.is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(secret());
    reject_proposal(fixture.app(), &other, number).await.unwrap();
    assert!(!secret());
}

#[tokio::test]
async fn what_the_collector_is_told_holds_the_chain() {
    let (fixture, _) = Fixture::open(false).await;
    happen(fixture.app(), 3).await;
    let log = AuditLog { app: Arc::clone(fixture.app()), host: String::new(), version: String::new() };
    let records = log.after(0, 100).unwrap();
    let field = |record: &Record, name: &str| {
        record.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap()
    };
    assert!(records.len() > 3);
    for pair in records.windows(2) {
        assert_eq!(field(&pair[0], "hash"), field(&pair[1], "prev"));
        assert_eq!(pair[0].number + 1, pair[1].number);
    }
}

#[tokio::test]
async fn the_firewall_is_asked_for_the_way_to_the_collector_and_for_no_other() {
    let (fixture, _) = Fixture::open(false).await;
    let app = fixture.app();
    let place = |name: &str| fixture.folder.path().join(name);
    app.gate().stand_before(crate::machine::RangeFiles {
        provisioned: place("provisioned"),
        wanted: place("wanted"),
        asked: place("asked"),
        recovered: place("recovered"),
        applied: place("applied"),
        attempts: place("attempts"),
        trial: place("trial"),
        problems: place("problems"),
    });
    let wanted =
        || -> serde_json::Value { serde_json::from_slice(&std::fs::read(place("wanted")).unwrap()).unwrap() };
    ship_as_kept(app).unwrap();
    assert!(!place("wanted").exists(), "nothing changed, and nothing is asked for");
    let settings = Receiver::start(true).await.settings();
    let at = settings.at;
    let write = app.store().transact(move |tx| tx.put(&COLLECTOR, &0, &settings)).await;
    write.unwrap_or_else(|error: StoreError| panic!("{error}"));
    ship_as_kept(app).unwrap();
    assert_eq!(wanted()["collector"], serde_json::json!([at.to_string()]));
    assert!(place("asked").exists());
    let removed = app.store().transact(move |tx| {
        tx.delete(&COLLECTOR, &0);
        Ok::<_, StoreError>(())
    });
    removed.await.unwrap();
    ship_as_kept(app).unwrap();
    assert_eq!(wanted()["collector"], serde_json::json!([]));
}
