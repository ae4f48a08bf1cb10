//! The way to paying: contact and address, delivery, review and pay. Linear, as a guest, nothing in between.

pub mod contact;
pub mod delivery;
pub mod pay;
pub mod submit;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use super::cart::{Row, Sums, rows, sums};
use super::frame::{Frame, Problem, Visit};
use crate::action::Basket;
use crate::web::{Failure, Head};

/// What stands beside every step: what is bought, and what it costs.
pub struct Summary {
    pub rows: Vec<Row>,
    pub sums: Sums,
}

impl Summary {
    fn of(visit: &Visit, basket: &Basket) -> Self {
        let rows = rows(visit.texts(), basket, None, &[]);
        Self { rows, sums: sums(visit.texts(), basket, visit.settings.tax_permille) }
    }
}

/// What every step's page is made of.
pub struct Step {
    pub head: Head,
    pub frame: Frame,
    pub csrf: String,
    pub summary: Summary,
    pub problems: Vec<Problem>,
}

impl Step {
    fn new(visit: &mut Visit, title: &str, basket: &Basket, problems: Vec<Problem>) -> Self {
        let csrf = visit.form_token();
        let (head, frame) = visit.frame(visit.texts().say(title), "");
        Self { head, frame, csrf, summary: Summary::of(visit, basket), problems }
    }
}

/// The cart that is being bought, or the way to where it can be mended.
fn buyable(visit: &Visit) -> Result<Result<Basket, Response>, Failure> {
    let basket = visit.basket()?.filter(Basket::can_be_bought);
    Ok(basket.ok_or_else(|| Redirect::to("/cart").into_response()))
}

fn status(step: &Step) -> axum::http::StatusCode {
    if step.problems.is_empty() {
        axum::http::StatusCode::OK
    } else {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    }
}

fn answer(
    visit: &Visit,
    step_status: axum::http::StatusCode,
    page: &impl Template,
) -> Result<Response, Failure> {
    Ok(visit.with_cookie(crate::web::reply::page_with(step_status, page)?))
}
