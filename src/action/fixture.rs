//! A shop and its office in a folder of their own, for tests: a clock that stands still, a fast password
//! hash, and a gateway that nobody calls.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::*;
use crate::base::{Boottime, Clock, Email, Line, ManualClock, OsRandom, SecretBytes, SeededRandom, Token};
use crate::catalog::{Catalog, STOCK, Stock};
use crate::config::AdminRange;
use crate::operator::Settings;
use crate::payment::gateway::{
    ADYEN, AUTHORIZE_NET, Account, Asking, Call, Created, Gateway, Heard, Notice, Outcome, RefundOutcome,
    STRIPE, STRIPE_HOSTED, StripePage, TEST, Unheard, Visitor,
};
use crate::payment::{Attempt, Card, DeclineReason, Refund};
use crate::proposal::Record;
use crate::staff::{
    Attested, Employment, EmploymentKind, Hasher, PERSONS, PERSONS_BY_EMAIL, Password, Person, PersonState,
    Role, Screening, email_key,
};
use crate::store::{Reads, RootKey, StoreError, StoreFile};
use crate::tls::acme::Directory;
use crate::tls::{Certificates, Challenges, Identity};

pub const PASSWORD: &str = "a quiet meadow with eleven cows";
pub const EMAIL: &str = "ada@example.com";
pub const OFFICER: &str = "noor@example.com";
pub const RECOVERY_KEY_TEXT: &str = "cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";

pub struct Fixture {
    pub clock: Arc<ManualClock>,
    pub office: Arc<Office>,
    pub folder: tempfile::TempDir,
    /// The administrator's recovery codes that were not used yet: a clock that stands still makes one code of an
    /// app, which is taken once.
    codes: Mutex<Vec<String>>,
}

struct Nobody(&'static str);

impl Gateway for Nobody {
    fn name(&self) -> &'static str {
        self.0
    }

    fn is_live(&self) -> bool {
        false
    }

    fn create<'a>(&'a self, _: &'a Attempt, _: &'a Visitor) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(async { Err(DeclineReason::TryAgain) })
    }

    fn confirm<'a>(&'a self, _: &'a Attempt, _: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Unknown })
    }

    fn inquire<'a>(&'a self, _: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Unknown })
    }

    fn capture<'a>(&'a self, _: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Unknown })
    }

    fn void<'a>(&'a self, _: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Unknown })
    }

    fn refund<'a>(&'a self, _: &'a Attempt, _: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(async { RefundOutcome::Unknown })
    }

    fn hear(&self, _: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        Err(Unheard::NoSecret)
    }
}

/// A gateway of the account's name that nobody calls.
fn nobody(account: Account) -> Result<Arc<dyn Gateway>, String> {
    Ok(Arc::new(Nobody(match account {
        Account::Test => TEST,
        Account::Stripe(account) if account.page == StripePage::Hosted => STRIPE_HOSTED,
        Account::Stripe(_) => STRIPE,
        Account::Adyen(_) => ADYEN,
        Account::AuthorizeNet(_) => AUTHORIZE_NET,
    })))
}

/// Listeners that show `own`, and authorities that nobody calls.
fn shown(own: &Identity) -> Shown {
    let challenges = Challenges::default();
    let storefront = Certificates::by_name(own, challenges.clone()).unwrap();
    let directory = |authority: &Authority| Directory::new(authority.directory(), authority.root());
    Shown::new(storefront, Certificates::for_all(own).unwrap(), challenges, Box::new(directory))
}

pub fn source() -> IpAddr {
    "10.0.2.2".parse().unwrap()
}

fn screening() -> Screening {
    Screening {
        method: Line::new("criminal record certificate").unwrap(),
        on: "2025-01-15".parse().unwrap(),
        valid_until: "2030-01-14".parse().unwrap(),
        reference: Line::new("HR 2025-17").unwrap(),
    }
}

/// A record that allows every role: employed since 2020, screened until 2030.
pub fn record(name: &str, role: Role) -> Record {
    Record {
        name: Line::new(name).unwrap(),
        role,
        employment: Employment {
            employer: Line::new("Meadow Hosting").unwrap(),
            kind: EmploymentKind::Employee,
            since: "2020-09-01".parse().unwrap(),
            ended: None,
        },
        screening: Some(screening()),
    }
}

