//! A gateway of our own for faults: a TLS server that speaks Stripe's PaymentIntents as far as the shop uses
//! them, counts every charge, and fails on order. It runs in the test's process, which outlives the shop's.
#![allow(dead_code, unused_imports, reason = "each suite uses its own part")]

mod intents;
mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

pub use intents::{Charge, Intent};
pub use wire::certificates;

/// What goes wrong with one request. `Before` and `After` tell on which side of the gateway's own commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut and nothing was done.
    ResetBefore,
    /// All was done, and the connection is cut instead of an answer.
    ResetAfter,
    /// All was done, and half of the answer arrives.
    HalfAnswer,
    /// A 500, and nothing was done.
    ErrorBefore,
    /// A 500 although all was done.
    ErrorAfter,
    /// The answer takes this many milliseconds.
    Slow(u64),
    /// The answer names another amount.
    WrongAmount,
    /// Nothing was done; a 307 asks for the same request, body included, at `/elsewhere` of this very server,
    /// which is trusted: only the shop's own refusal keeps the card from going there.
    Redirect,
    /// All was done, and the answer is good but longer than any gateway's.
    TooLong,
}

/// A request that the gateway saw, without what a gateway must not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub idempotency_key: Option<String>,
    pub fields: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) intents: intents::Intents,
    pub(crate) faults: VecDeque<(String, Fault)>,
    pub(crate) seen: Vec<Seen>,
}

/// A running double. Stops with the runtime that it was started on.
#[derive(Clone)]
pub struct Double {
    books: Arc<Mutex<Books>>,
    address: SocketAddr,
    root_pem: String,
}

impl Double {
    /// Starts one on a free port of loopback, with a root certificate made for it.
    pub async fn start() -> Self {
        let books = Arc::new(Mutex::new(Books::default()));
        let (address, root_pem) = wire::start(Arc::clone(&books)).await;
        Self { books, address, root_pem }
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

    /// The next request whose path ends in `on` (`/confirm`, `/payment_intents`) suffers `fault`.
    pub fn plan(&self, on: &str, fault: Fault) {
        self.books().faults.push_back((on.to_owned(), fault));
    }

    pub fn forget_faults(&self) {
        self.books().faults.clear();
    }

    /// Every charge that moved money.
    pub fn charges(&self) -> Vec<Charge> {
        self.books().intents.charges()
    }

    pub fn intents(&self) -> Vec<Intent> {
        self.books().intents.all()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.books().seen.clone()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}
