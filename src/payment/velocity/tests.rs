//! The limits, as promises: what no sequence of tries can do, and what no honest shopper meets.

use proptest::prelude::*;

use super::limits::LONGEST_DELAY;
use super::*;
use crate::base::SeededRandom;

fn start() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// A card of its own for each `n`, with the same expiry and code.
fn card(n: u64) -> Card {
    let body = format!("424242{n:09}");
    let full = (0..10).map(|digit| format!("{body}{digit}"));
    let number = full.into_iter().find(|number| super::super::card::luhn(number.as_bytes())).unwrap();
    Card::parse(&number, "12/40", "123", "Ada Osei", start()).unwrap()
}

fn address(range: u32, host: u8) -> IpAddr {
    let [_, b, c, d] = range.to_be_bytes();
    IpAddr::from([10_u8.wrapping_add(b), c, d, host])
}

/// Counters with a clock.
struct Door {
    velocity: Velocity,
    random: SeededRandom,
    now: Timestamp,
    attempts: u64,
}

impl Door {
    fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        Self { velocity: Velocity::new(start(), &random), random, now: start(), attempts: 0 }
    }

    fn wait(&mut self, time: SignedDuration) {
        self.now += time;
    }

    fn wait_secs(&mut self, seconds: i64) {
        self.wait(SignedDuration::from_secs(seconds));
    }

    /// Lets a try begin; its attempt and its delay in seconds, or the seconds after which it may come again.
    fn begin(&mut self, source: IpAddr, card: Option<&Card>) -> Result<((u64, u64), i64), i64> {
        let knock = self.velocity.knock(self.now, &self.random, source, card);
        match self.velocity.admit(&knock) {
            Ok(pass) => {
                self.attempts += 1;
                let (delay, attempt) = (pass.delay.as_secs(), (self.attempts, 1));
                self.velocity.begun(pass, attempt);
                Ok((attempt, delay))
            }
            Err(refused) => Err(refused.retry_after.as_secs()),
        }
    }

    fn end(&mut self, attempt: (u64, u64), ending: Ending) -> Option<Episode> {
        self.velocity.note(self.now, &self.random, attempt, ending)
    }

    /// Begins and ends a try.
    fn pay(&mut self, source: IpAddr, number: u64, ending: Ending) -> Result<i64, i64> {
        let (attempt, delay) = self.begin(source, Some(&card(number)))?;
        self.end(attempt, ending);
        Ok(delay)
    }
}

#[test]
fn one_card_with_many_codes_is_slowed_and_then_refused_wherever_it_comes_from() {
    let mut door = Door::new(1);
    let delays: Vec<_> = (0..8).map(|n| door.pay(address(n, 1), 7, Ending::Declined)).collect();
    assert_eq!(delays[..5], [Ok(0), Ok(0), Ok(1), Ok(2), Ok(4)]);
    assert!(delays[5..].iter().all(|each| *each == Err(1800)), "{delays:?}");
    assert_eq!(door.pay(address(0, 1), 8, Ending::Paid), Ok(0), "another card of the same shopper is taken");
}

#[test]
fn many_cards_from_one_range_are_slowed_and_then_refused_and_other_ranges_are_not() {
    let mut door = Door::new(2);
    let delays: Vec<_> = (0..25).map(|n| door.pay(address(1, n), n.into(), Ending::Declined)).collect();
    let mut expected = vec![0, 0, 1, 2, 4];
    expected.resize(20, 8);
    assert_eq!(delays[..20], expected.iter().map(|delay| Ok(*delay)).collect::<Vec<_>>());
    assert!(delays[20..].iter().all(Result::is_err), "{delays:?}");
    assert!(door.pay(address(2, 1), 99, Ending::Paid).is_ok());
}

#[test]
fn what_is_under_way_counts_so_that_many_at_once_gain_nothing() {
    let mut door = Door::new(3);
    let begun: Vec<_> = (0..9).filter_map(|n| door.begin(address(n, 1), Some(&card(7))).ok()).collect();
    assert_eq!(begun.iter().map(|(_, delay)| *delay).collect::<Vec<_>>(), [0, 0, 1, 2, 4]);
    assert_eq!(door.begin(address(50, 1), Some(&card(7))).err(), Some(30), "soon: they may all be paid");
    for (attempt, _) in begun {
        door.end(attempt, Ending::Paid);
    }
    assert!(door.begin(address(50, 1), Some(&card(7))).is_ok());

    let mut door = Door::new(4);
    let source = address(1, 1);
    let begun = (0..99).filter(|n| door.begin(source, Some(&card(*n))).is_ok()).count();
    assert_eq!(begun, usize::from(RANGE_FAILURES));
}