impl Fixture {
    /// A new machine on a release image; with a recovery key if `recovery`.
    pub async fn new(recovery: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let random: Arc<OsRandom> = Arc::new(OsRandom);
        let root = RootKey::random(&SeededRandom::new(1));
        let file = StoreFile::open(&folder.path().join("shop.redb")).unwrap();
        let store = file.start(root, Arc::clone(&random) as _).await.unwrap();
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let clock = Arc::new(ManualClock::at(now));
        let parts = AppParts {
            store,
            clock: Arc::clone(&clock) as _,
            random,
            web_key: SecretBytes::new(vec![5; 32]),
            dev: false,
        };
        let recovery_key = recovery.then(|| folder.path().join("recovery-key"));
        if let Some(path) = &recovery_key {
            std::fs::write(path, format!("{RECOVERY_KEY_TEXT}\n")).unwrap();
        }
        let premises = Premises {
            version: "0.1.0".to_owned(),
            profile: "release".to_owned(),
            storefront: "https://10.0.2.15/".to_owned(),
            storefront_port: 443,
            console_names: vec!["console.shop.example".to_owned()],
            console_port: 9443,
            tpm: "swtpm".to_owned(),
            shop_name: Some(Line::new("Meadow & Mill").unwrap()),
            administrator: Some(Founder {
                name: Line::new("Ada Osei").unwrap(),
                email: Email::new(EMAIL).unwrap(),
                employment: Employment {
                    employer: Line::new("Meadow Hosting").unwrap(),
                    kind: EmploymentKind::Employee,
                    since: "2019-04-01".parse().unwrap(),
                    ended: None,
                },
                screening: screening(),
                approved_by: Line::new("Ines Duarte").unwrap(),
            }),
            security_officer: Some(Founder {
                name: Line::new("Noor Haddad").unwrap(),
                email: Email::new(OFFICER).unwrap(),
                employment: Employment {
                    employer: Line::new("Meadow Hosting").unwrap(),
                    kind: EmploymentKind::Employee,
                    since: "2020-09-01".parse().unwrap(),
                    ended: None,
                },
                screening: screening(),
                approved_by: Line::new("Ines Duarte").unwrap(),
            }),
            recovery_key,
            setup_done: folder.path().join("setup-done"),
        };
        let own = Identity::self_signed(&["10.0.2.15".to_owned()], now).unwrap();
        let app = App::new(parts).unwrap();
        let time = Arc::clone(&clock);
        let boottime = move || Boottime(u64::try_from(time.now().as_millisecond()).unwrap());
        app.gate().keep_time_by(boottime);
        let range = AdminRange {
            net: "10.0.2.0/24".parse().unwrap(),
            name: Line::new("hosting desk").unwrap(),
            owner: Line::new("Ada Osei").unwrap(),
        };
        open_ranges(&app, &[range]).await.unwrap();
        let office = Office::new(OfficeParts {
            app,
            hasher: Hasher::weak(&SeededRandom::new(2)).unwrap(),
            premises,
            certificates: shown(&own),
            make_gateway: Box::new(nobody),
        });
        Self { clock, office, folder, codes: Mutex::default() }
    }

    /// Another office on the same machine, as after a restart.
    pub fn office_of(&self, app: Arc<App>) -> Arc<Office> {
        Office::new(OfficeParts {
            app,
            hasher: Hasher::weak(&SeededRandom::new(2)).unwrap(),
            premises: self.office.premises().clone(),
            certificates: shown(
                &Identity::self_signed(&["10.0.2.15".to_owned()], self.app().clock().now()).unwrap(),
            ),
            make_gateway: Box::new(nobody),
        })
    }

    pub fn app(&self) -> &Arc<App> {
        self.office.app()
    }

    pub fn wait(&self, time: SignedDuration) {
        self.clock.step(time);
    }

    /// Sets the shop up; the id of the administrator's session.
    pub async fn set_up(&self) -> Token {
        let code = issue_setup_code(self.app(), true).await.unwrap().unwrap();
        let visitor = Token::random(self.app().random());
        enter_setup_code(self.app(), code.code, visitor, source()).await.unwrap();
        set_up(&self.office, self.wish(visitor)).await.unwrap()
    }

