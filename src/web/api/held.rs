//! Money that is held on a card: taken or released.

use axum::extract::Path;
use axum::response::Json;

use super::access::Caller;
use super::orders::{OrderWhole, books, whole};
use super::problem::Problem;
use crate::action::{CaptureError, capture_order, void_order};
use crate::web::Failure;

/// Take the money that is held for an order
///
/// The answer shows where the order stands when the gateway has answered, or after a while; it goes on by itself.
#[utoipa::path(
    post,
    path = "/orders/{number}/capture",
    tag = "orders",
    extensions(("x-right" = json!("capture-payment"))),
    params(("number" = u64, Path, description = "The order's number")),
    responses((status = 200, description = "The order", body = OrderWhole))
)]
pub async fn capture(caller: Caller, Path(number): Path<String>) -> Result<Json<OrderWhole>, Problem> {
    let order: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let turned = capture_order(&caller.api.site.app, &caller.actor, order).await;
    told(&caller, &number, turned.map(|_| ()))
}

/// Release the money that is held for an order, and give the order up
#[utoipa::path(
    post,
    path = "/orders/{number}/release",
    tag = "orders",
    extensions(("x-right" = json!("capture-payment"))),
    params(("number" = u64, Path, description = "The order's number")),
    responses((status = 200, description = "The order", body = OrderWhole))
)]
pub async fn release(caller: Caller, Path(number): Path<String>) -> Result<Json<OrderWhole>, Problem> {
    let order: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let turned = void_order(&caller.api.site.app, &caller.actor, order).await;
    told(&caller, &number, turned.map(|_| ()))
}

fn told(
    caller: &Caller,
    number: &str,
    turned: Result<(), CaptureError>,
) -> Result<Json<OrderWhole>, Problem> {
    match turned {
        Ok(()) => whole(caller, &books(caller, number)?).map(Json),
        Err(CaptureError::NothingHeld) => Err(Problem::conflict(caller.texts().say("api-nothing-held"))),
        Err(CaptureError::NoOrder) => Err(Failure::NotFound.into()),
        Err(CaptureError::Denied(denied)) => Err(denied.into()),
        Err(CaptureError::Store(error)) => Err(error.into()),
    }
}
