//! The three listeners and what stands behind each.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::action::{Office, Place};
use crate::config::Ports;
use crate::tls::{self, TlsError};
use crate::web::listener::{Door, Limits};
use crate::web::{Site, console, redirect, storefront};

/// Listening sockets, handed over by systemd or bound here.
pub struct Sockets {
    /// Port 80: redirects, and answers authorities that check a name.
    pub http: StdListener,
    /// The storefront.
    pub storefront: StdListener,
    /// The console.
    pub console: StdListener,
}

/// Why the doors stay shut.
#[derive(Debug, thiserror::Error)]
pub enum DoorsError {
    /// The port is taken, or not ours to take.
    #[error("cannot listen on {address}: {reason}; choose another port or stop what holds it")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why not.
        reason: String,
    },
    /// A socket that was handed over is not usable.
    #[error("a listening socket cannot be used: {0}")]
    Socket(#[from] std::io::Error),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Sockets {
    /// Binds on loopback.
    pub fn loopback(ports: Ports) -> Result<Self, DoorsError> {
        let bind = |port| {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            StdListener::bind(address)
                .map_err(|error| DoorsError::Bind { address, reason: error.to_string() })
        };
        Ok(Self {
            http: bind(ports.http)?,
            storefront: bind(ports.storefront)?,
            console: bind(ports.console)?,
        })
    }

    /// The ports that were given.
    pub fn ports(&self) -> Result<Ports, DoorsError> {
        let port = |socket: &StdListener| Ok::<_, DoorsError>(socket.local_addr()?.port());
        Ok(Ports {
            http: port(&self.http)?,
            storefront: port(&self.storefront)?,
            console: port(&self.console)?,
        })
    }
}

/// Puts routers, certificates and limits behind the sockets.
pub(super) fn open(sockets: Sockets, site: &Site, office: &Arc<Office>) -> Result<[Door; 3], DoorsError> {
    let storefront_port = sockets.ports()?.storefront;
    let certificates = office.certificates();
    Ok([
        Door {
            name: "redirect",
            listener: listener(sockets.http)?,
            tls: None,
            router: redirect::router(storefront_port, certificates.challenges().clone()),
            limits: Limits::REDIRECT,
            gated: None,
        },
        Door {
            name: "storefront",
            listener: listener(sockets.storefront)?,
            tls: Some(tls::server(certificates.of(Place::Storefront))?),
            router: storefront::router(site.clone()),
            limits: Limits::STOREFRONT,
            gated: None,
        },
        Door {
            name: "console",
            listener: listener(sockets.console)?,
            tls: Some(tls::server(certificates.of(Place::Console))?),
            router: console::router(site.clone(), Arc::clone(office)),
            limits: Limits::CONSOLE,
            gated: Some(Arc::clone(office.app())),
        },
    ])
}

fn listener(socket: StdListener) -> Result<TcpListener, DoorsError> {
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket)?)
}
