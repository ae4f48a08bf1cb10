//! What every handler is given.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Assets;
use crate::action::App;
use crate::locale::{LocaleError, Texts};

/// The address that the listener accepted the connection from: put into each request's extensions by the
/// listener, and by nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The state of both routers. Cheap to clone; every clone is the same site.
#[derive(Clone)]
pub struct Site {
    /// The shop at work.
    pub app: Arc<App>,
    /// What it says.
    pub texts: Arc<Texts>,
    /// The embedded files.
    pub assets: Arc<Assets>,
}

impl Site {
    /// The site of `app`, in English.
    pub fn new(app: Arc<App>) -> Result<Self, LocaleError> {
        Ok(Self { app, texts: Arc::new(Texts::english()?), assets: Arc::new(Assets::embedded()) })
    }
}
