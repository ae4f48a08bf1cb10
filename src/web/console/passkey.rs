//! The part of a page that asks for a passkey, and the answer that comes back. Without JavaScript, or where no
//! passkey works, the part is not there and the page is the same otherwise.

use axum::response::Response;

use super::Desk;
use super::form::Field;
use crate::action::{Challenge, PasskeyAnswer};
use crate::base::Token;
use crate::locale::Texts;
use crate::staff::MOST_ANSWER;
use crate::web::{Fields, Head, Limits, headers};

/// What a form with an answer may weigh: 32 KiB, 16 fields, 8 KiB a value.
pub const ANSWER: Limits = Limits { body: 32 * 1024, fields: 16, value: MOST_ANSWER };

/// Drawn by `console/passkey.html`; templates call it `passkey`.
pub struct PasskeyForm {
    pub action: &'static str,
    /// `create` or `get`.
    pub kind: &'static str,
    pub challenge: Challenge,
    /// Where to go on afterwards.
    pub then: String,
    /// What the new passkey is to be called.
    pub name: Option<Field>,
    pub button: String,
    /// How the button looks: as the page's main action, or quieter.
    pub look: &'static str,
}

impl PasskeyForm {
    /// Asks for a passkey that is there.
    pub fn get(action: &'static str, challenge: Challenge, button: String) -> Self {
        Self { action, kind: "get", challenge, then: String::new(), name: None, button, look: "whole quiet" }
    }

    /// Asks for a new one.
    pub fn create(challenge: Challenge, action: &'static str, texts: &Texts) -> Self {
        let name = Field::new("name", texts.say("field-passkey-name"))
            .hint(texts.say("field-passkey-name-hint"))
            .value(&texts.say("passkey-first-name"));
        let button = texts.say("passkey-add");
        Self {
            action,
            kind: "create",
            challenge,
            then: String::new(),
            name: Some(name),
            button,
            look: "quiet",
        }
    }
}

/// Lets the page run the script, if it has something to ask.
pub fn with_script(passkey: Option<&PasskeyForm>, desk: &Desk, head: &mut Head) {
    head.script = passkey.map(|_| desk.site.assets.passkey_script());
}

/// The headers of such a page.
pub fn allow(head: bool, mut response: Response) -> Response {
    if head {
        headers::allow_passkeys(response.headers_mut());
    }
    response
}

/// What the browser answered; `None` if the form has no challenge of ours.
pub fn answer(fields: &Fields, host: &str, visitor: Token) -> Option<PasskeyAnswer> {
    let id = fields.get("challenge").parse().ok()?;
    Some(PasskeyAnswer { host: host.to_owned(), id, answer: fields.get("answer").to_owned(), visitor })
}

/// How to get there, on a page that was reached by another way than one of the names.
pub fn how(desk: &Desk, texts: &Texts, host: &str) -> Option<String> {
    let (names, port) = desk.office.console_names();
    if names.iter().any(|name| name.eq_ignore_ascii_case(host)) {
        return None;
    }
    let places: Vec<_> = names.iter().map(|name| format!("https://{name}:{port}/")).collect();
    Some(texts.say_with("passkey-how", &[("places", places.join(", ").into())]))
}
