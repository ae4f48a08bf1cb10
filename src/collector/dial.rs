//! One connection to a collector: by number, with TLS, to the name that was agreed on.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pace::Pace;
use super::settings::{Protocol, Settings};
use super::trouble::Trouble;
use crate::tls;

/// What is made once from the settings.
pub(super) struct Dialer {
    at: std::net::SocketAddr,
    name: ServerName<'static>,
    tls: TlsConnector,
}

impl Dialer {
    pub(super) fn new(settings: &Settings) -> Result<Self, Trouble> {
        let unusable = |error: &dyn std::fmt::Display| Trouble::NotReached(error.to_string());
        let name = ServerName::try_from(settings.name.clone()).map_err(|error| unusable(&error))?;
        let root = settings.root.as_deref().map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()));
        let root = root.transpose().map_err(|error| unusable(&error))?;
        let http = matches!(settings.protocol, Protocol::Otlp { .. });
        let config = tls::collector(root, http).map_err(|error| unusable(&error))?;
        Ok(Self { at: settings.at, name, tls: TlsConnector::from(Arc::clone(&config)) })
    }

    pub(super) async fn connect(&self, pace: &Pace) -> Result<TlsStream<TcpStream>, Trouble> {
        let connect = async {
            let stream = TcpStream::connect(self.at).await?;
            stream.set_nodelay(true)?;
            self.tls.connect(self.name.clone(), stream).await
        };
        match timeout(pace.connect, connect).await {
            Ok(stream) => stream.map_err(|error| Trouble::NotReached(error.to_string())),
            Err(_) => Err(Trouble::NotReached("no connection in time".to_owned())),
        }
    }
}
