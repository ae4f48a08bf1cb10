//! `cowctl ranges`: from where the console may be reached.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::end::{DATA, End, USAGE};
use super::table::{table, text};
use super::{Context, Said};

/// From where the console may be reached
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl ranges list
  cowctl ranges set --add '192.0.2.0/24=hosting desk=Noor Haddad' \\
    --remove 198.51.100.0/24             on trial, for 90 seconds
  cowctl ranges confirm                  keeps it
  cowctl ranges take-back                or does not")]
pub enum Ranges {
    /// Show the ranges, and the change on trial
    List,
    /// Put a change on trial; it takes itself back after 90 seconds unless it is confirmed
    Set(Set),
    /// Keep the change on trial
    Confirm,
    /// Take the change on trial back
    TakeBack,
}

/// Put a change on trial; it takes itself back after 90 seconds unless it is confirmed
#[derive(Args)]
pub struct Set {
    /// A new range, what it is called and who answers for it; repeat for each
    #[arg(long, value_name = "CIDR=NAME=OWNER")]
    add: Vec<String>,
    /// A range that goes; repeat for each
    #[arg(long, value_name = "CIDR")]
    remove: Vec<String>,
    /// The operator's own ranges, which narrow the machine's for its staff
    #[arg(long)]
    operator: bool,
}

pub fn run(context: &Context, asked: &Ranges) -> Said {
    let client = Client::signed_in(context)?;
    match asked {
        Ranges::List => told(context, &client.get("/ranges")?),
        Ranges::Set(wish) => set(context, &client, wish),
        Ranges::Confirm => end(context, &client, "confirm"),
        Ranges::TakeBack => end(context, &client, "take-back"),
    }
}

fn set(context: &Context, client: &Client, wish: &Set) -> Said {
    let mut add = Vec::new();
    for range in &wish.add {
        let mut parts = range.splitn(3, '=').map(str::trim);
        let (Some(cidr), Some(name), Some(owner)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(End::new(USAGE, format!("--add {range}: write it as CIDR=NAME=OWNER")));
        };
        add.push(json!({ "cidr": cidr, "name": name, "owner": owner }));
    }
    let which = if wish.operator { "operator" } else { "machine" };
    let body = json!({ "add": add, "remove": wish.remove });
    let shown = client.call(Method::POST, &format!("/ranges/{which}/changes"), Some(&body))?;
    told(context, &shown)
}

fn end(context: &Context, client: &Client, how: &str) -> Said {
    let shown = client.get("/ranges")?;
    let trial = &shown["trial"];
    if trial.is_null() {
        return Err(End::new(DATA, "no change is on trial: cowctl ranges list"));
    }
    let path = format!("/ranges/{}/changes/{}/{how}", text(&trial["which"]), text(&trial["number"]));
    let found = client.call(Method::POST, &path, None)?;
    let said = told(context, &found)?;
    if context.json {
        return Ok(said);
    }
    let done = if how == "confirm" { "The change is kept." } else { "The change is taken back." };
    Ok(format!("{done}\n\n{said}"))
}

fn told(context: &Context, found: &Value) -> Said {
    if context.json {
        return Ok(format!("{found:#}\n"));
    }
    let mut said = String::new();
    let mut list = |title: &str, ranges: &Value| {
        let ranges = ranges.as_array().cloned().unwrap_or_default();
        if ranges.is_empty() {
            return;
        }
        let row = |range: &Value| {
            let here = if range["here"] == true { "you are here" } else { "" };
            vec![text(&range["net"]), text(&range["name"]), text(&range["owner"]), here.to_owned()]
        };
        let rows: Vec<_> = ranges.iter().map(row).collect();
        said.push_str(&format!("{title}\n{}\n", table(&["RANGE", "NAME", "OWNER", ""], &rows)));
    };
    list("Who may reach the console:", &found["machine"]);
    list("Narrower, for the operator's staff:", &found["operator"]);
    let trial = &found["trial"];
    if !trial.is_null() {
        list("On trial in their place:", &trial["ranges"]);
        let left = match text(&trial["seconds_left"]) {
            left if left.is_empty() => "once the firewall has taken it".to_owned(),
            left => format!("within {left} seconds"),
        };
        said.push_str(&format!("Keep it {left}, or it takes itself back: cowctl ranges confirm\n"));
    }
    if said.is_empty() {
        said.push_str("No range is set: only the machine itself reaches its console.\n");
    }
    // Tables end with an empty line for what follows them; nothing follows the last one.
    Ok(format!("{}\n", said.trim_end()))
}
