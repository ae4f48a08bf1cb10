//! `cowctl tokens`: one's own tokens for programs. A secret is told once, on standard output alone.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::end::{DATA, End};
use super::table::{pairs, text, when};
use super::{Context, Said};

/// Your tokens for programs: each with part of your rights, from one range, until it ends
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl tokens list
  cowctl tokens make till --right see-orders --range 192.0.2.17/32
  cowctl tokens revoke 4k2m0c9v7x1t3b5n8d6f0g2h4j")]
pub enum Tokens {
    /// What they open, from where, until when, and when they were last used
    List,
    /// Make one; its secret is shown this once
    Make(Make),
    /// Revoke one, at once: it opens nothing any more
    Revoke {
        /// Its id (see list)
        token: String,
    },
}

/// Make one; its secret is shown this once
#[derive(Args)]
pub struct Make {
    /// Which program it is for
    name: String,
    /// What it may be used for; repeat for each. None that asks for the second factor
    #[arg(long = "right", value_name = "RIGHT", required = true)]
    rights: Vec<String>,
    /// From where the program calls
    #[arg(long, value_name = "CIDR")]
    range: String,
    /// For how long, at most 365
    #[arg(long, default_value_t = 90)]
    days: u16,
}

pub fn run(context: &Context, asked: &Tokens) -> Said {
    let client = Client::signed_in(context)?;
    match asked {
        Tokens::List => {
            let known = client.get("/tokens")?;
            if context.json { Ok(format!("{known:#}\n")) } else { Ok(drawn("You have", &known)) }
        }
        Tokens::Make(wish) => make(context, &client, wish),
        Tokens::Revoke { token } => {
            client.call(Method::DELETE, &format!("/tokens/{}", id(token)?), None)?;
            if context.json {
                return Ok(format!("{}\n", json!({ "revoked": token })));
            }
            Ok("Revoked: it opens nothing any more.\n".to_owned())
        }
    }
}

fn make(context: &Context, client: &Client, wish: &Make) -> Said {
    let body = json!({ "name": wish.name, "rights": wish.rights, "range": wish.range, "days": wish.days });
    let made = client.call(Method::POST, "/tokens", Some(&body))?;
    if context.json {
        return Ok(format!("{made:#}\n"));
    }
    let (secret, ends) = (text(&made["secret"]), when(&made["token"]["ends"]));
    Ok(format!("{secret}\nShown this once; it ends on {ends}. Keep it like a password.\n"))
}

/// What becomes a part of an address: letters and digits, as ids are.
pub fn id(typed: &str) -> Result<&str, End> {
    if !typed.is_empty() && typed.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return Ok(typed);
    }
    Err(End::new(DATA, format!("{typed} is no token's id: list the tokens to see theirs")))
}

/// Tokens, as people read them; `whose` begins the sentence that there are none.
pub fn drawn(whose: &str, known: &Value) -> String {
    let tokens = known["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if tokens.is_empty() {
        return format!("{whose} no tokens.\n");
    }
    let draw = |token: &Value| {
        let rights: Vec<_> = token["rights"].as_array().into_iter().flatten().map(text).collect();
        let used = match &token["last_used"] {
            Value::Null => "never".to_owned(),
            at => format!("{} from {}", when(at), text(&token["last_source"])),
        };
        pairs(&[
            ("Name", text(&token["name"])),
            ("Rights", rights.join(" ")),
            ("Range", text(&token["range"])),
            ("Ends", when(&token["ends"])),
            ("Last used", used),
            ("Id", text(&token["id"])),
        ])
    };
    tokens.iter().map(draw).collect::<Vec<_>>().join("\n")
}
