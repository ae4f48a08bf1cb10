//! The `[network]` section: how the machine gets its addresses.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Fault;
use super::document::{Field, Section};
use super::names::{Mac, ServerName};
use super::report::quote;

/// The most addresses, name servers and time servers that are taken.
const MOST_ADDRESSES: usize = 8;
/// Two gateways: one for each family.
const MOST_GATEWAYS: usize = 2;
/// The C library asks three name servers at most (resolv.conf(5)).
const MOST_DNS: usize = 3;
const MOST_NTP: usize = 4;

/// How the machine is attached to its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The card; `None` for every wired one under DHCP, and for the first wired one otherwise.
    pub interface: Option<Mac>,
    /// Where the addresses come from.
    pub addressing: Addressing,
    /// Name servers; empty under DHCP for those that the lease names.
    pub dns: Vec<IpAddr>,
    /// Time servers; empty for those that the lease names, else the image's own.
    pub ntp: Vec<ServerName>,
}

/// Where the machine's addresses come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressing {
    /// DHCP and router advertisements.
    Dhcp,
    /// The provisioning file.
    Static {
        /// Addresses with their prefix lengths; at least one.
        addresses: Vec<IpNet>,
        /// At most one for each family.
        gateways: Vec<IpAddr>,
    },
}

pub(super) fn read(section: &Section<'_>) -> Option<Network> {
    let interface = section.field("interface", "\"52:54:00:12:34:56\"").map(|field| field.parsed(Mac::new));
    let dhcp = section.field("dhcp", "true").map(|field| field.flag());
    let addresses = section
        .field("addresses", "[\"192.0.2.10/24\"]")
        .map(|field| (field.parsed_items(MOST_ADDRESSES, address), field));
    let gateways = section
        .field("gateways", "[\"192.0.2.1\"]")
        .map(|field| (field.parsed_items(MOST_GATEWAYS, host), field));
    let dns = section.field("dns", "[\"192.0.2.53\"]").map(|field| field.parsed_items(MOST_DNS, host));
    let ntp =
        section.field("ntp", "[\"pool.ntp.org\"]").map(|field| field.parsed_items(MOST_NTP, ServerName::new));
    section.close();

    let addressing = match (dhcp, addresses) {
        (None | Some(Some(false)), None) => {
            let cure = "write dhcp = true, or addresses = [\"192.0.2.10/24\"] with gateways and dns";
            section.refuse(Fault::new("gives the machine no address", cure));
            None
        }
        (Some(Some(true)), addresses) => {
            let addresses = addresses.iter().map(|(_, field)| field);
            for field in addresses.chain(gateways.iter().map(|(_, field)| field)) {
                field.refuse(Fault::new("stands beside dhcp = true", "keep one of the two"));
            }
            Some(Addressing::Dhcp)
        }
        (Some(None), None) => None,
        (_, Some((addresses, field))) => fixed(section, addresses, &field, gateways, dns.is_some()),
    };
    Some(Network {
        interface: interface.map_or(Some(None), |read| read.map(Some))?,
        addressing: addressing?,
        dns: dns.unwrap_or(Some(Vec::new()))?,
        ntp: ntp.unwrap_or(Some(Vec::new()))?,
    })
}

/// Addresses that the file itself names.
fn fixed(
    section: &Section<'_>,
    addresses: Option<Vec<IpNet>>,
    field: &Field<'_>,
    gateways: Option<(Option<Vec<IpAddr>>, Field<'_>)>,
    has_dns: bool,
) -> Option<Addressing> {
    if !has_dns {
        section.missing("dns", "[\"192.0.2.53\"], the name servers of your network");
    }
    let addresses = addresses?;
    if addresses.is_empty() {
        field.refuse(Fault::new("is empty", "write at least one, such as [\"192.0.2.10/24\"]"));
    }
    let Some((gateways, field)) = gateways else {
        return Some(Addressing::Static { addresses, gateways: Vec::new() });
    };
    let gateways = gateways?;
    for gateway in &gateways {
        let link_local = matches!(gateway, IpAddr::V6(six) if six.is_unicast_link_local());
        if !link_local && !addresses.iter().any(|net| net.contains(gateway) && net.addr() != *gateway) {
            let wrong = format!("{} is in no network of network.addresses", quote(&gateway.to_string()));
            field.refuse(Fault::new(wrong, "write the router's address, or correct the prefix length"));
        }
    }
    if let [one, two] = gateways.as_slice()
        && one.is_ipv4() == two.is_ipv4()
    {
        field.refuse(Fault::new("names two gateways of one family", "keep one for IPv4 and one for IPv6"));
    }
    Some(Addressing::Static { addresses, gateways })
}

/// An address with its prefix length, as a machine can carry it.
fn address(text: &str) -> Result<IpNet, Fault> {
    let refuse = |wrong: &str, cure: String| Fault::new(format!("{} {wrong}", quote(text)), cure);
    if let Ok(bare) = text.parse::<IpAddr>() {
        let length = if bare.is_ipv4() { 24 } else { 64 };
        return Err(refuse("has no prefix length", format!("write it too, such as {bare}/{length}")));
    }
    let net: IpNet = text.parse().map_err(|_| {
        refuse("is not an address with a prefix length", "write one such as 192.0.2.10/24".to_owned())
    })?;
    host(&net.addr().to_string())?;
    let four = net.addr().is_ipv4() && net.prefix_len() < 31;
    if four && (net.addr() == net.network() || net.addr() == net.broadcast()) {
        return Err(refuse(
            "is the network itself, not an address in it",
            format!("write the machine's own address in {}", net.trunc()),
        ));
    }
    Ok(net)
}

/// An address that one host can have.
fn host(text: &str) -> Result<IpAddr, Fault> {
    let address = text.parse::<IpAddr>().map(|address| address.to_canonical());
    let good = |address: &IpAddr| {
        let broadcast = matches!(address, IpAddr::V4(four) if four.is_broadcast());
        !(address.is_unspecified() || address.is_multicast() || broadcast)
    };
    address.ok().filter(good).ok_or_else(|| {
        Fault::new(format!("{} is not an address", quote(text)), "write one such as 192.0.2.53")
    })
}
