//! Listening sockets that systemd opened for the service (sd_listen_fds(3)), by name.

use std::net::TcpListener;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use nix::sys::socket::{SockType, getsockopt, sockopt};

use super::{Exit, Failure};

/// The service's three listening sockets.
#[derive(Debug)]
pub struct HandedSockets {
    /// Named `http`: port 80, redirects.
    pub http: TcpListener,
    /// Named `https`: the storefront.
    pub https: TcpListener,
    /// Named `console`.
    pub console: TcpListener,
}

/// The sockets that systemd handed over: one of each name, listening streams all.
pub fn handed_sockets() -> Result<HandedSockets, Failure> {
    let refuse = |error: &dyn std::fmt::Display| {
        let cure = "start the service through its socket units";
        Failure::new(
            Exit::Unavailable,
            format!("the listening sockets were not handed over: {error}; {cure}"),
        )
    };
    let handed: Vec<_> = sd_notify::listen_fds_with_names().map_err(|error| refuse(&error))?.collect();
    let take = |name: &str| {
        let mut named = handed.iter().filter(|(_, other)| other == name);
        match (named.next(), named.next()) {
            (Some((number, _)), None) => {
                listener(*number).map_err(|error| refuse(&format!("{name}: {error}")))
            }
            (None, _) => Err(refuse(&format!("none is named {name}"))),
            _ => Err(refuse(&format!("two are named {name}"))),
        }
    };
    Ok(HandedSockets { http: take("http")?, https: take("https")?, console: take("console")? })
}

/// A listener of our own on the socket with this number.
fn listener(number: RawFd) -> std::io::Result<TcpListener> {
    let own = duplicate(number)?;
    let stream = getsockopt(&own, sockopt::SockType)? == SockType::Stream;
    if stream && getsockopt(&own, sockopt::AcceptConn)? {
        return Ok(TcpListener::from(own));
    }
    Err(std::io::Error::other("is not a listening stream socket"))
}

#[expect(
    unsafe_code,
    reason = "a number from systemd's environment becomes a descriptor here and nowhere else"
)]
fn duplicate(number: RawFd) -> std::io::Result<OwnedFd> {
    // SAFETY: systemd opened the descriptor before the process began and nothing in the process closes it,
    // since it is only ever borrowed, and only here; so it is open for as long as the borrow lasts.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    borrowed.try_clone_to_owned()
}
