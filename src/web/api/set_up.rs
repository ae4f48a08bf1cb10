//! Set-up of a new machine: the code from its screen, then the shop and its first administrator. The code counts
//! its wrong tries whoever makes them and wherever, so that a program gets no more of them than a browser.

use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Visitor;
use super::account::not_hashed;
use super::body::Sent;
use super::problem::{Fault, Problem};
use super::session::Session;
use crate::action::{self, SetUpError};
use crate::base::{Email, Line, Token};
use crate::staff::{CLAIM_LASTS, CodeRefusal, Password};
use crate::web::Failure;
use crate::web::console;

/// The code
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreenCode {
    /// As the machine's screen shows it
    #[schema(value_type = String, format = Password, max_length = 100)]
    code: Zeroizing<String>,
}

/// The code was right
#[derive(Serialize, ToSchema)]
pub struct Claim {
    /// What only its holder may go on with
    #[schema(value_type = String, pattern = "^[0-9a-z]{26}$")]
    claim: Zeroizing<String>,
    /// Seconds within which to go on
    seconds: i64,
}

/// The shop, and a password
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShopWish {
    /// From the code
    #[schema(value_type = String, format = Password, max_length = 100)]
    claim: Zeroizing<String>,
    /// The shop's name
    #[schema(max_length = 60)]
    shop: String,
    /// Where shoppers write to
    #[schema(max_length = 320)]
    contact: String,
    /// Of the administrator whom the provisioning file names
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Zeroizing<String>,
}

/// Enter the code of a new machine's screen
///
/// It counts once. Five wrong ones within an hour, from wherever, and all must wait.
#[utoipa::path(
    post,
    path = "/setup/code",
    tag = "shop",
    extensions(("x-right" = json!("anyone"))),
    request_body = ScreenCode,
    responses((status = 200, description = "Half an hour to go on", body = Claim))
)]
pub async fn enter(visitor: Visitor, Sent(sent): Sent<ScreenCode>) -> Result<Json<Claim>, Problem> {
    let app = &visitor.api.site.app;
    let claim = Token::random(app.random());
    match action::enter_setup_code(app, sent.code.to_string(), claim, visitor.source).await {
        Ok(()) => {
            let claim = Zeroizing::new(claim.to_string());
            Ok(Json(Claim { claim, seconds: CLAIM_LASTS.as_secs() }))
        }
        Err(error) => Err(refused(&visitor, error)),
    }
}

/// Set the shop up
///
/// Signs the administrator in; the session opens nothing before a second factor is set up.
#[utoipa::path(
    post,
    path = "/setup",
    tag = "shop",
    extensions(("x-right" = json!("anyone"))),
    request_body = ShopWish,
    responses((status = 201, description = "Set up", body = Session))
)]
pub async fn begin(
    visitor: Visitor,
    Sent(sent): Sent<ShopWish>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let (office, texts) = (&visitor.api.office, &visitor.api.site.texts);
    let claim = sent.claim.parse::<Token>().ok();
    // Nobody else learns anything here, not even which texts are good.
    let (Some(claim), true) = (claim, holds(&visitor, claim)?) else {
        return Err(refused(&visitor, SetUpError::NoClaim));
    };
    let mut faults = Vec::new();
    let mut fault = |field: &str, text: String| faults.push(Fault::of(texts, field, &text));
    let shop = Line::new(&sent.shop).ok();
    if shop.is_none() {
        fault("shop", texts.say_with("field-line-wrong", &[("max", 60.into())]));
    }
    let contact = Email::new(&sent.contact).ok();
    if contact.is_none() {
        fault("contact", texts.say("field-email-wrong"));
    }
    let founder = office.premises().administrator.as_ref();
    let (name, email) = founder.map_or(("", ""), |founder| (founder.name.as_str(), founder.email.as_str()));
    let password = Password::choose(&sent.password, &[&sent.shop, name, email, &sent.contact]);
    let password = password.map_err(|error| fault("password", console::password_wrong(texts, error))).ok();
    let (Some(shop), Some(contact), Some(password)) = (shop, contact, password) else {
        return Err(Problem::fields(faults));
    };
    let wish = action::SetUp { visitor: claim, source: visitor.source, shop, contact, password };
    match action::set_up(office, wish).await {
        Ok(id) => Ok((StatusCode::CREATED, Json(Session::of(id)))),
        Err(error) => Err(refused(&visitor, error)),
    }
}

fn holds(visitor: &Visitor, claim: Option<Token>) -> Result<bool, Problem> {
    match claim {
        Some(claim) => Ok(action::may_set_up(&visitor.api.site.app, claim)?),
        None => Ok(false),
    }
}

fn refused(visitor: &Visitor, error: SetUpError) -> Problem {
    let texts = &visitor.api.site.texts;
    match error {
        SetUpError::Code(CodeRefusal::Wrong) => Problem::field(texts, "code", &texts.say("setup-code-wrong")),
        SetUpError::Code(CodeRefusal::Ended) => Problem::field(texts, "code", &texts.say("setup-code-ended")),
        SetUpError::Code(CodeRefusal::TooMany { wait }) => Problem::wait(wait),
        SetUpError::NoClaim => Problem::field(texts, "claim", &texts.say("api-setup-claim")),
        SetUpError::Done => Problem::conflict(texts.say("api-setup-done")),
        SetUpError::NobodyAttested | SetUpError::Ineligible(_) => {
            Problem::conflict(texts.say("api-setup-nobody"))
        }
        SetUpError::Hasher(error) => not_hashed(error),
        SetUpError::Store(error) => error.into(),
        error => Failure::Internal(error.to_string()).into(),
    }
}
