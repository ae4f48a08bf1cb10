//! A gateway of our own for faults: a TLS server that speaks one vendor's API as far as a shop uses it, counts
//! every charge, and fails on order. It runs in the test's process, which outlives the shop's.
//!
//! ```text
//! Double::stripe()   one server, one API      double.plan("/confirm", Fault::ResetAfter)
//!   wire.rs          TLS, HTTP, faults        double.plan_text("authCapture", Fault::ErrorAfter)
//!   presence.rs      certificates, old TLS    double.plan_random(seed, 50, &Fault::LOSSES)
//!   delivery.rs      webhooks                 double.webhooks_to(url, Trust::Anyone, secret)
//!   stripe/ ...      an API and its books     double.charges(), seen(), breaches(), notices_sent()
//! ```
//!
//! To add an API: a file (or folder) beside `stripe/` with a type that implements [`Api`], and three lines here:
//! `mod`, `pub use`, and `Double::name()`, which calls [`Double::serve`]. Faults, TLS, webhooks and the search
//! for cards in wrong places then work with it. What it must say itself:
//! - [`Api::answer`] with all checks of the vendor (credentials too), in the vendor's own shapes;
//! - [`Api::fail`]: what a 500, 503 or 429 of this vendor looks like, remembered where the vendor repeats it;
//! - [`Api::takes_card`]: the only requests whose body may hold a card. A card anywhere else is a breach:
//!   refuse the request too, so that a shop that errs is also not paid;
//! - [`Api::echo_wrong_amount`], [`Api::charges`], [`Api::notices`], [`Api::sign`].
//!
//! Pages for a shopper's browser (3-D Secure, hosted forms) live under `/pages/`: no random fault hits them.
//! Controls of one API only (settle, expire, complete) are methods in an `impl Double` of its own file that
//! call [`Double::with`], which also sends the notices that follow.
#![allow(dead_code, unused_imports, reason = "each suite uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

pub mod adyen;
pub mod api;
pub mod authorize_net;
mod cards;
mod delivery;
mod fault;
pub mod form;
mod old_tls;
pub mod payer;
mod presence;
mod quote;
mod slow;
pub mod stripe;
#[path = "../harness/trust.rs"]
#[allow(clippy::duplicate_mod, reason = "suites without a harness have it, too")]
mod trust;
mod wire;

use std::any::Any;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

pub use adyen::Adyen;
pub use api::{Answer, Api, Charge, Done, Fields, Notice, Request, Signed, Signing};
pub use authorize_net::AuthorizeNet;
pub use delivery::{Sent, Trust, Twist};
pub use fault::{Dice, Fault};
pub use presence::{Presence, certificates};
pub use stripe::Stripe;
use tokio::sync::mpsc;
pub use trust::client;

/// A request that the gateway saw, without what a gateway must not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// The same in every run, see [`Api::doing`].
    pub doing: String,
    /// Of the payment that it is about, in minor units, if that can be told.
    pub amount: Option<i64>,
    /// The key by which the vendor recognises a repeat.
    pub idempotency_key: Option<String>,
    /// The names of a form's fields.
    pub fields: Vec<String>,
    /// Whether the body held a card number.
    pub card: bool,
    pub fault: Option<Fault>,
}

pub(crate) struct Books {
    api: Box<dyn Api>,
    plans: fault::Plans,
    mail: delivery::Mail,
    seen: Vec<Seen>,
    ears: Vec<mpsc::UnboundedSender<Seen>>,
    breaches: Vec<String>,
    refusals: Vec<String>,
}

type Shared = Arc<Mutex<Books>>;

/// A running double. Stops with the runtime that it was started on.
#[derive(Clone)]
pub struct Double {
    books: Shared,
    address: SocketAddr,
    root_pem: String,
}

impl Double {
    /// Stripe, on a free port of loopback, with a root certificate made for it.
    pub async fn stripe() -> Self {
        Self::serve(Stripe::default(), Presence::Good).await
    }

    /// Adyen.
    pub async fn adyen() -> Self {
        Self::serve(Adyen::default(), Presence::Good).await
    }

    /// Stripe, Authorize.Net and Adyen, all under one root, as one shop trusts them.
    pub async fn together() -> [Self; 3] {
        let root = presence::Root::new();
        let under = |presence| presence::Identity::under(&root, presence);
        [
            Self::serve_as(Stripe::default(), Presence::Good, under(Presence::Good)).await,
            Self::serve_as(authorize_net::AuthorizeNet::default(), Presence::Good, under(Presence::Good))
                .await,
            Self::serve_as(Adyen::default(), Presence::Good, under(Presence::Good)).await,
        ]
    }

    /// Any API, shown in any way.
    pub async fn serve(api: impl Api, presence: Presence) -> Self {
        Self::serve_as(api, presence, presence::Identity::new(presence)).await
    }

