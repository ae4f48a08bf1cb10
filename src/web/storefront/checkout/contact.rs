//! Who buys, and where it goes.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::field::Field;
use super::super::frame::{Frame, Problem, Visit};
use super::{Step, Summary, answer, buyable, status};
use crate::action::{self, Basket, CheckoutRefusal};
use crate::base::{Line, TextError};
use crate::locale::Texts;
use crate::order::{Address, Country, Email};
use crate::payment::looks_like_card_number;
use crate::web::{Failure, Fields, Head};

#[derive(Template)]
#[template(path = "storefront/checkout_contact.html")]
struct ContactPage {
    head: Head,
    frame: Frame,
    csrf: String,
    summary: Summary,
    problems: Vec<Problem>,
    email: Field,
    address: Vec<Field>,
    /// Code, name, chosen.
    countries: Vec<(&'static str, &'static str, bool)>,
    country_problem: Option<String>,
}

/// `GET /checkout/contact`.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let basket = match buyable(&visit)? {
        Ok(basket) => basket,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let kept = basket.checkout.as_ref();
    let value = |id: &str| {
        let address = kept.map(|checkout| &checkout.address);
        let text = match id {
            "email" => kept.map(|checkout| checkout.email.as_str()),
            "name" => address.map(|address| address.name.as_str()),
            "street" => address.map(|address| address.street.as_str()),
            "extra" => address.and_then(|address| address.extra.as_ref()).map(Line::as_str),
            "postal_code" => address.map(|address| address.postal_code.as_str()),
            "city" => address.map(|address| address.city.as_str()),
            "country" => address.map(|address| address.country.code()),
            _ => None,
        };
        text.unwrap_or_default().to_owned()
    };
    draw(visit, &basket, Vec::new(), value)
}

/// `POST /checkout/contact`.
pub async fn keep(visit: Visit, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, cart) = visit.form(request).await?;
    let basket = match buyable(&visit)? {
        Ok(basket) => basket,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (email, address) = match read(visit.texts(), &fields) {
        Ok(read) => read,
        Err(problems) => {
            // What could be a card number is not sent back, whatever field it was typed into.
            let typed = |id: &str| Some(fields.get(id)).filter(|text| !looks_like_card_number(text));
            return draw(visit, &basket, problems, |id| typed(id).unwrap_or_default().to_owned());
        }
    };
    match action::keep_contact(&visit.site.app, &visit.settings, cart, email, address).await {
        Ok(()) => Ok(Redirect::to("/checkout/delivery").into_response()),
        Err(CheckoutRefusal::Store(error)) => Err(error.into()),
        Err(_) => Ok(Redirect::to("/cart").into_response()),
    }
}

fn draw(
    mut visit: Visit,
    basket: &Basket,
    problems: Vec<Problem>,
    value: impl Fn(&str) -> String,
) -> Result<Response, Failure> {
    let step = Step::new(&mut visit, "contact-title", basket, problems);
    let texts = visit.texts();
    let mut fields = vec![
        Field {
            kind: "email",
            keyboard: Some("email"),
            hint: Some(texts.say("contact-email-hint")),
            ..Field::new("email", texts.say("contact-email"), "email", 254)
        },
        Field::new("name", texts.say("contact-name"), "shipping name", 100),
        Field::new("street", texts.say("contact-street"), "shipping address-line1", 120),
        Field {
            optional: true,
            ..Field::new("extra", texts.say("contact-extra"), "shipping address-line2", 120)
        },
        Field {
            width: "short",
            ..Field::new("postal_code", texts.say("contact-postal-code"), "shipping postal-code", 16)
        },
        Field::new("city", texts.say("contact-city"), "shipping address-level2", 80),
    ];
    for field in &mut fields {
        field.value = value(field.id);
        field.take_problem(&step.problems);
    }
    let chosen = value("country");
    let country = |country: Country| (country.code(), country.name(), country.code() == chosen);
    let country_problem = step.problems.iter().find(|problem| problem.field == "country");
    let mut fields = fields.into_iter();
    let page_status = status(&step);
    let page = ContactPage {
        country_problem: country_problem.map(|problem| problem.text.clone()),
        email: fields.next().ok_or_else(|| Failure::Internal("a form without fields".to_owned()))?,
        address: fields.collect(),
        countries: Country::all().map(country).collect(),
        head: step.head,
        frame: step.frame,
        csrf: step.csrf,
        summary: step.summary,
        problems: step.problems,
    };
    answer(&visit, page_status, &page)
}

/// Reads all fields, so that all problems are named at once, in the order of the form.
fn read(texts: &Texts, fields: &Fields) -> Result<(Email, Address), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut say = |field: &str, text: String| problems.push(Problem { field: field.to_owned(), text });
    let email = match Email::new(fields.get("email")) {
        Ok(email) if !looks_like_card_number(email.as_str()) => Some(email),
        email => {
            let key = if email.is_ok() { "contact-looks-like-card" } else { "contact-email-wrong" };
            say("email", texts.say(key));
            None
        }
    };
    let name = line(texts, fields, "name", "contact-name-empty", &mut say);
    let street = line(texts, fields, "street", "contact-street-empty", &mut say);
    let extra = match fields.get("extra").trim() {
        "" => Some(None),
        _ => line(texts, fields, "extra", "contact-street-empty", &mut say).map(Some),
    };
    let postal_code = line(texts, fields, "postal_code", "contact-postal-code-empty", &mut say);
    let city = line(texts, fields, "city", "contact-city-empty", &mut say);
    let country = Country::from_code(fields.get("country"));
    if country.is_none() {
        say("country", texts.say("contact-country-wrong"));
    }
    match (email, name, street, extra, postal_code, city, country) {
        (
            Some(email),
            Some(name),
            Some(street),
            Some(extra),
            Some(postal_code),
            Some(city),
            Some(country),
        ) => Ok((email, Address { name, street, extra, postal_code, city, country })),
        _ => Err(problems),
    }
}

fn line<const MAX: usize>(
    texts: &Texts,
    fields: &Fields,
    id: &str,
    empty: &str,
    say: &mut impl FnMut(&str, String),
) -> Option<Line<MAX>> {
    let typed = fields.get(id);
    if looks_like_card_number(typed) {
        say(id, texts.say("contact-looks-like-card"));
        return None;
    }
    match Line::new(typed) {
        Ok(line) => return Some(line),
        Err(TextError::Empty) => say(id, texts.say(empty)),
        Err(TextError::TooLong { max }) => {
            say(id, texts.say_with("contact-too-long", &[("max", max.into())]))
        }
        Err(TextError::Control) => say(id, texts.say("contact-odd-character")),
    }
    None
}
