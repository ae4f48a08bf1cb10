//! The filter's fields: what was typed, what it means, and the addresses that carry it on.

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::audit::{Deed, Outcome, Query};
use crate::locale::Texts;
use crate::payment::looks_like_card_number;
use crate::web::Fields;
use crate::web::console::form::Problem;

/// The longest text, name or range that is sought.
const LONGEST: usize = 254;

/// What was typed, as it was typed.
#[derive(Default)]
pub struct Typed {
    pub q: String,
    pub who: String,
    pub deed: String,
    pub outcome: String,
    pub source: String,
    pub from: String,
    pub until: String,
    before: Option<u64>,
}

/// An entry of a list to choose from.
pub struct Choice {
    pub value: &'static str,
    pub label: String,
    pub chosen: bool,
}

impl Typed {
    pub fn read(fields: &Fields) -> Self {
        // What could be a card number is neither sought nor sent back.
        let take = |name: &str| match fields.get(name).trim() {
            text if looks_like_card_number(text) => String::new(),
            text => text.to_owned(),
        };
        Self {
            q: take("q"),
            who: take("who"),
            deed: take("deed"),
            outcome: take("outcome"),
            source: take("source"),
            from: take("from"),
            until: take("until"),
            before: fields.get("before").parse().ok(),
        }
    }

    /// What is sought, and what cannot be read.
    pub fn query(&self, texts: &Texts) -> (Query, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, key: &str| problems.push(Problem::new(field, texts.say(key)));
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        for (field, text) in [("q", &self.q), ("who", &self.who)] {
            if text.len() > LONGEST {
                wrong(field, "audit-text-wrong");
            }
        }
        let deed = Deed::ALL.iter().find(|deed| deed.name() == self.deed).copied();
        if deed.is_none() && !self.deed.is_empty() {
            wrong("deed", "audit-deed-wrong");
        }
        let outcome = match self.outcome.as_str() {
            "done" => Some(Outcome::Done),
            "refused" => Some(Outcome::Refused),
            _ => None,
        };
        let source = range(&self.source);
        if source.is_none() && !self.source.is_empty() {
            wrong("source", "audit-source-wrong");
        }
        let mut day = |field: &str, text: &str| match text.parse::<Date>() {
            _ if text.is_empty() => None,
            Ok(day) => Some(day),
            Err(_) => {
                wrong(field, "audit-day-wrong");
                None
            }
        };
        let (from, until) = (day("from", &self.from), day("until", &self.until));
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            wrong("until", "audit-until-wrong");
        }
        let query = Query {
            from: from.and_then(midnight),
            until: until.and_then(|day| day.tomorrow().ok()).and_then(midnight),
            who: text(&self.who),
            deed,
            outcome,
            source,
            text: text(&self.q),
            before: self.before,
        };
        (query, problems)
    }

    /// The text of a field's problem.
    pub fn error(&self, problems: &[Problem], field: &str) -> Option<String> {
        problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.clone())
    }

    /// The address of the same filter from another place on.
    pub fn address(&self, before: Option<u64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let Self { q, who, deed, outcome, source, from, until, .. } = self;
        let fields = [
            ("q", q),
            ("who", who),
            ("deed", deed),
            ("outcome", outcome),
            ("source", source),
            ("from", from),
            ("until", until),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        match query.finish() {
            query if query.is_empty() => "/audit".to_owned(),
            query => format!("/audit?{query}"),
        }
    }

    /// Whether more than the text is sought: then those fields are shown open.
    pub fn narrow(&self) -> bool {
        let Self { who, deed, outcome, source, from, until, .. } = self;
        [who, deed, outcome, source, from, until].into_iter().any(|value| !value.is_empty())
    }

    /// Deeds in the order of their words.
    pub fn deeds(&self, texts: &Texts) -> Vec<Choice> {
        let choice = |deed: &Deed| Choice {
            value: deed.name(),
            label: texts.say(deed.key()),
            chosen: deed.name() == self.deed,
        };
        let mut deeds: Vec<_> = Deed::ALL.iter().map(choice).collect();
        deeds.sort_by(|a, b| a.label.cmp(&b.label));
        deeds
    }

    pub fn outcomes(&self, texts: &Texts) -> Vec<Choice> {
        let choice = |value: &'static str, key: &str| Choice {
            value,
            label: texts.say(key),
            chosen: value == self.outcome,
        };
        vec![choice("done", "audit-done"), choice("refused", "audit-refused")]
    }
}

/// An address or a range.
fn range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}
