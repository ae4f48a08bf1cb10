//! What the provisioning file means to the parts of the system: pure texts, one function each.

use std::fmt::Write;
use std::net::IpAddr;

use super::firewall::FirewallState;
use crate::config::{Addressing, Appliance, Dev, Mac, Network};

const MADE: &str = "# Made by cashcowd from the provisioning file at every start.\n";

/// The `.network` file of systemd-networkd. `first` is the first wired card, for fixed addresses that name
/// none; under DHCP every wired card may ask.
pub(super) fn networkd(network: &Network, first: Option<Mac>) -> String {
    let card = match network.addressing {
        Addressing::Dhcp => network.interface,
        Addressing::Static { .. } => network.interface.or(first),
    };
    let mut text = format!("{MADE}[Match]\n");
    match card {
        Some(mac) => line(&mut text, "MACAddress", mac),
        None => {
            line(&mut text, "Type", "ether");
            line(&mut text, "Kind", "!*");
        }
    }
    text.push_str("\n[Network]\nLinkLocalAddressing=ipv6\n");
    match &network.addressing {
        Addressing::Dhcp => {
            let dns = if network.dns.is_empty() { "yes" } else { "no" };
            let ntp = if network.ntp.is_empty() { "yes" } else { "no" };
            text.push_str("DHCP=yes\nIPv6AcceptRA=yes\n");
            for (section, has_ntp) in [("DHCPv4", true), ("DHCPv6", true), ("IPv6AcceptRA", false)] {
                let _ = write!(text, "\n[{section}]\nUseDNS={dns}\nUseDomains=no\n");
                if has_ntp {
                    let _ = write!(text, "UseNTP={ntp}\nUseHostname=no\n");
                }
            }
        }
        Addressing::Static { addresses, gateways } => {
            text.push_str("DHCP=no\nIPv6AcceptRA=no\n");
            addresses.iter().for_each(|address| line(&mut text, "Address", address));
            gateways.iter().for_each(|gateway| line(&mut text, "Gateway", gateway));
        }
    }
    text
}

fn line(text: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{key}={value}");
}

/// `resolv.conf` with these name servers.
pub(super) fn resolvers(servers: &[IpAddr]) -> String {
    let mut text = format!("{MADE}options timeout:2 attempts:2\n");
    for server in servers.iter().take(3) {
        let _ = writeln!(text, "nameserver {server}");
    }
    text
}

/// The drop-in of systemd-timesyncd; `None` when the file names no time servers.
pub(super) fn timesyncd(network: &Network) -> Option<String> {
    let servers: Vec<_> = network.ntp.iter().map(|server| server.as_str()).collect();
    (!servers.is_empty()).then(|| format!("{MADE}[Time]\nNTP={}\n", servers.join(" ")))
}

/// What `cashcowd firewall` loads.
pub(super) fn firewall(appliance: &Appliance) -> FirewallState {
    let endpoints = appliance.dev.iter().flat_map(Dev::endpoints);
    FirewallState {
        version: 1,
        admin: appliance
            .admin_ranges
            .iter()
            .map(|range| (range.net.to_string(), range.name.to_string()))
            .collect(),
        dev_gateways: endpoints.map(|endpoint| endpoint.0.to_string()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Profile, ServerName};

    fn network(addressing: Addressing) -> Network {
        Network { interface: None, addressing, dns: Vec::new(), ntp: Vec::new() }
    }

    #[test]
    fn under_dhcp_every_wired_card_asks_and_the_lease_names_the_servers() {
        assert_eq!(
            networkd(&network(Addressing::Dhcp), None),
            "# Made by cashcowd from the provisioning file at every start.\n\
             [Match]\nType=ether\nKind=!*\n\n\
             [Network]\nLinkLocalAddressing=ipv6\nDHCP=yes\nIPv6AcceptRA=yes\n\n\
             [DHCPv4]\nUseDNS=yes\nUseDomains=no\nUseNTP=yes\nUseHostname=no\n\n\
             [DHCPv6]\nUseDNS=yes\nUseDomains=no\nUseNTP=yes\nUseHostname=no\n\n\
             [IPv6AcceptRA]\nUseDNS=yes\nUseDomains=no\n"
        );
    }

    #[test]
    fn fixed_addresses_go_to_one_card_and_nothing_from_the_network_is_believed() {
        let addressing = Addressing::Static {
            addresses: vec!["192.0.2.10/24".parse().unwrap(), "2001:db8::10/64".parse().unwrap()],
            gateways: vec!["192.0.2.1".parse().unwrap(), "fe80::1".parse().unwrap()],
        };
        assert_eq!(
            networkd(&network(addressing), Mac::new("52:54:00:12:34:56").ok()),
            "# Made by cashcowd from the provisioning file at every start.\n\
             [Match]\nMACAddress=52:54:00:12:34:56\n\n\
             [Network]\nLinkLocalAddressing=ipv6\nDHCP=no\nIPv6AcceptRA=no\n\
             Address=192.0.2.10/24\nAddress=2001:db8::10/64\nGateway=192.0.2.1\nGateway=fe80::1\n"
        );
    }

    #[test]
    fn the_firewall_lets_a_development_machine_out_to_each_gateways_stand_in() {
        let plain = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/appliance.toml"));
        let gateways = r#"[dev]
stripe_endpoint = "https://10.0.2.2:12111"
authorize_net_endpoint = "https://10.0.2.2:12112"
adyen_endpoint = "https://[2001:db8::1]:12113"
"#;
        let text = format!("{plain}{gateways}");
        let state = firewall(&Appliance::parse("a.toml", &text, Profile::Dev).unwrap());
        assert_eq!(state.dev_gateways, ["10.0.2.2:12111", "10.0.2.2:12112", "[2001:db8::1]:12113"]);
        let state = firewall(&Appliance::parse("a.toml", plain, Profile::Dev).unwrap());
        assert!(state.dev_gateways.is_empty());
    }

    #[test]
    fn named_servers_are_used_instead_of_those_of_the_lease() {
        let mut network = network(Addressing::Dhcp);
        network.dns = vec!["192.0.2.53".parse().unwrap()];
        network.ntp = vec![ServerName::new("pool.ntp.org").unwrap(), ServerName::new("192.0.2.1").unwrap()];
        let text = networkd(&network, None);
        assert!(text.contains("UseDNS=no") && !text.contains("UseDNS=yes") && !text.contains("UseNTP=yes"));
        assert_eq!(
            timesyncd(&network).unwrap(),
            "# Made by cashcowd from the provisioning file at every start.\n[Time]\nNTP=pool.ntp.org 192.0.2.1\n"
        );
        assert_eq!(
            resolvers(&network.dns),
            "# Made by cashcowd from the provisioning file at every start.\n\
             options timeout:2 attempts:2\nnameserver 192.0.2.53\n"
        );
    }
}
