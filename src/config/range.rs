//! Ranges of addresses from which the console may be reached.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use super::Fault;
use super::report::quote;
use crate::base::Line;

/// The most ranges that a machine keeps.
pub const MOST_RANGES: usize = 64;

/// The widest IPv4 range: 65,536 addresses.
const WIDEST_V4: u8 = 16;
/// The widest IPv6 range: one site (RFC 6177).
const WIDEST_V6: u8 = 48;

/// A range from which the console may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminRange {
    /// The addresses; canonical, never IPv4-mapped.
    pub net: IpNet,
    /// What the range is called.
    pub name: Line<60>,
    /// Who answers for it.
    pub owner: Line<100>,
}

/// Whether one of the ranges holds the address; an IPv4-mapped one counts as what it means.
pub fn within(ranges: &[AdminRange], address: IpAddr) -> bool {
    let address = address.to_canonical();
    ranges.iter().any(|range| range.net.contains(&address))
}

/// Judges a whole list as it came from elsewhere: 1 to [`MOST_RANGES`], each what [`parse_range`] takes and
/// written as it writes it, none overlapping another.
pub fn check_ranges(ranges: &[AdminRange]) -> Result<(), Fault> {
    if ranges.is_empty() {
        return Err(Fault::new("lets nobody reach the console", "write at least one range"));
    }
    if ranges.len() > MOST_RANGES {
        return Err(Fault::new(format!("has more than {MOST_RANGES} ranges"), "write fewer"));
    }
    let mut nets = Vec::new();
    for range in ranges {
        let text = range.net.to_string();
        if parse_range(&text)? != range.net {
            return Err(Fault::new(format!("{} is not written plainly", quote(&text)), "write it as IPv4"));
        }
        if let Some(earlier) = overlap(&nets, &range.net).and_then(|place| ranges.get(place)) {
            let wrong = format!("{} overlaps {}", quote(&text), earlier.net);
            return Err(Fault::new(wrong, "keep one of the two"));
        }
        nets.push(Some(range.net));
    }
    Ok(())
}

/// Reads a range: canonical CIDR, at most as wide as /16 or /48, of addresses that a person can have.
/// An IPv4-mapped IPv6 range becomes the IPv4 range that it means.
pub fn parse_range(text: &str) -> Result<IpNet, Fault> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        let whole = IpNet::from(address);
        return Err(Fault::new(format!("{} has no prefix length", quote(text)), format!("write {whole}")));
    }
    let malformed =
        || Fault::new(format!("{} is not a range", quote(text)), "write one such as 192.0.2.0/24");
    let net = canonical(text.parse().map_err(|_| malformed())?);
    let widest = if net.addr().is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
    if net.prefix_len() < widest {
        let narrower = match net {
            IpNet::V4(_) => "10.1.0.0/16",
            IpNet::V6(_) => "2001:db8:1::/48",
        };
        return Err(Fault::new(
            format!("{} is wider than /{widest}", quote(text)),
            format!("write the ranges that your staff really use, such as {narrower}"),
        ));
    }
    if net.addr() != net.network() {
        let (range, host) = (net.trunc(), IpNet::from(net.addr()));
        let wrong = format!("{} has address bits behind its prefix", quote(text));
        return Err(Fault::new(wrong, format!("write {range} for the range or {host} for the one address")));
    }
    if net.addr().is_multicast() || net.addr().is_unspecified() {
        return Err(Fault::new(format!("{} is nobody's address", quote(text)), "write your staff's range"));
    }
    Ok(net)
}

/// The range with an IPv4-mapped one (`::ffff:192.0.2.0/120`) written as what it means.
pub fn canonical(net: IpNet) -> IpNet {
    if let IpNet::V6(six) = net
        && let Some(prefix) = six.prefix_len().checked_sub(96)
        && let Some(four) = six.addr().to_ipv4_mapped()
        && let Ok(four) = Ipv4Net::new(four, prefix)
    {
        return IpNet::V4(four);
    }
    net
}

