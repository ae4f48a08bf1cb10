//! The firewall's named sets. The rules themselves are in the image (`nftables/cashcow.nft`) and never
//! change; this fills in who may reach the console and, on a dev image, which gateways the service may
//! reach. Runs as a unit of its own with CAP_NET_ADMIN and nothing else.
//!
//! Every entry is read into a number again before it becomes part of the script, so that nothing in the
//! state file can be a name to look up or a command of nft.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Exit, Failure};
use crate::config::{MOST_RANGES, Profile, parse_range};

/// Where the tool is.
pub const NFT: &str = "/usr/sbin/nft";

/// The most gateways on private addresses.
const MOST_GATEWAYS: usize = 8;
const MOST_BYTES: u64 = 64 * 1024;

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

/// The script that replaces all four sets at once; refused if anything in the state is not what it must be.
pub fn script(state: &FirewallState, profile: Profile) -> Result<String, Failure> {
    let refuse = |text: String| Failure::new(Exit::Config, format!("firewall.json: {text}"));
    if state.version != 1 {
        return Err(refuse(format!("version {} is not known", state.version)));
    }
    if state.admin.len() > MOST_RANGES || state.dev_gateways.len() > MOST_GATEWAYS {
        return Err(refuse("has too many entries".to_owned()));
    }
    if profile == Profile::Release && !state.dev_gateways.is_empty() {
        return Err(refuse("names gateways on a release image".to_owned()));
    }
    let mut sets = ["admin4", "admin6", "dev_gateway4", "dev_gateway6"].map(|name| (name, Vec::new()));
    let [admin4, admin6, gateway4, gateway6] = &mut sets;
    for text in state.admin.keys() {
        match parse_range(text).map_err(|fault| refuse(fault.wrong))? {
            net @ IpNet::V4(_) => admin4.1.push(net.to_string()),
            net @ IpNet::V6(_) => admin6.1.push(net.to_string()),
        }
    }
    for text in &state.dev_gateways {
        let gateway: SocketAddr =
            text.parse().map_err(|_| refuse(format!("{text:?} is not an address with a port")))?;
        let set = if gateway.is_ipv4() { &mut *gateway4 } else { &mut *gateway6 };
        set.1.push(format!("{} . {}", gateway.ip(), gateway.port()));
    }
    let mut script = String::new();
    for (name, _) in &sets {
        script.push_str(&format!("flush set inet cashcow {name}\n"));
    }
    for (name, elements) in sets.iter().filter(|(_, elements)| !elements.is_empty()) {
        script.push_str(&format!("add element inet cashcow {name} {{ {} }}\n", elements.join(", ")));
    }
    Ok(script)
}

/// Loads the state into the kernel in one transaction: all of it or nothing.
pub fn load_firewall(state: &Path, profile: Profile, nft: &Path) -> Result<(), Failure> {
    let script = script(&FirewallState::load(state)?, profile)?;
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

    #[test]
    fn all_sets_are_replaced_in_one_script() {
        let state = state(
            &["10.0.2.2/32", "192.0.2.0/24", "2001:db8::/64", "::ffff:198.51.100.0/120"],
            &["10.0.2.2:12111", "[2001:db8::1]:8443"],
        );
        assert_eq!(
            script(&state, Profile::Dev).unwrap(),
            "flush set inet cashcow admin4\n\
             flush set inet cashcow admin6\n\
             flush set inet cashcow dev_gateway4\n\
             flush set inet cashcow dev_gateway6\n\
             add element inet cashcow admin4 { 10.0.2.2/32, 192.0.2.0/24, 198.51.100.0/24 }\n\
             add element inet cashcow admin6 { 2001:db8::/64 }\n\
             add element inet cashcow dev_gateway4 { 10.0.2.2 . 12111 }\n\
             add element inet cashcow dev_gateway6 { 2001:db8::1 . 8443 }\n"
        );
    }

    #[test]
    fn nobody_allowed_empties_the_sets() {
        let text = script(&state(&[], &[]), Profile::Release).unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with("flush set")).count(), 4);
        assert!(!text.contains("add"));
    }

    #[test]
    fn nothing_but_numbers_reaches_the_script() {
        for bad in ["localhost", "10.0.0.0/8", "10.0.2.2/32 }; flush ruleset; #", "0.0.0.0/0", "10.0.2.2"] {
            assert_eq!(script(&state(&[bad], &[]), Profile::Dev).unwrap_err().exit, Exit::Config, "{bad}");
        }
        for bad in ["localhost:80", "10.0.2.2", "10.0.2.2:80, 10.0.2.3:80", "10.0.2.2:http"] {
            assert!(script(&state(&[], &[bad]), Profile::Dev).is_err(), "{bad}");
        }
        assert!(script(&state(&[], &["10.0.2.2:12111"]), Profile::Release).is_err());
        let unknown = r#"{"version":1,"admin":{},"dev_gateways":[],"more":1}"#;
        assert!(serde_json::from_str::<FirewallState>(unknown).is_err());
    }
}
