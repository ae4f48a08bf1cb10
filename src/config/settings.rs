//! `cashcowd.toml`: what the signed image fixes. Every place has the image's own as default, so that the
//! file of an image says little more than its profile.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::document::{Section, read_document, read_file};
use super::report::quote;
use super::{Fault, Mistakes};

/// What an image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// What is racked.
    Release,
    /// For development and shows: may talk to gateways on private addresses, and says so everywhere.
    Dev,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Release => "release",
            Self::Dev => "dev",
        })
    }
}

/// The fixed settings of an image, or of a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the image is for.
    pub profile: Profile,
    /// The version that people see.
    pub version: String,
    /// The security version: an image whose number is below the machine's minimum opens nothing.
    pub svn: u64,
    /// Where things are.
    pub paths: Paths,
    /// The TPM.
    pub tpm: TpmFiles,
    /// The ports that shoppers and staff see.
    pub ports: Ports,
}

/// Where things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The folder of the store, on the data volume.
    pub store: PathBuf,
    /// The service's folder of passing files, among them `status.json`.
    pub runtime: PathBuf,
    /// The folder of the accepted `appliance.toml`.
    pub machine: PathBuf,
    /// The folder of the ranges that the service asks for.
    pub ranges: PathBuf,
    /// The demo goods.
    pub demo: PathBuf,
    /// The data volume's recovery key, there only until set-up is done.
    pub recovery_key: PathBuf,
    /// The socket of the process that has the TPM.
    pub keeper: PathBuf,
}

/// Where the TPM is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TpmAt {
    /// A device with the kernel's resource manager.
    Device(PathBuf),
    /// A software TPM's command port; its control port is the next one.
    Swtpm(SocketAddr),
}

/// The TPM and the files that approve this image to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmFiles {
    /// Where the TPM is.
    pub at: TpmAt,
    /// The signed policies (JSON).
    pub signature: PathBuf,
    /// The public key of their signatures (PEM).
    pub public_key: PathBuf,
}

/// The ports that shoppers and staff see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Redirects to the storefront.
    pub http: u16,
    /// The storefront.
    pub storefront: u16,
    /// The console.
    pub console: u16,
}

impl Paths {
    /// The store's file.
    pub fn store_file(&self) -> PathBuf {
        self.store.join("shop.redb")
    }

    /// The flag that ends set-up.
    pub fn setup_done(&self) -> PathBuf {
        self.store.join("setup-done")
    }

    /// What the machine's screen reads.
    pub fn status(&self) -> PathBuf {
        self.runtime.join("status.json")
    }

    /// The public half of the key that signs ranges for this machine.
    pub fn recovery_public(&self) -> PathBuf {
        self.machine.join("recovery.pub")
    }

    /// The accepted provisioning file.
    pub fn appliance(&self) -> PathBuf {
        self.machine.join("appliance.toml")
    }
}

impl Settings {
    /// The settings of an image whose file says nothing but its profile.
    pub fn of_image(profile: Profile) -> Self {
        Self {
            profile,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            svn: 1,
            paths: Paths {
                store: "/var/lib/cashcow/store".into(),
                runtime: "/run/cashcow/service".into(),
                machine: "/var/lib/cashcow/machine".into(),
                ranges: "/var/lib/cashcow/ranges".into(),
                demo: "/usr/share/cashcow/demo".into(),
                recovery_key: "/run/cashcow/recovery-key".into(),
                keeper: "/run/cashcow/keeper.socket".into(),
            },
            tpm: TpmFiles {
                at: TpmAt::Device("/dev/tpmrm0".into()),
                signature: "/run/systemd/tpm2-pcr-signature.json".into(),
                public_key: "/run/systemd/tpm2-pcr-public-key.pem".into(),
            },
            ports: Ports { http: 80, storefront: 443, console: 9443 },
        }
    }

    /// Reads the file; its mistakes call it by its name without the folder.
    pub fn load(path: &Path) -> Result<Self, Mistakes> {
        let name = path.file_name().map_or_else(|| "cashcowd.toml".into(), |name| name.to_string_lossy());
        Self::parse(&name, &read_file(path, &name)?)
    }

    /// Reads the text of a file called `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, Mistakes> {
        read_document(name, text, read)
    }
}

