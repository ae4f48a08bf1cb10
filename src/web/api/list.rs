//! Lists in pages: `?cursor=&limit=`, and the cursor of the next page in the answer.

use super::problem::{Fault, Problem};
use crate::locale::Texts;
use crate::web::form::{Fields, Limits};

/// Items on a page if nobody says otherwise.
pub const PAGE: usize = 50;
/// The most items on a page.
pub const MOST_PAGE: usize = 100;
/// What a query may weigh.
const QUERY: Limits = Limits { body: 4 * 1024, fields: 16, value: 1024 };

/// A query: known names only, each once.
pub struct Query<'a> {
    texts: &'a Texts,
    fields: Fields,
}

impl<'a> Query<'a> {
    /// Reads `?name=value&...`; `names` are those that the operation knows beside `cursor` and `limit`.
    pub fn read(texts: &'a Texts, query: Option<String>, names: &[&str]) -> Result<Self, Problem> {
        let query = query.unwrap_or_default();
        if query.len() > QUERY.body {
            return Err(crate::web::FormError::TooLarge.into());
        }
        let fields = Fields::parse(query.as_bytes(), QUERY)?;
        let odd =
            fields.under("").any(|(name, _)| !names.contains(&name) && !["cursor", "limit"].contains(&name));
        if odd {
            let known: Vec<_> = names.iter().copied().chain(["cursor", "limit"]).collect();
            let cure = texts.say_with("api-fault-fields", &[("fields", known.join(", ").into())]);
            let wrong = texts.say("api-fault-unknown");
            return Err(Problem::fields(vec![Fault { field: "query".to_owned(), wrong, cure }]));
        }
        Ok(Self { texts, fields })
    }

    /// A value; `None` if it did not come or is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.find(name).filter(|value| !value.is_empty())
    }

    /// How many items are wanted.
    pub fn limit(&self) -> Result<usize, Problem> {
        let Some(typed) = self.fields.find("limit") else { return Ok(PAGE) };
        let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
        let limit = typed.parse().ok().filter(|limit| digits && (1..=MOST_PAGE).contains(limit));
        limit.ok_or_else(|| {
            let text = self.texts.say_with("api-limit-wrong", &[("most", MOST_PAGE.into())]);
            Problem::field(self.texts, "limit", &text)
        })
    }

    /// The cursor, as the number that the page before ended with.
    pub fn number(&self) -> Result<Option<u64>, Problem> {
        self.get("cursor").map(|cursor| cursor.parse().map_err(|_| self.wrong_cursor())).transpose()
    }

    /// Whatever was sent as the cursor is none of ours, or not any more.
    pub fn wrong_cursor(&self) -> Problem {
        Problem::field(self.texts, "cursor", &self.texts.say("api-cursor-wrong"))
    }

    /// The value of `name` among `choices`.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(typed) = self.get(name) else { return Ok(None) };
        let found = choices.iter().find(|(known, _)| *known == typed).map(|(_, choice)| *choice);
        found.map(Some).ok_or_else(|| {
            let known: Vec<_> = choices.iter().map(|(known, _)| *known).collect();
            let cure = self.texts.say_with("api-fault-choice", &[("choices", known.join(", ").into())]);
            Problem::field(self.texts, name, &cure)
        })
    }

    /// One page of what is at hand as a whole, and the cursor of the next. `name` is what a cursor is made of.
    pub fn page<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let (limit, mut items) = (self.limit()?, items.into_iter());
        if let Some(cursor) = self.get("cursor")
            && !items.any(|item| name(&item) == cursor)
        {
            return Err(self.wrong_cursor());
        }
        let mut page: Vec<_> = items.take(limit.saturating_add(1)).collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(name);
        Ok((page, next))
    }
}
