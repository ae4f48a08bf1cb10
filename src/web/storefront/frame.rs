//! A visit: who asks, with which cart, and what surrounds every page that the visitor gets.

use askama::Template;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::http::request::Parts;
use axum::response::Response;

use crate::action::Basket;
use crate::base::Token;
use crate::cart::CARTS;
use crate::catalog::category_slug;
use crate::locale::Texts;
use crate::operator::Settings;
use crate::store::Reads;
use crate::web::{Failure, Fields, Head, Limits, Site, cookies, csrf, page};

/// The sheet of the storefront.
const SHEET: &str = "shop.css";
/// The most categories in the navigation; the home page has the others' products through search.
const MOST_LINKS: usize = 12;

/// A link of the navigation.
pub struct Link {
    pub name: String,
    pub href: String,
    pub current: bool,
}

/// What `storefront/frame.html` needs; templates call it `frame`.
pub struct Frame {
    pub links: Vec<Link>,
    /// How many things are in the cart.
    pub count: u32,
    /// What was searched for.
    pub query: String,
    /// Where shoppers reach the shop.
    pub contact: String,
}

/// A field's problem, as the summary on top and the field itself show it.
pub struct Problem {
    /// The `id` of the field.
    pub field: String,
    pub text: String,
}

/// One request of a shopper.
pub struct Visit {
    pub site: Site,
    pub settings: Settings,
    cookie: Option<Token>,
    fresh: bool,
    count: u32,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Failure> {
        let settings = Head::settings(site)?;
        let cookie = cookies::CART.read(&parts.headers);
        let cart = match cookie {
            Some(cookie) => site.app.store().read(|view| view.get(&CARTS, &cookie))?,
            None => None,
        };
        let count = cart.map_or(0, |cart| cart.count());
        Ok(Self { site: site.clone(), settings, cookie, fresh: false, count })
    }
}

impl Visit {
    /// The shop's texts.
    pub fn texts(&self) -> &Texts {
        &self.site.texts
    }

    /// The cart's cookie, if the visitor has one.
    pub fn cart(&self) -> Option<Token> {
        self.cookie
    }

    /// The cart as it stands now; `None` for a visitor without one and for an empty one.
    pub fn basket(&self) -> Result<Option<Basket>, Failure> {
        let Some(cart) = self.cookie else { return Ok(None) };
        let basket = crate::action::basket(&self.site.app, &self.settings, cart)?;
        Ok(basket.filter(|basket| !basket.lines.is_empty()))
    }

    /// The token for a form on the page; a visitor without a cookie is given one with it.
    pub fn form_token(&mut self) -> String {
        let cookie = self.cookie.unwrap_or_else(|| {
            self.fresh = true;
            Token::random(self.site.app.random())
        });
        self.cookie = Some(cookie);
        csrf::token(self.site.app.web_key(), csrf::Audience::Storefront, cookie)
    }

    /// Reads a form of ours and checks that this visitor was given it.
    pub async fn form(&self, request: Request<Body>) -> Result<(Fields, Token), Failure> {
        let (headers, uri) = (request.headers().clone(), request.uri().clone());
        let fields = Fields::read(request, Limits::SHOPPER).await?;
        let key = self.site.app.web_key();
        let sent = fields.get(csrf::FIELD);
        let cart = csrf::check(key, csrf::Audience::Storefront, self.cookie, sent, (&headers, &uri))?;
        Ok((fields, cart))
    }

    /// Head and frame of the page titled `title`; `here` is its path, for the navigation.
    pub fn frame(&self, title: String, here: &str) -> (Head, Frame) {
        let head = Head::new(&self.site, Some(&self.settings), SHEET, title);
        let catalog = self.site.app.catalog();
        let link = |(name, _): (&str, usize)| {
            let href = format!("/category/{}", category_slug(name));
            Link { name: name.to_owned(), current: href == here, href }
        };
        let links = catalog.categories().into_iter().take(MOST_LINKS).map(link).collect();
        let contact = self.settings.contact.to_string();
        (head, Frame { links, count: self.count, query: String::new(), contact })
    }

    /// The page, with the cookie that its form is bound to.
    pub fn page(&self, template: &impl Template) -> Result<Response, Failure> {
        Ok(self.with_cookie(page(template)?))
    }

    /// The answer, with the visitor's cookie if it is new.
    pub fn with_cookie(&self, mut response: Response) -> Response {
        if let Some(cookie) = self.cookie.filter(|_| self.fresh) {
            cookies::CART.set(response.headers_mut(), cookie);
        }
        response
    }
}

impl From<crate::action::BasketError> for Failure {
    fn from(error: crate::action::BasketError) -> Self {
        match error {
            crate::action::BasketError::Store(error) => Self::Store(error),
            crate::action::BasketError::Money(error) => Self::from(error),
        }
    }
}

#[derive(Template)]
#[template(path = "storefront/failure.html")]
struct FailurePage {
    head: Head,
    text: String,
}

/// The page of a failure. Stands alone, because what failed may be what a frame is made of.
pub fn failure(site: &Site, failure: &Failure) -> Result<String, Failure> {
    let (title, text) = failure.keys();
    let settings = site.app.settings().unwrap_or_default();
    let head = Head::new(site, settings.as_ref(), SHEET, site.texts.say(title));
    Ok(FailurePage { head, text: site.texts.say(text) }.render()?)
}
