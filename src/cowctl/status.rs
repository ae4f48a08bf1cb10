//! `cowctl status`: how the shop and the machine stand.

use clap::Args;

use super::client::Client;
use super::table::{pairs, text, when};
use super::{Context, Said};

/// How the shop and the machine stand, and who you are there
#[derive(Args)]
#[command(before_help = "\
Examples:
  cowctl status
  cowctl status --json | jq .overview.open_alarms")]
pub struct Status {}

pub fn status(context: &Context) -> Said {
    let client = Client::signed_in(context)?;
    let (me, overview) = (client.get("/me")?, client.get("/overview")?);
    let sees_audit =
        me["rights"].as_array().is_some_and(|rights| rights.iter().any(|right| right == "see-audit"));
    let audit = if sees_audit { client.get("/audit/state")? } else { serde_json::Value::Null };
    if context.json {
        let whole = serde_json::json!({ "machine": client.address.to_string(), "me": me, "overview": overview, "audit": audit });
        return Ok(format!("{whole:#}\n"));
    }
    let live = match when(&overview["live_since"]) {
        since if since.is_empty() => "no: the shop is not live yet".to_owned(),
        since => format!("since {since}"),
    };
    let gateway = match text(&overview["gateway"]) {
        none if none.is_empty() => "none: shoppers cannot pay".to_owned(),
        test if test == "test" => "test gateway: no money moves".to_owned(),
        gateway => gateway,
    };
    let products =
        format!("{} on sale of {}", text(&overview["products_on_sale"]), text(&overview["products"]));
    let uploaded = if overview["certificate_uploaded"] == true { "" } else { ", the machine's own" };
    let mut all = vec![
        (
            "Machine",
            format!(
                "{}, version {}, profile {}",
                client.address,
                text(&overview["version"]),
                text(&overview["profile"])
            ),
        ),
        ("TPM", text(&overview["tpm"])),
        ("Shop", text(&overview["shop"])),
        ("Live", live),
        ("Products", products),
        ("Payments", gateway),
        ("Open alarms", text(&overview["open_alarms"])),
        ("Storefront", text(&overview["storefront"])),
        ("Certificate", format!("until {}{uploaded}", when(&overview["certificate_until"]))),
    ];
    if sees_audit {
        // Who keeps it apart from the machine can tell later whether an export is this machine's.
        let key = match text(&audit["key"]) {
            none if none.is_empty() => "none yet: the TPM has not signed the log".to_owned(),
            key => key,
        };
        all.push(("Audit key", key));
    }
    all.extend([
        ("You", format!("{} <{}>, {}", text(&me["name"]), text(&me["email"]), text(&me["role"]))),
        ("Signed in by", format!("{} until {} at the latest", text(&me["via"]), when(&me["until"]))),
        ("From", text(&me["source"])),
    ]);
    Ok(pairs(&all))
}
