//! The firewall's named sets. The rules themselves are in the image (`nftables/cashcow.nft`) and never
//! change; this fills in who may reach the console, where the service may ship audit events to and, on a dev
//! image, which gateways it may reach. Runs in units of their own with CAP_NET_ADMIN and nothing else.
//!
//! Every entry is read into a number again before it becomes part of a script, so that nothing in a file can
//! be a name to look up or a command of nft.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::{Exit, Failure};
use crate::base::Line;
use crate::config::{AdminRange, MOST_RANGES, Profile, check_ranges, parse_range};

/// Where the tool is.
pub const NFT: &str = "/usr/sbin/nft";

/// The console's port, which stands beside each range: see `nftables/cashcow.nft`.
const CONSOLE: u16 = 9443;
/// The most gateways on private addresses.
const MOST_GATEWAYS: usize = 8;
const MOST_BYTES: u64 = 64 * 1024;
/// Whose the ranges of the provisioning file are, as long as nobody says more.
const PROVISIONED: &str = "the provisioning file";

/// `/run/cashcow/firewall.json`: written by `cashcowd setup`, read by `cashcowd firewall` and the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirewallState {
    /// The form of this file: 1.
    pub version: u32,
    /// Allowed ranges and whose they are.
    pub admin: BTreeMap<String, String>,
    /// Addresses and ports of gateways; only on a dev image.
    pub dev_gateways: Vec<String>,
}

impl FirewallState {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let refuse = |exit, error: &dyn std::fmt::Display| {
            Failure::new(exit, format!("{} cannot be read: {error}; start the machine again", path.display()))
        };
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
            .map_err(|error| refuse(Exit::NoInput, &error))?;
        serde_json::from_slice(&bytes).map_err(|error| refuse(Exit::Config, &error))
    }
}

impl FirewallState {
    /// The ranges and the gateways, every one of them read into a number again.
    pub fn check(&self, profile: Profile) -> Result<(Vec<AdminRange>, Vec<SocketAddr>), Failure> {
        let refuse = |text: String| Failure::new(Exit::Config, format!("firewall.json: {text}"));
        if self.version != 1 {
            return Err(refuse(format!("version {} is not known", self.version)));
        }
        if self.admin.len() > MOST_RANGES || self.dev_gateways.len() > MOST_GATEWAYS {
            return Err(refuse("has too many entries".to_owned()));
        }
        if profile == Profile::Release && !self.dev_gateways.is_empty() {
            return Err(refuse("names gateways on a release image".to_owned()));
        }
        let range = |(text, name): (&String, &String)| {
            let net = parse_range(text).map_err(|fault| refuse(fault.wrong))?;
            let line = |_| refuse(format!("the name of {net} is no name"));
            let (name, owner) = (Line::new(name).map_err(line)?, Line::new(PROVISIONED).map_err(line)?);
            Ok(AdminRange { net, name, owner })
        };
        let ranges = self.admin.iter().map(range).collect::<Result<Vec<_>, _>>()?;
        if !ranges.is_empty() {
            check_ranges(&ranges).map_err(|fault| refuse(fault.wrong))?;
        }
        let gateway = |text: &String| {
            text.parse().map_err(|_| refuse(format!("{text:?} is not an address with a port")))
        };
        Ok((ranges, self.dev_gateways.iter().map(gateway).collect::<Result<_, _>>()?))
    }
}

/// What the sets hold, by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sets([(&'static str, Vec<String>); 6]);

impl Sets {
    /// The elements of all sets: numbers only.
    pub(super) fn new(ranges: &[AdminRange], gateways: &[SocketAddr], collector: &[SocketAddr]) -> Self {
        let nets = |four: bool| {
            let net = |range: &AdminRange| {
                (range.net.addr().is_ipv4() == four).then(|| format!("{} . {CONSOLE}", range.net))
            };
            ranges.iter().filter_map(net).collect()
        };
        let at = |all: &[SocketAddr], four: bool| {
            let element =
                |at: &SocketAddr| (at.is_ipv4() == four).then(|| format!("{} . {}", at.ip(), at.port()));
            all.iter().filter_map(element).collect()
        };
        Self([
            ("admin4", nets(true)),
            ("admin6", nets(false)),
            ("dev_gateway4", at(gateways, true)),
            ("dev_gateway6", at(gateways, false)),
            ("collector4", at(collector, true)),
            ("collector6", at(collector, false)),
        ])
    }

    /// The script that replaces all of them at once.
    pub(super) fn replace(&self) -> String {
        let flush = self.0.iter().map(|(name, _)| format!("flush set inet cashcow {name}\n"));
        let add = self.0.iter().filter_map(|(name, elements)| line("add", name, elements.iter()));
        flush.chain(add).collect()
    }

    /// The script that makes these of `before` at once. What stays is not touched, so that no packet of a
    /// source that stays is ever looked up in a set that is being changed.
    pub(super) fn change(&self, before: &Self) -> String {
        let pairs = || self.0.iter().zip(&before.0);
        let gone = pairs().filter_map(|((name, now), (_, then))| {
            line("delete", name, then.iter().filter(|element| !now.contains(element)))
        });
        let new = pairs().filter_map(|((name, now), (_, then))| {
            line("add", name, now.iter().filter(|element| !then.contains(element)))
        });
        gone.chain(new).collect()
    }
}

