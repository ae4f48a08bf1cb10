//! The same service outside the image: on loopback, with a software TPM of its own.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use super::doors::Sockets;
use super::run::{self, BootError, Facts, Plan};
use crate::base::OsRandom;
use crate::config::{Appliance, Mistakes, Ports, Profile, Settings, TpmAt};
use crate::keeper::{self, Holder};
use crate::store::Store;
use crate::tpm::approval::ApprovalError;
use crate::tpm::swtpm::{Swtpm, SwtpmError};
use crate::tpm::{Authority, Device, Tpm, TpmError};

/// How to run a demo.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is kept.
    pub dir: PathBuf,
    /// The folder of `products.csv`.
    pub goods: PathBuf,
    /// An `appliance.toml` to be used instead of the built-in one.
    pub appliance: Option<PathBuf>,
    /// Ports on loopback; 0 takes a free one.
    pub ports: Ports,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The software TPM.
    #[error(transparent)]
    Swtpm(#[from] SwtpmError),
    /// The TPM.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// The approvals that the demo gives itself.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The provisioning file.
    #[error("{0}")]
    Appliance(#[from] Mistakes),
    /// A folder or the terminal.
    #[error("{path}: {reason}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The service.
    #[error(transparent)]
    Boot(#[from] BootError),
}

const APPLIANCE: &str = r#"version = 1
hostname = "demo-shop"
[network]
dhcp = true
[access]
admin_ranges = [{ cidr = "127.0.0.1/32", name = "this machine" }]
[shop]
name = "Meadow & Mill"
demo = true
"#;

/// Who founds it.
const FOUNDERS: &str = include_str!("../../demo/founders.toml");

/// Runs a demo until `stop` turns true. What `image/run` reads on the serial port goes to standard output.
pub async fn run(options: Options, stop: watch::Receiver<bool>) -> Result<(), DemoError> {
    let mut settings = settings(&options);
    for folder in [&options.dir, &settings.paths.store, &settings.paths.runtime] {
        std::fs::create_dir_all(folder).map_err(|error| folder_error(folder, &error))?;
    }
    let appliance = match &options.appliance {
        Some(path) => Appliance::load(path, Profile::Dev)?,
        None => Appliance::parse("appliance.toml", &format!("{APPLIANCE}{FOUNDERS}"), Profile::Dev)?,
    };
    let (holder, swtpm) = software_tpm(&options.dir)?;
    if let Device::Swtpm { port, .. } = swtpm.device() {
        settings.tpm.at = TpmAt::Swtpm((Ipv4Addr::LOCALHOST, port).into());
    }
    let sockets = Sockets::loopback(options.ports).map_err(BootError::from)?;
    let addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let keeper = keeper::in_this_process(holder).map_err(BootError::Keeper)?;
    let plan = Plan { settings, appliance, keeper, sockets, addresses, unit: None };
    run::run(plan, stop, say).await?;
    Ok(())
}

/// Opens the store of a demo that does not run, for checks of what it keeps.
pub async fn open_store(dir: &Path) -> Result<Store, DemoError> {
    let (mut holder, _swtpm) = software_tpm(dir)?;
    let store = dir.join("store").join("shop.redb");
    let opened = super::keys::open(&store, &mut holder, Arc::new(OsRandom)).await.map_err(BootError::from)?;
    Ok(opened.store)
}

fn settings(options: &Options) -> Settings {
    let mut settings = Settings::of_image(Profile::Dev);
    settings.paths.store = options.dir.join("store");
    settings.paths.runtime = options.dir.join("run");
    settings.paths.machine = options.dir.clone();
    settings.paths.demo = options.goods.clone();
    settings.paths.recovery_key = options.dir.join("recovery-key");
    settings.ports = options.ports;
    settings
}

/// A software TPM whose approvals the demo signs itself, with a key of its own.
fn software_tpm(dir: &Path) -> Result<(Holder, Swtpm), DemoError> {
    let swtpm = Swtpm::start(&dir.join("tpm"))?;
    let mut tpm = Tpm::open(&swtpm.device())?;
    let authority = Authority::open_or_create(&dir.join("approval-key.pem"))?;
    let approval = authority.approve(1, &[("demo", tpm.image_pcr()?)])?;
    Ok((Holder::of(tpm, approval, Box::new(OsRandom)), swtpm))
}

fn folder_error(path: &Path, error: &std::io::Error) -> DemoError {
    DemoError::Folder { path: path.to_owned(), reason: error.to_string() }
}

/// The lines of the machine's serial port.
fn say(facts: &Facts) {
    let Facts { ports, fingerprint, code } = facts;
    let code = code.as_ref().map_or_else(String::new, |code| {
        format!("cashcow: set-up code {} until {}\n", code.code, code.until.strftime("%Y-%m-%d %H:%M UTC"))
    });
    let text = format!(
        "cashcow: version {} profile dev\n\
         cashcow: redirect http://127.0.0.1:{}/\n\
         cashcow: storefront https://127.0.0.1:{}/\n\
         cashcow: console https://127.0.0.1:{}/\n\
         cashcow: console fingerprint SHA-256 {fingerprint}\n\
         {code}\
         cashcow: ready\n",
        env!("CARGO_PKG_VERSION"),
        ports.http,
        ports.storefront,
        ports.console,
    );
    // A closed terminal is no reason to stop.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
}
