//! Every limit of the listeners, in one place, and the count of who holds connections.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What one listener grants strangers. SECURITY.md repeats these figures.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one source (an IPv4 address or an IPv6 /64).
    pub per_source: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the head of a request, and between two requests.
    pub head: Duration,
    /// For a request, its body included, until its answer begins.
    pub request: Duration,
    /// For a connection as a whole.
    pub connection: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
}

impl Limits {
    /// For the storefront.
    pub const STOREFRONT: Self = Self {
        connections: 4096,
        per_source: 128,
        handshake: Duration::from_secs(10),
        head: Duration::from_secs(15),
        request: Duration::from_secs(60),
        connection: Duration::from_secs(600),
        head_bytes: 16 * 1024,
        streams: 64,
    };

    /// For the console.
    pub const CONSOLE: Self = Self { connections: 256, per_source: 64, ..Self::STOREFRONT };

    /// For the port that only redirects.
    pub const REDIRECT: Self =
        Self { connections: 512, per_source: 16, connection: Duration::from_secs(30), ..Self::STOREFRONT };
}

/// Counts connections, in all and per source.
#[derive(Clone, Default)]
pub(super) struct Census(Arc<Mutex<Count>>);

#[derive(Default)]
struct Count {
    all: usize,
    by_source: HashMap<IpAddr, usize>,
}

impl Census {
    /// Counts one more from `peer`; `None` if that is too many. The place is free again when the
    /// [`Guest`] is dropped.
    pub(super) fn admit(&self, peer: IpAddr, limits: &Limits) -> Option<Guest> {
        let source = source(peer);
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = count.by_source.get(&source).copied().unwrap_or(0);
        if count.all >= limits.connections || here >= limits.per_source {
            return None;
        }
        count.all = count.all.saturating_add(1);
        count.by_source.insert(source, here.saturating_add(1));
        Some(Guest { census: self.clone(), source })
    }
}

/// A counted connection.
pub(super) struct Guest {
    census: Census,
    source: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut count = self.census.0.lock().unwrap_or_else(PoisonError::into_inner);
        count.all = count.all.saturating_sub(1);
        let left = count.by_source.get(&self.source).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            count.by_source.remove(&self.source);
        } else {
            count.by_source.insert(self.source, left);
        }
    }
}

/// What counts as one caller: an IPv4 address, or the /64 that an IPv6 host chooses its address from.
pub fn source(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_take_all_places_and_places_come_back() {
        let census = Census::default();
        let limits = Limits { connections: 3, per_source: 2, ..Limits::STOREFRONT };
        let a = |last: &str| format!("2001:db8::{last}").parse::<IpAddr>().unwrap();
        let first = census.admit(a("1"), &limits).unwrap();
        let _second = census.admit(a("2"), &limits).unwrap();
        assert!(census.admit(a("3"), &limits).is_none(), "a third from the same /64");
        let _other = census.admit("192.0.2.1".parse().unwrap(), &limits).unwrap();
        assert!(census.admit("192.0.2.2".parse().unwrap(), &limits).is_none(), "a fourth in all");
        drop(first);
        assert!(census.admit(a("4"), &limits).is_some());
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_self() {
        assert_eq!(source("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