fn line<'a>(verb: &str, set: &str, elements: impl Iterator<Item = &'a String>) -> Option<String> {
    let elements: Vec<_> = elements.map(String::as_str).collect();
    let list = elements.join(", ");
    (!elements.is_empty()).then(|| format!("{verb} element inet cashcow {set} {{ {list} }}\n"))
}

/// Hands a script to the tool: the kernel takes all of it or nothing.
pub(super) fn run_nft(nft: &Path, script: &str) -> Result<(), Failure> {
    let refuse = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::System, format!("{} failed: {error}", nft.display()))
    };
    let mut child = Command::new(nft)
        .args(["-f", "-"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| refuse(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A tool that ends early says why on its standard error, which is read below.
        let _ = stdin.write_all(script.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| refuse(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(refuse(&super::problems::one_line(said.lines().next().unwrap_or("it said nothing"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(admin: &[&str], gateways: &[&str]) -> FirewallState {
        let admin = admin.iter().map(|range| ((*range).to_owned(), "desk".to_owned())).collect();
        FirewallState { version: 1, admin, dev_gateways: gateways.iter().map(ToString::to_string).collect() }
    }

    fn sets(admin: &[&str], gateways: &[&str], collector: &[&str]) -> Sets {
        let (ranges, gateways) = state(admin, gateways).check(Profile::Dev).unwrap();
        let collector: Vec<_> = collector.iter().map(|at| at.parse().unwrap()).collect();
        Sets::new(&ranges, &gateways, &collector)
    }

    #[test]
    fn all_sets_are_replaced_in_one_script() {
        let sets = sets(
            &["10.0.2.2/32", "192.0.2.0/24", "2001:db8::/64", "::ffff:198.51.100.0/120"],
            &["10.0.2.2:12111", "[2001:db8::1]:8443"],
            &["192.0.2.9:6514", "[2001:db8::9]:6514"],
        );
        assert_eq!(
            sets.replace(),
            "flush set inet cashcow admin4\n\
             flush set inet cashcow admin6\n\
             flush set inet cashcow dev_gateway4\n\
             flush set inet cashcow dev_gateway6\n\
             flush set inet cashcow collector4\n\
             flush set inet cashcow collector6\n\
             add element inet cashcow admin4 { 10.0.2.2/32 . 9443, 192.0.2.0/24 . 9443, 198.51.100.0/24 . 9443 }\n\
             add element inet cashcow admin6 { 2001:db8::/64 . 9443 }\n\
             add element inet cashcow dev_gateway4 { 10.0.2.2 . 12111 }\n\
             add element inet cashcow dev_gateway6 { 2001:db8::1 . 8443 }\n\
             add element inet cashcow collector4 { 192.0.2.9 . 6514 }\n\
             add element inet cashcow collector6 { 2001:db8::9 . 6514 }\n"
        );
    }

    #[test]
    fn a_change_leaves_alone_what_stays() {
        let before = sets(&["10.0.2.2/32", "192.0.2.0/24", "2001:db8::/64"], &["10.0.2.2:12111"], &[]);
        let after =
            sets(&["10.0.2.2/32", "192.0.2.0/25", "2001:db8::/64"], &["10.0.2.2:12111"], &["192.0.2.9:514"]);
        assert_eq!(
            after.change(&before),
            "delete element inet cashcow admin4 { 192.0.2.0/24 . 9443 }\n\
             add element inet cashcow admin4 { 192.0.2.0/25 . 9443 }\n\
             add element inet cashcow collector4 { 192.0.2.9 . 514 }\n"
        );
        assert_eq!(after.change(&after), "");
    }

    #[test]
    fn nobody_allowed_empties_the_sets() {
        let text = sets(&[], &[], &[]).replace();
        assert_eq!(text.lines().filter(|line| line.starts_with("flush set")).count(), 6);
        assert!(!text.contains("add"));
    }

    #[test]
    fn nothing_but_numbers_reaches_the_script() {
        for bad in ["localhost", "10.0.0.0/8", "10.0.2.2/32 }; flush ruleset; #", "0.0.0.0/0", "10.0.2.2"] {
            assert_eq!(state(&[bad], &[]).check(Profile::Dev).unwrap_err().exit, Exit::Config, "{bad}");
        }
        for bad in ["localhost:80", "10.0.2.2", "10.0.2.2:80, 10.0.2.3:80", "10.0.2.2:http"] {
            assert!(state(&[], &[bad]).check(Profile::Dev).is_err(), "{bad}");
        }
        assert!(state(&[], &["10.0.2.2:12111"]).check(Profile::Release).is_err());
        let unknown = r#"{"version":1,"admin":{},"dev_gateways":[],"more":1}"#;
        assert!(serde_json::from_str::<FirewallState>(unknown).is_err());
    }
}
