//! Stripe's API, version 2025-03-31.basil, as far as a shop with cards uses it: PaymentIntents, charges,
//! refunds, Checkout Sessions, events, idempotency keys, and the pages where a shopper proves who they are or
//! pays.
//!
//! Strict where Stripe is, and more: a parameter that this double does not know is refused, and so is a card
//! anywhere but in a PaymentIntent's confirmation (Stripe takes it in more places; a careful shop does not).

mod cards;
mod charges;
mod controls;
mod errors;
mod intents;
mod notices;
mod pages;
mod params;
mod refunds;
mod repeats;
mod sessions;

use std::collections::BTreeMap;

use base64::Engine;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, Api, Charge, Done, Notice, Request, Signed, Signing};
use errors::{Refused, no_key, no_such_url};
pub use intents::Intent;
use params::Params;

/// The API's version, as it stands in answers and events.
pub const VERSION: &str = "2025-03-31.basil";

/// Stripe's API and its books.
#[derive(Default)]
pub struct Stripe {
    endpoint: String,
    /// Whether the request at hand came with a live key.
    live: bool,
    next: u64,
    intents: BTreeMap<String, Intent>,
    charges: BTreeMap<String, charges::Placed>,
    /// Oldest first.
    refunds: Vec<refunds::Refund>,
    sessions: BTreeMap<String, sessions::Session>,
    events: Vec<Value>,
    /// How many of the events were handed to the post.
    told: usize,
    repeats: repeats::Repeats,
}

/// The answer of an endpoint.
type Done200 = Result<Value, Refused>;

impl Stripe {
    fn id(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}_double{:06}", self.next)
    }

    fn route(&mut self, request: &Request) -> Done200 {
        let params = Params::of(request);
        let parts = request.parts();
        let Some(parts) = parts.strip_prefix(&["v1"]) else {
            return Err(no_such_url(&request.method, &request.path));
        };
        match (request.method.as_str(), parts) {
            ("POST", ["payment_intents"]) => self.create_intent(&params),
            ("GET", ["payment_intents", id]) => self.intent(id).map(|intent| self.show_intent(intent)),
            ("POST", ["payment_intents", id, "confirm"]) => self.confirm_intent(id, &params),
            ("POST", ["payment_intents", id, "capture"]) => self.capture_intent(id, &params),
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_intent(id, &params),
            ("GET", ["charges", id]) => self.read_charge(id),
            ("POST", ["refunds"]) => self.create_refund(&params),
            ("GET", ["refunds"]) => self.list_refunds(&params),
            ("GET", ["refunds", id]) => self.read_refund(id),
            ("POST", ["checkout", "sessions"]) => self.create_session(&params),
            ("GET", ["checkout", "sessions"]) => self.list_sessions(&params),
            ("GET", ["checkout", "sessions", id]) => self.read_session(id),
            ("POST", ["checkout", "sessions", id, "expire"]) => self.expire_session(id),
            ("GET", ["events", id]) => self.read_event(id),
            _ => Err(no_such_url(&request.method, &request.path)),
        }
    }

    /// Puts objects in the place of their identifiers, as `expand[]` asks.
    fn expand(&self, value: &mut Value, path: &str) {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let place = &mut value[first];
        if let Some(found) = place.as_str().and_then(|id| self.look_up(id)) {
            *place = found;
        }
        if rest.is_empty() {
            return;
        }
        match place {
            Value::Array(items) => items.iter_mut().for_each(|item| self.expand(item, rest)),
            Value::Object(_) => self.expand(place, rest),
            _ => {}
        }
    }

    fn look_up(&self, id: &str) -> Option<Value> {
        match id.split_once('_')?.0 {
            "pi" => self.intents.get(id).map(|intent| self.show_intent(intent)),
            "ch" => self.charges.get(id).map(|charge| self.show_charge(charge)),
            "cs" => self.sessions.get(id).map(|session| self.show_session(session)),
            "re" => self.refunds.iter().find(|refund| refund.id == id).map(refunds::Refund::show),
            "pm" => {
                let tried = self.intents.values().filter_map(|intent| intent.method.as_ref());
                let mut used = self.charges.values().map(|charge| &charge.method).chain(tried);
                used.find(|method| method.id == id).map(cards::Method::show)
            }
            _ => None,
        }
    }
}

