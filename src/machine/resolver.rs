//! Name servers that a lease named: taken from systemd-networkd's state into `resolv.conf`, since the image
//! has no resolver of its own.

use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use super::{Exit, Failure, render, write_whole};

/// Where systemd-networkd keeps what it knows (`sd_network_get_dns(3)`).
pub const NETWORKD_STATE: &str = "/run/systemd/netif/state";

/// Writes `resolv.conf` with `named`, the name servers of the provisioning file, or, if that has none, with
/// those that `state` holds now.
pub fn write_resolvers(named: &[IpAddr], state: &Path, resolv_conf: &Path) -> Result<(), Failure> {
    let mut text = String::new();
    if named.is_empty()
        && let Ok(file) = std::fs::File::open(state)
    {
        let _ = file.take(64 * 1024).read_to_string(&mut text);
    }
    let servers = if named.is_empty() { leased(&text) } else { named.to_vec() };
    write_whole(resolv_conf, render::resolvers(&servers).as_bytes(), 0o644)
        .map_err(|error| Failure::new(Exit::CannotCreate, format!("{}: {error}", resolv_conf.display())))
}

/// The addresses of the line `DNS=`; entries with a port or a server name (`1.1.1.1:853#name`) keep the
/// address alone, link-local ones their zone is lost and they are left out.
fn leased(state: &str) -> Vec<IpAddr> {
    let line = state.lines().find_map(|line| line.strip_prefix("DNS=")).unwrap_or_default();
    line.split_whitespace()
        .filter_map(|entry| entry.split(['#', '%']).next()?.parse::<IpAddr>().ok())
        .filter(|address| !address.is_unspecified() && !address.is_multicast())
        .filter(|address| !matches!(address, IpAddr::V6(six) if six.is_unicast_link_local()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lease_names_the_servers_unless_the_file_did() {
        let folder = tempfile::tempdir().unwrap();
        let (state, conf) = (folder.path().join("state"), folder.path().join("resolv.conf"));
        std::fs::write(
            &state,
            "OPER_STATE=routable\nDNS=10.0.2.3 fe80::1%2 2001:db8::53#dns.example evil;\n",
        )
        .unwrap();
        let written = |named: &[IpAddr]| {
            write_resolvers(named, &state, &conf).unwrap();
            let text = std::fs::read_to_string(&conf).unwrap();
            text.lines().filter(|line| line.starts_with("nameserver")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(written(&[]), "nameserver 10.0.2.3 nameserver 2001:db8::53");
        assert_eq!(written(&["192.0.2.53".parse().unwrap()]), "nameserver 192.0.2.53");
        std::fs::remove_file(&state).unwrap();
        assert_eq!(written(&[]), "");
    }
}
