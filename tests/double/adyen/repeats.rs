//! Idempotency keys (<https://docs.adyen.com/development-resources/api-idempotency>): the first answer is given
//! again, with the key in a header. Adyen does not say what becomes of another request under the same key; here
//! it is refused.

use std::collections::{HashMap, HashSet};

use super::super::api::{Answer, Request};
use super::errors::{in_progress, invalid};

#[derive(Default)]
pub(super) struct Repeats {
    kept: HashMap<String, (String, Vec<u8>, Answer)>,
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

    pub(super) fn find(&mut self, request: &Request) -> Option<Answer> {
        self.repeated = true;
        match key(request) {
            Some(key) if key.len() > 64 => return Some(invalid("Idempotency-Key").answer()),
            Some(key) if self.open.contains(key) => return Some(in_progress().answer()),
            _ => {}
        }
        let kept = key(request).and_then(|key| self.kept.get(key));
        self.repeated = kept.is_some();
        let (path, body, answer) = kept?;
        let same = *path == request.path && *body == request.body;
        Some(if same { answer.clone() } else { in_progress().answer() })
    }

    pub(super) fn keep(&mut self, request: &Request, answer: &Answer) {
        let Some(key) = key(request).filter(|_| !matches!(answer.status, 401 | 403)) else { return };
        let kept = (request.path.clone(), request.body.clone(), answer.clone());
        self.kept.entry(key.to_owned()).or_insert(kept);
    }

    /// The request at hand was answered with something else after all.
    pub(super) fn replace(&mut self, request: &Request, answer: &Answer) {
        if let Some(kept) = key(request).filter(|_| !self.repeated).and_then(|key| self.kept.get_mut(key)) {
            kept.2 = answer.clone();
        }
    }
}