#[test]
fn an_office_that_pays_is_neither_slowed_by_a_decline_now_and_then_nor_refused() {
    let mut door = Door::new(5);
    for n in 0..150 {
        let ending = if n % 8 == 7 { Ending::Declined } else { Ending::Paid };
        assert_eq!(door.pay(address(1, 1), n, ending), Ok(0), "try {n}");
        door.wait_secs(6);
    }
    assert!(!door.velocity.is_testing());
}

#[test]
fn even_who_always_pays_tries_no_more_often_than_the_limits() {
    let mut door = Door::new(16);
    for n in 0..u64::from(RANGE_TRIES) {
        assert_eq!(door.pay(address(1, 1), n, Ending::Paid), Ok(0), "try {n}");
        door.wait_secs(3);
    }
    assert!(matches!(door.pay(address(1, 2), 999, Ending::Paid), Err(wait) if wait <= 1800));
    for n in 0..u32::from(CARD_TRIES) {
        assert_eq!(door.pay(address(50 + n, 1), 1000, Ending::Paid), Ok(0), "try {n}");
    }
    assert!(door.pay(address(40, 1), 1000, Ending::Paid).is_err());
}

#[test]
fn whoever_waits_as_long_as_told_is_let_through() {
    for offset in [0, 1, 400, 899] {
        let mut door = Door::new(6);
        door.wait_secs(offset);
        let wait = loop {
            if let Err(wait) = door.pay(address(1, 1), 1, Ending::Declined) {
                break wait;
            }
            door.wait_secs(60);
        };
        assert!((1..=1800).contains(&wait), "{wait}");
        // Trying all the while makes it no longer.
        for _ in 0..20 {
            let _ = door.pay(address(1, 1), 1, Ending::Declined);
        }
        door.wait_secs(wait);
        assert!(door.pay(address(1, 1), 1, Ending::Declined).is_ok(), "after {wait} s");
    }
}

#[test]
fn a_try_that_came_to_nothing_is_as_if_it_had_not_been() {
    let mut door = Door::new(7);
    let (source, card) = (address(1, 1), card(1));
    for _ in 0..300 {
        let knock = door.velocity.knock(door.now, &door.random, source, Some(&card));
        let Ok(pass) = door.velocity.admit(&knock) else { panic!("refused") };
        assert_eq!(pass.delay, SignedDuration::ZERO);
        door.velocity.withdraw(pass);
        door.wait_secs(20);
    }
}

#[test]
fn shoppers_at_the_bank_keep_few_out_and_a_no_from_there_counts() {
    let mut door = Door::new(8);
    let mut away = Vec::new();
    for n in 0..u64::from(RANGE_UNPAID) {
        let (attempt, delay) = door.begin(address(1, 1), Some(&card(n))).unwrap();
        assert_eq!(delay, 0);
        door.end(attempt, Ending::Away);
        door.end(attempt, Ending::Away);
        away.push(attempt);
    }
    assert!(door.begin(address(1, 1), Some(&card(90))).is_err(), "it is an answer to be sent to the bank");
    for attempt in away.drain(..10) {
        door.end(attempt, Ending::Paid);
        let (attempt, delay) = door.begin(address(1, 1), Some(&card(80))).unwrap();
        assert_eq!(delay, 0);
        door.end(attempt, Ending::Paid);
    }
    for attempt in away.drain(..usize::from(RANGE_FAILURES)) {
        door.end(attempt, Ending::Declined);
        door.end(attempt, Ending::Declined);
    }
    assert!(door.begin(address(1, 1), Some(&card(90))).is_err());
    // What is told after half an hour changes nothing.
    door.wait(HALF + HALF);
    for attempt in away {
        door.end(attempt, Ending::Declined);
    }
    assert_eq!(door.pay(address(1, 1), 91, Ending::Paid), Ok(0));
}

#[test]
fn card_testing_from_many_ranges_alarms_once_tightens_and_ends_by_itself() {
    let mut door = Door::new(9);
    let mut episodes = Vec::new();
    for n in 0..200 {
        let (attempt, _) = door.begin(address(n / 2, 1), Some(&card(n.into()))).unwrap();
        episodes.extend(door.end(attempt, Ending::Declined));
        door.wait_secs(1);
    }
    assert_eq!(episodes, [Episode { declined: SHOP_DECLINES, paid: 0 }]);
    assert!(door.velocity.is_testing());
    // An honest shopper gets through, later; a range gets few failures.
    assert_eq!(door.pay(address(900, 1), 900, Ending::Paid), Ok(4));
    let tries = (0..20).filter(|n| door.pay(address(901, 1), 1000 + n, Ending::Declined).is_ok()).count();
    assert_eq!(tries, usize::from(RANGE_FAILURES_TESTING));
    // An office that has paid keeps more.
    for n in 0..10 {
        assert!(door.pay(address(902, 1), 2000 + n, Ending::Paid).is_ok());
    }
    let tries = (0..30).filter(|n| door.pay(address(902, 1), 3000 + n, Ending::Declined).is_ok()).count();
    assert_eq!(tries, usize::from(RANGE_FAILURES_TESTING) + 5);
    door.wait(HALF + HALF);
    assert_eq!(door.pay(address(903, 1), 4000, Ending::Paid), Ok(0));
    assert!(!door.velocity.is_testing());
    // It can begin again, and is said again.
    let again = (0..30).filter_map(|n| {
        let (attempt, _) = door.begin(address(5000 + n, 1), Some(&card(5000 + u64::from(n)))).unwrap();
        door.end(attempt, Ending::Declined)
    });
    assert_eq!(again.count(), 1);
}

