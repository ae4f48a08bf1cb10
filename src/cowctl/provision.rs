//! `cowctl provision`: the file that tells a new machine what it is, checked and written without a machine.

use std::path::PathBuf;

use cashcow::config::{Appliance, Profile};
use clap::{Args, Subcommand};
use serde_json::json;

use super::end::{CONFIG, End};
use super::{Context, Said, ask};

/// The file that tells a new machine what it is
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl provision check appliance.toml        every mistake, with its cure
  cowctl provision write /mnt                  asks, then writes appliance.toml
  cowctl provision write --hostname shop-1 --range '192.0.2.0/24=hosting desk' \\
    --shop 'Meadow & Mill' --name 'Ada Osei' --email ada@example.com \\
    --employer 'Meadow Hosting' --employed-since 2019-04-01 \\
    --screening 'criminal record certificate' --screened-on 2025-01-15 \\
    --screening-until 2030-01-14 --screening-reference 'HR 2025-17' \\
    --approved-by 'Ines Duarte' --no-officer /mnt
  the same with --officer-name and so on        asks for nothing")]
pub enum Provision {
    /// Name every mistake of a file, and end with 78 if there is one
    Check {
        /// The file
        file: PathBuf,
        /// For a development image, which takes more
        #[arg(long)]
        dev: bool,
    },
    /// Write a good file; asks for what is not given
    Write(Box<Write>),
    Recover(super::recover::Recover),
}

/// Write a good file; asks for what is not given
#[derive(Args)]
pub struct Write {
    /// The folder that it goes to: of a volume labelled COW-SETUP
    folder: PathBuf,
    /// The machine's name
    #[arg(long)]
    hostname: Option<String>,
    /// A fixed address with its prefix, such as 192.0.2.10/24; by DHCP if left out
    #[arg(long, value_name = "CIDR", requires = "gateway")]
    address: Option<String>,
    /// The way out, for a fixed address
    #[arg(long, value_name = "ADDRESS", requires = "address")]
    gateway: Option<String>,
    /// A name server, for a fixed address; repeat for each
    #[arg(long, value_name = "ADDRESS")]
    dns: Vec<String>,
    /// From where the console may be reached, and what that is called; repeat for each
    #[arg(long, value_name = "CIDR=NAME")]
    range: Vec<String>,
    /// The shop's name
    #[arg(long)]
    shop: Option<String>,
    /// Begin with demo goods and the test gateway
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    administrator: Administrator,
    #[command(flatten)]
    officer: Officer,
    /// Leave the security officer out: then nobody confirms what is proposed
    #[arg(long, conflicts_with = "officer_name")]
    no_officer: bool,
}

/// The first administrator
#[derive(Args)]
struct Administrator {
    /// The first administrator's legal name
    #[arg(long)]
    name: Option<String>,
    /// What they sign in with
    #[arg(long)]
    email: Option<String>,
    /// Who employs them
    #[arg(long)]
    employer: Option<String>,
    /// Since when: two years at least
    #[arg(long, value_name = "DATE")]
    employed_since: Option<String>,
    /// How they were screened
    #[arg(long, value_name = "METHOD")]
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
    /// Who approved
    #[arg(long, value_name = "NAME")]
    approved_by: Option<String>,
}

/// The security officer, who confirms what the administrator proposes
#[derive(Args)]
struct Officer {
    /// The security officer's legal name: the second of the two whom every
    /// grant needs
    #[arg(long, value_name = "NAME")]
    officer_name: Option<String>,
    /// What they sign in with
    #[arg(long, value_name = "EMAIL")]
    officer_email: Option<String>,
    /// Who employs them
    #[arg(long, value_name = "EMPLOYER")]
    officer_employer: Option<String>,
    /// Since when: two years at least
    #[arg(long, value_name = "DATE")]
    officer_employed_since: Option<String>,
    /// How they were screened
    #[arg(long, value_name = "METHOD")]
    officer_screening: Option<String>,
    /// When
    #[arg(long, value_name = "DATE")]
    officer_screened_on: Option<String>,
    /// Until when it counts
    #[arg(long, value_name = "DATE")]
    officer_screening_until: Option<String>,
    /// Where the file lies
    #[arg(long, value_name = "REFERENCE")]
    officer_screening_reference: Option<String>,
    /// Who approved
    #[arg(long, value_name = "NAME")]
    officer_approved_by: Option<String>,
}

/// What is given of somebody, in the order in which it is asked for.
type Given<'a> = [&'a Option<String>; 9];

impl Administrator {
    fn given(&self) -> Given<'_> {
        let Self { name, email, employer, employed_since, screening, screened_on, .. } = self;
        let Self { screening_until, screening_reference, approved_by, .. } = self;
        [
            name,
            email,
            employer,
            employed_since,
            screening,
            screened_on,
            screening_until,
            screening_reference,
            approved_by,
        ]
    }
}

impl Officer {
    fn given(&self) -> Given<'_> {
        [
            &self.officer_name,
            &self.officer_email,
            &self.officer_employer,
            &self.officer_employed_since,
            &self.officer_screening,
            &self.officer_screened_on,
            &self.officer_screening_until,
            &self.officer_screening_reference,
            &self.officer_approved_by,
        ]
    }
}

