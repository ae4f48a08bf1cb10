//! Finding events: the newest first, page by page, with a bound on how many are looked at.

use ipnet::IpNet;
use jiff::Timestamp;

use super::chain::{self, INDEX};
use super::seal::before;
use super::{Deed, EVENTS, Event, Outcome, Record};
use crate::store::{Reads, Span, StoreError};

/// The most records that one call looks at. A search for something rare goes on from there on request.
pub const LOOKED_AT: usize = 20_000;
/// Rows read at once.
const CHUNK: usize = 500;

/// What is sought; everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// By whom: a person's address, `machine` or `stranger`.
    pub who: Option<String>,
    /// What was done.
    pub deed: Option<Deed>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// From an address of this range.
    pub source: Option<IpNet>,
    /// A text in what it was done to, in who did it, or in the address it came from; case does not matter.
    pub text: Option<String>,
    /// Only records with a lower number: where the page before ended.
    pub before: Option<u64>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The records, the newest first.
    pub found: Vec<(u64, Record)>,
    /// Where to go on ([`Query::before`]); `None` if there is nothing more.
    pub next: Option<u64>,
    /// Whether the bound was reached before the page was full.
    pub cut_short: bool,
}

impl Query {
    fn wants(&self, event: &Event) -> bool {
        let Self { from, until, who, deed, outcome, source, text, before: _ } = self;
        let holds = |text: &String| {
            let text = text.to_lowercase();
            let source = event.source.map(|source| source.to_string()).unwrap_or_default();
            let places = [event.object.to_lowercase(), event.by.to_string().to_lowercase(), source];
            places.iter().any(|place| place.contains(&text))
        };
        from.is_none_or(|from| event.at >= from)
            && until.is_none_or(|until| event.at < until)
            && who.as_ref().is_none_or(|who| event.by.to_string().eq_ignore_ascii_case(who))
            && deed.is_none_or(|deed| event.deed == deed)
            && outcome.is_none_or(|outcome| event.outcome == outcome)
            && source.is_none_or(|range| event.source.is_some_and(|at| range.contains(&at.to_canonical())))
            && text.as_ref().is_none_or(holds)
    }

    /// The index that has the fewest records to look at, as far as one can tell beforehand.
    fn index(&self) -> Option<String> {
        let who = self.who.as_ref().map(|who| format!("who {}", who.to_lowercase()));
        who.or_else(|| self.deed.map(|deed| format!("deed {}", deed.name())))
    }
}

/// The newest `most` records that fit, below [`Query::before`].
pub fn search(view: &impl Reads, query: &Query, most: usize) -> Result<Page, StoreError> {
    let state = chain::state(view)?;
    let first = state.gone.saturating_add(1);
    let end = |time| before(view, first, state.last, time);
    let lowest = match query.from {
        Some(from) => end(from)?.max(state.gone).saturating_add(1),
        None => first,
    };
    let mut top = query.before.unwrap_or(u64::MAX).min(state.last.saturating_add(1));
    if let Some(until) = query.until {
        top = top.min(end(until)?.saturating_add(1));
    }
    let (index, mut found, mut left) = (query.index(), Vec::new(), LOOKED_AT);
    loop {
        let chunk = chunk(view, index.as_ref(), top, CHUNK.min(left))?;
        let seen = chunk.len();
        for (number, record) in chunk {
            if number < lowest {
                return Ok(Page { found, next: None, cut_short: false });
            }
            top = number;
            left = left.saturating_sub(1);
            if query.wants(&record) {
                // One more than the page holds tells that there is a next page.
                if found.len() == most {
                    let next = found.last().map(|(number, _)| *number);
                    return Ok(Page { found, next, cut_short: false });
                }
                found.push((number, record));
            }
        }
        if seen == 0 {
            return Ok(Page { found, next: None, cut_short: false });
        }
        if left == 0 {
            return Ok(Page { found, next: Some(top), cut_short: true });
        }
    }
}

/// The newest records below `top`: all, or those that an index names.
fn chunk(
    view: &impl Reads,
    index: Option<&String>,
    top: u64,
    most: usize,
) -> Result<Vec<(u64, Record)>, StoreError> {
    let Some(sought) = index else {
        return view.scan(&EVENTS, &Span::all(most).before(&top).newest_first());
    };
    let span = Span::under(sought, most).before(&(sought.clone(), top)).newest_first();
    let mut records = Vec::new();
    for ((_, number), _) in view.scan(&INDEX, &span)? {
        let record = view.get(&EVENTS, &number)?;
        records.extend(record.map(|record| (number, record)));
    }
    Ok(records)
}
