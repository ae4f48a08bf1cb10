//! From where the console may be reached: the machine's ranges and the operator's, and changes on trial.

use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::body::Sent;
use super::problem::Problem;
use crate::action::{self, Accepted, RangesError};
use crate::config::{AdminRange, MOST_RANGES};
use crate::ranges::{ChangeRanges, NewRange, Refused, Which};
use crate::web::Failure;
use crate::web::console;

/// A range from which the console may be reached
#[derive(Serialize, ToSchema)]
pub struct RangeRow {
    /// CIDR
    net: String,
    name: String,
    /// Who answers for it
    owner: String,
    /// Whether the caller is inside
    here: bool,
}

/// A change on trial
#[derive(Serialize, ToSchema)]
pub struct RangesTrial {
    number: u64,
    /// `machine` or `operator`
    which: String,
    /// Who asked for it
    by: String,
    /// Seconds within which it must be confirmed; left out while the firewall has not taken it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seconds_left: Option<u64>,
    /// What the ranges are meanwhile
    ranges: Vec<RangeRow>,
}

/// The ranges
#[derive(Serialize, ToSchema)]
pub struct RangesShown {
    /// The caller's address, as the machine sees it
    source: String,
    /// The machine's: nobody else reaches the console
    machine: Vec<RangeRow>,
    /// The operator's: its staff must come from inside these too; none narrows nothing
    operator: Vec<RangeRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    trial: Option<RangesTrial>,
}

/// What the ranges would be
#[derive(Serialize, ToSchema)]
pub struct RangesPreview {
    ranges: Vec<RangeRow>,
}

/// A new range
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeWish {
    #[schema(max_length = 50, example = "192.0.2.0/24")]
    cidr: String,
    #[schema(max_length = 60)]
    name: String,
    #[schema(max_length = 100)]
    owner: String,
}

/// What shall be different
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangesChange {
    #[serde(default)]
    #[schema(max_items = 64)]
    add: Vec<RangeWish>,
    /// CIDR of those that go
    #[serde(default)]
    #[schema(max_items = 64)]
    remove: Vec<String>,
}

fn rows(caller: &Caller, ranges: &[AdminRange]) -> Vec<RangeRow> {
    let source = caller.source.to_canonical();
    let row = |range: &AdminRange| RangeRow {
        net: range.net.to_string(),
        name: range.name.to_string(),
        owner: range.owner.to_string(),
        here: range.net.contains(&source),
    };
    ranges.iter().map(row).collect()
}

fn shown(caller: &Caller) -> Result<RangesShown, Problem> {
    let state = action::ranges_state(caller.api.office.app())?;
    let trial = state.ranges.pending.as_ref().map(|pending| RangesTrial {
        number: pending.number,
        which: match pending.which {
            Which::Admin => "machine",
            Which::Operator => "operator",
        }
        .to_owned(),
        by: pending.by.clone(),
        seconds_left: state.left.map(|left| left.as_secs()),
        ranges: rows(caller, &pending.ranges),
    });
    Ok(RangesShown {
        source: caller.source.to_canonical().to_string(),
        machine: rows(caller, &state.ranges.admin),
        operator: rows(caller, &state.ranges.operator),
        trial,
    })
}

/// From where the console may be reached
#[utoipa::path(
    get,
    path = "/ranges",
    tag = "ranges",
    extensions(("x-right" = json!("see-ranges"))),
    responses((status = 200, description = "The ranges, and the change on trial", body = RangesShown))
)]
pub async fn list(caller: Caller) -> Result<Json<RangesShown>, Problem> {
    shown(&caller).map(Json)
}

fn read(caller: &Caller, which: Which, sent: RangesChange) -> Result<ChangeRanges, Problem> {
    let texts = caller.texts();
    let mut remove = Vec::new();
    for (place, net) in sent.remove.iter().enumerate() {
        match net.trim().parse() {
            Ok(net) => remove.push(net),
            Err(_) => {
                let text = texts.say("tokens-range-malformed");
                return Err(Problem::field(texts, &format!("remove[{place}]"), &text));
            }
        }
    }
    let add = sent.add.into_iter().map(|RangeWish { cidr, name, owner }| NewRange { cidr, name, owner });
    Ok(ChangeRanges { which, add: add.collect(), remove })
}

fn preview(caller: Caller, which: Which, sent: RangesChange) -> Result<Json<RangesPreview>, Problem> {
    let wish = read(&caller, which, sent)?;
    match action::preview_ranges(caller.api.office.app(), &caller.actor, &wish) {
        Ok(after) => Ok(Json(RangesPreview { ranges: rows(&caller, &after) })),
        Err(error) => Err(refused(&caller, error)),
    }
}

async fn change(
    caller: Caller,
    which: Which,
    sent: RangesChange,
) -> Result<(StatusCode, Json<RangesShown>), Problem> {
    let wish = read(&caller, which, sent)?;
    match action::change_ranges(caller.api.office.app(), &caller.actor, wish).await {
        Ok(_) => Ok((StatusCode::CREATED, Json(shown(&caller)?))),
        Err(error) => Err(refused(&caller, error)),
    }
}

