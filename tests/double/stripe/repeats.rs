//! Idempotency keys (<https://docs.stripe.com/api/idempotent_requests>): the first answer is given again,
//! a 500 too, and a key cannot be used for another request.

use std::collections::{HashMap, HashSet};

use super::super::api::{Answer, Fields, Request};
use super::errors::{in_use, other_request};
use super::params::Params;

struct Kept {
    path: String,
    fields: Fields,
    answer: Answer,
}

#[derive(Default)]
pub(super) struct Repeats {
    kept: HashMap<String, Kept>,
    /// Keys of requests that were begun and have no answer yet.
    open: HashSet<String>,
    /// Whether the request at hand was a repeat.
    repeated: bool,
}

fn key(request: &Request) -> Option<&str> {
    request.header("idempotency-key").filter(|_| request.method == "POST")
}

impl Repeats {
    pub(super) fn linger(&mut self, request: &Request, begun: bool) {
        match key(request) {
            Some(key) if begun => drop(self.open.insert(key.to_owned())),
            Some(key) => drop(self.open.remove(key)),
            None => {}
        }
    }

    /// The answer to a repeat; one that comes while the first is still being worked at is refused.
    pub(super) fn find(&mut self, request: &Request) -> Option<Answer> {
        if let Some(key) = key(request).filter(|key| self.open.contains(*key)) {
            self.repeated = true;
            return Some(Answer::json(409, &in_use(key).body));
        }
        let kept = key(request).and_then(|key| Some((key, self.kept.get(key)?)));
        self.repeated = kept.is_some();
        let (key, kept) = kept?;
        if kept.path != request.path {
            let message = format!(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for \
                 ('{}' vs '{}'). Try using a key other than '{key}' if you meant to execute a different request.",
                request.path, kept.path
            );
            return Some(Answer::json(400, &other_request(&message).body));
        }
        if kept.fields != Params::of(request).sorted() {
            let message = format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used \
                 with. Try using a key other than '{key}' if you meant to execute a different request."
            );
            return Some(Answer::json(400, &other_request(&message).body));
        }
        let mut answer = kept.answer.clone();
        answer.headers.push(("idempotent-replayed".to_owned(), "true".to_owned()));
        Some(answer)
    }

    /// Keeps the first answer under the request's key.
    pub(super) fn keep(&mut self, request: &Request, answer: &Answer) {
        let Some(key) = key(request) else { return };
        let (path, fields) = (request.path.clone(), Params::of(request).sorted());
        let kept = Kept { path, fields, answer: answer.clone() };
        self.kept.entry(key.to_owned()).or_insert(kept);
    }

    /// The request at hand was answered with something else after all.
    pub(super) fn replace(&mut self, request: &Request, answer: &Answer) {
        if let Some(kept) = key(request).filter(|_| !self.repeated).and_then(|key| self.kept.get_mut(key)) {
            kept.answer = answer.clone();
        }
    }
}