#[test]
fn a_busy_day_with_usual_declines_is_not_card_testing() {
    let mut door = Door::new(10);
    for n in 0..2000_u32 {
        let ending = if n % 4 == 0 { Ending::Declined } else { Ending::Paid };
        let (attempt, _) = door.begin(address(n, 1), Some(&card(n.into()))).unwrap();
        assert_eq!(door.end(attempt, ending), None, "try {n}");
    }
}

#[test]
fn a_clock_that_is_set_back_or_far_ahead_keeps_nobody_out_for_long() {
    let mut door = Door::new(11);
    while door.pay(address(1, 1), 1, Ending::Declined).is_ok() {}
    door.wait(SignedDuration::from_hours(-5));
    assert!(door.pay(address(1, 1), 1, Ending::Paid).is_err(), "nothing is forgotten for it");
    door.wait(HALF + HALF);
    assert!(door.pay(address(1, 1), 1, Ending::Paid).is_ok(), "and nothing is kept longer");
    door.wait(SignedDuration::from_hours(24 * 365));
    while door.pay(address(1, 1), 1, Ending::Declined).is_ok() {}
    door.wait(SignedDuration::from_hours(-24 * 365));
    door.velocity.turn(door.now, &door.random);
    door.wait(HALF + HALF);
    assert!(door.pay(address(1, 1), 1, Ending::Paid).is_ok());
}

#[test]
fn a_range_is_a_24_or_a_56() {
    let key = Key::random(&SeededRandom::new(12));
    let place = |address: &str| key.places(address.parse().unwrap(), None).range;
    assert!(place("192.0.2.1") == place("192.0.2.254"));
    assert!(place("192.0.2.1") == place("::ffff:192.0.2.9"));
    assert!(place("192.0.2.1") != place("192.0.3.1"));
    assert!(place("2001:db8:0:100::1") == place("2001:db8:0:1ff:ffff::1"));
    assert!(place("2001:db8:0:100::1") != place("2001:db8:0:200::1"));
}

#[test]
fn a_turn_between_knock_and_admission_loses_nothing() {
    let mut door = Door::new(13);
    for _ in 0..CARD_FAILURES {
        door.pay(address(1, 1), 1, Ending::Declined).unwrap();
    }
    let knock = door.velocity.knock(door.now, &door.random, address(2, 1), Some(&card(1)));
    door.wait(HALF);
    door.velocity.turn(door.now, &door.random);
    assert!(door.velocity.admit(&knock).is_err(), "its failures are found in the half before");
    let knock = door.velocity.knock(door.now, &door.random, address(2, 1), Some(&card(2)));
    door.wait(HALF);
    door.velocity.turn(door.now, &door.random);
    let Ok(pass) = door.velocity.admit(&knock) else { panic!("refused") };
    door.velocity.begun(pass, (99, 1));
    door.end((99, 1), Ending::Declined);
    for _ in 1..CARD_FAILURES {
        door.pay(address(3, 1), 2, Ending::Declined).unwrap();
    }
    assert!(door.pay(address(3, 1), 2, Ending::Declined).is_err(), "it was counted under the new key");
}

#[test]
fn what_cannot_be_waited_for_counts_as_declined() {
    let mut door = Door::new(14);
    for n in 0..u32::try_from(MOST_UNDER_WAY).unwrap() {
        let (attempt, _) = door.begin(address(n, 1), None).unwrap();
        door.end(attempt, Ending::Away);
    }
    for _ in 0..RANGE_FAILURES {
        door.begin(address(1 << 20, 1), None).unwrap();
    }
    assert!(door.begin(address(1 << 20, 1), None).is_err());
    assert_eq!(door.velocity.under_way.len(), MOST_UNDER_WAY);
    door.wait(HALF + HALF);
    door.velocity.turn(door.now, &door.random);
    assert!(door.velocity.under_way.is_empty(), "and all of it goes with its half");
}

