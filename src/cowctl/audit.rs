//! `cowctl audit`: the log as a file, and whether such a file is what the machine wrote.

use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use cashcow::audit;
use clap::{Args, Subcommand};
use serde_json::json;

use super::client::Client;
use super::end::{CANNOT_CREATE, DATA, End, USAGE};
use super::table::pairs;
use super::{Context, Said};

/// The audit log: export it, and check an export without a machine
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl audit export audit.jsonl              everything, signed by the TPM
  cowctl audit export --since 2026-11-01 --lines november.jsonl
  cowctl audit verify audit.jsonl              says the first bad record
  cowctl audit verify --key 3F1C...9A audit.jsonl
                                       and that it is this machine's TPM:
                                       its key is on the console's page Audit log")]
pub enum Audit {
    /// Write the log to a file
    Export(Export),
    /// Check a file: that no record was edited, dropped, moved or added
    Verify(Verify),
}

/// Write the log to a file
#[derive(Args)]
pub struct Export {
    /// The file; it must not be there yet
    file: PathBuf,
    /// Only this day and later
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Plain lines, which the TPM does not sign as a whole: nobody can see whether the end was cut off
    #[arg(long)]
    lines: bool,
}

/// Check a file: that no record was edited, dropped, moved or added
#[derive(Args)]
pub struct Verify {
    /// The file, or - for standard input
    file: PathBuf,
    /// The fingerprint of the TPM's key, as the console shows it
    #[arg(long, value_name = "SHA256")]
    key: Option<String>,
}

pub fn run(context: &Context, asked: &Audit) -> Said {
    match asked {
        Audit::Export(asked) => export(context, asked),
        Audit::Verify(asked) => verify(context, asked),
    }
}

fn export(context: &Context, asked: &Export) -> Said {
    let client = Client::signed_in(context)?;
    let unwritten = |error: &std::io::Error| End::unwritten(&asked.file, error);
    if asked.file.exists() {
        return Err(End::new(
            CANNOT_CREATE,
            format!("{} is there already: choose another name", asked.file.display()),
        ));
    }
    let beside = asked.file.with_extension("part");
    let mut file = std::fs::File::create(&beside).map_err(|error| unwritten(&error))?;
    let mut body = json!({ "bundle": !asked.lines });
    if let Some(since) = &asked.since {
        body["since"] = json!(since);
    }
    let mut written = 0_u64;
    let taken = client.download("/audit/export", &body, |piece| {
        let before = written / 1_000_000;
        written = written.saturating_add(u64::try_from(piece.len()).unwrap_or_default());
        if !context.json && written / 1_000_000 > before {
            super::progress(&format!("{} MB", written / 1_000_000));
        }
        file.write_all(piece)
    });
    let kept = taken.and_then(|()| {
        file.sync_all()
            .and_then(|()| std::fs::rename(&beside, &asked.file))
            .map_err(|error| unwritten(&error))
    });
    if let Err(end) = kept {
        // Half a log is none.
        let _ = std::fs::remove_file(&beside);
        return Err(end);
    }
    if context.json {
        return Ok(format!("{}\n", json!({ "file": asked.file, "bytes": written })));
    }
    Ok(format!(
        "{} has {written} bytes. Check it:\n  cowctl audit verify {}\n",
        asked.file.display(),
        asked.file.display()
    ))
}

fn verify(context: &Context, asked: &Verify) -> Said {
    let key = asked.key.as_deref().map(fingerprint).transpose()?;
    let reader: Box<dyn Read> = if asked.file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(&asked.file).map_err(|error| End::unread(&asked.file, &error))?)
    };
    match audit::verify(BufReader::new(reader), key) {
        Ok(report) => Ok(good(context, &report)),
        Err(bad) => {
            let said = Some(json!({ "good": false, "line": bad.line, "why": bad.to_string() }));
            Err(End { said, ..End::new(DATA, format!("{}: {bad}", asked.file.display())) })
        }
    }
}

fn fingerprint(text: &str) -> Result<audit::Hash, End> {
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != ':').collect();
    let wrong = || End::new(USAGE, "--key takes the 64 hexadecimal digits that the console shows");
    serde_json::from_value(json!(digits.to_lowercase())).map_err(|_| wrong())
}

fn good(context: &Context, report: &audit::Report) -> String {
    let keys: Vec<_> = report.keys.iter().map(ToString::to_string).collect();
    let signed = report.signed.map(|at| at.to_string());
    let latest = report.latest_head.as_ref().map(|head| head.last);
    if context.json {
        let whole = json!({
            "good": true, "first": report.first, "last": report.last, "last_at": report.last_at,
            "heads": report.heads, "signed_up_to": latest, "unsealed": report.unsealed, "bundle_signed": signed,
            "keys": keys, "key_trusted": report.trusted, "gaps": report.gaps, "chain": report.chain.to_string(),
        });
        return format!("{whole:#}\n");
    }
    let trust = match report.trusted {
        true => "is the one that you gave",
        false => "comes from the file itself: compare it with the console's page, or give --key",
    };
    let bundle = match &signed {
        Some(at) => format!("signed as a whole at {at}"),
        None => format!(
            "plain lines: {} records after the last head are not signed, and a cut end would not show",
            report.unsealed
        ),
    };
    let mut said = "Good: no record was edited, dropped, moved or added.\n".to_owned();
    said.push_str(&pairs(&[
        ("Records", format!("{} to {}", report.first, report.last)),
        ("Last one at", report.last_at.clone().unwrap_or_default()),
        ("Heads", report.heads.to_string()),
        ("File", bundle),
        ("TPM's key", keys.join(" ")),
        ("", format!("The key {trust}.")),
        ("Gaps", if report.gaps > 0 { report.gaps.to_string() } else { String::new() }),
    ]));
    said
}