    pub fn wish(&self, visitor: Token) -> SetUp {
        SetUp {
            visitor,
            source: source(),
            shop: Line::new("Meadow & Mill").unwrap(),
            contact: Email::new("hello@meadow.example").unwrap(),
            password: Password::choose(PASSWORD, &[]).unwrap(),
        }
    }

    /// A shop that is set up, and its administrator.
    pub async fn open(recovery: bool) -> (Self, Actor) {
        let fixture = Self::new(recovery).await;
        let session = fixture.set_up().await;
        let signed = fixture.enrol(session).await;
        (fixture, signed.actor)
    }

    /// Adds an app to the person of a session that is not enrolled yet; the same person, enrolled.
    pub async fn enrol(&self, session: Token) -> SignedIn {
        let signed = signed_in(self.app(), session, source()).await.unwrap().unwrap();
        let code = offered_app(&self.office, session).code(self.app().clock().now());
        let enrolled = add_app(&self.office, &signed, session, Zeroizing::new(code)).await.unwrap();
        *self.codes.lock().unwrap() = enrolled.codes.unwrap().to_vec();
        signed_in(self.app(), enrolled.session, source()).await.unwrap().unwrap()
    }

    /// A second factor of the administrator that was not used yet.
    pub fn second(&self) -> Zeroizing<String> {
        Zeroizing::new(self.codes.lock().unwrap().pop().expect("a recovery code that is left"))
    }

    /// Somebody of this role who has joined and has proved the second factor, under the address
    /// `name@example.com`.
    pub async fn staff(&self, name: &str, role: Role) -> Actor {
        let id = Token::random(self.app().random());
        let Record { name: legal, role, employment, screening } = record(name, role);
        let email = Email::new(&format!("{name}@example.com")).unwrap();
        let now = self.clock.now();
        let attested = Some(Attested { by: Line::new("Ines Duarte").unwrap(), role });
        let person = Person {
            id,
            name: legal,
            email,
            role,
            employment,
            screening,
            approvals: Vec::new(),
            attested,
            state: PersonState::Active,
            since: now,
            last_seen: now,
        };
        let kept = person.clone();
        let write = move |tx: &mut crate::store::Tx<'_>| {
            tx.put(&PERSONS_BY_EMAIL, &email_key(kept.email.as_str()), &id)?;
            tx.put(&PERSONS, &id, &kept)
        };
        self.app().store().transact::<_, StoreError>(write).await.unwrap();
        Actor::person(&person, source(), true)
    }

    /// The row of this address.
    pub fn person(&self, email: &str) -> Option<Person> {
        let key = email_key(email);
        let found = self.app().store().read(|view| {
            let Some(id) = view.get(&PERSONS_BY_EMAIL, &key)? else { return Ok(None) };
            view.get(&PERSONS, &id)
        });
        found.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    /// Changes the row of this address behind everybody's back.
    pub async fn amend(&self, email: &str, change: impl FnOnce(&mut Person)) {
        let mut person = self.person(email).unwrap();
        change(&mut person);
        let write = move |tx: &mut crate::store::Tx<'_>| tx.put(&PERSONS, &person.id, &person);
        self.app().store().transact::<_, StoreError>(write).await.unwrap();
    }

    /// Removes the row of this address, if there is one.
    pub async fn forget(&self, email: &str) {
        let Some(person) = self.person(email) else { return };
        let key = email_key(email);
        let write = move |tx: &mut crate::store::Tx<'_>| {
            tx.delete(&PERSONS_BY_EMAIL, &key);
            tx.delete(&PERSONS, &person.id);
            Ok(())
        };
        self.app().store().transact::<_, StoreError>(write).await.unwrap();
    }

    pub fn settings(&self) -> Settings {
        self.app().settings().unwrap().unwrap()
    }

    pub fn stock(&self, sku: &str) -> Option<Stock> {
        let sku = sku.to_owned();
        self.app()
            .store()
            .read(|view| view.get(&STOCK, &sku))
            .unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    pub fn catalog(&self) -> Arc<Catalog> {
        self.app().catalog()
    }

    pub fn demo_folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("demo")
    }

    /// Whether the audit's last event is this.
    pub fn last_deed(&self) -> String {
        let span = crate::store::Span::all(1).newest_first();
        let events = self.app().store().read(|view| view.scan(&crate::audit::EVENTS, &span));
        events.unwrap_or_else(|error: StoreError| panic!("{error}")).pop().unwrap().1.to_string()
    }
}
