//! The staff tool's entry point: arguments in, exit code out.
//!
//! One binary for hosting staff, administrators and operators. It talks to a machine's API over TLS, to the
//! certificate whose fingerprint was compared with the machine's screen and to no other. Secrets come from the
//! terminal or from standard input, never from arguments, and a session's token is kept in a file of its own
//! that only its owner reads.

#![expect(
    clippy::indexing_slicing,
    reason = "a part that a JSON answer lacks reads as null; what is written into is an object made here"
)]

mod approve;
mod ask;
mod audit;
mod client;
mod end;
mod home;
mod login;
mod products;
mod provision;
mod ranges;
mod recover;
mod staff;
mod status;
mod table;
mod tokens;
mod trust;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use end::End;

const EXAMPLES: &str = "\
Examples:
  cowctl trust shop.example.net        compare with the machine's screen, once
  cowctl login                         sign in; ends after 15 minutes of rest
  cowctl status                        how the shop and the machine stand
  cowctl products import goods.csv     take a file of products
  cowctl provision check appliance.toml  every mistake, without a machine
";

const CODES: &str = "\
Exit codes: 0 good, 64 wrong arguments, 65 the data has mistakes,
  66 a file is missing, 69 the machine does not answer, 70 a fault of the machine
  or ours, 73 a file cannot be made, 74 reading or writing failed, 75 try again
  later, 77 not allowed, not signed in or not trusted, 78 a configuration file
  is refused";

/// CashCowCart's staff tool.
#[derive(Parser)]
#[command(name = "cowctl", version, term_width = 80, arg_required_else_help = true, before_help = EXAMPLES, after_help = CODES)]
struct Cli {
    #[command(flatten)]
    context: Context,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb knows.
#[derive(clap::Args, Clone)]
pub struct Context {
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// Which machine; the one that was trusted or signed in to last if left out
    #[arg(long, global = true, value_name = "HOST[:PORT]")]
    machine: Option<String>,
}

#[derive(Subcommand)]
enum Verb {
    Trust(trust::Trust),
    Login(login::Login),
    Logout(login::Logout),
    Status(status::Status),
    #[command(subcommand)]
    Ranges(ranges::Ranges),
    #[command(subcommand)]
    Staff(staff::Staff),
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Products(products::Products),
    #[command(subcommand)]
    Provision(provision::Provision),
    Approve(approve::Approve),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            let _ = message.print();
            return ExitCode::from(if message.use_stderr() { end::USAGE } else { 0 });
        }
    };
    let context = &cli.context;
    let outcome = match &cli.verb {
        Verb::Trust(asked) => trust::trust(context, asked),
        Verb::Login(asked) => login::login(context, asked),
        Verb::Logout(_) => login::logout(context),
        Verb::Status(_) => status::status(context),
        Verb::Ranges(asked) => ranges::run(context, asked),
        Verb::Staff(asked) => staff::run(context, asked),
        Verb::Tokens(asked) => tokens::run(context, asked),
        Verb::Audit(asked) => audit::run(context, asked),
        Verb::Products(asked) => products::run(context, asked),
        Verb::Provision(asked) => provision::run(context, asked),
        Verb::Approve(asked) => approve::approve(asked),
    };
    match outcome {
        Ok(text) => print(&text),
        Err(end) => {
            if context.json {
                let _ = writeln!(io::stdout(), "{}", end.json());
            } else {
                let _ = writeln!(io::stderr(), "cowctl: {}", end.text);
            }
            ExitCode::from(end.code)
        }
    }
}

/// What a verb ends with: what it says, or why not.
pub type Said = Result<String, End>;

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read us has gone: nothing to say and nobody to say it to.
        Err(_) => ExitCode::from(end::IO),
    }
}

/// Tells a person that something takes a while: on a terminal only, and beside the answer.
pub fn progress(text: &str) {
    if io::IsTerminal::is_terminal(&io::stderr()) {
        let _ = writeln!(io::stderr(), "{text} ...");
    }
}
