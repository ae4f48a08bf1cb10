//! How an order's payment went, attempt by attempt: what a person needs who is asked about it.

use super::frame::{Clerk, when};
use super::overview;
use crate::locale::Texts;
use crate::operator::GatewayChoice;
use crate::payment::{ATTEMPTS, Attempt, AttemptState, DeclineReason, INQUIRIES};
use crate::store::{Reads, Span};
use crate::web::Failure;

/// The most attempts that a page shows: the newest.
const MOST: usize = 20;
/// The most attempts without an answer that are counted.
const MOST_UNSETTLED: usize = 1000;

/// An attempt as the page shows it.
pub struct Row {
    pub number: u64,
    pub begun: String,
    pub gateway: String,
    pub amount: String,
    pub state: (String, &'static str),
}

/// The attempts of an order, newest first.
pub fn of_order(clerk: &Clerk, order: u64) -> Result<Vec<Row>, Failure> {
    let span = Span::under(&order, MOST).newest_first();
    let rows = clerk.desk.site.app.store().read(|view| view.scan(&ATTEMPTS, &span).map_err(Failure::from))?;
    Ok(rows.iter().map(|(_, attempt)| row(clerk.texts(), attempt)).collect())
}

/// How many attempts have been asked about at their gateway and still have no answer.
pub fn without_answer(clerk: &Clerk) -> Result<usize, Failure> {
    let span = Span::all(MOST_UNSETTLED);
    clerk.desk.site.app.store().read(|view| {
        let mut lost = 0_usize;
        for (id, patience) in view.scan(&INQUIRIES, &span)? {
            let attempt = view.get(&ATTEMPTS, &id)?.filter(|_| patience.asked > 0);
            // Who is at the bank's page is asked about as well, and is not lost.
            let unknown = |attempt: Attempt| {
                matches!(
                    attempt.state,
                    AttemptState::Unknown | AttemptState::Mismatch | AttemptState::Sending
                )
            };
            lost = lost.saturating_add(usize::from(attempt.is_some_and(unknown)));
        }
        Ok(lost)
    })
}

/// What people call the gateway of this name.
pub fn gateway_name(texts: &Texts, name: &str) -> String {
    GatewayChoice::of_name(name)
        .map_or_else(|| name.to_owned(), |choice| texts.say(overview::gateway_name(choice)))
}

fn row(texts: &Texts, attempt: &Attempt) -> Row {
    let state = match &attempt.state {
        AttemptState::ActionRequired { .. } => (texts.say("attempt-action"), "warn"),
        AttemptState::Authorized(_) => (texts.say("attempt-authorized"), "good"),
        AttemptState::Capturing(_) => (texts.say("attempt-capturing"), "warn"),
        AttemptState::Voiding(_) => (texts.say("attempt-voiding"), "warn"),
        AttemptState::Voided => (texts.say("attempt-voided"), "muted"),
        AttemptState::Refunded(_) => (texts.say("attempt-refunded"), "muted"),
        AttemptState::Captured(_) => (texts.say("attempt-captured"), "good"),
        AttemptState::Declined { reason } => (texts.say(declined(*reason)), "muted"),
        AttemptState::Created | AttemptState::Sending => (texts.say("attempt-under-way"), "warn"),
        AttemptState::Unknown => (texts.say("attempt-unknown"), "warn"),
        AttemptState::Mismatch => (texts.say("attempt-mismatch"), "bad"),
    };
    Row {
        number: attempt.number,
        begun: when(attempt.begun),
        gateway: gateway_name(texts, &attempt.gateway),
        amount: attempt.amount.to_string(),
        state,
    }
}

fn declined(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::Declined => "attempt-declined",
        DeclineReason::InsufficientFunds => "attempt-declined-funds",
        DeclineReason::ExpiredCard => "attempt-declined-expired",
        DeclineReason::WrongCode => "attempt-declined-code",
        DeclineReason::WrongNumber => "attempt-declined-number",
        DeclineReason::NeedsAuthentication => "attempt-declined-authentication",
        DeclineReason::TryAgain => "attempt-declined-processing",
        DeclineReason::OtherCard => "attempt-declined-other-card",
        DeclineReason::Abandoned => "attempt-declined-abandoned",
        DeclineReason::TestCardsOnly => "attempt-declined-test",
    }
}
