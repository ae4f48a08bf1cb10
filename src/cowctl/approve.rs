//! `cowctl approve`: which images may open the service's secrets.

use std::path::PathBuf;

use cashcow::tpm::Authority;
use cashcow::tpm::approval::pcr_value;
use clap::Args;

use super::Said;
use super::end::{CONFIG, End};

/// Approve an image: sign which images may open the service's secrets
#[derive(Args)]
#[command(before_help = "\
Examples:
  # sign for the phase in which the service runs,
  # and put it into the image's .pcrsig section
  cowctl approve --svn 3 --key pcr-private.pem \\
    --pcr11 enter-initrd:leave-initrd:sysinit:ready=1f0c...9a > approval.json
  jq --slurpfile a approval.json '.cashcow = $a[0]' pcrsig.json > merged.json
  # the values of PCR 11: systemd-measure calculate, or ukify --measure")]
pub struct Approve {
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

/// The JSON object that belongs under `"cashcow"` in the image's signature file.
pub fn approve(asked: &Approve) -> Said {
    let phases: Vec<_> = asked.pcr11.iter().map(|(phase, value)| (phase.as_str(), *value)).collect();
    let approval =
        Authority::from_pem(&asked.key).and_then(|authority| authority.approve(asked.svn, &phases));
    let approval = approval.map_err(|error| End::new(CONFIG, error))?;
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
