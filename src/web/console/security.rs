//! Sign-in and security: what somebody proves themselves with, and where they are signed in.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use super::passkey::{self, PasskeyForm};
use super::set_up::password_wrong;
use super::sign_in::locked;
use crate::action::{self, SecurityError};
use crate::base::SecretBytes;
use crate::staff::{HasherError, MOST_PASSKEYS, PasskeyError, Password};
use crate::web::{Failure, Head, reply};

/// Fewer recovery codes than these are too few.
const FEW_CODES: usize = 3;

struct Key {
    mark: String,
    name: String,
    host: String,
    since: String,
    used: String,
}

#[derive(Template)]
#[template(path = "console/security.html")]
struct SecurityPage {
    head: Head,
    frame: Frame,
    email: String,
    passkeys: Vec<Key>,
    passkey: Option<PasskeyForm>,
    /// How to get to where passkeys work.
    names: Option<String>,
    /// Since when there is an app, in words.
    app: Option<String>,
    /// How many recovery codes are left, in words.
    left: String,
    /// Whether they are so few that new ones should be made.
    few: bool,
    /// When one of them was used, in words.
    code_used: Option<String>,
    fields: Vec<Field>,
}

struct Row {
    mark: String,
    source: String,
    begun: String,
    used: String,
    this: bool,
}

#[derive(Template)]
#[template(path = "console/sessions.html")]
struct SessionsPage {
    head: Head,
    frame: Frame,
    rows: Vec<Row>,
}

/// `GET /security`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let done = (query.as_deref() == Some("password")).then(|| clerk.texts().say("security-password-done"));
    draw(&clerk, Vec::new(), done)
}

/// `POST /security/password`: `old`, `password`, `password_again`.
pub async fn change_password(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let (office, texts, signed) = (&clerk.desk.office, clerk.texts(), &clerk.signed);
    let shortest = action::shortest_password(office.app(), &signed.actor)?;
    let typed = fields.get("password");
    let context = [signed.name.as_str(), signed.email.as_str(), clerk.settings.name.as_str()];
    let new = match Password::choose_with(typed, &context, shortest) {
        Ok(new) => new,
        Err(error) => {
            let problem = Problem::new("password", password_wrong(texts, error));
            return draw(&clerk, vec![problem], None);
        }
    };
    if typed != fields.get("password_again") {
        let problem = Problem::new("password_again", texts.say("password-again-wrong"));
        return draw(&clerk, vec![problem], None);
    }
    let old = SecretBytes::new(fields.get("old").as_bytes().to_vec());
    match action::change_password(office, signed, clerk.session(), (old, new)).await {
        Ok(()) => Ok(Redirect::to("/security?password").into_response()),
        Err(error) => {
            let field = match error {
                SecurityError::UsedBefore | SecurityError::ShortPassword => "password",
                _ => "old",
            };
            let text = problem(&clerk, error, "security-old-wrong", "/security")?;
            draw(&clerk, vec![Problem::new(field, text)], None)
        }
    }
}

/// `POST /security/app/remove`.
pub async fn remove_app(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let removed = action::remove_app(&clerk.desk.office, &clerk.signed.actor, clerk.session()).await;
    after_removal(&clerk, removed, "app")
}

/// `POST /security/passkeys/{mark}/remove`.
pub async fn remove_passkey(
    clerk: Clerk,
    Path(mark): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let office = &clerk.desk.office;
    let removed = action::remove_passkey(office, &clerk.signed.actor, clerk.session(), mark).await;
    after_removal(&clerk, removed, "passkeys")
}

fn after_removal(clerk: &Clerk, removed: Result<(), SecurityError>, at: &str) -> Result<Response, Failure> {
    match removed {
        Ok(()) => Ok(Redirect::to("/security").into_response()),
        Err(error) => {
            let text = problem(clerk, error, "security-changed", "/security")?;
            draw(clerk, vec![Problem::new(at, text)], None)
        }
    }
}

/// `POST /security/recovery-codes`.
pub async fn make_codes(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    match action::fresh_recovery_codes(clerk.desk.office.app(), &clerk.signed.actor).await {
        Ok(codes) => super::enrol::draw_codes(&clerk, codes, "/security"),
        Err(error) => {
            let text = problem(&clerk, error, "security-changed", "/security")?;
            draw(&clerk, vec![Problem::new("codes", text)], None)
        }
    }
}

/// `GET /security/sessions`.
pub async fn sessions(clerk: Clerk) -> Result<Response, Failure> {
    let own = action::own_sessions(clerk.desk.office.app(), &clerk.signed.actor, clerk.session())?;
    let rows = own.into_iter().map(|session| Row {
        mark: session.mark,
        source: session.source.to_string(),
        begun: when(session.begun),
        used: when(session.used),
        this: session.this,
    });
    let (head, frame) = clerk.frame(clerk.texts().say("sessions-title"), "");
    reply::page(&SessionsPage { rows: rows.collect(), head, frame })
}

