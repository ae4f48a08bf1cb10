//! The cart's page and its two forms.

use askama::Template;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::frame::{Frame, Problem, Visit};
use super::listing::{Picture, read_query};
use super::product::{self, Sent};
use crate::action::{self, Basket, CartRefusal, Trouble};
use crate::base::{Line, Token};
use crate::cart::{CartError, MOST_ITEMS, MOST_OF_ONE};
use crate::locale::Texts;
use crate::web::{Failure, Fields, Head, cookies, reply};

/// A line of the cart as the page shows it.
pub struct Row {
    pub id: String,
    pub sku: String,
    pub title: String,
    pub options: String,
    pub href: Option<String>,
    pub picture: Option<Picture>,
    pub quantity: String,
    pub unit_price: String,
    pub total: String,
    /// What its owner must know, and whether it hinders buying.
    pub trouble: Option<(String, bool)>,
    /// What is wrong with the quantity that was typed.
    pub problem: Option<String>,
}

/// The sums.
pub struct Sums {
    pub items: String,
    pub delivery_name: String,
    pub delivery: String,
    pub total: String,
    pub tax: String,
}

#[derive(Template)]
#[template(path = "storefront/cart.html")]
struct CartPage {
    head: Head,
    frame: Frame,
    csrf: String,
    version: u64,
    rows: Vec<Row>,
    sums: Sums,
    can_be_bought: bool,
    notice: Option<String>,
    problems: Vec<Problem>,
}

#[derive(Template)]
#[template(path = "storefront/cart_empty.html")]
struct EmptyPage {
    head: Head,
    frame: Frame,
    notice: Option<String>,
}

/// `GET /cart`.
pub async fn show(
    visit: Visit,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, Failure> {
    let fields = read_query(query)?;
    let added = fields.find("added").and_then(|sku| {
        let catalog = visit.site.app.catalog();
        let title = catalog.variant(sku).map(|(product, _)| product.title.to_string())?;
        Some(visit.texts().say_with("cart-added", &[("title", title.into())]))
    });
    draw(visit, added, Vec::new(), None)
}

/// `POST /cart/add`: `sku`, `quantity`.
pub async fn add(visit: Visit, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, cart) = visit.form(request).await?;
    let catalog = visit.site.app.catalog();
    let (product, variant) = catalog.variant(fields.get("sku")).ok_or(Failure::NotFound)?;
    let again = |visit: Visit, field: &str, text: String| {
        let problems = vec![Problem { field: field.to_owned(), text }];
        let sent = Sent {
            sku: fields.get("sku").to_owned(),
            quantity: shown_again(fields.get("quantity")),
            problems,
        };
        product::draw(visit, product.handle.as_str(), sent)
    };
    let Some(quantity) = read_quantity(fields.get("quantity")).filter(|quantity| *quantity > 0) else {
        let text = visit.texts().say_with("quantity-wrong", &[("most", MOST_OF_ONE.into())]);
        return again(visit, "quantity", text);
    };
    match action::add_to_cart(&visit.site.app, cart, variant.sku.clone(), quantity).await {
        Ok(()) => {
            let sku: String = variant.sku.as_str().bytes().map(|byte| format!("%{byte:02x}")).collect();
            let mut response = Redirect::to(&format!("/cart?added={sku}")).into_response();
            cookies::CART.set(response.headers_mut(), cart);
            Ok(response)
        }
        Err(refusal) => {
            let text = refused(visit.texts(), refusal)?;
            again(visit, "quantity", text)
        }
    }
}

/// `POST /cart/update`: `version`, `q.<sku>` for each line or `remove=<sku>`, and `then=checkout` to go on.
pub async fn update(visit: Visit, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, cart) = visit.form(request).await?;
    let version = fields.get("version").parse().unwrap_or(u64::MAX);
    let (changes, mut problems) = read_changes(&visit, &fields);
    if problems.is_empty() {
        match change(&visit, cart, version, changes).await? {
            None if fields.get("then") == "checkout" => {
                let fine = visit.basket()?.is_some_and(|basket| basket.can_be_bought());
                return Ok(Redirect::to(if fine { "/checkout/contact" } else { "/cart" }).into_response());
            }
            None => return Ok(Redirect::to("/cart").into_response()),
            Some(text) => problems.push(Problem { field: "lines".to_owned(), text }),
        }
    }
    draw(visit, None, problems, Some(&fields))
}

async fn change(
    visit: &Visit,
    cart: Token,
    version: u64,
    changes: Vec<(Line<60>, u32)>,
) -> Result<Option<String>, Failure> {
    match action::change_cart(&visit.site.app, cart, version, changes).await {
        Ok(()) => Ok(None),
        Err(refusal) => refused(visit.texts(), refusal).map(Some),
    }
}

