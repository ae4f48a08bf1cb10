//! Set-up: the code from the machine's screen, then the shop and its first administrator.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{Field, Problem};
use super::frame::{Visitor, status};
use crate::action::{self, SetUp, SetUpError};
use crate::base::{Email, Line, Token};
use crate::locale::Texts;
use crate::staff::{CodeRefusal, MOST_BYTES, Password, PasswordError, SHORTEST};
use crate::web::{Failure, Fields, Head, Limits, cookies};

#[derive(Template)]
#[template(path = "console/set_up.html")]
struct SetUpPage {
    head: Head,
    csrf: String,
    /// Whether the code was typed, and the rest is asked for.
    admitted: bool,
    fingerprint: String,
    fields: Vec<Field>,
    problems: Vec<Problem>,
}

/// `GET /setup`.
pub async fn show(visitor: Visitor) -> Result<Response, Failure> {
    let app = visitor.desk.office.app();
    if app.store().read(|view| action::is_set_up(view))? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    match visitor.cookie() {
        Some(cookie) if action::may_set_up(app, cookie)? => draw_shop(visitor, None, Vec::new()),
        _ => draw_code(visitor, Vec::new()),
    }
}

/// `POST /setup`: `code`.
pub async fn code(visitor: Visitor, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, _) = visitor.form(request, Limits::SHOPPER).await?;
    let app = visitor.desk.office.app();
    // A fresh cookie for who typed the code, so that nobody else can hold it.
    let fresh = Token::random(app.random());
    match action::enter_setup_code(app, fields.get("code").to_owned(), fresh, visitor.source).await {
        Ok(()) => {
            let mut response = Redirect::to("/setup").into_response();
            cookies::SESSION.set(response.headers_mut(), fresh);
            Ok(response)
        }
        Err(SetUpError::Code(refusal)) => {
            let texts = visitor.texts();
            let text = match refusal {
                CodeRefusal::Wrong => texts.say("setup-code-wrong"),
                CodeRefusal::Ended => texts.say("setup-code-ended"),
                CodeRefusal::TooMany { wait } => {
                    let minutes = wait.as_mins().saturating_add(1);
                    texts.say_with("setup-code-wait", &[("minutes", minutes.into())])
                }
            };
            draw_code(visitor, vec![Problem::new("code", text)])
        }
        Err(SetUpError::Done) => Ok(Redirect::to("/sign-in").into_response()),
        Err(error) => Err(internal(error)),
    }
}

/// `POST /setup/shop`: `shop`, `contact`, `password`, `password_again`.
pub async fn shop(visitor: Visitor, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, cookie) = visitor.form(request, Limits::SHOPPER).await?;
    let mut problems = Vec::new();
    let Some(wish) = read(&visitor, &fields, cookie, &mut problems) else {
        return draw_shop(visitor, Some(&fields), problems);
    };
    match action::set_up(&visitor.desk.office, wish).await {
        Ok(session) => {
            let mut response = Redirect::to("/enrol").into_response();
            cookies::SESSION.set(response.headers_mut(), session);
            Ok(response)
        }
        Err(SetUpError::NoClaim | SetUpError::Done) => Ok(Redirect::to("/setup").into_response()),
        Err(error) => Err(internal(error)),
    }
}

fn internal(error: SetUpError) -> Failure {
    match error {
        SetUpError::Store(error) => error.into(),
        SetUpError::Hasher(crate::staff::HasherError::Busy) => Failure::TooMany { retry_after: 10 },
        error => Failure::Internal(error.to_string()),
    }
}

