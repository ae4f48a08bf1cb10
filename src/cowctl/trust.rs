//! `cowctl trust`: the fingerprint that a machine shows, compared with its screen by a person, once.

use clap::Args;
use serde_json::json;

use super::client::{changed, halves, look};
use super::end::{End, NOT_PERMITTED};
use super::home::{Address, Machines};
use super::{Context, Said, ask};

/// Trust a machine: compare its certificate's fingerprint with its screen, once
#[derive(Args)]
#[command(before_help = "\
Examples:
  cowctl trust shop.example.net                 shows the fingerprint and asks
  cowctl trust 192.0.2.10:9443 --fingerprint '1A2B 3C4D ...'
                                       as read from the screen: asks nothing")]
pub struct Trust {
    /// HOST or HOST:PORT of the console (port 9443 if left out)
    host: String,
    /// The fingerprint that the machine's screen shows; spaces and case do not matter
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
    /// Trust another certificate than before
    #[arg(long)]
    replace: bool,
}

pub fn trust(context: &Context, asked: &Trust) -> Said {
    let address = Address::parse(&asked.host)?;
    let mut machines = Machines::load()?;
    let seen = look(&address)?;
    let name = address.to_string();
    if let Some(before) = machines.trusted.get(&name).filter(|before| **before != seen && !asked.replace) {
        return Err(changed(&address, before, &seen));
    }
    let known = machines.trusted.get(&name) == Some(&seen);
    match &asked.fingerprint {
        Some(typed) if digits(typed) == digits(&seen) => {}
        Some(_) => {
            let text = format!(
                "{address} shows another fingerprint than the one that you gave. Nothing is trusted.\nshown:   {}\nRead the machine's screen again. If it shows what you gave, somebody stands between you and the machine",
                halves(&seen)
            );
            return Err(End::new(NOT_PERMITTED, text));
        }
        None if known => {}
        None => confirm(&address, &seen)?,
    }
    machines.trusted.insert(name.clone(), seen.clone());
    machines.latest = Some(name.clone());
    machines.save()?;
    if context.json {
        return Ok(format!("{}\n", json!({ "machine": name, "fingerprint": seen })));
    }
    Ok(format!("{name} is trusted. Next: cowctl login\n"))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}

fn confirm(address: &Address, seen: &str) -> Result<(), End> {
    let question = format!(
        "{address} shows this certificate (SHA-256):\n\n         {}\n\nCompare every group with the machine's screen. Are they the same? Type yes or no: ",
        halves(seen)
    );
    if ask::line(&question)?.eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(End::new(NOT_PERMITTED, "nothing is trusted, and nothing was sent to the machine"))
    }
}