/// The key of a request: `Bearer`, or the name of `Basic`.
fn key(request: &Request) -> Option<String> {
    let header = request.header("authorization")?;
    let key = match header.split_once(' ')? {
        ("Bearer", key) => key.to_owned(),
        ("Basic", coded) => {
            let plain = base64::engine::general_purpose::STANDARD.decode(coded).ok()?;
            String::from_utf8(plain).ok()?.split_once(':')?.0.to_owned()
        }
        _ => return None,
    };
    let known = ["sk_test_", "sk_live_", "rk_test_", "rk_live_"];
    known.iter().any(|start| key.starts_with(start)).then_some(key)
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

impl Api for Stripe {
    fn lives_at(&mut self, endpoint: &str) {
        endpoint.clone_into(&mut self.endpoint);
    }

    fn answer(&mut self, request: &Request) -> Answer {
        if request.is_page() {
            return self.page(request);
        }
        let Some(key) = key(request) else {
            return Answer::json(401, &no_key().body);
        };
        self.live = key.contains("_live_");
        if let Some(answer) = self.repeats.find(request) {
            return answer;
        }
        let done = if super::cards::in_body(request) && !self.takes_card(request) {
            Err(errors::impossible(None, "this double takes a card in a confirmation only"))
        } else {
            self.route(request)
        };
        let (status, body, begun) = match done {
            Ok(mut body) => {
                for path in Params::of(request).list("expand") {
                    self.expand(&mut body, path);
                }
                (200, body, true)
            }
            Err(refused) => (refused.status, refused.body, refused.begun),
        };
        let mut answer = Answer::json(status, &body);
        answer.headers.push(("request-id".to_owned(), self.id("req")));
        answer.headers.push(("stripe-version".to_owned(), VERSION.to_owned()));
        if begun {
            self.repeats.keep(request, &answer);
        }
        answer
    }

    fn linger(&mut self, request: &Request, begun: bool) {
        self.repeats.linger(request, begun);
    }

    fn fail(&mut self, request: &Request, status: u16, done: Done) -> Answer {
        let answer = Answer::json(status, &errors::own(status));
        match done {
            Done::NotSeen => {}
            Done::Nothing => self.repeats.keep(request, &answer),
            Done::All => self.repeats.replace(request, &answer),
        }
        answer
    }

    fn refuse(&mut self, _: &Request) -> Answer {
        let error = json!({"type": "card_error", "code": "card_declined", "message": "It was declined."});
        Answer::json(402, &errors::card(error).body)
    }

    fn echo_wrong_amount(&self, answer: &mut Answer) {
        answer.edit(wrong_amounts);
    }

    fn takes_card(&self, request: &Request) -> bool {
        request.method == "POST"
            && matches!(request.parts().as_slice(), ["v1", "payment_intents", _, "confirm"])
    }

    fn amount_of(&self, request: &Request) -> Option<i64> {
        let params = Params::of(request);
        let of_intent = |id: &str| self.intents.get(id).map(|intent| intent.amount);
        match request.parts().strip_prefix(&["v1"])? {
            ["payment_intents"] => params.get("amount")?.parse().ok(),
            ["payment_intents", id, ..] => of_intent(id),
            ["checkout", "sessions"] => params.get("line_items[0][price_data][unit_amount]")?.parse().ok(),
            ["checkout", "sessions", id, ..] => self.sessions.get(*id).map(|session| session.amount),
            ["refunds"] => of_intent(params.get("payment_intent")?),
            _ => None,
        }
    }

    fn amount_told(&self, notice: &Notice) -> Option<i64> {
        let object = &notice.body["data"]["object"];
        ["amount", "amount_total"].into_iter().find_map(|name| object[name].as_i64())
    }

    fn charges(&self) -> Vec<Charge> {
        self.charges.values().filter(|charge| charge.paid).map(|charge| self.common(charge)).collect()
    }

    fn notices(&mut self) -> Vec<Notice> {
        let notice = |event: &Value| Notice {
            id: event["id"].as_str().unwrap().to_owned(),
            topic: event["type"].as_str().unwrap().to_owned(),
            body: event.clone(),
        };
        let fresh = self.events[self.told..].iter().map(notice).collect();
        self.told = self.events.len();
        fresh
    }

    fn sign(&self, notice: &Notice, secret: &str, signing: &Signing, now: i64) -> Signed {
        notices::sign(notice, secret, signing, now)
    }
}

/// Every amount of money in an answer becomes another one.
fn wrong_amounts(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(wrong_amounts),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_i64() {
                    Some(amount) if name.starts_with("amount") && amount != 0 => {
                        *value = json!(if amount == 1 { 2 } else { 1 });
                    }
                    _ => wrong_amounts(value),
                }
            }
        }
        _ => {}
    }
}
