//! What notices told of cancels by reference, for the question that follows: whether there was nothing to
//! cancel is no outcome by itself, since a payment may have come in the meantime.
//!
//! Kept in memory only. What is forgotten at a restart is asked for again an hour later, or comes to an alarm.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many are remembered; the oldest go first.
pub(super) const MOST: usize = 1_000;

/// Cancels that came to an end.
#[derive(Default)]
pub(super) struct Endings {
    /// Merchant references under which there was no payment.
    missing: Mutex<VecDeque<String>>,
    /// Adyen's names of payments that were released.
    released: Mutex<VecDeque<String>>,
}

impl Endings {
    pub(super) fn is_missing(&self, reference: &str) -> bool {
        locked(&self.missing).iter().any(|known| known == reference)
    }

    pub(super) fn missing(&self, reference: &str) {
        remember(&self.missing, reference);
    }

    /// A payment has come under the reference after all.
    pub(super) fn found(&self, reference: &str) {
        locked(&self.missing).retain(|known| known != reference);
    }

    pub(super) fn is_released(&self, psp: &str) -> bool {
        locked(&self.released).iter().any(|known| known == psp)
    }

    pub(super) fn released(&self, psp: &str) {
        remember(&self.released, psp);
    }
}

fn remember(list: &Mutex<VecDeque<String>>, name: &str) {
    let mut list = locked(list);
    if list.iter().any(|known| known == name) {
        return;
    }
    list.push_back(name.to_owned());
    while list.len() > MOST {
        list.pop_front();
    }
}

fn locked(list: &Mutex<VecDeque<String>>) -> MutexGuard<'_, VecDeque<String>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_a_thousand_are_remembered() {
        let endings = Endings::default();
        (0..=MOST).for_each(|number| endings.missing(&number.to_string()));
        endings.missing("7");
        assert!(!endings.is_missing("0") && endings.is_missing("1") && endings.is_missing("7"));
        assert_eq!(locked(&endings.missing).len(), MOST);
        endings.found("7");
        assert!(!endings.is_missing("7"));
    }
}
