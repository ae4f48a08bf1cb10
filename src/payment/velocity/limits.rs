//! The numbers, with their reasons in one line each; `docs/decisions/0008-card-testing.md` has the long ones.
//!
//! "Lately" is the present half and the one before: never less than the last [`HALF`], never more than twice it.

use jiff::SignedDuration;

/// What is remembered is thrown away in halves of this length, so that nothing of a card outlives 30 minutes.
pub const HALF: SignedDuration = SignedDuration::from_mins(15);

/// The most tries lately with one card: more than a purchasing department buys in a quarter of an hour.
pub const CARD_TRIES: u16 = 50;
/// The most tries lately with one card that were declined or are under way. A person mistypes a code twice; a
/// thief who tries all thousand of them needs four days.
pub const CARD_FAILURES: u16 = 5;

/// The most tries lately with one card that brought no money, those included that ended without a word of the
/// bank: a gateway that is down for a while, and somebody who does not give up.
pub const CARD_UNPAID: u16 = 10;

/// The most tries lately from one source range: a town behind one address, on the day of a sale.
pub const RANGE_TRIES: u16 = 300;
/// The most tries lately from one source range that were declined or are under way: of a hundred honest ones,
/// 5 to 20 are declined.
pub const RANGE_FAILURES: u16 = 20;
/// The most tries lately from one source range that brought no money, those included of shoppers who are at
/// their bank's page: to be sent there tells a thief that the card lives.
pub const RANGE_UNPAID: u16 = 60;
/// As [`RANGE_FAILURES`] while card testing is under way, for a range that has not paid lately. Every second payment adds
/// one, up to [`RANGE_FAILURES`]: a list of stolen cards seldom pays, an office does.
pub const RANGE_FAILURES_TESTING: u16 = 5;

/// Card testing is under way from this many declines in the whole shop lately ...
pub const SHOP_DECLINES: u32 = 20;
/// ... if they are at least this share of all that the bank has answered, in percent. Honest shops see 5 to 20.
pub const SHOP_SHARE: u32 = 40;
/// It is over when fewer were declined lately ...
pub const SHOP_DECLINES_OVER: u32 = 10;
/// ... or their share is below this, in percent.
pub const SHOP_SHARE_OVER: u32 = 20;

/// Declines that cost no wait. After them 1 second, doubled with each further one.
pub const FREE_DECLINES: u16 = 2;
/// The longest wait before a try: the page waits 25 seconds for its answer, and shall have it in that time.
pub const LONGEST_DELAY: SignedDuration = SignedDuration::from_secs(8);
/// The shortest wait while card testing is under way.
pub const DELAY_TESTING: SignedDuration = SignedDuration::from_secs(4);
/// What is told to wait while only tries that are under way are in the way.
pub const RETRY_SOON: SignedDuration = SignedDuration::from_secs(30);

/// The most tries whose end is waited for. One more counts as declined at once.
pub const MOST_UNDER_WAY: usize = 4096;

/// The wait before a try, after so many that failed: 0, 0, 1, 2, 4, 8, 8 ... seconds.
pub(super) fn delay(failures: u16) -> SignedDuration {
    let Some(doublings) = failures.checked_sub(FREE_DECLINES) else { return SignedDuration::ZERO };
    SignedDuration::from_secs(1 << doublings.min(10)).min(LONGEST_DELAY)
}