/// The place of an earlier range that shares addresses with `net`.
pub(super) fn overlap(earlier: &[Option<IpNet>], net: &IpNet) -> Option<usize> {
    let shares = |other: &IpNet| other.contains(net) || net.contains(other);
    earlier.iter().position(|other| other.as_ref().is_some_and(shares))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match parse_range(text) {
            Ok(net) => net.to_string(),
            Err(fault) => format!("{}; {}", fault.wrong, fault.cure),
        }
    }

    #[test]
    fn a_range_is_canonical_and_narrow_or_its_cure_is_named() {
        for (text, answer) in [
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("2001:db8::/48", "2001:db8::/48"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            (
                "::ffff:10.0.0.0/104",
                r#""::ffff:10.0.0.0/104" is wider than /16; write the ranges that your staff really use, such as 10.1.0.0/16"#,
            ),
            (
                "10.0.0.0/8",
                r#""10.0.0.0/8" is wider than /16; write the ranges that your staff really use, such as 10.1.0.0/16"#,
            ),
            (
                "::/0",
                r#""::/0" is wider than /48; write the ranges that your staff really use, such as 2001:db8:1::/48"#,
            ),
            ("10.0.2.2", r#""10.0.2.2" has no prefix length; write 10.0.2.2/32"#),
            (
                "10.0.2.5/24",
                r#""10.0.2.5/24" has address bits behind its prefix; write 10.0.2.0/24 for the range or 10.0.2.5/32 for the one address"#,
            ),
            ("224.0.0.0/24", r#""224.0.0.0/24" is nobody's address; write your staff's range"#),
            ("desk.example.com", r#""desk.example.com" is not a range; write one such as 192.0.2.0/24"#),
            ("10.0.0.0/33", r#""10.0.0.0/33" is not a range; write one such as 192.0.2.0/24"#),
        ] {
            assert_eq!(said(text), answer);
        }
    }

    #[test]
    fn a_list_is_good_as_a_whole_or_not_at_all() {
        let list = |nets: &[&str]| -> Vec<AdminRange> {
            let range = |net: &&str| AdminRange {
                net: net.parse().unwrap(),
                name: Line::new("desk").unwrap(),
                owner: Line::new("Ada Osei").unwrap(),
            };
            nets.iter().map(range).collect()
        };
        let said = |nets: &[&str]| check_ranges(&list(nets)).map_err(|fault| fault.wrong);
        assert_eq!(said(&["10.0.0.0/25", "10.0.0.128/25", "2001:db8::/64"]), Ok(()));
        for (nets, wrong) in [
            (&[][..], "lets nobody reach the console"),
            (&["10.0.0.0/24", "10.0.0.7/32"], "\"10.0.0.7/32\" overlaps 10.0.0.0/24"),
            (&["10.0.0.7/32", "10.0.0.0/24"], "\"10.0.0.0/24\" overlaps 10.0.0.7/32"),
            (&["::ffff:10.0.0.0/120"], "\"::ffff:10.0.0.0/120\" is not written plainly"),
            (&["0.0.0.0/0"], "\"0.0.0.0/0\" is wider than /16"),
        ] {
            assert_eq!(said(nets), Err(wrong.to_owned()), "{nets:?}");
        }
        let many: Vec<_> = (0..65).map(|n| format!("10.0.{n}.0/24")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(said(&many), Err("has more than 64 ranges".to_owned()));
        assert!(within(&list(&["10.0.0.0/24"]), "::ffff:10.0.0.9".parse().unwrap()));
        assert!(!within(&list(&["10.0.0.0/24"]), "10.0.1.0".parse().unwrap()));
    }

    #[test]
    fn ranges_that_share_addresses_are_found() {
        let nets = ["10.1.0.0/16", "2001:db8::/64"].map(|text| text.parse().ok());
        assert_eq!(overlap(&nets, &"10.1.2.0/24".parse().unwrap()), Some(0));
        assert_eq!(overlap(&nets, &"2001:db8::/48".parse().unwrap()), Some(1));
        assert_eq!(overlap(&nets, &"10.2.0.0/16".parse().unwrap()), None);
    }
}
