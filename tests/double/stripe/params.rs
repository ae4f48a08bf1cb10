//! The parameters of a call: Stripe's nested names over a flat form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::api::{Fields, Request};
use super::errors::{Refused, unknown_parameter};

/// Names and values, with `[0]` and `[]` at the end of a name being the same.
pub(super) struct Params(Fields);

impl Params {
    /// A GET has them in the query, everything else in the form.
    pub(super) fn of(request: &Request) -> Self {
        let fields = if request.method == "GET" { request.query.clone() } else { request.form() };
        Self(fields.into_iter().map(|(name, value)| (plain(&name), value)).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of `name[]`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let name = format!("{name}[]");
        self.0.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// `name[key]=value` as a map.
    pub(super) fn map(&self, name: &str) -> BTreeMap<String, String> {
        let inner = |known: &str| {
            let rest = known.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            (!rest.is_empty() && !rest.contains('[')).then(|| rest.to_owned())
        };
        self.0.iter().filter_map(|(known, value)| Some((inner(known)?, value.clone()))).collect()
    }

    /// The keys that follow `name[`: `0`, `1` for a list of objects.
    pub(super) fn keys(&self, name: &str) -> BTreeSet<String> {
        let start = format!("{name}[");
        let key = |known: &str| Some(known.strip_prefix(&start)?.split_once(']')?.0.to_owned());
        self.0.iter().filter_map(|(known, _)| key(known)).collect()
    }

    /// A whole number; `Ok(None)` if it is not there.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refused> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            super::errors::invalid("parameter_invalid_integer", name, &format!("Invalid integer: {text}"))
        })
    }

    /// Stripe refuses every name that it does not know; this double also those that it only does not speak.
    /// `known` holds whole names, or beginnings that end in `[`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refused> {
        let is_known = |name: &str| {
            name == "expand[]"
                || known
                    .iter()
                    .any(|known| name == *known || (known.ends_with('[') && name.starts_with(known)))
        };
        match self.0.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => Err(unknown_parameter(name)),
            None => Ok(()),
        }
    }

    /// What must be the same in a repeat.
    pub(super) fn sorted(&self) -> Fields {
        let mut fields = self.0.clone();
        fields.sort();
        fields
    }
}

/// `expand[0]` as `expand[]`; `line_items[0][quantity]` stays.
fn plain(name: &str) -> String {
    match name.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((list, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{list}[]"),
        _ => name.to_owned(),
    }
}

/// Text or null.
pub(super) fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, |text| Value::String(text.to_owned()))
}
