//! `cowctl staff`: who works here, and what one person proposes and another confirms.

use clap::{Args, Subcommand, ValueEnum};
use hyper::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::end::{DATA, End};
use super::table::{pairs, table, text, when};
use super::{Context, Said, tokens};

/// Who works here: people, and proposals that wait for a second person
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl staff list
  cowctl staff show ada@example.com
  cowctl staff propose grant --email sam@example.com --name 'Sam Field' \\
    --role support --employer 'Meadow & Mill' --employment employee --since 2026-03-01
  cowctl staff proposals                 what waits
  cowctl staff confirm 7                 by somebody else, within a day
  cowctl staff dismiss sam@example.com   at once, without a second person
  cowctl staff tokens sam@example.com    and revoke-token, for one that leaked")]
pub enum Staff {
    /// Everybody whom you may know of
    List,
    /// One person with everything on file
    Show {
        /// E-mail address or id
        person: String,
    },
    /// Propose a grant or a change, for somebody else to confirm within a day
    Propose(Box<Propose>),
    /// Proposals, the latest first
    Proposals,
    /// Confirm what somebody else proposed
    Confirm {
        /// The proposal's number
        number: u64,
    },
    /// Say no to what somebody else proposed
    Reject {
        /// The proposal's number
        number: u64,
    },
    /// Take back what you proposed
    Withdraw {
        /// The proposal's number
        number: u64,
    },
    /// Switch an account off, at once: sessions, tokens and invitation end with it
    Dismiss {
        /// E-mail address or id
        person: String,
    },
    /// Somebody's tokens for programs: what they open, from where, until when
    Tokens {
        /// E-mail address or id
        person: String,
    },
    /// Revoke a token of somebody, at once: it opens nothing any more
    RevokeToken {
        /// E-mail address or id
        person: String,
        /// The token's id (see tokens)
        token: String,
    },
    /// Make one half of an invitation; somebody else makes the other
    Invite {
        /// E-mail address or id
        person: String,
        /// Which half
        #[arg(long, value_enum)]
        half: Half,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Half {
    Link,
    Code,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    /// A new person
    Grant,
    /// Another role or record of somebody: give all of it, as it shall be
    Change,
    /// Somebody who was disabled comes back
    Reinstate,
    /// Somebody who lost password or second factor begins anew
    ResetCredentials,
}

#[derive(Clone, Copy, ValueEnum)]
enum Employment {
    Employee,
    Contractor,
}

/// Propose a grant or a change, for somebody else to confirm within a day
#[derive(Args)]
pub struct Propose {
    #[arg(value_enum)]
    what: What,
    /// Who: for a grant, what the person is to sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The legal name
    #[arg(long)]
    name: Option<String>,
    /// The role, such as support (see the console's table of roles)
    #[arg(long)]
    role: Option<String>,
    /// By whom the person is employed
    #[arg(long)]
    employer: Option<String>,
    /// How
    #[arg(long, value_enum)]
    employment: Option<Employment>,
    /// First day of the employment
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Its last day, once it is known
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// How the person was screened (needed for the platform's staff)
    #[arg(long, value_name = "METHOD", requires_all = ["screened_on", "screening_until", "screening_reference"])]
    screening: Option<String>,
    /// When
    #[arg(long, value_name = "DATE")]
    screened_on: Option<String>,
    /// Until when it counts
    #[arg(long, value_name = "DATE")]
    screening_until: Option<String>,
    /// Where the file lies
    #[arg(long, value_name = "REFERENCE")]
    screening_reference: Option<String>,
}

pub fn run(context: &Context, asked: &Staff) -> Said {
    let client = Client::signed_in(context)?;
    match asked {
        Staff::List => list(context, &client),
        Staff::Show { person } => show(context, &find(&client, person)?),
        Staff::Propose(wish) => propose(context, &client, wish),
        Staff::Proposals => proposals(context, &client),
        Staff::Confirm { number } => decide(context, &client, *number, "confirm"),
        Staff::Reject { number } => decide(context, &client, *number, "reject"),
        Staff::Withdraw { number } => decide(context, &client, *number, "withdraw"),
        Staff::Dismiss { person } => dismiss(context, &client, person),
        Staff::Tokens { person } => of_person(context, &client, person),
        Staff::RevokeToken { person, token } => revoke(context, &client, person, token),
        Staff::Invite { person, half } => invite(context, &client, person, *half),
    }
}

/// Every page of a list.
fn all(client: &Client, path: &str) -> Result<Vec<Value>, End> {
    let (mut items, mut query) = (Vec::new(), "?limit=100".to_owned());
    loop {
        let mut page = client.get(&format!("{path}{query}"))?;
        if let Some(found) = page["items"].as_array_mut() {
            items.append(found);
        }
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=100&cursor={next}"),
            None => return Ok(items),
        }
    }
}

fn find(client: &Client, wanted: &str) -> Result<Value, End> {
    let same = |person: &Value| {
        person["id"] == wanted
            || person["email"].as_str().is_some_and(|email| email.eq_ignore_ascii_case(wanted))
    };
    all(client, "/staff")?.into_iter().find(same).ok_or_else(|| {
        End::new(DATA, format!("there is nobody called {wanted} whom you may know of: cowctl staff list"))
    })
}

fn list(context: &Context, client: &Client) -> Said {
    let people = all(client, "/staff")?;
    if context.json {
        return Ok(format!("{:#}\n", json!({ "items": people })));
    }
    let row = |person: &Value| {
        let state = match (text(&person["state"]), person["why_not"].as_str()) {
            (state, Some(why)) if state == "active" => format!("shut out: {why}"),
            (state, _) => state,
        };
        vec![text(&person["name"]), text(&person["email"]), text(&person["role"]), state]
    };
    Ok(table(&["NAME", "E-MAIL", "ROLE", "STATE"], &people.iter().map(row).collect::<Vec<_>>()))
}

fn show(context: &Context, person: &Value) -> Said {
    if context.json {
        return Ok(format!("{person:#}\n"));
    }
    let screening = &person["screening"];
    let screened = match screening.is_null() {
        true => "none on file".to_owned(),
        false => format!(
            "{}, {} to {}, {}",
            text(&screening["method"]),
            text(&screening["on"]),
            text(&screening["valid_until"]),
            text(&screening["reference"])
        ),
    };
    let approvals: Vec<_> = person["approvals"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|approval| {
            format!("{} for {} on {}", text(&approval["by"]), text(&approval["role"]), when(&approval["at"]))
        })
        .collect();
    Ok(pairs(&[
        ("Name", text(&person["name"])),
        ("E-mail", text(&person["email"])),
        ("Role", format!("{} ({})", text(&person["role"]), text(&person["side"]))),
        ("State", text(&person["state"])),
        ("Shut out", text(&person["why_not"])),
        ("Employer", format!("{}, {}", text(&person["employer"]), text(&person["employment"]))),
        ("Since", text(&person["employed_since"])),
        ("Until", text(&person["employed_until"])),
        ("Screening", screened),
        ("Approved by", approvals.join("; ")),
        ("Attested by", text(&person["attested_by"])),
        ("Last seen", when(&person["last_seen"])),
        ("Id", text(&person["id"])),
    ]))
}

fn propose(context: &Context, client: &Client, asked: &Propose) -> Said {
    let name = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let mut body = json!({ "what": name(asked.what.to_possible_value()) });
    if asked.what == What::Grant {
        body["email"] = json!(asked.email);
    } else {
        body["person"] = find(client, &asked.email)?["id"].clone();
    }
    if matches!(asked.what, What::Grant | What::Change) {
        let mut record = json!({});
        let mut set = |field: &str, value: &Option<String>| {
            if let Some(value) = value {
                record[field] = json!(value);
            }
        };
        set("name", &asked.name);
        set("role", &asked.role);
        set("employer", &asked.employer);
        set("employed_since", &asked.since);
        set("employed_until", &asked.until);
        set("employment", &asked.employment.and_then(|kind| name(kind.to_possible_value())));
        if let Some(method) = &asked.screening {
            record["screening"] = json!({
                "method": method,
                "on": asked.screened_on,
                "valid_until": asked.screening_until,
                "reference": asked.screening_reference,
            });
        }
        body["record"] = record;
    }
    let made = client.call(Method::POST, "/proposals", Some(&body))?;
    if context.json {
        return Ok(format!("{made:#}\n"));
    }
    Ok(format!(
        "Proposal {}: {}.\nSomebody else confirms it until {}: cowctl staff confirm {}\n",
        text(&made["number"]),
        text(&made["line"]),
        when(&made["until"]),
        text(&made["number"])
    ))
}

fn proposals(context: &Context, client: &Client) -> Said {
    let known = all(client, "/proposals")?;
    if context.json {
        return Ok(format!("{:#}\n", json!({ "items": known })));
    }
    let row = |proposal: &Value| {
        let state = match text(&proposal["state"]) {
            state if state == "open" => format!("open until {}", when(&proposal["until"])),
            state => state,
        };
        vec![text(&proposal["number"]), text(&proposal["line"]), text(&proposal["by"]), state]
    };
    Ok(table(&["NO", "WHAT", "BY", "STATE"], &known.iter().map(row).collect::<Vec<_>>()))
}

fn decide(context: &Context, client: &Client, number: u64, how: &str) -> Said {
    let decided = client.call(Method::POST, &format!("/proposals/{number}/{how}"), None)?;
    if context.json {
        return Ok(format!("{decided:#}\n"));
    }
    Ok(format!("Proposal {number} is {}: {}.\n", text(&decided["state"]), text(&decided["line"])))
}

fn dismiss(context: &Context, client: &Client, person: &str) -> Said {
    let person = find(client, person)?;
    client.call(Method::POST, &format!("/staff/{}/dismiss", text(&person["id"])), None)?;
    if context.json {
        return Ok(format!("{}\n", json!({ "dismissed": person["id"] })));
    }
    Ok(format!("{} is dismissed: sessions, tokens and invitation have ended.\n", text(&person["email"])))
}

fn of_person(context: &Context, client: &Client, person: &str) -> Said {
    let person = find(client, person)?;
    let known = client.get(&format!("/staff/{}/tokens", text(&person["id"])))?;
    if context.json {
        return Ok(format!("{known:#}\n"));
    }
    Ok(tokens::drawn(&format!("{} has", text(&person["email"])), &known))
}

fn revoke(context: &Context, client: &Client, person: &str, token: &str) -> Said {
    let (person, token) = (find(client, person)?, tokens::id(token)?);
    client.call(Method::DELETE, &format!("/staff/{}/tokens/{token}", text(&person["id"])), None)?;
    if context.json {
        return Ok(format!("{}\n", json!({ "revoked": token })));
    }
    Ok(format!("Revoked: the token of {} opens nothing any more.\n", text(&person["email"])))
}

fn invite(context: &Context, client: &Client, person: &str, half: Half) -> Said {
    let person = find(client, person)?;
    let (path, field) = match half {
        Half::Link => ("invitation-link", "path"),
        Half::Code => ("invitation-code", "code"),
    };
    let made = client.call(Method::POST, &format!("/staff/{}/{path}", text(&person["id"])), None)?;
    if context.json {
        return Ok(format!("{made:#}\n"));
    }
    let shown = match half {
        Half::Link => format!("https://{}{}", client.address, text(&made[field])),
        Half::Code => text(&made[field]),
    };
    Ok(format!(
        "{shown}\nShown this once. Hand it to {} yourself; somebody else makes the other half.\n",
        text(&person["name"])
    ))
}