#[test]
fn a_development_machine_may_lift_the_limits() {
    let mut door = Door::new(15);
    door.velocity.lift();
    for _ in 0..500 {
        assert_eq!(door.pay(address(1, 1), 1, Ending::Declined), Ok(0));
    }
    assert!(!door.velocity.is_testing());
}

#[derive(Debug, Clone, Copy)]
struct Step {
    seconds: i64,
    range: u32,
    card: u64,
    ending: Ending,
    /// How many tries that are under way end first.
    ends: usize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let seconds = prop_oneof![8 => 0_i64..5, 2 => 0_i64..200, 1 => 0_i64..2000];
    let ending = prop_oneof![
        3 => Just(Ending::Declined),
        2 => Just(Ending::Paid),
        1 => Just(Ending::Silent),
        1 => Just(Ending::Away)
    ];
    let step = (seconds, 0_u32..3, 0_u64..8, ending, 0_usize..4);
    let step =
        step.prop_map(|(seconds, range, card, ending, ends)| Step { seconds, range, card, ending, ends });
    prop::collection::vec(step, 1..600)
}

/// One try that was let through.
struct Let {
    at: Timestamp,
    step: Step,
    ended: Option<Ending>,
}

fn lately(log: &[Let], now: Timestamp, span: SignedDuration) -> impl Iterator<Item = &Let> {
    log.iter().filter(move |each| now.duration_since(each.at) < span)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_sequence_gets_more_than_the_limits_and_nobody_below_them_is_refused(steps in steps(), seed in 0_u64..1000) {
        let mut door = Door::new(seed);
        let cards: Vec<_> = (0..8).map(card).collect();
        let mut log: Vec<Let> = Vec::new();
        let mut open: Vec<((u64, u64), usize)> = Vec::new();
        for step in steps {
            door.wait_secs(step.seconds);
            for _ in 0..step.ends.min(open.len()) {
                let (attempt, at) = open.remove(0);
                let ending = log[at].step.ending;
                door.end(attempt, ending);
                log[at].ended = Some(ending);
            }
            let testing = door.velocity.is_testing();
            let count = |span, what: &dyn Fn(&Let) -> bool| lately(&log, door.now, span).filter(|each| what(each)).count();
            let failed = |each: &Let| matches!(each.ended, None | Some(Ending::Declined));
            let range = |each: &Let| each.step.range == step.range;
            let same_card = |each: &Let| each.step.card == step.card;
            let twice = HALF + HALF;
            // What the documented numbers allow, counted over the longest time that anything is remembered.
            let (tries, failures) = (count(twice, &range), count(twice, &|each| range(each) && failed(each)));
            let card_tries = count(twice, &same_card);
            let card_failures = count(twice, &|each| same_card(each) && failed(each));
            let unpaid = |each: &Let| each.ended != Some(Ending::Paid);
            let range_unpaid = count(twice, &|each| range(each) && unpaid(each));
            let card_unpaid = count(twice, &|each| same_card(each) && unpaid(each));
            let most = usize::from(if testing { RANGE_FAILURES_TESTING } else { RANGE_FAILURES });
            let honest = tries < usize::from(RANGE_TRIES) && failures < most
                && card_tries < usize::from(CARD_TRIES) && card_failures < usize::from(CARD_FAILURES)
                && range_unpaid < usize::from(RANGE_UNPAID) && card_unpaid < usize::from(CARD_UNPAID);
            match door.begin(address(step.range, 1), Some(&cards[usize::try_from(step.card).unwrap()])) {
                Ok((attempt, delay)) => {
                    prop_assert!((0..=LONGEST_DELAY.as_secs()).contains(&delay));
                    open.push((attempt, log.len()));
                    log.push(Let { at: door.now, step, ended: None });
                }
                Err(wait) => {
                    prop_assert!(!honest, "refused below the limits, at {}", door.now);
                    prop_assert!((1..=twice.as_secs()).contains(&wait));
                }
            }
            let count = |what: &dyn Fn(&Let) -> bool| lately(&log, door.now, HALF).filter(|each| what(each)).count();
            let declined = |each: &Let| each.ended == Some(Ending::Declined);
            prop_assert!(count(&range) <= usize::from(RANGE_TRIES));
            prop_assert!(count(&same_card) <= usize::from(CARD_TRIES));
            prop_assert!(count(&|each| range(each) && declined(each)) <= usize::from(RANGE_FAILURES));
            prop_assert!(count(&|each| same_card(each) && declined(each)) <= usize::from(CARD_FAILURES));
            prop_assert!(count(&|each| range(each) && unpaid(each)) <= usize::from(RANGE_UNPAID));
            prop_assert!(count(&|each| same_card(each) && unpaid(each)) <= usize::from(CARD_UNPAID));
        }
    }
}
