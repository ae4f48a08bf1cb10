//! PyPI's `localstripe` as a real server: installed into a folder of its own, run on loopback, behind a TLS
//! front that puts into its words what it does not know.

mod front;
#[path = "../python/mod.rs"]
mod python;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

pub use front::Cut;

/// A running localstripe and its front. Ends when dropped.
pub struct LocalStripe {
    child: Child,
    plain: SocketAddr,
    front: front::Front,
}

impl LocalStripe {
    pub async fn start() -> Self {
        let python = python::installed("localstripe", "localstripe/requirements.txt");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/localstripe/serve.py");
        let mut child =
            Command::new(python).arg(script).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let plain =
            SocketAddr::from(([127, 0, 0, 1], port.trim().parse().expect("localstripe did not start")));
        Self { child, plain, front: front::Front::start(plain).await }
    }

    /// Where the shop calls it, over TLS.
    pub fn address(&self) -> SocketAddr {
        self.front.address
    }

    /// The root to trust, PEM.
    pub fn root_pem(&self) -> &str {
        &self.front.root_pem
    }

    /// The settings of a browser that trusts it.
    pub fn client(&self) -> Arc<rustls::ClientConfig> {
        crate::double::client(&crate::double::Trust::Root(self.root_pem().to_owned()))
    }

    /// The next confirmation is cut off.
    pub fn cut(&self, cut: Cut) {
        *self.front.cut.lock().unwrap() = Some(cut);
    }

    /// Its own list of charges, asked for behind the front's back.
    pub async fn charges(&self) -> Vec<serde_json::Value> {
        let (status, body) = front::plain(self.plain, "GET", "/v1/charges", "").await;
        assert_eq!(status, 200);
        let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
        list["data"].as_array().unwrap().clone()
    }
}

impl Drop for LocalStripe {
    fn drop(&mut self) {
        // It is ours, by its own handle; one that has already ended is no news.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is kept of a fault until the next confirmation.
type Planned = Arc<std::sync::Mutex<Option<Cut>>>;
