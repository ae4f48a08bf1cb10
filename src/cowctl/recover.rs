//! `cowctl provision recover`: ranges for a machine whose console nobody reaches, signed with its recovery key.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use cashcow::base::Line;
use cashcow::config::{AdminRange, Hostname, Recovery, parse_range, recovery_text};
use cashcow::machine::{RECOVER_FILE, RECOVER_SIGNATURE, ask_recovery_key, write_durably};
use clap::Args;

/// Sign ranges for a machine whose console nobody reaches any more
#[derive(Args)]
#[command(before_help = "\
Examples:
  # a stick labelled COW-SETUP is mounted at /mnt; the recovery key is asked for at the terminal
  cowctl provision recover --hostname shop-1 --range '192.0.2.0/24=hosting desk' /mnt
  # then plug it in at the machine: it need not be started again, and its screen says what it did")]
pub struct Recover {
    /// The machine's name, as its screen shows it
    #[arg(long, value_name = "NAME")]
    hostname: String,
    /// A range and what it is called; repeat for each. They replace all that the machine has
    #[arg(long, value_name = "CIDR=NAME", required = true)]
    range: Vec<String>,
    /// Who answers for the ranges
    #[arg(long, value_name = "PERSON", default_value = "hosting staff")]
    owner: String,
    /// Greater than that of every file before; the seconds since 1970 if it is left out
    #[arg(long, value_name = "N")]
    serial: Option<u64>,
    /// Where the two files go: the volume's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Asks for the key and writes the two files; what to say then.
pub fn recover(asked: &Recover) -> Result<String, String> {
    let recovery = read(asked)?;
    let text =
        recovery_text(&recovery).map_err(|fault| format!("--range {}; {}", fault.wrong, fault.cure))?;
    let told = |failure: cashcow::machine::Failure| failure.text;
    let signature = ask_recovery_key().map_err(told)?.sign(&text).map_err(told)?;
    put(&asked.folder, RECOVER_FILE, &text)?;
    put(&asked.folder, RECOVER_SIGNATURE, &signature)?;
    Ok(format!(
        "{} and {RECOVER_SIGNATURE} are in {}, serial {}\n",
        RECOVER_FILE,
        asked.folder.display(),
        recovery.serial
    ))
}

fn read(asked: &Recover) -> Result<Recovery, String> {
    let because = |what: &str, error: &dyn Display| format!("{what}: {error}");
    let owner = Line::new(&asked.owner).map_err(|error| because("--owner", &error))?;
    let range = |text: &String| {
        let (net, name) =
            text.split_once('=').ok_or_else(|| format!("--range {text}: write it as CIDR=NAME"))?;
        let net = parse_range(net).map_err(|fault| format!("--range {}; {}", fault.wrong, fault.cure))?;
        let name = Line::new(name).map_err(|error| because("--range", &error))?;
        Ok::<_, String>(AdminRange { net, name, owner: owner.clone() })
    };
    let hostname = Hostname::new(&asked.hostname)
        .map_err(|fault| format!("--hostname {}; {}", fault.wrong, fault.cure))?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    Ok(Recovery {
        hostname,
        serial: asked.serial.unwrap_or(seconds),
        admin_ranges: asked.range.iter().map(range).collect::<Result<_, _>>()?,
    })
}

fn put(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    write_durably(&path, text.as_bytes(), 0o644).map_err(|error| format!("{}: {error}", path.display()))
}