fn read(visitor: &Visitor, fields: &Fields, cookie: Token, problems: &mut Vec<Problem>) -> Option<SetUp> {
    let texts = visitor.texts();
    let email = |name: &str, problems: &mut Vec<Problem>| {
        let email = Email::new(fields.get(name)).ok();
        if email.is_none() {
            problems.push(Problem::new(name, texts.say("field-email-wrong")));
        }
        email
    };
    let shop = Line::new(fields.get("shop")).ok();
    if shop.is_none() {
        let values = [("field", texts.say("field-shop").into()), ("max", 60.into())];
        problems.push(Problem::new("shop", texts.say_with("field-line-named", &values)));
    }
    let contact = email("contact", problems);
    let typed = fields.get("password");
    let founder = visitor.desk.office.premises().administrator.as_ref();
    let (name, email) = founder.map_or(("", ""), |founder| (founder.name.as_str(), founder.email.as_str()));
    let context = [fields.get("shop"), name, email, fields.get("contact")];
    let password = match Password::choose(typed, &context) {
        Ok(password) => Some(password),
        Err(error) => {
            problems.push(Problem::new("password", password_wrong(texts, error)));
            None
        }
    };
    if password.is_some() && typed != fields.get("password_again") {
        problems.push(Problem::new("password_again", texts.say("password-again-wrong")));
        return None;
    }
    let source = visitor.source;
    Some(SetUp { visitor: cookie, source, shop: shop?, contact: contact?, password: password? })
}

/// What a password that was not taken is told.
pub fn password_wrong(texts: &Texts, error: PasswordError) -> String {
    match error {
        PasswordError::TooShort { shortest } => {
            texts.say_with("password-too-short", &[("shortest", shortest.into())])
        }
        PasswordError::TooLong => texts.say_with("password-too-long", &[("most", MOST_BYTES.into())]),
        PasswordError::Control => texts.say("password-control"),
        PasswordError::Repeats => texts.say("password-repeats"),
        PasswordError::Guessable => texts.say("password-guessable"),
        PasswordError::Breached => texts.say("password-breached"),
    }
}

fn draw_code(visitor: Visitor, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = visitor.texts();
    let field = Field::new("code", texts.say("field-setup-code"))
        .kind("text", "one-time-code")
        .hint(texts.say("field-setup-code-hint"))
        .with(&problems);
    draw(visitor, false, vec![field], problems)
}

fn draw_shop(visitor: Visitor, typed: Option<&Fields>, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = visitor.texts();
    let premises = visitor.desk.office.premises();
    let administrator = premises.administrator.as_ref();
    let value = |name: &str, first: Option<&str>| match typed {
        Some(fields) => fields.get(name).to_owned(),
        None => first.unwrap_or_default().to_owned(),
    };
    let email = administrator.map(|founder| founder.email.as_str());
    let fields = vec![
        Field::new("shop", texts.say("field-shop"))
            .kind("text", "organization")
            .value(&value("shop", premises.shop_name.as_ref().map(Line::as_str))),
        Field::new("contact", texts.say("field-contact"))
            .kind("email", "off")
            .hint(texts.say("field-contact-hint"))
            .value(&value("contact", email)),
        Field::new("name", texts.say("field-name"))
            .kind("text", "name")
            .hint(texts.say("field-founder-hint"))
            .value(administrator.map_or("", |founder| founder.name.as_str()))
            .fixed(),
        Field::new("email", texts.say("field-own-email"))
            .kind("email", "username")
            .hint(texts.say("field-own-email-hint"))
            .value(email.unwrap_or_default())
            .fixed(),
        Field::new("password", texts.say("field-password"))
            .kind("password", "new-password")
            .hint(texts.say_with("field-password-hint", &[("shortest", SHORTEST.into())])),
        Field::new("password_again", texts.say("field-password-again")).kind("password", "new-password"),
    ];
    let fields = fields.into_iter().map(|field| field.with(&problems)).collect();
    draw(visitor, true, fields, problems)
}

fn draw(
    mut visitor: Visitor,
    admitted: bool,
    fields: Vec<Field>,
    problems: Vec<Problem>,
) -> Result<Response, Failure> {
    let head = visitor.head(visitor.texts().say("setup-title"));
    let fingerprint = visitor.desk.office.console_fingerprint();
    let page = SetUpPage { head, csrf: visitor.form_token(), admitted, fingerprint, fields, problems };
    visitor.page(status(&page.problems), &page)
}