pub fn run(context: &Context, asked: &Provision) -> Said {
    match asked {
        Provision::Check { file, dev } => check(context, file, *dev),
        Provision::Write(asked) => write(context, asked),
        Provision::Recover(asked) => {
            super::recover::recover(asked).map_err(|reason| End::new(CONFIG, reason))
        }
    }
}

fn check(context: &Context, file: &std::path::Path, dev: bool) -> Said {
    if let Err(error) = std::fs::metadata(file) {
        return Err(End::unread(file, &error));
    }
    let profile = if dev { Profile::Dev } else { Profile::Release };
    match Appliance::load(file, profile) {
        Ok(_) if context.json => Ok(format!("{}\n", json!({ "good": true, "mistakes": [] }))),
        Ok(_) => Ok(format!("{} is good for a {profile} image.\n", file.display())),
        Err(mistakes) => {
            let list: Vec<_> = mistakes.0.iter().map(|mistake| {
                json!({ "line": mistake.line, "field": mistake.field, "wrong": mistake.fault.wrong, "cure": mistake.fault.cure })
            }).collect();
            let said = Some(json!({ "good": false, "mistakes": list }));
            Err(End { said, ..End::new(CONFIG, format!("{} is refused:\n{mistakes}", file.display())) })
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn given_or_asked(given: &Option<String>, question: &str) -> Result<String, End> {
    given.clone().map_or_else(|| ask::line(&format!("{question}: ")), Ok)
}

fn write(context: &Context, asked: &Write) -> Said {
    let text = compose(asked)?;
    let file = asked.folder.join("appliance.toml");
    // Checked before it is written: what is on the volume is good.
    Appliance::parse("appliance.toml", &text, Profile::Release).map_err(|mistakes| {
        End::new(CONFIG, format!("nothing was written, because a machine would refuse it:\n{mistakes}"))
    })?;
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(&file);
    let written = created.and_then(|mut file| {
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| End::unwritten(&file, &error))?;
    if context.json {
        return Ok(format!("{}\n", json!({ "file": file })));
    }
    Ok(format!(
        "{} is written and good.\nUnmount the volume, plug it in at the new machine and switch it on.\n",
        file.display()
    ))
}

fn compose(asked: &Write) -> Result<String, End> {
    let hostname = given_or_asked(&asked.hostname, "Machine's name, such as shop-1")?;
    let ranges = if asked.range.is_empty() {
        vec![ask::line("Allowed range and its name, such as 192.0.2.0/24=hosting desk: ")?]
    } else {
        asked.range.clone()
    };
    let mut listed = String::new();
    for range in &ranges {
        let (net, name) = range.split_once('=').unwrap_or((range, ""));
        listed.push_str(&format!("  {{ cidr = {}, name = {} }},\n", quoted(net.trim()), quoted(name.trim())));
    }
    let network = match (&asked.address, &asked.gateway) {
        (Some(address), Some(gateway)) => {
            let dns: Vec<_> = asked.dns.iter().map(|server| quoted(server)).collect();
            format!(
                "addresses = [{}]\ngateways = [{}]\ndns = [{}]\n",
                quoted(address),
                quoted(gateway),
                dns.join(", ")
            )
        }
        _ => "dhcp = true\n".to_owned(),
    };
    let shop = given_or_asked(&asked.shop, "Shop's name")?;
    let mut text = format!(
        "version = 1\nhostname = {}\n\n[network]\n{network}\n[access]\nadmin_ranges = [\n{listed}]\n\n\
         [shop]\nname = {}\ndemo = {}\n\n[administrator]\n{}",
        quoted(&hostname),
        quoted(&shop),
        asked.demo,
        person(asked.administrator.given(), "First administrator")?,
    );
    if !asked.no_officer {
        let officer = person(asked.officer.given(), "Security officer, who confirms")?;
        text.push_str(&format!("\n[security_officer]\n{officer}"));
    }
    Ok(text)
}

/// The lines of somebody whom the file vouches for.
fn person(given: Given<'_>, who: &str) -> Result<String, End> {
    let [name, email, employer, since, method, on, until, reference, approved] = given;
    let mut lines = String::new();
    for (field, given, question) in [
        ("name", name, format!("{who}: legal name")),
        ("email", email, "E-mail address that they sign in with".to_owned()),
        ("employer", employer, "Who employs them".to_owned()),
        ("employed_since", since, "Employed since (2019-04-01; two years at least)".to_owned()),
    ] {
        lines.push_str(&format!("{field} = {}\n", quoted(&given_or_asked(given, &question)?)));
    }
    let method = given_or_asked(method, "How they were screened")?;
    let on = given_or_asked(on, "Screened on (2025-01-15)")?;
    let until = given_or_asked(until, "The screening counts until (2030-01-14)")?;
    let reference = given_or_asked(reference, "Where the screening's file lies")?;
    let approved = given_or_asked(approved, "Who approved them")?;
    lines.push_str(&format!(
        "screening = {{ method = {}, on = {}, valid_until = {}, reference = {} }}\napproved_by = {}\n",
        quoted(&method),
        quoted(&on),
        quoted(&until),
        quoted(&reference),
        quoted(&approved)
    ));
    Ok(lines)
}
