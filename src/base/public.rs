//! Which addresses belong to the public internet. A name of the outside that resolves into the shop's own
//! network is an attack on what stands there, or on what is sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public internet: none of the special-purpose ranges of RFC 6890 and
/// IANA's registries, however it is wrapped into IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(four: Ipv4Addr) -> bool {
    let [a, b, c, _] = four.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127, ..) | (169, 254, _) | (192, 168, _) => true,
        // Carrier-grade NAT, private, protocol assignments, benchmarks.
        (100, 64..=127, _) | (172, 16..=31, _) | (192, 0, 0) | (198, 18..=19, _) => true,
        // Documentation, the 6to4 relays, multicast and what is reserved.
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) => true,
        (224.., ..) => true,
        _ => false,
    };
    !special
}

fn is_public_six(six: Ipv6Addr) -> bool {
    if let Some(four) = six.to_ipv4_mapped() {
        return is_public_four(four);
    }
    let [a, b, c, d, e, f, g, h] = six.segments();
    // NAT64 (RFC 6052): the address that counts is inside.
    if (a, b, c, d, e, f) == (0x64, 0xff9b, 0, 0, 0, 0) {
        let ([g1, g2], [h1, h2]) = (g.to_be_bytes(), h.to_be_bytes());
        return is_public_four(Ipv4Addr::new(g1, g2, h1, h2));
    }
    // Global unicast without documentation, protocol assignments (Teredo among them) and 6to4.
    let documentation = (a, b) == (0x2001, 0xdb8) || (a == 0x3fff && b < 0x1000);
    let protocols = a == 0x2001 && b < 0x200;
    (0x2000..0x4000).contains(&a) && !documentation && !protocols && a != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_points_inside_is_seen_through() {
        for inside in [
            "127.0.0.1",
            "10.0.2.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:202",
            "2002:a00:202::1",
            "2001::1",
            "2001:db8::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[test]
    fn the_public_internet_is_reachable() {
        for outside in ["54.187.119.242", "172.32.0.1", "100.128.0.1", "2606:4700::1", "64:ff9b::36bb:77f2"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}
