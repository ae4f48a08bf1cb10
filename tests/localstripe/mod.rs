//! PyPI's `localstripe` as a real server: installed into a folder of its own, run on loopback, behind a TLS
//! front that puts into its words what it does not know.

mod front;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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
        let python = installed();
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

/// The interpreter of the folder into which localstripe was installed, once per target folder.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("localstripe");
    let (python, done) = (folder.join("bin/python"), folder.join("installed"));
    let wanted = include_str!("requirements.txt");
    if std::fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
        return python;
    }
    let run = |program: &Path, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).stdin(Stdio::null()).status();
        let status = status.unwrap_or_else(|error| panic!("{} cannot be run: {error}", program.display()));
        assert!(
            status.success(),
            "{} {arguments:?} failed: localstripe needs python3-venv and PyPI",
            program.display()
        );
    };
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/localstripe/requirements.txt");
    run(Path::new("python3"), &["-m", "venv", "--clear", folder.to_str().unwrap()]);
    run(
        &python,
        &[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            requirements.to_str().unwrap(),
        ],
    );
    std::fs::write(&done, wanted).unwrap();
    python
}

/// What is kept of a fault until the next confirmation.
type Planned = Arc<std::sync::Mutex<Option<Cut>>>;
