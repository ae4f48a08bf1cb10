//! The machine's own addresses, as others reach it.

use std::net::{IpAddr, Ipv6Addr, UdpSocket};

use crate::config::{Addressing, Network};

/// Addresses that nobody has (RFC 5737, RFC 3849): the way to them is the way out.
const OUTSIDE: [(&str, &str); 2] = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];

/// The addresses that the machine would use to reach the outside, IPv4 first, then those that its
/// provisioning file fixes. Asks the kernel's routes; sends nothing and needs no privilege. May be empty
/// while a lease is awaited.
pub fn own_addresses(network: Option<&Network>) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = OUTSIDE.iter().filter_map(|(from, to)| routed(from, to)).collect();
    if let Some(Network { addressing: Addressing::Static { addresses: fixed, .. }, .. }) = network {
        let missing: Vec<_> =
            fixed.iter().map(|net| net.addr()).filter(|own| !addresses.contains(own)).collect();
        addresses.extend(missing);
    }
    addresses
}

fn routed(from: &str, to: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect(to).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified() && !own.is_loopback() && own != IpAddr::V6(Ipv6Addr::LOCALHOST)).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_addresses_are_named_once_even_without_a_route() {
        let network = Network {
            interface: None,
            addressing: Addressing::Static {
                addresses: vec!["198.51.100.7/24".parse().unwrap()],
                gateways: Vec::new(),
            },
            dns: Vec::new(),
            ntp: Vec::new(),
        };
        let own: IpAddr = "198.51.100.7".parse().unwrap();
        assert_eq!(own_addresses(Some(&network)).iter().filter(|address| **address == own).count(), 1);
    }
}
