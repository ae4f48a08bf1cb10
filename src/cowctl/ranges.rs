//! `cowctl ranges`: from where the console may be reached.

use clap::Subcommand;

use super::client::Client;
use super::table::{table, text};
use super::{Context, Said};

/// From where the console may be reached
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl ranges list")]
pub enum Ranges {
    /// Show the ranges in force
    List,
}

pub fn run(context: &Context, asked: &Ranges) -> Said {
    let client = Client::signed_in(context)?;
    match asked {
        Ranges::List => list(context, &client),
    }
}

fn list(context: &Context, client: &Client) -> Said {
    let found = client.get("/ranges")?;
    if context.json {
        return Ok(format!("{found:#}\n"));
    }
    let mut rows = Vec::new();
    for range in found["ranges"].as_array().into_iter().flatten() {
        let here = if range["here"] == true { "you are here" } else { "" };
        rows.push(vec![text(&range["net"]), text(&range["name"]), here.to_owned()]);
    }
    Ok(table(&["RANGE", "NAME", ""], &rows))
}
