//! Which way it goes.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::frame::{Frame, Problem, Visit};
use super::{Step, Summary, answer, buyable, status};
use crate::action::{self, CheckoutRefusal};
use crate::web::{Failure, Head};

/// A way of delivery as it is offered.
struct Way {
    code: String,
    name: String,
    estimate: String,
    price: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "storefront/checkout_delivery.html")]
struct DeliveryPage {
    head: Head,
    frame: Frame,
    csrf: String,
    summary: Summary,
    problems: Vec<Problem>,
    ways: Vec<Way>,
}

/// `GET /checkout/delivery`.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    draw(visit, Vec::new())
}

/// `POST /checkout/delivery`: `shipping`.
pub async fn choose(visit: Visit, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, cart) = visit.form(request).await?;
    match action::choose_delivery(&visit.site.app, &visit.settings, cart, fields.get("shipping")).await {
        Ok(()) => Ok(Redirect::to("/checkout/pay").into_response()),
        Err(CheckoutRefusal::NoSuchDelivery) => {
            let text = visit.texts().say("delivery-wrong");
            let field = visit.settings.shipping.first().map(|method| format!("shipping-{}", method.code));
            draw(visit, vec![Problem { field: field.unwrap_or_default(), text }])
        }
        Err(CheckoutRefusal::NoAddress | CheckoutRefusal::CartEmpty) => {
            Ok(Redirect::to("/checkout/contact").into_response())
        }
        Err(CheckoutRefusal::Store(error)) => Err(error.into()),
    }
}

fn draw(mut visit: Visit, problems: Vec<Problem>) -> Result<Response, Failure> {
    let basket = match buyable(&visit)? {
        Ok(basket) => basket,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Some(checkout) = &basket.checkout else {
        return Ok(Redirect::to("/checkout/contact").into_response());
    };
    let way = |method: &crate::order::ShippingMethod| Way {
        code: method.code.to_string(),
        name: method.name.to_string(),
        estimate: method.estimate.to_string(),
        price: method.price.to_string(),
        chosen: method.code == checkout.shipping_code,
    };
    let ways = visit.settings.shipping.iter().map(way).collect();
    let step = Step::new(&mut visit, "delivery-title", &basket, problems);
    let page_status = status(&step);
    let Step { head, frame, csrf, summary, problems } = step;
    answer(&visit, page_status, &DeliveryPage { head, frame, csrf, summary, problems, ways })
}