    async fn serve_as(api: impl Api, presence: Presence, identity: presence::Identity) -> Self {
        let books = Books {
            api: Box::new(api),
            plans: fault::Plans::default(),
            mail: delivery::Mail::default(),
            seen: Vec::new(),
            ears: Vec::new(),
            breaches: Vec::new(),
            refusals: Vec::new(),
        };
        let books = Arc::new(Mutex::new(books));
        let (listener, address) = wire::listen().await;
        let address = match presence {
            Presence::Good | Presence::Expired | Presence::OtherName => {
                wire::serve(listener, identity.config(), Arc::clone(&books));
                address
            }
            Presence::InsistsOnTls11 => {
                old_tls::insist(listener, Arc::clone(&books));
                address
            }
            Presence::OnlyTls11 => old_tls::openssl(&identity, Arc::clone(&books)).await,
        };
        let double = Self { books, address, root_pem: identity.root };
        double.books().api.lives_at(&double.endpoint());
        double
    }

    /// `https://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root to trust, PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The settings of a client that trusts this double and nobody else.
    pub fn client(&self) -> Arc<rustls::ClientConfig> {
        trust::client(&Trust::Root(self.root_pem.clone()))
    }

    /// The next request whose path ends in `on` (`/confirm`, `/payment_intents`) suffers `fault`.
    pub fn plan(&self, on: &str, fault: Fault) {
        self.books().plans.on_path(on, fault);
    }

    /// The next request whose body holds this text, as it stands or form-decoded, suffers `fault`.
    pub fn plan_text(&self, text: &str, fault: Fault) {
        self.books().plans.on_text(text, fault);
    }

    /// From now on, so many of a thousand requests suffer one of these. Which, follows from the seed, from what
    /// the request does, from the amount of its payment and from how often that came before: not from when it
    /// comes, nor from what comes between.
    pub fn plan_random(&self, seed: u64, per_mille: usize, kinds: &[Fault]) {
        self.books().plans.at_random(seed, per_mille, kinds);
    }

    /// From now on, what is told of money that is held or taken by a payment of one of these amounts names
    /// another amount.
    pub fn lie_about(&self, amounts: &[i64]) {
        self.books().plans.lie_about(amounts);
    }

    /// Each request, at the instant at which it has come in whole and nothing was done about it yet.
    pub fn listen(&self) -> mpsc::UnboundedReceiver<Seen> {
        let (ear, heard) = mpsc::unbounded_channel();
        self.books().ears.push(ear);
        heard
    }

    pub fn forget_faults(&self) {
        self.books().plans.forget();
    }

    /// All money that is or was held, with what became of it.
    pub fn charges(&self) -> Vec<Charge> {
        self.books().api.charges()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.books().seen.clone()
    }

    /// Cards that came where none belongs. A good shop leaves this empty.
    pub fn breaches(&self) -> Vec<String> {
        self.books().breaches.clone()
    }

    /// Handshakes that failed, in the words of whoever noticed: so that a test knows that a client came and went.
    pub fn refusals(&self) -> Vec<String> {
        self.books().refusals.clone()
    }

    /// Sends notices to `url` from now on: `https://ADDRESS:PORT/path` or, for a test's own listener, `http://`.
    /// `secret` is what the vendor's dashboard would show.
    pub fn webhooks_to(&self, url: &str, trust: Trust, secret: &str) {
        delivery::begin(&self.books, url, trust, secret);
    }

    /// The next notice whose topic ends in `on` suffers `twist`.
    pub fn plan_notice(&self, on: &str, twist: Twist) {
        self.books().mail.plan(on, twist);
    }

    /// From now on, so many of a thousand notices suffer one of these, by seed, topic, amount and how often.
    pub fn plan_random_notices(&self, seed: u64, per_mille: usize, kinds: &[Twist]) {
        self.books().mail.at_random(seed, per_mille, kinds);
    }

    /// Every delivery so far, failed tries included.
    pub fn notices_sent(&self) -> Vec<Sent> {
        self.books().mail.sent.clone()
    }

    /// Dresses a notice as the vendor does, for a test that sends it itself.
    pub fn sign(&self, notice: &Notice, secret: &str, signing: &Signing) -> Signed {
        self.books().api.sign(notice, secret, signing, jiff::Timestamp::now().as_second())
    }

    /// Looks into one API's books, or does there what no request can do. Panics for another API.
    pub fn with<A: Api, T>(&self, look: impl FnOnce(&mut A) -> T) -> T {
        let found = {
            let mut books = self.books();
            let api: &mut dyn Any = books.api.as_mut();
            look(api.downcast_mut::<A>().expect("this double speaks another API"))
        };
        delivery::post(&self.books);
        found
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}
