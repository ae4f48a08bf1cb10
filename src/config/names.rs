//! Names and places as a machine may carry them: host name, network card, server, endpoint.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::Fault;
use super::report::quote;

/// A host name: dotted labels of a-z, 0-9 and inner hyphens, at most 63 characters (RFC 1123 2.1; the
/// kernel takes 64).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hostname(String);

/// The address of a network card (IEEE 802 MAC-48).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

/// A server by name or by address, at most 253 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerName(String);

/// An `https://` origin whose host is an address, so that the firewall can know it without asking anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint(pub SocketAddr);

fn labels_are_good(text: &str) -> bool {
    text.split('.').all(|label| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

impl Hostname {
    /// Checks and takes a name.
    pub fn new(text: &str) -> Result<Self, Fault> {
        if text.len() <= 63 && labels_are_good(text) && text != "localhost" {
            return Ok(Self(text.to_owned()));
        }
        let wrong = format!("{} is not a host name", quote(text));
        Err(Fault::new(wrong, "use a-z, 0-9 and hyphens inside, at most 63 characters, such as shop-1"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Mac {
    /// Reads six pairs of hexadecimal digits with colons or hyphens between them.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let refuse = || {
            let wrong = format!("{} is not the address of a network card", quote(text));
            Fault::new(wrong, "write it as on the card's label, such as \"52:54:00:12:34:56\"")
        };
        let pair = |pair: &str| match pair.len() {
            2 => u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+')),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.split([':', '-']).map(pair).collect();
        let bytes: [u8; 6] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(refuse)?;
        let group = bytes.first().is_none_or(|first| first & 1 == 1);
        if group || bytes == [0; 6] { Err(refuse()) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

impl ServerName {
    /// Checks and takes a name or an address.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let lower = text.to_ascii_lowercase();
        let dotted_number = lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let name = lower.len() <= 253 && labels_are_good(&lower) && !dotted_number;
        if name || lower.parse::<IpAddr>().is_ok() {
            return Ok(Self(lower));
        }
        let wrong = format!("{} is not a server's name or address", quote(text));
        Err(Fault::new(wrong, "write one such as \"pool.ntp.org\" or \"192.0.2.123\""))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Endpoint {
    /// Reads `https://ADDRESS[:PORT]`, with a slash at the end or none.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let refuse = |wrong: &str| {
            let wrong = format!("{} {wrong}", quote(text));
            Fault::new(wrong, "write one such as \"https://10.0.2.2:12111\"")
        };
        let rest = text.strip_prefix("https://").ok_or_else(|| refuse("does not begin with https://"))?;
        let host = rest.strip_suffix('/').unwrap_or(rest);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = match (host.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
            (Ok(address), _) => address,
            (_, Ok(address)) if address.is_ipv4() == (bare == host) => SocketAddr::new(address, 443),
            _ => return Err(refuse("is not an address and a port; names are not looked up")),
        };
        if address.port() == 0 || address.ip().is_unspecified() || address.ip().is_multicast() {
            return Err(refuse("cannot be reached"));
        }
        Ok(Self(SocketAddr::new(address.ip().to_canonical(), address.port())))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_them_panic(text in ".{0,40}") {
            let _ = (Hostname::new(&text), Mac::new(&text), ServerName::new(&text), Endpoint::new(&text));
        }
    }

    #[test]
    fn host_names_are_what_the_kernel_and_the_network_take() {
        for good in ["shop-1", "shop.example.com", "1shop"] {
            assert!(Hostname::new(good).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", "Shop", "-a", "a-", "a..b", "a_b", "a b", "käse", "localhost", long.as_str(), "a\n"]
        {
            assert!(Hostname::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_card_is_one_card() {
        assert_eq!(Mac::new("52-54-00-AB-cd-56").unwrap().to_string(), "52:54:00:ab:cd:56");
        for bad in ["", "52:54:00:12:34", "01:00:5e:00:00:01", "00:00:00:00:00:00", "52:54:00:12:34:+6"] {
            assert!(Mac::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn servers_are_names_or_addresses() {
        for good in ["pool.ntp.org", "192.0.2.1", "2001:db8::1", "Time.Example.COM"] {
            assert!(ServerName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "999.1.1.1", "a b", "a\nNTP=evil", "x;y"] {
            assert!(ServerName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_endpoint_is_an_address_under_https() {
        let read =
            |text| Endpoint::new(text).map(|endpoint| endpoint.to_string()).map_err(|fault| fault.wrong);
        assert_eq!(read("https://10.0.2.2:12111"), Ok("https://10.0.2.2:12111".to_owned()));
        assert_eq!(read("https://[2001:db8::1]:8443/"), Ok("https://[2001:db8::1]:8443".to_owned()));
        assert_eq!(read("https://[2001:db8::1]"), Ok("https://[2001:db8::1]:443".to_owned()));
        assert_eq!(read("https://192.0.2.1"), Ok("https://192.0.2.1:443".to_owned()));
        for bad in ["http://10.0.2.2", "https://localhost:1", "https://10.0.2.2:0", "https://10.0.2.2/v1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
