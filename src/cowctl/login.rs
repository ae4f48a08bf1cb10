//! `cowctl login` and `logout`: a session's token, kept until it ends.

use clap::Args;
use hyper::Method;
use serde_json::json;
use zeroize::Zeroizing;

use super::client::Client;
use super::end::{End, SOFTWARE};
use super::home::{self, Machines};
use super::{Context, Said, ask};

/// Sign in: address, password and, where it is set up, the second factor
#[derive(Args)]
#[command(before_help = "\
Examples:
  cowctl login                                 asks for everything
  cowctl login --email ada@example.com --password-stdin < secrets
                                     password, then the code if any, one a line
  cowctl login --token-stdin < token           a token made in the console")]
pub struct Login {
    /// The address that you sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Read password and code from standard input, one a line
    #[arg(long)]
    password_stdin: bool,
    /// Keep a token for programs, from standard input, in place of a session
    #[arg(long, conflicts_with_all = ["email", "password_stdin"])]
    token_stdin: bool,
}

/// Sign out: the session ends at the machine, and its token is forgotten here
#[derive(Args)]
pub struct Logout {}

pub fn login(context: &Context, asked: &Login) -> Said {
    let visitor = Client::visitor(context)?;
    let address = visitor.address.clone();
    let token = if asked.token_stdin { ask::secret_of_stdin()? } else { begin(&visitor, asked)? };
    let client = visitor.with_token(token.clone());
    let me = client.get("/me")?;
    home::keep_token(&address, &token)?;
    let mut machines = Machines::load()?;
    machines.latest = Some(address.to_string());
    machines.save()?;
    if context.json {
        return Ok(format!("{me:#}\n"));
    }
    let word = |name: &str| super::table::text(&me[name]);
    Ok(format!(
        "Signed in at {address}\nas {} <{}>, {},\nuntil {} at the latest.\n",
        word("name"),
        word("email"),
        word("role"),
        super::table::when(&me["until"])
    ))
}

fn begin(visitor: &Client, asked: &Login) -> Result<Zeroizing<String>, End> {
    let email = match &asked.email {
        Some(email) => email.clone(),
        None => ask::line("E-mail address: ")?,
    };
    let (password, code) = if asked.password_stdin {
        let password = ask::secret_of_stdin()?;
        (password, Some(ask::secret_of_stdin()?).filter(|code| !code.is_empty()))
    } else {
        let password = ask::secret("Password (not shown): ")?;
        let code = ask::secret(
            "Code of your authenticator, or a recovery code (not shown; empty if there is none): ",
        )?;
        (password, Some(code).filter(|code| !code.is_empty()))
    };
    let mut body = json!({ "email": email, "password": password.as_str() });
    if let Some(code) = &code {
        body["code"] = json!(code.as_str());
    }
    let answer = visitor.call(Method::POST, "/session", Some(&body))?;
    let token = answer["token"].as_str().ok_or_else(|| End::new(SOFTWARE, "the machine gave no token"))?;
    Ok(Zeroizing::new(token.to_owned()))
}

pub fn logout(context: &Context) -> Said {
    let client = Client::signed_in(context)?;
    // A token for programs stays good at the machine: it is revoked in the console. A session that is over
    // already has nothing left to end.
    let ended = client.call(Method::DELETE, "/session", None);
    home::forget_token(&client.address)?;
    match ended {
        Err(end) if end.code == super::end::UNAVAILABLE => Err(end),
        _ if context.json => Ok(format!("{}\n", json!({ "machine": client.address.to_string() }))),
        _ => Ok(format!("Signed out at {}.\n", client.address)),
    }
}
