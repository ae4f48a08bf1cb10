//! A defect while a card is in hand: the payment ends like one whose line was cut, and the card is gone.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::bench::Bench;
use super::*;
use crate::payment::gateway::{
    Asking, Call, Created, Gateway, Heard, Notice, Outcome, RefundOutcome, Unheard,
};
use crate::payment::{Attempt, Refund};

/// What is searched for is kept masked, so that the search does not find itself.
const MASK: u8 = 0x5a;
/// Fifteen digits of a valid number that nothing else in this process uses; the last one is worked out.
const DIGITS: [u8; 15] = [4, 2, 4, 2, 4, 2, 8, 3, 0, 7, 1, 9, 6, 0, 5];

fn masked_number() -> Vec<u8> {
    let sum = DIGITS.iter().rev().enumerate().map(|(place, digit)| {
        let digit = if place % 2 == 0 { digit * 2 } else { *digit };
        digit / 10 + digit % 10
    });
    let check = (10 - sum.sum::<u8>() % 10) % 10;
    DIGITS.iter().chain([&check]).map(|digit| (digit + b'0') ^ MASK).collect()
}

/// How often the number stands in this process's writable memory.
fn copies(masked: &[u8]) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw-p ") && !line.contains("[vvar")) {
        let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = Zeroizing::new(vec![0; usize::try_from(to - from).unwrap()]);
        memory.seek(SeekFrom::Start(from)).unwrap();
        // A stack that shrinks cannot be read, and holds nothing.
        if memory.read_exact(&mut bytes).is_ok() {
            bytes.iter_mut().for_each(|byte| *byte ^= MASK);
            found += bytes.windows(masked.len()).filter(|window| *window == masked).count();
        }
    }
    found
}

/// Where the defect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    InCreate,
    InConfirm,
}

struct Broken(Defect);

impl Gateway for Broken {
    fn name(&self) -> &'static str {
        "test"
    }

    fn is_live(&self) -> bool {
        false
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        assert!(self.0 != Defect::InCreate, "a defect");
        Box::pin(async { Ok(Created { reference: format!("broken_{}", attempt.key), redirect: None }) })
    }

    fn confirm<'a>(&'a self, _: &'a Attempt, card: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            panic!("a defect with {card:?} in hand");
        })
    }

    fn inquire<'a>(&'a self, _: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Declined(DeclineReason::TryAgain) })
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

#[tokio::test]
async fn a_panic_with_a_card_in_hand_wipes_it_and_the_payment_is_settled_by_asking() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 9).await;
    let masked = masked_number();
    for (round, defect) in [Defect::InCreate, Defect::InConfirm].into_iter().enumerate() {
        bench.app.use_gateway(Some(Arc::new(Broken(defect))));
        let cart = bench.cart(1).await;
        {
            let mut number = Zeroizing::new(String::with_capacity(masked.len()));
            number.extend(masked.iter().map(|byte| char::from(byte ^ MASK)));
            assert!(copies(&masked) > 0, "the search is broken: it does not see a number that is there");
            bench.pay_at_once(cart, &number).await;
        }
        assert_eq!(copies(&masked), 0, "{defect:?}");
        assert!(bench.app.charging().is_idle(), "{defect:?} keeps its place for ever");
        let state = bench.attempts()[round].state.clone();
        let before = if defect == Defect::InCreate { AttemptState::Created } else { AttemptState::Sending };
        assert_eq!(state, before, "nobody knows more than what was written before");
        bench.clock.step(SignedDuration::from_mins(3));
        assert_eq!(reconcile(&bench.app).await, Ok(1));
        assert!(matches!(bench.attempts()[round].state, AttemptState::Declined { .. }), "{defect:?}");
    }
    assert_eq!(bench.stock().0, 9, "nothing was sold");
}