fn read(root: &Section<'_>) -> Option<Settings> {
    let profile = root.required("profile", "\"release\"").and_then(|field| field.parsed(profile));
    // The other sections are read for their mistakes even when the profile is one.
    let mut settings = Settings::of_image(profile.unwrap_or(Profile::Release));
    let version = root.field("version", "\"1.0.0\"").map(|field| field.parsed(version));
    let svn = root.field("svn", "1").map(|field| field.number(1, u64::from(u32::MAX)));
    let paths = root.section("paths").map_or(Some(()), |section| paths(&section, &mut settings.paths));
    let ports = root.section("ports").map_or(Some(()), |section| ports(&section, &mut settings.ports));
    let tpm = root.section("tpm").map_or(Some(()), |section| tpm(&section, profile, &mut settings.tpm));
    profile.and(paths).and(ports).and(tpm)?;
    if let Some(version) = version {
        settings.version = version?;
    }
    if let Some(svn) = svn {
        settings.svn = svn?;
    }
    Some(settings)
}

fn profile(text: &str) -> Result<Profile, Fault> {
    match text {
        "release" => Ok(Profile::Release),
        "dev" => Ok(Profile::Dev),
        _ => {
            let wrong = format!("{} is not a profile", quote(text));
            Err(Fault::new(wrong, "write \"release\" or \"dev\""))
        }
    }
}

/// 1 to 32 letters, digits, dots, hyphens and plus signs.
fn version(text: &str) -> Result<String, Fault> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b".-+~".contains(&byte);
    if (1..=32).contains(&text.len()) && text.bytes().all(good) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(format!("{} is not a version", quote(text)), "write one such as \"1.0.0\""))
}

fn absolute(text: &str) -> Result<PathBuf, Fault> {
    let path = PathBuf::from(text);
    if path.is_absolute() && !text.chars().any(char::is_control) {
        return Ok(path);
    }
    Err(Fault::new(format!("{} is not an absolute path", quote(text)), "write one that begins with /"))
}

fn paths(section: &Section<'_>, paths: &mut Paths) -> Option<()> {
    let mut all = Some(());
    for (key, example, place) in [
        ("store", "\"/var/lib/cashcow/store\"", &mut paths.store),
        ("runtime", "\"/run/cashcow/service\"", &mut paths.runtime),
        ("machine", "\"/var/lib/cashcow/machine\"", &mut paths.machine),
        ("ranges", "\"/var/lib/cashcow/ranges\"", &mut paths.ranges),
        ("demo", "\"/usr/share/cashcow/demo\"", &mut paths.demo),
        ("recovery_key", "\"/run/cashcow/recovery-key\"", &mut paths.recovery_key),
        ("keeper", "\"/run/cashcow/keeper.socket\"", &mut paths.keeper),
    ] {
        if let Some(field) = section.field(key, example) {
            match field.parsed(absolute) {
                Some(path) => *place = path,
                None => all = None,
            }
        }
    }
    section.close();
    all
}

fn ports(section: &Section<'_>, ports: &mut Ports) -> Option<()> {
    let mut all = Some(());
    for (key, example, place) in [
        ("http", "80", &mut ports.http),
        ("storefront", "443", &mut ports.storefront),
        ("console", "9443", &mut ports.console),
    ] {
        if let Some(field) = section.field(key, example) {
            match field.number(1, 65535).and_then(|port| u16::try_from(port).ok()) {
                Some(port) => *place = port,
                None => all = None,
            }
        }
    }
    section.close();
    all
}

fn tpm(section: &Section<'_>, profile: Option<Profile>, tpm: &mut TpmFiles) -> Option<()> {
    let device = section.field("device", "\"/dev/tpmrm0\"");
    let swtpm = section.field("swtpm", "\"127.0.0.1:2321\"");
    let signature = section.field("signature", "\"/run/systemd/tpm2-pcr-signature.json\"");
    let public_key = section.field("public_key", "\"/run/systemd/tpm2-pcr-public-key.pem\"");
    section.close();
    if let Some(field) = &swtpm
        && profile == Some(Profile::Release)
    {
        let wrong = "is for development, and this image's profile is release";
        field.refuse(Fault::new(wrong, "remove it; the machine's own TPM is used"));
    }
    if let (Some(_), Some(field)) = (&device, &swtpm) {
        field.refuse(Fault::new("stands beside tpm.device", "keep one of the two"));
    }
    let swtpm = swtpm.map(|field| {
        field.parsed(|text| {
            text.parse().ok().filter(|at: &SocketAddr| at.ip().is_loopback()).ok_or_else(|| {
                let wrong = format!("{} is not a loopback address with a port", quote(text));
                Fault::new(wrong, "write one such as \"127.0.0.1:2321\"")
            })
        })
    });
    let device = device.map(|field| field.parsed(absolute));
    if let Some(path) = device {
        tpm.at = TpmAt::Device(path?);
    }
    if let Some(address) = swtpm {
        tpm.at = TpmAt::Swtpm(address?);
    }
    if let Some(field) = signature {
        tpm.signature = field.parsed(absolute)?;
    }
    if let Some(field) = public_key {
        tpm.public_key = field.parsed(absolute)?;
    }
    Some(())
}
