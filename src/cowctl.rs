//! The staff tool's entry point: arguments in, exit code out.

#[path = "cowctl/recover.rs"]
mod recover;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use cashcow::tpm::Authority;
use cashcow::tpm::approval::{ApprovalError, pcr_value};
use clap::{Args, Parser, Subcommand};

/// The exit code for input that is wrong in itself (sysexits.h, `EX_CONFIG`).
const BAD_INPUT: u8 = 78;

/// CashCowCart's staff tool.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Approve(Approve),
    /// Files for a machine's provisioning volume
    #[command(subcommand)]
    Provision(Provision),
}

#[derive(Subcommand)]
enum Provision {
    Recover(recover::Recover),
}

/// Approve an image: sign which images may open the service's secrets
#[derive(Args)]
#[command(before_help = "\
Examples:
  # sign for the phase in which the service runs, and put it into the image's .pcrsig section
  cowctl approve --svn 3 --key pcr-private.pem \\
    --pcr11 enter-initrd:leave-initrd:sysinit:ready=1f0c...9a > approval.json
  jq --slurpfile a approval.json '.cashcow = $a[0]' pcrsig.json > merged.json
  # the values of PCR 11: systemd-measure calculate, or ukify --measure")]
struct Approve {
    /// Security version of the image; raise it when older images must not open the secrets any more
    #[arg(long, value_name = "N")]
    svn: u64,
    /// The profile's PCR-signing key: RSA-2048, PEM (the same that signs for systemd)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A boot phase and the SHA-256 value of PCR 11 in it; repeat for every phase the service may be in
    #[arg(long, value_name = "PHASE=HEX", required = true, value_parser = phase)]
    pcr11: Vec<(String, [u8; 32])>,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Approve(arguments) => approve(&arguments).map_err(|error| error.to_string()),
        Command::Provision(Provision::Recover(arguments)) => recover::recover(&arguments),
    };
    match outcome {
        Ok(text) => print(&text),
        Err(error) => {
            let _ = writeln!(io::stderr(), "cowctl: {error}");
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// The JSON object that belongs under `"cashcow"` in the image's signature file.
fn approve(arguments: &Approve) -> Result<String, ApprovalError> {
    let phases: Vec<_> = arguments.pcr11.iter().map(|(phase, value)| (phase.as_str(), *value)).collect();
    let approval = Authority::from_pem(&arguments.key)?.approve(arguments.svn, &phases)?;
    Ok(format!("{:#}\n", approval.to_json()))
}

fn phase(text: &str) -> Result<(String, [u8; 32]), String> {
    let (phase, value) = text.rsplit_once('=').ok_or("write it as PHASE=HEX")?;
    let value = pcr_value(value).ok_or("the value must be 64 hexadecimal digits (SHA-256)")?;
    if phase.is_empty() {
        return Err("the phase is missing before `=`".to_owned());
    }
    Ok((phase.to_owned(), value))
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read us has gone: nothing to say and nobody to say it to.
        Err(_) => ExitCode::FAILURE,
    }
}
