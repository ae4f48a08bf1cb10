//! Listening sockets that systemd opened for the service (sd_listen_fds(3)), by name.

use std::net::TcpListener;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;

use nix::sys::socket::{SockType, UnixAddr, getsockname, getsockopt, sockopt};

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

/// The keeper's socket, the only one that systemd handed over.
pub fn handed_keeper_socket() -> Result<UnixListener, Failure> {
    let refuse = |error: &dyn std::fmt::Display| {
        let cure = "start the keeper through its socket unit";
        Failure::new(Exit::Unavailable, format!("the keeper's socket was not handed over: {error}; {cure}"))
    };
    let handed: Vec<_> = sd_notify::listen_fds_with_names().map_err(|error| refuse(&error))?.collect();
    let [(number, _)] = handed.as_slice() else { return Err(refuse(&format!("{} sockets", handed.len()))) };
    let own = listening(*number).map_err(|error| refuse(&error))?;
    match getsockname::<UnixAddr>(own.as_raw_fd()) {
        Ok(_) => Ok(UnixListener::from(own)),
        Err(_) => Err(refuse(&"it is no socket of this machine")),
    }
}

/// A listener of our own on the socket with this number.
fn listener(number: RawFd) -> std::io::Result<TcpListener> {
    listening(number).map(TcpListener::from)
}

fn listening(number: RawFd) -> std::io::Result<OwnedFd> {
    let own = duplicate(number)?;
    let stream = getsockopt(&own, sockopt::SockType)? == SockType::Stream;
    if stream && getsockopt(&own, sockopt::AcceptConn)? {
        return Ok(own);
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

#[cfg(test)]
mod tests {
    use super::*;
    use nix::fcntl::{FcntlArg, fcntl};
    use std::net::UdpSocket;
    use std::os::fd::AsFd;
    use std::process::Command;

    const INSIDE: &str = "CASHCOW_TEST_SOCKETS";

    /// Runs one test of this file with these sockets as 3, 4 and 5, as systemd would.
    fn again(test: &str, names: &str, inside: &str, sockets: [&dyn AsFd; 3]) {
        let numbers = sockets.map(|socket| fcntl(socket.as_fd(), FcntlArg::F_DUPFD(20)).unwrap().to_string());
        let script = format!(
            "exec 3<&{} 4<&{} 5<&{}; LISTEN_PID=$$ LISTEN_FDS=3 exec \"$0\" --exact machine::sockets::tests::{test}",
            numbers[0], numbers[1], numbers[2]
        );
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
        let output = bash.env("LISTEN_FDNAMES", names).env(INSIDE, inside).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    fn listen() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn sockets_are_taken_by_name_not_by_place() {
        if std::env::var_os(INSIDE).is_none() {
            let [one, two, three] = [listen(), listen(), listen()];
            let port = |socket: &TcpListener| socket.local_addr().unwrap().port().to_string();
            let ports = [&three, &one, &two].map(port).join(",");
            let name = "sockets_are_taken_by_name_not_by_place";
            again(name, "https:console:http", &ports, [&one, &two, &three]);
            return;
        }
        let wanted = std::env::var(INSIDE).unwrap();
        for _ in 0..2 {
            let HandedSockets { http, https, console } = handed_sockets().unwrap();
            let ports = [http, https, console].map(|socket| socket.local_addr().unwrap().port().to_string());
            assert_eq!(ports.join(","), wanted);
        }
    }

    #[test]
    fn what_does_not_listen_is_refused() {
        if std::env::var_os(INSIDE).is_none() {
            let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
            again("what_does_not_listen_is_refused", "http:https:console", "1", [&udp, &listen(), &listen()]);
            return;
        }
        let text = handed_sockets().unwrap_err().text;
        assert!(text.contains("http: is not a listening stream socket; start the service through"), "{text}");
    }

    #[test]
    fn a_missing_name_is_named() {
        if std::env::var_os(INSIDE).is_none() {
            again("a_missing_name_is_named", "http:https:https", "1", [&listen(), &listen(), &listen()]);
            return;
        }
        let text = handed_sockets().unwrap_err().text;
        assert!(text.contains("two are named https"), "{text}");
    }
}
