//! The handles that actions work with.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use super::Gate;
use super::audit_keeper::Keeper;
use super::place_order::Charging;
use crate::base::{Clock, Random, SecretBytes};
use crate::catalog::Catalog;
use crate::collector::Outbox;
use crate::operator::Settings;
use crate::payment::Velocity;
use crate::payment::gateway::{Gateway, door};
use crate::store::{Store, StoreError};

/// What the composition root hands over.
pub struct AppParts {
    /// The store, started.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Key of the cookies' and forms' HMACs, derived from the root key.
    pub web_key: SecretBytes,
    /// `dev` says so on every page.
    pub dev: bool,
}

/// The gateways at hand: one that takes new payments, and all whose keys are kept.
#[derive(Default)]
struct Gateways {
    chosen: Option<Arc<dyn Gateway>>,
    known: Vec<Arc<dyn Gateway>>,
}

/// The shop at work: one per process, shared by all requests.
pub struct App {
    parts: AppParts,
    catalog: RwLock<Arc<Catalog>>,
    gateways: RwLock<Gateways>,
    charging: Charging,
    velocity: Mutex<Velocity>,
    unsigned: AtomicU32,
    outbox: Arc<Outbox>,
    gate: Gate,
    keeper: OnceLock<Arc<Keeper>>,
}

impl App {
    /// Reads what is kept in memory and opens the doors.
    pub fn new(parts: AppParts) -> Result<Arc<Self>, StoreError> {
        let catalog = parts.store.read(|view| Catalog::load(view))?;
        let catalog = RwLock::new(Arc::new(catalog));
        let velocity = Mutex::new(Velocity::new(parts.clock.now(), parts.random.as_ref()));
        Ok(Arc::new(Self {
            parts,
            catalog,
            gateways: RwLock::default(),
            charging: Charging::new(),
            velocity,
            unsigned: AtomicU32::new(0),
            outbox: Arc::default(),
            gate: Gate::default(),
            keeper: OnceLock::new(),
        }))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Time.
    pub fn clock(&self) -> &dyn Clock {
        self.parts.clock.as_ref()
    }

    /// Randomness.
    pub fn random(&self) -> &dyn Random {
        self.parts.random.as_ref()
    }

    /// Time, for a task that outlives a borrow.
    pub(super) fn clock_handle(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.parts.clock)
    }

    /// Randomness, for the same.
    pub(super) fn random_handle(&self) -> Arc<dyn Random> {
        Arc::clone(&self.parts.random)
    }

    /// Where the audit log is shipped, and how that goes.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Key of the cookies' and forms' HMACs.
    pub fn web_key(&self) -> &SecretBytes {
        &self.parts.web_key
    }

    /// Whether this is a `dev` machine.
    pub fn is_dev(&self) -> bool {
        self.parts.dev
    }

    /// The catalog as of its last change.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the catalog anew: after every change of products.
    pub fn refresh_catalog(&self) -> Result<(), StoreError> {
        let fresh = Arc::new(self.parts.store.read(|view| Catalog::load(view))?);
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The shop's settings; `None` before set-up.
    pub fn settings(&self) -> Result<Option<Settings>, StoreError> {
        self.parts.store.read(|view| Settings::load(view))
    }

    /// The gateway that takes payments now.
    pub fn gateway(&self) -> Option<Arc<dyn Gateway>> {
        self.gateways.read().unwrap_or_else(PoisonError::into_inner).chosen.clone()
    }

    /// The gateway of this name, whether or not it takes new payments: it is still asked about those that it
    /// took before.
    pub fn gateway_named(&self, name: &str) -> Option<Arc<dyn Gateway>> {
        let gateways = self.gateways.read().unwrap_or_else(PoisonError::into_inner);
        gateways.known.iter().find(|gateway| gateway.name() == name).cloned()
    }

    /// The gateway whose notices come through this door; the one that takes new payments before others.
    pub fn gateway_behind(&self, name: &str) -> Option<Arc<dyn Gateway>> {
        let gateways = self.gateways.read().unwrap_or_else(PoisonError::into_inner);
        let all = gateways.chosen.iter().chain(&gateways.known);
        all.into_iter().find(|gateway| door(gateway.name()) == name).cloned()
    }

    /// Counts notices that nobody signed since the last one that was; returns how many those are now.
    pub(super) fn unsigned_notice(&self, signed: bool) -> u32 {
        let count = |before: u32| Some(if signed { 0 } else { before.saturating_add(1) });
        let before = self.unsigned.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
        before.ok().and_then(count).unwrap_or_default()
    }

    /// Lets another gateway take new payments, or none.
    pub fn use_gateway(&self, gateway: Option<Arc<dyn Gateway>>) {
        if let Some(gateway) = &gateway {
            self.know_gateway(Arc::clone(gateway));
        }
        self.gateways.write().unwrap_or_else(PoisonError::into_inner).chosen = gateway;
    }

    /// Keeps a gateway at hand for what it took before, in place of an earlier one of its name.
    pub fn know_gateway(&self, gateway: Arc<dyn Gateway>) {
        let mut gateways = self.gateways.write().unwrap_or_else(PoisonError::into_inner);
        gateways.known.retain(|known| known.name() != gateway.name());
        gateways.known.push(gateway);
    }

    /// Who may speak to the console.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Whoever holds the TPM for the audit log; `None` until the log has begun.
    pub(super) fn keeper(&self) -> Option<&Arc<Keeper>> {
        self.keeper.get()
    }

    /// Has the audit log kept by `keeper`: once, at the start.
    pub(super) fn keep_audit_with(&self, keeper: Arc<Keeper>) {
        // A second one has nothing to say: the first holds the TPM.
        let _ = self.keeper.set(keeper);
    }

    /// The charges that are under way.
    pub(super) fn charging(&self) -> &Charging {
        &self.charging
    }

    /// Who has tried to pay lately. Held for a moment only: a transaction asks it too.
    pub(super) fn velocity(&self) -> MutexGuard<'_, Velocity> {
        self.velocity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets shoppers try to pay as often as they like. For suites that buy by the thousand, on a development
    /// machine alone.
    pub fn lift_payment_limits(&self) {
        self.velocity().lift();
    }
}