fn read_changes(visit: &Visit, fields: &Fields) -> (Vec<(Line<60>, u32)>, Vec<Problem>) {
    let catalog = visit.site.app.catalog();
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    if let Some(sku) = fields.find("remove") {
        changes.extend(Line::new(sku).ok().map(|sku| (sku, 0)));
        return (changes, problems);
    }
    for (sku, typed) in fields.under("q.") {
        match (Line::new(sku), read_quantity(typed)) {
            (Ok(sku), Some(quantity)) => changes.push((sku, quantity)),
            _ => {
                let title = catalog.variant(sku).map_or("", |(product, _)| product.title.as_str());
                let values = [("title", title.into()), ("most", MOST_OF_ONE.into())];
                let text = visit.texts().say_with("quantity-wrong-in-cart", &values);
                problems.push(Problem { field: format!("q.{sku}"), text });
            }
        }
    }
    (changes, problems)
}

/// What was typed as a quantity, as far as it could be one: nothing longer is sent back.
fn shown_again(typed: &str) -> String {
    typed.chars().take(6).collect()
}

/// Digits only, up to the most of one.
fn read_quantity(typed: &str) -> Option<u32> {
    let typed = typed.trim();
    let digits = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
    typed.parse().ok().filter(|quantity| digits && *quantity <= MOST_OF_ONE)
}

/// What the shopper reads about a refusal.
fn refused(texts: &Texts, refusal: CartRefusal) -> Result<String, Failure> {
    Ok(match refusal {
        CartRefusal::NotOnSale => texts.say("cart-not-on-sale"),
        CartRefusal::SoldOut { title } => texts.say_with("cart-sold-out", &[("title", title.into())]),
        CartRefusal::Fewer { title, available } => {
            texts.say_with("cart-fewer", &[("title", title.into()), ("available", available.into())])
        }
        CartRefusal::Changed => texts.say("cart-changed"),
        CartRefusal::Limit(CartError::Full) => texts.say_with("cart-full", &[("most", MOST_ITEMS.into())]),
        CartRefusal::Limit(CartError::TooMany) => {
            texts.say_with("cart-too-many", &[("most", MOST_OF_ONE.into())])
        }
        CartRefusal::Store(error) => return Err(error.into()),
    })
}

/// The cart's page, with problems and what was typed.
pub(super) fn draw(
    mut visit: Visit,
    notice: Option<String>,
    problems: Vec<Problem>,
    typed: Option<&Fields>,
) -> Result<Response, Failure> {
    let (head, mut frame) = visit.frame(visit.texts().say("cart-title"), "/cart");
    let Some(basket) = visit.basket()? else {
        let notice = problems.into_iter().next().map(|problem| problem.text);
        return visit.page(&EmptyPage { head, frame, notice });
    };
    frame.count = basket.count();
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = CartPage {
        head,
        frame,
        csrf: visit.form_token(),
        version: basket.version,
        rows: rows(visit.texts(), &basket, typed, &problems),
        sums: sums(visit.texts(), &basket, visit.settings.tax_permille),
        can_be_bought: basket.can_be_bought(),
        notice,
        problems,
    };
    Ok(visit.with_cookie(reply::page_with(status, &template)?))
}

/// The lines of a cart, with what was typed into them last.
pub fn rows(texts: &Texts, basket: &Basket, typed: Option<&Fields>, problems: &[Problem]) -> Vec<Row> {
    let row = |line: &action::BasketLine| {
        let id = format!("q.{}", line.sku);
        let problem = problems.iter().find(|problem| problem.field == id).map(|one| one.text.clone());
        let typed = typed.and_then(|fields| fields.find(&id)).map(shown_again);
        Row {
            quantity: typed.unwrap_or_else(|| line.quantity.to_string()),
            id,
            problem,
            sku: line.sku.to_string(),
            title: line.title.clone(),
            options: line.options.clone(),
            href: line.handle.as_ref().map(|handle| format!("/product/{handle}")),
            picture: line.picture.as_ref().map(Picture::of),
            unit_price: line.unit_price.to_string(),
            total: line.total.to_string(),
            trouble: line.trouble.as_ref().map(|trouble| match trouble {
                Trouble::Gone => (texts.say("line-gone"), true),
                Trouble::SoldOut => (texts.say("line-sold-out"), true),
                Trouble::Fewer(left) => (texts.say_with("line-fewer", &[("left", (*left).into())]), true),
                Trouble::PriceChanged(was) => {
                    let values =
                        [("was", was.to_string().into()), ("now", line.unit_price.to_string().into())];
                    (texts.say_with("line-price-changed", &values), false)
                }
            }),
        }
    };
    basket.lines.iter().map(row).collect()
}

/// The sums of a cart.
pub fn sums(texts: &Texts, basket: &Basket, tax_permille: u16) -> Sums {
    let rate = product::percent(u32::from(tax_permille));
    let values = [("rate", rate.into()), ("tax", basket.totals.tax.to_string().into())];
    let name = basket.shipping.as_ref().map(|method| method.name.to_string());
    Sums {
        items: basket.totals.items.to_string(),
        delivery_name: name.unwrap_or_else(|| texts.say("sum-delivery")),
        delivery: basket.totals.shipping.to_string(),
        total: basket.totals.total.to_string(),
        tax: texts.say_with("sum-tax", &values),
    }
}