async fn confirm(
    caller: Caller,
    number: &str,
    since: Option<Extension<Accepted>>,
) -> Result<Json<RangesShown>, Problem> {
    let number = number.parse().map_err(|_| Failure::NotFound)?;
    // Without a listener in front nobody knows since when the connection is there.
    let since = since.map(|Extension(accepted)| accepted).unwrap_or(Accepted(Default::default()));
    match action::confirm_ranges(caller.api.office.app(), &caller.actor, number, since).await {
        Ok(()) => shown(&caller).map(Json),
        Err(error) => Err(refused(&caller, error)),
    }
}

async fn take_back(caller: Caller, number: &str) -> Result<Json<RangesShown>, Problem> {
    let number = number.parse().map_err(|_| Failure::NotFound)?;
    match action::take_back_ranges(caller.api.office.app(), &caller.actor, number).await {
        Ok(()) => shown(&caller).map(Json),
        Err(error) => Err(refused(&caller, error)),
    }
}

fn refused(caller: &Caller, error: RangesError) -> Problem {
    let texts = caller.texts();
    let conflict = |key: &str| Problem::conflict(texts.say(key));
    let field = |field: &str, key: &str| Problem::field(texts, field, &texts.say(key));
    match error {
        RangesError::Denied(denied) => denied.into(),
        RangesError::Store(error) => error.into(),
        RangesError::Told(error) => Failure::Internal(error.to_string()).into(),
        RangesError::NotOnTrial => Failure::NotFound.into(),
        RangesError::NotInForce => conflict("ranges-not-in-force"),
        RangesError::TooLate => conflict("ranges-too-late"),
        RangesError::OldConnection => conflict("ranges-old-connection"),
        RangesError::Refused(refused) => match refused {
            Refused::Mistakes(mistakes) => {
                let places: Vec<_> = (0..MOST_RANGES).collect();
                let form = mistakes.iter().map(|mistake| {
                    let mut problem = console::range_problem(texts, mistake, &places);
                    if let Some((name, place)) = problem.field.split_once('.') {
                        problem.field = format!("add[{place}].{name}");
                    }
                    problem
                });
                Problem::of_form(texts, form.collect())
            }
            Refused::Nothing => field("add", "ranges-nothing"),
            Refused::Nobody => field("remove", "ranges-nobody"),
            Refused::Unknown(net) => {
                let text = texts.say_with("ranges-unknown", &[("range", net.to_string().into())]);
                Problem::field(texts, "remove", &text)
            }
            Refused::TooMany => {
                let text = texts.say_with("ranges-too-many", &[("most", MOST_RANGES.into())]);
                Problem::field(texts, "add", &text)
            }
            Refused::CutsOff(_) => conflict("api-ranges-cut-off"),
            Refused::OnTrial => conflict("api-ranges-on-trial"),
        },
    }
}

/// The operations of one kind of ranges.
macro_rules! operations {
    ($module:ident, $which:ident, $path:literal, $right:literal) => {
        #[doc = concat!("Those at `", $path, "`.")]
        pub mod $module {
            use super::*;

            /// What the ranges would be after a change: nothing is done
            #[utoipa::path(
                                post,
                                path = concat!($path, "/preview"),
                                tag = "ranges",
                                extensions(("x-right" = json!($right))),
                                request_body = RangesChange,
                                responses((status = 200, description = "It would be taken", body = RangesPreview))
                            )]
            pub async fn preview(
                caller: Caller,
                Sent(sent): Sent<RangesChange>,
            ) -> Result<Json<RangesPreview>, Problem> {
                super::preview(caller, Which::$which, sent)
            }

            /// Put a change of the ranges on trial
            ///
            /// It takes itself back within two minutes unless it is confirmed over a connection that was made under it.
            #[utoipa::path(
                                post,
                                path = $path,
                                tag = "ranges",
                                extensions(("x-right" = json!($right))),
                                request_body = RangesChange,
                                responses((status = 201, description = "On trial", body = RangesShown))
                            )]
            pub async fn change(
                caller: Caller,
                Sent(sent): Sent<RangesChange>,
            ) -> Result<(StatusCode, Json<RangesShown>), Problem> {
                super::change(caller, Which::$which, sent).await
            }

            /// Keep the change on trial
            #[utoipa::path(
                                post,
                                path = concat!($path, "/{number}/confirm"),
                                tag = "ranges",
                                extensions(("x-right" = json!($right))),
                                params(("number" = u64, Path, description = "The change's number")),
                                responses((status = 200, description = "Kept", body = RangesShown))
                            )]
            pub async fn confirm(
                caller: Caller,
                Path(number): Path<String>,
                since: Option<Extension<Accepted>>,
            ) -> Result<Json<RangesShown>, Problem> {
                super::confirm(caller, &number, since).await
            }

            /// Take the change on trial back
            #[utoipa::path(
                                post,
                                path = concat!($path, "/{number}/take-back"),
                                tag = "ranges",
                                extensions(("x-right" = json!($right))),
                                params(("number" = u64, Path, description = "The change's number")),
                                responses((status = 200, description = "Taken back", body = RangesShown))
                            )]
            pub async fn take_back(
                caller: Caller,
                Path(number): Path<String>,
            ) -> Result<Json<RangesShown>, Problem> {
                super::take_back(caller, &number).await
            }
        }
    };
}

operations!(machine, Admin, "/ranges/machine/changes", "change-ranges");
operations!(operator, Operator, "/ranges/operator/changes", "change-operator-ranges");