/// `POST /security/sessions/{mark}/end`.
pub async fn end_session(
    clerk: Clerk,
    Path(mark): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    action::end_session(clerk.desk.office.app(), &clerk.signed.actor, mark).await?;
    Ok(Redirect::to("/security/sessions").into_response())
}

/// `POST /security/sessions/end-others`.
pub async fn end_others(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    action::end_other_sessions(clerk.desk.office.app(), &clerk.signed.actor, clerk.session()).await?;
    Ok(Redirect::to("/security/sessions").into_response())
}

/// What a page says of a change that was refused; `wrong` is the key of what it says when what was given is
/// wrong, `here` the page to come back to after the second factor.
pub fn problem(
    clerk: &Clerk,
    error: SecurityError,
    wrong: &'static str,
    here: &str,
) -> Result<String, Failure> {
    let texts = clerk.texts();
    Ok(match error {
        SecurityError::StepUp => return Err(Failure::StepUp(here.to_owned())),
        SecurityError::Wrong => texts.say(wrong),
        SecurityError::Wait(wait) => locked(texts, wait),
        SecurityError::UsedBefore => texts.say("password-used-before"),
        SecurityError::LastFactor => texts.say("security-last-factor"),
        SecurityError::ShortPassword => texts.say("security-short-password"),
        SecurityError::TooMany => texts.say_with("passkey-too-many", &[("most", MOST_PASSKEYS.into())]),
        SecurityError::Changed => texts.say("security-changed"),
        SecurityError::Passkey(PasskeyError::NotVerified) => texts.say("passkey-not-verified"),
        SecurityError::Passkey(why) => {
            log::info!("a passkey was refused: {why}");
            texts.say("passkey-refused")
        }
        SecurityError::Hasher(HasherError::Busy) => return Err(Failure::TooMany { retry_after: 10 }),
        SecurityError::Hasher(error) => return Err(Failure::Internal(error.to_string())),
        SecurityError::Store(error) => return Err(error.into()),
    })
}

/// The page.
pub fn draw(clerk: &Clerk, problems: Vec<Problem>, done: Option<String>) -> Result<Response, Failure> {
    let (texts, office, signed) = (clerk.texts(), &clerk.desk.office, &clerk.signed);
    let own = action::own_credentials(office.app(), &signed.actor)?;
    let passkeys = own.passkeys.into_iter().map(|key| Key {
        mark: key.mark,
        name: key.name,
        host: key.host,
        since: when(key.since),
        used: key.used.map_or_else(|| texts.say("security-never"), when),
    });
    let challenge = match action::ask_for_new_passkey(office, &clerk.host, signed, clerk.session()) {
        Ok(challenge) => challenge,
        Err(SecurityError::StepUp) => return Err(Failure::StepUp("/security".to_owned())),
        Err(error) => return Err(Failure::Internal(error.to_string())),
    };
    let passkey = challenge.map(|challenge| PasskeyForm::create(challenge, "/security/passkeys", texts));
    let shortest = action::shortest_password(office.app(), &signed.actor)?;
    let fields = vec![
        Field::new("old", texts.say("field-old-password")).kind("password", "current-password"),
        Field::new("password", texts.say("field-new-password"))
            .kind("password", "new-password")
            .hint(texts.say_with("field-password-hint", &[("shortest", shortest.into())])),
        Field::new("password_again", texts.say("field-password-again")).kind("password", "new-password"),
    ];
    let (mut head, mut frame) = clerk.frame(texts.say("security-title"), "/security");
    passkey::with_script(passkey.as_ref(), &clerk.desk, &mut head);
    let scripted = head.script.is_some();
    let page = SecurityPage {
        email: signed.email.to_string(),
        passkeys: passkeys.collect(),
        passkey,
        names: passkey::how(&clerk.desk, texts, &clerk.host),
        app: own.app.map(|since| texts.say_with("security-app-since", &[("when", when(since).into())])),
        few: own.recovery_codes < FEW_CODES,
        code_used: own
            .recovery_used
            .map(|used| texts.say_with("security-code-used", &[("when", when(used).into())])),
        left: texts.say_with("security-codes-left", &[("left", own.recovery_codes.into())]),
        fields: fields.into_iter().map(|field| field.with(&problems)).collect(),
        frame: {
            frame.problems = problems;
            frame.done = done;
            frame
        },
        head,
    };
    Ok(passkey::allow(scripted, reply::page_with(status(&page.frame.problems), &page)?))
}
