//! Money that is held on a card: a page that says what taking or releasing it means, and a button for it.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::FORM;
use super::frame::{Clerk, Frame};
use super::refund::books_of;
use crate::action::{CaptureError, capture_order, void_order};
use crate::staff::Right;
use crate::web::{Failure, Head, page};

/// What is done with the money.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Capture,
    Release,
}

#[derive(Template)]
#[template(path = "console/capture.html")]
struct HeldPage {
    head: Head,
    frame: Frame,
    number: u64,
    /// Where the form goes.
    action: String,
    text: String,
    /// Gives the order up.
    destroys: bool,
    facts: Vec<(String, String)>,
    button: String,
}

/// `GET /orders/{number}/capture`.
pub async fn show_capture(clerk: Clerk, Path(number): Path<String>) -> Result<Response, Failure> {
    draw(&clerk, &number, Deed::Capture)
}

/// `GET /orders/{number}/release`.
pub async fn show_release(clerk: Clerk, Path(number): Path<String>) -> Result<Response, Failure> {
    draw(&clerk, &number, Deed::Release)
}

/// `POST /orders/{number}/capture`.
pub async fn capture(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    turn(&clerk, &number, Deed::Capture).await
}

/// `POST /orders/{number}/release`.
pub async fn release(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    turn(&clerk, &number, Deed::Release).await
}

/// The order's page says how it went: also to whoever was second.
async fn turn(clerk: &Clerk, number: &str, deed: Deed) -> Result<Response, Failure> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let (app, actor) = (&clerk.desk.site.app, &clerk.signed.actor);
    let (turned, word) = match deed {
        Deed::Capture => (capture_order(app, actor, number).await, "captured"),
        Deed::Release => (void_order(app, actor, number).await, "released"),
    };
    match turned {
        Ok(_) | Err(CaptureError::NothingHeld) => {
            Ok(Redirect::to(&format!("/orders/{number}?{word}")).into_response())
        }
        Err(CaptureError::NoOrder) => Err(Failure::NotFound),
        Err(CaptureError::Denied(denied)) => Err(denied.into()),
        Err(CaptureError::Store(error)) => Err(error.into()),
    }
}

fn draw(clerk: &Clerk, number: &str, deed: Deed) -> Result<Response, Failure> {
    clerk.signed.actor.require(Right::CapturePayment)?;
    let books = books_of(clerk, number)?;
    let number = books.order.number;
    let Some(held) = books.held() else {
        return Ok(Redirect::to(&format!("/orders/{number}")).into_response());
    };
    let texts = clerk.texts();
    let (title, text, button, path) = match deed {
        Deed::Capture => ("capture-title", "capture-text", "capture-button", "capture"),
        Deed::Release => ("release-title", "release-text", "release-button", "release"),
    };
    let numbered = [("number", number.to_string().into())];
    let amount = [("amount", held.to_string().into())];
    let (head, frame) = clerk.frame(texts.say_with(title, &numbered), "/orders");
    let card = books.order.paid.as_ref();
    let card = card.map(|paid| (texts.say("paid-card"), format!("{} •••• {}", paid.brand, paid.last_four)));
    let mut facts = vec![(texts.say("money-held"), held.to_string())];
    facts.extend(card);
    page(&HeldPage {
        number,
        action: format!("/orders/{number}/{path}"),
        text: texts.say(text),
        destroys: deed == Deed::Release,
        facts,
        button: texts.say_with(button, &amount),
        head,
        frame,
    })
}
